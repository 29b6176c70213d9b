"""What every store holds of the access log, on each database: stored whole or not at all, found, sealed, named by the tree."""

import hashlib
import json
import threading
from dataclasses import replace

import pytest

from broker.audit.checkpoint import read_note
from broker.audit.tree import leaf_hash, verify_inclusion
from broker.audit.verify import verify_log
from broker.care.access_values import LogIdTaken, StoreAccess
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects
from broker.storage import storage as storage_module
from tests.contracts.test_storage_secrecy import dump, forms
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW
from trust_framework.access_log import AccessSought, checked, record_of
from trust_framework.care import Activity

DAY = 86_400


def store(storage, *records, by="client"):
    storage.commit(Effects((StoreAccess(tuple(checked(one, NOW) for one in records), NOW, by),)))


def seal(storage):
    Sealer(storage, storage.ring, storage.log_origin(), None).run()


def rows(storage, before=None, count=50, **sought):
    return storage.access_page(AccessSought(**sought), before, count).rows


def records(storage, **sought):
    return tuple(row.record for row in rows(storage, **sought))


def test_a_record_comes_back_as_it_was(storage):
    one = record()
    store(storage, one)
    (row,) = rows(storage, person=storage.patient(a.PATIENT))
    assert row.record == one
    assert record_of(row.text, row.identity_text) == one
    assert row.position is None
    seal(storage)
    (row,) = rows(storage, person=storage.patient(a.PATIENT))
    assert storage.access_row(row.id) == row
    assert row.position is not None


def test_who_accessed_is_in_the_proven_text_as_a_hash_alone(storage):
    store(storage, record())
    (row,) = rows(storage)
    for told in (a.NURSE, "Anna", "198906059483"):
        assert told not in row.text
        assert told in row.identity_text
    assert json.loads(row.text)["user"]["identity"] == hashlib.sha256(row.identity_text.encode()).hexdigest()


def test_a_record_about_two_patients_is_an_entry_for_each_that_tells_nothing_of_the_other(storage):
    both = record(resource(), resource(a.OTHER_PATIENT), resource(type="Läkemedel"))
    store(storage, both)
    (mine,) = rows(storage, person=storage.patient(a.PATIENT))
    (theirs,) = rows(storage, person=storage.patient(a.OTHER_PATIENT))
    assert [one.type for one in mine.record.resources] == ["Journaltext", "Läkemedel"]
    assert a.OTHER_PATIENT.value not in mine.text
    assert a.PATIENT.value not in theirs.text
    assert mine.record.id == theirs.record.id


def test_a_record_about_no_patient_is_kept_too(storage):
    store(storage, record(resource(None)))
    (row,) = rows(storage, provider=a.PROVIDER)
    assert row.person == ""
    assert row.record.resources == (resource(None),)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({"employee": a.DOCTOR}, ["doctor"]),
        ({"provider": a.OTHER_PROVIDER}, ["far"]),
        ({"unit": a.OTHER_UNIT}, ["doctor"]),
        ({"source": a.PROVIDER}, ["far"]),
        ({"activity": "Nödöppning"}, ["doctor"]),
        ({"activity": "Nödöppning", "provider": a.PROVIDER}, ["doctor"]),
        ({"activity": "Nödöppning", "employee": a.NURSE}, []),
        ({"activity": "Läsa"}, ["nurse", "far"]),
        ({"activity": "Läsa", "provider": a.PROVIDER}, ["nurse"]),
        ({"activity": "Radera", "provider": a.PROVIDER}, []),
        ({"since": NOW - 10}, ["doctor"]),
        ({"until": NOW - 2 * DAY}, ["far"]),
        ({"since": NOW - DAY, "until": NOW - DAY}, ["nurse"]),
        ({"employee": a.NURSE, "provider": a.PROVIDER, "unit": a.UNIT}, ["nurse"]),
        ({"employee": "SE2321000016-NOBODY"}, []),
        ({}, ["doctor", "nurse", "far"]),
    ],
)
def test_entries_are_found_by_who_where_and_when_the_newest_first(storage, sought, found):
    store(
        storage,
        record(title="nurse", at=NOW - DAY),
        record(title="doctor", at=NOW - 10, user=a.DOCTOR, unit=a.OTHER_UNIT, activity="Nödöppning"),
        record(title="far", at=NOW - 2 * DAY, user=a.FAR_DOCTOR, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT),
    )
    assert [one.title for one in records(storage, **sought)] == found
    assert storage.access_count(AccessSought(**sought), 10) == len(found)
    assert storage.access_count(AccessSought(**sought), 1) == min(1, len(found))


