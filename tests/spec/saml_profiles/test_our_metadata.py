"""Our own metadata agrees with what we do: signed, at its entityID, with every endpoint it names served as it says."""

import pytest
from lxml import etree

from metadata.saml import read_provider
from metadata.wire.saml_messages.opening import instant
from tests.support import saml as s
from tests.support.saml_peer import Peer
from tests.support.world import client, federation

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
SP, EC = Peer(), Peer("ec", ecdsa=True)


@pytest.fixture
def world(worlds):
    return worlds.make(federation(SP.entry(), EC.entry(), client()))


@pytest.fixture
def document(world):
    return world.request("GET", "/saml/metadata")


def test_it_stands_at_the_entity_id_and_is_signed_by_a_key_in_it(world, document):
    root = etree.fromstring(document.body)

    assert document.header("Content-Type").startswith("application/samlmetadata+xml")
    assert root.get("entityID") == f"{world.base}/saml/metadata"
    keys = read_provider(document.body, allow_http_loopback=True).provider.signing_keys
    assert s.xmlsec_accepts(document.body, keys)
    assert instant(root.get("validUntil")) > world.clock() + 7 * 86400


@pytest.mark.parametrize("role", ["IDPSSODescriptor", "SPSSODescriptor"])
def test_each_role_has_signing_keys_of_both_kinds_and_an_encryption_key(document, role):
    found = etree.fromstring(document.body).find(MD + role)
    uses = [key.get("use") for key in found.findall(f"{MD}KeyDescriptor")]

    assert uses.count("signing") >= 2
    assert "encryption" in uses


def test_it_says_that_requests_are_wanted_signed(document):
    assert etree.fromstring(document.body).find(f"{MD}IDPSSODescriptor").get("WantAuthnRequestsSigned") == "true"


def test_every_endpoint_it_names_is_served_by_the_binding_it_names(world, document):
    methods = {"HTTP-Redirect": "GET", "HTTP-POST": "POST"}
    endpoints = [e for e in etree.fromstring(document.body).iter() if e.get("Binding") and e.get("Location")]
    assert len(endpoints) >= 4

    for endpoint in endpoints:
        method = methods[endpoint.get("Binding").rpartition(":")[2]]
        answer = world.request(method, endpoint.get("Location"), {} if method == "POST" else None)
        assert (answer.status, answer.cause) == (400, "request-malformed"), endpoint.get("Location")


@pytest.mark.parametrize("peer", [SP, EC], ids=lambda p: p.id)
def test_what_we_sign_is_signed_with_a_key_that_is_in_it(world, peer):
    assert peer.login(world).content is not None  # `read` has proven it against the document


def test_it_is_made_anew_before_it_ends(world, document):
    world.clock.now += 86400 * 13

    later = world.request("GET", "/saml/metadata").body

    assert instant(etree.fromstring(later).get("validUntil")) > world.clock()
