"""What holds for every question, all facts, and every order of the rules of both rule sets."""

from copy import deepcopy
from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.care import (
    ANNA,
    BO,
    COMMISSION,
    DOCTOR,
    FOREIGN_UNIT,
    HOUR,
    NOW,
    NURSE,
    OTHER_PROVIDER,
    OTHER_UNIT,
    PROVIDER,
    PURPOSES_WITHOUT_BLOCKS,
    UNIT,
    act,
)
from trust_framework.block_reveal import Level, reveal
from trust_framework.blocks import Block, BlockStatus, BlockType, Lift, LiftReason, evaluate
from trust_framework.care import CareActor, CareProvider, Patient, Period, Purpose, Resource, Switches
from trust_framework.care_access import Access, AccessQuestion, CareFacts, decide
from trust_framework.care_consents import CareConsent, ConsentType
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.representation import Deed, Kind, Representation
from trust_framework.rules import SETS
from trust_framework.rules.turkish_facts import (
    Appointment,
    CodeEntry,
    LawyersPower,
    Parent,
    PrivacyChoice,
    SecrecyOrder,
    Stay,
    TurkishFacts,
    Visit,
    Window,
)

PLACES = [(PROVIDER, UNIT), (PROVIDER, OTHER_UNIT), (OTHER_PROVIDER, FOREIGN_UNIT)]
MOMENTS = [NOW - HOUR, NOW - 1, NOW, NOW + 1, NOW + HOUR]


def mostly(usual, other):
    """The usual, and now and then the other: else hardly anything would be permitted."""
    return st.sampled_from(range(6)).flatmap(lambda n: other if n == 3 else st.just(usual))


rarely = mostly(usual=False, other=st.just(value=True))
moments = st.sampled_from(MOMENTS)
periods = mostly(Period(), st.builds(Period, st.none() | moments, st.none() | moments))
places = st.sampled_from(PLACES)
employees = st.sampled_from(["", NURSE, DOCTOR])
types = st.sampled_from(["", "lak", "upp", "und"])
ended = mostly(None, st.just(act()))
choices = st.booleans()

