"""Reading the sealed log from end to end, each leaf with the evidence that it names: its own, or an entry of the access log.

Entries stand in another table, by month; they are read beside the leaves, the entries of a call at once.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from sqlalchemy import bindparam, func, select

from broker.audit.checkpoint import LogRow
from broker.storage.access_log import ACCESS, SPAN, evidence
from broker.storage.database import Database, Kept, Row
from broker.storage.log import LOG, LOWEST, PENDING

_L, _A, _P = LOG.c, ACCESS.c, PENDING.c
_ROWS = Kept(
    select(_L.position, _L.leaf, _L.evidence, _L.record, _L.removal)
    .where(_L.position >= bindparam("first"))
    .order_by(_L.position)
    .limit(bindparam("count"))
)
_LEAVES = Kept(
    select(_L.position, _L.leaf)
    .where(_L.position >= bindparam("first"), _L.removal.is_(None))
    .order_by(_L.position)
    .limit(bindparam("count"))
)
_ENTRIES = Kept(select(*_A).where(_A.record >= bindparam("first"), _A.record <= bindparam("last")))
_named = select(_L.record).where(_L.record == _A.record, _L.removal.is_(None)).exists()
_waits = select(_P.record).where(_P.record == _A.record).exists()
_NUMBERS = Kept(
    select(
        select(func.count()).select_from(ACCESS).scalar_subquery(),
        select(func.count(_L.record)).scalar_subquery(),
        select(func.count(_P.record)).scalar_subquery(),
    )
)
_STRAY = Kept(select(func.count()).select_from(ACCESS).where(~_named, ~_waits))


def rows(database: Database, first: int = LOWEST, batch: int = 2000) -> Iterator[LogRow]:
    """The sealed rows from a position on, in order, read in batches."""
    while found := database.octets(_ROWS, {"first": first, "count": batch}):
        kept = _entries(database, found)
        for position, leaf, own, record, removal in found:
            yield LogRow(position, leaf, own if record is None else kept.get(record), removal or "", record)
        first = found[-1][0] + 1


def leaves(database: Database, first: int, batch: int) -> Iterator[tuple[int, bytes]]:
    """Positions and leaves from a position on, without what they name and without those that were removed."""
    while found := database.octets(_LEAVES, {"first": first, "count": batch}):
        yield from found
        first = found[-1][0] + 1


def mentions(database: Database, person: str, first: int, batch: int = 2000) -> bool:
    """Whether a leaf from a position on says that this person's information was accessed."""
    named = f'"person":"{person}"'.encode()
    return any(b'"event":"care.access"' in leaf and named in leaf for _, leaf in leaves(database, first, batch))


def _entries(database: Database, found: Iterable[Row]) -> dict[int, bytes]:
    """What is kept of the entries that these leaves are of, by number. One that stands there more than once, at another time,
    is all of them together, which no leaf names.
    """
    numbers = sorted(row[3] for row in found if row[3] is not None)
    kept: dict[int, bytes] = {}
    for _, together in groupby(numbers, key=lambda number: number // SPAN):
        call = list(together)
        rows = database.octets(_ENTRIES, {"first": call[0], "last": call[-1]})
        for row in rows:
            kept[row[0]] = kept.get(row[0], b"") + evidence(row)
    return kept


def strays(database: Database, gone: int) -> int:
    """How many entries of the access log no leaf with its content names, sealed or waiting. They are looked for one by one where
    there are not as many entries as leaves that have theirs here: where there are, one that none names would stand in for one
    that is missing, which is `gone` by its leaf. Leaves keep the number of an entry that was archived or removed with them.
    """
    ((entries, sealed, waiting),) = database.rows(_NUMBERS, {})
    if entries == sealed - gone + waiting:
        return 0
    found = database.row(_STRAY, {})
    return found[0] if found else 0
