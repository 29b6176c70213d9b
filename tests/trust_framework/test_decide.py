"""The decision: who is stopped, who must identify again, who is asked, and who gets what."""

from dataclasses import replace

import pytest

from tests.support.trust import (
    ASKED_AT,
    BEFORE,
    LOA2,
    LOA3,
    LOA4,
    NOW,
    UNCERTIFIED3,
    case,
    commission,
    employment,
    identity,
    member,
    party,
    person,
    terms,
    wanted,
    wish,
)
from trust_framework import decide as deciding
from trust_framework.consent import TEXT_VERSION, missing, personal, shown_hash
from trust_framework.decide import (
    Allow,
    AskCommission,
    AskConsent,
    ConsentGiven,
    Refuse,
    Refused,
    Released,
    StepUp,
    decide,
    stopped,
)
from trust_framework.members import ConsentPolicy, Member, RelyingParty, State
from trust_framework.reasons import REASONS, Kind

ASKING = {"consent": ConsentPolicy.ASK}
FRESH = ASKED_AT + 10
CONTRACT = "http://id.swedenconnect.se/contract/sc/eid-choice-2017"


def code(decision) -> str:
    assert isinstance(decision, Refused), decision
    return decision.reason.code


# --- state


@pytest.mark.parametrize(
    ("service", "owner", "expected"),
    [
        (State.ACTIVE, State.ACTIVE, None),
        (State.SUSPENDED, State.ACTIVE, "blocked-service"),
        (State.ACTIVE, State.SUSPENDED, "blocked-member"),
        (State.SUSPENDED, State.SUSPENDED, "blocked-member"),
        (State.TEST, State.ACTIVE, "not-member"),
        (State.LEFT, State.ACTIVE, "not-member"),
        (State.ACTIVE, State.APPLICATION, "not-member"),
        (State.ACTIVE, State.REVIEW, "not-member"),
        (State.ACTIVE, State.APPROVED, "not-member"),
        (State.ACTIVE, State.LEFT, "not-member"),
    ],
)
def test_only_active_services_of_active_members_get_anything(service, owner, expected):
    to = party("sn", state=service, member=member(owner))
    decision = decide(case(to, wanted("sn")), NOW)
    assert (stopped(to, NOW).code if stopped(to, NOW) else None) == expected
    assert isinstance(decision, Released) if expected is None else code(decision) == expected


def test_a_blocked_person_is_let_in_nowhere():
    decision = decide(case(party("sn"), wanted("sn"), person=person(blocked=True)), NOW)
    assert code(decision) == "blocked-user"
    assert [(v.rule, v.outcome, v.note) for v in decision.trace] == [
        ("party-in-force", "allowed", ""),
        ("person-not-blocked", "refused", "blocked-user"),
    ]


# --- method


@pytest.mark.parametrize(
    ("methods", "at", "expected"),
    [
        ((), BEFORE, Released),
        (("card",), BEFORE, Released),
        (("bankid", "card"), BEFORE, Released),
        (("bankid",), BEFORE, StepUp),
        (("bankid",), FRESH, "blocked-method"),
    ],
)
def test_a_method_that_the_service_does_not_take_leads_to_another_login(methods, at, expected):
    decision = decide(case(party("sn", methods=methods), wanted("sn"), identity(at=at)), NOW)
    assert code(decision) == expected if isinstance(expected, str) else isinstance(decision, expected)


@pytest.mark.parametrize(
    ("more", "at", "expected"),
    [
        ({}, BEFORE, Released),
        ({"state": State.SUSPENDED}, BEFORE, StepUp),
        ({"state": State.SUSPENDED}, FRESH, "blocked-method"),
        ({"ceiling": LOA2}, BEFORE, StepUp),
        ({"ceiling": LOA2}, FRESH, "level-too-low"),
        ({"levels": {}}, BEFORE, StepUp),
        ({"categories": frozenset({CONTRACT})}, BEFORE, StepUp),
        ({"categories": frozenset({CONTRACT})}, FRESH, "blocked-method"),
    ],
)
def test_a_provider_that_was_stopped_or_bounded_since_no_longer_counts(more, at, expected):
    decision = decide(case(party("sn"), wanted("sn"), identity(at=at), terms=terms(**more)), NOW)
    assert code(decision) == expected if isinstance(expected, str) else isinstance(decision, expected)


