"""SIGKILL in the middle of StoreLog calls to a real server: every record whose call was answered is there once, whole with the
others of its call, and proven by the signed tree; a call whose answer was lost is sent again, as record systems do.
"""

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from broker.audit.checkpoint import read_note
from broker.audit.tree import leaf_hash, verify_inclusion
from broker.audit.verify import verify_log
from broker.jobs.sealer import Sealer
from tests.support import care_values as a
from tests.support.care_world import PATIENT, document
from tests.support.databases import PostgresServer
from tests.support.server import Line, Server, basic
from trust_framework.access_log import AccessSought

FULL, A_HUNDREDTH = (10_000, 12), (100, 1)
"""Calls that are answered at least, and kills among them."""

RECORDS, SYSTEMS, MOST_SECONDS = 5, 4, 3_600
ALL = AccessSought(provider=a.PROVIDER)


@pytest.fixture
def sqlite_server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, document())
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_server")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"store_log_{os.getpid()}_{random.randrange(10**9)}"
    postgres.sql(f"CREATE DATABASE {name}")
    made = Server(tmp_path, document(), database_url=postgres.url(name))
    yield made
    made.close()
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


class Systems:
    """Record systems that store call after call, each sent again until it is answered; what was answered stands in `stored`."""

    def __init__(self, server: Server) -> None:
        self.server, self.stored, self.refused = server, set[str](), list[str]()
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(SYSTEMS)]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join(60)

    def _run(self, system: int) -> None:
        call = 0
        while not self._stop.is_set():
            try:
                with Line(self.server.base) as line:
                    token = self._token(line)
                    while not self._stop.is_set() and self._answered(line, token, f"{system}.{call}"):
                        call += 1
            except (OSError, http.client.HTTPException):
                self._stop.wait(0.05)

    def _token(self, line: Line) -> str:
        form = {"grant_type": "client_credentials", "scope": "care:write"}
        return str(line.request("POST", "/oidc/token", form, Authorization=basic("journal")).json["access_token"])

    def _answered(self, line: Line, token: str, call: str) -> bool:
        """Whether the call was answered with good, or with word that it was stored before. Not: the token's time is over."""
        body = json.dumps({"records": [record(f"{call}-{n}") for n in range(RECORDS)]})
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        line._connection.request("POST", "/api/v1/care/log", body, headers)
        answer = line._connection.getresponse()
        octets = answer.read()
        if answer.status == http.HTTPStatus.UNAUTHORIZED:
            return False
        with self._lock:
            if answer.status == http.HTTPStatus.OK or b"log-id-taken" in octets:
                self.stored.add(call)
            else:
                self.refused.append(f"{answer.status} {octets[:300]!r}")
        return True


def record(id: str) -> dict[str, object]:
    resource = {"type": "Journaltext", "provider": a.PROVIDER, "unit": a.UNIT, "patient": PATIENT}
    who = {"user": a.NURSE, "provider": a.PROVIDER, "unit": a.UNIT, "system": "SE2321000016-SYS1"}
    when = {"at": int(time.time()) - 60, "activity": "Läsa", "purpose": "Vård och behandling"}
    return {"id": id, **who, **when, "resources": [resource]}


def wait_until(systems: Systems, enough: float) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while len(systems.stored) < enough:
        assert time.monotonic() < deadline, "the systems get nowhere"
        assert not systems.refused, systems.refused[:3]
        time.sleep(0.005)


def calls_with_kills(server: Server, calls: int, kills: int) -> set[str]:
    """The calls that were answered."""
    server.start()
    with Systems(server) as systems:
        for number in range(1, kills + 1):
            wait_until(systems, calls * number // (kills + 1))
            time.sleep(random.uniform(0, 0.05))
            server.kill()
            server.start()
        wait_until(systems, calls)
    server.kill()
    assert not systems.refused, systems.refused[:3]
    return systems.stored


def holds_after_kills(server: Server, calls: int, kills: int) -> None:
    answered = calls_with_kills(server, calls, kills)
    assert len(answered) >= calls
    with server.storage() as store:
        Sealer(store, store.ring, store.log_origin(), server.settings.checkpoint_file).run()
        positions: dict[str, list[int]] = {}
        page = store.access_page(ALL, None, 1000)
        rows = list(page.rows)
        while page.before is not None:
            page = store.access_page(ALL, page.before, 1000)
            rows += page.rows
        for row in rows:
            positions.setdefault(row.record.id, []).append(row.position)
        assert {f"{call}-{n}" for call in answered for n in range(RECORDS)} <= positions.keys()
        assert {len(each) for each in positions.values()} == {1}, "nothing is stored twice"
        whole = {one.partition("-")[0] for one in positions}
        assert positions.keys() == {f"{call}-{n}" for call in whole for n in range(RECORDS)}, "nor in part"
        report = verify_log(store, server.settings.checkpoint_file)
        assert report.ok, report.findings
        note, proofs = store.log_proofs([row.position for row in rows])
    signed = read_note(note)
    for position, (leaf, path) in proofs.items():
        verify_inclusion(position, signed.size, leaf_hash(leaf), path, signed.root)
    assert len(proofs) == len(rows)


@pytest.mark.spec("threats", "RE-03")
def test_what_was_answered_before_a_kill_is_stored_and_proven(sqlite_server: Server):
    holds_after_kills(sqlite_server, *A_HUNDREDTH)


@pytest.mark.long
@pytest.mark.timeout(MOST_SECONDS)
@pytest.mark.spec("threats", "RE-03")
def test_a_dozen_kills_in_ten_thousand_calls_lose_and_repeat_nothing(server: Server):
    holds_after_kills(server, *FULL)
