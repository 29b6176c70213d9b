"""O1: feeds of other federations that fail, each with the entry behind it."""

from collections.abc import Iterator

from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from trust_framework.days import day_of


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """A card for each feed in the register that could not be taken in the last time, and since which day."""
    states = {} if turn.org else turn.store.feed_states()
    for state in states.values():
        if state.failing_since and turn.store.register_entry("feed", state.id) is not None:
            day = day_of(state.failing_since).isoformat()
            told = {
                "sv": f"Flödet {state.id} går inte att ta in sedan {day}. Det senast godkända gäller.",
                "en": f"Feed {state.id} cannot be taken in since {day}. The last good one holds.",
            }
            yield Todo(told, turn.at(f"/register/feed/{state.id}"), "feeds.look")
