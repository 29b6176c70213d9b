"""Automatic registration: a service that nobody registered logs people in, by a trust chain (OpenID Federation section 12.1)."""

import secrets
from dataclasses import replace

import pytest

from broker.protocols.openid_federation.registration import CHECKED
from metadata.federation.resolving import RESTING
from metadata.wire.egress import EgressFailed, Response
from metadata.wire.jose import issue
from tests.support.oidc import asserting, assertion
from tests.support.oidfed import ANCHOR, DAY, LEAF, MIDDLE, Entities, Party, jwks, key
from tests.support.oidfed_world import MEMBER_MARK, WELL_KNOWN, anchor, opened, reaching
from tests.support.world import CALLBACK, LEVEL2, LEVEL3, MEMBER, NOW, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "12.1")

RP_KEY = key("rp of the leaf")
CB = f"{LEAF}/cb"


def metadata(**changes):
    usual = {
        "redirect_uris": [CB],
        "client_name": "Leaf",
        "client_name#sv": "Löv",
        "client_registration_types": ["automatic"],
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "response_types": ["code", "code id_token"],
        "scope": "openid profile offline_access",
        "jwks": jwks(RP_KEY),
        "organization_name": "Leaf org",
    }
    return {"openid_relying_party": {n: v for n, v in (usual | changes).items() if v is not None}}


def document(**services):
    return federation(
        client("rp"),
        openid_federation={"authority_hints": [ANCHOR], "trust_anchors": [anchor(**({"member": MEMBER} | services))]},
    )


class Joining:
    """A broker that lets services below the anchor in, and those services."""

    def __init__(self, worlds, entities=None, **services):
        self.world = worlds.make(document(**services))
        self.entities = entities or three()
        reaching(self.world, self.entities)
        self.monotonic = 0.0
        resolver = self.world.app.on.services.resolver
        resolver._clock = resolver._cache.clock = lambda: self.monotonic
        self.browser = self.world.browser()

    def later(self, seconds):
        """Both clocks move, and everybody's statements with them."""
        self.world.clock.now += seconds
        self.entities.now = self.world.clock.now
        self.monotonic += seconds

    def request_object(self, by=RP_KEY, client_id=LEAF, **changes):
        made = {
            "iss": client_id,
            "client_id": client_id,
            "aud": self.world.base,
            "exp": self.world.clock.now + 300,
            "jti": secrets.token_urlsafe(),
            "redirect_uri": CB,
            "response_type": "code",
            "scope": "openid profile offline_access",
            "state": "s",
            "nonce": "n",
            "code_challenge": self.world.pkce.challenge,
            "code_challenge_method": "S256",
            "login_hint": "test:anna",
            **changes,
        }
        return issue({n: v for n, v in made.items() if v is not None}, by, typ="oauth-authz-req+jwt")

    def ask(self, token=None, client_id=LEAF, **outer):
        form = {"client_id": client_id, "request": token or self.request_object(client_id=client_id), **outer}
        from urllib.parse import urlencode

        return self.browser.get("/oidc/authorize?" + urlencode(form))

    def redeem(self, code, by=RP_KEY, client_id=LEAF):
        proof = asserting(assertion(self.world, by, client_id))
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CB, **proof}
        return self.world.request("POST", "/oidc/token", {**form, "code_verifier": self.world.pkce.verifier})

    def refresh(self, token):
        proof = asserting(assertion(self.world, RP_KEY, LEAF))
        return self.world.request(
            "POST", "/oidc/token", {"grant_type": "refresh_token", "refresh_token": token, **proof}
        )

    @property
    def chained(self):
        return self.world.events("federation.service-chained")


def three(**party):
    party.setdefault("metadata", metadata())
    return Entities(
        Party(LEAF, (MIDDLE,), **party),
        Party(MIDDLE, (ANCHOR,), superior=True),
        Party(ANCHOR, superior=True),
        now=NOW,
    )


def refused(answer, cause="request-unknown-service"):
    assert (answer.status, answer.cause) == (400, cause), (answer.status, answer.cause, answer.location)
    return True


# --- a login


