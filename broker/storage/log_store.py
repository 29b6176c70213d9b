"""What `Storage` does for the log beyond recording and sealing: entries found, proofs made, tiles kept.

Each method is a line; what it does stands in the file of its aggregate.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from broker.audit.archive import Archive, ArchivedEntry, NotArchivable
from broker.audit.care_events import EntriesArchived, EntriesRestored
from broker.audit.checkpoint import Checkpoint
from broker.audit.events import Event, HoldChanged
from broker.audit.removal_orders import RemovalOrder
from broker.audit.retention import Due, Hold, Keeping
from broker.audit.witness import Cosignature
from broker.care.access_values import MOST_ROWS, AccessReport, ReportState
from broker.care.filings import FiledPage, HoldsAsked
from broker.storage import (
    access_archive,
    access_months,
    access_reads,
    access_reports,
    log,
    log_holds,
    log_orders,
    log_removal,
    log_rows,
    log_tiles,
    log_witness,
)
from broker.storage.database import Database, Unit
from broker.storage.log_tiles import Proofs
from broker.storage.part import Part
from trust_framework.access_log import AccessPage, AccessRow, AccessSought
from trust_framework.roles import FEDERATION


class LogStore(Part):
    """A part of `Storage`."""

    # --- the access log

    def access_page(self, sought: AccessSought, before: str | None = None, count: int = 50) -> AccessPage:
        """Entries of the access log, the newest first."""
        return access_reads.page(self._database, sought, before, count)

    def access_count(self, sought: AccessSought, most: int) -> int:
        """How many entries there are, counted up to a bound."""
        return access_reads.count(self._database, sought, most)

    def access_row(self, id: str) -> AccessRow | None:
        """An entry of the access log by its id."""
        return access_reads.row(self._database, id)

    def access_rows(self, ids: Sequence[int]) -> tuple[AccessRow, ...]:
        """Those of these entries that can be read, in their order."""
        return access_reads.rows(self._database, ids)

    def access_report(self, id: str) -> AccessReport | None:
        """A report, made or not."""
        return access_reports.read(self._database, id)

    def access_reports_waiting(self) -> int:
        """How many reports are not made yet."""
        return access_reports.waiting(self._database)

    def make_report(self) -> bool:
        """Make the oldest report that waits; whether there was one."""
        report = access_reports.oldest(self._database)
        if report is None:
            return False
        self._write(lambda unit: access_reports.move(unit, replace(report, state=ReportState.IN_PROCESS)))
        found = access_reads.numbers(self._database, report.sought, MOST_ROWS)
        done = replace(report, state=ReportState.DONE, entries=found)
        self._write(lambda unit: access_reports.move(unit, done))
        return True

    def make_months(self) -> None:
        """See to it that the access log has room for this month and the next ones."""
        now = self.clock()
        self._write(lambda unit: access_months.made_ahead(unit, now))

    # --- keeping and removing

    def log_holds(self) -> tuple[Hold, ...]:
        """All legal holds there ever were, the oldest first."""
        return log_holds.every(self._database)

    def log_hold(self, id: str) -> Hold | None:
        """A legal hold, ended or not."""
        return log_holds.one(self._database, id)

    def log_holds_page(self, asked: HoldsAsked) -> FiledPage[Hold]:
        """A page of the legal holds there ever were, the newest first."""
        return log_holds.page(self._database, asked)

    def set_hold(self, hold: Hold) -> None:
        """Set a legal hold, recorded."""
        told = HoldChanged(at=hold.made_at, hold=hold.id, act="set", about=hold.kind, by=hold.by)
        self._recorded(lambda unit: log_holds.add(unit, hold), told)

    def end_hold(self, id: str, by: str) -> None:
        """End a legal hold, recorded. Raises Overtaken when there is none that stands."""
        at = self.clock()
        told = HoldChanged(at=at, hold=id, act="ended", about="", by=by)
        self._recorded(lambda unit: log_holds.end(unit, id, at), told)

    def log_due(self, years: int) -> Mapping[str, Due]:
        """What of the log may be removed, by class, and what is held."""
        return log_removal.due(self._database, self._keeping(self._database, years, self.clock()))

    def remove_due(self, years: int, by: str, until: int | None = None) -> int:
        """Remove what may be removed, recorded, a batch a transaction; how many leaves. With `until`, what was due then."""
        now = self.clock()
        seen = now if until is None else until
        found = log_removal.batches(self._database, self._keeping(self._database, years, seen))
        return sum(self._write(partial(self._remove, batch, (years, seen, now), by)) for batch in found)

    def _remove(self, batch: list[log_removal.Leaf], at: tuple[int, int, int], by: str, unit: Unit) -> int:
        years, seen, now = at
        return log_removal.remove(unit, batch, self._keeping(unit, years, seen), by, now)

    def _keeping(self, at: Database | Unit, years: int, now: int) -> Keeping:
        return Keeping(now, log_holds.standing(at), years)

    def log_content_left(self, positions: Iterable[int]) -> bool:
        """Whether any of these leaves still has its content."""
        return any(log_removal.has_content(self._database, position) for position in positions)

    def log_mentions(self, person: str, since: int) -> bool:
        """Whether a leaf sealed since then has an access to a person's information, wherever the entry is."""
        return log_rows.mentions(self._database, person, log.size_at(self._database, since))

    def log_began(self, before: int) -> bool:
        """Whether anything was sealed before a time."""
        return log.size_at(self._database, before) > 0

    def log_signed(self, first: int, last: int) -> bool:
        """Whether a checkpoint was signed in a time."""
        return log.signed_between(self._database, first, last)

    def removal_order(self, id: str) -> RemovalOrder | None:
        """A decision to remove."""
        return log_orders.STORED.one(self._database, id)

    def removal_orders(self, after: str = "", count: int = 50) -> FiledPage[RemovalOrder]:
        """A page of the decisions to remove, the newest first."""
        return log_orders.STORED.page(self._database, FEDERATION, "", after, count)

    def removals_decided(self) -> tuple[RemovalOrder, ...]:
        """Those that are to be carried out, the oldest first."""
        return log_orders.decided(self._database)

    def access_months(self) -> tuple[tuple[str, int], ...]:
        """The months of the access log that have begun, with how many entries each has here."""
        months = (one for one in access_months.every(self._database) if one.starts_at <= self.clock())
        return tuple((one.id, access_archive.count(self._database, one)) for one in months)

    def access_archives(self) -> tuple[Archive, ...]:
        """The archives of the access log, by month."""
        return access_archive.every(self._database)

    def month_entries(self, month: str) -> tuple[str, int, Iterator[ArchivedEntry]]:
        """The newest checkpoint, and the entries of a month: how many, and each with its proof. Raises NotArchivable."""
        found = access_months.named(month)
        if access_archive.held(self._database, found, log_holds.standing(self._database)):
            raise NotArchivable("a legal hold is about entries of this month")
        if access_archive.waits(self._database, found):
            raise NotArchivable("entries of this month are not sealed yet")
        note, entries = access_archive.entries(self._database, found)
        return note, access_archive.count(self._database, found), entries

    def take_month_out(self, archive: Archive, told: EntriesArchived) -> None:
        """Take the entries of a month out of here, recorded. Raises Overtaken when others came meanwhile."""
        month = access_months.named(archive.month)
        self._recorded(lambda unit: access_archive.take_out(unit, month, archive), told)

    def put_month_back(self, archive: Archive, entries: Iterator[ArchivedEntry], told: EntriesRestored) -> None:
        """Put the entries of an archive back, recorded. Raises Overtaken when they are back, or are not those of the log."""
        self._recorded(lambda unit: access_archive.put_back(unit, archive, entries, told.at), told)

    def _recorded(self, work: Callable[[Unit], None], told: Event) -> None:
        def whole(unit: Unit) -> None:
            work(unit)
            log.append(unit, (told,))

        self._write(whole)

    # --- witnesses

    def witnessed(self, origin: str) -> Checkpoint | None:
        """The checkpoint of another log that we last signed."""
        return log_witness.known(self._database, origin)

    def remember_witnessed(self, before: Checkpoint | None, new: Checkpoint) -> None:
        """Move on from what we knew of another log. Raises Overtaken."""
        at = self.clock()
        self._write(lambda unit: log_witness.remember(unit, before, new, at))

    def cosignatures(self) -> tuple[Cosignature, ...]:
        """What each witness last signed of our log."""
        return log_witness.cosignatures(self._database)

    def keep_cosignature(self, one: Cosignature) -> None:
        """Keep what a witness signed."""
        self._write(lambda unit: log_witness.keep(unit, one))

    # --- proofs

    def log_strays(self, gone: int) -> int:
        """How many entries of the access log no leaf names, when so many leaves were read without theirs."""
        return log_rows.strays(self._database, gone)

    def log_note(self) -> str:
        """The newest signed checkpoint; empty before the first."""
        return log.state(self._database).note

    def log_proofs(self, positions: Sequence[int]) -> Proofs:
        """The newest signed checkpoint, and the leaf and inclusion proof of each of these positions that it covers."""
        return log_tiles.proofs(self._database, positions)

    def log_consistency(self, old: int) -> tuple[str, tuple[bytes, ...]]:
        """The newest signed checkpoint, and the proof that its tree begins with that of `old` leaves. Raises ValueError."""
        return log_tiles.consistency(self._database, old)

    def log_tile(self, level: int, place: int, width: int) -> bytes | None:
        """The first hashes of a tile; None where the tree does not reach so far."""
        return log_tiles.tile(self._database, level, place, width)

    def fill_tiles(self, most: int = 64) -> int:
        """Make tiles that are missing, at most so many of the lowest level; how many."""
        size = log.state(self._database).size
        return self._write(lambda unit: log_tiles.fill(unit, size, most))