actors = st.builds(
    lambda place, **rest: CareActor(unit=place[1], provider=place[0], **rest),
    place=mostly(PLACES[0], places),
    employee=mostly(DOCTOR, st.just("") | employees),
    purpose=mostly(Purpose.CARE, st.sampled_from([*Purpose, "", "Forskning"])),
    commission=mostly(COMMISSION, st.just("")),
    person=st.sampled_from(["", "anna", "mother"]),
    licences=mostly(("LK",), st.just(())),
)
resources = st.builds(
    lambda place, **rest: Resource(provider=place[0], unit=place[1], **rest),
    place=mostly(PLACES[1], places | st.sampled_from([(PROVIDER, ""), ("", "")])),
    id=st.sampled_from("abc"),
    recorded=periods,
    type=types,
)
lifts = st.builds(
    Lift,
    id=st.just("lift"),
    block=st.just("block"),
    until=moments,
    unit=st.sampled_from([UNIT, OTHER_UNIT, ""]),
    reason=st.sampled_from(LiftReason),
    registered=st.just(act()),
    employee=employees,
    cancelled=ended,
)
blocks = st.builds(
    lambda place, type_, **rest: Block(
        provider=place[0], unit=place[1] if type_ is BlockType.INNER else "", type=type_, **rest
    ),
    place=mostly(PLACES[1], places),
    type_=st.sampled_from(BlockType),
    id=st.sampled_from(["b1", "b2", "b3"]),
    patient=st.just(ANNA),
    registered=st.just(act()),
    information=periods,
    excluded=mostly(frozenset(), st.frozensets(types, max_size=2)),
    lifts=mostly((), st.lists(lifts, max_size=2).map(tuple)),
    revoked=ended,
    deleted=ended,
)
entry = {
    "id": st.sampled_from("xyz"),
    "patient": st.just(ANNA),
    "provider": st.just(PROVIDER),
    "unit": mostly(UNIT, st.sampled_from([OTHER_UNIT, ""])),
    "period": periods,
    "registered": moments.map(act),
    "employee": employees,
    "cancelled": ended,
    "deleted": ended,
}
consents = st.builds(CareConsent, type=st.sampled_from(ConsentType), **entry)
relations = st.builds(CareRelation, **entry)
emergencies = st.builds(
    EmergencyAccess,
    id=st.sampled_from("pq"),
    patient=mostly(ANNA, st.just(BO)),
    actor=actors,
    reason=mostly("Medvetslös", st.just("")),
    at=st.sampled_from([NOW - 25 * HOUR, *MOMENTS]),
    until=st.sampled_from([*MOMENTS, NOW + 99 * HOUR]),
    case=mostly("case", st.just("")),
    ended_at=mostly(None, moments),
)
switches = st.builds(
    Switches, relation_needed=choices, outer_lift_by_others=choices, emergency_hours=st.sampled_from([0, 1, 24, 99])
)
providers = st.fixed_dictionaries(
    {
        each: st.builds(CareProvider, st.just(each), st.just(""), switches=switches, rules=mostly("se", st.just("tr")))
        for each in (PROVIDER, OTHER_PROVIDER)
    }
)
turkish = st.builds(
    TurkishFacts,
    family_physician=employees,
    choice=st.none() | st.builds(PrivacyChoice, st.frozensets(st.sampled_from(Window)), hidden=rarely),
    appointments=st.just(()) | st.just((Appointment("a", DOCTOR, date(2026, 9, 21)),)),
    visits=st.just(()) | moments.map(lambda at: (Visit("v", PROVIDER, at),)),
    stays=st.just(()) | moments.map(lambda at: (Stay("s", UNIT, NOW - 99, at),)),
    codes=st.just(()) | moments.map(lambda at: (CodeEntry("c", DOCTOR, NOW - 99, at),)),
    orders=mostly((), st.just((SecrecyOrder("o", 0, frozenset({NURSE})),))),
    misusers=mostly(frozenset(), st.just(frozenset({DOCTOR}))),
    parents=st.just(()) | choices.map(lambda custody: (Parent("mother", custody),)),
    noncustodial_types=st.frozensets(types, max_size=2),
    powers=st.just(()) | choices.map(lambda special: (LawyersPower("p", "mother", special),)),
)
representations = st.builds(
    Representation,
    id=st.sampled_from("rst"),
    person=mostly("anna", st.just("mother")),
    representative=mostly("mother", st.just("anna")),
    kind=st.sampled_from([Kind.GUARDIAN, Kind.POWER, Kind.OWN]),
    start=mostly(0, moments),
    until=st.none() | moments,
    deeds=mostly(frozenset(), st.frozensets(st.sampled_from(Deed), max_size=2)),
    despite_age=rarely,
    revoked_at=mostly(None, st.just(0)),
)
several = {"blocks": blocks, "consents": consents, "relations": relations, "emergencies": emergencies}
facts = st.builds(
    CareFacts,
    patient=st.builds(
        Patient, st.just("anna"), st.sampled_from(["1973-09-06", "2015-01-01", ""]), protected=rarely, deceased=rarely
    ),
    representations=st.lists(representations, max_size=3).map(tuple),
    **{name: st.lists(each, max_size=3).map(tuple) for name, each in several.items()},
    providers=mostly({}, providers),
    more=st.fixed_dictionaries({"tr": turkish}),
)
questions = st.builds(
    AccessQuestion,
    actor=actors,
    patient=st.just(ANNA),
    resources=st.lists(resources, min_size=1, max_size=4).map(tuple),
    unable_to_consent=rarely,
)
sets = st.sampled_from(list(SETS.values()))


