"""A host that no longer shows its proof: who is told, when, and what stops when the proof has ended."""

import json
from dataclasses import replace
from functools import partial

import pytest

from broker.federation import domains, proposals
from broker.federation.domains import LATELY, KeepProof
from broker.federation.lost_hosts import ENDED, FAILING, dealt_with
from broker.federation.register import ChangeRegister, EntryChange
from broker.jobs.hosts import look_at_hosts, tell_of_hosts
from broker.login.effects import Effects
from broker.settings import Environment, Settings
from metadata.wire.egress import EgressFailed, Response
from tests.support.approvals import ASTA, BIRK, ORG, OTHER_ORG, TEKLA
from tests.support.egress import FakeEgress
from tests.support.proposing import CONTACT, LOA3, Office, client, member, why
from trust_framework.approval import Stage
from trust_framework.domains import DAY, GRACE, HOUR, RENEWED, DomainProof, ProofState

BASE = "https://login.example.se"
MAIL = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "tillit@login.example.se"}
SETTINGS = Settings(base_url=BASE, TILLIT_ENV=Environment.TEST, alarm_mail="vakt@fed.example", **MAIL)
HOST = "app.example.se"
URL = f"https://{HOST}/.well-known/tillit-domain-proof"
SERVICE = {**client(oidc={"redirect_uris": [f"https://{HOST}/cb"]}), "state": "active"}
PROVIDER = {
    "id": "op", "member": ORG, "ceiling": LOA3, "levels": {"x": LOA3}, "state": "active",
    "oidc": {"issuer": f"https://{HOST}", "client_id": "x", "client_secret": "s" * 32},
}  # fmt: skip


@pytest.fixture
def office(sqlite_storage):
    office = Office(sqlite_storage)
    sqlite_storage.clock = lambda: office.now
    office.standing("service", "journal", SERVICE)
    office.standing("service", "elsewhere", {**client("elsewhere"), "state": "active"})
    return office


def proven(office, org=ORG, host=HOST) -> DomainProof:
    proof = DomainProof(org, host, f"token-of-{org}", office.now).shown(office.now)
    office.store.commit(Effects((KeepProof(proof),)))
    return proof


def look(office, *shown: DomainProof) -> None:
    """The host shows these proofs, and is looked at; then what comes of it is done."""
    lines = "\n".join(f"tillit-domain-proof={each.token}" for each in shown).encode()
    egress = FakeEgress({("GET", URL): Response(200, {}, lines)})
    look_at_hosts(office.store, egress, lambda _name: ())
    tell_of_hosts(office.store, SETTINGS)


def failing_for(office, seconds: int) -> None:
    """The host failed first this long ago, and was looked at since."""
    office.now += RENEWED
    look(office)
    office.now += seconds
    look(office)


def asked_again(office) -> DomainProof:
    """The member asks for a proof of the host."""
    known = office.store.domain_proofs(ORG)
    dealt = partial(dealt_with, store=office.store, now=office.now)
    proof, effects = domains.wished(ORG, HOST, known, office.now, TEKLA.person, dealt)
    office.store.commit(effects)
    return proof


def mails(office):
    return sorted(office.store.mails_due(50), key=lambda mail: (mail.org, mail.subject))


def events(office, name):
    return [event for event in map(json.loads, office.store.log_pending()) if event["event"] == name]


def alarms(office):
    return [(event["what"], event["about"]) for event in events(office, "alarm.raised")]


def state(office, id="journal", kind="service"):
    return office.entry(id, kind)["state"]


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_host_that_fails_twice_is_told_to_its_member_and_to_the_federation_once(office):
    proven(office)
    office.now += RENEWED
    look(office)
    assert (mails(office), alarms(office)) == ([], [])
    office.now += HOUR
    for _ in range(3):
        look(office)
        office.now += 60
    to_federation, to_member = mails(office)
    assert (to_member.org, to_member.to) == (ORG, ("sec@example.se",))
    assert HOST in to_member.subject
    assert to_member.text.count(f"{BASE}/portal/{ORG}/domaner/{HOST}") == 2
    assert "{" not in to_member.text
    assert to_federation.to == ("vakt@fed.example",)
    assert alarms(office) == [("host-failing", HOST)]
    assert [(e["what"], e["days"], e["entry"]) for e in events(office, "notice.given")] == [(FAILING, 30, HOST)]
    assert state(office) == "active"


