"""KeyDescriptors: certificates as containers of keys (SAML Metadata Interoperability Profile 1.0 section 2.6.1).

Owns the way from ds:KeyInfo to a public key and back. A certificate is never validated: no time, no issuer, no usage.
"""

from base64 import b64encode
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from metadata.wire.saml_metadata_values import Key, md
from metadata.wire.signing import PublicKey
from metadata.wire.xml import DS, Element, XmlRefused, add, text
from metadata.wire.xmldsig import strict_base64
from metadata.wire.xmlenc import OAEP_MGF1P

MAXIMUM_CERTIFICATE: Final = 64 * 1024
CERTIFICATE: Final = f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate"
_RSA: Final = f"{{{DS}}}KeyInfo/{{{DS}}}KeyValue/{{{DS}}}RSAKeyValue"


def read_key(element: Element, place: str) -> Key:
    """The key of a KeyDescriptor, or the flaw that keeps it from being one."""
    methods = element.findall(md("EncryptionMethod"))
    certificates = element.findall(CERTIFICATE)
    value = element.find(_RSA)
    der, key, flaw = None, None, ""
    if certificates:
        der, key, flaw = _from_certificate(certificates[0])
    elif value is not None:
        key, flaw = _from_numbers(value)
    else:
        flaw = "no-key"
    return Key(
        use=element.get("use"),
        certificate=der,
        key=key,
        flaw=flaw,
        methods=tuple(each.get("Algorithm", "").strip() for each in methods),
        oaep_digests=tuple(
            digest.get("Algorithm", "").strip()
            for each in methods
            if each.get("Algorithm", "").strip() == OAEP_MGF1P
            for digest in each.findall(f"{{{DS}}}DigestMethod")
        ),
        further=len(certificates[1:]),
        place=place,
    )


def key_of_certificate(der: bytes) -> PublicKey:
    """The public key in a certificate, whatever else the certificate says. Raises ValueError."""
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except (UnsupportedAlgorithm, x509.InvalidVersion, TypeError) as error:
        raise ValueError("not a key that can be read") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise ValueError(type(key).__name__)  # noqa: TRY004  to a caller it is a certificate without a usable key
    return key


def not_after(der: bytes) -> int:
    """When a certificate that gave a key ends, in epoch seconds. Keys outlive it: this is for advice alone."""
    return int(x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp())


def signed_with_sha1(der: bytes) -> bool:
    """Whether a certificate that gave a key is signed with SHA-1 or MD5: for advice alone."""
    algorithm = x509.load_der_x509_certificate(der).signature_hash_algorithm
    return isinstance(algorithm, hashes.SHA1 | hashes.MD5)


def _from_certificate(element: Element) -> tuple[bytes | None, PublicKey | None, str]:
    try:
        der = strict_base64(text(element))
    except XmlRefused:
        return None, None, "certificate"
    if len(der) > MAXIMUM_CERTIFICATE:
        return None, None, "certificate"
    try:
        return der, key_of_certificate(der), ""
    except ValueError:
        return None, None, "private-key" if _is_private(der) else "certificate"


def _is_private(der: bytes) -> bool:
    """Whether somebody pasted the private key where the certificate belongs."""
    try:
        serialization.load_der_private_key(der, None)
    except TypeError:  # encrypted, and still nothing to hand out
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _from_numbers(element: Element) -> tuple[PublicKey | None, str]:
    """ds:RSAKeyValue (XML Signature 1.1 section 4.5.2.2)."""
    try:
        modulus, exponent = (int.from_bytes(strict_base64(text(each))) for each in element.iterchildren("*"))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key(), ""
    except (ValueError, XmlRefused):
        return None, "certificate"


def write_key(role: Element, key: Key) -> None:
    """A KeyDescriptor with the certificate alone, or the numbers of an RSA key that came without, and its methods."""
    descriptor = add(role, md("KeyDescriptor"), None, {} if key.use is None else {"use": key.use})
    info = add(descriptor, f"{{{DS}}}KeyInfo")
    if key.certificate is None and isinstance(key.key, rsa.RSAPublicKey):
        _write_numbers(info, key.key.public_numbers())
    else:
        data = add(info, f"{{{DS}}}X509Data")
        add(data, f"{{{DS}}}X509Certificate", b64encode(key.certificate or b"").decode())
    for method in key.methods:
        element = add(descriptor, md("EncryptionMethod"), None, {"Algorithm": method})
        for digest in key.oaep_digests if method == OAEP_MGF1P else ():
            add(element, f"{{{DS}}}DigestMethod", None, {"Algorithm": digest})


def _write_numbers(info: Element, numbers: rsa.RSAPublicNumbers) -> None:
    value = add(add(info, f"{{{DS}}}KeyValue"), f"{{{DS}}}RSAKeyValue")
    for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
        octets = number.to_bytes((number.bit_length() + 7) // 8)
        add(value, f"{{{DS}}}{name}", b64encode(octets).decode())
