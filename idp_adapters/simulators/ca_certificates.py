"""The certificates of the test CA: what stands in a root, an issuing CA, a card, a server and a responder.

Pure functions over keys and names; `idp_adapters.simulators.ca` keeps the keys. The structure is that of a Swedish
staff PKI: a root, an issuing CA for each kind of card, a policy OID for each kind. Everything carries the word TEST, and
the policy OIDs lie under 2.999, the arc that ITU-T X.660 keeps for examples, so that nothing here is taken for real.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Extensions = Sequence[tuple[x509.ExtensionType, bool]]

ROOT: Final = "TEST tillit Root CA v1"
ORGANISATION: Final = "TEST tillit"
DAY: Final = 24 * 60 * 60
CA_LIFETIME: Final = 3650 * DAY
UPN: Final = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuing CA: its id in addresses and file names, its common name, the policy of what it issues."""

    id: str
    name: str
    policy: str


ISSUERS: Final = {
    row.id: row
    for row in (
        Issuer("person-hsa-4", "TEST tillit e-id Person HSA-id 4 CA v1", "2.999.74.8.41"),
        Issuer("person-hsa-3", "TEST tillit e-id Person HSA-id 3 CA v1", "2.999.74.8.31"),
        Issuer("person-hsa-2", "TEST tillit e-id Person HSA-id 2 CA v1", "2.999.74.8.21"),
        Issuer("person-id-3", "TEST tillit e-id Person ID 3 CA v1", "2.999.74.8.32"),
        Issuer("function", "TEST tillit e-id Function CA v1", "2.999.74.8.9"),
    )
}
STRANGER: Final = Issuer("stranger", "TEST stranger e-id Person HSA-id 3 CA v1", "2.999.74.8.31")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a card is for. `identifier` is the HSA-id or personnummer that stands in the subject's serialNumber."""

    identifier: str
    given_name: str
    surname: str
    organisation: str
    upn: str = ""


@dataclass(frozen=True, slots=True)
class Validity:
    """From and until, epoch seconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that can sign: its certificate, its key, and where its OCSP, CRL and certificate are found."""

    certificate: x509.Certificate
    key: Key
    ocsp: str = ""
    crl: str = ""
    issuer: str = ""


def new_key(kind: str) -> Key:
    """A key of kind `rsa` (2048 bits, as cards have) or `p256`."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def root(key: Key, now: int) -> x509.Certificate:
    """The root, signed by itself."""
    name = _name((NameOID.COMMON_NAME, ROOT))
    return _sign(name, key, name, key, Validity(now - DAY, now + CA_LIFETIME), _ca_extensions(key, key, None))


def issuing(row: Issuer, key: Key, signed_by: Authority, now: int) -> x509.Certificate:
    """An issuing CA under the root, granted its own policy alone."""
    extensions = [
        *_ca_extensions(key, signed_by.key, 0),
        *_addresses(signed_by),
        (_policies(row.policy), False),
    ]
    subject = _name((NameOID.COMMON_NAME, row.name))
    validity = Validity(now - DAY, now + CA_LIFETIME)
    return _sign(subject, key, signed_by.certificate.subject, signed_by.key, validity, extensions)


def card(
    holder: Holder, key: Key, signed_by: Authority, policy: str, validity: Validity, *, signing: bool = False
) -> x509.Certificate:
    """A card's certificate: for login (digitalSignature, clientAuth) or for signing (nonRepudiation only)."""
    usages = [ExtendedKeyUsageOID.EMAIL_PROTECTION] if signing else [ExtendedKeyUsageOID.CLIENT_AUTH]
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        *_end_entity(key, signed_by, policy),
        (_key_usage(digital_signature=not signing, content_commitment=signing), True),
        (x509.ExtendedKeyUsage(usages), False),
    ]
    if holder.upn:
        upn = x509.OtherName(UPN, b"\x0c" + bytes([len(holder.upn.encode())]) + holder.upn.encode())
        extensions.append((x509.SubjectAlternativeName([upn]), False))
    return _sign(_holder_name(holder), key, signed_by.certificate.subject, signed_by.key, validity, extensions)


def server(names: Sequence[str], key: Key, signed_by: Authority, policy: str, validity: Validity) -> x509.Certificate:
    """A server's certificate for host names and IP addresses."""
    extensions = [
        *_end_entity(key, signed_by, policy),
        (x509.SubjectAlternativeName([_general_name(name) for name in names]), False),
        (_key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    ]
    subject = _name((NameOID.COMMON_NAME, names[0]))
    return _sign(subject, key, signed_by.certificate.subject, signed_by.key, validity, extensions)


def client(
    name: str, key: Key, signed_by: Authority, policy: str, validity: Validity, identifier: str = ""
) -> x509.Certificate:
    """A function certificate with which one server is the client of another. `identifier` is a system's HSA-id."""
    extensions = [
        *_end_entity(key, signed_by, policy),
        (_key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    ]
    named = ((NameOID.SERIAL_NUMBER, identifier),) if identifier else ()
    subject = _name((NameOID.COMMON_NAME, name), *named)
    return _sign(subject, key, signed_by.certificate.subject, signed_by.key, validity, extensions)


def responder(key: Key, signed_by: Authority, validity: Validity) -> x509.Certificate:
    """An OCSP responder's certificate, delegated by the CA itself (RFC 6960 section 4.2.2.2)."""
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
    ]
    subject = _name((NameOID.COMMON_NAME, "TEST tillit OCSP responder"))
    return _sign(subject, key, signed_by.certificate.subject, signed_by.key, validity, extensions)


def _holder_name(holder: Holder) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, holder.organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{holder.given_name} {holder.surname}"),
            x509.NameAttribute(NameOID.SURNAME, holder.surname),
            x509.NameAttribute(NameOID.GIVEN_NAME, holder.given_name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, holder.identifier),
        ]
    )


def _name(*attributes: tuple[ObjectIdentifier, str]) -> x509.Name:
    fixed = ((NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, ORGANISATION))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in (*fixed, *attributes)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _ca_extensions(key: Key, signer: Key, path_length: int | None) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_key_usage(key_cert_sign=True, crl_sign=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
    ]


def _end_entity(key: Key, signed_by: Authority, policy: str) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.key.public_key()), False),
        (_policies(policy), False),
        *_addresses(signed_by),
    ]


def _policies(oid: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(oid), None)])


def _addresses(signed_by: Authority) -> Extensions:
    if not signed_by.crl:
        return []
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(signed_by.crl)], None, None, None)
    access = [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(signed_by.ocsp)),
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(signed_by.issuer)
        ),
    ]
    return [(x509.AuthorityInformationAccess(access), False), (x509.CRLDistributionPoints([point]), False)]


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(
    subject: x509.Name, key: Key, issuer: x509.Name, signer: Key, validity: Validity, extensions: Extensions
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(validity.start, UTC))
        .not_valid_after(datetime.fromtimestamp(validity.end, UTC))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())
