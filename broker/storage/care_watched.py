"""Persons on a care provider's watch list: every access to them is looked at."""

from sqlalchemy import Executable, bindparam, delete, func, select

from broker.care.filings import FiledPage, Unwatch, Watch
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

WATCHED = table(
    "care_watched",
    About(
        "Persons whose information is read out of curiosity more often than others'",
        "Care must review its logs (HSLF-FS 2016:40 4:9)",
        "Until taken off the list",
    ),
    text("provider", "HSA-id of the care provider", primary_key=True),
    text("person", "The register's random id of the person", primary_key=True),
    number("at", "When the person was put on the list"),
    text("by", "The register's random id of who did it"),
)
_W = WATCHED.c


def _add(insert: InsertOf) -> Executable:
    new = insert(WATCHED).values({column.name: bindparam(column.name) for column in WATCHED.columns})
    return new.on_conflict_do_nothing()  # type: ignore[no-any-return]


_ADD = Kept(_add)
_DROP = Kept(delete(WATCHED).where(_W.provider == bindparam("of"), _W.person == bindparam("whom")))
_FORGET = Kept(delete(WATCHED).where(_W.person == bindparam("whom")))
_ALL = Kept(select(_W.person).where(_W.provider == bindparam("of")))
_PAGE = Kept(
    select(_W.person)
    .where(_W.provider == bindparam("of"), _W.person > bindparam("after"))
    .order_by(_W.person)
    .limit(bindparam("count"))
)
_ONE = Kept(select(_W.at).where(_W.provider == bindparam("of"), _W.person == bindparam("whom")))
_COUNT = Kept(select(func.count()).where(_W.provider == bindparam("of")))


def watch(unit: Unit, change: Watch) -> None:
    """Put a person on the list."""
    told = {"provider": change.provider, "person": change.person, "at": change.at, "by": change.by}
    unit.run(_ADD, told)


def unwatch(unit: Unit, change: Unwatch) -> None:
    """Take a person off the list."""
    unit.run(_DROP, {"of": change.provider, "whom": change.person})


def forget(unit: Unit, person: str) -> None:
    """Take a person off every list."""
    unit.run(_FORGET, {"whom": person})


def watched(database: Database, provider: str) -> frozenset[str]:
    """The persons on the list."""
    return frozenset(row[0] for row in database.rows(_ALL, {"of": provider}))


def watches(database: Database, provider: str, person: str) -> bool:
    """Whether a person is on the list."""
    return database.row(_ONE, {"of": provider, "whom": person}) is not None


def page(database: Database, provider: str, after: str, count: int) -> FiledPage[str]:
    """A page of them by id."""
    rows = database.rows(_PAGE, {"of": provider, "after": after, "count": count + 1})
    found = tuple(row[0] for row in rows[:count])
    return FiledPage(found, database.rows(_COUNT, {"of": provider})[0][0], found[-1] if len(rows) > count else None)
