"""Between identification and release: in which commission, and whether details may go; in both protocols."""

import re

import pytest

from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL4, MEMBER, NAMES, apply, client, federation

CANCEL = "http://id.elegnamnden.se/status/1.0/cancel"
ATTRIBUTES = ["givenName", "employeeHsaId", "commissionHsaId", "commissionName"]
SP = Peer()
STAFF = Peer("staff", key="staff", extra={"attributes": ATTRIBUTES, "required": ["commissionHsaId"]})
ASKS = Peer("asks", key="asks", extra={"consent": "ask"})
ASKS2 = Peer("asks2", key="asks2", extra={"consent": "ask"})
PROTOCOLS = pytest.mark.parametrize("protocol", ["saml", "oidc"])


def commission(number, **changes):
    return {
        "hsa_id": f"SE2321000016-C{number}",
        "commissionName": f"Uppdrag {number}",
        "commissionPurpose": "Vård och behandling",
        "healthCareProviderHsaId": "SE2321000016-1000",
        "healthCareProviderName": "Region Exempel",
        "healthcareProviderId": MEMBER,
        **changes,
    }


def staff(*commissions):
    return [{"person": "anna", "hsa_id": "SE2321000016-E1", "commissions": list(commissions)}]


def document(*commissions, **changes):
    services = (
        SP.entry(),
        STAFF.entry(),
        ASKS.entry(),
        ASKS2.entry(),
        client("staff-rp", attributes=ATTRIBUTES, required=["commissionHsaId"], scope="openid"),
        client("asks-rp", consent="ask"),
    )
    return federation(*services, **{"staff": staff(*commissions), **changes})


def at_service(world, protocol, peer, **given):
    """Where the browser of somebody who typed a name on the test page comes to."""
    browser = world.browser()
    if protocol == "saml":
        page = browser.follow(browser.get(peer.redirect(world, hint=None, **given)))
    else:
        wanted = '{"id_token":{"commissionHsaId":{"essential":true}}}' if peer is STAFF else None
        url = world.authorize_url(f"{peer.id}-rp", login_hint=None, claims=wanted, **given)
        page = browser.follow(browser.get(url))
    return browser, browser.follow(browser.post(*page.form("/test", username="anna")))


def error_of(world, protocol, peer, answer):
    if protocol == "saml":
        return peer.read(world, answer).status
    return answer.sent_back["error"]


def done(protocol, answer):
    return answer.page == "U9" if protocol == "saml" else "code" in answer.sent_back


# --- commission


def test_no_commission_is_explained_and_the_service_is_told(worlds):
    world = worlds.make(document())

    browser, page = at_service(world, "saml", STAFF)

    assert (page.status, page.cause) in {(403, "no-commission"), (403, "attr-missing")}
    assert error_of(world, "saml", STAFF, browser.post(*page.form("/avbryt"))) == ("Requester", "UnknownPrincipal")


def test_one_commission_is_not_asked_about(worlds):
    world = worlds.make(document(commission(1)))

    _, answer = at_service(world, "saml", STAFF)

    assert STAFF.read(world, answer).attributes["commissionHsaId"] == ("SE2321000016-C1",)


def test_an_incomplete_commission_is_none(worlds):
    world = worlds.make(document(commission(1), commission(2, healthCareProviderName=[])))

    _, answer = at_service(world, "saml", STAFF)

    assert STAFF.read(world, answer).attributes["commissionName"] == ("Uppdrag 1",)


def test_a_service_that_needs_no_commission_asks_for_none(worlds):
    world = worlds.make(document(commission(1), commission(2)))

    _, answer = at_service(world, "saml", SP)

    assert SP.read(world, answer).content is not None


def test_of_several_the_person_chooses_and_the_choice_is_delivered(worlds):
    world = worlds.make(document(commission(1), commission(2), commission(3)))
    browser, page = at_service(world, "saml", STAFF)
    assert page.page == "U5"
    assert re.findall(r'name="commission"[^>]*value="([^"]+)"', page.text) == [f"SE2321000016-C{i}" for i in (1, 2, 3)]

    answer = browser.follow(browser.post(*page.form("/uppdrag", commission="SE2321000016-C2")))

    received = STAFF.read(world, answer)
    assert received.attributes["commissionHsaId"] == ("SE2321000016-C2",)
    assert received.attributes["commissionName"] == ("Uppdrag 2",)
    assert world.events("saml.assertion-issued")[0]["commission"] == "SE2321000016-C2"


