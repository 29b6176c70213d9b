"""Breaches: the clock of 72 hours, what must be told to whom, and drafts with what is known filled in."""

from dataclasses import replace
from datetime import datetime

import pytest

from trust_framework.breach_letters import LANGUAGES, LETTERS, letter
from trust_framework.breaches import (
    WITHIN,
    Breach,
    BreachAct,
    BreachFacts,
    BreachRefusal,
    BreachState,
    Risk,
    close,
    describe,
    exempt,
    inform,
    lacking,
    notify,
)
from trust_framework.days import ZONE

KNOWN = int(datetime(2026, 10, 24, 12, tzinfo=ZONE).timestamp())  # the day before the clocks are turned back
FACTS = BreachFacts(
    "Ett utdrag skickades till fel mottagare.",
    KNOWN - 3600,
    "patienter; loggposter",
    1,
    12,
    "Mottagaren kan ha läst uppgifterna.",
    "Mottagaren har intygat att utdraget är förstört.",
    "dataskydd@example.org",
    Risk.RISK,
)
BREACH = Breach("b-1", "5560360793", KNOWN, FACTS, (BreachAct(KNOWN, "p-asta", "opened"),))


def risked(risk: Risk) -> Breach:
    return replace(BREACH, facts=replace(FACTS, risk=risk))


def notified(breach: Breach = BREACH) -> Breach:
    return notify(breach, "p-asta", "", KNOWN + 60)


@pytest.mark.spec("GDPR", "33.1")
def test_the_clock_is_72_hours_of_time_whatever_the_calendar_does():
    assert BREACH.due == KNOWN + 72 * 3600
    assert datetime.fromtimestamp(BREACH.due, ZONE).hour == 11
    assert BREACH.running


@pytest.mark.spec("GDPR", "33.1")
def test_within_the_time_no_reason_is_asked_for_and_after_it_one_is():
    assert notify(BREACH, "p-asta", "", KNOWN + WITHIN).state is BreachState.NOTIFIED
    assert notify(BREACH, "p-asta", " ", KNOWN + WITHIN + 1) is BreachRefusal.NO_REASON
    late = notify(BREACH, "p-asta", "Upptäcktes i helgen.", KNOWN + WITHIN + 1)
    assert late.state is BreachState.NOTIFIED
    assert "Skäl till försening: Upptäcktes i helgen." in letter("authority", late, "Region", "sv")


@pytest.mark.spec("GDPR", "33.4")
def test_what_is_missing_is_told_later_without_a_new_reason():
    half = notify(replace(BREACH, facts=BreachFacts("Något har hänt.")), "p-asta", "", KNOWN + 60)
    more = describe(half, FACTS, "p-asta", KNOWN + WITHIN + 99)
    assert notify(more, "p-asta", "", KNOWN + WITHIN + 100).at("notified") == KNOWN + WITHIN + 100


@pytest.mark.spec("GDPR", "33.3")
def test_what_the_authority_must_be_told_is_listed_while_it_is_missing():
    empty = BreachFacts("Något har hänt.")
    assert lacking(empty) == ("kinds", "about", "records", "contact", "consequences", "measures", "risk")
    assert lacking(FACTS) == ()
    assert lacking(replace(FACTS, about=0)) == ()


def test_that_nobody_need_be_told_is_another_persons_decision_and_of_an_unlikely_risk_alone():
    unlikely = risked(Risk.UNLIKELY)
    assert exempt(BREACH, "p-birk", "x", KNOWN) is BreachRefusal.RISK_THERE
    assert exempt(unlikely, "p-asta", "x", KNOWN) is BreachRefusal.SECOND_PERSON
    assert exempt(unlikely, "p-birk", " ", KNOWN) is BreachRefusal.NO_REASON
    done = exempt(unlikely, "p-birk", "Uppgifterna var krypterade.", KNOWN + 9)
    assert (done.state, done.running) == (BreachState.EXEMPT, False)
    assert close(done, "p-asta", "Klart.", KNOWN + 10).state is BreachState.CLOSED


@pytest.mark.spec("GDPR", "34.1")
def test_a_breach_of_high_risk_is_not_closed_before_the_persons_know():
    high = notified(risked(Risk.HIGH))
    assert close(high, "p-asta", "Klart.", KNOWN + 99) is BreachRefusal.PERSONS_NOT_TOLD
    assert inform(high, "p-asta", "", KNOWN + 99) is BreachRefusal.NO_REASON
    told = inform(high, "p-asta", "Brev skickat.", KNOWN + 99)
    assert close(told, "p-asta", "Klart.", KNOWN + 100).at("closed") == KNOWN + 100


@pytest.mark.parametrize(
    ("breach", "words", "why"),
    [
        (BREACH, "Klart.", BreachRefusal.NOT_TOLD),
        (notified(replace(BREACH, facts=BreachFacts("Något."))), "Klart.", BreachRefusal.LACKING),
        (notified(), "", BreachRefusal.NO_REASON),
    ],
)
def test_a_breach_is_closed_when_it_is_told_and_written_down(breach, words, why):
    assert close(breach, "p-asta", words, KNOWN + 99) is why


def test_what_is_closed_is_closed():
    closed = close(notified(), "p-asta", "Klart.", KNOWN + 99)
    assert closed.state is BreachState.CLOSED
    assert describe(closed, FACTS, "p-asta", KNOWN) is BreachRefusal.CLOSED
    assert all(act(closed, "p-asta", "x", KNOWN) is BreachRefusal.CLOSED for act in (notify, inform, close))


def test_a_description_says_what_happened():
    assert describe(BREACH, replace(FACTS, what=" "), "p-asta", KNOWN) is BreachRefusal.NO_REASON


# --- drafts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LETTERS)
def test_a_draft_holds_everything_that_is_known(kind, language):
    draft = letter(kind, BREACH, "Region {Exempel}", language)
    for known in ("Region {Exempel}", FACTS.what, FACTS.consequences, FACTS.measures, FACTS.contact, "b-1"):
        assert known in draft
    assert "[" not in draft
    if kind == "authority":
        assert "2026-10-24 12:00" in draft
        assert "2026-10-27 11:00" in draft


@pytest.mark.parametrize(("language", "words"), [("sv", "[saknas ännu]"), ("en", "[not known yet]")])
def test_a_draft_says_what_is_missing(language, words):
    half = replace(BREACH, facts=BreachFacts("Något har hänt."))
    assert letter("authority", half, "Region", language).count(words) == 8
    assert letter("persons", half, "Region", language).count(words) == 3


def test_the_draft_says_when_the_persons_were_told():
    told = inform(notified(), "p-asta", "Brev.", KNOWN + 7200)
    assert "underrättats: 2026-10-24 14:00" in letter("authority", told, "Region", "sv")
