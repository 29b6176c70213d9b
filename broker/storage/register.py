"""The register: every version of every entry, each sealed, and an index of those that stand now.

A version is written once and never changed. Versions of one commit have the same number; numbers grow by one a commit,
under a row that all writers take in turn. What an entry is, is `broker.federation.register`'s affair.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Executable, Index, Select, Text, and_, bindparam, cast, delete, func, or_, select, tuple_

from broker.audit.events import EntryChanged
from broker.federation.register import (
    About,
    ChangeRegister,
    Content,
    Entry,
    EntryChange,
    EntryPage,
    Key,
    ListedEntry,
    RegisterChanges,
    about,
    digest,
    put_together,
    row_hash,
)
from broker.login.effects import Overtaken
from broker.storage import addresses, agreement_parties, delegations, log, names
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.tables import About as Mapped
from broker.storage.tables import number, octets, table, text

_BASIS = "Public interest: running the federation (GDPR 6.1 e)"
HEAD = table(
    "register_head",
    Mapped("The number of the newest version", _BASIS, "As long as the federation"),
    number("id", "Always 1", primary_key=True, autoincrement=False),
    number("version", "The newest version"),
)
VERSIONS = table(
    "register_versions",
    Mapped(
        "Members, services, providers, agreements and policies, as each change left them",
        _BASIS,
        "As long as the federation: who was trusted when must be answerable",
    ),
    number("version", "Counts from 1, a number a commit", primary_key=True, autoincrement=False),
    text("kind", "Kind of entry", primary_key=True),
    text("id", "The entry's id", primary_key=True),
    text("org", "Organisation number of the member that it belongs to"),
    number("place", "Order in which entries first came"),
    text("digest", "SHA-256 of the content; empty when the entry has gone"),
    text("origin", "What it was changed by: an applied file, the portal, the API, a feed"),
    number("at", "When it became valid"),
    text("actor", "The register's random id of who changed it"),
    text("proposal", "The approved proposal that it came of"),
    text("previous", "Hash of the version before"),
    octets("document", "Content and reason as JSON, sealed"),
    Index("ix_register_versions_kind_id", "kind", "id", "version"),
)
INDEX = table(
    "register_index",
    Mapped("What stands in the register now, for lists", _BASIS, "While the entry stands"),
    text("kind", "Kind of entry", primary_key=True),
    text("id", "The entry's id", primary_key=True),
    text("org", "Organisation number of the member that it belongs to"),
    number("version", "Its version"),
    text("origin", "What it was changed by"),
    number("changed_at", "When it became valid"),
    text("state", "State: test, active, suspended …"),
    text("protocol", "saml or oidc"),
    text("subject", "entityID, issuer or client_id"),
    text("entity", "Entity identifier of OpenID Federation"),
    number("expires_at", "When something of it runs out first", nullable=True),
    octets("sort", "Its name as lists are ordered"),
    text("search", "Its names and ids in small letters"),
    octets("names", "Its names by language, as JSON"),
    text("on_behalf_of", "How people may act for others at it, each between spaces", nullable=True),
    Index("ix_register_index_sort", "kind", "sort", "id"),
    Index("ix_register_index_org", "org", "kind"),
    Index("ix_register_index_subject", "subject"),
    Index("ix_register_index_expires_at", "expires_at"),
    Index("ix_register_index_changed_at", "changed_at", "kind", "id"),
)
_V, _I = VERSIONS.c, INDEX.c


@dataclass(frozen=True, slots=True)
class FederationVersion:
    """One version of the whole federation, as a federation file says it."""

    version: int
    applied_at: int
    document: Content = field(repr=False)


def _next(insert: InsertOf) -> Executable:
    new = insert(HEAD).values(id=1, version=1)
    counted = new.on_conflict_do_update(index_elements=["id"], set_={"version": HEAD.c.version + 1})
    return counted.returning(HEAD.c.version)  # type: ignore[no-any-return]


def _add(insert: InsertOf) -> Executable:
    return insert(VERSIONS).values({c.name: bindparam(c.name) for c in VERSIONS.columns})  # type: ignore[no-any-return]


def _index(insert: InsertOf) -> Executable:
    new = insert(INDEX).values({c.name: bindparam(c.name) for c in INDEX.columns})
    changed = {c.name: new.excluded[c.name] for c in INDEX.columns if not c.primary_key}
    return new.on_conflict_do_update(index_elements=["kind", "id"], set_=changed)  # type: ignore[no-any-return]


def _ordered(statement: Select[Any]) -> Kept:
    return Kept(statement.order_by(_V.place, _V.kind, _V.id))


_ENTRY: Final = (*(c for c in VERSIONS.columns),)
_NEXT, _ADD, _INDEX = Kept(_next), Kept(_add), Kept(_index)
_UNLIST = Kept(delete(INDEX).where(_I.kind == bindparam("kind"), _I.id == bindparam("id")))
_VERSION = Kept(select(HEAD.c.version))
_IS = and_(_V.kind == bindparam("kind"), _V.id == bindparam("id"))
_NOW = and_(_I.version == _V.version, _I.kind == _V.kind, _I.id == _V.id)
_CURRENT = _ordered(select(*_ENTRY).join(INDEX, _NOW))
_OF_KIND = _ordered(select(*_ENTRY).join(INDEX, _NOW).where(_I.kind == bindparam("of")))
_OF_ORIGIN = _ordered(select(*_ENTRY).join(INDEX, _NOW).where(_I.origin == bindparam("from")))
_HISTORY = Kept(select(*_ENTRY).where(_IS).order_by(_V.version.desc()))
_NEWEST = Kept(select(*_ENTRY).where(_IS).order_by(_V.version.desc()).limit(1))
_SINCE = Kept(select(*_ENTRY).where(_V.version > bindparam("after")).order_by(_V.version, _V.place))
_LATEST = (
    select(func.max(_V.version).label("version"), _V.kind, _V.id)
    .where(_V.version <= bindparam("upto"))
    .group_by(_V.kind, _V.id)
    .subquery()
)
_THEN = _ordered(select(*_ENTRY).join(_LATEST, and_(*(_LATEST.c[n] == _V[n] for n in ("version", "kind", "id")))))
_AT = Kept(select(func.max(_V.version)).where(_V.at <= bindparam("at")))
_WHEN = Kept(select(func.max(_V.at)).where(_V.version <= bindparam("upto")))
_FILED = (
    select(func.max(_V.version).label("version"), _V.kind, _V.id)
    .where(_V.origin == "file")
    .group_by(_V.kind, _V.id)
    .subquery()
)
_TOLD = Kept(
    select(_V.kind, _V.id, _V.digest)
    .join(_FILED, and_(*(_FILED.c[n] == _V[n] for n in ("version", "kind", "id"))))
    .join(INDEX, and_(_I.kind == _V.kind, _I.id == _V.id, _I.origin != "file"))
)


def _any_or(column: Any, name: str) -> Any:
    given = cast(bindparam(name), Text)
    return or_(given == "", column == given)


_MATCHES = and_(
    _I.kind == bindparam("kind"),
    _any_or(_I.org, "org"),
    _any_or(_I.state, "state"),
    _I.search.like(bindparam("like"), escape="\\"),
)
LISTED: Final = (
    *(_I.kind, _I.id, _I.org, _I.version, _I.origin, _I.changed_at),
    *(_I.names, _I.state, _I.protocol, _I.subject, _I.expires_at, _I.entity, _I.on_behalf_of),
)
"""What `listed` reads."""


def _paged(*narrowing: Any) -> Kept:
    after = tuple_(_I.sort, _I.id) > tuple_(bindparam("sort"), bindparam("after"))
    found = select(*LISTED, _I.sort).where(_MATCHES, after, *narrowing)
    return Kept(found.order_by(_I.sort, _I.id).limit(bindparam("count")))


_CONCERNING = _I.id.in_(agreement_parties.concerning())
_PAGE, _COUNT = _paged(), Kept(select(func.count()).where(_MATCHES))
_PAGE_OF, _COUNT_OF = _paged(_CONCERNING), Kept(select(func.count()).where(_MATCHES, _CONCERNING))
_TAKING = Kept(
    select(*LISTED)
    .where(
        _I.kind == "service",
        _I.state == "active",
        _I.on_behalf_of.like(bindparam("takes")),
        _I.search.like(bindparam("like"), escape="\\"),
    )
    .order_by(_I.sort, _I.id)
    .limit(bindparam("count"))
)
_SUBJECT = Kept(select(*LISTED).where(_I.subject == bindparam("subject"), _I.kind == bindparam("kind")))
_CHANGED = Kept(select(*LISTED).where(_I.version > bindparam("after")).order_by(_I.kind, _I.id))
_GONE = Kept(select(_V.kind, _V.id).where(_V.version > bindparam("after"), _V.digest == ""))
_EXACT = Kept(select(*_ENTRY).where(_IS, _V.version == bindparam("version")))
_FIRST = Kept(select(func.min(_V.at)).where(_IS))
_now, _file = VERSIONS.alias("now"), VERSIONS.alias("filed")
_FILE_SAID = (
    select(_file.c.digest)
    .where(_file.c.kind == _I.kind, _file.c.id == _I.id, _file.c.origin == "file")
    .order_by(_file.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
_STANDS = and_(_now.c.kind == _I.kind, _now.c.id == _I.id, _now.c.version == _I.version)
_drifted = (
    select(*LISTED).join(_now, _STANDS).where(_I.origin != "file", _now.c.digest != func.coalesce(_FILE_SAID, ""))
)
_DRIFTED = Kept(_drifted.order_by(_I.changed_at.desc(), _I.kind.desc(), _I.id.desc()).limit(bindparam("count")))
_HOW_MANY_DRIFTED = Kept(select(func.count()).select_from(_drifted.limit(bindparam("count")).subquery()))

_newest = (
    select(_V.kind, _V.id, func.max(_V.version).label("version"))
    .where(_V.version <= bindparam("version"))
    .group_by(_V.kind, _V.id)
    .subquery()
)
_COUNTS_AT = Kept(
    select(_V.kind, func.count())
    .join(_newest, and_(*(_newest.c[name] == _V[name] for name in ("kind", "id", "version"))))
    .where(_V.digest != "")
    .group_by(_V.kind)
)


# --- writing


def change(unit: Unit, change: ChangeRegister) -> None:
    """Write the changes as the next version, each with its event. Raises Overtaken."""
    version = write(unit, change.changes, change.at)
    log.append(unit, tuple(_event(each, version, change.at) for each in change.changes))


def _event(changed: EntryChange, version: int, at: int) -> EntryChanged:
    return EntryChanged(
        at=at,
        version=version,
        kind=changed.kind,
        entry=changed.id,
        org=changed.org,
        digest=digest(changed.content),
        origin=changed.origin,
        actor=changed.actor,
        proposal=changed.proposal,
    )


def write(unit: Unit, changes: Iterable[EntryChange], at: int) -> int:
    """The next version. Writers take the head's row, so one after another gets here. Raises Overtaken."""
    version = int(unit.rows(_NEXT, {})[0][0])
    for place, each in enumerate(changes):
        before = _entry(unit.vault, unit.row(_NEWEST, {"kind": each.kind, "id": each.id}))
        if each.expected is not None and each.expected != _standing(before):
            raise Overtaken("register")
        _write_one(unit, each, before, version, place, at)
    return version


