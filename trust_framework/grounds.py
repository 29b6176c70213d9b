"""For what and on what legal basis a detail was released: the one place that says it, for every reader.

A detail that a sharing agreement let go rests on the version of its terms that the verdict names; any other on what the service
was registered with when it was decided: its own reason for the detail, and its legal basis. An agreement in its short form says
neither, and leaves both to the registration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from trust_framework.agreements import AnyAgreement, SharingAgreement, Terms
from trust_framework.case import Verdict


@dataclass(frozen=True, slots=True)
class Registered:
    """What a service was registered with: why it needs each detail, and on what legal basis it gets them."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    legal_basis: str = ""


NOTHING: Final = Registered()


@dataclass(frozen=True, slots=True)
class Ground:
    """Purpose and legal basis. What nobody has said is empty."""

    purpose: str = ""
    legal_basis: str = ""


def ground(released: Verdict, agreements: Mapping[str, AnyAgreement], registered: Registered) -> Ground:
    """What a released detail rests on. `agreements` by id, with every version of their terms."""
    for terms in _terms(released.basis, agreements):
        return Ground(terms.purpose, terms.legal_basis)
    return Ground(registered.reasons.get(released.attribute or "", ""), registered.legal_basis)


def _terms(basis: str, agreements: Mapping[str, AnyAgreement]) -> Iterator[Terms]:
    """The terms that a basis names (`R3/2 A-17/1`)."""
    for reference in basis.split():
        id_, _, version = reference.rpartition("/")
        agreement = agreements.get(id_)
        if isinstance(agreement, SharingAgreement):
            yield from (terms for terms in agreement.versions if str(terms.version) == version)
