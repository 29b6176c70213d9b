"""Patient relations (patientrelationer): that an employee, or a unit, takes part in a patient's care for a time.

A technical control of its own, distinct from consent (RIV-TA ehr:patientrelationship 1).
"""

from dataclasses import dataclass

from trust_framework.care import Act, Period
from trust_framework.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class CareRelation:
    """A relation of an employee (empty: the whole unit) to a patient."""

    id: str
    patient: Identifier
    provider: str
    unit: str
    period: Period
    registered: Act
    employee: str = ""
    cancelled: Act | None = None
    deleted: Act | None = None
