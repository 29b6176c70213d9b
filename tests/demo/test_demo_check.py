"""The demo as a whole: `tillit demo --check` in a process of its own, as anybody runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from broker.demo.check import FLOWS
from broker.demo.places import PORTS, Places, PortTaken, check_free, free_block

COMMAND = (sys.executable, "-c", "from broker.cli import main; main()", "demo")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TILLIT_")}


@pytest.mark.timeout(300)
def test_every_login_of_the_demo_holds():
    done = subprocess.run(
        [*COMMAND, "--check", "--json"], capture_output=True, text=True, timeout=280, env=ENVIRONMENT, check=False
    )

    rows = json.loads(done.stdout)
    assert [row for row in rows if not row["ok"]] == [], done.stderr
    assert [row["flow"] for row in rows] == [name for name, _ in FLOWS]
    assert {tuple(row) for row in rows} == {("flow", "ok", "seconds", "detail")}
    assert done.returncode == 0


@pytest.mark.timeout(300)
def test_a_demo_tells_first_where_to_click_and_ends_when_told_to_and_starts_again_in_its_folder(tmp_path):
    port, folder = free_block(), tmp_path / "demo"
    told = []

    for _ in range(2):
        running = subprocess.Popen(
            [*COMMAND, "--port", str(port), "--data", str(folder)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        assert running.stdout is not None
        assert running.stdout.readline() == "Starting …\n"
        told.append(running.stdout.readline())
        root = (folder / "ca.pem").read_bytes()
        running.send_signal(signal.SIGTERM)
        rest = running.stdout.read()
        running.stdout.close()
        assert running.wait(30) == 0
        assert "Stopped." in rest
        assert str(folder / "cards") in rest

    assert told == [f"Open https://127.0.0.1:{port + 6}/help\n"] * 2
    assert (folder / "ca.pem").read_bytes() == root
    wait_until_free(Places(folder, port))


def wait_until_free(places):
    deadline = time.monotonic() + 20
    while list(places.taken()):
        assert time.monotonic() < deadline, "a child outlived the demo"
        time.sleep(0.1)


def test_ports_in_use_are_named_in_a_sentence(tmp_path):
    port = free_block()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 3))
        other.listen()

        done = subprocess.run(
            [*COMMAND, "--port", str(port), "--data", str(tmp_path)], capture_output=True, text=True, timeout=60,
            env=ENVIRONMENT, check=False,
        )  # fmt: skip

    assert done.returncode == 4
    assert f"port {port + 3}." in done.stderr
    assert "--port N" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_free_block_is_free(tmp_path):
    places = Places(tmp_path, free_block())
    check_free(places)
    with socket.socket() as other:
        other.bind(("127.0.0.1", places.port + PORTS - 1))
        other.listen()
        with pytest.raises(PortTaken):
            check_free(places)