def _standing(entry: Entry | None) -> int:
    return entry.version if entry and entry.content is not None else 0


_PLACES: Final = 1_000_000
"""More than the entries of one version, so that entries are ordered by the version in which they first came."""


def _write_one(unit: Unit, each: EntryChange, before: Entry | None, version: int, place: int, at: int) -> None:
    row = {
        "version": version,
        "kind": each.kind,
        "id": each.id,
        "org": each.org,
        "place": before.place if before else version * _PLACES + place,
        "digest": digest(each.content),
        "origin": each.origin,
        "at": at,
        "actor": each.actor,
        "proposal": each.proposal,
        "previous": row_hash(before) if before else "",
        "document": _sealed(unit, each, version),
    }
    unit.run(_ADD, row)
    told = about(each.kind, each.content or {})
    names.changed(unit, each, told.names_held, at)
    delegations.changed(unit, each)
    agreement_parties.changed(unit, each)
    addresses.changed(unit, each)
    if each.content is None:
        unit.run(_UNLIST, {"kind": each.kind, "id": each.id})
    else:
        unit.run(_INDEX, _indexed(each, told, version, at))


def _sealed(unit: Unit, each: EntryChange, version: int) -> bytes:
    bound = f"{version}.{each.kind}.{each.id}".encode()
    return unit.vault.seal("federation", dumps({"content": each.content, "reason": each.reason}), bound)


