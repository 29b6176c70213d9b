"""What the access log costs: StoreLog in full batches, one patient's entries among many, verification; beside the bare inserts.

    python -m tests.bench.access_log [--database sqlite|postgresql] [--records N] [--among N]

CPU seconds of this process (the server) and, beside them, of the database's processes. Durable: PostgreSQL with fsync and
synchronous_commit, SQLite with synchronous=FULL.
"""

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from broker.audit.verify import verify_log
from broker.care import access_log
from broker.care.calling import Caller, CallerKind, CareServices
from broker.jobs.sealer import Sealer
from broker.storage import access_months
from broker.storage.access_log import ACCESS, COLUMNS, IDS
from broker.storage.database import Unit
from broker.storage.log import PENDING
from broker.storage.opening import open_storage
from broker.storage.storage import Storage
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import PostgresServer, sqlite_settings
from trust_framework.access_log import AccessRecord, AccessSought
from trust_framework.care import CareProvider
from trust_framework.care_register import CareRegister
from trust_framework.identifiers import Identifier, luhn

BATCH = 500
FILL_AT_ONCE = 500_000
DAY = 86_400
TICKS = 100


@dataclass
class Spent:
    """CPU seconds of the server and of the database, and how much was done."""

    server: float = 0.0
    database: float = 0.0
    done: int = 0

    def row(self, name: str) -> str:
        """A line of the table."""
        per = f"{self.done / self.server:,.0f}" if self.server > 0.005 else "-"
        of_database = f"{self.done / self.database:,.0f}" if self.database > 0.005 else "-"
        return f"| {name} | {self.done:,} | {self.server:.2f} | {self.database:.2f} | {per} | {of_database} |"


def _database_cpu(root: int) -> float:
    """CPU seconds of a process and everything that it started, those that ended included."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if root in {int(stat.parent.name), int(fields[1])}:
            total += sum(map(int, fields[11:13])) / TICKS
            if int(stat.parent.name) == root:
                total += sum(map(int, fields[13:15])) / TICKS
    return total


@dataclass
class Bench:
    """An empty store, and how to measure what is done with it."""

    storage: Storage
    server: PostgresServer | None

    @contextmanager
    def measured(self, spent: Spent) -> Iterator[None]:
        """Add what is spent meanwhile."""
        database, own = self._database(), time.process_time()
        yield
        spent.server += time.process_time() - own
        spent.database += self._database() - database

    @property
    def server_database(self) -> str:
        """The name of the database."""
        return str(self.storage._database.engine.url.database)

    def _database(self) -> float:
        if self.server is None:
            return 0.0
        return _database_cpu(self.server._server.pid)  # type: ignore[union-attr]


@cache
def _numbers(count: int) -> tuple[str, ...]:
    """Personal numbers that pass their check."""
    found: list[str] = []
    for serial in range(10 * count):
        stem = f"{19000101 + (serial // 1000) % 28 + 100 * ((serial // 28_000) % 12) + 10_000 * (serial // 336_000)}"
        number = f"{stem}{serial % 1000:03}"
        found += [number + digit for digit in "0123456789" if luhn(number[2:] + digit)]
        if len(found) >= count:
            break
    return tuple(found[:count])


def records(count: int, patients: int, now: int) -> list[AccessRecord]:
    """Records of many patients over the last days."""
    numbers = _numbers(patients)
    made = []
    for _ in range(count):
        patient = Identifier(a.PERSONNUMMER, numbers[secrets.randbelow(patients)])
        made.append(record(resource(patient), id=str(uuid4()), at=now - secrets.randbelow(30 * DAY)))
    return made


CALLER = Caller(CallerKind.CLIENT, client="journal", providers=frozenset({a.PROVIDER}))
REGISTER = CareRegister({a.PROVIDER: CareProvider(a.PROVIDER, "2321000016")})


def stored(bench: Bench, count: int, patients: int, seal: bool = True) -> tuple[Spent, Spent]:
    """StoreLog in full batches, and the sealing of what was stored."""
    spent, sealing = Spent(), Spent()
    sealer = Sealer(bench.storage, cache(bench.storage.ring), bench.storage.log_origin(), None)
    sealer.run()
    on = CareServices(bench.storage, REGISTER)
    for first in range(0, count, BATCH):
        now = bench.storage.clock()
        batch = records(BATCH, patients, now)
        with bench.measured(spent):
            done = access_log.store(batch, CALLER, on, now)
            bench.storage.commit(done.effects)
        spent.done += BATCH
        if seal and first % 5000 == 4500:
            with bench.measured(sealing):
                sealing.done += sealer.run()
    with bench.measured(sealing):
        sealing.done += sealer.run()
    return spent, sealing


def floor(bench: Bench, count: int) -> Spent:
    """Bare inserts of rows as long: the entry, its leaf and its id, in transactions of 500."""
    spent, now = Spent(), bench.storage.clock()
    with Unit(bench.storage._database) as unit:
        access_months.made(unit, [now])
    for first in range(0, count, BATCH):
        numbers = range(10**12 + first, 10**12 + first + BATCH)
        rows = [
            (
                n,
                now,
                secrets.token_urlsafe(16),
                secrets.token_bytes(16),
                a.PROVIDER,
                a.UNIT,
                a.PROVIDER,
                0,
                secrets.token_bytes(850),
            )
            for n in numbers
        ]
        leaves = [(secrets.token_hex(160).encode(), n) for n in numbers]
        ids = sorted((secrets.token_bytes(16), n, now) for n in numbers)
        with bench.measured(spent), Unit(bench.storage._database) as unit:
            unit.load(IDS, ("id", "record", "at"), ids)
            unit.load(ACCESS, COLUMNS, rows)
            unit.load(PENDING, ("leaf", "record"), leaves)
        spent.done += BATCH
    with Unit(bench.storage._database) as unit:
        for table in (IDS, ACCESS, PENDING):
            unit.script(f"DELETE FROM {table.name}")  # noqa: S608  # our own names
    return spent


FILL = """
INSERT INTO access_log
SELECT {first} + n, {now} - (random() * {span})::bigint, 'p' || (random() * {patients})::bigint, decode(md5(n::text), 'hex'),
       '{provider}', '{unit}', '{provider}', 0, decode(repeat(md5(n::text), 26), 'hex')
