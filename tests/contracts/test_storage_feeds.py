"""Feeds on each database: what they bring, what is on record, and what goes with them."""

import json

from broker.federation.register import ChangeRegister, EntryChange
from broker.jobs.feeds import look_at_feeds
from broker.login.effects import Effects
from metadata.wire.egress import EgressFailed
from tests.support import feeds as f
from tests.support.egress import FakeEgress


def put(storage, content, **changes):
    change = EntryChange("feed", "other", content and {**content, **changes}, "", "portal")
    storage.commit(Effects((ChangeRegister((change,), storage.clock()),)))


def events(storage, name):
    return [json.loads(leaf) for leaf in storage.log_pending() if f'"event":"{name}"'.encode() in leaf]


def test_a_feed_brings_services_that_vanish_with_it(storage):
    storage.clock.now = f.NOW
    content = f.feed().model_dump(mode="json", exclude_defaults=True)
    put(storage, content)
    egress = FakeEgress({("GET", f.URL): f.answer(f.document(f.service("a"), f.service("b")))})
    look_at_feeds(storage, egress)
    assert [each.about.subject for each in storage.register_page("service").entries] == [
        "https://a.example/sp", "https://b.example/sp",
    ]  # fmt: skip
    assert storage.feed_states()["other"].taken == 2
    assert [(event["changed"], event.get("gone", 0)) for event in events(storage, "feed.taken")] == [(2, 0)]
    look_at_feeds(storage, egress)
    assert len(egress.calls) == 1

    storage.clock.now += 3600
    egress.answers["GET", f.URL] = EgressFailed("connect")
    for _ in range(2):
        look_at_feeds(storage, egress)
        storage.clock.now += 3600
    assert [event["error"] for event in events(storage, "feed.failed")] == ["fetch: connect"]
    assert storage.register_page("service").total == 2

    put(storage, None)
    look_at_feeds(storage, egress)
    assert storage.register_page("service").total == 0
    assert storage.feed_states()["other"].taken == 0
    look_at_feeds(storage, egress)
    assert len(events(storage, "feed.taken")) == 2


def test_a_service_of_a_member_is_not_replaced_by_a_feeds(storage):
    storage.clock.now = f.NOW
    own = {
        "id": "own", "member": f.OPERATOR, "levels": [f.LOA3],
        "saml": {"metadata_xml": f.service("a").decode()},
    }  # fmt: skip
    storage.commit(Effects((ChangeRegister((EntryChange("service", "own", own, f.OPERATOR, "file"),), f.NOW),)))
    put(storage, f.feed().model_dump(mode="json", exclude_defaults=True))
    look_at_feeds(storage, FakeEgress({("GET", f.URL): f.answer(f.document(f.service("a"), f.service("b")))}))
    assert {each.id == "own" for each in storage.register_subjects("service", "https://a.example/sp")} == {True}
    assert storage.feed_states()["other"].left == (("https://a.example/sp", "is not free: https://a.example/sp"),)


def test_a_name_that_somebody_takes_this_moment_fails_the_look_and_nothing_of_it_is_written(storage, monkeypatch):
    storage.clock.now = f.NOW
    own = {"id": "own", "member": f.OPERATOR, "levels": [f.LOA3], "saml": {"metadata_xml": f.service("a").decode()}}
    storage.commit(Effects((ChangeRegister((EntryChange("service", "own", own, f.OPERATOR, "file"),), f.NOW),)))
    put(storage, f.feed().model_dump(mode="json", exclude_defaults=True))
    monkeypatch.setattr(storage, "register_held", lambda _change: "")
    look_at_feeds(storage, FakeEgress({("GET", f.URL): f.answer(f.document(f.service("a"), f.service("b")))}))
    assert [each.id for each in storage.register_page("service").entries] == ["own"]
    assert storage.feed_states()["other"].error == "not free: https://a.example/sp"