def closes(block, actor, resource, now):
    """The contract's words once more, written apart from the code: a block that closes this to whoever asks."""
    ended_ = block.revoked or block.deleted
    same_provider = actor.provider == block.provider
    stranger = not same_provider or (block.type is BlockType.INNER and actor.unit != block.unit)
    place = block.provider == resource.provider and (
        block.type is BlockType.OUTER or resource.unit == block.unit or not resource.unit
    )
    left_open = resource.type in {"lak", "upp"} and resource.type in block.excluded
    first, last = block.information.start or -(10**12), block.information.end or 10**12
    earliest, latest = resource.recorded.start or -(10**12), resource.recorded.end or 10**12
    when = first > last or (first <= latest and earliest <= last)
    lifted = any(
        lift.unit and lift.unit == actor.unit and lift.employee in {"", actor.employee}
        for lift in block.lifts
        if not lift.cancelled and lift.until > now
    )
    return not ended_ and stranger and place and not left_open and when and not lifted


def logged_emergency(question, known, provider_hours, now):
    """Whether a logged emergency access of whoever asks stands for this patient."""
    actor = question.actor
    return any(
        e.reason and e.case and e.patient == question.patient and e.actor.commission
        and (e.actor.employee, e.actor.unit, e.actor.provider, e.actor.commission)
        == (actor.employee, actor.unit, actor.provider, actor.commission)
        and e.at <= now < min(e.until, e.at + min(provider_hours, 24) * HOUR)
        and (e.ended_at is None or now < e.ended_at)
        for e in known.emergencies
    )  # fmt: skip


def power_of(person, known, now):
    """Whether the patient, alive, has given the person a power to read, which holds."""
    return not known.patient.deceased and any(
        one.kind is Kind.POWER and (one.person, one.representative) == ("anna", person) and one.revoked_at is None
        and one.start <= now and (one.until is None or now < one.until) and (not one.deeds or Deed.READ in one.deeds)
        for one in known.representations
    )  # fmt: skip


def may_be_open(question, known, resource, set_):
    """Whether a blocked resource may be permitted at all: the stated exceptions, and nothing else."""
    actor = question.actor
    if set_.id == "se" and not actor.employee:
        return actor.person == "anna" or power_of(actor.person, known, NOW)
    if set_.id == "tr":
        return actor.purpose in PURPOSES_WITHOUT_BLOCKS or (actor.employee, actor.person) == ("", "anna")
    if actor.purpose in PURPOSES_WITHOUT_BLOCKS:
        return actor.provider == resource.provider
    here, there = (known.providers.get(each) for each in (actor.provider, resource.provider))
    lets = actor.provider == resource.provider or bool(there and there.switches.outer_lift_by_others)
    hours = here.switches.emergency_hours if here else 24
    return actor.purpose == Purpose.CARE and lets and logged_emergency(question, known, hours, NOW)


@settings(max_examples=400, deadline=None)
@given(questions, facts, sets, st.randoms(use_true_random=False))
def test_nothing_releases_what_is_blocked_but_a_logged_emergency_in_any_order_of_the_rules(
    question, known, set_, chance
):
    rules = list(set_.rules)
    chance.shuffle(rules)
    rulings = decide(question, known, replace(set_, rules=tuple(rules)), NOW)
    for resource, ruling in zip(question.resources, rulings, strict=True):
        blocked = any(closes(block, question.actor, resource, NOW) for block in known.blocks)
        if ruling.access is Access.PERMITTED and blocked:
            assert may_be_open(question, known, resource, set_)


@settings(max_examples=200, deadline=None)
@given(questions, facts, sets, st.randoms(use_true_random=False))
def test_the_order_of_rules_and_of_facts_changes_no_answer(question, known, set_, chance):
    usual = decide(question, known, set_, NOW)
    rules, shuffled = list(set_.rules), {name: list(getattr(known, name)) for name in several}
    for each in (rules, *shuffled.values()):
        chance.shuffle(each)
    mixed = replace(known, **{name: tuple(each) for name, each in shuffled.items()})
    other = decide(question, mixed, replace(set_, rules=tuple(rules)), NOW)
    for one, two in zip(usual, other, strict=True):
        assert (one.resource, one.access, one.hidden) == (two.resource, two.access, two.hidden)
        assert {ground.code for ground in one.grounds} == {ground.code for ground in two.grounds}


