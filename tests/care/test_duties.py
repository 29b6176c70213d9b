"""Breaches and requests in service: what is kept and recorded, and what is refused."""

import pytest

from broker.audit.trace import Logged, LoggedPage
from broker.care import breaches, corrections, subject_requests
from broker.care.breaches import Known
from broker.care.calling import Caller, CallerKind, CareRefused
from broker.care.corrections import Wrong
from broker.care.subject_requests import Asked
from broker.federation.register import Entry
from broker.jobs.corrections import tell
from broker.login.effects import Overtaken
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

    def __init__(self, store, clock) -> None:
        self.store, self.clock = store, clock

    def __call__(self, done):
        self.store.commit(done.effects)
        return done.result


@pytest.fixture
def keep(sqlite_storage, clock):
    return Kept(sqlite_storage, clock)


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


# --- corrections

LOGGED = (
    {"service": "rp", "reference": "R-3", "released": ["sn", "mail"]},
    {"service": "rp2", "reference": "R-2", "released": ["sn"]},
    {"service": "rp", "reference": "R-1", "released": ["sn"]},
)


class Releases:
    """A log of one person's logins, two a page."""

    def log_of_person(self, person: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage:
        first = 0 if before == 2**62 else before
        events = LOGGED[first : first + 2] if person == "p-eva" else ()
        more = first + 2 if events and first + 2 < len(LOGGED) else None
        return LoggedPage(tuple(Logged(n, event) for n, event in enumerate(events)), len(LOGGED), more)


OWNERS = {"rp": ORG, "rp2": GIVER}


def corrected(keep, given=None, person: str = "p-eva"):
    wrong = Wrong(person, ("sn",), "Bytt namn.", given)
    return keep(corrections.register(wrong, ORG, OWNERS, Releases(), WHO, NOW))


@pytest.mark.spec("IS", "07")
def test_a_correction_reaches_every_receiver_in_the_log_and_is_repeated_until_acknowledged(keep):
    made = corrected(keep)
    assert [(one.service, one.references) for one in made.receipts] == [("rp", ("R-3", "R-1")), ("rp2", ("R-2",))]
    (event,) = events(keep, "data.corrected")
    assert event["services"] == ["rp", "rp2"]

    register = {"member": {ORG: {"contacts": {"technical": {"mail": "t@example.org"}}}}}
    store = Telling(keep.store, register)
    tell(store, "https://login.example.org")
    tell(store, "https://login.example.org")

    (mail,) = keep.store.mails_due(9)
    assert mail.to == ("t@example.org",)
    assert "R-3, R-1" in mail.text
    assert "p-eva" not in mail.text
    assert "Bytt namn" not in mail.text
    assert f"https://login.example.org/portal/{ORG}/rattelser" in mail.text
    assert [one.told for one in keep.store.correction(made.id).receipts] == [(NOW,), (NOW,)]

    keep(corrections.acknowledge(made.id, "rp", ORG, keep.store, WHO, NOW + 5))
    assert corrections.acknowledge(made.id, "rp", ORG, keep.store, WHO, NOW + 6).effects.changes == ()
    keep.clock.now += 86_400
    tell(store, "https://login.example.org")
    assert [len(one.told) for one in keep.store.correction(made.id).receipts] == [1, 2]
    told = [(each["act"], each["service"], each["times"]) for each in events(keep, "data.correction-told")]
    assert told == [("told", "rp", 1), ("told", "rp2", 1), ("acknowledged", "rp", 1), ("told", "rp2", 2)]


class Telling:
    """A store whose members have these contacts, and which another overtakes once."""

    def __init__(self, store, register) -> None:
        self.store, self.register, self.overtaken = store, register, True

    def __getattr__(self, name: str):
        return getattr(self.store, name)

    def register_entry(self, kind: str, id: str):
        content = self.register[kind].get(id)
        return Entry(kind, id, id, content, "digest", 1) if content else None

    def commit(self, effects) -> None:
        if self.overtaken:
            self.overtaken = False
            raise Overtaken("correction")
        self.store.commit(effects)


def test_nobody_is_told_of_a_detail_that_somebody_else_gave(keep):
    assert corrected(keep, frozenset({("rp2", "sn")})).receipts[0].service == "rp2"
    assert corrected(keep, frozenset()).receipts == ()
    assert corrected(keep, person="p-nobody").receipts == ()


def test_a_correction_needs_words_and_a_detail_and_is_found_by_whose_it_is(keep):
    for attributes, reason in (((), "x"), (("sn",), " "), (("sn",), "x" * 2001)):
        with pytest.raises(CareRefused, match="no-reason"):
            corrections.register(Wrong("p-eva", attributes, reason), ORG, OWNERS, Releases(), WHO, NOW)
    made = corrected(keep)
    assert corrections.found(made.id, ORG, keep.store) == made
    for id_, org in ((made.id, GIVER), ("none", ORG)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            corrections.found(id_, org, keep.store)
    for id_, service, org in ((made.id, "rp", GIVER), (made.id, "none", ORG), ("none", "rp", ORG)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            corrections.received(id_, service, org, keep.store)


def test_a_person_of_very_many_logins_is_looked_through_to_a_bound(keep, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_EVENTS", 2)
    assert [one.references for one in corrected(keep).receipts] == [("R-3",), ("R-2",)]
