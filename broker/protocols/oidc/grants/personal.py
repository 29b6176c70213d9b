"""What the code and refresh grants share: look at the grant anew, decide again, and make the tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from broker.audit import trace
from broker.audit.events import GrantEnded, TokensIssued
from broker.care.calling import Done
from broker.login.effects import NOTHING, Change, Effects, EndGrant, Grant, KeepOnce, Once, UseOnce
from broker.login.handles import new_secret
from broker.login.ports import Services
from broker.protocols.oidc import authorization_details, recorded, tokens
from broker.protocols.oidc.authorization_details import BadDetails
from broker.protocols.oidc.content import Content, as_registered, case_again
from broker.protocols.oidc.errors import InvalidAuthorizationDetails, InvalidGrant
from broker.protocols.oidc.grants.base import Form, Granted
from broker.protocols.oidc.patient_context import Context, NotPermitted, decided, for_client, holder_of
from broker.protocols.oidc.recorded import NotReleased
from metadata.register import OidcClient
from trust_framework.decide import Released, Verdict, decide
from trust_framework.directory import Acting
from trust_framework.identity import Attributes

REFRESH: Final = "refresh_token"


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant that still stands, and what a decision made just now releases; `context` and its record, where it has one."""

    grant: Grant
    content: Content
    attributes: Attributes
    trace: tuple[Verdict, ...] = ()
    context: Done[Context] | None = None


def standing(grant_id: str | None, client: OidcClient, occasion: str, form: Form, now: int, on: Services) -> Standing:
    """Look at the grant anew: a block, a withdrawn consent, a suspended service or a log-out stops it here, and a scope
    value that the client may no longer have is left out.

    Raises InvalidGrant, InvalidAuthorizationDetails, and NotReleased with the record of a decision that came to no;
    `occasion` says there what asked.
    """
    grant = on.store.grant(grant_id) if grant_id else None
    if grant is None or tokens.grant_expires(grant, now):
        raise InvalidGrant("the grant has ended")
    content = _asked_for(as_registered(Content.from_json(grant.content), client), form)
    decision = decide(case_again(grant, content, on), now)
    if not isinstance(decision, Released):
        raise NotReleased.by(recorded.decided(grant, content, decision, content.id_token, occasion, now, on))
    context = _context(grant, content, decision.acting, now, on)
    return Standing(grant, content, decision.attributes, decision.trace, context)


def _asked_for(content: Content, form: Form) -> Content:
    """The same grant with no more of its patient context than this request asks for (RFC 9396 sections 6 and 6.1)."""
    try:
        asked = authorization_details.read(form.get(authorization_details.PARAMETER, ""))
    except BadDetails as error:
        raise InvalidAuthorizationDetails(str(error)) from error
    if asked is None:
        return content
    if content.context is None or (narrowed := content.context.narrowed_to(asked)) is None:
        raise InvalidAuthorizationDetails("authorization_details are wider than what was granted")
    return replace(content, context=narrowed)


def _context(grant: Grant, content: Content, acting: Acting, now: int, on: Services) -> Done[Context] | None:
    """The patient context as it is granted now. Raises NotReleased: a token is never given without what it was asked for."""
    if content.context is None:
        return None
    try:
        return decided(content.context, acting, holder_of(grant, content), now, on)
    except NotPermitted as refused:
        told = "the patient's information is not open"
        raise NotReleased(refused.effects, refused.reason.code, told) from refused


def ended(once: Once, cause: str, now: int) -> Effects:
    """The grant of a single-use thing that was used again dies, with all that came of it (RFC 6749 section 4.1.2)."""
    if once.grant is None:
        return Effects()
    return Effects(
        (EndGrant(once.grant, now),), (GrantEnded(at=now, service=once.owner, grant=once.grant, cause=cause),)
    )


def granted(
    found: Standing, client: OidcClient, used: Once, grant_type: str, nonce: str | None, now: int, on: Services
) -> Granted:
    """The token response and its record."""
    grant, content = found.grant, found.content
    context = found.context
    access = tokens.access_token(
        grant.id, client, content.sub, content.scope, now, on, context.result if context else None
    )
    response: dict[str, Any] = {
        "access_token": access.token,
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_TOKEN_LIFETIME,
        "scope": content.scope,
    }
    if "openid" in content.scope.split(" "):
        response["id_token"] = tokens.id_token(
            content, client, access.token, found.attributes, nonce, now, on, grant.client
        )
    if context:
        response[authorization_details.PARAMETER] = for_client(context.result)
    changes: tuple[Change, ...] = (UseOnce(used.kind, used.secret, now),)
    if _refreshable(grant, client):
        response["refresh_token"] = new_secret()
        kept = Once("refresh", response["refresh_token"], grant.client, grant.expires_at, {}, grant.id)
        changes = (*changes, KeepOnce(kept))
    event = _event(found, grant_type, access, response, now)
    if grant_type == REFRESH:
        event = replace(event, trace=trace.rows(found.trace), register=on.federation().version)
    return Granted(response, Effects(changes, (event,)) + (context.effects if context else NOTHING))


def _refreshable(grant: Grant, client: OidcClient) -> bool:
    """By the grant and not by this answer's scope, which may be narrower (RFC 6749 section 6)."""
    granted = "offline_access" in grant.content["scope"].split(" ")
    return granted and "offline_access" in client.scope and "refresh_token" in client.grant_types


def _event(
    found: Standing, grant_type: str, access: tokens.Access, response: Mapping[str, Any], now: int
) -> TokensIssued:
    return TokensIssued(
        at=now,
        reference=found.content.reference,
        service=found.grant.client,
        grant=found.grant.id,
        grant_type=grant_type,
        person=found.grant.person or "",
        tokens=tuple(name for name in ("access_token", "id_token", "refresh_token") if name in response),
        access=access.jti,
        scope=found.content.scope,
        released=tuple(name for name in found.content.id_token if name in found.attributes),
    )
