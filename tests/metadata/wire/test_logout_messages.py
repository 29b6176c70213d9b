"""Single logout: requests and responses of both roles."""

import pytest
from lxml import etree

from metadata.wire.saml_messages import (
    LogoutResponseSpec,
    NameId,
    SamlRefused,
    build_logout_response,
    read_logout_request,
    read_logout_response,
)
from metadata.wire.saml_messages.vocabulary import PARTIAL_LOGOUT, PERSISTENT, REQUESTER, SUCCESS, saml, samlp
from metadata.wire.xml import add, check_schema, parse
from metadata.wire.xmlenc import Recipient, encrypt
from tests.support import saml as s

spec = pytest.mark.spec
SLO = "https://sp.example/slo"


def keys_of(issuer):
    return s.public("sp")


def answer(by=None, **changes) -> bytes:
    fields = {"issuer": s.SP, "destination": SLO, "in_response_to": "_q", "now": s.NOW, "top": SUCCESS} | changes
    return build_logout_response(LogoutResponseSpec(**fields), by)


@spec("SAML core", "3.7.1")
@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
def test_a_signed_logout_request_is_read_and_verifies_elsewhere(by):
    message = s.logout_request(by("sp"), session_indexes=("_1", "_2"), reason="urn:oasis:names:tc:SAML:2.0:logout:user")
    check_schema(parse(message))
    assert s.xmlsec_accepts(message, s.public("sp"))

    request = read_logout_request(message, keys_of, now=s.NOW)

    assert request.signed
    assert (request.issuer, request.name_id) == (s.SP, NameId("p-1", PERSISTENT))
    assert (request.session_indexes, request.not_on_or_after) == (("_1", "_2"), s.NOW + 300)
    assert (request.destination, request.issue_instant) == ("https://idp.example/slo", s.NOW)
    assert request.reason == "urn:oasis:names:tc:SAML:2.0:logout:user"


def test_a_request_without_session_index_or_end_is_read():
    message = s.logout_request(session_indexes=()).replace(b' NotOnOrAfter="2026-09-21T14:18:20Z"', b"")
    request = read_logout_request(message, now=s.NOW)
    assert (request.session_indexes, request.not_on_or_after, request.signed) == ((), None, False)


def refused(message, keys=None, **options) -> str:
    with pytest.raises(SamlRefused) as caught:
        read_logout_request(message, keys, **{"now": s.NOW, **options})
    return caught.value.reason


def test_a_logout_request_past_its_end_is_refused():
    read_logout_request(s.logout_request(), now=s.NOW + 359)
    assert refused(s.logout_request(), now=s.NOW + 360) == "expired"


@pytest.mark.parametrize(
    ("by", "keys", "reason"),
    [
        (s.rsa_signer("other"), keys_of, "signature-value"),
        (s.rsa_signer("sp"), None, "signature-unverified"),
        (s.rsa_signer("sp"), lambda issuer: (), "signature-value"),
    ],
)
def test_a_logout_request_whose_sender_is_not_proven_is_refused(by, keys, reason):
    assert refused(s.logout_request(by), keys) == reason


def test_another_persons_name_under_the_signature_is_refused():
    changed = s.logout_request(s.rsa_signer("sp")).replace(b">p-1<", b">p-2<")
    assert refused(changed, keys_of) == "signature-digest"


def encrypted_request(inner: bytes) -> bytes:
    root = s.tree(s.logout_request())
    name = root.find(saml("NameID"))
    wrapped = etree.Element(saml("EncryptedID"))
    wrapped.append(encrypt(inner, Recipient(s.rsa_key("idp").public_key())))
    root.replace(name, wrapped)
    return etree.tostring(root)


def test_an_encrypted_name_is_read_with_our_key():
    inner = b'<n:NameID xmlns:n="urn:oasis:names:tc:SAML:2.0:assertion">p-9</n:NameID>'
    request = read_logout_request(encrypted_request(inner), now=s.NOW, decryption_keys=[s.rsa_key()])
    assert request.name_id == NameId("p-9")


@pytest.mark.parametrize(
    ("inner", "keys", "reason"),
    [
        (b"<NameID>p</NameID>", ["idp"], "subject-kind"),
        (b"<!DOCTYPE a><a/>", ["idp"], "doctype"),
        (b"not xml", ["idp"], "not-well-formed"),
        (b"<a/>", ["other"], "decryption"),
        (b"<a/>", [], "decryption"),
    ],
)
def test_an_encrypted_name_that_is_none_is_refused(inner, keys, reason):
    assert refused(encrypted_request(inner), decryption_keys=[s.rsa_key(k) for k in keys]) == reason


def test_a_logout_of_nobody_is_refused():
    root = s.tree(s.logout_request())
    root.remove(root.find(saml("NameID")))
    assert refused(etree.tostring(root)) == "schema"


def test_a_logout_request_with_an_abstract_name_is_refused():
    root = s.tree(s.logout_request())
    base = etree.Element(saml("BaseID"))
    root.replace(root.find(saml("NameID")), base)
    assert refused(etree.tostring(root)) in {"schema", "subject-kind"}


@spec("SAML core", "3.7.3.2")
@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
@pytest.mark.parametrize(("top", "second"), [(SUCCESS, None), (SUCCESS, PARTIAL_LOGOUT), (REQUESTER, None)])
def test_a_logout_response_is_read_whatever_it_tells(by, top, second):
    message = answer(by("sp"), top=top, second=second, message="En del gick inte (ref 7K3M-Q9TD)")
    check_schema(parse(message))
    assert s.xmlsec_accepts(message, s.public("sp"))

    response = read_logout_response(message, keys_of)

    assert (response.status, response.second_status, response.in_response_to) == (top, second, "_q")
    assert (response.issuer, response.destination, response.signed) == (s.SP, SLO, True)


def test_an_unsigned_logout_response_says_so():
    assert not read_logout_response(answer(), keys_of).signed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r.remove(r.find(samlp("Status"))), "schema"),
        (lambda r: r.set("Version", "2.1"), "version"),
        (lambda r: r.remove(r.find(saml("Issuer"))), "issuer-missing"),
        (lambda r: add(r, samlp("Status")), "schema"),
    ],
)
def test_a_logout_response_that_breaks_a_rule_is_refused(change, reason):
    root = s.tree(answer())
    change(root)
    with pytest.raises(SamlRefused, match=reason):
        read_logout_response(etree.tostring(root))


def test_a_message_of_another_kind_is_refused_by_each_reader():
    assert refused(answer()) == "message-type"
    with pytest.raises(SamlRefused, match="message-type"):
        read_logout_response(s.logout_request())
