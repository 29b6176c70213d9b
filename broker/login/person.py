"""What a person changes on My page of what the broker itself holds: who may act for them, what they agreed to, where they are
signed on.
"""

from dataclasses import dataclass

from broker.login.effects import Change
from broker.login.sign_on import SignOn
from trust_framework.representation import Representation


@dataclass(frozen=True, slots=True)
class GiveRepresentation(Change):
    """The person lets another act for them, who has given `seen` powers before. Raises Overtaken when they have given more since,
    so that of several at once each is counted; and when the person has been forgotten.
    """

    representation: Representation
    seen: int


@dataclass(frozen=True, slots=True)
class RevokeRepresentation(Change):
    """The person takes back that somebody may act for them. Raises Overtaken when it is not theirs, or was taken back."""

    id: str
    person: str
    at: int


@dataclass(frozen=True, slots=True)
class DeclineRepresentation(Change):
    """Who was given a power will not act by it. Raises Overtaken when it is not theirs, or has ended by either's word."""

    id: str
    representative: str
    at: int


@dataclass(frozen=True, slots=True)
class WithdrawConsent(Change):
    """The person takes back whatever they agreed to let a service have. Raises Overtaken when there is nothing."""

    person: str
    service: str


@dataclass(frozen=True, slots=True)
class EndGrants(Change):
    """End every grant of a person, those with offline access too."""

    person: str
    at: int


@dataclass(frozen=True, slots=True)
class ConsentKept:
    """What a person has agreed to let a service have: names of details, and when they last agreed."""

    service: str
    attributes: tuple[str, ...]
    given_at: int


@dataclass(frozen=True, slots=True)
class StandingSignOn:
    """A sign-on that has not ended, and the services that it has served."""

    sign_on: SignOn
    services: tuple[str, ...] = ()
