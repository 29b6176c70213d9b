"""The Swedish rules, row by row: who may see what, and why (facts/sweden 7.2, 7.3, 7.5)."""

from dataclasses import replace

import pytest

from tests.support.care import (
    ANNA,
    BO,
    DOCTOR,
    FOREIGN_UNIT,
    HOUR,
    NOW,
    OTHER_PROVIDER,
    OTHER_UNIT,
    PROVIDER,
    UNIT,
    act,
    actor,
    consent,
    emergency,
    facts,
    foreign,
    inner,
    lift,
    outer,
    provider,
    question,
    relation,
    resource,
)
from trust_framework.blocks import LiftReason
from trust_framework.care import Period, Purpose
from trust_framework.care_access import Access, decide
from trust_framework.care_consents import ConsentType
from trust_framework.rules import SETS

PDL, SHARED, TKB_B, TKB_C = "Patient data law", "SFS 2022:913", "TKB blocking", "TKB consent"
PERMITTED, REFUSED, BLOCKED = Access.PERMITTED, Access.REFUSED, Access.BLOCKED
CONSENT, RELATION, EMERGENCY = Access.NEEDS_CONSENT, Access.NEEDS_RELATION, Access.NEEDS_EMERGENCY
NO_RELATION_ASKED = provider(relation_needed=False)
LENIENT = provider(OTHER_PROVIDER, outer_lift_by_others=True)
theirs = resource(OTHER_UNIT)


def ruling(row, *stands, now=NOW, providers=(), unable=False, **who):
    asked = replace(question(row, **who), unable_to_consent=unable)
    (found,) = decide(asked, facts(*stands, providers=providers), SETS["se"], now)
    return found


def told(*args, **kwargs):
    found = ruling(*args, **kwargs)
    return found.access, {ground.code for ground in found.grounds}


@pytest.mark.spec(PDL, "4 (section unverified)")
@pytest.mark.parametrize(
    ("row", "stands", "switches", "expected"),
    [
        (resource(), (), (), (RELATION, {"relation-missing"})),
        (resource(), (relation(),), (), (PERMITTED, {"own-provider"})),
        (resource(), (), (NO_RELATION_ASKED,), (PERMITTED, {"own-provider"})),
        (theirs, (), (), (RELATION, {"relation-missing"})),
        (theirs, (relation(),), (), (PERMITTED, {"own-provider"})),
        (theirs, (), (NO_RELATION_ASKED,), (PERMITTED, {"own-provider"})),
        (resource(), (consent(),), (), (RELATION, {"relation-missing"})),
        (resource(), (relation(employee=DOCTOR),), (), (RELATION, {"relation-missing"})),
        (resource(), (relation(unit=OTHER_UNIT),), (), (RELATION, {"relation-missing"})),
        (resource(), (emergency(),), (), (PERMITTED, {"own-provider", "emergency-used"})),
        (resource(), (emergency(), relation()), (), (PERMITTED, {"own-provider"})),
        (resource(), (emergency(),), (NO_RELATION_ASKED,), (PERMITTED, {"own-provider"})),
    ],
)
def test_inside_the_provider_a_relation_is_asked_for_where_the_provider_says_so(row, stands, switches, expected):
    assert told(row, *stands, providers=switches) == expected


@pytest.mark.spec(SHARED, "(section unverified)")
@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        ((), (CONSENT, {"consent-missing", "relation-missing"})),
        ((relation(),), (CONSENT, {"consent-missing"})),
        ((consent(),), (RELATION, {"relation-missing"})),
        ((consent(), relation()), (PERMITTED, {"consent-given"})),
        ((consent(type=ConsentType.EMERGENCY), relation()), (PERMITTED, {"emergency-consent"})),
        ((consent(type=ConsentType.EMERGENCY),), (RELATION, {"relation-missing"})),
        ((emergency(),), (PERMITTED, {"shared-in-emergency", "emergency-used"})),
        ((emergency(), consent()), (PERMITTED, {"consent-given", "shared-in-emergency", "emergency-used"})),
        ((emergency(), consent(), relation()), (PERMITTED, {"consent-given", "shared-in-emergency"})),
        ((consent(deleted=act()), relation()), (CONSENT, {"consent-missing"})),
        ((consent(cancelled=act()), relation()), (CONSENT, {"consent-missing"})),
        ((consent(unit=OTHER_UNIT), relation()), (CONSENT, {"consent-missing"})),
        ((consent(provider=OTHER_PROVIDER), relation()), (CONSENT, {"consent-missing"})),
    ],
)
def test_what_others_recorded_asks_for_consent_and_relation_or_an_emergency(stands, expected):
    assert told(foreign(), *stands) == expected


