"""The UserInfo endpoint (OpenID Connect Core section 5.3): decided anew, recorded, answered."""

from broker.exchange import BadRequest, Reply, Request, single
from broker.login.effects import Effects, Grant, StorageUnavailable
from broker.login.ports import Services
from broker.protocols.oidc import recorded
from broker.protocols.oidc.claims import claims_of
from broker.protocols.oidc.content import Content, as_registered, case_again, narrowed
from broker.protocols.oidc.errors import (
    BadBearer,
    InsufficientScope,
    InvalidToken,
    NoToken,
    ProtocolError,
    TemporarilyUnavailable,
)
from broker.protocols.oidc.tokens import grant_expires, read_access_token
from broker.protocols.oidc.wire import json_reply
from metadata.register import OidcClient
from metadata.wire.jose import issue
from trust_framework.decide import Released, decide


def userinfo(request: Request, now: int, on: Services) -> Reply:
    """The claims that may be released now (OpenID Connect Core section 5.3). Nothing leaves before its record is committed."""
    try:
        return _claims(_bearer(request), now, on)
    except ProtocolError as error:
        return error.reply()
    except StorageUnavailable:
        return TemporarilyUnavailable("the request could not be recorded").reply()


def _bearer(request: Request) -> str:
    """The token, sent in exactly one way (RFC 6750 section 2). Raises BadBearer, NoToken."""
    scheme, _, header = request.headers.get("authorization", "").partition(" ")
    sent = [header.strip()] if scheme.lower() == "bearer" else []
    try:
        if any(name == "access_token" for name, _ in request.parameters()):
            raise BadBearer("the access token is in the address")
        form = single(request.form()) if request.method == "POST" and request.body else {}
    except BadRequest as error:
        raise BadBearer(str(error)) from error
    sent += [form["access_token"]] if "access_token" in form else []
    if len(sent) > 1:
        raise BadBearer("the access token is sent in more than one way")
    if not sent or not sent[0]:
        raise NoToken("an access token is needed")
    return sent[0]


def _claims(token: str, now: int, on: Services) -> Reply:
    read = read_access_token(token, now, on)
    grant = on.store.grant(read.grant)
    if grant is None or grant.person is None or grant_expires(grant, now):
        raise InvalidToken("the access token is not valid", "the grant has ended")
    scope = read.claims["scope"]
    if "openid" not in scope.split(" "):
        raise InsufficientScope("the token is not for this endpoint")
    service = on.federation().register.services.get(grant.client)
    if service is None or service.oidc is None:
        raise InvalidToken("the access token is not valid", "the service has left the register")
    content = narrowed(as_registered(Content.from_json(grant.content), service.oidc), scope)
    return _released(grant, content, service.oidc, now, on)


def _released(grant: Grant, content: Content, client: OidcClient, now: int, on: Services) -> Reply:
    decision = decide(case_again(grant, content, on), now)
    event = recorded.decided(grant, content, decision, content.userinfo, "userinfo", now, on)
    if not isinstance(decision, Released):
        on.store.commit(Effects(events=(event,)))
        raise InvalidToken("the person's details may no longer be released")
    claims = {**claims_of(decision.attributes, content.userinfo), "sub": content.sub}
    on.store.commit(Effects(events=(event,)))
    if client.userinfo_signed_response_alg is None:
        return json_reply(claims)
    signer = on.keys().signer("oidc", client.userinfo_signed_response_alg, grant.client)
    signed = issue({**claims, "iss": on.settings.base_url, "aud": client.client_id, "iat": now}, signer)
    return Reply(200, (("Content-Type", "application/jwt"), ("Cache-Control", "no-store")), signed.encode())
