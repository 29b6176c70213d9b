"""The login, on one screen: `begin`, `resume` and `finish`. The same for every protocol and every method.

Fronts verify a request and call `begin`; pages and identity providers come back through `resume` and its siblings. Each
returns a `Step`: an outcome and its effects, which the view commits once before it answers. Nothing else moves a login.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from broker.login import identify, methods, record
from broker.login.effects import Effects, EndLogin, RecordConsent, SaveLogin, UseSignOn
from broker.login.facts import case_of
from broker.login.handles import new_reference, new_secret
from broker.login.ports import Services
from broker.login.questions import STAGES, by_itself
from broker.login.request import LoginRequest, Transaction, Visit
from broker.login.steps import Explain, Issue, Leave, Outcome, Show, Stage, Step, Tell
from idp_adapters.base import AskCertificate, AskHint, Authenticated, Failed, Inbound, PostForm, Redirect, Started, Wait
from trust_framework.decide import (
    AskCommission,
    AskConsent,
    AskOnBehalf,
    Decision,
    Refused,
    Released,
    StepUp,
    decide,
    stopped,
)
from trust_framework.identity import Identity
from trust_framework.on_behalf import MYSELF
from trust_framework.reasons import REASONS, Reason, Refusal

UNBOUND = b"unbound:"  # and random octets, so that what is kept a browser is not shared by all of them
NOTED_EVERY = 60  # seconds: the use of a sign-on (idle limit) is noted to the minute, since each note is a write


def begin(request: LoginRequest, visit: Visit, now: int, on: Services) -> Step:
    """A verified request, whichever protocol it came by."""
    return proceed(_opened(request, visit.browser, now, on), visit, now, on)


def land(request: LoginRequest, now: int, on: Services) -> Step:
    """A verified request that came by a cross-site POST, and so without the browser's cookie: keep it and come back by GET.

    The login is bound to the browser that fetches its address first (`proceed`).
    """
    return _at(Stage.LANDED, _opened(request, UNBOUND + secrets.token_bytes(16), now, on).next())


def unbound(tx: Transaction) -> bool:
    """Whether the login landed and no browser has fetched it yet."""
    return tx.browser.startswith(UNBOUND) and len(tx.browser) == len(UNBOUND) + 16


def _opened(request: LoginRequest, browser: bytes, now: int, on: Services) -> Transaction:
    return Transaction(
        id=new_secret(),
        reference=new_reference(),
        request=request,
        browser=browser,
        started_at=now,
        expires_at=now + on.settings.login_lifetime,
    )


def proceed(tx: Transaction, visit: Visit, now: int, on: Services) -> Step:
    """The first step of a login in its browser: stop, reuse the sign-on, or ask the person."""
    request = tx.request
    if reason := stopped(on.federation().parties[request.service], now):
        return tell(tx, reason, now)
    if step := _reuse(tx, visit, now, on):
        return step
    if request.wanted.passive:
        return tell(tx, REASONS["login-required"], now)
    return choose(tx, visit, now, on)


def _reuse(tx: Transaction, visit: Visit, now: int, on: Services) -> Step | None:
    """Answer from the sign-on of this browser, or None when the person must identify."""
    sign_on = on.store.sign_on(visit.sign_on_id) if visit.sign_on_id else None
    if sign_on is None:
        return None
    usable = sign_on.usable(record.limits(on.settings), now)
    for identity in identify.in_order_wanted(usable, tx.request.wanted.levels):
        if tx.request.methods and identity.method not in tx.request.methods:
            continue
        request = _asked_after(tx.request, identity)
        reused = replace(
            tx, request=request, identity=identity, person=sign_on.person, sign_on=sign_on.root, method=identity.method
        )
        decision = decide(case_of(reused, on), now)
        if not _wants_login(decision):
            used = (UseSignOn(sign_on.root, now),) if now - sign_on.used_at >= NOTED_EVERY else ()
            return _follow(reused, decision, now, on).adding(Effects(used))
    return None


def _wants_login(decision: Decision) -> bool:
    """Whether another identification is wanted, which nobody may be asked for when the request is passive."""
    return isinstance(decision, StepUp) or (
        isinstance(decision, Refused) and decision.reason is REASONS["login-required"]
    )


def _asked_after(request: LoginRequest, identity: Identity) -> LoginRequest:
    """The request, with a time after the identity's: what a sign-on holds was never made for it, not even when both
    happened within one second (ForceAuthn, prompt=login and max_age=0 ask for a login of their own).
    """
    if identity.authenticated_at < request.wanted.asked_at:
        return request
    asked_at = identity.authenticated_at + 1
    return replace(request, wanted=replace(request.wanted, asked_at=asked_at))


def choose(tx: Transaction, visit: Visit, now: int, on: Services, *, again: bool = False) -> Step:
    """Start the method when only one will do; else, or when another way is wanted (`again`), let the person choose."""
    offered = methods.offered(tx, on.federation(), now)
    if not offered.usable:
        return explain(tx, REASONS["no-method"])
    if len(offered.usable) == 1 and not again:
        return start(tx, offered.usable[0], visit, now, on)
    return _at(Stage.CHOICE, tx.next())


def start(tx: Transaction, method: str, visit: Visit, now: int, on: Services, *, same_device: bool = False) -> Step:
    """Send the person to a method, which must be one of those offered. What came of an earlier one is let go."""
    federation = on.federation()
    if barred := _barred(tx, now, on):
        return barred
    if method not in methods.offered(tx, federation, now).usable:
        return explain(tx, REASONS["no-method"])
    ask = methods.ask(tx, method, visit, on, same_device=same_device)
    anew = replace(tx, method=method, method_state=None, failure=None, identity=None)
    anew = replace(anew, commission=None, on_behalf=None, consented=None)
    return _met(anew, federation.methods[method].start(ask, now), visit, now, on)


def resume(tx: Transaction, inbound: Inbound, visit: Visit, now: int, on: Services, *, hold: bool = False) -> Step:
    """The person, or the phone, is back from an identity provider.

    `hold`: only look. A person who is identified by then is signed on, and the login goes on when its page asks (`finish`);
    for callers whose answer cannot carry the service's (status by script, the frame of the QR code).
    """
    if tx.method_state is None:
        return standing(tx, now, on)
    if barred := _barred(tx, now, on):
        return barred
    adapter = on.federation().methods.get(tx.method or "")
    if adapter is None:
        return explain(replace(tx, method_state=None), REASONS["blocked-method"])
    met = adapter.resume(tx.method_state, inbound, now)
    if hold and isinstance(met, Authenticated):
        return identified(tx, met, visit, now, on, hold=True)
    return _met(tx, met, visit, now, on)


def _barred(tx: Transaction, now: int, on: Services) -> Step | None:
    """The end of a login whose service or member was stopped on the way, so that nobody identifies in vain."""
    reason = stopped(on.federation().parties[tx.request.service], now)
    return explain(replace(tx, method_state=None), reason) if reason else None


def standing(tx: Transaction, now: int, on: Services) -> Step:
    """Where a login stands when no method is at work: a person to decide for, something to explain, or a choice to make."""
    if tx.identity is not None:
        return finish(tx, now, on)
    if tx.failure:
        return Step(Explain(REASONS[tx.failure], tx.reference, tx))
    return Step(Show(Stage.CHOICE, tx))


def _met(tx: Transaction, met: Started, visit: Visit, now: int, on: Services) -> Step:
    """Follow what a method came to."""
    match met:
        case Authenticated():
            return identified(tx, met, visit, now, on)
        case Failed():
            return failed(tx, met, now)
        case Redirect(url, state):
            return _saving(tx.next(method_state=state), Leave(url))
        case PostForm(url, fields, state):
            return _saving(tx.next(method_state=state), Leave(url, fields))
        case AskCertificate(state):
            return _at(Stage.CARD, tx.next(method_state=state))
        case AskHint(state):
            return _at(Stage.TEST, tx.next(method_state=state))
        case Wait():
            return waiting(tx, met)
        case _:
            assert_never(met)


def waiting(tx: Transaction, wait: Wait) -> Step:
    """The person acts elsewhere. Nothing is written when nothing has changed."""
    if wait.state == tx.method_state:
        return Step(Show(Stage.MOBILE, tx, wait))
    moved = tx.next(method_state=wait.state)
    return _saving(moved, Show(Stage.MOBILE, moved, wait))


def failed(tx: Transaction, failure: Failed, now: int) -> Step:
    """The method identified nobody. The person is told and may try again, unless no page may be shown."""
    seen = Effects(events=(record.failed(tx, failure.reason, failure.detail, now),))
    if failure.pageless or tx.request.wanted.passive:
        return tell(tx, failure.reason, now, failure.about).adding(seen)
    return explain(replace(tx, method_state=None), failure.reason, failure.about).adding(seen)


def identified(
    tx: Transaction, proof: Authenticated, visit: Visit, now: int, on: Services, *, hold: bool = False
) -> Step:
    """A method identified the person: recognise them, start or renew the sign-on, and decide."""
    try:
        known = identify.settle(tx, proof, on)
    except Refusal as refusal:
        return failed(tx, Failed(refusal.reason, refusal.detail, refusal.about, pageless=proof.pageless), now)
    handle = new_secret()
    moved, signed_on = record.signed_on(tx, known, handle, visit, now, on)
    step = _at(Stage.CONTINUE, moved.next()) if hold else finish(moved, now, on)
    return replace(step.adding(signed_on), handle=handle)


def finish(tx: Transaction, now: int, on: Services) -> Step:
    """Decide for a person who is identified, and do what the decision says."""
    return _follow(tx, decide(case_of(tx, on), now), now, on)


def _follow(tx: Transaction, decision: Decision, now: int, on: Services) -> Step:
    match decision:
        case Released():
            return _issue(tx, decision, now)
        case Refused(reason, about):
            seen = Effects(events=(record.decided(tx, decision, now, on),))
            if tx.pageless or tx.request.wanted.passive:
                return tell(tx, reason, now, about).adding(seen)
            return explain(replace(tx, on_behalf=None), reason, about).adding(seen)
        case StepUp(levels):
            return _at(Stage.CHOICE, tx.next(levels=levels, identity=None))
        case AskCommission() | AskOnBehalf() | AskConsent():
            if tx.pageless:
                return finish(by_itself(tx, decision), now, on)
            return _at(STAGES[type(decision)], tx.next())
        case _:
            assert_never(decision)


def commission_chosen(tx: Transaction, hsa_id: str, now: int, on: Services) -> Step:
    """The person chose a commission; one that is not among the choices is asked for again. What answers no question is
    not taken: it would stand in the log and the grant as if the person had acted in it.
    """
    decision = decide(case_of(tx, on), now)
    if not isinstance(decision, AskCommission):
        return _follow(tx, decision, now, on)
    if hsa_id not in {c.hsa_id for c in decision.choices}:
        return Step(Show(Stage.COMMISSION, tx))
    return finish(replace(tx, commission=hsa_id), now, on)


def on_behalf_chosen(tx: Transaction, choice: str, now: int, on: Services) -> Step:
    """The person chose for whom they act: themselves, or by a representation that is good there and now. Anything else is
    asked for again, and what answers no question is not taken.
    """
    decision = decide(case_of(tx, on), now)
    if not isinstance(decision, AskOnBehalf):
        return _follow(tx, decision, now, on)
    if choice not in {MYSELF, *(mandate.id for mandate in decision.choices)}:
        return Step(Show(Stage.ON_BEHALF, tx))
    return finish(replace(tx, on_behalf=choice), now, on)


def consent_answered(tx: Transaction, shown: str, *, given: bool, now: int, on: Services) -> Step:
    """The person answered the question that `shown` is the hash of. Anything else than that question is asked anew."""
    decision = decide(case_of(tx, on), now)
    if not isinstance(decision, AskConsent):
        return _follow(tx, decision, now, on)
    names = tuple(decision.attributes)
    if not given:
        seen = Effects(events=(record.consent(tx, shown, names, now, given=False),))
        return tell(tx, REASONS["consent-refused"], now).adding(seen)
    if shown != decision.shown:
        return Step(Show(Stage.CONSENT, tx))
    kept = Effects(
        (RecordConsent(tx.person or "", tx.request.service, shown, now, names),),
        (record.consent(tx, shown, names, now, given=True),),
    )
    return finish(replace(tx, consented=shown), now, on).adding(kept)


def cancelled(tx: Transaction, now: int) -> Step:
    """The person turned back to the service, which is told why: what was explained to the person, if anything was."""
    reason = REASONS[tx.failure or "user-cancelled"]
    return tell(tx, reason, now).adding(Effects(events=(record.failed(tx, reason, "", now),)))


def tell(tx: Transaction, reason: Reason, now: int, about: Mapping[str, str] | None = None) -> Step:
    """End the login with a refusal that the service is told."""
    return Step(Tell(tx.request, tx.reference, reason, about or {}), _ending(tx, now))


def explain(tx: Transaction, reason: Reason, about: Mapping[str, str] | None = None) -> Step:
    """Show the person what went wrong; the login stands, so that there is a way on."""
    moved = tx.next(failure=reason.code)
    return _saving(moved, Explain(reason, tx.reference, moved, about or {}))


def _issue(tx: Transaction, decision: Released, now: int) -> Step:
    if tx.identity is None or tx.person is None or tx.sign_on is None:
        raise TypeError("nothing is issued without a person and a sign-on")
    issue = Issue(
        request=tx.request,
        reference=tx.reference,
        identity=tx.identity,
        person=tx.person,
        sign_on=tx.sign_on,
        attributes=decision.attributes,
        commission=tx.commission,
        trace=decision.trace,
        acting=decision.acting,
        on_behalf=decision.on_behalf,
    )
    return Step(issue, _ending(tx, now))


def _ending(tx: Transaction, now: int) -> Effects:
    return Effects((EndLogin(tx, now),)) if tx.version else Effects()


def _at(stage: Stage, moved: Transaction) -> Step:
    return _saving(moved, Show(stage, moved))


def _saving(moved: Transaction, outcome: Outcome) -> Step:
    return Step(outcome, Effects((SaveLogin(moved),)))
