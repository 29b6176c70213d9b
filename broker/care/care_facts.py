"""The facts of a care decision, loaded at the moment it is made: nothing is kept from one decision to the next (CB-01)."""

from collections.abc import Iterable, Mapping
from typing import Any

from broker.care import patients
from broker.care.calling import CareServices
from broker.care.changes import SameCare, StillUnknown
from broker.login.effects import PersonKey
from trust_framework.access_facts import AccessFact, Place
from trust_framework.care import Patient, patient_key
from trust_framework.care_access import CareFacts, RuleSet
from trust_framework.identifiers import Identifier

Same = tuple[SameCare | StillUnknown, ...]
"""What sees to it that everything still is as it was read when the answer is committed."""


def facts(
    patient: Identifier,
    on: CareServices,
    rules: RuleSet[Any] | None = None,
    at: str = "",
    now: int = 0,
    asker: str = "",
) -> tuple[CareFacts, Same]:
    """What stands about a patient now. About somebody nobody knows there is nothing, as long as nobody does. The facts that a
    rule set names are read for who asks at the care provider `at`; `asker` is a private person.
    """
    number = patients.number(patient, on)
    found = patients.known(number, on)
    named = rules if rules is not None and rules.gather is not None else None
    same: Same = (SameCare(named.id, on.store.care_version(named.id)),) if named else ()
    own = on.store.access_facts_at(at, named.beyond) if named else ()
    if found is None:
        unknown = CareFacts(Patient(""), providers=on.register.providers, more=_more(own, named, at, on, now))
        return unknown, (StillUnknown(PersonKey(*patient_key(number))), *same)
    person = found.person
    same = (SameCare(person, on.store.care_version(person)), *same)
    about = on.store.access_facts_of(person) if named else ()
    known = CareFacts(
        patients.described(found, on),
        on.store.blocks_of(person),
        on.store.care_consents_of(person),
        on.store.relations_of(person),
        on.store.emergencies_of(person),
        on.register.providers,
        _more((*about, *own), named, at, on, now),
        on.store.representations_of(asker) if asker else (),
        on.ages,
    )
    return known, same


def _more(
    kept: Iterable[AccessFact], rules: RuleSet[Any] | None, at: str, on: CareServices, now: int
) -> Mapping[str, object]:
    return {} if rules is None else rules.more(kept, Place(at, on.register.authorities(rules.id)), now)
