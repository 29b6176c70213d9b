"""Breaches and requests in service: what is kept and recorded, and what is refused."""

import pytest

from broker.care import breaches, subject_requests
from broker.care.breaches import Known
from broker.care.calling import Caller, CallerKind, CareRefused
from broker.care.subject_requests import Asked
from tests.support.databases import NOW
from trust_framework.breaches import WITHIN, BreachFacts, BreachState, Risk
from trust_framework.subject_requests import RequestKind, RequestState

ORG, GIVER = "2321000016", "2120000142"
WHO = Caller(CallerKind.STAFF, "p-asta", ORG)
OTHER = Caller(CallerKind.STAFF, "p-birk", ORG)
FACTS = BreachFacts(
    "Fel mottagare.", NOW, "patienter", 1, 2, "Kan ha lästs.", "Återkallat.", "d@example.org", Risk.RISK
)


class Kept:
    """A store that applies nothing but these changes."""

    def __init__(self, store) -> None:
        self.store = store

    def __call__(self, done):
        self.store.commit(done.effects)
        return done.result


@pytest.fixture
def keep(sqlite_storage):
    return Kept(sqlite_storage)


def events(keep, name):
    import json

    return [event for event in map(json.loads, keep.store.log_pending()) if event["event"] == name]


def begun(keep, known_at: int = NOW - 60, facts: BreachFacts = FACTS):
    return keep(breaches.begin(Known(known_at, facts), ORG, WHO, NOW))


@pytest.mark.spec("GDPR", "33.5")
def test_a_breach_is_kept_with_every_act_and_each_is_recorded(keep):
    breach = begun(keep)
    breach = keep(breaches.describe(breach, FACTS, WHO, NOW + 1))
    breach = keep(breaches.act(breach, "notify", "", WHO, NOW + 2))
    breach = keep(breaches.act(breach, "close", "Klart.", OTHER, NOW + 3))
    assert breaches.found(breach.id, ORG, keep.store) == breach
    assert breach.state is BreachState.CLOSED
    told = events(keep, "data.breach-acted")
    assert [(each["act"], each["by"]) for each in told] == [
        ("opened", "p-asta"), ("described", "p-asta"), ("notified", "p-asta"), ("closed", "p-birk"),
    ]  # fmt: skip
    assert not any("late" in each and each["late"] for each in told)


def test_that_the_authority_was_told_late_is_recorded(keep):
    breach = begun(keep)
    with pytest.raises(CareRefused, match="no-reason"):
        breaches.act(breach, "notify", "", WHO, NOW + WITHIN)
    keep(breaches.act(breach, "notify", "Helg.", WHO, NOW + WITHIN))
    assert events(keep, "data.breach-acted")[-1]["late"] is True


@pytest.mark.parametrize(
    ("known_at", "facts", "why"),
    [(NOW + 1, FACTS, "future"), (0, FACTS, "future"), (NOW, BreachFacts(" "), "no-reason")],
)
def test_a_breach_that_is_none_is_refused(keep, known_at, facts, why):
    with pytest.raises(CareRefused, match=why):
        begun(keep, known_at, facts)


def test_an_act_that_is_none_and_anothers_breach_are_refused(keep):
    breach = begun(keep)
    with pytest.raises(CareRefused, match="unknown-act"):
        breaches.act(breach, "forget", "x", WHO, NOW)
    half = keep(breaches.begin(Known(NOW, BreachFacts("Något.")), ORG, WHO, NOW))
    half = keep(breaches.act(half, "notify", "", WHO, NOW))
    with pytest.raises(CareRefused, match="breach-lacking"):
        breaches.act(half, "close", "x", WHO, NOW)
    for id_, org in ((breach.id, GIVER), ("none", ORG)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            breaches.found(id_, org, keep.store)


# --- requests


def received(keep, **more):
    asked = Asked(**{"kind": RequestKind.ACCESS, "person": "p-eva", "received_at": NOW - 60, **more})
    return keep(subject_requests.receive(asked, ORG, WHO, NOW))


@pytest.mark.spec("IS", "10")
def test_a_request_goes_to_who_gave_the_data_and_both_are_recorded(keep):
    request = keep(subject_requests.act(received(keep), "flag", "Rör en annan.", WHO, NOW))
    with pytest.raises(CareRefused, match="not-consulted"):
        subject_requests.act(request, "answer", "x", WHO, NOW)
    request = keep(subject_requests.consult(request, GIVER, "Får vi?", WHO, NOW + 1))
    assert subject_requests.found(request.id, GIVER, keep.store) == request
    request = keep(subject_requests.advise(request, GIVER, "Ja.", OTHER, NOW + 2))
    request = keep(subject_requests.act(request, "answer", "Skickat.", WHO, NOW + 3))
    assert request.state is RequestState.ANSWERED
    told = events(keep, "data.request-acted")
    assert [(each["act"], each.get("to", "")) for each in told] == [
        ("received", ""), ("flagged", ""), ("consulted", GIVER), ("advised", GIVER), ("answered", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "why"), [({"received_at": NOW + 1}, "future"), ({"since": NOW, "until": NOW - 1}, "bad-period")]
)
def test_a_request_that_is_none_is_refused(keep, more, why):
    with pytest.raises(CareRefused, match=why):
        received(keep, **more)


def test_an_act_that_is_none_and_anothers_request_are_refused(keep):
    request = received(keep)
    with pytest.raises(CareRefused, match="unknown-act"):
        subject_requests.act(request, "burn", "x", WHO, NOW)
    for id_, org in ((request.id, GIVER), ("none", ORG)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            subject_requests.found(id_, org, keep.store)
