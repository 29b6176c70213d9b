"""SAML profiles section 4.1.4.1, as identity provider: who may ask, signed how, and where the answer goes."""

import pytest

from metadata.wire.saml_messages.vocabulary import samlp
from metadata.wire.xml import add
from tests.support import saml as s
from tests.support.saml_peer import Peer
from tests.support.world import federation

ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
SIGNING = Peer("signing")
PLAIN = Peer("plain", signed=False)
ONE_ACS = Peer("single", acs=(("https://single.example.org/only", 7, False),))
NO_DEFAULT = Peer(
    "nodefault", acs=(("https://nodefault.example.org/b", 4, False), ("https://nodefault.example.org/a", 2, False))
)
PEERS = (SIGNING, PLAIN, ONE_ACS, NO_DEFAULT)


@pytest.fixture
def world(worlds):
    return worlds.make(federation(*(peer.entry() for peer in PEERS)))


def by_redirect(world, peer, **given):
    return world.browser().get(peer.redirect(world, **given))


def by_post(world, peer, **given):
    browser = world.browser()
    return browser.follow(browser.post("/saml/sso", peer.post(world, **given)))


BINDINGS = pytest.mark.parametrize("send", [by_redirect, by_post])


# --- bindings and signatures


@BINDINGS
@pytest.mark.parametrize("peer", [SIGNING, PLAIN], ids=lambda p: p.id)
@pytest.mark.spec("SAML profiles", "4.1.4.1")
def test_a_signed_request_is_answered_at_the_default_address(world, send, peer):
    received = peer.read(world, send(world, peer))

    assert received.post_to == f"{peer.host}/acs"
    assert received.relay_state == "relay"
    assert received.content is not None


@BINDINGS
def test_an_unsigned_request_is_answered_where_metadata_declares_no_signature(world, send):
    assert PLAIN.read(world, send(world, PLAIN, by=None)).content is not None


@BINDINGS
@pytest.mark.spec("Sweden Connect deployment profile", "5.2")
def test_an_unsigned_request_is_refused_where_metadata_declares_signatures(world, send):
    answer = send(world, SIGNING, by=None)

    assert (answer.status, answer.page, answer.cause) == (400, "U10", "request-signature")


@BINDINGS
@pytest.mark.parametrize("peer", [SIGNING, PLAIN], ids=lambda p: p.id)
@pytest.mark.spec("Sweden Connect deployment profile", "5.2")
def test_a_signature_that_is_there_is_verified_also_where_none_is_needed(world, send, peer):
    answer = send(world, peer, by=s.rsa_signer("stranger"))

    assert (answer.status, answer.cause) == (400, "request-signature")


@BINDINGS
def test_the_key_of_another_known_service_signs_nothing_for_this_one(worlds, send):
    other = Peer("other", key="another-sp")
    world = worlds.make(federation(SIGNING.entry(), other.entry()))

    assert send(world, SIGNING, by=other.signer).cause == "request-signature"


# --- where the answer goes


@BINDINGS
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "/acs"),
        ({"acs_url": "https://signing.example.org/acs/other"}, "/acs/other"),
        ({"acs_url": "https://signing.example.org/acs/other", "binding": POST}, "/acs/other"),
        ({"acs_index": 1}, "/acs/other"),
        ({"acs_index": 0}, "/acs"),
        ({"binding": POST}, "/acs"),
    ],
)
@pytest.mark.spec("SAML core", "3.4.1")
def test_the_answer_goes_to_the_address_that_the_request_names(world, send, given, expected):
    assert SIGNING.read(world, send(world, SIGNING, **given)).post_to == SIGNING.host + expected


@pytest.mark.parametrize(("peer", "expected"), [(ONE_ACS, "/only"), (NO_DEFAULT, "/a")], ids=["one", "lowest"])
@pytest.mark.spec("SAML metadata", "2.2.3")
def test_without_a_default_the_lowest_index_is_the_address(world, peer, expected):
    assert peer.read(world, by_redirect(world, peer)).post_to == peer.host + expected


@BINDINGS
@pytest.mark.parametrize(
    "given",
    [
        {"acs_url": "https://evil.example/acs"},
        {"acs_url": "https://signing.example.org/acs/"},
        {"acs_url": "https://signing.example.org:443/acs"},
        {"acs_url": "https://SIGNING.example.org/acs"},
        {"acs_url": "https://signing.example.org/acs?x=1"},
        {"acs_url": "https://signing.example.org/acs/../acs"},
        {"acs_url": "https://plain.example.org/acs"},
        {"acs_url": "javascript:alert(1)"},
        {"acs_url": ""},
        {"acs_index": 9},
    ],
    ids=lambda given: str(next(iter(given.values()))),
)
@pytest.mark.spec("SAML profiles", "4.1.4.1")
def test_an_address_that_metadata_does_not_have_gets_a_page_and_never_an_answer(world, send, given):
    answer = send(world, SIGNING, **given)

    assert (answer.status, answer.page, answer.cause) == (400, "U10", "request-address")
    assert not answer.location
    assert b"SAMLResponse" not in answer.body


