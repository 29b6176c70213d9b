"""Streams of the card listener: TLS that accepts any client certificate, over asyncio, and plain bytes on a Unix socket.

The standard library's `ssl` can only drop a connection whose certificate it does not trust; OpenSSL's verify callback,
which pyOpenSSL reaches, lets the handshake finish and leaves judging to others. What the handshake always proves is that
the client holds the private key of the first certificate (RFC 8446 section 4.4.3, RFC 5246 section 7.4.8).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from broker.web.card_http import MAXIMUM_HEAD, BadHead

CHUNK: Final = 16 * 1024
CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good
_END: Final = b"\r\n\r\n"
_LINE: Final = b"\r\n"
_LONGEST_LINE: Final = 256
_LINGERING: Final = 64 * 1024

_Result = TypeVar("_Result")


class Stream(Protocol):
    """One connection. Each call may raise ConnectionError, TimeoutError or SSL.Error."""

    async def handshake(self, hello: float, rest: float) -> None: ...

    async def read_head(self) -> bytes: ...

    async def read_line(self) -> bytes: ...

    async def read_exactly(self, length: int) -> bytes: ...

    async def write(self, octets: bytes) -> None: ...

    async def close(self) -> None: ...

    async def drained(self) -> None: ...

    def certificates(self) -> tuple[bytes, ...]: ...


class Plain:
    """Bytes as they are, on a socket whose file mode says who may connect."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._left = b""  # read, and not asked for yet

    async def handshake(self, hello: float, rest: float) -> None:
        """Nothing to shake hands about."""

    async def read_head(self) -> bytes:
        """The octets before the blank line. Raises BadHead when it does not come within MAXIMUM_HEAD."""
        return await self._until(_END, MAXIMUM_HEAD)

    async def read_line(self) -> bytes:
        """The octets before the end of a line. Raises BadHead for a long one."""
        return await self._until(_LINE, _LONGEST_LINE)

    async def _until(self, end: bytes, most: int) -> bytes:
        while end not in self._left:
            if len(self._left) > most:
                raise BadHead(431, "head too large")
            self._left += await self._read()
        found, _, self._left = self._left.partition(end)
        if len(found) > most:
            raise BadHead(431, "head too large")
        return found

    async def read_exactly(self, length: int) -> bytes:
        """So many octets of a body."""
        pieces, missing = [self._left[:length]], length - len(self._left)
        self._left = self._left[length:]
        while missing > 0:
            octets = await self._read()
            pieces.append(octets[:missing])
            self._left, missing = octets[missing:], missing - len(octets)
        return b"".join(pieces)

    async def write(self, octets: bytes) -> None:
        self._writer.write(octets)
        await self._writer.drain()

    async def close(self) -> None:
        """No more will be written."""
        if self._writer.can_write_eof():
            self._writer.write_eof()

    async def drained(self) -> None:
        """Read what the client still sends, so that closing does not reset the connection under our answer."""
        left = _LINGERING
        while left > 0 and (octets := await self._reader.read(CHUNK)):
            left -= len(octets)

    def certificates(self) -> tuple[bytes, ...]:
        return ()

    async def _read(self) -> bytes:
        octets = await self._reader.read(CHUNK)
        if not octets:
            raise ConnectionResetError("closed by the client")
        return octets


class Tls(Plain):
    """The server's side of TLS over memory buffers. `admits` may refuse the client once the handshake has proven it."""

    def __init__(
        self,
        context: SSL.Context,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        admits: Callable[[tuple[bytes, ...]], bool] = lambda _: True,
    ) -> None:
        super().__init__(reader, writer)
        self._admits = admits
        self._certificates: tuple[bytes, ...] | None = None
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()

    async def handshake(self, hello: float, rest: float) -> None:
        """`hello` seconds for the client to begin, `rest` for its person to choose a certificate and type a code."""
        async with asyncio.timeout(hello):
            await self._feed()
        async with asyncio.timeout(rest):
            await self._drive(self._tls.do_handshake)
        if not self._admits(self.certificates()):
            raise ConnectionAbortedError("not a client that is admitted here")

    async def write(self, octets: bytes) -> None:
        """All of it: with memory buffers OpenSSL takes everything at once, in records of its own."""
        view = memoryview(octets)
        while view:
            sent = await self._drive(lambda view=view: self._tls.send(view))  # type: ignore[misc]
            view = view[sent:]

    async def close(self) -> None:
        with suppress(SSL.Error):
            self._tls.shutdown()
        await self._flush()

    def certificates(self) -> tuple[bytes, ...]:
        """The client's own first; on the server's side OpenSSL keeps it apart from the rest of the chain. They are those of the
        handshake, and there is no second one.
        """
        if self._certificates is None:
            own = self._tls.get_peer_certificate(as_cryptography=True)
            rest = self._tls.get_peer_cert_chain(as_cryptography=True) or []
            self._certificates = tuple(each.public_bytes(Encoding.DER) for each in (own, *rest)) if own else ()
        return self._certificates

    async def _read(self) -> bytes:
        try:
            return await self._drive(lambda: self._tls.recv(CHUNK))
        except SSL.ZeroReturnError as error:
            raise ConnectionResetError("closed by the client") from error

    async def _drive(self, operation: Callable[[], _Result]) -> _Result:
        while True:
            try:
                result = operation()
            except SSL.WantReadError:
                await self._flush()
                await self._feed()
            except SSL.Error:
                await self._flush()  # the alert
                raise
            else:
                await self._flush()
                return result

    async def _feed(self) -> None:
        self._tls.bio_write(await Plain._read(self))  # noqa: SLF001  # the bytes below TLS

    async def _flush(self) -> None:
        with suppress(SSL.WantReadError):
            while True:
                self._writer.write(self._tls.bio_read(CHUNK))
        await self._writer.drain()


def server_context(cert_path: Path, key_path: Path) -> SSL.Context:
    """TLS 1.2 and 1.3, asking for a client certificate and taking any or none. Raises SSL.Error for unusable files."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(CIPHERS)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.use_certificate_chain_file(str(cert_path))
    context.use_privatekey_file(str(key_path))
    context.check_privatekey()
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    return context


def pinned(path: Path) -> Callable[[tuple[bytes, ...]], bool]:
    """Whether a connection's first certificate is one of those in the PEM file. Raises ValueError when it holds none."""
    admitted = {each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(path.read_bytes())}
    return lambda presented: bool(presented) and presented[0] in admitted
