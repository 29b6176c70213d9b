"""U6 in a login: whom it is about, asked where the service takes it, told in both protocols, looked at again by every refresh."""

import html
import re
from base64 import b64encode
from datetime import date

import pytest

from broker.login.effects import Effects, PersonKey
from broker.login.facts import mandates
from broker.login.person import RevokeRepresentation
from broker.login.questions import by_itself
from broker.login.request import Transaction
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import MEMBER, NAMES, SECRET, claims, client, federation
from trust_framework.case import AskCommission, AskConsent, AskOnBehalf
from trust_framework.days import midnight
from trust_framework.directory import Commission
from trust_framework.on_behalf import MYSELF
from trust_framework.representation import Kind, Representation

TOLD = [
    "representedRelation",
    "representedName",
    "representedPersonalIdentityNumber",
    "representedOrganizationIdentifier",
]
URN = "urn:tillit:attribute:"
SCOPE = "openid profile offline_access urn:tillit:scope:on-behalf-of"
KINDS = ["guardian", "power", "signatory"]
ALVA, TIM, LO, BO = "201705012381", "201203102395", "201806152391", "194001012394"
PERSONS = [
    {"id": "anna", "personalIdentityNumber": "191212121212", "givenName": "Anna", "sn": "Andersson"},
    {"id": "alva", "personalIdentityNumber": ALVA, "givenName": "Alva", "sn": "Ek"},
    {"id": "tim", "personalIdentityNumber": TIM, "givenName": "Tim", "sn": "Ek"},
    {"id": "lo", "personalIdentityNumber": LO, "givenName": "Lo", "sn": "Hemlig", "protected": "true"},
    {"id": "bo", "personalIdentityNumber": BO, "givenName": "Bo", "sn": "Ek"},
    {"id": "eva", "personalIdentityNumber": "198001019291", "givenName": "Eva", "sn": "Ek"},
]
REPRESENTATIONS = [
    {"id": "R-alva", "person": "alva", "representative": "anna", "kind": "guardian"},
    {"id": "R-tim", "person": "tim", "representative": "anna", "kind": "guardian"},
    {"id": "R-lo", "person": "lo", "representative": "anna", "kind": "guardian"},
    {
        "id": "R-bo",
        "person": "bo",
        "representative": "anna",
        "kind": "power",
        "valid_until": "2027-03-01",
        "services": ["sp", "rp"],
    },
    {"id": "R-eva", "person": "eva", "representative": "anna", "kind": "power", "valid_until": "2027-03-01"},
    {
        "id": "R-firm",
        "organisation": {"number": MEMBER, "name": "Exempelkommunen"},
        "representative": "anna",
        "kind": "signatory",
    },
]
ALL = [*NAMES, *TOLD]
SP = Peer(extra={"attributes": ALL, "on_behalf_of": KINDS})
PLAIN = Peer("plain", key="plain", extra={"attributes": ALL})
PROTOCOLS = pytest.mark.parametrize("protocol", ["saml", "oidc"])


def rp(client_id="rp", **more):
    entry = client(client_id, attributes=ALL, scope=SCOPE)
    return {**entry, "on_behalf_of": KINDS, **more}


def document(**changes):
    parts = {"persons": PERSONS, "representations": REPRESENTATIONS, **changes}
    return federation(SP.entry(), rp(), PLAIN.entry(), rp("plain-rp", on_behalf_of=[]), **parts)


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    """A world that nobody changes."""
    return lasting_worlds.make(document())


def at_service(world, protocol, service="", who="anna", browser=None, **given):
    """Where the browser of somebody who typed a name on the test page comes to."""
    browser = browser or world.browser()
    if protocol == "saml":
        peer = PLAIN if service == "plain" else SP
        page = browser.follow(browser.get(peer.redirect(world, hint=None, **given)))
    else:
        given = {"scope": SCOPE, **given}
        url = world.authorize_url("plain-rp" if service == "plain" else "rp", login_hint=None, **given)
        page = browser.follow(browser.get(url))
    if page.page == "test":
        page = browser.follow(browser.post(*page.form("/test", username=who)))
    return browser, page


def choices(page):
    """What the page offers: label to value, in order."""
    values = dict(re.findall(r'<input type="radio" id="(whom-\d+)" name="whom" value="([^"]*)"', page.text))
    labels = re.findall(r'<label for="(whom-\d+)">(.*?)</label>', page.text, re.DOTALL)
    found = {}
    for id_, inside in labels:
        words = re.sub(r"<[^>]+>", " ", inside)
        found[" ".join(html.unescape(words).split())] = values[id_]
    return found


