"""Agreements in full and release policies that are no such thing are refused, each with its place."""

import pytest

from broker.federation.faults import BadFederation
from broker.federation.schema import FederationFile
from broker.federation.sharing import categories
from tests.support import federation as good

TERMS, RULE = ("agreements", 1, "versions", 0), ("policies", 0)
LEAVE_OUT = object()

REFUSED = [
    ("both forms", ("agreements", 1, "services"), ["boka"], "agreements[1]", "either versions or services"),
    ("neither form", ("agreements", 1, "versions"), [], "agreements[1]", "lacks services"),
    ("half a short form", ("agreements", 0, "until"), LEAVE_OUT, "agreements[0]", "lacks services"),
    ("terms that end first", (*TERMS, "until"), "2025-01-01", "agreements[1]", "ends before it begins"),
    ("two versions of one number", (*TERMS[:3], 1), {**good.IN_FULL["versions"][0]}, "agreements[1]", "upwards"),
    ("a party that does neither", (*TERMS, "parties", 0, "role"), "watcher", "role", "giver"),
    ("a party without a role", (*TERMS, "parties", 0, "role"), [], "role", "empty"),
    ("a party that is no member", (*TERMS, "parties", 0, "org"), "2021005489", "parties[0]", "no member"),
    ("a service that is not there", (*TERMS, "services"), ["x"], "services[0]", "no service"),
    ("a service of somebody else", (*TERMS, "parties", 1, "role"), "giver", "services[0]", "no receiver"),
    ("a detail not in the catalogue", (*TERMS, "data", 0, "attribute"), "shoeSize", "attribute", "catalogue"),
    ("a signature over nothing", (*TERMS, "signatures"), [{"org": good.ORG, "digest": "x"}], "digest", ""),
    ("an unknown key", (*TERMS, "colour"), "blue", "colour", "may stand"),
    ("a rule of no effect", (*RULE, "effect"), "maybe", "effect", "allow"),
    ("a rule about nobody", (*RULE, "to"), {}, "to", "either all services or some"),
    ("a rule about all and some", (*RULE, "to"), {"all": "true", "services": ["boka"]}, "to", "either all"),
    ("a rule about a service not there", (*RULE, "to"), {"services": ["x"]}, "to.services[0]", "no service"),
    (
        "a coming rule about one not there",
        (*RULE, "next", "to"),
        {"services": ["x"]},
        "next.to.services[0]",
        "no service",
    ),
    ("an attribute not in the catalogue", (*RULE, "attributes"), ["shoeSize"], "attributes[0]", "catalogue"),
    ("a set not known", (*RULE, "sets"), ["urn:x"], "sets[0]", "attribute set"),
    ("a denial that needs something", (*RULE, "effect"), "deny", "policies[0]", "that allows"),
    ("a level that is none", (*RULE, "needs", "level"), "5", "level", ""),
    ("a next version without a day", (*RULE, "next", "from"), LEAVE_OUT, "policies[0]", "first day"),
    ("a next version of the same number", (*RULE, "next", "version"), "1", "policies[0]", "higher version"),
    ("a category that is no URI", ("entity_categories", 0, "uri"), "name", "entity_categories[0]", ""),
    (
        "a category of nothing",
        ("entity_categories", 1, "sets"),
        [],
        "entity_categories[1]",
        "no attributes and no sets",
    ),
    ("a category of an unknown set", ("entity_categories", 1, "sets"), ["urn:x"], "sets[0]", "attribute set"),
    (
        "a category of an unknown detail",
        ("entity_categories", 0, "attributes"),
        ["shoeSize"],
        "attributes[0]",
        "catalogue",
    ),
    ("two policies of one id", ("policies", 1), good.RULE, "policies[1].id", "already"),
]


def changed(place, value):
    content = good.with_sharing()
    around = content
    for part in place[:-1]:
        around = around[part]
    if value is LEAVE_OUT:
        del around[place[-1]]
    elif isinstance(around, list) and place[-1] == len(around):
        around.append(value)
    else:
        around[place[-1]] = value
    return content


@pytest.mark.parametrize(
    ("place", "value", "where", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_it_is_refused_with_its_place_and_why(tmp_path, place, value, where, why):
    with pytest.raises(BadFederation) as refused:
        good.read(good.folder(tmp_path / "f"), changed(place, value))
    assert any(where in str(fault) and why in str(fault) for fault in refused.value.faults), refused.value.faults


def test_a_rule_that_names_no_details_is_refused(tmp_path):
    content = changed((*RULE, "attributes"), [])
    content["policies"][0]["sets"] = []
    with pytest.raises(BadFederation, match="no attributes and no sets"):
        good.read(good.folder(tmp_path / "f"), content)


def test_what_is_good_is_read(tmp_path):
    content = good.read(good.folder(tmp_path / "f"), good.with_sharing()).content
    assert content["policies"]
    told = categories(FederationFile.model_validate(content).entity_categories)
    assert told.details["https://federation.example/ec/name"] == {"givenName", "sn", "displayName"}
    assert "personalIdentityNumber" in told.details["https://federation.example/ec/pnr"]
