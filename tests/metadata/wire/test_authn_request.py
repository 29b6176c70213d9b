"""AuthnRequest: what a service asks is read whole, and what we ask upstream says what we meant."""

import pytest
from lxml import etree

from metadata.wire.saml_messages import (
    NameId,
    NameIdPolicy,
    RequestedAuthnContext,
    SamlRefused,
    check_received,
    read_authn_request,
)
from metadata.wire.saml_messages.opening import child, status
from metadata.wire.saml_messages.vocabulary import PERSISTENT, POST, SAMLP, TRANSIENT, saml, samlp
from metadata.wire.xml import add, check_schema, parse
from tests.support import saml as s

spec = pytest.mark.spec
FULL = f"""<q:AuthnRequest xmlns:q="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"
  ID="_7" Version="2.0" IssueInstant="2026-09-21T14:13:20.5Z" Destination="{s.SSO}" ForceAuthn="1" IsPassive="true"
  AssertionConsumerServiceURL="{s.ACS}" ProtocolBinding="{POST}" AttributeConsumingServiceIndex="3" ProviderName="Ett &amp; två">
  <a:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">{s.SP}</a:Issuer>
  <a:Subject><a:NameID Format="{PERSISTENT}" NameQualifier="n" SPNameQualifier="q">p-1</a:NameID></a:Subject>
  <q:NameIDPolicy Format="{TRANSIENT}" SPNameQualifier="q" AllowCreate="true"/>
  <q:RequestedAuthnContext Comparison="minimum">
    <a:AuthnContextClassRef>
      urn:one
    </a:AuthnContextClassRef><a:AuthnContextClassRef>urn:two</a:AuthnContextClassRef></q:RequestedAuthnContext>
  <q:Scoping ProxyCount="2"><q:IDPList><q:IDPEntry ProviderID="urn:i1"/><q:IDPEntry ProviderID="urn:i2"/></q:IDPList>
    <q:RequesterID>urn:r1</q:RequesterID></q:Scoping>
</q:AuthnRequest>""".encode()


def keys_of(issuer):
    assert issuer == s.SP
    return s.public("sp")


def refused(message: bytes, keys=None) -> str:
    with pytest.raises(SamlRefused) as caught:
        read_authn_request(message, keys)
    return caught.value.reason


def changed(old: bytes, new: bytes) -> bytes:
    assert old in FULL
    return FULL.replace(old, new)


@spec("SAML core", "3.4.1")
def test_everything_a_service_can_ask_is_read():
    request = read_authn_request(FULL)

    assert (request.id, request.issuer, request.issue_instant, request.signed) == ("_7", s.SP, s.NOW, False)
    assert (request.destination, request.acs_url, request.acs_index) == (s.SSO, s.ACS, None)
    assert (request.protocol_binding, request.attribute_consuming_service_index) == (POST, 3)
    assert (request.force_authn, request.is_passive, request.provider_name) == (True, True, "Ett & två")
    assert request.name_id_policy == NameIdPolicy(TRANSIENT, "q", True)
    assert request.requested_authn_context == RequestedAuthnContext("minimum", ("urn:one", "urn:two"))
    assert request.subject == NameId("p-1", PERSISTENT, "n", "q")
    assert (request.idp_list, request.requester_ids, request.proxy_count) == (("urn:i1", "urn:i2"), ("urn:r1",), 2)


def test_a_request_that_asks_nothing_gets_the_defaults_of_the_specification():
    start = FULL[: FULL.index(b"  <a:Subject>")].replace(b' AssertionConsumerServiceURL="' + s.ACS.encode() + b'"', b"")
    bare = start.replace(b'ForceAuthn="1" IsPassive="true"', b"").replace(f' ProtocolBinding="{POST}"'.encode(), b"")
    request = read_authn_request(bare + b"</q:AuthnRequest>")

    assert (request.force_authn, request.is_passive, request.acs_url, request.acs_index) == (False, False, None, None)
    assert (request.name_id_policy, request.requested_authn_context, request.subject) == (None, None, None)
    assert (request.idp_list, request.requester_ids, request.proxy_count) == ((), (), None)


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        (b' Comparison="minimum"', b"", "comparison", "exact"),
        (
            b"<a:AuthnContextClassRef>urn:two</a:AuthnContextClassRef>",
            b"",
            "class_refs",
            ("urn:one",),
        ),
    ],
)
def test_a_requested_context_has_the_defaults_of_the_specification(old, new, field, value):
    assert getattr(read_authn_request(changed(old, new)).requested_authn_context, field) == value


