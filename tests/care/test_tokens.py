"""Patient context in tokens: decided at each step, in the commission that was chosen, and stopped by a block set since."""

import base64
import hmac
import json
from dataclasses import replace

import pytest

from broker.login.effects import Overtaken, StorageUnavailable
from idp_adapters.base import Authenticated
from idp_adapters.methods.test import TestMethod
from metadata.wire.jose import issue
from tests.support.care_values import NURSE, OTHER_PATIENT, OTHER_UNIT, PROVIDER, UNIT
from tests.support.oidc import active, error, header_of, introspect, refresh, userinfo, verified
from tests.support.patient_world import (
    A1,
    A2,
    FAR,
    MINE,
    SCOPE,
    STEPS,
    THEIRS,
    asked,
    block,
    commission,
    consent,
    details,
    document,
    just_before_commit,
    open_all,
    part,
    patient_world,
    reapply,
    relate,
    tokens,
    unblock,
    withdraw,
)
from tests.support.world import CALLBACK, NOW, claims
from trust_framework.patient_context import TYPE

pytestmark = pytest.mark.spec("RFC 9396", "7")
NUMBER = OTHER_PATIENT.value


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return patient_world(lasting_worlds)


@pytest.fixture
def world(shared):
    """One that all tests share: each finds it without a block."""
    yield shared
    shared.clock.now = NOW
    open_all(shared)


@pytest.fixture
def recorded(world):
    """The events since the test began."""
    before = {name: len(world.events(name)) for name in ("care.decided", "oidc.code-issued", "login.failed")}
    return lambda name: world.events(name)[before[name] :]


def ids(told):
    """The resources that details open."""
    return [each["id"] for each in told[0]["resources"]]


def of_token(token):
    return claims(token)["authorization_details"]


# --- what is told, and to whom ------------------------------------------------------------------------------------------


def test_the_client_is_told_what_was_granted_and_in_which_commission(world):
    told = tokens(world)["authorization_details"]
    assert told == [
        {
            **details(),
            "commission": A1,
            "care_unit": UNIT,
            "care_provider": PROVIDER,
            "purpose": "Vård och behandling",
        }
    ]


def test_without_resources_it_is_what_the_unit_itself_has_recorded(world):
    told = tokens(world, details(resources=None))
    assert told["authorization_details"][0]["resources"] == [{"id": "own", "provider": PROVIDER, "unit": UNIT}]
    assert introspect(world, told["access_token"], "api").json["authorization_details"][0]["resources"] == [
        {"id": "own", "provider": PROVIDER, "unit": UNIT}
    ]


def test_a_request_without_details_gets_none(world, recorded):
    told = tokens(world, text="")
    assert "authorization_details" not in told
    assert "authorization_details" not in claims(told["access_token"])
    assert "authorization_details" not in introspect(world, told["access_token"], "api").json
    assert recorded("care.decided") == []


@pytest.mark.spec("RFC 9396", "9.1")
def test_an_access_token_names_neither_patient_nor_employee(world):
    token = tokens(world)["access_token"]
    assert verified(world, token)["authorization_details"][0]["type"] == TYPE
    assert header_of(token)["typ"] == "at+jwt"
    told = json.dumps(claims(token))
    assert NUMBER not in told
    assert NURSE not in told
    assert claims(token)["authorization_details"][0]["care_unit"] == UNIT


def test_a_resource_server_compares_the_patient_with_a_key_of_its_own(world):
    first, second = (tokens(world)["access_token"] for _ in range(2))
    key = introspect(world, first, "api").json["patient_key"]
    padded = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    for token in (first, second):
        told = of_token(token)[0]["patient"]
        text = f"{claims(token)['jti']}\x1f{told['system']}\x1f{NUMBER}"
        mac = base64.urlsafe_b64encode(hmac.digest(padded, text.encode(), "sha256")).decode().rstrip("=")
        assert told["hmac"] == {"api": mac}
    assert of_token(first)[0]["patient"] != of_token(second)[0]["patient"]


def test_a_token_for_no_resource_server_has_no_mark_of_the_patient(world):
    told = tokens(world, scope="openid")
    assert of_token(told["access_token"])[0]["patient"] == {"system": OTHER_PATIENT.oid}


