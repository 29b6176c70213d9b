"""Care's JSON API: what a record system and staff can do by it, what is refused, and that its description is true."""

import json

import pytest

from broker.care import block_changes
from broker.web.api import care_forms
from broker.web.api.care_routes import CARE_API
from tests.support import care_values as a
from tests.support.care_world import ACTOR, ENTERED, PATIENT, call, care_world, machine, new_block, nurse, row
from tests.support.world import LEVEL2, LEVEL3, NOW, World
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]


@pytest.fixture(scope="module")
def world(lasting_worlds) -> World:
    return care_world(lasting_worlds)


@pytest.fixture(scope="module")
def journal(world) -> str:
    return machine(world)


@pytest.fixture
def patient():
    """A number that no other test uses."""
    return next(NUMBERS)


NUMBERS = ({"oid": one.oid, "value": one.value} for one in a.numbers(200))


def made(world, token, patient, **changes):
    answer = call(world, "/blocks", token, new_block(patient=patient, **changes))
    assert answer.status == 200, answer.text
    return answer.json


class TestBlocks:
    def test_a_block_lives_from_its_registration_to_its_revocation(self, world, journal, patient):
        block = made(world, journal, patient, excluded=["lak"], information={"start": NOW - 9, "end": NOW})
        path = f"/blocks/{block['id']}"
        assert call(world, path, journal, method="GET").json == block
        lift = {"id": a.new_id(), "until": NOW + 60, "unit": a.OTHER_UNIT, "reason": "PatientsConsent"}
        lifted = call(world, f"{path}/lifts", journal, {**lift, "entered": ENTERED}).json
        assert [(one["id"], one["unit"], one["cancelled"]) for one in lifted["lifts"]] == [
            (lift["id"], a.OTHER_UNIT, None)
        ]
        cancelled = call(world, f"/lifts/{lift['id']}/cancel", journal, {"entered": ENTERED}).json
        assert cancelled["lifts"][0]["cancelled"]["registered_by"]["employee"] == a.NURSE
        copy = {"id": a.new_id(), "unit": a.OTHER_UNIT, "entered": ENTERED}
        copied = call(world, f"{path}/copy", journal, copy).json
        assert (copied["unit"], copied["excluded"]) == (a.OTHER_UNIT, ["lak"])
        assert call(world, f"{path}/revoke", journal, {"entered": ENTERED}).json["revoked"]["registered_at"] == NOW
        assert call(world, f"/blocks/{copy['id']}/delete", journal, {"entered": ENTERED}).json["deleted"]
        listed = call(world, "/blocks/search", journal, {"patient": patient}).json["blocks"]
        assert {one["id"] for one in listed} == {block["id"], copy["id"]}

    def test_rows_are_checked_each_by_itself(self, world, journal, patient):
        block = made(world, journal, patient)
        rows = [row("a"), row("b", a.OTHER_UNIT), row("c", "nowhere"), row("d", recorded={"start": 2, "end": 1})]
        found = call(world, "/blocks/check", journal, {"patient": patient, "actor": ACTOR, "rows": rows}).json
        assert found["result"] == "INFO"
        assert [one["status"] for one in found["rows"]] == ["BLOCKED", "OK", "VALIDATIONERROR", "VALIDATIONERROR"]
        assert found["rows"][0]["blocks"] == [block["id"]]

    def test_where_something_is_blocked_is_told_in_an_emergency_alone_and_in_steps(self, world, journal, patient):
        made(world, journal, patient)
        asked = {"patient": patient, "actor": ACTOR}
        levels = [call(world, "/blocks/reveal", journal, {**asked, "told": told}).json["level"] for told in (0, 1, 2)]
        assert levels == [1, 1, 1]
        begun = call(world, "/emergencies", journal, {**asked, "reason": "Unconscious"}).json
        told = [call(world, "/blocks/reveal", journal, {**asked, "told": told}).json for told in (0, 1, 2)]
        assert [one["level"] for one in told] == [1, 2, 3]
        assert told[1]["places"] == [{"provider": a.PROVIDER, "unit": a.UNIT}]
        assert len(told[2]["opened"]) == 1
        assert call(world, f"/emergencies/{begun['id']}/end", journal).json["ended_at"] == NOW
        assert call(world, "/blocks/reveal", journal, {**asked, "told": 1}).json["level"] == 1

    def test_who_keeps_a_copy_is_told_of_changes(self, world, journal, patient):
        block = made(world, journal, patient)
        found = call(world, "/blocks/changes", journal, {"providers": [a.PROVIDER.lower()], "since": NOW}).json
        assert block["id"] in {one["id"] for one in found["blocks"]}
        assert found["next"] == NOW - 60
        call(world, f"/blocks/{block['id']}/delete", journal, {"entered": ENTERED})
        after = call(world, "/blocks/changes", journal, {}).json
        assert block["id"] not in {one["id"] for one in after["blocks"]}
        assert after["latest_cancellation"] == NOW
        refused = call(world, "/blocks/changes", journal, {"providers": [a.OTHER_PROVIDER]})
        assert (refused.status, refused.json["code"]) == (403, "denied.foreign-provider")

    def test_too_many_changes_are_not_told_by_half(self, world, journal, patient, monkeypatch):
        made(world, journal, patient)
        monkeypatch.setattr(block_changes, "MOST", 0)
        answer = call(world, "/blocks/changes", journal, {})
        assert (answer.status, answer.json["code"]) == (503, "unavailable.too-many")

    def test_another_node_hands_over_blocks_as_they_stand_there(self, world, journal, patient):
        whole = care_forms.block(a.block(patient=Identifier(**patient), local=False)).model_dump(mode="json")
        assert call(world, "/replicas", journal, whole).json == {"done": True}
        assert call(world, f"/blocks/{whole['id']}", journal, method="GET").json == whole
        lift = {"id": "x", "until": 1, "unit": "", "reason": "Emergency", "registered": whole["registered"]}
        broken = call(world, "/replicas", journal, {**whole, "owner": "x" * 1025, "lifts": [lift]})
        assert (broken.status, broken.json["code"]) == (400, "malformed")


