"""Explicit registration: an entity configuration made for us, and our signed answer (OpenID Federation section 12.2)."""

import json

import pytest

from broker.protocols.openid_federation.registration import CHECKED
from metadata.wire.egress import EgressFailed, Response
from tests.spec.openid_federation.test_12_1_automatic_registration import CB, RP_KEY, Joining, metadata, refused, three
from tests.support.oidfed import ANCHOR, DAY, LEAF, MIDDLE, chain, jwks, key
from tests.support.oidfed_world import REGISTER, US, WELL_KNOWN, error, opened
from tests.support.world import NOW

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "12.2")

TYPE = "application/entity-statement+jwt"
CHAIN = "application/trust-chain+json"


class Registering(Joining):
    """The same, with a service that registers itself."""

    def __init__(self, worlds, entities=None, **services):
        super().__init__(
            worlds, entities or three(metadata=metadata(client_registration_types=["explicit"])), **services
        )

    def statement(self, **changes):
        changes.setdefault("aud", US)
        return self.entities[LEAF].configuration(self.entities.now, **changes)

    def send(self, body, media_type=TYPE):
        body = body if isinstance(body, bytes) else body.encode()
        return self.world.request("POST", REGISTER, body, Content_Type=media_type)

    def register(self, **changes):
        return opened(self.send(self.statement(**changes)), "explicit-registration-response+jwt", self.world)


def test_the_answer_says_what_was_registered_with_whom_and_until_when(worlds):
    at = Registering(worlds)
    said = at.register()
    assert (said["iss"], said["sub"], said["aud"]) == (US, LEAF, LEAF)
    assert (said["iat"], said["exp"]) == (NOW, NOW + DAY)
    assert (said["trust_anchor"], said["authority_hints"]) == (ANCHOR, [MIDDLE])
    assert said["jwks"] == jwks(key(LEAF))
    assert said["metadata"] == {
        "openid_relying_party": {
            "client_id": LEAF,
            "redirect_uris": [CB],
            "client_name": "Leaf",
            "client_name#sv": "Löv",
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "openid profile offline_access",
            "subject_type": "pairwise",
            "id_token_signed_response_alg": "RS256",
            "require_signed_request_object": False,
            "jwks": jwks(RP_KEY),
        }
    }
    assert LEAF + WELL_KNOWN not in at.entities.fetched
    (event,) = at.chained
    assert (event["service"], event["way"]) == (LEAF, "explicit")


def test_the_service_then_logs_people_in_by_plain_requests(worlds):
    at = Registering(worlds)
    at.register()
    answer = at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB))
    assert "code" in answer.sent_back
    assert at.redeem(answer.sent_back["code"]).status == 200


def test_who_wants_to_sign_its_requests_may_say_so(worlds):
    at = Registering(worlds)
    wanted = metadata(client_registration_types=["explicit"], require_signed_request_object=True)
    assert at.register(metadata=wanted)["metadata"]["openid_relying_party"]["require_signed_request_object"] is True
    answer = at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB))
    assert answer.sent_back["error"] == "invalid_request"


def test_what_the_entity_says_in_the_request_counts_and_not_what_it_publishes(worlds):
    at = Registering(worlds)
    other = metadata(client_registration_types=["explicit"], redirect_uris=[f"{LEAF}/for-tillit"])
    assert at.register(metadata=other)["metadata"]["openid_relying_party"]["redirect_uris"] == [f"{LEAF}/for-tillit"]


def test_a_new_registration_takes_the_place_of_the_old_one(worlds):
    at = Registering(worlds)
    at.register()
    at.register(metadata=metadata(client_registration_types=["explicit"], redirect_uris=[f"{LEAF}/two"]))
    assert refused(at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB)), "request-address")
    assert "code" in at.browser.get(at.world.authorize_url(LEAF, redirect_uri=f"{LEAF}/two")).sent_back


def test_a_registration_serves_once_so_that_an_old_one_cannot_be_brought_back(worlds):
    at = Registering(worlds)
    token = at.statement()
    assert at.send(token).status == 200
    assert error(at.send(token)) == (400, "invalid_request")


def test_a_chain_may_be_sent_and_names_the_anchor_but_the_way_is_found_anew(worlds):
    at = Registering(worlds)
    tokens = [at.statement(), *chain(at.entities, LEAF, MIDDLE, ANCHOR)[1:]]
    answer = at.send(json.dumps(tokens), CHAIN)
    assert opened(answer, "explicit-registration-response+jwt", at.world)["trust_anchor"] == ANCHOR
    assert f"{MIDDLE}/fetch" in {url.partition("?")[0] for url in at.entities.fetched}
    short = Registering(worlds)
    without_anchor = [short.statement(), *chain(short.entities, LEAF, MIDDLE, ANCHOR)[1:-1]]
    assert short.send(json.dumps(without_anchor), CHAIN).status == 200


def test_a_chain_to_an_anchor_that_is_not_ours_is_refused(worlds):
    at = Registering(worlds)
    tokens = [at.statement(), *chain(at.entities, LEAF, MIDDLE)[1:]]
    assert error(at.send(json.dumps(tokens), CHAIN)) == (404, "invalid_trust_anchor")


def with_header(token, **more):
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    head, payload, _ = token.split(".")
    header = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4))) | more
    head = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    signed = head + b"." + payload.encode()
    signature = urlsafe_b64encode(key(LEAF).sign(signed)).rstrip(b"=")
    return (signed + b"." + signature).decode()


