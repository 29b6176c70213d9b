"""Commissions are whole or not at all, and asked about only when a detail needs one (least effort first)."""

import json
from dataclasses import replace

import pytest

from tests.support.trust import CARE, STATISTICS, case, commission, employment, identity, party, wanted, wish
from trust_framework.decide import AskCommission, Refused, Released, decide
from trust_framework.directory import MANDATORY, NOWHERE, UNIT, Acting, Commission, complete, matches, same_id

NOW = 1_000_060
CARE_ASKS = ("commissionHsaId", "commissionPurpose", "employeeHsaId", "healthCareUnitName", "title", "givenName")


def asking(*names, registered=CARE_ASKS, staff=(), chosen=None, who=None, **more):
    return case(party(*registered), wanted(*names), who, staff=staff, commission=chosen, **more)


def choices(decision) -> list[str]:
    assert isinstance(decision, AskCommission)
    return [choice.hsa_id for choice in decision.choices]


def released(decision):
    assert isinstance(decision, Released)
    return decision.attributes


# --- completeness


def test_a_commission_with_everything_is_complete_with_or_without_a_unit():
    assert complete(commission())
    assert complete(commission(unit=False))


@pytest.mark.parametrize("lacking", [*MANDATORY, *UNIT])
def test_a_commission_that_lacks_a_mandatory_value_or_has_half_a_unit_is_dropped(lacking):
    half = commission(without=(lacking,))
    assert not complete(half)
    staff = (employment(half),)
    decision = decide(asking(wish("commissionPurpose", essential=True), staff=staff), NOW)
    assert isinstance(decision, Refused)
    assert decision.reason.code == "no-commission"
    assert decide(asking("commissionPurpose", staff=staff), NOW).attributes == {}


def test_an_empty_value_is_no_value():
    assert not complete(Commission("SE2321000016-C1", {**commission().attributes, "commissionName": ()}))
    assert not complete(Commission("", commission().attributes))


def test_a_commission_under_the_provider_gives_no_unit():
    staff = (employment(commission(unit=False)),)
    given = released(decide(asking("commissionHsaId", "healthCareUnitName", staff=staff), NOW))
    assert given == {"commissionHsaId": ("SE2321000016-C1",)}


# --- the choice


@pytest.mark.parametrize("names", [("givenName",), ()])
def test_nobody_is_asked_when_no_detail_needs_a_commission(names):
    staff = (employment(commission(1), commission(2)), employment(commission(3), number=2))
    assert isinstance(decide(asking(*names, staff=staff), NOW), Released)


def test_nobody_is_asked_for_a_detail_that_the_service_may_not_have():
    staff = (employment(commission(1), commission(2)),)
    assert isinstance(decide(asking("commissionName", registered=("givenName",), staff=staff), NOW), Released)


def test_the_only_commission_is_used_without_asking_and_brings_its_employment():
    staff = (
        employment(commission(1, without=("commissionName",)), title="x"),
        employment(commission(2), number=2, title="Läkare"),
    )
    assert released(decide(asking("commissionHsaId", "employeeHsaId", "title", staff=staff), NOW)) == {
        "commissionHsaId": ("SE2321000016-C2",),
        "employeeHsaId": ("SE2321000016-E2",),
        "title": ("Läkare",),
    }


def test_of_several_the_person_chooses_among_whole_commissions_of_all_employments():
    staff = (
        employment(commission(1), commission(2, without=("commissionPurpose",))),
        employment(commission(3), number=2),
    )
    decision = decide(asking("commissionPurpose", staff=staff), NOW)
    assert choices(decision) == ["SE2321000016-C1", "SE2321000016-C3"]
    assert decision.choices[0].attributes["commissionHsaId"] == ("SE2321000016-C1",)
    assert decision.choices[0].attributes["commissionName"] == ("Uppdrag 1",)


@pytest.mark.parametrize("chosen", ["SE2321000016-C3", "se2321000016-c3"])
def test_the_chosen_commission_is_the_one_released_with_its_employment(chosen):
    staff = (employment(commission(1)), employment(commission(3), number=2))
    given = released(decide(asking("commissionHsaId", "employeeHsaId", staff=staff, chosen=chosen), NOW))
    assert given == {"commissionHsaId": ("SE2321000016-C3",), "employeeHsaId": ("SE2321000016-E2",)}


