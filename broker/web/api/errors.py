"""Errors of the API (RFC 9457 problem details; RFC 6750 section 3 for tokens). A new cause is a row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from broker.exchange import Reply
from broker.login.handles import new_reference
from broker.web.api.values import Problem


@dataclass(frozen=True, slots=True)
class Cause:
    """`challenge` is the error of WWW-Authenticate, where there is one."""

    status: int
    title: str
    challenge: str | None = None


CAUSES: Final[Mapping[str, Cause]] = {
    "no-token": Cause(401, "an access token is needed", ""),
    "token": Cause(401, "the access token is not valid here", "invalid_token"),
    "scope": Cause(403, "the token does not have the scope that this needs", "insufficient_scope"),
    "level": Cause(403, "the person has not identified well enough", "insufficient_user_authentication"),
    "step-up": Cause(401, "the person must have identified within five minutes", "insufficient_user_authentication"),
    "not-allowed": Cause(403, "the role does not allow this"),
    "missing": Cause(404, "there is no such thing"),
    "method": Cause(405, "the address does not take this method"),
    "invalid": Cause(400, "something in it cannot be"),
    "denied": Cause(403, "the caller may not do this"),
    "exists": Cause(409, "the id is taken by something else"),
    "state": Cause(409, "it has ended, or something stands in the way of it"),
    "overtaken": Cause(409, "somebody else was first; read again"),
    "refused": Cause(409, "it cannot be done"),
    "malformed": Cause(400, "the body is not what this takes"),
    "too-large": Cause(413, "the body is too large"),
    "too-many": Cause(429, "too many calls; try again in a minute"),
    "unavailable": Cause(503, "it could not be recorded; try again"),
    "internal": Cause(500, "something went wrong with us"),
}
"""By code: the status and a short sentence."""


class ApiError(Exception):
    """A call is not answered. `code` is a row of CAUSES, `about` what is wrong, never what was sent; `why` a finer code."""

    def __init__(self, code: str, *about: str, why: str = "") -> None:
        super().__init__(code)
        self.code, self.about, self.why = code, about, why

    def reply(self) -> Reply:
        """The problem."""
        cause = CAUSES[self.code]
        code = f"{self.code}.{self.why}" if self.why else self.code
        problem = Problem(
            title=cause.title, status=cause.status, code=code, reference=new_reference(), detail=self.about
        )
        headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
        if cause.challenge is not None:
            error = f' error="{cause.challenge}"' if cause.challenge else ""
            headers.append(("WWW-Authenticate", f"Bearer{error}"))
        if cause.status == 429:  # noqa: PLR2004
            headers.append(("Retry-After", "60"))
        body = json.dumps(problem.model_dump(mode="json"), ensure_ascii=False)
        return Reply(cause.status, tuple(headers), body.encode())
