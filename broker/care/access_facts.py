"""Facts that a rule set names: register, confirm, end, show, list. The kinds are the rule set's of the care provider that enters
one; a kind that it does not name does not exist for it.

Owns who may do it and that nothing slips by: what is entered and what it was judged by are one commit. A code stands in for the
second person where the kind says so: `fact_codes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from broker.audit.care_events import AccessFactChanged
from broker.care import acts, concealed, fact_contents, patients, providers
from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveAccessFact
from broker.care.fact_contents import Around
from broker.care.patients import Patient
from broker.login.effects import Effects
from trust_framework.access_facts import AccessFact, Entering, Eyes, FactKind, asked_too_often
from trust_framework.care import Act, CareProvider
from trust_framework.care import Patient as Described
from trust_framework.identifiers import Identifier
from trust_framework.rules import SETS


@dataclass(frozen=True, slots=True)
class FactWish:
    """A fact as the caller wants it. Without `since` it begins now; `patient` is given for a kind about patients, and only
    then.
    """

    id: str
    kind: str
    provider: str
    says: Mapping[str, Any] = field(default_factory=dict)
    patient: Identifier | None = None
    since: int | None = None
    until: int | None = None
    entered: ActWish = field(default_factory=ActWish)


@dataclass(frozen=True, slots=True)
class Kept:
    """A fact that is kept, its patient's id (empty where it is a provider's own) and its kind."""

    fact: AccessFact
    person: str
    kind: FactKind


def register(wish: FactWish, who: Caller, on: CareServices, now: int) -> Done[AccessFact]:
    """Enter a fact. The same sent again is there already, and well."""
    provider = _provider(wish.provider, who, on)
    kind = _kind(provider.rules, wish.kind)
    _within(kind, provider, who)
    patient = _patient(wish, kind, who, on)
    says, made = fact_contents.read(wish.says, Around(kind, provider, patient, on))
    fact = _fact(wish, kind, provider, patient, says, who, now)
    if (there := on.store.access_fact(fact.id)) is not None:
        return _again(there[0], fact, wish)
    _times(fact, kind, now)
    _by_another(fact, kind, fact.registered)
    new = Kept(fact, patient.person if patient else "", kind)
    seen = judged(new, on, now)
    people = (*(patient.changes if patient else ()), *made)
    event = _changed("registered", new, fact.registered, who, now)
    return Done(fact, Effects((*people, SaveAccessFact(fact, new.person, seen=seen)), (event,)))


def _provider(value: str, who: Caller, on: CareServices) -> CareProvider:
    if who.kind is CallerKind.PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-staff")
    return providers.own_provider(value, who, on)


def _kind(rules: str, kind: str) -> FactKind:
    found = SETS[rules].kind(kind) if rules in SETS else None
    if found is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-kind", "kind")
    return found


def kind_of(fact: AccessFact) -> FactKind | None:
    """The kind of a fact that was kept, None when its rule set no longer names it."""
    return SETS[fact.rules].kind(fact.kind) if fact.rules in SETS else None


def _patient(wish: FactWish, kind: FactKind, who: Caller, on: CareServices) -> Patient | None:
    if kind.of_patient != (wish.patient is not None):
        reason = "no-patient" if kind.of_patient else "about-no-patient"
        raise CareRefused(ResultCode.VALIDATION_ERROR, reason, "patient")
    return None if wish.patient is None else patients.patient(wish.patient, who, on)


def _fact(
    wish: FactWish,
    kind: FactKind,
    provider: CareProvider,
    patient: Patient | None,
    says: Mapping[str, Any],
    who: Caller,
    now: int,
) -> AccessFact:
    since = now if wish.since is None else acts.instant(wish.since, "since")
    if kind.lasts is not None and wish.until is not None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "lasts-by-law", "until")
    until = None if wish.until is None else acts.instant(wish.until, "until")
    if kind.lasts is not None and kind.begun is Eyes.ONE:
        until = since + kind.lasts
    return AccessFact(
        providers.entry_id(wish.id),
        provider.rules,
        kind.id,
        provider.hsa_id,
        since,
        acts.act(wish.entered, who, now),
        says,
        patient.number if patient else None,
        until,
        who.client,
    )


def _within(kind: FactKind, provider: CareProvider, who: Caller) -> None:
    """Staff enter what opens or closes a patient's information as registrars."""
    if kind.registrar:
        providers.registrar(provider, who)