@pytest.mark.spec(SHARED, "(section unverified)")
def test_a_relation_is_asked_for_what_others_recorded_whatever_the_switch_says():
    assert told(foreign(), consent(), providers=(NO_RELATION_ASKED,)) == (RELATION, {"relation-missing"})


@pytest.mark.spec(SHARED, "(section unverified)")
@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        ((), (EMERGENCY, {"consent-impossible", "relation-missing"})),
        ((consent(), relation()), (PERMITTED, {"consent-given"})),
        ((emergency(),), (PERMITTED, {"shared-in-emergency", "emergency-used"})),
        ((outer(), relation()), (BLOCKED, {"outer-block", "consent-impossible"})),
    ],
)
def test_who_cannot_be_asked_leaves_the_emergency(stands, expected):
    assert told(foreign(), *stands, unable=True) == expected


@pytest.mark.spec(PDL, "4 §§ 4–5 (unverified)")
@pytest.mark.parametrize(
    ("row", "stands", "expected"),
    [
        (theirs, (inner(),), (BLOCKED, {"inner-block"})),
        (theirs, (inner(), emergency()), (PERMITTED, {"block-opened-in-emergency", "emergency-used", "own-provider"})),
        (theirs, (inner(lifts=(lift(),)),), (PERMITTED, {"block-lifted", "own-provider"})),
        (theirs, (inner(lifts=(lift(NOW),)),), (BLOCKED, {"inner-block"})),
        (theirs, (inner(lifts=(lift(reason=LiftReason.EMERGENCY),)),), (PERMITTED, {"block-lifted", "own-provider"})),
        (theirs, (inner(lifts=(lift(),)), inner(id="b")), (BLOCKED, {"inner-block", "block-lifted"})),
        (theirs, (inner(), consent()), (BLOCKED, {"inner-block"})),
        (theirs, (inner(), consent(type=ConsentType.EMERGENCY)), (BLOCKED, {"inner-block"})),
        (theirs, (inner(excluded=frozenset({"lak"})),), (BLOCKED, {"inner-block"})),
        (resource(), (inner(UNIT),), (PERMITTED, {"own-provider"})),
    ],
)
def test_an_inner_block_closes_a_units_information_to_other_units(row, stands, expected):
    assert told(row, relation(), *stands) == expected


@pytest.mark.spec(PDL, "4 §§ 4–5 (unverified)")
def test_a_block_of_a_patient_who_cannot_be_asked_waits_for_emergency_access():
    assert told(theirs, inner(), relation(), unable=True) == (EMERGENCY, {"block-in-emergency"})
    assert told(theirs, inner(), relation(), emergency(), unable=True)[0] is PERMITTED
    other = {"purpose": Purpose.OTHER_DOCUMENTATION}
    assert told(theirs, inner(), relation(), unable=True, **other) == (BLOCKED, {"inner-block"})


@pytest.mark.spec(SHARED, "(section unverified)")
@pytest.mark.parametrize(
    ("stands", "switches", "expected"),
    [
        ((outer(),), (), (BLOCKED, {"outer-block"})),
        ((outer(), emergency()), (), (BLOCKED, {"outer-block"})),
        ((outer(),), (LENIENT,), (BLOCKED, {"outer-block"})),
        (
            (outer(), emergency()),
            (LENIENT,),
            (PERMITTED, {"consent-given", "shared-in-emergency", "block-opened-in-emergency", "emergency-used"}),
        ),
        ((outer(lifts=(lift(),)),), (), (PERMITTED, {"consent-given", "block-lifted"})),
        ((inner(FOREIGN_UNIT, OTHER_PROVIDER),), (), (BLOCKED, {"inner-block"})),
        ((inner(FOREIGN_UNIT, OTHER_PROVIDER), emergency()), (), (BLOCKED, {"inner-block"})),
        ((outer(PROVIDER),), (), (PERMITTED, {"consent-given"})),
    ],
)
def test_another_providers_block_beats_consent_and_opens_in_an_emergency_where_that_provider_lets_others_lift(
    stands, switches, expected
):
    assert told(foreign(), consent(), relation(), *stands, providers=switches) == expected


