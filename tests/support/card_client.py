"""A browser's side of the card listener: real TLS from the standard library, one request, the whole answer."""

import socket
import ssl
from dataclasses import dataclass

TIMEOUT = 10


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes


def tls_context(ca, card=None, directory=None, *, version=None) -> ssl.SSLContext:
    """Trusts the test CA. `card` has `pem()` and `key_pem()`."""
    context = ssl.create_default_context(cafile=ca.root_path)
    if version:
        context.minimum_version = context.maximum_version = version
    if card is not None:
        path = directory / f"client-{id(card)}.pem"
        path.write_bytes(card.pem() + card.key_pem())
        context.load_cert_chain(path)
    return context


def request_bytes(path, *fields, method="GET", host="localhost") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode("latin-1")


def exchange(connection, octets) -> Answer:
    """Send, read to the end, take the answer apart."""
    connection.sendall(octets)
    got = b""
    while chunk := connection.recv(65536):
        got += chunk
    return read_answer(got)


def read_answer(got: bytes) -> Answer:
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), headers, body)


def over_tls(port, context, octets, *, server_name="localhost") -> Answer:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=server_name) as tls,
    ):
        return exchange(tls, octets)


def over_unix(path, octets) -> Answer:
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(TIMEOUT)
        plain.connect(str(path))
        return exchange(plain, octets)