@pytest.mark.parametrize("chosen", ["", "SE2321000016-C9", "SE2321000016-C2", "SE2321000016-E1", "' OR 1=1"])
def test_a_choice_that_is_not_offered_is_asked_for_again(chosen):
    staff = (employment(commission(1), commission(2, purpose=STATISTICS), commission(3)),)
    decision = decide(asking(wish("commissionPurpose", values=(CARE,)), staff=staff, chosen=chosen), NOW)
    assert choices(decision) == ["SE2321000016-C1", "SE2321000016-C3"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [((CARE,), "SE2321000016-C1"), ((f"  {CARE.upper()} ",), "SE2321000016-C1"), ((STATISTICS,), "SE2321000016-C2")],
)
def test_only_commissions_with_the_value_asked_for_count(values, expected):
    staff = (employment(commission(1), commission(2, purpose=STATISTICS)),)
    asked = asking("commissionHsaId", wish("commissionPurpose", values=values), staff=staff)
    assert released(decide(asked, NOW))["commissionHsaId"] == (expected,)


@pytest.mark.parametrize(
    ("essential", "required", "party_required", "code"),
    [
        (False, False, (), None),
        (True, False, (), "no-commission"),
        (False, True, (), "no-commission"),
        (False, False, ("commissionPurpose",), "no-commission"),
    ],
)
def test_none_that_fits_is_refused_when_the_service_needs_one(essential, required, party_required, code):
    asks = wanted(wish("commissionPurpose", essential=essential, required=required, values=("Forskning",)), "givenName")
    to = party(*CARE_ASKS, required=frozenset(party_required))
    decision = decide(case(to, asks, staff=(employment(commission()),)), NOW)
    if code is None:
        assert released(decision) == {"givenName": ("Anna",)}
    else:
        assert isinstance(decision, Refused)
        assert decision.reason.code == code
        assert decision.about == {
            "detail": "commissionPurpose",
            "detail_sv": "Uppdragets syfte",
            "detail_en": "Purpose of the assignment",
            "asked": "Forskning",
        }


def test_asking_for_all_commissions_asks_the_person_nothing():
    staff = (employment(commission(1), commission(2, without=("commissionName",))), employment(commission(3), number=2))
    names = ("allCommissions", "allEmployeeHsaIds")
    given = released(decide(asking(*names, registered=names, staff=staff), NOW))
    assert given["allEmployeeHsaIds"] == ("SE2321000016-E1", "SE2321000016-E2")
    every = [json.loads(value) for value in given["allCommissions"]]
    assert [(c["employeeHsaId"], c["commissionHsaId"]) for c in every] == [
        (["SE2321000016-E1"], ["SE2321000016-C1"]),
        (["SE2321000016-E2"], ["SE2321000016-C3"]),
    ]


def test_asking_also_for_one_purpose_still_makes_the_person_choose():
    staff = (employment(commission(1), commission(2)),)
    names = ("allCommissions", "commissionPurpose")
    assert len(choices(decide(asking(*names, registered=names, staff=staff), NOW))) == 2


def test_a_lapsed_agreement_asks_nobody_to_choose_for_nothing():
    from trust_framework.agreements import Agreement

    old = Agreement("A-17", frozenset({"provportalen"}), frozenset({"commissionPurpose"}), 0, 1)
    staff = (employment(commission(1), commission(2)),)
    assert isinstance(decide(asking("commissionPurpose", staff=staff, agreements=(old,)), NOW), Released)


# --- employments


def test_several_employments_are_asked_about_on_the_same_page_when_only_an_employment_is_needed():
    staff = (employment(commission(1), title="Läkare"), employment(number=2, title="Lärare"))
    decision = decide(asking("employeeHsaId", staff=staff), NOW)
    assert choices(decision) == ["SE2321000016-E1", "SE2321000016-E2"]
    assert decision.choices[1].attributes == {"employeeHsaId": ("SE2321000016-E2",), "title": ("Lärare",)}


