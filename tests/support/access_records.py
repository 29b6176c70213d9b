"""Records of the access log with all their fields, for tests that state only what matters to them."""

from dataclasses import replace
from typing import Any

from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.access_log import AccessedResource, AccessRecord
from trust_framework.care import Activity, Purpose
from trust_framework.identifiers import Identifier


def resource(patient: Identifier | None = a.PATIENT, **changes: Any) -> AccessedResource:
    """A note of a patient at the unit."""
    whole = AccessedResource(
        "Journaltext",
        a.PROVIDER,
        "Region Ett",
        a.UNIT,
        "Vårdcentralen",
        patient,
        "Tolvan Tolvansson" if patient else "",
    )
    return replace(whole, **changes)


def record(*resources: AccessedResource, **changes: Any) -> AccessRecord:
    """A nurse reads a patient's note."""
    whole = AccessRecord(
        a.new_id(),
        "SE2321000016-SYS1",
        Activity.READ.value,
        NOW - 60,
        Purpose.CARE.value,
        a.NURSE,
        a.PROVIDER,
        a.UNIT,
        resources or (resource(),),
        system_name="Journalen",
        level="Vårdbegäran",
        arguments="senaste året",
        user_name="Anna Åkesson",
        person_id="198906059483",
        assignment="Vård på vårdcentralen",
        title="Sjuksköterska",
        provider_name="Region Ett",
        unit_name="Vårdcentralen",
    )
    return replace(whole, **changes)
