"""XML signature wrapping (Somorovsky et al., On Breaking SAML, USENIX Security 2012) and its later relatives.

Each message holds a signature that a verifier by ID accepts, and something else to be read. None is taken, by the reader
of answers (as service provider) or of requests (as identity provider).
"""

import pytest
from lxml import etree

from metadata.wire.saml_messages import SamlRefused, read_authn_request, read_logout_request, read_response
from metadata.wire.saml_messages.vocabulary import saml, samlp
from metadata.wire.xml import XmlRefused, parse
from metadata.wire.xmldsig import verify
from tests.support import saml as s

SIGNATURE = f"{s.DS}Signature"
EVIL = "admin"


def evil_twin(assertion):
    """An assertion about another person, with its own ID and no signature."""
    evil = s.twin(assertion)
    evil.set("ID", "_evil")
    for signature in evil.findall(SIGNATURE):
        evil.remove(signature)
    evil.find(f"{saml('Subject')}/{saml('NameID')}").text = EVIL
    return evil


def in_object(element):
    wrapper = etree.Element(f"{s.DS}Object")
    wrapper.append(element)
    return wrapper


def xsw1(root):
    """The signed Response inside the Signature of a forged one."""
    forged, original = forged_response(root)
    s.signature_of(forged).append(in_object(original))
    return forged


def xsw2(root):
    """The signed Response beside its Signature, in a forged one."""
    forged, original = forged_response(root)
    s.signature_of(forged).addprevious(original)
    return forged


def forged_response(root):
    original = s.twin(root)
    original.remove(s.signature_of(original))
    root.set("ID", "_forged")
    root.replace(s.assertion_of(root), evil_twin(s.assertion_of(root)))
    return root, original


def xsw3(root):
    assertion = s.assertion_of(root)
    assertion.addprevious(evil_twin(assertion))
    return root


def xsw4(root):
    assertion = s.assertion_of(root)
    evil = evil_twin(assertion)
    root.replace(assertion, evil)
    evil.append(assertion)
    return root


def _evil_with_signature(root):
    assertion = s.assertion_of(root)
    evil = evil_twin(assertion)
    evil.insert(1, s.signature_of(assertion))
    root.replace(assertion, evil)
    return evil, assertion


def xsw5(root):
    _, original = _evil_with_signature(root)
    root.append(original)
    return root


def xsw6(root):
    evil, original = _evil_with_signature(root)
    s.signature_of(evil).append(original)
    return root


def xsw7(root):
    extensions = etree.Element(samlp("Extensions"))
    extensions.append(evil_twin(s.assertion_of(root)))
    root.insert(1, extensions)
    return root


def xsw8(root):
    evil, original = _evil_with_signature(root)
    s.signature_of(evil).append(in_object(original))
    return root


def evil_in_advice(root):
    assertion = s.assertion_of(root)
    advice = etree.Element(saml("Advice"))
    advice.append(evil_twin(assertion))
    assertion.find(saml("Conditions")).addnext(advice)
    return root


def two_good_ones(root):
    root.append(s.assertion_of(s.assertion_signed(name_id=s.NameId("other"))))
    return root


def same_id_twice(root):
    evil = evil_twin(s.assertion_of(root))
    evil.set("ID", s.assertion_of(root).get("ID"))
    s.assertion_of(root).addprevious(evil)
    return root


def id_look_alike(name):
    def change(root):
        evil, original = _evil_with_signature(root)
        evil.set(name, original.get("ID"))
        return root

    change.__name__ = f"id_look_alike_{name}"
    return change


def signature_on_the_status(root):
    root.find(samlp("Status")).append(s.signature_of(s.assertion_of(root)))
    return root


def assertion_of_another_namespace(root):
    original = s.assertion_of(root)
    forged = evil_twin(original)
    forged.tag = "{urn:oasis:names:tc:SAML:1.0:assertion}Assertion"
    original.addprevious(forged)
    return root


