"""Flows: each way to log in, over both protocols, and one sign-on for all services."""

from broker.demo.browser import NotHeld, Page
from broker.demo.flows import Stage
from broker.demo.people import PERSONAS
from broker.demo.person import Person, expect, hold
from broker.demo.places import LOA, MOBILE_LEVEL


def shows(page: Page, mark: str, level: str, **details: str) -> Page:
    """The service's page with somebody logged in, at exactly that level, and these details."""
    expect(page, mark, state="in")
    for name, value in {"level": level, **details}.items():
        if page.field(name) != value:
            raise NotHeld(f"{name} is {page.field(name)!r}, not {value!r}, at {page}")
    return page


def card_to_saml(stage: Stage) -> None:
    person = Person(stage.places, "tolvan")
    page = shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3", sn="Tolvansson")
    hold("EncryptedAssertion" not in page.raw("assertion"), "the assertion shown is not decrypted")
    hold("Assertion" in page.raw("assertion"), "no assertion is shown")


def second_service_asks_nothing(stage: Stage) -> None:
    person = Person(stage.places, "tolvan")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    person.insert(None)
    number = PERSONAS["tolvan"].number
    claim = "https://id.oidc.se/claim/personalIdentityNumber"
    shows(person.at_oidc("booking"), "oidc-service", f"{LOA}3", family_name="Tolvansson", **{claim: number})


def card_to_oidc_then_saml(stage: Stage) -> None:
    person = Person(stage.places, "cecilia-id")
    shows(person.log_in_with_card(person.at_oidc("public")), "oidc-service", f"{LOA}3", family_name="Testlund")
    shows(person.at_saml(), "saml-service", f"{LOA}3", personalIdentityNumber=PERSONAS["cecilia"].number)


def mobile_by_code(stage: Stage) -> None:
    person = Person(stage.places)
    page = person.log_in_with_phone(person.at_oidc("booking"), "cecilia")
    shows(page, "oidc-service", MOBILE_LEVEL, family_name="Testlund")


def mobile_on_this_device(stage: Stage) -> None:
    person = Person(stage.places)
    waiting = expect(person.choose(person.at_oidc("booking"), "bankid:here"), "U3")
    link = next(a.attributes["href"] for a in waiting.document.find("a") if "autostarttoken" in a.attributes["href"])
    app = expect(person.browser.follow(waiting, link), "phone")
    page = person.press(app, app.forms[0].action.partition("?")[0], ("answer", "approve"), person=PERSONAS["bo"].number)
    shows(
        page if page.mark == "oidc-service" else person.wait(page),
        "oidc-service",
        MOBILE_LEVEL,
        family_name="Provström",
    )


def upstream_saml_to_oidc(stage: Stage) -> None:
    person = Person(stage.places)
    page = person.log_in_upstream(person.at_oidc("booking"), "region-idp", "astrid", f"{LOA}3")
    shows(page, "oidc-service", f"{LOA}3", family_name="Exempelberg")


def upstream_openid_to_saml(stage: Stage) -> None:
    person = Person(stage.places)
    page = person.log_in_upstream(person.at_saml(), "bolaget-op", "cecilia", "substantial")
    shows(page, "saml-service", f"{LOA}3", sn="Testlund", personalIdentityNumber=PERSONAS["cecilia"].number)


def step_up(stage: Stage) -> None:
    person = Person(stage.places, "folke-reserve")
    shows(person.log_in_with_card(person.at_saml(level=f"{LOA}2")), "saml-service", f"{LOA}2")
    person.insert("tolvan-4")
    page = person.at_oidc("booking", level=f"{LOA}4")
    shows(person.log_in_with_card(page), "oidc-service", f"{LOA}4")


def level_four_by_card_only(stage: Stage) -> None:
    person = Person(stage.places, "tolvan-4")
    page = person.at_oidc("vault")
    hold(page.mark == "U4", f"the only method that will do is not started at once: {page}")
    shows(person.use_card(page), "oidc-service", f"{LOA}4")


def level_is_never_lowered(stage: Stage) -> None:
    """A card of level 3 does not do where level 4 is asked for, and nobody is logged in."""
    person = Person(stage.places, "tolvan")
    page = person.use_card(person.at_oidc("vault"))
    hold(page.mark == "U10", f"expected an error page, got {page}")
    hold(page.marks.get("data-cause") == "level-too-low", f"expected cause level-too-low, got {page}")
    expect(person.browser.get(f"{stage.places.oidc_service}/vault"), "oidc-service", state="out")


def force_authn(stage: Stage) -> None:
    """With a sign-on, a service that wants a fresh login gets one; over both protocols."""
    person = Person(stage.places, "tolvan")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    for page in (person.at_saml(force="1"), person.at_oidc("booking", prompt="login")):
        hold(page.mark in {"U1", "U8"}, f"expected to be asked again, got {page}")
        done = person.log_in_with_card(page)
        hold(done.marks.get("data-state") == "in", f"not logged in anew: {done}")


def passive_without_session(stage: Stage) -> None:
    person = Person(stage.places)
    refused = expect(person.at_saml(passive="1"), "failed", what="refused")
    hold(refused.field("second").endswith(":NoPassive"), f"expected NoPassive, got {refused}")
    hold("(ref " in refused.field("message"), f"no reference in {refused.field('message')!r}")
    refused = expect(person.at_oidc("booking", prompt="none"), "failed", what="refused")
    hold(refused.field("error") == "login_required", f"expected login_required, got {refused}")
    hold("(ref " in refused.field("error_description"), f"no reference in {refused.field('error_description')!r}")


def passive_with_session(stage: Stage) -> None:
    person = Person(stage.places, "astrid")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    shows(person.at_saml(passive="1"), "saml-service", f"{LOA}3")
    shows(person.at_oidc("booking", prompt="none"), "oidc-service", f"{LOA}3")
