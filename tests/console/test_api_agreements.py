"""Agreements, policies and how the federation fares in the JSON API: the same as on the pages, for programs."""

import json

import pytest

from tests.console.test_api import call, machine, person, tool
from tests.support.console import OTHER, Console, consoles, document, service
from tests.support.world import LEVEL2, LEVEL3, MEMBER, Worlds
from trust_framework.days import DAY
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
TERMS = {
    "parties": [{"org": OTHER, "role": ["giver"]}, {"org": MEMBER, "role": ["receiver"]}],
    "purpose": "Att boka tid",
    "legal_basis": "Patientdatalagen",
    "services": ["rp"],
    "data": [{"attribute": "sn", "giver": OTHER, "receiver": MEMBER, "definition": "Efternamn"}],
    "retention_days": 90,
    "transfer": "Vid inloggning",
    "valid_from": "2026-11-01",
    "valid_until": "2027-10-31",
    "review": "2027-10-31",
}
DRAFT = {"id": "A-20", "names": {"sv": "Efternamn", "en": "Family names"}, "terms": TERMS}
CONTACT = {"name": "Avtal", "mail": "avtal@example.se"}
RULE = {
    "id": "no-names",
    "names": {"sv": "Inga namn", "en": "No names"},
    "effect": "deny",
    "to": {"services": ["rp"]},
    "attributes": ["givenName"],
}


@pytest.fixture
def console(worlds: Worlds) -> Console:
    rp = service("rp", attributes=["givenName", "sn"], scope="openid profile offline_access")
    services = [rp, service("rp2", OTHER), tool("tool"), tool("tool2", OTHER)]
    return consoles(worlds, document(services=services, agreements=[]))


@pytest.fixture
def ours(console):
    return person(console, "anna", (MEMBER, Role.OWNER))


@pytest.fixture
def theirs(console):
    return person(console, "carl", (OTHER, Role.OWNER))


@pytest.fixture
def operator(console):
    return person(console, "dora", (FEDERATION, Role.OPERATOR))


def at(org: str, agreement: str = "A-20", act: str = "") -> str:
    return f"/members/{org}/agreements/{agreement}" + (f"/{act}" if act else "")


def drafted(console, token, org=MEMBER, **changes):
    return call(console, "POST", f"/members/{org}/agreements", token, {**DRAFT, **changes})


def agreed(console, ours, theirs):
    """Drafted by one, and confirmed and signed by both."""
    assert drafted(console, ours).status == 200
    for token, org in ((ours, MEMBER), (theirs, OTHER)):
        assert call(console, "POST", at(org, act="confirm"), token, CONTACT).status == 200
    for token, org in ((ours, MEMBER), (theirs, OTHER)):
        seen = call(console, "GET", at(org), token).json["digest"]
        answer = call(console, "POST", at(org, act="sign"), token, {"digest": seen})
        assert answer.status == 200, answer.text
    return answer.json


def test_an_agreement_is_drafted_signed_stopped_resumed_and_left(console, ours, theirs):
    made = drafted(console, ours).json
    assert (made["standing"], made["unsigned"], made["to_sign"]) == ("incomplete", sorted([MEMBER, OTHER]), False)
    assert made["lacking"]
    assert made["acts"] == ["confirm"]

    both = agreed_after_draft(console, ours, theirs)
    assert (both["standing"], both["digest"], both["unsigned"]) == ("active", "", [])
    assert both["acts"] == ["confirm", "leave", "review", "suspend"]

    stopped = call(console, "POST", at(OTHER, act="suspend"), theirs, {"reason": "Vi utreder"}).json
    assert (stopped["standing"], "resume" in stopped["acts"], "suspend" in stopped["acts"]) == (
        "suspended",
        True,
        False,
    )
    assert "resume" not in call(console, "GET", at(MEMBER), ours).json["acts"]
    assert call(console, "POST", at(OTHER, act="resume"), theirs, {"review": "Klart"}).json["standing"] == "active"

    assert "left" in call(console, "POST", at(OTHER, act="leave"), theirs, {}).json["acts"]
    call(console, "POST", at(OTHER, act="left"), theirs, {"gave": "Raderat", "received": "Inget"})
    kept = call(console, "GET", at(MEMBER), ours).json["content"]["leaves"]
    assert [(each["org"], each["gave"]) for each in kept] == [(OTHER, "Raderat")]


def agreed_after_draft(console, ours, theirs):
    for token, org in ((ours, MEMBER), (theirs, OTHER)):
        call(console, "POST", at(org, act="confirm"), token, CONTACT)
    for token, org in ((ours, MEMBER), (theirs, OTHER)):
        seen = call(console, "GET", at(org), token).json["digest"]
        answer = call(console, "POST", at(org, act="sign"), token, {"digest": seen})
    return answer.json


def test_lists_have_what_a_member_is_party_to_and_an_operator_sees_all(console, ours, theirs, operator):
    drafted(console, ours)
    console.world.app.snapshots.refresh()
    for path, token in ((f"/members/{MEMBER}", ours), (f"/members/{OTHER}", theirs), ("", operator)):
        found = call(console, "GET", f"{path}/agreements", token).json
        assert [each["id"] for each in found["agreements"]] == ["A-20"], path
    third = drafted(console, ours, id="A-21")
    assert third.status == 200
    assert call(console, "GET", f"/members/{MEMBER}/agreements?count=1", ours).json["total"] == 2


