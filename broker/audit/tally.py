"""Logins and faults counted from the log: by service and day, by method and cause, by minute. No person is in the numbers.

Owns which events count as what. Where the numbers are kept is `broker.storage.counts`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from broker.audit.removed import ENTRY

MINUTE, DAY = 60, 86_400
EVERYTHING: Final = ""
"""In place of a service: all services together."""

GOOD: Final = ""
"""In place of a cause: a login that was answered."""

RELEASED: Final = "released"
"""In place of a cause where one is asked for: a login that was answered."""

FAULT: Final = "fault"
"""In place of a cause, by the minute: any."""

_ANSWERED: Final = frozenset({"saml.assertion-issued", "oidc.code-issued"})
_FAILED: Final = frozenset({"login.failed", "request.refused"})


@dataclass(frozen=True, slots=True)
class Cell:
    """What is counted: `starts_at` is when the minute or day began (`span`)."""

    span: int
    service: str
    starts_at: int
    method: str
    cause: str


@dataclass(slots=True)
class Count:
    """How often, and when last."""

    number: int = 0
    last_at: int = 0


@dataclass(frozen=True, slots=True)
class KeyCell:
    """A key of a service on a day, and what it proved: the request, or the client."""

    service: str
    starts_at: int
    what: str
    key: str


_PROVES: Final = {"saml.assertion-issued": "request", "oidc.code-issued": "request", "oidc.tokens-issued": "client"}


def tally_keys(leaves: Iterable[bytes]) -> dict[KeyCell, int]:
    """How many logins each key proved. A refresh is no login, nor is what a client gets for itself."""
    found: dict[KeyCell, int] = {}
    for leaf in leaves:
        if b'"proved_by"' not in leaf:
            continue
        event = json.loads(leaf)
        key, what = event.get("proved_by"), _PROVES.get(event.get("event", ""))
        if not key or what is None or event.get("grant_type", "authorization_code") != "authorization_code":
            continue
        cell = KeyCell(event["service"], event["at"] - event["at"] % DAY, what, key)
        found[cell] = found.get(cell, 0) + 1
    return found


def tally(leaves: Iterable[bytes], unlisted: frozenset[str] = frozenset()) -> dict[Cell, Count]:
    """The counts of these leaves of the log. Services that are `unlisted` are passed over."""
    found: dict[Cell, Count] = {}
    for leaf in leaves:
        if ENTRY in leaf:  # most of a log of care
            continue
        event = json.loads(leaf)
        cause = cause_of(event)
        if cause is None or event.get("service", EVERYTHING) in {EVERYTHING, *unlisted}:
            continue
        for cell in _cells(event, cause):
            count = found.setdefault(cell, Count())
            count.number += 1
            count.last_at = max(count.last_at, event["at"])
    return found


def cause_of(event: dict[str, Any]) -> str | None:
    """`GOOD` for a login that was answered, the cause of one that was not, None for what is no login."""
    name = event.get("event")
    if name in _ANSWERED:
        return GOOD
    refused = name == "login.decided" and event.get("decision") == "Refused" and event.get("occasion") == "login"
    return str(event.get("reason", "")) or None if name in _FAILED or refused else None


def _cells(event: dict[str, Any], cause: str) -> tuple[Cell, ...]:
    at, method = event["at"], event.get("method", "")
    day, minute = at - at % DAY, at - at % MINUTE
    return (
        Cell(DAY, event["service"], day, method, cause),
        Cell(DAY, EVERYTHING, day, method, cause),
        Cell(MINUTE, EVERYTHING, minute, "", GOOD if cause == GOOD else FAULT),
    )
