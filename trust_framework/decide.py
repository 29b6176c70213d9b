"""The one decision: may this person, logged in like this, be shown to this service, and with which details?

Runs an ordered tuple of rules over a `Case` and keeps each rule's verdict. The kept verdicts are the explanation that
the person, the service's team and the operator get; the same function decides logins, reuse of a sign-on, refresh, token
exchange and userinfo. Every rule must allow before anything is released, and what is released does not depend on the
rules' order: the order decides only which question or refusal comes first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Generic, TypeVar

from trust_framework import consent, loa, on_behalf
from trust_framework.attributes import CATALOGUE, Source
from trust_framework.case import (
    AskCommission,
    AskConsent,
    AskOnBehalf,
    Case,
    ConsentGiven,
    Decision,
    Refused,
    Released,
    RequestedAttribute,
    StepUp,
    Verdict,
    Wanted,
)
from trust_framework.directory import NOWHERE, Acting, usable_commissions, usable_employments
from trust_framework.facts import DIRECTORY
from trust_framework.members import RelyingParty, State
from trust_framework.on_behalf import MYSELF, Mandate
from trust_framework.outcome import DELIVERED, FORBIDDEN, Outcome
from trust_framework.policies import Permission
from trust_framework.reasons import REASONS, Kind, Reason
from trust_framework.release import Ground, Release, permissions, release
from trust_framework.service_matching import fits

__all__ = ["RULES", "Allow", "Ask", "Refuse", "Rule", "Ruling", "Work", "decide", "stopped"]
__all__ += [
    "AskCommission",
    "AskConsent",
    "AskOnBehalf",
    "Case",
    "ConsentGiven",
    "Decision",
    "Outcome",
    "Refused",
    "Released",
]
__all__ += ["RequestedAttribute", "StepUp", "Verdict", "Wanted"]


@dataclass(frozen=True, slots=True)
class Allow:
    """The rule has nothing against it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A person must act first. `unasked` is the reason to refuse with when nobody may be asked."""

    question: StepUp | AskCommission | AskOnBehalf | AskConsent
    unasked: Reason
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """No."""

    reason: Reason
    about: Mapping[str, str] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


Ruling = Allow | Ask | Refuse
T = TypeVar("T")


class _once(Generic[T]):  # noqa: N801  # used as a decorator
    """`functools.cached_property` without its lock, which Python 3.11 takes at each look: a Work is one thread's."""

    def __init__(self, work_out: Callable[["Work"], T]) -> None:
        self._work_out, self._name = work_out, work_out.__name__

    def __get__(self, work: "Work", _: type | None = None) -> T:
        found = work.__dict__[self._name] = self._work_out(work)
        return found


