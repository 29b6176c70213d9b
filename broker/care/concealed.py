"""What a court has hidden (gizlilik kararı, article 12): while its order holds, no list tells anybody that there is anything
about the patient, whoever entered the order.

Decisions go by the rule set, which knows who needs to know. The article keeps the order, and what it hides, from others: patients
see what is their own, and who acts for them is another.
"""

from broker.care.calling import Caller, CallerKind, CareServices
from trust_framework.access_facts import AccessFact
from trust_framework.rules import SETS


def secret(fact: AccessFact) -> bool:
    """Whether a fact is one that only those know who must."""
    kind = SETS[fact.rules].kind(fact.kind) if fact.rules in SETS else None
    return kind is not None and kind.secret


def hidden(person: str, who: Caller, on: CareServices, now: int) -> bool:
    """Whether lists about a patient are empty for a caller."""
    if who.kind is CallerKind.PATIENT and who.person == person and not who.representative:
        return False
    return any(secret(each) and each.holds(now) for each in on.store.access_facts_of(person))
