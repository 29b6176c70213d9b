"""The record of each step: audit events, and the sign-on that an identification starts or renews."""

import secrets
from dataclasses import replace
from typing import Any

from broker.audit import trace
from broker.audit.events import ConsentRecorded, Decided, Event, Identified, LoginFailed, SignOnEnded
from broker.login.effects import AnyChange, Effects, EndSignOn, KeepPerson, StartSignOn
from broker.login.handles import hashed, new_reference
from broker.login.identify import Known
from broker.login.ports import Federation, Services
from broker.login.request import Transaction, Visit
from broker.login.sign_on import Limits, SignOn
from broker.login.steps import Issue
from broker.settings import Settings
from trust_framework.decide import Decision, Refused, Released
from trust_framework.on_behalf import MYSELF
from trust_framework.reasons import Reason


def limits(settings: Settings) -> Limits:
    """How long a sign-on counts."""
    return Limits(settings.sign_on_idle, settings.sign_on_absolute)


def signed_on(
    tx: Transaction, known: Known, handle: str, visit: Visit, now: int, on: Services
) -> tuple[Transaction, Effects]:
    """The login with its person, and what must be recorded: person, sign-on under a new handle, proof.

    The sign-on that the browser had is renewed when it is this person's and still counts; else it has ended.
    """
    earlier = on.store.sign_on(visit.sign_on_id) if visit.sign_on_id else None
    left: tuple[SignOn, ...] = ()
    if earlier and earlier.person == known.person and earlier.usable(limits(on.settings), now):
        sign_on = earlier.joined_by(known.identity, hashed(handle), now)
    else:
        left = (earlier,) if earlier else ()
        sign_on = SignOn(hashed(handle), secrets.token_hex(16), known.person, (known.identity,), now, now)
    moved = replace(
        tx,
        identity=known.identity,
        person=known.person,
        sign_on=sign_on.root,
        pageless=known.proof.pageless,
        commission=known.proof.commission,
        method_state=None,
    )
    changes: tuple[AnyChange, ...] = (KeepPerson(known.person, known.keys), StartSignOn(sign_on), *known.proof.consume)
    ending: tuple[AnyChange, ...] = tuple(EndSignOn(one.root, now) for one in left)
    events: tuple[Event, ...] = tuple(ended(one, "replaced", now, on) for one in left)
    return moved, Effects((*changes, *ending), (*events, _identified(tx, known, now)))


def ended(sign_on: SignOn, cause: str, now: int, on: Services) -> SignOnEnded:
    """The event of a sign-on that ends: `service` and `person` say who asked, `replaced` that another began here."""
    served = tuple(p.service for p in on.store.participants(sign_on.root))
    return SignOnEnded(at=now, reference=new_reference(), person=sign_on.person, served=served, cause=cause)


def _identified(tx: Transaction, known: Known, now: int) -> Identified:
    return Identified(
        at=now,
        reference=tx.reference,
        service=tx.request.service,
        method=known.identity.method,
        person=known.person,
        level=known.identity.level,
        dropped=tuple((d.attribute, d.rule) for d in known.dropped),
        evidence=dict(known.proof.asserted.evidence),
    )


def failed(tx: Transaction, reason: Reason, detail: str, now: int) -> LoginFailed:
    """The event of a method that identified nobody, or of a person who turned back."""
    return LoginFailed(
        at=now,
        reference=tx.reference,
        service=tx.request.service,
        method=tx.method or "",
        reason=reason.code,
        detail=detail,
    )


def decided(tx: Transaction, decision: Decision, now: int, on: Services) -> Decided:
    """The event of a decision that lets nothing go."""
    identity = tx.identity
    return Decided(
        at=now,
        reference=tx.reference,
        service=tx.request.service,
        member=_member(tx.request.service, on.federation()),
        person=tx.person or "",
        method=identity.method if identity else "",
        level=identity.level if identity else "",
        authenticated_at=identity.authenticated_at if identity else 0,
        commission=tx.commission or "",
        on_behalf=for_another(tx.on_behalf),
        decision=type(decision).__name__,
        reason=decision.reason.code if isinstance(decision, Refused) else "",
        released=tuple(decision.attributes) if isinstance(decision, Released) else (),
        trace=trace.rows(decision.trace),
        register=on.federation().version,
    )


def of_issue(issue: Issue, now: int, federation: Federation) -> dict[str, Any]:
    """The fields of `Decided` for something that is issued; the front's event adds its own."""
    return {
        "at": now,
        "reference": issue.reference,
        "service": issue.request.service,
        "member": _member(issue.request.service, federation),
        "person": issue.person,
        "method": issue.identity.method,
        "level": issue.identity.level,
        "authenticated_at": issue.identity.authenticated_at,
        "commission": issue.commission or "",
        "on_behalf": issue.on_behalf,
        "decision": Released.__name__,
        "released": tuple(issue.attributes),
        "trace": trace.rows(issue.trace),
        "register": federation.version,
    }


def for_another(chosen: str | None) -> str:
    """The representation that was chosen; nothing for who acts for themselves, or has not chosen."""
    return "" if chosen is None or chosen == MYSELF else chosen


def consent(tx: Transaction, shown: str, attributes: tuple[str, ...], now: int, *, given: bool) -> ConsentRecorded:
    """The event of a consent given or declined."""
    return ConsentRecorded(
        at=now,
        reference=tx.reference,
        person=tx.person or "",
        service=tx.request.service,
        given=given,
        attributes=attributes,
        shown=shown,
    )


def _member(service: str, federation: Federation) -> str:
    return federation.parties[service].member.org
