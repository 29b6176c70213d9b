"""Response: what we issue has the form the profile wants, verifies elsewhere, and reads back octet for octet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.wire.saml_messages import (
    Attribute,
    ErrorSpec,
    NameId,
    StatusRefused,
    build_error_response,
    build_response,
    read_response,
)
from metadata.wire.saml_messages.vocabulary import (
    NAME_FORMAT_URI,
    NO_AUTHN_CONTEXT,
    PERSISTENT,
    REQUESTER,
    RESPONDER,
    TRANSIENT,
    XSI,
    saml,
    samlp,
)
from metadata.wire.xml import XmlRefused, check_schema, parse
from metadata.wire.xmldsig import verify
from metadata.wire.xmlenc import AES_256_CBC, SHA256, Recipient
from tests.support import saml as s

spec = pytest.mark.spec
ASSERTION = saml("Assertion")
XML_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<>&\"'")
)


@pytest.mark.parametrize("by", [s.rsa_signer(), s.ec_signer()], ids=["RSA", "P-256"])
@pytest.mark.parametrize("sign_assertion", [False, True])
@pytest.mark.parametrize(
    "recipient",
    [
        None,
        Recipient(s.rsa_key("sp").public_key()),
        Recipient(s.rsa_key("sp").public_key(), (AES_256_CBC,), (SHA256,)),
    ],
    ids=["plain", "GCM", "CBC"],
)
def test_every_answer_is_valid_verifies_elsewhere_and_reads_back(by, sign_assertion, recipient):
    message = build_response(s.response_spec(), by, sign_assertion=sign_assertion, recipient=recipient)

    check_schema(parse(message))
    assert s.xmlsec_accepts(message, [by.public_key])
    if recipient is None:
        assert s.xmlsec_accepts(message, [by.public_key], ASSERTION) is sign_assertion
    content = read_response(
        message, s.expectations(decryption_keys=[s.rsa_key("sp")], want_assertion_signed=sign_assertion)
    )
    assert content.attributes == s.response_spec().attributes
    assert (content.name_id, content.authn_context_class_ref) == (s.response_spec().name_id, s.LEVEL)


@spec("SAML profiles", "4.1.4.2")
def test_an_answer_has_the_form_that_the_profile_wants():
    root = parse(s.response())
    assertion = s.assertion_of(root)
    data = assertion.find(f"{saml('Subject')}/{saml('SubjectConfirmation')}/{saml('SubjectConfirmationData')}")

    assert [child.tag for child in root][-2:] == [samlp("Status"), ASSERTION]
    assert (root.get("Destination"), root.get("InResponseTo")) == (s.ACS, s.REQUEST)
    assert dict(data.attrib) == {
        "Recipient": s.ACS,
        "InResponseTo": s.REQUEST,
        "NotOnOrAfter": "2026-09-21T14:18:20Z",
    }
    assert len(assertion.findall(saml("AuthnStatement"))) == 1
    assert len(assertion.findall(saml("AttributeStatement"))) == 1
    assert dict(assertion.find(saml("Conditions")).attrib) == {
        "NotBefore": "2026-09-21T14:13:20Z",
        "NotOnOrAfter": "2026-09-21T14:18:20Z",
    }
    for attribute in assertion.iter(saml("Attribute")):
        assert attribute.get("NameFormat") == NAME_FORMAT_URI
        assert {value.get(f"{{{XSI}}}type") for value in attribute} == {"xs:string"}


def test_the_signed_octets_of_an_answer_still_say_what_xs_is():
    assert b'xmlns:xs="http://www.w3.org/2001/XMLSchema"' in verify(parse(s.response()), s.public())


def test_an_encrypted_answer_shows_nothing_of_the_person():
    message = s.response_encrypted()
    assert b"Agda" not in message
    assert b"p-1" not in message
    assert b"AttributeStatement" not in message


def test_what_is_optional_is_read_back_too():
    message = s.response(
        session_not_on_or_after=s.NOW + 3600,
        address="192.0.2.7",
        attributes=(),
        authenticating_authorities=(),
        in_response_to=None,
        name_id=NameId("t-1", TRANSIENT),
    )
    check_schema(parse(message))
    assert b'Address="192.0.2.7"' in message

    content = read_response(message, s.expectations(in_response_to=None))

    assert content.session_not_on_or_after == s.NOW + 3600
    assert (content.attributes, content.authenticating_authorities) == ((), ())
    assert content.name_id == NameId("t-1", TRANSIENT)


def test_the_content_names_what_may_be_used_once_and_until_when():
    content = read_response(s.response(assertion_id="_a1"), s.expectations())

    assert (content.assertion_id, content.expires_at) == ("_a1", s.NOW + 300 + 60)
    assert (content.issuer, content.authn_instant, content.session_index) == (s.IDP, s.NOW - 5, "_session-1")
    assert content.authenticating_authorities == ("https://upstream.example/idp",)
    assert not content.one_time_use


def test_personal_values_do_not_show_in_a_log_line():
    content = read_response(s.response(), s.expectations())
    assert "Agda" not in repr(content)
    assert "p-1" not in repr(content)


@spec("SAML core", "3.2.2.2")
@pytest.mark.parametrize("by", [s.rsa_signer(), s.ec_signer()], ids=["RSA", "P-256"])
@pytest.mark.parametrize(
    ("top", "second", "text"),
    [(REQUESTER, NO_AUTHN_CONTEXT, "No method gives that level (ref 7K3M-Q9TD)"), (RESPONDER, None, None)],
)
def test_an_error_carries_its_codes_and_no_assertion(by, top, second, text):
    message = build_error_response(ErrorSpec(s.IDP, s.ACS, s.REQUEST, s.NOW, top, second, text), by)
    check_schema(parse(message))
    assert s.xmlsec_accepts(message, [by.public_key])
    assert b"Assertion" not in message

    with pytest.raises(StatusRefused) as caught:
        read_response(message, s.expectations())

    refusal = caught.value
    assert (refusal.top, refusal.second, refusal.message, refusal.proven) == (top, second, text or "", True)
    assert refusal.reason == "status"


def test_an_unsigned_error_is_an_error_but_not_proven():
    message = build_error_response(ErrorSpec(s.IDP, s.ACS, s.REQUEST, s.NOW, RESPONDER), s.rsa_signer())
    with pytest.raises(StatusRefused) as caught:
        read_response(s.octets(s.without_signature(message)), s.expectations())
    assert not caught.value.proven


@given(
    values=st.lists(XML_TEXT, max_size=4),
    name=XML_TEXT.filter(lambda t: t.strip() == t and t),
    subject=XML_TEXT.filter(bool),
    encrypted=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_values_survive_octet_for_octet(values, name, subject, encrypted):
    attribute = Attribute(name, tuple(values), name)
    recipient = Recipient(s.rsa_key("sp").public_key()) if encrypted else None
    message = build_response(
        s.response_spec(attributes=(attribute,), name_id=NameId(subject, PERSISTENT)),
        s.ec_signer(),
        sign_assertion=encrypted,
        recipient=recipient,
    )

    content = read_response(message, s.expectations(decryption_keys=[s.rsa_key("sp")]))

    assert content.attributes == (attribute,)
    assert content.name_id == NameId(subject, PERSISTENT)
    assert s.xmlsec_accepts(message, s.public())


@pytest.mark.parametrize(
    "value",
    [
        "</saml:AttributeValue></saml:Attribute><saml:Attribute Name='admin'>",
        "</saml:Attribute>",
        "]]>",
        "<!-- -->",
        "<?p x?>",
        "&lt;&amp;&#0;",
        '" Name="admin',
        "a\r\nb\tc",
        " surrounded ",
        "",
        "å" * 5000,
    ],
)
def test_markup_in_a_value_stays_text(value):
    attribute = Attribute("urn:oid:1", (value,), value)

    content = read_response(s.response(attributes=(attribute,)), s.expectations())

    assert content.attributes == (attribute,)


@pytest.mark.parametrize("char", ["\x00", "\x08", "\x1b", "\ufffe", "\ud800"])
@pytest.mark.parametrize(
    "where",
    [
        lambda c: {"attributes": (Attribute("urn:oid:1", (c,)),)},
        lambda c: {"attributes": (Attribute(c, ()),)},
        lambda c: {"name_id": NameId(c)},
        lambda c: {"audience": c},
        lambda c: {"session_index": c},
        lambda c: {"acs_url": c},
    ],
)
def test_a_character_that_xml_cannot_carry_is_refused_not_dropped(char, where):
    with pytest.raises(XmlRefused, match="character"):
        s.response(**where("x" + char))


def test_a_service_whose_key_cannot_be_encrypted_to_gets_no_answer():
    with pytest.raises(XmlRefused, match="encryption-key"):
        build_response(s.response_spec(), s.rsa_signer(), recipient=Recipient(s.ec_key("sp").public_key()))
