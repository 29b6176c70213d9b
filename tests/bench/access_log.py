"""What the access log costs in one process: StoreLog in full batches, sealing, one patient's entries, a review, verification;
beside the bare inserts of rows as long.

    python -m tests.bench.access_log [--database sqlite|postgresql] [--records N] [--profile]

CPU seconds of this process and, beside them, of the database's. Durable: PostgreSQL with fsync and synchronous_commit, SQLite
with synchronous=FULL. The calls over the wire are `care_calls`.
"""

import argparse
import cProfile
import json
import pstats
import resource as usage
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from broker.audit.verify import verify_log
from broker.care import access_log, review_drawing, reviews
from broker.care.calling import Caller, CallerKind, CareServices
from broker.care.filings import ReviewServices
from broker.jobs.sealer import Sealer
from broker.storage import access_months
from broker.storage.access_log import ACCESS, COLUMNS, IDS
from broker.storage.database import Unit
from broker.storage.log import PENDING
from broker.storage.opening import create_storage, open_storage
from broker.storage.storage import Storage
from tests.bench.care_messages import DAY
from tests.bench.care_server import KINDS, postgres, url_of
from tests.bench.many_accesses import CALLER, REGISTER
from tests.bench.processes import cpu
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import PostgresServer, settings_at
from trust_framework.access_log import AccessRecord, AccessSought
from trust_framework.identifiers import Identifier
from trust_framework.log_drawing import Selection

BATCH = 500


@dataclass
class Spent:
    """CPU seconds of the server and of the database, and how much was done."""

    server: float = 0.0
    database: float = 0.0
    done: int = 0

    @property
    def told(self) -> dict[str, float]:
        """As the table has it."""
        return {
            "done": self.done,
            "server_s": round(self.server, 3),
            "database_s": round(self.database, 3),
            "per_cpu_second": round(self.done / self.server) if self.server else 0,
            "per_database_second": round(self.done / self.database) if self.database > 0.05 else 0,
        }


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

    def _database(self) -> float:
        return cpu(self.server.pid) if self.server else 0.0


def records(count: int, of: tuple[Identifier, ...], now: int) -> list[AccessRecord]:
    """Records of many patients over the last days."""
    return [
        record(resource(secrets.choice(of)), id=str(uuid4()), at=now - secrets.randbelow(30 * DAY))
        for _ in range(count)
    ]


def stored(bench: Bench, count: int, of: int, seal: bool = True) -> tuple[Spent, Spent]:
    """StoreLog in full batches, and the sealing of what was stored."""
    spent, sealing, known = Spent(), Spent(), a.numbers(of)
    sealer = Sealer(bench.storage, cache(bench.storage.ring), bench.storage.log_origin(), None)
    sealer.run()
    on = CareServices(bench.storage, REGISTER)
    for first in range(0, count, BATCH):
        now = bench.storage.clock()
        batch = records(BATCH, known, now)
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


def reviewed(bench: Bench) -> Spent:
    """A review of all accesses drawn to its end: five in a hundred by chance, and every rule, with 500 cases."""
    spent, now = Spent(), bench.storage.clock()
    on = ReviewServices(bench.storage, REGISTER)
    who = Caller(CallerKind.STAFF, "reviewer", "2321000016", providers=frozenset({a.PROVIDER}))
    with bench.measured(spent):
        asked = reviews.ask(Selection(a.PROVIDER, now - 30 * DAY, now), who, on, now)
        bench.storage.commit(asked.effects)
        while found := bench.storage.log_reviews_drawing(1):
            (review,) = found
            assert review.drawing is not None
            done = review_drawing.step(review, review.drawing, REGISTER.providers[a.PROVIDER], on, now)
            bench.storage.commit(done.effects)
    review = bench.storage.log_reviews(a.PROVIDER).rows[0]
    spent.done = review.examined
    return spent


@contextmanager
def opened(kind: str) -> Iterator[Bench]:
    """An empty store on a database."""
    with tempfile.TemporaryDirectory(prefix="tillit-bench-") as folder, postgres(kind) as server:
        settings = settings_at(Path(folder), url_of(server))
        create_storage(settings, int(time.time()))
        storage = open_storage(settings)
        yield Bench(storage, server)
        storage.close()


def figures(kind: str, count: int, of: int) -> dict[str, Any]:
    """All rows on one database, and the most memory that this process had."""
    with opened(kind) as bench:
        told: dict[str, Any] = {"bare inserts of rows as long (floor)": floor(bench, min(count, 50_000)).told}
        spent, sealing = stored(bench, count, of)
        told |= {"StoreLog, records": spent.told, "sealing, records": sealing.told}
        told["a review drawn, accesses looked at"] = reviewed(bench).told
        told["200 entries of a patient"] = looked_up(bench, 20).told
        told["verification, entries"] = verified(bench).told
    return {**told, "peak_mib": usage.getrusage(usage.RUSAGE_SELF).ru_maxrss // 1024}


def profiled(kind: str, of: int) -> None:
    """Where the time of StoreLog goes."""
    with opened(kind) as bench:
        profile = cProfile.Profile()
        profile.runcall(stored, bench, 5_000, of)
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=KINDS, default="postgresql")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--patients", type=int, default=5_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    if given.profile:
        profiled(given.database, given.patients)
        return
    json.dump(figures(given.database, given.records, given.patients), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
