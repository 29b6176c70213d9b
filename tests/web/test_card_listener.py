"""The card listener over real TLS: what it hands on, what it refuses, and that nobody can hold it."""

import socket
import ssl
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from broker.exchange import Reply
from broker.web.card import (
    REFUSED_HEADERS,
    CardLimits,
    serve_cards,
    serve_cards_behind_proxy,
    serve_cards_behind_tls_proxy,
)
from broker.web.card_http import BadHead, parse_head
from idp_adapters.simulators.ca import Card, Holder, TestCa
from tests.support import pki
from tests.support.card_client import exchange, over_tls, over_unix, read_answer, request_bytes, tls_context

KAJSA = Holder("TST2321000016-1001", "Kajsa", "Provsson", "Exempelsjukhuset")
HANDOFF = "h4nd0ff-" + "x" * 24
NOW = int(pki.NOW.timestamp())
QUICK = CardLimits(hello=0.3, handshake=0.5, head=0.5, land=0.5, write=1.0)


class Landing:
    """Stands for the login pages: notes what it was handed, and sends the browser on."""

    def __init__(self):
        self.landed, self.answer, self.hold = [], None, threading.Event()
        self.hold.set()

    def __call__(self, handoff, certificates, remote, user_agent):
        self.landed.append((handoff, certificates, remote, user_agent))
        self.hold.wait(5)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Reply(303, (("Location", "https://broker.test/login/card?landing=1"),))


def health(path):
    return Reply(200 if path == "/healthz" else 503, (("Content-Type", "text/plain"),), path.encode())


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return TestCa(tmp_path_factory.mktemp("ca"), "http://status.test", lambda: NOW)


@pytest.fixture(scope="module")
def server_files(ca, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    certificate, key = ca.server_certificate()
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def landing():
    return Landing()


@pytest.fixture
def serving(server_files, landing):
    started = []

    def serve(**limits):
        listener = serve_cards("127.0.0.1:0", *server_files, landing, health, limits=CardLimits(**limits))
        started.append(listener)
        listener.start()
        return listener

    yield serve
    for listener in started:
        listener.stop()


def card_request(*fields, **options):
    return request_bytes(f"/card/{HANDOFF}", *fields, **options)


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

# --- what is handed on


@pytest.mark.parametrize("version", VERSIONS)
def test_a_browser_without_a_card_lands_without_certificates(serving, landing, ca, version):
    answer = over_tls(serving().port, tls_context(ca, version=version), card_request("User-Agent: Firefox"))
    assert answer.status == 303
    assert answer.headers["location"] == "https://broker.test/login/card?landing=1"
    assert landing.landed == [(HANDOFF, (), "127.0.0.1", "Firefox")]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["good rsa", "good p256", "expired", "revoked", "signing", "stranger"])
def test_every_card_lands_whatever_is_wrong_with_it(serving, landing, ca, tmp_path, kind, version):
    card = {
        "good rsa": lambda: ca.issue_card(KAJSA),
        "good p256": lambda: ca.issue_card(KAJSA, key="p256"),
        "expired": lambda: ca.expired_card(KAJSA, key="p256"),
        "revoked": lambda: ca.revoked_card(KAJSA, key="p256"),
        "signing": lambda: ca.issue_card(KAJSA, signing=True, key="p256"),
        "stranger": lambda: ca.stranger_card(KAJSA, key="p256"),
    }[kind]()
    answer = over_tls(serving().port, tls_context(ca, card, tmp_path, version=version), card_request())
    assert answer.status == 303
    issuer = card.issuer.public_bytes(pki.serialization.Encoding.DER)
    assert landing.landed == [(HANDOFF, (card.der(), issuer), "127.0.0.1", "")]


def test_even_a_self_signed_certificate_of_another_time_lands(serving, landing, ca, tmp_path):
    own = pki.Authority.root("Somebody", not_after=pki.NOW - timedelta(days=1))
    answer = over_tls(
        serving().port, tls_context(ca, Card(own.certificate, own.key, own.certificate), tmp_path), card_request()
    )
    assert answer.status == 303
    assert landing.landed[0][1][0] == own.der


