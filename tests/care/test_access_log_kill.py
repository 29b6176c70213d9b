"""kill -9 in the middle of StoreLog: every acknowledged record is there and proven, and no call is there in part.

A child stores and seals, and says which calls were acknowledged; it is killed after some of them, whatever it is doing then.
CI makes a hundred calls, `long` ten thousand.
"""

import json
import os
import random
import signal
import subprocess
import sys

import pytest

from broker.audit.checkpoint import read_note
from broker.audit.tree import leaf_hash, verify_inclusion
from broker.audit.verify import verify_log
from broker.jobs.sealer import Sealer
from broker.storage.opening import open_storage
from tests.support.databases import Clock
from trust_framework.access_log import AccessSought

CALLS, RECORDS = 10_000, 5
CHILD = """
import sys
from functools import cache
from broker.care.access_values import StoreAccess
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects
from broker.settings import Settings
from broker.storage.opening import open_storage
from tests.support.access_records import record
from tests.support.databases import NOW, Clock
from trust_framework.access_log import checked

settings = Settings.model_validate_json(sys.argv[1])
storage = open_storage(settings, clock=Clock())
sealer = Sealer(storage, cache(storage.ring), storage.log_origin(), None)
call = int(sys.argv[2])
while True:
    records = tuple(checked(record(id=f"{call}-{n}"), NOW) for n in range(int(sys.argv[3])))
    storage.commit(Effects((StoreAccess(records, NOW, "journal"),)))
    sys.stdout.write(f"{call}\\n")
    sys.stdout.flush()
    call += 1
    if call % 7 == 0:
        sealer.run()
"""


def killed(settings, first, many):
    """Let a child store from a call on, and kill it after so many that it acknowledged; the acknowledged ones."""
    given = json.dumps(
        {"base_url": settings.base_url, "data_dir": str(settings.data_dir), "database_url": settings.database_url}
    )
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, given, str(first), str(RECORDS)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:
        acknowledged = [int(child.stdout.readline()) for _ in range(many)]
        child.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in child.stdout.read().splitlines()]
    return acknowledged


def stored(storage):
    """The entries there are: (call, number) and position."""
    before, found = None, {}
    while True:
        page = storage.access_page(AccessSought(), before, 1000)
        found.update({tuple(map(int, row.record.id.split("-"))): row for row in page.rows})
        before = page.before
        if before is None:
            return found


def survives(settings, calls, kills):
    chance, acknowledged, first = random.Random(4711), [], 0
    for _ in range(kills):
        many = max(1, chance.randrange(2 * calls // kills))
        acknowledged += killed(settings, first, many)
        first = acknowledged[-1] + 100
    storage = open_storage(settings, clock=Clock())
    Sealer(storage, storage.ring, storage.log_origin(), None).run()
    kept = stored(storage)
    assert {(call, n) for call in acknowledged for n in range(RECORDS)} <= kept.keys()
    whole = {call for call, _ in kept}
    assert kept.keys() == {(call, n) for call in whole for n in range(RECORDS)}
    assert verify_log(storage).findings == ()
    note, proofs = storage.log_proofs([row.position for row in kept.values()])
    signed = read_note(note)
    for row in kept.values():
        leaf, path = proofs[row.position]
        verify_inclusion(row.position, signed.size, leaf_hash(leaf), path, signed.root)
    storage.close()
    return len(acknowledged)


@pytest.mark.spec("threats", "RE-03")
def test_what_was_acknowledged_survives_being_killed(store_settings):
    assert survives(store_settings, 100, 2) >= 2


@pytest.mark.long
@pytest.mark.spec("threats", "RE-03")
def test_what_was_acknowledged_of_ten_thousand_calls_survives_being_killed(store_settings):
    assert survives(store_settings, CALLS, 25) > CALLS // 4
