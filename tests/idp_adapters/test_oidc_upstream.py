"""Login at an upstream OpenID Provider, against a provider that is as strict as a good one and bends on command."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pydantic import ValidationError

from idp_adapters.base import Authenticated, Consume, Failed, Inbound, Redirect
from idp_adapters.methods.oidc import ERRORS, INTERACTION, OidcSettings
from idp_adapters.simulators.oidc_op import Client, OpenIdProvider
from idp_adapters.simulators.upstream import Call, Fault
from metadata.register import OidcProvider
from metadata.wire.egress import EgressRefused, Response
from metadata.wire.jose import issue, public_jwk
from metadata.wire.oidc_messages import ClientCredentials, OidcRefused, token_request
from tests.support.jose_mutations import MUTATIONS, Case
from tests.support.upstream import (
    BROKER,
    LOA2,
    LOA3,
    NOW,
    OP,
    SECRET,
    Clock,
    InProcess,
    ask,
    oidc_settings,
    open_id_provider,
    pressed,
    returned,
    sent,
    signer,
    tools,
    walked,
)


class World:
    """One provider, the broker's adapter for it, and what lies between."""

    def __init__(self, kind=OpenIdProvider, op=None, **settings):
        self.clock = Clock()
        self.op = open_id_provider(clock=self.clock, kind=kind, **(op or {}))
        self.egress = InProcess({OP: self.op})
        self.adapter = oidc_settings(**settings).adapter("op", tools(self.egress))

    def start(self, **asked):
        return self.adapter.start(ask(**asked), self.clock.now)

    def login(self, **asked):
        step = self.start(**asked)
        return self.adapter.resume(step.state, walked(self.op, step.url), self.clock.now)


class Bent(OpenIdProvider):
    """A provider whose ID tokens a test makes from the good claims."""

    def bend(self, case):
        return case.token()

    def _id_token(self, grant, access_token):
        claims = self._id_claims(grant, access_token)
        return self.bend(Case({"alg": "ES256", "kid": self.signer.kid}, claims, self.signer, self.stranger))


def reason(step):
    assert isinstance(step, Failed), step
    return step.reason.code


# --- the good way


@pytest.mark.spec("OIDC Core", "3.1")
def test_a_person_is_identified_with_the_level_time_and_claims_that_the_provider_gave():
    world = World()

    step = world.login(levels=(LOA3,))

    assert isinstance(step, Authenticated)
    asserted = step.asserted
    assert (asserted.subject.issuer, asserted.subject.format, asserted.subject.value) == (OP, "oidc", "anna")
    assert asserted.level == LOA3
    assert asserted.authenticated_at == NOW
    assert asserted.attributes == {"given_name": ("Anna",), "mail": ("anna@home.example",)}
    assert asserted.authn_methods == ("sim",)
    assert asserted.authorities == (OP,)
    assert asserted.evidence["id_token"].count(".") == 2


@pytest.mark.spec("OIDC Core", "3.1.2.1")
@pytest.mark.spec("RFC 7636", "4.3")
def test_the_request_carries_state_nonce_challenge_and_what_was_asked():
    parameters = sent(World().start(levels=(LOA3, LOA2), language="en", max_age=60))

    assert parameters["response_type"] == "code"
    assert parameters["client_id"] == "tillit"
    assert parameters["redirect_uri"] == f"{BROKER}/login/upstream/op/callback"
    assert parameters["scope"] == "openid"
    assert parameters["state"] == "login-1"
    assert len(parameters["nonce"]) >= 43
    assert (parameters["code_challenge_method"], len(parameters["code_challenge"])) == ("S256", 43)
    assert parameters["acr_values"] == f"{LOA3} {LOA2}"
    assert (parameters["ui_locales"], parameters["max_age"]) == ("en", "60")
    assert {"prompt", "login_hint", "claims"}.isdisjoint(parameters)


def test_the_browser_leaves_to_the_issuer_and_to_its_endpoint_once_that_is_known():
    world = World(origins=("https://login.example",))
    assert world.adapter.leaves_to() == (OP, "https://login.example")

    world.start()

    assert world.adapter.leaves_to() == (OP, f"{OP}/authorize", "https://login.example")


