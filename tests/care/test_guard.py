"""The guard of a service: deny by default, kept connections, and a memory that is short and knows no bad news."""

import json
import socket
import ssl
import threading
import time
from types import SimpleNamespace

import pytest
from flask import Flask

from broker.guard import LONGEST_ANSWER, MOST_CONNECTIONS, TYPE, Denied, Guard, current
from idp_adapters.simulators.ca import TestCa
from tests.support.lying_broker import answer, lying_broker, saying, telling
from tests.support.world import NOW

pytestmark = pytest.mark.spec("RFC 7662", "2")
OID, NUMBER = "1.2.752.129.2.1.3.1", "191212121212"
DETAILS = {
    "type": TYPE,
    "patient": {"system": OID, "value": NUMBER},
    "actions": ["read"],
    "employee": "SE2321000016-NURSE",
    "commission": "SE2321000016-A1",
    "care_unit": "SE2321000016-U1",
    "care_provider": "SE2321000016-VG1",
    "purpose": "Vård och behandling",
    "resources": [{"id": "labs", "provider": "SE2321000016-VG1"}],
}


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def broker():
    with lying_broker(saying(b"")) as broker:
        broker.script = telling(good(broker))
        yield broker


@pytest.fixture
def guard(broker, clock):
    guard = Guard(broker.issuer, "api", "s3cret+/", clock=clock, timeout=0.5)
    yield guard
    guard.close()


def good(broker, **changes):
    told = {
        "active": True,
        "token_type": "Bearer",
        "iss": broker.issuer,
        "aud": [broker.issuer, "api"],
        "sub": "s-1",
        "client_id": "journal",
        "scope": "openid api",
        "exp": NOW + 300,
        "authorization_details": [DETAILS],
        **changes,
    }
    return {name: value for name, value in told.items() if value is not ...}


def denied(guard, authorization="Bearer t"):
    with pytest.raises(Denied) as refused:
        guard.context(authorization)
    return refused.value.status, refused.value.code


def test_a_good_answer_is_told_whole(guard, broker):
    context = guard.context("Bearer t")
    assert (context.subject, context.client, context.patient) == ("s-1", "journal", (OID, NUMBER))
    assert (context.actions, set(context.resources), context.scope) == ({"read"}, {"labs"}, {"openid", "api"})
    assert (context.care_unit, context.purpose) == ("SE2321000016-U1", "Vård och behandling")
    assert NUMBER not in repr(context)
    head, _, body = broker.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /oidc/introspect HTTP/1.1\r\n")
    assert b"Authorization: Basic YXBpOnMzY3JldCUyQiUyRg==" in head
    assert body == b"token=t"


def test_a_token_without_patient_context_has_none(guard, broker):
    broker.script = telling(good(broker, authorization_details=...))
    context = guard.context("bearer t")
    assert context.patient is None
    with pytest.raises(Denied, match="403"):
        context.check("read")


NO_TOKEN = [None, "", "Bearer", "Bearer ", "Basic YTpi", "t", "Digest t", "bearer\tt"]


@pytest.mark.parametrize("authorization", NO_TOKEN)
def test_without_a_token_nobody_is_asked(guard, broker, authorization):
    assert denied(guard, authorization) == (401, "")
    assert broker.requests == []


@pytest.mark.parametrize("token", ["x" * 20_000, "a b", "å", "a\x00b", "a\x7f"])
def test_what_cannot_be_a_token_is_not_passed_on(guard, broker, token):
    assert denied(guard, f"Bearer {token}") == (401, "invalid_token")
    assert broker.requests == []


DEAD = {
    "the broker says that it is dead": {"active": False},
    "it is for another service": {"aud": ["other"]},
    "it is for a service whose name holds ours": {"aud": "api2"},
    "it is for nobody": {"aud": ...},
    "it is for the broker alone": {"aud": "http://127.0.0.1"},
    "it has run out": {"exp": NOW},
    "it ran out long ago": {"exp": NOW - 10_000},
}


@pytest.mark.parametrize("case", DEAD)
def test_a_token_that_is_not_good_here_is_401(guard, broker, case):
    broker.script = telling(good(broker, **DEAD[case]))
    assert denied(guard) == (401, "invalid_token")


