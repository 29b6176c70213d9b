"""The one decision: may this person, logged in like this, be shown to this service, and with which details?

Runs an ordered tuple of rules over a `Case` and keeps each rule's verdict. The kept verdicts are the explanation that
the person, the service's team and the operator get; the same function decides logins, reuse of a sign-on, refresh, token
exchange and userinfo.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trust_framework.directory import Commission, StaffEntry
from trust_framework.identity import Attributes, Identity
from trust_framework.members import RelyingParty
from trust_framework.persons import Person
from trust_framework.reasons import Reason


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """One attribute that the service asked for. `values`: only these will do (OIDC Core 5.5.1 `value`, `values`)."""

    name: str
    essential: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the service's request demands of the login, whichever protocol it came by.

    `levels`: acceptable level URIs in order of preference (empty: the party's own). `essential_level`: refuse rather than
    answer with another. `force`: identified after `asked_at`. `max_age` seconds. Times are epoch seconds.
    """

    levels: tuple[str, ...]
    requested: tuple[RequestedAttribute, ...]
    asked_at: int
    essential_level: bool = True
    force: bool = False
    passive: bool = False
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A consent on record: the hash of what was shown (`consent.shown_hash`), and when."""

    shown: str
    given_at: int


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision may look at. No rule looks anywhere else.

    `commission`: the HSA-id of the commission chosen in this login, or None while none has been. `consents` are those of
    this person for this party. `unattended`: nobody can be asked (refresh, userinfo): what needs a person is refused.
    """

    party: RelyingParty
    wanted: Wanted
    identity: Identity
    person: Person
    staff: tuple[StaffEntry, ...] = ()
    commission: str | None = None
    consents: tuple[ConsentGiven, ...] = ()
    unattended: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said, of the whole case or of one attribute. `outcome` is one of the closed set in `release`."""

    rule: str
    outcome: str
    attribute: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """Go ahead: these attributes, with catalogue names, and nothing else."""

    attributes: Attributes
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class StepUp:
    """Identify again: one of these level URIs, or (when only freshness lacks) any acceptable one."""

    levels: tuple[str, ...]
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class AskCommission:
    """The person must choose in which commission; the choices are complete and satisfy the request's values."""

    choices: tuple[Commission, ...]
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The person must be asked before these attributes go. `shown` is the hash to record with the answer."""

    attributes: Attributes
    sources: Mapping[str, str]
    shown: str
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """No. `about` fills the sentences of the reason (`{detail}`)."""

    reason: Reason
    about: Mapping[str, str] = field(default_factory=dict)
    trace: tuple[Verdict, ...] = ()


Decision = Released | StepUp | AskCommission | AskConsent | Refused


def decide(case: Case, now: int) -> Decision:
    """Decide a case at `now` (epoch seconds)."""
    raise NotImplementedError
