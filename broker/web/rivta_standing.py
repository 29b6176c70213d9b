"""Whether a record system's certificate still stands, as its CA says now: for a listener whose setting wants it asked.

The handshake, or the proxy, has verified the certificate; here its path is found again, and each certificate of it below the
anchor is asked about as a card's is (`idp_adapters.revocation`). Who gets no answer that may be believed is refused.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography import x509

from idp_adapters.revocation import Kept, RevocationCheck
from metadata.wire.revocation import RevocationUnknown, Revoked
from metadata.wire.soap import SoapRefused
from metadata.wire.x509 import BadCertificate, ChainRefused, load_pem_or_der_certificate, path_to_anchor

STOOD: Final = timedelta(seconds=60)
REFUSED: Final = timedelta(seconds=10)
"""How long a verdict is kept: a connection calls often, and a responder that hangs must not be waited for at each call. What a
CA said is kept beside that until it is stale, an hour at most.
"""

KEPT: Final = 512
MOST_CERTIFICATES: Final = 10


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a certificate may not be used; without a sentence it stands."""

    sentence: str = ""
    detail: str = ""


_STANDS: Final = _Verdict()


class Standing:
    """The check of one listener; safe to share among threads. `anchors` are those of the handshake."""

    def __init__(self, check: RevocationCheck, anchors: Sequence[x509.Certificate]) -> None:
        self._check, self._anchors = check, tuple(anchors)
        self._verdicts: Kept[_Verdict] = Kept(KEPT)

    def require(self, certificates: Sequence[bytes], now: int) -> None:
        """The client's own certificate first (DER), then what it sent beside. Raises SoapRefused."""
        if not certificates:
            return  # who has none is refused for that
        when, key = datetime.fromtimestamp(now, UTC), hashlib.sha256(b"".join(certificates)).digest()
        verdict = self._verdicts.get(key, when)
        if verdict is None:
            verdict = self._judged(certificates, when)
            self._verdicts.put(key, verdict, when + (REFUSED if verdict.sentence else STOOD))
        if verdict.sentence:
            raise SoapRefused("Client", verdict.sentence, verdict.detail)

    def _judged(self, certificates: Sequence[bytes], when: datetime) -> _Verdict:
        try:
            return self._looked(certificates, when)
        except (BadCertificate, ChainRefused, RevocationUnknown) as unknown:
            return _Verdict("nobody says whether the client's certificate stands", str(unknown))

    def _looked(self, certificates: Sequence[bytes], when: datetime) -> _Verdict:
        leaf, *others = map(load_pem_or_der_certificate, certificates[:MOST_CERTIFICATES])
        path = path_to_anchor(leaf, others, self._anchors, when)
        for certificate, issuer in pairwise(path):
            status = self._check.standing(certificate, issuer, when).status
            if isinstance(status, Revoked):
                return _Verdict("the client's certificate has been revoked", f"{status.at.isoformat()} {status.reason}")
        return _STANDS
