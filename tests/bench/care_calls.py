"""Calls of care per CPU-second over the wire: `.venv/bin/python -m tests.bench.care_calls [--database sqlite|postgresql]`.

`tillit serve`, one worker; four kept connections ask without a pause, over the JSON API with a token each, and over SOAP with a
function certificate. The patient has five blocks and as many relations. CPU is that of the server's processes, and beside it the
database's, from /proc, its jobs (sealing among them) included. The floor is the same server answering what it does not look at.
Each answer is looked at; nothing is asserted about time. `--among N` asks for 200 accesses of one patient among N of others
instead, and for their proofs.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

from tests.bench import care_messages as say
from tests.bench import many_accesses
from tests.bench.care_clients import Client, JsonClient, SoapClient
from tests.bench.care_server import KINDS, Served, served
from tests.support import care_values as a
from tests.support.care_world import ENTERED, PATIENT, new_block

AT_ONCE: Final = 4
WARM_UP: Final = 0.2
"""Of the time that is measured."""

_CARE: Final = "/api/v1/care"
Bodies = Callable[[], Iterator[bytes]]
Case = tuple[str, Callable[[], Client], Bodies]
"""A row of the table: its name, who asks, and what is asked, one after another."""


@dataclass(frozen=True)
class Cost:
    """What so many calls cost: CPU seconds of the server, and of the database."""

    calls: int
    server: float
    database: float

    @property
    def told(self) -> dict[str, float]:
        """As the table has it."""
        return {
            "calls": self.calls,
            "per_cpu_second": round(self.calls / self.server, 1),
            "server_ms": round(1000 * self.server / self.calls, 3),
            "database_ms": round(1000 * self.database / self.calls, 3),
        }


class Asking:
    """Clients that ask, each in its thread, until they are told to stop."""

    def __init__(self, clients: list[Client], bodies: Bodies) -> None:
        self._stop, self._failed, self._counts = threading.Event(), threading.Event(), [0] * len(clients)
        self._threads = [
            threading.Thread(target=self._ask, args=(place, client, bodies())) for place, client in enumerate(clients)
        ]

    def _ask(self, place: int, client: Client, bodies: Iterator[bytes]) -> None:
        try:
            for body in bodies:
                client.ask(body)
                self._counts[place] += 1
                if self._stop.is_set():
                    return
        except BaseException:
            self._failed.set()
            raise

    def until(self, holds: Callable[[], bool]) -> int:
        """How many were answered until it holds."""
        for each in self._threads:
            each.start()
        while not holds() and not self._failed.is_set():
            time.sleep(0.05)
        self._stop.set()
        for each in self._threads:
            each.join()
        if self._failed.is_set():
            raise RuntimeError("a call failed")
        return sum(self._counts)


def measured(at: Served, case: Case, seconds: float) -> Cost:
    """Ask until the server has spent so many CPU seconds, after a warm-up that is not counted."""
    _, make, bodies = case
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(make())) for _ in range(AT_ONCE)]
        for budget in (seconds * WARM_UP, seconds):
            server, database = at.spent()
            calls = Asking(clients, bodies).until(lambda ends=server + budget: at.spent()[0] >= ends)  # type: ignore[misc]
            after = at.spent()
    return Cost(calls, after[0] - server, after[1] - database)


def filled(at: Served) -> None:
    """Five blocks that stand, five relations."""
    relation = {"patient": PATIENT, "provider": a.PROVIDER, "unit": a.OTHER_UNIT, "entered": ENTERED}
    with (
        closing(JsonClient(at.base, "POST", f"{_CARE}/blocks")) as blocks,
        closing(JsonClient(at.base, "POST", f"{_CARE}/relations")) as relations,
    ):
        for _ in range(5):
            blocks.ask(say.octets(new_block()))
            relations.ask(say.octets({"id": a.new_id(), **relation}))


def cases(at: Served) -> tuple[Case, ...]:
    """The rows."""

    def json_(name: str, path: str, bodies: Bodies) -> Case:
        return f"JSON: {name}", lambda: JsonClient(at.base, "POST", f"{_CARE}{path}"), bodies

    def soap(name: str, operation: str, bodies: Bodies) -> Case:
        return f"SOAP: {name}", lambda: SoapClient(at.contracts, at.folder, operation), bodies

    return (
        ("JSON: nothing (floor)", lambda: JsonClient(at.base, "GET", "/healthz"), lambda: repeat(b"")),
        json_("CheckBlocks, 1 row", "/blocks/check", lambda: repeat(say.check_blocks(1))),
        json_("CheckBlocks, 50 rows", "/blocks/check", lambda: repeat(say.check_blocks(50))),
        json_("CheckConsent", "/consents/check", lambda: repeat(say.check_consent())),
        json_("a decision on 50 resources, recorded", "/decisions", lambda: repeat(say.decision(50))),
        json_("StoreLog, 500 records", "/log", say.store_log),
        soap("nothing (floor)", "", lambda: repeat(b"")),
        soap("CheckBlocks, 1 row", "CheckBlocks", lambda: repeat(say.soap_check(1))),
        soap("CheckBlocks, 50 rows", "CheckBlocks", lambda: repeat(say.soap_check(50))),
        soap("StoreLog, 500 records", "StoreLog", say.soap_store_log),
    )


def cases_among(at: Served) -> tuple[Case, ...]:
    """What is asked about one patient among many."""

    def ask() -> JsonClient:
        return JsonClient(at.base, "POST", f"{_CARE}/log/patient")

    with closing(ask()) as client:
        entries = [each["entry"] for each in json.loads(client.ask(say.of_patient()))["entries"]]
    assert len(entries) == many_accesses.OURS, len(entries)
    name = "GetAccessLogsForPatient"
    return (
        (f"JSON: {name}, 200 rows", ask, lambda: repeat(say.of_patient())),
        (
            f"SOAP: {name}, 200 rows",
            lambda: SoapClient(at.contracts, at.folder, name),
            lambda: repeat(say.soap_of_patient()),
        ),
        (
            "JSON: 200 entries with their proofs",
            lambda: JsonClient(at.base, "POST", f"{_CARE}/log/proofs"),
            lambda: repeat(say.proofs(entries)),
        ),
    )


def figures(kind: str, seconds: float, among: int = 0, only: str = "") -> dict[str, Any]:
    """All rows on one database, and the most memory that the server had."""
    with served(kind, lambda settings: many_accesses.filled(settings, among) if among else None) as at:
        if not among:
            filled(at)
        rows = (cases_among if among else cases)(at)
        told: dict[str, Any] = {case[0]: measured(at, case, seconds).told for case in rows if only in case[0]}
        return {**told, "peak_mib": at.peak()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of the server for each row")
    parser.add_argument("--among", type=int, default=0, help="accesses of other patients")
    parser.add_argument("--only", default="", help="rows with this in their name")
    given = parser.parse_args()
    json.dump(figures(given.database, given.seconds, given.among, given.only), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
