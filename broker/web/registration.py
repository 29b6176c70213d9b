"""`/oidc/register`: registering a client (RFC 7591), and looking after the registration (RFC 7592).

Owns HTTP and its errors; who may register and what becomes of it is `broker.federation.registering`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from broker.exchange import Reply
from broker.federation.names import NameHeld
from broker.federation.register import Entry
from broker.federation.registering import (
    INITIAL,
    OWN,
    SERVICE,
    STATEMENT,
    Allowed,
    BadStatement,
    NotInTest,
    NotInvited,
    Registered,
    Registrar,
    invited,
    stated,
)
from broker.federation.schema import FederationFile
from broker.login.effects import AlreadyUsed, Effects, Overtaken
from broker.protocols.oidc.errors import InvalidToken, NoToken
from broker.protocols.oidc.wire import json_reply
from broker.settings import Environment
from broker.web.pages.error import RETRY_AFTER
from broker.web.turn import Turn
from metadata.client_fields import InvalidClientMetadata
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.members import State

_STOPPED: Final = frozenset({State.SUSPENDED.value, State.LEFT.value})


class _Refused(Exception):
    """An error of RFC 7591 section 3.2.2, or that the request cannot be read."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code, self.description, self.status = code, description, status

    def reply(self) -> Reply:
        """The error as JSON."""
        return json_reply({"error": self.code, "error_description": self.description}, self.status)


def register(turn: Turn) -> Reply:
    """The endpoint: POST registers; GET, PUT and DELETE are for the client that a registration access token is of."""
    if not turn.on.throttle.allows("registration", {"source": turn.request.remote}):
        told = {"error": "temporarily_unavailable", "error_description": "too many registrations from here"}
        return json_reply(told, 429).adding(("Retry-After", str(RETRY_AFTER)))
    try:
        return _ACTIONS[turn.request.method](turn)
    except _Refused as error:
        return error.reply()
    except InvalidClientMetadata as error:
        return _Refused(error.code, str(error)).reply()
    except ValidationError:
        return _Refused("invalid_client_metadata", "the registration cannot be kept").reply()
    except NotInvited as error:
        return InvalidToken(str(error)).reply() if turn.request.headers.get("authorization") else NoToken("").reply()
    except BadStatement as error:
        return _Refused(error.code, str(error)).reply()
    except NotInTest:
        return _Refused("access_denied", "changes of this service are its member's to propose", 403).reply()


def _create(turn: Turn) -> Reply:
    asked = _body(turn)
    made = _registrar(turn).register(asked, _allowed(asked, turn))
    _record(made.effects, turn)
    return json_reply(made.told, 201)


def _allowed(asked: Mapping[str, Any], turn: Turn) -> Allowed:
    """By a token, or by a statement, or not at all. The member must be one, and not stopped."""
    token, statement = _bearer(turn), asked.get(STATEMENT)
    if token is not None:
        allowed = invited(turn.on.store.once(INITIAL, token), token, turn.now)
    elif isinstance(statement, str):
        allowed = stated(statement, _file(turn), turn.now)
    else:
        raise NotInvited("registering needs an initial access token or a software statement")
    member = turn.on.store.register_entry("member", allowed.terms.org)
    if member is None or (member.content or {}).get("state") in _STOPPED:
        raise NotInvited("the member is not there, or stopped")
    return allowed


def _file(turn: Turn) -> FederationFile:
    entry = turn.on.store.register_entry("federation", "")
    return FederationFile.model_validate({"tillit": "1", **((entry.content if entry else None) or {})})


def _read(turn: Turn) -> Reply:
    entry, own = _of_token(turn)
    return json_reply(_registrar(turn).read(entry, own).told)


def _update(turn: Turn) -> Reply:
    entry, own = _of_token(turn)
    made: Registered = _registrar(turn).update(_body(turn), entry, own)
    _record(made.effects, turn)
    return json_reply(made.told)


def _delete(turn: Turn) -> Reply:
    entry, own = _of_token(turn)
    _record(_registrar(turn).remove(entry, own), turn)
    return Reply(204, (("Cache-Control", "no-store"),))


_ACTIONS: Final[Mapping[str, Callable[[Turn], Reply]]] = {
    "POST": _create,
    "GET": _read,
    "PUT": _update,
    "DELETE": _delete,
}


def _of_token(turn: Turn) -> tuple[Entry, str]:
    """The registration that the token is of, which must be the one that is asked for (RFC 7592 section 2)."""
    token = _bearer(turn)
    once = turn.on.store.once(OWN, token) if token is not None else None
    if token is None or once is None or once.used_at is not None or once.expires_at <= turn.now:
        raise NotInvited("the registration access token is unknown")
    entry = turn.on.store.register_entry(SERVICE, once.owner)
    if entry is None or turn.parameters().get("client_id") != once.owner:
        raise NotInvited("the registration access token is of no such client")
    return entry, token


def _bearer(turn: Turn) -> str | None:
    scheme, _, token = turn.request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _body(turn: Turn) -> Mapping[str, Any]:
    if turn.request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise _Refused("invalid_client_metadata", "the content type must be application/json")
    try:
        return read_object(turn.request.body)
    except BadJson as error:
        raise _Refused("invalid_client_metadata", f"the body is no registration: {error}") from error


def _registrar(turn: Turn) -> Registrar:
    services = turn.on.services
    loopback = services.settings.environment is Environment.TEST
    return Registrar(turn.now, services.settings.base_url, services.hash_secret, loopback)


def _record(effects: Effects, turn: Turn) -> None:
    try:
        turn.on.store.commit(effects)
    except AlreadyUsed as error:
        raise NotInvited("the token was used just now") from error
    except NameHeld as error:
        raise _Refused("invalid_redirect_uri", f"{error.held.name.value} is another's") from error
    except Overtaken as error:
        raise _Refused(
            "invalid_client_metadata", "the registration was changed just now; read it again", 409
        ) from error
