"""A sharing agreement lets details go while everybody has signed it, it is of this day, and nobody has stopped it."""

from dataclasses import replace

import pytest

from tests.support.agreements import (
    GIVER,
    RECEIVER,
    SERVICE,
    THIRD,
    agreement,
    contacts,
    receiving,
    signature,
    signed,
    terms,
)
from tests.support.trust import LOA2, LOA3, NOW, case, member, party, wanted
from trust_framework.agreement_notices import NOTICE, NoticeKind, notices, told_between
from trust_framework.agreements import (
    GRACE,
    LONGEST_EXTRA,
    MANDATORY,
    YEAR,
    Agreement,
    Contact,
    DataField,
    Extra,
    Leave,
    Party,
    PartyRole,
    Review,
    SharingAgreement,
    Standing,
    Suspension,
    cover,
    without,
)
from trust_framework.days import DAY
from trust_framework.decide import Released, decide

G, R = PartyRole.GIVER, PartyRole.RECEIVER
TO = receiving("sn", "mail")


def goes(one: SharingAgreement, at: int = NOW) -> frozenset[str]:
    return one.lets(TO, at)


def test_a_signed_agreement_lets_its_details_go_to_the_receivers_service():
    decision = decide(case(TO, wanted("sn"), agreements=(agreement(),)), NOW)
    assert isinstance(decision, Released)
    assert decision.attributes == {"sn": ("Andersson",)}
    assert next(v.basis for v in decision.trace if v.attribute == "sn") == "A-17/1"


# --- what it must hold (IS-01)

LACKING = {
    "giver": {"parties": (Party(RECEIVER, frozenset({R})), Party(GIVER, frozenset({R})))},
    "receiver": {"parties": (Party(GIVER, frozenset({G})), Party(RECEIVER, frozenset({G})))},
    "purpose": {"purpose": ""},
    "legal_basis": {"legal_basis": ""},
    "services": {"services": ()},
    "data": {"data": ()},
    "definitions": {"data": (DataField("sn", GIVER, RECEIVER, ""),)},
    "retention": {"retention_days": 0},
    "transfer": {"transfer": ""},
    "days": {"valid_until": NOW - DAY},
    "review": {"review_at": 0},
}


@pytest.mark.parametrize("missing", [name for name in MANDATORY if name != "contacts"])
def test_terms_that_lack_anything_cannot_be_activated_though_all_have_signed(missing):
    incomplete = agreement(signed(terms(**LACKING[missing])))
    assert missing in incomplete.lacking(incomplete.versions[0])
    assert incomplete.standing(NOW) is Standing.INCOMPLETE
    assert goes(incomplete) == frozenset()


@pytest.mark.parametrize(
    "known",
    [
        (),
        contacts(GIVER),
        (*contacts(GIVER), Contact(RECEIVER, "", "a@example.se", "", NOW)),
        (*contacts(GIVER), Contact(RECEIVER, "Eva", "", "", NOW)),
        (*contacts(GIVER), Contact(RECEIVER, "Eva", "a@example.se", "", 0)),
    ],
)
def test_each_party_needs_a_contact_who_can_be_reached_and_was_confirmed(known):
    incomplete = agreement(contacts=known)
    assert incomplete.lacking(incomplete.versions[0]) == ("contacts",)
    assert not incomplete.valid(NOW)


def test_the_review_is_at_most_a_year_after_the_first_day():
    first = NOW - DAY
    assert not agreement().lacking(terms(review_at=first + YEAR))
    assert agreement().lacking(terms(review_at=first + YEAR + 1)) == ("review",)


@pytest.mark.parametrize("pair", [(RECEIVER, GIVER), (GIVER, THIRD), (THIRD, RECEIVER)])
def test_each_detail_goes_from_a_giver_to_a_receiver_of_the_agreement(pair):
    wrong = terms(data=(DataField("sn", *pair, "namn"),))
    assert agreement().lacking(wrong) == ("data",)


# --- signatures (IS-04)


