"""What a host must show to count as a member's, and what it may show without that counting."""

from dataclasses import replace

import pytest

from broker.federation import domains
from broker.federation.domains import LABEL, WELL_KNOWN, NotAHost, asked, line, looked
from broker.login.effects import NOTHING
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support.egress import FakeEgress
from trust_framework.domains import DAY, HOLDS, DomainProof, ProofState

NOW = 1_800_000_000
ORG, HOST = "2120000142", "app.example.se"
PROOF = DomainProof(ORG, HOST, "tAk3n-of-this-member-and-host", NOW)
URL = f"https://{HOST}{WELL_KNOWN}"
OTHERS = line(DomainProof(ORG, "other.example.se", "t0ken-of-another-host", NOW))


def at_host(answer: object) -> FakeEgress:
    return FakeEgress({("GET", URL): answer})


def body(text: str, status: int = 200) -> Response:
    return Response(status, {}, text.encode())


def no_records(_name: str) -> tuple[str, ...]:
    return ()


def state(egress: FakeEgress, texts=no_records) -> ProofState:
    return looked(PROOF, egress, texts, NOW + 1).state(NOW + 1)


@pytest.mark.parametrize(
    "text", [line(PROOF), f"{line(PROOF)}\n", f"something\r\n{line(PROOF)}\r\n", f"{OTHERS}\n{line(PROOF)}"]
)
def test_a_host_that_shows_the_line_is_proven(text):
    assert state(at_host(body(text))) is ProofState.PROVEN


@pytest.mark.parametrize(
    "answer",
    [
        body(""),
        body(PROOF.token),
        body(OTHERS),
        body(f"x{line(PROOF)}"),
        body(f"{line(PROOF)}x"),
        body(line(PROOF).upper()),
        body(line(PROOF), status=404),
        Response(302, {"location": "https://elsewhere.example"}, line(PROOF).encode()),
        body("x" * domains.LONGEST + "\n" + line(PROOF)),
        Response(200, {}, b"\xff\xfe"),
        EgressFailed("tls", HOST),
        EgressRefused("address", HOST),
    ],
)
def test_anything_else_proves_nothing(answer):
    assert state(at_host(answer)) is ProofState.ASKED


@pytest.mark.parametrize(
    ("records", "proven"),
    [
        ((line(PROOF),), True),
        (("v=spf1 -all", f" {line(PROOF)} "), True),
        ((OTHERS,), False),
        ((PROOF.token,), False),
        ((), False),
    ],
)
def test_a_record_in_the_dns_proves_as_well(records, proven):
    def texts(name: str) -> tuple[str, ...]:
        assert name == f"{LABEL}.{HOST}"
        return records

    assert (state(at_host(EgressFailed("connect", HOST)), texts) is ProofState.PROVEN) is proven


def test_a_dns_that_does_not_answer_proves_nothing():
    def texts(name: str) -> tuple[str, ...]:
        raise EgressFailed("name", name)

    assert state(at_host(body("")), texts) is ProofState.ASKED


def test_an_address_has_no_records_of_ours():
    proof = asked(ORG, "192.0.2.1", NOW)
    looked(proof, FakeEgress(), pytest.fail, NOW)


@pytest.mark.parametrize(
    "host",
    [
        "", " ", "a b", "a/b", "app.example.se/", "app.example.se:444", "user@app.example.se", "app.example.se?x", "#",
        "http://app.example.se", "..", "-.se", "app.example.se\n", "[::1", "a" * 300 + ".se", "\u202eapp.example.se",
    ],
)  # fmt: skip
def test_only_a_host_can_be_proven(host):
    if host.strip() == "app.example.se":
        assert asked(ORG, host, NOW).host == "app.example.se"
        return
    with pytest.raises(NotAHost):
        asked(ORG, host, NOW)


def test_a_token_is_made_for_each_member_and_host():
    made = {asked(org, host, NOW).token for org in (ORG, "5560000001") for host in (HOST, "b.example.se") for _ in "12"}
    assert len(made) == 8
    assert min(map(len, made)) >= 22


