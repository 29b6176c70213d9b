"""The access decision service: which of these resources may this person see now, and why not the others.

Owns loading the facts and recording the answer; what the answer is, `trust_framework.care_access` decides by the rule set of
the asker's care provider. What cannot be decided or recorded is refused.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from broker.audit.care_events import AccessDecided
from broker.care import copies, patients, providers
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode, carried_out
from broker.care.care_facts import facts
from broker.login.effects import NOTHING, Effects, StorageUnavailable
from trust_framework.care import CareActor, Resource
from trust_framework.care_access import Access, AccessQuestion, CareFacts, Ground, Ruling, seen
from trust_framework.care_access import decide as rule
from trust_framework.identifiers import Identifier, hsa_compare_form, hsa_id
from trust_framework.rules import SETS

MOST_RESOURCES: Final = 500
STALE: Final = Ground("default", "stale-copy")
UNAVAILABLE: Final = Ground("default", "service-unavailable")


@dataclass(frozen=True, slots=True)
class PrivateQuestion:
    """What a private person, known by a number, wants to see of a patient (who may be themself) at a care provider."""

    person: Identifier
    provider: str
    patient: Identifier
    resources: tuple[Resource, ...]


Asked = AccessQuestion | PrivateQuestion


def decide(question: Asked, who: Caller, on: CareServices, now: int) -> Done[tuple[Ruling, ...]]:
    """A ruling for each resource that the asker may know of. The event goes with the answer in one commit."""
    asked = _asked(question, who, on)
    rules = SETS.get(providers.provider(asked.at, on).rules)
    if rules is None:
        raise CareRefused(ResultCode.ERROR, "unknown-rules", "provider")
    known, same = facts(asked.patient, on, rules, asked.at, now, asked.actor.person if asked.through else "")
    rulings = _as_fresh(rule(asked, known, rules, now), asked, known.patient.person, on, now)
    event = _decided(asked, known, rules.id, rulings, who, on, now)
    return Done(seen(rulings), Effects(same, (event,)))


def _as_fresh(
    rulings: tuple[Ruling, ...], asked: AccessQuestion, person: str, on: CareServices, now: int
) -> tuple[Ruling, ...]:
    """The rulings, but for information of other nodes' providers, of whose blocks our copy is too old or cannot tell. Blocks
    close nothing to the patient themself.
    """
    if asked.through and asked.actor.person == person:
        return rulings
    unknown = copies.unknown_at((one.provider for one in asked.resources), person, on, now)
    if not unknown:
        return rulings
    return tuple(
        Ruling(ruling.resource, Access.REFUSED, (STALE,), ruling.hidden) if one.provider in unknown else ruling
        for one, ruling in zip(asked.resources, rulings, strict=True)
    )


def answered(question: Asked, who: Caller, on: CareServices, now: int) -> tuple[Ruling, ...]:
    """As `decide`, committed. Where the store cannot read or record, everything is refused: deny by default (CB-02)."""
    (answer,) = all_answered((question,), who, on, now)
    if isinstance(answer, CareRefused):
        raise answer
    return answer


Answer = tuple[Ruling, ...] | CareRefused


def all_answered(questions: Iterable[Asked], who: Caller, on: CareServices, now: int) -> tuple[Answer, ...]:
    """Several questions, answered each by itself and recorded in one commit: one that cannot be asked does not keep back the
    others.
    """
    asked = tuple(questions)
    try:
        return carried_out(lambda: _together(asked, who, on, now), on.store).result
    except StorageUnavailable:
        return tuple(_unavailable(question) for question in asked)


def _together(asked: tuple[Asked, ...], who: Caller, on: CareServices, now: int) -> Done[tuple[Answer, ...]]:
    answers: list[Answer] = []
    effects = NOTHING
    for question in asked:
        try:
            done = decide(question, who, on, now)
        except CareRefused as refused:
            answers.append(refused)
        else:
            answers.append(done.result)
            effects += done.effects
    return Done(tuple(answers), effects)


def _unavailable(question: Asked) -> tuple[Ruling, ...]:
    return tuple(Ruling(one.id, Access.REFUSED, (UNAVAILABLE,)) for one in question.resources)


def _asked(question: Asked, who: Caller, on: CareServices) -> AccessQuestion:
    """The question with every id in compare form."""
    if not 0 < len(question.resources) <= MOST_RESOURCES:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "too-many", "resources")
    resources = tuple(compared(one) for one in question.resources)
    patient = patients.number(question.patient, on)
    if isinstance(question, PrivateQuestion):
        return _privately(question, patient, resources, who, on)
    return replace(question, actor=providers.actor(question.actor, who, on), patient=patient, resources=resources)


def _privately(
    question: PrivateQuestion, patient: Identifier, resources: tuple[Resource, ...], who: Caller, on: CareServices
) -> AccessQuestion:
    """A system says which private person asks through it; staff ask as themselves. Whom nobody knows is nobody."""
    if who.kind is not CallerKind.CLIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-a-system", "person")
    provider = providers.own_provider(question.provider, who, on)
    known = patients.known(question.person, on)
    actor = CareActor("", "", "", purpose="", person=known.person if known else "")
    return AccessQuestion(actor, patient, resources, through=provider.hsa_id)


def compared(resource: Resource) -> Resource:
    """A resource with its ids in compare form. What is no HSA-id is nobody's, and cannot be judged."""
    provider, unit, kind = _compared(resource.provider), _compared(resource.unit), resource.type.strip()
    if (provider, unit, kind) == (resource.provider, resource.unit, resource.type):
        return resource
    return replace(resource, provider=provider, unit=unit, type=kind)


@lru_cache(maxsize=4096)
def _compared(value: str) -> str:
    return hsa_compare_form(value) if hsa_id(value.strip()) else ""


def _decided(
    question: AccessQuestion,
    known: CareFacts,
    rules: str,
    rulings: tuple[Ruling, ...],
    who: Caller,
    on: CareServices,
    now: int,
) -> AccessDecided:
    actor = question.actor
    resources = json.dumps([one.id for one in question.resources])
    return AccessDecided(
        at=now,
        reference=who.reference,
        person=known.patient.person,
        provider=question.at,
        unit=actor.unit,
        purpose=actor.purpose,
        commission=actor.commission,
        rules=rules,
        rulings=tuple((one.access.value, *dict.fromkeys(ground.rule for ground in one.grounds)) for one in rulings),
        by=who.by or actor.person,
        kind=who.kind.value,
        register=on.version,
        claimed=not actor.person,
        evidence={"employee": actor.employee, "resources": resources, **_private(question)},
    )


def _private(question: AccessQuestion) -> dict[str, str]:
    """Which private person asked, by the register's id."""
    return {"person": question.actor.person} if question.through else {}
