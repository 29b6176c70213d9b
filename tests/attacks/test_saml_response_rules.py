"""An answer that breaks a rule of the profile is refused with that rule's reason, whoever signed it.

Every message here is signed by the right provider unless the row says otherwise: the signature is not what stops it.
"""

import pytest
from lxml import etree

from metadata.wire import xml
from metadata.wire.saml_messages import Attribute, NameId, SamlRefused, build_response, read_response
from metadata.wire.saml_messages.vocabulary import BEARER, saml, samlp
from metadata.wire.xmlenc import AES_256_CBC, Recipient, encrypt
from tests.support import saml as s

spec = pytest.mark.spec


def refused(message, **changes) -> str:
    with pytest.raises(SamlRefused) as caught:
        read_response(message if isinstance(message, bytes) else s.octets(message), s.expectations(**changes))
    return caught.value.reason


def resigned(change, *, of_assertion: bool = False) -> bytes:
    """A message changed by its own signer, who signs it anew."""
    root = s.without_signature(s.response())
    target = s.assertion_of(root)
    change(target if of_assertion else root)
    s.signed_by_xmlsec(root, s.rsa_key(), prefixes="xs")
    return s.octets(root)


def at(*names):
    return "/".join(saml(name) for name in names)


DATA = at("Subject", "SubjectConfirmation", "SubjectConfirmationData")


def _set(path, name, value):
    return lambda a: (a.find(path) if path else a).set(name, value)


def _unset(path, name):
    return lambda a: (a.find(path) if path else a).attrib.pop(name)


def _drop(path):
    def change(a):
        found = a.find(path)
        found.getparent().remove(found)

    return change


def _twice(path):
    return lambda a: a.find(path).addnext(s.twin(a.find(path)))


def _text(path, value):
    return lambda a: setattr(a.find(path), "text", value)


def _add(path, tag, content=None, **attributes):
    return lambda a: xml.add(a.find(path) if path else a, tag, content, attributes)


def _other_restriction(a):
    restriction = xml.add(a.find(saml("Conditions")), saml("AudienceRestriction"))
    xml.add(restriction, saml("Audience"), "https://other.example")


def _encrypted_in(path):
    def change(a):
        parent = a.find(path)
        replaced = parent[0]
        wrapped = etree.Element(saml("EncryptedID" if path == saml("Subject") else "EncryptedAttribute"))
        wrapped.append(encrypt(b"<x/>", Recipient(s.rsa_key("sp").public_key())))
        parent.replace(replaced, wrapped)

    return change


def _sender_vouches(a):
    a.find(at("Subject", "SubjectConfirmation")).set("Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")


PAST, FUTURE = "2026-09-21T14:12:20Z", "2026-09-21T14:14:21Z"  # NOW is 14:13:20; the skew is a minute
ASSERTION_RULES = {
    "an Issuer that is not the one asked": (_text(saml("Issuer"), "https://other.example"), "issuer"),
    "an Issuer with white space": (_text(saml("Issuer"), f" {s.IDP}"), "issuer"),
    "an older version": (_set("", "Version", "1.1"), "version"),
    "made too long ago": (_set("", "IssueInstant", "2026-09-21T14:07:19Z"), "issue-instant"),
    "made in the future": (_set("", "IssueInstant", FUTURE), "issue-instant"),
    "no Subject": (_drop(saml("Subject")), "subject-missing"),
    "no confirmation": (_drop(at("Subject", "SubjectConfirmation")), "subject-confirmation"),
    "two bearer confirmations": (_twice(at("Subject", "SubjectConfirmation")), "subject-confirmation"),
    "a confirmation that is not bearer": (_sender_vouches, "subject-confirmation"),
    "no confirmation data": (_drop(DATA), "confirmation-data"),
    "a confirmation not yet valid": (_set(DATA, "NotBefore", PAST), "confirmation-not-before"),
    "no Recipient": (_unset(DATA, "Recipient"), "recipient"),
    "a Recipient longer than ours": (_set(DATA, "Recipient", s.ACS + "/"), "recipient"),
    "a Recipient shorter than ours": (_set(DATA, "Recipient", s.ACS[:-1]), "recipient"),
    "a Recipient in other case": (_set(DATA, "Recipient", s.ACS.upper()), "recipient"),
    "a Recipient with a port": (_set(DATA, "Recipient", s.ACS.replace(".example", ".example:443")), "recipient"),
    "a confirmation without InResponseTo": (_unset(DATA, "InResponseTo"), "in-response-to"),
    "a confirmation for another request": (_set(DATA, "InResponseTo", "_other"), "in-response-to"),
    "a confirmation without end": (_unset(DATA, "NotOnOrAfter"), "confirmation-without-end"),
    "a confirmation that has ended": (_set(DATA, "NotOnOrAfter", PAST), "confirmation-expired"),
    "no Conditions": (_drop(saml("Conditions")), "conditions-missing"),
    "Conditions not yet valid": (_set(saml("Conditions"), "NotBefore", FUTURE), "not-before"),
    "Conditions that have ended": (_set(saml("Conditions"), "NotOnOrAfter", PAST), "expired"),
    "no AudienceRestriction": (_drop(at("Conditions", "AudienceRestriction")), "audience"),
    "another Audience": (
        _text(at("Conditions", "AudienceRestriction", "Audience"), "https://other.example"),
        "audience",
    ),
    "an Audience that begins as ours": (
        _text(at("Conditions", "AudienceRestriction", "Audience"), s.SP + ".evil"),
        "audience",
    ),
    "a second restriction without us": (_other_restriction, "audience"),
    "a restriction of proxying": (_add(saml("Conditions"), saml("ProxyRestriction"), Count="0"), "condition"),
    "no AuthnStatement": (_drop(saml("AuthnStatement")), "authn-statement"),
    "two AuthnStatements": (_twice(saml("AuthnStatement")), "authn-statement"),
    "an authentication in the future": (_set(saml("AuthnStatement"), "AuthnInstant", FUTURE), "authn-instant"),
    "a session that has ended": (_set(saml("AuthnStatement"), "SessionNotOnOrAfter", PAST), "session-expired"),
    "an encrypted name": (_encrypted_in(saml("Subject")), "subject-kind"),
    "an empty name": (_text(at("Subject", "NameID"), ""), "name-id"),
    "an encrypted attribute": (_encrypted_in(saml("AttributeStatement")), "encrypted-attribute"),
    "a local time": (_set("", "IssueInstant", "2026-09-21T14:13:20"), "instant"),
}


