"""The test CA's word on its certificates: OCSP answers (RFC 6960), CRLs (RFC 5280 section 5), and the web address of both.

Owns the answers and their plain WSGI app; which certificates exist and which are revoked is asked of the `Ledger`. An
`Outage` makes it misbehave in the ways that a relying party must survive.
"""

import base64
import binascii
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Protocol
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from idp_adapters.simulators.ca_certificates import DAY, Authority, Validity, new_key, responder, root

OCSP_LIFETIME: Final = 60 * 60
CRL_LIFETIME: Final = DAY
MAXIMUM_REQUEST: Final = 4096
DER: Final = serialization.Encoding.DER

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
WsgiApp = Callable[[Mapping[str, Any], StartResponse], Iterable[bytes]]
_Answer = tuple[str, str, bytes]
_Found = ocsp.OCSPCertStatus


class Trouble(Enum):
    """Ways for a responder to fail."""

    NONE = "none"
    SLOW = "slow"  # answers after `Outage.seconds`
    DOWN = "down"  # 503 with a page, as a proxy in front of a stopped responder gives
    ERROR = "error"  # 500
    GARBAGE = "garbage"  # 200, right media type, not DER
    TRY_LATER = "try-later"  # an OCSP error response, unsigned
    EXPIRED = "expired"  # nextUpdate has passed
    WRONG_SIGNER = "wrong-signer"  # signed by a key of nobody
    WRONG_SERIAL = "wrong-serial"  # "good" about another certificate
    NO_NONCE = "no-nonce"  # an answer made before the question
    UNKNOWN = "unknown"  # "I do not know that certificate"


@dataclass
class Outage:
    """What is wrong at the moment. Set from a test or a demonstration, read at each request."""

    ocsp: Trouble = Trouble.NONE
    crl: Trouble = Trouble.NONE
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Revoked:
    """When and why a certificate was revoked (the names of `x509.ReasonFlags`)."""

    at: int
    reason: str


class Ledger(Protocol):
    """What the answers are made from."""

    def authority(self, issuer: str) -> Authority | None: ...

    def known(self, issuer: str, serial: int) -> bool: ...

    def revoked(self, issuer: str) -> Mapping[int, Revoked]: ...


@dataclass
class Responder:
    """Answers for every issuing CA of a ledger, through a signer that each CA has delegated."""

    ledger: Ledger
    outage: Outage = field(default_factory=Outage)
    _delegates: dict[str, Authority] = field(default_factory=dict)

    def answer_ocsp(self, issuer: str, request: bytes, now: int) -> bytes:
        """The DER answer to a DER request. A request that cannot be read or is for another CA gets an OCSP error."""
        if self.outage.ocsp is Trouble.TRY_LATER:
            return _unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
        authority = self.ledger.authority(issuer)
        try:
            asked = ocsp.load_der_ocsp_request(request)
            if authority is None or not _names_issuer(
                asked, authority.certificate, self._signer(issuer, authority, now)
            ):
                return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        except (ValueError, NotImplementedError):  # NotImplementedError: several certificates in one request
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        return self._answer(issuer, authority, asked, now)

    def _answer(self, issuer: str, authority: Authority, asked: ocsp.OCSPRequest, now: int) -> bytes:
        trouble = self.outage.ocsp
        signer = _nobody(now) if trouble is Trouble.WRONG_SIGNER else self._signer(issuer, authority, now)
        status, revoked = self._status(issuer, asked.serial_number)
        start = now - 2 * DAY if trouble is Trouble.EXPIRED else now
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial_number + (1 if trouble is Trouble.WRONG_SERIAL else 0),
            asked.hash_algorithm,
            status,
            _when(start),
            _when(start + OCSP_LIFETIME),
            _when(revoked.at) if revoked else None,
            x509.ReasonFlags[revoked.reason] if revoked else None,
        )
        nonce = _nonce(asked)
        if nonce is not None and trouble is not Trouble.NO_NONCE:
            builder = builder.add_extension(nonce, critical=False)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        return builder.certificates([signer.certificate]).sign(signer.key, hashes.SHA256()).public_bytes(DER)

    def make_crl(self, issuer: str, now: int) -> bytes | None:
        """The DER list of an issuing CA, None when there is no such CA."""
        authority = self.ledger.authority(issuer)
        if authority is None:
            return None
        start = now - 2 * CRL_LIFETIME if self.outage.crl is Trouble.EXPIRED else now
        builder = x509.CertificateRevocationListBuilder(
            authority.certificate.subject, _when(start), _when(start + CRL_LIFETIME)
        )
        aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
        builder = builder.add_extension(x509.CRLNumber(now), critical=False).add_extension(aki, critical=False)
        for serial, revoked in self.ledger.revoked(issuer).items():
            builder = builder.add_revoked_certificate(_entry(serial, revoked))
        key = new_key("p256") if self.outage.crl is Trouble.WRONG_SIGNER else authority.key
        return builder.sign(key, hashes.SHA256()).public_bytes(DER)

    def _status(self, issuer: str, serial: int) -> tuple[_Found, Revoked | None]:
        if self.outage.ocsp is Trouble.UNKNOWN or not self.ledger.known(issuer, serial):
            return _Found.UNKNOWN, None
        revoked = self.ledger.revoked(issuer).get(serial)
        return (_Found.REVOKED if revoked else _Found.GOOD), revoked

    def _signer(self, issuer: str, authority: Authority, now: int) -> Authority:
        """The CA's delegate. Kept in memory only: a restart delegates anew."""
        if issuer not in self._delegates:
            key = new_key("p256")
            certificate = responder(key, authority, Validity(now - DAY, now + 90 * DAY))
            self._delegates[issuer] = replace(authority, certificate=certificate, key=key)
        return self._delegates[issuer]


