"""SAML profiles section 4.1.4.2, as identity provider: what leaves, to whom, signed and encrypted how."""

from itertools import pairwise

import pytest
from lxml import etree

from metadata.wire.saml_messages import NameId
from metadata.wire.saml_messages.opening import instant
from metadata.wire.saml_messages.vocabulary import saml, samlp
from tests.support import saml as s
from tests.support import saml_metadata as md
from tests.support.saml_peer import ECDSA, Peer
from tests.support.world import LEVEL3, NOW, client, federation

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
PLAIN = Peer("plain")
BOTH = Peer("both", wants_signed=True)
ENCRYPTED = Peer("encrypted", encrypts=True)
ALL = Peer("all", wants_signed=True, encrypts=True, ecdsa=True)
EC = Peer("ec", ecdsa=True)
PEERS = (PLAIN, BOTH, ENCRYPTED, ALL, EC)


@pytest.fixture
def world(worlds):
    return worlds.make(federation(*(p.entry() for p in PEERS), client()))


@pytest.mark.parametrize("peer", PEERS, ids=lambda p: p.id)
@pytest.mark.spec("Sweden Connect deployment profile", "6.1")
def test_the_response_is_signed_always_and_the_assertion_as_the_metadata_says(world, peer):
    received = peer.login(world)

    assert received.content is not None
    assert received.root.find(f"{s.DS}Signature") is not None
    assert received.encrypted is peer.encrypts
    if not peer.encrypts:
        assert received.assertion_signed is peer.wants_signed
    assert received.signature_method == (ECDSA if peer.ecdsa else RSA_SHA256)


def test_an_assertion_that_is_signed_and_encrypted_is_signed_inside(world):
    from metadata.wire.xml import parse
    from metadata.wire.xmlenc import decrypt

    received = ALL.login(world)
    found = parse(received.xml).find(saml("EncryptedAssertion"))
    plain = decrypt(found, (s.rsa_key(ALL.key),))

    assert s.xmlsec_accepts(plain, [world.app.on.services.keys().signer("saml", "ES256").public_key])
    assert b"Andersson" not in received.xml
    assert b"Andersson" in plain


@pytest.mark.spec("SAML profiles", "4.1.4.2")
def test_the_assertion_is_for_one_service_one_request_and_five_minutes(world):
    received = PLAIN.login(world, id="_asked")
    assertion = received.root.find(saml("Assertion"))
    data = assertion.find(f".//{saml('SubjectConfirmationData')}")
    conditions = assertion.find(saml("Conditions"))

    assert received.root.get("Destination") == f"{PLAIN.host}/acs"
    assert received.root.get("InResponseTo") == "_asked"
    assert (data.get("Recipient"), data.get("InResponseTo")) == (f"{PLAIN.host}/acs", "_asked")
    assert data.get("NotBefore") is None
    assert instant(data.get("NotOnOrAfter")) - NOW <= 300
    assert instant(conditions.get("NotOnOrAfter")) - NOW <= 300
    assert [a.text for a in assertion.iter(saml("Audience"))] == [PLAIN.entity_id]
    assert len(list(received.root.iter(saml("Assertion")))) == 1
    assert len(list(assertion.iter(saml("AuthnStatement")))) == 1


@pytest.mark.spec("SAML core", "2.7.2")
def test_the_authentication_statement_tells_the_real_login_and_the_session(world):
    browser = world.browser()
    first = PLAIN.login(world, browser, levels=(LEVEL3,)).content
    world.clock.now += 600

    later = BOTH.login(world, browser, levels=(LEVEL3,), hint=None).content
    again = PLAIN.login(world, browser, levels=(LEVEL3,), hint=None).content

    assert {c.authn_instant for c in (first, later, again)} == {NOW}
    assert {c.authn_context_class_ref for c in (first, later, again)} == {LEVEL3}
    assert first.session_index == again.session_index != later.session_index
    assert first.session_not_on_or_after == NOW + 3600
    assert len({c.assertion_id for c in (first, later, again)}) == 3


def test_attributes_go_by_the_names_of_the_metadata_as_uris_with_friendly_names(worlds):
    sn = "urn:oid:2.5.4.4"
    peer = Peer(asks=(md.requested(sn),))
    world = worlds.make(federation(peer.entry()))

    (attribute,) = peer.login(world).content.attributes

    assert (attribute.name, attribute.values, attribute.friendly_name) == (sn, ("Andersson",), "sn")
    assert attribute.name_format == "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


HOSTILE = "</saml:AttributeValue></saml:Attribute><x a='\"&amp;]]>"


def test_a_value_that_looks_like_markup_stays_text(worlds):
    person = {"id": "eve", "givenName": HOSTILE, "sn": "<!-- c -->Åäö  ", "displayName": "a&b"}
    world = worlds.make(federation(PLAIN.entry(), persons=[person]))

    got = PLAIN.login(world, hint="test:eve").attributes

    assert got["givenName"] == (HOSTILE,)
    assert got["displayName"] == ("a&b",)


def test_each_sign_on_leaves_one_record_with_the_decision_and_no_value(world):
    received = PLAIN.login(world, id="_asked")

    (event,) = world.events("saml.assertion-issued")
    assert event["assertion"] == received.content.assertion_id
    assert event["in_response_to"] == "_asked"
    assert event["service"] == "plain"
    assert set(event["released"]) == {"givenName", "sn", "displayName"}
    assert "Andersson" not in str(event)
    assert event["trace"]


def test_a_response_that_says_no_is_signed_and_holds_no_assertion(world):
    received = ALL.login(world, passive=True)

    assert received.status == ("Responder", "NoPassive")
    assert received.signature_method == ECDSA
    assert received.root.find(saml("Assertion")) is None
    assert received.root.find(saml("EncryptedAssertion")) is None
    assert received.message.startswith("The person must log in. (ref ")
    code = received.root.find(f"{samlp('Status')}/{samlp('StatusCode')}")
    assert len(code) == 1


def test_ids_are_never_used_twice(world):
    ids = [root.get("ID") for _ in range(3) for root in PLAIN.login(world).root.iter() if root.get("ID")]

    assert len(ids) == len(set(ids)) == 6
    assert all(one != other for one, other in pairwise(ids))


@pytest.mark.spec("Sweden Connect deployment profile", "6.2")
def test_a_name_is_of_the_service_and_tells_nothing_of_the_person(world):
    name: NameId = PLAIN.login(world).content.name_id

    assert "191212121212" not in name.value
    assert len(name.value) <= 256


def test_the_page_that_carries_the_answer_may_post_to_that_service_alone(world):
    answer = world.browser().get(PLAIN.redirect(world))
    policy = dict(part.strip().partition(" ")[::2] for part in answer.header("Content-Security-Policy").split(";"))

    assert policy["form-action"] == f"'self' {PLAIN.host}"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert etree.HTML(answer.text).xpath("//form/@action") == [f"{PLAIN.host}/acs"]
