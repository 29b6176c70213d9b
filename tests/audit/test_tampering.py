"""Whatever somebody with the database's password does to the access log or the log beneath it, at any place, is found.

Each kind of tampering is done at random places of one sealed log, none of them twice, and taken back. CI does each at a few
places of a small log, `long` each at a thousand of a larger one; on PostgreSQL the log stands in partitions, by month.
"""

import json
import random
import re
from functools import cached_property

import pytest

from broker.audit.archive import archive
from broker.audit.retention import Keeping
from broker.audit.tree import leaf_hash
from broker.care.access_values import StoreAccess
from broker.login.effects import Effects
from broker.storage import access_months, log_removal
from broker.storage.database import Unit
from broker.storage.opening import open_storage
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW, Clock, sqlite_settings
from tests.support.logs import SealedLog
from trust_framework.access_log import checked
from trust_framework.days import DAY

PLACES, LONG = 1000, (48, 25)
"""Places at which each kind is done, and the calls and records of the log that has so many."""

IN_CI, SMALL = 10, (12, 10)
LONGEST_MOVE = 10**7


def sealed_log(settings, folder, calls, records):
    """Entries of two patients among logins, over months, sealed call by call."""
    storage = open_storage(settings, clock=Clock())
    with Unit(storage._database) as unit:
        access_months.made(unit, [NOW - calls * 2 * DAY - LONGEST_MOVE, NOW])
    sealed = SealedLog(storage, folder / "checkpoints")
    for call in range(calls):
        stored = [
            record(resource(a.PATIENT if n % 2 else a.OTHER_PATIENT), at=NOW - 2 * DAY * call - n, user=f"{a.NURSE}{n}")
            for n in range(records)
        ]
        storage.commit(Effects((StoreAccess(tuple(checked(one, NOW) for one in stored), NOW, "journal"),)))
        sealed.write(2)
    assert sealed.verify().ok
    return sealed


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request, tmp_path_factory):
    """Makes empty stores on each database in turn: their settings."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    made = []

    def make():
        folder = tmp_path_factory.mktemp("tampering") / "broker"
        made.append(server.settings(folder) if server else sqlite_settings(folder))
        return made[-1], folder

    yield make
    for each in made if server else ():
        server.drop(each)


@pytest.fixture(scope="module")
def log(empty):
    sealed = sealed_log(*empty(), *SMALL)
    yield sealed
    sealed.storage.close()


@pytest.fixture(scope="module")
def large_log(empty):
    sealed = sealed_log(*empty(), *LONG)
    yield sealed
    sealed.storage.close()


REMOVED = 3


@pytest.fixture(scope="module")
def thinned_log(empty, tmp_path_factory):
    """A month of it was archived, and the content of some leaves removed."""
    sealed = sealed_log(*empty(), *SMALL)
    storage = sealed.storage
    month = min(month for month, entries in storage.access_months() if entries)
    archived = archive(storage, month, tmp_path_factory.mktemp("archive") / "month.jsonl", "jobs")
    kept = [row for row in storage.log_rows() if row.entry is not None and row.evidence is not None]
    due = [(row.position, row.leaf, json.loads(row.leaf)) for row in kept[:REMOVED]]
    with Unit(storage._database) as unit:
        assert log_removal.remove(unit, due, Keeping(NOW, (), 5), "jobs", NOW) == REMOVED
    sealed.write(2)
    assert archived.entries
    assert len(kept) > REMOVED
    assert sealed.verify().ok
    yield sealed
    storage.close()


class Places:
    """The random places of a log in some order, of which `number` says which; and the SQL to change them. `at` is the place that
    was taken.
    """

    def __init__(self, log, number):
        self.sql, self.number, self.at = log.sql, number, None
        self.random = random.Random(number)

    def all(self, statement):
        """What a query has in its one column."""
        return [row[0] for row in self.sql(statement).fetchall()]

    @cached_property
    def positions(self):
        return self.all("SELECT position FROM log ORDER BY position")

    @cached_property
    def entries(self):
        return self.all("SELECT record FROM access_log ORDER BY record")

    def one_of(self, places):
        """The place."""
        shuffled = list(places)
        random.Random(len(shuffled)).shuffle(shuffled)
        self.at = shuffled[self.number % len(shuffled)]
        return self.at

    def position(self):
        return self.one_of(self.positions)

    def entry(self):
        return self.one_of(self.entries)

    def two(self, of):
        """The place, and any other."""
        one = self.one_of(of)
        return one, self.random.choice([other for other in of if other != one])

    def flipped(self, value):
        """The octets with one bit changed."""
        return self.with_bit(value, self.random.randrange(8 * len(value)))

    def with_bit(self, value, bit):
        octets = bytearray(value)
        octets[bit // 8] ^= 1 << bit % 8
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


def _another(p, number):
    """An entry like that of the place, under this number."""
    names = "at, person, employee, provider, unit, source, activity, content"
    p.sql(
        f"INSERT INTO access_log (record, {names}) SELECT ?, {names} FROM access_log WHERE record = ?",  # noqa: S608
        number,
        p.entry(),
    )


def make_an_entry_up(p):
    _another(p, 10**12 + p.random.randrange(10**6))


def make_an_entry_up_and_tie_another_leaf_to_none(p):
    """As many leaves have an entry's number as there are entries; but no entry has that number."""
    logins = "SELECT max(position) FROM log WHERE record IS NULL AND evidence IS NULL"
    p.sql("UPDATE log SET record = ? WHERE position = ?", 10**13, p.one(logins))
    _another(p, 10**12)


