"""A sharing agreement in full that holds; a test changes what it is about."""

from dataclasses import replace
from typing import Any

from tests.support.trust import LOA3, NOW, ORG, member, party
from trust_framework.agreements import (
    Contact,
    DataField,
    Party,
    PartyRole,
    SharingAgreement,
    Signature,
    Terms,
)
from trust_framework.days import DAY

GIVER, RECEIVER, THIRD = "5560360793", ORG, "2021005489"
SERVICE = "provportalen"


def terms(version: int = 1, *attributes: str, **more: Any) -> Terms:
    """Terms that lack nothing but signatures, from yesterday and for half a year."""
    names = attributes or ("sn",)
    given: dict[str, Any] = {
        "version": version,
        "parties": (Party(GIVER, frozenset({PartyRole.GIVER})), Party(RECEIVER, frozenset({PartyRole.RECEIVER}))),
        "purpose": "Vård och behandling",
        "legal_basis": "Patientdatalagen 2 kap.",
        "services": (SERVICE,),
        "data": tuple(DataField(name, GIVER, RECEIVER, f"{name} i folkbokföringen") for name in names),
        "retention_days": 90,
        "transfer": "Vid inloggning",
        "valid_from": NOW - DAY,
        "valid_until": NOW + 180 * DAY,
        "review_at": NOW + 150 * DAY,
    }
    return Terms(**{**given, **more})


def signature(of: Terms, org: str, **more: Any) -> Signature:
    given = {"org": org, "person": "p", "name": "Eva", "level": LOA3, "at": NOW - DAY, "digest": of.digest}
    return Signature(**{**given, **more})


def signed(of: Terms, *orgs: str) -> Terms:
    """The terms, signed by these, or by all their parties."""
    return replace(of, signatures=tuple(signature(of, org) for org in orgs or of.orgs))


def contacts(*orgs: str, at: int = NOW - DAY) -> tuple[Contact, ...]:
    return tuple(
        Contact(org, "Funktionsbrevlåda", "avtal@example.se", "", at) for org in orgs or (GIVER, RECEIVER, THIRD)
    )


def agreement(*versions: Terms, **more: Any) -> SharingAgreement:
    """An agreement that holds, or one with these versions."""
    given: dict[str, Any] = {"id": "A-17", "versions": versions or (signed(terms()),), "contacts": contacts()}
    return SharingAgreement(**{**given, **more})


def receiving(*attributes: str, **more: Any):
    """A service of the receiver."""
    return party(*attributes, **{"member": replace(member(), org=RECEIVER), **more})
