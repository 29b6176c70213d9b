"""Clients register themselves for a member, and stand in test (RFC 7591 sections 2 and 3)."""

import pytest

from broker.storage.storage import Storage
from metadata.wire.jwk import public_jwk
from tests.support.oidc import KEY
from tests.support.oidfed import key
from tests.support.registering import GOOD, OTHER, REGISTER, VENDOR, Registering, document
from tests.support.world import CALLBACK, LEVEL2, LEVEL3, MEMBER, NOW, client, federation

pytestmark = pytest.mark.spec("RFC 7591", "3")


@pytest.fixture
def at(worlds):
    return Registering(worlds.make(document()))


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return Registering(lasting_worlds.make(document()))


def error(answer):
    assert answer.header("Cache-Control") == "no-store"
    assert answer.json["error_description"]
    return answer.status, answer.json["error"]


def assert_not_invited(answer):
    assert answer.status == 401
    assert answer.header("WWW-Authenticate").startswith("Bearer")


# --- what comes of it


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_a_client_is_told_all_that_is_registered_and_what_it_was_given(at):
    answer = at.register(default_max_age=300)
    told = answer.json
    assert (answer.status, answer.header("Content-Type")) == (201, "application/json")
    assert GOOD.items() <= told.items()
    assert told["client_id_issued_at"] == NOW
    assert (told["client_secret_expires_at"], len(told["client_secret"]) >= 32) == (0, True)
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["registration_client_uri"] == f"{at.world.base}{REGISTER}?client_id={told['client_id']}"
    assert told["default_max_age"] == 300
    defaults = (
        "grant_types",
        "response_types",
        "scope",
        "application_type",
        "subject_type",
        "id_token_signed_response_alg",
    )
    assert [told[name] for name in defaults] == [
        ["authorization_code"],
        ["code"],
        "openid",
        "web",
        "pairwise",
        "ES256",
    ]


def test_it_becomes_an_entry_of_its_member_in_state_test_with_the_terms_of_the_token(at):
    told = at.register().json
    entry = at.entry(told)
    assert (entry.org, entry.origin, entry.content["state"]) == (MEMBER, "api", "test")
    assert entry.content["levels"] == [LEVEL2, LEVEL3]
    assert entry.content["attributes"] == ["givenName", "sn"]
    (event,) = [each for each in at.world.events("register.changed") if each["entry"] == told["client_id"]]
    assert event["org"] == MEMBER


def test_neither_secret_nor_token_is_kept_in_clear(at):
    told = at.register().json
    kept = str(at.entry(told).content)
    assert told["client_secret"] not in kept
    assert told["registration_access_token"] not in kept


def test_production_does_not_know_it_and_the_test_issuer_does(at):
    told = at.register(redirect_uris=["https://ny.example/cb"]).json
    at.world.app.snapshots.refresh()
    url = at.world.authorize_url(told["client_id"], redirect_uri="https://ny.example/cb")
    assert at.world.browser().get(url).cause == "request-unknown-service"
    tested = at.world.browser().get("/test" + url)
    assert tested.status == 303


def test_a_client_with_keys_gets_no_secret(at):
    told = at.register(jwks={"keys": [public_jwk(KEY)]}).json
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert "client_secret" not in told


def test_the_levels_that_it_asks_for_are_those_of_its_service_as_far_as_it_may(at):
    told = at.register(default_acr_values=[LEVEL3, "http://unknown.example/loa"]).json
    assert at.entry(told).content["levels"] == [LEVEL3]


@pytest.mark.spec("RFC 7591", "2")
def test_what_is_not_understood_is_left_out_and_not_told(at):
    told = at.register(
        **{"backchannel_logout_uri": "https://rp.example.org/l", "x#sv": "y", "client_name#fi": "Uusi"}
    ).json
    assert "backchannel_logout_uri" not in told
    assert "x#sv" not in told
    assert told["client_name#fi"] == "Uusi"


def test_what_is_ours_to_give_is_not_taken_from_the_client(at):
    told = at.register(client_id="mine", client_secret="x" * 40, registration_access_token="x").json
    assert told["client_id"] != "mine"
    assert told["client_secret"] != "x" * 40
    assert told["registration_access_token"] != "x"


# --- never open


@pytest.mark.parametrize("scheme", ["Basic", "DPoP", "bearer-token"])
def test_without_a_token_nobody_registers(shared, scheme):
    assert_not_invited(shared.send(body=GOOD))
    assert_not_invited(shared.send(body=GOOD, token="x"))
    assert_not_invited(shared.send(body=GOOD, token="x" * 43))
    assert_not_invited(shared.send(body=GOOD, token=shared.token(), scheme=scheme))
    assert_not_invited(shared.send(body=GOOD, token=" "))


def test_a_token_serves_once(at):
    token = at.token()
    assert at.register(token).status == 201
    assert_not_invited(at.register(token))


def test_of_two_at_once_one_wins(at, monkeypatch):
    token = at.token()
    fresh = at.world.store.once("initial-access-token", token)
    assert at.register(token).status == 201
    monkeypatch.setattr(Storage, "once", lambda *_: fresh)
    assert_not_invited(at.register(token))


def test_a_registration_that_is_refused_uses_no_token_up(at):
    token = at.token()
    assert at.register(token, redirect_uris=["http://rp.example"]).status == 400
    assert at.register(token).status == 201


def test_an_expired_token_is_none(at):
    token = at.token()
    at.world.clock.now = NOW + 3600
    assert_not_invited(at.register(token))