def test_a_service_that_nobody_registered_logs_somebody_in(worlds):
    at = Joining(worlds)
    answer = at.ask()
    assert answer.location.startswith(CB), (answer.status, answer.cause)
    tokens = at.redeem(answer.sent_back["code"])
    assert tokens.status == 200, tokens.text
    told = claims(tokens.json["id_token"])
    assert (told["aud"], told["iss"]) == (LEAF, at.world.base)
    info = at.world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens.json['access_token']}").json
    assert (info["given_name"], info["family_name"]) == ("Anna", "Andersson")
    assert "name" not in info
    assert at.refresh(tokens.json["refresh_token"]).status == 200


def test_the_log_says_who_came_from_where_and_every_decision_names_it_and_its_member(worlds):
    at = Joining(worlds)
    at.ask()
    (event,) = at.chained
    assert (event["service"], event["member"], event["anchor"], event["superior"], event["way"]) == (
        LEAF,
        MEMBER,
        ANCHOR,
        MIDDLE,
        "automatic",
    )
    (issued,) = at.world.events("oidc.code-issued")
    assert (issued["service"], issued["member"]) == (LEAF, MEMBER)


def test_it_is_let_have_what_the_terms_say_and_no_more(worlds):
    at = Joining(worlds, attributes=["sn"], levels=[LEVEL3])
    tokens = at.redeem(at.ask().sent_back["code"]).json
    info = at.world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}").json
    assert info.keys() == {"sub", "family_name"}
    assert at.ask(at.request_object(acr_values=LEVEL2)).sent_back["error"] == "unmet_authentication_requirements"


def test_consent_is_asked_when_the_terms_say_so_under_the_services_own_name(worlds):
    at = Joining(worlds, consent="ask")
    page = at.browser.follow(at.ask(at.request_object(login_hint=None)))
    assert "Löv" in page.text


def test_people_are_known_to_it_by_names_of_its_own(worlds):
    at = Joining(worlds, three(metadata=metadata(subject_type="public")))
    theirs = claims(at.redeem(at.ask().sent_back["code"]).json["id_token"])["sub"]
    ours = claims(at.world.tokens()["id_token"])["sub"]
    assert theirs != ours


def test_its_chain_is_looked_at_once_and_then_known_by_every_node(worlds):
    at = Joining(worlds)
    at.ask()
    calls = len(at.entities.egress.calls)
    assert "code" in at.ask().sent_back
    assert len(at.entities.egress.calls) == calls
    assert len(at.chained) == 1


def test_discovery_and_our_configuration_say_that_services_may_come(worlds):
    at = Joining(worlds)
    provider = opened(at.world.request("GET", WELL_KNOWN), "entity-statement+jwt", at.world)["metadata"][
        "openid_provider"
    ]
    assert provider["client_registration_types_supported"] == ["automatic", "explicit"]
    assert provider["federation_registration_endpoint"] == f"{at.world.base}/federation/register"
    assert provider["request_parameter_supported"] is True


def test_a_request_by_post_registers_too(worlds):
    at = Joining(worlds)
    answer = at.browser.post("/oidc/authorize", {"client_id": LEAF, "request": at.request_object()})
    assert "code" in at.browser.follow(answer).sent_back


# --- no object, no service


@pytest.mark.spec("OpenID Federation 1.0", "12.1.1")
def test_without_a_request_object_nobody_is_even_looked_up(worlds):
    at = Joining(worlds)
    answer = at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB))
    assert refused(answer)
    assert at.entities.fetched == []


@pytest.mark.spec("OpenID Federation 1.0", "12.1.1")
@pytest.mark.parametrize(
    "changes",
    [{"iss": "https://other.example"}, {"client_id": "https://other.example"}, {"iss": None}, {"client_id": None}],
)
def test_an_object_that_speaks_for_somebody_else_looks_nobody_up(worlds, changes):
    at = Joining(worlds)
    usual = {"iss": LEAF, "client_id": LEAF}
    made = {n: v for n, v in (usual | changes).items() if v is not None}
    assert refused(at.ask(issue(made, RP_KEY)))
    assert at.entities.fetched == []


