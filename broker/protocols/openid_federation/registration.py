"""Clients that come by a trust chain: automatic and explicit registration (OpenID Federation 1.0 sections 12.1 and 12.2).

Owns which requests make us look for a chain, what a chain makes of a client under our terms, and the answer to an explicit
registration. A chain that somebody brings along is never used: we find the way ourselves, so that whoever has been taken out
of a federation is out at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from broker.audit.events import ServiceChained, ServiceUnchained
from broker.exchange import BadRequest, Reply, Request
from broker.login.effects import ChainedService, DropChained, Effects, KeepChained
from broker.login.ports import Services
from broker.protocols.openid_federation import statements
from broker.protocols.openid_federation.endpoints import anchors_of, marks_of
from broker.protocols.openid_federation.errors import FederationError, InvalidRequest, NotFound, Refused
from broker.settings import Environment
from idp_adapters.base import Consume
from metadata.client_fields import InvalidClientMetadata
from metadata.federation import clients, documents
from metadata.federation.chain import Anchors, Chain, ChainRefused
from metadata.federation.own import OwnEntity
from metadata.federation.statement import LONGEST, Statement, StatementRefused
from metadata.federation.walking import Unreachable
from metadata.oidc import read_client
from metadata.wire.claims import JoseRefused
from metadata.wire.jose import unverified
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.chained import AUTOMATIC, EXPLICIT
from trust_framework.reasons import REASONS, Refusal

CHECKED: Final = 3600
"""Seconds after which the chain of a known service is looked at again."""
CONSUMED: Final = "federation-registration"
CHAIN: Final = "application/trust-chain+json"
STATEMENT: Final = f"application/{documents.STATEMENT}"


class InvalidMetadata(FederationError):
    """The client may not be registered so (RFC 7591 section 3.2.2)."""

    status = 400

    def __init__(self, error: InvalidClientMetadata) -> None:
        self.code = error.code
        super().__init__(str(error))


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An entity whose chain must be looked at before its request can be read; `known` is what still holds of it."""

    entity_id: str
    known: ChainedService | None


def newcomer(request: Request, now: int, on: Services) -> Newcomer | None:
    """Whom this authorization request comes from, when that is an entity that we have to look up. Calls nobody."""
    own = on.federation().entity
    if own is None or not own.terms:
        return None
    asked = _asked(request)
    client_id, token = asked.get("client_id", ""), asked.get("request", "")
    if (
        not client_id
        or on.federation().register.has_client(client_id)
        or not on.resolver.reader(now).is_entity(client_id)
    ):
        return None
    known = on.store.chained(client_id)
    if known is not None and known.expires_at <= now:
        known = None
    if known is not None and now - known.checked_at < CHECKED:
        return None
    if known is None or known.way == AUTOMATIC:
        return Newcomer(client_id, known) if _speaks_of_itself(token, client_id) else None
    return Newcomer(client_id, known)


def _asked(request: Request) -> Mapping[str, str]:
    try:
        sent = request.form() if request.method == "POST" else request.parameters()
    except BadRequest:  # said when the request is read
        return {}
    names = [name for name, _ in sent]
    return {name: value for name, value in sent if names.count(name) == 1}


def _speaks_of_itself(token: str, client_id: str) -> bool:
    """Whether there is a request object that says it is the client's; whether it is, its keys will tell."""
    try:
        _, claims = unverified(token, longest=LONGEST)
    except JoseRefused:
        return False
    return claims.get("iss") == client_id == claims.get("client_id")


def automatic(who: Newcomer, now: int, on: Services) -> Effects:
    """What must be recorded before the request can be read (section 12.1.2). Raises Refusal: a page, since the redirect URI
    of whoever cannot be trusted counts as invalid (section 12.1.3).
    """
    own = _own(on)
    try:
        chain = on.resolver.resolve(who.entity_id, _anchors(own, on), now, on.federation().version)
        if who.known is not None and who.known.way == EXPLICIT:  # what it registered stands, as long as its chain does
            return Effects((KeepChained(replace(who.known, checked_at=now)),))
        return _joined(chain, AUTOMATIC, own, now, on)
    except Unreachable as error:
        if who.known is not None:
            return Effects()  # the last good chain stays until it ends
        raise Refusal(REASONS["request-unknown-service"], error.reason) from error
    except ChainRefused as error:
        if who.known is not None:
            return _gone(who.known, error.code, now)
        raise Refusal(REASONS["request-unknown-service"], error.reason) from error
    except InvalidClientMetadata as error:
        raise Refusal(REASONS["request-unknown-service"], str(error)) from error


def _own(on: Services) -> OwnEntity:
    own = on.federation().entity
    if own is None or not own.terms:
        raise NotFound("no services register here")
    return own


def _anchors(own: OwnEntity, on: Services) -> Anchors:
    """Those below which services may come."""
    return {name: keys for name, keys in anchors_of(own, on).items() if name in own.terms}


def _gone(known: ChainedService, cause: str, now: int) -> Effects:
    event = ServiceUnchained(at=now, service=known.entity_id, anchor=known.anchor, cause=cause)
    return Effects((DropChained(known.entity_id),), (event,))