@pytest.mark.parametrize("choice", ["SE2321000016-C9", "SE2321000016-E1x", "'; --", "å", "", None])
def test_a_commission_that_is_not_among_the_choices_is_asked_for_again(worlds, choice):
    world = worlds.make(document(commission(1), commission(2)))
    browser, page = at_service(world, "saml", STAFF)
    given = {} if choice is None else {"commission": choice}

    answer = browser.follow(browser.post(*page.form("/uppdrag", **given)))

    assert answer.page == "U5"
    assert not world.events("saml.assertion-issued")


def test_the_choice_is_made_for_this_login_and_asked_for_again_elsewhere(worlds):
    world = worlds.make(document(commission(1), commission(2)))
    browser, page = at_service(world, "saml", STAFF)
    browser.post(*page.form("/uppdrag", commission="SE2321000016-C2"))

    again = browser.follow(browser.get(STAFF.redirect(world, hint=None)))

    assert again.page == "U5"
    assert STAFF.login(world, browser, hint=None, passive=True).status == ("Responder", "NoPassive")


def test_a_question_reloaded_is_the_same_question_and_bookmarked_after_its_answer_is_none(worlds):
    world = worlds.make(document(commission(1), commission(2)))
    browser, page = at_service(world, "saml", STAFF)
    action, fields = page.form("/uppdrag", commission="SE2321000016-C1")

    assert browser.get(action).page == "U5"
    assert browser.post(action, fields).page == "U9"
    assert browser.post(action, fields).cause == "login-used"
    assert browser.get(action).cause == "login-used"


@PROTOCOLS
def test_turning_back_at_the_choice_is_a_cancel(worlds, protocol):
    world = worlds.make(document(commission(1), commission(2)))
    browser, page = at_service(world, protocol, STAFF)
    assert page.page == "U5", (page.location, page.cause)

    answer = browser.post(*page.form("/avbryt"))

    assert error_of(world, protocol, STAFF, answer) in {("Requester", CANCEL), "access_denied"}


def test_the_commission_that_the_test_hint_names_is_not_asked_about(worlds):
    world = worlds.make(document(commission(1), commission(2)))

    received = STAFF.login(world, hint="test:anna;commission=SE2321000016-C2")

    assert received.attributes["commissionHsaId"] == ("SE2321000016-C2",)


def test_a_commission_that_is_withdrawn_in_the_middle_is_not_delivered(worlds):
    world = worlds.make(document(commission(1), commission(2)))
    browser, page = at_service(world, "saml", STAFF)
    apply(world.settings, document(commission(1)), world.clock)

    answer = browser.follow(browser.post(*page.form("/uppdrag", commission="SE2321000016-C2")))

    assert answer.page in {"U9", "U5"}
    if answer.page == "U9":
        assert STAFF.read(world, answer).attributes["commissionHsaId"] == ("SE2321000016-C1",)


def test_a_person_who_identifies_anew_is_asked_anew(worlds):
    world = worlds.make(document(commission(1), commission(2)))
    browser, page = at_service(world, "saml", STAFF)
    login = page.form("/avbryt")[0].split("/")[2]
    choice = browser.get(f"/login/{login}")

    again = browser.follow(browser.post(*choice.form("/login/", method="test")))
    assert again.page == "test"
    assert browser.follow(browser.get(f"/login/{login}/uppdrag")).page in {"U1", "U8"}


# --- consent


@PROTOCOLS
def test_consent_is_asked_once_and_remembered(worlds, protocol):
    world = worlds.make(document())
    browser, page = at_service(world, protocol, ASKS)
    assert page.page == "U7"
    assert "Andersson" in page.text

    answer = browser.post(*page.form("/samtycke", answer="yes"))
    _, again = at_service(world, protocol, ASKS)

    assert done(protocol, answer)
    assert done(protocol, again)
    (event,) = world.events("consent.recorded")
    assert event["given"] is True
    assert set(event["attributes"]) == set(NAMES)