def make_as_many_up_as_are_gone(p):
    """There are as many entries again as leaves that name one."""
    gone = p.one("SELECT count(record) FROM log") - p.one("SELECT count(*) FROM access_log")
    for number in range(gone):
        _another(p, 10**12 + number)


def enter_an_entry_under_the_number_of_a_removed_leaf(p):
    _another(p, p.random.choice(p.all("SELECT record FROM log WHERE removal IS NOT NULL AND record IS NOT NULL")))


def enter_another_entry_for_one_that_is_not_here(p):
    _another(p, p.random.choice(p.all("SELECT record FROM log WHERE record NOT IN (SELECT record FROM access_log)")))


def enter_an_entry_once_more_at_another_time(p):
    names = "person, employee, provider, unit, source, activity, content"
    moved = p.random.choice((-1, 1, -86_400))
    p.sql(
        f"INSERT INTO access_log (record, at, {names}) SELECT record, at + ?, {names} FROM access_log WHERE record = ?",  # noqa: S608
        moved,
        p.entry(),
    )


def give_an_entry_another_number(p):
    p.sql("UPDATE access_log SET record = ? WHERE record = ?", 10**12 + p.random.randrange(10**6), p.entry())


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
    p.sql("UPDATE access_log SET activity = 1 - activity WHERE record = ?", p.entry())


def change_the_tree(p):
    frontier = p.one("SELECT frontier FROM log_tree")
    p.sql("UPDATE log_tree SET frontier = ?", p.with_bit(frontier, p.one_of(range(8 * len(frontier)))))


def change_a_checkpoint(p):
    """The size that was signed, or a letter of the root."""
    sizes = p.all("SELECT size FROM log_checkpoints ORDER BY size")
    size, letter = p.one_of([(size, letter) for size in sizes for letter in range(43)])
    note = p.one("SELECT note FROM log_checkpoints WHERE size = ?", size)
    origin, number, root, rest = note.split("\n", 3)
    if letter < 42:
        other = "B" if root[letter] == "A" else "A"
        root = root[:letter] + other + root[letter + 1 :]
    else:
        number = str(size + 1)
    p.sql("UPDATE log_checkpoints SET note = ? WHERE size = ?", f"{origin}\n{number}\n{root}\n{rest}", size)