def test_the_switch_is_the_blocks_providers_and_not_the_askers():
    mine = provider(outer_lift_by_others=True)
    assert told(foreign(), outer(), emergency(), providers=(mine,))[0] is BLOCKED


@pytest.mark.spec("facts/sweden", "10, row 28")
@pytest.mark.parametrize(
    ("purpose", "blocked", "unrelated", "elsewhere"),
    [
        (Purpose.CARE, BLOCKED, RELATION, PERMITTED),
        (Purpose.OTHER_DOCUMENTATION, BLOCKED, RELATION, REFUSED),
        (Purpose.QUALITY_REGISTRY, BLOCKED, PERMITTED, REFUSED),
        (Purpose.QUALITY, PERMITTED, PERMITTED, REFUSED),
        (Purpose.ADMINISTRATION, PERMITTED, PERMITTED, REFUSED),
        (Purpose.STATISTICS, PERMITTED, PERMITTED, REFUSED),
        ("Forskning", REFUSED, REFUSED, REFUSED),
        ("vård och behandling", REFUSED, REFUSED, REFUSED),
        ("", REFUSED, REFUSED, REFUSED),
    ],
)
def test_blocks_do_not_hinder_follow_up_and_nobody_elses_information_is_for_it(purpose, blocked, unrelated, elsewhere):
    assert ruling(theirs, inner(), relation(), purpose=purpose).access is blocked
    assert ruling(theirs, purpose=purpose).access is unrelated
    assert ruling(foreign(), consent(), relation(), purpose=purpose).access is elsewhere


@pytest.mark.parametrize("purpose", [Purpose.QUALITY, Purpose.ADMINISTRATION, Purpose.STATISTICS])
def test_follow_up_does_not_open_another_providers_block(purpose):
    assert told(foreign(), outer(), emergency(), providers=(LENIENT,), purpose=purpose)[0] is REFUSED


@pytest.mark.spec("facts/threats", "CB-05")
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"reason": ""}, id="no reason"),
        pytest.param({"reason": "  "}, id="a blank reason"),
        pytest.param({"case": ""}, id="no review case"),
        pytest.param({"patient": BO}, id="another patient"),
        pytest.param({"actor": actor(employee=DOCTOR)}, id="another employee"),
        pytest.param({"actor": actor(unit=OTHER_UNIT)}, id="another unit"),
        pytest.param({"actor": actor(provider=OTHER_PROVIDER)}, id="another provider"),
        pytest.param({"actor": actor(commission="SE2321000016-C9")}, id="another commission"),
        pytest.param({"at": NOW + 1}, id="begins in a second"),
        pytest.param({"until": NOW}, id="over this second"),
        pytest.param({"at": NOW - 24 * HOUR}, id="24 hours old, whatever its end says"),
        pytest.param({"ended_at": NOW}, id="ended by its owner"),
    ],
)
def test_emergency_access_that_is_not_logged_or_not_for_this_opens_nothing(wrong):
    assert told(theirs, inner(), relation(), emergency(**wrong)) == (BLOCKED, {"inner-block"})


def test_emergency_access_of_a_commission_that_nobody_named_opens_nothing():
    stands = (inner(), relation(), emergency(actor=actor(commission="")))
    assert told(theirs, *stands, commission="")[0] is BLOCKED


