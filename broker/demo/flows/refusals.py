"""Flows: what must not lead to a login, and that each is told to the person or to the service as what it is."""

from collections.abc import Callable
from urllib.parse import urlencode

from broker.demo.browser import Page
from broker.demo.flows import Flow, Stage
from broker.demo.person import Person, expect, hold


def bad_card(card: str | None, cause: str) -> Flow:
    """A card, or none, and the cause that the page must name. The service then has nobody logged in."""

    def flow(stage: Stage) -> None:
        person = Person(stage.places, card)
        page = expect(person.log_in_with_card(person.at_saml()), "U10", cause=cause)
        hold(bool(page.marks.get("data-reference")), "the error page has no reference")
        expect(person.browser.get(f"{stage.places.saml_service}/"), "saml-service", state="out")

    return flow


def status_unknown(stage: Stage) -> None:
    """While neither OCSP nor the list can be had, a good card is refused; with the list alone it is let in."""
    person = Person(stage.places, "ester")
    try:
        person.trouble(ocsp="down", crl="down")
        expect(person.log_in_with_card(person.at_saml()), "U10", cause="cert-unknown")
        person.trouble(ocsp="down")
        expect(person.log_in_with_card(person.at_saml()), "saml-service", state="in")
    finally:
        person.trouble()


def _mobile(act: Callable[[Person, str], None], cause: str) -> Flow:
    """A mobile login that the phone ends, and the cause that the page must name."""

    def flow(stage: Stage) -> None:
        person = Person(stage.places)
        waiting = person.choose(person.at_oidc("booking"), "bankid:elsewhere")
        act(person, person.scan(waiting))
        expect(person.wait(waiting), "U10", cause=cause)
        expect(person.browser.get(f"{stage.places.oidc_service}/booking"), "oidc-service", state="out")

    return flow


def _decline(person: Person, handle: str) -> None:
    person.phone("decline", handle=handle)


def _expire(person: Person, handle: str) -> None:
    person.phone("fail", handle=handle, hint="expiredTransaction")


def _blocked(person: Person, handle: str) -> None:
    person.approve(handle, "dagny")


mobile_blocked = _mobile(_blocked, "eid-blocked")
mobile_declined = _mobile(_decline, "user-cancelled")
mobile_expired = _mobile(_expire, "eid-expired-order")


def mobile_cancelled_on_screen(stage: Stage) -> None:
    """Cancel goes back to the service, which is told, and the order on the phone is over."""
    person = Person(stage.places)
    waiting = person.choose(person.at_oidc("booking"), "bankid:elsewhere")
    handle = person.scan(waiting)
    refused = expect(person.press(waiting, "/avbryt"), "failed", what="refused")
    hold(refused.field("error") == "access_denied", f"expected access_denied, got {refused}")
    page = person.browser.get(f"{stage.places.phone}/phone/order/{handle}")
    hold(not page.forms, f"the phone can still answer: {page}")


def upstream_cancelled(stage: Stage) -> None:
    person = Person(stage.places)
    for method in ("region-idp", "bolaget-op"):
        page = person.choose(person.at_oidc("booking", prompt="login"), method)
        back = person.press(page, "/choose", ("cancel", "1"))
        hold(back.mark == "U10", f"expected an error page after cancelling at {method}, got {back}")


def unknown_client(stage: Stage) -> None:
    """Neither an unknown client nor an unregistered address is ever answered by redirect."""
    person, base = Person(stage.places), f"{stage.places.broker}/oidc/authorize"
    ours = f"{stage.places.oidc_service}/booking/callback"
    for client_id, redirect_uri in (("nobody", ours), ("demo-booking", f"{stage.places.api}/callback")):
        asked = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": "openid"}
        page = person.browser.get(f"{base}?{urlencode(asked)}")
        _page_here(page, stage)
        cause = "request-unknown-service" if client_id == "nobody" else "request-address"
        expect(page, "U10", cause=cause)


def _page_here(page: Page, stage: Stage) -> None:
    hold(page.url.startswith(stage.places.broker), f"the browser was sent to {page.url}")
    hold(page.status in range(400, 500), f"expected a 4xx page, got {page}")


def unsigned_request(stage: Stage) -> None:
    """A SAML request whose signature was taken away is not served, since the service signs its requests."""
    person = Person(stage.places)
    asked = person.browser.get(f"{stage.places.saml_service}/login", stop=stage.places.broker)
    hold(asked.status == 303, f"expected the service's redirect, got {asked}")  # noqa: PLR2004
    address = asked.location.partition("&SigAlg=")[0]
    page = person.browser.get(address)
    _page_here(page, stage)
    expect(page, "U10", cause="request-signature")


def replayed_request(stage: Stage) -> None:
    """A signed request counts once."""
    person = Person(stage.places)
    asked = person.browser.get(f"{stage.places.saml_service}/login", stop=stage.places.broker)
    expect(person.browser.get(asked.location), "U1")
    _page_here(expect(Person(stage.places).browser.get(asked.location), "U10", cause="request-replayed"), stage)
