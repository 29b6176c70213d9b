"""Connections that the egress client makes: to an address that was judged, under one deadline and one budget of bytes.

Owns name resolution, the sockets and TLS. Which addresses are allowed is passed in; what is asked and answered belongs to
`metadata.wire.egress`. A socket timeout alone would let a peer that sends a byte a second hold a call for hours, so the
sockets here look at the deadline before each read.
"""

import logging
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from metadata.wire.addresses import IpAddress, Target

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# Its warning about odd headers quotes the whole URL, and a query may hold secrets.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

Resolve = Callable[[str, int], Sequence[str]]
MAXIMUM_ADDRESSES = 4


class NotAllowed(Exception):
    """The name leads to an address that may not be reached."""


class TooMuch(Exception):
    """The answer is larger than allowed, or packed."""


class BadTlsIdentity(Exception):
    """The certificate, key or CA cannot be used."""


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """Who we are towards one peer, and whom we believe: PEM bytes. With `ca` only that CA counts, not the system's."""

    certificate: bytes | None = None
    private_key: bytes | None = field(default=None, repr=False)
    ca: bytes | None = None

    @classmethod
    def read(
        cls, certificate: Path | None = None, private_key: Path | None = None, ca: Path | None = None
    ) -> "TlsIdentity":
        """From files, read once."""
        return cls(*(None if path is None else path.read_bytes() for path in (certificate, private_key, ca)))


def tls_context(tls: TlsIdentity | None, ca_file: str | None) -> ssl.SSLContext:
    """A client context: TLS 1.2 or later, names checked. Raises BadTlsIdentity."""
    tls = tls or TlsIdentity()
    try:
        context = ssl.create_default_context(cadata=None if tls.ca is None else tls.ca.decode("ascii"))
        if ca_file is not None and tls.ca is None:
            context.load_verify_locations(cafile=ca_file)
        if tls.certificate is not None:
            _load_identity(context, tls.certificate + b"\n" + (tls.private_key or b""))
    except (OSError, ValueError) as error:
        raise BadTlsIdentity("unusable certificate, key or CA") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _DeadlineTlsSocket
    return context


def _load_identity(context: ssl.SSLContext, pem: bytes) -> None:
    """OpenSSL wants a file; this one has no name and lives in memory, so the key touches no disk."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Lookups:
    """Name resolution that keeps a deadline: the system's call does not, and may take half a minute."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._process = os.getpid()
        self._threads = _threads()

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """Raises TimeoutError, and OSError for a name that leads nowhere."""
        if self._process != os.getpid():  # threads do not survive a fork
            self._process, self._threads = os.getpid(), _threads()
        try:
            return self._threads.submit(self._resolve, host, port).result(timeout=seconds)
        except UnicodeError as error:
            raise OSError("name") from error


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="lookup")


@dataclass(slots=True)
class Limits:
    """What is left of one call: its deadline on `clock`, and the bytes that may still come."""

    clock: Callable[[], float]
    deadline: float = 0.0
    budget: int = 0

    def left(self) -> float:
        """Seconds, more than none. Raises TimeoutError."""
        seconds = self.deadline - self.clock()
        if seconds <= 0:
            raise TimeoutError("deadline")
        return seconds

    def received(self, count: int) -> int:
        """`count`, taken from the budget. Raises TooMuch."""
        self.budget -= count
        if self.budget < 0:
            raise TooMuch("too long")
        return count


class _DeadlineSocket(socket.socket):
    limits: Limits

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.limits.left())
        return self.limits.received(super().recv_into(buffer, nbytes, flags))

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        self.settimeout(self.limits.left())
        super().sendall(data, flags)


class _DeadlineTlsSocket(ssl.SSLSocket):
    limits: Limits

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.limits.left())
        return self.limits.received(super().recv_into(buffer, nbytes, flags))

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:  # sendall of TLS is a loop over this
        self.settimeout(self.limits.left())
        return super().send(data, flags)


class Connection(HTTPConnection):
    """A connection to one origin that resolves the name itself, once, and connects to what was judged."""

    def __init__(
        self,
        target: Target,
        *,
        lookups: Lookups,
        allowed: Callable[[IpAddress], bool],
        clock: Callable[[], float],
        **options: Any,
    ) -> None:
        super().__init__(target.host, target.port, **options)
        self._target = target
        self._lookups = lookups
        self._allowed = allowed
        self._limits = Limits(clock)

    def arm(self, deadline: float, budget: int) -> None:
        """Set the limits of the next call. Raises TimeoutError when it is over before it begins."""
        self._limits.deadline, self._limits.budget = deadline, budget
        self.timeout = self._limits.left()

    def connect(self) -> None:
        super().connect()
        self.timeout = self._limits.left()
        if isinstance(self.sock, _DeadlineTlsSocket):
            self.sock.limits = self._limits

    def _new_conn(self) -> socket.socket:
        addresses = self._judged()
        failure: OSError = OSError("no address")
        for tried, address in enumerate(addresses):
            try:
                return self._connected(address, self._limits.left() / (len(addresses) - tried))
            except OSError as error:
                failure = error
        raise failure

    def _judged(self) -> Sequence[IpAddress]:
        """Every address of the name must be allowed: a name that leads inside as well is no accident."""
        if self._target.literal is not None:
            return (self._target.literal,)
        found = self._lookups.addresses(self._target.host, self._target.port, self._limits.left())
        addresses = [ip_address(each) for each in found]
        if not all(self._allowed(each) for each in addresses):
            raise NotAllowed
        return addresses[:MAXIMUM_ADDRESSES]

    def _connected(self, address: IpAddress, seconds: float) -> socket.socket:
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004  # IPv6
        sock = _DeadlineSocket(family, socket.SOCK_STREAM)
        sock.limits = self._limits
        try:
            sock.settimeout(seconds)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect((str(address), self._target.port))
            sock.settimeout(self._limits.left())
        except BaseException:
            sock.close()
            raise
        return sock


class TlsConnection(Connection, HTTPSConnection):
    """The same over TLS: the name of the URL is the name in SNI and in the certificate, whatever the address."""
