"""The endpoint for a proxy in front of a service: 204, 401 or 403 without a body, and nothing passes for any other reason."""

import base64
from urllib.parse import unquote

import pytest

from broker.guard import Denied, Guard
from broker.login.effects import StorageUnavailable
from tests.support.care_values import NURSE, OTHER_PATIENT, OTHER_UNIT, PROVIDER, UNIT
from tests.support.oidc import basic, patient, revoke
from tests.support.patient_world import A1, THEIRS, block, details, open_all, patient_world, served, tokens
from tests.support.server import free_port
from tests.support.world import NOW, SECRET

PATIENT = f"{OTHER_PATIENT.oid}|{OTHER_PATIENT.value}"
SERVICE = basic("api")["Authorization"]


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return patient_world(lasting_worlds)


@pytest.fixture
def world(shared):
    yield patient(shared)
    shared.clock.now = NOW
    open_all(shared)


@pytest.fixture(scope="module")
def token(shared):
    return tokens(shared)["access_token"]


def ask(world, token, service=SERVICE, method="GET", **headers):
    """The question, about any patient; a header given as None is left out."""
    sent = {
        "Authorization": f"Bearer {token}" if token else None,
        "X_Tillit_Service": service,
        "X_Tillit_Patient": "any",
        **headers,
    }
    return world.request(method, "/oidc/guard", None, **{k: v for k, v in sent.items() if v is not None})


def told(answer):
    return {name: unquote(value) for name, value in answer.headers if name.startswith("X-Tillit")}


def test_a_good_token_passes_with_what_the_service_may_know(world, token):
    answer = ask(world, token)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Cache-Control") == "no-store"
    assert told(answer) == {
        "X-Tillit-Subject": told(answer)["X-Tillit-Subject"],
        "X-Tillit-Client": "rp",
        "X-Tillit-Patient": PATIENT,
        "X-Tillit-Actions": "read",
        "X-Tillit-Resources": "mine theirs",
        "X-Tillit-Employee": NURSE,
        "X-Tillit-Commission": A1,
        "X-Tillit-Care-Unit": UNIT,
        "X-Tillit-Care-Provider": PROVIDER,
        "X-Tillit-Purpose": "Vård och behandling",
    }
    assert all(value.isascii() for _, value in answer.headers)


def test_a_token_without_patient_context_passes_where_none_is_asked_for(world):
    plain = tokens(world, text="")["access_token"]
    answer = ask(world, plain, X_Tillit_Patient="none")
    assert (answer.status, set(told(answer))) == (204, {"X-Tillit-Subject", "X-Tillit-Client"})
    for asked in ({}, {"X_Tillit_Patient": PATIENT}, {"X_Tillit_Patient": "none", "X_Tillit_Action": "read"}):
        assert ask(world, plain, **asked).status == 403


PASS = {
    "the patient": {"X_Tillit_Patient": PATIENT},
    "the action": {"X_Tillit_Action": "read"},
    "the resource": {"X_Tillit_Resource": "theirs"},
    "all three": {"X_Tillit_Patient": PATIENT, "X_Tillit_Action": "read", "X_Tillit_Resource": "mine"},
    "any patient": {"X_Tillit_Patient": "any"},
    "nobody": {"X_Tillit_Patient": "none"},
    "empty words beside it": {"X_Tillit_Action": "", "X_Tillit_Resource": ""},
}


@pytest.mark.parametrize("name", PASS)
def test_what_the_token_opens_passes(world, token, name):
    assert ask(world, token, **PASS[name]).status == 204


STOPPED = {
    "a proxy that says nothing of a patient": {"X_Tillit_Patient": None},
    "a proxy whose variable is empty": {"X_Tillit_Patient": ""},
    "a word in capitals": {"X_Tillit_Patient": "ANY"},
    "nobody, and an action": {"X_Tillit_Patient": "none", "X_Tillit_Action": "read"},
    "nobody, and a resource": {"X_Tillit_Patient": "none", "X_Tillit_Resource": "mine"},
    "another patient": {"X_Tillit_Patient": f"{OTHER_PATIENT.oid}|191212121212"},
    "the number of another kind": {"X_Tillit_Patient": f"1.2.752.129.2.1.3.3|{OTHER_PATIENT.value}"},
    "a number without its kind": {"X_Tillit_Patient": OTHER_PATIENT.value},
    "a number that is none": {"X_Tillit_Patient": f"{OTHER_PATIENT.oid}|19500626-2546"},
    "no number": {"X_Tillit_Patient": "|"},
    "another action": {"X_Tillit_Action": "write"},
    "an action in capitals": {"X_Tillit_Action": "READ"},
    "two actions in one": {"X_Tillit_Action": "read write"},
    "another resource": {"X_Tillit_Resource": "other"},
    "two resources in one": {"X_Tillit_Resource": "mine theirs"},
    "the right patient for a wrong action": {"X_Tillit_Patient": PATIENT, "X_Tillit_Action": "delete"},
}


