"""What the sample record service has recorded: made-up notes about made-up people, by the unit that wrote them.

Rows only, and the authorization details (RFC 9396) that ask for all of a patient's: a resource's id is its unit's.
"""

from collections.abc import Mapping
from typing import Any, Final

from broker.demo.people import CARE_PROVIDERS, PERSONAS
from trust_framework.identifiers import KINDS
from trust_framework.patient_context import TYPE

NUMBER: Final = KINDS["personnummer"].oid

UNITS: Final[Mapping[str, tuple[str, str]]] = {
    unit: (provider[0], name) for provider, units in CARE_PROVIDERS for unit, name in units
}
"""By HSA-id: provider and name, in the order in which they are shown."""

_CLINIC, _EMERGENCY, _LOCAL = UNITS
NOTES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "cecilia": {
        _CLINIC: ("Årskontroll. Blodtryck 128/82.", "Yearly check. Blood pressure 128/82."),
        _EMERGENCY: ("Bruten handled, gipsad.", "Broken wrist, in plaster."),
        _LOCAL: ("Remiss till hudläkare.", "Referred to a dermatologist."),
    },
    "bo": {
        _CLINIC: ("Vaccinerad mot influensa.", "Vaccinated against influenza."),
        _EMERGENCY: ("Yrsel. Hem efter samtal.", "Dizziness. Sent home after a talk."),
        _LOCAL: ("Hälsosamtal vid 50 år.", "Health talk at 50."),
    },
}
"""By persona and unit, in Swedish and English."""


def of(number: str) -> Mapping[str, tuple[str, str]]:
    """The notes about whom a number stands for, by unit; none for anybody else."""
    return next((notes for person, notes in NOTES.items() if PERSONAS[person].number == number), {})


def asked(person: str) -> dict[str, Any]:
    """What the record viewer asks for: to read what every unit has of a persona."""
    return {
        "type": TYPE,
        "patient": {"system": NUMBER, "value": PERSONAS[person].number},
        "actions": ["read"],
        "resources": [{"id": unit, "provider": provider, "unit": unit} for unit, (provider, _) in UNITS.items()],
    }