KINDS = (
    flip_a_bit_of_a_leaf, delete_a_row, cut_off_the_end, append_a_row, swap_two_leaves, copy_a_leaf_over_another,
    leave_a_hash_in_place_of_a_leaf, move_a_row_away, untie_a_leaf_from_its_entry, tie_two_leaves_to_each_others_entries,
    flip_a_bit_of_an_entry, delete_an_entry, delete_an_entry_with_its_leaf, make_an_entry_up,
    make_an_entry_up_and_tie_another_leaf_to_none,
    enter_an_entry_once_more_at_another_time, give_an_entry_another_number, swap_two_contents,
    hide_from_the_patient, hide_who_it_was, hide_from_the_provider, move_to_another_unit, hide_whose_information_it_was,
    move_in_time, hide_an_emergency, change_the_tree, change_a_checkpoint,
)  # fmt: skip

AFTERWARDS = (
    make_an_entry_up, make_an_entry_up_and_tie_another_leaf_to_none, make_as_many_up_as_are_gone,
    enter_an_entry_under_the_number_of_a_removed_leaf, enter_another_entry_for_one_that_is_not_here,
    give_an_entry_another_number, delete_an_entry, delete_an_entry_with_its_leaf, untie_a_leaf_from_its_entry,
)  # fmt: skip
"""What is done to a log of which something is gone rightly."""


def found(log, places, tamper):
    """Tamper at a place, verify, take it back; whether it was found."""
    log.sql("BEGIN")
    try:
        tamper(places)
        return not log.verify(external=False).ok
    finally:
        log.sql("ROLLBACK")


def tampered(log, tamper, count):
    """The places at which it was done, and those at which it was not found."""
    places = [Places(log, number) for number in range(count)]
    missed = [each.number for each in places if not found(log, each, tamper)]
    return {each.at for each in places}, missed


@pytest.mark.spec("threats", "LO-03")
@pytest.mark.parametrize("tamper", KINDS, ids=lambda one: one.__name__)
def test_tampering_is_found_wherever_it_is_done(log, tamper):
    places, missed = tampered(log, tamper, IN_CI)
    assert (len(places), missed) == (IN_CI, [])


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.spec("threats", "LO-03")
@pytest.mark.parametrize("tamper", KINDS, ids=lambda one: one.__name__)
def test_tampering_is_found_at_a_thousand_places(large_log, tamper):
    places, missed = tampered(large_log, tamper, PLACES)
    assert (len(places), missed) == (PLACES, [])


@pytest.mark.spec("threats", "LO-03")
@pytest.mark.parametrize("tamper", AFTERWARDS, ids=lambda one: one.__name__)
def test_what_was_archived_or_removed_hides_no_tampering(thinned_log, tamper):
    places, missed = tampered(thinned_log, tamper, IN_CI)
    assert (len(places), missed) == (IN_CI, [])


def test_the_logs_are_as_they_were_afterwards(log, thinned_log):
    assert log.verify().ok
    assert thinned_log.verify().ok


# --- months, which are partitions on PostgreSQL


def take_away(p, month):
    p.sql(f"ALTER TABLE access_log DETACH PARTITION {month}")


def empty_it(p, month):
    p.sql(f"TRUNCATE {month}")


def change_it_apart(p, month):
    """In the partition's own name."""
    p.sql(f"UPDATE {month} SET unit = ?", a.OTHER_UNIT)  # noqa: S608  # a name of ours


def put_it_in_anothers_place(p, month):
    """Its entries moved by as much time as brings them into another month."""
    p.sql(f"WITH gone AS (DELETE FROM {month} RETURNING *) "  # noqa: S608  # a name of ours
          "INSERT INTO access_log SELECT record, at - ?, person, employee, provider, unit, source, activity, content FROM gone",
          LONGEST_MOVE)  # fmt: skip


@pytest.mark.spec("threats", "LO-03")
@pytest.mark.parametrize("empty", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("tamper", [take_away, empty_it, change_it_apart, put_it_in_anothers_place])
def test_tampering_with_a_whole_month_is_found(log, tamper):
    names = [month.partition for month in access_months.every(log.storage._database)]
    full = [name for name in names if log.sql(f"SELECT count(*) FROM {name}").fetchone()[0]]  # noqa: S608
    assert len(full) >= 2
    assert all(re.fullmatch(r"access_log_\d{4}_\d{2}", name) for name in full)
    assert [month for month in full if not found(log, Places(log, 0), lambda p, month=month: tamper(p, month))] == []
    assert log.verify().ok
