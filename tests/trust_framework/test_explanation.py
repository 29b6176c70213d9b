"""Every verdict has its words in both languages, and nobody is told more than they may know."""

import pytest

from tests.support.agreements import agreement, signed, terms
from tests.support.trust import NOW, case, identity, party, person, wanted
from trust_framework.agreements import Agreement, Standing
from trust_framework.attribute import Source
from trust_framework.case import Verdict
from trust_framework.days import day_of
from trust_framework.decide import RULES, Outcome, decide
from trust_framework.explanation import RESULTS, SOURCES, Reader, explained

OLD = Agreement("A-17", frozenset({"provportalen"}), frozenset({"sn"}), 0, NOW)
LANGUAGES = ("sv", "en")


def line(verdict: Verdict, reader: Reader = Reader.TEAM, language: str = "sv", agreements=None):
    (found,) = explained((verdict,), "released", reader, language, agreements or {"A-17": OLD}).lines
    return found


VERDICTS = [
    (Verdict("registered", "released", "sn", "", "login"), "lämnad", "begärd och tillåten"),
    (Verdict("registered", "not-allowed", "sn"), "inte tillåten", "tjänsten är inte anmäld för den"),
    (Verdict("requested", "not-requested", "sn"), "inte begärd", "tjänsten bad inte om den"),
    (Verdict("policy", "released", "sn", "", "login", "R3/2"), "lämnad", "begärd, och tillåten enligt R3/2"),
    (Verdict("policy", "not-allowed", "sn", "denied", "login", "R3/2"), "inte tillåten", "R3/2 säger nej"),
    (Verdict("policy", "not-allowed", "sn", "audience", "", "R3/2 R4/1"), "inte tillåten", "ingen regel släpper den"),
    (Verdict("policy", "not-allowed", "sn", "profile", "", "R3/2"), "inte tillåten", "R3/2 kräver en annan profil"),
    (Verdict("policy", "no-agreement", "sn", "missing", "", "R3/2"), "avtal saknas", "R3/2 kräver ett avtal"),
    (Verdict("policy", "level-too-low", "sn", "3", "", "R3/2"), "för låg nivå", "R3/2 kräver nivå 3"),
    (Verdict("agreement", "no-agreement", "sn", "expired", "", "R3/2 A-17/1"), "avtal saknas", "avtal A-17 gick ut 19"),
    (Verdict("agreement", "no-agreement", "sn", "suspended", "", "A-17/1"), "avtal saknas", "avtal A-17 är stoppat"),
    (Verdict("agreement", "no-agreement", "sn", "unsigned", "", "A-17/1"), "avtal saknas", "avtal A-17 gäller inte"),
    (Verdict("nonresident", "not-allowed", "sn"), "inte tillåten", "nivån är för dem"),
    (Verdict("coordination-number", "not-allowed", "sn"), "inte tillåten", "tar inte emot samordningsnummer"),
    (Verdict("coordination-number", "changed", "sn", "x"), "lämnad i annan form", "lämnad som samordningsnummer"),
    (Verdict("source", "missing-at-source", "sn", "", "staff"), "saknades i källan", "katalogen har inget värde"),
    (Verdict("source", "source-did-not-answer", "sn", "", "staff"), "källan svarade inte", "katalogen svarade inte"),
    (Verdict("value", "missing-at-source", "sn"), "saknades i källan", "värdet är ett annat"),
    (Verdict("derived", "changed", "sn", "", "derived"), "lämnad i annan form", "gjord av andra uppgifter"),
    (Verdict("consent", "consent-missing", "sn"), "samtycke saknas", "personen har inte sagt ja"),
    (Verdict("level", "level-too-low", "sn"), "för låg nivå", "inloggningen nådde inte nivån"),
]


@pytest.mark.parametrize(("verdict", "result", "because"), VERDICTS)
def test_a_verdict_is_told_with_its_result_and_why(verdict, result, because):
    told = line(verdict)
    assert told.result == result
    assert because in told.because
    assert told.label == "Efternamn"
    english = line(verdict, language="en")
    assert english.because != told.because
    assert "{" not in english.because + told.because


def test_where_the_value_is_and_what_it_rests_on_stand_apart():
    told = line(Verdict("policy", "released", "sn", "", "login", "R3/2 A-17/1"))
    assert (told.source, told.basis, told.given) == ("e-legitimationen", ("R3/2", "A-17/1"), True)
    assert not line(Verdict("requested", "not-requested", "sn")).given


@pytest.mark.parametrize(
    ("agreements", "day"),
    [
        ({"A-17": OLD}, day_of(NOW - 1).isoformat()),
        ({"A-17": agreement(signed(terms(valid_until=NOW)))}, day_of(NOW - 1).isoformat()),
        ({"A-1": OLD}, "–"),
    ],
)
def test_the_day_on_which_an_agreement_ended_is_told_while_it_is_known(agreements, day):
    ended = Verdict("agreement", "no-agreement", "sn", Standing.EXPIRED.value, "", "A-17/1")
    assert line(ended, agreements=agreements).because == f"avtal A-17 gick ut {day}"


def test_a_team_is_not_told_that_somebody_has_protected_details():
    blocked = Verdict("protected-person", "blocked", "mail")
    told = line(blocked)
    assert told == line(Verdict("source", "missing-at-source", "mail", "", "person"))
    assert line(Verdict("protected-person", "blocked", "shoeSize")).outcome is Outcome.MISSING
    assert line(blocked, Reader.OPERATOR).because == "personen har skyddade uppgifter"
    assert line(blocked, Reader.PERSON).because == "dina uppgifter är skyddade"


def test_the_person_is_spoken_to():
    assert line(Verdict("consent", "consent-missing", "sn"), Reader.PERSON, "en").because == "you have not said yes"


def test_a_detail_that_is_not_in_the_catalogue_is_told_by_its_name():
    assert line(Verdict("registered", "not-allowed", "shoeSize")).label == "shoeSize"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", Reader)
def test_a_refusal_is_told_with_its_cause_and_what_can_be_done(reader, language):
    told = explained((), "attr-missing", reader, language, {}, {"detail": "sn"})
    assert "sn" in told.because
    assert told.remedy
    assert explained((), "released", reader, language, {}).remedy == ""


def test_the_rules_of_the_whole_case_are_for_the_operator():
    trace = decide(case(party("sn"), wanted("sn"), identity(), person=person(blocked=True)), NOW).trace
    told = explained(trace, "blocked-user", Reader.OPERATOR, "sv", {})
    assert told.rules == (
        ("tjänsten och dess ägare är i kraft", "godtagen"),
        ("personen är inte stoppad", "nej (blocked-user)"),
    )
    assert explained(trace, "blocked-user", Reader.TEAM, "sv", {}).rules == ()
    odd = explained((Verdict("office-hours", "allowed"),), "released", Reader.OPERATOR, "en", {})
    assert odd.rules == (("office-hours", "passed"),)


def test_every_outcome_source_and_rule_has_its_words():
    assert set(RESULTS) == set(Outcome)
    assert set(SOURCES) == set(Source)
    names = tuple(rule.__name__.replace("_", "-") for rule in RULES)
    told = explained([Verdict(name, "allowed") for name in names], "released", Reader.OPERATOR, "sv", {})
    assert not set(names) & {words for words, _ in told.rules}
