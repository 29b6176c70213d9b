"""A small certificate authority for tests: roots, issuing CAs, end certificates of every kind, OCSP and CRLs.

    root = Authority.root()
    issuing = root.issuing(policies=["1.2.752.29.6.3"])
    card = issuing.leaf("Kalle", policies=["1.2.752.29.6.3"])
    server = root.server("127.0.0.1")

Everything has a good default; a test states only what matters to it. Real RSA keys are slow to make and kept for the run.
"""

import dataclasses
import datetime as dt
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)
CLIENT, SERVER, OCSP_SIGNING = (
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.OCSP_SIGNING,
)
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


@cache
def rsa_key(bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def key_usage(*names: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in names for name in KEY_USAGES})


FOR_SIGNATURE = key_usage("digital_signature")


def name(common_name: str, *more: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in ((NameOID.COMMON_NAME, common_name), *more)])


def policies_extension(oids: Iterable[str]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids])


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True)
class Authority(Issued):
    """A CA of the test's own."""

    @classmethod
    def root(cls, common_name: str = "Test Root", *, key: PrivateKey | None = None, **options) -> "Authority":
        key = key or ec_key()
        subject = name(common_name)
        return cls(
            _build(
                subject,
                subject,
                key,
                key,
                _ca_extensions(key, key, **options.pop("ca", {})),
                **{"not_before": NOW - 3650 * DAY, "not_after": NOW + 3650 * DAY, **options},
            ),
            key,
        )

    def issuing(
        self,
        common_name: str = "Test Issuing CA",
        *,
        key: PrivateKey | None = None,
        policies: Sequence[str] = (),
        path_length: int | None = 0,
        is_ca: bool = True,
        usage: x509.KeyUsage | None = None,
        more: Sequence[tuple[x509.ExtensionType, bool]] = (),
        **options,
    ) -> "Authority":
        key = key or ec_key()
        extensions = _ca_extensions(key, self.key, path_length=path_length, is_ca=is_ca, usage=usage)
        if policies:
            extensions.append((policies_extension(policies), False))
        return Authority(
            _build(
                name(common_name),
                self.certificate.subject,
                key,
                self.key,
                [*extensions, *more],
                **{"not_before": NOW - 365 * DAY, "not_after": NOW + 365 * DAY, **options},
            ),
            key,
        )

    def leaf(
        self,
        common_name: str = "Test Person",
        *,
        key: PrivateKey | None = None,
        subject: x509.Name | None = None,
        serial_number: str | None = None,
        policies: Sequence[str] = (),
        eku: Sequence[x509.ObjectIdentifier] | None = (CLIENT,),
        usage: x509.KeyUsage | None = FOR_SIGNATURE,
        more: Sequence[tuple[x509.ExtensionType, bool]] = (),
        **options,
    ) -> Issued:
        key = key or ec_key()
        extra = [] if serial_number is None else [(NameOID.SERIAL_NUMBER, serial_number)]
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
        ]
        if eku is not None:
            extensions.append((x509.ExtendedKeyUsage(eku), False))
        if usage is not None:
            extensions.append((usage, True))
        if policies:
            extensions.append((policies_extension(policies), False))
        return Issued(
            _build(
                subject or name(common_name, *extra),
                self.certificate.subject,
                key,
                self.key,
                [*extensions, *more],
                **options,
            ),
            key,
        )

    def server(self, *hosts: str, **options) -> Issued:
        names = [
            x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() or ":" in host else x509.DNSName(host)
            for host in hosts
        ]
        return self.leaf(hosts[0], eku=(SERVER,), more=[(x509.SubjectAlternativeName(names), False)], **options)

    def ocsp_signer(self, **options) -> Issued:
        options = {"eku": (OCSP_SIGNING,), "more": [(x509.OCSPNoCheck(), False)], **options}
        return self.leaf("Test OCSP", **options)

    def ocsp(
        self,
        certificate: x509.Certificate,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        *,
        signer: Issued | None = None,
        issuer: x509.Certificate | None = None,
        nonce: bytes | None = None,
        this_update: dt.datetime = NOW,
        next_update: dt.datetime | None = NOW + DAY / 24,
        algorithm: hashes.HashAlgorithm | None = None,
        certificates: Sequence[x509.Certificate] | None = None,
        named: bool = False,
        digest: hashes.HashAlgorithm | None = None,
    ) -> bytes:
        """An OCSP response about `certificate`, signed by this CA or by a delegate."""
        by = signer or self
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=certificate,
                issuer=issuer or self.certificate,
                algorithm=algorithm or hashes.SHA1(),  # noqa: S303
                cert_status=status,
                this_update=this_update,
                next_update=next_update,
                revocation_time=NOW - DAY if revoked else None,
                revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME if named else ocsp.OCSPResponderEncoding.HASH, by.certificate)
        )
        sent = ([signer.certificate] if signer else []) if certificates is None else list(certificates)
        if sent:
            builder = builder.certificates(sent)
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(by.key, digest or hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def crl(
        self,
        *serials: int,
        this_update: dt.datetime = NOW,
        next_update: dt.datetime | None = NOW + DAY,
        more: Sequence[tuple[x509.ExtensionType, bool]] = (),
        key: PrivateKey | None = None,
        issuer: x509.Name | None = None,
        entry: Sequence[tuple[x509.ExtensionType, bool]] = (),
        digest: hashes.HashAlgorithm | None = None,
    ) -> bytes:
        """A CRL that lists `serials`; `entry` are extensions of each of them."""
        builder = x509.CertificateRevocationListBuilder(
            issuer or self.certificate.subject, this_update, next_update or NOW
        )
        for value, critical in ((x509.CRLNumber(1), False), *more):
            builder = builder.add_extension(value, critical)
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder(serial, NOW - DAY)
            for value, critical in entry:
                revoked = revoked.add_extension(value, critical)
            builder = builder.add_revoked_certificate(revoked.build())
        signed = builder.sign(key or self.key, digest or hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)


def with_sha1(issued: Issued, issuer: Issued) -> Issued:
    """The same certificate signed by an RSA `issuer` with SHA-1, which no library signs with any more."""
    sha256_with_rsa = bytes.fromhex("06092a864886f70d01010b")
    der = issued.der.replace(sha256_with_rsa, sha256_with_rsa[:-1] + b"\x05")
    tbs = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    signature = issuer.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    certificate = x509.load_der_x509_certificate(der[: -len(signature)] + signature)
    return dataclasses.replace(issued, certificate=certificate)


def _ca_extensions(
    key: PrivateKey,
    issuer: PrivateKey,
    *,
    path_length: int | None = None,
    is_ca: bool = True,
    usage: x509.KeyUsage | None = None,
) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(is_ca, path_length if is_ca else None), True),
        (usage or key_usage("key_cert_sign", "crl_sign", "digital_signature"), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), False),
    ]


def _build(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    signing_key: PrivateKey,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
    *,
    not_before: dt.datetime = NOW - DAY,
    not_after: dt.datetime = NOW + 30 * DAY,
    serial: int | None = None,
    digest: hashes.HashAlgorithm | None = None,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    edwards = isinstance(signing_key, ed25519.Ed25519PrivateKey)
    return builder.sign(signing_key, None if edwards else digest or hashes.SHA256())
