"""What the parties of a sharing agreement are told by mail: each act that concerns them, and what falls due, once for its day."""

import json
from functools import partial

import pytest

from broker.federation import agreements as acts
from broker.federation import sharing_mail
from broker.federation.agreements import By, What
from broker.federation.register import ChangeRegister, EntryChange
from broker.federation.sharing_mail import Post
from broker.jobs.agreements import tell_parties
from broker.jobs.notices import give_notice
from broker.login.effects import Effects
from tests.federation.test_agreement_acts import GIVER, NOW, RECEIVER, THEM, THIRD, US, content, sign, wide
from tests.support import federation as good
from tests.support.trust import LOA3
from trust_framework.days import DAY, day_of
from trust_framework.roles import FEDERATION

BASE = "https://login.example.se"
OURS, THEIRS, CAFE = "avtal@kommun.example.se", "avtal@example.se", "a@b.se"
MEMBERS = {
    GIVER: {"names": {"sv": "Kommunen", "en": "The Town"}},
    RECEIVER: {"name": {"sv": "Region"}},
    THIRD: {"names": {"sv": "Cafét\n\u202e"}, "contacts": {"technical": {"name": "C", "mail": "drift@c.example"}}},
}
OPERATOR = By(FEDERATION, "op", "Operatör", LOA3)
CEB = By(THIRD, "p3", "Ceb", LOA3)
POST = Post(lambda org: MEMBERS.get(org, {}), BASE, NOW)


def told(before, after, act, by=US):
    return sharing_mail.told(before, after, act, by, POST)


def mails(effects):
    return {change.mail.org: change.mail for change in effects.changes if hasattr(change, "mail")}


def holding():
    return sign(content(), US, THEM)


def next_of(made, by=US, **terms):
    last = {name: value for name, value in made["versions"][-1].items() if name not in {"version", "signatures"}}
    return acts.drafted(made, {**last, "purpose": "annat", **terms}, {}, by)


def with_third():
    """A next version, which a third party would be drawn into."""
    parties = [*content()["versions"][0]["parties"], {"org": THIRD, "role": "receiver"}]
    return next_of(holding(), parties=parties)


def reachable():
    """The same, where the third party has said whom to turn to: it may be signed."""
    return acts.confirmed(with_third(), CEB, {"name": "C", "mail": CAFE}, NOW)


def stopped():
    return acts.suspended(holding(), US, "Anna Andersson har läckt", NOW)


def leaving():
    return acts.leaving(wide(), CEB, NOW)


