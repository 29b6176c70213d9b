"""Entries of care with all their fields, for tests that state only what matters to them."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind
from tests.support.databases import NOW
from trust_framework.access_facts import AccessFact
from trust_framework.blocks import Block, BlockType, Lift, LiftReason
from trust_framework.care import Act, CareActor, CareProvider, CareUnit, Period, Resource, Staff, Switches
from trust_framework.care_consents import CareConsent, ConsentType
from trust_framework.care_register import CareRegister
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier
from trust_framework.review_cases import CaseAct, CaseKind, ReviewCase

PERSONNUMMER = "1.2.752.129.2.1.3.1"
PATIENT = Identifier(PERSONNUMMER, "191212121212")
OTHER_PATIENT = Identifier(PERSONNUMMER, "195006262546")
PROVIDER, OTHER_PROVIDER = "SE2321000016-VG1", "SE2321000131-VG2"
UNIT, OTHER_UNIT, FAR_UNIT = "SE2321000016-U1", "SE2321000016-U2", "SE2321000131-U9"
NURSE, DOCTOR, FAR_DOCTOR = "SE2321000016-NURSE", "SE2321000016-DOC", "SE2321000131-DOC"
DAY = 86_400


def new_id() -> str:
    """A UUID, as callers make them."""
    return str(uuid4())


def act(at: int = NOW, employee: str = NURSE, reason: str = "") -> Act:
    """Something registered by an employee."""
    staff = Staff(employee, "SE2321000016-A1", "Vårdmedarbetaruppdrag")
    return Act(at, staff, at, staff, reason)


def block(**changes: Any) -> Block:
    """An inner block of one unit."""
    whole = Block(new_id(), BlockType.INNER, PATIENT, PROVIDER, act(), unit=UNIT)
    return replace(whole, **changes)


def lift(of: Block, **changes: Any) -> Lift:
    """A lift of a block for another unit with the patient's consent."""
    whole = Lift(new_id(), of.id, NOW + DAY, OTHER_UNIT, LiftReason.PATIENTS_CONSENT, act())
    return replace(whole, **changes)


def consent(**changes: Any) -> CareConsent:
    """A consent for all of a unit."""
    whole = CareConsent(
        new_id(),
        ConsentType.CONSENT,
        PATIENT,
        PROVIDER,
        UNIT,
        Period(NOW, NOW + 30 * DAY),
        act(),
        represented_by=OTHER_PATIENT,
    )
    return replace(whole, **changes)


def relation(**changes: Any) -> CareRelation:
    """A relation of a nurse."""
    whole = CareRelation(new_id(), PATIENT, PROVIDER, UNIT, Period(NOW, NOW + DAY), act(), employee=NURSE)
    return replace(whole, **changes)


def fact(**changes: Any) -> AccessFact:
    """A fact about a patient, of a made-up kind, with everything that a fact can say."""
    says = {
        "place": UNIT,
        "person": {"oid": PERSONNUMMER, "value": "x", "person": "p9"},
        "words": ["a", "b"],
        "yes": True,
    }
    whole = AccessFact(new_id(), "xx", "kind", PROVIDER, NOW, act(), says, PATIENT, NOW + DAY, "journal", tries=1)
    return replace(whole, **changes)


def actor(**changes: Any) -> CareActor:
    """A nurse in a commission at the unit."""
    return replace(CareActor(NURSE, UNIT, PROVIDER), **changes)


def emergency(**changes: Any) -> EmergencyAccess:
    """An emergency access."""
    whole = EmergencyAccess(new_id(), PATIENT, actor(), "Unconscious", NOW, NOW + DAY, new_id())
    return replace(whole, **changes)


def case(**changes: Any) -> ReviewCase:
    """A case that an emergency began."""
    opened = CaseAct(NOW, "person-9", "opened", "Unconscious")
    whole = ReviewCase(
        new_id(),
        CaseKind.EMERGENCY,
        PROVIDER,
        NOW,
        NURSE,
        UNIT,
        PATIENT,
        "an emergency",
        ("emergency",),
        acts=(opened,),
    )
    return replace(whole, **changes)


def staff(employee: str = NURSE) -> Staff:
    """An employee in a commission."""
    return Staff(employee, "SE2321000016-A1", "Vårdmedarbetaruppdrag")


def entered(employee: str = NURSE, **changes: Any) -> ActWish:
    """What a system says of an act."""
    return replace(ActWish(registered_by=staff(employee)), **changes)


def provider(hsa_id: str = PROVIDER, **changes: Any) -> CareProvider:
    """A provider with two units and a review contact."""
    units = {hsa: CareUnit(hsa) for hsa in ((UNIT, OTHER_UNIT) if hsa_id == PROVIDER else (FAR_UNIT,))}
    whole = CareProvider(
        hsa_id,
        "2321000016" if hsa_id == PROVIDER else "2321000131",
        {"sv": "Region Ett", "en": "Region One"},
        units,
        rules="se",
        registrars=frozenset({"BIF;Spärradministratör"}),
        review_contact=f"granskning@{hsa_id.lower()}.example",
    )
    return replace(whole, **changes)


def register(**switches: Any) -> CareRegister:
    """Two providers, both with these switches."""
    ours = Switches(**switches)
    return CareRegister({hsa: provider(hsa, switches=ours) for hsa in (PROVIDER, OTHER_PROVIDER)})


def client(*providers: str) -> Caller:
    """A record system of the first provider, or of those named."""
    return Caller(CallerKind.CLIENT, client="journal", providers=frozenset(providers or {PROVIDER}))


def nurse(**changes: Any) -> Caller:
    """A nurse in a commission at the other unit of the first provider."""
    acting = CareActor(NURSE, OTHER_UNIT, PROVIDER, commission="SE2321000016-A1", person="nurse")
    whole = Caller(
        CallerKind.STAFF, "nurse", "2321000016", staff=staff(), providers=frozenset({PROVIDER}), actor=acting
    )
    return replace(whole, **changes)


def registrar() -> Caller:
    """Staff who register blocks."""
    return nurse(system_roles=frozenset({"BIF;Spärradministratör"}))


def patient(person: str = "p1") -> Caller:
    """The patient on My page."""
    return Caller(CallerKind.PATIENT, person)


def resource(id: str = "1", unit: str = UNIT, provider: str = PROVIDER, **changes: Any) -> Resource:
    """Something recorded at the unit now."""
    return replace(Resource(id, provider, unit, Period(NOW - DAY, NOW - DAY)), **changes)


NURSES_NUMBER = Identifier(PERSONNUMMER, "198906059483")


def numbers(count: int) -> tuple[Identifier, ...]:
    """So many patients' numbers, each valid, and of the official series of test numbers."""
    days = (f"{1950 + n // 4800}{n // 400 % 12 + 1:02}{n // 20 % 20 + 1:02}" for n in range(count))
    serials = (f"{day}{980 + n % 20}" for n, day in enumerate(days))
    return tuple(Identifier(PERSONNUMMER, serial + check_digit(serial[2:])) for serial in serials)


def check_digit(digits: str) -> str:
    """Of the other nine digits (Luhn)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)
