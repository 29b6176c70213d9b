"""What a host must show to count as a member's, and what it may show without that counting."""

import pytest

from broker.federation import domains
from broker.federation.domains import LABEL, WELL_KNOWN, NotAHost, asked, line, looked
from broker.settings import Environment, Settings
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support.egress import FakeEgress
from trust_framework.domains import DomainProof, ProofState

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


CONTENT = {
    "id": "app",
    "member": ORG,
    "levels": ["http://id.elegnamnden.se/loa/1.0/loa3"],
    "oidc": {
        "client_id": "app",
        "redirect_uris": ["https://App.example.se/cb", "https://b.example.se/cb"],
        "subject_type": "public",
        "post_logout_redirect_uris": ["https://c.example.se/out"],
        "jwks_uri": "https://keys.example.se/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_uri": "https://only-people-follow.example.se/",
    },
}


def settings(environment: Environment = Environment.PRODUCTION) -> Settings:
    given = {"base_url": "https://tillit.example.se", "TILLIT_ENV": environment}
    return Settings(**given)


def test_every_host_that_takes_part_in_logins_needs_a_proof():
    proven = asked(ORG, "b.example.se", NOW).shown(NOW)
    assert domains.lacked(CONTENT, [proven], settings(), NOW) == ("app.example.se", "c.example.se", "keys.example.se")


def test_loopback_needs_no_proof_where_it_may_be_reached():
    content = {
        **CONTENT,
        "oidc": {**CONTENT["oidc"], "redirect_uris": ["https://127.0.0.1:9/cb", "https://localhost/cb"]},
    }
    del content["oidc"]["post_logout_redirect_uris"], content["oidc"]["jwks_uri"]
    content["oidc"] |= {"token_endpoint_auth_method": "none"}
    assert domains.lacked(content, [], settings(Environment.DEMO), NOW) == ()
    assert domains.lacked(content, [], settings(), NOW) == ("127.0.0.1", "localhost")


def test_an_entry_that_cannot_be_read_has_no_hosts():
    assert domains.hosts_of({"id": "x"}) == frozenset()
    assert domains.hosts_of({**CONTENT, "oidc": {"client_id": "x", "redirect_uris": ["javascript:1"]}}) == frozenset()