@BINDINGS
@pytest.mark.spec("SAML core", "3.4.1")
def test_address_and_index_exclude_each_other(world, send):
    answer = send(world, SIGNING, acs_index=0, acs_url="https://signing.example.org/acs")

    assert (answer.status, answer.cause) == (400, "request-malformed")


@BINDINGS
@pytest.mark.spec("SAML profiles", "4.1.2")
def test_an_answer_by_another_binding_than_post_is_unsupported_and_the_service_is_told(world, send):
    received = SIGNING.read(world, send(world, SIGNING, binding=ARTIFACT))

    assert received.status == ("Requester", "UnsupportedBinding")
    assert received.content is None


# --- place, time, one use


@BINDINGS
@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"destination": "https://elsewhere.example/saml/sso"}, "request-malformed"),
        ({"destination": "http://127.0.0.1:8440/saml/sso/"}, "request-malformed"),
        ({"destination": "http://127.0.0.1:8440/saml/slo"}, "request-malformed"),
        ({"destination": None}, "request-malformed"),
        ({"issue_instant": "2020-01-01T00:00:00Z"}, "request-expired"),
        ({"issue_instant": "2040-01-01T00:00:00Z"}, "request-expired"),
        ({"issue_instant": "yesterday"}, "request-malformed"),
        ({"issuer": "https://stranger.example/metadata"}, "request-unknown-service"),
        ({"issuer": " https://signing.example.org/metadata"}, "request-malformed"),
        ({"issuer": ""}, "request-malformed"),
        ({"version": "1.1"}, "request-malformed"),
        ({"id": None}, "request-malformed"),
        ({"id": "1 2"}, "request-malformed"),
    ],
    ids=str,
)
@pytest.mark.spec("SAML core", "3.2.1")
def test_a_request_that_is_not_for_us_now_from_a_known_service_gets_a_page(world, send, given, cause):
    answer = send(world, SIGNING, **given)

    assert (answer.status, answer.page, answer.cause) == (400, "U10", cause)
    assert b"SAMLResponse" not in answer.body


def test_an_unsigned_request_need_not_name_its_destination(world):
    assert PLAIN.read(world, by_redirect(world, PLAIN, by=None, destination=None)).content is not None


@pytest.mark.parametrize(("seconds", "fine"), [(359, True), (361, False), (-59, True), (-61, False)])
@pytest.mark.spec("SAML core", "3.2.1")
def test_a_request_is_fresh_for_five_minutes_give_or_take_the_skew(world, seconds, fine):
    url = SIGNING.redirect(world)
    world.clock.now += seconds

    answer = world.browser().get(url)

    assert (answer.cause == "") is fine
    assert answer.cause in {"", "request-expired"}


@pytest.mark.spec("SAML core", "1.3.4")
def test_a_request_id_is_used_once_in_any_browser_and_by_any_binding(world):
    assert by_redirect(world, SIGNING, id="_the-same").status == 200

    again, posted = by_redirect(world, SIGNING, id="_the-same"), by_post(world, SIGNING, id="_the-same")

    assert (again.status, again.cause) == (400, "request-replayed")
    assert (posted.status, posted.cause) == (400, "request-replayed")
    assert b"SAMLResponse" not in again.body + posted.body


def test_two_services_may_use_the_same_id(world):
    assert by_redirect(world, SIGNING, id="_the-same").status == 200
    assert by_redirect(world, PLAIN, id="_the-same").status == 200


def test_a_wrong_request_does_not_use_up_its_id(world):
    by_redirect(world, SIGNING, id="_kept", by=s.rsa_signer("stranger"))

    assert by_redirect(world, SIGNING, id="_kept").status == 200


def test_relay_state_comes_back_unchanged_or_not_at_all(world):
    odd = "https://x.example/?a=1&b=\"<>' åäö %20+"

    assert SIGNING.read(world, by_redirect(world, SIGNING, relay=odd)).relay_state == odd
    assert SIGNING.read(world, by_post(world, SIGNING, relay=odd)).relay_state == odd
    assert SIGNING.read(world, by_redirect(world, SIGNING, relay=None)).relay_state is None
    assert SIGNING.read(world, by_redirect(world, SIGNING, relay="")).relay_state == ""


def test_extensions_that_are_not_known_are_ignored(world):
    def extended(root):
        extensions = add(root, samlp("Extensions"))
        root.remove(extensions)
        root.insert(1, extensions)
        add(extensions, "{urn:x}Unknown", "y")

    assert SIGNING.read(world, by_redirect(world, SIGNING, edit=extended)).content is not None
