"""The test method logs in, or fails, without any page: what services are tested with must not wait for a person."""

import pytest

from tests.support.world import LEVEL2, LEVEL3, client, federation

COMMISSION = {
    "commissionName": "Vård och behandling",
    "commissionPurpose": "Vård och behandling",
    "healthCareProviderHsaId": "SE2321000016-1000",
    "healthCareProviderName": "Region Exempel",
    "healthcareProviderId": "2321000016",
}
STAFF = [
    {
        "person": "anna",
        "hsa_id": "SE2321000016-1ABC",
        "commissions": [
            {"hsa_id": "SE2321000016-A001", **COMMISSION},
            {"hsa_id": "SE2321000016-A002", **COMMISSION, "commissionPurpose": "Statistik"},
        ],
    }
]
CARE = client("care", attributes=["commissionHsaId", "commissionPurpose"], scope="openid")
ASKS = client("asks", consent="ask")


@pytest.fixture
def world(worlds):
    return worlds.make(federation(client(), CARE, ASKS, staff=STAFF))


@pytest.mark.parametrize(("result", "error"), [("cancelled", "access_denied"), ("failed", "access_denied")])
def test_a_result_asked_for_goes_to_the_service_at_once(world, result, error):
    answer = world.browser().get(world.authorize_url(login_hint=f"test:anna;result={result}"))
    assert (answer.status, answer.sent_back["error"]) == (303, error)
    assert "(ref " in answer.sent_back["error_description"]


def test_a_persona_that_is_not_there_is_told_to_the_service_at_once(world):
    answer = world.browser().get(world.authorize_url(login_hint="test:nobody"))
    assert answer.sent_back["error"] == "access_denied"


def test_a_level_that_the_service_did_not_ask_for_is_told_to_the_service_at_once(world):
    answer = world.browser().get(world.authorize_url(login_hint=f"test:anna;loa={LEVEL2}", acr_values=LEVEL3))
    assert answer.sent_back["error"] == "unmet_authentication_requirements"


def test_no_consent_page_follows(world):
    assert world.code(client_id="asks")


@pytest.mark.parametrize(("hint", "purpose"), [("test:anna;commission=SE2321000016-A002", "Statistik")])
def test_the_commission_of_the_hint_is_the_one_chosen(world, hint, purpose):
    wanted = '{"userinfo":{"commissionPurpose":null}}'
    tokens = world.tokens(client_id="care", scope="openid", claims=wanted, login_hint=hint)
    told = world.request("GET", "/oidc/userinfo", Authorization="Bearer " + tokens["access_token"])
    assert told.json["commissionPurpose"] == purpose


def test_no_commission_page_follows_when_the_hint_names_none(world):
    wanted = '{"userinfo":{"commissionPurpose":null}}'
    assert world.code(client_id="care", scope="openid", claims=wanted)


def test_without_a_hint_one_page_with_a_field_named_username_is_all(world):
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url("asks", login_hint=None)))
    assert 'name="username"' in page.text
    action, fields = page.form("/test", username="anna")
    assert "code" in browser.post(action, fields).sent_back


def test_production_has_no_test_method(worlds):
    production = worlds.make(federation(), base_url="https://idp.example.org", environment="production")
    browser = production.browser()
    answer = browser.follow(browser.get(production.authorize_url(login_hint="test:anna")))
    assert answer.cause == "no-method"