def _indexed(each: EntryChange, told: About, version: int, at: int) -> dict[str, Any]:
    name = told.names.get("sv") or next(iter(told.names.values()), each.id)
    return {
        "kind": each.kind,
        "id": each.id,
        "org": each.org,
        "version": version,
        "origin": each.origin,
        "changed_at": at,
        "state": told.state,
        "protocol": told.protocol,
        "subject": told.subject,
        "entity": told.entity,
        "expires_at": told.expires_at,
        "sort": sort_key(name),
        "search": " ".join((*told.names.values(), each.id, told.subject)).casefold(),
        "names": dumps(dict(told.names)),
        "on_behalf_of": f" {' '.join(told.on_behalf_of)} " if told.on_behalf_of else None,
    }


_SWEDISH: Final = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})
"""å, ä and ö come after z, in that order: these signs follow z in ASCII."""


def sort_key(name: str) -> bytes:
    """A name as Swedish lists order it; other accents are ignored. Bytes, since databases collate text each in its way."""
    small = unicodedata.normalize("NFC", name.casefold()).translate(_SWEDISH)
    bare = "".join(c for c in unicodedata.normalize("NFD", small) if not unicodedata.combining(c))
    return bare[:200].encode()


# --- reading


def version(database: Database) -> int:
    """The newest version, 0 before the first."""
    found = database.row(_VERSION, {})
    return found[0] if found else 0


