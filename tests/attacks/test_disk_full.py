"""The disk is full, or nothing may be written: nothing leaves that is not recorded, the page says so, and it mends itself.

A real server whose worker processes may write no more octet to any file (RLIMIT_FSIZE: the write fails as on a full disk),
and one whose files lie in a small file system that is filled up.
"""

import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.audit.verify import verify_log
from tests.support.load import PEER, assertions, authorize_path, document, recorded, redeem
from tests.support.server import Line, Server, pkce
from tests.support.world import Answer

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, document()).start()
    yield made
    made.close()


@contextmanager
def no_room(server: Server) -> Iterator[None]:
    """For the time of the block, no worker may write to a file."""
    workers = server.workers()
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)) for pid in workers]
    try:
        yield
    finally:
        for pid, limit in zip(workers, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def authorize(line: Line) -> tuple[Answer, str]:
    verifier, challenge = pkce()
    return line.request("GET", authorize_path(challenge)), verifier


def sign_on_by_saml(line: Line, server: Server) -> Answer:
    return line.request("GET", PEER.redirect(server).removeprefix(server.base))  # type: ignore[arg-type]


def choice(line: Line) -> Answer:
    """A login that has no hint, and so is kept while the person looks at a page."""
    _, challenge = pkce()
    return line.request("GET", authorize_path(challenge, login_hint=""))


def is_maintenance(answer: Answer) -> None:
    assert (answer.status, answer.page, answer.cause) == (503, "U10", "maintenance")
    assert answer.header("Retry-After")
    assert not answer.location
    assert "SAMLResponse" not in answer.text


def test_on_a_full_disk_no_code_token_or_assertion_leaves_and_all_is_well_again_when_there_is_room(server: Server):
    with Line(server.base) as line:
        given, verifier = authorize(line)
        code = given.sent_back["code"]
        with no_room(server):
            is_maintenance(authorize(line)[0])
            is_maintenance(sign_on_by_saml(line, server))
            is_maintenance(choice(line))
            refused = redeem(line, code, verifier)
            assert (refused.status, refused.json["error"]) == (503, "temporarily_unavailable")
            assert set(refused.json) == {"error", "error_description"}
            assert line.request("GET", "/.well-known/openid-configuration").status == 200
        assert redeem(line, code, verifier).status == 200
        assert "code" in authorize(line)[0].sent_back
        assert len(assertions(sign_on_by_saml(line, server))) == 1
    names = [event["event"] for event in recorded(server)]
    assert names.count("oidc.code-issued") == 2
    assert names.count("oidc.tokens-issued") == 1
    assert names.count("saml.assertion-issued") == 1
    with server.storage() as store:
        assert verify_log(store).ok


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB."""
    where = tmp_path / "disk"
    where.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(where)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield where
    subprocess.run(["umount", "--lazy", str(where)], check=True)


def filled(folder: Path) -> Path:
    """Fill the file system to its last octet."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return ballast


def test_a_file_system_that_is_full_stops_logins_and_lets_them_go_on_when_there_is_space(small_disk: Path):
    server = Server(small_disk, document()).start()
    try:
        with Line(server.base) as line:
            assert "code" in authorize(line)[0].sent_back
            ballast = filled(small_disk)
            answers = [authorize(line)[0] for _ in range(400)]
            refused = next((n for n, answer in enumerate(answers) if answer.status == 503), None)
            assert refused is not None, "the log of changes still had room for all of them"
            is_maintenance(answers[-1])
            ballast.unlink()
            assert "code" in authorize(line)[0].sent_back
        seen = 2 + sum("code" in answer.sent_back for answer in answers)
        names = [event["event"] for event in recorded(server)]
        assert names.count("oidc.code-issued") == seen
        with server.storage() as store:
            assert verify_log(store, server.settings.checkpoint_file).ok
    finally:
        server.close()


def test_a_checkpoint_file_that_cannot_be_written_holds_up_no_login_and_is_written_again_when_it_can(tmp_path: Path):
    server = Server(tmp_path, document())
    file = server.settings.checkpoint_file
    assert file is not None
    file.mkdir()
    server.start()
    try:
        with Line(server.base) as line:
            assert "code" in authorize(line)[0].sent_back
            file.rmdir()
            for _ in range(100):
                assert "code" in authorize(line)[0].sent_back
                if file.exists():
                    break
                time.sleep(0.1)
        with server.storage() as store:
            assert verify_log(store, file).ok
    finally:
        server.close()
