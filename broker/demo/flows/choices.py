"""Flows: what a person is asked: in which commission, and whether details may go."""

from broker.demo.browser import NotHeld, Page
from broker.demo.flows import Stage
from broker.demo.flows.logins import shows
from broker.demo.people import COMMISSION_ADMIN, COMMISSION_CLINIC, STAFF_ID
from broker.demo.person import Person, expect, hold
from broker.demo.places import LOA


def commission_choice(stage: Stage) -> None:
    """Two complete commissions are offered, the incomplete third is not; the chosen one is what the service gets."""
    person = Person(stage.places, "tolvan")
    page = expect(person.log_in_with_card(person.at_saml(who="staff")), "U5")
    offered = {node.attributes["value"] for node in page.document.find("input", name="commission")}
    hold(offered == {COMMISSION_CLINIC, COMMISSION_ADMIN}, f"offered were {sorted(offered)}")
    page = person.press(page, "/uppdrag", commission=COMMISSION_CLINIC)
    shows(
        page, "saml-service", f"{LOA}3", commissionHsaId=COMMISSION_CLINIC, employeeHsaId=STAFF_ID["tolvan"],
        healthCareUnitName="Medicinmottagningen",
    )  # fmt: skip


def single_commission_asks_nothing(stage: Stage) -> None:
    person = Person(stage.places, "astrid")
    page = person.log_in_with_card(person.at_saml(who="staff"))
    shows(page, "saml-service", f"{LOA}3", commissionName="Sjuksköterska på akuten")


def no_commission(stage: Stage) -> None:
    person = Person(stage.places, "bo")
    expect(person.log_in_with_card(person.at_saml(who="staff")), "U10", cause="no-commission")


def consent(stage: Stage) -> None:
    """Refused: the service is told and gets nothing. Given: it gets the details, and later logins do not ask again."""
    person = Person(stage.places, "astrid")
    page = person.log_in_with_card(person.at_oidc("survey"))
    refused = _answer(person, page, "no")
    expect(refused, "failed", what="refused")
    hold(refused.field("error") == "access_denied", f"expected access_denied, got {refused}")
    expect(person.browser.get(f"{stage.places.oidc_service}/survey"), "oidc-service", state="out")
    given = _answer(person, person.at_oidc("survey"), "yes")
    shows(given, "oidc-service", f"{LOA}3", family_name="Exempelberg")
    another = Person(stage.places, "astrid")
    shows(another.log_in_with_card(another.at_oidc("survey")), "oidc-service", f"{LOA}3")


def _answer(person: Person, page: Page, answer: str) -> Page:
    expect(page, "U7")
    if "Exempelberg" not in page.document.text:
        raise NotHeld("the details that would go are not shown")
    return person.press(page, "/samtycke", ("answer", answer))
