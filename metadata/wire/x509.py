"""Certificates that others hold: read strictly, and led back to an anchor (RFC 5280).

Owns reading a certificate and validating its path for a login or a seal. Whether it has been revoked since is
`metadata.wire.revocation`; what a policy or a subject field means for a level or a person is the login method's.
The path is cryptography's work; what it leaves out (RSA exponents, certificate policies, a key usage that must be there)
is checked here.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from metadata.wire.signing import MINIMUM_RSA_BITS, PublicKey, UnfitKey, check_fit

MAXIMUM_CERTIFICATE = 64 * 1024
SKEW = timedelta(seconds=60)
ANY_POLICY = "2.5.29.32.0"
STRONG_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)

Why = Literal["issuer", "expired", "not-yet-valid", "kind", "weak", "policy"]
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


class BadCertificate(Exception):
    """The bytes are no certificate that can be read in one way only."""


class ChainRefused(Exception):
    """The certificate may not be used. `reason` is one of `Why`: it chooses the page that the person sees."""

    def __init__(self, reason: Why, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Why = reason


@dataclass(frozen=True, slots=True)
class Chain:
    """A validated path, the end certificate first and the anchor last, and the policies that all its issuers grant."""

    certificates: tuple[x509.Certificate, ...]
    policies: frozenset[str]

    @property
    def issuer(self) -> x509.Certificate:
        """Who signed the end certificate: the one that its OCSP responses and CRLs must come from."""
        return self.certificates[1]


def load_pem_or_der_certificate(data: bytes) -> x509.Certificate:
    """One certificate; anything after it, or a part that does not parse, refuses it. Raises BadCertificate."""
    if len(data) > MAXIMUM_CERTIFICATE:
        raise BadCertificate("too large")
    try:
        certificate = _one_pem(data) if data.lstrip().startswith(b"-----") else x509.load_der_x509_certificate(data)
        # Read now what the library reads late, so that no later step meets a parse error.
        _ = certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key()
        _ = certificate.signature_hash_algorithm
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        raise BadCertificate("not a readable certificate") from error
    if certificate.version is not x509.Version.v3 or certificate.serial_number <= 0:
        raise BadCertificate("not version 3, or without a positive serial number")
    return certificate


def _one_pem(data: bytes) -> x509.Certificate:
    certificates = x509.load_pem_x509_certificates(data)
    if len(certificates) != 1:
        raise BadCertificate("more than one certificate")
    return certificates[0]


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER, as lower case hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def thumbprint_s256(certificate: x509.Certificate) -> bytes:
    """The 32 bytes that `x5t#S256` (RFC 7515 section 4.1.8, RFC 8705 section 3.1) encodes."""
    return certificate.fingerprint(hashes.SHA256())


_FIELDS = {
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.COMMON_NAME: "commonName",
    NameOID.GIVEN_NAME: "givenName",
    NameOID.SURNAME: "surname",
    NameOID.TITLE: "title",
    NameOID.USER_ID: "userId",
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.DN_QUALIFIER: "dnQualifier",
    NameOID.PSEUDONYM: "pseudonym",
    NameOID.ORGANIZATION_NAME: "organizationName",
    NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    NameOID.LOCALITY_NAME: "localityName",
    NameOID.COUNTRY_NAME: "countryName",
}


def subject_fields(certificate: x509.Certificate) -> Mapping[str, str]:
    """The subject's fields by their X.520 names. Raises BadCertificate where two readers could see two persons.

    Refused: an RDN of several values, a field twice, an empty value, control and format characters (NUL, direction
    marks), and a serialNumber outside printable ASCII (X.520 makes it a PrintableString), which look-alikes need.
    Fields that may rightly repeat (organizationalUnitName, domainComponent) are left out: they identify nobody.
    """
    fields: dict[str, str] = {}
    for rdn in certificate.subject.rdns:
        attributes = list(rdn)
        if len(attributes) != 1:
            raise BadCertificate("an RDN of several values")
        name, value = _FIELDS.get(attributes[0].oid), attributes[0].value
        if not isinstance(value, str) or not value.strip() or any(_is_unseen(letter) for letter in value):
            raise BadCertificate("a subject value that cannot be shown as it is")
        if name in fields:
            raise BadCertificate(f"{name} twice")
        if name is not None:
            fields[name] = value
    if not fields.get("serialNumber", "").isascii():
        raise BadCertificate("serialNumber with letters outside ASCII")
    return fields


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """The value of an extension, or None when the certificate has none of its kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def policy_oids(certificate: x509.Certificate) -> frozenset[str]:
    """The certificatePolicies (RFC 5280 section 4.2.1.4) as dotted text. Alone they prove nothing: see `Chain.policies`."""
    policies = extension(certificate, x509.CertificatePolicies) or ()
    return frozenset(policy.policy_identifier.dotted_string for policy in policies)


def is_for_signature(certificate: x509.Certificate) -> bool:
    """Whether keyUsage is there and holds digitalSignature (RFC 5280 section 4.2.1.3)."""
    usage = extension(certificate, x509.KeyUsage)
    return usage is not None and usage.digital_signature


def is_for_client_authentication(certificate: x509.Certificate) -> bool:
    """Whether extKeyUsage is there and holds id-kp-clientAuth; anyExtendedKeyUsage is not enough."""
    usage = extension(certificate, x509.ExtendedKeyUsage)
    return usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH in usage


def is_strong_key(key: object) -> bool:
    """RSA of 2048 bits and more with a large exponent, the three NIST curves, or Ed25519."""
    algorithms = ("RS256", "ES256", "ES384", "ES512", "Ed25519")
    return any(_fits(algorithm, key) for algorithm in algorithms)