def make_status_app(answers: Responder, clock: Callable[[], int]) -> WsgiApp:
    """`/ocsp/{issuer}` (POST, and GET with base64), `/crl/{issuer}.crl`, `/ca/{issuer}.cer`, over plain http."""

    def app(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, media_type, body = _route(answers, environ, clock())
        start_response(status, [("Content-Type", media_type), ("Content-Length", str(len(body)))])
        return [body]

    return app


def _route(answers: Responder, environ: Mapping[str, Any], now: int) -> _Answer:
    _, kind, name, rest = (*str(environ.get("PATH_INFO", "")).split("/", 3), "", "", "")[:4]
    get, post = (environ.get("REQUEST_METHOD") == method for method in ("GET", "POST"))
    if kind == "ocsp" and (post or (get and rest)):
        return _troubled(answers.outage, answers.outage.ocsp) or _ocsp(answers, environ, name, rest, now)
    if kind == "crl" and get and name.endswith(".crl"):
        body = answers.make_crl(name.removesuffix(".crl"), now)
        return _troubled(answers.outage, answers.outage.crl) or _found("application/pkix-crl", body)
    if kind == "ca" and get and name.endswith(".cer"):
        authority = answers.ledger.authority(name.removesuffix(".cer"))
        return _found("application/pkix-cert", authority.certificate.public_bytes(DER) if authority else None)
    return _found("text/plain", b"TEST tillit: certificate status\n" if kind == "" and get else None)


def _ocsp(answers: Responder, environ: Mapping[str, Any], issuer: str, rest: str, now: int) -> _Answer:
    try:
        request = _posted(environ) if environ["REQUEST_METHOD"] == "POST" else _from_path(rest)
    except ValueError:
        return "400 Bad Request", "text/plain", b"not an OCSP request\n"
    return "200 OK", "application/ocsp-response", answers.answer_ocsp(issuer, request, now)


def _posted(environ: Mapping[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("CONTENT_TYPE") != "application/ocsp-request" or not 0 < length <= MAXIMUM_REQUEST:
        raise ValueError("not an OCSP request")
    body: bytes = environ["wsgi.input"].read(length)
    return body


def _from_path(rest: str) -> bytes:
    """RFC 6960 appendix A.1: base64 in the path, percent-encoded."""
    if len(rest) > MAXIMUM_REQUEST:
        raise ValueError("too long")
    try:
        return base64.b64decode(unquote(rest), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _troubled(outage: Outage, trouble: Trouble) -> _Answer | None:
    if trouble is Trouble.SLOW:
        time.sleep(outage.seconds)
    if trouble is Trouble.DOWN:
        return "503 Service Unavailable", "text/html", b"<title>503</title>"
    if trouble is Trouble.ERROR:
        return "500 Internal Server Error", "text/plain", b""
    if trouble is Trouble.GARBAGE:
        return "200 OK", "application/ocsp-response", b"garbage"
    return None


def _found(media_type: str, body: bytes | None) -> _Answer:
    return ("404 Not Found", "text/plain", b"") if body is None else ("200 OK", media_type, body)


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    try:
        return request.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None


def _names_issuer(asked: ocsp.OCSPRequest, issuer: x509.Certificate, delegate: Authority) -> bool:
    """Whether the CertID's two hashes are of this CA, as they are in a CertID of its delegate (RFC 6960 section 4.1.1)."""
    ours = ocsp.OCSPRequestBuilder().add_certificate(delegate.certificate, issuer, asked.hash_algorithm).build()
    return (asked.issuer_name_hash, asked.issuer_key_hash) == (ours.issuer_name_hash, ours.issuer_key_hash)


def _nobody(now: int) -> Authority:
    key = new_key("p256")
    return Authority(root(key, now), key)


def _entry(serial: int, revoked: Revoked) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(serial, _when(revoked.at))
    return builder.add_extension(x509.CRLReason(x509.ReasonFlags[revoked.reason]), critical=False).build()


def _when(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(DER)
