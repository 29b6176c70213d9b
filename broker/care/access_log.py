"""The log service (logg): records of accesses stored, and read with a purpose.

Owns who may store and read what, and what is recorded of it. Each call returns its effects; nothing is stored in part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker.care.calling import Caller, CareRefused, CareServices, Done, ResultCode
from broker.login.effects import Change, Effects
from trust_framework.access_log import (
    MOST_RECORDS,
    AccessPage,
    AccessRecord,
    AccessRow,
    AccessSought,
    Unfit,
    checked,
)


@dataclass(frozen=True, slots=True)
class StoreAccess(Change):
    """Store checked records, each of them or none; `by` is who asked for it. Raises LogIdTaken."""

    records: tuple[AccessRecord, ...]
    at: int
    by: str


class LogIdTaken(Exception):
    """A record of the same care provider has such a log id already. Nothing of the call was stored."""


class AccessLogStore(Protocol):
    """What is read of the access log. `broker.storage.storage.Storage` implements it."""

    def access_page(self, sought: AccessSought, before: str | None = None, count: int = 50) -> AccessPage:
        """Entries, the newest first; `before` is the `before` of the page after which this one comes."""
        ...

    def access_count(self, sought: AccessSought, most: int) -> int:
        """How many entries there are, counted up to a bound."""
        ...

    def access_row(self, id: str) -> AccessRow | None:
        """An entry by its id; None when it is unknown, or nobody can read it any more."""
        ...

    def log_proofs(self, positions: Sequence[int]) -> tuple[str, Mapping[int, tuple[bytes, tuple[bytes, ...]]]]:
        """The newest signed checkpoint, and the leaf and inclusion proof of each of these positions that it covers."""
        ...


def store(records: Sequence[AccessRecord], who: Caller, on: CareServices, now: int) -> Done[int]:
    """StoreLog: check every record, and store them all. Raises CareRefused; LogIdTaken comes with the commit, and is the same
    VALIDATION_ERROR.
    """
    if not 0 < len(records) <= MOST_RECORDS:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "number", "log")
    found = tuple([_checked(each, who, on, now) for each in records])
    if len({(each.provider, each.id) for each in found}) < len(found):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "log-id-taken", "logId")
    return Done(len(found), Effects((StoreAccess(found, now, who.by),)))


def _checked(record: AccessRecord, who: Caller, on: CareServices, now: int) -> AccessRecord:
    try:
        found = checked(record, now)
    except Unfit as error:
        raise CareRefused(ResultCode.VALIDATION_ERROR, error.reason, error.field) from error
    provider = on.register.providers.get(found.provider)
    if provider is None or not who.may_act_for(found.provider):
        raise CareRefused(ResultCode.ACCESSDENIED, "provider", "careProviderId")
    if provider.units and found.unit not in provider.units:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-unit", "careUnitId")
    return found
