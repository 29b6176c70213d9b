"""What a service gets is what it asked for and is registered for, each with a verdict and a reason."""

import pytest

from tests.support.trust import (
    COORDINATION_NUMBER,
    LOA3,
    NONRESIDENT3,
    NOW,
    PERSONAL_NUMBER,
    case,
    commission,
    employment,
    identity,
    party,
    person,
    wanted,
    wish,
)
from trust_framework.agreements import Agreement, Standing, cover
from trust_framework.attributes import CATALOGUE
from trust_framework.decide import AskConsent, Outcome, Refused, Released, decide
from trust_framework.members import ConsentPolicy
from trust_framework.outcome import DELIVERED

PNR, COORD = "personalIdentityNumber", "coordinationNumber"
COORDINATED = identity(personalIdentityNumber=COORDINATION_NUMBER)


def outcomes(decision) -> dict[str, tuple[str, str]]:
    return {v.attribute: (v.outcome, v.rule) for v in decision.trace if v.attribute}


def given(decision):
    assert isinstance(decision, Released), decision
    return decision.attributes


def test_what_is_released_is_what_was_asked_for_and_registered():
    decision = decide(case(party("givenName", "sn"), wanted("givenName", "mail")), NOW)
    assert given(decision) == {"givenName": ("Anna",)}
    assert outcomes(decision) == {
        "givenName": ("released", "registered"),
        "mail": ("not-allowed", "registered"),
        "sn": ("not-requested", "requested"),
    }


def test_asking_for_nothing_gives_nothing():
    decision = decide(case(party("givenName", "sn"), wanted()), NOW)
    assert given(decision) == {}
    assert set(outcomes(decision).values()) == {("not-requested", "requested")}


def test_what_is_not_in_the_catalogue_is_not_allowed_even_when_registered():
    decision = decide(case(party("shoeSize"), wanted("shoeSize")), NOW)
    assert given(decision) == {}
    assert outcomes(decision) == {"shoeSize": ("not-allowed", "registered")}


def test_the_first_rules_of_the_trace_are_those_of_the_whole_case():
    trace = decide(case(party("givenName"), wanted("givenName")), NOW).trace
    assert [(v.rule, v.outcome) for v in trace if v.attribute is None] == [
        ("party-in-force", "allowed"),
        ("person-not-blocked", "allowed"),
        ("method-allowed", "allowed"),
        ("level-reached", "allowed"),
        ("fresh-enough", "allowed"),
        ("commission-settled", "allowed"),
        ("representation-settled", "allowed"),
        ("required-delivered", "allowed"),
        ("consent-given", "allowed"),
    ]


# --- sources


@pytest.mark.parametrize(
    ("name", "login", "register", "expected"),
    [
        ("sn", "Andersson", "Berg", "Andersson"),
        ("sn", "", "Berg", "Berg"),
        ("mail", "login@example.se", "register@example.se", "register@example.se"),
        ("mail", "login@example.se", "", "login@example.se"),
    ],
)
def test_each_attribute_has_its_first_source_and_another_behind_it(name, login, register, expected):
    known = person(attributes={name: (register,)} if register else {})
    decision = decide(case(party(name), wanted(name), identity(**{name: login}), person=known), NOW)
    assert given(decision) == {name: (expected,)}


def test_a_person_register_never_speaks_of_employments_or_commissions():
    known = person(attributes={"employeeHsaId": ("SE2321000016-E1",), "commissionPurpose": ("Statistik",)})
    names = ("employeeHsaId", "commissionPurpose")
    decision = decide(case(party(*names), wanted(*names), person=known), NOW)
    assert given(decision) == {}
    assert set(outcomes(decision).values()) == {("missing-at-source", "source")}