@pytest.mark.spec("RFC 9396", "9.2")
def test_introspection_tells_the_resource_server_who_and_about_whom(world):
    told = introspect(world, tokens(world)["access_token"], "api").json
    (about,) = told["authorization_details"]
    assert about["patient"] == {"system": OTHER_PATIENT.oid, "value": NUMBER}
    assert (about["employee"], about["commission"], about["care_unit"]) == (NURSE, A1, UNIT)
    assert about["resources"] == [MINE, THEIRS]


def test_the_client_itself_is_not_told_the_resource_server_s_key(world):
    told = introspect(world, tokens(world)["access_token"], "rp").json
    assert told["authorization_details"]
    assert "patient_key" not in told


def test_a_bystander_learns_nothing(world):
    assert introspect(world, tokens(world)["access_token"], "bystander").json == {"active": False}


def test_userinfo_and_id_token_say_nothing_of_the_patient(world):
    told = tokens(world)
    assert NUMBER not in json.dumps([userinfo(world, told["access_token"]).json, claims(told["id_token"])])


def test_the_number_is_kept_sealed(world):
    told = tokens(world)
    refresh(world, told["refresh_token"])
    introspect(world, told["access_token"], "api")
    leaves = [row.leaf for row in world.store.log_rows()] + list(world.store.log_pending())
    assert not any(NUMBER.encode() in leaf or NUMBER in str(leaf) for leaf in leaves)
    assert NUMBER.encode() not in b"".join(path.read_bytes() for path in world.settings.data_dir.glob("*.db*"))


# --- decided each time --------------------------------------------------------------------------------------------------


def test_each_step_is_decided_and_on_record_with_it(world, recorded):
    told = tokens(world)
    assert len(recorded("care.decided")) == 2
    refresh(world, told["refresh_token"])
    assert len(recorded("care.decided")) == 3
    introspect(world, told["access_token"], "api")
    found = recorded("care.decided")
    assert len(found) == 4
    assert {event["commission"] for event in found} == {A1}
    assert len({event["reference"] for event in found}) == 1


@pytest.fixture
def partly(world):
    block(world)
    return world


def test_a_resource_that_is_blocked_is_withheld_and_the_rest_goes(partly):
    told = tokens(partly)
    assert told["authorization_details"][0]["withheld"] == [{"id": "theirs", "access": "blocked"}]
    assert ids(told["authorization_details"]) == ids(of_token(told["access_token"])) == ["mine"]
    about = introspect(partly, told["access_token"], "api").json["authorization_details"]
    assert ids(about) == ["mine"]
    assert "withheld" not in {**about[0], **of_token(told["access_token"])[0]}


def test_what_is_all_blocked_gives_no_code(partly, recorded):
    answer = asked(partly, details(resources=[THEIRS]))
    assert error(answer) == "access_denied"
    assert "blocked the information" in answer.sent_back["error_description"]
    assert answer.sent_back["state"] == "the-state"
    assert recorded("oidc.code-issued") == []
    assert [event["rulings"] for event in recorded("care.decided")] == [[["blocked", "inner-block"]]]
    assert recorded("login.failed")[-1]["reason"] == "patient-blocked"


def test_another_provider_s_information_needs_the_patient_s_consent(world):
    far = {"id": "far", "provider": "SE2321000131-VG2", "unit": "SE2321000131-U9"}
    answer = asked(world, details(resources=[far]))
    assert (error(answer), "consent" in answer.sent_back["error_description"]) == ("access_denied", True)


def test_without_a_relation_nothing_is_opened(world):
    other = {"system": OTHER_PATIENT.oid, "value": "191212121212"}
    answer = asked(world, details(patient=other))
    assert (error(answer), "relation" in answer.sent_back["error_description"]) == ("access_denied", True)


def test_a_provider_that_takes_no_part_is_refused(worlds):
    world = patient_world(worlds, commission(healthCareProviderHsaId="SE2321000016-VG9"))
    answer = asked(world, details(resources=None))
    assert (error(answer), "does not open" in answer.sent_back["error_description"]) == ("access_denied", True)
    assert world.events("care.decided") == []


def test_a_commission_of_no_employee_is_refused(world, monkeypatch):
    monkeypatch.setattr("broker.protocols.oidc.patient_context.actor_of", lambda *_: None)
    assert error(asked(world)) == "access_denied"


def test_registers_that_never_rest_let_nothing_out(world, monkeypatch):
    told = tokens(world)

    def overtaken(_self, _effects):
        raise Overtaken("changing")

    monkeypatch.setattr(type(world.store), "commit", overtaken)
    for answer in (refresh(world, told["refresh_token"]), introspect(world, told["access_token"], "api")):
        assert (answer.status, error(answer)) == (503, "temporarily_unavailable")


