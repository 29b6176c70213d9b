"""The contracts' listener over real TLS and behind a proxy: connections that live on, bodies of both lengths, and limits."""

import base64
import socket
import ssl
import threading
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.exchange import Reply
from broker.web import rivta_listener as module
from broker.web.card_http import BadHead, any_head
from broker.web.listener import Limits
from broker.web.rivta_http import CHUNKED, length_of
from broker.web.rivta_listener import serve_rivta, serve_rivta_behind_proxy, serve_rivta_behind_tls_proxy
from broker.web.rivta_tls import VerifyingContext
from tests.support import pki
from tests.support.card_client import over_unix, read_answer

QUICK = Limits(workers=2, hello=0.5, handshake=1.0, head=0.5, land=1.0, write=1.0)
HSA = "SE2321000016-JOURNAL"


def verifying(files, lists=None):
    return VerifyingContext(files / "cert.pem", files / "key.pem", files / "ca.pem", lists)


class Serving:
    """Stands for the contracts: notes what came and repeats the body."""

    def __init__(self):
        self.calls, self.error, self.hold = [], None, threading.Event()
        self.hold.set()

    def __call__(self, request, certificates):
        self.calls.append((request, certificates))
        self.hold.wait(3)
        if self.error:
            raise self.error
        return Reply(200, (("Content-Type", "text/plain"),), request.body)


def health(path):
    return Reply(200 if path == "/healthz" else 503, (), path.encode())


@pytest.fixture(scope="module")
def root():
    return pki.Authority.root("Test Function Root")


@pytest.fixture(scope="module")
def client(root):
    return root.leaf("journal.example", serial_number=HSA)


