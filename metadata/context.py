"""What is known around a document that is looked at: the time, its member, what is registered already.

Values only; None is what is not known. A rule names what it needs here and is reported as not run without it. Who gathers
this is the caller's affair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from metadata.look_alike import skeleton


@dataclass(frozen=True, slots=True)
class KnownIds:
    """Identifiers (entityID, client_id) and addresses for answers that are taken, each with its organisation's number.

    `quarantined` were released, and may not be taken yet. Made once a version of the register: `of`.
    """

    owners: Mapping[str, str] = field(repr=False)
    addresses: Mapping[str, str] = field(repr=False)
    quarantined: frozenset[str] = frozenset()
    by_skeleton: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, owners: Mapping[str, str], addresses: Mapping[str, str], quarantined: Iterable[str] = ()) -> Self:
        """With an index of what looks alike."""
        alike: dict[str, tuple[str, ...]] = {}
        for identifier in owners:
            mark = skeleton(identifier)
            alike[mark] = (*alike.get(mark, ()), identifier)
        return cls(owners, addresses, frozenset(quarantined), alike)


@dataclass(frozen=True, slots=True)
class Registered:
    """Times of the document that is registered now, in epoch seconds."""

    valid_until: int | None = None
    created: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """`now` in epoch seconds; `production` False for a test entry; `organisation` is the member's number, `names` its names.

    `scopes` and `categories` are what the member may use. `own` are identifiers of the very entry that is looked at.
    `registered` is None for an entry that is new; `keys_elsewhere` are ids of keys (`metadata.described_keys`) that the
    member uses in the other of the two environments. `allow_http_loopback` is for test systems.
    """

    now: int | None = None
    allow_http_loopback: bool = False
    production: bool | None = None
    organisation: str | None = None
    names: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    register: KnownIds | None = None
    own: frozenset[str] = frozenset()
    registered: Registered | None = None
    keys_elsewhere: frozenset[str] | None = None

    def knows(self, name: str) -> bool:
        """Whether what a rule needs is known; a rule that needs nothing can always be run."""
        return not name or getattr(self, name) is not None


NOTHING_KNOWN = Context()
