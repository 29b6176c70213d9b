"""An attacker claims another's certificate by a header: on the card listener, and through the nginx that is shipped.

The victim's certificate is public; what the attacker lacks is the key. Nothing here may make it land.
"""

import http.server
import re
import socket
import ssl
import threading
from contextlib import suppress

import pytest
from cryptography import x509

from broker.exchange import Reply
from broker.web.card import CardLimits, serve_cards, serve_cards_behind_proxy, serve_cards_behind_tls_proxy
from idp_adapters.simulators.ca import Holder, TestCa
from tests.support import pki
from tests.support.card_client import over_tls, tls_context
from tests.support.nginx import CARD, MAIN, NGINX, SHIPPED, free_port, running

VICTIM = Holder("TST2321000016-1001", "Kajsa", "Provsson", "Exempelsjukhuset")
ATTACKER = Holder("TST2321000016-6666", "Elak", "Provsson", "Exempelsjukhuset")
HANDOFF = "h4nd0ff-" + "x" * 24
NOW = int(pki.NOW.timestamp())

pytestmark = pytest.mark.spec("RFC 9440", "4")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

# Each row: the raw lines that an attacker adds. {pem} is the victim's certificate as nginx would escape it, {b64} its
# base64, {der} as RFC 9440 writes it.
SPOOFS = [
    "Client-Cert: {der}",
    "client-cert: {der}",
    "CLIENT-CERT: {der}",
    "Client_Cert: {der}",
    "Client-Cert: {der}\r\nClient-Cert-Chain: {der}",
    "Client-Cert-Chain: {der}",
    "X-SSL-Client-Cert: {pem}",
    "x-ssl-client-cert: {pem}",
    "X_SSL_CLIENT_CERT: {pem}",
    "X-SSL-Client-Verify: SUCCESS",
    "X-SSL-Client-S-DN: CN=Kajsa Provsson,serialNumber=TST2321000016-1001",
    "X-SSL-Cert: {pem}",
    "SSL_CLIENT_CERT: {pem}",
    "ssl_client_cert: {pem}",
    "SSL-CLIENT-CERT: {pem}",
    "SSL_CLIENT_VERIFY: SUCCESS\r\nSSL_CLIENT_CERT: {pem}",
    'X-Forwarded-Client-Cert: Hash=0;Cert="{pem}"',
    'X-Forwarded-Client-Cert: By=spiffe://x;Hash=0;Cert="{pem}"',
    "x-forwarded-client-cert: {pem}",
    "X_Forwarded_Client_Cert: {pem}",
    "X-Forwarded-Tls-Client-Cert: {b64}",
    'X-Forwarded-Tls-Client-Cert-Info: Subject="CN=Kajsa"',
    "X_FORWARDED_TLS_CLIENT_CERT: {b64}",
    "X-ARR-ClientCert: {b64}",
    "X_ARR_ClientCert: {b64}",
    "X-Client-Cert: {pem}",
    "X-ClientCert: {b64}",
    "X-Amzn-Mtls-Clientcert: {pem}",
    "X-Tillit-Client-Cert: {pem}",
    "x-tillit-client-cert: {pem}",
    "X-TILLIT-CLIENT-CERT: {pem}\r\nX-Tillit-Client-Verify: SUCCESS",
    "X-Tillit-Client-Verify: SUCCESS",
    "X_Tillit_Client_Cert: {pem}\r\nX_Tillit_Client_Verify: SUCCESS",
    "X-Tillit_Client-Cert: {pem}",
    "HTTP_X_TILLIT_CLIENT_CERT: {pem}",
    "X-Tillit-Client-Cert: {pem}\r\nX-Tillit-Client-Cert: {pem}",
    "X-Tillit-Client-Cert:\r\nX-Tillit-Client-Cert: {pem}",
    "X-Tillit-Client-Cert: ",
    "X-Tillit-Client-Cert : {pem}",
    "X-Tillit-Client-Cert\t: {pem}",
    " X-Tillit-Client-Cert: {pem}",
    "X-A: b\r\n X-Tillit-Client-Cert: {pem}",
    "X-A: b\nX-Tillit-Client-Cert: {pem}",
    "X-A: b\rX-Tillit-Client-Cert: {pem}",
    "X-Tillit-Client-Cert\x00: {pem}",
    "\x0bX-Tillit-Client-Cert: {pem}",
    "Connection: close, X-Tillit-Client-Cert\r\nX-Tillit-Client-Cert: {pem}",
    "Connection: X-Tillit-Client-Cert",
    "Connection: close, X-Tillit-Client-Verify",
    "Transfer-Encoding: chunked\r\nTrailer: X-Tillit-Client-Cert\r\n\r\n0\r\nX-Tillit-Client-Cert: {pem}",
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /card/" + HANDOFF + " HTTP/1.1\r\nHost: " + CARD
    + "\r\nX-Tillit-Client-Verify: SUCCESS\r\nX-Tillit-Client-Cert: {pem}",
    "Content-Length: 4\r\n\r\nGET /card/" + HANDOFF + " HTTP/1.1\r\nHost: " + CARD + "\r\nX-Tillit-Client-Cert: {pem}",
]  # fmt: skip


