"""What a step of the journey comes to. The web turns an outcome into a redirect, a page or the service's answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from broker.login.effects import NOTHING, Effects
from broker.login.request import LoginRequest, Transaction
from idp_adapters.base import Wait
from metadata.register import ReturnAddress
from trust_framework.decide import Verdict
from trust_framework.directory import NOWHERE, Acting
from trust_framework.identity import Attributes, Identity
from trust_framework.reasons import Reason


class Stage(Enum):
    """The page at which a pending login stands; the value is the last part of its address."""

    CHOICE = ""
    LANDED = "borja"
    CONTINUE = "fortsatt"
    MOBILE = "mobil"
    CARD = "kort"
    TEST = "test"
    COMMISSION = "uppdrag"
    ON_BEHALF = "vem"
    CONSENT = "samtycke"


@dataclass(frozen=True, slots=True)
class Show:
    """Bring the person to a page of this login. `wait` is what a method waits for, fresh from it."""

    stage: Stage
    transaction: Transaction
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Send the browser to an identity provider: by GET, or with a form when there are fields."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Issue:
    """The service may be answered: the front builds its assertion or code from this.

    `sign_on` is the root of the sign-on that the service joins, `trace` the verdicts that let this go, `acting` in what the
    person acts, `on_behalf` by which representation they act for another; empty when for themselves.
    """

    request: LoginRequest
    reference: str
    identity: Identity
    person: str
    sign_on: str
    attributes: Attributes
    commission: str | None = None
    trace: tuple[Verdict, ...] = ()
    acting: Acting = NOWHERE
    on_behalf: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """The service is told that there will be no login."""

    request: LoginRequest
    reference: str
    reason: Reason
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explain:
    """The person is shown what went wrong; the login, when it still stands, offers the ways on."""

    reason: Reason
    reference: str
    transaction: Transaction | None = None
    about: Mapping[str, str] = field(default_factory=dict)


Outcome = Show | Leave | Issue | Tell | Explain


@dataclass(frozen=True, slots=True)
class Step:
    """An outcome with its effects. `handle` is the sign-on's new secret for the cookie, when there is one."""

    outcome: Outcome
    effects: Effects = NOTHING
    handle: str | None = None

    def adding(self, effects: Effects) -> "Step":
        """The same outcome with more to record."""
        return Step(self.outcome, effects + self.effects, self.handle)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A service's answer on its way to a proven address: a redirect, or a form when there are fields."""

    address: ReturnAddress
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a front made of an Issue or a Tell: where it goes, and what must be recorded first."""

    delivery: Delivery
    effects: Effects = NOTHING
