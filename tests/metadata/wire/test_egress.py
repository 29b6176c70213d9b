"""The only way out, over real sockets and TLS: what is asked, what comes back, how it fails, what is kept."""

import itertools
import logging
import os
import socket
import threading
import time

import pytest

from metadata.wire.connections import Limits, Lookups, TooMuch, system_addresses
from metadata.wire.egress import (
    PURPOSES,
    Egress,
    EgressFailed,
    EgressPolicy,
    EgressRefused,
    Outbound,
    Purpose,
    TlsIdentity,
)
from tests.support.egress import reply, serving
from tests.support.pki import Authority

ROOT = Authority.root()
OTHER_ROOT = Authority.root("Another Root")
SERVER = ROOT.server("127.0.0.1", "localhost")
QUICK = {
    "default": Purpose("default", seconds=20, max_bytes=1000, schemes=("https", "http")),
    "short": Purpose("short", seconds=0.6, max_bytes=1000, schemes=("https", "http")),
    "long": Purpose("long", seconds=20, max_bytes=300_000, schemes=("https", "http")),
}


@pytest.fixture
def ca_file(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.pem)
    return str(path)


@pytest.fixture
def client(ca_file):
    egress = Egress(EgressPolicy(loopback=True, ca_file=ca_file, failures=3), purposes=QUICK)
    yield egress
    egress.close()


def get(url, **more):
    return Outbound("GET", url, **more)


def failure(egress, outbound):
    with pytest.raises(EgressFailed) as caught:
        egress.fetch(outbound)
    return caught.value.reason


def test_a_call_over_tls_brings_the_answer(client):
    with serving(reply(b"hello", "201 Created", "X-A: 1", "x-a: 2", "Set-Cookie: a=b"), SERVER) as server:
        answer = client.fetch(Outbound("POST", server.url("/x?y=1"), {"content-type": "text/plain"}, b"body"))
    assert (answer.status, answer.body, answer.headers["x-a"]) == (201, b"hello", "1, 2")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert body == b"body"
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert b"identity" in head
    assert b"gzip" not in head


def test_the_connection_is_kept_and_no_cookie_with_it(client):
    with serving(reply(b"x", "200 OK", "Set-Cookie: a=b"), SERVER) as server:
        for _ in range(3):
            client.fetch(get(server.url()))
    assert server.connections == 1
    assert not any(b"ookie" in request for request in server.requests)


def test_a_kept_connection_that_the_peer_closed_is_replaced(client):
    def answer_and_close(sock, request):
        reply()(sock, request)
        sock.shutdown(socket.SHUT_RDWR)

    with serving(answer_and_close) as server:
        for _ in range(3):
            assert client.fetch(get(server.url())).body == b"ok"
            time.sleep(0.02)
    assert server.connections == 3


def closes_the_second_time():
    turns = itertools.count()

    def talk(sock, request):
        if next(turns) == 1:
            sock.shutdown(socket.SHUT_RDWR)
        else:
            reply()(sock, request)

    return talk


