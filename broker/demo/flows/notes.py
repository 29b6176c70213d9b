"""Flows: a record service behind the guard: what a token with patient context opens, and who sees that it was read."""

from broker.demo.browser import Page
from broker.demo.flows import Stage
from broker.demo.flows.care import CLINIC, EMERGENCY, emergency_begun, registered, with_patient
from broker.demo.notes import NOTES, UNITS
from broker.demo.person import Person, expect, hold

PATIENT = "cecilia"
NEARBY = tuple(UNITS)[-1]


def read_behind_the_guard(stage: Stage) -> None:
    """A nurse who takes part in the patient's care reads what her own unit wrote; what the patient has blocked is not shown until
    she opens it in an emergency, nor after that; and the patient sees that it was read.
    """
    nurse = Person(stage.places, "astrid")
    page = with_patient(nurse)
    registered(nurse, page, "/relationer/ny", whom="unit")
    _shows(_opened(nurse), {EMERGENCY: "", CLINIC: "blocked", NEARBY: "needs-consent"})
    page = emergency_begun(nurse, nurse.browser.get(page.url))
    _shows(_read_again(nurse), {EMERGENCY: "", CLINIC: "", NEARBY: ""})
    nurse.press(page, "/avsluta")
    _shows(_fetched(nurse), {EMERGENCY: "", CLINIC: "closed", NEARBY: "closed"})
    _shows(_read_again(nurse), {EMERGENCY: "", CLINIC: "blocked", NEARBY: "needs-consent"})
    patient = Person(stage.places, "cecilia-id")
    seen = patient.log_in_with_card(patient.browser.get(f"{stage.places.broker}/min-sida/atkomst"))
    hold("Akuten read your information" in seen.document.text, f"the patient does not see that it was read: {seen}")


def _opened(nurse: Person) -> Page:
    """The record viewer, asked for the patient: its form, and back; she is signed on."""
    asking = expect(nurse.at_oidc("record", patient=PATIENT), "record-ask")
    return nurse.press(asking, "/oidc/authorize")


def _read_again(nurse: Person) -> Page:
    return nurse.press_at("record", "refresh")


def _fetched(nurse: Person) -> Page:
    """The page once more, with the token that it has."""
    return nurse.browser.get(f"{nurse.places.oidc_service}/record")


def _shows(page: Page, expected: dict[str, str]) -> None:
    """Each unit's note, or why it is not shown."""
    expect(page, "record-service", state="in")
    cells = {
        cell.attributes["data-field"]: cell for cell in page.document.find("td") if "data-field" in cell.attributes
    }
    for unit, why in expected.items():
        told = cells[unit].attributes.get("data-why", "")
        hold(told == why, f"{UNITS[unit][1]}: {told or 'open'}, not {why or 'open'}, at {page}")
        hold(
            (cells[unit].text in NOTES[PATIENT][unit]) is not bool(why), f"{UNITS[unit][1]} shows {cells[unit].text!r}"
        )