def test_declarations_are_named_so_that_they_can_be_declined():
    root = parse(FULL)
    asked = root.find(samlp("RequestedAuthnContext"))
    for found in list(asked):
        asked.remove(found)
    add(asked, saml("AuthnContextDeclRef"), "urn:decl")

    assert read_authn_request(etree.tostring(root)).requested_authn_context == RequestedAuthnContext(
        "minimum", (), ("urn:decl",)
    )


def test_a_scoping_without_a_list_is_read():
    scoping = FULL[FULL.index(b"<q:IDPList>") : FULL.index(b"<q:RequesterID>")]
    assert read_authn_request(changed(scoping, b"")).idp_list == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"q:AuthnRequest", b"q:ManageNameIDRequest", "message-type"),
        (b"urn:oasis:names:tc:SAML:2.0:protocol", b"urn:other", "message-type"),
        (b'Version="2.0"', b'Version="1.1"', "version"),
        (b'ID="_7"', b"", "schema"),
        (b'ID="_7"', b'ID="7"', "schema"),
        (b'IssueInstant="2026-09-21T14:13:20.5Z"', b"", "schema"),
        (b"2026-09-21T14:13:20.5Z", b"yesterday", "schema"),
        (b"2026-09-21T14:13:20.5Z", b"2026-09-21T14:13:20", "instant"),
        (b"2026-09-21T14:13:20.5Z", b"2026-09-21T14:13:20+02:00", "instant"),
        (b"2026-09-21T14:13:20.5Z", b"2026-09-21T24:00:00Z", "instant"),
        (b"nameid-format:entity", b"nameid-format:persistent", "issuer"),
        (b">" + s.SP.encode(), b"> " + s.SP.encode(), "issuer"),
        (s.SP.encode(), s.SP.encode()[:10] + b"<!-- c -->" + s.SP.encode()[10:], "comment"),
        (s.SP.encode(), s.SP.encode()[:10] + b"<?p x?>" + s.SP.encode()[10:], "processing-instruction"),
        (b">" + s.SP.encode() + b"<", b"><", "issuer"),
        (b'ProtocolBinding="', b'AssertionConsumerServiceIndex="0" ProtocolBinding="', "acs-url-and-index"),
        (b"</a:NameID>", b'</a:NameID><a:SubjectConfirmation Method="urn:x"/>', "subject-confirmation"),
        (b">p-1<", b"><", "name-id"),
        (b'ForceAuthn="1"', b'ForceAuthn="yes"', "schema"),
        (b"<q:Scoping", b"<q:Unknown/><q:Scoping", "schema"),
        (b'ProxyCount="2"', b'ProxyCount="-1"', "schema"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(old, new, reason):
    assert refused(changed(old, new)) == reason


def test_a_request_without_issuer_is_refused():
    issuer = FULL[FULL.index(b"<a:Issuer") : FULL.index(b"<a:Subject>")]
    assert refused(changed(issuer, b"")) == "issuer-missing"


def test_an_encrypted_subject_in_a_request_is_refused():
    root = parse(FULL)
    subject = root.find(saml("Subject"))
    subject.remove(subject[0])
    add(subject, saml("BaseID"), None, {"NameQualifier": "x"})
    assert refused(etree.tostring(root)) in {"subject-kind", "schema"}
    subject.remove(subject[0])
    data = s.tree(s.response_encrypted())[-1][0]
    add(subject, saml("EncryptedID")).append(data)
    assert refused(etree.tostring(root)) == "subject-kind"


@spec("SAML bindings", "3.5.4.1")
@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
def test_a_posted_request_is_read_from_its_signed_octets(by):
    message = s.authn_request(by("sp"))
    check_schema(parse(message))
    assert s.xmlsec_accepts(message, s.public("sp"))

    request = read_authn_request(message, keys_of)

    assert request.signed
    assert (request.id, request.issuer, request.acs_url, request.protocol_binding) == (s.REQUEST, s.SP, s.ACS, POST)


def test_an_unsigned_posted_request_says_so():
    assert not read_authn_request(s.authn_request(), keys_of).signed


def test_an_enveloped_signature_that_nobody_checks_is_refused():
    assert refused(s.authn_request(s.rsa_signer("sp"))) == "signature-unverified"


def test_a_posted_request_signed_by_another_is_refused():
    assert refused(s.authn_request(s.rsa_signer("other")), keys_of) == "signature-value"
    assert refused(s.authn_request(s.rsa_signer("sp")), lambda issuer: []) == "signature-value"


@spec("SAML core", "3.4.1")
def test_our_request_says_what_we_ask():
    message = s.authn_request(
        class_refs=("urn:a", "urn:b"),
        force_authn=True,
        is_passive=True,
        name_id_format=PERSISTENT,
        requester_ids=("urn:service",),
        subject=NameId("agda"),
        provider_name="Tjänst",
    )
    check_schema(parse(message))

    request = read_authn_request(message)

    assert request.requested_authn_context == RequestedAuthnContext("exact", ("urn:a", "urn:b"))
    assert (request.force_authn, request.is_passive, request.provider_name) == (True, True, "Tjänst")
    assert request.name_id_policy == NameIdPolicy(PERSISTENT, None, True)
    assert (request.requester_ids, request.subject) == (("urn:service",), NameId("agda"))
    assert (request.issue_instant, request.destination) == (s.NOW, s.SSO)


def test_our_barest_request_asks_for_any_name_and_no_level():
    message = s.authn_request()
    check_schema(parse(message))
    request = read_authn_request(message)
    assert (request.requested_authn_context, request.requester_ids, request.force_authn) == (None, (), False)
    assert request.name_id_policy == NameIdPolicy(None, None, True)


@spec("SAML bindings", "3.5.5.2")
@pytest.mark.parametrize(
    ("at", "now", "reason"),
    [
        (s.SSO + "/", s.NOW, "destination"),
        (s.SSO.upper(), s.NOW, "destination"),
        (s.SSO[:-1], s.NOW, "destination"),
        (s.SSO.replace("example", "example:443"), s.NOW, "destination"),
        (s.SSO, s.NOW + 361, "issue-instant"),
        (s.SSO, s.NOW - 61, "issue-instant"),
    ],
)
def test_a_message_for_another_place_or_time_is_refused(at, now, reason):
    with pytest.raises(SamlRefused, match=reason):
        check_received(read_authn_request(s.authn_request()), at=at, now=now, signed=True)


@pytest.mark.parametrize("now", [s.NOW + 360, s.NOW, s.NOW - 60])
def test_a_message_for_us_within_the_window_is_taken(now):
    check_received(read_authn_request(s.authn_request()), at=s.SSO, now=now, signed=True)


def test_a_signed_message_must_say_where_it_goes():
    request = read_authn_request(s.authn_request().replace(f' Destination="{s.SSO}"'.encode(), b""))
    check_received(request, at=s.SSO, now=s.NOW, signed=False)
    with pytest.raises(SamlRefused, match="destination-missing"):
        check_received(request, at=s.SSO, now=s.NOW, signed=True)


def test_the_rules_behind_the_schema_hold_without_it():
    with pytest.raises(SamlRefused, match="repeated-element"):
        child(parse(b"<a><b/><b/></a>"), "b")
    for message in (b"<a/>", f'<a><s:Status xmlns:s="{SAMLP}"/></a>'.encode()):
        with pytest.raises(SamlRefused, match="status-missing"):
            status(parse(message))
