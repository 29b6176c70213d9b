"""SAML bindings section 3.4, as identity provider: the octets that are signed, and what else may stand in a query."""

from urllib.parse import quote

import pytest
from lxml import etree

from metadata.wire.redirect import encode
from tests.support import saml as s
from tests.support.saml_peer import Peer, query_signed
from tests.support.world import federation

SP = Peer()
PLAIN = Peer("plain", signed=False)
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SSO = "/saml/sso?"


@pytest.fixture
def world(worlds):
    return worlds.make(federation(SP.entry(), PLAIN.entry()))


def all_lower(text):
    """%2b, not %2B, as .NET writes it."""
    encoded = quote(text, safe="")
    parts = encoded.split("%")
    return "%".join([parts[0], *(p[:2].lower() + p[2:] for p in parts[1:])])


def plus_for_space(text):
    return quote(text, safe="").replace("%20", "+")


def every_octet(text):
    return "".join(f"%{octet:02X}" for octet in text.encode())


@pytest.mark.parametrize(
    "enquote", [lambda t: quote(t, safe=""), all_lower, plus_for_space, every_octet, lambda t: quote(t, safe="/:")]
)
@pytest.mark.spec("SAML bindings", "3.4.4.1")
def test_the_signature_is_over_the_octets_received_however_they_are_encoded(world, enquote):
    xml = etree.tostring(SP.authn_request(world, subject="test:anna"))
    query = query_signed(SP, xml, relay="a b+c/å", alg=RSA_SHA256, enquote=enquote)

    received = SP.read(world, world.browser().get(SSO + query))

    assert received.relay_state == "a b+c/å"


def test_values_encoded_anew_after_signing_are_refused(world):
    xml = etree.tostring(SP.authn_request(world))
    query = query_signed(SP, xml, relay="a b", alg=RSA_SHA256, enquote=all_lower)

    answer = world.browser().get(SSO + query.replace("%3a", "%3A"))

    assert answer.cause == "request-signature"


@pytest.mark.spec("SAML bindings", "3.4.4.1")
def test_parameters_in_another_order_are_signed_in_the_order_of_the_section(world):
    _, _, query = SP.redirect(world).partition("?")
    pairs = query.split("&")

    received = SP.read(world, world.browser().get(SSO + "&".join(reversed(pairs))))

    assert received.content is not None


def test_parameters_that_are_not_ours_are_let_be(world):
    assert world.browser().get(SP.redirect(world) + "&utm_source=x&utm_source=y&SAMLart=1").status == 200


@pytest.mark.spec("SAML bindings", "3.4.4.1")
def test_deflate_may_be_named_and_nothing_else(world):
    named = "&SAMLEncoding=" + quote("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE", safe="")

    assert world.browser().get(SP.redirect(world) + named).status == 200
    assert world.browser().get(SP.redirect(world) + "&SAMLEncoding=urn:other").cause == "request-malformed"


def tampered(change):
    def of(world):
        head, _, query = SP.redirect(world, hint=None).partition("?")
        pairs = dict(pair.partition("=")[::2] for pair in query.split("&"))
        return f"{head}?{change(pairs, world)}"

    return of


def joined(pairs):
    return "&".join(f"{k}={v}" for k, v in pairs.items())


def other_request(world):
    return dict(p.partition("=")[::2] for p in SP.redirect(world, hint=None).partition("?")[2].split("&"))[
        "SAMLRequest"
    ]


