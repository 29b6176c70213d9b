"""An event as a leaf of the log: JSON with sorted names, compact, pure ASCII (so no control or bidi character survives).

A leaf is written once and hashed as it stands; nothing ever writes it again. Each carries a random salt, so that its hash
says nothing of it, and the hash of its sealed evidence instead of the evidence.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from broker.audit.events import Event

_dump = json.JSONEncoder(separators=(",", ":"), sort_keys=True, check_circular=False, allow_nan=False).encode
_sha256 = hashlib.sha256
_SEALED = "evidence"
_Plan = tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]
_plans: dict[type[Event], _Plan] = {}


def _plan(cls: type[Event]) -> _Plan:
    """The names of an event's fields and what reads them all; made once for each class."""
    names = tuple(f.name for f in fields(cls) if f.name != _SEALED)
    found = _plans[cls] = (names, attrgetter(*names))
    return found


def leaf(event: Event, sealed_evidence: bytes | None = None) -> bytes:
    """The bytes that the tree hashes. Fields that are empty are left out; numbers and booleans never are."""
    names, read = _plans.get(type(event)) or _plan(type(event))
    pairs = zip(names, read(event), strict=True)
    content: dict[str, Any] = {k: v for k, v in pairs if v or isinstance(v, int)}
    content["event"] = event.name
    content["salt"] = os.urandom(16).hex()
    if sealed_evidence is not None:
        content[_SEALED] = hashlib.sha256(sealed_evidence).hexdigest()
    return _dump(content).encode("ascii")


def evidence_of(event: Event) -> tuple[str, bytes] | None:
    """Whose the evidence is, and the evidence as JSON; None when the event has none."""
    evidence = getattr(event, _SEALED, None)
    if not evidence:
        return None
    return getattr(event, "person", ""), _dump(dict(evidence)).encode("ascii")


class AccessLeaves:
    """Leaves of the entries that one call stores (`care_events.AccessLogged`), written as `leaf` would, without a salt: what
    they name by hash cannot be guessed.
    """

    __slots__ = ("_before",)

    def __init__(self, at: int, by: str) -> None:
        self._before = f'{{"at":{at},"by":{_dump(by)},"entry":'

    def of(self, number: int, occurred: int, person: str, provider: str, text: bytes, evidence: bytes) -> bytes:
        """The leaf of an entry. `person` and `provider` are ids without anything that JSON would escape."""
        sealed, told = _sha256(evidence).hexdigest(), _sha256(text).hexdigest()
        named = f'"event":"care.access","evidence":"{sealed}","occurred":{occurred},"person":"{person}"'
        said = f'{number},{named},"provider":"{provider}","record":"{told}"}}'
        return (self._before + said).encode("ascii")