@pytest.mark.parametrize("missing", [GIVER, RECEIVER])
def test_one_signature_missing_and_nothing_goes(missing):
    one = terms()
    half = agreement(replace(one, signatures=tuple(signature(one, org) for org in one.orgs if org != missing)))
    assert half.standing(NOW) is Standing.UNSIGNED
    assert half.unsigned_by(half.versions[0]) == (missing,)
    assert goes(half) == frozenset()


@pytest.mark.parametrize(
    "wrong", [{"digest": terms(2).digest}, {"digest": ""}, {"level": LOA2}, {"level": "urn:unknown"}, {"org": THIRD}]
)
def test_a_signature_counts_over_these_very_terms_and_by_somebody_well_identified(wrong):
    one = terms()
    bad = replace(one, signatures=(signature(one, GIVER), signature(one, **{"org": RECEIVER, **wrong})))
    assert agreement(bad).standing(NOW) is Standing.UNSIGNED


CHANGES = {
    "purpose": {"purpose": "Statistik"},
    "a field": {"data": (DataField("mail", GIVER, RECEIVER, "e-post"),)},
    "a definition": {"data": (DataField("sn", GIVER, RECEIVER, "annat"),)},
    "the basis": {"legal_basis": "annan lag"},
    "a service": {"services": (SERVICE, "annan")},
    "how long": {"retention_days": 91},
    "the way": {"transfer": "med bud"},
    "the first day": {"valid_from": NOW - 2},
    "the last day": {"valid_until": NOW + 181 * DAY},
    "the review": {"review_at": NOW + 151 * DAY},
    "a role": {"parties": (Party(GIVER, frozenset({G, R})), Party(RECEIVER, frozenset({R})))},
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_what_was_signed_is_signed_no_more_once_anything_of_it_changes(changed):
    assert agreement(replace(signed(terms()), **changed)).standing(NOW) is Standing.UNSIGNED


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("signers", [(), (GIVER,), (RECEIVER,)])
def test_a_change_with_one_signature_missing_keeps_the_version_before(changed, signers):
    new = terms(2, **changed)
    new = replace(new, signatures=tuple(signature(new, org) for org in signers))
    changing = agreement(signed(terms()), new)
    assert changing.in_force(NOW).version == 1
    assert changing.proposed is new
    assert goes(changing) == {"sn"}


def test_a_change_that_all_have_signed_counts_from_its_first_day():
    new = signed(terms(2, "mail", valid_from=NOW + DAY))
    changing = agreement(signed(terms()), new)
    assert changing.proposed is None
    assert (goes(changing), goes(changing, NOW + DAY)) == ({"sn"}, {"mail"})
    assert changing.reference(NOW + DAY) == "A-17/2"


def test_a_detail_that_the_newest_version_leaves_out_goes_no_more():
    changing = agreement(signed(terms(1, "sn", "mail")), signed(terms(2, "mail")))
    covered = cover((changing,), TO, NOW)
    assert covered.open == {"mail": "A-17/2"}
    assert covered.lapsed == {"sn": ("A-17/2", Standing.NOT_COVERED)}


def test_a_draft_that_nobody_has_signed_holds_nothing_back():
    """Else anybody could stop anybody's details by writing an agreement about them."""
    assert cover((agreement(terms()),), TO, NOW) == cover((), TO, NOW)


def test_the_order_in_which_things_are_written_down_does_not_matter_to_the_digest():
    one = terms(1, "sn", "mail")
    assert replace(one, parties=one.parties[::-1], data=one.data[::-1]).digest == one.digest


# --- days


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        (NOW - DAY - 1, Standing.NOT_YET),
        (NOW - DAY, Standing.ACTIVE),
        (NOW + 150 * DAY - 1, Standing.ACTIVE),
        (NOW + 150 * DAY, Standing.REVIEW_DUE),
        (NOW + 180 * DAY - 1, Standing.REVIEW_DUE),
        (NOW + 180 * DAY, Standing.EXPIRED),
    ],
)
def test_an_agreement_has_its_days(at, standing):
    assert agreement().standing(at) is standing
    assert bool(goes(agreement(), at)) is (standing in {Standing.ACTIVE, Standing.REVIEW_DUE})