@pytest.mark.parametrize("token", ["x", "x.y.z", "é.y.z"])
def test_what_is_no_object_looks_nobody_up(worlds, token):
    at = Joining(worlds)
    assert refused(at.ask(token))
    assert at.entities.fetched == []


@pytest.mark.spec("OpenID Federation 1.0", "12.1.1.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"by": key("stranger")},
        {"by": key(LEAF)},
        {"aud": "https://other.example"},
        {"aud": ["http://127.0.0.1:8440", "https://other.example"]},
        {"aud": None},
        {"sub": LEAF},
        {"jti": None},
        {"exp": None},
        {"exp": NOW - 61},
        {"request_uri": "https://rp.example/r"},
    ],
)
def test_an_object_that_the_service_did_not_make_for_us_is_refused(worlds, changes):
    at = Joining(worlds)
    assert refused(at.ask(at.request_object(**changes)), "request-address")
    answer = at.ask(at.request_object(**changes), redirect_uri=CB)
    assert answer.sent_back["error"] == "invalid_request_object"


def test_an_object_serves_once(worlds):
    at = Joining(worlds)
    token = at.request_object()
    assert "code" in at.ask(token).sent_back
    assert refused(at.ask(token), "request-replayed")


def test_once_known_it_still_has_to_sign(worlds):
    at = Joining(worlds)
    at.ask()
    answer = at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB))
    assert answer.sent_back["error"] == "invalid_request"


@pytest.mark.spec("OpenID Federation 1.0", "12.1.4")
def test_at_the_token_endpoint_only_its_key_proves_it(worlds):
    at = Joining(worlds)
    code = at.ask().sent_back["code"]
    assert at.redeem(code, by=key("stranger")).status == 401
    assert at.world.redeem(code, LEAF, redirect_uri=CB).status == 401
    assert at.world.redeem(code, LEAF, None, redirect_uri=CB).status == 401


# --- an address that is not its own


def test_an_address_that_is_not_in_its_resolved_metadata_gets_a_page(worlds):
    at = Joining(worlds)
    assert refused(at.ask(at.request_object(redirect_uri="https://evil.example/cb")), "request-address")


# --- who may not come


@pytest.mark.parametrize(
    ("party", "why"),
    [
        ({"metadata": {}}, "no relying party"),
        ({"metadata": {"oauth_client": {}}}, "no relying party"),
        ({"metadata": metadata(client_registration_types=["explicit"])}, "another way"),
        ({"metadata": metadata(redirect_uris=None)}, "no addresses"),
        ({"metadata": metadata(redirect_uris=["http://rp.example/cb"])}, "a plain address"),
        ({"metadata": metadata(redirect_uris=["https://rp.example/#x"])}, "a fragment"),
        ({"metadata": metadata(redirect_uris=["https://*.example/cb"])}, "a wildcard"),
        ({"metadata": metadata(jwks=None)}, "no keys"),
        ({"metadata": metadata(jwks={"keys": []})}, "no keys"),
        ({"metadata": metadata(jwks={"keys": [{"kty": "oct", "k": "x"}]})}, "a shared key"),
        ({"metadata": metadata(token_endpoint_auth_method="client_secret_basic")}, "a secret"),
        ({"metadata": metadata(token_endpoint_auth_method="none")}, "no proof"),
        ({"metadata": metadata(token_endpoint_auth_methods_supported=["client_secret_jwt"])}, "a secret"),
        ({"metadata": metadata(token_endpoint_auth_methods_supported="private_key_jwt")}, "no list"),
        ({"metadata": metadata(grant_types=["implicit"])}, "no code"),
        ({"metadata": metadata(response_types=["id_token"])}, "no code"),
        ({"metadata": metadata(response_types="code")}, "no list"),
        ({"metadata": metadata(id_token_signed_response_alg="none")}, "no signature"),
        ({"metadata": metadata(redirect_uris=["https://a.example/cb", "https://b.example/cb"])}, "two sectors"),
        ({"hints": ("https://nobody.example",)}, "nobody vouches"),
        ({"claims": {"crit": ["x"]}}, "something critical"),
        ({"life": -100}, "expired"),
    ],
)
def test_who_may_not_come_gets_a_page(worlds, party, why):
    entities = three()
    for name, value in party.items():
        setattr(entities[LEAF], name, value)
    at = Joining(worlds, entities)
    assert refused(at.ask()), why
    assert at.chained == []


