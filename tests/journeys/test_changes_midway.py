"""What the register takes away while a login is on its way, and steps that nothing may be made of."""

from dataclasses import replace

import pytest

from broker.login import journey
from broker.login.facts import case_of
from broker.login.request import LoginRequest, Transaction
from broker.login.steps import Explain, Show, Stage
from broker.protocols.saml.received import saml_of
from idp_adapters.base import Authenticated, Failed, PostForm
from metadata.register import Service, UnknownService
from tests.support.all_methods import everything
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL2, NAMES, PERSONS, apply, client, federation, pressed
from trust_framework.decide import Wanted
from trust_framework.identity import Asserted, Identity, Subject
from trust_framework.reasons import REASONS

SP = Peer()


@pytest.fixture
def outside(worlds, monkeypatch, tmp_path):
    return everything(worlds, monkeypatch, tmp_path, lambda o: federation(SP.entry(), **o.parts()))


def changed(world, *services, **parts):
    apply(world.settings, federation(*(services or (SP.entry(),)), **parts), world.clock)
    world.app.snapshots.refresh()


def at(world, browser, method):
    page = browser.follow(browser.get(SP.redirect(world, hint=None)))
    return browser.post(*page.form("/login/", method=method))


def suspended(outside, provider):
    parts = outside.parts()
    for entry in parts["identity_providers"]:
        if entry["id"] == provider:
            entry["state"] = "suspended"
    return parts


# --- methods


def test_a_card_presented_after_the_method_is_gone_is_explained(outside):
    world, browser = outside.world, outside.world.browser()
    page = browser.follow(at(world, browser, "card"))
    landed = outside.insert_card(page, outside.card()).location
    changed(world, methods={})

    answer = browser.follow(browser.get(landed))

    assert (answer.status, answer.cause) == (403, "blocked-method")
    assert browser.follow(browser.post(*answer.form("/avbryt"))).page == "U9"


@pytest.mark.parametrize("part", ["mobil", "mobil/status", "mobil/kod", "kort", "fortsatt"])
def test_a_page_of_a_method_that_is_gone_leads_to_the_choice(outside, part):
    world, browser = outside.world, outside.world.browser()
    page = browser.follow(at(world, browser, "card" if part == "kort" else "bankid:elsewhere"))
    login = page.form("/avbryt")[0].split("/")[2]
    changed(world, methods={})

    answer = browser.get(f"/login/{login}/{part}")
    answer = browser.follow(browser.get(answer.json["go"])) if part == "mobil/status" else browser.follow(answer)

    assert answer.page in {"U1", "U2-frame"}


def test_turning_back_from_a_method_that_is_gone_still_tells_the_service(outside):
    world, browser = outside.world, outside.world.browser()
    page = browser.follow(at(world, browser, "bankid:elsewhere"))
    changed(world, methods={})

    assert SP.read(world, browser.post(*page.form("/avbryt"))).status[0] == "Requester"


def test_a_home_organisation_that_is_stopped_midway_logs_nobody_in(outside):
    world, browser = outside.world, outside.world.browser()
    sent = at(world, browser, "idp")
    changed(world, **suspended(outside, "idp"))

    answer = outside.came_home(browser, sent)

    assert (answer.status, answer.cause) == (403, "blocked-method")
    assert not world.events("saml.assertion-issued")


def test_a_home_organisation_that_is_gone_midway_has_no_address(outside):
    world, browser = outside.world, outside.world.browser()
    sent = at(world, browser, "op")
    changed(world)

    assert outside.came_home(browser, sent).cause == "upstream-error"


def test_a_stopped_method_is_not_offered_and_the_page_says_so(outside):
    world, browser = outside.world, outside.world.browser()
    changed(world, **suspended(outside, "idp"))

    page = browser.follow(browser.get(SP.redirect(world, hint=None)))

    assert "idp" not in set(pressed(page))
    assert "Region Exempels inloggning" in page.text


def test_a_sign_on_by_a_home_organisation_that_was_stopped_is_not_used(outside):
    world, browser = outside.world, outside.world.browser()
    assert SP.read(world, outside.came_home(browser, at(world, browser, "idp"))).content is not None
    changed(world, **suspended(outside, "idp"))

    assert SP.login(world, browser, passive=True, hint=None).status == ("Responder", "NoPassive")


# --- services, persons


def test_a_service_that_became_an_openid_client_midway_is_not_answered(outside):
    world, browser = outside.world, outside.world.browser()
    page = browser.follow(at(world, browser, "test"))
    changed(world, client("sp"))

    answer = browser.follow(browser.post(*page.form("/test", username="anna")))

    assert (answer.status, answer.cause) == (400, "request-address")
    assert not world.events("saml.assertion-issued")