def test_the_next_version_waits_while_the_one_in_force_goes_on(console, ours, theirs):
    agreed(console, ours, theirs)
    longer = {**DRAFT, "terms": {**TERMS, "retention_days": 30}}
    made = call(console, "PUT", at(MEMBER), ours, longer).json
    assert (made["standing"], made["unsigned"]) == ("active", sorted([MEMBER, OTHER]))
    assert [each["retention_days"] for each in made["content"]["versions"]] == [90, 30]


def forged(digest, *orgs):
    return [{"org": o, "person": "x", "name": "Y", "level": LEVEL3, "at": 1, "digest": digest} for o in orgs]


def test_nobody_signs_for_another_by_writing_signatures_into_a_draft(console, ours, theirs):
    agreed(console, ours, theirs)
    wider = {**TERMS, "data": [*TERMS["data"], {**TERMS["data"][0], "attribute": "givenName"}]}
    digest = call(console, "PUT", at(MEMBER), ours, {**DRAFT, "terms": wider}).json["digest"]
    signed = {**DRAFT, "terms": {**wider, "signatures": forged(digest, MEMBER, OTHER), "version": 1}}
    made = call(console, "PUT", at(MEMBER), ours, signed).json
    assert (made["digest"], made["unsigned"]) == (digest, sorted([MEMBER, OTHER]))
    assert [len(each.get("signatures", ())) for each in made["content"]["versions"]] == [2, 0]
    first = call(console, "POST", f"/members/{MEMBER}/agreements", ours, {**signed, "id": "A-30"}).json
    assert first["unsigned"] == sorted([MEMBER, OTHER])


def test_a_party_is_not_told_the_register_s_ids_of_another_s_persons(console, ours, theirs, operator):
    agreed(console, ours, theirs)
    call(console, "POST", at(OTHER, act="suspend"), theirs, {"reason": "Vi utreder"})
    seen = call(console, "GET", at(MEMBER), ours).json["content"]
    signatures = {each["org"]: each for each in seen["versions"][0]["signatures"]}
    assert ("person" in signatures[MEMBER], "person" in signatures[OTHER]) == (True, False)
    assert signatures[OTHER]["name"]
    assert "person" not in seen["suspensions"][0]
    assert console.person("carl") not in json.dumps(seen)
    assert console.person("carl") in call(console, "GET", "/agreements/A-20", operator).text


@pytest.mark.parametrize("count", ["0", "201", "000000001999999", "1" * 5000, "-1", "1.0", "x", ""])
def test_a_list_gives_from_one_to_two_hundred(console, ours, count):
    assert call(console, "GET", f"/members/{MEMBER}/agreements?count={count}", ours).json["code"] == "malformed"


def test_an_operator_stops_any_and_signs_none(console, ours, theirs, operator):
    agreed(console, ours, theirs)
    shown = call(console, "GET", "/agreements/A-20", operator).json
    assert shown["acts"] == ["suspend"]
    assert call(console, "POST", "/agreements/A-20/suspend", operator, {"reason": "Incident"}).json["standing"] == (
        "suspended"
    )
    refused = call(console, "POST", "/agreements/A-20/sign", operator, {"digest": "x"})
    assert (refused.status, refused.json["code"]) == (409, "refused.nothing-to-do")


REFUSED = {
    "another digest": ("sign", {"digest": "0" * 64}, "changed"),
    "no digest": ("sign", {}, "incomplete-act"),
    "no reason": ("suspend", {"reason": "  "}, "nothing-to-do"),
    "not left": ("left", {"gave": "a", "received": "b"}, "nothing-to-do"),
    "nothing to resume": ("resume", {"review": "a"}, "nothing-to-do"),
    "no mail": ("confirm", {"name": "Avtal"}, "incomplete-act"),
    "a control character": ("confirm", {"name": "Av\u202etal", "mail": "a@example.se"}, "malformed"),
}


@pytest.mark.parametrize(("act", "given", "why"), REFUSED.values(), ids=list(REFUSED))
def test_an_act_that_cannot_be_done_is_told_by_its_code(console, ours, theirs, act, given, why):
    drafted(console, ours)
    for token, org in ((ours, MEMBER), (theirs, OTHER)):
        call(console, "POST", at(org, act="confirm"), token, CONTACT)
    before = call(console, "GET", at(MEMBER), ours).json
    answer = call(console, "POST", at(MEMBER, act=act), ours, given)
    assert (answer.status, answer.json["code"]) == (409, f"refused.{why}")
    assert call(console, "GET", at(MEMBER), ours).json == before


