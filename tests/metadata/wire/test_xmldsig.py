"""Enveloped signatures: ours verify elsewhere, others' verify here, and anything unusual is refused."""

import hashlib
import threading
from dataclasses import replace

import pytest
from lxml import etree

from metadata.wire import xml
from metadata.wire.signing import signer
from metadata.wire.xmldsig import ACCEPTED, SIGNATURE_ALGORITHMS, carries_signature, sign, strict_base64, verify
from tests.support import saml as s

spec = pytest.mark.spec
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def signed(by=None) -> xml.Element:
    return xml.parse(s.response(by))


def refusal(element: xml.Element, keys=None, algorithms=ACCEPTED) -> str:
    with pytest.raises(xml.XmlRefused) as caught:
        verify(element, s.public() if keys is None else keys, algorithms)
    return caught.value.reason


@spec("XML Signature", "6.4")
@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
def test_what_we_sign_an_independent_verifier_accepts(by):
    message = s.response(by())

    assert s.xmlsec_accepts(message, [by().public_key])
    assert not s.xmlsec_accepts(message, s.public("other"))


@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
def test_the_octets_given_back_are_those_signed_and_the_tree_is_left_as_it_was(by):
    root = signed(by())
    before = xml.serialized(root)

    octets = verify(root, s.public())

    assert b"Signature" not in octets
    assert xml.serialized(root) == before
    assert xml.parse(octets).get("ID") == root.get("ID")


@pytest.mark.parametrize("issuer", [b'<i:Issuer xmlns:i="urn:oasis:names:tc:SAML:2.0:assertion">x</i:Issuer>', b""])
@pytest.mark.parametrize(("before", "after"), [(b"\n ", b"\n  "), (b"", b" "), (b" ", b""), (b"", b"")])
def test_text_around_the_signature_belongs_to_the_element(issuer, before, after):
    root = etree.fromstring(b'<r ID="_1">' + issuer + before + after + b"<c/></r>")
    s.signed_by_xmlsec(root, s.rsa_key())
    message = s.octets(root).replace(before + after + b"<ds:Signature", before + b"<ds:Signature")
    message = message.replace(b"</ds:Signature>", b"</ds:Signature>" + after)
    assert s.xmlsec_accepts(message, s.public())

    octets = verify(xml.parse(message), s.public())

    assert octets == b'<r ID="_1">' + issuer + before + after + b"<c></c></r>"


