"""Facts that a rule set names, through the service: what cannot be is refused and leaves nothing, and what is entered is kept."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broker.care import access_facts, decisions, fact_codes, fact_contents
from broker.care.access_facts import FactWish
from broker.care.acts import ActWish
from broker.care.calling import carried_out
from broker.care.changes import SaveAccessFact
from broker.login.effects import Effects, Overtaken
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from tests.support.dated_facts import number
from trust_framework.access_facts import CODES_A_DAY
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.identifiers import Identifier
from trust_framework.rules import SETS

PHYSICIAN = a.actor(employee=a.DOCTOR, licences=("LK",))
CLERK, COLLEAGUE = "SE2321000016-E8", "SE2321000016-E7"
MOTHER = {"oid": a.PERSONNUMMER, "value": a.OTHER_PATIENT.value}
LAWYERS_POWER = {"kind": "lawyers-power", "says": {"lawyer": MOTHER, "special": True}}
ORDER = {"kind": "secrecy-order", "says": {"order": "2026/1"}}
OWN = {"patient": None, "kind": "authorisation"}
NAMED = {"unit": a.UNIT, "employee": a.NURSE, "named_by": a.DOCTOR}


@pytest.fixture
def turkish(care):
    """Both providers are under the Turkish rules."""
    providers = {hsa: a.provider(hsa, rules="tr") for hsa in (a.PROVIDER, a.OTHER_PROVIDER)}
    care.on = replace(care.on, register=replace(care.on.register, providers=providers))
    return care


def wish(**changes):
    whole = FactWish(a.new_id(), "visit", a.PROVIDER, {"place": a.UNIT}, a.PATIENT, entered=a.entered(CLERK))
    return replace(whole, **changes)


def enter(care, who=None, **changes):
    return care(access_facts.register, wish(**changes), who or a.client()).result


def confirm(care, fact, employee=COLLEAGUE, who=None):
    return care(access_facts.confirm, fact.id, a.entered(employee), who or a.client()).result


def end(care, fact, who=None, ends_at=None, employee=CLERK):
    done = lambda on, now: access_facts.end(fact.id, a.entered(employee), who or a.client(), on, now, ends_at)  # noqa: E731
    return care(done).result


def asked(care, actor=PHYSICIAN):
    (ruling,) = care(decisions.decide, AccessQuestion(actor, a.PATIENT, (a.resource(),)), a.client()).result
    return ruling.access


BAD = {
    "no id": ({"id": ""}, "VALIDATION_ERROR", "id"),
    "a kind that is none": ({"kind": "x"}, "VALIDATION_ERROR", "unknown-kind"),
    "a number that is none": ({"patient": Identifier(a.PERSONNUMMER, "1")}, "VALIDATION_ERROR", "patient-number"),
    "about nobody": ({"patient": None}, "VALIDATION_ERROR", "no-patient"),
    "about somebody": ({"kind": "misuse", "says": {"employee": a.NURSE}}, "VALIDATION_ERROR", "about-no-patient"),
    "another's provider": ({"provider": a.OTHER_PROVIDER}, "ACCESSDENIED", "foreign-provider"),
    "an unknown provider": ({"provider": "SE2321000016-X"}, "VALIDATION_ERROR", "unknown-provider"),
    "another's unit": ({"says": {"place": a.FAR_UNIT}}, "VALIDATION_ERROR", "unknown-unit"),
    "no place": ({"says": {}}, "VALIDATION_ERROR", "missing-field"),
    "a place that is no text": ({"says": {"place": 1}}, "VALIDATION_ERROR", "wrong-field"),
    "a place that is empty": ({"says": {"place": " "}}, "VALIDATION_ERROR", "wrong-field"),
    "a place that is no id": ({"says": {"place": "x"}}, "VALIDATION_ERROR", "hsa-id"),
    "more than it says": ({"says": {"place": a.UNIT, "x": 1}}, "VALIDATION_ERROR", "unknown-field"),
    "entered by nobody": ({"entered": ActWish()}, "VALIDATION_ERROR", "no-actor"),
    "no instant": ({"since": 2**50}, "VALIDATION_ERROR", "no-instant"),
    "a visit to come": ({"since": NOW + 61}, "VALIDATION_ERROR", "in-the-future"),
    "a visit of the day before": ({"since": NOW - a.DAY}, "VALIDATION_ERROR", "already-over"),
    "a visit of another length": ({"until": NOW + 9}, "VALIDATION_ERROR", "lasts-by-law"),
    "over before it begins": (
        {**LAWYERS_POWER, "since": NOW + 9, "until": NOW + 9},
        "VALIDATION_ERROR",
        "inverted-period",
    ),
    "over already": ({**LAWYERS_POWER, "since": NOW - 9, "until": NOW}, "VALIDATION_ERROR", "already-over"),
    "no day": (
        {"kind": "appointment", "says": {"physician": a.DOCTOR, "day": "2026-02-29"}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "a day in other words": (
        {"kind": "appointment", "says": {"physician": a.DOCTOR, "day": "20260228"}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "the last day of all": (
        {"kind": "appointment", "says": {"physician": a.DOCTOR, "day": "9999-12-31"}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "a window that is none": (
        {"kind": "privacy-choice", "says": {"windows": ["x"]}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "windows that are no list": (
        {"kind": "privacy-choice", "says": {"windows": "visit"}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "too many": ({"kind": "privacy-choice", "says": {"windows": ["visit"] * 51}}, "VALIDATION_ERROR", "wrong-field"),
    "neither yes nor no": ({"kind": "privacy-choice", "says": {"hidden": 1}}, "VALIDATION_ERROR", "wrong-field"),
    "a word too long": ({"kind": "secrecy-order", "says": {"order": "x" * 65}}, "VALIDATION_ERROR", "wrong-field"),
    "a person who is a text": (
        {**LAWYERS_POWER, "says": {"lawyer": "x", "special": True}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "a person by half": (
        {**LAWYERS_POWER, "says": {"lawyer": {"oid": a.PERSONNUMMER}, "special": True}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "a person without a number": (
        {**LAWYERS_POWER, "says": {"lawyer": {"oid": a.PERSONNUMMER, "value": 1}, "special": True}},
        "VALIDATION_ERROR",
        "wrong-field",
    ),
    "a person with a wrong number": (
        {**LAWYERS_POWER, "says": {"lawyer": {"oid": a.PERSONNUMMER, "value": "1"}, "special": True}},
        "VALIDATION_ERROR",
        "patient-number",
    ),
    "the patient's own lawyer": (
        {**LAWYERS_POWER, "says": {"lawyer": {"oid": a.PERSONNUMMER, "value": a.PATIENT.value}, "special": True}},
        "VALIDATION_ERROR",
        "themself",
    ),
    "linked to nothing": (
        {"kind": "linked-process", "says": {"appointment": a.new_id()}},
        "VALIDATION_ERROR",
        "unknown-fact",
    ),
    "names who enters it": ({"kind": "family-physician", "says": {"physician": CLERK}}, "ACCESSDENIED", "named-person"),
}


@pytest.mark.parametrize(("change", "code", "reason"), BAD.values(), ids=BAD)
def test_a_fact_that_cannot_be_is_refused_and_leaves_nothing(turkish, change, code, reason):
    with refused(code, reason):
        enter(turkish, **change)
    assert turkish.store.access_facts_of("p1") == turkish.store.access_facts_of_provider(a.PROVIDER) == ()
    assert turkish.events("care.fact-changed") == []


def test_rules_without_facts_of_their_own_know_no_kind(care):
    with refused("VALIDATION_ERROR", "unknown-kind"):
        enter(care)
    care.on = replace(care.on, register=replace(care.on.register, providers={a.PROVIDER: a.provider(rules="xx")}))
    with refused("VALIDATION_ERROR", "unknown-kind"):
        enter(care)


def test_the_same_again_is_well_and_another_under_its_id_is_not(turkish):
    made = wish(since=NOW)
    first = turkish(access_facts.register, made, a.client()).result
    turkish.now += 1
    for again in (made, replace(made, since=None), replace(made, says={"place": a.UNIT.lower()})):
        assert turkish(access_facts.register, again, a.client()).result == first
    changes = ({"says": {"place": a.OTHER_UNIT}}, {"patient": a.OTHER_PATIENT}, {"since": NOW - 1}, {"kind": "stay"})
    for change in changes:
        with refused("ALREADYEXISTS", "other-content"):
            turkish(access_facts.register, replace(made, **change), a.client())
    with refused("ALREADYEXISTS", "other-content"):
        enter(turkish, a.client(a.OTHER_PROVIDER), id=made.id, provider=a.OTHER_PROVIDER, says={"place": a.FAR_UNIT})
    end(turkish, first)
    with refused("INVALIDSTATE", "ended"):
        turkish(access_facts.register, made, a.client())
    assert len(turkish.events("care.fact-changed")) == 2


def test_another_end_is_another_fact(turkish):
    made = wish(**LAWYERS_POWER, until=NOW + 9)
    first = turkish(access_facts.register, made, a.client()).result
    assert turkish(access_facts.register, made, a.client()).result == first
    assert turkish(access_facts.register, replace(made, until=None), a.client()).result == first
    with refused("ALREADYEXISTS", "other-content"):
        turkish(access_facts.register, replace(made, until=NOW + 8), a.client())


@pytest.mark.parametrize("do", [access_facts.confirm, access_facts.end])
def test_anothers_is_as_missing_as_none(turkish, do):
    made = enter(turkish)
    for id_, who in ((made.id, a.client(a.OTHER_PROVIDER)), (made.id, a.patient()), (a.new_id(), a.client())):
        with refused("NOTFOUND", "unknown"):
            turkish(do, id_, a.entered(), who)
        with refused("NOTFOUND", "unknown"):
            access_facts.shown(id_, who, turkish.on)
        with refused("NOTFOUND", "unknown"):
            turkish(fact_codes.make, id_, who)
        with refused("NOTFOUND", "unknown"):
            turkish(fact_codes.enter, id_, "1", a.entered(), who)


def test_what_has_ended_is_neither_ended_nor_confirmed_again(turkish):
    made = enter(turkish, **LAWYERS_POWER)
    assert end(turkish, made).ended is not None
    for do in (end, confirm):
        with refused("INVALIDSTATE", "ended"):
            do(turkish, made)


@pytest.mark.parametrize(
    ("ends_at", "until"),
    [(None, NOW), (NOW - 100, NOW - 100), (NOW + 99, NOW + 99)],
    ids=["now", "when it began", "to come"],
)
def test_a_stay_ends_when_it_is_said_to(turkish, ends_at, until):
    made = enter(turkish, kind="stay", since=NOW - 100)
    assert end(turkish, made, ends_at=ends_at).until == until
    assert (asked(turkish) is Access.PERMITTED) == (until > NOW)


@pytest.mark.parametrize(("ends_at", "reason"), [(NOW - 101, "inverted-period"), (2**50, "no-instant")])
def test_a_stay_does_not_end_before_it_began(turkish, ends_at, reason):
    made = enter(turkish, kind="stay", since=NOW - 100)
    with refused("VALIDATION_ERROR", reason):
        end(turkish, made, ends_at=ends_at)
    assert asked(turkish) is Access.PERMITTED


def test_an_end_to_come_may_come_sooner_and_not_later(turkish):
    made = enter(turkish, kind="stay")
    planned = end(turkish, made, ends_at=NOW + 99)
    assert (planned.until, planned.ended) == (NOW + 99, None)
    assert end(turkish, made, ends_at=NOW + 199).until == NOW + 99
    sooner = end(turkish, made)
    assert (sooner.until, sooner.ended is None) == (NOW, False)
    assert asked(turkish) is Access.NEEDS_RELATION


def test_no_end_makes_a_fact_hold_longer_and_one_that_has_not_begun_never_will(turkish):
    visit = enter(turkish)
    assert end(turkish, visit, ends_at=NOW + 9 * a.DAY).until == NOW + a.DAY
    order = enter(turkish, **LAWYERS_POWER, since=NOW + 50)
    assert end(turkish, order).until == NOW + 50


def test_staff_enter_facts_as_registrars_and_ask_for_codes_as_anybody(turkish):
    for change in ({}, {"kind": "family-physician", "says": {"physician": a.DOCTOR}}, ORDER):
        with refused("ACCESSDENIED", "not-registrar"):
            enter(turkish, a.nurse(), **change)
    made = enter(turkish, a.registrar())
    assert made.registered.registered_by.employee == a.NURSE
    for do in (end, confirm):
        with refused("ACCESSDENIED", "not-registrar"):
            do(turkish, made, who=a.nurse())
    assert enter(turkish, a.nurse(), kind="code", says={"physician": a.NURSE}).kind == "code"


def test_a_patient_enters_and_lists_nothing_here(turkish):
    with refused("ACCESSDENIED", "not-staff"):
        enter(turkish, a.patient())
    enter(turkish)
    assert access_facts.of_patient(a.PATIENT, a.patient(), turkish.on, NOW) == ()
    with refused("ACCESSDENIED", "not-staff"):
        access_facts.of_provider(a.PROVIDER, a.patient(), turkish.on)


def test_a_list_has_the_callers_own_providers_facts(turkish):
    ours = enter(turkish)
    enter(turkish, a.client(a.OTHER_PROVIDER), provider=a.OTHER_PROVIDER, says={"place": a.FAR_UNIT})
    assert access_facts.of_patient(a.PATIENT, a.client(), turkish.on, NOW) == (ours,)
    assert access_facts.of_patient(Identifier("1.2.752.74.9.2", "19121212SF1A"), a.client(), turkish.on, NOW) == ()
    with refused("ACCESSDENIED", "foreign-provider"):
        access_facts.of_provider(a.OTHER_PROVIDER, a.client(), turkish.on)


def test_a_fact_whose_kind_is_gone_is_kept_and_counts_for_nothing(turkish, monkeypatch):
    made = enter(turkish)
    assert asked(turkish) is Access.PERMITTED
    without = replace(SETS["tr"], kinds=tuple(each for each in SETS["tr"].kinds if each.id != "visit"))
    gathered = lambda of, now: SETS["tr"].gather({"visit": [], **of}, now)  # noqa: E731
    monkeypatch.setattr("broker.care.access_facts.SETS", {"tr": without})
    monkeypatch.setattr("broker.care.decisions.SETS", {"tr": replace(without, gather=gathered)})
    assert asked(turkish) is Access.NEEDS_RELATION
    assert access_facts.of_patient(a.PATIENT, a.client(), turkish.on, NOW) == (made,)
    assert access_facts.kind_of(made) is None
    assert fact_contents.told(made.says, None) == {"place": a.UNIT}
    monkeypatch.setattr("broker.care.access_facts.SETS", {})
    assert access_facts.kind_of(made) is None


@pytest.mark.parametrize(
    ("kind", "says", "again"),
    [
        ("family-physician", {"physician": a.DOCTOR}, {"physician": a.NURSE}),
        ("privacy-choice", {"hidden": True}, {"windows": []}),
        ("secrecy-order", {"order": "1"}, {"order": "1"}),
    ],
)
def test_one_must_end_before_the_next(turkish, kind, says, again):
    first = enter(turkish, kind=kind, says=says)
    with refused("INVALIDSTATE", "already-one"):
        enter(turkish, kind=kind, says=again)
    end(turkish, first)
    if kind == "secrecy-order":
        confirm(turkish, first)
    assert enter(turkish, kind=kind, says=again).kind == kind


def test_a_process_is_linked_to_an_appointment_of_the_same_patient_and_provider_that_has_not_ended(turkish):
    booked = enter(turkish, kind="appointment", says={"physician": a.DOCTOR, "day": "2027-01-15"})
    visit = enter(turkish)
    linked = {"kind": "linked-process", "says": {"appointment": booked.id}}
    for change in ({"patient": a.OTHER_PATIENT}, {"says": {"appointment": visit.id}}):
        with refused("VALIDATION_ERROR", "unknown-fact"):
            enter(turkish, **{**linked, **change})
    with refused("VALIDATION_ERROR", "unknown-fact"):
        enter(turkish, a.client(a.OTHER_PROVIDER), provider=a.OTHER_PROVIDER, **linked)
    enter(turkish, **linked)
    end(turkish, booked)
    with refused("VALIDATION_ERROR", "ended"):
        enter(turkish, **linked)


@pytest.mark.spec("Regulation on Personal Health Data", "6(3)b")
@pytest.mark.parametrize("since", [None, NOW], ids=["then", "said to have begun on the day"])
def test_a_process_that_is_entered_a_year_later_opens_the_appointments_window_for_nobody(turkish, since):
    booked = enter(turkish, kind="appointment", says={"physician": a.DOCTOR, "day": "2027-01-15"})
    linked = {"kind": "linked-process", "says": {"appointment": booked.id}, "since": since}
    assert asked(turkish) is Access.PERMITTED
    turkish.pass_time(365 * a.DAY)
    with refused("INVALIDSTATE", "window-not-open"):
        enter(turkish, **linked)
    assert asked(turkish) is Access.NEEDS_RELATION


@pytest.mark.spec("Regulation on Personal Health Data", "6(3)b")
def test_a_process_that_was_kept_a_year_later_opens_nothing_either(turkish):
    booked = enter(turkish, kind="appointment", says={"physician": a.DOCTOR, "day": "2027-01-15"})
    says, later = {"appointment": booked.id}, NOW + 365 * a.DAY
    late = a.fact(rules="tr", kind="linked-process", says=says, registered=a.act(later), until=None)
    turkish.store.commit(Effects((SaveAccessFact(late, turkish.store.patient(a.PATIENT)),)))
    turkish.now = later
    assert asked(turkish) is Access.NEEDS_RELATION


@pytest.mark.parametrize(
    ("now", "since", "day", "until"),
    [
        pytest.param(NOW, None, "2027-01-16", None, id="before the day"),
        pytest.param(NOW, None, "2027-01-14", None, id="after it"),
        pytest.param(NOW + 9, None, "2027-01-15", NOW + 9, id="of an appointment that is over"),
        pytest.param(NOW, NOW + 2 * a.DAY, "2027-01-15", None, id="that is to begin when the day is over"),
    ],
)
def test_a_process_begins_while_the_window_is_open(turkish, now, since, day, until):
    booked = enter(turkish, kind="appointment", says={"physician": a.DOCTOR, "day": day}, until=until)
    turkish.now = now
    with refused("INVALIDSTATE", "window-not-open"):
        enter(turkish, kind="linked-process", says={"appointment": booked.id}, since=since)


def test_a_process_may_begin_for_as_long_as_another_holds_the_window_open(turkish):
    booked = enter(turkish, kind="appointment", says={"physician": a.DOCTOR, "day": "2027-01-15"})
    linked = {"kind": "linked-process", "says": {"appointment": booked.id}}
    first = enter(turkish, **linked)
    turkish.pass_time(30 * a.DAY)
    second = enter(turkish, **linked)
    turkish.pass_time(1)
    end(turkish, first)
    assert asked(turkish) is Access.PERMITTED
    end(turkish, second)
    assert asked(turkish) is Access.NEEDS_RELATION
    with refused("INVALIDSTATE", "window-not-open"):
        enter(turkish, **linked)


def instant(*moment):
    """In Istanbul, whose clocks have stood three hours ahead since 2016."""
    return int(datetime(*moment, tzinfo=UTC).timestamp()) - 3 * 3600


@pytest.mark.spec("Regulation on Personal Health Data", "8(1)")
@pytest.mark.parametrize(
    ("now", "entered"),
    [
        pytest.param(instant(2030, 2, 27, 23, 59, 59), True, id="the last second of the day before"),
        pytest.param(instant(2030, 2, 28), False, id="the last of February"),
    ],
)
def test_who_was_born_on_a_leap_day_comes_of_age_on_the_last_of_february(turkish, now, entered):
    turkish.now = now
    born = Identifier(**number("20120229"))
    change = {"kind": "parent", "patient": born, "says": {"person": MOTHER, "custody": True}}
    if entered:
        assert enter(turkish, **change).kind == "parent"
    else:
        with refused("INVALIDSTATE", "not-a-child"):
            enter(turkish, **change)


@pytest.mark.spec("Regulation on Personal Health Data", "8(1)")
def test_of_a_patient_whose_day_of_birth_nobody_knows_there_is_no_parent(turkish):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    with refused("INVALIDSTATE", "not-a-child"):
        enter(turkish, kind="parent", patient=reserve, says={"person": MOTHER, "custody": True})


@pytest.mark.spec("Regulation on Personal Health Data", "6(3)b")
@pytest.mark.parametrize(
    ("now", "access"),
    [
        (instant(2028, 2, 28, 23, 59, 59), Access.NEEDS_RELATION),
        (instant(2028, 2, 29), Access.PERMITTED),
        (instant(2028, 2, 29, 23, 59, 59), Access.PERMITTED),
        (instant(2028, 3, 1), Access.NEEDS_RELATION),
    ],
)
def test_an_appointment_on_a_leap_day_opens_that_day(turkish, now, access):
    turkish.now = instant(2028, 2, 1)
    enter(turkish, kind="appointment", says={"physician": a.DOCTOR, "day": "2028-02-29"})
    turkish.now = now
    assert asked(turkish) is access


def test_a_person_whom_nobody_knew_is_made_one_and_told_by_number(turkish):
    lawyer = number("19600606")
    made = enter(turkish, kind="lawyers-power", says={"lawyer": lawyer, "special": False})
    assert made.person("lawyer") == turkish.store.patient(Identifier(**lawyer))
    assert fact_contents.told(made.says, access_facts.kind_of(made)) == {"lawyer": lawyer, "special": False}
    several = {"order": "1", "persons": [MOTHER, lawyer, MOTHER], "employees": [a.DOCTOR, a.NURSE.lower(), a.NURSE]}
    order = enter(turkish, kind="secrecy-order", says=several)
    assert order.persons("persons") == {"p2", made.person("lawyer")}
    assert order.says["employees"] == sorted([a.DOCTOR, a.NURSE])
    assert fact_contents.told(order.says, access_facts.kind_of(order))["persons"] == [MOTHER, lawyer]


def test_who_entered_and_agreed_is_on_record_without_a_number_or_an_employee_in_the_open(turkish):
    made = enter(turkish, **LAWYERS_POWER)
    confirm(turkish, made)
    events = turkish.events("care.fact-changed")
    assert [(event["act"], event["person"]) for event in events] == [("registered", "p1"), ("confirmed", "p1")]
    assert "power" not in str(events)
    assert a.OTHER_PATIENT.value not in str(events)
    assert CLERK not in str(events)


FAR = a.client(a.OTHER_PROVIDER)
AT_FAR = a.actor(employee=a.FAR_DOCTOR, unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER, licences=("LK",))


def asked_far(care, **resource):
    """What a physician of the other provider is told, whom the patient came to."""
    question = AccessQuestion(AT_FAR, a.PATIENT, (a.resource(**resource),))
    (ruling,) = care(decisions.decide, question, FAR).result
    return ruling.access, {ground.code for ground in ruling.grounds}


def came_in(care):
    visit = {"provider": a.OTHER_PROVIDER, "says": {"place": a.FAR_UNIT}}
    enter(care, FAR, **visit)


def as_authority(care, hsa_id=a.PROVIDER, rules="tr"):
    providers = {**care.on.register.providers, hsa_id: a.provider(hsa_id, rules=rules, authority=True)}
    care.on = replace(care.on, register=replace(care.on.register, providers=providers))


class TestEverywhere:
    """What one provider enters and holds at another."""

    @pytest.mark.spec("Regulation on Personal Health Data", "21(2)")
    @pytest.mark.spec("facts/threats", "IS-20")
    def test_an_employees_authorisations_are_revoked_in_one_act_at_every_provider(self, turkish):
        came_in(turkish)
        assert asked_far(turkish)[0] is Access.PERMITTED
        revoked = enter(turkish, kind="misuse", patient=None, says={"employee": a.FAR_DOCTOR})
        assert asked_far(turkish) == (Access.REFUSED, {"authorisations-revoked"})
        end(turkish, revoked)
        assert asked_far(turkish)[0] is Access.REFUSED
        confirm(turkish, revoked)
        assert asked_far(turkish)[0] is Access.PERMITTED

    @pytest.mark.spec("Regulation on Personal Health Data", "21(2)")
    def test_a_decision_is_made_anew_when_another_provider_revokes_meanwhile(self, turkish):
        came_in(turkish)
        for nobody in (a.PATIENT, a.numbers(1)[0]):  # who is known, and who is not
            told = decisions.decide(AccessQuestion(AT_FAR, nobody, (a.resource(),)), FAR, turkish.on, NOW)
            enter(turkish, kind="misuse", patient=None, says={"employee": f"SE2321000016-{nobody.value}"})
            with pytest.raises(Overtaken):
                turkish.store.commit(told.effects)

    @pytest.mark.spec("Regulation on Personal Health Data", "6(6)")
    def test_a_class_that_the_ministry_restricts_is_restricted_at_every_provider(self, turkish):
        as_authority(turkish)
        came_in(turkish)
        assert asked_far(turkish, type="psy")[0] is Access.PERMITTED
        restricted = enter(turkish, kind="restricted-type", patient=None, says={"type": "psy", "licences": ["PS"]})
        assert asked_far(turkish, type="psy") == (Access.REFUSED, {"sensitive-class"})
        assert asked_far(turkish, type="und")[0] is Access.PERMITTED
        end(turkish, restricted)
        confirm(turkish, restricted)
        assert asked_far(turkish, type="psy")[0] is Access.PERMITTED

    @pytest.mark.spec("Regulation on Personal Health Data", "6(6)")
    @pytest.mark.parametrize("authority", [None, "xx"], ids=["none", "of other rules"])
    def test_a_class_that_a_provider_restricts_itself_is_so_there_alone(self, turkish, authority):
        came_in(turkish)
        enter(turkish, kind="restricted-type", patient=None, says={"type": "psy", "licences": ["PS"]})
        if authority:
            as_authority(turkish, rules=authority)
        assert asked_far(turkish, type="psy")[0] is not Access.BLOCKED
        assert "sensitive-class" not in asked_far(turkish, type="psy")[1]

    @pytest.mark.spec("Regulation on Personal Health Data", "7(1)")
    def test_an_authorisation_counts_where_it_was_entered_alone(self, turkish):
        confirm(turkish, enter(turkish, **OWN, says=NAMED))
        kept = turkish.store.access_facts_at(a.OTHER_PROVIDER, SETS["tr"].beyond)
        assert (len(turkish.store.access_facts_at(a.PROVIDER, SETS["tr"].beyond)), kept) == (1, ())


class TestRaces:
    """What was judged must still stand when it is committed."""

    def test_a_fourth_who_is_confirmed_at_the_same_moment_is_refused(self, turkish):
        waiting = [enter(turkish, **OWN, says={**NAMED, "employee": f"SE2321000016-M{n}"}) for n in range(4)]
        for each in waiting[:2]:
            confirm(turkish, each)
        called = []

        def overtaken():
            done = access_facts.confirm(waiting[2].id, a.entered(COLLEAGUE), a.client(), turkish.on, NOW)
            if not called:
                called.append(True)
                confirm(turkish, waiting[3])
            return done

        with refused("INVALIDSTATE", "unit-has-three"):
            carried_out(overtaken, turkish.store)

    def test_a_decision_is_made_anew_when_an_authorisation_ends_meanwhile(self, turkish):
        authorised = confirm(turkish, enter(turkish, **OWN, says=NAMED))
        actor = a.actor(employee=a.NURSE, purpose="Administration")
        question = AccessQuestion(actor, a.PATIENT, (a.resource(),))
        told = decisions.decide(question, a.client(), turkish.on, NOW)
        assert told.result[0].access is Access.PERMITTED
        end(turkish, authorised)
        with pytest.raises(Overtaken):
            turkish.store.commit(told.effects)
        assert asked(turkish, actor) is Access.REFUSED

    def test_a_decision_is_made_anew_when_a_window_shuts_meanwhile(self, turkish):
        visit = enter(turkish)
        told = decisions.decide(AccessQuestion(PHYSICIAN, a.PATIENT, (a.resource(),)), a.client(), turkish.on, NOW)
        end(turkish, visit)
        with pytest.raises(Overtaken):
            turkish.store.commit(told.effects)

    def test_of_two_right_codes_at_once_one_opens(self, turkish):
        sender = replace(a.client(), client="sender")
        fact = enter(turkish, kind="code", says={"physician": a.DOCTOR})
        code = turkish(fact_codes.make, fact.id, sender).result.code
        first = fact_codes.enter(fact.id, code, a.entered(a.DOCTOR), a.client(), turkish.on, NOW)
        turkish(fact_codes.enter, fact.id, code, a.entered(a.DOCTOR), a.client())
        with pytest.raises(Overtaken):
            turkish.store.commit(first.effects)
        with refused("INVALIDSTATE", "code-used"):
            turkish(fact_codes.enter, fact.id, code, a.entered(a.DOCTOR), a.client())


def test_a_code_is_made_for_systems_that_reach_the_patient_and_never_kept(turkish):
    sender = replace(a.client(), client="sender")
    fact = enter(turkish, kind="code", says={"physician": a.DOCTOR})
    for who in (a.nurse(), a.client()):
        with refused("ACCESSDENIED", "same-system"):
            turkish(fact_codes.make, fact.id, who)
    code = turkish(fact_codes.make, fact.id, sender).result.code
    kept = turkish.store.access_fact(fact.id)[0]
    assert code not in str(kept.code_at) + kept.code.replace(code, "")
    assert kept.code == turkish.store.access_code(fact.id, code) != turkish.store.access_code(a.new_id(), code)


@pytest.mark.spec("facts/threats", "IS-14")
def test_a_physician_who_asks_for_code_after_code_waits_a_day_and_others_do_not(turkish):
    says = {"physician": a.DOCTOR}
    for _ in range(CODES_A_DAY):
        end(turkish, enter(turkish, kind="code", says=says))
    with refused("INVALIDSTATE", "too-many-codes"):
        enter(turkish, kind="code", says=says)
    assert enter(turkish, kind="code", says={"physician": a.NURSE}).confirmed is None
    turkish.pass_time(a.DAY)
    assert enter(turkish, kind="code", says=says).confirmed is None


def test_staff_enter_the_code_that_was_made_for_them(turkish):
    staff = a.nurse(client="journal")
    fact = enter(turkish, staff, kind="code", says={"physician": a.NURSE})
    code = turkish(fact_codes.make, fact.id, replace(a.client(), client="sender")).result.code
    assert turkish(fact_codes.enter, fact.id, f" {code} ", ActWish(), staff).result.refusal == ""


def test_private_persons_ask_through_systems_and_not_through_staff(turkish):
    question = decisions.PrivateQuestion(a.OTHER_PATIENT, a.PROVIDER, a.PATIENT, (a.resource(),))
    with refused("ACCESSDENIED", "not-a-system"):
        turkish(decisions.decide, question, a.nurse())
    (ruling,) = turkish(decisions.decide, question, a.client()).result
    assert ruling.access is Access.REFUSED
    (event,) = turkish.events("care.decided")
    assert (event["provider"], event["by"]) == (a.PROVIDER, "journal")
