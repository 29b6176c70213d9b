"""Sharing agreements between members: which details a service may get while an agreement holds.

Owns the value and the question "does an agreement stand in the way?". A detail that any agreement names for a service
goes to it only while one of them is valid; what no agreement names follows the service's terms alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """`services` are service ids, `attributes` catalogue names. Valid from `valid_from` until just before `valid_until`."""

    id: str
    services: frozenset[str]
    attributes: frozenset[str]
    valid_from: int
    valid_until: int

    def valid(self, now: int) -> bool:
        return self.valid_from <= now < self.valid_until


def lapsed(agreements: Iterable[Agreement], service: str, now: int) -> dict[str, str]:
    """The details that no valid agreement lets this service have, though some agreement names them; with whose id."""
    covered: set[str] = set()
    named: dict[str, str] = {}
    for agreement in agreements:
        if service in agreement.services:
            named.update(dict.fromkeys(agreement.attributes, agreement.id))
            if agreement.valid(now):
                covered |= agreement.attributes
    return {name: id_ for name, id_ in named.items() if name not in covered}