def _joined(chain: Chain, way: str, own: OwnEntity, now: int, on: Services) -> Effects:
    """The service as it is registered from now on. Raises ChainRefused, InvalidClientMetadata."""
    service = _service(chain, way, own, now, on)
    digest = hashlib.sha256(json.dumps(service.registration, sort_keys=True).encode()).hexdigest()
    event = ServiceChained(
        at=now,
        service=service.entity_id,
        member=own.terms[service.anchor].member.org,
        anchor=service.anchor,
        superior=service.superior,
        way=way,
        digest=digest,
        trust_marks=service.trust_marks,
        expires_at=service.expires_at,
    )
    return Effects((KeepChained(service),), (event,))


def _service(chain: Chain, way: str, own: OwnEntity, now: int, on: Services) -> ChainedService:
    terms = own.terms[chain.anchor.subject]
    metadata = clients.metadata_of(chain, way)
    marks = marks_of(chain, own, now, on)
    types = tuple(dict.fromkeys(each.type for each in marks))
    if not terms.admits(chain.subject, way, types):
        raise ChainRefused("our terms do not let this entity in")
    needed = [each.expires_at for each in marks if each.type in terms.trust_marks and each.expires_at is not None]
    registration = {
        **clients.registration(metadata, chain.subject, signs=way == AUTOMATIC),
        **_keys(metadata, chain, now, on),
    }
    read_client(registration, allow_http_loopback=on.settings.environment is Environment.TEST)
    return ChainedService(
        entity_id=chain.subject,
        anchor=chain.anchor.subject,
        superior=chain.superior,
        way=way,
        registration=registration,
        trust_marks=types,
        expires_at=min([chain.expires_at, *needed]),
        checked_at=now,
    )


def _keys(metadata: Mapping[str, Any], chain: Chain, now: int, on: Services) -> dict[str, Any]:
    """Its keys by value or by address; those that it signs are fetched now and kept by value (section 5.2.1)."""
    name = next((each for each in clients.KEYS if each in metadata), None)
    if name == "signed_jwks_uri":
        url = metadata[name]
        if not isinstance(url, str):
            raise InvalidClientMetadata(name, "is not an address")
        return {"jwks": on.resolver.signed_keys(url, chain, now)}
    return {} if name is None else {name: metadata[name]}


# --- explicit registration


def explicit(request: Request, now: int, on: Services) -> tuple[Reply, Effects]:
    """The answer to a registration request, and what must be recorded before it leaves (section 12.2.2)."""
    try:
        own = _own(on)
        statement, anchors = _requested(request, own, now, on)
        chain = on.resolver.walk(statement.subject, anchors, now, statement)
        effects = _joined(chain, EXPLICIT, own, now, on)
    except FederationError as error:
        return error.reply(), Effects()
    except StatementRefused as error:
        return InvalidRequest(f"the entity configuration is refused: {error.reason}").reply(), Effects()
    except ChainRefused as error:
        return Refused(error).reply(), Effects()
    except InvalidClientMetadata as error:
        return InvalidMetadata(error).reply(), Effects()
    once = Consume(CONSUMED, hashlib.sha256(statement.token.encode()).hexdigest(), statement.expires_at + 60)
    return _answer(chain, effects, own, now, on), effects + Effects((once,))


def _requested(request: Request, own: OwnEntity, now: int, on: Services) -> tuple[Statement, Anchors]:
    """The configuration that the client made for us, and the anchors that it chose by a chain, if it brought one."""
    token, chain = _body(request)
    reader = on.resolver.reader(now, registering=True)
    statement = reader.read(token)
    statement.check_signature(statement.keys)
    if not statement.is_configuration:
        raise StatementRefused("not about its issuer")
    if statement.claims.get("aud") != own.entity_id:
        raise StatementRefused("not for us")
    anchors = _anchors(own, on)
    if chain:
        top = reader.read(chain[-1]).issuer
        anchors = {name: keys for name, keys in anchors.items() if name == top}
    return statement, anchors


def _body(request: Request) -> tuple[str, tuple[str, ...]]:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in {STATEMENT, CHAIN}:
        raise InvalidRequest(f"the content type must be {STATEMENT} or {CHAIN}")
    if not request.body.isascii():
        raise InvalidRequest("the body is no statement")
    if media_type == STATEMENT:
        return request.body.decode(), _header_chain(request.body)
    try:
        chain = read_object(b'{"chain":' + request.body + b"}")["chain"]
    except BadJson as error:
        raise InvalidRequest("the body is no trust chain") from error
    if not (isinstance(chain, list) and chain and all(isinstance(each, str) for each in chain)):
        raise InvalidRequest("the body is no trust chain")
    return chain[0], tuple(chain)


def _header_chain(token: bytes) -> tuple[str, ...]:
    """The chain that a statement brings in its header (section 4.3)."""
    try:
        header, _ = unverified(token, longest=LONGEST)
    except JoseRefused as error:
        raise InvalidRequest("the body is no statement") from error
    chain = header.get("trust_chain", [])
    if not (isinstance(chain, list) and all(isinstance(each, str) for each in chain)):
        raise InvalidRequest("trust_chain is no trust chain")
    return tuple(chain)


def _answer(chain: Chain, effects: Effects, own: OwnEntity, now: int, on: Services) -> Reply:
    service = next(change.service for change in effects.changes if isinstance(change, KeepChained))
    client = {name: value for name, value in service.registration.items() if name != "assertion_audience"}
    claims = documents.registered(own, chain, client, service.expires_at, now)
    head = (("Content-Type", f"application/{documents.REGISTERED}"), ("Cache-Control", "no-store"))
    return Reply(200, head, statements.signed(claims, documents.REGISTERED, on).encode())