BOTH, ALL = {GIVER, RECEIVER}, {GIVER, RECEIVER, THIRD}
ACTS = {
    "a first draft": (None, content, What.DRAFTED, US, BOTH, "Kommunen har lagt fram version 1", "The Town has put"),
    "a next version": (holding, lambda: next_of(holding()), What.DRAFTED, US, BOTH, "version 2", "version 2"),
    "one more is drawn in": (holding, with_third, What.DRAFTED, US, ALL, "version 2", "version 2"),
    "the last signature": (
        partial(sign, content(), US), holding, What.SIGNED, THEM, BOTH,
        f"Version 1 är underskriven av alla parter och gäller från {day_of(NOW - DAY)}", "signed by all parties",
    ),
    "one joins": (
        with_third, lambda: sign(reachable(), CEB), What.JOINED, CEB, ALL, "Cafét?? har skrivit under och går med",
        "Cafét?? has signed and joins",
    ),
    "a party stops it": (holding, stopped, What.SUSPENDED, US, BOTH, "Kommunen har stoppat den", "The Town has suspended"),
    "the federation stops it": (
        holding, lambda: acts.suspended(holding(), OPERATOR, "intrång", NOW), What.SUSPENDED, OPERATOR, BOTH,
        "Federationen har stoppat den", "The federation has suspended",
    ),
    "it goes on": (
        stopped, lambda: acts.resumed(stopped(), US, "ok", NOW), What.RESUMED, US, BOTH, "låter den fortsätta", "go on",
    ),
    "one leaves": (wide, leaving, What.LEAVING, CEB, ALL, "Cafét?? lämnar den", "Cafét?? leaves it"),
    "one has left, and the rest go on": (
        leaving, lambda: acts.left(leaving(), CEB, "raderas", "inget", NOW), What.LEFT, CEB, ALL,
        "Version 2 är underskriven", "Version 2 is signed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
def test_each_party_is_told_of_an_act_in_both_languages(name):
    before, after, act, by, orgs, swedish, english = ACTS[name]
    effects = told(before and before(), after(), act, by)
    sent = mails(effects)
    assert set(sent) == orgs
    for org, mail in sent.items():
        top, bottom = mail.text.split("\n---\n")
        assert swedish in top
        assert english in bottom
        assert f"{BASE}/portal/{org}/avtal/avtal-2" in top
        assert mail.subject == "Överenskommelse / Agreement: Namn till Boka tid"
        assert "Names for Book a time" in bottom
    assert [(e.org, e.act, e.agreement, e.mail) for e in effects.events] == [
        (org, act.value, "avtal-2", mail.id) for org, mail in sent.items()
    ]


SILENT = {
    "a signature that is not the last": (content, lambda: sign(content(), US), What.SIGNED),
    "a contact": (content, lambda: acts.confirmed(content(), US, {"name": "N", "mail": "n@x.se"}, NOW), What.CONFIRMED),
    "a review": (holding, lambda: acts.reviewed(holding(), US, "ja", NOW), What.REVIEWED),
    "a draft drafted anew": (content, lambda: next_of(content()), What.DRAFTED),
}


@pytest.mark.parametrize("name", SILENT)
def test_nobody_is_told_of_what_changes_nothing_for_others(name):
    before, after, act = SILENT[name]
    assert told(before(), after(), act) == Effects()


def test_a_draft_drafted_anew_is_news_to_those_who_were_not_in_it():
    drafted = next_of(holding())
    parties = [*content()["versions"][0]["parties"], {"org": THIRD, "role": "receiver"}]
    assert set(mails(told(drafted, next_of(drafted, parties=parties), What.DRAFTED))) == {THIRD}


def test_mail_goes_to_the_agreements_contact_as_it_was_else_to_the_members():
    changed = acts.confirmed(stopped(), THEM, {"name": "N", "mail": "thief@evil.example"}, NOW)
    assert {mail.to for mail in mails(told(holding(), changed, What.SUSPENDED)).values()} == {(OURS,), (THEIRS,)}
    assert mails(told(holding(), with_third(), What.DRAFTED))[THIRD].to == ("drift@c.example",)
    phones = stopped()
    phones["contacts"] = [{**one, "mail": "", "phone": "08-1"} for one in phones["contacts"]]
    assert told({"id": "x"}, phones, What.SUSPENDED) == Effects()


def test_a_mail_names_no_person_and_tells_no_reason():
    for mail in mails(told(holding(), stopped(), What.SUSPENDED)).values():
        assert "Anna" not in mail.text
        assert "Eva" not in mail.text


# --- what falls due


def days(**changes):
    """Days of a signed agreement: until, review, and when the contacts were confirmed, counted from today."""
    given = {"until": 300, "review": 200, "giver": 0, "receiver": 0, **changes}
    until, review = (day_of(NOW + given[name] * DAY).isoformat() for name in ("until", "review"))
    begun = day_of(NOW - 100 * DAY).isoformat()
    made = sign(content(**{"from": begun, "until": until, "review": review}), US, THEM)
    for contact, name in zip(made["contacts"], ("giver", "receiver"), strict=True):
        contact["confirmed"] = day_of(NOW + given[name] * DAY).isoformat()
    return made


def extra():
    return acts.granted_extra(days(), US, "sn", "boka", "utredning", 20, NOW)


DUE = {
    "nothing": (days, set(), ""),
    "expires in 61 days": (lambda: days(until=61), set(), ""),
    "expires in 59 days": (lambda: days(until=59), BOTH, f"upphör att gälla {day_of(NOW + 59 * DAY)}"),
    "expired": (lambda: days(until=-2), BOTH, f"upphörde att gälla {day_of(NOW - 2 * DAY)}"),
    "expired long ago": (lambda: days(until=-40), set(), ""),
    "a review ahead": (lambda: days(review=30), BOTH, f"ska granskas senast {day_of(NOW + 30 * DAY)}"),
    "a late review": (lambda: days(review=-3), BOTH, f"skulle ha granskats senast {day_of(NOW - 3 * DAY)}"),
    "a contact to confirm": (lambda: days(giver=-320), {GIVER}, "Er kontakt ska bekräftas"),
    "a contact that is late": (lambda: days(receiver=-370), {RECEIVER}, "Er kontakt skulle ha bekräftats"),
    "one more detail": (extra, BOTH, "utöver de avtalade"),
    "never signed": (lambda: content(until=day_of(NOW + 9 * DAY).isoformat()), set(), ""),
    "suspended": (lambda: acts.suspended(days(), US, "x", NOW), set(), ""),
}


@pytest.mark.parametrize("name", DUE)
def test_what_falls_due_is_told_of_to_whom_it_concerns(name):
    make, orgs, words = DUE[name]
    sent = mails(sharing_mail.due(make(), {}, POST))
    assert set(sent) == orgs
    assert all(words in mail.text for mail in sent.values())


class TestJob:
    @pytest.fixture
    def store(self, sqlite_storage):
        sqlite_storage.clock = lambda: self.now
        self.now = NOW
        return sqlite_storage

    def put(self, store, made, id_="avtal-2", origin="portal"):
        changes = [EntryChange("member", org, {"org": org, **one}, org, "portal") for org, one in MEMBERS.items()]
        changes.append(EntryChange("agreement", id_, {**made, "id": id_}, "", origin))
        store.commit(Effects((ChangeRegister(tuple(changes), NOW),)))

    def sent(self, store, day):
        """The mails of one run on a day, taken from the queue."""
        self.now = NOW + day * DAY + DAY // 2
        before = {mail.id for mail in store.mails_due(100)}
        tell_parties(store, BASE)
        return [mail for mail in store.mails_due(100) if mail.id not in before]

    def test_each_thing_is_told_of_once_ahead_and_once_when_it_is_late(self, store):
        self.put(store, days(until=100, review=80))
        told = {day: len(found) for day in range(0, 130, 3) if (found := self.sent(store, day))}
        assert told == {21: 2, 42: 2, 81: 2, 102: 2}
        events = [e for e in map(json.loads, store.log_pending()) if e["event"] == "notice.given"]
        assert {(e["what"], e["days"]) for e in events} == {
            ("review", 60), ("expires", 60), ("review", 0), ("expires", 0),
        }  # fmt: skip

    def test_a_new_day_is_told_of_anew(self, store):
        self.put(store, days(review=30))
        assert len(self.sent(store, 1)) == 2
        self.put(store, days(review=40))
        assert len(self.sent(store, 2)) == 2
        assert self.sent(store, 3) == []

    @pytest.mark.parametrize("origin", ["portal", "feed:eu"])
    def test_the_short_form_and_another_federations_are_not_told_of_here(self, store, origin):
        made = good.CONTENT["agreements"][0] if origin == "portal" else days(until=3)
        self.put(store, made, origin=origin)
        assert self.sent(store, 1) == []

    def test_an_agreement_in_full_is_told_of_here_alone(self, store):
        self.put(store, days(until=3))
        give_notice(store, BASE)
        assert not any(b"notice.given" in leaf for leaf in store.log_pending())
        assert len(self.sent(store, 0)) == 2

    def test_that_nobody_could_be_written_to_is_recorded_and_told_no_more(self, store):
        made = days(until=3)
        made["contacts"] = [{**one, "mail": "", "phone": "08-1"} for one in made["contacts"]]
        self.put(store, made)
        assert self.sent(store, 0) == []
        events = [e for e in map(json.loads, store.log_pending()) if e["event"] == "notice.given"]
        assert [(e["org"], e.get("mail", "")) for e in events] == [(GIVER, ""), (RECEIVER, "")]
        assert self.sent(store, 1) == []

    def test_a_page_after_another_is_gone_through(self, store, monkeypatch):
        monkeypatch.setattr("broker.jobs.agreements.PAGE", 1)
        for id_ in ("a-1", "a-2", "a-3"):
            self.put(store, days(until=3), id_)
        assert len(self.sent(store, 0)) == 6