def test_an_entity_that_cannot_be_reached_gets_a_page_and_may_come_later(worlds):
    at = Joining(worlds)
    real = at.entities.egress.answers["GET", LEAF + WELL_KNOWN]
    at.entities.egress.answers["GET", LEAF + WELL_KNOWN] = EgressFailed("time")
    assert refused(at.ask())
    at.entities.egress.answers["GET", LEAF + WELL_KNOWN] = real
    at.monotonic += RESTING
    assert "code" in at.ask().sent_back


def test_a_policy_that_the_service_breaks_keeps_it_out(worlds):
    entities = three()
    entities[ANCHOR].about[MIDDLE] = {"metadata_policy": {"openid_relying_party": {"contacts": {"essential": True}}}}
    assert refused(Joining(worlds, entities).ask())


def test_a_policy_narrows_what_it_may_ask_for(worlds):
    entities = three()
    entities[ANCHOR].about[MIDDLE] = {"metadata_policy": {"openid_relying_party": {"scope": {"subset_of": ["openid"]}}}}
    at = Joining(worlds, entities)
    assert at.redeem(at.ask().sent_back["code"]).json["scope"] == "openid"


@pytest.mark.parametrize(
    "services", [{"stopped": [LEAF]}, {"registration": ["explicit"]}, {"trust_marks": [MEMBER_MARK]}]
)
def test_terms_that_do_not_let_it_in_keep_it_out(worlds, services):
    assert refused(Joining(worlds, **services).ask())


def test_without_terms_nobody_comes(worlds):
    world = worlds.make(federation(openid_federation={"trust_anchors": [anchor()]}))
    entities = reaching(world, three())
    assert entities
    answer = world.browser().get(world.authorize_url(LEAF, request="x.y.z"))
    assert refused(answer)


def test_a_client_of_the_register_is_never_looked_up(worlds):
    world = worlds.make(
        federation(
            client(client_id=LEAF, client_uri=None) | {"id": "leaf"},
            openid_federation={"trust_anchors": [anchor(member=MEMBER)]},
        )
    )
    entities = three()
    reaching(world, entities)
    assert "code" in world.browser().get(world.authorize_url(LEAF)).sent_back
    assert entities.fetched == []


def test_one_source_may_have_so_many_chains_looked_at_a_minute(worlds):
    at = Joining(worlds, three())
    at.entities.egress.answers["GET", LEAF + WELL_KNOWN] = Response(404, {}, b"")
    answers = [at.ask().cause for _ in range(121)]
    assert set(answers[:120]) == {"request-unknown-service"}
    assert answers[120] == "too-many"


# --- trust marks


def marked(*, exp=None, signed_by=None):
    mark = {"iss": ANCHOR, "sub": LEAF, "trust_mark_type": MEMBER_MARK, "iat": NOW, **({"exp": exp} if exp else {})}
    shown = [
        {"trust_mark_type": MEMBER_MARK, "trust_mark": issue(mark, signed_by or key(ANCHOR), typ="trust-mark+jwt")}
    ]
    entities = three(claims={"trust_marks": shown})
    entities[ANCHOR].claims = {"trust_mark_issuers": {MEMBER_MARK: [ANCHOR]}}
    return entities


@pytest.mark.spec("OpenID Federation 1.0", "7")
def test_a_service_with_the_trust_mark_that_the_terms_want_is_let_in_as_long_as_it_holds(worlds):
    at = Joining(worlds, marked(exp=NOW + 600), trust_marks=[MEMBER_MARK])
    assert "code" in at.ask().sent_back
    assert at.chained[0]["trust_marks"] == [MEMBER_MARK]
    assert at.chained[0]["expires_at"] == NOW + 600
    at.later(700)
    assert refused(at.ask())


