"""Corrections (rättelser): everybody who was given a detail of a person that was wrong is told so, until they say that they know.

A correction carries no value: it names the detail, and the references of the logins by which each receiver got it, so that the
receiver knows whom it is about and fetches the detail anew. Only who gave a detail corrects it (IS-07, IS-19).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from trust_framework.days import DAY

WAITS: Final = (DAY, 3 * DAY, 7 * DAY)
"""How long after each telling the next one follows; the last wait repeats until the receiver has acknowledged."""

MOST_REFERENCES: Final = 100
"""References that a receiver is given, the newest."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A service that got the detail: the member it belongs to, by which logins, when it was told, when it acknowledged."""

    service: str
    org: str
    attributes: tuple[str, ...]
    references: tuple[str, ...]
    told: tuple[int, ...] = ()
    acknowledged_at: int | None = None
    acknowledged_by: str = ""

    @property
    def next_at(self) -> int | None:
        """When it is told (again); None once it has acknowledged."""
        if self.acknowledged_at is not None:
            return None
        return self.told[-1] + WAITS[min(len(self.told), len(WAITS)) - 1] if self.told else 0


@dataclass(frozen=True, slots=True)
class Correction:
    """Details of a person that were wrong. `org` gave them, or the federation's register did; `by` registered it."""

    id: str
    org: str
    person: str
    attributes: tuple[str, ...]
    reason: str
    by: str
    at: int
    receipts: tuple[Receipt, ...] = ()

    @property
    def open(self) -> int:
        """How many have not acknowledged."""
        return sum(one.acknowledged_at is None for one in self.receipts)

    @property
    def next_at(self) -> int | None:
        """When somebody must be told next; None when all have acknowledged."""
        return min((one.next_at for one in self.receipts if one.next_at is not None), default=None)


def receivers(
    released: Iterable[Mapping[str, Any]],
    attributes: Iterable[str],
    owners: Mapping[str, str],
    given: frozenset[tuple[str, str]] | None = None,
) -> tuple[Receipt, ...]:
    """Who got any of the details, from the log's events about the person, the newest first. `owners` are the members of the
    services; `given`, where there is one, holds the (service, detail) that the corrector gives: others are not its affair.
    """
    wanted = frozenset(attributes)
    found: dict[str, tuple[set[str], list[str]]] = {}
    for event in released:
        service = str(event.get("service", ""))
        got = {a for a in event.get("released", ()) if a in wanted and (given is None or (service, a) in given)}
        if got and service in owners:
            names, references = found.setdefault(service, (set(), []))
            names |= got
            references.append(str(event.get("reference", "")))
    return tuple(_receipt(service, owners[service], *found[service]) for service in sorted(found))


def _receipt(service: str, org: str, names: set[str], references: list[str]) -> Receipt:
    distinct = tuple(dict.fromkeys(one for one in references if one))
    return Receipt(service, org, tuple(sorted(names)), distinct[:MOST_REFERENCES])


def due(correction: Correction, now: int) -> tuple[Receipt, ...]:
    """Who must be told now."""
    return tuple(one for one in correction.receipts if one.next_at is not None and one.next_at <= now)


def told(correction: Correction, services: Iterable[str], now: int) -> Correction:
    """The receivers were told."""
    those = frozenset(services)
    return _each(correction, lambda one: replace(one, told=(*one.told, now)) if one.service in those else one)


def acknowledged(correction: Correction, service: str, person: str, now: int) -> Correction | None:
    """A receiver says that it knows; None when it is no receiver, or said so before."""
    if not any(one.service == service and one.acknowledged_at is None for one in correction.receipts):
        return None
    known = {"acknowledged_at": now, "acknowledged_by": person}
    return _each(correction, lambda one: replace(one, **known) if one.service == service else one)


def _each(correction: Correction, change: Any) -> Correction:
    return replace(correction, receipts=tuple(map(change, correction.receipts)))
