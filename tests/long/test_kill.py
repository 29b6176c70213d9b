"""SIGKILL in the middle of many logins: whatever a client saw has its record, what was used stays used, the log holds.

The whole server dies at once, at an instant that nobody chose, and comes back to the same database; on both databases.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker.audit.verify import verify_log
from tests.support.databases import PostgresServer
from tests.support.load import Load, Seen, document, recorded, redeem
from tests.support.server import Line, Server

FULL, A_HUNDREDTH = (1000, 12), (40, 2)
"""Logins that clients complete at least, and kills among them."""

MOST_SECONDS = 240


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    database_url = ""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        name = f"kill_{os.getpid()}_{random.randrange(10**9)}"
        postgres.sql(f"CREATE DATABASE {name}")
        database_url = postgres.url(name)
    made = Server(tmp_path, document(), database_url=database_url)
    yield made
    made.close()
    if database_url:
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the clients get nowhere"
        time.sleep(0.005)


def logins_with_kills(server: Server, logins: int, kills: int) -> Seen:
    """Kill when so many more logins are through, at a random instant of one that is under way."""
    seen = Seen()
    with Load(server, seen):
        for number in range(1, kills + 1):
            server.start()
            wait_until(lambda enough=logins * number // (kills + 1): seen.logins >= enough)
            time.sleep(random.uniform(0, 0.05))
            server.kill()
        server.start()
        wait_until(lambda: seen.logins >= logins)
    return seen


def holds_after_kills(server: Server, logins: int, kills: int) -> None:
    seen = logins_with_kills(server, logins, kills)
    assert not seen.refused, seen.refused[:5]
    events = recorded(server)
    everything_seen_is_recorded(server, seen, events)
    what_was_used_stays_used(server, seen)
    with server.storage() as store:
        report = verify_log(store, server.settings.checkpoint_file)
    assert report.ok, report.findings
    assert report.size + report.unsealed >= 2 * seen.logins


def everything_seen_is_recorded(server: Server, seen: Seen, events: list[dict]) -> None:
    issued = {e["grant"] for e in events if e["event"] == "oidc.code-issued"}
    given = {e["access"] for e in events if e["event"] == "oidc.tokens-issued"}
    asserted = {e["assertion"] for e in events if e["event"] == "saml.assertion-issued"}
    with server.storage() as store:
        codes = {code: store.once("code", code) for code in seen.codes}
        refresh = {token: store.once("refresh", token) for token in seen.refresh}
    assert [code for code, kept in codes.items() if kept is None or kept.grant not in issued] == []
    assert [token for token, kept in refresh.items() if kept is None or kept.grant not in issued] == []
    assert [code for code in seen.redeemed if codes[code].used_at is None] == []
    assert seen.access - given == set()
    assert seen.assertions - asserted == set()


def what_was_used_stays_used(server: Server, seen: Seen) -> None:
    """A code whose tokens arrived gives none again; one whose answer was lost gives them once at most."""
    with Line(server.base) as line:
        for code in sorted(seen.redeemed)[:200]:
            again = redeem(line, code, seen.codes[code])
            assert (again.status, again.json["error"]) == (400, "invalid_grant")
        for code in seen.codes.keys() - seen.redeemed:
            first, second = redeem(line, code, seen.codes[code]), redeem(line, code, seen.codes[code])
            assert first.status in {200, 400}
            assert second.json["error"] == "invalid_grant"


def test_what_a_client_saw_before_a_kill_is_recorded_and_what_was_used_stays_used(server: Server):
    holds_after_kills(server, *A_HUNDREDTH)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_dozen_kills_in_a_thousand_logins_lose_and_repeat_nothing(server: Server):
    holds_after_kills(server, *FULL)


def test_a_server_told_to_stop_answers_what_it_has_begun(server: Server):
    server.start()
    seen = Seen()
    with Load(server, seen):
        wait_until(lambda: seen.logins >= 20)
        code = server.stop()
    events = recorded(server)
    issued = [e for e in events if e["event"] in {"oidc.code-issued", "saml.assertion-issued", "oidc.tokens-issued"}]
    assert code == 0
    assert not seen.cut
    assert not seen.refused
    assert len(issued) == len(seen.codes) + len(seen.redeemed) + len(seen.assertions)


def test_a_worker_that_dies_alone_is_replaced_and_loses_nothing(server: Server):
    server.start()
    seen = Seen()
    with Load(server, seen):
        wait_until(lambda: seen.logins >= 10)
        (worker,) = server.workers()
        os.kill(worker, 9)
        before = seen.logins
        wait_until(lambda: seen.logins >= before + 10)
    everything_seen_is_recorded(server, seen, recorded(server))
    assert not seen.refused
