"""The OpenAPI 3.1 document, made from the table of calls, the models and the causes, so that it cannot differ from them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from broker.web.api import care_turn, values
from broker.web.api.care_routes import CARE_API, CareRow
from broker.web.api.errors import CAUSES
from broker.web.api.routes import API, ApiRow
from broker.web.api.turn import READ, WRITE

_PART: Final = re.compile(r"<(\w+)>")
_SCHEMAS: Final = "#/components/schemas/"
_JSON: Final = "application/json"
ROWS: Final[tuple[ApiRow | CareRow, ...]] = (*API, *CARE_API)


def document(base_url: str) -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tillit: the register of the federation, and care",
            "version": "1",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": f"{base_url}/api/v1"}],
        "paths": _paths(),
        "components": {"schemas": _schemas(), "securitySchemes": _security(base_url)},
    }


@cache
def _schemas() -> dict[str, Any]:
    models = {model for row in ROWS for model in (row.takes, row.gives) if model} | {values.Problem}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, made = models_json_schema([(model, "serialization") for model in ordered], ref_template=f"{_SCHEMAS}{{model}}")
    return dict(made["$defs"])


def _security(base_url: str) -> dict[str, Any]:
    scopes = {
        READ: "read what the caller's role may see",
        WRITE: "change what the caller's role may change",
        care_turn.READ: "ask about patients of the caller's care providers",
        care_turn.WRITE: "enter and end blocks, consents, relations, emergency access and facts",
        care_turn.CODE: "make codes that reach a patient alone",
    }
    code = {"authorizationUrl": f"{base_url}/oidc/authorize", "tokenUrl": f"{base_url}/oidc/token", "scopes": scopes}
    flows = {
        "authorizationCode": code,
        "clientCredentials": {"tokenUrl": f"{base_url}/oidc/token", "scopes": scopes},
    }
    return {"oauth2": {"type": "oauth2", "flows": flows}}


@cache
def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for row in ROWS:
        paths.setdefault(_PART.sub(r"{\1}", row.rule), {})[row.method.lower()] = _operation(row)
    paths["/validate"] = {"post": _VALIDATE}
    return paths


_VALIDATE: Final[Mapping[str, Any]] = {
    "operationId": "validate",
    "summary": "What the validator says of a file: SAML metadata, or a client's registration in JSON.",
    "security": [],
    "requestBody": {"required": True, "content": {"application/samlmetadata+xml": {}, _JSON: {}}},
    "responses": {"200": {"description": "The report.", "content": {_JSON: {}}}, "429": {"description": "Too many."}},
}


def _operation(row: ApiRow | CareRow) -> dict[str, Any]:
    summary = (row.view.__doc__ or "").split("\n")[0]
    operation: dict[str, Any] = {
        "operationId": f"{row.view.__module__.rpartition('.')[2]}_{row.view.__name__}_{_where(row)}",
        "summary": summary,
        "security": [{"oauth2": [row.scope]}],
        "parameters": [*_parameters(_PART.findall(row.rule), "path"), *_parameters(_query(row), "query")],
        "responses": {"200": {"description": summary, "content": {_JSON: _schema(row.gives)}}, **_problems(row)},
    }
    if getattr(row, "step_up", False):
        operation["description"] = "The person must have identified within the last five minutes."
    if row.takes is not None:
        operation["requestBody"] = {"required": True, "content": {_JSON: _schema(row.takes)}}
    return operation


def _query(row: ApiRow | CareRow) -> tuple[str, ...]:
    return row.query if isinstance(row, ApiRow) else ()


def _where(row: ApiRow | CareRow) -> str:
    return "member" if "<org>" in row.rule else "federation"


def _schema(model: type[values.Model] | None) -> dict[str, Any]:
    return {"schema": {"type": "object"} if model is None else {"$ref": f"{_SCHEMAS}{model.__name__}"}}


def _parameters(names: Iterable[str], place: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}} for name in names]


def _problems(row: ApiRow | CareRow) -> dict[str, Any]:
    """The problems that a call of this kind may come to, by status."""
    told: dict[str, list[str]] = {}
    for code, cause in CAUSES.items():
        changing = code in {"overtaken", "refused", "malformed"} and row.method == "GET" and not _query(row)
        if not changing:
            told.setdefault(str(cause.status), []).append(cause.title)
    problem = {"application/problem+json": _schema(values.Problem)}
    return {status: {"description": "; ".join(titles), "content": problem} for status, titles in told.items()}