def _entry(vault: Any, row: Row | None) -> Entry | None:
    return _read(vault, row) if row else None


def _read(vault: Any, row: Row) -> Entry:
    number_, kind, id_, org, place, digest_, origin, at, actor, proposal, previous, sealed = row
    told = loads(vault.open("federation", sealed, f"{number_}.{kind}.{id_}".encode()))
    return Entry(
        kind, id_, org, told["content"], digest_, number_, place, origin, at, actor, told["reason"], proposal, previous
    )


def _entries(database: Database, statement: Kept, values: dict[str, Any]) -> tuple[Entry, ...]:
    return tuple(_read(database.vault, row) for row in database.rows(statement, values))


def current(database: Database) -> tuple[Entry, ...]:
    """Everything that stands, in the order in which it first came."""
    return _entries(database, _CURRENT, {})


def of_kind(database: Database, kind: str) -> tuple[Entry, ...]:
    """What stands of one kind."""
    return _entries(database, _OF_KIND, {"of": kind})


def of_origin(database: Database, origin: str) -> tuple[Entry, ...]:
    """What stands and was last changed by this origin."""
    return _entries(database, _OF_ORIGIN, {"from": origin})


def entry(database: Database, kind: str, id: str) -> Entry | None:
    """An entry that stands, or None."""
    found = _entry(database.vault, database.row(_NEWEST, {"kind": kind, "id": id}))
    return found if found and found.content is not None else None


def history(database: Database, kind: str, id: str) -> tuple[Entry, ...]:
    """Every version of an entry, the newest first."""
    return _entries(database, _HISTORY, {"kind": kind, "id": id})


def since(database: Database, after: int) -> tuple[Entry, ...]:
    """What was written after a version, the oldest first; what has gone is among it, without content."""
    return _entries(database, _SINCE, {"after": after})


def exact(database: Database, kind: str, id: str, version: int) -> Entry | None:
    """An entry as one version of it says, or None."""
    return _entry(database.vault, database.row(_EXACT, {"kind": kind, "id": id, "version": version}))


def first_at(database: Database, kind: str, id: str) -> int | None:
    """When an entry first came, None when it never did."""
    found = database.row(_FIRST, {"kind": kind, "id": id})
    return found[0] if found else None