@pytest.mark.parametrize("activity", list(Activity))
def test_every_activity_is_found_by_its_word(storage, activity):
    store(storage, *(record(activity=each.value, title=each.name) for each in Activity))
    sought = {"activity": activity.value, "provider": a.PROVIDER}
    assert [one.title for one in records(storage, **sought)] == [activity.name]
    assert storage.access_count(AccessSought(**sought), 10) == 1


def test_a_record_is_found_by_its_own_id_with_each_of_its_entries_and_nothing_of_its_call(storage):
    both = record(resource(), resource(a.OTHER_PATIENT), at=NOW - 9 * DAY)
    alike = record(at=NOW - 9 * DAY)
    store(storage, record(at=NOW - 9 * DAY), both, alike, record())
    store(storage, record(id=alike.id, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT))

    def found(**sought) -> list[str]:
        assert storage.access_count(AccessSought(**sought), 10) == len(rows(storage, **sought))
        return [one.id for one in records(storage, **sought)]

    assert found(reference=both.id.upper(), provider=a.PROVIDER) == [both.id, both.id]
    assert found(reference=both.id, provider=a.PROVIDER, person=storage.patient(a.OTHER_PATIENT)) == [both.id]
    assert found(reference=alike.id, provider=a.PROVIDER) == [alike.id]
    assert storage.access_count(AccessSought(reference=both.id, provider=a.PROVIDER), 1) == 1
    nothing = [
        {"reference": "nobody"}, {"reference": both.id, "unit": a.OTHER_UNIT},
        {"reference": both.id, "since": NOW - DAY}, {"reference": both.id, "until": NOW - 30 * DAY},
    ]  # fmt: skip
    for sought in nothing:
        assert found(provider=a.PROVIDER, **sought) == [], sought
    assert found(reference=both.id, provider=a.OTHER_PROVIDER) == []