def long_lasting(**more) -> SharingAgreement:
    return agreement(signed(terms(valid_until=NOW + 900 * DAY, review_at=NOW + 100 * DAY)), **more)


@pytest.mark.parametrize("seconds", [0, GRACE - 1, GRACE])
def test_an_overdue_review_is_warned_of_and_then_stops_the_agreement(seconds):
    late = NOW + 100 * DAY + seconds
    assert long_lasting().standing(late) is (Standing.REVIEW_OVERDUE if seconds == GRACE else Standing.REVIEW_DUE)
    assert bool(goes(long_lasting(), late)) is (seconds < GRACE)


def test_a_review_that_was_made_counts_for_a_year():
    reviewed = long_lasting(
        reviews=(Review(GIVER, "p", NOW + 90 * DAY, "oförändrat"),), contacts=contacts(at=NOW + 300 * DAY)
    )
    assert reviewed.standing(NOW + 90 * DAY + YEAR - 1) is Standing.ACTIVE
    assert reviewed.standing(NOW + 90 * DAY + YEAR) is Standing.REVIEW_DUE


def test_a_contact_that_nobody_confirmed_for_a_year_is_warned_of_and_then_stops_the_agreement():
    far = terms(valid_until=NOW + 900 * DAY, valid_from=NOW + 200 * DAY, review_at=NOW + 550 * DAY)
    old = agreement(signed(far), contacts=(*contacts(GIVER), *contacts(RECEIVER, at=NOW)))
    at = NOW - DAY + YEAR
    assert [old.standing(at + s) for s in (-1, 0, GRACE)] == [
        Standing.ACTIVE,
        Standing.REVIEW_DUE,
        Standing.REVIEW_OVERDUE,
    ]


# --- stops (IS-09)


@pytest.mark.parametrize("org", [GIVER, RECEIVER])
def test_either_party_stops_it_at_once_and_a_review_lets_it_go_on(org):
    stop = Suspension(org, "p", NOW - 1, "intrång")
    stopped = agreement(suspensions=(stop,))
    assert stopped.standing(NOW) is Standing.SUSPENDED
    assert goes(stopped) == frozenset()
    resumed = agreement(suspensions=(replace(stop, resumed_at=NOW, review="åtgärdat"),))
    assert goes(resumed) == {"sn"}


def test_of_two_stops_both_must_end():
    ended = Suspension(GIVER, "p", NOW - 2, "x", NOW - 1, "åtgärdat")
    assert agreement(suspensions=(ended, Suspension(RECEIVER, "p", NOW - 1, "x"))).standing(NOW) is Standing.SUSPENDED


# --- joining and leaving (IS-05)

THREE = (
    Party(GIVER, frozenset({G})),
    Party(RECEIVER, frozenset({R})),
    Party(THIRD, frozenset({G, R})),
)
SHARED = (
    DataField("sn", GIVER, RECEIVER, "namn"),
    DataField("mail", THIRD, RECEIVER, "e-post"),
    DataField("sn", GIVER, THIRD, "namn"),
)
WIDE = terms(1, parties=THREE, data=SHARED, services=(SERVICE, "tredje"))


def test_one_who_joins_needs_everybodys_signature_on_a_new_version():
    joined = replace(WIDE, version=2)
    assert agreement(signed(terms()), signed(joined, GIVER, RECEIVER)).unsigned_by(joined) == (GIVER, RECEIVER, THIRD)
    half = agreement(signed(terms()), signed(joined, GIVER, RECEIVER))
    assert half.in_force(NOW).version == 1
    assert agreement(signed(terms()), signed(joined)).in_force(NOW).version == 2


