"""OpenID Federation in the federation file: what it makes of us, and what may not stand there."""

import pytest

from broker.federation.faults import BadFederation
from broker.federation.reading import loaded
from metadata.federation.own import Role
from tests.support import federation as good
from tests.support.federation import content, put, settings
from tests.support.oidfed import jwks, key

ANCHOR, BELOW, OTHER = "https://anchor.example", "https://below.example", "https://other.example"
ORG = good.CONTENT["members"][0]["org"]
TERMS = {"member": ORG, "levels": ["http://id.elegnamnden.se/loa/1.0/loa3"]}
PRIVATE = {"keys": [{**jwks(key("a"))["keys"][0], "d": "x"}]}


def anchor(**more):
    return {"entity_id": ANCHOR, "jwks": jwks(key(ANCHOR)), **more}


def entity(entity_id=BELOW, **more):
    return {"entity_id": entity_id, "jwks": jwks(key(entity_id)), **more}


def read(folder, **said):
    changed = content()
    changed["openid_federation"] = said
    return loaded(good.read(good.folder(folder), changed).content, settings()).entity


def test_without_the_key_we_are_no_entity(tmp_path):
    assert loaded(good.read(good.folder(tmp_path)).content, settings()).entity is None


def test_an_empty_key_makes_us_a_leaf(tmp_path):
    own = read(tmp_path)
    assert (own.entity_id, own.role, own.superior, own.anchors) == (settings().base_url, Role.LEAF, False, {})


def test_a_leaf_has_nobody_below_it_whatever_the_members_say(tmp_path):
    changed = content()
    changed["members"][0]["openid_federation"] = entity()
    changed["openid_federation"] = {"authority_hints": [ANCHOR]}
    own = loaded(good.read(good.folder(tmp_path), changed).content, settings()).entity
    assert own.subordinates == {}


def test_whatever_of_the_register_is_an_entity_stands_below_an_anchor_with_the_types_of_its_place(tmp_path):
    changed = content()
    changed["openid_federation"] = {"role": "trust-anchor"}
    changed["members"][0]["openid_federation"] = entity("https://member.example")
    changed["services"][0]["openid_federation"] = entity("https://saml.example")
    changed["services"][1]["openid_federation"] = entity("https://client.example")
    changed["identity_providers"][0]["openid_federation"] = entity("https://provider.example", entity_types=["x"])
    own = loaded(good.read(good.folder(tmp_path), changed).content, settings()).entity
    assert {name: set(each.entity_types) - {"federation_entity"} for name, each in own.subordinates.items()} == {
        "https://member.example": set(),
        "https://saml.example": set(),
        "https://client.example": {"openid_relying_party"},
        "https://provider.example": {"x"},
    }


def test_terms_bind_services_below_an_anchor_to_a_member(tmp_path):
    own = read(tmp_path, trust_anchors=[anchor(services={**TERMS, "attributes": ["givenName"]})])
    terms = own.terms[ANCHOR]
    assert (terms.member.org, terms.attributes, terms.consent.value) == (ORG, {"givenName"}, "ask")
    assert terms.admits(BELOW, "automatic", ())
    assert read(tmp_path / "2", trust_anchors=[anchor()]).terms == {}


WRONG = [
    ({"role": "root"}, "role", "leaf"),
    ({"role": "intermediate"}, "", "authority_hints"),
    ({"colour": "x"}, "colour", "may stand"),
    ({"authority_hints": ["http://a.example"]}, "authority_hints[0]", "entity identifier"),
    ({"authority_hints": ["https://a.example?x"]}, "authority_hints[0]", "entity identifier"),
    ({"trust_anchors": [{"entity_id": ANCHOR}]}, "trust_anchors[0].jwks", "missing"),
    ({"trust_anchors": [anchor(jwks={"keys": []})]}, "trust_anchors[0].jwks", "cannot be used"),
    ({"trust_anchors": [anchor(jwks=PRIVATE)]}, "trust_anchors[0].jwks", "private"),
    ({"trust_anchors": [anchor(), anchor()]}, "trust_anchors[1].entity_id", "another anchor"),
    (
        {"trust_anchors": [anchor(services={**TERMS, "member": "5560360793"})]},
        "trust_anchors[0].services.member",
        "no member",
    ),
    ({"trust_anchors": [anchor(services={**TERMS, "levels": []})]}, "trust_anchors[0].services.levels", "empty"),
    ({"trust_anchors": [anchor(services={**TERMS, "levels": ["x"]})]}, "trust_anchors[0].services.levels[0]", "level"),
    (
        {"trust_anchors": [anchor(services={**TERMS, "attributes": ["x"]})]},
        "trust_anchors[0].services.attributes[0]",
        "cata",
    ),
    (
        {"trust_anchors": [anchor(services={**TERMS, "methods": ["x"]})]},
        "trust_anchors[0].services.methods",
        "no login method",
    ),
    (
        {"trust_anchors": [anchor(services={**TERMS, "registration": []})]},
        "trust_anchors[0].services.registration",
        "empty",
    ),
    (
        {"trust_anchors": [anchor(services={**TERMS, "registration": ["x"]})]},
        "trust_anchors[0].services.registration[0]",
        "",
    ),
    ({"services": TERMS}, "", "trust anchor"),
    ({"role": "trust-anchor", "services": {**TERMS, "member": "5560360793"}}, "services.member", "no member"),
    ({"role": "trust-anchor", "services": {**TERMS, "methods": ["x"]}}, "services.methods", "no login method"),
    ({"trust_mark_types": [{"type": "member"}]}, "trust_mark_types[0].type", "entity identifier"),
    ({"trust_mark_types": [{"type": OTHER, "days": "0"}]}, "trust_mark_types[0].days", "greater"),
    ({"trust_mark_types": [{"type": OTHER, "agreement": "none"}]}, "trust_mark_types[0].agreement", "no agreement"),
    ({"trust_mark_types": [{"type": OTHER, "agreement": "a", "entities": []}]}, "trust_mark_types[0]", "either"),
    ({"trust_mark_issuers": {OTHER: [ANCHOR]}}, "", "trust anchor's"),
    (
        {"role": "trust-anchor", "trust_mark_owners": {OTHER: {"sub": ANCHOR}}},
        f"trust_mark_owners.{OTHER}.jwks",
        "missing",
    ),
    ({"metadata_policy": {"x": {"y": {"value": "z"}}}}, "", "below us"),
    ({"role": "trust-anchor", "metadata_policy": {"x": {"y": {"add": "z"}}}}, "metadata_policy", "array"),
    ({"role": "trust-anchor", "metadata_policy": {"x": "y"}}, "metadata_policy", "levels"),
    ({"role": "trust-anchor", "metadata_policy": "x"}, "metadata_policy", "keys and values"),
    ({"role": "trust-anchor", "constraints": {"max_path_length": "-1"}}, "constraints.max_path_length", "greater"),
    (
        {"role": "trust-anchor", "constraints": {"naming_constraints": {"x": "y"}}},
        "constraints.naming_constraints.x",
        "stand",
    ),
]


