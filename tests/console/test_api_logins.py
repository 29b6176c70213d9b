"""Logins, their reasons, and test logins in the JSON API: the same as on the pages, for programs."""

import json

import pytest

from tests.console.test_api import call, machine, person, tool
from tests.support.console import OTHER, Console, consoles, document
from tests.support.world import LEVEL3, MEMBER, Worlds
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
MINE = f"/members/{MEMBER}"
LOGINS = f"{MINE}/services/rp/logins"
NUMBER = "191212121212"


@pytest.fixture(scope="module")
def console(lasting_worlds: Worlds) -> Console:
    whole = document()
    trials = [{**tool(name), "state": "test"} for name in ("trial", "untried")]
    whole["services"] = [*whole["services"], tool("tool"), tool("tool2", OTHER), *trials]
    console = consoles(lasting_worlds, whole)
    for hint in ("test:anna", "test:bo", "test:anna;result=cancelled"):
        url = console.world.authorize_url("rp", redirect_uri="https://rp.example.org/cb", login_hint=hint)
        console.world.browser().get(url)
    jobs = {plan.job.name: plan.job for plan in console.world.app.jobs._plans}
    jobs["seal"].run()
    return console


@pytest.fixture(scope="module")
def token(console):
    return machine(console)


@pytest.fixture(scope="module")
def operator(console):
    return person(console, "dora", (FEDERATION, Role.OPERATOR))


def test_a_member_sees_how_its_service_s_logins_went_and_people_masked(console, token):
    found = call(console, "GET", LOGINS, token).json
    assert (found["total"], found["next"]) == (3, None)
    assert [each["result"] for each in found["logins"]] == ["user-cancelled", "released", "released"]
    subjects = {each["subject"] for each in found["logins"]}
    assert len(subjects) == 3
    assert console.person("anna") not in json.dumps(found)


NARROWED = {
    "?result=released": 2,
    "?result=user-cancelled": 1,
    "?result=none": 0,
    "?method=test": 3,
    "?method=card": 0,
    "?since=9999999999": 0,
    "?until=1": 0,
    "?before=1": 3,
}


@pytest.mark.parametrize("query", NARROWED)
def test_they_are_narrowed(console, token, query):
    assert call(console, "GET", f"{LOGINS}{query}", token).json["total"] == NARROWED[query]


@pytest.mark.parametrize("query", ["?since=yesterday", "?until=-1", "?since=" + "9" * 40, "?since=1.5"])
def test_times_are_epoch_seconds(console, token, query):
    assert call(console, "GET", f"{LOGINS}{query}", token).json["code"] == "malformed"


def test_reading_is_recorded(console, token):
    before = len(console.world.events("log.read"))
    call(console, "GET", LOGINS, token)
    told = console.world.events("log.read")[before:]
    assert [(each["person"], each["of"], each["org"]) for each in told] == [("client:tool", "rp", MEMBER)]


def reference(console, token, result="released"):
    found = call(console, "GET", f"{LOGINS}?result={result}", token).json["logins"]
    return found[0]["reference"]


@pytest.mark.parametrize(("lang", "word"), [("sv", "inte anmäld"), ("en", "not registered"), ("de", "not registered")])
def test_one_login_is_explained_in_the_language_asked_for(console, token, lang, word):
    ref = reference(console, token)
    found = call(console, "GET", f"{LOGINS}/{ref.lower()}?lang={lang}", token).json["occasions"]
    lines = [line for each in found for line in each["lines"]]
    assert {line["attribute"] for line in lines} >= {"givenName", "sn"}
    assert word in json.dumps(found, ensure_ascii=False)
    assert {each["reference"] for each in found} == {ref}
    assert all(each["subject"].startswith("•••") for each in found if each["subject"])


def test_a_fault_is_explained(console, token):
    ref = reference(console, token, "user-cancelled")
    (found, *_) = call(console, "GET", f"{LOGINS}/{ref}", token).json["occasions"]
    assert (found["result"], found["because"]) == ("user-cancelled", "You cancelled the login.")


FOREIGN = ["/services/rp2/logins", "/services/nobody/logins", "/services/tool2/logins", "/services/rp/logins/AAAA-BBBB"]


@pytest.mark.parametrize("path", FOREIGN)
def test_what_is_another_s_is_missing(console, token, path):
    answer = call(console, "GET", f"{MINE}{path}", token)
    assert (answer.status, answer.json["code"]) == (404, "missing")


