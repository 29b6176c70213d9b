"""A person whose number changed: what was known under the one before is known under the new one; two are never made one."""

import pytest

from broker.care.access_values import StoreAccess
from broker.care.changes import SaveBlock
from broker.federation.directory import listed
from broker.federation.faults import Faults
from broker.federation.schema import FederationFile
from broker.login.effects import Effects, TwoPersons
from broker.storage.persons import Listed
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW
from trust_framework.access_log import AccessSought
from trust_framework.identifiers import Identifier

BEFORE = Identifier("1.2.752.129.2.1.3.3", "197010632391")
NOW_NUMBER = a.PATIENT


def people(*persons):
    """The directory of a file with these persons, and what is wrong with it."""
    faults = Faults()
    file = FederationFile.model_validate({"tillit": "1", "name": {"sv": "F"}, "members": [], "persons": list(persons)})
    found = listed(file, faults, test_method=None)
    return tuple(Listed(one.keys, one.person, one.staff) for one in found), faults.found


def anna(**more):
    return {"id": "anna", "personalIdentityNumber": NOW_NUMBER.value, **more}


def read(store, patient):
    store.commit(Effects((StoreAccess((record(resource(patient)),), NOW, "journal"),)))


@pytest.mark.spec("SKV 707", "number changed")
def test_blocks_and_accesses_follow_a_person_from_a_coordination_number_to_a_personal_number(sqlite_storage):
    read(sqlite_storage, BEFORE)
    person = sqlite_storage.patient(BEFORE)
    sqlite_storage.commit(Effects((SaveBlock(a.block(patient=BEFORE), person),)))

    found, wrong = people(anna(previousPersonalIdentityNumber=BEFORE.value))
    sqlite_storage.save_directory(found)

    assert not wrong
    assert sqlite_storage.patient(NOW_NUMBER) == sqlite_storage.patient(BEFORE) == person
    assert len(sqlite_storage.blocks_of(person)) == 1
    read(sqlite_storage, NOW_NUMBER)
    assert len(sqlite_storage.access_page(AccessSought(person=person)).rows) == 2


def test_a_number_is_not_somebodys_now_and_anothers_before():
    _, wrong = people(anna(), {"id": "bo", "previousPersonalIdentityNumber": NOW_NUMBER.value})
    assert len(wrong) == 1


def test_two_who_are_known_apart_are_not_made_one(sqlite_storage):
    read(sqlite_storage, BEFORE)
    read(sqlite_storage, NOW_NUMBER)
    found, _ = people(anna(previousPersonalIdentityNumber=BEFORE.value))
    with pytest.raises(TwoPersons):
        sqlite_storage.save_directory(found)
    assert sqlite_storage.patient(BEFORE) != sqlite_storage.patient(NOW_NUMBER)