@pytest.mark.parametrize(
    ("name", "login", "expected"),
    [
        ("displayName", {}, ("Anna Andersson",)),
        ("displayName", {"sn": ""}, ("Anna",)),
        ("displayName", {"sn": "", "givenName": ""}, None),
        ("dateOfBirth", {}, ("1989-06-05",)),
        ("dateOfBirth", {"personalIdentityNumber": COORDINATION_NUMBER}, None),
        ("dateOfBirth", {"personalIdentityNumber": ""}, None),
    ],
)
def test_a_detail_that_no_source_has_may_be_made_from_others(name, login, expected):
    decision = decide(case(party(name), wanted(name), identity(**login)), NOW)
    assert given(decision).get(name) == expected
    assert outcomes(decision)[name] == (("changed", "derived") if expected else ("missing-at-source", "source"))


def test_a_detail_that_a_source_has_is_not_made_from_others():
    who = identity(displayName="Administrator 123", dateOfBirth="1989-06-06")
    names = ("displayName", "dateOfBirth")
    decision = decide(case(party(*names), wanted(*names), who), NOW)
    assert given(decision) == {"displayName": ("Administrator 123",), "dateOfBirth": ("1989-06-06",)}
    assert outcomes(decision)["displayName"] == ("released", "registered")


def test_the_level_and_the_way_of_logging_in_are_told_from_the_login_itself():
    names = ("levelOfAssurance", "authnMethod")
    who = identity(levelOfAssurance="http://id.elegnamnden.se/loa/1.0/loa4")
    assert given(decide(case(party(*names), wanted(*names), who), NOW)) == {"levelOfAssurance": (LOA3,)}


# --- values asked for


def test_a_value_other_than_the_one_asked_for_is_not_told():
    asks = wanted(wish(PNR, values=("191212121212",)), wish("sn", values=("ANDERSSON",)))
    decision = decide(case(party(PNR, "sn"), asks), NOW)
    assert given(decision) == {"sn": ("Andersson",)}
    assert outcomes(decision)[PNR] == ("missing-at-source", "value")


def test_an_attribute_asked_for_twice_is_judged_once_and_by_the_stronger_wish():
    asks = wanted("mail", wish("mail", required=True), wish("sn", values=("x",)), "sn")
    decision = decide(case(party("mail", "sn"), asks), NOW)
    assert isinstance(decision, Refused)
    assert decision.reason.code == "attr-missing"
    assert [v.attribute for v in decision.trace if v.attribute] == ["mail", "sn"]
    assert outcomes(decision)["sn"] == ("missing-at-source", "value")


# --- protected persons, nonresident levels, coordination numbers


def test_a_protected_person_has_no_address_and_no_contact_detail():
    contact = {row.name for row in CATALOGUE.values() if row.contact}
    known = person(protected=True, attributes=dict.fromkeys(contact, ("x",)))
    decision = decide(case(party("sn", *contact), wanted("sn", *contact), person=known), NOW)
    assert given(decision) == {"sn": ("Andersson",)}
    assert {outcomes(decision)[name] for name in contact} == {("blocked", "protected-person")}


@pytest.mark.parametrize("name", [row.name for row in CATALOGUE.values() if row.swedish_number])
def test_no_swedish_number_goes_with_a_nonresident_level_not_even_from_the_register(name):
    to = party(name, levels=(NONRESIDENT3,), accepts_coordination_number=True)
    known = person(attributes={name: (PERSONAL_NUMBER,), PNR: (COORDINATION_NUMBER,)})
    decision = decide(case(to, wanted(name, levels=()), identity(NONRESIDENT3), person=known), NOW)
    assert given(decision) == {}
    assert outcomes(decision)[name] == ("not-allowed", "nonresident")