LIES = {
    "active is a text": {"active": "true"},
    "active is a number": {"active": 1},
    "active is missing": {"active": ...},
    "active is null": {"active": None},
    "another issuer": {"iss": "https://evil.example.org"},
    "no issuer": {"iss": ...},
    "the kind of token is missing": {"token_type": ...},
    "another kind of token": {"token_type": "DPoP"},
    "no end": {"exp": ...},
    "an end that is a text": {"exp": str(NOW + 300)},
    "an end that is true": {"exp": True},
    "an end that is no whole number": {"exp": NOW + 0.5},
    "nobody": {"sub": ...},
    "somebody that is a number": {"sub": 7},
    "no client": {"client_id": ...},
    "no scope": {"scope": ...},
    "a scope that is a list": {"scope": ["api"]},
    "details that are no list": {"authorization_details": {"type": TYPE}},
    "details that are a text": {"authorization_details": "x"},
    "two details": {"authorization_details": [DETAILS, DETAILS]},
    "details of another type": {"authorization_details": [{**DETAILS, "type": "urn:other"}]},
    "details without a patient": {"authorization_details": [{k: v for k, v in DETAILS.items() if k != "patient"}]},
    "a patient that is a text": {"authorization_details": [{**DETAILS, "patient": NUMBER}]},
    "a patient without number": {"authorization_details": [{**DETAILS, "patient": {"system": OID}}]},
    "no actions": {"authorization_details": [{k: v for k, v in DETAILS.items() if k != "actions"}]},
    "actions that are null": {"authorization_details": [{**DETAILS, "actions": None}]},
    "resources that are null": {"authorization_details": [{**DETAILS, "resources": None}]},
    "a resource that is a text": {"authorization_details": [{**DETAILS, "resources": ["labs"]}]},
    "a resource without id": {"authorization_details": [{**DETAILS, "resources": [{}]}]},
    "details that are null within": {"authorization_details": [None]},
}


@pytest.mark.parametrize("case", LIES)
def test_an_answer_that_cannot_be_meant_lets_nothing_pass(guard, broker, case):
    broker.script = telling(good(broker, **LIES[case]))
    assert denied(guard)[0] == 503


