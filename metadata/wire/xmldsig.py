"""Enveloped XML signatures: made, and verified by rules narrower than XML Signature allows.

Owns the form (XML Signature 1.1 as profiled by SAML core section 5.4) and the algorithm URIs. A verifier gives back the
canonical octets that were signed: callers parse those and read nothing else. Which keys are a peer's is the caller's
knowledge, from metadata alone; KeyInfo is never looked at. Built upon `signing`, which holds the keys.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Final

from metadata.wire.signing import BadSignature, PublicKey, Signer
from metadata.wire.signing import verify as verify_octets
from metadata.wire.xml import DS, Element, XmlRefused, add, canonical, know_prefixes, new, text

EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

SIGNATURE_ALGORITHMS: Final = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "RS256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": "RS384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": "RS512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": "ES256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": "ES384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": "ES512",
}
"""RFC 6931 section 2.3, with the names that `signing` knows them by. SHA-1, DSA and HMAC have no row."""

DIGEST_ALGORITHMS: Final[dict[str, Callable[..., "hashlib._Hash"]]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
MAX_PREFIXES: Final = 32
"""Each prefix is looked for at each element: 5 000 of either would take minutes."""
ACCEPTED: Final = frozenset(SIGNATURE_ALGORITHMS)

_URI_BY_NAME: Final = {name: uri for uri, name in SIGNATURE_ALGORITHMS.items()}
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_ISSUER: Final = "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"
_XML_SPACE: Final = str.maketrans("", "", " \t\r\n")

SIGNATURE: Final = f"{{{DS}}}Signature"
_SIGNED_INFO: Final = f"{{{DS}}}SignedInfo"
_SIGNATURE_VALUE: Final = f"{{{DS}}}SignatureValue"
_KEY_INFO: Final = f"{{{DS}}}KeyInfo"
_C14N_METHOD: Final = f"{{{DS}}}CanonicalizationMethod"
_SIGNATURE_METHOD: Final = f"{{{DS}}}SignatureMethod"
_REFERENCE: Final = f"{{{DS}}}Reference"
_TRANSFORMS: Final = f"{{{DS}}}Transforms"
_TRANSFORM: Final = f"{{{DS}}}Transform"
_DIGEST_METHOD: Final = f"{{{DS}}}DigestMethod"
_DIGEST_VALUE: Final = f"{{{DS}}}DigestValue"
_INCLUSIVE: Final = f"{{{EXCLUSIVE_C14N}}}InclusiveNamespaces"


def algorithm_uri(signer: Signer) -> str:
    """The signature algorithm of a signer. Raises XmlRefused for one that XML signatures here do not use."""
    if uri := _URI_BY_NAME.get(signer.alg):
        return uri
    raise XmlRefused("signature-algorithm", signer.alg)


def strict_base64(value: str) -> bytes:
    """xs:base64Binary, with white space but nothing else between, in its one canonical form. Raises XmlRefused."""
    packed = value.translate(_XML_SPACE)
    try:
        octets = b64decode(packed, validate=True)
    except ValueError as error:
        raise XmlRefused("base64") from error
    if b64encode(octets).decode() != packed:
        raise XmlRefused("base64")
    return octets


def sign(element: Element, signer: Signer, *, prefixes: Sequence[str] = ()) -> None:
    """Put an enveloped signature into `element`, after its Issuer or else first (SAML core section 5.4).

    `prefixes` are those used in values only (`xs` in xsi:type), which exclusive C14N would lose. The element must have
    an ID and must not change afterwards.
    """
    know_prefixes(element, prefixes)
    digest = hashlib.sha256(canonical(element, prefixes)).digest()
    made = signature(element.get("ID", ""), digest, signer, prefixes=prefixes)
    element.insert(1 if len(element) and element[0].tag == _ISSUER else 0, made)


def signature(identifier: str, digest: bytes, signer: Signer, *, prefixes: Sequence[str] = ()) -> Element:
    """A ds:Signature of the element with this ID, `digest` being SHA-256 over its canonical octets without a signature."""
    made = new(SIGNATURE, {"ds": DS})
    info = add(made, _SIGNED_INFO)
    add(info, _C14N_METHOD, None, {"Algorithm": EXCLUSIVE_C14N})
    add(info, _SIGNATURE_METHOD, None, {"Algorithm": algorithm_uri(signer)})
    reference = add(info, _REFERENCE, None, {"URI": f"#{identifier}"})
    transforms = add(reference, _TRANSFORMS)
    add(transforms, _TRANSFORM, None, {"Algorithm": ENVELOPED})
    exclusive = add(transforms, _TRANSFORM, None, {"Algorithm": EXCLUSIVE_C14N})
    if prefixes:
        _name_prefixes(exclusive, prefixes)
    add(reference, _DIGEST_METHOD, None, {"Algorithm": _SHA256})
    add(reference, _DIGEST_VALUE, b64encode(digest).decode())
    add(made, _SIGNATURE_VALUE, b64encode(signer.sign(canonical(info))).decode())
    if signer.certificate is not None:
        data = add(add(made, _KEY_INFO), f"{{{DS}}}X509Data")
        add(data, f"{{{DS}}}X509Certificate", b64encode(signer.certificate).decode())
    return made


def _name_prefixes(transform: Element, prefixes: Sequence[str]) -> None:
    inclusive = new(_INCLUSIVE, {"ec": EXCLUSIVE_C14N}, {"PrefixList": " ".join(prefixes)})
    transform.append(inclusive)


def carries_signature(element: Element) -> bool:
    """Whether a signature stands where `verify` looks. Says nothing of its worth."""
    return any(child.tag == SIGNATURE for child in element)


def verify(element: Element, keys: Sequence[PublicKey], algorithms: frozenset[str] = ACCEPTED) -> bytes:
    """The canonical octets of `element` that one of `keys` signed. Raises XmlRefused. See `proven`."""
    return proven(element, keys, algorithms)[0]


def proven(
    element: Element, keys: Sequence[PublicKey], algorithms: frozenset[str] = ACCEPTED
) -> tuple[bytes, PublicKey]:
    """The canonical octets of `element` that one of `keys` signed, and which. Raises XmlRefused.

    The signature is the one that is a child of `element`; its only Reference is to `element` itself. Read nothing but
    the octets returned. `element` is left as it was.
    """
    signature = _only(element, SIGNATURE, "signature-missing")
    info, value = _parts(signature)
    c14n, method, reference = _children(info, (_C14N_METHOD, _SIGNATURE_METHOD, _REFERENCE))
    name = _algorithm(method, algorithms)
    prefixes, digest, wanted = _reference(reference, element)
    signed_info = canonical(info, _exclusive_c14n(c14n))
    made_by = next((key for key in keys if _verifies(name, key, value, signed_info)), None)
    if made_by is None:
        raise XmlRefused("signature-value")
    octets = _without(element, signature, prefixes)  # only now: canonicalising what a stranger sent can be dear
    if not hmac.compare_digest(digest(octets).digest(), wanted):
        raise XmlRefused("signature-digest")
    return octets, made_by


def _verifies(name: str, key: PublicKey, value: bytes, octets: bytes) -> bool:
    try:
        verify_octets(name, key, value, octets)
    except BadSignature:
        return False
    return True


def _only(parent: Element, tag: str, missing: str) -> Element:
    found = [child for child in parent if child.tag == tag]
    if not found:
        raise XmlRefused(missing)
    if len(found) > 1:
        raise XmlRefused("signature-form")
    return found[0]


def _children(parent: Element, tags: tuple[str, ...]) -> list[Element]:
    """The children, when they are exactly these, in this order: nothing hides between them."""
    found = list(parent)
    if tuple(child.tag for child in found) != tags:
        raise XmlRefused("signature-form", str(parent.tag))
    return found


def _parts(signature: Element) -> tuple[Element, bytes]:
    """SignedInfo and the signature value; no ds:Object, no second SignedInfo (CVE-2025-29774)."""
    tags = (_SIGNED_INFO, _SIGNATURE_VALUE)
    info, value = _children(signature, tags if len(signature) == len(tags) else (*tags, _KEY_INFO))[:2]
    return info, strict_base64(text(value))


def _algorithm(method: Element, algorithms: frozenset[str]) -> str:
    uri = method.get("Algorithm", "")
    if uri not in algorithms or uri not in SIGNATURE_ALGORITHMS:
        raise XmlRefused("signature-algorithm", uri)
    _children(method, ())
    return SIGNATURE_ALGORITHMS[uri]


def _reference(reference: Element, element: Element) -> tuple[tuple[str, ...], Callable[..., "hashlib._Hash"], bytes]:
    """PrefixList, digest function and digest of a Reference that points at `element` by exactly two transforms."""
    identifier = element.get("ID")
    if not identifier or reference.get("URI") != "#" + identifier or not set(reference.keys()) <= {"URI", "Id"}:
        raise XmlRefused("signature-reference")
    transforms, method, value = _children(reference, (_TRANSFORMS, _DIGEST_METHOD, _DIGEST_VALUE))
    enveloped, exclusive = _children(transforms, (_TRANSFORM, _TRANSFORM))
    _children(enveloped, ())
    if enveloped.get("Algorithm") != ENVELOPED:
        raise XmlRefused("signature-transform")
    prefixes = _exclusive_c14n(exclusive)
    digest = DIGEST_ALGORITHMS.get(method.get("Algorithm", ""))
    if digest is None:
        raise XmlRefused("signature-algorithm", method.get("Algorithm", ""))
    return prefixes, digest, strict_base64(text(value))


def _exclusive_c14n(method: Element) -> tuple[str, ...]:
    """The PrefixList of exclusive C14N without comments, which is the only canonicalisation taken."""
    if method.get("Algorithm") != EXCLUSIVE_C14N:
        raise XmlRefused("signature-transform")
    if not len(method):
        return ()
    (inclusive,) = _children(method, (_INCLUSIVE,))
    prefixes = inclusive.get("PrefixList", "").split()
    if len(prefixes) > MAX_PREFIXES:
        raise XmlRefused("signature-transform", "PrefixList")
    return tuple(prefixes)


def _without(element: Element, signature: Element, prefixes: Sequence[str]) -> bytes:
    """The enveloped-signature transform, then C14N. The text after the signature belongs to `element` and stays."""
    position, tail = element.index(signature), signature.tail
    before = element[position - 1] if position else None
    kept = element.text if before is None else before.tail
    element.remove(signature)
    try:
        _set_text(element, before, (kept or "") + (tail or "") or None)
        return canonical(element, prefixes)
    finally:
        _set_text(element, before, kept)
        element.insert(position, signature)
        signature.tail = tail


def _set_text(element: Element, before: Element | None, value: str | None) -> None:
    if before is None:
        element.text = value
    else:
        before.tail = value