def _by_another(fact: AccessFact, kind: FactKind, by: Act) -> None:
    """See that nobody enters a fact that names themselves, but to ask for a code."""
    if kind.begun is not Eyes.CODE and by.registered_by.employee in fact_contents.employees(fact.says, kind):
        raise CareRefused(ResultCode.ACCESSDENIED, "named-person", "registered_by")


def _times(fact: AccessFact, kind: FactKind, now: int) -> None:
    if fact.until is not None and fact.until <= fact.since:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "inverted-period", "until")
    if fact.until is not None and fact.until <= now:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "already-over", "until")
    if not kind.ahead and fact.since > now + acts.SKEW:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "in-the-future", "since")


def _again(there: AccessFact, wished: AccessFact, wish: FactWish) -> Done[AccessFact]:
    """Whether what stands is what is wished. A start that was left out was filled in by the clock, and so was what followed."""
    what = ("rules", "kind", "provider", "says", "patient")
    same = all(getattr(there, name) == getattr(wished, name) for name in what)
    if not same or wish.since not in {None, there.since}:
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    _not_ended(there)
    if wish.until not in {None, there.until}:
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    return Done(there)


def _not_ended(fact: AccessFact) -> None:
    if fact.ended is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")


def judged(new: Kept, on: CareServices, now: int) -> int:
    """See that nothing stands in the way of a fact; the version of what it was judged by. Raises CareRefused."""
    about = new.person or new.fact.provider
    seen = on.store.care_version(about)
    kept = on.store.access_facts_of(new.person) if new.person else on.store.access_facts_of_provider(about)
    others = [each for each in kept if each.id != new.fact.id and _beside(each, new.fact)]
    asking = new.kind.begun is Eyes.CODE and new.fact.confirmed is None
    if asking and asked_too_often(new.fact, new.kind, others, now):
        raise CareRefused(ResultCode.INVALIDSTATE, "too-many-codes", "kind")
    holding = tuple(each for each in others if new.kind.agreed(each) and each.holds(now))
    beside = tuple(each for each in kept if each.id != new.fact.id)
    if (why := new.kind.refusal(Entering(new.fact, _described(new, on), holding, now, beside))) is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, why, "kind")
    return seen


def _beside(other: AccessFact, fact: AccessFact) -> bool:
    return (other.rules, other.kind, other.provider) == (fact.rules, fact.kind, fact.provider)


def _described(new: Kept, on: CareServices) -> Described:
    if new.fact.patient is None:
        return Described("")
    return patients.described(Patient(new.fact.patient, new.person), on)


# --- what becomes of it


def confirm(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[AccessFact]:
    """A second person agrees: that it begins, or that it ends, whichever waits."""
    kept = found(id, who, on)
    fact = kept.fact
    _within(kept.kind, providers.provider(fact.provider, on), who)
    entered = acts.act(why, who, now)
    if kept.kind.begun is Eyes.TWO and fact.confirmed is None:
        _another(fact.registered, entered, kept)
        after = replace(fact, confirmed=entered)
        return moved("confirmed", kept, after, entered, who, judged(replace(kept, fact=after), on, now))
    if fact.ending is not None:
        _another(fact.ending, entered, kept)
        return moved("ended", kept, _over(fact, entered, now), entered, who)
    raise CareRefused(ResultCode.INVALIDSTATE, "nothing-to-confirm", "id")


def _another(first: Act, second: Act, kept: Kept) -> None:
    """See that two different people agree, and that neither is one whom it names."""
    by = second.registered_by.employee
    if not by or by == first.registered_by.employee:
        raise CareRefused(ResultCode.ACCESSDENIED, "same-person", "registered_by")
    _by_another(kept.fact, kept.kind, second)


def end(id: str, why: ActWish, who: Caller, on: CareServices, now: int, ends_at: int | None = None) -> Done[AccessFact]:
    """End a fact, now or at another instant. Where two must agree it waits for the second, and holds until then."""
    kept = found(id, who, on)
    fact = kept.fact
    _within(kept.kind, providers.provider(fact.provider, on), who)
    entered = acts.act(why, who, now)
    if kept.kind.ended is Eyes.TWO and kept.kind.agreed(fact):
        return _ending(kept, entered, who, ends_at)
    if ends_at is not None and acts.instant(ends_at, "ends_at") < fact.since:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "inverted-period", "ends_at")
    over = _over(fact, entered, now if ends_at is None else ends_at)
    return moved("ended", kept, over, entered, who)


