"""The question of a proxy in front of a service: may this request pass? (nginx `auth_request`.)

The proxy proves the service with a header of its own, passes on the visitor's token, and says about which patient the request
is. 204 lets the request pass, with what the service may know in headers; 401 wants another token, 403 says no; none has a
body. A service that does not prove itself gets 407, and any other answer than the first three is an error to nginx, which lets
nothing pass.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from broker.exchange import Reply, Request
from broker.login.effects import NOTHING, Overtaken, StorageUnavailable
from broker.login.ports import Services
from broker.protocols.oidc.client_auth import TokenRequest, authenticate
from broker.protocols.oidc.errors import InsufficientScope, InvalidClient, InvalidToken, NoToken, ProtocolError
from broker.protocols.oidc.introspect import State, on_record
from broker.protocols.oidc.patient_context import Context
from trust_framework.care import patient_identifier
from trust_framework.identifiers import Identifier

SERVICE: Final = "x-tillit-service"
"""The service's own proof: `Basic` with its client_id and secret. The Authorization header is the visitor's."""

PATIENT: Final = "x-tillit-patient"
"""`OID|number`; `any`: about a patient whom the service compares itself; `none`: about nobody. A proxy that says nothing has
lost a variable, and nothing passes.
"""

ANY, NONE = "any", "none"
ACTION: Final = "x-tillit-action"
RESOURCE: Final = "x-tillit-resource"
UNPROVEN: Final = 407
_NO_STORE: Final = (("Cache-Control", "no-store"),)


def guard(request: Request, now: int, on: Services) -> Reply:
    """Whether a request to a service may pass, for a proxy in front of it (nginx `auth_request`): 204, 401 or 403, no body."""
    try:
        service, client, _ = authenticate(TokenRequest({}, request.headers.get(SERVICE)), now, on)
        state = on_record(_bearer(request), service, client, NOTHING, now, on)
        _check(request, state, client.client_id)
    except InvalidClient:
        return Reply(UNPROVEN, (("Proxy-Authenticate", 'Basic realm="tillit", charset="UTF-8"'), *_NO_STORE))
    except InvalidToken as error:
        return _bare(error)
    except (ProtocolError, StorageUnavailable, Overtaken):
        return Reply(503, _NO_STORE)
    return Reply(204, (*_told(state), *_NO_STORE))


def _bare(error: InvalidToken) -> Reply:
    """The error without its body; a challenge tells the visitor why (RFC 6750 section 3)."""
    told = error.reply()
    challenge = tuple(header for header in told.headers if header[0] == "WWW-Authenticate")
    return Reply(told.status, (*challenge, *_NO_STORE))


def _bearer(request: Request) -> str:
    """The visitor's token, in the header alone. Raises NoToken."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NoToken("an access token is needed")
    return token.strip()


def _check(request: Request, state: State, client_id: str) -> None:
    """Whether the token opens what the proxy says is asked for. Raises InvalidToken, InsufficientScope."""
    if not state.active or "token_type" not in state.told:
        raise InvalidToken("the access token is not valid")
    audience = state.told["aud"]
    if client_id not in ([audience] if isinstance(audience, str) else audience):
        raise InvalidToken("the access token is not for this service")
    wanted = {name: request.headers.get(name, "") for name in (PATIENT, ACTION, RESOURCE)}
    if not _opens(state.context, wanted):
        raise InsufficientScope("the access token does not open this")


def _opens(context: Context | None, wanted: Mapping[str, str]) -> bool:
    """What the headers name must be in the context. An action or a resource that they leave out is not looked at."""
    if context is None or wanted[PATIENT] == NONE:
        return wanted[PATIENT] == NONE and not wanted[ACTION] and not wanted[RESOURCE]
    return (
        (wanted[PATIENT] == ANY or _patient(wanted[PATIENT]) == context.wish.patient)
        and (not wanted[ACTION] or wanted[ACTION] in context.wish.actions)
        and (not wanted[RESOURCE] or wanted[RESOURCE] in {one.id for one in context.permitted})
    )


def _patient(text: str) -> Identifier | None:
    """`OID|number`, None for what is neither."""
    system, bar, number = text.partition("|")
    return patient_identifier(system, number) if bar else None


def _told(state: State) -> tuple[tuple[str, str], ...]:
    """What the service may know, for `auth_request_set`. Text is percent-encoded, since headers are ASCII."""
    told = {"Subject": str(state.told["sub"]), "Client": str(state.told["client_id"])}
    if state.context:
        actor, patient = state.context.actor, state.context.wish.patient
        told |= {
            "Patient": f"{patient.oid}|{patient.value}",
            "Actions": " ".join(state.context.wish.actions),
            "Resources": " ".join(quote(one.id) for one in state.context.permitted),
            "Employee": actor.employee,
            "Commission": actor.commission,
            "Care-Unit": actor.unit,
            "Care-Provider": actor.provider,
            "Purpose": quote(actor.purpose),
        }
    return tuple((f"X-Tillit-{name}", value) for name, value in told.items() if value)