def test_every_login_has_its_own_nonce_and_challenge():
    world = World()

    one, other = sent(world.start()), sent(world.start())

    assert one["nonce"] != other["nonce"]
    assert one["code_challenge"] != other["code_challenge"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"force": True}, {"prompt": "login", "max_age": "0"}),
        ({"force": True, "max_age": 300}, {"prompt": "login", "max_age": "0"}),
        ({"passive": True}, {"prompt": "none"}),
        ({"max_age": 0}, {"max_age": "0"}),
        ({"hint": "anna"}, {"login_hint": "anna"}),
    ],
)
def test_force_passive_age_and_hint_are_carried(asked, expected):
    parameters = sent(World(login_hint=True).start(**asked))

    assert expected.items() <= parameters.items()


def test_a_hint_is_not_passed_on_unless_that_is_wanted():
    assert "login_hint" not in sent(World().start(hint="anna"))


def test_force_and_passive_together_cannot_be():
    assert reason(World().start(force=True, passive=True)) == "passive-impossible"


@pytest.mark.spec("OIDC Core", "5.5.1.1")
def test_the_level_may_be_asked_for_as_an_essential_claim():
    world = World(acr="claims")

    parameters = sent(world.start(levels=(LOA2,)))

    assert json.loads(parameters["claims"]) == {"id_token": {"acr": {"essential": True, "values": [LOA2]}}}
    assert "acr_values" not in parameters
    assert world.login(levels=(LOA2,)).asserted.level == LOA2


def test_the_real_requester_is_told_to_a_provider_that_wants_to_know():
    world = World()

    def with_flag(outbound, answer):
        document = {**json.loads(answer.body), "https://id.oidc.se/disco/originalClientIdSupported": True}
        return replace(answer, body=json.dumps(document).encode())

    world.egress.spoil = with_flag

    assert sent(world.start())["https://id.oidc.se/param/originalClientId"] == "https://service.example/metadata"


def test_the_query_of_an_authorization_endpoint_is_kept():
    world = World()
    world.egress.spoil = lambda _, answer: replace(answer, body=answer.body.replace(b"/authorize", b"/authorize?t=1"))

    assert sent(world.start())["t"] == "1"


def with_secret(secret=SECRET):
    return {"client": Client("tillit", (f"{BROKER}/login/upstream/op/callback",), secret=secret)}


@pytest.mark.spec("OIDC Core", "9")
@pytest.mark.parametrize(
    ("method", "secret"),
    [("client_secret_basic", SECRET), ("client_secret_post", SECRET), ("private_key_jwt", None)],
)
def test_the_broker_authenticates_in_the_way_agreed_on_and_no_other(method, secret):
    world = World(op=with_secret() if secret else {}, provider=OidcProvider(OP, "tillit", secret, method))

    step = world.login()

    assert isinstance(step, Authenticated)
    request = next(call for call in world.egress.calls if call.url == f"{OP}/token")
    assert (b"client_assertion=" in request.body) == (method == "private_key_jwt")
    assert (b"client_secret=" in request.body) == (method == "client_secret_post")
    assert ("authorization" in request.headers) == (method == "client_secret_basic")


def test_an_assertion_may_be_meant_for_the_token_endpoint():
    world = World(assertion_audience="token_endpoint")

    assert isinstance(world.login(), Authenticated)


def test_a_public_client_names_itself_only():
    public = ClientCredentials("tillit", "none", OP)

    request = token_request(f"{OP}/token", public, code="c", verifier="v", redirect_uri="u", now=NOW)

    assert b"client_id=tillit" in request.body
    assert "authorization" not in request.headers


def test_private_key_jwt_needs_a_key():
    with pytest.raises(OidcRefused, match="no key"):
        token_request(
            "t", ClientCredentials("tillit", "private_key_jwt", OP), code="c", verifier="v", redirect_uri="u", now=NOW
        )


def test_a_wrong_secret_identifies_nobody():
    world = World(op=with_secret(), provider=OidcProvider(OP, "tillit", "wrong", "client_secret_basic"))

    assert reason(world.login()) == "upstream-error"


# --- once


def test_an_id_token_is_consumed_once_until_it_has_expired():
    world = World()

    first, second = world.login(), world.login()

    (one,), (other,) = first.consume, second.consume
    assert one.kind == "upstream-id-token"
    assert one.key.startswith(f"{OP} ")
    assert one.key != other.key
    assert one.expires_at == NOW + 300 + 60


def test_an_id_token_without_jti_is_known_by_its_hash():
    class WithoutJti(Bent):
        def bend(self, case):
            return case.token(payload={k: v for k, v in case.claims.items() if k != "jti"})

    (consume,) = World(kind=WithoutJti).login().consume

    assert isinstance(consume, Consume)
    assert len(consume.key) == len(OP) + 1 + 64