@pytest.mark.spec("Sweden Connect entity categories", "2")
@pytest.mark.parametrize("whose", ["categories", "declared"])
def test_a_provider_under_a_contract_answers_who_has_it(whose):
    asks = party("sn", **{whose: frozenset({CONTRACT})})
    decision = decide(case(asks, wanted("sn"), identity(), terms=terms(categories=frozenset({CONTRACT}))), NOW)
    assert isinstance(decision, Released)


# --- level


@pytest.mark.spec("Sweden Connect deployment profile", "5.3.1")
@pytest.mark.parametrize(
    ("has", "asked", "registered", "expected"),
    [
        (LOA3, (LOA3,), (LOA3, LOA2), None),
        (LOA3, (), (LOA3, LOA2), None),
        (LOA2, (LOA3, LOA2), (LOA3, LOA2), None),
        (LOA2, (LOA3,), (LOA3, LOA2), (LOA3,)),
        (LOA4, (LOA3,), (LOA3, LOA4), (LOA3,)),  # exact: a higher level is another level
        (LOA4, (), (LOA3, LOA2), (LOA3, LOA2)),
        (UNCERTIFIED3, (LOA3,), (LOA3,), (LOA3,)),
        (LOA4, (LOA4, LOA3), (LOA3,), (LOA3,)),  # it may not ask for level 4
    ],
)
def test_the_level_is_exactly_one_of_those_acceptable(has, asked, registered, expected):
    to, asks = party("sn", levels=registered), wanted("sn", levels=asked)
    reused = decide(case(to, asks, identity(has, BEFORE)), NOW)
    made_for_it = decide(case(to, asks, identity(has, FRESH)), NOW)
    if expected is None:
        assert isinstance(reused, Released)
        assert isinstance(made_for_it, Released)
    else:
        assert isinstance(reused, StepUp)
        assert reused.levels == expected
        assert code(made_for_it) == "level-too-low"
        assert made_for_it.about == {"asked": " ".join(expected), "got": has}
        assert made_for_it.trace[-1].outcome == "level-too-low"


@pytest.mark.parametrize(("asked", "registered"), [((LOA4,), (LOA3,)), ((), ()), ((LOA3,), ())])
def test_a_service_that_may_ask_for_none_of_the_levels_is_refused(asked, registered):
    decision = decide(case(party("sn", levels=registered), wanted("sn", levels=asked), identity(LOA4)), NOW)
    assert code(decision) == "request-level"


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize(
    ("has", "asked", "at", "passive", "expected"),
    [
        (LOA2, (LOA3,), BEFORE, False, StepUp),  # try for the wish
        (LOA2, (LOA3,), FRESH, False, Released),  # tried: another level that the service takes will do
        (LOA2, (LOA3,), BEFORE, True, Released),  # nobody may be asked
        (LOA3, (LOA3,), BEFORE, False, Released),
        (LOA2, (), BEFORE, False, Released),
        (LOA2, ("urn:unknown",), BEFORE, False, Released),  # a wish that cannot come true
        (UNCERTIFIED3, (LOA3,), FRESH, False, Refused),  # not one of the service's
    ],
)
def test_a_voluntary_level_is_a_wish(has, asked, at, passive, expected):
    asks = wanted("sn", levels=asked, essential_level=False, passive=passive)
    decision = decide(case(party("sn"), asks, identity(has, at)), NOW)
    assert isinstance(decision, expected)
    if expected is StepUp:
        assert decision.levels == (LOA3, LOA2)


def test_a_voluntary_level_is_not_asked_for_when_nobody_is_there():
    asks = wanted("sn", levels=(LOA3,), essential_level=False)
    assert isinstance(decide(case(party("sn"), asks, identity(LOA2), unattended=True), NOW), Released)


