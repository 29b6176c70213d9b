"""The verdicts of a decision as the log keeps them, and read back; and what a leaf is found by.

A row is (rule, outcome, attribute, note, source, basis) without what is empty at its end: names and codes, never a value of
anything personal. An event that says how a request of a service ended is found again by its reference and its service.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trust_framework.case import Verdict

RELEASED: Final = "released"
"""The result of a login that was answered with what may go; any other result is the code of a reason."""

FOUND: Final = frozenset(
    {
        "login.decided",
        "saml.assertion-issued",
        "oidc.code-issued",
        "own.pages-opened",
        "login.failed",
        "request.refused",
        "oidc.tokens-issued",
        "care.log-read",
        "log.read",
        "care.extract-made",
    }
)
"""Events that are found by reference and service. Of tokens only those that a refresh gave: they were decided anew. Readings of a
log stand under `log:` and whose log it is.
"""

READ: Final = "read"
READINGS: Final[Mapping[str, tuple[str, str]]] = {
    "care.log-read": ("log", "provider"),
    "log.read": ("log", "org"),
    "care.extract-made": ("extract", "digest"),
}
"""Events that say that a log was read, each with the field that says whose; and that a file was made of it, by its digest."""

_EVENT: Final = b'"event":"'


@dataclass(frozen=True, slots=True)
class Finding:
    """What an event is found by. `at` is epoch seconds, `on_behalf` the representation by which `person` acted for another."""

    reference: str
    service: str
    at: int
    result: str
    method: str
    event: str
    person: str = ""
    on_behalf: str = ""


def row(verdict: Verdict) -> tuple[str, ...]:
    """A verdict as the log keeps it."""
    told = (verdict.rule, verdict.outcome, verdict.attribute or "", verdict.note, verdict.source, verdict.basis)
    length = len(told)
    while not told[length - 1]:
        length -= 1
    return tuple(told[:length])


def rows(trace: Iterable[Verdict]) -> tuple[tuple[str, ...], ...]:
    """A decision's verdicts as the log keeps them."""
    return tuple(map(row, trace))


def verdicts(kept: Iterable[Sequence[str]]) -> tuple[Verdict, ...]:
    """What `rows` kept."""
    return tuple(_verdict(*one) for one in kept)


def _verdict(
    rule: str, outcome: str, attribute: str = "", note: str = "", source: str = "", basis: str = ""
) -> Verdict:
    return Verdict(rule, outcome, attribute or None, note, source, basis)


def finding(leaf: bytes) -> Finding | None:
    """What a leaf is found by, or None for an event that nobody looks for by reference."""
    start = leaf.find(_EVENT) + len(_EVENT)
    if leaf[start : leaf.find(b'"', start)].decode() not in FOUND:
        return None
    return finding_of(json.loads(leaf))


def finding_of(event: Mapping[str, Any]) -> Finding | None:
    """The same of an event that has been read."""
    if event.get("event") in READINGS:
        return _reading(event)
    if event.get("event") not in FOUND or not event.get("service"):
        return None
    if event["event"] == "oidc.tokens-issued" and "trace" not in event:
        return None
    reason = event.get("reason", "")
    result = reason if reason or event.get("decision", "Released") != "Released" else RELEASED
    return Finding(
        event.get("reference", ""),
        event["service"],
        event["at"],
        result,
        event.get("method", ""),
        event["event"],
        event.get("person", ""),
        event.get("on_behalf", ""),
    )


def _reading(event: Mapping[str, Any]) -> Finding | None:
    """That a log was read; nobody's login, and no person's."""
    under, field_ = READINGS[event["event"]]
    whose = event.get(field_, "")
    if not whose:
        return None
    return Finding(event.get("reference", ""), f"{under}:{whose}", event["at"], READ, "", event["event"])


@dataclass(frozen=True, slots=True)
class Logged:
    """An event that was found. `position` None: it is not sealed yet."""

    position: int | None
    event: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a list of a service's logins is narrowed to; what is empty narrows nothing. `faults`: all but `released`."""

    service: str
    result: str = ""
    method: str = ""
    faults: bool = False
    since: int = 0
    until: int = 2**62


@dataclass(frozen=True, slots=True)
class LoggedPage:
    """Some events of a list, the newest first; `total` match, `before` continues after the last."""

    events: tuple[Logged, ...]
    total: int
    before: int | None = None
