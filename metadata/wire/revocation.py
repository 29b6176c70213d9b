"""Whether a certificate has been revoked: OCSP (RFC 6960) and CRLs (RFC 5280 section 5), read and judged, never fetched.

Owns what may be believed of a status message. Fetching is `metadata.wire.egress`; keeping an answer until it is stale, and
what to do without one (a login is refused), are the login method's. Nothing here ends in "good" by default.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import CRLEntryExtensionOID, ExtendedKeyUsageOID, ExtensionOID

from metadata.wire.x509 import SKEW, STRONG_DIGESTS, extension, is_for_signature, is_strong_key

LONGEST_WITHOUT_NEXT_UPDATE = timedelta(hours=1)
"""A responder that names no nextUpdate always has newer information (RFC 6960 section 4.2.2.1): so old may it be here."""

_KNOWN_CRITICAL = frozenset({ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.CRL_NUMBER})
_KNOWN_CRITICAL_ENTRY = frozenset({CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE})


class RevocationUnknown(Exception):
    """The message says nothing that may be believed about this certificate. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Good:
    """Not revoked, as known until `next_update`."""

    next_update: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """Revoked at `at`; `reason` is the name of RFC 5280 section 5.3.1, where one was given. On hold counts as revoked."""

    next_update: datetime
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The responder does not know the certificate (RFC 6960 section 2.2). It is not good."""

    next_update: datetime


Status = Good | Revoked | Unknown


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes | None = None) -> bytes:
    """A request about `certificate` in DER (RFC 6960 section 4.1), its certID with SHA-1 as RFC 5019 section 2.1.1 has it:
    the hash finds a record there and protects nothing. `nonce` is 16 to 32 random bytes (RFC 9654 section 2.1).
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def read_ocsp_response(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, nonce: bytes | None = None
) -> Status:
    """What the response says of `certificate` at `now` (RFC 6960 section 3.2). Raises RevocationUnknown.

    The signer is `issuer` itself or holds a certificate that `issuer` issued directly for id-kp-OCSPSigning. When a
    nonce was sent, the same must be back.
    """
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationUnknown("the responder refused")
        _check_signature(response, issuer, now)
        single = _about(response, certificate, issuer)
        _check_extensions(response, nonce)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise RevocationUnknown("not a readable OCSP response") from error
    return _status(single, now)