# --- freshness


@pytest.mark.parametrize(
    ("at", "force", "max_age", "fresh"),
    [
        (BEFORE, False, None, True),
        (BEFORE, True, None, False),
        (ASKED_AT, True, None, True),
        (FRESH, True, None, True),
        (BEFORE, False, 300, True),
        (BEFORE, False, 299, False),
        (BEFORE, False, 0, False),
        (FRESH, False, 0, True),
        (FRESH, True, 0, True),
        (BEFORE, True, 300, False),
    ],
)
def test_an_identification_is_as_fresh_as_the_request_demands(at, force, max_age, fresh):
    asks = wanted("sn", force=force, max_age=max_age)
    decision = decide(case(party("sn"), asks, identity(at=at)), NOW)
    assert isinstance(decision, Released if fresh else StepUp)
    if not fresh:
        assert decision.levels == (LOA3,)
        assert (decision.trace[-1].rule, decision.trace[-1].note) == ("fresh-enough", "login-required")


def test_a_slow_choice_never_makes_a_login_too_old():
    asks = wanted("sn", max_age=0)
    assert isinstance(decide(case(party("sn"), asks, identity(at=FRESH)), NOW + 600), Released)


def test_an_age_that_no_login_can_meet_is_refused_and_not_asked_for_for_ever():
    assert code(decide(case(party("sn"), wanted("sn", max_age=-20), identity(at=FRESH)), NOW)) == "login-required"


# --- consent


def test_details_are_asked_about_with_the_hash_of_what_is_shown():
    to = party("sn", "givenName", **ASKING)
    decision = decide(case(to, wanted("sn", "mail")), NOW)
    assert isinstance(decision, AskConsent)
    assert decision.attributes == {"sn": ("Andersson",)}
    assert decision.shown == shown_hash(to, {"sn": ("Andersson",)})
    assert ("consent", "consent-missing", "sn") in {(v.rule, v.outcome, v.attribute) for v in decision.trace}


@pytest.mark.parametrize("how", ["on record", "agreed now"])
def test_what_was_agreed_to_is_released(how):
    to = party("sn", **ASKING)
    shown = shown_hash(to, {"sn": ()})
    more = (
        {"agreed": shown} if how == "agreed now" else {"consents": (ConsentGiven("other", 1), ConsentGiven(shown, 2))}
    )
    assert isinstance(decide(case(to, wanted("sn"), **more), NOW), Released)


def test_another_set_of_details_asks_again():
    to = party("sn", "givenName", **ASKING)
    agreed = ConsentGiven(shown_hash(to, {"sn": ()}), 1)
    assert isinstance(decide(case(to, wanted("sn", "givenName"), consents=(agreed,)), NOW), AskConsent)


def test_a_withdrawn_consent_stops_a_refresh():
    to = party("sn", **ASKING)
    agreed = ConsentGiven(shown_hash(to, {"sn": ()}), 1)
    assert isinstance(decide(case(to, wanted("sn"), consents=(agreed,), unattended=True), NOW), Released)
    assert code(decide(case(to, wanted("sn"), unattended=True), NOW)) == "consent-required"


@pytest.mark.parametrize("names", [(), ("mail",), ("levelOfAssurance",)])
def test_nothing_personal_asks_for_no_consent(names):
    to = party("mail", "levelOfAssurance", **ASKING)
    assert isinstance(decide(case(to, wanted(*names)), NOW), Released)