class TestEntries:
    def test_a_consent_is_entered_checked_and_ended(self, world, journal, patient):
        new = {"id": a.new_id(), "patient": patient, "provider": a.PROVIDER, "unit": a.OTHER_UNIT, "entered": ENTERED}
        assert call(world, "/consents", journal, {**new, "represented_by": PATIENT}).json["type"] == "Consent"
        asked = {"patient": patient, "actor": ACTOR}
        checked = call(world, "/consents/check", journal, asked).json
        assert checked == {"has_consent": True, "type": "Consent", "consent": new["id"]}
        later = call(world, f"/consents/{new['id']}/cancel", journal, {"entered": ENTERED, "ends_at": NOW + 5}).json
        assert (later["period"]["end"], later["cancelled"]) == (NOW + 5, None)
        assert call(world, f"/consents/{new['id']}/cancel", journal, {"entered": ENTERED}).json["cancelled"]
        assert call(world, "/consents/check", journal, asked).json["has_consent"] is False
        assert call(world, f"/consents/{new['id']}/delete", journal, {"entered": ENTERED}).json["deleted"]
        (listed,) = call(world, "/consents/search", journal, {"patient": patient}).json["consents"]
        assert listed["represented_by"] == PATIENT

    def test_a_relation_is_entered_checked_and_ended(self, world, journal, patient):
        new = {"id": a.new_id(), "patient": patient, "provider": a.PROVIDER, "unit": a.OTHER_UNIT, "entered": ENTERED}
        assert call(world, "/relations", journal, {**new, "employee": a.NURSE}).json["employee"] == a.NURSE
        asked = {"patient": patient, "actor": ACTOR}
        assert call(world, "/relations/check", journal, asked).json == {"has_relation": True, "relation": new["id"]}
        assert call(world, f"/relations/{new['id']}/cancel", journal, {"entered": ENTERED}).json["cancelled"]
        assert call(world, "/relations/check", journal, asked).json["has_relation"] is False
        assert call(world, f"/relations/{new['id']}/delete", journal, {"entered": ENTERED}).json["deleted"]
        assert len(call(world, "/relations/search", journal, {"patient": patient}).json["relations"]) == 1


class TestDecisions:
    def test_questions_are_answered_each_by_itself_with_reasons(self, world, journal, patient):
        made(world, journal, patient)
        relation = {"id": a.new_id(), "patient": patient, "provider": a.PROVIDER, "unit": a.OTHER_UNIT}
        call(world, "/relations", journal, {**relation, "entered": ENTERED})
        good = {"patient": patient, "actor": ACTOR, "resources": [row("a"), row("b", a.OTHER_UNIT)]}
        bad = {**good, "actor": {**ACTOR, "provider": a.OTHER_PROVIDER}}
        nobody = {**good, "patient": {"oid": a.PERSONNUMMER, "value": "191212121213"}}
        unsaid = {name: value for name, value in good.items() if name != "actor"}
        answers = call(world, "/decisions", journal, {"questions": [good, bad, nobody, unsaid]}).json["decisions"]
        assert [one["access"] for one in answers[0]["rulings"]] == ["blocked", "permitted"]
        assert answers[0]["rulings"][0]["grounds"][0]["source"]
        problems = [one["problem"] for one in answers]
        assert problems == ["", "denied.foreign-provider", "invalid.patient-number", "invalid.hsa-id"]
        assert all(one["rulings"] == [] for one in answers[1:])

    def test_staff_ask_in_their_own_commission_whatever_they_say(self, world, journal, patient):
        made(world, journal, patient)
        other = {**ACTOR, "employee": a.DOCTOR, "unit": a.UNIT}
        asked = {"patient": patient, "actor": other, "rows": [row()]}
        assert call(world, "/blocks/check", nurse(world), asked).json["rows"][0]["status"] == "BLOCKED"
        assert call(world, "/blocks/check", journal, asked).json["rows"][0]["status"] == "OK"