def _fits(algorithm: str, key: object) -> bool:
    try:
        check_fit(algorithm, key)  # type: ignore[arg-type]  # every other kind of key is refused there
    except UnfitKey:
        return False
    return True


def public_key(certificate: x509.Certificate) -> PublicKey:
    """The key of a certificate, when it is one that tillit may trust. Raises ChainRefused("weak")."""
    key = certificate.public_key()
    if not is_strong_key(key):
        raise ChainRefused("weak", f"key of {certificate.subject.rfc4514_string()} (at least {MINIMUM_RSA_BITS} bits)")
    return key  # type: ignore[return-value]  # is_strong_key admits these kinds only


def validate_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    now: datetime,
    *,
    policies: Collection[str] | None = None,
) -> Chain:
    """The path from a person's login certificate to one of `anchors` at `now` (aware). Raises ChainRefused.

    An anchor may be a root or an issuing CA (RFC 5280 section 6.1). `policies` are the OIDs of which at least one must
    be granted by every issuer; without it only a policy that the leaf claims and its issuers do not grant is refused.
    """
    _refuse_weak(leaf)
    path = path_to_anchor(leaf, intermediates, anchors, now)
    for certificate in path[1:]:
        public_key(certificate)
    _check_kind(leaf)
    granted = _granted(path)
    wanted = policy_oids(leaf) if policies is None else frozenset(policies)
    if (wanted or policies is not None) and granted.isdisjoint(wanted):
        raise ChainRefused("policy", "no wanted policy is granted by all issuers")
    return Chain(path, granted)


def _refuse_weak(certificate: x509.Certificate) -> None:
    if not isinstance(certificate.signature_hash_algorithm, STRONG_DIGESTS):
        raise ChainRefused("weak", "signature algorithm")
    public_key(certificate)


def _check_kind(leaf: x509.Certificate) -> None:
    constraints = extension(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise ChainRefused("kind", "a certificate authority")
    if not is_for_signature(leaf):
        raise ChainRefused("kind", "key usage")
    if not is_for_client_authentication(leaf):
        raise ChainRefused("kind", "extended key usage")


def path_to_anchor(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> tuple[x509.Certificate, ...]:
    """The path alone, whatever the certificate is for. Raises ChainRefused."""
    when = _within_skew(leaf, now)
    try:
        return _verified(leaf, intermediates, anchors, when)
    except VerificationError as error:
        raise _explained(leaf, intermediates, anchors, when) from error


def _within_skew(leaf: x509.Certificate, now: datetime) -> datetime:
    """`now`, moved into the certificate's validity when our clocks may differ by that much."""
    if leaf.not_valid_before_utc - SKEW <= now < leaf.not_valid_before_utc:
        return leaf.not_valid_before_utc
    if leaf.not_valid_after_utc < now <= leaf.not_valid_after_utc + SKEW:
        return leaf.not_valid_after_utc
    return now


def _verified(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    when: datetime,
) -> tuple[x509.Certificate, ...]:
    # permit_all leaves the end certificate's kind to us (a card has no subjectAltName, and the library's own test of
    # extKeyUsage lets its absence pass); unknown critical extensions are still refused, and CAs keep every rule.
    if not anchors:
        raise VerificationError("no anchors")
    verifier = (
        PolicyBuilder()
        .store(Store(list(anchors)))
        .time(when)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    return tuple(verifier.verify(leaf, list(intermediates)).chain)


def _explained(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    when: datetime,
) -> ChainRefused:
    """Why there is no path. Only a path that holds at another time, or but for a weak issuer, is told from a stranger's."""
    if any(_is_weak_issuer(each, leaf) for each in intermediates):
        return ChainRefused("weak", "an issuer")
    for moment in (leaf.not_valid_before_utc, leaf.not_valid_after_utc):
        try:
            _verified(leaf, intermediates, anchors, moment)
        except VerificationError:
            continue
        return ChainRefused("not-yet-valid" if when < leaf.not_valid_before_utc else "expired")
    return ChainRefused("issuer")


def _is_weak_issuer(certificate: x509.Certificate, leaf: x509.Certificate) -> bool:
    if certificate.subject != leaf.issuer:
        return False
    digest = certificate.signature_hash_algorithm
    return not isinstance(digest, STRONG_DIGESTS) or not is_strong_key(certificate.public_key())


def _granted(path: Sequence[x509.Certificate]) -> frozenset[str]:
    """The leaf's policies that each CA below the anchor grants (RFC 5280 section 6.1, without policy mappings).

    A CA without certificatePolicies grants none. An anchor is not part of the path, but one that names policies is
    taken at its word. anyPolicy grants everything unless inhibitAnyPolicy stands somewhere; in a leaf it means nothing.
    """
    granted = policy_oids(path[0]) - {ANY_POLICY}
    any_counts = all(extension(each, x509.InhibitAnyPolicy) is None for each in path)
    for policies in _policies_of_issuers(path):
        if not (any_counts and ANY_POLICY in policies):
            granted &= policies
    return granted


def _policies_of_issuers(path: Sequence[x509.Certificate]) -> Iterator[frozenset[str]]:
    yield from (policy_oids(each) for each in path[1:-1])
    if anchored := policy_oids(path[-1]):
        yield anchored


def public_bytes(certificate: x509.Certificate) -> bytes:
    """The DER encoding."""
    return certificate.public_bytes(serialization.Encoding.DER)
