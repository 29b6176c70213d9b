"""How long a host counts as a member's, and what a service lacks."""

import pytest

from trust_framework.domains import DAY, HOLDS, RENEWED, DomainProof, ProofState, lacking

NOW = 1_800_000_000
ASKED = DomainProof("2120000142", "app.example.se", "token", NOW)
PROVEN = ASKED.shown(NOW)
FAILING = PROVEN.not_shown(NOW + RENEWED)


@pytest.mark.parametrize(
    ("proof", "at", "state", "holds"),
    [
        (ASKED, NOW, ProofState.ASKED, False),
        (ASKED.not_shown(NOW + 1), NOW + 1, ProofState.ASKED, False),
        (PROVEN, NOW, ProofState.PROVEN, True),
        (PROVEN, NOW + HOLDS - 1, ProofState.PROVEN, True),
        (PROVEN, NOW + HOLDS, ProofState.OUTDATED, False),
        (FAILING, NOW + RENEWED, ProofState.FAILING, True),
        (FAILING, NOW + HOLDS, ProofState.OUTDATED, False),
        (FAILING.shown(NOW + 300 * DAY), NOW + HOLDS, ProofState.PROVEN, True),
    ],
)
def test_a_host_counts_as_proven_for_a_year_since_it_last_showed_its_token(proof, at, state, holds):
    assert (proof.state(at), proof.holds(at)) == (state, holds)


def test_the_first_time_that_a_proven_host_fails_is_kept():
    again = FAILING.not_shown(NOW + 2 * RENEWED)
    assert again.failing_since == NOW + RENEWED
    assert again.shown(NOW + 3 * RENEWED).failing_since is None


@pytest.mark.parametrize(
    ("proof", "at", "due"),
    [
        (ASKED, NOW + HOLDS, False),
        (PROVEN, NOW + RENEWED - 1, False),
        (PROVEN, NOW + RENEWED, True),
        (FAILING, NOW + RENEWED, False),
    ],
)
def test_a_proven_host_is_looked_at_again_each_month(proof, at, due):
    assert proof.due(at) is due


def test_a_proof_covers_its_own_host_and_no_part_of_it():
    hosts = {"app.example.se", "example.se", "sub.app.example.se", "b.example.se"}
    assert lacking(hosts, [PROVEN], NOW) == ("b.example.se", "example.se", "sub.app.example.se")
    assert lacking(hosts, [ASKED], NOW) == tuple(sorted(hosts))
