"""SIGKILL in the middle of StoreLog calls to a real server: every record whose call was answered is there once, whole with the
others of its call, and proven by the signed tree; a call whose answer was lost is sent again, as record systems do.
"""

import time
from collections.abc import Iterator
from itertools import count

import pytest

from broker.audit.checkpoint import read_note
from broker.audit.tree import leaf_hash, verify_inclusion
from broker.audit.verify import verify_log
from broker.jobs.sealer import Sealer
from tests.support import care_values as a
from tests.support.care_world import PATIENT
from tests.support.killing import MOST_SECONDS, Deed, done_despite_kills
from tests.support.server import Server
from trust_framework.access_log import AccessSought

pytest_plugins = ["tests.support.killed_servers"]

FULL, A_HUNDREDTH = (10_000, 12), (100, 1)
"""Calls that are answered at least, and kills among them."""

RECORDS = 5
ALL = AccessSought(provider=a.PROVIDER)


def calls(system: int) -> Iterator[Deed]:
    """The calls of a record system."""
    for number in count():
        call = f"{system}.{number}"
        yield Deed(call, "/log", {"records": [record(f"{call}-{n}") for n in range(RECORDS)]})


def record(id: str) -> dict[str, object]:
    resource = {"type": "Journaltext", "provider": a.PROVIDER, "unit": a.UNIT, "patient": PATIENT}
    who = {"user": a.NURSE, "provider": a.PROVIDER, "unit": a.UNIT, "system": "SE2321000016-SYS1"}
    when = {"at": int(time.time()) - 60, "activity": "Läsa", "purpose": "Vård och behandling"}
    return {"id": id, **who, **when, "resources": [resource]}


def holds_after_kills(server: Server, enough: int, kills: int) -> None:
    answered = done_despite_kills(server, calls, (b"log-id-taken",), enough, kills)
    with server.storage() as store:
        Sealer(store, store.ring, store.log_origin(), server.settings.checkpoint_file).run()
        positions: dict[str, list[int | None]] = {}
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
        note, proofs = store.log_proofs([row.position for row in rows if row.position is not None])
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
