"""O6 and M6: the federation's own keys and what comes of them; the certificates of a member's entries, and how long they last.

An operator plans, gives up, switches and takes back; what each of these does is `broker.keys.rotation`'s. A member sees what
runs out, and whether a client that says it is its service has fetched the newest of our keys.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from broker.exchange import Reply
from broker.federation import runs_out
from broker.federation.calendar import calendar
from broker.federation.register import ListedEntry
from broker.keys.making import NEEDS, Need, NoSuchKey, need
from broker.keys.ring import KeyState
from broker.keys.rotation import Naming, TooEarly, aborted, planned, rotate, taken_back
from broker.keys.rows import KeyChoice, KeyRow
from broker.keys.timeline import coming
from broker.login.keys import KeyFetch, chosen, moved
from broker.web.console.keys_pages import (
    Change,
    EndRow,
    FederationKeys,
    FetchRow,
    HeldRow,
    KeyLine,
    MemberKeys,
    OwnChoice,
    OwnKey,
    OwnStep,
    Reach,
)
from broker.web.console.listing import Listing, asked
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from broker.web.ports import ConsoleStore
from trust_framework.days import DAY

AT: Final = "/nycklar"
MOST: Final = 100
MORE: Final = "tjanster"
"""The parameter after which service the second list goes on."""
FETCHERS: Final = 30
SERVICES: Final = 100
COUNTED: Final = 40_000
"""Rows of services and documents that are looked at: more than there are services in a federation."""

CALENDAR: Final = (("Content-Type", "text/calendar; charset=utf-8"), ("Cache-Control", "no-store"))
SIGNING: Final = frozenset({"saml", "oidc"})
"""Uses whose keys sign for services."""

_SAML: Final = frozenset({"saml", "saml-encryption"})
USES: Final = {"saml": _SAML, "mdq": _SAML, "aggregate": _SAML, "jwks": frozenset({"oidc"})}
"""The uses of the keys that each document has."""

Move = Callable[[tuple[KeyRow, ...], Need, int, Naming], tuple[KeyRow, ...]]
MOVES: Final[dict[str, Move]] = {
    "plan": lambda rows, of, now, by: planned(rows, of.use, of.alg, now + max(of.lead, DAY), now, by),
    "switch": lambda rows, of, now, by: rotate(rows, of.use, of.alg, now, by, force=True),
    "abort": lambda rows, of, now, by: aborted(rows, of.use, of.alg, now, by),
    "back": lambda rows, of, now, by: taken_back(rows, of.use, of.alg, now),  # noqa: ARG005
}
"""What a button does with the keys of a use and algorithm."""


# --- the federation's own


def own(turn: ConsoleTurn) -> Reply:
    """O6. The federation's own keys, what comes of each, and who has fetched them."""
    rows = turn.store.ring_rows()
    every = turn.on.services.settings.key_rotation_days * DAY
    steps = {step.kid: KeyLine(step.what, step.at) for step in coming(rows, every)}
    chosen_for = turn.store.key_choices()
    services = {choice.kid: choice.service for choice in chosen_for}
    keys = tuple(
        OwnKey(row.use, row.alg, row.kid, row.state.value, row.since, steps.get(row.kid), services.get(row.kid, ""))
        for wanted in NEEDS
        for row in _of(rows, wanted)
    )
    changes = tuple(_change(rows, wanted) for wanted in NEEDS)
    fetches = tuple(
        FetchRow(one.document, one.network, one.agent, one.service, one.last_at)
        for one in turn.store.fetches_latest(FETCHERS)
    )
    held = _held_of_all(turn, rows)
    return turn.render(
        FederationKeys(
            keys=keys,
            choices=tuple(_choices(chosen_for, rows)),
            changes=changes,
            reach=_reach(turn, held),
            held=held[:SERVICES],
            fetches=fetches,
            action=turn.at(AT),
            csrf=turn.csrf(),
        )
    )


def _held_of_all(turn: ConsoleTurn, rows: Iterable[KeyRow]) -> tuple[HeldRow, ...]:
    """What is known of every service: those without the newest keys first, since they are whom a change may stop."""
    newest = newest_of(rows)
    found = turn.store.fetches_by_service(COUNTED)
    held = [HeldRow(service, document, at, at >= newest[document]) for service, document, at in found]
    return tuple(sorted(held, key=lambda row: row.new))


def _reach(turn: ConsoleTurn, held: Iterable[HeldRow]) -> Reach:
    held = tuple(held)
    known, new = {row.service for row in held}, {row.service for row in held if row.new}
    services = turn.store.register_page("service", state="active", count=1).total
    return Reach(services, len(known), len(new))


def _choices(chosen_for: Iterable[KeyChoice], rows: Iterable[KeyRow]) -> Iterator[OwnChoice]:
    by_kid = {row.kid: row for row in rows}
    for choice in sorted(chosen_for, key=lambda each: (each.service, each.kid)):
        if row := by_kid.get(choice.kid):
            yield OwnChoice(choice.service, row.use, row.alg, row.kid)


def _of(rows: Iterable[KeyRow], wanted: Need) -> list[KeyRow]:
    ours = [row for row in rows if (row.use, row.alg) == (wanted.use, wanted.alg)]
    return sorted((row for row in ours if row.state is not KeyState.REMOVED), key=lambda row: row.since)


def _change(rows: Iterable[KeyRow], wanted: Need) -> Change:
    """Which buttons make sense for a use and algorithm now."""
    states = {row.state for row in _of(rows, wanted)}
    ways = ("abort",) if KeyState.NEXT in states else ("plan",)
    back = ("back",) if KeyState.RETIRING in states and KeyState.NEXT not in states else ()
    return Change(wanted.use, wanted.alg, (*ways, "switch", *back))


