"""Which of the two clients calls whom: what others name is never tried with the one that logins go by."""

import pytest

from tests.support.egress import FakeEgress
from tests.support.world import MEMBER, Worlds
from trust_framework.domains import DomainProof

pytest_plugins = ["tests.support.worlds"]


class Logins:
    """What logins go by: nobody else calls with it."""

    def fetch(self, outbound):
        pytest.fail(f"{outbound.url} was tried with the client of logins")


def test_jobs_call_others_with_a_client_that_logins_do_not_go_by(worlds: Worlds, monkeypatch):
    given = []
    monkeypatch.setattr("broker.app.outbound_jobs", lambda _store, egress, *_: given.append(egress) or ())
    app = worlds.make().app
    assert given == [app.calls]
    assert app.calls is not app.egress


def test_a_host_is_looked_at_with_a_client_for_once(worlds: Worlds, monkeypatch):
    world, made = worlds.make(), []
    monkeypatch.setattr(world.app.egress, "fetch", Logins().fetch)
    object.__setattr__(world.app.on, "trial", lambda: made.append(FakeEgress()) or made[-1])
    object.__setattr__(world.app.on, "texts", lambda _name: ())
    for host in ("a.example", "b.example"):
        proof = world.app.on.look_at_host(DomainProof(MEMBER, host, "t0ken", world.clock.now), world.clock.now)
        assert proof.checked_at == world.clock.now
    assert len(made) == 2
