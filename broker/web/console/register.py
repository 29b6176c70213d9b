"""The register as the console shows it: lists of entries, an entry with its history, and how it was at a point in time.

A member sees its own services in the same way in the portal. What an entry says is told by `broker.federation.described`
and `plan`; secrets are never shown.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from broker.exchange import Reply
from broker.federation.aspects import REST, Form, aspect_of, in_order
from broker.federation.described import described
from broker.federation.entries import SECRET_HASH, BadEntry
from broker.federation.plan import entry_changes
from broker.federation.register import FEDERATION, KINDS, Entry, ListedEntry
from broker.federation.wording import shown
from broker.web.console import addresses, chained, csv, hosts
from broker.web.console.gate import member_names
from broker.web.console.listing import Listing, asked
from broker.web.console.people import name_of
from broker.web.console.register_pages import (
    EntryRow,
    EntryShown,
    Fact,
    KindCount,
    RegisterList,
    RegisterStart,
    VersionRow,
    VersionShown,
)
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from idp_adapters.catalogue import UnknownMethod
from trust_framework.roles import Action

SHOWN: Final = tuple(kind for kind in KINDS if kind != FEDERATION)
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "member": ("application", "review", "approved", "active", "suspended", "left"),
    "service": ("active", "test", "suspended", "left"),
    "identity_provider": ("active", "test", "suspended", "left"),
}
ZONE: Final = ZoneInfo("Europe/Stockholm")
CSV_PAGE: Final = 500
FIRST_YEAR, LAST_YEAR = 2000, 3000
HIDDEN: Final = "•••"
LONGEST_RAW: Final = 200_000
_UNREADABLE: Final = (ValidationError, BadEntry, UnknownMethod, KeyError)


# --- lists --------------------------------------------------------------------------------------------------------------


def start(turn: ConsoleTurn) -> Reply:
    """The register: how many entries of each kind stand, and how it was at a point in time."""
    kinds = tuple(
        KindCount(name=kind, count=turn.store.register_page(kind, count=1).total, url=turn.at(f"/register/{kind}"))
        for kind in SHOWN
    )
    chains = KindCount(name="chained", count=chained.count_of(turn), url=turn.at(chained.AT))
    published = KindCount(name="addresses", count=addresses.count_of(turn), url=turn.at(addresses.AT))
    proven = KindCount(name="hosts", count=hosts.count_of(turn), url=turn.at(hosts.AT))
    page = RegisterStart(
        kinds=(*kinds, chains, published, proven), version=turn.store.federation_version(), **_then(turn)
    )
    return turn.render(page)


def _then(turn: ConsoleTurn) -> dict[str, Any]:
    """What the point in time that was asked for comes to."""
    wish = turn.query.get("vid", "").strip()[:30]
    if not wish:
        return {}
    at = _moment(wish)
    if at is None:
        return {"asked": wish, "wrong": True}
    version = turn.store.register_version_at(at)
    there = turn.store.register_counts_at(version)
    counts = tuple(KindCount(name=kind, count=there.get(kind, 0), url="") for kind in SHOWN)
    export = turn.at(f"/installningar/export?version={version}")
    return {"asked": wish, "at": at, "then": version, "counts": counts, "export": export}


def _moment(wish: str) -> int | None:
    """Epoch seconds of a local time as a browser sends it, None for anything else."""
    try:
        local = datetime.fromisoformat(wish)
    except ValueError:
        return None
    return int(local.replace(tzinfo=ZONE).timestamp()) if FIRST_YEAR <= local.year < LAST_YEAR else None


def entries(turn: ConsoleTurn, kind: str) -> Reply:
    """The entries of one kind, searched and paged; or all of them as a file for a spreadsheet."""
    if kind not in SHOWN:
        raise Missing
    wanted = asked(turn)
    if wanted.csv:
        head = ("id", "sv", "en", "org", "state", "protocol", "subject")
        return csv.reply(kind, head, (_cells(entry) for entry in _all(turn, kind, wanted.search, wanted.state)))
    found = turn.store.register_page(kind, "", wanted.search, wanted.state, wanted.after)
    url, states = turn.at(f"/register/{kind}"), STATES.get(kind, ())
    rows = entry_rows(found.entries, turn)
    page = RegisterList(kind=kind, entries=Listing(url, rows, found.total, wanted, found.next, states, csv=True))
    return turn.render(page)


def _all(turn: ConsoleTurn, kind: str, search: str, state: str) -> Iterator[ListedEntry]:
    after = ""
    while True:
        found = turn.store.register_page(kind, turn.org, search, state, after, CSV_PAGE)
        yield from found.entries
        if not found.next:
            return
        after = found.next


def _cells(entry: ListedEntry) -> tuple[object, ...]:
    about = entry.about
    names = about.names
    return entry.id, names.get("sv"), names.get("en"), entry.org, about.state, about.protocol, about.subject


def entry_rows(found: tuple[ListedEntry, ...], turn: ConsoleTurn) -> tuple[EntryRow, ...]:
    """Rows of a list, each with its member's name, looked up once."""
    orgs = {org: member_names(org, turn.turn) for org in {entry.org for entry in found if entry.org}}
    return tuple(
        EntryRow(
            names=entry.about.names or {"sv": entry.id},
            id=entry.id,
            url=turn.at(f"/tjanster/{entry.id}" if turn.org else f"/register/{entry.kind}/{entry.id}"),
            subject=entry.about.subject,
            state=entry.about.state,
            protocol=entry.about.protocol,
            org=orgs.get(entry.org, {}),
            changed_at=entry.changed_at,
            expires_at=entry.about.expires_at,
        )
        for entry in found
    )


