"""TLS that lets in only clients whose certificate is valid, and not revoked where lists of revoked ones are given.

A list is read anew when its file changes, so that whoever fetches it need not restart anything. With lists, a certificate whose
CA has none here, or one past its nextUpdate, is not let in (RFC 5280 section 6.3.3): an old list says nothing of today.
"""

import logging
import re
from pathlib import Path
from typing import Final

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509StoreFlags

from broker.web.card_tls import server_context

log = logging.getLogger(__name__)

_LIST: Final = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


class VerifyingContext:
    """The context for the next connection. `anchors` are roots or issuing CAs; `lists` is a PEM file of CRLs, or None."""

    def __init__(self, cert: Path, key: Path, anchors: Path, lists: Path | None = None) -> None:
        self._made_of = cert, key, anchors
        self._lists = lists
        self._seen = _state(lists)
        self._context = self._make()

    def current(self) -> SSL.Context:
        """That of the lists as they are now. One that cannot be read leaves the one before, which ends by itself."""
        seen = _state(self._lists)
        if seen != self._seen:
            self._seen = seen
            try:
                self._context = self._make()
            except (OSError, ValueError, SSL.Error) as error:
                log.error("lists of revoked certificates cannot be read: %s", error)  # noqa: TRY400  # no trace: a file is wrong
        return self._context

    def _make(self) -> SSL.Context:
        cert, key, anchors = self._made_of
        context = server_context(cert, key)
        context.load_verify_locations(str(anchors))
        store = context.get_cert_store()
        if store is None:
            raise TypeError("a context without a store")
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
        if self._lists is not None:
            for each in read_lists(self._lists):
                store.add_crl(each)
            store.set_flags(X509StoreFlags.CRL_CHECK)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *found: bool(found[-1]))
        return context


def read_lists(path: Path) -> tuple[x509.CertificateRevocationList, ...]:
    """The CRLs of a PEM file, at least one. Raises OSError, ValueError."""
    found = tuple(map(x509.load_pem_x509_crl, _LIST.findall(path.read_bytes())))
    if not found:
        raise ValueError("no list of revoked certificates")
    return found


def _state(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
