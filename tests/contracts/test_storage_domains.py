"""Proofs of hosts, on each database."""

import json
from dataclasses import replace

import pytest

from broker.federation.domains import KeepProof, asked, begun, noted
from broker.jobs.hosts import look_at_hosts
from broker.login.effects import Effects, Overtaken
from metadata.wire.egress import EgressFailed, Response
from tests.support.databases import NOW
from tests.support.egress import FakeEgress
from trust_framework.domains import DAY, GRACE, HOUR, RENEWED, ProofState

ORG, OTHER = "2120000142", "5560000001"
HOST = "app.example.se"


def events(storage):
    return [json.loads(leaf) for leaf in storage.log_pending() if b"domain-proof" in leaf]


def told(storage):
    return [event["state"] for event in events(storage)]


def showing(*proofs, without=()):
    """Hosts that each show the lines of their proofs."""
    lines = {}
    for proof in proofs:
        lines.setdefault(proof.host, []).append(f"tillit-domain-proof={proof.token}")
    url = "https://{}/.well-known/tillit-domain-proof"
    answers = {("GET", url.format(host)): Response(200, {}, "\n".join(told).encode()) for host, told in lines.items()}
    return FakeEgress({**answers, **{("GET", url.format(host)): EgressFailed("connect") for host in without}})


def look(storage, egress):
    look_at_hosts(storage, egress, lambda _name: ())
    return {
        (each.org, each.host): each.state(storage.clock.now)
        for org in (ORG, OTHER)
        for each in storage.domain_proofs(org)
    }


def proven(storage, org=ORG, host=HOST):
    proof = asked(org, host, storage.clock.now)
    storage.commit(begun(proof, storage.clock.now, "person-1"))
    after = proof.shown(storage.clock.now)
    storage.commit(noted(proof, after, storage.clock.now))
    return after


def test_a_proof_is_kept_for_its_member_and_its_state_is_on_record(storage):
    proof = asked(ORG, HOST, NOW)
    storage.commit(begun(proof, NOW, "person-1"))
    assert storage.domain_proofs(ORG) == (proof,)
    assert storage.domain_proofs(OTHER) == ()
    storage.commit(noted(proof, proof.shown(NOW), NOW))
    (kept,) = storage.domain_proofs(ORG)
    assert kept.state(NOW) is ProofState.PROVEN
    assert [(event["state"], event.get("actor")) for event in events(storage)] == [
        ("asked", "person-1"),
        ("proven", None),
    ]


def test_a_look_that_finds_the_same_is_not_on_record_again(storage):
    proof = asked(ORG, HOST, NOW)
    storage.commit(begun(proof, NOW, "person-1"))
    storage.commit(noted(proof, proof.not_shown(NOW + 5, "status absent"), NOW + 5))
    assert told(storage) == ["asked"]
    (kept,) = storage.domain_proofs(ORG)
    assert (kept.checked_at, kept.missed) == (NOW + 5, "status absent")


def test_two_members_may_ask_for_one_host_and_each_shows_its_own_token(storage):
    mine, theirs = asked(ORG, HOST, NOW), asked(OTHER, HOST, NOW)
    storage.commit(begun(mine, NOW, "a"))
    storage.commit(begun(theirs, NOW, "b"))
    storage.commit(noted(mine, mine.shown(NOW), NOW))
    assert not storage.domain_proofs(OTHER)[0].holds(NOW)
    assert [each.org for each in storage.domain_proofs_at(HOST)] == [ORG, OTHER]


def test_proven_hosts_are_looked_at_again_and_one_that_no_longer_shows_its_token_is_told_once(storage):
    a, b = (proven(storage, host=host) for host in ("a.example.se", "b.example.se"))
    egress = showing(a, without=["b.example.se"])
    look(storage, egress)
    assert egress.calls == []

    storage.clock.now += RENEWED
    assert look(storage, egress) == {(ORG, a.host): ProofState.PROVEN, (ORG, b.host): ProofState.FAILING}
    assert told(storage)[-1] == "failing"
    number = len(told(storage))
    storage.clock.now += DAY
    look(storage, egress)
    assert len(told(storage)) == number


