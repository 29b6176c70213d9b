"""Too much of everything: long, slow and endless requests, logins that nobody finishes, names that nobody has seen before.

What a request may cost is bounded before it is read; what it leaves behind is bounded in rows, in octets and in memory.
"""

import base64
import gc
import json
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker.commands.serve import HEADER_BYTES, HEADER_SECONDS
from broker.jobs.standard import expire
from broker.storage.expiry import GRACE
from idp_adapters.simulators.ca import TestCa
from metadata.wire.jose import public_jwk
from tests.support import nginx, saml
from tests.support.load import Load, Seen, document
from tests.support.server import Line, Server
from tests.support.world import LEVEL2, Answer, World, Worlds, client, federation

KIB = 1024
SIGNER = saml.rsa_signer("overload")
LONG = "Content-Length: 1000"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("overload"), document()).start()
    yield made
    made.close()


def connected(server: Server, octets: bytes = b"", seconds: float = 30) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", server.port), timeout=seconds)
    made.sendall(octets)
    return made


def status_of(server: Server, octets: bytes) -> int:
    """The status of the answer to these octets; 0 when the connection is just closed."""
    with connected(server, octets) as connection:
        got = connection.recv(200)
    return int(got.split()[1]) if got else 0


def head(method: str, path: str, *fields: str) -> bytes:
    host = f"Host: {nginx.MAIN}"
    return "\r\n".join([f"{method} {path} HTTP/1.1", host, *fields, "", ""]).encode()


# --- long requests


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/oidc/token", 64), ("/oidc/authorize", 64), ("/oidc/introspect", 64), ("/oidc/revoke", 64), ("/oidc/userinfo", 64),
        ("/oidc/logout", 64), ("/saml/sso", 512), ("/saml/acs", 512), ("/saml/slo", 512), ("/login/x", 64),
        ("/login/x/avbryt", 64), ("/healthz", 0), ("/oidc/jwks", 0),
    ],
)  # fmt: skip
def test_a_body_that_is_too_long_is_refused_by_what_it_says_and_never_read(server: Server, path: str, limit: int):
    said = head("POST", path, f"Content-Type: {FORM}", f"Content-Length: {limit * KIB + 1}")
    assert status_of(server, said) in {405, 413}


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "１", "9" * 40])
def test_a_length_that_is_no_length_is_refused(server: Server, length: str):
    said = head("POST", "/oidc/token", f"Content-Type: {FORM}", f"Content-Length: {length}")
    assert status_of(server, said) in {0, 400, 413}


def test_a_body_whose_length_is_not_said_is_not_read(server: Server):
    said = head("POST", "/oidc/token", f"Content-Type: {FORM}", "Transfer-Encoding: chunked")
    chunk = b"100\r\n" + b"a" * 256 + b"\r\n"
    assert status_of(server, said + chunk * 10 + b"0\r\n\r\n") in {400, 401, 411, 413}


def test_headers_have_a_limit_together(server: Server):
    assert status_of(server, head("GET", "/healthz", "X-A: " + "a" * (HEADER_BYTES - KIB))) == 200
    assert status_of(server, head("GET", "/healthz", "X-A: " + "a" * (HEADER_BYTES + KIB))) == 431
    assert status_of(server, head("GET", "/healthz", *(f"X-{n}: a" for n in range(5000)))) == 431
    assert status_of(server, head("GET", "/oidc/authorize?state=" + "a" * HEADER_BYTES)) in {414, 431}


# --- slow requests


def test_a_hundred_clients_that_never_finish_their_headers_hold_up_nobody_and_are_shown_out(server: Server):
    slow = [connected(server, b"GET /oidc/authorize HTTP/1.1\r\nX-A: ") for _ in range(100)]
    began, seen = time.monotonic(), Seen()
    with Load(server, seen, threads=2):
        while seen.logins < 20 and time.monotonic() < began + 60:
            for connection in slow:
                connection.sendall(b"a")
            time.sleep(0.2)
    assert seen.logins >= 20
    assert not seen.refused
    time.sleep(max(0.0, began + HEADER_SECONDS + 2 - time.monotonic()))
    assert all(_ended(connection) for connection in slow)


