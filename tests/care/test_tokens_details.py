"""What may stand in authorization_details, and where they may be sent; a long table of what may not (RFC 9396 section 5)."""

import copy
import json
from urllib.parse import urlencode

import pytest

from metadata.wire.jose import issue, public_jwk
from tests.support.care_values import OTHER_PATIENT, OTHER_UNIT, PROVIDER, UNIT
from tests.support.oidc import KEY, error
from tests.support.patient_world import MINE, SCOPE, THEIRS, asked, details, document, patient_world, reapply
from tests.support.world import CALLBACK, client
from trust_framework.care import EVER
from trust_framework.patient_context import TYPE

pytestmark = pytest.mark.spec("RFC 9396", "5")
NUMBER = OTHER_PATIENT.value
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return patient_world(lasting_worlds)


def refused(answer, word=""):
    assert (error(answer), answer.sent_back.get("state")) == ("invalid_authorization_details", "the-state")
    told = answer.sent_back["error_description"]
    assert word in told
    assert NUMBER not in told
    return True


OID = OTHER_PATIENT.oid
TEXTS = {
    "no JSON": "patient",
    "an object": json.dumps(details()),
    "a text": '"x"',
    "a number": "7",
    "null": "null",
    "no element": "[]",
    "two elements": json.dumps([details(), details()]),
    "an element that is a list": json.dumps([[details()]]),
    "an element that is null": "[null]",
    "an element that is a text": json.dumps([TYPE]),
    "an empty element": "[{}]",
    "a member twice": json.dumps([details()])[:-2] + ', "actions": ["read"]}]',
    "NaN": '[{"type": NaN}]',
    "nested too deep": "[" * 40 + "]" * 40,
    "nested too deep around an escape": "[" * 40 + r'"\u0061"' + "]" * 40,
    "nested deep within": json.dumps([details(patient={"system": {"a": {"b": {"c": {"d": 1}}}}})]),
    "half a surrogate": json.dumps([details(purpose="\ud800")]),
    "NUL in a text": json.dumps([details(purpose="\0")]),
    "something behind it": json.dumps([details()]) + " x",
    "longer than allowed": json.dumps([details()]) + " " * 17_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_not_one_element_is_refused(world, name):
    answer = asked(world, text=TEXTS[name])
    assert error(answer) in {"invalid_authorization_details", "invalid_request"}
    assert (error(answer) == "invalid_request") is (name == "longer than allowed")


MEMBERS = {
    "without type": ({"type": None}, "type"),
    "of another type": ({"type": "urn:other"}, "type"),
    "of the type in capitals": ({"type": TYPE.upper()}, "type"),
    "of a type that is a list": ({"type": [TYPE]}, "type"),
    "with a member more": ({"locations": ["https://api.example.org"]}, "authorization_details"),
    "with what only we tell": ({"care_provider": PROVIDER}, "authorization_details"),
    "without a patient": ({"patient": None}, "patient"),
    "with a patient that is a text": ({"patient": NUMBER}, "patient"),
    "with a list of patients": ({"patient": [{"system": OID, "value": NUMBER}]}, "patient"),
    "with an empty patient": ({"patient": {}}, "patient.system"),
    "with a patient with a name": ({"patient": {"system": OID, "value": NUMBER, "name": "x"}}, "patient"),
    "with a patient without number": ({"patient": {"system": OID}}, "patient.value"),
    "with a patient without kind": ({"patient": {"value": NUMBER}}, "patient.system"),
    "with a number that is a number": ({"patient": {"system": OID, "value": 195006262546}}, "patient.value"),
    "with a kind that is null": ({"patient": {"system": None, "value": NUMBER}}, "patient.system"),
    "of an unknown kind": ({"patient": {"system": "1.2.3", "value": NUMBER}}, "patient.system"),
    "of a kind that is staff's": ({"patient": {"system": "1.2.752.129.2.1.4.1", "value": PROVIDER}}, "patient.system"),
    "of the kind with a prefix": ({"patient": {"system": f"urn:oid:{OID}", "value": NUMBER}}, "patient.system"),
    "with a wrong check digit": ({"patient": {"system": OID, "value": "195006262547"}}, "patient.value"),
    "with ten digits": ({"patient": {"system": OID, "value": "5006262546"}}, "patient.value"),
    "with a hyphen": ({"patient": {"system": OID, "value": "19500626-2546"}}, "patient.value"),
    "on a day that was not": ({"patient": {"system": OID, "value": "195002302546"}}, "patient.value"),
    "with digits of another script": (
        {"patient": {"system": OID, "value": "１９５００６２６２５４６"}},
        "patient.value",
    ),
    "with a coordination number": ({"patient": {"system": OID, "value": "197010632391"}}, "patient.value"),
    "without actions": ({"actions": None}, "actions"),
    "with no action": ({"actions": []}, "actions"),
    "with actions that are a text": ({"actions": "read"}, "actions"),
    "with an action that is unknown": ({"actions": ["read", "fly"]}, "actions"),
    "with an action in capitals": ({"actions": ["Read"]}, "actions"),
    "with an action in Swedish": ({"actions": ["Läsa"]}, "actions"),
    "with emergency access": ({"actions": ["emergency"]}, "actions"),
    "with an action that is a number": ({"actions": [1]}, "actions"),
    "with an action that is a list": ({"actions": [["read"]]}, "actions"),
    "with a unit that is no HSA-id": ({"care_unit": "U1"}, "care_unit"),
    "with an empty unit": ({"care_unit": ""}, "care_unit"),
    "with a unit that is null": ({"care_unit": [None]}, "care_unit"),
    "with a unit that is too long": ({"care_unit": "SE2321000016-" + "A" * 90}, "care_unit"),
    "with a commission that is no HSA-id": ({"commission": "A1"}, "commission"),
    "with a list of commissions": ({"commission": ["SE2321000016-A1"]}, "commission"),
    "with a purpose nobody has": ({"purpose": "Nyfikenhet"}, "purpose"),
    "with a purpose in English": ({"purpose": "CARE"}, "purpose"),
    "with an empty purpose": ({"purpose": ""}, "purpose"),
    "with resources that are an object": ({"resources": MINE}, "resources"),
    "with resources that are a text": ({"resources": "mine"}, "resources"),
    "with too many resources": ({"resources": [{**MINE, "id": str(n)} for n in range(21)]}, "resources"),
    "with an id twice": ({"resources": [MINE, {**THEIRS, "id": "mine"}]}, "resources"),
    "with a resource that is a text": ({"resources": ["mine"]}, "resources"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_an_element_is_refused(world, name):
    changes, word = MEMBERS[name]
    assert refused(asked(world, details(**changes)), word)


RESOURCES = {
    "without id": ({"id": None}, "resources.id"),
    "with an empty id": ({"id": ""}, "resources.id"),
    "with an id that is a number": ({"id": 1}, "resources.id"),
    "with an id that is too long": ({"id": "x" * 65}, "resources.id"),
    "with a line break in its id": ({"id": "a\nb"}, "resources.id"),
    "with an id that turns the text around": ({"id": "a\u202eb"}, "resources.id"),
    "with the id that means something": ({"id": "own"}, "resources.id"),
    "without provider": ({"provider": None}, "resources.provider"),
    "with a provider that is no HSA-id": ({"provider": "VG1"}, "resources.provider"),
    "with a unit that is no HSA-id": ({"unit": "U1"}, "resources.unit"),
    "with a unit that is a number": ({"unit": 1}, "resources.unit"),
    "with a date as text": ({"from": "2026-01-01"}, "resources.from"),
    "with a time that is no whole number": ({"from": 1.5}, "resources.from"),
    "with a time that is true": ({"to": True}, "resources.to"),
    "with a time beyond all": ({"to": EVER}, "resources.to"),
    "with a time before all": ({"from": -EVER}, "resources.from"),
    "that ends before it begins": ({"from": 2, "to": 1}, "resources.to"),
    "with a type that is a list": ({"type": ["lak"]}, "resources.type"),
    "with a type that is too long": ({"type": "x" * 65}, "resources.type"),
    "with a member more": ({"patient": NUMBER}, "resources"),
}


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_is_refused(world, name):
    changes, word = RESOURCES[name]
    resource = {name: value for name, value in {**MINE, **changes}.items() if value is not None}
    assert refused(asked(world, details(resources=[resource])), word)


NULLS = ["care_unit", "commission", "purpose", "resources"]


@pytest.mark.parametrize("name", NULLS)
def test_null_is_not_the_same_as_left_out(world, name):
    element = {**details(), name: None}
    assert refused(asked(world, element), name)


GOOD = {
    "every member": details(
        actions=["delete", "countersign", "print", "sign", "write", "read", "read"],
        care_unit=UNIT,
        commission="SE2321000016-A1",
        purpose="Vård och behandling",
        resources=[{**MINE, "from": 0, "to": 1_800_000_000, "type": "lak"}],
    ),
    "HSA-ids in small letters": details(
        care_unit=UNIT.lower(),
        resources=[{"id": "x", "provider": PROVIDER.lower(), "unit": UNIT.lower()}],
    ),
    "a time without end": details(resources=[{**MINE, "from": -2_000_000_000}]),
    "as many resources as may be": details(resources=[{**MINE, "id": f"r{n}"} for n in range(20)]),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_element_is_taken(world, name):
    assert "code" in asked(world, GOOD[name]).sent_back


def test_actions_come_in_one_order_each_once(world):
    told = world.redeem(asked(world, GOOD["every member"]).sent_back["code"]).json["authorization_details"][0]
    assert told["actions"] == ["read", "write", "sign", "print", "countersign", "delete"]


# --- who may ask, and how -----------------------------------------------------------------------------------------------


def test_a_client_that_is_not_registered_for_the_type_is_refused(world):
    assert refused(asked(world, client_id="plain"), "registered")


def test_in_an_address_they_are_refused(world):
    url = world.authorize_url(scope=SCOPE, authorization_details=json.dumps([details()]))
    assert refused(world.browser().get(url), "POST")


def test_sent_twice_they_are_refused(world):
    form = [("client_id", "rp"), ("redirect_uri", CALLBACK), ("response_type", "code"), ("scope", SCOPE)]
    text = json.dumps([details()])
    form += [("authorization_details", text), ("authorization_details", text), ("state", "s")]
    answer = world.browser().request("POST", "/oidc/authorize", urlencode(form).encode(), Content_Type=FORM)
    assert error(answer) == "invalid_request"


@pytest.mark.spec("RFC 9101", "4")
@pytest.mark.parametrize("sent_by", ["POST", "GET"])
def test_in_a_request_object_they_are_an_array_and_never_in_an_address_either(worlds, sent_by):
    content = document()
    content["services"][0] = client(
        "rp", scope=SCOPE, authorization_details_types=[TYPE], jwks={"keys": [public_jwk(KEY)]}
    )
    world = patient_world(worlds)
    reapply(world, content)
    claims = {
        "iss": "rp", "aud": world.base, "client_id": "rp", "redirect_uri": CALLBACK, "response_type": "code",
        "scope": SCOPE, "state": "the-state", "code_challenge": world.pkce.challenge, "code_challenge_method": "S256",
        "login_hint": "test:anna", "exp": world.clock.now + 60, "authorization_details": [details()],
    }  # fmt: skip
    sent = {"client_id": "rp", "redirect_uri": CALLBACK, "request": issue(claims, KEY)}
    browser = world.browser()
    if sent_by == "GET":
        assert refused(browser.get("/oidc/authorize?" + urlencode(sent)), "POST")
    else:
        assert "code" in browser.follow(browser.post("/oidc/authorize", sent)).sent_back


@pytest.mark.spec("RFC 9396", "10")
def test_the_type_is_advertised(world):
    said = world.request("GET", "/.well-known/openid-configuration").json
    assert said["authorization_details_types_supported"] == [TYPE]


def test_what_a_refused_request_said_is_in_no_event(world):
    asked(world, details(patient={"system": OID, "value": "195006262547"}))
    leaves = [str(row.leaf) for row in world.store.log_rows()] + [str(each) for each in world.store.log_pending()]
    assert not any("195006262547" in leaf for leaf in leaves)


def test_the_table_s_elements_are_good_but_for_what_is_changed(world):
    assert "code" in asked(world, copy.deepcopy(details(resources=[MINE, {**THEIRS, "unit": OTHER_UNIT}]))).sent_back
