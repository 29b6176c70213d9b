"""Signatures of the simulated mobile e-ID: real keys, certificates, XML signatures and OCSP answers of a made-up issuer.

Owns the issuer, which lives as long as the simulator and says in its name that it is none.
"""

import base64
import datetime as dt
import hashlib
import threading
import xml.etree.ElementTree as ET  # only for writing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

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
    signed = ET.Element("bankIdSignedData", {"xmlns": TYPES, "Id": SIGNED_ID})
    if visible := body.get("userVisibleData"):
        ET.SubElement(signed, "usrVisibleData", {"charset": "UTF-8", "visible": "wysiwys"}).text = visible
    if hidden := body.get("userNonVisibleData"):
        ET.SubElement(signed, "usrNonVisibleData").text = hidden
    ET.SubElement(signed, "clientInfo").text = "simulator"
    info = _signed_info(hashlib.sha256(_canonical(signed)).digest())
    value = key.sign(_canonical(info), padding.PKCS1v15(), hashes.SHA256())
    signature = ET.Element("Signature", {"xmlns": DSIG})
    signature.append(info)
    ET.SubElement(signature, "SignatureValue").text = _b64(value)
    x509_data = ET.SubElement(ET.SubElement(signature, "KeyInfo"), "X509Data")
    ET.SubElement(x509_data, "X509Certificate").text = _b64(certificate.public_bytes(serialization.Encoding.DER))
    ET.SubElement(signature, "Object").append(signed)
    return _canonical(signature)


def _signed_info(digest: bytes) -> ET.Element:
    info = ET.Element("SignedInfo", {"xmlns": DSIG})
    ET.SubElement(info, "CanonicalizationMethod", {"Algorithm": C14N})
    ET.SubElement(info, "SignatureMethod", {"Algorithm": RSA_SHA256})
    reference = ET.SubElement(info, "Reference", {"URI": f"#{SIGNED_ID}"})
    ET.SubElement(ET.SubElement(reference, "Transforms"), "Transform", {"Algorithm": C14N})
    ET.SubElement(reference, "DigestMethod", {"Algorithm": SHA256})
    ET.SubElement(reference, "DigestValue").text = _b64(digest)
    return info


def _canonical(element: ET.Element) -> bytes:
    """For elements as plain as these (no prefixes), Canonical XML 2.0 and Exclusive XML Canonicalization agree."""
    return ET.canonicalize(ET.tostring(element, encoding="unicode")).encode()


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