def test_a_host_that_was_down_for_a_moment_is_told_to_nobody(office):
    proof = proven(office)
    office.now += RENEWED
    look(office)
    office.now += HOUR
    look(office, proof)
    assert (mails(office), alarms(office)) == ([], [])
    assert office.store.domain_proofs(ORG)[0].state(office.now) is ProofState.PROVEN


def test_it_is_told_again_as_the_end_comes_near_and_each_time_once(office):
    proven(office)
    failing_for(office, HOUR)
    for _ in range(GRACE // DAY - 1):
        office.now += DAY
        look(office)
    assert [event["days"] for event in events(office, "notice.given")] == [30, 14, 7, 1]
    assert len(alarms(office)) == 1


def test_a_host_that_fails_anew_is_told_anew(office):
    proof = proven(office)
    failing_for(office, HOUR)
    office.now += HOUR
    look(office, proof)
    failing_for(office, HOUR)
    assert [event["days"] for event in events(office, "notice.given")] == [30, 30]


@pytest.mark.spec("facts/threats", "FR-03")
def test_when_the_proof_has_ended_what_names_the_host_stops_with_a_reason_that_the_member_sees(office):
    office.standing("identity_provider", "op", PROVIDER)
    theirs = client("other", OTHER_ORG, oidc={"redirect_uris": [f"https://{HOST}/theirs"]})
    office.standing("service", "other", {**theirs, "state": "active"}, OTHER_ORG)
    proven(office)
    failing_for(office, GRACE)
    assert (state(office), state(office, "op", "identity_provider")) == ("suspended", "suspended")
    assert (state(office, "elsewhere"), state(office, "other")) == ("active", "active")
    assert HOST in office.entry()["reason"]
    version = office.store.register_entry("service", "journal")
    assert (version.origin, version.actor) == ("hosts", "")
    assert ("host-ended", HOST) in alarms(office)
    (told,) = [mail for mail in mails(office) if mail.org == ORG and "inte längre er" in mail.subject]
    assert "journal, op" in told.text
    assert [event["state"] for event in events(office, "domain-proof.changed")][-1] == "outdated"


def test_what_has_ended_is_dealt_with_once(office):
    proven(office)
    failing_for(office, GRACE)
    number = len(events(office, "notice.given"))
    office.standing("service", "journal", SERVICE)  # an operator's deliberate act
    office.now += DAY
    look(office)
    assert (state(office), len(events(office, "notice.given"))) == ("active", number)


def test_a_proof_that_ended_with_nothing_at_its_host_is_told_all_the_same(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    proven(office)
    failing_for(office, GRACE)
    assert state(office) == "active"
    assert [event["what"] for event in events(office, "notice.given")][-1] == ENDED


def test_an_entry_that_cannot_be_read_stops_too_for_nobody_knows_what_it_names(office):
    broken = {"id": "broken", "member": ORG, "levels": [LOA3], "saml": {"metadata_xml": "<"}, "state": "active"}
    office.standing("service", "broken", broken)
    proven(office)
    failing_for(office, GRACE)
    assert state(office, "broken") == "suspended"


def test_what_is_stopped_or_in_test_or_gone_stays_as_it_is(office):
    for id_, mode in (("stopped", "suspended"), ("trial", "test")):
        office.standing(
            "service", id_, {**SERVICE, "id": id_, "oidc": {**SERVICE["oidc"], "client_id": id_}, "state": mode}
        )
    office.store.commit(
        Effects((ChangeRegister((EntryChange("service", "elsewhere", None, ORG, "file"),), office.now),))
    )
    proven(office)
    failing_for(office, GRACE)
    assert [state(office, id_) for id_ in ("stopped", "trial")] == ["suspended", "test"]
    assert "reason" not in office.entry("trial")


def test_whoever_changed_an_entry_meanwhile_was_first_and_it_stops_the_next_time(office, monkeypatch):
    proven(office)
    office.now += RENEWED
    look(office)
    office.now += GRACE
    read, changed = office.store.register_entry, []

    def reading(kind, id):
        entry = read(kind, id)
        if id == "journal" and not changed:
            changed.append(entry)
            office.standing("service", "journal", {**SERVICE, "consent": "ask"})
        return entry

    monkeypatch.setattr(office.store, "register_entry", reading, raising=False)
    look(office)
    assert (state(office), events(office, "notice.given")) == ("active", [])
    tell_of_hosts(office.store, SETTINGS)
    assert (state(office), office.entry()["consent"]) == ("suspended", "ask")


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (member(contacts={}), SETTINGS),
        (member(), Settings(base_url=BASE, TILLIT_ENV=Environment.TEST)),
    ],
)
def test_without_anybody_to_write_to_it_is_on_record_all_the_same(office, content, settings):
    office.standing("member", ORG, content)
    proven(office)
    office.now += RENEWED
    look_at_hosts(office.store, FakeEgress(), lambda _name: ())
    office.now += HOUR
    look_at_hosts(office.store, FakeEgress(), lambda _name: ())
    tell_of_hosts(office.store, settings)
    assert [event.get("mail", "") for event in events(office, "notice.given")] == [""]
    assert [mail.org for mail in mails(office)] in ([], [""])