@pytest.mark.spec("Sweden Connect entity categories", "6.2")
@pytest.mark.parametrize(
    ("accepts", "registered", "asked", "expected"),
    [
        (False, {PNR}, [PNR], {}),
        (False, {PNR, COORD}, [PNR, COORD], {}),
        (True, {PNR}, [PNR], {PNR: (COORDINATION_NUMBER,)}),
        (True, {PNR, COORD}, [PNR], {PNR: (COORDINATION_NUMBER,)}),
        (True, {PNR, COORD}, [PNR, COORD], {COORD: (COORDINATION_NUMBER,)}),
        (True, {PNR, COORD}, [COORD, PNR], {COORD: (COORDINATION_NUMBER,)}),
        (True, {PNR}, [PNR, COORD], {PNR: (COORDINATION_NUMBER,)}),
        (True, {COORD}, [COORD], {COORD: (COORDINATION_NUMBER,)}),
    ],
)
def test_a_coordination_number_goes_to_those_who_accept_it_and_under_one_name(accepts, registered, asked, expected):
    to = party(*registered, accepts_coordination_number=accepts)
    decision = decide(case(to, wanted(*asked), COORDINATED), NOW)
    assert given(decision) == expected


def test_a_number_that_goes_under_the_other_name_counts_as_delivered():
    to = party(PNR, COORD, accepts_coordination_number=True, required=frozenset({PNR}))
    decision = decide(case(to, wanted(PNR, COORD), COORDINATED), NOW)
    assert outcomes(decision)[PNR] == ("changed", "coordination-number")
    assert given(decision) == {COORD: (COORDINATION_NUMBER,)}


def test_a_number_whose_other_name_is_held_back_goes_under_its_own():
    to = party(PNR, COORD, accepts_coordination_number=True)
    old = Agreement("A-1", frozenset({to.id}), frozenset({COORD}), 0, 1)
    decision = decide(case(to, wanted(PNR, COORD), COORDINATED, agreements=(old,)), NOW)
    assert given(decision) == {PNR: (COORDINATION_NUMBER,)}


def test_a_personal_number_is_no_coordination_number():
    to = party(PNR, COORD, accepts_coordination_number=True)
    decision = decide(case(to, wanted(PNR, COORD)), NOW)
    assert given(decision) == {PNR: (PERSONAL_NUMBER,)}
    assert outcomes(decision)[COORD] == ("missing-at-source", "source")


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        ("credentialPersonalIdentityNumber", False),
        ("mappedPersonalIdentityNumber", True),
        ("previousPersonalIdentityNumber", True),
    ],
)
def test_the_rule_of_coordination_numbers_is_not_for_mapped_and_earlier_numbers(name, goes):
    decision = decide(case(party(name), wanted(name), identity(**{name: COORDINATION_NUMBER})), NOW)
    assert bool(given(decision)) is goes


# --- agreements


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "goes"),
    [
        (0, NOW, False),
        (0, NOW + 1, True),
        (NOW, NOW + 1, True),
        (NOW + 1, NOW + 2, False),
    ],
)
def test_a_detail_of_an_agreement_goes_only_while_it_holds(valid_from, valid_until, goes):
    agreement = Agreement("A-17", frozenset({"provportalen"}), frozenset({"sn"}), valid_from, valid_until)
    decision = decide(case(party("sn", "givenName"), wanted("sn", "givenName"), agreements=(agreement,)), NOW)
    assert ("sn" in given(decision)) is goes
    assert given(decision)["givenName"] == ("Anna",)
    verdict = next(v for v in decision.trace if v.attribute == "sn")
    said = (verdict.rule, verdict.outcome, verdict.note, verdict.basis)
    state = "not-yet" if valid_from > NOW else "expired"
    assert said == (
        ("registered", "released", "", "A-17/1") if goes else ("agreement", "no-agreement", state, "A-17/1")
    )


def test_one_valid_agreement_is_enough_and_those_of_others_do_not_matter():
    ours, other = frozenset({"provportalen"}), frozenset({"annan"})
    old = Agreement("A-1", ours, frozenset({"sn", "mail"}), 0, 1)
    new = Agreement("A-2", ours, frozenset({"sn"}), 0, NOW * 2)
    theirs = Agreement("A-3", other, frozenset({"givenName"}), 0, 1)
    covered = cover((old, new, theirs), party(), NOW)
    assert covered.lapsed == {"mail": ("A-1/1", Standing.EXPIRED)}
    assert covered.open == {"sn": "A-2/1"}
    assert cover((), party(), NOW) == cover((theirs,), party(), NOW)


