"""Patient context in tokens (RFC 9396): decided by care's decision service each time, and written for each who reads it.

A wish of which nothing is permitted stops whatever it came with: no code, no token, an inactive token. Of one that is
permitted in part, tokens name the permitted resources alone; the client, who asked, is told what was withheld.

The patient's number goes back to the client that sent it, and to the resource server that a token is for when it asks
(introspection). In an access token, which passes many hands, stands a keyed hash that only that resource server can compare.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.care import decisions
from broker.care.calling import Caller, CallerKind, CareRefused, Done, services_of
from broker.login.effects import NOTHING, Effects, Grant
from broker.login.ports import Services
from broker.protocols.oidc.authorization_details import resource
from broker.protocols.oidc.content import Content
from metadata.wire.base64url import base64url
from trust_framework.care import CareActor, Resource, Staff
from trust_framework.care_access import Access, Ruling
from trust_framework.directory import Acting
from trust_framework.patient_context import TYPE, ContextWish, actor_of, question
from trust_framework.reasons import REASONS, Reason

_HASH: Final = "patient-context"

_REASONS: Final[Mapping[Access, str]] = {
    Access.BLOCKED: "patient-blocked",
    Access.NEEDS_EMERGENCY: "patient-emergency",
    Access.NEEDS_CONSENT: "patient-consent",
    Access.NEEDS_RELATION: "patient-relation",
    Access.REFUSED: "patient-refused",
}


@dataclass(frozen=True, slots=True)
class Context:
    """A wish as it is granted now: in which commission, which of its resources, and what was withheld."""

    wish: ContextWish
    actor: CareActor
    permitted: tuple[Resource, ...]
    withheld: tuple[Ruling, ...] = ()


class NotPermitted(Exception):
    """Nothing of the wish is permitted. `effects` are the record of the decision."""

    def __init__(self, reason: Reason, effects: Effects = NOTHING) -> None:
        super().__init__(reason.code)
        self.reason, self.effects = reason, effects


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose wish it is: a person at a service, and the reference of the login that it came with."""

    person: str
    service: str
    reference: str


def holder_of(grant: Grant, content: Content) -> Holder:
    """Whose wish a grant is."""
    return Holder(grant.person or "", grant.client, content.reference)


def decided(wish: ContextWish, acting: Acting, holder: Holder, now: int, on: Services) -> Done[Context]:
    """Ask the decision service; its record goes with what the answer lets out. The context is bound to the commission that it
    was decided in. Raises NotPermitted.
    """
    actor = actor_of(acting, holder.person)
    if actor is None or not _registered(holder.service, on):
        raise NotPermitted(REASONS["patient-refused"])
    wish = wish.chosen(actor.commission)
    asked = question(wish, actor)
    try:
        done = decisions.decide(asked, _caller(actor, holder, on), services_of(on), now)
    except CareRefused as error:
        raise NotPermitted(REASONS["patient-refused"]) from error
    access = {ruling.resource: ruling.access for ruling in done.result}
    permitted = tuple(one for one in asked.resources if access.get(one.id) is Access.PERMITTED)
    withheld = tuple(ruling for ruling in done.result if ruling.access is not Access.PERMITTED)
    if not permitted:
        raise NotPermitted(_reason(withheld), done.effects)
    return Done(Context(wish, actor, permitted, withheld), done.effects)


def _registered(service: str, on: Services) -> bool:
    """Whether the service may still ask for patient context."""
    client = on.federation().register.services[service].oidc
    return client is not None and TYPE in client.authorization_details_types


def _caller(actor: CareActor, holder: Holder, on: Services) -> Caller:
    return Caller(
        CallerKind.STAFF,
        person=holder.person,
        member=on.federation().parties[holder.service].member.org,
        client=holder.service,
        staff=Staff(actor.employee, actor.commission),
        providers=frozenset({actor.provider}),
        actor=actor,
        reference=holder.reference,
    )


def _reason(withheld: Iterable[Ruling]) -> Reason:
    """The first answer's: of several, one is enough to say what to do."""
    return REASONS[next((_REASONS[ruling.access] for ruling in withheld), "patient-refused")]


# --- the forms --------------------------------------------------------------------------------------------------------


def for_client(context: Context) -> list[dict[str, Any]]:
    """What the token response says (RFC 9396 section 7): what was asked for, as it was granted."""
    patient = context.wish.patient
    told = {**_form(context), "patient": {"system": patient.oid, "value": patient.value}}
    if context.withheld:
        told["withheld"] = [{"id": ruling.resource, "access": ruling.access.value} for ruling in context.withheld]
    return [told]


def for_token(context: Context, jti: str, services: Iterable[str], on: Services) -> list[dict[str, Any]]:
    """What an access token says (RFC 9396 section 9.1) for these resource servers. No number and no employee is in it."""
    patient = context.wish.patient
    marks = {service: mark(patient_key(service, on), jti, patient.oid, patient.value) for service in services}
    return [{**_form(context), "patient": {"system": patient.oid, **({"hmac": marks} if marks else {})}}]


def for_service(context: Context) -> list[dict[str, Any]]:
    """What introspection says (RFC 9396 section 9.2) to the resource server, over its own authenticated connection."""
    patient = context.wish.patient
    return [
        {
            **_form(context),
            "patient": {"system": patient.oid, "value": patient.value},
            "employee": context.actor.employee,
        }
    ]


def _form(context: Context) -> dict[str, Any]:
    actor = context.actor
    return {
        "type": TYPE,
        "actions": list(context.wish.actions),
        "commission": actor.commission,
        **({"care_unit": actor.unit} if actor.unit else {}),
        "care_provider": actor.provider,
        "purpose": str(actor.purpose),
        "resources": [resource(one) for one in context.permitted],
    }


def patient_key(service: str, on: Services) -> bytes:
    """The key with which a resource server compares patients, its own alone. It is told it at introspection."""
    return on.keys().vault.keyed_hash(_HASH, service.encode())


def mark(key: bytes, jti: str, system: str, value: str) -> str:
    """The patient in one token: HMAC-SHA-256 over the token's id, the kind of number and the number, so that two tokens of
    one patient have nothing in common for others.
    """
    return base64url(hmac.digest(key, f"{jti}\x1f{system}\x1f{value}".encode(), "sha256"))