def choose(browser, page, part):
    """Choose the one whose label has this."""
    (value,) = [value for label, value in choices(page).items() if part in label]
    return browser.follow(browser.post(*page.form("/vem", whom=value)))


def told(world, protocol, answer):
    """What the service is told of whom the person acts for."""
    if protocol == "saml":
        found = SP.read(world, answer).attributes
        return {name: found[name][0] for name in TOLD if name in found}
    response = world.redeem(answer.sent_back["code"]).json
    return {name: value for name in TOLD if (value := info(world, response).get(URN + name))}


def info(world, response):
    """The answer of userinfo."""
    return world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {response['access_token']}").json


def error_of(world, protocol, answer):
    return SP.read(world, answer).status[1] if protocol == "saml" else answer.sent_back["error"]


def revoke(world, name="bo"):
    """Bo takes his power back."""
    number = next(each["personalIdentityNumber"] for each in PERSONS if each["id"] == name)
    (person,) = world.store.persons_by_keys((PersonKey("personalIdentityNumber", number),))
    (one,) = [each for each in world.store.representations_of(person) if each.person == person]
    world.store.commit(Effects((RevokeRepresentation(one.id, person, world.clock.now),)))


# --- the question


@PROTOCOLS
def test_what_holds_now_is_offered_in_words_and_oneself_is_chosen(shared, protocol):
    _, page = at_service(shared, protocol)

    assert page.page == "U6"
    assert list(choices(page)) == [
        "Mig själv – Anna Andersson",
        "Mitt barn: Alva Ek, 9 år till och med 2030-04-30",
        "Med fullmakt: Bo Ek till och med 2027-03-01",
        "Exempelkommunen (firmatecknare)",
    ]
    assert re.search(r'value="myself" checked', page.text)
    assert "Hemlig" not in page.text
    assert "Tim" not in page.text
    assert not [one for one in PERSONS if one["personalIdentityNumber"] in page.text], "no number of anybody is there"


def test_the_question_is_put_in_english_too(shared):
    browser = shared.browser(**{"Accept-Language": "en"})
    _, page = at_service(shared, "oidc", browser=browser)
    assert "My child: Alva Ek, 9 years" in " ".join(choices(page))
    assert "Who is it about?" in page.text


@PROTOCOLS
@pytest.mark.parametrize(
    ("whom", "expected"),
    [
        ("Alva", {TOLD[0]: "guardian", TOLD[1]: "Alva Ek", TOLD[2]: ALVA}),
        ("Bo", {TOLD[0]: "power", TOLD[1]: "Bo Ek", TOLD[2]: BO}),
        ("firmatecknare", {TOLD[0]: "signatory", TOLD[1]: "Exempelkommunen", TOLD[3]: MEMBER}),
        ("Mig själv", {}),
    ],
)
def test_the_service_is_told_whom_was_chosen_and_the_log_has_it(shared, protocol, whom, expected):
    name = {"saml": "saml.assertion-issued", "oidc": "oidc.code-issued"}[protocol]
    before = len(shared.events(name))
    browser, page = at_service(shared, protocol)

    answer = choose(browser, page, whom)

    assert told(shared, protocol, answer) == expected
    (event,) = shared.events(name)[before:]
    assert bool(event.get("on_behalf")) is bool(expected)
    traced = {row[2] for row in event["trace"] if len(row) > 2 and row[1] == "released"}
    assert traced & set(TOLD) == set(expected)
    assert set(event["released"]) & set(TOLD) == set(expected)
    assert "Alva" not in str(event), "the log has names of details, never their values"
    if expected:
        assert event in [each.event for each in shared.store.log_waiting_by_representation(event["on_behalf"])]


def test_the_subject_is_the_person_who_logged_in_whomever_they_act_for(shared):
    subjects = set()
    for whom in ("Alva", "Mig själv"):
        browser, page = at_service(shared, "oidc")
        response = shared.redeem(choose(browser, page, whom).sent_back["code"]).json
        subjects.add(claims(response["id_token"])["sub"])
        assert claims(response["id_token"]).get("act") is None
        assert info(shared, response)["given_name"] == "Anna"
    assert len(subjects) == 1


