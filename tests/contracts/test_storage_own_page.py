"""What My page reads and changes in a store, on each database: representations, consents, sign-ons, own logins, requests."""

import json
import threading
from dataclasses import replace

import pytest

from broker.audit.events import RequestRefused
from broker.care.requests import SaveCareRequest
from broker.login.effects import Effects, Join, KeepPerson, Overtaken, PersonKey, RecordConsent, SaveGrant, StartSignOn
from broker.login.person import (
    ConsentKept,
    DeclineRepresentation,
    EndGrants,
    GiveRepresentation,
    RevokeRepresentation,
    WithdrawConsent,
)
from broker.storage.persons import Listed
from tests.contracts.test_storage_references import seal
from tests.support import care_values as care
from tests.support import effects as a
from tests.support.databases import NOW
from trust_framework.care_requests import CareRequest, RequestState, Wish
from trust_framework.persons import Person
from trust_framework.representation import Deed, Given, Kind, Organisation, Representation

FILE = {"tillit": "1"}


def one(name: str, number: str, *represented: Representation) -> Listed:
    return Listed((PersonKey("personalIdentityNumber", number),), Person(""), name=name, represented=represented)


def of(kind: Kind = Kind.GUARDIAN, id: str = "R-1", **more: object) -> Representation:
    return Representation(id, "alva", "anna", kind, **more)


def filed(storage, *represented: Representation) -> None:
    people = (one("anna", "191212121212"), one("alva", "201705012389", *represented))
    storage.save_federation(FILE, "digest", people)


def changes(storage) -> list[dict[str, object]]:
    events = [json.loads(leaf) for leaf in storage.log_pending()]
    return [event for event in events if event["event"] == "representation.changed"]


def person(storage, number: str) -> str:
    (found,) = storage.persons_by_keys((PersonKey("personalIdentityNumber", number),))
    return found


def test_who_may_act_for_whom_comes_with_the_file_and_is_seen_by_both(storage):
    filed(storage, of(until=NOW + 9, deeds=frozenset({Deed.READ})), of(Kind.POWER, "R-2", start=5, despite_age=True))
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    assert storage.representations_of(anna) == storage.representations_of(alva)
    first, second = storage.representations_of(anna)
    assert (first.person, first.representative, first.kind, first.until) == (alva, anna, Kind.GUARDIAN, NOW + 9)
    assert (first.deeds, second.start, second.despite_age) == ({Deed.READ}, 5, True)
    assert first.id != "R-1"
    assert storage.representations_of("nobody") == ()


def test_each_change_of_who_may_act_for_whom_is_in_the_log_once(storage):
    filed(storage, of())
    filed(storage, of())
    filed(storage, of(until=NOW))
    filed(storage)
    assert [e["act"] for e in changes(storage)] == ["given", "given", "ended"]
    assert storage.representations_of(person(storage, "191212121212")) == ()


def test_what_was_taken_back_stays_so_when_the_file_is_applied_again(storage):
    filed(storage, of())
    alva = person(storage, "201705012389")
    (given,) = storage.representations_of(alva)
    storage.commit(Effects((RevokeRepresentation(given.id, alva, NOW + 1),)))
    filed(storage, of())
    assert [each.revoked_at for each in storage.representations_of(alva)] == [NOW + 1]


def test_what_services_it_is_for_and_which_organisation_come_with_the_file(storage):
    firm = Organisation("5560360793", "Exempelkommunen")
    signs = Representation("R-2", "", "anna", Kind.SIGNATORY, organisation=firm)
    power = Representation("R-3", "alva", "anna", Kind.POWER, services=frozenset({"rp", "https://rp.example"}))
    filed(storage, power, signs)
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    found = {one.kind: one for one in storage.representations_of(anna)}
    assert (found[Kind.SIGNATORY].organisation, found[Kind.SIGNATORY].person) == (firm, "")
    assert found[Kind.POWER].services == {"rp", "https://rp.example"}
    assert [one.kind for one in storage.representations_of(alva)] == [Kind.POWER]
    assert {(e["kind"], e.get("organisation")) for e in changes(storage)} == {
        ("signatory", "5560360793"),
        ("power", None),
    }


def given_power(storage, id: str = "own-1") -> Representation:
    """A power that alva gives somebody whom the register has never seen."""
    filed(storage)
    alva, other = person(storage, "201705012389"), "o" * 16
    told = Given("195006262546", "Åke", {"givenName": ("Alva",)})
    one = Representation(id, alva, other, Kind.POWER, start=NOW, until=NOW + 9, services=frozenset({"rp"}), given=told)
    key = PersonKey("personalIdentityNumber", "195006262546")
    storage.commit(Effects((GiveRepresentation(one, 0), KeepPerson(other, (key,)))))
    return one


def test_a_power_that_a_person_gave_is_read_as_it_was_and_no_file_takes_it_away(storage):
    one = given_power(storage)
    filed(storage, of())
    filed(storage)
    assert storage.representations_of(one.person) == (one,) == storage.representations_of(one.representative)
    storage.commit(Effects((RevokeRepresentation(one.id, one.person, NOW + 1),)))
    assert storage.representations_of(one.person) == (replace(one, revoked_at=NOW + 1),)