def test_a_patient_nobody_knows_is_no_way_around(world):
    answer = asked(world, details(patient={"system": OTHER_PATIENT.oid, "value": "197309069289"}))
    assert error(answer) == "access_denied"


def test_a_block_set_before_the_code_is_redeemed_stops_it(world):
    code = asked(world, details(resources=[THEIRS])).sent_back["code"]
    block(world)
    answer = world.redeem(code)
    assert (answer.status, error(answer)) == (400, "invalid_grant")
    assert "patient" in answer.json["error_description"]
    assert world.events("care.decided")[-1]["rulings"][0][0] == "blocked"


def test_a_block_set_later_stops_the_next_refresh_and_introspection(world):
    told = tokens(world, details(resources=[THEIRS]))
    assert active(world, told["access_token"], "api")
    closed = block(world)
    assert introspect(world, told["access_token"], "api").json == {"active": False}
    assert introspect(world, told["refresh_token"]).json == {"active": False}
    answer = refresh(world, told["refresh_token"])
    assert (answer.status, error(answer)) == (400, "invalid_grant")
    unblock(world, closed)
    assert active(world, told["access_token"], "api")
    assert ids(refresh(world, told["refresh_token"]).json["authorization_details"]) == ["theirs"]


def test_a_block_set_later_narrows_what_is_left(world):
    told = tokens(world)
    block(world)
    assert ids(introspect(world, told["access_token"], "api").json["authorization_details"]) == ["mine"]
    again = refresh(world, told["refresh_token"]).json
    assert again["authorization_details"][0]["withheld"] == [{"id": "theirs", "access": "blocked"}]


def test_a_token_given_while_blocked_does_not_grow_when_the_block_ends(world):
    closed = block(world)
    told = tokens(world)
    unblock(world, closed)
    assert ids(introspect(world, told["access_token"], "api").json["authorization_details"]) == ["mine"]
    assert ids(refresh(world, told["refresh_token"]).json["authorization_details"]) == ["mine", "theirs"]


def test_a_refresh_token_is_told_of_while_its_context_stands(world):
    told = tokens(world)
    assert introspect(world, told["refresh_token"]).json["active"] is True


# --- between two steps --------------------------------------------------------------------------------------------------


WITHDRAWN = {
    "consent": (FAR, consent, withdraw),
    "relation": (THEIRS, lambda world: None, lambda world, _: part(world)),
}


