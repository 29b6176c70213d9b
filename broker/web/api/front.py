"""The API's gate: finds the row of a call, sees who calls and with what right, reads the body, writes the answer or problem."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from broker.care.calling import CareRefused
from broker.exchange import NUL, Reply
from broker.login.effects import StorageUnavailable
from broker.login.handles import new_reference
from broker.web.api.care_routes import CARE_API, CareRow
from broker.web.api.care_turn import problem_of, turn_of
from broker.web.api.errors import ApiError
from broker.web.api.openapi import document
from broker.web.api.routes import API, ApiRow
from broker.web.api.turn import ApiTurn, actor_of, allow
from broker.web.api.values import Model
from broker.web.turn import Turn
from metadata.private_keys import WORDS, private_key_in
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.approval import Refusal

PREFIX: Final = "/api/v1"
_ROWS: Final[tuple[ApiRow | CareRow, ...]] = (*API, *CARE_API)
_MAP: Final = Map([Rule(row.rule, methods=[row.method], endpoint=row) for row in _ROWS], merge_slashes=False).bind("")
_JSON: Final = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)


def api(turn: Turn) -> Reply:
    """A call of the JSON API; `/api/v1/openapi.json` describes all of them."""
    try:
        return _answered(turn)
    except ApiError as error:
        return error.reply()
    except StorageUnavailable as error:
        turn.on.note_failure("storage", error, new_reference())
        return ApiError("unavailable").reply()


def openapi(turn: Turn) -> Reply:
    """The OpenAPI 3.1 document of the JSON API."""
    return Reply(200, _JSON, json.dumps(document(turn.on.services.settings.base_url), ensure_ascii=False).encode())


def _answered(turn: Turn) -> Reply:
    of_care = turn.request.path.startswith(f"{PREFIX}/care/")
    if not turn.on.throttle.allows("care" if of_care else "api", turn.source()):
        raise ApiError("too-many")
    row, parts = _row(turn)
    given = _of_care(row, parts, turn) if isinstance(row, CareRow) else _of_register(row, parts, turn)
    told = (
        given.model_dump_json().encode() if isinstance(given, Model) else json.dumps(given, ensure_ascii=False).encode()
    )
    return Reply(200, _JSON, told)


def _of_care(row: CareRow, parts: dict[str, Any], turn: Turn) -> Any:
    try:
        let_in = turn_of(turn, row.scope)
        return row.view(replace(let_in, body=_body(row, turn)), **parts)
    except CareRefused as refused:
        raise problem_of(refused) from refused


def _of_register(row: ApiRow, parts: dict[str, Any], turn: Turn) -> Any:
    actor = actor_of(turn, row.scope)
    org = str(parts.pop("org", ""))
    allow(actor, row.action, org, turn, step_up=row.step_up)
    return row.view(ApiTurn(turn, actor, org, _body(row, turn)), **parts)


def _row(turn: Turn) -> tuple[ApiRow | CareRow, dict[str, Any]]:
    if NUL in turn.request.path:
        raise ApiError("missing")
    try:
        row, parts = _MAP.match(turn.request.path.removeprefix(PREFIX), turn.request.method)
    except NotFound as error:
        raise ApiError("missing") from error
    except MethodNotAllowed as error:
        raise ApiError("method") from error
    return row, dict(parts)


def _body(row: ApiRow | CareRow, turn: Turn) -> Model | None:
    """The body as the row's model. What was sent never stands in an error."""
    if row.takes is None:
        return None
    if turn.request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ApiError("malformed", "Content-Type: application/json")
    try:
        given = _object(turn.request.body)
        if isinstance(row, ApiRow) and (place := private_key_in(given)) is not None:
            raise ApiError("refused", f"{place} {WORDS}".strip(), why=Refusal.PRIVATE_KEY.value)
        return row.takes.model_validate(given)
    except BadJson as error:
        raise ApiError("malformed", "no JSON object with each member once") from error
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, each['loc']))[:100]}: {each['type']}" for each in error.errors(include_input=False)
        ]
        raise ApiError("malformed", *told[:20]) from error


def _object(body: bytes) -> Mapping[str, Any]:
    return read_object(body)