def test_what_a_power_says_of_its_two_is_sealed_and_goes_with_its_giver(storage):
    one = given_power(storage)
    assert storage.forget_person(one.person)
    assert storage.representations_of(one.representative) == ()
    with pytest.raises(Overtaken):
        storage.commit(Effects((GiveRepresentation(replace(one, id="own-2"), 1),)))
    with pytest.raises(Overtaken):
        storage.commit(
            Effects((GiveRepresentation(replace(one, id="own-3", person=one.representative, given=None), 0),))
        )


def test_of_powers_that_are_given_at_once_each_is_weighed_with_those_before(storage):
    one, ready, outcomes = given_power(storage), threading.Barrier(2), []

    def give(id: str) -> None:
        ready.wait()
        try:
            storage.commit(Effects((GiveRepresentation(replace(one, id=id), 1),)))
        except Overtaken:
            outcomes.append("overtaken")
        else:
            outcomes.append("given")

    threads = [threading.Thread(target=give, args=(f"own-{n}",)) for n in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["given", "overtaken"]
    assert len(storage.representations_of(one.person)) == 2


def test_who_was_given_a_power_declines_it_and_no_file_gives_it_again(storage):
    filed(storage, of(Kind.POWER))
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    (held,) = storage.representations_of(anna)
    storage.commit(Effects((DeclineRepresentation(held.id, anna, NOW + 1),)))
    filed(storage, of(Kind.POWER))
    declined = replace(held, revoked_at=NOW + 1, declined=True)
    assert storage.representations_of(alva) == (declined,) == storage.representations_of(anna)
    assert [event["act"] for event in changes(storage)] == ["given"]
    for again in (DeclineRepresentation(held.id, anna, NOW + 2), RevokeRepresentation(held.id, alva, NOW + 2)):
        with pytest.raises(Overtaken):
            storage.commit(Effects((again,)))


def moved(storage, change) -> bool:
    """Whether decisions about Alva are made anew when something changes, and those about Anna are not."""
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    before = [storage.care_version(each) for each in (anna, alva)]
    change()
    after = [storage.care_version(each) for each in (anna, alva)]
    assert after[0] == before[0]
    return after[1] != before[1]


@pytest.mark.spec("facts/threats", "CB-01")
def test_decisions_about_somebody_are_made_anew_when_it_changes_who_may_act_for_them(storage):
    filed(storage)
    assert moved(storage, lambda: filed(storage, of(Kind.POWER)))
    assert not moved(storage, lambda: filed(storage, of(Kind.POWER)))
    assert moved(storage, lambda: filed(storage, of(Kind.POWER, until=NOW + 9)))
    assert moved(storage, lambda: filed(storage, of(Kind.POWER, until=NOW + 9, despite_age=True)))
    (held,) = storage.representations_of(person(storage, "191212121212"))
    decline = DeclineRepresentation(held.id, person(storage, "191212121212"), NOW + 1)
    assert moved(storage, lambda: storage.commit(Effects((decline,))))
    assert moved(storage, lambda: filed(storage))


@pytest.mark.spec("facts/threats", "CB-01")
def test_decisions_about_somebody_are_made_anew_when_what_is_known_of_them_changes(storage):
    def listed(**known):
        alva = replace(one("alva", "201705012389"), person=Person("", **known))
        storage.save_directory([one("anna", "191212121212"), alva])

    listed()
    assert not moved(storage, listed)
    assert moved(storage, lambda: listed(protected=True))
    assert moved(storage, lambda: listed(attributes={"dateOfBirth": ("2017-05-01",)}))
    assert moved(storage, lambda: storage.save_directory([one("anna", "191212121212")]))
    assert not moved(storage, lambda: storage.save_directory([one("anna", "191212121212")]))
    assert storage.person(person(storage, "201705012389")) == Person(person(storage, "201705012389"))
    assert moved(storage, listed)


@pytest.mark.parametrize("kind", [Kind.POWER, Kind.GUARDIAN])
def test_nobody_declines_what_they_were_not_given_nor_guardianship(storage, kind):
    filed(storage, of(kind))
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    (held,) = storage.representations_of(anna)
    wrong = [(held.id, alva), ("unknown", anna), *([(held.id, anna)] if kind is Kind.GUARDIAN else [])]
    for id_, who in wrong:
        with pytest.raises(Overtaken):
            storage.commit(Effects((DeclineRepresentation(id_, who, NOW + 1),)))
    assert storage.representations_of(alva) == (held,)


@pytest.mark.parametrize("owner", ["the representative", "taken back already", "unknown"])
def test_nobody_takes_back_what_is_not_theirs_or_twice(storage, owner):
    filed(storage, of())
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    (given,) = storage.representations_of(alva)
    change = RevokeRepresentation(given.id, anna if owner == "the representative" else alva, NOW)
    if owner == "taken back already":
        storage.commit(Effects((change,)))
    with pytest.raises(Overtaken):
        storage.commit(Effects((replace(change, id="x") if owner == "unknown" else change,)))


def test_who_is_forgotten_represents_nobody_and_is_represented_by_nobody(storage):
    filed(storage, of())
    anna, alva = person(storage, "191212121212"), person(storage, "201705012389")
    storage.forget_person(anna)
    assert storage.representations_of(alva) == ()


def test_a_directory_without_a_file_brings_representations_too(storage):
    storage.save_directory((one("anna", "191212121212"), one("alva", "201705012389", of())))
    assert len(storage.representations_of(person(storage, "201705012389"))) == 1


def test_consents_are_listed_with_their_details_and_taken_back_by_service(storage):
    given = [RecordConsent("p", s, "hash", NOW + n, ("sn", "givenName")) for n, s in enumerate(("one", "two"))]
    storage.commit(Effects((*given, RecordConsent("other", "one", "hash", NOW))))
    assert storage.consents_of("p") == (
        ConsentKept("two", ("sn", "givenName"), NOW + 1),
        ConsentKept("one", ("sn", "givenName"), NOW),
    )
    storage.commit(Effects((WithdrawConsent("p", "one"),)))
    assert [each.service for each in storage.consents_of("p")] == ["two"]
    assert len(storage.consents_of("other")) == 1
    with pytest.raises(Overtaken):
        storage.commit(Effects((WithdrawConsent("p", "one"),)))


def test_a_person_s_sign_ons_are_listed_with_what_they_served_until_they_end(storage):
    first, second = a.sign_on(), a.sign_on(id=b"2" * 32, root="r2", used_at=NOW + 5)
    served = a.participant()
    storage.commit(Effects((StartSignOn(first), StartSignOn(second), Join(second.root, served))))
    newest, oldest = storage.sign_ons_of(first.person)
    assert (newest.sign_on, newest.services) == (second, (served.service,))
    assert oldest.services == ()
    assert storage.sign_ons_of("another") == ()


def test_all_of_a_person_s_grants_end_at_once_also_those_with_offline_access(storage):
    kept = a.grant(id="g1", person="p", sign_on=None, content={"offline": True})
    other = a.grant(id="g2", person="q", sign_on=None)
    storage.commit(Effects((SaveGrant(kept), SaveGrant(other), EndGrants("p", NOW + 3))))
    storage.commit(Effects((EndGrants("p", NOW + 3),)))
    assert (storage.grant("g1").revoked_at, storage.grant("g2").revoked_at) == (NOW + 3, None)


def test_a_person_s_own_logins_are_paged_newest_first_and_nobody_else_s(storage):
    mine = [a.code_issued(at=NOW + n, reference=f"R-{n}", person="p") for n in range(5)]
    theirs = a.code_issued(at=NOW, reference="R-x", person="q")
    nobody = RequestRefused(at=NOW, reference="R-y", service="svc", reason="request-address")
    storage.append((*mine, theirs, nobody))
    assert [e.event["reference"] for e in storage.log_waiting_of_person("p")] == ["R-4", "R-3", "R-2", "R-1", "R-0"]
    seal(storage)
    assert storage.log_waiting_of_person("p") == ()
    first = storage.log_of_person("p", since=NOW + 1, count=2)
    rest = storage.log_of_person("p", since=NOW + 1, before=first.before, count=2)
    assert [e.event["reference"] for e in (*first.events, *rest.events)] == ["R-4", "R-3", "R-2", "R-1"]
    assert (first.total, rest.before) == (4, None)


@pytest.fixture
def known(storage):
    storage.commit(Effects((KeepPerson("p", (PersonKey("personalIdentityNumber", care.PATIENT.value),)),)))
    return storage


def request(**changes: object) -> CareRequest:
    whole = CareRequest("r1", Wish.LIFT, care.PATIENT, care.PROVIDER, "b1", NOW, note="Gärna på fredag")
    return replace(whole, **changes)


def test_a_request_is_its_patient_s_and_its_provider_s_and_moves_on_once(known):
    asked = request()
    known.commit(Effects((SaveCareRequest(asked, "p"),)))
    assert known.care_request("r1") == (asked, "p")
    assert known.care_requests_of("p") == (asked,)
    assert known.care_requests_of_provider(care.PROVIDER) == ((asked, "p"),)
    assert known.care_requests_of_provider(care.OTHER_PROVIDER) == ()
    done = replace(asked, state=RequestState.DONE)
    known.commit(Effects((SaveCareRequest(done, "p", asked),)))
    with pytest.raises(Overtaken):
        known.commit(Effects((SaveCareRequest(replace(asked, state=RequestState.DECLINED), "p", asked),)))
    assert known.care_requests_of_provider(care.PROVIDER) == ()
    assert known.care_requests_of_provider(care.PROVIDER, "done") == ((done, "p"),)


def test_the_requests_of_who_is_forgotten_are_gone(known):
    known.commit(Effects((SaveCareRequest(request(), "p"),)))
    known.forget_person("p")
    assert known.care_request("r1") is None