def test_a_code_cannot_be_redeemed_again():
    world = World()
    step = world.start()
    back = walked(world.op, step.url)
    world.adapter.resume(step.state, back, NOW)

    assert reason(world.adapter.resume(step.state, back, NOW)) == "upstream-error"


# --- levels


@pytest.mark.parametrize(
    ("fault", "asked", "expected"),
    [
        (Fault.LOWER_LEVEL, (LOA3,), "level-too-low"),
        (Fault.LOWER_LEVEL, (LOA3, LOA2), None),
        (Fault.NONE, ("http://id.example/other",), "level-too-low"),
    ],
)
def test_a_level_that_was_not_asked_for_is_not_taken(fault, asked, expected):
    world = World()
    world.op.script.set(fault)

    step = world.login(levels=asked)

    assert (None if isinstance(step, Authenticated) else reason(step)) == expected


@pytest.mark.parametrize("acr", [None, 3, ["x"], ""])
def test_without_an_acr_there_is_no_level(acr):
    class WithoutAcr(Bent):
        def bend(self, case):
            return case.token(payload={**case.claims, "acr": acr})

    assert World(kind=WithoutAcr).login().asserted.level == ""
    assert reason(World(kind=WithoutAcr).login(levels=(LOA3,))) == "level-too-low"


def test_a_provider_that_says_no_level_is_not_asked_for_one():
    assert "acr_values" not in sent(World().start(levels=("",)))


# --- answers that are not for this login


@pytest.mark.spec("RFC 9207", "2.4")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": "login-2"}, "upstream-used"),
        ({"state": None}, "upstream-used"),
        ({"state": "lögin"}, "upstream-used"),
        ({"iss": "https://evil.example"}, "upstream-used"),
        ({"iss": f"{OP}/"}, "upstream-used"),
        ({"iss": None}, "upstream-used"),
        ({"code": None}, "upstream-error"),
        ({"code": ""}, "upstream-error"),
        ({"code": "x" * 5000}, "upstream-error"),
        ({"code": "guessed"}, "upstream-error"),
        ({"error": "access_denied", "iss": "https://evil.example"}, "upstream-used"),
        ({"error": "access_denied", "state": "login-2"}, "upstream-used"),
    ],
)
def test_a_response_that_is_not_this_providers_answer_to_this_request_is_refused(changes, expected):
    world = World()
    step = world.start()
    parameters = dict(walked(world.op, step.url).parameters) | changes
    calls = len(world.egress.calls)

    found = world.adapter.resume(step.state, Inbound({k: v for k, v in parameters.items() if v is not None}), NOW)

    assert reason(found) == expected
    if changes.get("code") != "guessed":
        assert len(world.egress.calls) == calls, "no code leaves for an answer that is not ours, or has none"


def test_a_provider_that_does_not_promise_iss_may_leave_it_out():
    world = World()
    world.op.iss_in_response = False

    assert isinstance(world.login(), Authenticated)


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b"not json", b'{"levels": 1}', b'{"levels": [], "more": 1}'])
def test_a_state_that_is_not_ours_is_our_own_error(state):
    assert reason(World().adapter.resume(state, Inbound({"code": "c"}), NOW)) == "internal"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        *ERRORS.items(),
        *((error, "upstream-refused") for error in sorted(INTERACTION)),
        ("something_else", "upstream-refused"),
    ],
)
def test_each_error_of_a_provider_has_a_meaning(error, expected):
    world = World()
    step = world.start()

    found = world.adapter.resume(step.state, Inbound({"state": "login-1", "iss": OP, "error": error}), NOW)

    assert reason(found) == expected


def test_a_passive_login_that_needs_the_person_is_said_to_be_so():
    world = World(op={"default_person": None})

    assert reason(world.login(passive=True)) == "passive-impossible"


# --- ID tokens


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_no_spoiled_id_token_is_believed(mutation):
    class Spoiling(Bent):
        def bend(self, case):
            spoiled = mutation(case)
            return spoiled if isinstance(spoiled, str) else spoiled.decode("latin-1")

    assert reason(World(kind=Spoiling).login()) in {"upstream-signature", "upstream-error"}