def test_a_chain_may_stand_in_the_header(worlds):
    at = Registering(worlds)
    good = with_header(at.statement(), trust_chain=chain(at.entities, LEAF, MIDDLE, ANCHOR))
    assert at.send(good).status == 200
    other = with_header(at.statement(jti="2"), trust_chain=chain(at.entities, LEAF, MIDDLE))
    assert error(at.send(other)) == (404, "invalid_trust_anchor")
    assert error(at.send(with_header(at.statement(jti="3"), trust_chain="x"))) == (400, "invalid_request")
    assert error(at.send(with_header(at.statement(jti="4"), trust_chain=["x"]))) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "refused_as"),
    [
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://other.example"}, "invalid_request"),
        ({"aud": [US]}, "invalid_request"),
        ({"sub": MIDDLE}, "invalid_request"),
        ({"iss": MIDDLE, "authority_hints": None}, "invalid_request"),
        ({"signed_by": key("stranger")}, "invalid_request"),
        ({"typ": "JWT"}, "invalid_request"),
        ({"exp": NOW - 61}, "invalid_request"),
        ({"jwks": None}, "invalid_request"),
        ({"crit": ["x"]}, "invalid_request"),
        ({"jwks": jwks(key("stranger")), "signed_by": key("stranger")}, "invalid_trust_chain"),
        ({"authority_hints": None}, "invalid_trust_anchor"),
        ({"authority_hints": ["https://nobody.example"]}, "temporarily_unavailable"),
        ({"metadata": {}}, "invalid_metadata"),
        ({"metadata": metadata(client_registration_types=["automatic"])}, "invalid_metadata"),
        ({"metadata": metadata(client_registration_types=["explicit"], redirect_uris=None)}, "invalid_redirect_uri"),
        (
            {"metadata": metadata(client_registration_types=["explicit"], redirect_uris=["http://x.example"])},
            "invalid_redirect_uri",
        ),
        (
            {"metadata": metadata(client_registration_types=["explicit"], token_endpoint_auth_method="none")},
            "invalid_client_metadata",
        ),
    ],
)
def test_a_registration_that_is_not_what_it_must_be_is_refused_and_leaves_nothing(worlds, changes, refused_as):
    at = Registering(worlds)
    answer = at.send(at.statement(**changes))
    assert error(answer)[1] == refused_as
    assert answer.status in {400, 404, 503}
    assert at.chained == []
    assert at.world.store.chained(LEAF) is None


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("x", TYPE),
        (b"\xff", TYPE),
        ("", TYPE),
        ("{}", "application/json"),
        ("[]", CHAIN),
        ("{}", CHAIN),
        ("[1]", CHAIN),
        ('["x"]', CHAIN),
        ("[", CHAIN),
        ('["x"],"chain":["y"]', CHAIN),
    ],
)
def test_a_body_that_is_no_registration_is_refused(worlds, body, media_type):
    assert error(Registering(worlds).send(body, media_type)) == (400, "invalid_request")


def test_a_registration_is_posted_and_only_where_services_may_come(worlds):
    at = Registering(worlds)
    assert at.world.request("GET", REGISTER).status == 405
    alone = worlds.make()
    assert error(alone.request("POST", REGISTER, b"x", Content_Type=TYPE)) == (404, "not_found")


@pytest.mark.parametrize("services", [{"registration": ["automatic"]}, {"stopped": [LEAF]}])
def test_terms_that_do_not_let_it_in_keep_it_out(worlds, services):
    at = Registering(worlds, **services)
    assert error(at.send(at.statement())) == (400, "invalid_trust_chain")


def test_what_it_registered_stands_while_its_chain_does_though_its_configuration_says_something_else(worlds):
    at = Registering(worlds)
    at.register(metadata=metadata(client_registration_types=["explicit"], redirect_uris=[f"{LEAF}/for-tillit"]))
    at.later(CHECKED)
    answer = at.browser.get(at.world.authorize_url(LEAF, redirect_uri=f"{LEAF}/for-tillit"))
    assert "code" in answer.sent_back
    assert len(at.chained) == 1
    assert at.world.store.chained(LEAF).checked_at == NOW + CHECKED


def test_it_is_gone_once_its_chain_no_longer_holds(worlds):
    at = Registering(worlds)
    at.register()
    at.entities.egress.answers["GET", f"{MIDDLE}/fetch"] = Response(404, {"content-type": "application/json"}, b"{}")
    at.later(CHECKED)
    assert refused(at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB)))
    assert len(at.world.events("federation.service-unchained")) == 1


@pytest.mark.spec("OpenID Federation 1.0", "12.2.6")
def test_it_ends_with_its_chain(worlds):
    at = Registering(worlds)
    at.register(exp=NOW + 4000)
    at.entities.egress.answers["GET", f"{MIDDLE}/fetch"] = EgressFailed("time")
    at.later(3990)
    assert "code" in at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB)).sent_back
    at.later(20)
    assert refused(at.browser.get(at.world.authorize_url(LEAF, redirect_uri=CB)))


def test_one_source_may_register_so_often_a_minute(worlds):
    at = Registering(worlds)
    answers = [at.send("x").status for _ in range(121)]
    assert (set(answers[:120]), answers[120]) == ({400}, 429)