def test_a_host_that_was_asked_about_is_looked_at_each_hour_until_its_member_has_had_time(storage):
    proof = asked(ORG, HOST, storage.clock.now)
    storage.commit(begun(proof, storage.clock.now, "a"))
    storage.clock.now += HOUR
    assert look(storage, showing(without=[HOST])) == {(ORG, HOST): ProofState.ASKED}
    storage.clock.now += HOUR
    assert look(storage, showing(proof)) == {(ORG, HOST): ProofState.PROVEN}


@pytest.mark.spec("facts/threats", "FR-03")
def test_hosts_that_somebody_asked_for_by_the_hundred_keep_no_proven_host_from_being_looked_at(storage):
    mine = [proven(storage, host=f"mine{number}.example.se") for number in range(2)]
    storage.commit(Effects((KeepProof(mine[1].not_shown(NOW + RENEWED - HOUR, "status absent")),)))
    storage.clock.now = NOW + RENEWED - 2 * HOUR
    for number in range(20):
        storage.commit(begun(asked(OTHER, f"h{number}.example.se", storage.clock.now), storage.clock.now, "b"))
    storage.clock.now = NOW + RENEWED
    due = storage.domain_proofs_due(10)
    assert [each.host for each in due[:2]] == ["mine0.example.se", "mine1.example.se"]
    assert len(due) == 10


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_host_that_fails_for_a_month_is_proven_no_more_and_its_old_token_proves_nothing_again(storage):
    proof = proven(storage)
    storage.clock.now += RENEWED
    look(storage, showing(without=[HOST]))
    storage.clock.now += GRACE
    assert look(storage, showing(without=[HOST])) == {(ORG, HOST): ProofState.OUTDATED}
    assert told(storage)[-1] == "outdated"
    storage.clock.now += 10 * RENEWED
    egress = showing(proof)
    assert look(storage, egress) == {(ORG, HOST): ProofState.OUTDATED}
    assert egress.calls == []


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_host_that_another_member_proves_is_no_longer_that_of_who_does_not_show_its_token(storage):
    proven(storage)
    storage.clock.now += DAY
    theirs = proven(storage, OTHER)
    assert look(storage, showing(theirs)) == {(ORG, HOST): ProofState.OUTDATED, (OTHER, HOST): ProofState.PROVEN}


def test_a_supplier_s_host_that_shows_the_tokens_of_several_members_is_that_of_all(storage):
    mine = proven(storage)
    storage.clock.now += DAY
    theirs = proven(storage, OTHER)
    assert look(storage, showing(mine, theirs)) == {(ORG, HOST): ProofState.PROVEN, (OTHER, HOST): ProofState.PROVEN}


def test_a_look_at_an_old_token_never_takes_the_place_of_the_new_one(storage):
    old = proven(storage)
    ended = old.ended(NOW + 1)
    storage.commit(noted(old, ended, NOW + 1))
    new = asked(ORG, HOST, NOW + 2)
    storage.commit(begun(new, NOW + 2, "a", instead=old.token))
    storage.commit(noted(old, ended, NOW + 3))
    assert storage.domain_proofs(ORG) == (new,)


def test_a_look_that_began_before_another_does_not_undo_what_that_one_found(storage):
    proof = proven(storage)
    failing = proof.not_shown(NOW + 5, "status absent")
    for later, stale in (
        (failing, proof),
        (failing.shown(NOW + 7), failing),
        (failing.shown(NOW + 7).ended(NOW + 8), replace(failing.shown(NOW + 7), checked_at=NOW + 9)),
    ):
        storage.commit(Effects((KeepProof(later),)))
        storage.commit(Effects((KeepProof(stale),)))
        assert storage.domain_proofs(ORG) == (later,)