SIGNATURE, TIME = "upstream-signature", "upstream-time"
BAD_CLAIMS = {
    "no iss": (SIGNATURE, {"iss": None}),
    "another iss": (SIGNATURE, {"iss": "https://evil.example"}),
    "iss with a slash": (SIGNATURE, {"iss": f"{OP}/"}),
    "no aud": (SIGNATURE, {"aud": None}),
    "another aud": (SIGNATURE, {"aud": "another"}),
    "aud among others": (SIGNATURE, {"aud": ["tillit", "another"]}),
    "aud in another list": (SIGNATURE, {"aud": ["another"]}),
    "aud a number": (SIGNATURE, {"aud": 1}),
    "another azp": (SIGNATURE, {"azp": "another"}),
    "no nonce": (SIGNATURE, {"nonce": None}),
    "another nonce": (SIGNATURE, {"nonce": "another"}),
    "nonce a number": (SIGNATURE, {"nonce": 1}),
    "no sub": (SIGNATURE, {"sub": None}),
    "sub empty": (SIGNATURE, {"sub": ""}),
    "sub too long": (SIGNATURE, {"sub": "a" * 256}),
    "sub a number": (SIGNATURE, {"sub": 1}),
    "at_hash of another token": (SIGNATURE, {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "at_hash a number": (SIGNATURE, {"at_hash": 1}),
    "no exp": (TIME, {"exp": None}),
    "exp as text": (TIME, {"exp": str(NOW + 300)}),
    "exp a fraction": (TIME, {"exp": NOW + 300.5}),
    "expired": (TIME, {"exp": NOW - 60}),
    "no iat": (TIME, {"iat": None}),
    "from the future": (TIME, {"iat": NOW + 61}),
    "issued before we asked": (TIME, {"iat": NOW - 61}),
    "not yet valid": (TIME, {"nbf": NOW + 61}),
    "auth_time as text": (TIME, {"auth_time": str(NOW)}),
    "auth_time true": (TIME, {"auth_time": True}),
    "auth_time in the future": (TIME, {"auth_time": NOW + 61}),
}


def claiming(changes):
    class Claiming(Bent):
        def bend(self, case):
            return case.token(payload={k: v for k, v in {**case.claims, **changes}.items() if v is not None})

    return Claiming


@pytest.mark.spec("OIDC Core", "3.1.3.7")
@pytest.mark.parametrize(("expected", "changes"), BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_an_id_token_with_wrong_claims_is_refused(expected, changes):
    assert reason(World(kind=claiming(changes)).login()) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["tillit"]},
        {"azp": "tillit"},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"iat": NOW - 60},
        {"at_hash": None},
        {"auth_time": None},
        {"auth_time": NOW + 60},
        {"typ": "anything"},
    ],
)
def test_an_id_token_within_the_rules_and_the_skew_is_taken(changes):
    step = World(kind=claiming(changes)).login()

    assert isinstance(step, Authenticated)
    assert step.asserted.authenticated_at <= NOW


@pytest.mark.parametrize(("auth_time", "dated"), [(NOW - 300, True), (None, False)])
def test_only_auth_time_vouches_for_the_moment_of_the_login(auth_time, dated):
    step = World(kind=claiming({"auth_time": auth_time})).login()

    assert step.asserted.dated is dated


def test_an_id_token_with_auth_time_null_is_refused():
    class Null(Bent):
        def bend(self, case):
            return case.token(payload={**case.claims, "auth_time": None})

    assert reason(World(kind=Null).login()) == "upstream-time"


@pytest.mark.spec("OIDC Core", "3.1.2.1")
@pytest.mark.parametrize(
    ("asked", "auth_time", "expected"),
    [
        ({"force": True}, NOW - 61, "upstream-time"),
        ({"force": True}, NOW - 60, None),
        ({"force": True}, None, "upstream-time"),
        ({"max_age": 300}, NOW - 361, "upstream-time"),
        ({"max_age": 300}, NOW - 360, None),
        ({"max_age": 300}, None, "upstream-time"),
        ({"max_age": 0}, NOW - 61, "upstream-time"),
        ({"force": True, "max_age": 300}, NOW - 61, "upstream-time"),
        ({}, NOW - 10**6, None),
    ],
)
def test_a_login_that_is_not_fresh_enough_is_refused(asked, auth_time, expected):
    step = World(kind=claiming({"auth_time": auth_time})).login(**asked)

    assert (None if isinstance(step, Authenticated) else reason(step)) == expected


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.WRONG_ISSUER, "upstream-used"),
        (Fault.WRONG_KEY, "upstream-signature"),
        (Fault.UNSIGNED, "upstream-signature"),
        (Fault.REPLAY, "upstream-signature"),
        (Fault.OLD, "upstream-time"),
        (Fault.OTHER_AUDIENCE, "upstream-signature"),
        (Fault.ERROR, "upstream-error"),
        (Fault.CANCEL, "user-cancelled"),
    ],
)
@pytest.mark.parametrize("before", [0, 1])
def test_each_misbehaviour_of_the_simulator_is_seen_and_the_next_login_is_good(fault, expected, before):
    world = World()
    for _ in range(before):
        world.login()
    world.op.script.set(fault)

    assert reason(world.login()) == expected
    assert isinstance(world.login(), Authenticated)