class Work:
    """A case at a time, with what several rules need computed once. Nothing here changes."""

    def __init__(self, case: Case, now: int) -> None:
        self.case, self.now = case, now

    @_once
    def acceptable(self) -> tuple[str, ...]:
        """The level URIs that answer the request, in order of preference: never one that the party may not ask for."""
        wanted, registered = self.case.wanted, self.case.party.levels
        preferred = tuple(level for level in wanted.levels if level in registered) if wanted.levels else registered
        return preferred if wanted.essential_level else tuple(dict.fromkeys((*preferred, *registered)))

    @property
    def just_made(self) -> bool:
        """Whether the person identified for this very request: asking once more would give the same."""
        return self.case.identity.authenticated_at >= self.case.wanted.asked_at

    @_once
    def asked(self) -> dict[str, RequestedAttribute]:
        """What is asked for, each once: asked for twice, the stronger wish holds."""
        merged: dict[str, RequestedAttribute] = {}
        for wish in self.case.wanted.requested:
            earlier = merged.get(wish.name)
            merged[wish.name] = _stronger(earlier, wish) if earlier else wish
        return merged

    @_once
    def permitted(self) -> dict[str, Permission]:
        """What categories, policies and agreements say of everything that is asked for and registered."""
        case = self.case
        ground = Ground(case.categories, case.policies, case.agreements)
        return permissions(case.party, case.identity.level, self.asked, ground, self.now)

    @_once
    def from_directory(self) -> tuple[RequestedAttribute, ...]:
        """What is asked for, may be had, and needs an employment or commission to be chosen."""
        return tuple(
            wish
            for name, wish in self.asked.items()
            if name in self.permitted
            and self.permitted[name].outcome is None
            and (row := CATALOGUE.get(name))
            and row.source in DIRECTORY
            and not row.unchosen
        )

    @_once
    def candidates(self) -> tuple[Acting, ...]:
        """What the person may act in for this request: commissions if one is needed, else employments, else nothing."""
        login, staff = self.case.identity.attributes, self.case.staff
        asked = {wish.name: wish.values for wish in self.from_directory if wish.values}
        filters = {**asked, **(self.case.wanted.acting_in or {})}
        if self.needs_commission:
            return usable_commissions(staff, login, filters)
        if any(wish.name not in login for wish in self.from_directory):
            return usable_employments(staff, login, filters)
        return ()

    @_once
    def needs_commission(self) -> bool:
        if self.case.wanted.acting_in is not None:
            return True
        return any(CATALOGUE[wish.name].source is Source.COMMISSION for wish in self.from_directory)

    @_once
    def acting(self) -> Acting | None:
        """The one in which the person acts, `NOWHERE` when there is none, None when the person must choose."""
        if len(self.candidates) <= 1:
            return next(iter(self.candidates), NOWHERE)
        chosen = self.case.commission
        return next((acting for acting in self.candidates if chosen and acting.known_as(chosen)), None)

    @_once
    def may_act_for(self) -> tuple[Mandate, ...]:
        """By what the person may act for others in this request: nothing, unless the service takes that, asks for whom, and
        may know.
        """
        case = self.case
        if not case.mandates:
            return ()
        tells = {name for name in self.asked if name in self.permitted and self.permitted[name].outcome is None}
        found = on_behalf.good(case.mandates, case.party, case.person.id, case.ages, self.now)
        return tuple(one for one in found if not tells.isdisjoint(on_behalf.told(one)))

    @_once
    def mandate(self) -> Mandate | None:
        """The one by which the person acts; None for themselves, and while they have not chosen."""
        return next((one for one in self.may_act_for if one.id == self.case.on_behalf), None)

    @_once
    def release(self) -> Release:
        """What would go. Nothing of the directory, or of anybody else, while the person has not chosen."""
        return release(self.case, self.asked, self.permitted, self.acting or NOWHERE, self.now, self.mandate)

    def needed(self, wish: RequestedAttribute) -> bool:
        """Whether the service is refused rather than answered without this attribute."""
        return wish.required or wish.name in self.case.party.required

    def every(self, outcome: Outcome, rule: str) -> tuple[Verdict, ...]:
        """The same verdict on everything asked for."""
        return tuple(Verdict(rule, outcome, name) for name in self.asked)


def _stronger(one: RequestedAttribute, other: RequestedAttribute) -> RequestedAttribute:
    return replace(
        one,
        essential=one.essential or other.essential,
        required=one.required or other.required,
        values=one.values or other.values,
        purpose=one.purpose or other.purpose,
    )


Rule = Callable[[Work], Ruling]


def stopped(party: RelyingParty, now: int) -> Reason | None:
    """Why nothing may be done for this service now, or None: only active services of active members are in force, and of
    those whose risks were assessed anew in time.
    """
    for state, suspended in ((party.member.state, "blocked-member"), (party.state, "blocked-service")):
        if state is not State.ACTIVE:
            return REASONS[suspended if state is State.SUSPENDED else "not-member"]
    return REASONS["member-overdue"] if party.member.unassessed(now) else None


def party_in_force(work: Work) -> Ruling:
    """A service that is not active, or whose member is not, gets nothing."""
    reason = stopped(work.case.party, work.now)
    return Refuse(reason) if reason else Allow()


def person_not_blocked(work: Work) -> Ruling:
    """A blocked person is let in nowhere."""
    return Refuse(REASONS["blocked-user"]) if work.case.person.blocked else Allow()