@pytest.mark.parametrize("method", ["rsa-sha256", "rsa-sha384", "rsa-sha512"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_rsa_signatures_of_another_implementation_are_accepted(method, digest):
    root = s.without_signature(s.response())
    s.signed_by_xmlsec(root, s.rsa_key(), method, digest)

    assert verify(xml.parse(s.octets(root)), s.public())


def test_ecdsa_signatures_of_another_implementation_are_accepted():
    root = s.without_signature(s.response())
    s.signed_by_xmlsec(root, s.ec_key(), "ecdsa-sha256")

    assert verify(xml.parse(s.octets(root)), s.public())


@spec("Exclusive XML Canonicalization", "3")
def test_a_prefix_list_naming_a_prefix_of_the_parent_is_honoured():
    root = s.without_signature(s.response())
    root = etree.fromstring(s.octets(root).replace(b"<samlp:Response", b'<samlp:Response xmlns:q="urn:q"', 1))
    s.signed_by_xmlsec(s.assertion_of(root), s.rsa_key(), prefixes="xs q")

    octets = verify(s.assertion_of(xml.parse(s.octets(root))), s.public())

    assert b'xmlns:q="urn:q"' in octets


def test_a_prefix_used_in_values_only_is_under_our_signature_in_every_thread():
    messages: list[bytes] = []
    thread = threading.Thread(target=lambda: messages.append(s.response()))
    thread.start()
    thread.join()

    assert b'xmlns:xs="' in verify(xml.parse(messages[0]), s.public())


def test_a_sha1_signature_is_refused_though_it_verifies_elsewhere():
    root = s.without_signature(s.response())
    s.signed_by_xmlsec(root, s.rsa_key(), "rsa-sha1")

    assert s.xmlsec_accepts(s.octets(root), s.public())
    assert refusal(xml.parse(s.octets(root))) == "signature-algorithm"


def test_a_sha1_digest_is_refused_though_it_verifies_elsewhere():
    root = s.without_signature(s.response())
    s.signed_by_xmlsec(root, s.rsa_key(), "rsa-sha256", "sha1")

    assert s.xmlsec_accepts(s.octets(root), s.public())
    assert refusal(xml.parse(s.octets(root))) == "signature-algorithm"


def test_the_caller_may_narrow_the_algorithms_never_widen_them():
    hmac = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
    root = signed()
    assert refusal(root, algorithms=ACCEPTED - {RSA_SHA256}) == "signature-algorithm"
    method = s.signature_of(root)[0][1]
    method.set("Algorithm", hmac)
    assert refusal(root, algorithms=ACCEPTED | {hmac}) == "signature-algorithm"


@pytest.mark.parametrize(
    "keys", [[], s.public("other"), [s.ec_key().public_key()], [*s.public("other"), s.ec_key().public_key()]]
)
def test_a_signature_by_no_key_of_the_issuer_is_refused(keys):
    assert refusal(signed(), keys) == "signature-value"


def test_any_of_the_issuers_keys_may_have_signed_during_a_change_of_keys():
    assert verify(signed(), [*s.public("next"), *s.public()])


def test_an_algorithm_that_xml_does_not_use_cannot_sign():
    ps256 = signer(s.rsa_key(), kid="k", alg="PS256")
    with pytest.raises(xml.XmlRefused, match="signature-algorithm"):
        sign(xml.new("a", {}, {"ID": "_1"}), ps256)


def test_a_signature_without_certificate_or_issuer_goes_first_and_names_no_key():
    root = xml.new("a", {}, {"ID": "_1"})
    sign(root, replace(s.rsa_signer(), certificate=None))
    assert [child.tag for child in root[0]] == [f"{s.DS}SignedInfo", f"{s.DS}SignatureValue"]
    other = xml.new("a", {}, {"ID": "_1"})
    xml.add(other, "b")
    sign(other, s.rsa_signer())
    assert [child.tag for child in other] == [f"{s.DS}Signature", "b"]
    assert verify(other, s.public()) == b'<a ID="_1"><b></b></a>'


def _info(root):
    return s.signature_of(root)[0]


def _set(path, attribute, value):
    def change(root):
        found = s.signature_of(root).find(".//" + s.DS + path)
        found.set(attribute, value)

    return change


def _text(path, change_text):
    def change(root):
        found = s.signature_of(root).find(".//" + s.DS + path)
        found.text = change_text(found.text)

    return change


def _insert(path, position, tag, **attributes):
    def change(root):
        signature = s.signature_of(root)
        parent = signature if path is None else signature.find(".//" + s.DS + path)
        parent.insert(position, etree.Element(tag, attributes))

    return change


def _remove(path):
    def change(root):
        found = s.signature_of(root).find(".//" + s.DS + path)
        found.getparent().remove(found)

    return change


def _twice(path):
    def change(root):
        found = s.signature_of(root).find(".//" + s.DS + path)
        found.addnext(s.twin(found))

    return change


def _swap_transforms(root):
    transforms = s.signature_of(root).find(f".//{s.DS}Transforms")
    transforms.append(transforms[0])


def _second_signature(root):
    s.signature_of(root).addnext(s.twin(s.signature_of(root)))


def _no_signature(root):
    root.remove(s.signature_of(root))


def _empty_signature(root):
    s.signature_of(root).clear()


def _foreign_signature(root):
    found = s.signature_of(root)
    found.tag = "{urn:other}Signature"


def _no_id(root):
    del root.attrib["ID"]


def _empty_id(root):
    root.set("ID", "")
    _set("Reference", "URI", "#")(root)


def _sub_in_value(root):
    xml.add(s.signature_of(root)[1], "x")


def _sub_in_digest(root):
    xml.add(s.signature_of(root).find(f".//{s.DS}DigestValue"), "x")


FORMS = {
    "no signature": (_no_signature, "signature-missing"),
    "an empty Signature": (_empty_signature, "signature-form"),
    "a Signature of another namespace": (_foreign_signature, "signature-missing"),
    "two signatures": (_second_signature, "signature-form"),
    "two SignedInfo": (_twice("SignedInfo"), "signature-form"),
    "no SignedInfo": (_remove("SignedInfo"), "signature-form"),
    "two SignatureValue": (_twice("SignatureValue"), "signature-form"),
    "a ds:Object": (_insert(None, 3, f"{s.DS}Object"), "signature-form"),
    "a ds:Object for KeyInfo": (
        lambda r: (_remove("KeyInfo")(r), _insert(None, 2, f"{s.DS}Object")(r)),
        "signature-form",
    ),
    "two References": (_twice("Reference"), "signature-form"),
    "no Reference": (_remove("Reference"), "signature-form"),
    "a Manifest reference": (
        _set("Reference", "Type", "http://www.w3.org/2000/09/xmldsig#Manifest"),
        "signature-reference",
    ),
    "a Reference to another element": (_set("Reference", "URI", "#_other"), "signature-reference"),
    "a Reference to the whole document": (_set("Reference", "URI", ""), "signature-reference"),
    "a Reference by XPointer": (_set("Reference", "URI", "#xpointer(/)"), "signature-reference"),
    "a Reference to a file": (_set("Reference", "URI", "file:///etc/passwd"), "signature-reference"),
    "an element without ID": (_no_id, "signature-reference"),
    "an empty ID": (_empty_id, "signature-reference"),
    "transforms in the other order": (_swap_transforms, "signature-form"),
    "no transforms": (_remove("Transforms"), "signature-form"),
    "one transform": (_remove("Transform"), "signature-form"),
    "three transforms": (_twice("Transform"), "signature-form"),
    "an XSLT transform": (
        _set("Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        "signature-transform",
    ),
    "an XPath in a transform": (_insert("Transform", 0, f"{s.DS}XPath"), "signature-form"),
    "a PrefixList of hundreds": (_set("Transform/*", "PrefixList", "xs " * 33), "signature-transform"),
    "inclusive canonicalisation": (
        _set("CanonicalizationMethod", "Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        "signature-transform",
    ),
    "canonicalisation with comments": (
        _set("CanonicalizationMethod", "Algorithm", C14N + "WithComments"),
        "signature-transform",
    ),
    "a stranger in CanonicalizationMethod": (_insert("CanonicalizationMethod", 0, "x"), "signature-form"),
    "rsa-sha1": (
        _set("SignatureMethod", "Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        "signature-algorithm",
    ),
    "dsa": (_set("SignatureMethod", "Algorithm", "http://www.w3.org/2000/09/xmldsig#dsa-sha1"), "signature-algorithm"),
    "rsa-md5": (
        _set("SignatureMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        "signature-algorithm",
    ),
    "no algorithm": (lambda r: _info(r)[1].attrib.clear(), "signature-algorithm"),
    "HMAC": (
        _set("SignatureMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        "signature-algorithm",
    ),
    "an HMAC length": (_insert("SignatureMethod", 0, f"{s.DS}HMACOutputLength"), "signature-form"),
    "ECDSA by an RSA key": (
        _set("SignatureMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        "signature-value",
    ),
    "an md5 digest": (
        _set("DigestMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#md5"),
        "signature-algorithm",
    ),
    "a digest not base64": (_text("DigestValue", lambda t: "!" + t[1:]), "base64"),
    "a digest with spare bits": (_text("DigestValue", lambda t: t[:-2] + chr(ord(t[-2]) + 1) + "="), "base64"),
    "a digest cut short": (_text("DigestValue", lambda t: t[:40]), "signature-value"),
    "an empty digest": (_text("DigestValue", lambda t: None), "signature-value"),
    "an element in the digest": (_sub_in_digest, "mixed-content"),
    "an empty value": (_text("SignatureValue", lambda t: ""), "signature-value"),
    "a value cut short": (_text("SignatureValue", lambda t: t[:-8] + "=" * 0), "signature-value"),
    "an element in the value": (_sub_in_value, "mixed-content"),
    "a changed message": (lambda r: r.set("Destination", "https://evil.example"), "signature-digest"),
    "a changed name in SignedInfo": (lambda r: _info(r).set("Id", "x"), "signature-value"),
}


@spec("SAML core", "5.4")
@pytest.mark.parametrize("name", FORMS)
def test_a_signature_of_any_other_form_is_refused(name):
    change, reason = FORMS[name]
    root = signed()

    change(root)

    assert refusal(root) == reason


def test_nothing_is_canonicalised_for_a_stranger_but_the_little_that_is_signed(monkeypatch):
    asked, root = [], signed(s.rsa_signer("other"))
    from metadata.wire import xmldsig

    monkeypatch.setattr(
        xmldsig, "canonical", lambda element, p=(): asked.append(element.tag) or xml.canonical(element, p)
    )
    assert refusal(root) == "signature-value"

    assert asked == [f"{s.DS}SignedInfo"]


def test_a_digest_that_is_signed_but_short_is_refused(monkeypatch):
    """A prefix of the right digest, signed by the right key, is no digest."""
    from metadata.wire import xmldsig

    monkeypatch.setattr(xmldsig.hashlib, "sha256", _Short)
    root = xml.new("a", {}, {"ID": "_1"})
    sign(root, s.rsa_signer())
    monkeypatch.undo()
    assert refusal(root) == "signature-digest"


class _Short:
    def __init__(self, octets):
        self.octets = octets

    def digest(self):
        return hashlib.new("sha256", self.octets).digest()[:16]


def test_key_info_is_never_looked_at():
    root = signed()
    s.signature_of(root)[2].clear()
    xml.add(s.signature_of(root)[2], f"{s.DS}RetrievalMethod", None, {"URI": "http://127.0.0.1:1/key"})

    assert verify(root, s.public())
    assert refusal(root, s.public("other")) == "signature-value"


def test_a_key_in_key_info_makes_no_signature_good():
    attacker = s.response(s.rsa_signer("attacker"))

    assert refusal(xml.parse(attacker)) == "signature-value"


def test_every_accepted_algorithm_has_sha2_and_a_key_pair():
    assert all(name[:2] in {"RS", "ES"} and uri.endswith(name[2:]) for uri, name in SIGNATURE_ALGORITHMS.items())


def test_a_signature_is_seen_where_it_is_looked_for_only():
    assert carries_signature(signed())
    assert not carries_signature(s.assertion_signed())


@pytest.mark.parametrize("value", ["a", "aa=", "aa==\u00e9", "ab==", "YQ=", "YQ", "Y-_=", "Y*Q=", "YQ==YQ=="])
def test_base64_that_is_not_in_its_one_form_is_refused(value):
    with pytest.raises(xml.XmlRefused, match="base64"):
        strict_base64(value)


def test_base64_may_be_broken_into_lines():
    assert strict_base64(" YW\r\nJj\t ") == b"abc"
