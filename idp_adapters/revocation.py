"""Learning whether a certificate has been revoked: OCSP first, then CRL, kept until they are stale.

Owns the asking and the keeping; what may be believed of an answer is `metadata.wire.revocation`, and where a call may go
is the egress client. Addresses are read from the certificate (RFC 5280 sections 4.2.2.1 and 4.2.1.13), never pinned.
Without an answer that may be believed it raises: there is no way to read silence as good.
"""

import base64
import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from metadata.wire.egress import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.revocation import (
    Crl,
    Good,
    RevocationUnknown,
    Revoked,
    Unknown,
    ocsp_request,
    read_crl,
    read_ocsp_response,
)
from metadata.wire.x509 import extension, fingerprint

LONGEST_KEPT: Final = timedelta(hours=1)
MAXIMUM_ADDRESSES: Final = 2
NONCE_BYTES: Final = 32
HTTP_OK: Final = 200
KEPT_ANSWERS: Final = 4096
KEPT_LISTS: Final = 32

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Standing:
    """A believed answer, and what proves it: the OCSP response, or the digest of the CRL (which may be of many MiB)."""

    status: Good | Revoked
    evidence: Mapping[str, str]


class Kept(Generic[_Value]):
    """A bounded cache: each value until its own time, the least used thrown out first."""

    def __init__(self, capacity: int) -> None:
        self._capacity, self._lock = capacity, threading.Lock()
        self._values: OrderedDict[Hashable, tuple[datetime, _Value]] = OrderedDict()

    def get(self, key: Hashable, now: datetime) -> _Value | None:
        with self._lock:
            until, value = self._values.get(key, (now, None))
            if now >= until:
                self._values.pop(key, None)
                return None
            self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: _Value, until: datetime) -> None:
        with self._lock:
            self._values[key] = (until, value)
            self._values.move_to_end(key)
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)


class RevocationCheck:
    """The check for one login method; safe to share among threads."""

    def __init__(
        self,
        egress: Fetches,
        *,
        ocsp: bool = True,
        crl: bool = True,
        nonce: bool = True,
        capacity: int = KEPT_ANSWERS,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._egress, self._ocsp, self._crl, self._nonce, self._random = egress, ocsp, crl, nonce, random
        self._answers: Kept[Standing] = Kept(capacity)
        self._lists: Kept[tuple[Crl, str]] = Kept(min(capacity, KEPT_LISTS))

    def standing(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Standing:
        """Good or revoked at `now`. Raises RevocationUnknown when no source says either.

        A responder that answers "unknown" ends the search: it is its own CA's word that no such card was issued
        (RFC 6960 section 2.2), and a CRL, which lists only the revoked, would call the same card good.
        """
        key = (fingerprint(issuer), certificate.serial_number)
        if (known := self._answers.get(key, now)) is not None:
            return known
        failures: list[str] = []
        for source in self._sources(certificate, issuer, now):
            try:
                standing = source()
            except (RevocationUnknown, EgressFailed, EgressRefused) as error:
                failures.append(str(error))
                continue
            if isinstance(standing, Unknown):
                raise RevocationUnknown("the responder does not know the certificate")
            self._answers.put(key, standing, min(standing.status.next_update, now + LONGEST_KEPT))
            return standing
        raise RevocationUnknown("; ".join(failures) or "the certificate names no address to ask")

    def _sources(
        self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
    ) -> Iterator[Callable[[], Standing | Unknown]]:
        if self._ocsp:
            for url in _ocsp_addresses(certificate):
                yield lambda url=url: self._ask(url, certificate, issuer, now)  # type: ignore[misc]
        if self._crl:
            for url in _crl_addresses(certificate):
                yield lambda url=url: self._look_up(url, certificate, issuer, now)  # type: ignore[misc]

    def _ask(
        self, url: str, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
    ) -> Standing | Unknown:
        nonce = self._random(NONCE_BYTES) if self._nonce else None
        headers = {"content-type": "application/ocsp-request", "accept": "application/ocsp-response"}
        body = self._fetch(Outbound("POST", url, headers, ocsp_request(certificate, issuer, nonce), "ocsp"))
        status = read_ocsp_response(body, certificate, issuer, now, nonce)
        if isinstance(status, Unknown):
            return status
        return Standing(status, {"ocsp": base64.b64encode(body).decode()})

    def _look_up(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Standing:
        key = (url, fingerprint(issuer))
        kept = self._lists.get(key, now)
        if kept is None:
            body = self._fetch(Outbound("GET", url, purpose="crl"))
            kept = read_crl(body, issuer, now), hashlib.sha256(body).hexdigest()
            self._lists.put(key, kept, min(kept[0].next_update, now + LONGEST_KEPT))
        crl, digest = kept
        return Standing(crl.status(certificate), {"crl": f"sha256:{digest} {url}"})

    def _fetch(self, outbound: Outbound) -> bytes:
        response = self._egress.fetch(outbound)
        if response.status != HTTP_OK:
            raise RevocationUnknown(f"HTTP {response.status}")
        return response.body


def _ocsp_addresses(certificate: x509.Certificate) -> list[str]:
    access = extension(certificate, x509.AuthorityInformationAccess) or ()
    places = (each.access_location for each in access if each.access_method == AuthorityInformationAccessOID.OCSP)
    return [place.value for place in places if isinstance(place, x509.UniformResourceIdentifier)][:MAXIMUM_ADDRESSES]


def _crl_addresses(certificate: x509.Certificate) -> list[str]:
    points = extension(certificate, x509.CRLDistributionPoints) or ()
    names = (name for point in points for name in point.full_name or ())
    http = (name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))
    return [url for url in http if url.startswith(("http:", "https:"))][:MAXIMUM_ADDRESSES]