UNFIT = {
    "no member": ({"parties": [*TERMS["parties"], {"org": "5590026042", "role": ["giver"]}]}, "no-member"),
    "not ours": (
        {"parties": [{"org": OTHER, "role": ["giver", "receiver"]}], "data": [{**TERMS["data"][0], "receiver": OTHER}]},
        "no-party",
    ),
    "another's service": ({"services": ["rp2"]}, "no-service"),
    "no service": ({"services": ["nowhere"]}, "no-service"),
    "an unknown detail": ({"data": [{**TERMS["data"][0], "attribute": "shoeSize"}]}, "malformed"),
    "ends before it begins": ({"valid_until": "2026-10-01"}, "malformed"),
}


@pytest.mark.parametrize(("changes", "why"), UNFIT.values(), ids=list(UNFIT))
def test_a_draft_that_does_not_hold_is_refused_and_nothing_is_kept(console, ours, changes, why):
    answer = drafted(console, ours, terms={**TERMS, **changes})
    assert (answer.status, answer.json["code"]) == (409, f"refused.{why}")
    assert call(console, "GET", f"/members/{MEMBER}/agreements", ours).json["total"] == 0


def test_a_draft_that_lacks_something_may_stand_and_cannot_be_signed(console, ours):
    made = drafted(console, ours, terms={**TERMS, "purpose": ""}).json
    assert "purpose" in made["lacking"]
    assert call(console, "POST", at(MEMBER, act="sign"), ours, {"digest": made["digest"]}).json["code"] == (
        "refused.nothing-to-do"
    )


def test_an_id_that_was_ever_used_is_taken(console, ours):
    drafted(console, ours)
    assert drafted(console, ours).json["code"] == "refused.taken"


def test_who_is_no_party_no_owner_or_no_person_does_nothing(console, ours, theirs):
    agreed(console, ours, theirs)
    technical = person(console, "eva", (MEMBER, Role.TECHNICAL))
    assert call(console, "POST", at(MEMBER, act="leave"), technical, {}).status == 403
    assert call(console, "GET", at(MEMBER), technical).json["acts"] == []
    assert call(console, "POST", at(MEMBER, act="leave"), machine(console), {}).json["code"] == "step-up"
    assert call(console, "GET", at(OTHER), ours).status == call(console, "GET", at("9999999999"), ours).status == 404
    assert call(console, "GET", at(MEMBER, "A-99"), ours).status == 404
    assert call(console, "POST", at(MEMBER, act="shred"), ours, {}).status == 404
    console.world.clock.now += 301
    assert call(console, "POST", at(MEMBER, act="leave"), ours, {}).json["code"] in {"step-up", "token"}


def test_a_signature_needs_a_login_of_sufficient_level(console, ours, theirs):
    drafted(console, ours)
    low = person(console, "anna", (MEMBER, Role.OWNER), level=LEVEL2)
    assert call(console, "GET", at(MEMBER), low).json["code"] == "level"


def test_a_policy_is_tried_over_all_services_and_proposed(console, operator):
    tried = call(console, "POST", "/policies/trial", operator, {"content": RULE}).json
    assert [(each["service"], each["lost"]) for each in tried["impacts"]] == [("rp", ["givenName"])]
    assert tried["sentence"]["sv"]
    assert call(console, "GET", "/register/policy", operator).json["total"] == 0
    made = call(console, "POST", "/policies", operator, {"content": RULE}).json
    assert (made["kind"], made["entry"], made["stage"]) == ("policy", "no-names", "submitted")
    for content in ({}, {**RULE, "effect": "maybe"}, {**RULE, "attributes": ["shoeSize"]}, None):
        assert call(console, "POST", "/policies/trial", operator, {"content": content}).json["code"] == "malformed"


def test_a_member_tries_no_policy(console, ours):
    for path in ("/policies/trial", "/policies"):
        assert call(console, "POST", path, ours, {"content": RULE}).json["code"] == "not-allowed"


def test_how_the_federation_fares_is_told_to_an_operator(console, operator, ours):
    whole = call(console, "GET", "/state", operator).json
    assert whole["version"] >= 1
    names = {each["name"]: each["value"] for each in whole["settings"]}
    assert names["TILLIT_BASE_URL"] == console.world.base
    assert (whole["drifted"], whole["drift"]) == (0, [])
    assert call(console, "GET", "/chains", operator).json == {"services": [], "total": 0, "next": None}
    assert call(console, "GET", "/addresses", operator).json["total"] == 0
    for path in ("/state", "/chains", "/addresses"):
        assert call(console, "GET", path, ours).json["code"] == "not-allowed"
    assert call(console, "GET", f"/members/{MEMBER}/addresses", ours).json["total"] == 0


def test_a_member_sees_which_of_its_services_have_the_newest_keys(console, ours):
    held = call(console, "GET", f"/members/{MEMBER}/keys-held", ours).json["held"]
    assert {each["service"]: each["at"] for each in held} == {"rp": None, "tool": None}
    console.world.store.note_fetches([fetch("rp", console.world.clock.now + DAY)])
    (rp,) = (
        each
        for each in call(console, "GET", f"/members/{MEMBER}/keys-held", ours).json["held"]
        if each["service"] == "rp"
    )
    assert (rp["document"], rp["newest"]) == ("jwks", True)


def fetch(service, now):
    from broker.login.keys import KeyFetch

    return KeyFetch("jwks", "192.0.2.1", "192.0.2.0/24", "rp/1", service, now, now)