@pytest.fixture(scope="module")
def files(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    server = root.server("localhost")
    for name, octets in {"cert.pem": server.pem, "key.pem": server.key_pem, "ca.pem": root.pem}.items():
        (folder / name).write_bytes(octets)
    return folder


@pytest.fixture(scope="module")
def running(files):
    serving = Serving()
    listener = serve_rivta("127.0.0.1:0", verifying(files), serving, health, limits=QUICK)
    listener.start()
    yield listener, serving
    listener.stop()


@pytest.fixture
def serving(running):
    running[1].calls.clear()
    running[1].error = None
    return running[1]


@pytest.fixture
def connect(running, files, client):
    opened = []

    def make(issued=client):
        context = ssl.create_default_context(cafile=files / "ca.pem")
        path = files / f"{issued.certificate.serial_number}.pem"
        path.write_bytes(issued.pem + issued.key_pem)
        context.load_cert_chain(path)
        plain = socket.create_connection(("127.0.0.1", running[0].port), timeout=5)
        tls = context.wrap_socket(plain, server_hostname="localhost")
        opened.append(tls)
        return tls

    yield make
    for each in opened:
        each.close()


def post(body=b"", *fields, length=True):
    head = ["POST /rivta/X/1 HTTP/1.1", "Host: x", *([f"Content-Length: {len(body)}"] if length else []), *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


def answer(tls):
    """One answer on a connection that stays open."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += received(tls)
    found = read_answer(got)
    while len(found.body) < int(found.headers["content-length"]):
        got += received(tls)
        found = read_answer(got)
    return found


def received(tls):
    octets = tls.recv(65536)
    if not octets:
        raise ConnectionResetError
    return octets


def is_over(tls):
    return tls.recv(10) == b""


def test_calls_follow_one_another_on_one_connection(connect, serving, client):
    tls = connect()
    for number in range(3):
        tls.sendall(post(b"call %d" % number))
        found = answer(tls)
        assert (found.status, found.body) == (200, b"call %d" % number)
        assert "connection" not in found.headers
        assert found.headers["cache-control"] == "no-store"
    assert {certificates[0] for _, certificates in serving.calls} == {client.der}
    assert [request.remote for request, _ in serving.calls] == ["127.0.0.1"] * 3


def test_calls_sent_at_once_are_answered_in_order(connect, serving):
    tls = connect()
    tls.sendall(post(b"one") + post(b"two") + post(b"three", "Connection: close"))
    got = b""
    while octets := tls.recv(65536):
        got += octets
    assert [part[-5:].strip() for part in (got.split(b"HTTP/1.1 200 OK")[1:])] == [b"one", b"two", b"three"]
    assert len(serving.calls) == 3


def chunks(*parts, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def test_a_body_in_chunks_is_put_together(connect, serving):
    tls = connect()
    head = post(b"", "Transfer-Encoding: chunked", length=False)
    tls.sendall(head + chunks(b"abc", b"d" * 40_000, b"e"))
    assert answer(tls).body == b"abc" + b"d" * 40_000 + b"e"
    tls.sendall(head + b"3;name=value\r\nabc\r\n" + b"0\r\nTrailer: x\r\n\r\n")
    assert answer(tls).body == b"abc"
    assert len(serving.calls) == 2


def test_a_client_that_waits_for_a_word_gets_it(connect):
    tls = connect()
    whole = post(b"hello", "Expect: 100-continue")
    tls.sendall(whole[:-5])
    assert tls.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    tls.sendall(b"hello")
    assert answer(tls).body == b"hello"


CHUNKED_HEAD = ("Transfer-Encoding: chunked",)
BAD = {
    "a length that is too long": (post(b"", f"Content-Length: {9 * 1024 * 1024}", length=False), 413),
    "chunks that are too long": (post(b"", *CHUNKED_HEAD, length=False) + b"fffffff\r\n", 413),
    "a length that is no number": (post(b"", "Content-Length: +5", length=False), 400),
    "a length below nothing": (post(b"", "Content-Length: -1", length=False), 400),
    "a list of lengths": (post(b"", "Content-Length: 5, 5", length=False), 400),
    "two lengths": (post(b"", "Content-Length: 5", "Content-Length: 5", length=False), 400),
    "a length and chunks": (post(b"", "Content-Length: 5", *CHUNKED_HEAD, length=False), 400),
    "another coding": (post(b"", "Transfer-Encoding: gzip, chunked", length=False), 400),
    "two codings": (post(b"", *CHUNKED_HEAD, *CHUNKED_HEAD, length=False), 400),
    "a chunk of no length": (post(b"", *CHUNKED_HEAD, length=False) + b"\r\n", 400),
    "a chunk of a signed length": (post(b"", *CHUNKED_HEAD, length=False) + b"-3\r\nabc\r\n", 400),
    "a chunk that goes on": (post(b"", *CHUNKED_HEAD, length=False) + b"3\r\nabcd\r\n", 400),
    "a chunk's line without end": (post(b"", *CHUNKED_HEAD, length=False) + b"3" * 600, 431),
    "trailers without end": (post(b"", *CHUNKED_HEAD, length=False) + b"0\r\n" + b"A: b\r\n" * 30, 431),
    "no host": (b"POST /rivta/X/1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
    "a certificate in a header": (post(b"", "X-Tillit-Client-Cert: MIIB"), 400),
    "no HTTP": (b"EHLO journal\r\n\r\n", 400),
    "a head without end": (b"POST /" + b"x" * 20_000, 431),
}


@pytest.mark.parametrize("what", BAD)
def test_a_request_that_two_readers_could_read_differently_ends_the_connection(connect, serving, what):
    octets, status = BAD[what]
    tls = connect()
    tls.sendall(octets)
    got = b""
    while chunk := tls.recv(65536):
        got += chunk
    found = read_answer(got)
    assert (found.status, found.headers["connection"], serving.calls) == (status, "close", [])


def test_a_body_that_does_not_come_ends_the_connection(connect, serving, monkeypatch):
    monkeypatch.setattr(module, "BODY", 0.2)
    tls = connect()
    tls.sendall(post(b"", "Content-Length: 5", length=False) + b"abc")
    assert is_over(tls)
    assert serving.calls == []


def test_a_connection_that_is_not_used_is_let_go_of(connect, monkeypatch):
    monkeypatch.setattr(module, "IDLE", 0.2)
    tls = connect()
    tls.sendall(post(b"x"))
    assert answer(tls).status == 200
    assert is_over(tls)


def test_a_connection_is_renewed_after_so_many_calls(connect, monkeypatch):
    monkeypatch.setattr(module, "MOST_CALLS", 2)
    tls = connect()
    tls.sendall(post(b"x"))
    assert "connection" not in answer(tls).headers
    tls.sendall(post(b"x"))
    assert answer(tls).headers["connection"] == "close"
    assert is_over(tls)


def test_a_connection_is_renewed_after_so_long(connect, monkeypatch):
    monkeypatch.setattr(module, "OLDEST", -1.0)
    tls = connect()
    tls.sendall(post(b"x"))
    assert answer(tls).headers["connection"] == "close"


def test_more_than_can_be_held_is_refused_at_once(connect, serving, monkeypatch):
    monkeypatch.setattr(module, "MOST_HELD", 10)
    tls = connect()
    tls.sendall(post(b"x" * 11))
    assert answer(tls).status == 503
    tls = connect()
    tls.sendall(post(b"x" * 9))
    assert answer(tls).status == 200


def test_a_call_that_fails_or_hangs_says_no_more_than_that(connect, serving):
    serving.error = RuntimeError("secret")
    tls = connect()
    tls.sendall(post(b"x"))
    found = answer(tls)
    assert (found.status, b"secret" in found.body) == (500, False)
    serving.error = None
    serving.hold.clear()
    tls.sendall(post(b"x"))
    assert answer(tls).status == 503
    serving.hold.set()


def test_health_is_told_to_whoever_may_connect(connect):
    tls = connect()
    tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer(tls).status == 200


def test_a_head_is_told_of_a_body_and_not_given_it(connect):
    tls = connect()
    tls.sendall(
        b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    got = b""
    while octets := tls.recv(65536):
        got += octets
    first, second = got.split(b"HTTP/1.1 200 OK")[1:]
    assert b"Content-Length: 8" in first
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(b"/healthz")


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_whatever_a_head_says_its_length_is_known_or_refused(noise):
    octets = b"POST /x HTTP/1.1\r\nHost: x\r\n" + noise
    with suppress(BadHead):
        found = length_of(any_head(octets), 100)
        assert found == CHUNKED or 0 <= found <= 100


# --- behind a proxy


def escaped(der):
    return ssl.DER_cert_to_PEM_cert(der).replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B")


def proxied(der=None, verify="SUCCESS", body=b"x"):
    said = [f"X-Tillit-Client-Cert: {escaped(der)}"] if der else []
    return post(body, *said, f"X-Tillit-Client-Verify: {verify}", "X-Forwarded-For: 192.0.2.7", "Connection: close")


def test_the_proxys_word_on_a_unix_socket_is_what_it_verified(tmp_path, client):
    serving = Serving()
    listener = serve_rivta_behind_proxy(tmp_path / "rivta.sock", serving, health, limits=QUICK)
    listener.start()
    try:
        assert over_unix(tmp_path / "rivta.sock", proxied(client.der)).status == 200
        assert over_unix(tmp_path / "rivta.sock", proxied(client.der, "FAILED:expired")).status == 200
        assert over_unix(tmp_path / "rivta.sock", proxied(verify="NONE")).status == 200
        assert over_unix(tmp_path / "rivta.sock", post(b"x", "Connection: close")).status == 400
        assert (
            over_unix(tmp_path / "rivta.sock", b"GET /healthz HTTP/1.0\r\nHost: x\r\nConnection: close\r\n\r\n").status
            == 200
        )
    finally:
        listener.stop()
    assert [certificates for _, certificates in serving.calls] == [(client.der,), (), ()]
    assert {request.remote for request, _ in serving.calls} == {"192.0.2.7"}


def test_over_tls_only_the_pinned_proxy_is_heard(root, files, client, tmp_path):
    proxy, serving = root.leaf("proxy.test"), Serving()
    (tmp_path / "pins.pem").write_bytes(proxy.pem)
    listener = serve_rivta_behind_tls_proxy(
        "127.0.0.1:0", files / "cert.pem", files / "key.pem", tmp_path / "pins.pem", serving, health, limits=QUICK
    )
    listener.start()

    def over(issued):
        context = ssl.create_default_context(cafile=files / "ca.pem")
        (tmp_path / "c.pem").write_bytes(issued.pem + issued.key_pem)
        context.load_cert_chain(tmp_path / "c.pem")
        with (
            socket.create_connection(("127.0.0.1", listener.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(proxied(client.der))
            return answer(tls).status

    try:
        assert over(proxy) == 200
        with pytest.raises((ConnectionError, ssl.SSLError)):
            over(client)
    finally:
        listener.stop()
    assert [certificates for _, certificates in serving.calls] == [(client.der,)]


# --- certificates that were revoked


def pem(der):
    text = base64.b64encode(der).decode()
    return f"-----BEGIN X509 CRL-----\n{text}\n-----END X509 CRL-----\n".encode()


@pytest.fixture
def listed(files, tmp_path, root):
    """A listener with lists; what is let in by it."""
    lists = tmp_path / "lists.pem"
    lists.write_bytes(pem(root.crl()))
    listener = serve_rivta("127.0.0.1:0", verifying(files, lists), Serving(), health, limits=QUICK)
    listener.start()

    def lets_in(issued):
        context = ssl.create_default_context(cafile=files / "ca.pem")
        (tmp_path / "c.pem").write_bytes(issued.pem + issued.key_pem)
        context.load_cert_chain(tmp_path / "c.pem")
        with (
            suppress(ConnectionError, ssl.SSLError),
            socket.create_connection(("127.0.0.1", listener.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(post(b"x", "Connection: close"))
            return answer(tls).status == 200
        return False

    yield lists, lets_in
    listener.stop()


def test_a_certificate_that_was_revoked_is_let_in_no_more(listed, root, client):
    lists, lets_in = listed
    stolen = root.leaf("journal.example", serial_number=HSA)
    assert (lets_in(stolen), lets_in(client)) == (True, True)
    lists.write_bytes(pem(root.crl(stolen.certificate.serial_number)))
    assert (lets_in(stolen), lets_in(client)) == (False, True)


def test_a_list_that_cannot_be_read_leaves_the_one_before(listed, root, client, caplog):
    lists, lets_in = listed
    stolen = root.leaf("journal.example", serial_number=HSA)
    lists.write_bytes(pem(root.crl(stolen.certificate.serial_number)))
    assert not lets_in(stolen)
    for rubbish in (b"", b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n"):
        lists.write_bytes(rubbish)
        assert (lets_in(stolen), lets_in(client)) == (False, True)
    lists.unlink()
    assert (lets_in(stolen), lets_in(client)) == (False, True)
    assert "cannot be read" in caplog.text


def test_a_list_that_is_old_or_another_cas_lets_nobody_in(listed, root, client):
    lists, lets_in = listed
    lists.write_bytes(pem(root.crl(this_update=pki.NOW - 9 * pki.DAY, next_update=pki.NOW - pki.DAY)))
    assert not lets_in(client)
    lists.write_bytes(pem(pki.Authority.root("Some Other Root").crl()))
    assert not lets_in(client)
    lists.write_bytes(pem(root.crl()))
    assert lets_in(client)


def test_lists_that_cannot_be_read_are_an_error_at_the_start(files, tmp_path):
    (tmp_path / "lists.pem").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="no list"):
        verifying(files, tmp_path / "lists.pem")
    with pytest.raises(FileNotFoundError):
        verifying(files, tmp_path / "missing.pem")