@pytest.mark.parametrize("at_once", [False, True], ids=["before the step", "between its decision and its record"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", WITHDRAWN)
def test_what_is_withdrawn_between_any_two_steps_stops_the_next(world, monkeypatch, kind, step, at_once):
    resource, given, withdrawn = WITHDRAWN[kind]
    entry = given(world)
    told = tokens(world, details(resources=[resource]))
    code = asked(world, details(resources=[resource])).sent_back["code"]
    if at_once:
        just_before_commit(world, monkeypatch, lambda: withdrawn(world, entry))
    else:
        withdrawn(world, entry)
    stopped = STEPS[step](world, code, told)
    if kind == "relation":
        relate(world)  # all tests share it
    assert stopped


@pytest.mark.parametrize("kind", WITHDRAWN)
def test_what_is_withdrawn_while_a_login_is_recorded_gives_no_code(world, monkeypatch, kind):
    resource, given, withdrawn = WITHDRAWN[kind]
    entry = given(world)
    just_before_commit(world, monkeypatch, lambda: withdrawn(world, entry))
    answer = asked(world, details(resources=[resource]))
    if kind == "relation":
        relate(world)
    assert error(answer) == "access_denied"


@pytest.mark.parametrize("step", STEPS)
def test_a_block_set_between_decision_and_record_is_seen(world, monkeypatch, step):
    told = tokens(world, details(resources=[THEIRS]))
    code = asked(world, details(resources=[THEIRS])).sent_back["code"]
    just_before_commit(world, monkeypatch, lambda: block(world))
    assert STEPS[step](world, code, told)


def test_a_block_set_between_decision_and_code_is_seen(world, recorded, monkeypatch):
    just_before_commit(world, monkeypatch, lambda: block(world))
    assert error(asked(world, details(resources=[THEIRS]))) == "access_denied"
    assert recorded("oidc.code-issued") == []


@pytest.mark.parametrize("step", ["redeem", "refresh", "introspect"])
def test_what_cannot_be_recorded_does_not_leave(world, monkeypatch, step):
    told, code = tokens(world), asked(world).sent_back["code"]

    def fails(_self, _effects):
        raise StorageUnavailable("full")

    monkeypatch.setattr(type(world.store), "commit", fails)
    answer = {
        "redeem": lambda: world.redeem(code),
        "refresh": lambda: refresh(world, told["refresh_token"]),
        "introspect": lambda: introspect(world, told["access_token"], "api"),
    }[step]()
    assert (answer.status, error(answer)) == (503, "temporarily_unavailable")


def test_a_commission_that_is_gone_ends_it(worlds):
    world = patient_world(worlds)
    told = tokens(world)
    reapply(world, {**document(), "staff": []})
    assert not active(world, told["access_token"], "api")
    assert error(refresh(world, told["refresh_token"])) == "invalid_grant"


def test_a_client_no_longer_registered_for_the_type_gets_no_more(worlds):
    world = patient_world(worlds)
    told = tokens(world)
    reapply(world, document(authorization_details_types=[]))
    assert not active(world, told["access_token"], "api")
    assert error(refresh(world, told["refresh_token"])) == "invalid_grant"


# --- the commission -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(lasting_worlds):
    return patient_world(lasting_worlds, commission(), commission(A2, OTHER_UNIT, commissionPurpose="Statistik"))


WISHES = {
    "its unit": ({"care_unit": OTHER_UNIT}, A2),
    "its unit, spelled otherwise": ({"care_unit": OTHER_UNIT.lower()}, A2),
    "itself": ({"commission": A2}, A2),
    "its purpose": ({"purpose": "Statistik"}, A2),
    "all of it": ({"care_unit": UNIT, "commission": A1, "purpose": "Vård och behandling"}, A1),
}


@pytest.mark.parametrize("name", WISHES)
def test_the_commission_that_is_asked_for_is_taken(two, name):
    wish, expected = WISHES[name]
    own = OTHER_UNIT if expected == A2 else UNIT
    told = tokens(two, details(resources=[{"id": "x", "provider": PROVIDER, "unit": own}], **wish))
    assert told["authorization_details"][0]["commission"] == expected


UNFIT = {
    "a unit where there is none": {"care_unit": "SE2321000016-U7"},
    "a commission of somebody else": {"commission": "SE2321000016-A9"},
    "a purpose that none has": {"purpose": "Administration"},
    "a unit and a purpose that no one commission has": {"care_unit": UNIT, "purpose": "Statistik"},
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_commission_that_the_person_has_not_is_refused(two, name):
    answer = asked(two, details(**UNFIT[name]))
    assert (error(answer), "no commission" in answer.sent_back["error_description"]) == ("access_denied", True)


def test_a_person_without_any_commission_is_refused(world):
    assert error(asked(world, login_hint="test:bo")) == "access_denied"


def test_it_never_goes_over_to_another_commission(worlds):
    """The one that was chosen is gone; the other would fit the request as well."""
    two = patient_world(worlds, commission(), commission(A2, OTHER_UNIT))
    told = tokens(two, details(resources=None))
    assert told["authorization_details"][0]["commission"] == A1
    reapply(two, document(commission(A2, UNIT)))
    assert not active(two, told["access_token"], "api")
    assert error(refresh(two, told["refresh_token"])) == "invalid_grant"


def test_a_commission_more_changes_nothing(worlds):
    world = patient_world(worlds)
    told = tokens(world)
    reapply(world, document(commission(), commission(A2, OTHER_UNIT)))
    assert refresh(world, told["refresh_token"]).json["authorization_details"][0]["commission"] == A1


@pytest.mark.parametrize("chosen", [A1, A2])
def test_of_several_the_person_chooses(worlds, chosen):
    world = patient_world(worlds, commission(), commission(A2, OTHER_UNIT))
    relate(world, OTHER_UNIT)
    original = TestMethod.resume

    def resume(self, state, inbound, now):
        met = original(self, state, inbound, now)
        return replace(met, pageless=False) if isinstance(met, Authenticated) else met

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestMethod, "resume", resume)
        form = {
            "client_id": "rp", "redirect_uri": CALLBACK, "response_type": "code", "scope": SCOPE,
            "code_challenge": world.pkce.challenge, "code_challenge_method": "S256",
            "authorization_details": json.dumps([details(resources=None)]),
        }  # fmt: skip
        browser = world.browser()
        page = browser.follow(browser.post("/oidc/authorize", form))
        page = browser.follow(browser.post(*page.form("/test", username="anna")))
        assert page.page == "U5"
        answer = browser.follow(browser.post(*page.form("/uppdrag", commission=chosen)))
    told = world.redeem(answer.sent_back["code"]).json
    assert told["authorization_details"][0]["commission"] == chosen


# --- less of it (RFC 9396 section 6) ------------------------------------------------------------------------------------


def narrowed(**changes):
    return json.dumps([details(**changes)])


LESS = {
    "one resource of two": (narrowed(resources=[THEIRS]), ["theirs"]),
    "all that was granted": (narrowed(), ["mine", "theirs"]),
    "without naming any resource": (narrowed(resources=None), ["mine", "theirs"]),
    "in the other order": (narrowed(resources=[THEIRS, MINE]), ["theirs", "mine"]),
    "with the commission that was chosen": (narrowed(commission=A1.lower()), ["mine", "theirs"]),
}


@pytest.mark.spec("RFC 9396", "6")
@pytest.mark.parametrize("name", LESS)
def test_a_token_may_be_asked_for_with_less(world, name):
    text, expected = LESS[name]
    told = tokens(world)
    less = refresh(world, told["refresh_token"], authorization_details=text).json
    assert ids(less["authorization_details"]) == ids(of_token(less["access_token"])) == expected
    about = introspect(world, less["access_token"], "api").json["authorization_details"]
    assert sorted(ids(about)) == sorted(expected)
    again = refresh(world, less["refresh_token"]).json
    assert ids(again["authorization_details"]) == ["mine", "theirs"]


@pytest.mark.spec("RFC 9396", "6")
def test_a_code_may_be_redeemed_for_less(world):
    code = asked(world, details(actions=["read", "write"])).sent_back["code"]
    told = world.redeem(code, authorization_details=narrowed(resources=[MINE])).json
    assert (ids(told["authorization_details"]), told["authorization_details"][0]["actions"]) == (["mine"], ["read"])
    about = introspect(world, told["access_token"], "api").json["authorization_details"][0]
    assert about["actions"] == ["read"]


MORE = {
    "another patient": narrowed(patient={"system": OTHER_PATIENT.oid, "value": "191212121212"}),
    "another action": narrowed(actions=["write"]),
    "one action more": narrowed(actions=["read", "write"]),
    "another resource": narrowed(resources=[{**MINE, "id": "more"}]),
    "one resource more": narrowed(resources=[MINE, THEIRS, {**MINE, "id": "more"}]),
    "the same id for another unit": narrowed(resources=[{**MINE, "unit": OTHER_UNIT}]),
    "a longer time": narrowed(resources=[{**MINE, "from": 0}]),
    "another commission": narrowed(commission=A2),
    "another purpose": narrowed(purpose="Statistik"),
    "another unit": narrowed(care_unit=OTHER_UNIT),
    "nothing well-formed": "[{}]",
    "no JSON": "x",
}


@pytest.mark.spec("RFC 9396", "6.1")
@pytest.mark.parametrize("name", MORE)
def test_nothing_more_than_was_granted_is_given(world, name):
    told = tokens(world)
    answer = refresh(world, told["refresh_token"], authorization_details=MORE[name])
    assert (answer.status, error(answer)) == (400, "invalid_authorization_details")
    assert refresh(world, told["refresh_token"]).status == 200


def test_a_grant_without_context_never_gets_one(world):
    told = tokens(world, text="")
    answer = refresh(world, told["refresh_token"], authorization_details=narrowed())
    assert (answer.status, error(answer)) == (400, "invalid_authorization_details")


def test_a_client_by_itself_gets_none(world):
    answer = world.token(grant_type="client_credentials", scope="api", authorization_details=narrowed())
    assert (answer.status, error(answer)) == (400, "invalid_authorization_details")


def test_a_token_that_names_what_its_grant_never_had_is_dead(world):
    """As somebody could make it with our key: introspection looks at the grant, and not at the token alone."""
    token = tokens(world)["access_token"]
    signer = world.app.on.services.keys().signer("oidc", "ES256")
    said = claims(token)
    assert active(world, issue(said, signer, typ="at+jwt"), "api")
    for changes in ({"resources": [{**MINE, "id": "other"}]}, {"actions": ["sign"]}):
        told = {**said, "authorization_details": [{**said["authorization_details"][0], **changes}]}
        assert introspect(world, issue(told, signer, typ="at+jwt"), "api").json == {"active": False}
