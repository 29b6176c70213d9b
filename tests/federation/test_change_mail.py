"""What a member's contacts are told of changes: a harmless one to those who run things, a dangerous one and a no to everybody."""

import json
from dataclasses import replace

import pytest

from broker.federation import change_mail, proposals
from broker.federation.change_mail import Step
from broker.settings import Environment, Settings
from tests.support import approvals as a
from tests.support.approvals import ORG
from tests.support.proposing import CONTACT, Office, client, member
from trust_framework.approval import Stage

BASE = "https://login.example.se"
PLAIN = Settings(base_url=BASE, TILLIT_ENV=Environment.TEST)
SETTINGS = Settings(
    base_url=BASE,
    TILLIT_ENV=Environment.TEST,
    smtp_host="127.0.0.1",
    smtp_security="none",
    mail_from="t@login.example.se",
)
HARMLESS = {**client(), "contact": {"mail": "support@example.se"}}
CAREFUL = {**client(), "names": {"sv": "Journalen"}}
DANGEROUS = {**client(), "attributes": ["sn"], "reasons": {"sn": "Visas för personen"}}
EVERYBODY = ("sec@example.se", "drift@example.se", "dso@example.se")
CONTACTS = {
    **CONTACT,
    "technical": {"name": "Drift", "mail": "drift@example.se"},
    "data_protection": {"name": "DSO", "mail": "dso@example.se"},
    "support": {"name": "Samma", "mail": "drift@example.se"},
}


@pytest.fixture
def office(sqlite_storage):
    office = Office(sqlite_storage)
    sqlite_storage.clock = lambda: office.now
    office.standing("service", "journal", {**client(), "state": "active"})
    office.standing("member", ORG, member(contacts=CONTACTS))
    return office


def desk(office, settings=SETTINGS):
    return replace(office.desk, settings=settings)


def changed(office, content=HARMLESS, settings=SETTINGS, kind="service", id_="journal"):
    draft = office.keep(proposals.draft(kind, id_, ORG, content, a.TEKLA, desk(office, settings)))
    return office.keep(proposals.submit(draft, "Tack", a.TEKLA, desk(office, settings)))


def approved(office, proposal, *by):
    for who in by:
        proposal = office.keep(proposals.approve(proposal, "Sett", proposal.digest, who, desk(office)))
    return proposal


def mails(office):
    return office.store.mails_due(20)


def events(office):
    return [event for event in map(json.loads, office.store.log_pending()) if event["event"] == "notice.change"]


def told(office):
    """What has been told since it was last asked: the step, and to whom."""
    steps = {event["mail"]: event["what"] for event in events(office)}
    return [(steps[mail.id], mail.to) for mail in sorted(mails(office), key=lambda mail: list(steps).index(mail.id))]


def test_a_harmless_change_is_told_to_those_who_run_things(office):
    live = changed(office)
    (mail,) = mails(office)
    assert live.stage is Stage.PUBLISHED
    assert (mail.to, mail.org) == (("drift@example.se",), ORG)
    assert f"{BASE}/portal/{ORG}/forslag/{live.id}" in mail.text
    assert "Journal" in mail.subject
    assert "support@example.se" not in mail.text
    (event,) = events(office)
    assert (event["proposal"], event["mail"], event["what"]) == (live.id, mail.id, "changed")


def test_who_changes_where_mail_goes_does_not_choose_who_hears_of_it(office):
    contacts = {"technical": {"name": "X", "mail": "thief@evil.example", "confirmed": "2026-11-01"}}
    assert changed(office, member(contacts=contacts), kind="member", id_=ORG).stage is Stage.PUBLISHED
    assert [mail.to for mail in mails(office)] == [("drift@example.se",)]


@pytest.mark.spec("ui", "O2")
def test_a_dangerous_change_is_told_to_every_contact_when_it_is_sent_in_and_when_it_is_valid(office):
    sent = changed(office, DANGEROUS)
    assert sent.stage is Stage.SUBMITTED
    assert told(office) == [("submitted", EVERYBODY)]
    assert approved(office, sent, a.ASTA, a.BIRK).stage is Stage.PUBLISHED
    assert told(office) == [("submitted", EVERYBODY), ("published", EVERYBODY)]
    for mail in mails(office):
        assert f"{BASE}/portal/{ORG}/forslag/{sent.id}" in mail.text
        assert "If it was not you" in mail.text