def changed(database: Database, after: int) -> RegisterChanges:
    """What has changed since a version, as lists show it; everything that stands when that is 0."""
    standing_now = tuple(listed(row) for row in database.rows(_CHANGED, {"after": after}))
    if not after:
        return RegisterChanges(standing_now)
    standing = {(each.kind, each.id) for each in standing_now}
    gone = {(kind, id_) for kind, id_ in database.rows(_GONE, {"after": after})}
    return RegisterChanges(standing_now, frozenset(gone - standing))


def as_of(database: Database, version: int) -> tuple[Entry, ...]:
    """Everything that stood at a version."""
    return tuple(e for e in _entries(database, _THEN, {"upto": version}) if e.content is not None)


def version_at(database: Database, at: int) -> int:
    """The version that was the newest at a time (epoch seconds), 0 before the first."""
    found = database.row(_AT, {"at": at})
    return (found[0] if found else 0) or 0


def read(database: Database, version: int) -> FederationVersion | None:
    """The whole federation as it was at a version, or None when there was none."""
    found = database.row(_WHEN, {"upto": version})
    if found is None or found[0] is None:
        return None
    return FederationVersion(version, found[0], put_together(as_of(database, version)))


def told(database: Database) -> dict[Key, str]:
    """By entry that something else than a file has changed since: the digest that a file said last."""
    return {(kind, id_): found for kind, id_, found in database.rows(_TOLD, {})}


def counts_at(database: Database, version: int) -> dict[str, int]:
    """How many entries of each kind stood at a version."""
    return dict(database.rows(_COUNTS_AT, {"version": version}))


def drifted(database: Database, count: int) -> tuple[ListedEntry, ...]:
    """Entries that stand and are not as the last applied file said, the newest change first."""
    return tuple(listed(row) for row in database.rows(_DRIFTED, {"count": count}))


def drifted_count(database: Database, most: int) -> int:
    """How many those are, counted up to a bound."""
    return int(database.rows(_HOW_MANY_DRIFTED, {"count": most})[0][0])


def page(
    database: Database,
    kind: str,
    org: str = "",
    search: str = "",
    state: str = "",
    after: str = "",
    count: int = 50,
    party: str = "",
) -> EntryPage:
    """A page of the entries that stand, by name. `after` is the `next` of the page before; one that is not ours begins anew.
    `party`: the agreements that concern this member, and no others.
    """
    matching = {"kind": kind, "org": org, "state": state, "like": _containing(search)}
    sort, id_ = _position(after)
    page_, count_ = (_PAGE_OF, _COUNT_OF) if party else (_PAGE, _COUNT)
    matching |= {"party": party} if party else {}
    rows = database.rows(page_, {**matching, "sort": sort, "after": id_, "count": count + 1})
    total = database.rows(count_, matching)[0][0]
    shown = rows[:count]
    more = f"{bytes(shown[-1][-1]).hex()}.{shown[-1][1]}" if len(rows) > count else None
    return EntryPage(tuple(listed(row) for row in shown), total, more)


def taking(database: Database, kind: str, search: str, count: int) -> tuple[ListedEntry, ...]:
    """Active services at which people may act for others by this kind of representation, by name."""
    rows = database.rows(_TAKING, {"takes": f"% {kind} %", "like": _containing(search), "count": count})
    return tuple(listed(row) for row in rows)


def _containing(search: str) -> str:
    """A pattern for what contains these words."""
    return "%" + search.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def _position(after: str) -> tuple[bytes, str]:
    sort, dot, id_ = after.partition(".")
    try:
        return (bytes.fromhex(sort), id_) if dot else (b"", "")
    except ValueError:
        return b"", ""


def listed(row: Row) -> ListedEntry:
    """An entry as a list shows it, of the columns `LISTED`."""
    kind, id_, org, number_, origin, changed_at, names, state, protocol, subject, expires_at, entity, for_others = row[
        :13
    ]
    takes = tuple((for_others or "").split())
    told = About(loads(names), state, protocol, subject, expires_at, entity=entity, on_behalf_of=takes)
    return ListedEntry(kind, id_, org, number_, origin, changed_at, told)


def by_subject(database: Database, kind: str, subject: str) -> tuple[ListedEntry, ...]:
    """The entries of a kind with this entityID, issuer or client_id."""
    return tuple(listed(row) for row in database.rows(_SUBJECT, {"kind": kind, "subject": subject}))