def test_the_hash_says_what_who_and_in_which_words_and_values_only_when_they_count():
    to = party("sn")
    base = shown_hash(to, {"sn": ("A",), "mail": ("m",)})
    assert base == shown_hash(to, {"mail": ("other",), "sn": ("B",)})
    assert len(base) == 64
    changed = {
        shown_hash(to, {"sn": ("A",)}),
        shown_hash(replace(to, id="other"), {"sn": ("A",), "mail": ("m",)}),
        shown_hash(replace(to, names={"sv": "Annat namn"}), {"sn": ("A",), "mail": ("m",)}),
        shown_hash(replace(to, member=Member("5590026042", {})), {"sn": ("A",), "mail": ("m",)}),
        shown_hash(to, {"sn": ("A",), "mail": ("m",)}, text_version=TEXT_VERSION + "x"),
        shown_hash(to, {"sn": ("A",), "mail": ("m",)}, with_values=True),
        shown_hash(to, {"sn": ("B",), "mail": ("m",)}, with_values=True),
        base,
    }
    assert len(changed) == 8


def test_what_the_catalogue_does_not_know_is_taken_to_be_personal():
    assert personal({"shoeSize": ("43",)})
    assert missing(case(party(**ASKING), wanted()), {"shoeSize": ("43",)})
    assert not personal({})


# --- nobody may be asked

QUESTIONS = {
    "login": (case(party("sn"), wanted("sn", force=True)), StepUp, "login-required"),
    "level": (case(party("sn"), wanted("sn"), identity(LOA2)), StepUp, "login-required"),
    "method": (case(party("sn", methods=("bankid",)), wanted("sn")), StepUp, "login-required"),
    "commission": (
        case(party("commissionName"), wanted("commissionName"), staff=(employment(commission(1), commission(2)),)),
        AskCommission,
        "choice-required",
    ),
    "consent": (case(party("sn", **ASKING), wanted("sn")), AskConsent, "consent-required"),
}


@pytest.mark.parametrize(("asked", "question", "expected"), list(QUESTIONS.values()), ids=list(QUESTIONS))
def test_a_question_that_may_not_be_asked_is_a_refusal_of_its_own_kind(asked, question, expected):
    assert isinstance(decide(asked, NOW), question)
    for quiet in (replace(asked, unattended=True), replace(asked, wanted=replace(asked.wanted, passive=True))):
        decision = decide(quiet, NOW)
        assert code(decision) == expected
        assert decision.reason.kind is Kind.INTERACTION
        assert "refused" in {v.outcome for v in decision.trace}
        assert "asked" not in {v.outcome for v in decision.trace}


def test_a_passive_login_that_needs_nobody_goes_through():
    assert isinstance(decide(case(party("sn"), wanted("sn", passive=True)), NOW), Released)


# --- the order, and a rule from outside


def test_the_first_rule_that_has_something_against_it_speaks():
    everything_wrong = case(
        party("sn", methods=("bankid",), member=member(State.SUSPENDED), levels=()),
        wanted(wish("mail", required=True), force=True),
        identity(LOA2),
        person=person(blocked=True),
    )
    assert code(decide(everything_wrong, NOW)) == "blocked-member"


def test_a_rule_can_be_added_from_outside_in_one_place(monkeypatch):
    def office_hours(work):
        return Allow() if work.now % 86_400 < 61_200 else Refuse(REASONS["not-member"], {"detail": "closed"})

    monkeypatch.setattr(deciding, "RULES", (*deciding.RULES, office_hours))
    asked = case(party("sn"), wanted("sn"))
    assert isinstance(decide(asked, 0), Released)
    assert [verdict.rule for verdict in decide(asked, 0).trace if verdict.attribute is None][-1] == "office-hours"
    late = decide(asked, 61_200)
    assert (code(late), late.about) == ("not-member", {"detail": "closed"})


# --- a party's name


@pytest.mark.parametrize(
    ("names", "language", "expected"),
    [
        ({"sv": "Portalen", "en": "Portal"}, "en", "Portal"),
        ({"sv": "Portalen", "en": "Portal"}, "fi", "Portalen"),
        ({"en": "Portal"}, "sv", "Portal"),
        ({"fi": "Portaali"}, "sv", "Portaali"),
        ({}, "sv", "p"),
    ],
)
def test_a_party_is_shown_by_a_name_whatever_names_it_has(names, language, expected):
    assert RelyingParty("p", member(), names, ()).name(language) == expected