def test_one_who_is_dropped_without_leaving_must_sign_that():
    dropped = signed(terms(2))
    assert agreement(signed(WIDE), dropped).unsigned_by(dropped) == (THIRD,)
    assert agreement(signed(WIDE), dropped).in_force(NOW).version == 1


def test_what_one_who_leaves_gives_and_gets_stops_and_the_rest_goes_on():
    leaving = agreement(signed(WIDE), leaves=(Leave(THIRD, NOW, 1),))
    theirs = party("sn", id="tredje", member=replace(member(), org=THIRD))
    assert (goes(leaving, NOW - 1), goes(leaving)) == ({"sn", "mail"}, {"sn"})
    assert (leaving.lets(theirs, NOW - 1), leaving.lets(theirs, NOW)) == ({"sn"}, frozenset())


@pytest.mark.parametrize(("gave", "received"), [("", ""), ("raderas", ""), ("", "raderas")])
def test_nobody_has_left_before_it_is_decided_what_becomes_of_what_was_shared(gave, received):
    on_the_way = Leave(THIRD, NOW, 1, gave, received)
    rest = without(WIDE, frozenset({THIRD}))
    leaving = agreement(signed(WIDE), rest, leaves=(on_the_way,))
    assert not on_the_way.complete
    assert leaving.in_force(NOW).version == 1
    assert leaving.proposed is rest


def test_the_version_without_one_who_has_left_takes_nothing_from_anybody_and_asks_nobody():
    rest = without(WIDE, frozenset({THIRD}))
    left = agreement(signed(WIDE), rest, leaves=(Leave(THIRD, NOW, 1, "raderas", "raderas"),))
    assert (left.in_force(NOW).version, left.proposed, goes(left)) == (2, None, {"sn"})


def test_one_who_left_may_come_back_in_a_later_version():
    gone = Leave(THIRD, NOW - 2, 1, "raderas", "raderas")
    rest, again = without(WIDE, frozenset({THIRD})), replace(WIDE, version=3)
    back = agreement(signed(WIDE), rest, signed(again), leaves=(gone,))
    assert (back.in_force(NOW).version, goes(back)) == (3, {"sn", "mail"})
    waiting = agreement(signed(WIDE), rest, signed(again, GIVER, RECEIVER), leaves=(gone,))
    assert (waiting.in_force(NOW).version, goes(waiting)) == (2, {"sn"})


def test_when_too_few_are_left_it_has_ended():
    assert agreement(leaves=(Leave(GIVER, NOW, 1),)).standing(NOW) is Standing.ENDED


# --- a single field beyond the agreed ones


def extra(**more) -> Extra:
    given = {"attribute": "mail", "service": SERVICE, "giver": GIVER, "person": "p", "consideration": "utredning"}
    return Extra(**{**given, "at": NOW, "until": NOW + DAY, **more})


@pytest.mark.parametrize(
    ("more", "at", "opens"),
    [
        ({}, NOW - 1, False),
        ({}, NOW, True),
        ({}, NOW + DAY - 1, True),
        ({}, NOW + DAY, False),
        ({"consideration": ""}, NOW, False),
        ({"until": NOW + LONGEST_EXTRA}, NOW, True),
        ({"until": NOW + LONGEST_EXTRA + 1}, NOW, False),
        ({"giver": RECEIVER}, NOW, False),
        ({"service": "annan"}, NOW, False),
    ],
)
def test_a_field_beyond_the_agreed_ones_needs_a_consideration_and_ends(more, at, opens):
    one = agreement(extras=(extra(**more),))
    assert ("mail" in goes(one, at)) is opens
    assert "sn" in goes(one, at)


def test_an_extra_field_that_has_ended_goes_no_more_though_the_service_is_registered_for_it():
    decision = decide(case(TO, wanted("mail"), agreements=(agreement(extras=(extra(at=1, until=2),)),)), NOW)
    assert {v.attribute: v.outcome for v in decision.trace if v.attribute}["mail"] == "no-agreement"


# --- whose service


