"""Metadata far larger than any is, by each way in: refused with bounded memory; what is large but allowed is read."""

import io
import sys
import time
import tracemalloc

import pytest

from broker.federation.addresses import LONGEST
from metadata.saml import DOCUMENT_LIMIT
from metadata.validate import check
from metadata.wire.outbound import PURPOSES
from tests.federation.test_addresses import Place
from tests.federation.test_addresses import answer as published
from tests.federation.test_feeds import brought, look
from tests.support import feeds as f
from tests.support import saml_metadata as make
from tests.support.command_line import tillit
from tests.support.console import consoles
from tests.support.proposing import Office
from tests.support.world import MEMBER

__all__ = ["tillit"]

pytest_plugins = ["tests.support.worlds"]
pytestmark = pytest.mark.spec("facts/threats", "FR-01")
MIB = 1024 * 1024
HUGE = 50 * MIB


class Coming(io.RawIOBase):
    """A body that is made as it is read, and knows how much was."""

    def __init__(self, length: int) -> None:
        self.left, self.given = length, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), self.left)
        buffer[:size] = b"<" * size
        self.left, self.given = self.left - size, self.given + size
        return size


def sent(world, path: str, body: Coming, length: int, kind: str) -> int:
    """The status of a request whose body is never whole in memory."""
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", "CONTENT_LENGTH": str(length), "CONTENT_TYPE": kind,
        "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8440", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": body, "wsgi.errors": sys.stderr, "wsgi.url_scheme": "https", "wsgi.version": (1, 0),
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    seen: list[int] = []
    b"".join(world.app(environ, lambda status, headers, _=None: seen.append(int(status[:3]))))
    return seen[0]


def test_a_file_of_50_mb_is_refused_by_the_command_line_which_reads_no_more_than_it_must(tillit):
    big = tillit.folder / "big.xml"
    with big.open("wb") as opened:
        opened.write(make.entity()[:-1])
        opened.truncate(HUGE)  # the rest is a hole
    tillit("metadata", "check", tillit.folder / "federation/journal.xml")  # all that is imported once is there
    tracemalloc.start()
    report = tillit.json("metadata", "check", big)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [finding["id"] for finding in report["findings"]] == ["size"]
    assert peak < 4 * DOCUMENT_LIMIT


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/portal/{MEMBER}/anslut/x/teknik", "multipart/form-data; boundary=b"),
        (f"/portal/{MEMBER}/anslut/x/teknik", "application/x-www-form-urlencoded"),
        ("/api/v1/validate", "application/samlmetadata+xml"),
        (f"/api/v1/members/{MEMBER}/proposals", "application/json"),
        ("/oidc/register", "application/json"),
    ],
)
def test_a_body_of_50_mb_is_refused_before_it_is_read(worlds, path, kind):
    body = Coming(HUGE)
    assert sent(consoles(worlds).world, path, body, HUGE, kind) in {400, 413}
    assert body.given < DOCUMENT_LIMIT


@pytest.mark.parametrize("inner", [b"<a/>", b" ", b"<a>", b"<!-- -->"])
def test_a_feed_of_50_mb_of_nothing_is_not_believed_and_the_last_good_stays(inner, record_property):
    state, mine = brought("a")
    octets = b"<x>" + inner * (HUGE // len(inner)) + b"</x>"
    before = time.process_time()
    found = look(f.feed(), octets, state, mine, f.NOW + 3600)
    record_property("cpu_seconds", round(time.process_time() - before, 2))
    assert found.changes == ()
    # marks are counted before anything is made of them: 50 MB of comments would be a gigabyte of nodes
    assert found.state.error == "document: " + ("not-well-formed" if inner == b" " else "too-many-nodes")
    assert (found.state.taken, found.state.valid_until) == (1, state.valid_until)


def test_an_address_of_one_entity_takes_less(sqlite_storage):
    place = Place(Office(sqlite_storage, now=f.NOW))
    place.serve(published(b"<" * (LONGEST + 1)))
    assert place.look().error == "document: too long"


def test_whatever_is_sent_no_more_than_the_purpose_allows_is_taken_in():
    assert PURPOSES["default"].max_bytes < LONGEST
    assert PURPOSES["aggregate"].max_bytes <= 150 * MIB


LARGE = {
    "one text of 5 MB": make.entity(
        make.sp_role(
            extensions='<mdui:UIInfo><mdui:DisplayName xml:lang="sv">x</mdui:DisplayName>'
            f'<mdui:Description xml:lang="sv">{"a" * 5 * MIB}</mdui:Description></mdui:UIInfo>'
        )
    ),
    "25,000 addresses": make.entity(
        make.sp_role("".join(make.acs(f"https://sp.example/{'x' * 60}/{n}", n) for n in range(25_000)))
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_of_5_mb_is_within_the_bounds_and_its_report_is_short(name, record_property):
    document = LARGE[name]
    assert 4.5 * MIB < len(document) < DOCUMENT_LIMIT
    before = time.process_time()
    report = check(document)
    record_property("cpu_seconds", round(time.process_time() - before, 2))
    record_property("nodes", document.count(b"<") // 2)
    assert "size" not in {finding.id for finding in report.findings}
    assert len(report.findings) < 100
