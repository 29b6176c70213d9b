"""The register, the directory and forgetting, on each database."""

import json

import pytest

from broker.federation.register import ChangeRegister, EntryChange, digest, row_hash
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
from broker.storage.persons import Listed
from tests.support import effects as a
from tests.support.databases import NOW
from trust_framework.directory import Commission, StaffEntry
from trust_framework.persons import Person
from trust_framework.representation import Kind

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


MEMBER = {"org": "2120000142", "names": {"sv": "Åsö kommun", "en": "Åsö"}}
FILE = {"tillit": "1", "members": [MEMBER], "methods": {"card": {"anchors": ["x"]}}}


def service(id: str, **more: object) -> dict[str, object]:
    return {"id": id, "member": MEMBER["org"], "oidc": {"client_id": f"client-{id}"}, "levels": ["x"], **more}


def changed(id: str, content: object, expected: int | None = None, origin: str = "portal") -> EntryChange:
    return EntryChange("service", id, content, MEMBER["org"], origin, "person-1", "why", "proposal-1", expected)


def change(storage, *changes: EntryChange) -> None:
    storage.commit(Effects((ChangeRegister(changes, storage.clock()),)))


class TestApplyingAFile:
    def test_before_the_first_file_there_is_version_0_and_nothing_in_it(self, storage):
        assert (storage.federation_version(), storage.federation_document(), storage.federation()) == (0, {}, None)

    def test_each_file_is_a_new_version_with_its_event_and_the_old_ones_can_be_rebuilt(self, storage):
        waiting = storage.log_waiting()
        with_services = {**FILE, "services": [service("b"), service("a")]}
        assert storage.save_federation(with_services, "d1") == 1
        assert storage.save_federation(FILE, "d2", changes=("service a removed",)) == 2
        assert storage.federation_version() == 2
        assert storage.federation_document() == FILE
        old = storage.federation(1)
        assert (old.version, old.applied_at, old.document) == (1, NOW, with_services)
        assert storage.log_waiting() == waiting + 2
        assert b'"event":"federation.applied"' in storage.log_pending()[-1]

    def test_only_what_differs_is_written(self, storage):
        storage.save_federation({**FILE, "services": [service("a"), service("b")]}, "d1")
        storage.save_federation({**FILE, "services": [service("a"), service("b", names={"sv": "B"})]}, "d2")
        assert [entry.key for entry in storage.register_since(1)] == [("service", "b")]

    def test_entries_keep_the_order_in_which_they_first_came(self, storage):
        storage.save_federation({**FILE, "services": [service("z"), service("a")]}, "d1")
        storage.save_federation({**FILE, "services": [service("b"), service("z", levels=["y"])]}, "d2")
        assert [entry["id"] for entry in storage.federation_document()["services"]] == ["z", "b"]

    def test_of_two_files_applied_at_once_the_second_is_told_and_nothing_of_it_stays(self, storage, monkeypatch):
        storage.save_federation(FILE, "d1")
        with monkeypatch.context() as patched:
            patched.setattr(storage, "federation_version", lambda: 0)
            with pytest.raises(Overtaken):
                storage.save_federation({**FILE, "services": [service("a")]}, "d2", [listed()])
        assert storage.federation_document() == FILE
        assert storage.persons_by_keys((NUMBER,)) == frozenset()


class TestEntries:
    def test_a_change_is_a_new_version_with_its_event_that_names_who_and_what_was_approved(self, storage):
        storage.save_federation(FILE, "d1")
        change(storage, changed("a", service("a"), expected=0))
        found = storage.register_entry("service", "a")
        assert (found.version, found.origin, found.actor, found.reason, found.proposal) == (
            2, "portal", "person-1", "why", "proposal-1",
        )  # fmt: skip
        assert found.content == service("a")
        event = json.loads(storage.log_pending()[-1])
        assert event["event"] == "register.changed"
        assert (event["entry"], event["digest"], event["version"]) == ("a", digest(service("a")), 2)

    def test_a_file_leaves_what_the_portal_added_or_changed_unless_it_says_something_new(self, storage):
        filed = {**FILE, "services": [service("a")]}
        storage.save_federation(filed, "d1")
        change(storage, changed("a", service("a", names={"sv": "Ny"})), changed("b", service("b")))
        assert [entry.id for entry in storage.register_drift()] == ["a", "b"]
        again = {**filed, "members": [{**MEMBER, "state": "suspended"}]}
        assert storage.federation_after(again)["services"][0]["names"] == {"sv": "Ny"}
        storage.save_federation(again, "d2")
        assert storage.register_entry("service", "a").content["names"] == {"sv": "Ny"}
        assert storage.register_entry("service", "b") is not None
        storage.save_federation({**again, "services": [service("a", levels=["other"])]}, "d3")
        assert storage.register_entry("service", "a").content["levels"] == ["other"]
        assert [entry.id for entry in storage.register_drift()] == ["b"]

    def test_what_was_made_from_an_older_version_is_refused_whole(self, storage):
        change(storage, changed("a", service("a"), expected=0))
        with pytest.raises(Overtaken):
            change(storage, changed("b", service("b")), changed("a", service("a", levels=["y"]), expected=0))
        assert storage.register_entry("service", "b") is None
        assert storage.federation_version() == 1

    def test_what_has_gone_is_in_no_list_and_its_history_stays(self, storage):
        change(storage, changed("a", service("a")))
        change(storage, changed("a", None, expected=1))
        assert storage.register_entry("service", "a") is None
        assert storage.register_page("service").total == 0
        gone, first = storage.register_history("service", "a")
        assert (gone.content, first.content) == (None, service("a"))
        assert gone.previous == row_hash(first)
        assert [entry.id for entry in storage.register_entries(1)] == ["a"]
        change(storage, changed("a", service("a"), expected=0))

    def test_any_point_in_time_can_be_rebuilt(self, storage):
        storage.save_federation({**FILE, "services": [service("a")]}, "d1")
        storage.clock.now += 10
        change(storage, changed("a", service("a", levels=["y"])))
        assert storage.register_version_at(NOW - 1) == 0
        then = storage.register_entries(storage.register_version_at(NOW + 9))
        assert [entry.content for entry in then if entry.kind == "service"] == [service("a")]
        now = storage.register_entries(storage.register_version_at(NOW + 10))
        assert [entry.content["levels"] for entry in now if entry.kind == "service"] == [["y"]]


