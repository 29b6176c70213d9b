"""Services that seem to pin our keys: the switch to a new one is near, and as far as is known they have not fetched it.

Only services of which some fetch is known are told of. What a service does that was never seen to fetch anything, nobody knows,
and no alarm says so.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from broker.keys.ring import KeyState
from broker.keys.rows import KeyRow
from broker.web.console.keys import AT, COUNTED, SERVICES, SIGNING, USES
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from trust_framework.days import DAY, day_of

AHEAD: Final = 14 * DAY
"""How long before the switch it is told."""

Fetch = tuple[str, str, int]
"""A service, a document that has our keys, and when it was last fetched for that service."""


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """How many services have not fetched a key that signs within a fortnight."""
    soon = [row for row in turn.store.ring_rows() if _signs_soon(row, turn.now)]
    fetches = tuple(_fetches(turn)) if soon else ()
    behind = {service for row in soon for service in _behind(row, fetches)}
    if behind:
        day = day_of(min(row.due_at or 0 for row in soon)).isoformat()
        told = {
            "sv": f"Tjänster som, så vitt är känt, inte har hämtat nyckeln som tas i bruk {day}: {len(behind)}",
            "en": f"Services that, as far as is known, have not fetched the key that signs from {day}: {len(behind)}",
        }
        yield Todo(told, turn.at(AT), "keys.look-held")


def _signs_soon(row: KeyRow, now: int) -> bool:
    signs = row.use in SIGNING and row.state is KeyState.NEXT
    return signs and row.due_at is not None and row.due_at <= now + AHEAD


def _fetches(turn: ConsoleTurn) -> Iterable[Fetch]:
    """What is known of the services of the turn's member, or of all."""
    if not turn.org:
        return turn.store.fetches_by_service(COUNTED)
    own = turn.store.register_page("service", turn.org, state="active", count=SERVICES).entries
    return ((each.id, one.document, one.last_at) for each in own for one in turn.store.fetches_of(each.id))


def _behind(row: KeyRow, fetches: Iterable[Fetch]) -> frozenset[str]:
    """The services that have fetched a document that has such keys, and none since this one is in it."""
    last: dict[str, int] = {}
    for service, document, at in fetches:
        if row.use in USES.get(document, ()):
            last[service] = max(at, last.get(service, 0))
    return frozenset(service for service, at in last.items() if at < row.published_at)