@PROTOCOLS
def test_a_service_that_does_not_take_it_asks_nothing_and_is_told_nothing(shared, protocol):
    _, answer = at_service(shared, protocol, "plain")
    if protocol == "saml":
        assert set(PLAIN.read(shared, answer).attributes).isdisjoint(TOLD)
    else:
        assert "code" in answer.sent_back


def test_a_service_that_does_not_ask_for_it_this_time_asks_nobody(shared):
    _, answer = at_service(shared, "oidc", scope="openid profile")
    assert "code" in answer.sent_back


@PROTOCOLS
def test_who_may_act_for_nobody_is_not_asked(shared, protocol):
    _, answer = at_service(shared, protocol, who="bo")
    assert told(shared, protocol, answer) == {}


@PROTOCOLS
def test_it_is_asked_anew_at_each_login_and_never_passively(shared, protocol):
    browser, page = at_service(shared, protocol)
    choose(browser, page, "Alva")

    assert at_service(shared, protocol, browser=browser)[1].page == "U6"
    if protocol == "saml":
        assert SP.login(shared, browser, hint=None, passive=True).status == ("Responder", "NoPassive")
    else:
        answer = browser.get(shared.authorize_url(login_hint=None, scope=SCOPE, prompt="none"))
        assert answer.sent_back["error"] == "interaction_required"


@PROTOCOLS
def test_turning_back_at_the_question_is_a_cancel(shared, protocol):
    browser, page = at_service(shared, protocol)
    answer = browser.post(*page.form("/avbryt"))
    assert error_of(shared, protocol, answer) in {"http://id.elegnamnden.se/status/1.0/cancel", "access_denied"}


# --- forged and late answers


@pytest.mark.parametrize(
    "choice", [None, "", "jag", "R-alva", "../etc", "å", "' or 1=1", "x" * 5000, "tim", "eva", "lo", "of another"]
)
def test_a_choice_that_was_not_offered_is_asked_for_again(shared, choice):
    """Also ids that exist: of a child too old, of a power for another service, of a protected child, of another's."""
    browser, page = at_service(shared, "oidc")
    ids = {"tim": TIM, "eva": "198001019291", "lo": LO}
    if choice in ids:
        (person,) = shared.store.persons_by_keys((PersonKey("personalIdentityNumber", ids[choice]),))
        (choice,) = [each.id for each in shared.store.representations_of(person)]
    given = {} if choice is None else {"whom": choice}

    answer = browser.follow(browser.post(*page.form("/vem", **given)))

    assert answer.page == "U6"
    if not choice:
        assert "Välj vem det gäller." in answer.text


def test_a_form_without_our_token_or_from_another_browser_chooses_nobody(shared):
    browser, page = at_service(shared, "oidc")
    action, fields = page.form("/vem", whom="myself")
    assert browser.post(action, {**fields, "csrf": "x"}).cause == "form-stale"
    assert shared.browser().post(action, fields).cause == "other-browser"


def test_the_answered_question_is_gone(shared):
    browser, page = at_service(shared, "oidc")
    action, fields = page.form("/vem", whom="myself")
    assert browser.get(action).page == "U6"
    assert "code" in browser.post(action, fields).sent_back
    assert browser.post(action, fields).cause == "login-used"
    assert browser.get(action).cause == "login-used"


def test_an_address_of_the_question_before_anybody_has_identified_leads_to_the_choice_of_methods(shared):
    browser = shared.browser()
    page = browser.follow(browser.get(shared.authorize_url(login_hint=None, scope=SCOPE)))
    action = page.form("/test")[0].replace("/test", "/vem")
    assert browser.get(action).status == 303


@PROTOCOLS
def test_a_power_taken_back_between_the_page_and_the_answer_stops_it(worlds, protocol):
    world = worlds.make(document())
    browser, page = at_service(world, protocol)
    revoke(world)

    answer = choose(browser, page, "Bo")

    assert answer.page == "U6", "it is asked again, without him"
    assert "Bo Ek" not in answer.text


