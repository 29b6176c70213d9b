"""What the provider says of itself is what it does (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3)."""

import json
from urllib.parse import urlsplit

import pytest

from tests.support.oidc import error, userinfo, verified
from tests.support.world import NAMES, claims, client, federation

pytestmark = pytest.mark.spec("RFC 8414", "2")
DOCUMENTS = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
MEMBERS = {
    "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "introspection_endpoint",
    "revocation_endpoint", "end_session_endpoint", "scopes_supported", "response_types_supported",
    "response_modes_supported", "grant_types_supported", "acr_values_supported", "subject_types_supported",
    "id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported",
    "claims_supported", "claim_types_supported", "claims_parameter_supported", "request_parameter_supported",
    "request_object_signing_alg_values_supported", "registration_endpoint",
    "request_uri_parameter_supported", "code_challenge_methods_supported", "prompt_values_supported",
    "authorization_response_iss_parameter_supported", "ui_locales_supported", "authorization_details_types_supported",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return lasting_worlds.make(federation(client()))


@pytest.fixture(scope="module")
def said(world):
    return world.request("GET", DOCUMENTS[0]).json


def test_both_documents_are_the_same_and_may_be_cached(world):
    one, two = (world.request("GET", path) for path in DOCUMENTS)
    assert one.body == two.body
    assert one.header("Content-Type") == "application/json"
    assert "max-age" in one.header("Cache-Control")


def test_every_member_that_is_published_has_a_test_here_or_names_an_endpoint(said):
    assert set(said) == MEMBERS


def test_the_issuer_is_the_base_address_to_the_letter(world, said):
    assert said["issuer"] == world.base
    assert claims(world.tokens()["id_token"])["iss"] == said["issuer"]


def test_every_endpoint_is_ours_and_answers(world, said):
    for name in sorted(MEMBERS):
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert said[name].startswith(world.base + "/oidc/")
            statuses = {world.request(method, urlsplit(said[name]).path).status for method in ("GET", "POST")}
            assert statuses - {405, 404, 500}, name


def test_request_objects_are_taken_by_value(said):
    assert said["request_parameter_supported"] is True
    assert "ES256" in said["request_object_signing_alg_values_supported"]


@pytest.mark.parametrize("flag", ["request_uri_parameter_supported"])
def test_what_is_not_supported_is_said_not_to_be(world, said, flag):
    assert said[flag] is False
    name = flag.removesuffix("_parameter_supported")
    assert error(world.browser().get(world.authorize_url(**{name: "x"}))) == f"{name}_not_supported"


def test_the_answer_is_a_code_in_the_query_with_the_issuer(world, said):
    assert (said["response_types_supported"], said["response_modes_supported"]) == (["code"], ["query"])
    assert said["authorization_response_iss_parameter_supported"] is True
    assert set(world.browser().get(world.authorize_url(response_mode="query")).sent_back) == {"code", "state", "iss"}


def test_every_grant_type_is_known_to_the_token_endpoint(world, said):
    assert said["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials"]
    for grant_type in said["grant_types_supported"]:
        assert error(world.token(grant_type=grant_type)) in {"invalid_request", ""}


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_every_signing_algorithm_signs_id_token_and_userinfo(worlds, said, alg):
    for name in ("id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"):
        assert said[name] == ["ES256", "RS256"]
    world = worlds.make(federation(client(id_token_signed_response_alg=alg, userinfo_signed_response_alg=alg)))
    tokens = world.tokens()
    assert verified(world, tokens["id_token"], alg)["aud"] == "rp"
    assert verified(world, userinfo(world, tokens["access_token"]).text, alg)["aud"] == "rp"


@pytest.mark.parametrize("subject_type", ["pairwise", "public"])
def test_every_subject_type_can_be_registered(worlds, said, subject_type):
    assert subject_type in said["subject_types_supported"]
    assert worlds.make(federation(client(subject_type=subject_type))).tokens()["id_token"]


def test_the_algorithms_of_assertions_are_named_for_every_endpoint_that_takes_them(said):
    for endpoint in ("token", "introspection", "revocation"):
        assert "private_key_jwt" in said[f"{endpoint}_endpoint_auth_methods_supported"]
        algorithms = said[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert algorithms == said["token_endpoint_auth_signing_alg_values_supported"]
        assert "none" not in algorithms
        assert not any(alg.startswith("HS") for alg in algorithms)


def test_authentication_methods_are_those_of_the_table(said):
    assert set(said["token_endpoint_auth_methods_supported"]) == {
        "private_key_jwt", "client_secret_basic", "client_secret_post", "none",
    }  # fmt: skip
    assert "none" not in said["introspection_endpoint_auth_methods_supported"]


def test_every_level_that_is_published_can_be_given(worlds, said):
    levels = said["acr_values_supported"]
    assert levels
    world = worlds.make(federation(client(levels=levels)))
    for level in levels:
        assert claims(world.tokens(acr_values=level)["id_token"])["acr"] == level


def test_every_scope_can_be_registered_and_granted(worlds, said):
    scopes = said["scopes_supported"]
    world = worlds.make(federation(client(scope=" ".join(scopes))))
    assert set(world.tokens(scope=" ".join(scopes))["scope"].split(" ")) == set(scopes)


def test_every_claim_can_be_asked_for(world, said):
    assert not [name for name in said["claims_supported"] if name.endswith("://id")], (
        "an address is not cut at its dots"
    )
    assert {
        "sub",
        "acr",
        "auth_time",
        "given_name",
        "address",
        "https://id.oidc.se/claim/personalIdentityNumber",
    } <= set(said["claims_supported"])
    asked = json.dumps({"userinfo": dict.fromkeys(said["claims_supported"])})
    assert said["claims_parameter_supported"] is True
    assert "code" in world.browser().get(world.authorize_url(claims=asked)).sent_back


def test_a_claim_that_a_person_has_comes_under_the_name_that_is_published(worlds, said):
    values = {"street": "Storgatan 1", "mail": ["a@example.org"], "personalIdentityNumber": "191212121212"}
    world = worlds.make(federation(client(attributes=[*NAMES, *values]), persons=[{"id": "anna", **values, "sn": "A"}]))
    asked = json.dumps({"userinfo": dict.fromkeys(said["claims_supported"])})
    got = userinfo(world, world.tokens(claims=asked)["access_token"]).json
    known = {"sub", "name", "family_name", "address", "email", "https://id.oidc.se/claim/personalIdentityNumber"}
    assert set(got) == known
    assert set(got) <= set(said["claims_supported"])


@pytest.mark.parametrize("prompt", ["none", "login", "consent", "select_account"])
def test_every_prompt_is_read(world, said, prompt):
    assert prompt in said["prompt_values_supported"]
    assert error(world.browser().get(world.authorize_url(prompt=prompt))) in {"", "login_required"}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_language_is_spoken(world, said, language):
    assert language in said["ui_locales_supported"]
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None, ui_locales=language)))
    assert page.header("Content-Language") == language


def test_only_s256_is_offered(said):
    assert said["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.spec("RFC 7517", "5")
def test_only_public_keys_are_published_each_with_name_use_and_algorithm(world):
    answer = world.request("GET", "/oidc/jwks")
    keys = answer.json["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "RS256"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert set(key) <= {"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"}


def test_the_documents_follow_the_federation(worlds):
    world = worlds.make(federation(client()))
    before = world.request("GET", DOCUMENTS[0]).json
    world.reapply(federation(client("another")))
    assert world.request("GET", DOCUMENTS[0]).json == before
