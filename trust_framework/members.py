"""A service as a party of the federation: who owns it, what it may ask for, whether it is stopped.

Addresses and keys of the same service are in `metadata.register`; the two meet by id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from trust_framework.days import DAY
from trust_framework.representation import Kind

REASSESS_GRACE: Final = 30 * DAY
"""How long a member whose risks should have been assessed anew goes on, while it is warned."""


class State(Enum):
    """Life of a member, service or provider in the register. Only what is active is let in.

    A member goes from application to review, approved, active; a service from test to active. Both may be suspended, and
    leave.
    """

    APPLICATION = "application"
    REVIEW = "review"
    APPROVED = "approved"
    TEST = "test"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class Profile(Enum):
    """A named set of stricter rules that a service follows."""

    DEFAULT = "default"
    SWEDEN_CONNECT = "sweden-connect"
    FAPI2 = "fapi2"


class ConsentPolicy(Enum):
    """Whether the person is asked before details are released to this service."""

    NEVER = "never"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A reviewed trust declaration (tillitsdeklaration): the level up to which it carries, and until when (epoch seconds)."""

    level: str
    until: int


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation of the federation. `org` is its organisation number (10 digits); names by language. `types` are
    what it is to the federation, as the release policies name it. `reassess_by` is when the assessment of its risks must have
    been made anew (epoch seconds), None where none has been recorded; `declarations` are its trust declarations, those that
    have run out among them.
    """

    org: str
    names: Mapping[str, str]
    state: State = State.ACTIVE
    types: frozenset[str] = frozenset()
    reassess_by: int | None = None
    declarations: tuple[Declaration, ...] = ()

    def unassessed(self, now: int) -> bool:
        """Whether its risks should have been assessed anew long ago (IS-22)."""
        return self.reassess_by is not None and now >= self.reassess_by + REASSESS_GRACE


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A service's terms. `levels`: level URIs it accepts when it asks for none, and the only ones it may ask for.

    `methods` empty means every method that can give the level. `attributes` are catalogue names, the most it may get;
    `required` those without which it cannot work; `categories` the entity categories that the federation vouches for,
    `declared` those that its own metadata says beside; `on_behalf_of` the kinds of representation by which people may act for
    others there. `description` by language, `reasons` why it needs each attribute, `logo` the digest of its picture: what people
    are shown of it.
    """

    id: str
    member: Member
    names: Mapping[str, str]
    levels: tuple[str, ...]
    methods: tuple[str, ...] = ()
    attributes: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    consent: ConsentPolicy = ConsentPolicy.NEVER
    profile: Profile = Profile.DEFAULT
    state: State = State.ACTIVE
    accepts_coordination_number: bool = False
    contact: Mapping[str, str] = field(default_factory=dict)
    information_url: str | None = None
    categories: frozenset[str] = frozenset()
    on_behalf_of: frozenset[Kind] = frozenset()
    declared: frozenset[str] = frozenset()
    description: Mapping[str, str] = field(default_factory=dict)
    privacy_url: str | None = None
    logo: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def known_as(self) -> frozenset[str]:
        """Every entity category that it has, whoever says so."""
        return self.categories | self.declared

    def name(self, language: str) -> str:
        """The name to show, in the language wanted, else Swedish, English, any."""
        for wanted in (language, "sv", "en"):
            if wanted in self.names:
                return self.names[wanted]
        return next(iter(self.names.values()), self.id)