def test_it_is_about_services_of_its_receivers_alone():
    others = party("sn", member=replace(member(), org=THIRD))
    assert agreement().lets(others, NOW) == agreement().names(others) == frozenset()
    assert agreement().names(party("sn", id="annan")) == frozenset()


# --- what is told ahead (60 days)


def kinds(one, at: int = NOW) -> list[tuple[NoticeKind, str]]:
    return [(notice.kind, notice.org) for notice in notices((one,), at)]


@pytest.mark.parametrize(("days", "told"), [(61, []), (60, [(NoticeKind.EXPIRES, "")]), (0, []), (-1, [])])
def test_the_end_of_a_short_agreement_is_told_sixty_days_ahead(days, told):
    assert kinds(Agreement("A", frozenset({"x"}), frozenset({"sn"}), 0, NOW + days * DAY)) == told


def test_everything_with_a_day_is_told_sixty_days_ahead_and_the_soonest_first():
    assert kinds(agreement()) == []
    assert kinds(agreement(), NOW + 150 * DAY - NOTICE) == [(NoticeKind.REVIEW, "")]
    assert kinds(agreement(), NOW + 180 * DAY - NOTICE) == [(NoticeKind.REVIEW, ""), (NoticeKind.EXPIRES, "")]
    assert kinds(agreement(), NOW + 180 * DAY) == []
    assert kinds(agreement(contacts=contacts(at=NOW - 330 * DAY))) == [
        (NoticeKind.CONTACT, RECEIVER),
        (NoticeKind.CONTACT, GIVER),
    ]


def test_missing_signatures_stops_extras_and_leaves_are_told_until_they_are_done():
    assert kinds(agreement(terms())) == [(NoticeKind.SIGNATURES, RECEIVER), (NoticeKind.SIGNATURES, GIVER)]
    busy = agreement(
        signed(WIDE),
        suspensions=(Suspension(GIVER, "p", NOW - 5, "x"), Suspension(GIVER, "p", NOW - 6, "x", NOW - 5, "y")),
        leaves=(Leave(THIRD, NOW - 4, 1),),
        extras=(extra(), extra(at=1, until=2)),
    )
    assert kinds(busy) == [(NoticeKind.SUSPENDED, ""), (NoticeKind.LEAVING, THIRD), (NoticeKind.EXTRA_ENDS, "")]
    done = agreement(signed(WIDE), leaves=(Leave(THIRD, NOW, 1, "a", "b"),))
    assert kinds(done) == []


BUSY = {
    "short": Agreement("A", frozenset({"x"}), frozenset({"sn"}), NOW, NOW + 100 * DAY),
    "signed": agreement(),
    "draft": agreement(terms()),
    "next one unsigned": agreement(signed(terms()), terms(2, "sn", "mail")),
    "next one signed": agreement(
        signed(terms()), signed(terms(2, "sn", valid_until=NOW + 300 * DAY, review_at=NOW + 290 * DAY))
    ),
    "old contacts": agreement(contacts=contacts(at=NOW - 330 * DAY)),
    "reviewed": agreement(reviews=(Review(GIVER, "p", NOW, "x"),)),
    "stopped": agreement(suspensions=(Suspension(GIVER, "p", NOW - 5, "x"),)),
    "somebody leaves": agreement(signed(WIDE), leaves=(Leave(THIRD, NOW - 4, 1),)),
    "an extra": agreement(extras=(extra(),)),
    "left": agreement(signed(WIDE), leaves=(Leave(THIRD, NOW, 1, "a", "b"),)),
}


@pytest.mark.parametrize("name", BUSY)
def test_outside_the_time_that_is_kept_of_an_agreement_nothing_of_it_is_told(name):
    first, last = told_between(BUSY[name])
    moments = [at for n in range(-800, 1600) if (at := NOW + n * DAY // 2) >= 0]
    assert all(first <= at < last for at in moments if notices((BUSY[name],), at))


def test_the_level_of_a_signature_is_three_or_more():
    one = terms()
    assert signature(one, GIVER, level=LOA3).counts(one)