BROKEN = {
    "an error of ours": answer(b"{}", "500 Internal Server Error"),
    "temporarily unavailable": answer(b'{"error":"temporarily_unavailable"}', "503 Service Unavailable"),
    "the service does not prove itself": answer(b'{"error":"invalid_client"}', "401 Unauthorized"),
    "a redirect": answer(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
    "no content": answer(b"", "204 No Content"),
    "another success": answer(b'{"active":true}', "201 Created"),
    "an empty body": answer(b""),
    "no JSON": answer(b"<html>"),
    "a list": answer(b"[true]"),
    "a word": answer(b"true"),
    "half of a JSON": answer(b'{"active":tr'),
    "JSON nested without end": answer(b"[" * 50_000),
    "not UTF-8": answer(b'{"active":"\xff"}'),
    "less than it promised": answer(b'{"active": true', length=900),
    "more than anybody needs": answer(b'{"x":"' + b"x" * LONGEST_ANSWER + b'"}'),
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 OK\r\n\r\n",
    "a header without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "nothing at all": b"",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broker_that_does_not_answer_well_lets_nothing_pass(guard, broker, case):
    broker.script = saying(BROKEN[case], stay=False)
    assert denied(guard) == (503, "")


def test_a_broker_that_is_down_lets_nothing_pass(clock):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert denied(Guard(f"http://127.0.0.1:{port}", "api", "s", clock=clock)) == (503, "")


def test_a_broker_that_is_silent_is_not_waited_for(broker, clock):
    held = threading.Event()
    broker.script = lambda _: held.wait(5)
    began = time.monotonic()
    assert denied(Guard(broker.issuer, "api", "s", timeout=0.1, clock=clock)) == (503, "")
    assert time.monotonic() - began < 1
    held.set()


@pytest.mark.parametrize("octets", [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, answer(b" " * 4000)[:-1]])
def test_a_broker_that_drips_is_not_waited_for(broker, clock, octets):
    """Each piece comes in time; the whole never does."""
    held = threading.Event()

    def drip(connection):
        for place in range(len(octets)):
            connection.sendall(octets[place : place + 1])
            if held.wait(0.01):
                return False
        return False

    broker.script = drip
    began = time.monotonic()
    assert denied(Guard(broker.issuer, "api", "s", timeout=0.15, clock=clock)) == (503, "")
    assert time.monotonic() - began < 1
    held.set()


@pytest.mark.parametrize("trusted", [True, False])
def test_a_broker_over_tls_is_who_its_certificate_says(clock, tmp_path, trusted):
    ca = TestCa(tmp_path / "ca", "http://127.0.0.1", lambda: int(time.time()))
    certificate, key = ca.server_certificate(("127.0.0.1",))
    (tmp_path / "server.pem").write_bytes(certificate + key)
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    serving.load_cert_chain(tmp_path / "server.pem")
    if trusted:
        asking.load_verify_locations(cadata=(tmp_path / "ca" / "ca.pem").read_text())
    with lying_broker(saying(b""), serving) as broker:
        broker.script = telling(good(broker))
        guard = Guard(broker.issuer, "api", "s", tls=asking, clock=clock)
        if trusted:
            assert [guard.context(f"Bearer t{n}").subject for n in range(3)] == ["s-1"] * 3
            assert broker.connections == 1
        else:
            assert denied(guard) == (503, "")
            assert broker.requests == []
        guard.close()


# --- what is kept -------------------------------------------------------------------------------------------------------


def test_one_connection_serves_many_questions(guard, broker):
    for number in range(20):
        guard.context(f"Bearer t{number}")
    assert (broker.connections, len(broker.requests)) == (1, 20)


def test_a_kept_connection_that_was_closed_is_replaced(guard, broker):
    guard.context("Bearer t1")
    broker.open[0].shutdown(socket.SHUT_RDWR)
    guard.context("Bearer t2")
    assert broker.connections == 2


def test_a_kept_connection_that_falls_silent_is_given_up(guard, broker):
    guard.context("Bearer t1")
    held = threading.Event()
    broker.script = lambda _: held.wait(5)
    assert denied(guard, "Bearer t2") == (503, "")
    broker.script = telling(good(broker))
    assert guard.context("Bearer t2").subject == "s-1"
    held.set()


def test_a_connection_is_not_kept_when_the_broker_says_so(guard, broker):
    broker.script = saying(answer(json.dumps(good(broker)).encode(), headers="Connection: close\r\n"))
    guard.context("Bearer t1")
    guard.context("Bearer t2")
    assert broker.connections == 2


def test_many_threads_share_a_guard_and_few_connections_are_kept(guard, broker):
    together = threading.Barrier(MOST_CONNECTIONS + 4)
    slow = telling(good(broker))

    def script(connection):
        together.wait(5)
        return slow(connection)

    broker.script = script
    guard._broker._timeout = 5
    threads = [
        threading.Thread(target=guard.context, args=(f"Bearer t{number}",)) for number in range(MOST_CONNECTIONS + 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(guard._kept) == MOST_CONNECTIONS + 4
    assert len(guard._broker._idle) <= MOST_CONNECTIONS + 3


def test_a_good_answer_is_believed_for_as_long_as_was_said(guard, broker, clock):
    guard.context("Bearer t")
    clock.now += 9
    guard.context("Bearer t")
    assert len(broker.requests) == 1
    clock.now += 1
    guard.context("Bearer t")
    assert len(broker.requests) == 2


def test_a_block_set_meanwhile_is_seen_when_the_memory_ends(guard, broker, clock):
    guard.context("Bearer t")
    broker.script = telling({"active": False})
    clock.now += 10
    assert denied(guard) == (401, "invalid_token")


def test_a_bad_answer_is_never_kept(guard, broker):
    broker.script = telling({"active": False})
    assert denied(guard) == (401, "invalid_token")
    broker.script = saying(b"", stay=False)
    assert denied(guard) == (503, "")
    broker.script = telling(good(broker))
    assert guard.context("Bearer t").subject == "s-1"


def test_an_old_answer_does_not_help_when_the_broker_is_down(guard, broker, clock):
    guard.context("Bearer t")
    broker.script = saying(b"", stay=False)
    clock.now += 10
    assert denied(guard) == (503, "")


def test_a_good_answer_is_not_believed_longer_than_the_token_lives(guard, broker, clock):
    broker.script = telling(good(broker, exp=NOW + 3))
    guard.context("Bearer t")
    clock.now += 3
    assert denied(guard) == (401, "invalid_token")


def test_what_is_kept_is_bounded(guard, broker, monkeypatch):
    monkeypatch.setattr("broker.guard.MOST_KEPT", 3)
    for number in range(5):
        guard.context(f"Bearer t{number}")
    assert len(guard._kept) == 3


def test_nothing_is_kept_when_that_is_wished(broker, clock):
    guard = Guard(broker.issuer, "api", "s", keep=0, clock=clock)
    guard.context("Bearer t")
    guard.context("Bearer t")
    assert len(broker.requests) == 2


@pytest.mark.parametrize("keep", [-1, 30.5, 31, 3600, float("inf"), float("nan")])
def test_nothing_can_be_kept_longer_than_half_a_minute(keep):
    with pytest.raises(ValueError, match="keep"):
        Guard("https://login.example.se", "api", "s", keep=keep)


@pytest.mark.parametrize(
    "issuer", ["http://login.example.se", "login.example.se", "", "ftp://localhost", "http://127.0.0.2"]
)
def test_a_broker_is_reached_by_https(issuer):
    with pytest.raises(ValueError, match="https"):
        Guard(issuer, "api", "s")


# --- before a service ---------------------------------------------------------------------------------------------------


@pytest.fixture
def service(guard):
    app = Flask("service")

    @app.get("/healthz")
    def healthz():
        return "well"

    @app.get("/who")
    def who():
        return current().subject

    @app.get("/patients/<number>/<kind>")
    @guard.needs("read", patient=lambda number, kind: (OID, number), resource=lambda number, kind: kind)
    def read(number, kind):
        return f"{kind} of the patient"

    @app.post("/patients/<number>")
    @guard.needs("write", patient=lambda number: (OID, number))
    def write(number):
        return "written"

    @app.get("/scoped")
    @guard.needs(scope="other")
    def scoped():
        return "scoped"

    @app.get("/broken")
    @guard.needs(patient=lambda: {}["nothing"])
    def broken():
        return "never"

    plain = app.test_client()
    app.wsgi_app = guard.middleware(app.wsgi_app, open_paths={"/healthz"})
    return SimpleNamespace(client=app.test_client(), app=app, plain=plain)


def get(service, path, token="t", method="GET"):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return service.client.open(path, method=method, headers=headers)


PASSES = ["/who", f"/patients/{NUMBER}/labs"]


@pytest.mark.parametrize("path", PASSES)
def test_what_the_token_opens_passes(service, path):
    assert get(service, path).status_code == 200


@pytest.mark.parametrize("path", [*PASSES, "/nowhere", "/healthz/", "//healthz", "/HEALTHZ"])
def test_nothing_is_reached_without_a_token(service, broker, path):
    answered = get(service, path, token="")
    assert (answered.status_code, answered.data) == (401, b"")
    assert answered.headers["WWW-Authenticate"] == 'Bearer realm="tillit"'
    assert broker.requests == []


def test_open_paths_ask_nobody(service, broker):
    assert get(service, "/healthz", token="").data == b"well"
    assert broker.requests == []


FORBIDDEN = {
    "another patient": "/patients/195006262546/labs",
    "a patient spelled otherwise": "/patients/19121212-1212/labs",
    "a resource that was withheld": f"/patients/{NUMBER}/psychiatry",
    "a scope that it has not": "/scoped",
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_the_token_does_not_open_is_403(service, case):
    answered = get(service, FORBIDDEN[case])
    assert (answered.status_code, answered.data) == (403, b"")
    assert 'error="insufficient_scope"' in answered.headers["WWW-Authenticate"]


def test_an_action_that_was_not_granted_is_403(service):
    assert get(service, f"/patients/{NUMBER}", method="POST").status_code == 403


def test_a_token_without_patient_context_opens_no_patient(service, broker):
    broker.script = telling(good(broker, authorization_details=...))
    assert get(service, "/who").status_code == 200
    assert get(service, f"/patients/{NUMBER}/labs").status_code == 403


def test_a_question_that_cannot_be_put_lets_nothing_pass(service):
    assert get(service, "/broken").status_code == 500


def test_a_broker_that_is_down_is_503_without_a_challenge(service, broker):
    broker.script = saying(b"", stay=False)
    answered = get(service, "/who")
    assert (answered.status_code, answered.data) == (503, b"")
    assert "WWW-Authenticate" not in answered.headers


def test_a_view_whose_middleware_was_forgotten_lets_nothing_pass(service):
    service.app.wsgi_app = service.app.wsgi_app.__closure__ and Flask.wsgi_app.__get__(service.app)
    assert service.app.test_client().get(f"/patients/{NUMBER}/labs").status_code == 401


def test_the_context_of_one_request_is_not_that_of_the_next(service):
    get(service, "/who")
    with pytest.raises(Denied, match="401"):
        current()


def test_a_context_cannot_be_brought_along(guard):
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return [b""]

    environ = {"PATH_INFO": "/open", "tillit.context": "forged"}
    guard.middleware(app, {"/open"})(environ, lambda *_: None)
    assert "tillit.context" not in seen