@pytest.mark.parametrize(("said", "place", "why"), WRONG)
def test_what_may_not_stand_there_is_told_with_its_place(tmp_path, said, place, why):
    changed = content()
    changed["openid_federation"] = said
    assert_faults(tmp_path, changed, f"openid_federation{'.' if place else ''}{place}", why)


def assert_faults(tmp_path, changed, place, why):
    with pytest.raises(BadFederation) as refused:
        good.read(good.folder(tmp_path), changed)
    assert any(str(fault).find(place) >= 0 and why in fault.why for fault in refused.value.faults), refused.value.faults


def test_an_entity_stands_once_and_is_never_ourselves(tmp_path):
    changed = content()
    changed["members"][0]["openid_federation"] = entity(settings().base_url)
    assert_faults(tmp_path, changed, "members[0].openid_federation.entity_id", "another entity")
    changed["members"][0]["openid_federation"] = entity()
    changed["services"][1]["openid_federation"] = entity()
    assert_faults(tmp_path / "2", changed, "services[1].openid_federation.entity_id", "another entity")


def test_a_policy_for_one_must_agree_with_that_for_everybody(tmp_path):
    changed = content()
    changed["openid_federation"] = {"role": "trust-anchor", "metadata_policy": {"a": {"b": {"one_of": ["x"]}}}}
    changed["members"][0]["openid_federation"] = entity(metadata_policy={"a": {"b": {"one_of": ["y"]}}})
    assert_faults(tmp_path, changed, "members[0].openid_federation.metadata_policy", "conflicts")


def test_an_entity_without_keys_is_refused(tmp_path):
    assert_faults(
        tmp_path,
        put(("members", 0, "openid_federation"), {"entity_id": BELOW}),
        "members[0].openid_federation",
        "missing",
    )


def test_marks_of_an_agreement_that_has_gone_and_terms_of_a_member_that_has_gone_are_nobodys(tmp_path):
    """The register may change by entries of their own; a snapshot must be there whatever they say."""
    document = dict(good.read(good.folder(tmp_path)).content)
    document["openid_federation"] = {
        "role": "trust-anchor",
        "trust_mark_types": [{"type": OTHER, "agreement": "gone"}],
        "trust_anchors": [anchor(services={**TERMS, "member": "5560360793"})],
    }
    own = loaded(document, settings()).entity
    assert own.mark_types[OTHER].holders(0) == frozenset()
    assert own.terms == {}


VENDOR = {"issuer": "v", "jwks": jwks(key("v")), "member": ORG, "levels": TERMS["levels"]}


@pytest.mark.parametrize(
    ("issuers", "place", "why"),
    [
        ([VENDOR, VENDOR], "[1].issuer", "another issuer"),
        ([{**VENDOR, "member": "5560360793"}], "[0].member", "no member"),
        ([{**VENDOR, "methods": ["x"]}], "[0].methods", "no login method"),
        ([{**VENDOR, "levels": []}], "[0].levels", "empty"),
        ([{**VENDOR, "jwks": PRIVATE}], "[0].jwks", "private"),
    ],
)
def test_who_may_vouch_for_software_stands_once_for_a_member_that_is_there(tmp_path, issuers, place, why):
    assert_faults(tmp_path, put(("software_statement_issuers",), issuers), f"software_statement_issuers{place}", why)
