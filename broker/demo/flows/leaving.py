"""Flows: logging out over both protocols, alone and with other services in the sign-on."""

from broker.demo.flows import Stage
from broker.demo.flows.logins import shows
from broker.demo.person import Person, expect, hold
from broker.demo.places import LOA


def rp_initiated_logout(stage: Stage) -> None:
    """Back at the service, logged out there and here: the next login asks."""
    person = Person(stage.places, "astrid")
    shows(person.log_in_with_card(person.at_oidc("booking")), "oidc-service", f"{LOA}3")
    out = expect(person.press_at("booking", "logout"), "oidc-service", state="out")
    hold(any(node.attributes.get("data-told") == "logged-out" for node in out.document.walk()), f"not told so: {out}")
    expect(person.at_oidc("booking", prompt="none"), "failed", what="refused")


def saml_logout(stage: Stage) -> None:
    """A sign-on with one service: Success."""
    person = Person(stage.places, "astrid")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    out = expect(person.press_at("saml", "logout"), "saml-service", state="out")
    hold(any(node.attributes.get("data-told") == "logged-out" for node in out.document.walk()), f"not told so: {out}")
    expect(person.at_saml(passive="1"), "failed", what="refused")


def saml_partial_logout(stage: Stage) -> None:
    """Another service was in the sign-on and is not told: PartialLogout, and the sign-on is over all the same."""
    person = Person(stage.places, "astrid")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    shows(person.at_oidc("booking"), "oidc-service", f"{LOA}3")
    out = expect(person.press_at("saml", "logout"), "saml-service", state="out")
    told = [node.attributes.get("data-told") for node in out.document.walk()]
    hold("logged-out-partly" in told, f"the service was not told PartialLogout: {out}")
    expect(person.at_oidc("booking", prompt="none"), "failed", what="refused")


def rp_logout_with_others(stage: Stage) -> None:
    """Another service was in the sign-on: the person stays at the broker and sees which, with a way back."""
    person = Person(stage.places, "tolvan")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    shows(person.at_oidc("booking"), "oidc-service", f"{LOA}3")
    page = expect(person.press_at("booking", "logout"), "U12")
    hold("The record" in page.document.text, f"the other service is not named: {page}")
    expect(person.at_saml(passive="1"), "failed", what="refused")
