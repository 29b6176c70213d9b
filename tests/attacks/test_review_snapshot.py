"""A node that cannot take up a new register keeps the last good one, and says so where somebody looks."""

from tests.support.world import apply, client, federation


def failures(world):
    return world.app.on.metrics.registry.get_sample_value("tillit_failures_total", {"what": "snapshot"})


def test_a_register_that_cannot_be_taken_up_is_counted_and_the_last_good_one_serves(world, monkeypatch):
    apply(world.settings, federation(client(), client("other")), world.clock)

    def broken():
        raise ValueError("a document of another release")

    monkeypatch.setattr(world.app.snapshots, "_loaded", broken)
    for _ in range(2):
        world.app.jobs.tick()
    assert failures(world) == 2
    assert "code" in world.browser().get(world.authorize_url()).sent_back
    monkeypatch.undo()
    world.app.jobs.tick()
    assert failures(world) == 2
    assert "other" in world.app.snapshots.federation.parties