def test_another_kind_of_secret_is_no_token(at):
    told = at.register().json
    assert_not_invited(at.register(told["registration_access_token"]))
    assert_not_invited(at.register(told["client_secret"]))


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_for_a_member_that_is_stopped_nobody_registers(worlds, state):
    changed = document()
    changed["members"][0]["state"] = state
    changed["services"] = []
    at = Registering(worlds.make(changed))
    assert_not_invited(at.register())
    assert_not_invited(at.register(at.token(org="5566778899")))


def test_the_log_says_who_was_let_register(at):
    at.token()
    (event,) = at.world.events("register.client-invited")
    assert (event["org"], event["levels"], event["until"]) == (MEMBER, [LEVEL2, LEVEL3], NOW + 3600)


# --- refused


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://rp.example/cb#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": CALLBACK}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK] * 51}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": ["none"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks": {"keys": []}}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{**public_jwk(KEY), "d": "x"}]}}, "invalid_client_metadata"),
        ({"jwks": {"keys": [public_jwk(KEY)]}, "jwks_uri": "https://rp.example/k"}, "invalid_client_metadata"),
        ({"jwks_uri": "http://rp.example/k"}, "invalid_client_metadata"),
        ({"client_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"subject_type": "ephemeral"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"sector_identifier_uri": "https://rp.example/s"}, "invalid_client_metadata"),
        ({"scope": ["openid"]}, "invalid_client_metadata"),
        ({"default_max_age": -1}, "invalid_client_metadata"),
        ({"require_auth_time": "maybe"}, "invalid_client_metadata"),
        ({"software_statement": 7, "redirect_uris": None}, "invalid_redirect_uri"),
    ],
)
def test_a_registration_that_may_not_be_is_refused_by_its_code(shared, changes, code):
    assert error(shared.register(**changes)) == (400, code)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b'{"a":1,"a":2}', "application/json"),
        (b'{"a":NaN}', "application/json"),
        (b"\xff", "application/json"),
        (b"redirect_uris=x", "application/x-www-form-urlencoded"),
        (b"{}", "text/plain"),
    ],
)
def test_a_body_that_is_no_registration_is_refused(shared, body, media_type):
    assert error(shared.send(body=body, token=shared.token(), media_type=media_type)) == (
        400,
        "invalid_client_metadata",
    )


def test_the_address_of_another_members_service_is_refused(worlds):
    theirs = "https://theirs.example/cb"
    world = worlds.make(document(services=[client("rp", member=OTHER, redirect_uris=[theirs])]))
    assert error(Registering(world).register(redirect_uris=[theirs])) == (400, "invalid_redirect_uri")


def test_one_source_may_register_so_often_a_minute(at):
    answers = [at.send(body=GOOD).status for _ in range(121)]
    assert (set(answers[:120]), answers[120]) == ({401}, 429)


def test_other_methods_are_not_taken(shared):
    assert shared.send("PATCH", GOOD).status == 405


def test_discovery_says_where(shared):
    said = shared.world.request("GET", "/.well-known/openid-configuration").json
    assert said["registration_endpoint"] == shared.world.base + REGISTER
    beneath = shared.world.request("GET", "/test/.well-known/openid-configuration").json
    assert "registration_endpoint" not in beneath


# --- software statements


@pytest.mark.spec("RFC 7591", "2.3")
def test_a_software_statement_lets_a_client_register_for_its_member_and_wins_over_what_the_client_says(at):
    statement = at.statement(client_name="Vendor's journal", redirect_uris=["https://vendor.example/cb"])
    answer = at.send(body={**GOOD, "software_statement": statement})
    told = answer.json
    assert answer.status == 201
    assert (told["client_name"], told["redirect_uris"]) == ("Vendor's journal", ["https://vendor.example/cb"])
    assert (told["software_id"], told["software_statement"]) == ("journal", statement)
    entry = at.entry(told)
    assert (entry.org, entry.content["levels"], entry.content["attributes"]) == (OTHER, [LEVEL3], ["sn"])


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signed_by": key("stranger")}, "invalid_software_statement"),
        ({"typ": "entity-statement+jwt"}, "invalid_software_statement"),
        ({"exp": None}, "invalid_software_statement"),
        ({"iat": None}, "invalid_software_statement"),
        ({"exp": NOW - 61}, "invalid_software_statement"),
        ({"iat": NOW + 61}, "invalid_software_statement"),
        ({"iss": None}, "invalid_software_statement"),
        ({"iss": "https://stranger.example"}, "unapproved_software_statement"),
    ],
)
def test_a_software_statement_that_is_none_is_refused(shared, changes, code):
    assert error(shared.send(body={**GOOD, "software_statement": shared.statement(**changes)})) == (400, code)


def test_what_is_no_jwt_is_no_statement(shared):
    assert error(shared.send(body={**GOOD, "software_statement": "x.y"})) == (400, "invalid_software_statement")


def test_where_nobody_is_approved_no_statement_is(worlds):
    at = Registering(worlds.make(federation()))
    answer = at.send(body={**GOOD, "software_statement": at.statement()})
    assert error(answer) == (400, "unapproved_software_statement")


def test_with_a_token_the_token_is_what_counts(at):
    statement = at.statement()
    told = at.register(software_statement=statement).json
    assert at.entry(told).org == MEMBER
    assert VENDOR not in str(at.entry(told).content)
