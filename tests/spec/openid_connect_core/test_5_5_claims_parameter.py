"""Claims asked for by name, by scope and by value (OpenID Connect Core sections 5.4, 5.5 and 5.5.1)."""

import json

import pytest

from tests.support.oidc import NUMBER_CLAIM, NUMBER_SCOPE, error, userinfo
from tests.support.world import PERSONS, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "5.5")
NUMBER = "personalIdentityNumber"
ADDRESS = {"street": "Storgatan 1", "postalCode": "12345", "l": "Storby"}
PROFILE = {"name": "Anna Andersson", "family_name": "Andersson", "given_name": "Anna"}
ANNA = {**PERSONS[0], **ADDRESS, "mail": ["anna@example.org", "a@example.com"], "telephoneNumber": ["+4681234567"]}


@pytest.fixture(scope="module")
def world(lasting_worlds):
    names = ["givenName", "sn", "displayName", NUMBER, *ADDRESS, "mail", "telephoneNumber"]
    scopes = f"openid profile email phone address offline_access {NUMBER_SCOPE}"
    wide, narrow = client(attributes=names, scope=scopes), client("narrow", attributes=["givenName"], scope=scopes)
    return lasting_worlds.make(federation(wide, narrow, persons=[ANNA, PERSONS[1]]))


def told(world, client_id="rp", scope="openid", **asked):
    """What ID token and userinfo say of the person."""
    parameter = {"claims": json.dumps(asked)} if asked else {}
    tokens = world.tokens(client_id=client_id, scope=scope, **parameter)
    inside = claims(tokens["id_token"])
    known = {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "sid", "at_hash", "nonce"}
    outside = userinfo(world, tokens["access_token"]).json
    assert outside.pop("sub") == inside["sub"]
    return {name: value for name, value in inside.items() if name not in known}, outside


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_openid_alone_tells_nothing_of_the_person(world):
    assert told(world) == ({}, {})


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_profile_goes_out_at_userinfo(world):
    assert told(world, scope="openid profile") == ({}, PROFILE)


@pytest.mark.spec("OpenID Connect Core", "5.1")
def test_email_and_phone_number_are_one_text_each(world):
    assert told(world, scope="openid email phone") == ({}, {"email": "anna@example.org", "phone_number": "+4681234567"})


@pytest.mark.spec("OpenID Connect Core", "5.1.1")
def test_an_address_is_an_object(world):
    postal = {"street_address": "Storgatan 1", "postal_code": "12345", "locality": "Storby"}
    assert told(world, scope="openid address") == ({}, {"address": postal})
    assert told(world, userinfo={"address": None}) == ({}, {"address": postal})


@pytest.mark.spec("OIDC Sweden claims", "3.2")
def test_a_claim_whose_name_is_an_address_keeps_its_name_whole(world):
    inside, outside = told(world, scope=f"openid {NUMBER_SCOPE}")
    assert inside == {NUMBER_CLAIM: "191212121212"}
    assert outside == {NUMBER_CLAIM: "191212121212"}


def test_each_claim_goes_where_it_was_asked_for(world):
    inside, outside = told(world, id_token={"given_name": None}, userinfo={"family_name": {"essential": True}})
    assert (inside, outside) == ({"given_name": "Anna"}, {"family_name": "Andersson"})


def test_claims_add_to_the_scope(world):
    inside, outside = told(world, scope="openid profile", id_token={NUMBER_CLAIM: {"essential": True}})
    assert (inside, outside) == ({NUMBER_CLAIM: "191212121212"}, PROFILE)


def test_a_claim_that_is_not_registered_for_the_service_stays_here_even_when_essential(world):
    asked = {"family_name": {"essential": True}, NUMBER_CLAIM: {"essential": True}, "given_name": None}
    assert told(world, "narrow", id_token=asked, userinfo=asked) == ({"given_name": "Anna"}, {"given_name": "Anna"})


@pytest.mark.spec("OpenID Connect Core", "5.5.1")
@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"value": "Anna"}, {"given_name": "Anna"}),
        ({"value": "Bo"}, {}),
        ({"values": ["Bo", "Anna"]}, {"given_name": "Anna"}),
        ({"values": ["Bo"]}, {}),
        ({"value": "Bo", "essential": True}, {}),
        ({"values": []}, {"given_name": "Anna"}),
        ({"essential": False}, {"given_name": "Anna"}),
        ({"essential": "yes", "unknown": 1}, {"given_name": "Anna"}),
    ],
)
def test_a_value_asked_for_is_the_only_one_that_will_do(world, filter, expected):
    assert told(world, userinfo={"given_name": filter}) == ({}, expected)


