"""Patient context of a token: which patient it is about, what may be done, in which commission, with which information.

Owns the one type of authorization details (RFC 9396) that is understood here, as values, and how a smaller wish is compared
with a larger one. Reading the JSON is the protocol's; the decision itself is `trust_framework.care_access`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from trust_framework.care import Activity, CareActor, Purpose, Resource
from trust_framework.care_access import AccessQuestion
from trust_framework.directory import Acting, commission_attributes, employment_attributes
from trust_framework.identifiers import Identifier, hsa_compare_form

TYPE: Final = "urn:tillit:patient-context"
"""The type's name: the same at every issuer, so that a resource server may take tokens of several."""

ACTIONS: Final[Mapping[str, Activity]] = {
    activity.name.lower(): activity for activity in Activity if activity is not Activity.EMERGENCY
}
"""What may be asked for. Emergency access is begun on a page or by a contract, where its reason is given; never by a token."""

OWN: Final = "own"
"""The id of the one resource that is meant where none is named: what the unit of the commission has recorded itself."""


@dataclass(frozen=True, slots=True)
class ContextWish:
    """What a client asks for. `care_unit`, `commission` (HSA-ids in compare form) and `purpose` narrow the commissions that
    will do, empty for any; no `resources` is what the commission's own unit has recorded.
    """

    patient: Identifier
    actions: tuple[str, ...]
    care_unit: str = ""
    commission: str = ""
    purpose: str = ""
    resources: tuple[Resource, ...] = ()

    def commissions(self) -> dict[str, tuple[str, ...]]:
        """The values that a commission must have, by catalogue name."""
        asked = {
            "healthCareUnitHsaId": self.care_unit,
            "commissionHsaId": self.commission,
            "commissionPurpose": self.purpose,
        }
        return {name: (value,) for name, value in asked.items() if value}

    def narrowed_to(self, other: "ContextWish") -> "ContextWish | None":
        """Another wish as this one grants it, None when it asks for anything that this one does not (RFC 9396 section 6.1):
        it may leave out what was chosen since, name fewer actions, and fewer of the same resources.
        """
        for asked, granted in (
            (other.care_unit, self.care_unit),
            (other.commission, self.commission),
            (other.purpose, self.purpose),
        ):
            if asked not in {"", granted}:
                return None
        if other.patient != self.patient or not set(other.actions) <= set(self.actions):
            return None
        if not set(other.resources) <= set(self.resources):
            return None
        return replace(self, actions=other.actions, resources=other.resources or self.resources)

    def only(self, actions: Collection[str], resources: Collection[str]) -> "ContextWish | None":
        """The same wish with no more than these actions and resources (by id), None when nothing is left of it."""
        kept = tuple(action for action in self.actions if action in actions)
        named = tuple(resource for resource in self.resources if resource.id in resources)
        if not kept or (self.resources and not named):
            return None
        return replace(self, actions=kept, resources=named)

    def chosen(self, commission: str) -> "ContextWish":
        """The same wish bound to the commission that was chosen: it never goes over to another one."""
        return replace(self, commission=hsa_compare_form(commission))


def actor_of(acting: Acting, person: str) -> CareActor | None:
    """Who asks: the person in a commission; None when no care provider or no employee is known, so that nothing can be
    decided.
    """
    if acting.commission is None:
        return None
    has = commission_attributes(acting.commission)
    staff = employment_attributes(acting.employment) if acting.employment else {}

    def first(name: str) -> str:
        return next(iter(has.get(name) or staff.get(name) or ()), "")

    provider, employee = hsa_compare_form(first("healthCareProviderHsaId")), hsa_compare_form(first("employeeHsaId"))
    if not provider or not employee:
        return None
    return CareActor(
        employee=employee,
        unit=hsa_compare_form(first("healthCareUnitHsaId")),
        provider=provider,
        purpose=first("commissionPurpose") or Purpose.CARE,
        commission=hsa_compare_form(acting.commission.hsa_id),
        person=person,
        licences=staff.get("healthcareProfessionalLicense", ()),
    )


def question(wish: ContextWish, actor: CareActor) -> AccessQuestion:
    """The question that a wish is, in the commission that was chosen."""
    own = Resource(OWN, actor.provider, actor.unit)
    return AccessQuestion(actor, wish.patient, wish.resources or (own,))