def test_a_login_of_another_s_service_is_missing_under_an_own_one(console, token):
    ref = reference(console, token)
    theirs = machine(console, "tool2")
    assert call(console, "GET", f"/members/{OTHER}/services/rp2/logins/{ref}", theirs).status == 404


def test_the_federation_explains_any_login(console, token, operator):
    ref = reference(console, token)
    found = call(console, "GET", f"/logins/{ref}", operator).json["occasions"]
    assert {each["service"] for each in found} == {"rp"}
    assert all(not each["subject"].startswith("•••") for each in found)
    assert call(console, "GET", "/logins/AAAA-BBBB", operator).status == 404
    assert call(console, "GET", f"/logins/{ref}", token).status == 403


SUPPOSED = {"service": "rp", "person": NUMBER, "method": "test", "level": LEVEL3, "agrees": True}


def test_the_federation_supposes_a_login(console, operator):
    found = call(console, "POST", "/simulations?lang=sv", operator, SUPPOSED).json
    assert (found["service"], found["occasion"], found["result"]) == ("rp", "supposed", "released")
    assert {line["attribute"] for line in found["lines"]} >= {"givenName", "sn"}
    assert console.world.events("login.simulated")[-1]["about"] == console.person("anna")


WRONG = [{"person": "195006262546"}, {"service": "nobody"}, {"service": "tillit"}, {"method": "card"}, {"person": ""}]


@pytest.mark.parametrize("changes", WRONG)
def test_what_cannot_be_supposed_is_missing(console, operator, changes):
    answer = call(console, "POST", "/simulations", operator, {**SUPPOSED, **changes})
    assert (answer.status, answer.json["code"]) == (404, "missing")


def test_a_member_supposes_nothing_there(console, token):
    assert call(console, "POST", "/simulations", token, SUPPOSED).status == 403


# --- test logins


def test_services_in_test_are_listed(console, token):
    found = call(console, "GET", f"{MINE}/test", token).json
    assert found["issuer"] == f"{console.world.base}/test"
    told = {each["id"]: (each["draft"], each["passed"], each["outcome"]) for each in found["services"]}
    assert set(told) == {"trial", "untried"}
    assert told["untried"] == (False, None, "none")


def test_a_test_login_is_prepared_made_and_told_step_by_step(console, token):
    wish = {"person": "anna"}
    address = call(console, "POST", f"{MINE}/test/trial", token, wish).json["address"]
    assert address.startswith(f"{console.world.base}/test/forbered?h=")
    world, browser = console.world, console.world.browser()
    browser.get(address.removeprefix(world.base))
    url = world.authorize_url("trial", redirect_uri="https://trial.example.org/cb", login_hint=None)
    answer = browser.follow(browser.get("/test" + url))
    assert "code" in answer.sent_back, (answer.status, answer.text[:400])
    (run,) = call(console, "GET", f"{MINE}/test/trial", token).json["runs"]
    assert (run["person"], run["answer"], run["present"], run["protocol"]) == ("anna", "succeeded", True, "oidc")
    whole = call(console, "GET", f"{MINE}/test/trial/{run['reference']}?lang=sv", token).json
    assert {step["name"]: step["state"] for step in whole["steps"]}["answered"] == "ok"
    assert whole["explanation"]["occasion"] == "test"
    assert {line["attribute"] for line in whole["explanation"]["lines"]} >= {"givenName"}


BAD = [
    {"person": "no person!"},
    {"person": "anna", "answer": "maybe"},
    {"person": "anna", "without": ["nothing"]},
    {"person": "anna", "level": "a b"},
    {"person": ""},
]


@pytest.mark.parametrize("wish", BAD)
def test_what_is_no_choice_is_malformed(console, token, wish):
    assert call(console, "POST", f"{MINE}/test/trial", token, wish).json["code"] == "malformed"


@pytest.mark.parametrize("service", ["rp", "rp2", "nobody"])
def test_what_is_not_in_test_has_no_test_logins(console, token, service):
    for method, body in (("GET", None), ("POST", {"person": "anna"})):
        assert call(console, method, f"{MINE}/test/{service}", token, body).status == 404
    assert call(console, "GET", f"{MINE}/test/{service}/AAAA-BBBB", token).status == 404


def test_a_run_that_never_was_is_missing(console, token):
    assert call(console, "GET", f"{MINE}/test/trial/AAAA-BBBB", token).status == 404
