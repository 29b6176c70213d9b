"""O1: what of the federation's entries runs out within 30 days, or has: of every member, and of what no member owns.

Counts and the list come of one question to the register, so that a number equals its list. An entry is where its first end
puts it; every end of it within the time is told.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from broker.exchange import Reply
from broker.federation import runs_out
from broker.federation.notices import recipients
from broker.federation.register import Content, ListedEntry
from broker.web.console.ending_pages import EndingEntry, EndingList
from broker.web.console.gate import member_names
from broker.web.console.keys_pages import EndRow
from broker.web.console.listing import Listing, asked
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework.days import DAY

AT: Final = "/utgar"
SOON: Final = 30 * DAY
ENDED, ENDS_SOON = "expired", "soon"
STATES: Final = (ENDED, ENDS_SOON)


def _span(state: str, now: int) -> tuple[int, int]:
    """From when (not included) to when something ends that is in this state; in any."""
    return {ENDED: (-1, now), ENDS_SOON: (now, now + SOON)}.get(state, (-1, now + SOON))


def listed(turn: ConsoleTurn) -> Reply:
    """Everything that has run out or does soon, the oldest first."""
    wanted = asked(turn)
    found = turn.store.register_ending_within(*_span(wanted.state, turn.now), wanted.after)
    rows = tuple(row for each in found.entries if (row := _row(each, turn)))
    listing = Listing(turn.at(AT), rows, found.total, wanted, found.next, STATES, searched=False)
    return turn.render(EndingList(ends=listing, choices=tuple(_choices(turn))))


def _choices(turn: ConsoleTurn) -> Iterator[tuple[str, int, str]]:
    for state in STATES:
        count = turn.store.register_ending_within_count(*_span(state, turn.now))
        yield state, count, turn.at(f"{AT}?lage={state}")


def _row(each: ListedEntry, turn: ConsoleTurn) -> EndingEntry | None:
    entry = turn.store.register_entry(each.kind, each.id)
    if entry is None or entry.content is None:
        return None
    names = each.about.names or {"sv": each.id, "en": each.id}
    return EndingEntry(
        kind=each.kind,
        names=names,
        url=turn.at(f"/register/{each.kind}/{each.id}"),
        org=member_names(each.org, turn.turn) if each.org else {},
        ends=tuple(_ends(each.kind, names, entry.content, turn.now)),
        reached=bool(entry.content.get("versions")) or _reached(each.org, entry.content, turn),
    )


def _ends(kind: str, names: Names, content: Mapping[str, Any], now: int) -> Iterator[EndRow]:
    for end in runs_out.of_entry(kind, content):
        if end.at <= now + SOON:
            yield EndRow(kind, names, end.what, end.detail, end.at, (end.at - now) // DAY)


def _reached(org: str, content: Content, turn: ConsoleTurn) -> bool:
    """Whether notices of it go to anybody. Those of an agreement in full go to its parties."""
    member = turn.store.register_entry("member", org) if org else None
    return bool(recipients((member.content if member else None) or {}, (content,)))


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """Of how many entries something has run out, and of how many something does within 30 days."""
    for state, count, url in _choices(turn) if not turn.org else ():
        if count:
            told = {language: words.format(count) for language, words in _CARDS[state].items()}
            yield Todo(told, url, "keys.look")


_CARDS: Final[Mapping[str, Names]] = {
    ENDED: {
        "sv": "Certifikat, avtal eller intyg som har gått ut: {} poster.",
        "en": "Certificates, agreements or declarations that have run out: {} entries.",
    },
    ENDS_SOON: {
        "sv": "Certifikat, avtal eller intyg som går ut inom 30 dagar: {} poster.",
        "en": "Certificates, agreements or declarations that run out within 30 days: {} entries.",
    },
}
