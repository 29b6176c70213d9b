"""Entries of the access log as they are told to somebody: who of the staff in them is protected is asked once for all of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from broker.care.ports import CareStore
from broker.login.effects import PersonKey
from trust_framework.access_log import AccessRow
from trust_framework.care_register import CareRegister
from trust_framework.staff_told import AsTold, Reader, as_told, reader_of

EMPLOYEE: Final = "employeeHsaId"
"""The kind of key by which an employment finds its person."""


def told(rows: Sequence[AccessRow], reader: Reader, store: CareStore, register: CareRegister) -> tuple[AsTold, ...]:
    """The entries as this reader is told them."""
    return _told(rows, lambda _: reader, store, register)


def told_inside(
    rows: Sequence[AccessRow], providers: frozenset[str], store: CareStore, register: CareRegister
) -> tuple[AsTold, ...]:
    """The entries as somebody is told them who answers for the logs of these care providers."""
    return _told(rows, lambda row: reader_of(row, providers), store, register)


def _told(
    rows: Sequence[AccessRow], reader: Callable[[AccessRow], Reader], store: CareStore, register: CareRegister
) -> tuple[AsTold, ...]:
    hidden = protected((row.record.user for row in rows), store)
    return tuple([as_told(row, reader(row), register, protected=row.record.user in hidden) for row in rows])


def protected(employees: Iterable[str], store: CareStore) -> frozenset[str]:
    """Those of these employees (HSA-ids in compare form) whose identity is protected."""
    owners = store.person_owners([PersonKey(EMPLOYEE, each) for each in dict.fromkeys(employees)])
    known = store.known_persons(frozenset(owners.values()))
    return frozenset(key.value for key, id_ in owners.items() if id_ in known and known[id_].protected)