def test_a_method_pressed_after_the_service_was_stopped_is_not_started(outside):
    world, browser = outside.world, outside.world.browser()
    page = browser.follow(browser.get(SP.redirect(world, hint=None)))
    changed(world, SP.entry(state="suspended"), **outside.parts())

    answer = browser.follow(browser.post(*page.form("/login/", method="idp")))

    assert (answer.status, answer.cause) == (403, "blocked-service")


def test_identifiers_of_two_persons_identify_nobody(worlds):
    world = worlds.make(federation(SP.entry()))
    assert SP.login(world).content is not None
    assert SP.login(world, hint="test:bo").content is not None
    both = [PERSONS[0], {**PERSONS[1], "personalIdentityNumber": PERSONS[0]["personalIdentityNumber"]}]
    world.app.snapshots.refresh()
    methods = world.app.snapshots.federation.methods["test"]
    bo = {k: (v,) for k, v in both[1].items() if k != "id"}
    methods.settings = methods.settings.model_copy(update={"persons": {**methods.settings.persons, "bo": bo}})

    assert SP.login(world, hint="test:bo").status == ("Requester", "AuthnFailed")

    assert world.events("login.failed")[-1]["reason"] == "upstream-value"
    assert world.events("login.failed")[-1]["detail"] == "the identifiers belong to different persons"


def test_an_attribute_without_a_saml_name_does_not_go_over_saml(worlds):
    person = {**PERSONS[0], "middleName": "Maria"}
    world = worlds.make(federation(SP.entry(attributes=[*NAMES, "middleName"]), persons=[person]))

    assert set(SP.login(world).attributes) == set(NAMES)


# --- guards: nothing is made of half a login

REQUEST = LoginRequest("sp", "saml", Wanted((), (), 0), f"{SP.host}/acs")
LOGIN = Transaction("id", "REF", REQUEST, b"b" * 32, 0, 900)


def test_no_decision_is_made_without_a_person(outside):
    with pytest.raises(TypeError):
        case_of(LOGIN, outside.world.app.on.services)


def test_nothing_is_issued_without_a_sign_on(outside):
    world = outside.world
    assert SP.login(world).content is not None
    person = world.events("saml.assertion-issued")[-1]["person"]
    identity = Identity("test", Subject("test", "persona", "anna"), LEVEL2, 0, {"givenName": ("Anna",)})

    with pytest.raises(TypeError, match="without a person and a sign-on"):
        journey.finish(replace(LOGIN, identity=identity, person=person), 0, world.app.on.services)


def test_a_login_at_no_method_stands_at_the_choice_or_at_what_failed(outside):
    on = outside.world.app.on.services

    chosen = journey.standing(LOGIN, 0, on).outcome
    failed = journey.standing(replace(LOGIN, failure="cert-none"), 0, on).outcome

    assert isinstance(chosen, Show)
    assert chosen.stage is Stage.CHOICE
    assert isinstance(failed, Explain)
    assert failed.reason.code == "cert-none"


def test_a_service_without_saml_has_no_saml_side():
    with pytest.raises(UnknownService):
        saml_of(Service("rp"))


# --- what a method may say, beyond what the built-in ones do


class Says:
    """A method that says one thing when it is started."""

    def __init__(self, word):
        self.word = word

    def start(self, ask, now):
        return self.word(ask, now) if callable(self.word) else self.word


def saying(worlds, word, *services):
    world = worlds.make(federation(*(services or (SP.entry(),))))
    snapshots = world.app.snapshots
    snapshots.federation = replace(snapshots.federation, methods={"test": Says(word)})
    return world


def test_a_method_may_send_the_browser_with_a_form(worlds):
    world = saying(worlds, PostForm("https://idp.example/sso", {"SAMLRequest": "x<y"}, b"state"))

    answer = world.browser().get(SP.redirect(world, hint=None))

    assert answer.fields() == ("https://idp.example/sso", {"SAMLRequest": "x<y"})
    assert "https://idp.example" in answer.header("Content-Security-Policy")


def test_a_method_that_wants_no_page_has_its_failure_told_at_once(worlds):
    world = saying(worlds, Failed(REASONS["eid-blocked"], pageless=True))

    assert SP.login(world).status == ("Requester", "AuthnFailed")


def test_a_method_that_answers_for_the_person_is_asked_nothing_more(worlds):
    asks = Peer(extra={"consent": "ask"})
    subject = Subject("test", "persona", "anna")

    def proven(_ask, now):
        asserted = Asserted(subject=subject, level=LEVEL2, authenticated_at=now, attributes={"givenName": ("Anna",)})
        return Authenticated(asserted, pageless=True)

    world = saying(worlds, proven, asks.entry())

    assert asks.login(world).attributes["givenName"] == ("Anna",)