def encrypted_evil_beside(root):
    other = s.tree(s.response_encrypted())[-1]
    root.append(other)
    return root


SIGNED_RESPONSE = [xsw1, xsw2]
SIGNED_ASSERTION = [
    *(xsw3, xsw4, xsw5, xsw6, xsw7, xsw8, evil_in_advice, two_good_ones, same_id_twice),
    *(id_look_alike("Id"), id_look_alike("id"), id_look_alike("AssertionID")),
    *(id_look_alike("{http://www.w3.org/XML/1998/namespace}id"), id_look_alike("{urn:other}ID")),
    *(signature_on_the_status, encrypted_evil_beside),
]


def refused(root, **changes) -> str:
    with pytest.raises(SamlRefused) as caught:
        read_response(s.octets(root), s.expectations(decryption_keys=[s.rsa_key("sp")], **changes))
    return caught.value.reason


def bypassing_schema(monkeypatch):
    """The rules behind the schema must hold without it."""
    for module in ("opening", "read_assertion"):
        monkeypatch.setattr(f"metadata.wire.saml_messages.{module}.check_schema", lambda element: None)


@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
@pytest.mark.parametrize("schema", [True, False], ids=["schema", "no schema"])
@pytest.mark.parametrize("attack", SIGNED_RESPONSE, ids=lambda f: f.__name__)
def test_a_wrapped_response_is_refused(attack, schema, by, monkeypatch):
    root = attack(s.tree(s.response(by())))
    if not schema:
        bypassing_schema(monkeypatch)

    reason = refused(root)

    assert reason in {"schema", "duplicate-id", "signature-reference", "signature-form", "second-assertion"}


@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
@pytest.mark.parametrize("schema", [True, False], ids=["schema", "no schema"])
@pytest.mark.parametrize("attack", SIGNED_ASSERTION, ids=lambda f: f.__name__)
def test_a_wrapped_assertion_is_refused(attack, schema, by, monkeypatch):
    root = attack(s.assertion_signed(by()))
    if not schema:
        bypassing_schema(monkeypatch)

    reason = refused(root)

    assert reason in {
        *("schema", "second-assertion", "duplicate-id", "id-name", "no-assertion"),
        *("signature-reference", "signature-missing", "signature-form"),
    }


@pytest.mark.parametrize("attack", SIGNED_ASSERTION, ids=lambda f: f.__name__)
def test_a_wrapped_assertion_under_a_second_signature_of_another_key_is_refused(attack):
    root = attack(s.assertion_signed())
    s.signed_by_xmlsec(root, s.rsa_key("attacker"))

    assert refused(root) in {"schema", "signature-value", "duplicate-id", "id-name"}


def test_an_assertion_of_another_namespace_is_never_read(monkeypatch):
    root = assertion_of_another_namespace(s.assertion_signed())
    assert refused(root) == "schema"
    bypassing_schema(monkeypatch)
    assert read_response(s.octets(root), s.expectations()).name_id.value == "p-1"


def test_an_assertion_in_extensions_alone_is_none():
    root = s.assertion_signed()
    extensions = etree.Element(samlp("Extensions"))
    extensions.append(s.assertion_of(root))
    root.insert(1, extensions)
    assert refused(root) == "no-assertion"


def test_an_assertion_of_another_namespace_alone_is_none():
    root = s.assertion_signed()
    s.assertion_of(root).tag = "{urn:other}Assertion"
    assert refused(root) == "schema"


def test_without_any_wrapping_the_same_messages_are_taken():
    assert read_response(s.octets(s.assertion_signed()), s.expectations()).name_id.value == "p-1"
    assert read_response(s.response(), s.expectations()).name_id.value == "p-1"


# As identity provider ------------------------------------------------------------------------------------------------


def wrapped_in_extensions(root):
    return _wrapped(root, samlp("Extensions"), position=2)


