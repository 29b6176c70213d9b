"""Who an employee is by our directory: the person behind an HSA-id, what they are called, every HSA-id that they have; and
whether somebody for whom a system calls acts in a commission that they have.

Of an employee whom the directory does not list there is nothing but what is said of them; what follows from that is each
caller's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from weakref import WeakKeyDictionary

from broker.care.calling import CareRefused, CareServices, ResultCode
from broker.care.ports import CareStore
from broker.login.effects import PersonKey
from trust_framework.care import CareActor
from trust_framework.directory import Commission, StaffEntry, complete, matches, same_id
from trust_framework.identifiers import hsa_compare_form
from trust_framework.representation import name_of

KEY: Final = "employeeHsaId"
LICENCES: Final = "healthcareProfessionalLicense"
MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Employee:
    """An employee. `person` is the register's id, empty for one whom the directory does not know; `name` is empty too where the
    person's details are protected.
    """

    hsa_id: str
    person: str = ""
    name: str = ""
    employments: tuple[StaffEntry, ...] = ()

    @property
    def whose(self) -> str:
        """What is the same for every HSA-id of one person."""
        return self.person or self.hsa_id

    @property
    def ids(self) -> frozenset[str]:
        """Every HSA-id that the person has, in compare form."""
        return frozenset({self.hsa_id, *(hsa_compare_form(one.hsa_id) for one in self.employments)})


def employee(hsa_id: str, on: CareServices) -> Employee:
    """The employee with an HSA-id in compare form."""
    found = _person(hsa_id, on.store)
    if not found:
        return Employee(hsa_id)
    known = on.store.person(found)
    named = name_of(known.attributes) if known and not known.protected else ""
    return Employee(hsa_id, found, named, on.store.staff(found))


def _person(hsa_id: str, store: CareStore) -> str:
    return next(iter(store.persons_by_keys((PersonKey(KEY, hsa_id),))), "")


# --- whom a system speaks of


Listed = tuple[str, StaffEntry] | None
"""A person with the employment of an HSA-id, None for one that the directory does not list."""


def vouched(claimed: CareActor, on: CareServices) -> CareActor:
    """The actor that a system names, held against our directory. Whom it lists must have the commission that is claimed, or where
    none is named one at that place, for that purpose, and the licences; the actor then has the person. Whom it does not list is
    taken at the system's word, and has none: records tell the two apart by that. Raises CareRefused.
    """
    listed = _listed(claimed.employee, on)
    if listed is None:
        return claimed
    person, employment = listed
    if not any(_is(one, claimed) for one in employment.commissions if complete(one)):
        raise CareRefused(ResultCode.ACCESSDENIED, "commission-not-held", "actor")
    if not all(matches(employment.attributes.get(LICENCES, ()), (each,)) for each in claimed.licences):
        raise CareRefused(ResultCode.ACCESSDENIED, "licence-not-held", "licences")
    return replace(claimed, person=person)


def _is(one: Commission, claimed: CareActor) -> bool:
    """Whether a commission is the one that is claimed. A contract that names no commission, or no purpose, asks for none."""
    return (
        (not claimed.commission or same_id(one.hsa_id, claimed.commission))
        and (not claimed.purpose or matches(one.attributes["commissionPurpose"], (claimed.purpose,)))
        and same_id(one.attributes["healthCareProviderHsaId"][0], claimed.provider)
        and same_id(next(iter(one.attributes.get("healthCareUnitHsaId", ())), ""), claimed.unit)
    )


_KEPT: Final[WeakKeyDictionary[CareStore, tuple[int, dict[str, Listed]]]] = WeakKeyDictionary()
"""By store: what was found in its directory at a version. The directory changes with the register's version, in one commit."""


def _listed(hsa_id: str, on: CareServices) -> Listed:
    """As the directory is at this version: looked up once, since a system asks for the same people all day."""
    if not on.version:
        return _looked_up(hsa_id, on.store)
    version, kept = _KEPT.get(on.store, (0, {}))
    if version != on.version or len(kept) >= MOST_KEPT:
        kept = {}
        _KEPT[on.store] = on.version, kept
    if hsa_id not in kept:
        kept[hsa_id] = _looked_up(hsa_id, on.store)
    return kept[hsa_id]


def _looked_up(hsa_id: str, store: CareStore) -> Listed:
    person = _person(hsa_id, store)
    entries: Iterator[StaffEntry] = iter(store.staff(person) if person else ())
    return next(((person, one) for one in entries if same_id(one.hsa_id, hsa_id)), None)
