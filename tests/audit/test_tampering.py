"""Whatever somebody with the database's password does to the access log or the log beneath it, at any place, is found.

Each kind of tampering is done at random places of one sealed log, and taken back. CI does each a few times, `long` each a
thousand times.
"""

import random

import pytest

from broker.care.access_values import StoreAccess
from broker.login.effects import Effects
from broker.storage.opening import open_storage
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW, Clock, sqlite_settings
from tests.support.logs import SealedLog
from trust_framework.access_log import checked

CALLS, RECORDS = 12, 10
PLACES, IN_CI = 1000, 2


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Entries of two patients among logins, sealed call by call."""
    folder = tmp_path_factory.mktemp("tampering")
    storage = open_storage(sqlite_settings(folder), clock=Clock())
    sealed = SealedLog(storage, folder / "checkpoints")
    for call in range(CALLS):
        records = [
            record(resource(a.PATIENT if n % 2 else a.OTHER_PATIENT), at=NOW - 1000 * call - n, user=f"{a.NURSE}{n}")
            for n in range(RECORDS)
        ]
        storage.commit(Effects((StoreAccess(tuple(checked(one, NOW) for one in records), NOW, "journal"),)))
        sealed.write(2)
    assert sealed.verify().ok
    yield sealed
    storage.close()


class Places:
    """Random places of the log, and the SQL to change them."""

    def __init__(self, log, seed):
        self.sql, self.random = log.sql, random.Random(seed)
        self.positions = [row[0] for row in log.sql("SELECT position FROM log ORDER BY position").fetchall()]
        self.entries = [row[0] for row in log.sql("SELECT record FROM access_log ORDER BY record").fetchall()]

    def position(self):
        return self.random.choice(self.positions)

    def entry(self):
        return self.random.choice(self.entries)

    def two(self, of):
        return self.random.sample(of, 2)

    def flipped(self, value):
        """The octets with one bit changed."""
        octets = bytearray(value)
        octets[self.random.randrange(len(octets))] ^= 1 << self.random.randrange(8)
        return bytes(octets)

    def one(self, statement, *values):
        return self.sql(statement, *values).fetchone()[0]


def flip_a_bit_of_a_leaf(p):
    at = p.position()
    leaf = p.flipped(p.one("SELECT leaf FROM log WHERE position = ?", at))
    p.sql("UPDATE log SET leaf = ? WHERE position = ?", leaf, at)


def delete_a_row(p):
    p.sql("DELETE FROM log WHERE position = ?", p.position())


def cut_off_the_end(p):
    p.sql("DELETE FROM log WHERE position >= ?", p.position())


def append_a_row(p):
    leaf = p.one("SELECT leaf FROM log WHERE position = ?", p.position())
    p.sql("INSERT INTO log (position, leaf) VALUES (?, ?)", len(p.positions), leaf)


def swap_two_leaves(p):
    one, other = p.two(p.positions)
    leaves = [p.one("SELECT leaf FROM log WHERE position = ?", at) for at in (one, other)]
    p.sql("UPDATE log SET leaf = ? WHERE position = ?", leaves[1], one)
    p.sql("UPDATE log SET leaf = ? WHERE position = ?", leaves[0], other)


def copy_a_leaf_over_another(p):
    one, other = p.two(p.positions)
    p.sql("UPDATE log SET leaf = (SELECT leaf FROM log WHERE position = ?) WHERE position = ?", one, other)


def leave_a_hash_in_place_of_a_leaf(p):
    from broker.audit.tree import leaf_hash

    at = p.position()
    hashed = leaf_hash(p.one("SELECT leaf FROM log WHERE position = ?", at))
    p.sql("UPDATE log SET leaf = ?, removal = 'overdue' WHERE position = ?", hashed, at)


def move_a_row_away(p):
    p.sql("UPDATE log SET position = ? WHERE position = ?", 10**9 + p.random.randrange(10**6), p.position())


def untie_a_leaf_from_its_entry(p):
    p.sql("UPDATE log SET record = NULL WHERE record = ?", p.entry())


def tie_two_leaves_to_each_others_entries(p):
    one, other = p.two(p.entries)
    for before, after in ((one, -1), (other, one), (-1, other)):
        p.sql("UPDATE log SET record = ? WHERE record = ?", after, before)


def flip_a_bit_of_an_entry(p):
    at = p.entry()
    content = p.flipped(p.one("SELECT content FROM access_log WHERE record = ?", at))
    p.sql("UPDATE access_log SET content = ? WHERE record = ?", content, at)


def delete_an_entry(p):
    p.sql("DELETE FROM access_log WHERE record = ?", p.entry())


def delete_an_entry_with_its_leaf(p):
    at = p.entry()
    p.sql("DELETE FROM access_log WHERE record = ?", at)
    p.sql("DELETE FROM log WHERE record = ?", at)


def make_an_entry_up(p):
    names = "at, person, employee, provider, unit, source, emergency, content"
    number = 10**12 + p.random.randrange(10**6)
    p.sql(
        f"INSERT INTO access_log (record, {names}) SELECT ?, {names} FROM access_log WHERE record = ?",  # noqa: S608
        number,
        p.entry(),
    )


def swap_two_contents(p):
    one, other = p.two(p.entries)
    contents = [p.one("SELECT content FROM access_log WHERE record = ?", at) for at in (one, other)]
    p.sql("UPDATE access_log SET content = ? WHERE record = ?", contents[1], one)
    p.sql("UPDATE access_log SET content = ? WHERE record = ?", contents[0], other)


def hide_from_the_patient(p):
    p.sql("UPDATE access_log SET person = 'nobody' WHERE record = ?", p.entry())


def hide_who_it_was(p):
    at = p.entry()
    p.sql("UPDATE access_log SET employee = ? WHERE record = ?", p.random.randbytes(16), at)


def hide_from_the_provider(p):
    p.sql("UPDATE access_log SET provider = ? WHERE record = ?", a.OTHER_PROVIDER, p.entry())


def move_to_another_unit(p):
    p.sql("UPDATE access_log SET unit = ? WHERE record = ?", a.OTHER_UNIT, p.entry())


def hide_whose_information_it_was(p):
    p.sql("UPDATE access_log SET source = ? WHERE record = ?", a.OTHER_PROVIDER, p.entry())


def move_in_time(p):
    p.sql("UPDATE access_log SET at = at + ? WHERE record = ?", p.random.choice((-1, 1, 86_400, -(10**7))), p.entry())


def hide_an_emergency(p):
    p.sql("UPDATE access_log SET emergency = 1 - emergency WHERE record = ?", p.entry())


def change_the_tree(p):
    frontier = p.flipped(p.one("SELECT frontier FROM log_tree"))
    p.sql("UPDATE log_tree SET frontier = ?", frontier)


def change_a_checkpoint(p):
    size = p.random.choice([row[0] for row in p.sql("SELECT size FROM log_checkpoints").fetchall()])
    note = p.one("SELECT note FROM log_checkpoints WHERE size = ?", size)
    p.sql("UPDATE log_checkpoints SET note = ? WHERE size = ?", note.replace(f"\n{size}\n", f"\n{size + 1}\n"), size)


KINDS = (
    flip_a_bit_of_a_leaf, delete_a_row, cut_off_the_end, append_a_row, swap_two_leaves, copy_a_leaf_over_another,
    leave_a_hash_in_place_of_a_leaf, move_a_row_away, untie_a_leaf_from_its_entry, tie_two_leaves_to_each_others_entries,
    flip_a_bit_of_an_entry, delete_an_entry, delete_an_entry_with_its_leaf, make_an_entry_up, swap_two_contents,
    hide_from_the_patient, hide_who_it_was, hide_from_the_provider, move_to_another_unit, hide_whose_information_it_was,
    move_in_time, hide_an_emergency, change_the_tree, change_a_checkpoint,
)  # fmt: skip


def found(log, tamper, seed):
    """Tamper at a random place, verify, take it back."""
    log.sql("BEGIN")
    try:
        tamper(Places(log, seed))
        return not log.verify(external=False).ok
    finally:
        log.sql("ROLLBACK")


@pytest.mark.spec("threats", "LO-03")
@pytest.mark.parametrize("tamper", KINDS, ids=lambda one: one.__name__)
def test_tampering_is_found_wherever_it_is_done(log, tamper):
    assert [seed for seed in range(IN_CI) if not found(log, tamper, seed)] == []


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.spec("threats", "LO-03")
@pytest.mark.parametrize("tamper", KINDS, ids=lambda one: one.__name__)
def test_tampering_is_found_at_a_thousand_places(log, tamper):
    assert [seed for seed in range(1000, 1000 + PLACES) if not found(log, tamper, seed)] == []


def test_the_log_is_as_it_was_afterwards(log):
    assert log.verify().ok