def _check_signature(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    if not isinstance(response.signature_hash_algorithm, STRONG_DIGESTS):
        raise RevocationUnknown("a weak signature")
    for signer in (issuer, *(each for each in response.certificates if _is_delegate(each, issuer, now))):
        if _is_responder(response, signer) and _made(signer, response):
            return
    raise RevocationUnknown("not signed by the issuer or its delegate")


def _is_delegate(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    """RFC 6960 section 4.2.2.2: issued directly by the issuer, for this purpose, and valid now."""
    purposes = extension(certificate, x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.OCSP_SIGNING not in purposes or not is_for_signature(certificate):
        return False
    if not certificate.not_valid_before_utc - SKEW <= now <= certificate.not_valid_after_utc + SKEW:
        return False
    if not isinstance(certificate.signature_hash_algorithm, STRONG_DIGESTS):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_responder(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    return response.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _made(signer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    key, digest = signer.public_key(), response.signature_hash_algorithm
    if digest is None or not is_strong_key(key):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _check_extensions(response: ocsp.OCSPResponse, nonce: bytes | None) -> None:
    if any(each.critical for each in (*response.extensions, *response.single_extensions)):
        raise RevocationUnknown("a critical extension")
    if nonce is None:
        return
    try:
        returned = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound as error:
        raise RevocationUnknown("no nonce") from error
    if returned != nonce:
        raise RevocationUnknown("another nonce")


def _about(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    """The one answer to our one question; several could contradict each other."""
    answers = list(response.responses)
    if len(answers) != 1 or not _is_about(answers[0], certificate, issuer):
        raise RevocationUnknown("not about this certificate, or twice")
    return answers[0]


def _is_about(single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """The certID (RFC 6960 section 4.1.1) hashed again from the certificates we hold."""
    if single.serial_number != certificate.serial_number:
        return False
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm).build()
    return (single.issuer_name_hash, single.issuer_key_hash) == (asked.issuer_name_hash, asked.issuer_key_hash)


def _status(single: ocsp.OCSPSingleResponse, now: datetime) -> Status:
    until = _fresh_until(single.this_update_utc, single.next_update_utc, now)
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return Good(until)
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED and single.revocation_time_utc is not None:
        reason = single.revocation_reason
        return Revoked(until, single.revocation_time_utc, reason.value if reason else None)
    return Unknown(until)


def _fresh_until(this_update: datetime, next_update: datetime | None, now: datetime) -> datetime:
    until = next_update or this_update + LONGEST_WITHOUT_NEXT_UPDATE
    if now < this_update - SKEW:
        raise RevocationUnknown("from the future")
    if now > until + SKEW:
        raise RevocationUnknown("stale")
    return until


@dataclass(frozen=True, slots=True)
class Crl:
    """A list whose signature, time and extensions hold. Ask it with `status`."""

    issuer: x509.Certificate
    next_update: datetime
    _list: x509.CertificateRevocationList
    _scope: x509.IssuingDistributionPoint | None

    def status(self, certificate: x509.Certificate) -> Good | Revoked:
        """What the list says of `certificate`. Raises RevocationUnknown when the list does not cover it: a part of the
        issuer's list, put in the place of another part, would call every certificate good.
        """
        if certificate.issuer != self.issuer.subject or not _covers(self._scope, certificate):
            raise RevocationUnknown("the list does not cover this certificate")
        entry = self._list.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None:
            return Good(self.next_update)
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        except x509.ExtensionNotFound:
            reason = None
        return Revoked(self.next_update, entry.revocation_date_utc, reason)


def read_crl(der: bytes, issuer: x509.Certificate, now: datetime) -> Crl:
    """A complete CRL of `issuer` that is valid at `now` (RFC 5280 sections 5.1, 5.2 and 6.3). Raises RevocationUnknown.

    Refused: delta and indirect lists, lists for some reasons only, without nextUpdate, and critical extensions that we
    do not know, also in an entry.
    """
    try:
        crl = x509.load_der_x509_crl(der)
        _check_crl_signature(crl, issuer)
        scope = _scope(crl)
        _check_entries(crl)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise RevocationUnknown("not a readable CRL") from error
    if crl.next_update_utc is None:
        raise RevocationUnknown("no nextUpdate")
    return Crl(issuer, _fresh_until(crl.last_update_utc, crl.next_update_utc, now), crl, scope)


def _check_crl_signature(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    key, usage = issuer.public_key(), extension(issuer, x509.KeyUsage)
    if crl.issuer != issuer.subject:
        raise RevocationUnknown("another issuer's list")
    if usage is not None and not usage.crl_sign:
        raise RevocationUnknown("the issuer may not sign lists")
    if not isinstance(crl.signature_hash_algorithm, STRONG_DIGESTS) or not is_strong_key(key):
        raise RevocationUnknown("a weak signature")
    if not crl.is_signature_valid(key):  # type: ignore[arg-type]  # is_strong_key admits these kinds only
        raise RevocationUnknown("not signed by the issuer")


def _scope(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    scope = None
    for each in crl.extensions:
        if each.oid == ExtensionOID.DELTA_CRL_INDICATOR:
            raise RevocationUnknown("a delta list")
        if each.critical and each.oid not in _KNOWN_CRITICAL:
            raise RevocationUnknown("a critical extension")
        if isinstance(each.value, x509.IssuingDistributionPoint):
            scope = each.value
    if scope is not None and (scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs):
        raise RevocationUnknown("an indirect or partial list")
    return scope


def _check_entries(crl: Iterable[x509.RevokedCertificate]) -> None:
    for entry in crl:
        if any(each.critical and each.oid not in _KNOWN_CRITICAL_ENTRY for each in entry.extensions):
            raise RevocationUnknown("a critical extension of an entry")


def _covers(scope: x509.IssuingDistributionPoint | None, certificate: x509.Certificate) -> bool:
    """RFC 5280 section 6.3.3 (b)(2): the kind of certificate, and one name in common with its distribution points."""
    if scope is None:
        return True
    constraints = extension(certificate, x509.BasicConstraints)
    is_ca = constraints is not None and constraints.ca
    if (scope.only_contains_user_certs and is_ca) or (scope.only_contains_ca_certs and not is_ca):
        return False
    if scope.full_name is None:
        return scope.relative_name is None
    points = extension(certificate, x509.CRLDistributionPoints) or ()
    return any(each in scope.full_name for point in points for each in point.full_name or ())