def test_a_forged_trust_mark_is_none(worlds):
    assert refused(Joining(worlds, marked(signed_by=key("stranger")), trust_marks=[MEMBER_MARK]).ask())


# --- keys at an address


def key_set(by=None, typ="jwk-set+jwt", **changes):
    made = {"iss": LEAF, "sub": LEAF, "iat": NOW, **jwks(RP_KEY), **changes}
    token = issue({n: v for n, v in made.items() if v is not None}, by or key(LEAF), typ=typ)
    return Response(200, {"content-type": "application/jwk-set+jwt"}, token.encode())


SIGNED = f"{LEAF}/signed-keys"


@pytest.mark.spec("OpenID Federation 1.0", "5.2.1")
def test_keys_that_it_signs_are_fetched_and_proven(worlds):
    entities = three(metadata=metadata(jwks=None, signed_jwks_uri=SIGNED, jwks_uri=f"{LEAF}/jwks"))
    entities.egress.answers["GET", SIGNED] = key_set()
    at = Joining(worlds, entities)
    assert at.redeem(at.ask().sent_back["code"]).status == 200


@pytest.mark.spec("OpenID Federation 1.0", "5.2.1")
@pytest.mark.parametrize(
    "answer",
    [
        key_set(by=key("stranger")),
        key_set(by=RP_KEY),
        key_set(by=replace(key(LEAF), kid="")),
        key_set(typ="JWT"),
        key_set(iss=ANCHOR),
        key_set(sub=ANCHOR),
        key_set(exp=NOW - 61),
        key_set(keys=None),
        Response(404, {}, b""),
        Response(200, {}, b"x"),
        EgressFailed("time"),
    ],
)
def test_keys_that_are_not_proven_to_be_its_keep_it_out(worlds, answer):
    entities = three(metadata=metadata(jwks=None, signed_jwks_uri=SIGNED))
    entities.egress.answers["GET", SIGNED] = answer
    assert refused(Joining(worlds, entities).ask())


def test_an_address_of_keys_that_may_not_be_asked_or_is_none_keeps_it_out(worlds):
    from metadata.wire.egress import EgressRefused

    entities = three(metadata=metadata(jwks=None, signed_jwks_uri=SIGNED))
    entities.egress.answers["GET", SIGNED] = EgressRefused("address")
    assert refused(Joining(worlds, entities).ask())
    assert refused(Joining(worlds, three(metadata=metadata(jwks=None, signed_jwks_uri=7))).ask())


# --- time, and being stopped


def test_after_an_hour_its_chain_is_looked_at_again_and_new_metadata_counts(worlds):
    at = Joining(worlds)
    at.ask()
    at.entities[LEAF].metadata = metadata(redirect_uris=[CB, f"{LEAF}/two"])
    at.later(CHECKED - 10)
    assert refused(at.ask(at.request_object(redirect_uri=f"{LEAF}/two")), "request-address")
    at.later(10)
    assert "code" in at.ask(at.request_object(redirect_uri=f"{LEAF}/two")).sent_back
    assert len(at.chained) == 2


@pytest.mark.spec("OpenID Federation 1.0", "12.3")
def test_the_last_good_chain_serves_until_it_ends_when_somebody_does_not_answer(worlds):
    at = Joining(worlds)
    at.ask()
    at.entities.egress.answers["GET", f"{MIDDLE}/fetch"] = EgressFailed("time")
    at.later(DAY - 10)
    assert "code" in at.ask().sent_back
    at.later(20)
    assert refused(at.ask())


def test_whoever_has_left_the_federation_is_gone_at_the_next_look_and_the_log_says_so(worlds):
    at = Joining(worlds)
    tokens = at.redeem(at.ask().sent_back["code"]).json
    at.entities.egress.answers["GET", f"{MIDDLE}/fetch"] = Response(404, {"content-type": "application/json"}, b"{}")
    at.later(CHECKED)
    assert refused(at.ask())
    (event,) = at.world.events("federation.service-unchained")
    assert (event["service"], event["cause"]) == (LEAF, "invalid_trust_chain")
    assert at.refresh(tokens["refresh_token"]).status == 401


