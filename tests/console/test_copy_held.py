"""What another node would open beyond the bound waits for an operator: a card, a page, and a word by name."""

from dataclasses import asdict

import pytest

from broker.care import copy_bound
from broker.care.copies import STATE, CopyState
from broker.care.copy_bound import HELD, Held
from broker.jobs.care_node import alarm
from tests.console.test_every_route import token
from tests.support.console import Console, consoles, operator, owner
from tests.support.world import MEMBER, NOW
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
PATH = "/admin/kopia"


@pytest.fixture
def console(worlds) -> Console:
    return consoles(worlds)


@pytest.fixture
def held(console) -> Held:
    held = Held(40, 100, 5, NOW)
    console.world.store.save_setting(HELD, asdict(held))
    console.world.store.save_setting(STATE, CopyState(1, None, NOW - 60, {"x": ("SE1", "")}).to_json())
    return held


def judge(browser, **fields):
    page = browser.get(PATH)
    given = {
        "csrf": token(browser),
        "since": str(NOW),
        "opens": "40",
        "word": "accept",
        "reason": "Rang Inera: sammanslagning",
        **fields,
    }
    assert page.status == 200
    return browser.post(PATH, given)


def said(console):
    return [(event["by"], event["accepted"], event["reason"]) for event in console.world.events("care.copy-judged")]


def test_without_anything_held_there_is_no_card_and_no_form(console):
    dora = operator(console)
    assert PATH not in dora.get("/admin").text
    page = dora.get(PATH).text
    assert "ryms inom gränsen" in page
    assert "<textarea" not in page
    assert "Senast hel" not in page


def test_a_card_leads_to_what_is_held(console, held):
    dora = operator(console)
    assert "Någon måste godta eller avvisa det" in dora.get("/admin").text
    page = dora.get(PATH).text
    assert "40 / 100" in page
    assert "Spärrar som inte kan läsas" in page
    assert PATH not in owner(console).get(f"/portal/{MEMBER}").text


def test_what_waits_must_be_what_the_page_showed(console, held):
    dora = operator(console)
    action, fields = dora.get(PATH).form("/kopia")
    assert (fields["since"], fields["opens"]) == (str(NOW), "40")
    console.world.store.save_setting(HELD, asdict(Held(1000, 1000, 5, NOW)))
    answer = dora.post(action, {**fields, "word": "accept", "reason": "Rang Inera"})
    assert "väntar inte längre" in answer.text
    assert "1000 / 1000" in answer.text
    assert said(console) == []


@pytest.mark.parametrize(("word", "accepted"), [("accept", True), ("refuse", False)])
def test_an_operator_accepts_or_refuses_it_by_name(console, held, word, accepted):
    dora = operator(console)
    answer = judge(dora, word=word)
    assert answer.status == 303
    page = dora.get(answer.location).text
    assert "Rang Inera: sammanslagning" in page
    assert said(console) == [(console.person("dora"), accepted, "Rang Inera: sammanslagning")]
    assert copy_bound.accepted(console.world.store, console.world.clock.now) == (40 if accepted else 0)
    assert PATH in dora.get("/admin").text


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": " "},
        {"reason": ""},
        {"word": ""},
        {"word": "x"},
        {"since": str(NOW - 1)},
        {"since": "x"},
        {"since": "9" * 5000},
        {"opens": "39"},
        {"opens": ""},
        {"opens": "9" * 5000},
    ],
)
def test_a_word_without_a_reason_or_about_something_else_is_none(console, held, fields):
    answer = judge(operator(console), **fields)
    assert answer.status == 200
    assert said(console) == []


def test_of_two_words_at_once_the_second_is_told_so(console, held, monkeypatch):
    dora = operator(console)
    before = copy_bound.judge

    def first_another(*arguments, **named):
        effects = before(*arguments, **named)
        console.world.store.commit(before(*arguments, **{**named, "accept": False}))
        return effects

    monkeypatch.setattr(copy_bound, "judge", first_another)
    assert "väntar inte längre" in judge(dora).text
    assert [accepted for _, accepted, _ in said(console)] == [False]


def test_who_may_only_look_gives_no_word(console, held):
    reader = console.browser("carl", (FEDERATION, Role.READER))
    page = reader.get(PATH)
    assert page.status == 200
    assert "<textarea" not in page.text
    assert reader.post(PATH, {"csrf": token(reader), "word": "accept", "since": str(NOW), "reason": "x"}).status == 403


def test_the_alarm_goes_by_mail_with_numbers_alone(console):
    settings = console.world.settings._with({"alarm_mail": "larm@example.se", "smtp_host": "mail.example.se"})
    told = alarm(settings, Held(40, 100, 5, NOW))
    assert [(event.what, event.about) for event in told.events] == [("copy-held", "40 / 100")]
    (kept,) = told.changes
    assert kept.mail.to == ("larm@example.se",)
    assert "40 / 100" in kept.mail.text
    assert PATH in kept.mail.text
