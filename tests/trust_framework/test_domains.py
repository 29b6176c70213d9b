"""How long a host counts as a member's, when it is looked at again, and what an entry lacks."""

import pytest

from trust_framework.domains import (
    DAY,
    GRACE,
    HOLDS,
    HOUR,
    PATIENCE,
    RENEWED,
    DomainProof,
    ProofState,
    lacking,
    lost,
    settled,
)

NOW = 1_800_000_000
ASKED = DomainProof("2120000142", "app.example.se", "token", NOW)
PROVEN = ASKED.shown(NOW)
FAILED_AT = NOW + RENEWED
FAILING = PROVEN.not_shown(FAILED_AT, "status absent")
ENDED = FAILING.not_shown(FAILED_AT + GRACE)


@pytest.mark.spec("facts/threats", "FR-03")
@pytest.mark.parametrize(
    ("proof", "at", "state", "holds"),
    [
        (ASKED, NOW, ProofState.ASKED, False),
        (ASKED.not_shown(NOW + 1), NOW + 1, ProofState.ASKED, False),
        (PROVEN, NOW, ProofState.PROVEN, True),
        (PROVEN, NOW + HOLDS - 1, ProofState.PROVEN, True),
        (PROVEN, NOW + HOLDS, ProofState.OUTDATED, False),
        (FAILING, FAILED_AT, ProofState.FAILING, False),
        (FAILING.not_shown(FAILED_AT + GRACE - 1), FAILED_AT + GRACE - 1, ProofState.FAILING, False),
        (ENDED, FAILED_AT + GRACE, ProofState.OUTDATED, False),
        (FAILING.shown(FAILED_AT + DAY), FAILED_AT + DAY, ProofState.PROVEN, True),
        (PROVEN.not_shown(NOW + HOLDS), NOW + HOLDS, ProofState.OUTDATED, False),
        (PROVEN.ended(NOW + 5), NOW + 5, ProofState.OUTDATED, False),
    ],
)
def test_a_host_counts_as_proven_while_it_shows_its_token_and_its_proof_ends_a_month_after_it_does_not(
    proof, at, state, holds
):
    assert (proof.state(at), proof.holds(at)) == (state, holds)


def test_the_first_time_that_a_proven_host_fails_is_kept_and_when_its_proof_will_have_ended():
    again = FAILING.not_shown(FAILED_AT + DAY)
    assert (again.failing_since, again.ends_at) == (FAILED_AT, FAILED_AT + GRACE)
    mended = again.shown(FAILED_AT + 2 * DAY)
    assert (mended.failing_since, mended.ends_at, mended.missed) == (None, None, None)


def test_what_a_look_found_in_place_of_the_token_is_kept():
    assert FAILING.missed == "status absent"
    assert ASKED.not_shown(NOW, "tls address").missed == "tls address"


@pytest.mark.parametrize(
    ("proof", "next_at"),
    [
        (ASKED, NOW + HOUR),
        (ASKED.not_shown(NOW + HOUR), NOW + 2 * HOUR),
        (ASKED.not_shown(NOW + PATIENCE), None),
        (PROVEN, NOW + RENEWED),
        (FAILING, FAILED_AT + HOUR),
        (FAILING.not_shown(FAILED_AT + DAY), FAILED_AT + 2 * DAY),
        (ENDED, None),
    ],
)
def test_a_host_is_looked_at_each_hour_at_first_each_week_once_proven_and_each_day_while_it_fails(proof, next_at):
    assert proof.next_at == next_at


OTHER = DomainProof("5560000001", "app.example.se", "other", NOW).shown(NOW)


@pytest.mark.parametrize(
    ("after", "others", "state"),
    [
        (FAILING, [OTHER], ProofState.OUTDATED),
        (FAILING, [FAILING, DomainProof("5560000001", "app.example.se", "other", NOW)], ProofState.FAILING),
        (FAILING, [DomainProof("5560000001", "b.example.se", "other", NOW).shown(NOW)], ProofState.FAILING),
        (FAILING, [], ProofState.FAILING),
        (PROVEN, [OTHER], ProofState.PROVEN),
        (ASKED, [OTHER], ProofState.ASKED),
    ],
)
def test_a_host_that_shows_anothers_token_and_no_longer_this_members_has_changed_hands(after, others, state):
    assert settled(after, others, FAILED_AT).state(FAILED_AT) is state


def test_a_proof_covers_its_own_host_and_no_part_of_it():
    hosts = {"app.example.se", "example.se", "sub.app.example.se", "b.example.se"}
    assert lacking(hosts, [PROVEN], NOW) == ("b.example.se", "example.se", "sub.app.example.se")
    assert lacking(hosts, [ASKED], NOW) == tuple(sorted(hosts))


@pytest.mark.parametrize(("proof", "gone"), [(PROVEN, False), (FAILING, True), (ENDED, True), (ASKED, True)])
def test_a_member_has_lost_a_host_that_it_was_asked_to_prove_and_does_not_hold(proof, gone):
    hosts = {"app.example.se", "never-asked.example.se"}
    assert lost(hosts, [proof], FAILED_AT) == (("app.example.se",) if gone else ())


@pytest.mark.spec("facts/threats", "FR-03")
@pytest.mark.parametrize(
    ("proof", "at", "stale"),
    [
        (ASKED, NOW + DAY, False),
        (PROVEN, NOW + DAY, False),
        (FAILING, FAILED_AT + DAY - 1, False),
        (FAILING, FAILED_AT + DAY, True),
        (FAILING.renewed("new", FAILED_AT + DAY), FAILED_AT + 9 * DAY, False),
        (ENDED, FAILED_AT + GRACE, False),
    ],
)
def test_a_token_that_was_missing_for_a_day_proves_nothing_again(proof, at, stale):
    assert proof.stale(at) is stale


def test_a_new_token_is_looked_for_each_hour_and_ends_when_the_old_one_would_have():
    new = FAILING.renewed("new", FAILED_AT + 9 * DAY)
    assert (new.token, new.ends_at, new.state(new.asked_at)) == ("new", FAILING.ends_at, ProofState.FAILING)
    assert new.not_shown(FAILED_AT + 9 * DAY).next_at == FAILED_AT + 9 * DAY + HOUR