# --- keys and documents


@pytest.mark.spec("OIDC Core", "10.1.1")
def test_a_new_key_is_found_and_an_unknown_one_costs_one_fetch_a_minute():
    world = World()
    world.login()
    world.clock.now += 61
    world.op.signer = signer("op-next")

    assert isinstance(world.login(), Authenticated), "the provider has rotated"

    world.op.script.set(Fault.WRONG_KEY)
    fetched = world.egress.paths().count("/jwks")
    assert reason(world.login()) == "upstream-signature"
    world.op.script.set(Fault.WRONG_KEY)
    assert reason(world.login()) == "upstream-signature"
    assert world.egress.paths().count("/jwks") == fetched


def test_documents_are_kept_for_an_hour():
    world = World()
    for seconds in (0, 60, 3599):
        world.clock.now = NOW + seconds
        world.login()
    assert world.egress.paths().count("/.well-known/openid-configuration") == 1
    assert world.egress.paths().count("/jwks") == 1

    world.clock.now = NOW + 3600
    world.login()
    assert world.egress.paths().count("/.well-known/openid-configuration") == 2
    assert world.egress.paths().count("/jwks") == 2


def test_the_broker_starts_while_the_provider_is_down_and_finds_it_when_it_is_up():
    world = World()
    world.egress.reached.clear()

    assert reason(world.start()) == "upstream-down"

    world.egress.reached[OP] = world.op
    assert isinstance(world.login(), Authenticated)


def test_a_provider_that_goes_down_during_the_login_is_down():
    world = World()
    step = world.start()
    back = walked(world.op, step.url)
    world.op.script.set(Fault.DOWN)

    assert reason(world.adapter.resume(step.state, back, NOW)) == "upstream-down"


def spoiling(path, **changes):
    def spoil(outbound, answer):
        return replace(answer, **changes) if urlsplit(outbound.url).path == path else answer

    return spoil


@pytest.mark.parametrize(
    ("path", "changes", "expected"),
    [
        ("/.well-known/openid-configuration", {"body": b"<html>"}, "upstream-error"),
        ("/.well-known/openid-configuration", {"body": b"{}"}, "upstream-error"),
        ("/.well-known/openid-configuration", {"body": b'{"issuer":"https://evil.example"}'}, "upstream-error"),
        ("/.well-known/openid-configuration", {"status": 302}, "upstream-error"),
        ("/.well-known/openid-configuration", {"status": 503}, "upstream-down"),
    ],
)
def test_a_login_does_not_begin_with_a_document_that_is_not_the_providers(path, changes, expected):
    world = World()
    world.egress.spoil = spoiling(path, **changes)

    assert reason(world.start()) == expected


