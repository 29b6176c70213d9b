"""One certificate more or fewer in a service's metadata: what else stands there stays, a signature goes."""

import pytest

from metadata.described_keys import key_id, of_metadata
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_rekey import NoSuchKey, with_certificate, without_key
from metadata.wire.saml_metadata_values import SP_ROLE
from metadata.wire.xml import DS, XmlRefused, parse
from tests.support import saml_metadata as md
from tests.support.saml import rsa_key

NEXT = md.certificate(rsa_key("next"))
OLD_ID, NEXT_ID = key_id(rsa_key("peer").public_key()), key_id(rsa_key("next").public_key())
SIGNATURE = f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo/></ds:Signature>'
BARE = md.sp_role(keys="")
OLD_SAML = BARE.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol")
SCOPE = '<mdui:UIInfo><mdui:DisplayName xml:lang="sv">Journal</mdui:DisplayName></mdui:UIInfo>'


def held(document: bytes) -> list[tuple[str | None, str]]:
    role = read_entity(document).role(SP_ROLE)
    assert role is not None
    return [(key.use, key.id) for key in of_metadata(role.keys)]


def old(key) -> bool:
    return key_id(key) == OLD_ID


@pytest.mark.parametrize("use", ["signing", "encryption", None])
def test_the_next_certificate_stands_after_the_others(use):
    after = with_certificate(md.entity(), use, NEXT)
    assert held(after) == [("signing", OLD_ID), ("encryption", OLD_ID), (use, NEXT_ID)]


@pytest.mark.parametrize("extensions", ["", SCOPE])
def test_a_service_without_keys_gets_its_first_before_its_addresses(extensions):
    after = with_certificate(md.entity(md.sp_role(keys="", extensions=extensions)), "signing", NEXT)
    assert held(after) == [("signing", NEXT_ID)]


def test_nothing_else_changes():
    before = read_entity(md.entity(md.sp_role(extensions=SCOPE), after=md.organization()))
    after = read_entity(with_certificate(md.entity(md.sp_role(extensions=SCOPE), after=md.organization()), None, NEXT))
    ours, theirs = before.role(SP_ROLE), after.role(SP_ROLE)
    assert (theirs.locations, theirs.interface, theirs.keys[:2]) == (ours.locations, ours.interface, ours.keys)
    assert (after.entity_id, after.organization) == (before.entity_id, before.organization)


def test_a_key_goes_for_one_use_and_stays_for_the_other():
    assert held(without_key(md.entity(), old, "signing")) == [("encryption", OLD_ID)]


def test_added_and_taken_away_it_is_as_before():
    both = with_certificate(md.entity(), None, NEXT)
    assert held(without_key(both, lambda key: not old(key), None)) == held(md.entity())


@pytest.mark.parametrize("use", [None, "tls"])
def test_a_key_that_is_not_there_for_that_use_is_none(use):
    with pytest.raises(NoSuchKey):
        without_key(md.entity(), old, use)


def test_a_key_that_cannot_be_read_is_nobodys():
    unread = md.sp_role(
        keys='<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>'
    )
    with pytest.raises(NoSuchKey):
        without_key(md.entity(unread), lambda _: True, "signing")


@pytest.mark.parametrize("roles", [md.idp_role(), OLD_SAML])
def test_a_document_without_a_service_of_saml_2_has_no_place_for_a_key(roles):
    with pytest.raises(NoSuchKey):
        with_certificate(md.entity(roles), "signing", NEXT)


def test_a_signature_that_would_no_longer_hold_goes():
    signed = md.entity().replace(b"<md:SPSSODescriptor", SIGNATURE.encode() + b"<md:SPSSODescriptor", 1)
    assert b"SignedInfo" not in with_certificate(signed, "signing", NEXT)
    assert parse(with_certificate(signed, "signing", NEXT), limit=100_000) is not None


@pytest.mark.parametrize(
    "document", [b"", b"<x/>", b'<!DOCTYPE x><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"/>']
)
def test_what_is_no_metadata_is_refused(document):
    with pytest.raises(XmlRefused):
        with_certificate(document, "signing", NEXT)
    with pytest.raises(XmlRefused):
        without_key(document, old, "signing")


def test_what_is_no_certificate_is_refused():
    with pytest.raises(ValueError, match=r"\w"):
        with_certificate(md.entity(), "signing", b"no certificate")
