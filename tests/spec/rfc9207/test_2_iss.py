"""The issuer is named in every answer of the authorization endpoint (RFC 9207 section 2)."""

import pytest

from tests.support.world import client, federation

pytestmark = pytest.mark.spec("RFC 9207", "2")

ERRORS = {
    "invalid_request": {"code_challenge": None},
    "unsupported_response_type": {"response_type": "token"},
    "invalid_scope": {"scope": "profile"},
    "login_required": {"prompt": "none", "login_hint": None},
    "request_not_supported": {"request": "x"},
    "unmet_authentication_requirements": {"acr_values": "urn:unknown"},
}


def test_a_code_comes_with_the_issuer(world):
    sent = world.browser().get(world.authorize_url()).sent_back
    assert sent["iss"] == world.request("GET", "/.well-known/openid-configuration").json["issuer"]


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_comes_with_the_issuer_and_the_state(world, code):
    sent = world.browser().get(world.authorize_url(**ERRORS[code])).sent_back
    assert (sent["error"], sent["iss"], sent["state"]) == (code, world.base, "the-state")


def test_the_issuer_stands_beside_what_the_registered_address_has_of_its_own(worlds):
    address = "https://rp.example.org/cb?tenant=7&x=%20"
    world = worlds.make(federation(client(redirect_uris=[address])))
    answer = world.browser().get(world.authorize_url(redirect_uri=address))
    assert answer.location.startswith(address + "&code=")
    assert answer.sent_back["iss"] == world.base
    assert answer.location.count("iss=") == 1