def spoofed(row, victim, *, host=CARD, path=f"/card/{HANDOFF}"):
    pem = ssl.DER_cert_to_PEM_cert(victim.der())
    escaped = pem.replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B")
    b64 = "".join(pem.splitlines()[1:-1])
    lines = row.replace("{pem}", escaped).replace("{b64}", b64).replace("{der}", f":{b64}:")
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n\r\n".encode("latin-1")


class Landing:
    def __init__(self):
        self.landed = []

    def __call__(self, handoff, certificates, remote, user_agent):
        self.landed.append((certificates, remote))
        return Reply(303, (("Location", "https://login.example.se/login/card"),))


def health(_):
    return Reply(200)


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return TestCa(tmp_path_factory.mktemp("ca"), "http://status.test", lambda: NOW)


@pytest.fixture(scope="module")
def victim(ca):
    return ca.issue_card(VICTIM, key="p256")


@pytest.fixture(scope="module")
def attacker(ca):
    return ca.issue_card(ATTACKER, key="p256")


@pytest.fixture(scope="module")
def direct(ca, tmp_path_factory):
    folder, landing = tmp_path_factory.mktemp("direct"), Landing()
    certificate, key = ca.server_certificate((CARD,))
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    listener = serve_cards("127.0.0.1:0", folder / "cert.pem", folder / "key.pem", landing, health)
    listener.start()
    yield listener.port, landing
    listener.stop()


class Echo(http.server.BaseHTTPRequestHandler):
    """Stands for tillit's main listener: notes the headers that reach it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append(list(self.headers.items()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Behind:
    """What stands behind nginx: the main host's echo, the card listener's landing."""

    def __init__(self, port, main, landing):
        self.port, self.main, self.landing = port, main, landing


@pytest.fixture(scope="module")
def nginx(ca, tmp_path_factory):
    folder, landing = tmp_path_factory.mktemp("nginx"), Landing()
    with echo_server() as main:
        listener = serve_cards_behind_proxy(folder / "card.sock", landing, health)
        listener.start()
        with running(folder / "etc", ca, main.server_port, folder / "card.sock") as port:
            yield Behind(port, main, landing)
        listener.stop()


class echo_server:  # noqa: N801  # used as a function
    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.daemon_threads, self.server.seen = True, []
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self.server

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def knock(port, context, octets, server_name):
    """The status of the answer, or 0 when the connection is dropped."""
    try:
        return over_tls(port, context, octets, server_name=server_name).status
    except (ConnectionError, ssl.SSLError, IndexError):
        return 0


def hear(port, context, octets):
    """Send to the main host and read until it ends the connection, or is silent."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=MAIN) as tls,
        suppress(TimeoutError, ConnectionError, ssl.SSLError),
    ):
        tls.sendall(octets)
        tls.settimeout(5 if b"Connection: close" in octets else 0.5)
        while tls.recv(65536):
            pass


