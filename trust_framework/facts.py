"""Where an attribute's value is found: the login, the person register, the directory, or made from other values.

Owns the order of sources and the derivations. What may go is decided in `trust_framework.release`.
"""

import json
from collections.abc import Callable
from typing import Final

from trust_framework.attributes import Attribute, Source
from trust_framework.case import Case
from trust_framework.directory import (
    Acting,
    commission_attributes,
    complete,
    employment_attributes,
    same_id,
)
from trust_framework.identifiers import birth_date, coordination_number
from trust_framework.identity import Attributes
from trust_framework.on_behalf import Mandate, told

DIRECTORY: Final = frozenset({Source.STAFF, Source.COMMISSION})


class Known:
    """All values known about the person of a case, acting in what was chosen, for whom was chosen."""

    def __init__(self, case: Case, acting: Acting, mandate: Mandate | None = None) -> None:
        self.case = case
        self._login = case.identity.attributes
        self._person = case.person.attributes
        self._employment = employment_attributes(acting.employment) if acting.employment else {}
        self._commission = commission_attributes(acting.commission) if acting.commission else {}
        self._represented = told(mandate)
        self._of_employment = self._login if self._same_employment() else {}

    def _same_employment(self) -> bool:
        """Whether what the login says of an employment is of the one chosen, or of none in particular."""
        named = self._login.get("employeeHsaId", ())
        chosen = self._employment.get("employeeHsaId", ())
        return not named or not chosen or same_id(named[0], chosen[0])

    def values(self, row: Attribute) -> tuple[tuple[str, ...], str, bool]:
        """The values of an attribute, the source that has them (where they should be when none has), and whether they were
        made from others for want of a source.
        """
        if row.unchosen or row.source is Source.DERIVED:
            return self._derive(row.name), row.source.value, False
        for source, known in self._order(row.source):
            if found := known.get(row.name):
                return found, source.value, False
        made = self._derive(row.name)
        return made, (Source.DERIVED if made else row.source).value, bool(made)

    def _order(self, source: Source) -> tuple[tuple[Source, Attributes], ...]:
        match source:
            case Source.STAFF:
                return ((source, self._employment), (Source.LOGIN, self._of_employment))
            case Source.COMMISSION:
                return ((source, self._commission),)
            case Source.REPRESENTATION:
                return ((source, self._represented),)
            case Source.PERSON:
                return ((source, self._person), (Source.LOGIN, self._login))
            case _:
                return ((Source.LOGIN, self._login), (Source.PERSON, self._person))

    def first(self, name: str) -> str:
        """The first value of a login attribute, or an empty string."""
        return next(iter(self._login.get(name) or self._person.get(name) or ()), "")

    def _derive(self, name: str) -> tuple[str, ...]:
        derivation = DERIVATIONS.get(name)
        return derivation(self) if derivation else ()


def _display_name(known: Known) -> tuple[str, ...]:
    names = [part for part in (known.first("givenName"), known.first("sn")) if part]
    return (" ".join(names),) if names else ()


def _date_of_birth(known: Known) -> tuple[str, ...]:
    born = birth_date(known.first("personalIdentityNumber"))
    return (born,) if born else ()


def _coordination_number(known: Known) -> tuple[str, ...]:
    number = known.first("personalIdentityNumber")
    return (number,) if coordination_number(number) else ()


def _level(known: Known) -> tuple[str, ...]:
    return (known.case.identity.level,)


def _methods(known: Known) -> tuple[str, ...]:
    return known.case.identity.authn_methods


def _all_employee_ids(known: Known) -> tuple[str, ...]:
    return tuple(entry.hsa_id for entry in known.case.staff)


def _all_commissions(known: Known) -> tuple[str, ...]:
    """Each complete commission as a JSON object: members by catalogue name, lists of values, and the employment's id."""
    return tuple(
        json.dumps(
            {"employeeHsaId": [entry.hsa_id], **{k: list(v) for k, v in commission_attributes(commission).items()}},
            ensure_ascii=False,
            sort_keys=True,
        )
        for entry in known.case.staff
        for commission in entry.commissions
        if complete(commission)
    )


DERIVATIONS: dict[str, Callable[[Known], tuple[str, ...]]] = {
    "displayName": _display_name,
    "dateOfBirth": _date_of_birth,
    "coordinationNumber": _coordination_number,
    "levelOfAssurance": _level,
    "authnMethod": _methods,
    "allEmployeeHsaIds": _all_employee_ids,
    "allCommissions": _all_commissions,
}