@pytest.mark.parametrize(
    ("path", "changes", "expected"),
    [
        ("/jwks", {"body": b"{}"}, "upstream-error"),
        ("/jwks", {"body": b'{"keys":[{"kty":"oct","k":"AAAA"}]}'}, "upstream-error"),
        ("/jwks", {"status": 404}, "upstream-error"),
        ("/jwks", {"body": b'{"keys":[]}'}, "upstream-signature"),
        ("/token", {"body": b"{}"}, "upstream-error"),
        ("/token", {"body": b"access_token=x"}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"MAC","access_token":"a","id_token":"b"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":1,"access_token":"a","id_token":"b"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"bearer","access_token":"a"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"bearer","id_token":"a"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"bearer","access_token":"","id_token":"b"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"bearer","access_token":1,"id_token":"b"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"bearer","access_token":"a","access_token":"b"}'}, "upstream-error"),
        ("/token", {"body": b'{"token_type":"bearer","access_token":"a","id_token":"b"}'}, "upstream-signature"),
        ("/token", {"body": b'{"error":["x"]}', "status": 400}, "upstream-error"),
        ("/token", {"status": 500}, "upstream-down"),
    ],
)
def test_an_answer_that_is_not_in_the_protocol_identifies_nobody(path, changes, expected):
    world = World()
    world.egress.spoil = spoiling(path, **changes)

    assert reason(world.login()) == expected


def test_an_address_that_may_not_be_reached_is_the_providers_error():
    class Refusing:
        def fetch(self, _outbound):
            raise EgressRefused("address")

    adapter = oidc_settings().adapter("op", tools(Refusing()))

    assert reason(adapter.start(ask(), NOW)) == "upstream-error"


# --- userinfo


def with_userinfo(**settings):
    return World(op={"userinfo_claims": ("mail",)}, **settings)


@pytest.mark.spec("OIDC Core", "5.3")
@pytest.mark.parametrize(
    ("when", "lacking", "fetched"),
    [
        ("needed", True, True),
        ("needed", False, False),
        ("always", False, True),
        ("never", True, False),
    ],
)
def test_userinfo_is_fetched_when_wanted(when, lacking, fetched):
    world = World(op={"userinfo_claims": ("mail",) if lacking else ()}, userinfo=when)

    step = world.login()

    assert ("/userinfo" in world.egress.paths()) == fetched
    assert ("mail" in step.asserted.attributes) == (fetched or not lacking)


def test_a_provider_without_userinfo_gives_what_its_id_token_holds():
    world = with_userinfo()
    world.egress.spoil = lambda _, answer: replace(answer, body=answer.body.replace(b'"userinfo_endpoint"', b'"none"'))

    assert set(world.login().asserted.attributes) == {"given_name"}


def test_userinfo_decides_nothing_that_the_id_token_says():
    world = with_userinfo()
    told = json.dumps({"sub": "anna", "acr": LOA3, "iss": "x", "given_name": "Eva", "mail": "m@x.example"}).encode()
    world.op.script.set(Fault.LOWER_LEVEL)
    world.egress.spoil = spoiling("/userinfo", body=told)

    asserted = world.login().asserted

    assert asserted.level == LOA2
    assert asserted.attributes["given_name"] == ("Anna",)
    assert asserted.attributes["mail"] == ("m@x.example",)


@pytest.mark.spec("OIDC Core", "5.3.2")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"body": b'{"sub":"bo","mail":"x"}'}, "upstream-signature"),
        ({"body": b'{"mail":"x"}'}, "upstream-signature"),
        ({"body": b"<html>"}, "upstream-error"),
        ({"status": 401}, "upstream-error"),
        ({"status": 503}, "upstream-down"),
    ],
)
def test_userinfo_of_another_or_none_is_refused(changes, expected):
    world = with_userinfo()
    world.egress.spoil = spoiling("/userinfo", **changes)

    assert reason(world.login()) == expected


GOOD_USERINFO = {"iss": OP, "aud": "tillit", "sub": "anna", "mail": "signed@x.example"}


@pytest.mark.spec("OIDC Core", "5.3.2")
@pytest.mark.parametrize(
    ("claims", "key", "expected"),
    [
        (GOOD_USERINFO, None, None),
        ({**GOOD_USERINFO, "exp": NOW + 60}, None, None),
        ({**GOOD_USERINFO, "exp": NOW - 60}, None, "upstream-signature"),
        ({**GOOD_USERINFO, "iss": "https://evil.example"}, None, "upstream-signature"),
        ({**GOOD_USERINFO, "aud": "another"}, None, "upstream-signature"),
        ({**GOOD_USERINFO, "sub": "bo"}, None, "upstream-signature"),
        ({**GOOD_USERINFO, "nonce": "n"}, None, "upstream-signature"),
        (GOOD_USERINFO, "stranger", "upstream-signature"),
    ],
)
def test_signed_userinfo_is_taken_when_its_signature_issuer_and_audience_hold(claims, key, expected):
    world = with_userinfo()
    token = issue(claims, signer(key) if key else world.op.signer)
    signed = Response(200, {"content-type": "application/jwt; charset=utf-8"}, token.encode())
    world.egress.spoil = lambda call, answer: signed if call.url == f"{OP}/userinfo" else answer

    step = world.login()

    if expected is None:
        assert step.asserted.attributes["mail"] == ("signed@x.example",)
    else:
        assert reason(step) == expected