def test_the_table_is_long_enough():
    assert len(set(SPOOFS)) >= 40


@pytest.mark.parametrize("row", SPOOFS)
def test_on_the_listener_itself_no_header_is_believed(direct, ca, victim, attacker, tmp_path, row):
    port, landing = direct
    landing.landed.clear()
    assert knock(port, tls_context(ca), spoofed(row, victim), CARD) == 400
    assert knock(port, tls_context(ca, attacker, tmp_path), spoofed(row, victim), CARD) == 400
    assert landing.landed == []


@needs_nginx
@pytest.mark.parametrize("row", SPOOFS)
def test_through_nginx_only_ones_own_certificate_lands(nginx, ca, victim, attacker, tmp_path, row):
    nginx.landing.landed.clear()
    without = knock(nginx.port, tls_context(ca), spoofed(row, victim), CARD)
    assert all(landed == ((), "127.0.0.1") for landed in nginx.landing.landed)
    nginx.landing.landed.clear()
    with_own = knock(nginx.port, tls_context(ca, attacker, tmp_path), spoofed(row, victim), CARD)
    assert all(landed == ((attacker.der(),), "127.0.0.1") for landed in nginx.landing.landed)
    expected = {303} if re.fullmatch(r"([\w-]+:[^\r\n]*(\r\n)?)+", row) and "\r\n\r\n" not in row else {400, 303}
    assert {without, with_own} <= expected
    assert len(nginx.landing.landed) == (with_own == 303)


@needs_nginx
@pytest.mark.parametrize("row", SPOOFS)
def test_through_nginx_the_main_host_hears_of_no_certificate(nginx, ca, victim, attacker, tmp_path, row):
    nginx.main.seen.clear()
    ending = "Connection: close\r\n" if "\r\n\r\n" not in row else ""  # what follows a first request is read too
    for context in (tls_context(ca), tls_context(ca, attacker, tmp_path)):
        hear(nginx.port, context, spoofed(ending + row, victim, host=MAIN, path="/login"))
    for headers in nginx.main.seen:
        names = [name.lower().replace("_", "-") for name, _ in headers]
        assert not [name for name in names if "cert" in name or "verify" in name or "ssl" in name]
        assert b"MII" not in repr(headers).encode()
        assert dict(headers)["X-Forwarded-For"] == "127.0.0.1"


@needs_nginx
def test_through_nginx_every_card_lands_with_its_own_certificate(nginx, ca, attacker, tmp_path):
    cards = [
        attacker,
        ca.issue_card(VICTIM),
        ca.expired_card(VICTIM, key="p256"),
        ca.stranger_card(VICTIM, key="p256"),
        ca.issue_card(VICTIM, signing=True, key="p256"),
    ]
    for card in cards:
        nginx.landing.landed.clear()
        assert knock(nginx.port, tls_context(ca, card, tmp_path), spoofed("X-A: b", card), CARD) == 303
        assert nginx.landing.landed == [((card.der(),), "127.0.0.1")]
    nginx.landing.landed.clear()
    assert knock(nginx.port, tls_context(ca), spoofed("X-A: b", attacker), CARD) == 303
    assert nginx.landing.landed == [((), "127.0.0.1")]


@needs_nginx
def test_through_nginx_the_clients_address_is_nginxs_word(nginx, ca, attacker):
    nginx.landing.landed.clear()
    row = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1"
    assert knock(nginx.port, tls_context(ca), spoofed(row, attacker), CARD) == 303
    assert nginx.landing.landed == [((), "127.0.0.1")]