def test_a_new_token_takes_only_the_place_that_it_was_made_for(storage):
    proof = proven(storage)
    with pytest.raises(Overtaken):
        storage.commit(begun(asked(ORG, HOST, NOW + 2), NOW + 2, "a", instead=proof.token))
    failing = proof.not_shown(NOW + 1, "status absent")
    ended = failing.ended(NOW + 3)
    storage.commit(Effects((KeepProof(ended),)))
    with pytest.raises(Overtaken):
        storage.commit(begun(failing.renewed("new", NOW + 3), NOW + 3, "a", instead=proof.token))
    assert storage.domain_proofs(ORG) == (ended,)


def test_two_who_ask_for_a_new_token_at_once_get_one(storage):
    old = proven(storage).ended(NOW + 1)
    storage.commit(Effects((KeepProof(old),)))
    first, second = asked(ORG, HOST, NOW + 2), asked(ORG, HOST, NOW + 2)
    storage.commit(begun(first, NOW + 2, "a", instead=old.token))
    with pytest.raises(Overtaken):
        storage.commit(begun(second, NOW + 2, "b", instead=old.token))
    assert storage.domain_proofs(ORG) == (first,)


def test_those_that_fail_are_found_and_those_that_ended_for_a_while(storage):
    failing = proven(storage, host="a.example.se").not_shown(NOW + 1)
    ended = proven(storage, host="b.example.se").ended(NOW + 1)
    proven(storage, host="c.example.se")
    storage.commit(Effects((KeepProof(failing), KeepProof(ended))))
    storage.clock.now = NOW + DAY
    assert storage.domain_proofs_failing() == (failing, ended)
    assert storage.domain_proofs_failing_count() == 1
    storage.clock.now = NOW + 90 * DAY
    assert storage.domain_proofs_failing() == (failing,)


def test_those_that_are_shown_are_found_the_last_seen_first(storage):
    first = proven(storage, host="a.example.se")
    storage.clock.now += 5
    second = proven(storage, OTHER, "b.example.se")
    failing, ended = (proven(storage, host=host) for host in ("c.example.se", "d.example.se"))
    storage.commit(Effects((KeepProof(failing.not_shown(NOW + 6)), KeepProof(ended.ended(NOW + 6)))))
    storage.commit(begun(asked(ORG, "e.example.se", NOW), NOW, "a"))
    assert storage.domain_proofs_shown(9) == (second, first)
    assert storage.domain_proofs_shown(1) == (second,)


def test_all_hosts_are_listed_by_page_searched_and_by_state(storage):
    proofs = {}
    for number, org in enumerate([ORG, OTHER, ORG, OTHER]):
        proofs[number] = proven(storage, org, f"h{number}.exa_mple.se")
    storage.commit(Effects((KeepProof(proofs[1].not_shown(NOW)), KeepProof(proofs[2].ended(NOW)))))
    storage.commit(begun(asked(OTHER, "h0.exa_mple.se", NOW), NOW, "a"))

    first = storage.domain_proof_page(count=2)
    assert ([(each.host, each.org) for each in first.proofs], first.total) == (
        [("h0.exa_mple.se", ORG), ("h0.exa_mple.se", OTHER)],
        5,
    )
    second = storage.domain_proof_page(after=first.next, count=3)
    assert ([each.host[:2] for each in second.proofs], second.next) == (["h1", "h2", "h3"], None)

    def found(**asked):
        return [(each.host[:2], each.org) for each in storage.domain_proof_page(**asked).proofs]

    assert found(state="asked") == [("h0", OTHER)]
    assert found(state="failing") == [("h1", OTHER)]
    assert found(state="outdated") == [("h2", ORG)]
    assert found(state="proven") == [("h0", ORG), ("h3", OTHER)]
    assert found(search="H3") == [("h3", OTHER)]
    assert found(search=ORG) == [("h0", ORG), ("h2", ORG)]
    assert found(search="a%e") == []
    assert len(found(search="a_m")) == 5


def test_a_proof_is_what_it_was_kept_as(storage):
    whole = replace(proven(storage), failing_since=NOW + 1, ended_at=NOW + 2, missed="tls another", checked_at=NOW + 2)
    storage.commit(Effects((KeepProof(whole),)))
    assert storage.domain_proofs(ORG) == (whole,)
