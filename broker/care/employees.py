"""Who an employee is by our directory: the person behind an HSA-id, what they are called, every HSA-id that they have.

An employee whom the directory does not know is nobody's more than their own id; what may follow from that is each caller's.
"""

from dataclasses import dataclass

from broker.care.calling import CareServices
from broker.login.effects import PersonKey
from trust_framework.directory import StaffEntry
from trust_framework.identifiers import hsa_compare_form
from trust_framework.representation import name_of

KEY = "employeeHsaId"


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
    found = next(iter(on.store.persons_by_keys((PersonKey(KEY, hsa_id),))), "")
    if not found:
        return Employee(hsa_id)
    known = on.store.person(found)
    named = name_of(known.attributes) if known and not known.protected else ""
    return Employee(hsa_id, found, named, on.store.staff(found))
