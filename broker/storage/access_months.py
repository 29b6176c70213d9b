"""The months of the access log: each a partition on PostgreSQL, made ahead of its time, that can be archived and dropped whole.

A month is named YYYY-MM, of Coordinated Universal Time. On SQLite the months are kept alike, without partitions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import Executable, bindparam, select

from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

AHEAD: Final = 3
"""Months that are made before they begin."""

MONTHS = table(
    "access_log_months",
    About(
        "The months of the access log",
        "Patients' access records are kept at least five years (HSLF-FS 2016:40 ch. 4 § 9)",
        "As long as the log",
    ),
    text("id", "YYYY-MM", primary_key=True),
    number("starts_at", "Its first second"),
    number("ends_at", "The second after its last"),
)
_M = MONTHS.c


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the log: its first second, and the second after its last."""

    id: str
    starts_at: int
    ends_at: int

    @property
    def partition(self) -> str:
        """The name of its partition."""
        return f"access_log_{self.id[:4]}_{self.id[5:]}"


def _add(insert: InsertOf) -> Executable:
    return insert(MONTHS).values({n: bindparam(n) for n in ("id", "starts_at", "ends_at")}).on_conflict_do_nothing()  # type: ignore[no-any-return]


_ADD = Kept(_add)
_ONE = Kept(select(*_M).where(_M.id == bindparam("row")))
_ALL = Kept(select(*_M).order_by(_M.starts_at))
_LOCK: Final = "SELECT pg_advisory_xact_lock(7171001)"
"""One at a time makes partitions."""


@lru_cache(maxsize=512)
def _of_year(year: int, month: int) -> Month:
    following = (year + month // 12, month % 12 + 1)
    start, end = (int(datetime(*each, 1, tzinfo=UTC).timestamp()) for each in ((year, month), following))
    return Month(f"{year:04}-{month:02}", start, end)


def of(at: int) -> Month:
    """The month of an instant."""
    when = datetime.fromtimestamp(at, UTC)
    return _of_year(when.year, when.month)


def named(id: str) -> Month:
    """The month of this name. Raises ValueError."""
    year, _, month = id.partition("-")
    return _of_year(int(year), int(month))


def made(unit: Unit, instants: Iterable[int]) -> None:
    """See to it that the months of these instants are there."""
    lowest, highest = None, None
    for at in instants:
        lowest = at if lowest is None or at < lowest else lowest
        highest = at if highest is None or at > highest else highest
    if lowest is None or highest is None:
        return
    first, last = of(lowest), of(highest)
    months = [first] if first == last else _between(first, last)
    missing = [month for month in months if unit.row(_ONE, {"row": month.id}) is None]
    if missing:
        _make(unit, missing)


def _between(first: Month, last: Month) -> list[Month]:
    found = [first]
    while found[-1].starts_at < last.starts_at:
        found.append(of(found[-1].ends_at))
    return found


def made_ahead(unit: Unit, now: int) -> None:
    """This month and the next ones."""
    months = [of(now)]
    for _ in range(AHEAD):
        months.append(of(months[-1].ends_at))
    made(unit, [months[0].starts_at, months[-1].starts_at])


def _make(unit: Unit, months: Iterable[Month]) -> None:
    """A partition is made apart and then attached: who reads or writes other months does not wait."""
    if not unit.sqlite:
        unit.script(_LOCK)
    for month in months:
        if unit.run(_ADD, {"id": month.id, "starts_at": month.starts_at, "ends_at": month.ends_at}):
            attach(unit, month)


def attach(unit: Unit, month: Month) -> None:
    """Make the partition of a month."""
    if unit.sqlite:
        return
    unit.script(f"CREATE TABLE {month.partition} (LIKE access_log INCLUDING ALL)")
    bounds = f"FROM ({month.starts_at}) TO ({month.ends_at})"
    unit.script(f"ALTER TABLE access_log ATTACH PARTITION {month.partition} FOR VALUES {bounds}")


def emptied(unit: Unit, month: Month) -> None:
    """Take all entries of a month out, at once; there is room for others."""
    if unit.sqlite:
        unit.script(f"DELETE FROM access_log WHERE at >= {month.starts_at} AND at < {month.ends_at}")  # noqa: S608  # numbers
        return
    unit.script(f"ALTER TABLE access_log DETACH PARTITION {month.partition}")
    unit.script(f"DROP TABLE {month.partition}")
    attach(unit, month)


def every(at: Database | Unit) -> tuple[Month, ...]:
    """All months, the oldest first."""
    return tuple(Month(*row) for row in at.rows(_ALL, {}))