@spec("SAML profiles", "4.1.4.3")
@pytest.mark.parametrize("name", ASSERTION_RULES)
def test_an_assertion_that_breaks_a_rule_is_refused(name):
    change, reason = ASSERTION_RULES[name]

    assert refused(resigned(change, of_assertion=True)) == reason


def _no_class(a):
    context = a.find(at("AuthnStatement", "AuthnContext"))
    context.remove(context[0])
    context.insert(0, etree.Element(saml("AuthnContextDeclRef")))
    context[0].text = "urn:decl"


def test_an_assertion_without_an_authentication_class_is_refused():
    assert refused(resigned(_no_class, of_assertion=True)) == "authn-context"


RESPONSE_RULES = {
    "an Issuer that is not the one asked": (_text(saml("Issuer"), "https://other.example"), "issuer"),
    "no Issuer though signed": (_drop(saml("Issuer")), "issuer-missing"),
    "an older version": (_set("", "Version", "1.1"), "version"),
    "no Destination though signed": (_unset("", "Destination"), "destination-missing"),
    "another Destination": (_set("", "Destination", s.ACS + "?x"), "destination"),
    "another request": (_set("", "InResponseTo", "_other"), "in-response-to"),
    "no request": (_unset("", "InResponseTo"), "in-response-to"),
    "made too long ago": (_set("", "IssueInstant", "2026-09-21T14:07:19Z"), "issue-instant"),
    "made in the future": (_set("", "IssueInstant", FUTURE), "issue-instant"),
    "no assertion": (_drop(saml("Assertion")), "no-assertion"),
    "no Status": (_drop(samlp("Status")), "schema"),
}


@spec("SAML profiles", "4.1.4.3")
@pytest.mark.parametrize("name", RESPONSE_RULES)
def test_a_response_that_breaks_a_rule_is_refused(name):
    change, reason = RESPONSE_RULES[name]

    assert refused(resigned(change)) == reason


def test_the_window_is_a_minute_wide_on_both_sides():
    read_response(s.response(), s.expectations(now=s.NOW + 359))
    assert refused(s.response(), now=s.NOW + 360) == "confirmation-expired"
    read_response(s.response(), s.expectations(now=s.NOW - 60))
    assert refused(s.response(), now=s.NOW - 61) == "issue-instant"


def test_several_audiences_in_one_restriction_are_alternatives():
    def change(a):
        restriction = a.find(at("Conditions", "AudienceRestriction"))
        xml.add(restriction, saml("Audience"), "https://other.example")
        restriction[0].text = f"\n{s.SP}\n"

    assert read_response(resigned(change, of_assertion=True), s.expectations())