def test_anothers_certificate_put_into_ones_own_handshake_does_not_land(serving, landing, ca):
    victim, own = ca.issue_card(KAJSA, key="p256"), pki.ec_key()
    assert swap_in_flight(serving().port, twin(victim.certificate, own), own, victim.der()) == "swapped, and refused"
    assert landing.landed == []


def twin(certificate, key):
    """The same certificate over another key, of the same length (the length of an ECDSA signature varies)."""
    builder = x509.CertificateBuilder(
        issuer_name=certificate.issuer,
        subject_name=certificate.subject,
        public_key=key.public_key(),
        serial_number=certificate.serial_number,
        not_valid_before=certificate.not_valid_before_utc,
        not_valid_after=certificate.not_valid_after_utc,
        extensions=list(certificate.extensions),
    )
    for _ in range(200):
        made = builder.sign(key, pki.hashes.SHA256())
        if len(der(made)) == len(der(certificate)):
            return made
    raise AssertionError("no twin of that length")


def der(certificate):
    return certificate.public_bytes(pki.serialization.Encoding.DER)


def swap_in_flight(port, presented, key, shown):
    """A TLS 1.2 client (whose Certificate message is in the clear) that signs with `key` and shows another certificate."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate(presented)
    context.use_privatekey(key)
    client, swapped = SSL.Connection(context, None), False
    client.set_connect_state()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        for _ in range(20):
            if not wants_more(client):
                break
            flight = client.bio_read(65536)
            swapped = swapped or der(presented) in flight
            wire.sendall(flight.replace(der(presented), shown))
            received = wire.recv(65536)
            if not received:
                break
            client.bio_write(received)
    return "swapped, and refused" if swapped else "never swapped"


def wants_more(client):
    try:
        client.do_handshake()
    except SSL.WantReadError:
        return True
    except SSL.Error:
        return False
    raise AssertionError("the handshake succeeded")


def is_dropped(connection):
    """Whether the other side ends the connection; an alert may come first."""
    connection.settimeout(5)
    try:
        while connection.recv(4096):
            pass
    except ConnectionError:
        return True
    return True


def test_health_is_answered_without_a_card(serving, landing, ca):
    port = serving().port
    assert over_tls(port, tls_context(ca), request_bytes("/healthz")).status == 200
    assert over_tls(port, tls_context(ca), request_bytes("/readyz")).status == 503
    assert landing.landed == []


def test_the_answer_ends_the_connection_and_is_kept_by_nobody(serving, ca):
    answer = over_tls(serving().port, tls_context(ca), card_request())
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_never_resumed_since_that_would_prove_nothing_anew(serving, landing, ca, tmp_path, version):
    port, context = serving().port, tls_context(ca, ca.issue_card(KAJSA, key="p256"), tmp_path, version=version)
    session = None
    for _ in range(2):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=session) as tls,
        ):
            assert exchange(tls, card_request()).status == 303
            assert not tls.session_reused
            session = tls.session
    assert [len(certificates) for _, certificates, _, _ in landing.landed] == [2, 2]


def test_tls_older_than_1_2_is_not_spoken(serving, ca):
    context = tls_context(ca)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        over_tls(serving().port, context, card_request())


# --- what is refused

BAD_REQUESTS = {
    "another address": (request_bytes("/"), 404),
    "the main host's address": (request_bytes("/oidc/authorize?client_id=x"), 404),
    "no handoff": (request_bytes("/card/"), 404),
    "short handoff": (request_bytes("/card/abc"), 404),
    "long handoff": (request_bytes("/card/" + "x" * 257), 404),
    "handoff with a query": (request_bytes(f"/card/{HANDOFF}?x=1"), 404),
    "handoff with more path": (request_bytes(f"/card/{HANDOFF}/x"), 404),
    "escaped handoff": (request_bytes("/card/%61bcdefgh"), 404),
    "dots": (request_bytes("/card/../healthz"), 404),
    "POST": (card_request("Content-Length: 0", method="POST"), 405),
    "HEAD": (card_request(method="HEAD"), 405),
    "OPTIONS": (card_request(method="OPTIONS"), 405),
    "absolute form": (request_bytes("https://localhost/healthz"), 400),
    "a body": (card_request("Content-Length: 3") + b"abc", 400),
    "chunks": (card_request("Transfer-Encoding: chunked"), 400),
    "two lengths": (card_request("Content-Length: 0", "Content-Length: 5"), 400),
    "no Host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (card_request("Host: other.test"), 400),
    "folded line": (card_request("X-A: b", " folded"), 400),
    "space before the colon": (card_request("X-A : b"), 400),
    "no colon": (card_request("nonsense"), 400),
    "bare line feed": (b"GET /healthz HTTP/1.1\nHost: localhost\r\n\r\n", 400),
    "line feed in a value": (card_request("X-A: b\nX-B: c"), 400),
    "NUL": (card_request("X-A: b\x00c"), 400),
    "carriage return": (card_request("X-A: b\rc"), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /healthz\r\n\r\n", 400),
    "two spaces": (b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "control in the path": (request_bytes("/card/\x01"), 400),
    "garbage": (b"\x00\xff\xfe\r\n\r\n", 400),
    "many fields": (card_request(*(f"X-{n}: 1" for n in range(100))), 431),
    "a large field": (card_request("X-A: " + "b" * 16 * 1024), 431),
    "an endless head": (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 4000, 431),
}


@pytest.mark.parametrize("what", BAD_REQUESTS)
def test_a_request_that_is_not_ours_is_refused_before_it_lands(serving, landing, ca, what):
    octets, status = BAD_REQUESTS[what]
    answer = over_tls(serving().port, tls_context(ca), octets)
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert landing.landed == []
    if status == 405:
        assert answer.headers["allow"] == "GET"


def test_a_certificate_header_is_refused_and_counted(serving, landing, ca, caplog):
    before = REFUSED_HEADERS._value.get()
    answer = over_tls(serving().port, tls_context(ca), card_request("X-SSL-Client-Cert: MIIB"))
    assert answer.status == 400
    assert landing.landed == []
    assert REFUSED_HEADERS._value.get() == before + 1
    assert "certificate header refused: x-ssl-client-cert" in caplog.text
    assert "MIIB" not in caplog.text


def test_what_goes_wrong_behind_stays_behind(serving, landing, ca, caplog):
    port = serving().port
    landing.answer = RuntimeError("secret detail")
    answer = over_tls(port, tls_context(ca), card_request())
    assert (answer.status, b"secret" in answer.body) == (500, False)
    assert "secret detail" in caplog.text
    landing.answer = Reply(303, (("Location", "https://x\r\nSet-Cookie: a=b"),))
    answer = over_tls(port, tls_context(ca), card_request())
    assert (answer.status, "set-cookie" in answer.headers) == (500, False)


# --- nobody can hold it


def test_garbage_and_silence_cost_nobody_else_anything(serving, landing, ca):
    port = serving(hello=0.3, handshake=0.5, head=0.5).port
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(20)]
    for number, connection in enumerate(held):
        if number % 4 == 1:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")  # plain http to a TLS port
        if number % 4 == 2:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01")  # a ClientHello that never goes on
        if number % 4 == 3:
            connection.sendall(bytes(range(256)) * 8)
    assert over_tls(port, tls_context(ca), card_request()).status == 303
    for connection in held:
        assert is_dropped(connection)
        connection.close()
    assert len(landing.landed) == 1


@pytest.mark.parametrize("part", [b"", b"GET /card/", card_request()[:-2]])
def test_a_client_that_stops_in_its_request_is_let_go(serving, landing, ca, part):
    port = serving(head=0.3).port
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        tls_context(ca).wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        tls.sendall(part)
        with suppress(ConnectionError, ssl.SSLError):
            assert tls.recv(100) == b""
    assert landing.landed == []


def test_connections_are_bounded_in_all_and_for_each_address(serving, ca):
    for limits in ({"connections": 2}, {"connections_each": 2}):
        port = serving(**limits).port
        held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(2)]
        for connection in held:  # both are known to the listener once it has answered a hello
            connection.sendall(client_hello())
            assert connection.recv(1)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            over_tls(port, tls_context(ca), card_request())
        for connection in held:
            connection.close()
        assert eventually(lambda port=port: over_tls(port, tls_context(ca), card_request()).status == 303)


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def eventually(holds, tries=50):
    for _ in range(tries):
        try:
            if holds():
                return True
        except (ConnectionError, ssl.SSLError):
            threading.Event().wait(0.05)
    return False


def test_a_landing_that_takes_too_long_is_answered_and_let_go(serving, landing, ca):
    port = serving(land=0.3, workers=2).port
    landing.hold.clear()
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: over_tls(port, tls_context(ca), card_request()).status, range(3)))
    landing.hold.set()
    assert answers == [503, 503, 503]
    assert eventually(lambda: over_tls(port, tls_context(ca), card_request()).status == 303)


def test_more_people_than_workers_all_land(serving, landing, ca):
    port = serving(workers=2).port
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: over_tls(port, tls_context(ca), card_request()).status, range(24)))
    assert answers == [303] * 24


def test_stopping_drops_those_who_wait(server_files, landing, ca):
    listener = serve_cards("127.0.0.1:0", *server_files, landing, health)
    listener.start()
    port = listener.port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as waiting:
        waiting.sendall(client_hello())
        assert waiting.recv(1)
        listener.stop()
        assert is_dropped(waiting)
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_an_address_in_use_is_an_error_at_the_start(serving, server_files, landing):
    listener = serve_cards(f"127.0.0.1:{serving().port}", *server_files, landing, health)
    with pytest.raises(OSError, match="in use"):
        listener.start()


def test_ipv6_is_an_address_too(server_files, landing, ca):
    listener = serve_cards("[::1]:0", *server_files, landing, health)
    listener.start()
    with (
        socket.create_connection(("::1", listener.port), timeout=5) as plain,
        tls_context(ca).wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        assert exchange(tls, card_request()).status == 303
    listener.stop()
    assert landing.landed[0][2] == "::1"


# --- behind a proxy


def proxied(*certificates, verify="SUCCESS", remote="192.0.2.7"):
    fields = [f"X-Tillit-Client-Cert: {escaped(each)}" for each in certificates]
    return card_request(*fields, f"X-Tillit-Client-Verify: {verify}", f"X-Forwarded-For: {remote}")


def escaped(der):
    return ssl.DER_cert_to_PEM_cert(der).replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B")


@pytest.fixture
def unix(tmp_path, landing):
    listener = serve_cards_behind_proxy(tmp_path / "card.sock", landing, health, limits=QUICK)
    listener.start()
    assert listener.port == 0
    yield tmp_path / "card.sock"
    listener.stop()
    assert not (tmp_path / "card.sock").exists()


def test_only_the_group_may_connect_to_the_socket(unix):
    assert stat.S_IMODE(unix.stat().st_mode) == 0o660


def test_the_proxys_word_is_handed_on(unix, landing, ca):
    card = ca.issue_card(KAJSA, key="p256")
    assert over_unix(unix, proxied(card.der())).status == 303
    assert over_unix(unix, proxied(card.der(), verify="FAILED:unable to get issuer certificate")).status == 303
    assert over_unix(unix, proxied(verify="NONE", remote="2001:db8::7")).status == 303
    assert [(certificates, remote) for _, certificates, remote, _ in landing.landed] == [
        ((card.der(),), "192.0.2.7"),
        ((card.der(),), "192.0.2.7"),
        ((), "2001:db8::7"),
    ]
    assert over_unix(unix, request_bytes("/healthz")).status == 200


BAD_PROXY = {
    "no verify": lambda c: card_request(f"X-Tillit-Client-Cert: {escaped(c)}", "X-Forwarded-For: 192.0.2.7"),
    "no address": lambda c: card_request(f"X-Tillit-Client-Cert: {escaped(c)}", "X-Tillit-Client-Verify: SUCCESS"),
    "a list of addresses": lambda c: proxied(c, remote="192.0.2.7, 192.0.2.8"),
    "no certificate where one was verified": lambda _: proxied(verify="SUCCESS"),
    "a certificate where there was none": lambda c: proxied(c, verify="NONE"),
    "two certificates": lambda c: proxied(c, c),
    "two verdicts": lambda c: proxied(c)[:-2] + b"X-Tillit-Client-Verify: NONE\r\n\r\n",
    "two addresses": lambda c: proxied(c)[:-2] + b"X-Forwarded-For: 192.0.2.9\r\n\r\n",
    "an empty certificate": lambda _: card_request(
        "X-Tillit-Client-Cert:", "X-Tillit-Client-Verify: SUCCESS", "X-Forwarded-For: 192.0.2.7"
    ),
    "no PEM": lambda _: card_request(
        "X-Tillit-Client-Cert: MIIB", "X-Tillit-Client-Verify: SUCCESS", "X-Forwarded-For: 192.0.2.7"
    ),
    "bytes that are not ASCII": lambda _: card_request(
        "X-Tillit-Client-Cert: %C3%A5", "X-Tillit-Client-Verify: SUCCESS", "X-Forwarded-For: 192.0.2.7"
    ),
    "another certificate header": lambda c: proxied(c)[:-2] + b"Client-Cert: :MIIB:\r\n\r\n",
    "an underscore twin": lambda c: proxied(c)[:-2] + b"X_Tillit_Client_Cert: MIIB\r\n\r\n",
    "a nominated certificate header": lambda c: proxied(c)[:-2] + b"Connection: close, X-Forwarded-Client-Cert\r\n\r\n",
}


@pytest.mark.parametrize("what", BAD_PROXY)
def test_a_proxy_that_is_not_configured_for_us_is_refused(unix, landing, ca, what):
    assert over_unix(unix, BAD_PROXY[what](ca.issue_card(KAJSA, key="p256").der())).status == 400
    assert landing.landed == []


def test_a_client_that_leaves_a_socket_is_forgotten(unix, landing, ca):
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(str(unix))
        plain.sendall(b"GET /card/")
    assert over_unix(unix, proxied(verify="NONE")).status == 303


def test_a_stale_socket_gives_way_and_a_file_does_not(tmp_path, landing):
    path = tmp_path / "card.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    listener = serve_cards_behind_proxy(path, landing, health)
    listener.start()
    assert over_unix(path, request_bytes("/healthz")).status == 200
    listener.stop()
    path.write_text("precious")
    with pytest.raises(OSError, match="in use"):
        serve_cards_behind_proxy(path, landing, health).start()
    assert path.read_text() == "precious"


def test_over_tls_only_the_pinned_proxy_is_heard(ca, server_files, landing, tmp_path):
    proxy, other = (pair(ca.client_certificate(name)) for name in ("proxy.test", "other.test"))
    (tmp_path / "proxy.pem").write_bytes(proxy.pem())
    pins = tmp_path / "pins.pem"
    pins.write_bytes(proxy.certificate.public_bytes(pki.serialization.Encoding.PEM))
    listener = serve_cards_behind_tls_proxy("127.0.0.1:0", *server_files, pins, landing, health)
    listener.start()
    card = ca.issue_card(KAJSA, key="p256")
    try:
        assert over_tls(listener.port, tls_context(ca, proxy, tmp_path), proxied(card.der())).status == 303
        for stranger in (None, other, card):
            with pytest.raises((ConnectionError, ssl.SSLError, IndexError)):
                over_tls(listener.port, tls_context(ca, stranger, tmp_path), proxied(card.der()))
    finally:
        listener.stop()
    assert [certificates for _, certificates, _, _ in landing.landed] == [(card.der(),)]


def pair(pems):
    chain = x509.load_pem_x509_certificates(pems[0])
    return Card(chain[0], pki.serialization.load_pem_private_key(pems[1], None), chain[1])


def test_an_answer_is_read_as_it_was_written():
    from broker.web.card_http import written

    answer = read_answer(written(Reply(200, (("Cache-Control", "private"), ("X-A", "å")), b"hej")))
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"hej", "3")
    assert answer.headers["cache-control"] == "private"


@given(st.binary(max_size=300) | st.text(alphabet="GET /card:\r\n\t HTTP1.x-", max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_octets_are_a_head_or_a_refusal(octets):
    with suppress(BadHead):
        head = parse_head(octets)
        assert head.path.startswith("/")
        assert len(head.all("host")) == 1
