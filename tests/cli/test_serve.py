"""The broker as a process: it answers, it has its listeners, and it ends in order."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support import federation as good
from tests.support import pki
from tests.support.command_line import tillit

__all__ = ["tillit"]

MAIN = (sys.executable, "-c", "from broker.cli import main; main()", "serve")
PATIENCE = 30


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def ports():
    return [free_port() for _ in range(3)]


@pytest.fixture
def installed(tillit, ports):
    main, card, management = ports
    server = pki.Authority.root().server("127.0.0.1")
    (tillit.folder / "tls.pem").write_bytes(server.pem)
    (tillit.folder / "tls.key").write_bytes(server.key_pem)
    tillit.env |= {
        "TILLIT_ENV": "test",
        "TILLIT_BASE_URL": f"http://127.0.0.1:{main}",
        "TILLIT_CARD_URL": f"https://127.0.0.1:{card}",
        "TILLIT_TLS_CERT": str(tillit.folder / "tls.pem"),
        "TILLIT_TLS_KEY": str(tillit.folder / "tls.key"),
        "TILLIT_MANAGEMENT_LISTEN": f"127.0.0.1:{management}",
        "TILLIT_CHECKPOINT_FILE": str(tillit.folder / "checkpoints"),
        "TILLIT_WORKERS": "1",
    }
    tillit.done("apply", tillit.folder / "federation/federation.yaml")
    return tillit


@contextmanager
def running(tillit, **more):
    """The broker, stopped at the end; ended by force only when it does not stop."""
    env = {name: value for name, value in {**os.environ, **tillit.env, **more}.items() if value is not None}
    with (tillit.folder / "output").open("wb") as output:
        process = subprocess.Popen(MAIN, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def get(url):
    unverified = ssl._create_unverified_context()  # noqa: S323  # who it is, is not what is tested
    try:
        with urllib.request.urlopen(url, context=unverified, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def status(port, path):
    """Of the first answer, redirects not followed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def eventually(question, answer=lambda found: found):
    """Ask until the answer will do, or time is up."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if answer(found := question()):
                return found
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come")


def output(tillit):
    return (tillit.folder / "output").read_text()


def ready(port, scheme="http"):
    return eventually(lambda: get(f"{scheme}://127.0.0.1:{port}/readyz"), lambda found: found[0] == 200)


def test_it_answers_on_all_listeners_and_ends_in_order(installed, ports):
    main, card, management = ports
    with running(installed) as process:
        assert json.loads(ready(main)[1])["federation"] is True
        assert get(f"http://127.0.0.1:{main}/.well-known/openid-configuration")[0] == 200
        assert get(f"https://127.0.0.1:{card}/readyz")[0] == 200
        assert get(f"http://127.0.0.1:{management}/healthz") == (200, b"ok\n")
        assert b"tillit_requests_total" in get(f"http://127.0.0.1:{management}/metrics")[1]
        assert get(f"http://127.0.0.1:{management}/")[0] == 404
        assert get(f"http://127.0.0.1:{main}/metrics")[0] == 404
        eventually((installed.folder / "checkpoints").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert "Traceback" not in output(installed)
    assert installed.json("doctor", "--offline")
    assert installed.json("log", "verify")["ok"] is True


def test_leases_are_given_back_so_that_the_next_node_need_not_wait(installed, ports):
    with running(installed) as process:
        ready(ports[0])
        eventually((installed.folder / "checkpoints").exists)
        installed.done("backup", installed.folder / "while-it-runs.tar")
        refused = installed("restore", installed.folder / "while-it-runs.tar", "--replace")
        assert (refused.exit_code, "stop it first" in refused.stderr) == (4, True)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert installed("restore", installed.folder / "while-it-runs.tar", "--replace").exit_code == 0


def test_a_request_in_hand_is_answered_before_it_ends(installed, ports):
    body = b"grant_type=client_credentials"
    with running(installed) as process:
        ready(ports[0])
        with socket.create_connection(("127.0.0.1", ports[0]), timeout=10) as connection:
            head = (
                b"POST /oidc/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            )
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:10])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(body[10:])
            assert b"invalid_client" in connection.recv(65536)
        assert process.wait(PATIENCE) == 0


def test_a_worker_that_is_told_to_stop_while_it_starts_stops(installed, ports):
    with running(installed) as process:
        eventually(lambda: children(process.pid))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE / 2) == 0


LOADED_WHILE_A_CALLBACK_RUNS = """
import os, signal, weakref
from broker.commands import serve, serving

class Module:
    pass

def application(lock):
    module = Module()
    watched = weakref.ref(module, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    del module
    return watched

serving.application = application
serve._loaded(None)
print("lost")
"""


def test_a_worker_that_is_told_to_stop_while_it_imports_does_not_lose_the_signal():
    """Imports end in callbacks whose exceptions nobody sees; an exit raised there would leave the worker serving."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED_WHILE_A_CALLBACK_RUNS], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_applied_is_used_within_two_seconds_of_its_commit(installed, ports):
    asked = "/oidc/authorize?client_id=ny&response_type=code&redirect_uri=https%3A%2F%2Fboka.example.se%2Fcallback"
    with running(installed):
        ready(ports[0])
        assert status(ports[0], asked) == 400
        changed = good.content()
        changed["services"][1]["oidc"] |= {"client_id": "ny"}
        good.written(installed.folder / "federation", changed)
        installed.done("apply", installed.folder / "federation/federation.yaml")
        eventually(lambda: status(ports[0], asked), lambda found: found in {302, 303})


def test_several_workers_share_the_listeners_and_the_next_takes_them_over(installed, ports):
    main, card, _ = ports
    with running(installed, TILLIT_WORKERS="2") as process:
        ready(main)
        ready(card, "https")
        workers = children(process.pid)
        assert len(workers) == 2
        holder = next(pid for pid in workers if card in listening(pid))
        os.kill(holder, signal.SIGKILL)
        eventually(lambda: any(card in listening(pid) for pid in children(process.pid) if pid != holder))
        ready(card, "https")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in {0, 1}


def children(parent):
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def listening(pid):
    """TCP ports on which a process listens."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            sockets.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and row[9] in sockets}


WORKER = """
import os, sys
from broker.commands.serving import application
front = application()
print(sorted(name for name in os.environ if name.startswith(("TILLIT_", "HTTP_"))), callable(front))
"""


def test_a_worker_forgets_the_settings_of_its_environment(installed):
    """Servers copy the environment into each request; another WSGI server is given the same application."""
    key = (installed.folder / "data/kek").read_text().strip()
    env = {**os.environ, **installed.env, "TILLIT_KEY_ENCRYPTION_KEY": key, "HTTP_PROXY": "http://proxy.invalid"}
    done = subprocess.run(
        [sys.executable, "-c", WORKER],
        env={name: value for name, value in env.items() if value is not None},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[] True"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("env", "code", "told"),
    [
        ({"TILLIT_BASE_URL": None}, 4, "TILLIT_BASE_URL: is missing"),
        ({"TILLIT_DATA_DIR": "/nonexistent/tillit"}, 4, "tillit init"),
        ({"TILLIT_TLS_KEY": None}, 4, "go together"),
        ({"TILLIT_TLS_KEY": "/dev/null"}, 4, "TILLIT_TLS"),
        ({"TILLIT_LISTEN": "nowhere"}, 4, "TILLIT_LISTEN"),
    ],
)
def test_what_keeps_it_from_starting_is_told_in_a_sentence(installed, env, code, told):
    result = installed("serve", **env)
    assert (result.exit_code, told in result.stderr, "Traceback" in result.stderr) == (code, True, False)
