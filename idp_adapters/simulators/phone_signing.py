"""Signatures of the simulated mobile e-ID: real keys, certificates, XML signatures and OCSP answers of a made-up issuer.

Owns the issuer, which lives as long as the simulator and says in its name that it is none.
"""

import base64
import datetime as dt
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from metadata.wire import xml

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
TYPES: Final = "http://www.bankid.com/signature/v1.0.0/types"
C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNED_ID: Final = "bidSignedData"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What goes with a completed order, base64: XML signature and OCSP answer; `device` is the app's identifier."""

    signature: str
    ocsp_response: str
    device: str


class Issuer:
    """A CA with its OCSP responder, and the keys of the phones. Keys are made when first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulated e-ID issuer (no real issuer)")])
        self.certificate = _certificate(name, name, self._key.public_key(), self._key, ca=True)
        self._phones: dict[str, tuple[rsa.RSAPrivateKey, x509.Certificate]] = {}

    def sign(self, number: str, given_name: str, surname: str, body: Mapping[str, Any]) -> Evidence:
        """The person's signature over what was shown, and the issuer's word on the certificate, bound to it."""
        key, certificate = self._phone(number, given_name, surname)
        signature = xml_signature(key, certificate, body)
        answer = self._ocsp(certificate, hashlib.sha256(signature).digest())
        device = hashlib.sha256(number.encode()).hexdigest()[:32]
        return Evidence(_b64(signature), _b64(answer), device)

    def _phone(self, number: str, given_name: str, surname: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        with self._lock:
            if number not in self._phones:
                key = rsa.generate_private_key(65537, 2048)
                subject = x509.Name(
                    [
                        x509.NameAttribute(NameOID.COMMON_NAME, f"{given_name} {surname}"),
                        x509.NameAttribute(NameOID.GIVEN_NAME, given_name),
                        x509.NameAttribute(NameOID.SURNAME, surname),
                        x509.NameAttribute(NameOID.SERIAL_NUMBER, number),
                    ]
                )
                issuer = self.certificate.subject
                self._phones[number] = key, _certificate(subject, issuer, key.public_key(), self._key, ca=False)
            return self._phones[number]

    def _ocsp(self, certificate: x509.Certificate, nonce: bytes) -> bytes:
        now = dt.datetime.now(dt.UTC)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                certificate, self.certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, now, None, None, None
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
            .add_extension(x509.OCSPNonce(nonce), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def xml_signature(key: rsa.RSAPrivateKey, certificate: x509.Certificate, body: Mapping[str, Any]) -> bytes:
    """An enveloping XML signature (XML Signature 1.1 section 4) over the texts of the order."""
    signed = xml.new(f"{{{TYPES}}}bankIdSignedData", {None: TYPES}, {"Id": SIGNED_ID})
    if visible := body.get("userVisibleData"):
        xml.add(signed, f"{{{TYPES}}}usrVisibleData", visible, {"charset": "UTF-8", "visible": "wysiwys"})
    if hidden := body.get("userNonVisibleData"):
        xml.add(signed, f"{{{TYPES}}}usrNonVisibleData", hidden)
    xml.add(signed, f"{{{TYPES}}}clientInfo", "simulator")
    info = _signed_info(hashlib.sha256(xml.canonical(signed)).digest())
    value = key.sign(xml.canonical(info), padding.PKCS1v15(), hashes.SHA256())
    signature = xml.new(f"{{{DSIG}}}Signature", {None: DSIG})
    signature.append(info)
    _add(signature, "SignatureValue", _b64(value))
    data = _add(_add(signature, "KeyInfo"), "X509Data")
    _add(data, "X509Certificate", _b64(certificate.public_bytes(serialization.Encoding.DER)))
    _add(signature, "Object").append(signed)
    return xml.canonical(signature)


def _signed_info(digest: bytes) -> Any:
    info = xml.new(f"{{{DSIG}}}SignedInfo", {None: DSIG})
    _add(info, "CanonicalizationMethod", Algorithm=C14N)
    _add(info, "SignatureMethod", Algorithm=RSA_SHA256)
    reference = _add(info, "Reference", URI=f"#{SIGNED_ID}")
    _add(_add(reference, "Transforms"), "Transform", Algorithm=C14N)
    _add(reference, "DigestMethod", Algorithm=SHA256)
    _add(reference, "DigestValue", _b64(digest))
    return info


def _add(parent: Any, name: str, content: str | None = None, **attributes: str) -> Any:
    return xml.add(parent, f"{{{DSIG}}}{name}", content, attributes)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signing_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=365))
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    return builder.sign(signing_key, hashes.SHA256())


def _b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
