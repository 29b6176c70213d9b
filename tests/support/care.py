"""Valid objects of care: a test states only what matters to it.

Two units of one provider and one of another; the usual asker is a nurse at `UNIT`, and the patient Anna.
"""

from trust_framework.blocks import Block, BlockType, Lift, LiftReason
from trust_framework.care import Act, CareActor, CareProvider, Patient, Period, Purpose, Resource, Staff, Switches
from trust_framework.care_access import AccessQuestion, CareFacts
from trust_framework.care_consents import CareConsent, ConsentType
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier

NOW = 1_790_000_000
HOUR, DAY = 3600, 86_400
PROVIDER, OTHER_PROVIDER = "SE2321000016-A", "SE2321000024-B"
UNIT, OTHER_UNIT, FOREIGN_UNIT = "SE2321000016-U1", "SE2321000016-U2", "SE2321000024-U1"
NURSE, DOCTOR = "SE2321000016-E1", "SE2321000016-E2"
COMMISSION = "SE2321000016-C1"
ANNA = Identifier("1.2.752.129.2.1.3.1", "197309069289")
BO = Identifier("1.2.752.129.2.1.3.1", "198906059483")


def act(at: int = NOW - DAY, reason: str = "") -> Act:
    staff = Staff(NURSE, COMMISSION)
    return Act(at, staff, at, staff, reason)


def actor(**changed) -> CareActor:
    return CareActor(**{"employee": NURSE, "unit": UNIT, "provider": PROVIDER, "commission": COMMISSION, **changed})


def resource(unit: str = UNIT, provider: str = PROVIDER, recorded: Period | None = None, **changed) -> Resource:
    at = NOW - 30 * DAY
    return Resource(
        **{"id": "1", "unit": unit, "provider": provider, "recorded": recorded or Period(at, at), **changed}
    )


def foreign(**changed) -> Resource:
    """Something that the other provider has recorded."""
    return resource(**{"unit": FOREIGN_UNIT, "provider": OTHER_PROVIDER, **changed})


def inner(unit: str = OTHER_UNIT, provider: str = PROVIDER, **changed) -> Block:
    given = {
        "id": "inner",
        "type": BlockType.INNER,
        "patient": ANNA,
        "provider": provider,
        "registered": act(),
        "unit": unit,
    }
    return Block(**{**given, **changed})


def outer(provider: str = OTHER_PROVIDER, **changed) -> Block:
    given = {"id": "outer", "type": BlockType.OUTER, "patient": ANNA, "provider": provider, "registered": act()}
    return Block(**{**given, **changed})


def lift(until: int = NOW + HOUR, unit: str = UNIT, **changed) -> Lift:
    given = {"id": "lift", "block": "inner", "until": until, "unit": unit, "reason": LiftReason.PATIENTS_CONSENT}
    return Lift(**{**given, "registered": act(), **changed})


def consent(**changed) -> CareConsent:
    given = {"id": "consent", "type": ConsentType.CONSENT, "patient": ANNA, "provider": PROVIDER, "unit": UNIT}
    return CareConsent(**{**given, "period": Period(NOW - DAY, NOW + DAY), "registered": act(), **changed})


def relation(**changed) -> CareRelation:
    given = {"id": "relation", "patient": ANNA, "provider": PROVIDER, "unit": UNIT}
    return CareRelation(**{**given, "period": Period(NOW - DAY, NOW + DAY), "registered": act(), **changed})


def emergency(**changed) -> EmergencyAccess:
    given = {"id": "emergency", "patient": ANNA, "actor": actor(), "reason": "Medvetslös", "case": "case"}
    return EmergencyAccess(**{**given, "at": NOW - HOUR, "until": NOW + HOUR, **changed})


def provider(hsa_id: str = PROVIDER, rules: str = "se", **switches) -> CareProvider:
    return CareProvider(hsa_id, hsa_id[2:12], switches=Switches(**switches), rules=rules)


def question(*resources: Resource, patient: Identifier = ANNA, **who) -> AccessQuestion:
    return AccessQuestion(actor(**who), patient, resources or (resource(),))


def facts(*stands, providers: tuple[CareProvider, ...] = (), **changed) -> CareFacts:
    """Facts out of blocks, consents, relations and emergency accesses in any order."""
    kinds = {"blocks": Block, "consents": CareConsent, "relations": CareRelation, "emergencies": EmergencyAccess}
    sorted_ = {name: tuple(each for each in stands if isinstance(each, kind)) for name, kind in kinds.items()}
    known = {each.hsa_id: each for each in providers}
    return CareFacts(**{"patient": Patient("anna", "1973-09-06"), **sorted_, "providers": known, **changed})


PURPOSES_WITHOUT_BLOCKS = (Purpose.QUALITY, Purpose.ADMINISTRATION, Purpose.STATISTICS)