def _ended(connection: socket.socket) -> bool:
    with connection:
        connection.settimeout(5)
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
    return True


def test_clients_that_do_not_read_their_answers_hold_up_nobody(server: Server):
    """Each asks for much on one connection and reads nothing of it."""
    ask = head("GET", "/saml/metadata") * 50
    slow = [connected(server, ask) for _ in range(60)]
    with Line(server.base) as line:
        assert all(line.request("GET", "/healthz").status == 200 for _ in range(20))
    for connection in slow:
        connection.close()


@pytest.mark.skipif(nginx.NGINX is None, reason="no nginx on this machine")
def test_behind_nginx_clients_that_never_finish_their_bodies_hold_up_nobody(server: Server, tmp_path: Path):
    """nginx takes in a whole request before it passes it on: more slow clients than the broker has threads."""
    ca = TestCa(tmp_path / "ca", "http://127.0.0.1:9", server.clock)
    trusting = ssl.create_default_context(cafile=str(ca.root_path))
    with nginx.running(tmp_path / "nginx", ca, server.port, tmp_path / "card.sock") as port, ExitStack() as slow:
        for _ in range(server.settings.threads * 5):
            slow.enter_context(_to_nginx(port, trusting, head("POST", "/oidc/token", f"Content-Type: {FORM}", LONG)))
        for _ in range(10):
            asked = head("POST", "/oidc/token", f"Content-Type: {FORM}", "Content-Length: 3") + b"a=b"
            with _to_nginx(port, trusting, asked) as connection:
                assert connection.recv(100).startswith(b"HTTP/1.1 401")


def _to_nginx(port: int, trusting: ssl.SSLContext, octets: bytes) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    made = trusting.wrap_socket(plain, server_hostname=nginx.MAIN)
    made.sendall(octets)
    return made


# --- what is left behind


def rows(world: World, table: str) -> int:
    return int(world.store._database.connection().execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def stored(world: World) -> int:
    """Octets of the database and its log of changes."""
    return sum(path.stat().st_size for path in world.settings.data_dir.glob("tillit.db*"))


def abandon(world: World, number: int) -> None:
    """A login of a new browser that nobody goes on with: it is kept, with a page that waits."""
    answer = world.browser().get(world.authorize_url(login_hint=None, state=f"s{number}", prompt="login"))
    assert answer.status == 303


@pytest.mark.parametrize(
    "count",
    [
        2_000,
        pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
        pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(14_400)]),
    ],
)
def test_logins_that_nobody_finishes_leave_no_more_than_those_of_their_lifetime(worlds: Worlds, count: int):
    """As many logins as say, spread over ten lifetimes, with the expiry job as it runs."""
    world = worlds.make(federation(client()))
    lifetime = world.settings.login_lifetime + GRACE
    step, kept, size = count // 100, [], []
    for _ in range(100):
        for number in range(step):
            abandon(world, number)
        world.clock.now += lifetime // 10
        while expire(world.store, world.settings.sign_on_absolute):
            pass
        kept.append(rows(world, "logins"))
        size.append(stored(world))
    assert max(kept) <= step * 12
    assert max(kept[50:]) <= max(kept[:50])
    assert size[-1] <= size[30] * 1.2 + 256 * KIB * 16
    world.clock.now += lifetime + 1
    while expire(world.store, world.settings.sign_on_absolute):
        pass
    assert rows(world, "logins") == 0


Ask = Callable[[World, int], Answer]


def unknown_kid(world: World, number: int) -> Answer:
    answer = _asserted(world, f"kid-{number}", "x", number)
    assert answer.status == 401
    return answer


def unknown_jti(world: World, number: int) -> Answer:
    answer = _asserted(world, None, f"jti-{number}", number)
    assert answer.status == 200, answer.text
    return answer


def _asserted(world: World, kid: str | None, jti: str, number: int) -> Answer:
    """A client assertion that is good but for the key it names, from a source of its own."""
    now = world.clock()
    header = {"alg": "RS256", **({"kid": kid} if kid else {})}
    claims = {"iss": "rp", "sub": "rp", "aud": world.base, "iat": now, "exp": now + 60, "jti": jti}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": f"{signed}.{_encoded(SIGNER.sign(signed.encode()))}",
    }
    return world.request("POST", "/oidc/token", form, X_Forwarded_For=f"2001:db8::{number:x}")


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def new_locale(world: World, number: int) -> Answer:
    return world.request("GET", f"/tillganglighet?n={number}", Accept_Language=f"x-{number},sv-{number};q=0.9")


