"""Consents of care (samtycken) to read what other providers have recorded, and their emergency form.

Another thing than the consent to release details to a service (`trust_framework.consent`)
(RIV-TA informationsecurity:authorization:consent 2).
"""

from dataclasses import dataclass
from enum import StrEnum

from trust_framework.care import Act, Period
from trust_framework.identifiers import Identifier


class ConsentType(StrEnum):
    """By the patient's word, or because care could not wait for it (assertionType)."""

    CONSENT = "Consent"
    EMERGENCY = "Emergency"


@dataclass(frozen=True, slots=True)
class CareConsent:
    """An assertion: who may read, at which unit (`employee` empty: all of it), when; `represented_by` who spoke for the patient.

    `cancelled` ended it, `deleted` voided a mistaken one; both are kept.
    """

    id: str
    type: ConsentType
    patient: Identifier
    provider: str
    unit: str
    period: Period
    registered: Act
    employee: str = ""
    represented_by: Identifier | None = None
    cancelled: Act | None = None
    deleted: Act | None = None
