"""What may be missing from the log: content that was removed, and entries that were archived, each by a leaf that says so.

A leaf whose content was removed keeps its hash, so the tree stays whole; the event of its removal counts the leaves and has the
hash of their positions. An archive's event counts its entries. Whatever is missing beside that was taken away by somebody.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from broker.audit.care_events import EntriesArchived, EntriesRestored
from broker.audit.events import ContentRemoved

ENTRY: Final = b',"event":"care.access","evidence":"'
"""How the leaf of an entry of the access log goes on after `at` and `by`."""

_OCCURRED: Final = re.compile(rb'"occurred":([0-9]{1,11}),')
_TOLD: Final = tuple(f'"event":"{event.name}"'.encode() for event in (ContentRemoved, EntriesArchived, EntriesRestored))


@dataclass(frozen=True, slots=True)
class Missing:
    """Something is missing that no leaf explains, or is said to be and is not. Positions where they are known."""

    text: str
    first: int | None = None
    last: int | None = None


class Positions:
    """Positions in order, counted and hashed."""

    __slots__ = ("_hash", "count", "first", "last")

    def __init__(self) -> None:
        self._hash, self.count = hashlib.sha256(), 0
        self.first = self.last = 0

    def add(self, position: int) -> None:
        """The next one."""
        if not self.count:
            self.first = position
        self.last = position
        self.count += 1
        self._hash.update(position.to_bytes(8, "big", signed=True))

    @property
    def digest(self) -> str:
        """What the event of a removal says of them."""
        return self._hash.hexdigest()


@dataclass(slots=True)
class Removed:
    """What is found missing while the log is read, and what its leaves say of it."""

    _leaves: dict[str, Positions] = field(default_factory=dict)
    _entries: dict[str, Positions] = field(default_factory=dict)
    _removals: dict[str, tuple[int, str]] = field(default_factory=dict)
    _archives: dict[str, tuple[str, int]] = field(default_factory=dict)
    _restored: set[str] = field(default_factory=set)
    _forgotten: Counter[str] = field(default_factory=Counter)

    def leaf_gone(self, position: int, removal: str) -> None:
        """The content of a leaf is not there; the row names its removal."""
        self._leaves.setdefault(removal, Positions()).add(position)

    def entry_gone(self, position: int, leaf: bytes) -> None:
        """An entry of the access log is not there."""
        found = _OCCURRED.search(leaf)
        self._entries.setdefault(month_of(int(found[1])) if found else "", Positions()).add(position)

    def hear(self, leaf: bytes) -> None:
        """What a leaf says, if it is of this."""
        if any(told in leaf for told in _TOLD):
            with suppress(ValueError, KeyError, TypeError):  # a leaf that somebody changed: the tree tells
                self._hear(json.loads(leaf))

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == ContentRemoved.name:
            self._removals[event["removal"]] = event["rows"], event["digest"]
            self._forgotten.update({month: int(entries) for month, entries in event.get("archived", ())})
        elif event["event"] == EntriesArchived.name:
            self._archives[event["archive"]] = event["month"], int(event["entries"])
        else:
            self._restored.add(event["archive"])

    def missing(self) -> Iterable[Missing]:
        """What no leaf explains."""
        for removal in sorted(self._leaves.keys() | self._removals.keys()):
            found = self._leaves.get(removal, Positions())
            if self._removals.get(removal) != (found.count, found.digest):
                yield _differs(f"content that was removed as {removal!r} is not what the log says of it", found)
        expected: Counter[str] = Counter()
        for archive, (month, entries) in self._archives.items():
            expected[month] += 0 if archive in self._restored else entries
        expected.subtract(self._forgotten)
        for month in sorted(self._entries.keys() | expected.keys()):
            found = self._entries.get(month, Positions())
            if found.count != expected[month]:
                text = f"of {month}, {found.count} entries are not here and {expected[month]} should not be"
                yield _differs(text, found)


def _differs(text: str, found: Positions) -> Missing:
    return Missing(text, found.first, found.last) if found.count else Missing(text)


def month_of(at: int) -> str:
    """The month of an instant, YYYY-MM."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
