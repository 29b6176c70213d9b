"""The nginx configuration that is shipped for services lets pass what the broker lets pass, and nothing else."""

import http.client
import ssl
import subprocess
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from idp_adapters.simulators.ca import TestCa
from tests.support.care_values import NURSE, OTHER_PATIENT
from tests.support.nginx import AROUND, NGINX, SHIPPED, put_in, wait_until_open
from tests.support.oidc import basic
from tests.support.patient_world import block, details, open_all, patient_world, served, tokens
from tests.support.server import free_port

NUMBER = OTHER_PATIENT.value
pytestmark = [pytest.mark.peers, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]


def service(environ, start_response):
    """Tells what reached it."""
    names = ("SUBJECT", "EMPLOYEE", "RESOURCES", "PATIENT", "SERVICE")
    told = {name: environ.get(f"HTTP_X_TILLIT_{name}", "") for name in names}
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["\n".join(f"{name}={value}" for name, value in told.items()).encode()]


@contextmanager
def guarding(folder, broker_port, service_port):
    """nginx's port."""
    ca = TestCa(folder / "ca", "http://127.0.0.1", lambda: int(time.time()))
    certificate, key = ca.server_certificate(("journal.example.se",))
    (folder / "journal.pem").write_bytes(certificate)
    (folder / "journal.key").write_bytes(key)
    port = free_port()
    more = f"location /forgotten/ {{ auth_request /tillit-guard; proxy_pass http://127.0.0.1:{service_port}; }}"
    values = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "server login.example.se:443": f"server 127.0.0.1:{broker_port}",
        "/etc/tillit/tls/": f"{folder}/",
        "https://tillit/oidc/guard": "http://tillit/oidc/guard",
        "Basic BASE64_OF_CLIENT_ID_AND_SECRET": basic("api")["Authorization"],
        "127.0.0.1:9000": f"127.0.0.1:{service_port}",
        "    location / {": f"    {more}\n    location / {{",
    }
    (folder / "tillit.conf").write_text(put_in((SHIPPED / "service-guard.conf").read_text(), values))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until_open(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


@pytest.fixture(scope="module")
def stand(lasting_worlds, tmp_path_factory):
    """A broker, a service, and nginx before it."""
    folder = tmp_path_factory.mktemp("guard")
    world = patient_world(lasting_worlds)
    with (
        served(world.app) as broker_port,
        served(service) as service_port,
        guarding(folder, broker_port, service_port) as port,
    ):
        yield SimpleNamespace(world=world, port=port)


@pytest.fixture
def token(stand):
    yield tokens(stand.world)["access_token"]
    open_all(stand.world)


def get(stand, path, token=None, method="GET", body=None, **headers):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", stand.port, timeout=10, context=context)
    sent = {"Host": "journal.example.se", **{k.replace("_", "-"): v for k, v in headers.items()}}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    found = SimpleNamespace(status=answer.status, text=answer.read().decode(), headers=answer.headers)
    connection.close()
    return found


def test_what_the_token_opens_reaches_the_service_with_what_it_may_know(stand, token):
    answer = get(stand, f"/patients/{NUMBER}/labs", token)
    assert answer.status == 200
    told = dict(line.split("=", 1) for line in answer.text.splitlines())
    assert (told["EMPLOYEE"], told["RESOURCES"], told["SERVICE"]) == (NURSE, "mine theirs", "")
    assert told["SUBJECT"]


def test_the_service_may_compare_the_patient_itself(stand, token):
    answer = get(stand, "/lists/today", token, X_Tillit_Patient=f"{OTHER_PATIENT.oid}|191212121212")
    assert (answer.status, f"PATIENT={OTHER_PATIENT.oid}|{NUMBER}" in answer.text) == (200, True)


def test_a_question_with_a_body_is_asked_without_it(stand, token):
    assert get(stand, f"/patients/{NUMBER}/labs", token, "POST", b"x" * 5000).status == 200


STOPPED = {
    "no token": (f"/patients/{NUMBER}/labs", False, {}, 401),
    "nonsense": (f"/patients/{NUMBER}/labs", False, {"Authorization": "Bearer nonsense"}, 401),
    "another patient": ("/patients/191212121212/labs", True, {}, 403),
    "another patient, and the right one in a header": (
        "/patients/191212121212/labs",
        True,
        {"X_Tillit_Patient": f"{OTHER_PATIENT.oid}|{NUMBER}"},
        403,
    ),
    "a way around by dots": (f"/patients/{NUMBER}/../191212121212/labs", True, {}, 403),
    "a location that forgot to say about whom": ("/forgotten/", True, {}, 403),
    "the same with a visitor who says it": ("/forgotten/", True, {"X_Tillit_Patient": "any"}, 403),
    "the question itself": ("/tillit-guard", True, {}, 404),
    "what is not guarded": ("/", True, {}, 404),
}


@pytest.mark.parametrize("name", STOPPED)
def test_what_may_not_pass_does_not(stand, token, name):
    path, with_token, headers, status = STOPPED[name]
    answer = get(stand, path, token if with_token else None, **headers)
    assert answer.status == status
    assert "SUBJECT=" not in answer.text
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


def test_a_visitor_s_own_headers_do_not_reach_the_service(stand, token):
    answer = get(stand, f"/patients/{NUMBER}/labs", token, X_Tillit_Employee="SE2321000016-CHIEF")
    assert "CHIEF" not in answer.text
    assert f"EMPLOYEE={NURSE}" in answer.text


def test_a_block_set_later_stops_the_next_request(stand):
    theirs = details(resources=[details()["resources"][1]])
    given = tokens(stand.world, theirs)["access_token"]
    assert get(stand, f"/patients/{NUMBER}/labs", given).status == 200
    block(stand.world)
    assert get(stand, f"/patients/{NUMBER}/labs", given).status == 401
    open_all(stand.world)


def test_without_a_broker_nothing_passes(stand, token, tmp_path):
    with served(service) as service_port, guarding(tmp_path, free_port(), service_port) as port:
        answer = get(SimpleNamespace(port=port), f"/patients/{NUMBER}/labs", token)
    assert answer.status == 500
    assert "SUBJECT=" not in answer.text