@pytest.mark.parametrize(("step", "word"), [(proposals.send_back, "returned"), (proposals.reject, "rejected")])
@pytest.mark.parametrize("content", [CAREFUL, DANGEROUS])
def test_a_no_is_told_to_every_contact_and_not_why_in_the_mail(office, step, word, content):
    sent = changed(office, content)
    office.keep(step(sent, "Anna Andersson har fel", a.ASTA, desk(office)))
    assert told(office)[-1] == (word, EVERYBODY)
    assert not any("Anna" in mail.text + mail.subject for mail in mails(office))


def test_a_careful_change_is_told_to_nobody_unless_it_comes_back(office):
    approved(office, changed(office, CAREFUL), a.ASTA, a.BIRK)
    assert told(office) == []


@pytest.mark.parametrize(
    ("kind", "id_", "page"),
    [("service", "journal", f"/portal/{ORG}/tjanster/journal"), ("member", ORG, f"/portal/{ORG}/medlem")],
)
def test_a_stop_is_told_to_every_contact_at_once(office, kind, id_, page):
    office.store.commit(proposals.suspend(kind, id_, "Intrång", a.ASTA, desk(office)))
    assert told(office) == [("suspended", EVERYBODY)]
    (mail,) = mails(office)
    assert BASE + page in mail.text
    assert "Intrång" not in mail.text
    (event,) = events(office)
    assert (event["kind"], event["entry"], event.get("proposal", "")) == (kind, id_, "")


def test_leaving_is_told_as_the_dangerous_change_that_it_is(office):
    sent = office.keep(proposals.leave("member", ORG, "Slås samman", a.OVE, desk(office)))
    approved(office, sent, a.ASTA, a.BIRK)
    assert [step for step, _ in told(office)] == ["submitted", "published"]


def test_an_applicant_s_contacts_are_told_once_an_operator_has_looked_and_not_before(office):
    new = "2120001439"
    draft = office.keep(proposals.draft("member", new, new, member(new), a.NILS, desk(office)))
    sent = office.keep(proposals.submit(draft, "", a.NILS, desk(office)))
    assert told(office) == []
    office.keep(proposals.send_back(sent, "Kontakt saknas", a.ASTA, desk(office)))
    assert told(office) == [("returned", ("sec@example.se",))]
    assert f"{BASE}/portal/ansok/{sent.id}" in mails(office)[0].text


QUIET = {
    "no mail server": (HARMLESS, PLAIN),
    "no mail server for what is dangerous": (DANGEROUS, PLAIN),
    "a careful change": (CAREFUL, SETTINGS),
}


@pytest.mark.parametrize("name", QUIET)
def test_no_mail_is_made(office, name):
    changed(office, *QUIET[name])
    assert mails(office) == ()
    assert events(office) == []


def test_a_member_without_contacts_is_told_nothing(office):
    office.standing("member", ORG, member(contacts={}))
    changed(office)
    office.store.commit(proposals.suspend("service", "journal", "x", a.ASTA, desk(office)))
    assert mails(office) == ()


def test_of_what_is_the_federations_own_nobody_is_told(office):
    office.standing("method", "card", {"state": "active"}, "")
    answer = proposals.suspend("method", "card", "x", a.ASTA, desk(office))
    office.store.commit(answer)
    assert mails(office) == ()


@pytest.mark.parametrize(
    "contacts",
    [{}, {"x": {}}, {"x": {"mail": ""}}, {"x": {"mail": None}}, {"x": 7}, {"x": {"mail": 7}}],
)
def test_contacts_without_an_address_are_nobody(contacts):
    assert change_mail.everybody({"contacts": contacts}) == ()


def test_a_hostile_name_stays_on_its_line(office):
    office.standing("service", "journal", {**client(names={"sv": "Bank\r\nBcc: x\u202e"}), "state": "active"})
    office.store.commit(proposals.suspend("service", "journal", "x", a.ASTA, desk(office)))
    (mail,) = mails(office)
    assert not any(letter in mail.subject for letter in "\r\n\u202e")


def test_every_step_has_its_words():
    assert set(change_mail.TEXTS) == set(Step)