def wrapped_in_object(root):
    forged = _wrapped(root, f"{s.DS}Object", position=2)
    s.signature_of(forged).append(forged[2])
    return forged


def wrapped_as_sibling(root):
    original = s.twin(root)
    original.remove(s.signature_of(original))
    root.set("ID", "_forged")
    root.append(original)
    return root


def _wrapped(root, holder, position):
    original = s.twin(root)
    original.remove(s.signature_of(original))
    root.set("ID", "_forged")
    wrapper = etree.Element(holder)
    wrapper.append(original)
    root.insert(position, wrapper)
    return root


def signature_removed_to_the_inside(root):
    original = s.twin(root)
    root.set("ID", "_forged")
    root.remove(s.signature_of(root))
    extensions = etree.Element(samlp("Extensions"))
    etree.SubElement(extensions, "{urn:other}wrapper").append(original)
    root.insert(1, extensions)
    return root


REQUESTS = {
    "AuthnRequest": (s.authn_request, read_authn_request),
    "LogoutRequest": (s.logout_request, lambda message, keys_of: read_logout_request(message, keys_of, now=s.NOW)),
}


@pytest.mark.parametrize("schema", [True, False], ids=["schema", "no schema"])
@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("attack", [wrapped_in_extensions, wrapped_in_object, wrapped_as_sibling])
def test_a_wrapped_request_is_refused(attack, kind, schema, monkeypatch):
    build, read = REQUESTS[kind]
    root = attack(s.tree(build(s.rsa_signer("sp"))))
    if not schema:
        bypassing_schema(monkeypatch)

    with pytest.raises(SamlRefused) as caught:
        read(s.octets(root), lambda issuer: s.public("sp"))

    assert caught.value.reason in {"schema", "signature-reference", "signature-form"}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_whose_only_signature_is_inside_counts_as_unsigned(kind):
    build, read = REQUESTS[kind]
    root = signature_removed_to_the_inside(s.tree(build(s.rsa_signer("sp"))))

    assert not read(s.octets(root), lambda issuer: s.public("sp")).signed


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r.append(s.twin(s.signature_of(r))), {"schema"}),
        (lambda r: s.signature_of(r).clear(), {"schema"}),
        (lambda r: s.signature_of(r)[0][2].set("URI", ""), {"signature-reference"}),
        (lambda r: r.set("Destination", "https://evil.example"), {"signature-digest"}),
        (lambda r: setattr(r[0], "text", "https://other.example"), {"signature-digest"}),
        (lambda r: r.set("{http://www.w3.org/XML/1998/namespace}id", "x"), {"id-name"}),
        (lambda r: r.set("{urn:o}ID", "x"), {"id-name"}),
    ],
)
def test_a_tampered_request_is_refused(change, reason, kind):
    build, read = REQUESTS[kind]
    root = s.tree(build(s.rsa_signer("sp")))
    change(root)

    with pytest.raises(SamlRefused) as caught:
        read(s.octets(root), lambda issuer: s.public("sp"))

    assert caught.value.reason in reason


# Void canonicalisation and redefined prefixes ------------------------------------------------------------------------


def test_a_message_that_cannot_be_canonicalised_is_refused():
    message = s.response().replace(b"<saml:AttributeStatement>", b'<saml:AttributeStatement xmlns:v="void">', 1)
    with pytest.raises(XmlRefused) as caught:
        verify(parse(message), s.public())
    assert caught.value.reason in {"canonicalisation", "signature-digest"}


def test_a_relative_namespace_that_is_used_is_refused():
    root = s.tree(s.response())
    etree.SubElement(root, "{void}x")
    with pytest.raises(XmlRefused, match="canonicalisation"):
        verify(parse(s.octets(root)), s.public())


def test_a_redefined_prefix_changes_the_signed_octets():
    message = s.response().replace(b"urn:oasis:names:tc:SAML:2.0:assertion", b"urn:other", 1)
    with pytest.raises(SamlRefused, match="schema"):
        read_response(message, s.expectations())