@pytest.mark.parametrize("chosen", ["SE2321000016-E1", "se2321000016-e1", "SE2321000016-C1"])
def test_a_chosen_employment_or_a_commission_of_it_settles_the_employment(chosen):
    staff = (employment(commission(1), title="Läkare"), employment(number=2, title="Lärare"))
    given = released(decide(asking("title", "employeeHsaId", staff=staff, chosen=chosen), NOW))
    assert given == {"title": ("Läkare",), "employeeHsaId": ("SE2321000016-E1",)}


def test_the_employment_that_the_login_names_is_used_without_asking():
    staff = (employment(title="Läkare"), employment(number=2, title="Lärare"))
    who = identity(employeeHsaId="se2321000016-e2")
    assert released(decide(asking("title", staff=staff, who=who), NOW)) == {"title": ("Lärare",)}


def test_an_employment_named_by_the_login_that_the_directory_does_not_know_settles_nothing():
    staff = (employment(title="Läkare"), employment(number=2, title="Lärare"))
    assert len(choices(decide(asking("title", staff=staff, who=identity(employeeHsaId="SE2321000016-E9")), NOW))) == 2


def test_what_the_login_itself_tells_of_an_employment_needs_no_directory():
    staff = (employment(title="Läkare"), employment(number=2, title="Lärare"))
    who = identity(employeeHsaId="SE2321000016-E9", title="Kirurg")
    assert released(decide(asking("title", "employeeHsaId", staff=staff, who=who), NOW)) == {
        "title": ("Kirurg",),
        "employeeHsaId": ("SE2321000016-E9",),
    }
    assert released(decide(asking("title", "employeeHsaId", who=who), NOW))["title"] == ("Kirurg",)


def test_details_of_two_employments_are_never_mixed():
    staff = (employment(commission(1)),)
    who = identity(employeeHsaId="SE2321000016-E9", title="Kirurg")
    given = released(decide(asking("commissionHsaId", "employeeHsaId", "title", staff=staff, who=who), NOW))
    assert given == {"commissionHsaId": ("SE2321000016-C1",), "employeeHsaId": ("SE2321000016-E1",)}


def test_a_value_asked_of_an_employment_bounds_the_choice():
    staff = (employment(title="Läkare"), employment(number=2, title="Lärare"))
    asked = asking("employeeHsaId", wish("title", values=("lärare",)), staff=staff)
    assert released(decide(asked, NOW))["employeeHsaId"] == ("SE2321000016-E2",)


# --- a commission that came with the login


def test_a_commission_that_the_login_tells_of_is_the_only_one():
    told = {name: values[0] for name, values in commission(7).attributes.items()}
    who = identity(commissionHsaId="SE2321000016-C7", **told)
    staff = (employment(commission(1), commission(2)),)
    assert released(decide(asking("commissionHsaId", "commissionPurpose", staff=staff, who=who), NOW)) == {
        "commissionHsaId": ("SE2321000016-C7",),
        "commissionPurpose": (CARE,),
    }


def test_a_commission_that_the_login_only_names_is_taken_from_the_directory_with_its_employment():
    staff = (employment(commission(1)), employment(commission(2), number=2))
    who = identity(commissionHsaId="se2321000016-c2")
    given = released(decide(asking("commissionHsaId", "commissionPurpose", "employeeHsaId", staff=staff, who=who), NOW))
    assert given == {
        "commissionHsaId": ("SE2321000016-C2",),
        "commissionPurpose": (CARE,),
        "employeeHsaId": ("SE2321000016-E2",),
    }


def test_a_named_commission_that_does_not_fit_this_service_leaves_the_choice_open():
    staff = (employment(commission(1, purpose=STATISTICS), commission(2), commission(3)),)
    who = identity(commissionHsaId="SE2321000016-C1")
    asked = asking(wish("commissionPurpose", values=(CARE,)), staff=staff, who=who)
    assert choices(decide(asked, NOW)) == ["SE2321000016-C2", "SE2321000016-C3"]


