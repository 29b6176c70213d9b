"""`tillit metadata check --reach`: the addresses are tried by the egress guard, and only when that is asked for."""

import pytest

from metadata.wire import egress
from metadata.wire.egress import EgressFailed, Response
from tests.support.command_line import tillit

__all__ = ["tillit"]


@pytest.fixture
def made(monkeypatch):
    """What clients were made, and with which policy."""
    clients = []

    class Client:
        def __init__(self, policy):
            clients.append(policy)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def fetch(self, outbound):
            if "sp.example" in outbound.url:
                raise EgressFailed("tls", outbound.url)
            return Response(200, {}, b"")

    monkeypatch.setattr(egress, "Egress", Client)
    return clients


def test_hosts_are_tried_when_asked_for(tillit, made):
    file = tillit.folder / "federation/journal.xml"
    assert tillit.json("metadata", "check", file)["not_run"]["host-unreachable"] == "reached"
    assert made == []
    report = tillit.json("metadata", "check", file, "--reach")
    found = [each for each in report["findings"] if each["id"] == "host-unreachable"]
    assert [(each["severity"], each["detail"]) for each in found] == [("warning", "https://sp.example: tls")]
    assert report["taken"]
    assert [policy.loopback for policy in made] == [False]
    tillit("metadata", "check", file, "--reach", "--allow-http-loopback")
    assert made[-1].loopback