def _over(fact: AccessFact, entered: Act, at: int) -> AccessFact:
    """The fact with its end: never after it would have, and never before it began. One that is still to come may come sooner."""
    until = max(fact.since, at if fact.until is None else min(fact.until, at))
    over = until <= max(fact.since, entered.registered_at)
    return replace(fact, until=until, ended=entered if over else None)


def _ending(kept: Kept, entered: Act, who: Caller, ends_at: int | None) -> Done[AccessFact]:
    if ends_at is not None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "ends-when-confirmed", "ends_at")
    if kept.fact.ending is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "ending-already", "id")
    return moved("ending", kept, replace(kept.fact, ending=entered), entered, who)


def shown(id: str, who: Caller, on: CareServices) -> AccessFact:
    """A fact of a provider that the caller acts for."""
    return _its(id, who, on).fact


def of_patient(patient: Identifier, who: Caller, on: CareServices, now: int) -> tuple[AccessFact, ...]:
    """The facts about a patient at the caller's providers, ended ones among them. While something secret holds about the
    patient, whoever entered it, there is nothing to be listed.
    """
    known = patients.known(patient, on)
    if known is None or who.kind is CallerKind.PATIENT:
        return ()
    kept = on.store.access_facts_of(known.person)
    if any(concealed.secret(each) and each.holds(now) for each in kept):
        return ()
    return tuple(each for each in kept if who.may_act_for(each.provider) and not concealed.secret(each))


def of_provider(provider: str, who: Caller, on: CareServices) -> tuple[AccessFact, ...]:
    """The facts of a provider's own, ended ones among them."""
    return on.store.access_facts_of_provider(_provider(provider, who, on).hsa_id)


def found(id: str, who: Caller, on: CareServices) -> Kept:
    """A fact that the caller may act on, and that has not ended. Another's is as missing as none."""
    kept = _its(id, who, on)
    _not_ended(kept.fact)
    return kept


def _its(id: str, who: Caller, on: CareServices) -> Kept:
    there = on.store.access_fact(providers.entry_id(id))
    if there is None or who.kind is CallerKind.PATIENT or not who.may_act_for(there[0].provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    fact, person = there
    return Kept(fact, person, _kind(fact.rules, fact.kind))


def moved(
    act: str, kept: Kept, after: AccessFact, entered: Act, who: Caller, seen: int | None = None
) -> Done[AccessFact]:
    """The fact as it stands after an act, with the event; `seen` where it was judged."""
    event = _changed(act, replace(kept, fact=after), entered, who, entered.registered_at)
    return Done(after, Effects((SaveAccessFact(after, kept.person, kept.fact, seen),), (event,)))


def _changed(act: str, kept: Kept, entered: Act, who: Caller, now: int) -> AccessFactChanged:
    """The event. Of what kind the fact is, is sealed: some kinds are secret."""
    return AccessFactChanged(
        at=now,
        reference=who.reference,
        act=act,
        fact=kept.fact.id,
        person=kept.person,
        provider=kept.fact.provider,
        by=who.by,
        kind=who.kind.value,
        evidence={**acts.evidence(entered), "fact_kind": kept.fact.kind},
    )