def method_allowed(work: Work) -> Ruling:
    """The method is one that the service takes, and its provider is not suspended and fits it by entity category."""
    case = work.case
    open_to_party = not case.party.methods or case.identity.method in case.party.methods
    in_force = case.terms is None or (case.terms.state is State.ACTIVE and fits(case.party.known_as, case.terms))
    return Allow() if open_to_party and in_force else _identify_again(work, REASONS["blocked-method"])


def level_reached(work: Work) -> Ruling:
    """The level is exactly one of those acceptable, still within what its provider may give, and carried by a trust
    declaration that has not run out.
    """
    level, acceptable = work.case.identity.level, work.acceptable
    if not acceptable:
        return Refuse(REASONS["request-level"], {"asked": " ".join(work.case.wanted.levels)})
    terms = work.case.terms
    if terms is not None and level in terms.gives() and level not in terms.gives_at(work.now):
        return _identify_again(work, REASONS["provider-overdue"])
    trusted = terms is None or level in terms.gives()
    if trusted and loa.satisfies(level, acceptable) and not _second_best(work):
        return Allow()
    return _identify_again(work, REASONS["level-too-low"], {"asked": " ".join(acceptable), "got": level})


def _second_best(work: Work) -> bool:
    """Whether the service named levels, would take another, and a new login has not yet been tried for them."""
    wanted = work.case.wanted
    if wanted.essential_level or not wanted.levels or work.just_made or wanted.passive or work.case.unattended:
        return False
    return work.case.identity.level not in wanted.levels and bool(set(wanted.levels) & set(work.case.party.levels))


def fresh_enough(work: Work) -> Ruling:
    """Identified after the request when it says so (ForceAuthn, prompt=login), or at most `max_age` before it.

    Age is counted to the request and not to now, so that a slow choice of commission never makes a login too old. A login
    that was not made for this request, and whose moment its provider did not vouch for, is of no known age.
    """
    wanted, at = work.case.wanted, work.case.identity.authenticated_at
    fresh = at >= wanted.asked_at or not wanted.force
    known = work.case.identity.dated or work.just_made
    young = wanted.max_age is None or (known and wanted.asked_at - at <= wanted.max_age)
    if fresh and young:
        return Allow()
    return _identify_again(work, REASONS["login-required"])


def commission_settled(work: Work) -> Ruling:
    """A commission is chosen when, and only when, something asked for needs one; one that fits needs no question."""
    if work.acting is None:
        return Ask(AskCommission(tuple(a.as_choice() for a in work.candidates)), REASONS["choice-required"])
    wishes = [w for w in work.from_directory if w.essential or work.needed(w)]
    wishes += [RequestedAttribute(name, values=values) for name, values in (work.case.wanted.acting_in or {}).items()]
    bound = work.case.wanted.acting_in is not None
    if (wishes or bound) and not work.case.directory_answered:
        return Refuse(REASONS["directory-down"], verdicts=work.release.verdicts)
    needed = bound or any(CATALOGUE[w.name].source is Source.COMMISSION for w in wishes)
    if work.acting is NOWHERE and needed:
        return Refuse(REASONS["no-commission"], _naming_wishes(wishes), work.release.verdicts)
    return Allow()


def representation_settled(work: Work) -> Ruling:
    """For whom the person acts is chosen where there is a choice, and what was chosen is still good: a power taken back, an
    age reached, a service that takes it no longer stop here whatever was asked for.
    """
    case = work.case
    if case.on_behalf is None:
        return Ask(AskOnBehalf(work.may_act_for), REASONS["choice-required"]) if work.may_act_for else Allow()
    if case.on_behalf == MYSELF or not on_behalf.told(work.mandate).keys().isdisjoint(work.release.attributes):
        return Allow()
    return Refuse(on_behalf.refusal(case.mandates, case.on_behalf, case.party, case.person.id, case.ages, work.now))