def test_unknown_claims_and_destinations_are_ignored(world):
    asked = {"id_token": {"unknown": None, "": None, "x" * 500: {"essential": True}}, "elsewhere": {"a": None}}
    assert told(world, **asked) == ({}, {})


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "sub", "nonce", "acr", "amr", "sid", "auth_time"])
def test_claims_of_the_protocol_are_not_the_clients_to_write(world, name):
    tokens = world.tokens(claims=json.dumps({"id_token": {name: {"essential": False}}}))
    assert claims(tokens["id_token"])["iss"] == world.base


DEEP = '{"userinfo":{"a":{"values":[[[[["x"]]]]]}}}'
MALFORMED = {
    "no JSON": "{",
    "an array": "[]",
    "text": '"userinfo"',
    "null": "null",
    "a number": "1",
    "a destination that is text": '{"userinfo":"given_name"}',
    "a destination that is an array": '{"userinfo":["given_name"]}',
    "a request that is text": '{"userinfo":{"given_name":"x"}}',
    "a request that is true": '{"userinfo":{"given_name":true}}',
    "a request that is an array": '{"userinfo":{"given_name":[]}}',
    "values that are an object": '{"userinfo":{"given_name":{"values":{}}}}',
    "values that are text": '{"userinfo":{"given_name":{"values":"Anna"}}}',
    "a value that is an object": '{"userinfo":{"given_name":{"value":{}}}}',
    "a value that is null": '{"userinfo":{"given_name":{"value":null}}}',
    "a value that is a fraction": '{"userinfo":{"given_name":{"value":1.5}}}',
    "NaN": '{"userinfo":{"given_name":{"value":NaN}}}',
    "a lone surrogate": '{"userinfo":{"given_name":{"value":"\\ud800"}}}',
    "NUL": '{"userinfo":{"given_name":{"value":"\\u0000"}}}',
    "a member twice": '{"userinfo":{"given_name":null,"given_name":null}}',
    "a number of 5000 digits": '{"userinfo":{"given_name":{"value":' + "9" * 5000 + "}}}",
    "too deep": DEEP,
    "too deep where it would be ignored": '{"elsewhere":[[[[[1]]]]]}',
    "far too deep": "[" * 4000 + "]" * 4000,
    "an object far too deep": '{"a":' * 1500 + "1" + "}" * 1500,
    "over 8 KiB": json.dumps({"userinfo": {f"claim{n}": None for n in range(1000)}}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_claims_parameter_is_an_error_at_the_address(world, name):
    answer = world.browser().get(world.authorize_url(claims=MALFORMED[name]))
    assert (answer.status, error(answer)) == (303, "invalid_request")
    assert answer.sent_back["error_description"].isascii()


@pytest.mark.parametrize(
    "text", ["{}", '{"userinfo":null}', '{"id_token":{}}', '{\n  "userinfo": {\t"given_name": null}\r\n}']
)
def test_a_claims_parameter_that_is_merely_spaced_or_empty_is_read(world, text):
    assert "code" in world.browser().get(world.authorize_url(claims=text)).sent_back


@pytest.mark.spec("OpenID Connect Core", "3.1.2.2")
@pytest.mark.parametrize("where", ["id_token", "userinfo"])
def test_a_sub_asked_for_by_value_is_the_only_person_who_will_do(world, where):
    browser = world.browser()
    anna = claims(world.tokens(browser)["id_token"])["sub"]
    asked = {"claims": json.dumps({where: {"sub": {"value": anna}}}), "login_hint": None}
    assert "code" in browser.get(world.authorize_url(**asked)).sent_back
    other = world.browser()
    world.tokens(other, login_hint="test:bo")
    assert error(other.get(world.authorize_url(**asked))) == "login_required"
    several = json.dumps({where: {"sub": {"values": ["nobody", anna]}}})
    assert "code" in browser.get(world.authorize_url(claims=several)).sent_back


def test_a_value_filter_asked_for_twice_does_not_widen_what_goes_out(world):
    inside, outside = told(world, scope="openid profile", id_token={"given_name": {"value": "Bo"}})
    assert inside == {}
    assert "given_name" not in outside