FAULTS = {
    "another RelayState": (lambda p, w: joined({**p, "RelayState": "evil"}), "request-signature"),
    "RelayState taken away": (
        lambda p, w: joined({k: v for k, v in p.items() if k != "RelayState"}),
        "request-signature",
    ),
    "RelayState twice": (lambda p, w: joined(p) + "&RelayState=evil", "request-malformed"),
    "another request": (lambda p, w: joined({**p, "SAMLRequest": other_request(w)}), "request-signature"),
    "the request twice": (lambda p, w: joined(p) + "&SAMLRequest=" + other_request(w), "request-malformed"),
    "the request first, another after": (
        lambda p, w: f"SAMLRequest={other_request(w)}&" + joined(p),
        "request-malformed",
    ),
    "a name that hides": (lambda p, w: joined(p) + "&%53AMLRequest=" + other_request(w), "request-malformed"),
    "request and response": (lambda p, w: joined(p) + "&SAMLResponse=" + other_request(w), "request-malformed"),
    "a response": (lambda p, w: joined(p).replace("SAMLRequest", "SAMLResponse"), "request-malformed"),
    "signature taken away": (
        lambda p, w: joined({k: v for k, v in p.items() if k not in {"Signature", "SigAlg"}}),
        "request-signature",
    ),
    "only the signature taken away": (
        lambda p, w: joined({k: v for k, v in p.items() if k != "Signature"}),
        "request-malformed",
    ),
    "only the algorithm taken away": (
        lambda p, w: joined({k: v for k, v in p.items() if k != "SigAlg"}),
        "request-malformed",
    ),
    "an empty signature": (lambda p, w: joined({**p, "Signature": ""}), "request-signature"),
    "another algorithm": (lambda p, w: joined({**p, "SigAlg": quote(RSA_SHA1, safe="")}), "request-signature"),
    "a made-up algorithm": (lambda p, w: joined({**p, "SigAlg": "none"}), "request-signature"),
    "an algorithm for other keys": (
        lambda p, w: joined({**p, "SigAlg": quote(RSA_SHA256.replace("rsa", "ecdsa"), safe="")}),
        "request-signature",
    ),
    "hmac": (
        lambda p, w: joined({**p, "SigAlg": quote(RSA_SHA256.replace("rsa", "hmac"), safe="")}),
        "request-signature",
    ),
    "a broken escape": (lambda p, w: joined({**p, "RelayState": "%zz"}), "request-malformed"),
    "no UTF-8": (lambda p, w: joined({**p, "RelayState": "%ff"}), "request-malformed"),
    "a RelayState of two thousand": (lambda p, w: joined({**p, "RelayState": "r" * 2000}), "request-malformed"),
    "nothing": (lambda p, w: "", "request-malformed"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.spec("SAML bindings", "3.4.4.1")
def test_a_query_that_was_changed_gets_a_page_and_never_an_answer(world, fault):
    change, cause = FAULTS[fault]

    answer = world.browser().get(tampered(change)(world))

    assert (answer.status, answer.page, answer.cause) == (400, "U10", cause)
    assert not answer.location
    assert b'name="SAMLResponse"' not in answer.body


def test_sha1_is_refused_also_when_it_is_really_signed_with_it(world):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    class Sha1:
        def sign(self, octets):
            return s.rsa_key(SP.key).sign(octets, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  the point

    class Old(Peer):
        signer = property(lambda self: Sha1())

    xml = etree.tostring(SP.authn_request(world))
    query = query_signed(Old(), xml, relay=None, alg=RSA_SHA1, enquote=lambda t: quote(t, safe=""))

    assert world.browser().get(SSO + query).cause == "request-signature"


@pytest.mark.spec("SAML bindings", "3.4.4.1")
def test_a_signature_inside_the_message_is_none_in_this_binding(world):
    from metadata.wire.saml_messages.building import finished

    enveloped = finished(SP.authn_request(world), SP.signer)

    for signer in (None, SP.signer):
        answer = world.browser().get(encode(f"{world.base}/saml/sso", enveloped, signer=signer))
        assert (answer.status, answer.cause) == (400, "request-signature")


@pytest.mark.parametrize("value", ["a", "login_hint=b"])
def test_a_hint_given_twice_is_refused(world, value):
    answer = world.browser().get(SP.redirect(world) + f"&login_hint={value}")

    assert (answer.status, answer.cause) == (400, "request-malformed")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_begin_nothing(world, method):
    before = world.store.commits

    answer = world.request(method, SP.redirect(world))

    assert answer.status in {400, 405}
    assert world.store.commits == before