def new_agent(world: World, number: int) -> Answer:
    return world.request(
        "GET", "/login/nothing", User_Agent=f"agent {number}", Cookie=f"tillit={number}; lang={number}"
    )


def new_state(world: World, number: int) -> Answer:
    return world.request(
        "GET", world.authorize_url(state=f"s{number}", nonce=f"n{number}", prompt="none", login_hint=None)
    )


def new_client(world: World, number: int) -> Answer:
    return world.request("GET", world.authorize_url(f"client-{number}"))


def new_path(world: World, number: int) -> Answer:
    return world.request("GET", f"/nowhere/{number}")


def new_code(world: World, number: int) -> Answer:
    return world.redeem(f"code-{number}" + "x" * 30)


def new_landing(world: World, number: int) -> Answer:
    form = {"SAMLResponse": "PHg+", "RelayState": f"{number}"}
    return world.request("POST", "/saml/acs", form, X_Forwarded_For=f"198.51.{number // 250}.{number % 250}")


@pytest.mark.parametrize(
    "ask",
    [unknown_kid, unknown_jti, new_locale, new_agent, new_state, new_client, new_path, new_code, new_landing],
    ids=lambda ask: ask.__name__,
)
@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
def test_names_that_nobody_has_seen_before_leave_memory_as_it_was(worlds: Worlds, ask: Ask, count: int):
    """Blocks that Python holds, counted when caches are warm and again after as many new names. What is kept by name costs at
    least a block for each, in every round; a cache that fills, or a thread that is late, costs some in one.
    """
    world = worlds.make(federation(registered(ask)), trusted_proxy="127.0.0.1")
    world.app.on.throttle._clock = world.clock
    settle(ask, world, range(count, count + count // 2))
    settle(ask, world, range(count // 2))
    grown = []
    for first in range(2 * count, 5 * count, count):
        before = sys.getallocatedblocks()
        settle(ask, world, range(first, first + count // 2))
        grown.append(sys.getallocatedblocks() - before)
        if grown[-1] < count // 4:
            break
    assert min(grown) < count // 4, f"{grown} blocks after {count // 2} requests each"


def registered(ask: Ask) -> dict:
    if ask not in {unknown_kid, unknown_jti}:
        return client(levels=[LEVEL2])
    keys = {"jwks": {"keys": [public_jwk(SIGNER)]}, "token_endpoint_auth_method": "private_key_jwt"}
    return client(client_secret=None, token_endpoint_auth_signing_alg="RS256", **keys)


def settle(ask: Ask, world: World, numbers: range) -> None:
    """Ask for all of them; then a minute goes by, the jobs take what was noted, what has expired goes, and one more asks."""
    for number in numbers:
        assert ask(world, number).status < 500
    world.clock.now += 60
    ask(world, numbers.stop + 10**6)
    world.app.on.fetches.record(world.store.note_fetches)
    while expire(world.store, world.settings.sign_on_absolute):
        pass
    gc.collect()


def test_landings_for_no_login_are_not_kept(worlds: Worlds):
    world = worlds.make()
    for number in range(20):
        assert new_landing(world, number).status in {400, 410}
    assert rows(world, "once") == 0


def test_the_folder_of_a_server_under_load_does_not_grow_without_end(tmp_path: Path):
    """The log of changes is reused: many small commits leave it at its limit."""
    with_server = Server(tmp_path, document()).start()
    try:
        seen = Seen()
        with Load(with_server, seen, threads=2):
            deadline = time.monotonic() + 30
            while seen.logins < 150 and time.monotonic() < deadline:
                time.sleep(0.02)
        sizes = {path.name: path.stat().st_size for path in with_server.settings.data_dir.glob("tillit.db*")}
        assert not seen.refused
        assert sizes["tillit.db-wal"] <= 128 * 1024 * KIB
    finally:
        with_server.close()
