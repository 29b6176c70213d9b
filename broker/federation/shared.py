"""Sharing agreements and release policies, read; and read again, by a running node, only where they have changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from broker.federation import entries, sharing
from broker.federation.listing import Contents, Listing
from broker.federation.register import Content, Key
from broker.federation.schema import FederationFile
from broker.federation.sharing_schema import AgreementEntry, PolicyEntry
from trust_framework.agreements import AnyAgreement
from trust_framework.policies import Policy


@dataclass(frozen=True, slots=True)
class Shared:
    """All of them, in the order in which they first came; agreements by id."""

    agreements: Mapping[str, AnyAgreement] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()


READERS: Final[Mapping[str, Callable[[Content], Any]]] = {
    "agreement": lambda content: entries.agreement(AgreementEntry.model_validate(content)),
    "policy": lambda content: sharing.policy(PolicyEntry.model_validate(content)),
}
"""By kind: what an entry's content comes to. Raises pydantic's ValidationError."""


def of_file(file: FederationFile) -> Shared:
    """What a file says."""
    agreements = {entry.id: entries.agreement(entry) for entry in file.agreements}
    return Shared(agreements, tuple(map(sharing.policy, file.policies)))


@dataclass(frozen=True, slots=True)
class _Read:
    version: int
    place: int
    value: Any


class KnownShared:
    """What a running node has read of them."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._read: dict[Key, _Read] = {}

    def of(self, listing: Listing) -> Shared:
        """Those of a list. Each is read once a version; what raises leaves the others read."""
        self._read = {key: each for key, each in self._read.items() if key in listing.entries}
        for kind in READERS:
            for listed in listing.of(kind):
                kept = self._read.get((kind, listed.id))
                if kept is None or kept.version != listed.version:
                    entry = self._contents.entry(listed)
                    value = READERS[kind](entry.content or {})
                    self._read[kind, listed.id] = _Read(listed.version, entry.place, value)
        agreements, policies = (self._in_order(kind) for kind in READERS)
        return Shared({id_: read.value for id_, read in agreements}, tuple(read.value for _, read in policies))

    def _in_order(self, kind: str) -> list[tuple[str, _Read]]:
        own = ((id_, read) for (found, id_), read in self._read.items() if found == kind)
        return sorted(own, key=lambda each: (each[1].place, each[0]))