FROM generate_series(1, {count}) AS n
"""


def filled(bench: Bench, count: int, patients: int) -> None:
    """Rows of other patients over eighteen months, as long as real ones, written by PostgreSQL itself."""
    now, span = bench.storage.clock(), 540 * DAY
    with Unit(bench.storage._database) as unit:
        access_months.made(unit, [now - span, now])
    for first in range(0, count, FILL_AT_ONCE):
        many = min(FILL_AT_ONCE, count - first)
        values = {"first": 2**60 + first, "now": now, "span": span, "patients": patients, "count": many}
        with Unit(bench.storage._database) as unit:
            unit.script(FILL.format(**values, provider=a.PROVIDER, unit=a.UNIT))
    bench.server.sql("VACUUM ANALYZE", bench.server_database)  # type: ignore[union-attr]


def looked_up(bench: Bench, times: int) -> Spent:
    """GetAccessLogsForPatient: 200 entries of one patient."""
    patient = Identifier(a.PERSONNUMMER, "191212121212")
    now = bench.storage.clock()
    mine = [record(resource(patient), at=now - place * 64 * 3600) for place in range(200)]
    bench.storage.commit(access_log.store(mine, CALLER, CareServices(bench.storage, REGISTER), now).effects)
    person = bench.storage.patient(patient)
    assert person is not None
    spent = Spent()
    bench.storage.access_page(AccessSought(person=person), None, 200)
    with bench.measured(spent):
        for _ in range(times):
            found = bench.storage.access_page(AccessSought(person=person), None, 200)
            assert len(found.rows) == 200
            spent.done += 1
    return spent


def verified(bench: Bench) -> Spent:
    """`tillit log verify`."""
    spent = Spent()
    with bench.measured(spent):
        report = verify_log(bench.storage)
    assert report.ok, report.findings[:3]
    spent.done = report.size
    return spent


@contextmanager
def opened(kind: str) -> Iterator[Bench]:
    """An empty store on a database."""
    with tempfile.TemporaryDirectory(prefix="tillit-bench-") as folder:
        if kind == "sqlite":
            storage = open_storage(sqlite_settings(Path(folder) / "broker"))
            yield Bench(storage, None)
            storage.close()
            return
        server = PostgresServer(fsync=True)
        try:
            storage = open_storage(server.settings(Path(folder) / "broker"))
            yield Bench(storage, server)
            storage.close()
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--patients", type=int, default=5_000)
    parser.add_argument(
        "--among", type=int, default=0, help="Rows of other patients, on PostgreSQL; then nothing else is done."
    )
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with opened(given.database) as bench:
        sys.stdout.write(
            "| what | done | server CPU s | database CPU s | per server CPU s | per database CPU s |\n|---|---|---|---|---|---|\n"
        )
        if given.among:
            filled(bench, given.among, given.patients)
            sys.stdout.write(looked_up(bench, 20).row(f"200 rows of a patient among {given.among:,}") + "\n")
            return
        sys.stdout.write(floor(bench, min(given.records, 10_000)).row("bare inserts") + "\n")
        if given.profile:
            import cProfile
            import pstats

            profile = cProfile.Profile()
            profile.runcall(stored, bench, 5_000, given.patients)
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        spent, sealing = stored(bench, given.records, given.patients)
        sys.stdout.write(spent.row("StoreLog") + "\n" + sealing.row("sealing") + "\n")
        sys.stdout.write(looked_up(bench, 20).row("200 rows of a patient") + "\n")
        sys.stdout.write(verified(bench).row("verify") + "\n")


if __name__ == "__main__":
    main()