def test_pages_go_on_where_the_last_one_ended(storage):
    store(storage, *(record(at=NOW - n // 3) for n in range(10)))
    person, before, seen = storage.patient(a.PATIENT), None, []
    while True:
        page = storage.access_page(AccessSought(person=person), before, 4)
        seen += [row.id for row in page.rows]
        if page.before is None:
            break
        before = page.before
    assert len(seen) == len(set(seen)) == 10
    assert seen == [row.id for row in rows(storage, person=person)]


def test_a_log_id_that_is_taken_stores_nothing_of_the_call(storage):
    one, other = record(), record()
    store(storage, one)
    with pytest.raises(LogIdTaken):
        store(storage, other, replace(one, title="another"))
    assert records(storage) == (one,)
    assert storage.log_waiting() == len(storage.log_pending())
    store(storage, other, replace(one, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT))
    assert len(records(storage)) == 3


def test_of_two_that_store_the_same_log_id_at_once_one_is_refused(storage):
    one, outcomes, ready = record(), [], threading.Barrier(2)

    def go():
        ready.wait()
        try:
            store(storage, record(), one)
        except LogIdTaken:
            outcomes.append("taken")
        else:
            outcomes.append("stored")

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["stored", "taken"]
    assert len(records(storage)) == 2


def test_records_of_other_months_and_years_are_stored_and_found(storage):
    store(storage, *(record(at=NOW - n * 45 * DAY) for n in range(10)))
    assert len(records(storage, person=storage.patient(a.PATIENT))) == 10
    assert len(records(storage, since=NOW - 100 * DAY)) == 3


def test_forgetting_a_patient_takes_their_entries_and_leaves_the_log_as_it_was_signed(storage):
    store(storage, record(), record(resource(a.OTHER_PATIENT)))
    seal(storage)
    (mine,) = rows(storage, person=storage.patient(a.PATIENT))
    storage.forget_person(mine.person)
    assert storage.access_row(mine.id) is None
    assert [one.resources[0].patient for one in records(storage)] == [a.OTHER_PATIENT]
    assert verify_log(storage).ok
    store(storage, record())
    assert storage.patient(a.PATIENT) != mine.person


def test_nothing_of_a_person_is_in_a_dump(storage):
    store(storage, record(), record(resource(None)))
    seal(storage)
    planted = (a.PATIENT.value, a.NURSE, "Anna Åkesson", "Tolvan Tolvansson", "198906059483", "senaste året")
    kept = dump(storage)
    for one in planted:
        for form in forms(one.encode()):
            assert form not in kept


@pytest.mark.parametrize("id", ["", "x", "1", "9" * 30, "-1", "¹"])
def test_an_unknown_entry_is_none(storage, id):
    assert storage.access_row(id) is None


def test_the_proof_of_an_entry_verifies_under_the_newest_checkpoint(storage):
    store(storage, *(record(at=NOW - n) for n in range(300)))
    seal(storage)
    store(storage, *(record(resource(a.OTHER_PATIENT)) for _ in range(400)))
    seal(storage)
    page = storage.access_page(AccessSought(person=storage.patient(a.PATIENT)), None, 300)
    positions = [row.position for row in page.rows]
    note, before = storage.log_proofs([*positions, -1, 10**6])
    checkpoint = read_note(note)
    assert set(before) == set(positions)
    for row in page.rows:
        leaf, path = before[row.position]
        verify_inclusion(row.position, checkpoint.size, leaf_hash(leaf), path, checkpoint.root)
        assert json.loads(leaf)["record"] == hashlib.sha256(row.text.encode()).hexdigest()
    assert storage.fill_tiles() == checkpoint.size // 256
    assert storage.fill_tiles() == 0
    assert storage.log_proofs(positions) == (note, before)
    assert len(storage.log_tile(0, 1, 256)) == 256 * 32
    assert storage.log_tile(0, checkpoint.size // 256, 256) is None
    note, path = storage.log_consistency(307)
    with pytest.raises(ValueError, match="no such older tree"):
        storage.log_consistency(checkpoint.size + 1)


def test_a_log_without_a_checkpoint_proves_nothing(storage):
    assert storage.log_proofs([0]) == ("", {})
    with pytest.raises(ValueError, match="no such older tree"):
        storage.log_consistency(1)


def test_calls_at_once_about_the_same_new_patients_are_all_stored_and_each_patient_is_one_person(storage, monkeypatch):
    """As in the first minutes of a new installation: nobody's call gives way because another was quicker."""
    monkeypatch.setattr(storage_module, "RETRIES", 1)
    known, systems, calls = a.numbers(80), 4, 5
    failed, ready = [], threading.Barrier(systems)

    def send(system):
        ready.wait()
        for call in range(calls):
            some = known[call * 16 : (call + 1) * 16]
            ordered = some if system % 2 else some[::-1]
            try:
                store(storage, *(record(resource(each), id=f"{system}-{call}-{each.value}") for each in ordered))
            except Exception as error:  # noqa: BLE001  # whatever it is, in a thread nobody else would see it
                failed.append(error)

    threads = [threading.Thread(target=send, args=(system,)) for system in range(systems)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    persons = {storage.patient(each) for each in known}
    assert len(persons) == len(known)
    assert [storage.access_count(AccessSought(person=each), 10) for each in persons] == [systems] * len(known)