def test_claims_become_texts_and_objects_are_left_out():
    values = {"flag": True, "number": 7, "list": ["a", 1, False, {"x": 1}, ["deep"]], "object": {"x": 1}, "gone": 1.5}

    asserted = World(kind=claiming(values)).login().asserted

    kept = {name: asserted.attributes[name] for name in values if name in asserted.attributes}
    assert kept == {"flag": ("true",), "number": ("7",), "list": ("a", "1", "false")}


def test_who_really_authenticated_is_passed_on():
    claims = {"https://id.oidc.se/claim/authnProvider": "https://eid.example"}

    assert World(kind=claiming(claims)).login().asserted.authorities == (OP, "https://eid.example")


# --- mix-up


@pytest.mark.spec("RFC 9700", "4.4")
@pytest.mark.parametrize("with_iss", [True, False])
@pytest.mark.parametrize(("asked", "answering"), [(0, 1), (1, 0)])
def test_an_answer_of_one_provider_is_never_taken_for_anothers(asked, answering, with_iss):
    issuers = ("https://one.example", "https://two.example")
    ops = [open_id_provider(issuer, method="op") for issuer in issuers]
    egress = InProcess(dict(zip(issuers, ops, strict=True)))
    adapters = [oidc_settings(issuer).adapter("op", tools(egress)) for issuer in issuers]
    for op in ops:
        op.iss_in_response = with_iss
    step = adapters[asked].start(ask(), NOW)
    elsewhere = step.url.replace(issuers[asked], issuers[answering])

    found = adapters[asked].resume(step.state, walked(ops[answering], elsewhere), NOW)
    crossed = adapters[answering].resume(step.state, walked(ops[asked], step.url), NOW)

    # Without iss the code goes to the endpoint that was asked, which does not know it.
    assert reason(found) == ("upstream-used" if with_iss else "upstream-error")
    assert reason(crossed) == "upstream-used"


# --- settings


def test_settings_are_read_as_the_federation_file_writes_them():
    settings = OidcSettings.model_validate(
        {
            "provider": {"issuer": OP, "client_id": "tillit", "client_secret": SECRET, "scope": "openid profile"},
            "names": {"sv": "Hemma", "en": "Home"},
            "ceiling": LOA3,
            "levels": {"3": LOA3},
            "attributes": {"mail": "mail"},
            "scopes": ["home.example"],
            "identifiers": ["personalIdentityNumber"],
        }
    )

    terms = settings.terms("home")
    assert settings.provider.token_endpoint_auth_method == "client_secret_basic"
    assert settings.provider.scope == ("openid", "profile")
    assert (terms.id, terms.names["en"], terms.ceiling, terms.levels) == ("home", "Home", LOA3, {"3": LOA3})
    assert terms.scopes == {"home.example"}
    assert terms.identifiers == {"personalIdentityNumber"}
    assert SECRET not in repr(settings)


def test_scope_may_be_a_list_and_a_provider_without_a_name_is_called_by_its_host():
    settings = OidcSettings.model_validate(
        {"provider": {"issuer": OP, "client_id": "tillit", "scope": ["openid"]}, "ceiling": LOA3, "levels": {}}
    )

    assert settings.terms("op").names == {"sv": "op.example", "en": "op.example"}


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://op.example"},
        {"issuer": "ftp://op.example"},
        {"issuer": f"{OP}?x=1"},
        {"issuer": f"{OP}#x"},
        {"token_endpoint_auth_method": "client_secret_jwt", "client_secret": SECRET},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "private_key_jwt", "client_secret": SECRET},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
    ],
)
def test_settings_that_cannot_be_kept_are_refused_without_telling_the_secret(changes):
    written = {"issuer": OP, "client_id": "tillit", **changes}

    with pytest.raises(ValidationError) as refused:
        OidcSettings.model_validate({"provider": written, "ceiling": LOA3, "levels": {}})

    assert SECRET not in str(refused.value)


def test_an_algorithm_is_pinned_per_provider():
    world = World(op={"signer": signer("rsa", "RS256")})

    assert reason(world.login()) == "upstream-signature"

    world.adapter = oidc_settings(provider=OidcProvider(OP, "tillit", id_token_signed_response_alg="RS256")).adapter(
        "op", tools(world.egress)
    )
    assert isinstance(world.login(), Authenticated)


# --- the simulator's pages


