"""Proofs of hosts, on each database."""

import json

from broker.federation.domains import asked, begun, noted
from broker.jobs.standard import look_at_hosts
from metadata.wire.egress import EgressFailed, Response
from tests.support.databases import NOW
from tests.support.egress import FakeEgress
from trust_framework.domains import RENEWED, ProofState

ORG, OTHER = "2120000142", "5560000001"


def events(storage):
    return [json.loads(leaf) for leaf in storage.log_pending() if b"domain-proof" in leaf]


def test_a_proof_is_kept_for_its_member_and_its_state_is_on_record(storage):
    proof = asked(ORG, "app.example.se", NOW)
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
    proof = asked(ORG, "app.example.se", NOW)
    storage.commit(noted(proof, proof.not_shown(NOW + 5), NOW + 5))
    assert events(storage) == []
    assert storage.domain_proofs(ORG)[0].checked_at == NOW + 5


def test_two_members_may_ask_for_one_host_and_each_shows_its_own_token(storage):
    mine, theirs = asked(ORG, "app.example.se", NOW), asked(OTHER, "app.example.se", NOW)
    storage.commit(begun(mine, NOW, "a"))
    storage.commit(begun(theirs, NOW, "b"))
    storage.commit(noted(mine, mine.shown(NOW), NOW))
    assert not storage.domain_proofs(OTHER)[0].holds(NOW)


def test_proven_hosts_are_looked_at_again_and_one_that_no_longer_shows_its_token_is_told_once(storage):
    kept = {host: asked(ORG, host, NOW).shown(NOW) for host in ("a.example.se", "b.example.se")}
    for proof in kept.values():
        storage.commit(noted(asked(ORG, proof.host, NOW), proof, NOW))
    storage.commit(begun(asked(ORG, "never-proven.example.se", NOW), NOW, "a"))
    shows = Response(200, {}, f"tillit-domain-proof={kept['a.example.se'].token}".encode())
    egress = FakeEgress({
        ("GET", "https://a.example.se/.well-known/tillit-domain-proof"): shows,
        ("GET", "https://b.example.se/.well-known/tillit-domain-proof"): EgressFailed("connect"),
    })  # fmt: skip
    look_at_hosts(storage, egress, lambda _name: ())
    assert egress.calls == []

    storage.clock.now += RENEWED
    look_at_hosts(storage, egress, lambda _name: ())
    states = {proof.host: proof.state(storage.clock.now) for proof in storage.domain_proofs(ORG)}
    assert states == {
        "a.example.se": ProofState.PROVEN, "b.example.se": ProofState.FAILING, "never-proven.example.se": ProofState.ASKED,
    }  # fmt: skip
    assert [event["state"] for event in events(storage)][-1] == "failing"
    told = len(events(storage))
    storage.clock.now += RENEWED
    look_at_hosts(storage, egress, lambda _name: ())
    assert len(events(storage)) == told