def test_a_member_that_is_not_there_any_more_is_told_nothing_and_nothing_breaks(office):
    proven(office, "2120009999")
    failing_for(office, HOUR)
    assert [mail.org for mail in mails(office)] == [""]


def test_a_name_that_a_file_gave_twice_does_not_keep_an_entry_from_being_stopped(office):
    office.standing("service", "twin", {**SERVICE, "id": "twin", "member": OTHER_ORG}, OTHER_ORG)
    proven(office)
    failing_for(office, GRACE)
    assert (state(office), state(office, "twin")) == ("suspended", "active")


# --- a network of ours that fails


def unreached(office, *answering: str) -> None:
    """A look from a network that reaches nothing but these hosts."""
    found = {("GET", URL.replace(HOST, host)): Response(404, {}, b"") for host in answering}
    hosts = [HOST, "b.example.se", "c.example.se"]
    down = {("GET", URL.replace(HOST, host)): EgressFailed("network", host) for host in hosts}
    look_at_hosts(office.store, FakeEgress({**down, **found}), lambda _name: ())


def failing(office, org=ORG) -> bool:
    return any(each.failing_since is not None for each in office.store.domain_proofs(org))


def test_no_host_begins_to_fail_while_nobody_s_is_reached(office):
    proof = proven(office)
    proven(office, OTHER_ORG, "b.example.se")
    office.now += RENEWED
    unreached(office)
    assert not failing(office)
    assert not failing(office, OTHER_ORG)
    office.now += 2 * DAY
    unreached(office)
    look(office, proof)
    assert not failing(office), "the token is the same as before"


def test_a_host_that_alone_is_not_reached_fails(office):
    proven(office)
    proven(office, OTHER_ORG, "b.example.se")
    office.now += RENEWED
    unreached(office, "b.example.se")
    assert failing(office)


def test_a_host_fails_that_nobody_else_s_can_be_held_against(office):
    proven(office)
    proven(office, ORG, "b.example.se")
    office.now += RENEWED
    unreached(office)
    assert failing(office), "a member's other hosts say nothing: they may be down with it"


@pytest.mark.parametrize("seconds", [HOUR, GRACE])
def test_a_host_that_failed_before_goes_on_failing(office, seconds):
    proven(office)
    proven(office, OTHER_ORG, "b.example.se")
    office.now += RENEWED
    unreached(office, "b.example.se")
    office.now += seconds
    unreached(office)
    (kept,) = office.store.domain_proofs(ORG)
    assert (kept.checked_at, kept.ended_at is None) == (office.now, seconds == HOUR)


