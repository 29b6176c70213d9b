"""Patient relations (patientrelationer): that an employee, or a unit, takes part in a patient's care for a time.

A technical control of its own, distinct from consent (RIV-TA ehr:patientrelationship 1).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trust_framework.care import Act, CareActor, Period
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

    @property
    def stands(self) -> bool:
        """Whether it was neither ended nor voided."""
        return self.cancelled is None and self.deleted is None

    def serves(self, actor: CareActor, now: int) -> bool:
        """Whether it is a relation of whoever asks, now."""
        return (
            self.stands
            and self.provider == actor.provider
            and actor.within(self.unit, self.employee)
            and self.period.holds(now)
        )


def relation_for(relations: Iterable[CareRelation], actor: CareActor, now: int) -> CareRelation | None:
    """The relation of whoever asks, None for none: of several the latest registered."""
    serving = (relation for relation in relations if relation.serves(actor, now))
    return max(serving, key=lambda relation: (relation.registered.registered_at, relation.id), default=None)