def test_one_time_use_is_noted_and_a_second_kind_of_confirmation_is_let_be():
    def change(a):
        xml.add(a.find(saml("Conditions")), saml("OneTimeUse"))
        del a.find(saml("Conditions")).attrib["NotBefore"]
        del a.find(saml("Conditions")).attrib["NotOnOrAfter"]
        a.find(saml("Subject")).append(etree.Element(saml("SubjectConfirmation"), Method="urn:other"))

    assert read_response(resigned(change, of_assertion=True), s.expectations()).one_time_use


def test_a_subject_without_name_and_a_value_of_elements_are_read_as_absent():
    def change(a):
        a.find(saml("Subject")).remove(a.find(at("Subject", "NameID")))
        value = xml.add(a.find(at("AttributeStatement", "Attribute")), saml("AttributeValue"))
        xml.add(value, saml("NameID"), "targeted")
        del a.find(at("AttributeStatement", "Attribute")).attrib["NameFormat"]

    content = read_response(resigned(change, of_assertion=True), s.expectations())

    assert content.name_id is None
    assert content.attributes[0].values == ("Agda",)
    assert content.attributes[0].name_format.endswith("unspecified")


@spec("SAML profiles", "4.1.5")
def test_an_unsolicited_answer_is_taken_only_where_one_is_expected():
    unsolicited = s.response(in_response_to=None)

    assert refused(unsolicited) == "in-response-to"
    assert read_response(unsolicited, s.expectations(in_response_to=None))
    assert refused(s.response(), in_response_to=None) == "unsolicited"


def test_a_claim_of_a_request_in_the_confirmation_alone_is_unsolicited_too():
    def change(root):
        del root.attrib["InResponseTo"]

    assert refused(resigned(change), in_response_to=None) == "unsolicited"


# Which signature covers what is read ---------------------------------------------------------------------------------


def test_only_the_assertion_signed_its_own_confirmation_must_name_the_request():
    root = s.assertion_signed(in_response_to=None)
    root.set("InResponseTo", s.REQUEST)

    assert refused(root) == "in-response-to"


def test_only_the_assertion_signed_what_the_response_says_is_still_compared():
    root = s.assertion_signed()
    root.set("Destination", "https://other.example")
    assert refused(root) == "destination"
    del root.attrib["Destination"]
    root.remove(root.find(saml("Issuer")))
    assert read_response(s.octets(root), s.expectations())
    root.set("Version", "1.1")
    assert refused(root) == "version"


def test_only_the_response_signed_is_enough_unless_the_assertion_must_be_too():
    assert read_response(s.response(), s.expectations())
    assert refused(s.response(), want_assertion_signed=True) == "assertion-unsigned"


def test_nothing_signed_is_refused_also_without_keys():
    root = s.without_signature(s.response())
    assert refused(root) == "signature-missing"
    assert refused(root, keys=[]) == "signature-missing"
    assert refused(s.response(), keys=[]) == "signature-value"


def test_a_bad_signature_of_the_assertion_is_refused_though_the_response_is_signed():
    root = s.assertion_signed(s.rsa_signer("attacker"))
    s.signed_by_xmlsec(root, s.rsa_key(), prefixes="xs")

    assert refused(root) == "signature-value"


def test_a_bad_signature_of_the_response_is_refused_though_the_assertion_is_signed():
    root = s.assertion_signed()
    s.signed_by_xmlsec(root, s.rsa_key("attacker"))

    assert refused(root) == "signature-value"


@pytest.mark.parametrize("by", [s.rsa_signer("other-idp"), s.ec_signer("other-idp")], ids=["RSA", "P-256"])
def test_another_providers_key_is_not_this_ones(by):
    assert refused(s.response(by)) == "signature-value"


def test_another_providers_answer_to_the_request_sent_to_this_one_is_refused():
    answer = s.response(s.rsa_signer("other-idp"), issuer="https://other.example")
    assert refused(answer) == "signature-value"
    assert refused(answer, keys=s.public("other-idp")) == "issuer"


def test_an_inner_prefix_list_survives_a_response_signed_without_one():
    root = s.assertion_signed()
    s.signed_by_xmlsec(root, s.rsa_key())

    assert read_response(s.octets(root), s.expectations(want_assertion_signed=True))


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        (b"p-<!-- c -->1", "comment"),
        (b"p-<?p x?>1", "processing-instruction"),
        (b"p-&other;1", "not-well-formed"),
        (b"p-\x001", "not-well-formed"),
    ],
)
@pytest.mark.parametrize("value", [b"p-1", s.IDP.encode(), s.SP.encode()])
def test_a_split_value_is_refused_never_read_as_a_prefix(value, markup, reason):
    message = s.response().replace(b">" + value + b"<", b">" + value[:2] + markup[2:-1] + value[2:] + b"<")
    assert message != s.response()
    assert refused(message) == reason


