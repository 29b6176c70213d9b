"""Flows: what a person is asked: in which commission, for whom, and whether details may go."""

from broker.demo.browser import NotHeld, Page
from broker.demo.flows import Stage
from broker.demo.flows.logins import shows
from broker.demo.people import COMMISSION_ADMIN, COMMISSION_CLINIC, FOR_OTHERS, STAFF_ID, SUPPLIER
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


def on_behalf(stage: Stage) -> None:
    """The mother is asked for whom, anew at each login: for her child, then for her company, then for herself."""
    person = Person(stage.places, "cecilia-id")
    page = person.log_in_with_card(person.at_oidc(FOR_OTHERS))
    shows(
        _for(person, page, "Alva"), "oidc-service", f"{LOA}3", family_name="Testlund", **_told("Name", "Alva Testlund")
    )
    page = _for(person, person.at_oidc(FOR_OTHERS), "Exempelbolaget")
    shows(
        page, "oidc-service", f"{LOA}3", **_told("Relation", "signatory"), **_told("OrganizationIdentifier", SUPPLIER)
    )
    page = person.press(expect(person.at_oidc(FOR_OTHERS), "U6"), "/vem", whom="myself")
    hold("represented" not in page.document.text, f"told for whom, though it was for herself: {page}")


def _for(person: Person, page: Page, name: str) -> Page:
    """Choose the one whose label begins or ends so."""
    labels = expect(page, "U6").document.find("label")
    chosen = [label.attributes["for"] for label in labels if name in label.text]
    hold(len(chosen) == 1, f"{name} is not to be chosen at {page}")
    (radio,) = page.document.find("input", id=chosen[0])
    return person.press(page, "/vem", whom=radio.attributes["value"])


def _told(what: str, value: str) -> dict[str, str]:
    return {f"urn:tillit:attribute:represented{what}": value}


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
