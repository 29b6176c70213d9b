"""Every article about access of the Turkish regulation, from what a record system enters over JSON to the answer that follows."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import care_values as a
from tests.support.care_world import call, machine, nurse
from tests.support.dated_facts import (
    CLERK,
    COLLEAGUE,
    DEAD,
    SWEDISH,
    SWEDISH_UNIT,
    Register,
    by,
    facts_world,
    number,
    private,
    problem,
    staff,
)
from tests.support.world import NOW
from trust_framework.rules import SETS

pytest_plugins = ["tests.support.worlds"]
REGULATION = "Regulation on Personal Health Data"
TODAY, TOMORROW = "2026-11-25", "2026-11-26"
MOTHER, LAWYER, HEIR, OTHER = (number("19800101", serial) for serial in (100, 102, 104, 106))
SERIALS = count(300)
MINISTRY = {"employee": a.NURSE, "purpose": "Administration", "licences": []}


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return facts_world(lasting_worlds)


@pytest.fixture(autouse=True)
def _clock(world):
    """Each test begins at the same time."""
    world.clock.now = NOW
    yield
    world.clock.now = NOW


@pytest.fixture
def patient(world):
    """A grown person whom no other test knows."""
    return Register(world, number("19700101", next(SERIALS)))


@pytest.fixture
def child(world):
    """A child of ten, likewise."""
    return Register(world, number("20160101", next(SERIALS)))


@pytest.fixture
def dead(world):
    return Register(world, DEAD)


# --- article 6(3): windows

WINDOWS = {
    "6(3)a: the family physician": ("family-physician", {"physician": a.DOCTOR}, {}, "permitted", "family-physician"),
    "6(3)a: another's": ("family-physician", {"physician": a.NURSE}, {}, "needs-relation", "no-window"),
    "6(3)b: booked today": ("appointment", {"physician": a.DOCTOR, "day": TODAY}, {}, "permitted", "appointment"),
    "6(3)b: booked tomorrow": (
        "appointment",
        {"physician": a.DOCTOR, "day": TOMORROW},
        {},
        "needs-relation",
        "no-window",
    ),
    "6(3)b: with another": ("appointment", {"physician": a.NURSE, "day": TODAY}, {}, "needs-relation", "no-window"),
    "6(3)c: came in": ("visit", {"place": a.PROVIDER}, {}, "permitted", "visit"),
    "6(3)c: at the unit": ("visit", {"place": a.UNIT}, {}, "permitted", "visit"),
    "6(3)c: at another unit": ("visit", {"place": a.OTHER_UNIT}, {}, "needs-relation", "no-window"),
    "6(3)c: a day less a second ago": ("visit", {"place": a.UNIT}, {"since": NOW - a.DAY + 1}, "permitted", "visit"),
    "6(3)ç: admitted": ("stay", {"place": a.PROVIDER}, {"since": NOW - 90 * a.DAY}, "permitted", "stay"),
}


@pytest.mark.spec(REGULATION, "6(3)")
@pytest.mark.parametrize(("kind", "says", "changes", "access", "code"), WINDOWS.values(), ids=WINDOWS)
def test_a_physician_sees_by_the_window_that_was_entered(patient, kind, says, changes, access, code):
    assert patient.asks(staff()) == ("needs-relation", {"no-window"})
    patient.entered(kind, says, **changes)
    assert patient.asks(staff()) == (access, {code})
    assert patient.asks(staff(licences=["SJ"])) == ("refused", {"not-a-physician"})


@pytest.mark.spec(REGULATION, "6(3)c")
def test_the_window_of_a_visit_shuts_after_24_hours(world, patient):
    patient.entered("visit", {"place": a.PROVIDER})
    world.clock.now = NOW + a.DAY - 1
    assert patient.asks(staff())[0] == "permitted"
    world.clock.now = NOW + a.DAY
    assert patient.asks(staff())[0] == "needs-relation"


@pytest.mark.spec(REGULATION, "6(3)ç")
def test_the_window_of_a_stay_shuts_at_the_discharge(patient):
    stay = patient.entered("stay", {"place": a.UNIT})
    assert patient.asks(staff())[0] == "permitted"
    assert patient.end(stay).json["until"] == NOW
    assert patient.asks(staff())[0] == "needs-relation"


@pytest.mark.spec(REGULATION, "6(3)b")
def test_the_window_of_an_appointment_stays_open_until_what_it_led_to_has_ended(world, patient):
    booked = patient.entered("appointment", {"physician": a.DOCTOR, "day": TODAY})
    linked = [patient.entered("linked-process", {"appointment": booked}) for _ in range(2)]
    world.clock.now = NOW + 2 * a.DAY
    assert patient.asks(staff()) == ("permitted", {"appointment"})
    patient.end(linked[0])
    assert patient.asks(staff())[0] == "permitted"
    patient.end(linked[1])
    assert patient.asks(staff())[0] == "needs-relation"


@pytest.mark.spec(REGULATION, "6(3)")
def test_a_window_opens_at_the_provider_that_entered_it_alone(patient):
    patient.entered("family-physician", {"physician": a.DOCTOR})
    far = staff(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT)
    assert patient.asks(far, "far") == ("needs-relation", {"no-window"})


# --- article 6(2), 6(5), 6(6): what the person chose, codes, classes


@pytest.mark.spec(REGULATION, "6(2)")
def test_the_persons_choice_shuts_windows_and_two_choices_both_hold(patient):
    patient.entered("visit", {"place": a.PROVIDER})
    shut = patient.entered("privacy-choice", {"windows": ["family-physician"]})
    assert patient.asks(staff()) == ("blocked", {"privacy-choice"})
    far = patient.entered("privacy-choice", {"windows": ["visit", "any-physician"]}, "far", provider=a.OTHER_PROVIDER)
    assert patient.asks(staff()) == ("blocked", {"privacy-choice"})
    patient.end(shut)
    assert patient.asks(staff()) == ("permitted", {"visit", "privacy-choice-open"})
    patient.end(far, "far")
    assert patient.asks(staff()) == ("permitted", {"visit"})


@pytest.fixture
def asked(patient):
    """The person hid their past, and the physician asks for a code."""
    patient.entered("privacy-choice", {"hidden": True})
    return patient.entered("code", {"physician": a.DOCTOR})


def made(patient, fact):
    answer = patient.call(f"/facts/{fact}/code", client="sender")
    assert answer.status == 200, answer.text
    return answer.json["code"]


def enters(patient, fact, code, employee=a.DOCTOR, client="journal"):
    return patient.call(f"/facts/{fact}/enter", {"code": code, "entered": by(employee)}, client)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.mark.spec(REGULATION, "6(5)")
def test_a_hidden_past_opens_with_the_persons_code_once_and_for_a_day(world, patient, asked):
    assert patient.asks(staff()) == ("needs-consent", {"code-needed", "no-window"})
    answer = patient.call(f"/facts/{asked}/code", client="sender").json
    assert (len(answer["code"]), answer["expires_at"]) == (6, NOW + 300)
    assert patient.asks(staff())[0] == "needs-consent"
    opened = enters(patient, asked, answer["code"]).json
    assert (opened["waits"], opened["until"]) == ("", NOW + a.DAY)
    assert patient.asks(staff()) == ("permitted", {"code-shared"})
    assert patient.asks(staff(employee=a.NURSE))[0] == "needs-consent"
    assert problem(enters(patient, asked, answer["code"])) == (409, "state.code-used")
    assert problem(patient.call(f"/facts/{asked}/code", client="sender")) == (409, "state.code-used")
    world.clock.now = NOW + a.DAY
    assert patient.asks(staff())[0] == "needs-consent"


@pytest.mark.spec("facts/threats", "IS-14")
def test_a_code_is_good_for_five_minutes(world, patient, asked):
    code = made(patient, asked)
    world.clock.now = NOW + 300
    assert problem(enters(patient, asked, code)) == (409, "state.code-too-old")
    world.clock.now = NOW + 299
    assert enters(patient, asked, code).status == 200


@pytest.mark.spec("facts/threats", "IS-14")
def test_after_five_wrong_ones_the_right_one_is_refused_and_no_other_is_made(patient, asked):
    code = made(patient, asked)
    for _ in range(5):
        assert problem(enters(patient, asked, wrong(code))) == (409, "state.code-wrong")
    assert problem(enters(patient, asked, code)) == (409, "state.too-many-tries")
    assert problem(patient.call(f"/facts/{asked}/code", client="sender")) == (409, "state.too-many-tries")
    acts = [event["act"] for event in patient.world.events("care.fact-changed") if event["fact"] == asked]
    assert acts == ["registered", "code-made", *["code-tried"] * 5]


@pytest.mark.spec("facts/threats", "IS-14")
def test_a_new_code_takes_the_place_of_the_last(patient, asked):
    first, second = made(patient, asked), made(patient, asked)
    if first != second:
        assert problem(enters(patient, asked, first)) == (409, "state.code-wrong")
    assert enters(patient, asked, second).status == 200


@pytest.mark.spec("facts/threats", "IS-14")
def test_a_code_is_for_the_physician_who_asked_and_through_the_system_that_asked(patient, asked):
    code = made(patient, asked)
    assert problem(enters(patient, asked, code, a.NURSE)) == (409, "state.code-of-somebody-else")
    assert problem(enters(patient, asked, code, client="sender")) == (409, "state.code-of-somebody-else")
    assert problem(enters(patient, asked, code, client="far")) == (404, "missing.unknown")
    other = patient.entered("code", {"physician": a.DOCTOR})
    assert problem(enters(patient, other, code)) == (409, "state.no-code")


@pytest.mark.spec(REGULATION, "6(5)")
def test_who_asks_for_a_code_never_gets_it(world, patient, asked):
    token = machine(world, "journal")
    assert call(world, f"/facts/{asked}/code", token).json["code"] == "scope"
    from_sender = patient.enter("code", {"physician": a.DOCTOR}, "sender").json["id"]
    assert problem(patient.call(f"/facts/{from_sender}/code", client="sender")) == (403, "denied.same-system")
    visit = patient.entered("visit", {"place": a.PROVIDER})
    assert problem(patient.call(f"/facts/{visit}/code", client="sender")) == (409, "state.no-code-needed")


@pytest.mark.spec(REGULATION, "6(6)")
def test_a_class_of_higher_privacy_asks_for_a_licence_more(world, patient):
    patient.entered("visit", {"place": a.PROVIDER})
    fact = patient.own("restricted-type", {"type": "psy6", "licences": ["PS"]})
    assert patient.asks(staff(), type="psy6") == ("refused", {"sensitive-class"})
    assert patient.asks(staff(licences=["LK", "PS"]), type="psy6") == ("permitted", {"visit"})
    assert patient.end(fact).json["waits"] == "end"
    assert patient.asks(staff(), type="psy6")[0] == "refused"
    assert patient.confirm(fact).json["ended"]
    assert patient.asks(staff(), type="psy6")[0] == "permitted"


# --- article 7: three of a unit


def named(employee, **changes):
    return {"unit": a.OTHER_UNIT, "employee": employee, "named_by": "SE2321000016-HEAD", **changes}


@pytest.mark.spec(REGULATION, "7(1)")
def test_three_of_a_unit_are_authorised_and_a_fourth_is_not(patient):
    given = [patient.own("authorisation", named(f"SE2321000016-M{n}")) for n in range(3)]
    fourth = patient.enter("authorisation", named(a.NURSE), patient=None)
    assert problem(fourth) == (409, "state.unit-has-three")
    third, nurse = (
        staff(**{**MINISTRY, "employee": each, "unit": a.OTHER_UNIT}) for each in ("SE2321000016-M2", a.NURSE)
    )
    assert patient.asks(third) == ("permitted", {"authorised"})
    assert patient.asks(nurse) == ("refused", {"not-authorised"})
    patient.end(given[2])
    assert patient.asks(third)[0] == "refused"
    given.append(patient.own("authorisation", named(a.NURSE)))
    assert patient.asks(nurse)[0] == "permitted"
    listed = patient.call("/facts/search", {"provider": a.PROVIDER}).json["facts"]
    assert sum(one["id"] in given and one["ended"] is None for one in listed) == 3


@pytest.mark.spec(REGULATION, "7(1)")
def test_of_two_that_wait_for_the_last_place_only_the_first_is_confirmed(patient):
    waiting = [patient.enter("authorisation", named(f"SE2321000016-N{n}", unit=a.UNIT), patient=None) for n in range(4)]
    assert [each.json["waits"] for each in waiting] == ["colleague"] * 4
    answers = [patient.confirm(each.json["id"]) for each in waiting]
    assert [each.status for each in answers] == [200, 200, 200, 409]
    assert problem(answers[3]) == (409, "state.unit-has-three")


@pytest.mark.spec(REGULATION, "7(1)")
def test_nobody_authorises_alone_or_themselves(patient):
    unit = {"provider": a.OTHER_PROVIDER, "patient": None, "client": "far"}
    says = named(a.FAR_DOCTOR, unit=a.FAR_UNIT)
    assert problem(patient.enter("authorisation", says, **unit, entered=by(a.FAR_DOCTOR))) == (
        403,
        "denied.named-person",
    )
    same = {**says, "named_by": a.FAR_DOCTOR}
    assert problem(patient.enter("authorisation", same, **unit)) == (409, "state.named-by-themselves")
    fact = patient.enter("authorisation", says, **unit).json["id"]
    asks = staff(**{**MINISTRY, "employee": a.FAR_DOCTOR, "unit": a.FAR_UNIT, "provider": a.OTHER_PROVIDER})
    assert patient.asks(asks, "far")[0] == "refused"
    assert problem(patient.confirm(fact, CLERK, "far")) == (403, "denied.same-person")
    assert problem(patient.confirm(fact, a.FAR_DOCTOR, "far")) == (403, "denied.named-person")
    assert patient.confirm(fact, COLLEAGUE, "far").status == 200
    assert patient.asks(asks, "far")[0] == "permitted"
    assert problem(patient.confirm(fact, COLLEAGUE, "far")) == (409, "state.nothing-to-confirm")


# --- articles 8, 10, 11: children, lawyers, heirs


@pytest.mark.spec(REGULATION, "11(1)")
def test_of_a_patient_whom_no_directory_knows_a_death_is_entered_by_two_and_heirs_may_ask(patient):
    assert problem(patient.enter("heir", {"person": HEIR})) == (409, "state.not-deceased")
    power = patient.entered("lawyers-power", {"lawyer": LAWYER, "special": True})
    assert patient.asks(private(LAWYER)) == ("permitted", {"special-power"})
    for day, why in ((TOMORROW, (409, "state.in-the-future")), ("2026-02-30", (400, "invalid.wrong-field"))):
        assert problem(patient.enter("death", {"day": day})) == why
    death = patient.enter("death", {"day": TODAY}).json["id"]
    assert patient.asks(private(LAWYER))[0] == "permitted"
    assert patient.confirm(death).status == 200
    assert patient.asks(private(LAWYER)) == ("refused", {"no-right"})
    assert problem(patient.enter("visit", {"place": a.PROVIDER})) == (409, "state.deceased")
    assert problem(patient.enter("death", {"day": TODAY})) == (409, "state.already-one")
    patient.entered("heir", {"person": HEIR, "certificate": "2026/18"})
    assert patient.asks(private(HEIR)) == ("permitted", {"heir"})
    assert patient.end(death).json["waits"] == "end"
    assert patient.confirm(death).status == 200
    assert patient.asks(private(HEIR))[0] == "refused"
    patient.end(power)


@pytest.mark.spec(REGULATION, "8(1)")
def test_a_parent_sees_a_childs_until_a_child_able_to_judge_asks_for_permission(child):
    mother = number("19800101", next(SERIALS))
    assert child.asks(private(mother)) == ("refused", {"commission-missing"})
    child.entered("parent", {"person": mother, "custody": True})
    assert child.asks(private(mother)) == ("permitted", {"parent"})
    young = child.entered("child-choice", {"able_to_judge": False, "asks_permission": True})
    assert child.asks(private(mother))[0] == "permitted"
    child.end(young)
    child.entered("child-choice", {"able_to_judge": True, "asks_permission": True})
    assert child.asks(private(mother)) == ("needs-consent", {"child-permission-needed"})
    far = {"provider": a.OTHER_PROVIDER, "client": "far"}
    child.entered("child-choice", {"able_to_judge": True, "asks_permission": True, "permitted": [mother]}, **far)
    assert child.asks(private(mother))[0] == "needs-consent"


@pytest.mark.spec(REGULATION, "8(1)")
def test_a_permission_that_the_child_gave_is_its_own_parents(child):
    choice = {"able_to_judge": True, "asks_permission": True, "permitted": [MOTHER]}
    for parent in (MOTHER, OTHER):
        child.entered("parent", {"person": parent, "custody": True})
    child.entered("child-choice", choice)
    assert [child.asks(private(each))[0] for each in (MOTHER, OTHER)] == ["permitted", "needs-consent"]


@pytest.mark.spec(REGULATION, "8(2)")
def test_a_parent_without_custody_sees_what_the_directorate_allows(child):
    child.entered("parent", {"person": MOTHER, "custody": False})
    assert child.asks(private(MOTHER), type="vac8") == ("refused", {"beyond-custody"})
    child.own("parent-limits", {"types": ["vac8"]})
    assert child.asks(private(MOTHER), type="vac8") == ("permitted", {"parent-without-custody"})
    assert child.asks(private(MOTHER), type="und") == ("refused", {"beyond-custody"})


@pytest.mark.spec(REGULATION, "8(2)")
def test_who_lost_custody_at_one_provider_has_lost_it_at_all(child):
    child.entered("parent", {"person": MOTHER, "custody": True})
    child.entered("parent", {"person": MOTHER, "custody": False}, "far", provider=a.OTHER_PROVIDER)
    assert child.asks(private(MOTHER), type="und")[0] == "refused"


@pytest.mark.spec(REGULATION, "8(1)")
@pytest.mark.parametrize(
    ("born", "status"),
    [("20081126", 200), ("20081125", 409), ("19700101", 409), ("20261125", 200)],
    ids=["18 tomorrow", "18 today", "grown", "born today"],
)
def test_a_parent_is_entered_up_to_the_day_before_the_child_comes_of_age(world, born, status):
    answer = Register(world, number(born, next(SERIALS) % 20)).enter("parent", {"person": MOTHER, "custody": True})
    assert answer.status == status
    if status != 200:
        assert problem(answer) == (409, "state.not-a-child")


@pytest.mark.spec(REGULATION, "8(1)")
def test_a_parents_right_ends_at_midnight_in_turkey_when_the_child_comes_of_age(world):
    child = Register(world, number("20081126"))
    child.entered("parent", {"person": MOTHER, "custody": True})
    midnight = 1_795_640_400  # 2026-11-26 00:00 in Istanbul
    world.clock.now = midnight - 1
    assert child.asks(private(MOTHER)) == ("permitted", {"parent"})
    world.clock.now = midnight
    assert child.asks(private(MOTHER)) == ("refused", {"of-age"})


@pytest.mark.spec(REGULATION, "10(1)")
def test_a_lawyer_needs_a_power_with_the_special_clause_that_two_people_have_seen(world, patient):
    general = patient.entered("lawyers-power", {"lawyer": LAWYER, "special": False})
    assert patient.asks(private(LAWYER)) == ("refused", {"general-power"})
    special = patient.enter("lawyers-power", {"lawyer": LAWYER, "special": True}, until=NOW + 60).json["id"]
    assert patient.asks(private(LAWYER)) == ("refused", {"general-power"})
    patient.confirm(special)
    assert patient.asks(private(LAWYER)) == ("permitted", {"special-power"})
    far = private(LAWYER, a.OTHER_PROVIDER)
    assert patient.asks(far, "far") == ("refused", {"no-right"})
    world.clock.now = NOW + 59
    assert patient.asks(private(LAWYER))[0] == "permitted"
    world.clock.now = NOW + 60
    assert patient.asks(private(LAWYER)) == ("refused", {"general-power"})
    patient.end(general)
    assert patient.asks(private(LAWYER)) == ("refused", {"no-right"})


@pytest.mark.spec(REGULATION, "11(1)")
def test_an_heir_of_the_dead_sees_with_the_certificate_and_nobody_else(dead):
    bare = dead.entered("heir", {"person": HEIR})
    assert dead.asks(private(HEIR)) == ("refused", {"certificate-missing"})
    dead.end(bare)
    dead.entered("heir", {"person": HEIR, "certificate": "2026/17"})
    assert dead.asks(private(HEIR)) == ("permitted", {"heir"})
    assert dead.asks(private(OTHER))[0] == "refused"


@pytest.mark.spec(REGULATION, "11(1)")
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("lawyers-power", {"lawyer": LAWYER, "special": True}),
        ("parent", {"person": MOTHER, "custody": True}),
        ("child-choice", {"able_to_judge": True, "asks_permission": True}),
        ("privacy-choice", {"hidden": True}),
        ("family-physician", {"physician": a.DOCTOR}),
        ("appointment", {"physician": a.DOCTOR, "day": TODAY}),
        ("visit", {"place": a.PROVIDER}),
        ("stay", {"place": a.PROVIDER}),
        ("code", {"physician": a.DOCTOR}),
    ],
)
def test_nobody_treats_or_acts_for_the_dead(dead, kind, says):
    assert problem(dead.enter(kind, says)) == (409, "state.deceased")


@pytest.mark.spec(REGULATION, "11(1)")
def test_nobody_inherits_from_the_living(patient):
    says = {"person": HEIR, "certificate": "2026/17"}
    assert problem(patient.enter("heir", says)) == (409, "state.not-deceased")


# --- articles 12 and 21


@pytest.mark.spec(REGULATION, "12(1)")
def test_what_a_court_hid_is_in_no_answer_and_no_list_but_for_those_who_are_named(world, patient):
    visit = patient.entered("visit", {"place": a.PROVIDER})
    order = patient.entered(
        "secrecy-order", {"order": "2026/5", "employees": [a.DOCTOR], "persons": [LAWYER]}, provider=a.PROVIDER
    )
    named_, others = staff(), staff(employee="SE2321000016-D2")
    assert patient.asks(named_) == ("permitted", {"visit"})
    assert patient.asks(others) == ("", set())
    assert patient.call("/facts/search", {"patient": patient.patient}).json == {"facts": []}
    assert patient.call(f"/facts/{visit}", method="GET").json["id"] == visit
    logged = [event for event in world.events("care.fact-changed") if event["fact"] == order]
    assert "secrecy-order" not in str(logged)
    assert problem(patient.end(order, ends_at=NOW)) == (400, "invalid.ends-when-confirmed")
    assert patient.end(order).json["waits"] == "end"
    assert problem(patient.end(order)) == (409, "state.ending-already")
    assert patient.asks(others) == ("", set())
    assert problem(patient.confirm(order, CLERK)) == (403, "denied.same-person")
    assert patient.confirm(order).json["ended"]
    assert patient.asks(others) == ("permitted", {"visit"})
    assert [one["id"] for one in patient.call("/facts/search", {"patient": patient.patient}).json["facts"]] == [visit]


@pytest.mark.spec(REGULATION, "21(2)")
def test_misuse_takes_every_way_in_at_once_and_two_give_it_back(patient):
    who = "SE2321000016-D9"
    patient.entered("family-physician", {"physician": who})
    assert patient.asks(staff(employee=who))[0] == "permitted"
    fact = patient.own("misuse", {"employee": who})
    assert patient.asks(staff(employee=who)) == ("refused", {"authorisations-revoked"})
    patient.end(fact)
    assert patient.asks(staff(employee=who))[0] == "refused"
    patient.confirm(fact)
    assert patient.asks(staff(employee=who))[0] == "permitted"


@pytest.mark.parametrize("both", [True, False])
def test_a_list_is_of_a_patient_or_of_a_provider(patient, both):
    asked = {"patient": patient.patient, "provider": a.PROVIDER} if both else {}
    assert problem(patient.call("/facts/search", asked)) == (400, "malformed")


KINDS = {kind.id: kind for kind in SETS["tr"].kinds}
TEXTS = st.sampled_from(
    ["", " ", "x", "\0", "\ud800", "SE2321000016-U1", "2026-02-29", "visit", "a" * 65, "é" * 64]
) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXTS
PEOPLE = st.fixed_dictionaries({"oid": TEXTS | st.just(a.PERSONNUMMER), "value": TEXTS | st.just(MOTHER["value"])})
ANYTHING = st.recursive(
    PLAIN | PEOPLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5
)


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), data=st.data())
def test_whatever_a_fact_says_it_is_taken_or_refused_by_name(world, kind, data):
    fields = {field.name: ANYTHING for field in KINDS[kind].fields}
    says = data.draw(
        st.fixed_dictionaries(fields) | st.fixed_dictionaries({}, optional=fields) | st.dictionaries(TEXTS, ANYTHING)
    )
    patient = (
        Register(world, number("20160101", 555)) if KINDS[kind].of_patient else Register(world, number("20160101", 556))
    )
    about = {} if KINDS[kind].of_patient else {"patient": None}
    answer = patient.enter(kind, says, provider=a.OTHER_PROVIDER, client="far", **about)
    assert answer.status in {200, 400, 409}, answer.text


# --- the person themself, and other rules


def test_the_person_sees_their_own_whatever_they_hid(patient):
    patient.entered("privacy-choice", {"hidden": True})
    assert patient.asks(private(patient.patient)) == ("permitted", {"own-information"})


@pytest.mark.parametrize(
    ("kind", "says"),
    [("visit", {"place": SWEDISH_UNIT}), ("family-physician", {"physician": a.DOCTOR}), ("made-up", {})],
)
def test_a_kind_that_the_providers_rules_do_not_name_does_not_exist_for_it(patient, kind, says):
    assert problem(patient.enter(kind, says, provider=SWEDISH)) == (400, "invalid.unknown-kind")


@pytest.mark.spec(REGULATION, "6(3)c")
def test_staff_with_a_token_of_their_own_see_by_the_licence_and_unit_that_the_directory_has(world, patient):
    token = nurse(world)
    row = {"id": "1", "provider": a.PROVIDER, "unit": a.UNIT}
    asked = {"questions": [{"patient": patient.patient, "resources": [row]}]}

    def told():
        (decision,) = call(world, "/decisions", token, asked).json["decisions"]
        return [ruling["access"] for ruling in decision["rulings"]]

    assert told() == ["needs-relation"]
    patient.entered("visit", {"place": a.OTHER_UNIT})
    assert told() == ["permitted"]
    own = {
        "id": a.new_id(),
        "kind": "visit",
        "provider": a.PROVIDER,
        "patient": patient.patient,
        "says": {"place": a.UNIT},
    }
    assert problem(call(world, "/facts", token, own)) == (403, "denied.not-registrar")
    asked["questions"][0].update(private(MOTHER))
    (decision,) = call(world, "/decisions", token, asked).json["decisions"]
    assert decision["problem"] == "denied.not-a-system"


def test_a_swedish_provider_decides_as_if_there_were_no_such_facts(patient):
    patient.entered("secrecy-order", {"order": "2026/6"})
    actor = staff(provider=SWEDISH, unit=SWEDISH_UNIT)
    assert patient.asks(actor, provider=SWEDISH, unit=SWEDISH_UNIT) == ("needs-relation", {"relation-missing"})
    patient.entered("lawyers-power", {"lawyer": MOTHER, "special": True})
    assert patient.asks(private(MOTHER, SWEDISH), provider=SWEDISH) == ("refused", {"no-representation"})


@pytest.mark.parametrize(
    ("who", "client", "told"),
    [
        (private({"oid": a.PERSONNUMMER, "value": "1"}), "journal", "invalid.patient-number"),
        (private(MOTHER, a.OTHER_PROVIDER), "journal", "denied.foreign-provider"),
        (private(MOTHER, "SE2321000016-NONE"), "journal", "invalid.unknown-provider"),
        (private(MOTHER, ""), "journal", "invalid.hsa-id"),
        (private(number("19430101", 111)), "journal", ("refused", {"commission-missing"})),
    ],
)
def test_a_private_person_asks_by_number_through_a_provider_of_the_system(patient, who, client, told):
    found = patient.asks(who, client)
    assert found == (told if isinstance(told, tuple) else (told, set()))
