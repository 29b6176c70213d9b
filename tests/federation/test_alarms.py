"""What concerns the federation's own safety is told at once, to its alarm address."""

import json

import pytest

from broker.federation import alarms, proposals
from broker.federation.alarms import OPERATOR_LINK, REVIEW_OVERDUE, TEXTS, raised
from broker.jobs.notices import look_for_overdue
from broker.login.effects import Effects, KeepOnce
from broker.settings import Environment, Settings
from broker.storage.storage import Storage
from broker.web.console.colleagues import BY_COMMAND, invitation
from tests.support import approvals as a
from tests.support.command_line import tillit
from tests.support.console import consoles, owner
from tests.support.proposing import Office, client
from tests.support.world import Worlds
from trust_framework.days import DAY
from trust_framework.roles import FEDERATION, Role

__all__ = ["tillit"]
BASE = "https://login.example.se"
PLAIN = Settings(base_url=BASE, TILLIT_ENV=Environment.TEST)
MAIL = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "tillit@login.example.se"}
SETTINGS = Settings(base_url=BASE, TILLIT_ENV=Environment.TEST, alarm_mail="vakt@fed.example, chef@fed.example", **MAIL)


@pytest.fixture
def office(sqlite_storage):
    office = Office(sqlite_storage)
    sqlite_storage.clock = lambda: office.now
    office.standing("service", "journal", {**client(), "state": "active"})
    return office


def mails(office):
    return office.store.mails_due(20)


def events(store, name):
    return [event for event in map(json.loads, store.log_pending()) if event["event"] == name]


# --- a review that is overdue


def in_emergency(office):
    sent = office.sent_in(client("boka"))
    called = office.keep(proposals.emergency(sent, "Nyckeln har läckt", sent.digest, a.ASTA, office.desk))
    return office.approve(called, a.BIRK)


@pytest.mark.spec("facts/threats", "FR-05")
def test_an_overdue_review_is_an_alarm_once(office):
    live = in_emergency(office)
    look_for_overdue(office.store, SETTINGS)
    assert mails(office) == ()
    office.now += 7 * DAY
    for _ in range(3):
        look_for_overdue(office.store, SETTINGS)
        office.now += DAY
    (mail,) = mails(office)
    assert mail.to == ("vakt@fed.example", "chef@fed.example")
    assert f"{BASE}/admin/forslag/{live.id}" in mail.text
    (event,) = events(office.store, "alarm.raised")
    assert (event["what"], event["about"], event["mail"]) == (REVIEW_OVERDUE, live.id, mail.id)


def test_an_alarm_is_in_the_log_when_there_is_nobody_to_write_to(office):
    in_emergency(office)
    office.now += 7 * DAY
    look_for_overdue(office.store, PLAIN)
    look_for_overdue(office.store, PLAIN)
    assert mails(office) == ()
    assert [event.get("mail") for event in events(office.store, "alarm.raised")] == [None]


def test_a_review_that_was_done_in_time_is_none(office):
    live = in_emergency(office)
    office.keep(proposals.review(live, "Rätt gjort", a.SIV, office.desk))
    office.now += 8 * DAY
    look_for_overdue(office.store, SETTINGS)
    assert events(office.store, "alarm.raised") == []


# --- an operator made on the server


def test_a_link_made_on_the_server_is_an_alarm(tillit, monkeypatch):
    seen = []
    commit = Storage.commit
    monkeypatch.setattr(Storage, "commit", lambda self, effects: (seen.extend(effects.events), commit(self, effects)))
    tillit.done("operator")
    assert [(type(event).__name__, getattr(event, "what", "")) for event in seen] == [
        ("RoleOffered", ""),
        ("AlarmRaised", OPERATOR_LINK),
    ]


@pytest.mark.parametrize("what", TEXTS)
def test_every_alarm_says_what_it_is_in_both_languages(what):
    (mail,) = raised(what, f"{BASE}/admin", SETTINGS, 1, day="2026-01-01").changes
    assert (mail.mail.text.count(f"{BASE}/admin"), " / " in mail.mail.subject) == (2, True)
    assert "{" not in mail.mail.text
    assert alarms.raised(what, BASE, PLAIN, 1, day="2026-01-01").changes == ()


def test_taking_a_role_by_such_a_link_is_an_alarm(worlds: Worlds):
    console = consoles(worlds)
    anna = owner(console, "anna")
    once = invitation(FEDERATION, Role.OPERATOR, BY_COMMAND, console.world.clock.now + 900)
    console.world.store.commit(Effects((KeepOnce(once),)))
    page = anna.get(f"/portal/inbjudan?kod={once.secret}")
    anna.post(*page.form("/inbjudan"))
    assert [event["what"] for event in console.world.events("alarm.raised")] == ["operator-made"]
