"""Valid values of the trust framework; a test states only what matters to it."""

from typing import Any

from trust_framework.decide import Case, RequestedAttribute, Wanted
from trust_framework.directory import Commission, StaffEntry
from trust_framework.identity import Asserted, Identity, Subject
from trust_framework.members import Member, RelyingParty, State
from trust_framework.persons import Person
from trust_framework.providers import ProviderTerms

LOA2 = "http://id.elegnamnden.se/loa/1.0/loa2"
LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
LOA4 = "http://id.elegnamnden.se/loa/1.0/loa4"
NONRESIDENT3 = "http://id.swedenconnect.se/loa/1.0/loa3-nonresident"
UNCERTIFIED3 = "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"

PERSONAL_NUMBER = "198906059483"  # official test number
OTHER_NUMBER = "195006262546"
COORDINATION_NUMBER = "197010632391"
ORG = "2321000016"
CARE = "Vård och behandling"
STATISTICS = "Statistik"

ASKED_AT = 1_000_000
BEFORE = ASKED_AT - 300
NOW = ASKED_AT + 60


def member(state: State = State.ACTIVE) -> Member:
    return Member(ORG, {"sv": "Region Exempel", "en": "Region Example"}, state)


def party(*attributes: str, **more: Any) -> RelyingParty:
    return RelyingParty(
        **{
            "id": "provportalen",
            "member": member(),
            "names": {"sv": "Provportalen", "en": "The test portal"},
            "levels": (LOA3, LOA2),
            "attributes": frozenset(attributes),
            **more,
        }
    )


def wish(name: str, **more: Any) -> RequestedAttribute:
    return RequestedAttribute(name, **more)


def wanted(*names: str | RequestedAttribute, **more: Any) -> Wanted:
    requested = tuple(wish(name) if isinstance(name, str) else name for name in names)
    return Wanted(**{"levels": (LOA3,), "requested": requested, "asked_at": ASKED_AT, **more})


def identity(level: str = LOA3, at: int = BEFORE, method: str = "card", **attributes: str) -> Identity:
    given = {"givenName": "Anna", "sn": "Andersson", "personalIdentityNumber": PERSONAL_NUMBER, **attributes}
    subject = Subject("https://idp.example.se", "persistent", "a1")
    return Identity(method, subject, level, at, {name: (value,) for name, value in given.items() if value})


def person(**more: Any) -> Person:
    return Person("p1", **more)


def commission(number: int = 1, purpose: str = CARE, *, without: tuple[str, ...] = (), unit: bool = True) -> Commission:
    attributes = {
        "commissionName": (f"Uppdrag {number}",),
        "commissionPurpose": (purpose,),
        "healthCareProviderHsaId": ("SE2321000016-1000",),
        "healthCareProviderName": ("Region Exempel",),
        "healthcareProviderId": (ORG,),
    }
    if unit:
        attributes |= {"healthCareUnitHsaId": ("SE2321000016-2000",), "healthCareUnitName": ("Hjärtmottagningen",)}
    return Commission(f"SE2321000016-C{number}", {k: v for k, v in attributes.items() if k not in without})


def employment(*commissions: Commission, number: int = 1, **attributes: str) -> StaffEntry:
    return StaffEntry(f"SE2321000016-E{number}", {k: (v,) for k, v in attributes.items()}, commissions)


def case(for_party: RelyingParty, asks: Wanted, who: Identity | None = None, **more: Any) -> Case:
    return Case(**{"party": for_party, "wanted": asks, "identity": who or identity(), "person": person(), **more})


def terms(**more: Any) -> ProviderTerms:
    return ProviderTerms(
        **{
            "id": "region-exempel",
            "names": {"sv": "Region Exempel"},
            "ceiling": LOA3,
            "levels": {"two": LOA2, "three": LOA3, "four": LOA4},
            **more,
        }
    )


def asserted(level: str = "three", attributes: dict[str, tuple[str, ...]] | None = None, **more: Any) -> Asserted:
    subject = more.pop("subject", Subject("https://idp.example.se", "persistent", "a1"))
    return Asserted(subject, level, BEFORE, attributes or {}, **more)
