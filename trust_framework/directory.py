"""Staff and their commissions (medarbetaruppdrag), as the directory (identitetsdatalager, HSA) holds them.

Owns which commissions are complete, which satisfy a request, and which one a person acts in when no question is needed.
Whether a question is asked is decided in `trust_framework.decide`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from trust_framework.identifiers import hsa_compare_form
from trust_framework.identity import Attributes

# Without any of these a commission is never used (HSA authorizationmanagement: GetCredentialsForPerson 2.2)
MANDATORY: Final = (
    "commissionName",
    "commissionPurpose",
    "healthCareProviderHsaId",
    "healthCareProviderName",
    "healthcareProviderId",
)
# Both, or neither: a commission placed directly under the care provider has no unit
UNIT: Final = ("healthCareUnitHsaId", "healthCareUnitName")

Filters = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Commission:
    """A commission. `attributes` have catalogue names (commissionHsaId, commissionName, commissionPurpose, …)."""

    hsa_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """One employment of a person: an employeeHsaId with zero or more commissions."""

    hsa_id: str
    attributes: Attributes = field(default_factory=dict)
    commissions: tuple[Commission, ...] = ()


@dataclass(frozen=True, slots=True)
class Acting:
    """In what the person acts: an employment, a commission, both or neither. A commission brings its employment."""

    employment: StaffEntry | None = None
    commission: Commission | None = None

    def known_as(self, hsa_id: str) -> bool:
        """Whether an id that the person chose means this."""
        ids = [self.commission.hsa_id] if self.commission else []
        if self.employment and not self.commission:
            ids = [self.employment.hsa_id, *(c.hsa_id for c in self.employment.commissions)]
        return any(same_id(hsa_id, one) for one in ids)

    def as_choice(self) -> Commission:
        """What the choice page shows. An employment is shown as a commission whose id is the employeeHsaId, with the
        employment's attributes: the same page asks for either, and the answer comes back in `Case.commission`.
        """
        if self.commission:
            return Commission(self.commission.hsa_id, commission_attributes(self.commission))
        entry = self.employment or StaffEntry("")
        return Commission(entry.hsa_id, employment_attributes(entry))


NOWHERE: Final = Acting()


def same_id(one: str, other: str) -> bool:
    """Whether two HSA-ids are the same."""
    return hsa_compare_form(one) == hsa_compare_form(other)


def complete(commission: Commission) -> bool:
    """Whether the commission has every mandatory value. One that lacks any is dropped, never delivered half filled."""
    has = commission.attributes.get
    units = [bool(has(name)) for name in UNIT]
    return bool(commission.hsa_id) and all(has(name) for name in MANDATORY) and all(units) == any(units)


def commission_attributes(commission: Commission) -> Attributes:
    """The commission's attributes with its own id among them."""
    return {**commission.attributes, "commissionHsaId": (commission.hsa_id,)}


def employment_attributes(entry: StaffEntry) -> Attributes:
    """The employment's attributes with its own id among them."""
    return {**entry.attributes, "employeeHsaId": (entry.hsa_id,)}


def asserted_commission(attributes: Attributes) -> Acting:
    """The commission that the login itself tells of: whoever identified the person has already asked."""
    ids = attributes.get("commissionHsaId", ())
    return Acting(commission=Commission(ids[0], attributes)) if ids else NOWHERE


def usable_commissions(staff: tuple[StaffEntry, ...], login: Attributes, filters: Filters) -> tuple[Acting, ...]:
    """Every complete commission that satisfies the values asked for.

    One that the login names goes alone: as the directory has it, else as the login tells it. A commission that only the
    login knows, and only by halves, leaves nothing to act in.
    """
    everywhere = tuple(Acting(e, c) for e in staff for c in e.commissions)
    fitting = _fitting(everywhere, login, filters)
    told = asserted_commission(login)
    if told.commission is None:
        return fitting
    named = told.commission.hsa_id
    if known := tuple(acting for acting in fitting if acting.known_as(named)):
        return known
    if any(acting.known_as(named) for acting in everywhere):
        return fitting
    return _fitting((told,), login, filters)


def _fitting(actings: tuple[Acting, ...], login: Attributes, filters: Filters) -> tuple[Acting, ...]:
    return tuple(a for a in actings if a.commission and complete(a.commission) and _satisfies(a, login, filters))


def usable_employments(staff: tuple[StaffEntry, ...], login: Attributes, filters: Filters) -> tuple[Acting, ...]:
    """Every employment that satisfies the values asked for; the one that the login itself names alone when it does."""
    fitting = tuple(a for a in map(Acting, staff) if _satisfies(a, login, filters))
    named = login.get("employeeHsaId", ())
    return tuple(a for a in fitting if a.employment and any(same_id(a.employment.hsa_id, n) for n in named)) or fitting


def matches(values: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether any value is one of those wanted: without regard to case and insignificant space."""
    return not wanted or not {_plain(v) for v in values}.isdisjoint(_plain(w) for w in wanted)


def _plain(value: str) -> str:
    return " ".join(value.split()).casefold()


def _satisfies(acting: Acting, login: Attributes, filters: Filters) -> bool:
    has: Attributes = dict(login)
    if acting.employment:
        has = {**has, **employment_attributes(acting.employment)}
    if acting.commission:
        has = {**has, **commission_attributes(acting.commission)}
    return all(matches(has.get(name, ()), wanted) for name, wanted in filters.items())