def test_a_person_may_choose_who_they_are_or_cancel():
    world = World(op={"default_person": None})
    step = world.start(levels=(LOA2,))
    parts = urlsplit(step.url)
    page = world.op.answer(Call("GET", parts.path, parts.query.encode(), b""))
    assert b"simulator" in page.body

    chosen = pressed(world.op, page.body, person="bo", level=LOA2)
    found = world.adapter.resume(step.state, returned(dict(chosen.headers)["Location"]), NOW)
    again = world.op.answer(Call("GET", parts.path, parts.query.encode(), b""))
    cancelled = pressed(world.op, again.body, cancel="1")

    assert found.asserted.subject.value == "bo"
    assert found.asserted.attributes["groups"] == ("a", "b")
    assert reason(world.adapter.resume(step.state, returned(dict(cancelled.headers)["Location"]), NOW)) == (
        "user-cancelled"
    )


def test_a_choice_that_is_none_is_asked_again_and_a_login_that_is_over_stays_over():
    world = World(op={"default_person": None})
    parts = urlsplit(world.start().url)
    page = world.op.answer(Call("GET", parts.path, parts.query.encode(), b""))

    again = pressed(world.op, page.body, person="nobody", level=LOA3)
    over = pressed(world.op, page.body, person="bo", level=LOA3)

    assert b"<form" in again.body
    assert over.status == 400


@pytest.mark.parametrize(
    "query",
    [
        b"client_id=nobody&redirect_uri=https://x.example",
        b"client_id=tillit&redirect_uri=https://evil.example/cb",
        b"client_id=tillit",
    ],
)
def test_the_simulator_redirects_to_nobody_it_does_not_know(query):
    assert World().op.answer(Call("GET", "/authorize", query, b"")).status == 400


@pytest.mark.parametrize(
    ("changes", "authorization", "error"),
    [
        ({"code": "guessed"}, "", "invalid_grant"),
        ({"code_verifier": "another"}, "", "invalid_grant"),
        ({"redirect_uri": "https://evil.example"}, "", "invalid_grant"),
        ({"grant_type": "password"}, "", "unsupported_grant_type"),
        ({"client_id": "another"}, "", "invalid_client"),
        ({"client_assertion": "x.y.z"}, "", "invalid_client"),
        ({}, "Basic bm9ib2R5Ong=", "invalid_client"),
        ({}, "Basic !", "invalid_client"),
    ],
)
def test_the_simulator_gives_a_token_only_for_its_code_to_its_client(changes, authorization, error):
    world = World()
    step = world.start()
    sent_back = walked(world.op, step.url)
    redeemed = []

    def hold(outbound, answer):
        redeemed.append(outbound)
        return answer

    world.egress.spoil = hold
    code = sent_back.parameters["code"]
    world.adapter.resume(step.state, Inbound({**sent_back.parameters, "code": "kept-back"}), NOW)
    form = dict(parse_qsl(redeemed[-1].body.decode())) | {"code": code} | changes

    answer = world.op.answer(Call("POST", "/token", b"", urlencode(form).encode(), authorization))

    assert json.loads(answer.body) == {"error": error}


def test_the_simulator_gives_userinfo_for_its_tokens_only():
    assert World().op.answer(Call("GET", "/userinfo", b"", b"", "Bearer guessed")).status == 401


def test_the_simulator_wants_pkce():
    world = World()
    parts = urlsplit(world.start().url)
    query = parts.query.replace("S256", "plain").encode()

    answer = world.op.answer(Call("GET", parts.path, query, b""))

    assert "error=invalid_request" in dict(answer.headers)["Location"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"next": "cancel"}', 200),
        (b'{"next": "slow", "seconds": 0.1}', 200),
        (b'{"person": "bo", "level": "x"}', 200),
        (b'{"next": "bork"}', 400),
        (b'{"seconds": "soon"}', 400),
        (b'{"person": "nobody"}', 400),
        (b"[]", 400),
    ],
)
def test_the_simulator_is_controlled_by_json(body, status):
    world = World()

    assert world.op.answer(Call("POST", "/control", b"", body)).status == status
    assert world.op.answer(Call("GET", "/control", b"", b"")).status == 200


def test_the_keys_of_the_simulator_are_public():
    world = World()

    assert json.loads(world.op.answer(Call("GET", "/jwks", b"", b"")).body) == {"keys": [public_jwk(world.op.signer)]}


def test_the_adapter_sends_the_browser_by_redirect():
    assert isinstance(World().start(), Redirect)
