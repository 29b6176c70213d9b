"""What is known around a document that is looked at: the time, its member, what is registered already.

Values only; None is what is not known. A rule names what it needs here and is reported as not run without it. Who gathers
this is the caller's affair.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from metadata.validity import Dates
from trust_framework.names import Holding, Name


class ReadsNames(Protocol):
    """The names of the register, as storage keeps them."""

    def register_holders(self, name: Name) -> tuple[Holding, ...]:
        """Who has or had a name."""

    def register_near(self, name: Name) -> tuple[Holding, ...]:
        """Who has a name, or one that people may take for it."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of trying. `hosts`: by origin why it does not answer, empty when it does; `keys` why those at `jwks_uri` cannot
    be had, None where there are none to be fetched.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)
    keys: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """`now` in epoch seconds; `production` False for a test entry; `organisation` is the member's number, `names` its names.

    `scopes` and `categories` are what the member may use; of categories those alone are asked for that the federation has
    `governed` (None: all). `kind` and `entry` are those of the very entry that is looked at. `registered` are the dates of the
    document that stands, None for an entry that is new; `keys_elsewhere` are ids of keys (`metadata.described_keys`) that the
    member uses in the other of the two environments. `served`: whether some login method can serve the service, given the
    entity categories that it declares. `reached` is what came of trying its addresses (`metadata.reached`).
    `allow_http_loopback` is for test systems.
    """

    now: int | None = None
    allow_http_loopback: bool = False
    production: bool | None = None
    organisation: str | None = None
    names: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    governed: frozenset[str] | None = None
    register: ReadsNames | None = None
    kind: str = "service"
    entry: str = ""
    registered: Dates | None = None
    keys_elsewhere: frozenset[str] | None = None
    served: Callable[[frozenset[str]], bool] | None = None
    reached: Reached | None = None

    def knows(self, name: str) -> bool:
        """Whether what a rule needs is known; a rule that needs nothing can always be run."""
        return not name or getattr(self, name) is not None


NOTHING_KNOWN = Context()