# --- an entry ------------------------------------------------------------------------------------------------------------


def service(turn: ConsoleTurn, service: str) -> Reply:
    """One of the organisation's own services as the register has it, with its history."""
    return _shown("service", service, turn)


def service_version(turn: ConsoleTurn, service: str, version: int) -> Reply:
    """One version of an own service: what it changed."""
    return _version("service", service, version, turn)


def entry(turn: ConsoleTurn, kind: str, id: str) -> Reply:
    """An entry as it stands or last stood, with every version of it."""
    return _shown(kind, id, turn)


def entry_version(turn: ConsoleTurn, kind: str, id: str, version: int) -> Reply:
    """One version of an entry: what it changed, in words, and its content."""
    return _version(kind, id, version, turn)


def _history(kind: str, id: str, turn: ConsoleTurn) -> tuple[Entry, ...]:
    """The versions of an entry of this turn's member, newest first. Raises Missing."""
    versions = turn.store.register_history(kind, id) if kind in SHOWN else ()
    turn.found(versions[0] if versions else None, versions[0].org if versions else None)
    return versions


def _shown(kind: str, id: str, turn: ConsoleTurn) -> Reply:
    versions = _history(kind, id, turn)
    content = next((each.content for each in versions if each.content is not None), {})
    page = EntryShown(
        kind=kind,
        names=names_of(content, id),
        id=id,
        facts=_facts(kind, id, content, turn),
        history=tuple(_row(each, turn) for each in versions),
        state=str(content.get("state", "active")) if versions[0].content is not None else "gone",
        back=turn.at() if turn.org else turn.at(f"/register/{kind}"),
        org=member_names(versions[0].org, turn.turn) if versions[0].org and not turn.org else {},
        stop=turn.at(f"/register/{kind}/{id}/stopp") if _stoppable(kind, versions[0], turn) else "",
        change=turn.at(f"/tjanster/{id}/andra") if _changeable(versions[0], turn) else "",
        leave=turn.at(f"/tjanster/{id}/lamna") if turn.org and turn.may(Action.SUBMIT) else "",
        csrf=turn.csrf(),
        snippets=turn.at(f"/tjanster/{id}/inkoppling") if turn.org and versions[0].content is not None else "",
        address=addresses.of_entry(kind, id, names_of(content, id), turn),
    )
    return turn.render(page)