@needs_nginx
def test_a_handshake_for_one_host_does_not_open_another(nginx, ca, victim, attacker, tmp_path):
    nginx.landing.landed.clear()
    context = tls_context(ca, attacker, tmp_path)
    assert knock(nginx.port, context, spoofed("X-A: b", victim, host=CARD), MAIN) == 421
    assert knock(nginx.port, context, spoofed("X-A: b", victim, host="other.test"), CARD) == 0
    assert nginx.landing.landed == []
    context.check_hostname = False
    assert knock(nginx.port, context, spoofed("X-A: b", victim), "other.test") == 0
    assert nginx.landing.landed == []


@needs_nginx
def test_the_card_host_has_only_the_card_address(nginx, ca, victim, tmp_path):
    nginx.landing.landed.clear()
    for path in ("/", "/login", "/healthz", "/card", "/oidc/authorize", "/card/../login"):
        assert knock(nginx.port, tls_context(ca), spoofed("X-A: b", victim, path=path), CARD) == 404
        expired = tls_context(ca, ca.expired_card(VICTIM, key="p256"), tmp_path)
        assert knock(nginx.port, expired, spoofed("X-A: b", victim, path=path), CARD) == 404
    assert nginx.landing.landed == []


@needs_nginx
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_through_nginx_no_session_is_resumed(nginx, ca, attacker, tmp_path, version):
    context, session = tls_context(ca, attacker, tmp_path, version=version), None
    for _ in range(2):
        with (
            socket.create_connection(("127.0.0.1", nginx.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=CARD, session=session) as tls,
        ):
            tls.sendall(spoofed("X-A: b", attacker))
            assert tls.recv(4096).startswith(b"HTTP/1.1 303")
            assert not tls.session_reused
            session = tls.session


@needs_nginx
def test_the_other_hop_of_the_configuration_works_too_and_only_for_the_pinned_proxy(ca, victim, attacker, tmp_path):
    """tillit on another machine: the lines that stand as a comment in the shipped file, switched on."""
    landing, port, folder = Landing(), free_port(), tmp_path / "etc"
    own, proxy = ca.server_certificate(("tillit.internal",)), ca.client_certificate("proxy.internal")
    pin = x509.load_pem_x509_certificates(proxy[0])[0].public_bytes(pki.serialization.Encoding.PEM)
    files = {"cert.pem": own[0], "key.pem": own[1], "pin.pem": pin, "proxy.pem": proxy[0], "proxy.key": proxy[1]}
    for name, content in (*files.items(), ("ca.pem", ca.root_path.read_bytes())):
        (tmp_path / name).write_bytes(content)
    listener = serve_cards_behind_tls_proxy(
        f"127.0.0.1:{port}", tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "pin.pem", landing, health,
        limits=CardLimits(workers=2),
    )  # fmt: skip
    listener.start()
    switched = {
        f"server unix:{tmp_path}/none.sock;": f"server 127.0.0.1:{port};",
        "proxy_pass http://tillit_card;": "proxy_pass https://tillit_card;",
        "    error_page 495 = @card;": tls_hop(tmp_path) + "\n    error_page 495 = @card;",
    }
    try:
        with running(folder, ca, free_port(), tmp_path / "none.sock", switched) as front:
            assert knock(front, tls_context(ca, attacker, tmp_path), spoofed("X-A: b", victim), CARD) == 303
        assert landing.landed == [((attacker.der(),), "127.0.0.1")]
        assert knock(port, tls_context(ca, attacker, tmp_path), spoofed(SPOOFS[30], victim), "tillit.internal") == 0
        assert knock(port, tls_context(ca), spoofed(SPOOFS[30], victim), "tillit.internal") == 0
        assert len(landing.landed) == 1
    finally:
        listener.stop()


def tls_hop(folder):
    """The commented lines of the shipped file, without their marks, with the test's files."""
    text = (SHIPPED / "tillit.conf").read_text()
    lines = [line for line in text.splitlines() if line.startswith("#   proxy_ssl_")]
    assert len(lines) == 5
    switched = "\n".join(line.removeprefix("#").partition("   # ")[0] for line in lines)
    return switched.replace("internal-ca", "ca").replace("/etc/tillit/tls/", f"{folder}/")
