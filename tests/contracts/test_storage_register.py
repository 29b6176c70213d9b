"""The register, the directory and forgetting, on each database."""

import pytest
from sqlalchemy import literal, select

from broker.login.effects import (
    Effects,
    EndSignOn,
    KeepPerson,
    Overtaken,
    PersonKey,
    RecordConsent,
    SaveGrant,
    StartSignOn,
)
from broker.storage import register
from broker.storage.database import Kept
from broker.storage.persons import Listed
from tests.support import effects as a
from tests.support.databases import NOW
from trust_framework.directory import Commission, StaffEntry
from trust_framework.persons import Person

NUMBER = PersonKey("personalIdentityNumber", "199001012385")
HSA = PersonKey("employeeHsaId", "SE1-1")
ATTRIBUTES = {"givenName": ("Åsa",), "sn": ("Öberg",)}
STAFF = (
    StaffEntry(
        "SE1-1", {"title": ("Doctor",)}, (Commission("SE1-C1", {"commissionPurpose": ("Vård och behandling",)}),)
    ),
    StaffEntry("SE1-2", {}, ()),
)


def listed(*keys: PersonKey, **person: object) -> Listed:
    return Listed(keys or (NUMBER,), Person("", ATTRIBUTES, **person), STAFF)


def found(storage):
    (person,) = storage.persons_by_keys((NUMBER,))
    return person


class TestFederation:
    def test_before_the_first_file_there_is_version_0_and_nothing_in_it(self, storage):
        assert (storage.federation_version(), storage.federation_document(), storage.federation()) == (0, {}, None)

    def test_each_file_is_a_new_version_with_its_event_and_the_old_ones_stay(self, storage):
        waiting = storage.log_waiting()
        assert storage.save_federation({"services": [{"id": "a"}]}, "d1") == 1
        assert storage.save_federation({"services": []}, "d2", changes=("service a removed",)) == 2
        assert storage.federation_version() == 2
        assert storage.federation_document() == {"services": []}
        old = storage.federation(1)
        assert (old.version, old.digest, old.applied_at, old.document) == (1, "d1", NOW, {"services": [{"id": "a"}]})
        assert storage.log_waiting() == waiting + 2
        assert b'"event":"federation.applied"' in storage.log_pending()[-1]

    def test_of_two_files_applied_at_once_the_second_is_told_and_nothing_of_it_stays(self, storage, monkeypatch):
        storage.save_federation({"first": 1}, "d1")
        with monkeypatch.context() as patched:
            patched.setattr(register, "_VERSION", Kept(select(literal(0))))
            with pytest.raises(Overtaken):
                storage.save_federation({"second": 1}, "d2", [listed()])
        assert storage.federation_document() == {"first": 1}
        assert storage.persons_by_keys((NUMBER,)) == frozenset()


class TestDirectory:
    def test_persons_and_staff_are_read_as_the_directory_lists_them(self, storage):
        storage.save_federation({}, "d", [listed(NUMBER, HSA, protected=True)])
        person = found(storage)
        assert storage.person(person) == Person(person, ATTRIBUTES, protected=True)
        assert storage.staff(person) == STAFF
        assert storage.persons_by_keys((HSA,)) == {person}

    def test_a_person_who_has_logged_in_keeps_the_id_when_listed(self, storage):
        storage.commit(Effects((KeepPerson("p1", (NUMBER,)),)))
        storage.save_federation({}, "d", [listed(NUMBER, HSA)])
        assert found(storage) == "p1"
        assert storage.person("p1").attributes == ATTRIBUTES

    def test_ids_stay_from_file_to_file_and_who_is_left_out_keeps_only_the_keys(self, storage):
        storage.save_federation({}, "d", [listed()])
        person = found(storage)
        storage.save_federation({}, "d", [listed(blocked=True)])
        assert storage.person(person) == Person(person, ATTRIBUTES, blocked=True)
        storage.save_federation({}, "d", [])
        assert storage.person(person) == Person(person)
        assert storage.staff(person) == ()
        assert found(storage) == person

    def test_a_file_without_a_directory_leaves_the_one_there_is(self, storage):
        storage.save_federation({}, "d", [listed()])
        storage.save_federation({}, "d2")
        assert storage.staff(found(storage)) == STAFF

    def test_keys_that_point_at_two_persons_refuse_the_file_whole(self, storage):
        storage.commit(Effects((KeepPerson("p1", (NUMBER,)), KeepPerson("p2", (HSA,)))))
        with pytest.raises(Overtaken):
            storage.save_federation({}, "d", [listed(NUMBER, HSA)])
        assert storage.federation_version() == 0
        assert storage.person("p1") == Person("p1")


class TestForgetting:
    def test_a_forgotten_person_is_found_by_nothing_and_has_nothing(self, storage):
        storage.save_federation({}, "d", [listed(NUMBER, HSA)])
        person = found(storage)
        sign_on, grant = a.sign_on(person=person), a.grant(person=person)
        storage.commit(Effects((StartSignOn(sign_on), SaveGrant(grant), RecordConsent(person, "svc", "h", NOW))))
        assert storage.forget_person(person)
        assert storage.persons_by_keys((NUMBER, HSA)) == frozenset()
        assert storage.person(person) is storage.grant(grant.id) is storage.sign_on(sign_on.id) is None
        assert storage.staff(person) == storage.consents(person, "svc") == ()

    def test_a_person_never_seen_cannot_be_forgotten_and_others_stay(self, storage):
        storage.commit(Effects((KeepPerson("p1", (NUMBER,)),)))
        assert not storage.forget_person("nobody")
        assert found(storage) == "p1"

    def test_who_comes_back_after_being_forgotten_is_somebody_new(self, storage):
        storage.save_federation({}, "d", [listed()])
        old = found(storage)
        storage.forget_person(old)
        storage.save_federation({}, "d", [listed()])
        assert found(storage) != old

    def test_evidence_opens_until_the_person_is_forgotten(self, storage):
        storage.commit(Effects((KeepPerson("person-1", (NUMBER,)),), (a.identified(),)))
        storage.commit(Effects((EndSignOn("r", NOW),), (a.identified(person="unknown"),)))
        mine, unknowns = [row for row in pending_evidence(storage) if row]
        assert storage.evidence("person-1", mine) == b'{"certificate":"MIIB 199001012385"}'
        storage.forget_person("person-1")
        assert storage.evidence("person-1", mine) is None
        assert storage.evidence("unknown", unknowns) == b'{"certificate":"MIIB 199001012385"}'


def pending_evidence(storage):
    return [row[0] for row in storage._database.connection().execute("SELECT evidence FROM log_pending ORDER BY id")]
