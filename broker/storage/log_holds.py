"""Legal holds: what may not be removed from the log, however old it is, and why."""

from typing import Final

from sqlalchemy import Integer, and_, bindparam, cast, func, insert, or_, select, tuple_, update

from broker.audit.retention import Hold
from broker.care.filings import FiledPage, HoldsAsked
from broker.keys.sealing import SealingVault
from broker.login.effects import Overtaken
from broker.storage.access_log import ACCESS
from broker.storage.cursors import position
from broker.storage.database import Database, Kept, Row, Unit
from broker.storage.tables import About, number, octets, table, text

HOLDS = table(
    "log_holds",
    About("Legal holds on the log", "Legal obligation to preserve (GDPR 6.1 c, 17.3 e)", "As long as the log"),
    text("id", "Random id", primary_key=True),
    text("kind", "What it is about: a person, a care provider, or all"),
    text("about", "Which one"),
    octets("reason", "Why, sealed"),
    text("by", "Who set it"),
    number("made_at", "When"),
    number("ended_at", "When it ended", nullable=True),
)
_C = HOLDS.c
_PURPOSE: Final = "hold"
_ADD = Kept(insert(HOLDS).values({c.name: bindparam(c.name) for c in HOLDS.columns}))
_END = Kept(
    update(HOLDS).where(_C.id == bindparam("row"), _C.ended_at.is_(None)).values(ended_at=bindparam("ended_at"))
)
_A = ACCESS.c
_ACCESSED = Kept(
    select(_A.record).where(_A.person == bindparam("person"), _A.provider == bindparam("provider")).limit(1)
)
_HOLD = (_C.id, _C.kind, _C.about, _C.reason, _C.by, _C.made_at, _C.ended_at)
_ALL = Kept(select(*_HOLD).order_by(_C.made_at, _C.id))
_ONE = Kept(select(*_HOLD).where(_C.id == bindparam("row")))
_SEEN = or_(
    cast(bindparam("persons"), Integer) == 1,
    _C.kind == "all",
    and_(_C.kind == "provider", _C.about == bindparam("provider")),
)
_PAGE = Kept(
    select(*_HOLD)
    .where(_SEEN, tuple_(_C.made_at, _C.id) < tuple_(bindparam("at"), bindparam("after")))
    .order_by(_C.made_at.desc(), _C.id.desc())
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_SEEN))


def add(unit: Unit, hold: Hold) -> None:
    """Set a hold."""
    reason = unit.vault.seal(_PURPOSE, hold.reason.encode(), hold.id.encode())
    named = {name: getattr(hold, name) for name in ("id", "kind", "about", "by", "made_at", "ended_at")}
    unit.run(_ADD, {**named, "reason": reason})


def end(unit: Unit, id: str, at: int) -> None:
    """End a hold. Raises Overtaken when there is none that stands."""
    if not unit.run(_END, {"row": id, "ended_at": at}):
        raise Overtaken("hold")


def every(at: Database | Unit) -> tuple[Hold, ...]:
    """All holds there ever were, the oldest first."""
    return tuple(_read(at.vault, row) for row in at.rows(_ALL, {}))


def one(database: Database, id: str) -> Hold | None:
    """A hold, ended or not."""
    found = database.row(_ONE, {"row": id})
    return _read(database.vault, found) if found else None


def page(database: Database, asked: HoldsAsked) -> FiledPage[Hold]:
    """A page of the holds there ever were, the newest first."""
    at, id_ = position(asked.after)
    seen = {"persons": int(asked.persons), "provider": asked.provider}
    rows = database.rows(_PAGE, {**seen, "at": at, "after": id_, "count": asked.count + 1})
    found = tuple(_read(database.vault, row) for row in rows[: asked.count])
    more = f"{found[-1].made_at}.{found[-1].id}" if len(rows) > asked.count else None
    return FiledPage(found, database.rows(_COUNT, seen)[0][0], more)


def _read(vault: SealingVault, row: Row) -> Hold:
    id_, kind, about, reason, by, made_at, ended_at = row
    return Hold(id_, kind, about, vault.open(_PURPOSE, reason, id_.encode()).decode(), by, made_at, ended_at)


def standing(at: Database | Unit) -> tuple[Hold, ...]:
    """Those that stand."""
    return tuple(hold for hold in every(at) if hold.ended_at is None)


def about_person(unit: Unit, person: str) -> bool:
    """Whether a hold is about a person, or about a care provider who has accessed their information."""
    return any(
        hold.kind == "all"
        or (hold.kind == "person" and hold.about == person)
        or (hold.kind == "provider" and bool(unit.rows(_ACCESSED, {"person": person, "provider": hold.about})))
        for hold in standing(unit)
    )