def test_a_power_taken_back_after_the_answer_stops_the_login_with_a_way_on(worlds):
    asks = document()
    asks["services"][1]["consent"] = "ask"
    world = worlds.make(asks)
    browser, page = at_service(world, "oidc")
    consent = choose(browser, page, "Bo")
    assert consent.page == "U7"
    assert "Bo Ek" in consent.text
    revoke(world)

    refused = browser.follow(browser.post(*consent.form("/samtycke", answer="yes")))

    assert (refused.page, refused.cause) == ("U10", "represent-none")
    assert world.events("login.decided")[-1]["reason"] == "represent-none"
    assert not world.events("oidc.code-issued")
    assert refused.form("/login/", method="test"), "the way on is to try again"
    again = browser.follow(browser.get(refused.form("/avbryt")[0].replace("/avbryt", "/fortsatt")))
    assert (again.page, "Bo Ek" in again.text) == ("U6", False)


def test_a_child_turns_thirteen_between_the_page_and_the_answer(worlds):
    eve = midnight(date(2030, 5, 1)) - 30
    world = worlds.make(document(representations=REPRESENTATIONS[:1]))
    world.clock.now = eve
    browser, page = at_service(world, "oidc")
    assert "Alva Ek, 12 år" in " ".join(choices(page))
    action, fields = page.form("/vem", whom=choices(page)["Mitt barn: Alva Ek, 12 år till och med 2030-04-30"])
    world.clock.now += 30

    answer = browser.follow(browser.post(action, fields))

    assert "code" in answer.sent_back, "there is no question any more: she acts for herself"
    assert told(world, "oidc", answer) == {}


# --- afterwards


def refreshed(world, response):
    return world.token(grant_type="refresh_token", refresh_token=response["refresh_token"])


def test_a_refresh_says_the_same_until_the_power_is_taken_back(worlds):
    world = worlds.make(document())
    browser, page = at_service(world, "oidc")
    response = world.redeem(choose(browser, page, "Bo").sent_back["code"]).json
    second = refreshed(world, response).json
    assert info(world, second)[f"{URN}representedName"] == "Bo Ek"
    revoke(world)

    assert refreshed(world, second).json["error"] == "invalid_grant"
    userinfo = world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {second['access_token']}")
    assert userinfo.status == 401
    introspected = world.request(
        "POST",
        "/oidc/introspect",
        {"token": second["access_token"]},
        Authorization="Basic " + b64encode(f"rp:{SECRET}".encode()).decode(),
    )
    assert introspected.json == {"active": False}
    decided = [event for event in world.events("login.decided") if event.get("on_behalf")]
    assert {event["reason"] for event in decided if event["decision"] == "Refused"} == {"represent-none"}


def test_a_refresh_for_oneself_goes_on_when_a_power_comes_later(worlds):
    world = worlds.make(document(representations=[]))
    _, answer = at_service(world, "oidc")
    response = world.redeem(answer.sent_back["code"]).json
    world.reapply(document())

    again = refreshed(world, response)

    assert again.status == 200
    assert set(info(world, again.json)).isdisjoint({URN + name for name in TOLD})


@pytest.mark.parametrize("change", ["takes it no longer", "may not be told any more"])
def test_a_service_that_takes_it_no_longer_gets_no_refresh(worlds, change):
    world = worlds.make(document())
    browser, page = at_service(world, "oidc")
    response = world.redeem(choose(browser, page, "Alva").sent_back["code"]).json
    after = document()
    after["services"][1] |= {"on_behalf_of": []} if change == "takes it no longer" else {"attributes": NAMES}
    world.reapply(after)

    assert refreshed(world, response).json["error"] == "invalid_grant"


def test_of_who_has_been_forgotten_nothing_is_offered():
    class Store:
        def representations_of(self, _):
            return (Representation("r", "gone", "anna", Kind.GUARDIAN), Representation("o", "anna", "anna", Kind.OWN))

        def person(self, _):
            return None

    class On:
        store = Store()

    assert mandates("anna", On()) == ()


def test_where_no_page_may_be_shown_the_first_commission_is_taken_nobody_else_is_acted_for_and_the_details_go():
    tx = Transaction("id", "ref", None, b"", 0, 1)
    first, second = Commission("SE1"), Commission("SE2")
    assert by_itself(tx, AskCommission((first, second))).commission == "SE1"
    assert by_itself(tx, AskOnBehalf(())).on_behalf == MYSELF
    assert by_itself(tx, AskConsent({}, {}, "shown")).consented == "shown"


def test_the_test_method_answers_for_the_person_that_it_is_for_nobody_else(worlds, monkeypatch):
    monkeypatch.undo()
    world = worlds.make(document())
    response = world.tokens(scope=SCOPE)
    assert set(info(world, response)).isdisjoint({URN + name for name in TOLD})