def test_a_named_commission_that_nobody_knows_is_not_replaced_by_another():
    who = identity(commissionHsaId="SE2321000016-C9")
    decision = decide(
        asking(wish("commissionPurpose", required=True), staff=(employment(commission(1)),), who=who), NOW
    )
    assert isinstance(decision, Refused)
    assert decision.reason.code == "no-commission"


def test_a_half_commission_that_the_login_tells_of_is_dropped():
    decision = decide(
        asking(wish("commissionHsaId", essential=True), who=identity(commissionHsaId="SE2321000016-C7")), NOW
    )
    assert decision.reason.code == "no-commission"


# --- the directory is silent


def test_a_silent_directory_refuses_when_the_service_needs_it_and_is_told_of_otherwise():
    needing = asking(wish("commissionPurpose", essential=True), directory_answered=False)
    assert decide(needing, NOW).reason.code == "directory-down"
    wishing = decide(asking("commissionPurpose", "givenName", directory_answered=False), NOW)
    assert wishing.attributes == {"givenName": ("Anna",)}
    assert {v.attribute: v.outcome for v in wishing.trace}["commissionPurpose"] == "source-did-not-answer"


# --- small things


def test_ids_and_values_are_compared_as_people_read_them():
    assert same_id("se2321000016-c1", " SE2321000016-C1")
    assert matches(("Vård  och behandling",), ("vård och BEHANDLING",))
    assert matches((), ())
    assert not matches((), ("x",))


def test_nowhere_shows_and_answers_to_nothing():
    assert Acting() == NOWHERE
    assert not NOWHERE.known_as("")
    assert NOWHERE.as_choice() == Commission("", {"employeeHsaId": ("",)})


# --- a commission that is needed though nothing of it is released


def in_commission(acting_in, *commissions, chosen=None, **more):
    asks = replace(wanted("givenName"), acting_in=acting_in)
    return case(party("givenName"), asks, staff=(employment(*commissions),), commission=chosen, **more)


BOUND = [
    ({}, (1,), "SE2321000016-C1"),
    ({"commissionPurpose": (STATISTICS,)}, (1, 2), "SE2321000016-C2"),
    ({"commissionHsaId": ("se2321000016-c1",)}, (1, 2), "SE2321000016-C1"),
]


@pytest.mark.parametrize(("acting_in", "numbers", "expected"), BOUND)
def test_a_request_bound_to_a_commission_acts_in_it_and_releases_nothing_of_it(acting_in, numbers, expected):
    commissions = [commission(n, purpose=STATISTICS if n > 1 else CARE) for n in numbers]
    decision = decide(in_commission(acting_in, *commissions), NOW)
    assert released(decision) == {"givenName": ("Anna",)}
    assert decision.acting.commission.hsa_id == expected
    assert decision.acting.employment is not None


def test_a_request_bound_to_any_commission_asks_in_which():
    asked = in_commission({}, commission(1), commission(2))
    assert choices(decide(asked, NOW)) == ["SE2321000016-C1", "SE2321000016-C2"]
    chosen = decide(replace(asked, commission="SE2321000016-C2"), NOW)
    assert chosen.acting.commission.hsa_id == "SE2321000016-C2"


def test_a_request_that_is_not_bound_acts_nowhere():
    assert decide(in_commission(None, commission(1)), NOW).acting is NOWHERE


NONE_FITS = [({}, ()), ({"commissionPurpose": ("Forskning",)}, (commission(1),)), ({}, (commission(without=UNIT[:1]),))]


@pytest.mark.parametrize(("acting_in", "commissions"), NONE_FITS)
def test_a_request_bound_to_a_commission_that_there_is_not_is_refused(acting_in, commissions):
    decision = decide(in_commission(acting_in, *commissions), NOW)
    assert isinstance(decision, Refused)
    assert decision.reason.code == "no-commission"
    assert decision.about["detail"] == ", ".join(acting_in)


def test_a_request_bound_to_a_commission_is_refused_when_the_directory_is_silent():
    decision = decide(in_commission({}, commission(1), directory_answered=False), NOW)
    assert isinstance(decision, Refused)
    assert decision.reason.code == "directory-down"