def test_an_element_inside_a_name_is_refused():
    def change(a):
        xml.add(a.find(at("Subject", "NameID")), "{urn:x}x")

    assert refused(resigned(change, of_assertion=True)) == "schema"


def test_cdata_is_the_text_it_holds():
    message = resigned(
        lambda a: setattr(a.find(at("Subject", "NameID")), "text", etree.CDATA("p-1")), of_assertion=True
    )
    assert b"<![CDATA[" in message
    assert read_response(message, s.expectations()).name_id == NameId(
        "p-1", s.response_spec().name_id.format, s.IDP, s.SP
    )


def test_another_message_or_none_is_refused():
    assert refused(s.authn_request()) == "message-type"
    assert refused(b"") == "not-well-formed"
    assert refused(resigned(lambda root: None).replace(b"samlp:Response", b"samlp:ArtifactResponse")) == "message-type"


def test_ten_thousand_values_do_not_fit():
    many = s.response(attributes=(Attribute("urn:oid:1", tuple("x" * 10_000)),))
    assert refused(many) == "size"


# Encrypted assertions ------------------------------------------------------------------------------------------------


def encrypted(plain: bytes, *, signed: bool, methods: tuple[str, ...] = ()) -> bytes:
    root = s.without_signature(s.response())
    wrapped = etree.Element(saml("EncryptedAssertion"))
    wrapped.append(encrypt(plain, Recipient(s.rsa_key("sp").public_key(), methods)))
    root.replace(s.assertion_of(root), wrapped)
    if signed:
        s.signed_by_xmlsec(root, s.rsa_key())
    return s.octets(root)


def assertion_octets(*, signed: bool, by=None) -> bytes:
    root = s.assertion_signed(by) if signed else s.tree(s.response(by))
    return xml.serialized(s.assertion_of(root))


KEYS = {"decryption_keys": [s.rsa_key("sp")]}


@pytest.mark.parametrize("methods", [(), (AES_256_CBC,)])
@pytest.mark.parametrize(("inner", "outer"), [(True, True), (True, False), (False, True)])
def test_what_was_decrypted_counts_when_a_signature_covers_it(inner, outer, methods):
    message = encrypted(assertion_octets(signed=inner), signed=outer, methods=methods)

    assert read_response(message, s.expectations(**KEYS)).name_id.value == "p-1"


def test_anyone_can_encrypt_so_an_unsigned_one_is_refused():
    assert refused(encrypted(assertion_octets(signed=False), signed=False), **KEYS) == "decryption"
    message = encrypted(assertion_octets(signed=False), signed=True)
    assert refused(message, **KEYS, want_assertion_signed=True) == "assertion-unsigned"


@pytest.mark.parametrize(
    ("plain", "reason"),
    [
        (b"<x/>", "message-type"),
        (b"", "not-well-formed"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"/>', "schema"),
        (assertion_octets(signed=True, by=s.rsa_signer("attacker")), "signature-value"),
    ],
)
@pytest.mark.parametrize("methods", [(), (AES_256_CBC,)])
def test_bad_content_has_its_reason_under_a_signature_and_one_for_all_without(plain, reason, methods):
    assert refused(encrypted(plain, signed=True, methods=methods), **KEYS) == reason
    assert refused(encrypted(plain, signed=False, methods=methods), **KEYS) == "decryption"


def test_without_our_key_an_encrypted_assertion_is_refused():
    message = s.response_encrypted()
    assert refused(message) == "decryption"
    assert refused(message, decryption_keys=[s.rsa_key("other")]) == "decryption"


def test_ciphertext_swapped_into_a_signed_response_is_refused():
    root = s.tree(s.response_encrypted())
    other = s.tree(s.response_encrypted(name_id=NameId("other")))
    root.replace(root[-1], other[-1])
    assert refused(root, **KEYS) == "signature-digest"


def test_an_assertion_within_the_decrypted_one_is_refused():
    inner = parse_with_advice()
    assert refused(encrypted(inner, signed=True), **KEYS) == "second-assertion"


def parse_with_advice() -> bytes:
    assertion = s.assertion_of(s.tree(s.response()))
    advice = etree.Element(saml("Advice"))
    advice.append(s.twin(assertion))
    advice[0].set("ID", "_inner")
    assertion.find(saml("Conditions")).addnext(advice)
    return xml.serialized(assertion)


def test_two_encrypted_assertions_are_refused():
    root = s.tree(s.response_encrypted())
    root.append(s.twin(root[-1]))
    assert refused(root, **KEYS) in {"signature-digest", "second-assertion"}


def test_the_reader_is_not_confused_by_the_bearer_method_elsewhere():
    assert build_response(s.response_spec(), s.rsa_signer()).count(BEARER.encode()) == 1