# --- what is needed and cannot be delivered


@pytest.mark.spec("Sweden Connect deployment profile", "6.2.1")
@pytest.mark.parametrize(
    ("asks", "required", "registered", "code", "about"),
    [
        (["mail"], {"mail"}, {"mail"}, "attr-missing", "mail"),
        ([wish("mail", required=True)], set(), {"mail"}, "attr-missing", "mail"),
        ([wish("mail", required=True), "sn"], set(), {"sn"}, "attr-not-allowed", "mail"),
        ([wish("mail", required=True), wish("o", required=True)], set(), {"mail"}, "attr-not-allowed", "o"),
        ([wish("mail", essential=True)], set(), {"mail"}, None, None),
        (["mail"], set(), {"mail"}, None, None),
        (["sn"], {"mail"}, {"mail", "sn"}, None, None),
    ],
)
def test_a_required_detail_that_cannot_be_had_refuses(asks, required, registered, code, about):
    decision = decide(case(party(*registered, required=frozenset(required)), wanted(*asks)), NOW)
    if code is None:
        assert isinstance(decision, Released)
    else:
        assert isinstance(decision, Refused)
        assert decision.reason.code == code
        assert decision.about["detail"] == about
        assert decision.about["detail_sv"] == CATALOGUE[about].sv


def test_a_required_detail_that_does_not_exist_is_named_as_the_service_named_it():
    decision = decide(case(party("sn"), wanted(wish("shoeSize", required=True))), NOW)
    assert decision.reason.code == "attr-not-allowed"
    assert decision.about["detail_sv"] == decision.about["detail_en"] == "shoeSize"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"person": person(protected=True, attributes={"mail": ("a@example.se",)})}, "attr-missing"),
        (
            {"agreements": (Agreement("A-1", frozenset({"provportalen"}), frozenset({"mail"}), 0, 1),)},
            "attr-not-allowed",
        ),
    ],
)
def test_a_required_detail_that_is_held_back_refuses_too(more, code):
    decision = decide(case(party("mail"), wanted(wish("mail", required=True)), **more), NOW)
    assert decision.reason.code == code


# --- the closed set


def test_every_outcome_occurs_and_the_trace_never_holds_a_value():
    old = Agreement("A-1", frozenset({"provportalen"}), frozenset({"gender"}), 0, 1)
    names = ("sn", "displayName", "gender", "mail", "commissionName", "title", "birthName", "o")
    known = person(protected=True, attributes={"mail": ("hemlig@example.se",)})
    common = {"person": known, "agreements": (old,)}
    to = party(*names[:-1], "street")
    asks = wanted(*names)
    decisions = [
        decide(case(to, asks, **common), NOW),
        decide(case(to, asks, directory_answered=False, **common), NOW),
        decide(case(to, asks, identity(NONRESIDENT3), **common), NOW),
        decide(case(to, asks, identity(NONRESIDENT3, at=NOW), **common), NOW),
        decide(case(party("sn", consent=ConsentPolicy.ASK), asks, **common), NOW),
    ]
    assert isinstance(decisions[-1], AskConsent)
    trace = [v for decision in decisions for v in decision.trace]
    assert {v.outcome for v in trace} == set(Outcome)
    assert not any("Andersson" in f"{v.note}{v.rule}" or "hemlig" in v.note for v in trace)
    assert set(Outcome) > DELIVERED


def test_where_each_detail_comes_from_is_told_with_the_question_of_consent():
    names = ("sn", "mail", "title", "commissionName", "levelOfAssurance")
    known = person(attributes={"mail": ("a@example.se",)})
    staff = (employment(commission(), title="Läkare"),)
    to = party(*names, consent=ConsentPolicy.ASK)
    decision = decide(case(to, wanted(*names), person=known, staff=staff), NOW)
    assert isinstance(decision, AskConsent)
    assert decision.sources == {
        "sn": "login",
        "mail": "person",
        "title": "staff",
        "commissionName": "commission",
        "levelOfAssurance": "derived",
    }