# --- what is seen in place of the line


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (EgressFailed("network", HOST), "network"),
        (EgressFailed("tls", HOST), "tls"),
        (EgressFailed("timeout", HOST), "timeout"),
        (EgressFailed("resting after failures", HOST), "resting"),
        (EgressFailed("too long", HOST), "answer"),
        (EgressRefused("address", HOST), "refused"),
        (Response(302, {"location": "https://elsewhere.example"}, b""), "redirect"),
        (body("", status=404), "status"),
        (body("x" * (domains.LONGEST + 1)), "long"),
        (body("hello"), "absent"),
        (body(OTHERS), "another"),
    ],
)
@pytest.mark.parametrize(("records", "in_dns"), [((), "absent"), ((OTHERS,), "another"), (None, "unanswered")])
def test_what_was_seen_at_the_host_and_in_the_dns_is_kept_in_words_of_ours(answer, seen, records, in_dns):
    def texts(name: str) -> tuple[str, ...]:
        if records is None:
            raise EgressFailed("name", name)
        return records

    missed = looked(PROOF, at_host(answer), texts, NOW + 1).missed
    assert missed == f"{seen} {in_dns}"
    assert seen in domains.AT_HOST
    assert in_dns in domains.IN_DNS


def test_an_address_that_shows_nothing_has_no_records_to_look_for():
    proof = asked(ORG, "192.0.2.1", NOW)
    assert looked(proof, FakeEgress(), pytest.fail, NOW).missed == "answer address"


def test_nobody_is_asked_about_a_proof_that_has_ended():
    old = replace(PROOF, proven_at=NOW, checked_at=NOW)
    egress = at_host(body(line(PROOF)))
    assert looked(old, egress, no_records, NOW + HOLDS).ended_at == NOW + HOLDS
    ended = old.ended(NOW + 5)
    assert looked(ended, egress, no_records, NOW + 6) is ended
    assert egress.calls == []


def test_who_presses_the_button_again_and_again_has_the_host_looked_at_now_and_then():
    proof = replace(PROOF, checked_at=NOW)
    assert domains.rests(proof, NOW + domains.PAUSE - 1)
    assert not domains.rests(proof, NOW + domains.PAUSE)


# --- asking for a proof


def at_once(_ended: DomainProof) -> bool:
    """What comes of the end of a proof has been done."""
    return True


def not_yet(_ended: DomainProof) -> bool:
    return False


def test_a_host_that_was_asked_about_keeps_its_token_until_its_proof_has_ended():
    first, effects = domains.wished(ORG, HOST, (), NOW, "anna", at_once)
    assert effects != NOTHING
    assert domains.wished(ORG, f" {HOST.upper()} ", (first,), NOW + 1, "anna", at_once) == (first, NOTHING)
    ended = first.shown(NOW).ended(NOW + 1)
    anew, effects = domains.wished(ORG, HOST, (ended,), NOW + 2, "anna", at_once)
    assert anew.token != first.token
    assert effects.changes == (domains.KeepProof(anew, instead=first.token),)


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_proof_that_has_ended_is_not_replaced_before_what_comes_of_that_has_been_done():
    ended = PROOF.shown(NOW).ended(NOW + 1)
    assert domains.wished(ORG, HOST, (ended,), NOW + 2, "anna", not_yet) == (ended, NOTHING)
    old = PROOF.shown(NOW)
    for failing in (old, old.not_shown(NOW + 1, "status absent")):
        found, effects = domains.wished(ORG, HOST, (failing,), NOW + HOLDS, "anna", at_once)
        assert (found.token, found.ended_at) == (PROOF.token, NOW + HOLDS)
        assert effects.changes == (domains.KeepProof(found),)
        assert [event.state for event in effects.events] == ["outdated"]


def test_a_member_asks_for_no_more_hosts_than_anybody_proves():
    many = [replace(PROOF, host=f"h{number}.example.se") for number in range(domains.MOST)]
    assert domains.wished(ORG, "h7.example.se", many, NOW, "anna", at_once)[0] == many[7]
    with pytest.raises(domains.TooMany):
        domains.wished(ORG, HOST, many, NOW, "anna", at_once)


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_token_that_was_missing_for_a_day_is_looked_for_no_more_and_another_is_asked_for():
    failing = replace(PROOF, proven_at=NOW, checked_at=NOW).not_shown(NOW + 1, "status absent")
    egress = at_host(body(line(PROOF)))
    again = looked(failing, egress, no_records, NOW + 1 + DAY)
    assert (egress.calls, again.state(NOW + 1 + DAY), again.missed) == ([], ProofState.FAILING, domains.STALE)
    new, effects = domains.wished(ORG, HOST, (again,), NOW + 2 + DAY, "anna", at_once)
    assert effects.changes == (domains.KeepProof(new, instead=PROOF.token),)
    assert new.failing_since == failing.failing_since
    shown = looked(new, at_host(body(line(new))), no_records, NOW + 3 + DAY)
    assert shown.state(NOW + 3 + DAY) is ProofState.PROVEN
