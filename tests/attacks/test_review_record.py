"""What the log says of a login is what happened: no commission that was never offered, no refusal without a row."""

from dataclasses import replace

import pytest

from idp_adapters.base import Authenticated
from idp_adapters.methods.test import TestMethod
from tests.support.world import MEMBER, client, federation


@pytest.fixture
def asking(monkeypatch):
    """The test method as one of those that leave the questions to the person."""
    answer = TestMethod._answer

    def with_pages(*given):
        came_to = answer(*given)
        return replace(came_to, pageless=False, consume=()) if isinstance(came_to, Authenticated) else came_to

    monkeypatch.setattr(TestMethod, "_answer", with_pages)


def commission(number):
    return {
        "hsa_id": f"SE2321000016-C{number}",
        "commissionName": f"Uppdrag {number}",
        "commissionPurpose": "Vård och behandling",
        "healthCareProviderHsaId": "SE2321000016-1000",
        "healthCareProviderName": "Region Exempel",
        "healthcareProviderId": MEMBER,
    }


def test_a_commission_that_was_never_offered_is_not_recorded(worlds, asking):
    """With one commission there is no question; an answer to it all the same must not stand in the log or the grant."""
    attributes = ["givenName", "employeeHsaId", "commissionHsaId", "commissionName"]
    service = client(attributes=attributes, consent="ask", scope="openid")
    people = [{"person": "anna", "hsa_id": "SE2321000016-E1", "commissions": [commission(1)]}]
    world = worlds.make(federation(service, staff=people))
    browser = world.browser()
    wanted = '{"id_token":{"commissionHsaId":null}}'
    page = browser.follow(browser.get(world.authorize_url(login_hint=None, claims=wanted, scope="openid")))
    asked = browser.follow(browser.post(*page.form("/test", username="anna")))
    action, fields = asked.form("/samtycke")
    forged = browser.post(
        action.replace("/samtycke", "/uppdrag"), {"csrf": fields["csrf"], "commission": "SE2321000016-C9"}
    )
    consent = browser.follow(forged)
    action, fields = consent.form("/samtycke")
    answer = browser.post(action, {**fields, "answer": "yes"})
    assert "code" in answer.sent_back
    assert "SE2321000016-C9" not in str(world.events("code-issued") or world.events("CodeIssued"))
    leaves = [row.leaf for row in world.store.log_rows()] + list(world.store.log_pending())
    assert not any(b"SE2321000016-C9" in leaf for leaf in leaves)


def test_a_person_who_is_not_the_one_expected_is_a_refusal_on_record(world):
    """The OpenID Provider tells the client and the log, as the SAML side does."""
    tokens = world.tokens()
    answer = world.browser().get(world.authorize_url(login_hint="test:bo", id_token_hint=tokens["id_token"]))
    assert answer.sent_back["error"] == "login_required"
    leaves = [row.leaf for row in world.store.log_rows()] + list(world.store.log_pending())
    assert any(b"subject-mismatch" in leaf for leaf in leaves)


def test_a_page_shown_to_one_person_gives_no_consent_for_the_next(worlds, asking):
    """Two people at one browser: the first one's open page must not answer for the second, who saw nothing."""
    world = worlds.make(federation(client(consent="ask")))
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    annas = browser.follow(browser.post(*page.form("/test", username="anna")))
    action, fields = annas.form("/samtycke")
    login = action.split("/")[2]
    choice = browser.get(f"/login/{login}")
    again = browser.follow(browser.post(*choice.form("/login/", method="test")))
    bos = browser.follow(browser.post(*again.form("/test", username="bo")))
    assert "Bengtsson" in bos.text

    answer = browser.post(action, {**fields, "answer": "yes"})
    assert (answer.status, answer.cause) == (403, "form-stale")
    assert not world.events("consent.recorded")

    answer = browser.post(*bos.form("/samtycke", answer="yes"))
    assert "code" in answer.sent_back
