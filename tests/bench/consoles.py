"""What each page of the console, the portal, log review and care staff costs over a federation with many of everything.

    python -m tests.bench.consoles [--database sqlite|postgresql] [--many N] [--only PART] [--profile]

In process, as `tests.support.crowd` fills it: CPU milliseconds of this process (the server), and of the database's processes, a
request. Then the jobs that go through everything: sharing agreements' mails, services' addresses, taking up a new version. The
aim is 100 ms a list; what is above is marked. Exit code 1 when something is.
"""

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.app import create_app
from broker.federation.register import ChangeRegister, EntryChange
from broker.jobs.addresses import look_at_addresses
from broker.jobs.agreements import tell_parties
from broker.login.effects import Effects
from broker.settings import Environment
from metadata.wire.outbound import EgressFailed
from tests.bench.processes import cpu
from tests.support import ward
from tests.support.console import Console, document
from tests.support.crowd import Crowd, crowded
from tests.support.databases import PostgresServer, sqlite_settings
from tests.support.world import BASE, NOW, Clock, World, apply

AIM = 100
TIMES = 5


class Unreachable:
    """An egress by which nothing is reached, at once."""

    def fetch(self, *_: Any, **__: Any) -> Any:
        raise EgressFailed("unreachable")


class Meter:
    """CPU milliseconds of this process and of the database."""

    def __init__(self, server: PostgresServer | None) -> None:
        self._server = server

    def _database(self) -> float:
        return cpu(self._server._server.pid) if self._server else 0.0  # type: ignore[union-attr]

    def measured(self, work: Callable[[], Any], times: int = TIMES) -> tuple[float, float]:
        """The median of this process, and the mean of the database, whose clock is coarse."""
        database, spent = self._database(), []
        for _ in range(times):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
        return 1000 * statistics.median(spent), 1000 * (self._database() - database) / times


@contextmanager
def opened(kind: str) -> Iterator[tuple[Console, Meter]]:
    """A world with two care providers on a database."""
    with tempfile.TemporaryDirectory(prefix="tillit-bench-") as folder:
        at, server = Path(folder) / "broker", None if kind == "sqlite" else PostgresServer(fsync=True)
        try:
            made = server.settings(at) if server else sqlite_settings(at)
            settings = made.model_copy(update={"base_url": BASE, "environment": Environment.TEST})
            clock = Clock(NOW)
            apply(settings, document(staff=ward.staff(), care_providers=ward.care_providers()), clock)
            app = create_app(settings, clock)
            yield Console(World(app, settings, clock, settings.base_url)), Meter(server)
            app.close()
        finally:
            if server:
                server.stop()


def pages(crowd: Crowd, meter: Meter, only: str, profile: bool) -> Iterator[tuple[str, str, float, float]]:
    """Each page: its rule, what came back, what it cost."""
    for row, at in crowd.places():
        if only not in row.rule:
            continue
        first = crowd.browser.get(at)
        if profile:
            taken = cProfile.Profile()
            taken.runcall(crowd.browser.get, at)
            sys.stderr.write(f"--- {at}\n")
            pstats.Stats(taken, stream=sys.stderr).sort_stats("cumtime").print_stats(45)
        own, database = meter.measured(lambda at=at: crowd.browser.get(at))  # type: ignore[misc]
        what = row.rule.replace("<kind>", at.rpartition("/")[2]) if row.rule.endswith("/<kind>") else row.rule
        yield what, f"{first.status} {len(first.body) // 1024} KB", own, database


def jobs(crowd: Crowd, meter: Meter) -> Iterator[tuple[str, str, float, float]]:
    """What goes through everything."""
    world = crowd.console.world
    store, settings = world.store, world.settings

    def changed() -> None:
        entry = store.register_entry("service", "tj-2")
        names = {"sv": f"Annat namn {time.monotonic_ns()}"}
        change = EntryChange("service", entry.id, {**entry.content, "names": names}, entry.org, "portal")
        store.commit(Effects((ChangeRegister((change,), world.clock.now),)))

    changed()
    yield "a service changed: the node takes it up", "", *meter.measured(world.app.snapshots.refresh, 1)
    yield "agreements' mails, the first time", "", *meter.measured(lambda: tell_parties(store, settings.base_url), 1)
    yield "agreements' mails, nothing new", "", *meter.measured(lambda: tell_parties(store, settings.base_url), 1)
    look = lambda: look_at_addresses(store, Unreachable(), settings)  # noqa: E731
    yield "services' addresses, all of them due", "", *meter.measured(look, 1)
    yield "services' addresses, none due", "", *meter.measured(look, 1)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    above = 0
    with opened(given.database) as (console, meter):
        began = time.perf_counter()
        crowd = crowded(console, given.many)
        sys.stderr.write(f"filled with {given.many} of everything in {time.perf_counter() - began:.0f} s\n")
        sys.stdout.write("| what | answer | server ms | database ms | |\n| --- | --- | ---: | ---: | --- |\n")
        for what, answer, own, database in pages(crowd, meter, given.only, given.profile):
            slow = own > AIM
            above += slow
            mark = "above" if slow else ""
            sys.stdout.write(f"| {what} | {answer} | {own:.1f} | {database:.1f} | {mark} |\n")
            sys.stdout.flush()
        for what, _, own, database in () if given.only else jobs(crowd, meter):
            sys.stdout.write(f"| {what} | | {own:.0f} | {database:.0f} | |\n")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