REFUSED = {
    "an unknown unit": (new_block(unit="SE2321000016-XX"), 400, "invalid.unknown-unit"),
    "an inner block without a unit": (new_block(unit=""), 400, "invalid.unit-missing"),
    "a number that is none": (new_block(patient={**PATIENT, "value": "191212121213"}), 400, "invalid.patient-number"),
    "another's provider": (new_block(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), 403, "denied.foreign-provider"),
    "a member that is not known": (new_block(colour="blue"), 400, "malformed"),
    "a type that there is not": (new_block(type="Middle"), 400, "malformed"),
    "an instant that is a text": (new_block(information={"start": "2026-01-01"}), 400, "malformed"),
    "an instant beyond all": (new_block(information={"start": 2**60}), 400, "malformed"),
    "no JSON": ("{", 400, "malformed"),
}


@pytest.mark.parametrize(("body", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_entered_is_a_problem_with_its_code(world, journal, body, status, code):
    answer = call(world, "/blocks", journal, body)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert "191212121213" not in answer.text


def test_what_has_another_content_or_has_ended_is_a_conflict(world, journal, patient):
    block = made(world, journal, patient)
    other = new_block(patient=patient, id=block["id"], unit=a.OTHER_UNIT)
    answer = call(world, "/blocks", journal, other)
    assert (answer.status, answer.json["code"]) == (409, "exists.other-content")
    call(world, f"/blocks/{block['id']}/revoke", journal, {"entered": ENTERED})
    answer = call(world, f"/blocks/{block['id']}/revoke", journal, {"entered": ENTERED})
    assert (answer.status, answer.json["code"]) == (409, "state.ended")


def test_anothers_block_is_as_missing_as_none(world, journal, patient):
    block = made(world, journal, patient)
    for id_ in (block["id"], a.new_id()):
        answer = call(world, f"/blocks/{id_}", machine(world, "far"), method="GET")
        assert (answer.status, answer.json["code"]) == (404, "missing.unknown")


def test_a_supplier_calls_for_the_providers_that_its_entry_names(world, patient):
    assert made(world, machine(world, "supplier"), patient)["provider"] == a.PROVIDER


class TestTokens:
    @pytest.mark.parametrize("token", ["", "nonsense"])
    @pytest.mark.parametrize("of", CARE_API, ids=lambda r: f"{r.method} {r.rule}")
    def test_every_call_needs_a_token(self, world, of, token):
        path = of.rule.removeprefix("/care").replace("<", "").replace(">", "")
        answer = call(world, path, token, {} if of.takes else None, method=of.method)
        assert (answer.status, answer.json["code"]) == (401, "token" if token else "no-token")

    def test_reading_is_no_right_to_enter_and_the_registers_scopes_none_to_read(self, world):
        answer = call(world, "/blocks", machine(world, scope="care:read"), new_block())
        assert (answer.status, answer.json["code"]) == (403, "scope")

    def test_a_token_without_the_scope_of_care_is_not_for_it(self, world):
        token = world.token("rp", grant_type="client_credentials").json["access_token"]
        answer = call(world, "/blocks/search", token, {"patient": PATIENT})
        assert (answer.status, answer.json["code"]) == (401, "token")

    def test_a_person_without_a_commission_is_nobody_here(self, world):
        token = nurse(world, claims=None, login_hint=f"test:bo;loa={LEVEL3}")
        answer = call(world, "/blocks/search", token, {"patient": PATIENT})
        assert (answer.status, answer.json["code"]) == (403, "not-allowed.no-commission")

    def test_staff_need_level_3(self, world):
        hint = f"test:anna;loa={LEVEL2};commission=SE2321000016-A1"
        token = nurse(world, acr_values=LEVEL2, login_hint=hint)
        answer = call(world, "/blocks/search", token, {"patient": PATIENT})
        assert (answer.status, answer.json["code"]) == (403, "level")

    def test_a_nurse_who_is_no_registrar_enters_no_block(self, world):
        answer = call(world, "/blocks", nurse(world), new_block())
        assert (answer.status, answer.json["code"]) == (403, "denied.not-registrar")


def test_of_a_commission_that_is_gone_or_at_no_provider_nothing_is_left(worlds):
    world = care_world(worlds, healthCareProviderHsaId="SE2321000016-NONE")
    answer = call(world, "/blocks/search", nurse(world), {"patient": PATIENT})
    assert answer.json["code"] == "not-allowed.no-commission"


def test_the_description_has_every_call_with_its_scope(world):
    document = world.request("GET", "/api/v1/openapi.json").json
    for each in CARE_API:
        operation = document["paths"][each.rule.replace("<", "{").replace(">", "}")][each.method.lower()]
        assert operation["security"] == [{"oauth2": [each.scope]}]
        assert operation["summary"]
    schemas = json.dumps(document["components"]["schemas"])
    assert "NewBlock" in schemas
    scopes = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    assert {"care:read", "care:write"} <= scopes.keys()