class TestLists:
    def test_names_are_in_swedish_order_and_pages_go_on_where_the_one_before_ended(self, storage):
        names = ["Öland", "Ärla", "Åby", "Zinken", "élan", "Eka"]
        change(storage, *(changed(f"s{at}", service(f"s{at}", names={"sv": n})) for at, n in enumerate(names)))
        seen, after, pages = [], "", 0
        while after is not None:
            page = storage.register_page("service", after=after, count=2)
            assert page.total == 6
            seen += [entry.about.names["sv"] for entry in page.entries]
            after, pages = page.next, pages + 1
        assert seen == ["Eka", "élan", "Zinken", "Åby", "Ärla", "Öland"]
        assert pages == 3

    @pytest.mark.parametrize(
        ("search", "found"),
        [("BY", 1), ("s1", 1), ("%", 0), ("_", 0), ("\\", 0), ("", 2), ("' OR 1=1 --", 0)],
    )
    def test_a_search_finds_parts_of_names_and_ids_and_means_nothing_else(self, storage, search, found):
        change(storage, changed("s1", service("s1", names={"sv": "Åby"})), changed("s2", service("s2")))
        assert storage.register_page("service", search=search).total == found

    def test_a_list_of_one_member_or_one_state_has_nothing_of_others(self, storage):
        change(storage, changed("a", service("a")), changed("b", service("b", state="suspended")))
        assert storage.register_page("service", org="5560000000").total == 0
        assert [e.id for e in storage.register_page("service", org=MEMBER["org"], state="suspended").entries] == ["b"]

    @pytest.mark.parametrize("after", ["", "zz.a", "nothing", "..", "61"])
    def test_a_continuation_that_is_not_ours_begins_at_the_first(self, storage, after):
        change(storage, changed("a", service("a")))
        assert [entry.id for entry in storage.register_page("service", after=after).entries] == ["a"]


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


class TestWhatHasChanged:
    def test_from_the_beginning_it_is_everything_that_stands(self, storage):
        storage.save_federation({**FILE, "services": [service("a"), service("b")]}, "d1")
        storage.save_federation({**FILE, "services": [service("b")]}, "d2")

        told = storage.register_changed(0)

        assert {(each.kind, each.id) for each in told.listed} == {
            ("member", MEMBER["org"]), ("method", "card"), ("service", "b"), ("federation", ""),
        }  # fmt: skip
        assert told.gone == frozenset()

    def test_since_a_version_it_is_what_came_what_differs_and_what_has_gone(self, storage):
        storage.save_federation({**FILE, "services": [service("a"), service("b"), service("c")]}, "d1")
        change(storage, changed("b", service("b", state="suspended")), changed("a", None), changed("d", service("d")))

        told = storage.register_changed(1)

        assert [(each.id, each.version, each.about.state) for each in told.listed] == [
            ("b", 2, "suspended"),
            ("d", 2, "active"),
        ]
        assert told.gone == {("service", "a")}
        assert storage.register_changed(2).listed == ()

    def test_what_went_and_came_again_stands(self, storage):
        storage.save_federation({**FILE, "services": [service("a")]}, "d1")
        change(storage, changed("a", None))
        change(storage, changed("a", service("a", state="test")))

        told = storage.register_changed(1)

        assert [(each.id, each.version) for each in told.listed] == [("a", 3)]
        assert told.gone == frozenset()


def test_active_services_that_take_a_relation_are_found_by_it_and_by_name(storage):
    change(
        storage,
        changed("b", service("b", names={"sv": "Ärenden 100%"}, on_behalf_of=["guardian", "power"])),
        changed("a", service("a", names={"sv": "Tidbok"}, on_behalf_of=["power"])),
        changed("c", service("c", on_behalf_of=["guardian"])),
        changed("d", service("d", on_behalf_of=["power"], state="suspended")),
        changed("e", service("e")),
    )

    def ids(kind: Kind, **more: object) -> list[str]:
        return [entry.id for entry in storage.register_taking(kind, **more)]

    assert ids(Kind.POWER) == ["a", "b"]
    assert (ids(Kind.GUARDIAN), ids(Kind.SIGNATORY)) == (["c", "b"], [])
    assert (ids(Kind.POWER, search="ÄREND"), ids(Kind.POWER, search="%"), ids(Kind.POWER, count=1)) == (
        ["b"],
        ["b"],
        ["a"],
    )
    (found,) = storage.register_taking(Kind.POWER, "100%")
    assert found.about.on_behalf_of == ("guardian", "power")


def test_one_version_of_an_entry_is_read_as_it_was_and_when_it_first_came_is_known(storage):
    storage.save_federation({**FILE, "services": [service("a")]}, "d1")
    storage.commit(Effects((ChangeRegister((changed("a", service("a", state="suspended")),), NOW + 9),)))

    assert storage.register_exact("service", "a", 1).content == service("a")
    assert storage.register_exact("service", "a", 2).content == service("a", state="suspended")
    assert storage.register_exact("service", "a", 3) is None
    assert (storage.register_first_at("service", "a"), storage.register_first_at("service", "x")) == (NOW, None)