def required_delivered(work: Work) -> Ruling:
    """What the service cannot work without can be delivered."""
    outcomes = {v.attribute: v.outcome for v in work.release.verdicts}
    lacking = {n: outcomes[n] for n, w in work.asked.items() if work.needed(w) and outcomes[n] not in DELIVERED}
    if not lacking:
        return Allow()
    forbidden = [n for n, outcome in lacking.items() if outcome in FORBIDDEN]
    reason = REASONS["attr-not-allowed" if forbidden else "attr-missing"]
    return Refuse(reason, _naming(forbidden or lacking), work.release.verdicts)


def consent_given(work: Work) -> Ruling:
    """The person has agreed to just these details going to just this service, where its policy asks for that, or a
    release policy does.
    """
    attributes = work.release.attributes
    wanted = any(work.permitted[name].consent for name in attributes)
    shown = consent.missing(work.case, attributes, wanted=wanted)
    if shown is None:
        return Allow()
    verdicts = tuple(
        Verdict("consent", Outcome.CONSENT_MISSING, v.attribute, "", v.source, v.basis)
        if v.attribute in attributes
        else v
        for v in work.release.verdicts
    )
    return Ask(AskConsent(attributes, work.release.sources, shown), REASONS["consent-required"], verdicts)


RULES: tuple[Rule, ...] = (
    party_in_force,
    person_not_blocked,
    method_allowed,
    level_reached,
    fresh_enough,
    commission_settled,
    representation_settled,
    required_delivered,
    consent_given,
)


def decide(case: Case, now: int) -> Decision:
    """Decide a case at `now` (epoch seconds)."""
    work = Work(case, now)
    trace: list[Verdict] = []
    for rule in RULES:
        ruling = rule(work)
        if not isinstance(ruling, Allow):
            return _stop(_name(rule), ruling, case, trace)
        trace.append(_allowed(_name(rule)))
    for_whom = work.mandate.id if work.mandate else ""
    return Released(work.release.attributes, (*trace, *work.release.verdicts), work.acting or NOWHERE, for_whom)


@cache
def _allowed(rule: str) -> Verdict:
    return Verdict(rule, Outcome.ALLOWED)


@cache
def _name(rule: Rule) -> str:
    return rule.__name__.replace("_", "-")


def _stop(rule: str, ruling: Ask | Refuse, case: Case, trace: list[Verdict]) -> Decision:
    """The question or refusal that a rule came to; a question that nobody may be asked is a refusal."""
    if isinstance(ruling, Refuse):
        refused = Verdict(rule, Outcome.REFUSED, note=ruling.reason.code)
        return Refused(ruling.reason, ruling.about, (*trace, refused, *ruling.verdicts))
    asked = Verdict(rule, Outcome.ASKED, note=ruling.unasked.code)
    if case.unattended or case.wanted.passive:
        return Refused(ruling.unasked, trace=(*trace, replace(asked, outcome=Outcome.REFUSED), *ruling.verdicts))
    return replace(ruling.question, trace=(*trace, asked, *ruling.verdicts))


def _identify_again(work: Work, reason: Reason, about: Mapping[str, str] | None = None) -> Ruling:
    """Ask for another login, unless this one was made for this request and would only be made again."""
    verdicts = work.every(Outcome.LEVEL_TOO_LOW, "level") if reason.kind is Kind.LEVEL else ()
    if work.just_made or not work.acceptable:
        return Refuse(reason, about or {}, verdicts)
    return Ask(StepUp(work.acceptable), REASONS["login-required"], verdicts)


def _naming_wishes(wishes: Iterable[RequestedAttribute]) -> dict[str, str]:
    """As `_naming`, with the values that were asked for (a purpose, a unit: nothing of the person)."""
    wishes = tuple(wishes)
    return {**_naming(w.name for w in wishes), "asked": ", ".join(value for w in wishes for value in w.values)}


def _naming(names: Iterable[str]) -> dict[str, str]:
    """What fills a sentence about attributes: their labels in both languages, and their names for the log."""
    rows = [(name, CATALOGUE.get(name)) for name in names]
    return {
        "detail": ", ".join(name for name, _ in rows),
        "detail_sv": ", ".join(row.sv if row else name for name, row in rows),
        "detail_en": ", ".join(row.en if row else name for name, row in rows),
    }
