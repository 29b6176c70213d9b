"""Misbehaviour of the simulated e-ID service, by name: errors, silence, rubbish and lies for tests of who leans on it.

Owns the table of faults and the answer value of the simulator.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

LONGEST: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, status: int, content: Mapping[str, Any]) -> "Answer":
        return cls(status, json.dumps(content).encode(), (("Content-Type", "application/json"),))

    def adding(self, *headers: tuple[str, str]) -> "Answer":
        return replace(self, headers=(*self.headers, *headers))


Change = Callable[[Answer], Answer]


def _body(octets: bytes) -> Change:
    return lambda answer: replace(answer, body=octets)


def _member(*path: str, value: Any) -> Change:
    """Put another value at `path` of the answer's JSON, where the path exists."""

    def change(answer: Answer) -> Answer:
        content = json.loads(answer.body)
        inner = content
        for name in path[:-1]:
            inner = inner.get(name, {})
        if path[-1] in inner:
            inner[path[-1]] = value
        return Answer.json(answer.status, content)

    return change


def _as_it_is(answer: Answer) -> Answer:
    return answer


# name → error code of the protocol, or a change of the answer
FAULTS: Final[Mapping[str, str | Change]] = {
    "maintenance": "maintenance",
    "internal": "internalError",
    "rate": "tooManyRequests",
    "timeout": "requestTimeout",
    "unauthorized": "unauthorized",
    "not-found": "notFound",
    "invalid": "invalidParameters",
    "in-progress": "alreadyInProgress",
    "slow": _as_it_is,
    "garbage": _body(b"<html>Bad gateway</html>"),
    "huge": _body(b" " * 2**20 + b"{}"),
    "empty": _body(b""),
    "other-order": _member("orderRef", value="00000000-0000-4000-8000-000000000000"),
    "odd-status": _member("status", value="meditating"),
    "odd-hint": _member("hintCode", value="somethingNew"),
    "odd-number": _member("completionData", "user", "personalNumber", value="19121212-1212"),
    "no-signature": _member("completionData", "signature", value=""),
    "high-risk": _member("completionData", "risk", value="high"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that goes wrong, after a pause."""

    error: str
    change: Change
    seconds: float

    @classmethod
    def named(cls, name: str, seconds: float = 0) -> "Fault":
        """Raises ValueError for a fault that is not in the table."""
        found = FAULTS.get(name)
        if found is None or not 0 <= seconds <= LONGEST:
            raise ValueError("no such fault")
        return cls(found, _as_it_is, seconds) if isinstance(found, str) else cls("", found, seconds)
