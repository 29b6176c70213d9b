"""Who is told of a breach by mail: each organisation once, the member of its clock; nothing of what was written of it."""

import json
from dataclasses import replace

import pytest

from broker.care.filings import SaveBreach
from broker.federation.breach_mail import told
from broker.federation.register import ChangeRegister, EntryChange
from broker.jobs.breaches import breach_jobs, remind
from broker.login.effects import Effects
from broker.settings import Settings
from tests.support.databases import NOW
from trust_framework.breaches import WITHIN, Breach, BreachAct, BreachFacts, notify

ORG, OTHER, THIRD = "5560360793", "2120000142", "2021005489"
MAIL = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "t@tillit.example"}
SETTINGS = Settings(base_url="https://tillit.example", **MAIL)
FACTS = BreachFacts("Anna Anderssons journal kom fel.", contact="Dora\nBcc: x, 08-123", members=(OTHER,))
BREACH = Breach("b1", ORG, NOW, FACTS, (BreachAct(NOW, "p", "opened"),))
DPO, SECURITY, OFFICE = ({"name": "N", "mail": f"{name}@{ORG}.example"} for name in ("dpo", "sec", "office"))


@pytest.fixture
def store(sqlite_storage):
    contacts = {
        ORG: {"data_protection": DPO, "security": SECURITY, "technical": OFFICE},
        OTHER: {"technical": {"name": "N", "mail": "t@other.example"}},
        THIRD: {},
    }
    changes = tuple(
        EntryChange("member", org, {"org": org, "names": {"sv": f"Org {org}"}, "contacts": found}, org, "portal")
        for org, found in contacts.items()
    )
    sqlite_storage.commit(Effects((ChangeRegister(changes, NOW),)))
    return sqlite_storage


def events(store):
    leaves = map(json.loads, store.log_pending())
    return [(each["org"], "mail" in each) for each in leaves if each["event"] == "data.breach-told"]


def tell(store, breach=BREACH, settings=SETTINGS):
    store.commit(told(breach, store, settings, store.clock()))
    return {mail.org: mail for mail in store.mails_due(99)}


@pytest.mark.spec("GDPR", "33.2")
def test_those_who_answer_for_data_and_security_are_told_at_the_member_and_at_those_it_touches(store):
    mails = tell(store)
    assert {org: mail.to for org, mail in mails.items()} == {
        ORG: (DPO["mail"], SECURITY["mail"]), OTHER: ("t@other.example",),
    }  # fmt: skip
    assert "https://tillit.example/granskning/5560360793/incidenter/b1" in mails[ORG].text
    assert f"hos Org {ORG} rör er organisation" in mails[OTHER].text
    assert "incidenter" not in mails[OTHER].text
    assert all("Anna" not in mail.text for mail in mails.values())
    assert "Dora?Bcc: x" in mails[OTHER].text
    assert sorted(events(store)) == [(OTHER, True), (ORG, True)]


def test_each_organisation_is_told_once_whatever_is_written_since(store):
    tell(store)
    assert len(tell(store, replace(BREACH, facts=replace(FACTS, members=())))) == 2
    more = replace(BREACH, facts=replace(FACTS, members=(THIRD, OTHER, OTHER)))
    tell(store, more)
    tell(store, more)
    assert events(store) == [(ORG, True), (OTHER, True), (THIRD, False)]


def test_without_a_mail_server_it_is_recorded_and_nothing_waits(store):
    assert tell(store, settings=Settings(base_url="https://tillit.example")) == {}
    assert events(store) == [(ORG, False), (OTHER, False)]


def test_the_member_is_reminded_a_day_ahead_and_when_the_time_is_out_and_not_when_the_authority_knows(store, clock):
    store.commit(Effects((SaveBreach(BREACH),)))
    (job,) = breach_jobs(store, SETTINGS)
    said = []
    for hours in range(0, 100, 6):
        clock.now = NOW + hours * 3600
        job.run()
        said.append(len(events(store)))
    assert [said.index(1) * 6, said.index(2) * 6, said[-1]] == [48, 72, 2]
    texts = [mail.text for mail in store.mails_due(9)]
    assert ["ingen har antecknat" in text for text in texts] == [True, False]

    other = replace(BREACH, id="b2", known_at=clock.now - WITHIN)
    store.commit(Effects((SaveBreach(other), SaveBreach(notify(other, "p", "Helg.", clock.now), other))))
    remind(store, SETTINGS)
    assert len(events(store)) == 2
