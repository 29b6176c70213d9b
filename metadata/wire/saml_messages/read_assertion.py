"""Response and assertion read as service provider (SAML profiles sections 4.1.4.2 and 4.1.4.3).

One assertion, read only from octets that a signature of the expected provider covers. Owns each rule of that profile,
one reason a rule. One use of the assertion, and whether its authentication context is good enough, is for the caller.
"""

from metadata.wire.saml_messages.assertion_rules import content
from metadata.wire.saml_messages.opening import child, children, instant, issuer_of, refusing, status
from metadata.wire.saml_messages.values import AssertionContent, Expectations, SamlRefused, StatusRefused
from metadata.wire.saml_messages.vocabulary import SUCCESS, saml, samlp
from metadata.wire.xml import Element, XmlRefused, check_schema, parse
from metadata.wire.xmldsig import carries_signature, verify
from metadata.wire.xmlenc import decrypt

_ASSERTION = saml("Assertion")
_ENCRYPTED = saml("EncryptedAssertion")


@refusing
def read_response(xml: bytes, expected: Expectations) -> AssertionContent:
    """What the provider proved about the person. Raises SamlRefused, or StatusRefused when it answered with an error.

    What only an unsigned Response says is worth nothing: InResponseTo and Recipient are taken from the signed
    confirmation. Consume `assertion_id` until `expires_at` in the commit that uses the content.
    """
    root = parse(xml)
    if root.tag != samlp("Response"):
        raise SamlRefused("message-type", str(root.tag))
    check_schema(root)
    proven = _proven(root, expected)
    outer = root if proven is None else proven
    _check_outer(outer, expected, signed=proven is not None)
    top, second, message = status(outer)
    if top != SUCCESS:
        raise StatusRefused(top, second, message, proven=proven is not None)
    return content(_assertion(root, proven, expected), expected)


def _proven(element: Element, expected: Expectations) -> Element | None:
    """The tree of the octets signed, or None without a signature. A signature that does not verify is refused."""
    if not carries_signature(element):
        return None
    return parse(verify(element, expected.keys, expected.algorithms))


def _check_outer(outer: Element, expected: Expectations, *, signed: bool) -> None:
    if outer.get("Version") != "2.0":
        raise SamlRefused("version")
    if (signed or child(outer, saml("Issuer")) is not None) and issuer_of(outer) != expected.issuer:
        raise SamlRefused("issuer", issuer_of(outer))
    destination = outer.get("Destination")
    if destination is None and signed:
        raise SamlRefused("destination-missing")
    if destination is not None and destination != expected.acs_url:
        raise SamlRefused("destination", destination)
    if outer.get("InResponseTo") != expected.in_response_to:
        raise SamlRefused("in-response-to" if expected.in_response_to else "unsolicited")
    made = instant(outer.get("IssueInstant"))
    if not expected.now - expected.max_age - expected.skew <= made <= expected.now + expected.skew:
        raise SamlRefused("issue-instant")


def _assertion(root: Element, proven: Element | None, expected: Expectations) -> Element:
    """The only assertion, from octets that a signature covers.

    Its own signature is verified where it was received (C14N of the response may have taken namespaces that its
    PrefixList names); without one it is read from the verified response, never from what was received.
    """
    _check_alone(root)
    encrypted = child(root, _ENCRYPTED)
    if encrypted is not None:
        return _decrypted(encrypted if proven is None else _only(proven, _ENCRYPTED), proven is not None, expected)
    signed = _proven(_only(root, _ASSERTION), expected)
    if signed is not None:
        return signed
    _check_signature_policy(proven is not None, expected)
    return _only(root if proven is None else proven, _ASSERTION)


def _decrypted(encrypted: Element, response_signed: bool, expected: Expectations) -> Element:
    """The assertion inside. Ciphertext that no signature covers gives one reason for all, against padding oracles."""
    try:
        return _decrypted_and_proven(encrypted, response_signed, expected)
    except (XmlRefused, SamlRefused) as error:
        if response_signed:
            raise
        raise SamlRefused("decryption", error.reason) from error


def _decrypted_and_proven(encrypted: Element, response_signed: bool, expected: Expectations) -> Element:
    assertion = parse(decrypt(encrypted, expected.decryption_keys))
    if assertion.tag != _ASSERTION:
        raise SamlRefused("message-type", str(assertion.tag))
    check_schema(assertion)
    _check_alone(assertion)
    signed = _proven(assertion, expected)
    if signed is None:
        _check_signature_policy(response_signed, expected)
    return assertion if signed is None else signed


def _check_signature_policy(response_signed: bool, expected: Expectations) -> None:
    if not response_signed:
        raise SamlRefused("signature-missing")
    if expected.want_assertion_signed:
        raise SamlRefused("assertion-unsigned")


def _check_alone(root: Element) -> None:
    """Exactly one assertion wherever one may hide: Extensions, Advice, ds:Object (signature wrapping)."""
    found = sum(1 for _ in root.iter(_ASSERTION, _ENCRYPTED))
    if found != 1:
        raise SamlRefused("second-assertion" if found else "no-assertion")


def _only(parent: Element, tag: str) -> Element:
    found = children(parent, tag)
    if len(found) != 1:
        raise SamlRefused("no-assertion")
    return found[0]
