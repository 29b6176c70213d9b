"""Whether what a document names can be reached: what is tried, how much, and what the report says of it."""

import json
import threading

import pytest

from metadata.context import Context, Reached
from metadata.reached import MOST_HOSTS, reached
from metadata.redirect_uris import origin_of
from metadata.validate import check
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from metadata.wire.jose import public_jwk
from metadata.wire.outbound import PURPOSES
from metadata.wire.signing import signer
from tests.support import saml_metadata as make
from tests.support.egress import FakeEgress
from tests.support.saml import ec_key

ROOT, KEYS = "https://rp.example/", "https://keys.example/jwks"
JWKS = json.dumps({"keys": [public_jwk(signer(ec_key("rp"), kid="1", alg="ES256"))]}).encode()


def client(**members) -> bytes:
    return json.dumps({"client_id": "rp", "redirect_uris": ["https://rp.example/cb"], **members}).encode()


def given(**answers):
    found = {("HEAD", ROOT): Response(404, {}, b""), ("HEAD", "https://keys.example/"): Response(200, {}, b"")}
    return FakeEgress(
        {**found, ("GET", KEYS): answers.get("keys", Response(200, {"content-type": "application/json"}, JWKS))}
    )


def told(document: bytes, found: Reached) -> dict[str, tuple[str, str]]:
    report = check(document, Context(reached=found))
    assert {"host-unreachable"} <= {*report.passed, *(each.id for each in report.findings)}
    return {each.id: (each.place, each.detail) for each in report.findings if each.id.endswith("unreachable")}


def test_any_answer_of_a_host_will_do_and_nothing_is_said():
    egress = given()
    found = reached(client(jwks_uri=KEYS), egress)
    assert found == Reached({"https://rp.example": "", "https://keys.example": ""}, "")
    assert told(client(jwks_uri=KEYS), found) == {}
    assert sorted((call.method, call.url) for call in egress.calls) == [
        ("GET", KEYS), ("HEAD", "https://keys.example/"), ("HEAD", ROOT),
    ]  # fmt: skip
    assert {call.purpose for call in egress.calls} == {"reach"}
    assert PURPOSES["reach"].seconds <= 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (EgressFailed("network", "rp.example"), "network"),
        (EgressFailed("tls", "rp.example"), "tls"),
        (EgressFailed("timeout", "rp.example"), "timeout"),
        (EgressRefused("address", "rp.example"), "address"),
        (EgressFailed("too long", "rp.example"), ""),
        (EgressFailed("compressed", "rp.example"), ""),
        (Response(500, {}, b""), ""),
    ],
)
def test_a_host_that_does_not_answer_is_a_warning_at_its_first_address(answer, why):
    document = client(redirect_uris=["https://rp.example/cb", "https://RP.example/cb2"])
    found = reached(document, FakeEgress({("HEAD", ROOT): answer}))
    assert found == Reached({"https://rp.example": why})
    expected = {"host-unreachable": ("/redirect_uris/0", f"https://rp.example: {why}")} if why else {}
    assert told(document, found) == expected
    assert all(
        each.severity.value == "warning"
        for each in check(document, Context(reached=found)).findings
        if "reachable" in each.id
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (EgressFailed("network", KEYS), "network"),
        (Response(404, {}, b""), "no key set"),
        (Response(200, {"content-type": "application/json"}, b"[]"), "no key set"),
        (Response(200, {"content-type": "application/json"}, b'{"keys": [{"kty": "EC", "d": "AA"}]}'), "no key set"),
        (Response(200, {"content-type": "application/json"}, b'{"keys": []}'), "no keys"),
    ],
)
def test_keys_that_cannot_be_had_are_a_warning(answer, why):
    found = reached(client(jwks_uri=KEYS), given(keys=answer))
    assert found.keys == why
    assert told(client(jwks_uri=KEYS), found) == {"keys-unreachable": ("/jwks_uri", why)}


def test_of_metadata_each_host_is_tried_once_and_only_a_few():
    acs = "".join(make.acs(f"https://h{number}.example/acs{step}", number * 2 + step)
                  for number in range(MOST_HOSTS + 3) for step in range(2))  # fmt: skip
    egress = FakeEgress()
    found = reached(make.entity(make.sp_role(acs)), egress)
    assert len(egress.calls) == MOST_HOSTS
    assert found.keys is None
    assert set(found.hosts.values()) == {"nobody there"}


def test_hosts_are_tried_at_once():
    meeting = threading.Barrier(3)

    class Slow(FakeEgress):
        def fetch(self, outbound):
            meeting.wait(timeout=5)
            return Response(200, {}, b"")

    uris = [f"https://h{number}.example/cb" for number in range(3)]
    assert set(reached(client(redirect_uris=uris), Slow()).hosts.values()) == {""}


@pytest.mark.parametrize("document", [b"<broken", b"no json", make.aggregate(), b'{"redirect_uris": "x"}'])
def test_what_names_nothing_leads_to_no_call(document):
    egress = FakeEgress()
    assert reached(document, egress) == Reached()
    assert egress.calls == []


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://A.example:8443/x?y", "https://a.example:8443"),
        ("http://a.example/", ""),
        ("com.example.app:/cb", ""),
        ("https://", ""),
        ("https://[::1", ""),
    ],
)
def test_the_origin_of_an_address(address, origin):
    assert origin_of(address) == origin


def test_without_having_tried_the_report_says_so():
    report = check(client(jwks_uri=KEYS))
    assert (report.not_run["host-unreachable"], report.not_run["keys-unreachable"]) == ("reached", "reached")
    assert "keys-unreachable" not in check(make.entity()).not_run
