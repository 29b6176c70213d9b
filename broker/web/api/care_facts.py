"""Facts that a rule set names, for programs: register, confirm, end, list, and the codes that patients share."""

from broker.care import access_facts, fact_codes, fact_contents
from broker.care.access_facts import FactWish
from broker.care.calling import CareRefused, ResultCode
from broker.web.api import care_fact_values as values
from broker.web.api import care_forms as forms
from broker.web.api.care_turn import CareTurn
from trust_framework.access_facts import AccessFact, Eyes


def registered(turn: CareTurn) -> values.AccessFact:
    """Enter a fact of a kind that the provider's rule set names. The same sent again is answered as it stands."""
    new: values.NewFact = turn.body
    wish = FactWish(
        new.id,
        new.kind.strip(),
        new.provider,
        new.says,
        forms.identifier(new.patient) if new.patient else None,
        new.since,
        new.until,
        forms.entered(new.entered),
    )
    return _fact(turn.call(access_facts.register, wish).result)


def searched(turn: CareTurn) -> values.FactList:
    """The facts about a patient at the caller's providers, or those of a provider's own, ended ones too."""
    asked: values.FactsAsked = turn.body
    if asked.patient is None:
        found = access_facts.of_provider(asked.provider, turn.who, turn.on)
    else:
        found = access_facts.of_patient(forms.identifier(asked.patient), turn.who, turn.on, turn.now)
    return values.FactList(facts=tuple(map(_fact, found)))


def shown(turn: CareTurn, fact: str) -> values.AccessFact:
    """A fact as it stands."""
    return _fact(access_facts.shown(fact, turn.who, turn.on))


def confirmed(turn: CareTurn, fact: str) -> values.AccessFact:
    """A second person agrees that a fact begins, or that it ends."""
    return _fact(turn.call(access_facts.confirm, fact, forms.entered(turn.body.entered)).result)


def ended(turn: CareTurn, fact: str) -> values.AccessFact:
    """End a fact, now or at another instant; where two must agree, it holds until the second does."""
    done = turn.call(
        lambda who, on, now: access_facts.end(fact, forms.entered(turn.body.entered), who, on, now, turn.body.ends_at)
    )
    return _fact(done.result)


def code_made(turn: CareTurn, fact: str) -> values.MadeCode:
    """Make a code and get it once, to be sent to the patient alone."""
    made = turn.call(fact_codes.make, fact).result
    return values.MadeCode(code=made.code, expires_at=made.expires_at)


def code_entered(turn: CareTurn, fact: str) -> values.AccessFact:
    """Enter the code that the patient shared: the one whom it is for, once, in time."""
    sent: values.EnteredCode = turn.body
    entered = turn.call(fact_codes.enter, fact, sent.code, forms.entered(sent.entered)).result
    if entered.refusal:
        raise CareRefused(ResultCode.INVALIDSTATE, entered.refusal, "code")
    return _fact(entered.fact)


def _fact(known: AccessFact) -> values.AccessFact:
    kind = access_facts.kind_of(known)
    return values.AccessFact(
        id=known.id,
        kind=known.kind,
        rules=known.rules,
        provider=known.provider,
        patient=forms.number(known.patient) if known.patient else None,
        says=fact_contents.told(known.says, kind),
        since=known.since,
        until=known.until,
        waits=_waits(known, Eyes.ONE if kind is None else kind.begun),
        registered=forms.acted(known.registered),
        confirmed=forms.maybe(known.confirmed),
        ending=forms.maybe(known.ending),
        ended=forms.maybe(known.ended),
    )


_WAITS = {Eyes.ONE: "", Eyes.TWO: "colleague", Eyes.CODE: "code"}


def _waits(known: AccessFact, begun: Eyes) -> str:
    if known.ended is not None:
        return ""
    if known.ending is not None:
        return "end"
    return "" if known.confirmed is not None else _WAITS[begun]
