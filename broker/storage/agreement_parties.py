"""Whom each agreement concerns, and when it needs somebody: for a member's list, and for what waits, without opening any."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Index, Select, Text, bindparam, cast, column, delete, insert, or_, select, tuple_
from sqlalchemy import table as named

from broker.federation.agreements import KIND
from broker.federation.concerned import NOBODY, AgreementDue, Concerned, concerned
from broker.federation.register import EntryChange
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, table, text

PARTIES = table(
    "agreement_parties",
    About(
        "Whom each sharing agreement concerns, and when it needs somebody",
        "Public interest: running the federation (GDPR 6.1 e)",
        "While the agreement stands",
    ),
    text("agreement", "The agreement's id", primary_key=True),
    text("org", "Organisation number of a party; empty beside a service", primary_key=True),
    text("service", "A service of an agreement that names no parties, else empty", primary_key=True),
    number("told_from", "From when something of it may have to be told"),
    number("told_until", "Until when"),
    Index(None, "org"),
    Index(None, "told_from"),
)
_P = PARTIES.c
_LISTED = named("register_index", column("kind"), column("id"), column("org"))
_CLEAR = Kept(delete(PARTIES).where(_P.agreement == bindparam("of")))
_ADD = Kept(insert(PARTIES).values({c.name: bindparam(c.name) for c in PARTIES.columns}))
_ITS_SERVICES = select(_LISTED.c.id).where(_LISTED.c.kind == "service", _LISTED.c.org == bindparam("party"))
_OF_PARTY = or_(_P.org == bindparam("party"), _P.service.in_(_ITS_SERVICES))


def concerning() -> Select[Any]:
    """The ids of the agreements that the member `party` (a parameter) is party to, or whose services they name."""
    return select(_P.agreement).where(_OF_PARTY)


_DUE = Kept(
    select(_P.told_from, _P.agreement)
    .where(
        _P.told_from <= bindparam("now"),
        _P.told_until > bindparam("now"),
        or_(cast(bindparam("party"), Text) == "", _OF_PARTY),
        tuple_(_P.told_from, _P.agreement) > tuple_(bindparam("since"), bindparam("after")),
    )
    .distinct()
    .order_by(_P.told_from, _P.agreement)
    .limit(bindparam("count"))
)


def changed(unit: Unit, change: EntryChange) -> None:
    """Note whom an agreement concerns now."""
    if change.kind != KIND:
        return
    unit.run(_CLEAR, {"of": change.id})
    found = NOBODY if change.content is None else concerned(change.content)
    unit.run_many(_ADD, list(_rows(change.id, found)))


def _rows(id_: str, found: Concerned) -> Iterator[dict[str, Any]]:
    told = {"agreement": id_, "told_from": found.told_from, "told_until": found.told_until}
    yield from ({**told, "org": org, "service": ""} for org in found.orgs)
    yield from ({**told, "org": "", "service": service} for service in found.services)


def due(database: Database, now: int, party: str, after: AgreementDue, count: int) -> tuple[AgreementDue, ...]:
    """The agreements of which something may have to be told now, a member's or all, those that have waited longest first."""
    asked = {"now": now, "party": party, "since": after.since, "after": after.id, "count": count}
    return tuple(AgreementDue(*row) for row in database.rows(_DUE, asked))
