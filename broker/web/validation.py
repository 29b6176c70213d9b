"""`POST /api/v1/validate`: the validator for whoever has a file, before there is a member or a login.

Owns the request and its reply: a document as the body, a report in JSON. The engine is `metadata.validate`; nothing is kept.
The register's own identifiers are public, so they are looked at; what needs a member is reported as not run.
"""

import json
from typing import Final

from broker.exchange import Reply
from broker.settings import Environment
from broker.web.turn import Turn
from metadata.context import Context
from metadata.validate import check

KIND: Final = "validate"
RETRY_AFTER: Final = "60"
_JSON: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))


def validate(turn: Turn) -> Reply:
    """What the validator says of a file: SAML metadata, or a client's registration in JSON."""
    if not turn.on.throttle.allows(KIND, turn.source()):
        told = {"error": "too_many_requests", "error_description": "too many files looked at; try again in a minute"}
        return Reply(429, (*_JSON, ("Retry-After", RETRY_AFTER)), json.dumps(told).encode())
    report = check(turn.request.body, context(turn))
    return Reply(200, _JSON, json.dumps(report.as_json(), ensure_ascii=False).encode())


def context(turn: Turn) -> Context:
    """What is known around a file of which nothing is known."""
    test = turn.on.services.settings.environment is Environment.TEST
    return Context(now=turn.now, allow_http_loopback=test, production=not test, register=turn.on.store)