@pytest.mark.spec("facts/threats", "CB-05")
@pytest.mark.parametrize(
    ("given", "now", "access"),
    [
        ({"at": NOW, "until": NOW + 1}, NOW, PERMITTED),
        ({"at": NOW, "until": NOW + 1}, NOW + 1, BLOCKED),
        ({"at": NOW, "until": NOW + 1}, NOW - 1, BLOCKED),
        ({"at": NOW, "until": NOW + 99 * HOUR}, NOW + 24 * HOUR - 1, PERMITTED),
        ({"at": NOW, "until": NOW + 99 * HOUR}, NOW + 24 * HOUR, BLOCKED),
        ({"at": NOW, "until": NOW + HOUR, "ended_at": NOW + 2}, NOW + 1, PERMITTED),
        ({"at": NOW, "until": NOW + HOUR, "ended_at": NOW + 2}, NOW + 2, BLOCKED),
    ],
)
def test_emergency_access_is_short(given, now, access):
    known = relation(period=Period())
    assert ruling(theirs, inner(), known, emergency(**given), now=now).access is access


def test_a_provider_may_make_it_shorter_and_never_longer():
    begun = emergency(at=NOW - 2 * HOUR, until=NOW + 99 * HOUR)
    stands = (inner(), relation(), begun)
    assert ruling(theirs, *stands, providers=(provider(emergency_hours=2),)).access is BLOCKED
    assert ruling(theirs, *stands, providers=(provider(emergency_hours=3),)).access is PERMITTED
    old = (inner(), relation(), emergency(at=NOW - 24 * HOUR, until=NOW + 99 * HOUR))
    assert ruling(theirs, *old, providers=(provider(emergency_hours=48),)).access is BLOCKED


def test_the_patient_is_the_same_whoever_says_so():
    sourced = type(ANNA)(ANNA.oid, ANNA.value, "register")
    assert ruling(theirs, inner(), emergency(patient=sourced)).access is PERMITTED


@pytest.mark.spec(TKB_B, "CheckBlocks, other rules")
@pytest.mark.parametrize(
    ("row", "code"),
    [
        (resource(recorded=Period(NOW, NOW - 1)), "inverted-period"),
        (foreign(recorded=Period(NOW, NOW - 1)), "inverted-period"),
        (resource(provider=""), "provider-missing"),
    ],
)
def test_a_row_that_cannot_be_judged_is_refused_and_the_others_answered(row, code):
    known = facts(relation(), emergency())
    bad, good = decide(question(row, resource(id="good")), known, SETS["se"], NOW)
    assert (bad.access, good.access) == (REFUSED, PERMITTED)
    assert code in {ground.code for ground in bad.grounds}


@pytest.mark.parametrize("who", [{"employee": ""}, {"provider": ""}, {"employee": "", "provider": ""}])
def test_nobody_in_particular_sees_nothing(who):
    access, codes = told(resource(), relation(), providers=(NO_RELATION_ASKED,), **who)
    assert access is REFUSED
    assert "commission-missing" in codes


def test_information_of_no_known_unit_is_closed_by_any_inner_block():
    assert told(resource(""), inner(), relation()) == (BLOCKED, {"inner-block"})
    assert told(resource(""), inner(UNIT), relation()) == (PERMITTED, {"own-provider"})


@pytest.mark.spec(TKB_C, "CheckConsent")
@pytest.mark.parametrize(
    ("period", "now", "access"),
    [
        (Period(NOW, NOW + 10), NOW - 1, CONSENT),
        (Period(NOW, NOW + 10), NOW, PERMITTED),
        (Period(NOW, NOW + 10), NOW + 10, PERMITTED),
        (Period(NOW, NOW + 10), NOW + 11, CONSENT),
        (Period(NOW, None), NOW + 10**9, PERMITTED),
        (Period(NOW + 10, NOW), NOW + 5, CONSENT),
    ],
)
def test_a_consent_lasts_through_its_period(period, now, access):
    assert ruling(foreign(), consent(period=period), relation(period=Period()), now=now).access is access


def test_what_a_ruling_is_about_is_named():
    found = ruling(theirs, inner(id="b1"), inner(id="b2"), relation())
    assert [(ground.rule, ground.about) for ground in found.grounds] == [("inner-block", "b1"), ("inner-block", "b2")]
    shared = ruling(foreign(), consent(id="c1"), relation())
    assert [(ground.rule, ground.about) for ground in shared.grounds] == [("shared", "c1")]