def changed(turn: ConsoleTurn) -> Reply:
    """A key is planned, given up, switched at once, or taken back."""
    move, wanted = MOVES.get(turn.sent.fields.get("move", "")), _asked(turn)
    if move is None or wanted is None:
        return turn.see(turn.at(AT), "key-not-moved")
    version, rows = turn.store.ring_version(), turn.store.ring_rows()
    naming = Naming(turn.on.services.settings.base_url, turn.store.vault)
    try:
        effects = moved(move(rows, wanted, turn.now, naming), turn.now, version, turn.actor.person)
    except (NoSuchKey, TooEarly):
        return turn.see(turn.at(AT), "key-not-moved")
    return turn.see(turn.at(AT), "key-moved" if turn.commit(effects) else "key-not-moved")


def chosen_for(turn: ConsoleTurn) -> Reply:
    """One service is signed for with a key of its own: the next one before the others, or an old one for a while still. Or no
    longer (`back`).
    """
    service, kid = turn.sent.fields.get("service", "").strip(), turn.sent.fields.get("kid", "")
    row = next((row for row in turn.store.ring_rows() if row.kid == kid and _signs_for_services(row)), None)
    known = turn.store.register_entry("service", service) is not None
    if row is None or not known:
        return turn.see(turn.at(AT), "key-not-moved")
    effects = chosen(service, row, turn.now, turn.actor.person, back=turn.sent.fields.get("back") == "1")
    return turn.see(turn.at(AT), "key-moved" if turn.commit(effects) else "key-not-moved")


def _signs_for_services(row: KeyRow) -> bool:
    return row.use in SIGNING and row.state is not KeyState.REMOVED


def _asked(turn: ConsoleTurn) -> Need | None:
    use, _, alg = turn.sent.fields.get("key", "").partition(" ")
    try:
        return need(use, alg)
    except NoSuchKey:
        return None


# --- a member's


def of_member(turn: ConsoleTurn) -> Reply:
    """M6. What of the member's entries runs out and when, and whether its services have fetched our newest keys."""
    newest, wanted = newest_of(turn.store.ring_rows()), asked(turn)
    ending = turn.store.register_ending(turn.org, wanted.after)
    ends = tuple(_ends(turn, ending.entries))
    found = turn.store.register_page("service", org=turn.org, after=turn.query.get(MORE, ""))
    services = found.entries
    return turn.render(
        MemberKeys(
            ends=Listing(turn.at(AT), ends, ending.total, wanted, ending.next, searched=False),
            newest=max(newest.values()),
            coming=tuple(_coming(turn)),
            services=tuple(
                (turn.at(f"{AT}/tjanst/{each.id}"), each.about.names or {"sv": each.id}) for each in services
            ),
            more=turn.at(f"{AT}?{urlencode({MORE: found.next})}") if found.next else "",
            held=tuple(held_by(turn.store, services, newest)),
            calendar_url=turn.at(f"{AT}/kalender"),
        )
    )


def _coming(turn: ConsoleTurn) -> Iterator[OwnStep]:
    """What comes of the keys that services have of us, the soonest first."""
    told_of = frozenset().union(*USES.values())
    for step in coming(turn.store.ring_rows(), turn.on.services.settings.key_rotation_days * DAY):
        if step.use in told_of:
            yield OwnStep(step.at, step.what, step.use, step.alg, step.kid)


def _ends(turn: ConsoleTurn, listed: Iterable[ListedEntry]) -> Iterator[EndRow]:
    """Everything of these entries that runs out, the soonest first."""
    found = []
    for each in listed:
        entry = turn.store.register_entry(each.kind, each.id)
        for end in runs_out.of_entry(each.kind, entry.content) if entry and entry.content else ():
            names = each.about.names or {"sv": each.id, "en": each.id}
            found.append(EndRow(each.kind, names, end.what, end.detail, end.at, (end.at - turn.now) // DAY))
    yield from sorted(found, key=lambda row: row.at)


def newest_of(rows: Iterable[KeyRow]) -> dict[str, int]:
    """By document, when the newest of its keys was published."""
    standing = [row for row in rows if row.state in {KeyState.NEXT, KeyState.ACTIVE}]
    return {
        document: max((row.published_at for row in standing if row.use in uses), default=0)
        for document, uses in USES.items()
    }


def held_by(store: ConsoleStore, services: Iterable[ListedEntry], newest: Mapping[str, int]) -> Iterator[HeldRow]:
    """What is known of each of the services: by document the last fetch, or that none is known."""
    for each in services:
        latest: dict[str, KeyFetch] = {}
        for one in store.fetches_of(each.id):
            latest.setdefault(one.document, one)
        for document, one in latest.items():
            yield HeldRow(each.id, document, one.last_at, one.last_at >= newest[document], one.how.value, one.shared)
        if not latest:
            yield HeldRow(each.id)


def kalender(turn: ConsoleTurn) -> Reply:
    """The days on which something of the member's entries runs out, as a file for a calendar: of the entries whose days come
    first.
    """
    rows = list(_ends(turn, turn.store.register_ending(turn.org, count=MOST).entries))
    return Reply(
        200, CALENDAR, calendar(((row.at, f"{_name(row.names)}: {row.what}") for row in rows), turn.org, turn.now)
    )


def _name(names: Names) -> str:
    return names.get("sv") or next(iter(names.values()), "")
