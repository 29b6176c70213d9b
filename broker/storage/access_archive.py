"""Archives of the access log: a month's entries read out with their proofs, taken out of here, and put back.

What the file is like is `broker.audit.archive`'s. Entries stay sealed under their patients' keys in it: a patient who is
forgotten is forgotten in every archive.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from sqlalchemy import bindparam, func, insert, select, update

from broker.audit.archive import Archive, ArchivedEntry
from broker.audit.checkpoint import read_note
from broker.audit.retention import Hold
from broker.audit.tiles import inclusion_proof
from broker.audit.tree import leaf_hash, verify_inclusion
from broker.login.effects import Overtaken
from broker.storage import access_months, log
from broker.storage.access_log import ACCESS, COLUMNS, entry_of, evidence
from broker.storage.access_months import Month
from broker.storage.database import Database, Kept, Unit
from broker.storage.log import LOG, PENDING
from broker.storage.log_tiles import Tiles
from broker.storage.tables import About, number, table, text

ARCHIVES = table(
    "access_log_archives",
    About(
        "Archives that were made of months of the access log",
        "Patients' access records are kept at least five years (HSLF-FS 2016:40 ch. 4 § 9)",
        "As long as the log",
    ),
    text("id", "Random id", primary_key=True),
    text("month", "YYYY-MM"),
    number("made_at", "When it was made, and its entries taken out of here"),
    text("digest", "SHA-256 of the file"),
    number("entries", "How many entries it has"),
    number("restored_at", "When its entries came back", nullable=True),
)
BATCH: Final = 1000
_NAMES: Final = tuple(each.name for each in ARCHIVES.columns)
_A, _L, _P, _R = ACCESS.c, LOG.c, PENDING.c, ARCHIVES.c
_of_month = (_A.at >= bindparam("first"), _A.at < bindparam("end"))
_PAGE = Kept(
    select(*_A, _L.position, _L.leaf)
    .select_from(ACCESS)
    .join(LOG, _L.record == _A.record)
    .where(*_of_month, _A.record > bindparam("after"))
    .order_by(_A.record)
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).select_from(ACCESS).where(*_of_month))
_UNSEALED = Kept(select(_A.record).join(PENDING, _P.record == _A.record).where(*_of_month).limit(1))
_HELD = {
    "person": Kept(select(_A.record).where(*_of_month, _A.person == bindparam("about")).limit(1)),
    "provider": Kept(select(_A.record).where(*_of_month, _A.provider == bindparam("about")).limit(1)),
    "all": Kept(select(_A.record).where(*_of_month, bindparam("about") == bindparam("about")).limit(1)),
}
_KEEP = Kept(insert(ARCHIVES).values({c.name: bindparam(c.name) for c in ARCHIVES.columns}))
_ALL = Kept(select(*_R).order_by(_R.month, _R.made_at))
_RESTORE = Kept(
    update(ARCHIVES)
    .where(_R.id == bindparam("row"), _R.restored_at.is_(None))
    .values(restored_at=bindparam("restored_at"))
)
_LEAF = Kept(select(_L.leaf, _L.record).where(_L.position == bindparam("row"), _L.removal.is_(None)))


def _bounds(month: Month) -> dict[str, int]:
    return {"first": month.starts_at, "end": month.ends_at}


def count(at: Database | Unit, month: Month) -> int:
    """How many entries of a month are here."""
    found = at.rows(_COUNT, _bounds(month))
    return int(found[0][0])


def held(at: Database | Unit, month: Month, holds: Sequence[Hold]) -> bool:
    """Whether a hold is about any entry of a month."""
    return any(at.rows(_HELD[hold.kind], {**_bounds(month), "about": hold.about}) for hold in holds)


def waits(at: Database | Unit, month: Month) -> bool:
    """Whether entries of a month are not sealed yet."""
    return bool(at.rows(_UNSEALED, _bounds(month)))


def entries(database: Database, month: Month) -> tuple[str, Iterator[ArchivedEntry]]:
    """The newest signed checkpoint, and the sealed entries of a month, each with the proof under it. Raises BadProof."""
    note = log.state(database).note
    return note, _entries(database, month, note)


def _entries(database: Database, month: Month, note: str) -> Iterator[ArchivedEntry]:
    signed = read_note(note)
    tiles, after = Tiles(database, signed.size), -1
    while found := database.rows(_PAGE, {**_bounds(month), "after": after, "count": BATCH}):
        for *columns, position, leaf in found:
            path = inclusion_proof(tiles.subtree, position, signed.size)
            verify_inclusion(position, signed.size, leaf_hash(leaf), path, signed.root)
            yield ArchivedEntry(position, leaf, tuple(path), evidence(tuple(columns)))
        after = found[-1][0]


def take_out(unit: Unit, month: Month, archive: Archive) -> None:
    """Take the entries of a month out of here. Raises Overtaken when they are not as many as the archive has."""
    if count(unit, month) != archive.entries:
        raise Overtaken("month")
    access_months.emptied(unit, month)
    unit.run(_KEEP, {name: getattr(archive, name) for name in _NAMES})


def put_back(unit: Unit, archive: Archive, entries: Iterable[ArchivedEntry], at: int) -> None:
    """Put the entries of an archive back, each proven to be the one that its leaf names. Raises Overtaken."""
    if not unit.run(_RESTORE, {"row": archive.id, "restored_at": at}):
        raise Overtaken("archive")
    access_months.made(unit, [access_months.named(archive.month).starts_at])
    left, rest = archive.entries, iter(entries)
    while some := [entry_of(one.evidence) for one in islice(rest, BATCH) if _is_ours(unit, one)]:
        unit.load(ACCESS, COLUMNS, some)
        left -= len(some)
    if left:
        raise Overtaken("archive")


def _is_ours(unit: Unit, entry: ArchivedEntry) -> bool:
    """Whether the log has just this leaf at its place, of this entry; not when its content was removed meanwhile."""
    found = unit.row(_LEAF, {"row": entry.position})
    return found is not None and found[0] == entry.leaf and found[1] == entry_of(entry.evidence)[0] and entry.named


def every(at: Database | Unit) -> tuple[Archive, ...]:
    """All archives, by month."""
    return tuple(Archive(*row) for row in at.rows(_ALL, {}))
