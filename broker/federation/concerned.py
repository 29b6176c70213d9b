"""Whom an agreement concerns, read from its content, and when somebody should look at it: what finds it without opening it.

Tolerant by intent: of a content that cannot be read nobody is told here, since other parts refuse it.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from broker.federation import agreements, entries
from broker.federation.entries import BadEntry
from broker.federation.register import Content
from broker.federation.sharing_schema import AgreementEntry
from trust_framework.agreement_notices import told_between


@dataclass(frozen=True, slots=True)
class Concerned:
    """The parties of all versions by organisation number, or, of a short form, the services whose members it is about. Between
    `told_from` and `told_until` something of it may have to be told.
    """

    orgs: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    told_from: int = 0
    told_until: int = 0


@dataclass(frozen=True, slots=True)
class AgreementDue:
    """An agreement of which something may have to be told, and since when."""

    since: int = -1
    id: str = ""


FIRST: Final = AgreementDue()
"""Before all of them."""

NOBODY: Final = Concerned()


def concerned(content: Content) -> Concerned:
    """Whom an agreement's content concerns."""
    try:
        entry = AgreementEntry.model_validate(content)
        told = told_between(entries.agreement(entry))
    except (ValidationError, BadEntry):
        return NOBODY
    return Concerned(agreements.parties(content), frozenset(entry.services or ()), *told)