def test_a_get_whose_kept_connection_dies_under_it_is_tried_once_more(client):
    with serving(closes_the_second_time()) as server:
        assert [client.fetch(get(server.url())).body for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 2


@pytest.mark.spec("RFC 9110", "9.2.2")
def test_a_post_is_never_sent_twice(client):
    with serving(closes_the_second_time()) as server:
        client.fetch(Outbound("POST", server.url(), body=b"1"))
        assert failure(client, Outbound("POST", server.url(), body=b"2")) in {"answer", "network"}
    assert len(server.requests) == 2


def test_an_answer_that_ends_the_connection_is_read_and_nothing_kept(client):
    def talk(sock, _request):
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
        sock.shutdown(socket.SHUT_RDWR)

    with serving(talk, SERVER) as server:
        assert client.fetch(get(server.url())).body == b"all of it"
        assert client.fetch(get(server.url())).body == b"all of it"
    assert server.connections == 2


def test_chunked_answers_are_read(client):
    with serving(
        lambda s, _: s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    ) as server:
        assert client.fetch(get(server.url())).body == b"abc"


def test_an_answer_can_be_read_piece_by_piece(client):
    with serving(reply(b"z" * 200_000), SERVER) as server:
        with client.stream(get(server.url(), purpose="long")) as answer:
            sizes = [len(chunk) for chunk in answer.chunks]
        assert sum(sizes) == 200_000
        assert max(sizes) <= 65536
        with client.stream(get(server.url(), purpose="long")) as answer:
            assert answer.status == 200  # and the rest left unread
        client.fetch(get(server.url(), purpose="long"))
    assert server.connections == 2


# TLS


def test_a_server_of_an_unknown_ca_is_refused():
    with serving(reply(), SERVER) as server:
        assert failure(Egress(EgressPolicy(loopback=True)), get(server.url())) == "tls"
    assert not server.requests


def test_a_server_with_another_name_is_refused(client):
    with serving(reply(), ROOT.server("elsewhere.example")) as server:
        assert failure(client, get(server.url())) == "tls"


def test_with_a_ca_of_its_own_a_call_believes_no_other(client):
    with serving(reply(), SERVER) as server:
        assert client.fetch(get(server.url(), tls=TlsIdentity(ca=ROOT.pem))).body == b"ok"
        assert failure(client, get(server.url(), tls=TlsIdentity(ca=OTHER_ROOT.pem))) == "tls"


def test_a_client_certificate_is_shown_to_the_peer_it_is_for_and_to_no_other(client, tmp_path):
    me = ROOT.leaf("tillit")
    for name, content in (("c", me.pem), ("k", me.key_pem), ("ca", ROOT.pem)):
        (tmp_path / name).write_bytes(content)
    from_files = TlsIdentity.read(tmp_path / "c", tmp_path / "k", tmp_path / "ca")
    assert from_files == TlsIdentity(me.pem, me.key_pem, ROOT.pem)
    with serving(reply(), SERVER, client_ca=ROOT.pem) as server:
        assert client.fetch(get(server.url(), tls=from_files)).body == b"ok"
        assert failure(client, get(server.url())) in {"tls", "network", "answer"}
    assert server.peers[0]["subject"] == ((("commonName", "tillit"),),)


@pytest.mark.parametrize(
    "identity",
    [
        TlsIdentity(certificate=b"no certificate"),
        TlsIdentity(certificate=ROOT.leaf().pem),
        TlsIdentity(certificate=ROOT.leaf().pem, private_key=ROOT.leaf().key_pem),
        TlsIdentity(ca=b"no CA"),
        TlsIdentity(ca="é".encode()),
    ],
)
def test_an_identity_that_does_not_hold_is_refused_before_the_call(client, identity):
    with pytest.raises(EgressRefused, match="tls identity"):
        client.fetch(get("https://127.0.0.1:9/", tls=identity))


def test_an_identity_does_not_show_its_key():
    assert "secret" not in repr(TlsIdentity(b"c", b"secret"))


def test_a_server_that_only_speaks_old_tls_is_refused(client):
    import ssl

    context = client._context(None)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


# limits


def drip(piece, pause=0.05):
    def talk(sock, _request):
        for _ in range(200):
            sock.sendall(piece)
            time.sleep(pause)

    return talk


def first_then(head, then):
    def talk(sock, request):
        sock.sendall(head)
        then(sock, request)

    return talk


def endless(piece):
    def talk(sock, _request):
        for _ in range(5000):
            sock.sendall(piece)

    return talk


OK_HEAD = b"HTTP/1.1 200 OK\r\n"
LIMITS = {
    "a header dripped": (first_then(OK_HEAD, drip(b"X: y\r\n")), "timeout"),
    "a status line dripped": (drip(b"H"), "timeout"),
    "a body dripped": (first_then(OK_HEAD + b"Content-Length: 900\r\n\r\n", drip(b"x")), "timeout"),
    "chunks dripped": (first_then(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", drip(b"1\r\nx\r\n")), "timeout"),
    "nothing at all": (lambda *_: time.sleep(1.2), "timeout"),
    "an endless body": (first_then(OK_HEAD + b"\r\n", endless(b"x" * 4096)), "too long"),
    "endless chunks": (
        first_then(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", endless(b"1000\r\n" + b"x" * 4096 + b"\r\n")),
        "too long",
    ),
    "endless headers": (first_then(OK_HEAD, endless(b"X: " + b"y" * 1000 + b"\r\n")), None),
    "endless 100 Continue": (endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 40), "too long"),
    "a length that is announced and too long": (
        lambda s, _: s.sendall(OK_HEAD + b"Content-Length: 1001\r\n\r\n"),
        "too long",
    ),
    "a length that is no number": (lambda s, _: s.sendall(OK_HEAD + b"Content-Length: -1\r\n\r\n"), "too long"),
    "a packed body": (reply(b"x", "200 OK", "Content-Encoding: gzip"), "compressed"),
    "a body cut short": (
        first_then(OK_HEAD + b"Content-Length: 900\r\n\r\nxx", lambda s, _: s.shutdown(socket.SHUT_RDWR)),
        "answer",
    ),
    "no HTTP": (lambda s, _: s.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "answer"),
    "hung up": (lambda s, _: s.shutdown(socket.SHUT_RDWR), None),
}


@pytest.mark.parametrize("tls", [None, SERVER], ids=["http", "https"])
@pytest.mark.parametrize("name", LIMITS)
def test_an_answer_past_the_limits_ends_the_call(client, name, tls):
    talk, reason = LIMITS[name]
    with serving(talk, tls) as server:
        found = failure(client, get(server.url(), purpose="short" if reason == "timeout" else "default"))
    assert found == reason or (reason is None and found in {"answer", "network", "too long"})


def test_a_body_of_just_the_limit_passes_and_of_one_byte_more_does_not(client):
    for size, wanted in ((1000, 1000), (1001, None)):
        with serving(first_then(OK_HEAD + b"\r\n" + b"x" * size, lambda s, _: s.shutdown(socket.SHUT_RDWR))) as server:
            if wanted:
                assert len(client.fetch(get(server.url())).body) == wanted
            else:
                assert failure(client, get(server.url())) == "too long"


def test_a_name_that_takes_too_long_is_given_up(ca_file):
    released = threading.Event()
    egress = Egress(EgressPolicy(loopback=True), resolve=lambda *_: released.wait(10) or [], purposes=QUICK)
    try:
        assert failure(egress, get("https://slow.example/", purpose="short")) == "timeout"
    finally:
        released.set()


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label")])
def test_a_name_that_leads_nowhere_is_a_failure(error):
    def resolve(*_):
        raise error

    assert failure(Egress(resolve=resolve), get("https://nowhere.example/")) == "network"


def test_a_name_without_addresses_is_a_failure():
    assert failure(Egress(resolve=lambda *_: []), get("https://nowhere.example/")) == "network"


def test_the_next_address_is_tried_when_the_first_is_dead(client):
    client._lookups = Lookups(lambda *_: ["::1", "127.0.0.1"])
    with serving(reply(), SERVER) as server:
        server.host = "localhost"
        assert client.fetch(get(server.url())).body == b"ok"


def test_the_system_resolves_names():
    assert "127.0.0.1" in system_addresses("localhost", 443)


def test_lookups_work_again_after_a_fork():
    lookups = Lookups(lambda *_: ["192.0.2.1"])
    lookups._process = os.getpid() - 1
    lookups._threads.shutdown()
    assert lookups.addresses("a", 1, 5) == ["192.0.2.1"]


def test_the_limits_of_a_call_run_out():
    limits = Limits(lambda: 10.0, deadline=10.0, budget=5)
    with pytest.raises(TimeoutError):
        limits.left()
    assert limits.received(5) == 5
    with pytest.raises(TooMuch):
        limits.received(1)


def test_the_purposes_are_those_of_the_design():
    rows = {row.name: (row.max_bytes, row.schemes) for row in PURPOSES.values()}
    assert rows == {
        "default": (512 * 1024, ("https",)),
        "reach": (512 * 1024, ("https",)),
        "ocsp": (64 * 1024, ("https", "http")),
        "crl": (20 * 1024 * 1024, ("https", "http")),
        "federation": (256 * 1024, ("https",)),
        "care": (32 * 1024 * 1024, ("https",)),
        "aggregate": (150 * 1024 * 1024, ("https",)),
    }


# the breaker and the bulkhead


def test_after_failures_a_peer_rests_and_then_one_call_tries(ca_file):
    now = [0.0]
    egress = Egress(EgressPolicy(loopback=True, failures=2, rest=30), clock=lambda: now[0], purposes=QUICK)
    with serving(lambda s, _: s.shutdown(socket.SHUT_RDWR)) as server:
        for _ in range(2):
            assert failure(egress, get(server.url())) != "resting after failures"
        assert failure(egress, get(server.url())) == "resting after failures"
        seen = server.connections
        now[0] = 30.0
        assert failure(egress, get(server.url())) != "resting after failures"
        assert failure(egress, get(server.url())) == "resting after failures"
        assert server.connections == seen + 1


def test_a_peer_that_has_come_back_is_trusted_again():
    now, well = [0.0], []
    egress = Egress(EgressPolicy(loopback=True, failures=2, rest=30), clock=lambda: now[0], purposes=QUICK)
    with serving(lambda s, r: reply()(s, r) if well else s.shutdown(socket.SHUT_RDWR)) as server:
        for _ in range(2):
            failure(egress, get(server.url()))
        well.append(True)
        now[0] = 31.0
        for _ in range(3):
            assert egress.fetch(get(server.url())).body == b"ok"
    egress.close()


def test_an_error_of_the_peers_own_is_an_answer_and_no_failure(client):
    with serving(reply(b"", "503 Service Unavailable"), SERVER) as server:
        assert {client.fetch(get(server.url())).status for _ in range(6)} == {503}


def test_no_more_than_the_allowed_calls_run_at_once():
    egress = Egress(EgressPolicy(loopback=True, concurrent=2), purposes=QUICK)
    go, inside = threading.Event(), threading.Semaphore(0)

    def talk(sock, request):
        inside.release()
        go.wait(10)
        reply()(sock, request)

    with serving(talk) as server:
        outbound = get(server.url(), purpose="long")
        calls = [threading.Thread(target=egress.fetch, args=(outbound,)) for _ in range(2)]
        for call in calls:
            call.start()
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)
        assert failure(egress, outbound) == "too many calls at once"
        go.set()
        for call in calls:
            call.join(10)
        assert egress.fetch(outbound).body == b"ok"
    egress.close()


def test_only_a_few_connections_are_kept():
    egress = Egress(EgressPolicy(loopback=True, kept=0), purposes=QUICK)
    with serving(reply()) as server:
        for _ in range(2):
            egress.fetch(get(server.url()))
    assert server.connections == 2


def test_the_number_of_remembered_peers_is_bounded():
    egress = Egress(EgressPolicy(loopback=True, origins=2), purposes=QUICK)
    with serving(reply()) as one, serving(reply()) as two, serving(reply()) as three:
        for server in (one, two, three, one):
            egress.fetch(get(server.url()))
        assert len(egress._origins) == 2
        with egress.stream(get(two.url())) as answer:
            egress.fetch(get(one.url()))
            egress.fetch(get(three.url()))
            assert b"".join(answer.chunks) == b"ok"
        egress.fetch(get(two.url()))
    assert one.connections == 2
    assert two.connections == 3
    egress.close()


def test_a_callers_own_error_closes_the_connection_and_is_not_the_peers_fault(client):
    with serving(reply()) as server:
        for _ in range(5):
            with pytest.raises(KeyError), client.stream(get(server.url())):
                raise KeyError
        assert client.fetch(get(server.url())).body == b"ok"


def test_no_message_and_no_log_line_holds_the_query(client, caplog):
    caplog.set_level(logging.DEBUG)
    broken = b"HTTP/1.1 200 OK\r\nno header at all\r\nContent-Length: 0\r\n\r\n"
    with serving(first_then(broken, lambda s, _: s.shutdown(socket.SHUT_RDWR))) as server:
        client.fetch(get(server.url("/path?secret=1")))
    with serving(lambda s, _: s.shutdown(socket.SHUT_RDWR)) as server, pytest.raises(EgressFailed) as failed:
        client.fetch(get(server.url("/path?secret=1")))
    with pytest.raises(EgressRefused) as refused:
        client.fetch(get("https://10.0.0.1/path?secret=1"))
    assert "secret" not in f"{failed.value} {refused.value} {caplog.text}"
    assert "path" not in f"{failed.value} {refused.value}"