@PROTOCOLS
def test_a_no_is_told_to_the_service_and_not_remembered(worlds, protocol):
    world = worlds.make(document())
    browser, page = at_service(world, protocol, ASKS)

    answer = browser.post(*page.form("/samtycke", answer="no"))

    assert error_of(world, protocol, ASKS, answer) in {("Requester", "RequestDenied"), "access_denied"}
    assert [event["given"] for event in world.events("consent.recorded")] == [False]
    assert at_service(world, protocol, ASKS)[1].page == "U7"


def test_consent_to_one_service_is_none_to_another(worlds):
    world = worlds.make(document())
    browser, page = at_service(world, "saml", ASKS)
    browser.post(*page.form("/samtycke", answer="yes"))

    assert browser.follow(browser.get(ASKS2.redirect(world, hint=None))).page == "U7"


def test_consent_is_asked_again_when_the_details_change(worlds):
    world = worlds.make(document())
    browser, page = at_service(world, "saml", ASKS)
    browser.post(*page.form("/samtycke", answer="yes"))
    more = document()
    more["services"][2]["attributes"] = [*NAMES, "personalIdentityNumber"]
    apply(world.settings, more, world.clock)
    world.app.snapshots.refresh()

    assert at_service(world, "saml", ASKS)[1].page == "U7"


@pytest.mark.parametrize("shown", ["", "0" * 64, "å", "A" * 5000])
def test_a_yes_to_something_else_than_was_shown_asks_anew(worlds, shown):
    world = worlds.make(document())
    browser, page = at_service(world, "saml", ASKS)

    answer = browser.follow(browser.post(*page.form("/samtycke", answer="yes", shown=shown)))

    assert answer.page == "U7"
    assert not world.events("saml.assertion-issued")
    assert not world.events("consent.recorded")


@pytest.mark.parametrize("answer", ["", "maybe", None])
def test_an_answer_that_is_none_asks_anew(worlds, answer):
    world = worlds.make(document())
    browser, page = at_service(world, "saml", ASKS)
    given = {} if answer is None else {"answer": answer}

    assert browser.follow(browser.post(*page.form("/samtycke", **given))).page == "U7"


def test_passive_never_asks_for_consent(worlds):
    world = worlds.make(document())
    browser = world.browser()
    SP.login(world, browser)

    assert ASKS.login(world, browser, passive=True, hint=None).status == ("Responder", "NoPassive")


def test_a_page_of_consent_that_is_no_longer_the_question_finishes(worlds):
    world = worlds.make(document())
    browser, page = at_service(world, "saml", ASKS)
    apply(world.settings, {**document(), "services": [ASKS.entry(consent="never"), SP.entry()]}, world.clock)
    world.app.snapshots.refresh()
    action, fields = page.form("/samtycke", answer="yes")

    assert ASKS.read(world, browser.get(action)).content is not None
    assert browser.post(action, fields).cause == "login-used"


def test_who_answers_after_the_service_began_to_want_more_identifies_again(worlds):
    """The question was put to who was signed on already, at a level that no longer does."""
    world = worlds.make(document())
    browser = world.browser()
    SP.login(world, browser, hint="test:anna")
    page = browser.follow(browser.get(ASKS.redirect(world, hint=None)))
    assert page.page == "U7"
    apply(world.settings, {**document(), "services": [ASKS.entry(levels=[LEVEL4]), SP.entry()]}, world.clock)
    world.app.snapshots.refresh()

    answer = browser.follow(browser.post(*page.form("/samtycke", answer="yes")))

    assert answer.page == "U8"
    assert not world.events("consent.recorded")


def test_an_answer_to_a_question_that_is_gone_follows_the_decision(worlds):
    world = worlds.make(document())
    browser, page = at_service(world, "saml", ASKS)
    apply(world.settings, {**document(), "services": [ASKS.entry(consent="never"), SP.entry()]}, world.clock)
    world.app.snapshots.refresh()

    answer = browser.post(*page.form("/samtycke", answer="yes"))

    assert ASKS.read(world, answer).content is not None
    assert not world.events("consent.recorded")