# --- a host that changes hands


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_host_that_another_member_proves_stops_its_former_member_at_once(office):
    proven(office)
    office.now += DAY
    theirs = DomainProof(OTHER_ORG, HOST, "token-of-theirs", office.now)
    office.store.commit(Effects((KeepProof(theirs),)))
    office.now += HOUR
    look(office, theirs)  # their proof is seen, so that ours is looked at
    assert [each.state(office.now) for each in office.store.domain_proofs_at(HOST)] == [ProofState.PROVEN] * 2
    look(office, theirs)
    states = {each.org: each.state(office.now) for each in office.store.domain_proofs_at(HOST)}
    assert states == {ORG: ProofState.OUTDATED, OTHER_ORG: ProofState.PROVEN}
    assert state(office) == "suspended"
    assert ("host-ended", HOST) in alarms(office)


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_member_that_asks_again_at_once_does_not_wipe_the_end_of_its_proof(office):
    proof = proven(office)
    ended = proof.ended(office.now)
    office.store.commit(domains.noted(proof, ended, office.now, TEKLA.person))
    assert asked_again(office) == ended
    tell_of_hosts(office.store, SETTINGS)
    assert state(office) == "suspended"
    assert ("host-ended", HOST) in alarms(office)
    anew = asked_again(office)
    assert (anew.token != proof.token, anew.state(office.now)) == (True, ProofState.ASKED)
    assert office.store.domain_proofs(ORG) == (anew,)


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_proof_that_ran_out_without_a_look_ends_when_another_is_asked_for(office):
    proven(office)
    office.now += 366 * DAY
    assert asked_again(office).ended_at == office.now
    tell_of_hosts(office.store, SETTINGS)
    assert state(office) == "suspended"


def test_another_proof_may_be_asked_for_long_after_the_end_when_no_mark_is_kept_any_more(office):
    ended = proven(office).ended(office.now)
    office.store.commit(Effects((KeepProof(ended),)))
    office.now += LATELY - 1
    assert asked_again(office) == ended
    office.now += 1
    assert asked_again(office).token != ended.token


def test_what_was_stopped_comes_back_with_a_new_token_and_two_operators_and_not_by_the_old_one(office):
    old = proven(office)
    failing_for(office, GRACE)
    proposal = office.keep(proposals.activate("service", "journal", "Åter vår", TEKLA, office.desk))
    assert why(proposals.approve(proposal, "Bra", proposal.digest, ASTA, office.desk)) == "documents-lacking"

    look(office, old)  # the old token is known to everybody: whoever has the host now may show it
    assert why(proposals.approve(proposal, "Bra", proposal.digest, ASTA, office.desk)) == "documents-lacking"

    new = replace(DomainProof(ORG, HOST, "a-new-token", office.now), asked_at=office.now)
    office.store.commit(Effects((KeepProof(new, instead=old.token),)))
    assert why(proposals.approve(proposal, "Bra", proposal.digest, ASTA, office.desk)) == "documents-lacking"
    office.now += HOUR
    look(office, new)
    assert office.approve(proposal, ASTA, BIRK).stage is Stage.PUBLISHED
    assert state(office) == "active"


def test_a_service_that_an_operator_s_file_brought_and_that_was_never_asked_about_resumes_as_before(office):
    office.store.commit(proposals.suspend("service", "journal", "Intrång", ASTA, office.desk))
    proposal = office.keep(proposals.activate("service", "journal", "Åtgärdat", TEKLA, office.desk))
    assert office.approve(proposal, ASTA, BIRK).stage is Stage.PUBLISHED


def test_contacts_are_those_of_the_member(office):
    contacts = {**CONTACT, "technical": {"name": "Teknik", "mail": "teknik@example.se"}}
    office.standing("member", ORG, member(contacts=contacts))
    proven(office)
    failing_for(office, HOUR)
    assert [mail.to for mail in mails(office) if mail.org == ORG] == [("teknik@example.se",)]
