"""A node follows the register: at each version only what changed is read, and services when somebody asks for them."""

import threading

import pytest

from broker.federation import entries, services
from broker.federation.following import Following
from broker.federation.listing import Listing
from broker.federation.reading import only_to_look_at
from broker.federation.register import ChangeRegister, EntryChange
from broker.federation.services import Lazy
from broker.login.effects import Effects
from broker.login.own import IDS
from broker.settings import Environment, Settings
from metadata.register import UnknownService
from metadata.wire import xml
from tests.architecture.test_costs_oidc import counting
from tests.support import saml_metadata as make
from tests.support.oidfed import jwks, key
from tests.support.world import LEVEL3, MEMBER, client, federation
from trust_framework.members import State

OTHER = "2120000142"


def saml(id: str, **more: object) -> dict[str, object]:
    entity_id = f"https://{id}.example/metadata"
    document = make.entity(make.sp_role(make.acs(f"https://{id}.example/acs")), entity_id=entity_id).decode()
    return {"id": id, "member": MEMBER, "levels": [LEVEL3], "saml": {"metadata_xml": document}, **more}


def rp(id: str) -> dict[str, object]:
    public = {"client_secret": None, "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]}
    return client(id, **public, scope="openid")


def provider(id: str = "idp") -> dict[str, object]:
    document = make.entity(make.idp_role(), entity_id=f"https://{id}.example/metadata").decode()
    return {"id": id, "saml": {"metadata_xml": document}, "ceiling": LEVEL3, "levels": {"urn:password": LEVEL3}}


class Node:
    """A store, and a node that follows it; what it could not read is noted."""

    def __init__(self, storage, tmp_path) -> None:
        self.storage, self.noted = storage, []
        settings = Settings(base_url="https://login.example.se", TILLIT_ENV=Environment.PRODUCTION, data_dir=tmp_path)
        note = lambda name, error: self.noted.append((name, type(error).__name__))  # noqa: E731
        self.following = Following(storage, only_to_look_at(settings), settings, note)

    def apply(self, *entries_: dict[str, object], **parts: object):
        self.storage.save_federation(federation(*entries_, **parts), "d")
        return self.following.federation()

    def change(self, kind: str, id: str, content: object):
        change = EntryChange(kind, id, content, MEMBER, "portal")
        self.storage.commit(Effects((ChangeRegister((change,), self.storage.clock()),)))
        return self.following.federation()


@pytest.fixture
def node(sqlite_storage, tmp_path):
    return Node(sqlite_storage, tmp_path)


@pytest.fixture
def parsed(monkeypatch):
    with counting(monkeypatch, xml.etree, "fromstring") as calls:
        yield calls


def test_before_anything_was_applied_there_are_the_brokers_own_pages(node):
    found = node.following.federation()
    assert (found.version, set(found.parties), found.methods) == (0, IDS, {})
    assert {found.register.services[own].id for own in IDS} == {found.parties[own].id for own in IDS} == IDS


def test_nothing_is_parsed_until_a_service_is_asked_for_and_then_once(node, parsed):
    node.storage.save_federation(federation(*(saml(f"s{n}") for n in range(50))), "d")
    parsed.clear()

    found = node.following.federation()

    assert (len(found.parties), parsed) == (50 + len(IDS), [])
    for _ in range(3):
        assert found.register.by_entity_id("https://s7.example/metadata").id == "s7"
        assert found.parties["s7"].member.org == MEMBER
        assert found.register.services["s7"].saml.assertion_consumer_services[0].url == "https://s7.example/acs"
    assert len(parsed) == 1


def test_after_a_change_that_service_alone_is_read_again(node, parsed):
    found = node.apply(*(saml(f"s{n}") for n in range(5)), identity_providers=[provider()])
    assert all(found.parties[f"s{n}"] for n in range(5))
    changed = saml("s3", name={"sv": "Ny"})
    node.storage.register_changed(0)
    change = EntryChange("service", "s3", changed, MEMBER, "portal")
    node.storage.commit(Effects((ChangeRegister((change,), node.storage.clock()),)))
    parsed.clear()

    found = node.following.federation()

    assert [found.parties[f"s{n}"].name("sv") for n in (2, 3)] == ["https://s2.example/metadata", "Ny"]
    assert len(parsed) == 1


def test_a_provider_keeps_its_adapter_until_its_entry_changes(node):
    first = node.apply(saml("a"), identity_providers=[provider()])
    second = node.change("service", "b", saml("b"))
    third = node.change("identity_provider", "idp", {**provider(), "name": {"sv": "Ny"}})

    assert first.methods["idp"] is second.methods["idp"]
    assert third.methods["idp"] is not second.methods["idp"]
    assert (third.providers["idp"].names["sv"], third.provider_entities) == (
        "Ny",
        {"https://idp.example/metadata": "idp"},
    )


def test_a_snapshot_goes_on_saying_what_it_said(node):
    old = node.apply(saml("a", name={"sv": "Gammal"}), saml("b"))
    new = node.change("service", "a", saml("a", name={"sv": "Ny"}))

    assert (old.parties["a"].name("sv"), new.parties["a"].name("sv")) == ("Gammal", "Ny")
    assert old.parties["a"].name("sv") == "Gammal", "also when the new one was read in between"


def test_what_goes_is_gone_and_what_stops_is_stopped(node):
    node.apply(saml("a"), saml("b"), rp("rp"))
    found = node.change("service", "a", None)

    assert set(found.parties) == {"b", "rp", *IDS}
    with pytest.raises(UnknownService):
        found.register.by_entity_id("https://a.example/metadata")
    assert found.register.services.get("a") is None

    found = node.change("member", MEMBER, {"org": MEMBER, "name": {"sv": "Regionen"}, "state": "suspended"})
    assert {found.parties[name].member.state for name in ("b", "rp")} == {State.SUSPENDED}


def test_clients_are_found_by_their_client_id_without_being_read(node, monkeypatch):
    found = node.apply(rp("rp"), rp("other"))
    monkeypatch.setattr(entries, "service", lambda *_: pytest.fail("read"))
    assert found.register.has_client("rp")
    assert not found.register.has_client("nobody")
    monkeypatch.undo()
    assert found.register.by_client_id("rp").oidc.client_id == "rp"


@pytest.mark.parametrize(
    "content",
    [saml("a", saml={"metadata_xml": "<a/>"}), saml("a", levels=[]), saml("a", member=OTHER), {"id": "a"}],
    ids=["metadata", "schema", "nobodys", "nothing"],
)
def test_a_service_that_cannot_be_read_is_unknown_told_of_once_and_the_others_serve(node, content):
    node.apply(saml("a"), saml("b"))
    change = EntryChange("service", "a", content, content.get("member", MEMBER), "portal")
    node.storage.commit(Effects((ChangeRegister((change,), node.storage.clock()),)))
    found = node.following.federation()

    for _ in range(3):
        assert found.parties.get("a") is found.register.services.get("a") is None
        with pytest.raises(UnknownService):
            found.register.by_entity_id("https://a.example/metadata")
    assert len(node.noted) == 1
    assert node.noted[0][0] == "a"
    assert found.register.by_entity_id("https://b.example/metadata").id == "b"


def test_a_register_that_cannot_be_understood_leaves_the_node_where_it_was(node):
    node.apply(saml("a"), identity_providers=[provider()])
    version = node.following.listing.version

    with pytest.raises(Exception, match="metadata"):
        node.change("identity_provider", "idp", {**provider(), "saml": {"metadata_xml": "<a/>"}})
    assert node.following.listing.version == version

    assert node.change("identity_provider", "idp", provider()).version == version + 2


def test_services_read_long_ago_make_room_and_are_read_again(node, monkeypatch, parsed):
    monkeypatch.setattr(services, "KEPT", 3)
    found = node.apply(*(saml(f"s{n}") for n in range(6)))
    parsed.clear()

    for _ in range(2):
        assert [found.parties[f"s{n}"].id for n in range(6)] == [f"s{n}" for n in range(6)]
    assert len(parsed) == 12
    assert found.parties["s5"].id == "s5"
    assert len(parsed) == 12


def test_threads_that_ask_at_once_get_the_same_answer(node, monkeypatch):
    monkeypatch.setattr(services, "KEPT", 3)
    found = node.apply(*(saml(f"s{n}") for n in range(8)))
    wrong = []

    def ask(start: int) -> None:
        for turn in range(40):
            name = f"s{(start + turn) % 8}"
            if found.parties[name].id != name or found.register.services[name].id != name:
                wrong.append(name)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_list_finds_and_sorts_out_its_entries(node):
    node.apply(saml("a"), saml("b"), rp("rp"))
    listing = node.following.listing

    assert [entry.id for entry in listing.of("service")] == ["a", "b", "rp"]
    assert listing.find("service", "a").about.subject == "https://a.example/metadata"
    assert listing.find("service", "x") is None
    assert Listing().find("service", "a") is None


def test_a_mapping_that_reads_late_is_a_mapping():
    seen = []
    mapping = Lazy({"one": "1", "two": "2"}, lambda key: seen.append(key) or int(key))
    assert (len(mapping), list(mapping), "one" in mapping, "x" in mapping, seen) == (2, ["one", "two"], True, False, [])
    assert (mapping["two"], mapping.get("x"), mapping.get("one"), seen) == (2, None, 1, ["2", "1"])


def test_members_are_read_once_until_there_are_too_many(node, monkeypatch):
    from broker.federation import listing as module

    monkeypatch.setattr(module, "MEMBERS_KEPT", 1)
    node.apply(saml("a"), saml("b"), saml("c", member=OTHER), members=[
        {"org": MEMBER, "name": {"sv": "Ett"}}, {"org": OTHER, "name": {"sv": "Två"}},
    ])  # fmt: skip
    found, reads = node.following.federation(), []
    exact = node.storage.register_exact
    monkeypatch.setattr(node.storage, "register_exact", lambda *key: reads.append(key[0]) or exact(*key))

    assert [found.parties[name].member.names["sv"] for name in "abc"] == ["Ett", "Ett", "Två"]
    assert reads.count("member") == 2


def test_a_content_that_the_database_does_not_have_is_no_content(node):
    node.apply(saml("a"))
    listed = node.following.listing.find("service", "a")
    node.storage.register_exact = lambda *_: None
    with pytest.raises(KeyError):
        node.following.contents.entry(listed)


ANCHOR = "https://anchor.example"


def entity(name: str) -> dict[str, object]:
    return {"entity_id": name, "jwks": jwks(key(name))}


def test_who_is_in_an_openid_federation_is_read_at_once_and_nobody_else(node, monkeypatch):
    members = [{"org": MEMBER, "name": {"sv": "Ett"}}, {"org": OTHER, "name": {"sv": "Två"}}]
    below = {**rp("rp"), "openid_federation": entity("https://rp.example")}
    said = {
        "openid_federation": {
            "role": "trust-anchor",
            "trust_anchors": [{**entity(ANCHOR), "services": {"member": OTHER, "levels": [LEVEL3]}}],
        }
    }
    node.storage.save_federation(federation(saml("a"), below, members=members, **said), "d")
    reads, exact = [], node.storage.register_exact
    monkeypatch.setattr(node.storage, "register_exact", lambda *key: reads.append(key[:2]) or exact(*key))

    own = node.following.federation().entity

    assert set(own.subordinates) == {"https://rp.example"}
    assert own.terms[ANCHOR].member.org == OTHER
    assert {key for key in reads if key[0] in {"member", "service"}} == {
        ("member", MEMBER), ("member", OTHER), ("service", "rp"),
    }  # fmt: skip


def test_a_stopped_member_takes_its_entity_out_of_the_openid_federation(node):
    members = [{"org": MEMBER, "name": {"sv": "Ett"}}, {"org": OTHER, "name": {"sv": "Två"}}]
    below = {**rp("rp"), "openid_federation": entity("https://rp.example")}
    node.apply(below, members=members, openid_federation={"role": "trust-anchor"})

    found = node.change("member", MEMBER, {**members[0], "state": "suspended"})

    assert found.entity.subordinates == {}


def test_a_provider_is_in_force_as_long_as_its_member_is(node):
    members = [{"org": MEMBER, "name": {"sv": "Ett"}}, {"org": OTHER, "name": {"sv": "Två"}}]
    found = node.apply(saml("a"), members=members, identity_providers=[{**provider(), "member": OTHER}])
    assert found.providers["idp"].state is State.ACTIVE

    found = node.change("member", OTHER, {**members[1], "state": "suspended"})
    assert found.providers["idp"].state is State.SUSPENDED


def test_an_anchor_whose_member_has_gone_has_no_terms(node):
    members = [{"org": MEMBER, "name": {"sv": "Ett"}}, {"org": OTHER, "name": {"sv": "Två"}}]
    anchors = [{**entity(ANCHOR), "services": {"member": OTHER, "levels": [LEVEL3]}}]
    node.apply(saml("a"), members=members, openid_federation={"trust_anchors": anchors})
    assert node.change("member", OTHER, None).entity.terms == {}