def _changeable(newest: Entry, turn: ConsoleTurn) -> bool:
    """Whether a member's own page of its service offers to change it."""
    return bool(turn.org) and newest.content is not None and turn.may(Action.EDIT)


def _stoppable(kind: str, newest: Entry, turn: ConsoleTurn) -> bool:
    return not turn.org and kind in STATES and newest.content is not None and turn.may(Action.SUSPEND)


def _version(kind: str, id: str, version: int, turn: ConsoleTurn) -> Reply:
    versions = _history(kind, id, turn)
    place = next((at for at, each in enumerate(versions) if each.version == version), None)
    if place is None:
        raise Missing
    this, before = versions[place], versions[place + 1] if place + 1 < len(versions) else None
    turn.found(this, this.org)
    page = VersionShown(
        kind=kind,
        names=names_of(this.content or (before.content if before else None) or {}, id),
        row=_row(this, turn),
        changes=_changes(this, before, turn),
        raw=json.dumps(masked(this.content), indent=2, ensure_ascii=False, sort_keys=True)[:LONGEST_RAW],
        back=_path(kind, id, turn),
    )
    return turn.render(page)


def _path(kind: str, id: str, turn: ConsoleTurn) -> str:
    return turn.at(f"/tjanster/{id}" if turn.org else f"/register/{kind}/{id}")


def _row(entry: Entry, turn: ConsoleTurn) -> VersionRow:
    return VersionRow(
        version=entry.version,
        at=entry.at,
        origin=entry.origin.partition(":")[0],
        who=name_of(entry.actor, turn),
        reason=entry.reason,
        url=f"{_path(entry.kind, entry.id, turn)}/version/{entry.version}",
        gone=entry.content is None,
    )


def names_of(content: Mapping[str, Any], id: str) -> Names:
    """What an entry is called: by its content, else by its id."""
    names = content.get("names") or content.get("name")
    return dict(names) if isinstance(names, Mapping) and names else {"sv": id}


def _facts(kind: str, id: str, content: Mapping[str, Any], turn: ConsoleTurn) -> tuple[Fact, ...]:
    """What the entry holds, aspect by aspect; nothing when this release cannot read it."""
    try:
        facts = described(kind, id, content, turn.on.services.settings)
    except _UNREADABLE:
        return ()
    rows = ((aspect_of(kind, name), facts[name]) for name in in_order(kind, facts) if name != REST and facts[name])
    return tuple(
        Fact(label={"sv": aspect.sv, "en": aspect.en}, values=_values(words, secret=aspect.form is Form.SECRET))
        for aspect, words in rows
    )


def _values(words: Any, *, secret: bool) -> tuple[Names, ...]:
    if secret:
        return ({"sv": HIDDEN, "en": HIDDEN},)
    told = sorted((shown(word) for word in words), key=lambda each: each.en)
    return tuple({"sv": each.sv, "en": each.en} for each in told)


def _changes(this: Entry, before: Entry | None, turn: ConsoleTurn) -> tuple[tuple[str, Names], ...]:
    """What a version changed: its class and its sentence; nothing when this release cannot read either."""
    old = before.content if before else None
    try:
        told = entry_changes(this.kind, this.id, old, this.content, turn.on.services.settings)
    except _UNREADABLE:
        return ()
    return tuple((change.danger.value, {"sv": change.sv, "en": change.en}) for change in told)


def masked(value: Any) -> Any:
    """A content without its secrets, for people to look at."""
    if isinstance(value, Mapping):
        return {name: HIDDEN if _secret(name) else masked(each) for name, each in value.items()}
    return [masked(each) for each in value] if isinstance(value, list) else value


def _secret(name: str) -> bool:
    return name in {SECRET_HASH, "key"} or name.endswith(("secret", "password"))