@settings(max_examples=200, deadline=None)
@given(questions, facts, sets, st.lists(consents, max_size=3), st.lists(relations, max_size=3), turkish)
def test_more_that_permits_never_opens_a_block(question, known, set_, more_consents, more_relations, windows):
    tr = known.more["tr"]
    opened = replace(
        tr, **{name: (*getattr(tr, name), *getattr(windows, name)) for name in ("visits", "stays", "codes")}
    )
    wider = replace(
        known,
        consents=(*known.consents, *more_consents),
        relations=(*known.relations, *more_relations),
        more={**known.more, "tr": opened},
    )
    for before, after in zip(decide(question, known, set_, NOW), decide(question, wider, set_, NOW), strict=True):
        if before.access is Access.BLOCKED and before.grounds[0].code != "privacy-choice":
            assert after.access is not Access.PERMITTED


@settings(max_examples=200, deadline=None)
@given(questions, facts, sets, st.lists(blocks, max_size=3))
def test_a_block_more_permits_nothing_more(question, known, set_, more_blocks):
    closer = replace(known, blocks=(*known.blocks, *more_blocks))
    for before, after in zip(decide(question, known, set_, NOW), decide(question, closer, set_, NOW), strict=True):
        assert after.access is not Access.PERMITTED or before.access is Access.PERMITTED


@settings(max_examples=150, deadline=None)
@given(questions, facts, sets, questions, facts)
def test_a_decision_depends_on_its_arguments_alone_and_changes_none_of_them(question, known, set_, other, others):
    kept = deepcopy((question, known))
    first = decide(question, known, set_, NOW)
    decide(other, others, set_, NOW + 1)
    assert decide(*deepcopy(kept), set_, NOW) == first
    assert (question, known) == kept


@settings(max_examples=150, deadline=None)
@given(questions, facts, sets)
def test_a_batch_is_as_its_resources_one_by_one(question, known, set_):
    singly = (decide(replace(question, resources=(each,)), known, set_, NOW) for each in question.resources)
    assert decide(question, known, set_, NOW) == tuple(ruling for (ruling,) in singly)


@settings(max_examples=300, deadline=None)
@given(questions, st.lists(blocks, max_size=4))
def test_checkblocks_is_as_the_contract_says(question, stands):
    checks = evaluate(question.actor, question.resources, stands, NOW)
    for resource, check in zip(question.resources, checks, strict=True):
        bad = not (resource.provider and resource.unit) or resource.recorded.inverted
        blocked = any(closes(block, question.actor, resource, NOW) for block in stands)
        expected = BlockStatus.VALIDATION_ERROR if bad else BlockStatus.BLOCKED if blocked else BlockStatus.OK
        assert check.status is expected


@settings(max_examples=200, deadline=None)
@given(questions, facts, st.sampled_from(Level))
def test_no_more_is_told_of_blocks_than_the_step_and_nothing_is_opened_that_a_decision_would_not(question, known, told):
    found = reveal(question, known, told, NOW)
    assert found.level <= told + 1
    assert bool(found.places) == (found.level >= Level.WHERE)
    assert bool(found.opened) == (found.level is Level.OPEN)
    rulings = decide(question, known, SETS["se"], NOW) if found.level is Level.OPEN else ()
    for ruling in rulings:
        still = {ground.about for ground in ruling.grounds if ground.code in {"inner-block", "outer-block"}}
        same_ids = {block.id for block in known.blocks}
        assert len(same_ids) < len(known.blocks) or not still & set(found.opened)