@pytest.mark.parametrize("how", ["stopped", "suspended", "terms gone", "anchor gone", "other anchor"])
def test_a_service_that_is_stopped_is_stopped_everywhere_at_once(worlds, how):
    at = Joining(worlds)
    tokens = at.redeem(at.ask().sent_back["code"]).json
    code = at.ask().sent_back["code"]
    changed = document(stopped=[LEAF]) if how == "stopped" else document()
    if how == "suspended":
        changed["members"][0]["state"] = "suspended"
    if how == "terms gone":
        del changed["openid_federation"]["trust_anchors"][0]["services"]
    if how == "other anchor":
        changed["openid_federation"]["trust_anchors"] = [anchor("https://other.example", member=MEMBER)]
    if how == "anchor gone":
        changed["openid_federation"]["trust_anchors"] = []
    at.world.reapply(changed)
    answer = at.ask()
    assert "code" not in answer.sent_back
    assert at.redeem(code).status in {400, 401}
    assert at.refresh(tokens["refresh_token"]).status in {400, 401}
    info = at.world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}")
    assert info.status in {401, 403}


def test_a_chain_that_has_ended_ends_the_service(worlds):
    at = Joining(worlds, three(life=1000))
    tokens = at.redeem(at.ask().sent_back["code"]).json
    at.world.clock.now += 1001
    assert at.refresh(tokens["refresh_token"]).status == 401
    assert at.world.store.chained(LEAF) is not None
    at.world.clock.now += 900
    at.world.store.expire(3600)
    assert at.world.store.chained(LEAF) is None


def test_a_registration_that_a_later_release_would_refuse_is_no_service(worlds):
    from broker.login.effects import Effects, KeepChained

    at = Joining(worlds)
    at.ask()
    row = at.world.store.chained(LEAF)
    at.world.store.commit(Effects((KeepChained(replace(row, registration={"client_id": LEAF})),)))
    assert refused(at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB)))


def test_the_usual_client_is_served_as_ever(worlds):
    at = Joining(worlds)
    answer = at.world.browser().get(at.world.authorize_url("rp"))
    assert answer.location.startswith(CALLBACK)


def test_parameters_that_cannot_be_read_are_no_newcomers(worlds):
    at = Joining(worlds)
    assert refused(at.browser.get("/oidc/authorize?client_id=%ff"), "request-malformed")
    assert at.entities.fetched == []


def test_what_was_worked_out_of_many_services_is_bounded(worlds, monkeypatch):
    from broker.login import chained

    monkeypatch.setattr(chained, "MOST_KEPT", 1)
    two = "https://two.example"
    entities = three()
    other = Party(two, (MIDDLE,), metadata=metadata(redirect_uris=[f"{two}/cb"]))
    entities.parties[two] = other
    entities.egress.answers["GET", two + WELL_KNOWN] = entities._configuration(other)
    at = Joining(worlds, entities)
    for _ in range(2):
        assert "code" in at.ask().sent_back
        token = at.request_object(client_id=two, redirect_uri=f"{two}/cb")
        assert "code" in at.ask(token, client_id=two).sent_back


def test_a_service_below_a_members_region_below_ourselves_may_come_too(worlds):
    from tests.support.oidfed_world import MIDDLE_ENTITY, US, operator

    own = operator(services={"member": MEMBER, "levels": [LEVEL2], "attributes": ["sn"], "consent": "never"})
    entities = Entities(
        Party(LEAF, (MIDDLE_ENTITY,), metadata=metadata()), Party(MIDDLE_ENTITY, (US,), superior=True), now=NOW
    )
    at = Joining.__new__(Joining)
    at.world, at.entities = reaching(worlds.make(own), entities), entities
    at.browser = at.world.browser()
    tokens = at.redeem(at.ask().sent_back["code"])
    assert tokens.status == 200
    (event,) = at.chained
    assert (event["anchor"], event["superior"]) == (US, MIDDLE_ENTITY)
    own["members"][1]["state"] = "suspended"
    at.world.reapply(own)
    at.world.clock.now += CHECKED
    entities.now = at.world.clock.now
    assert refused(at.ask())