@pytest.mark.parametrize("name", STOPPED)
def test_what_the_token_does_not_open_is_403(world, token, name):
    answer = ask(world, token, **STOPPED[name])
    assert (answer.status, answer.body, told(answer)) == (403, b"", {})
    assert 'error="insufficient_scope"' in answer.header("WWW-Authenticate")


NO_TOKENS = {
    "no token": (None, ""),
    "another scheme": ({"Authorization": SERVICE}, ""),
    "an empty token": ({"Authorization": "Bearer "}, ""),
    "nonsense": ({"Authorization": "Bearer nonsense"}, "invalid_token"),
    "three parts of nonsense": ({"Authorization": "Bearer a.b.c"}, "invalid_token"),
}


@pytest.mark.parametrize("name", NO_TOKENS)
def test_without_a_good_token_it_is_401(world, name):
    headers, code = NO_TOKENS[name]
    answer = ask(world, None, **headers or {})
    assert (answer.status, answer.body) == (401, b"")
    assert (f'error="{code}"' in answer.header("WWW-Authenticate")) is bool(code)


def test_a_token_in_the_address_is_none(world, token):
    answer = world.request("GET", f"/oidc/guard?access_token={token}", X_Tillit_Service=SERVICE)
    assert answer.status == 401


def test_a_refresh_token_is_no_access_token(world):
    given = tokens(world)["refresh_token"]
    assert ask(world, given, basic("rp")["Authorization"]).status == 401


def test_a_token_for_another_service_is_401(world, token):
    assert ask(world, token, basic("bystander")["Authorization"]).status == 401
    assert ask(world, token, basic("rp")["Authorization"]).status == 401


def test_a_token_that_was_revoked_or_has_run_out_is_401(world):
    given = tokens(world)["access_token"]
    revoke(world, given)
    assert ask(world, given).status == 401
    again = tokens(world)["access_token"]
    world.clock.now += 300
    assert ask(world, again).status == 401


def test_a_block_set_later_stops_the_next_request(world):
    given = tokens(world)["access_token"]
    block(world)
    assert ask(world, given, X_Tillit_Resource="mine").status == 204
    assert ask(world, given, X_Tillit_Resource="theirs").status == 403
    only = details(resources=[THEIRS])
    open_all(world)
    given = tokens(world, only)["access_token"]
    block(world)
    assert ask(world, given).status == 401


UNPROVEN = {
    "no proof": None,
    "another scheme": "Bearer x",
    "a wrong secret": basic("api", SECRET[:-1])["Authorization"],
    "nobody known": basic("nobody")["Authorization"],
    "no secret": "Basic " + base64.b64encode(b"api").decode(),
    "not base64": "Basic ö",
    "an empty proof": "Basic ",
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_service_that_does_not_prove_itself_is_told_nothing(world, token, name):
    answer = ask(world, token, UNPROVEN[name])
    assert (answer.status, answer.body, told(answer)) == (407, b"", {})
    assert answer.header("Proxy-Authenticate").startswith("Basic ")


def test_secrets_cannot_be_tried_without_end(world, token):
    statuses = [ask(world, token, basic("api", f"guess-{n}")["Authorization"]).status for n in range(125)]
    assert statuses[0] == 407
    assert statuses[-1] == 429


def test_visitors_with_bad_tokens_do_not_shut_the_service_out(world, token):
    assert {ask(world, "nonsense").status for _ in range(125)} == {401}
    assert ask(world, token).status == 204


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_questions_are_answered(world, token, method):
    assert ask(world, token, method=method).status == 405


def test_what_cannot_be_recorded_does_not_pass(world, token, monkeypatch):
    def fails(_self, _effects):
        raise StorageUnavailable("full")

    monkeypatch.setattr(type(world.store), "commit", fails)
    answer = ask(world, token)
    assert (answer.status, answer.body) == (503, b"")


def test_each_question_about_a_patient_is_on_record(world, token):
    before = len(world.events("care.decided"))
    ask(world, token)
    ask(world, token, X_Tillit_Action="write")
    assert len(world.events("care.decided")) == before + 2


# --- the guard in a service, over real HTTP -------------------------------------------------------------------------------


def test_the_guard_asks_the_real_broker(worlds):
    port = free_port()
    world = patient_world(worlds, settings={"base_url": f"http://127.0.0.1:{port}"})
    with served(world.app, port):
        guard = Guard(world.base, "api", SECRET, keep=0, timeout=10, clock=world.clock)
        given = tokens(world, details(resources=[THEIRS]))["access_token"]
        context = guard.context(f"Bearer {given}")
        assert context.patient == (OTHER_PATIENT.oid, OTHER_PATIENT.value)
        assert (context.care_unit, context.purpose, context.employee) == (UNIT, "Vård och behandling", NURSE)
        assert context.resources["theirs"] == {"id": "theirs", "provider": PROVIDER, "unit": OTHER_UNIT}
        block(world)
        with pytest.raises(Denied, match="401"):
            guard.context(f"Bearer {given}")
        with pytest.raises(Denied, match="503"):
            Guard(world.base, "api", "wrong", clock=world.clock).context(f"Bearer {given}")
