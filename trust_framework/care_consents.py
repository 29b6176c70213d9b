"""Consents of care (samtycken) to read what other providers have recorded, and their emergency form.

Another thing than the consent to release details to a service (`trust_framework.consent`)
(RIV-TA informationsecurity:authorization:consent 2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from trust_framework.care import Act, CareActor, Period
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

    @property
    def stands(self) -> bool:
        """Whether it was neither ended nor voided."""
        return self.cancelled is None and self.deleted is None

    def serves(self, actor: CareActor, now: int) -> bool:
        """Whether it lets whoever asks read now: at its unit, and of its employees the one it names."""
        return (
            self.stands
            and self.provider == actor.provider
            and actor.within(self.unit, self.employee)
            and self.period.holds(now)
        )


def consent_for(consents: Iterable[CareConsent], actor: CareActor, now: int) -> CareConsent | None:
    """The one by which whoever asks may read, None for none (hasConsent): of several the latest registered, whose type is
    the answer's assertionType.
    """
    serving = (consent for consent in consents if consent.serves(actor, now))
    return max(serving, key=lambda consent: (consent.registered.registered_at, consent.id), default=None)
