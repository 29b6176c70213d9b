"""The question and the answers of a decision, as values. The decision itself is `trust_framework.decide`, which also
exports these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from trust_framework.agreements import AnyAgreement
from trust_framework.directory import NOWHERE, Acting, Commission, StaffEntry
from trust_framework.entity_categories import UNBOUND, Categories
from trust_framework.identity import Attributes, Identity
from trust_framework.members import RelyingParty
from trust_framework.on_behalf import Mandate
from trust_framework.persons import Person
from trust_framework.policies import NO_POLICIES, Policies
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import Reason
from trust_framework.representation import SWEDISH, AgeRules


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """One attribute that the service asked for. `values`: only these will do (OIDC Core 5.5.1 `value`, `values`).

    `essential` is the OIDC word: the service wants it badly, and is still answered without it (OIDC Core 5.5.1), but a
    commission that it needs must exist. `required` is SAML's isRequired: refuse rather than answer without it (Sweden
    Connect deployment profile 6.2.1). `purpose` is what the service says that it wants it for (OpenID Connect for Identity
    Assurance 6.2), empty where it does not say.
    """

    name: str
    essential: bool = False
    values: tuple[str, ...] = ()
    required: bool = False
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the service's request demands of the login, whichever protocol it came by.

    `levels`: acceptable level URIs in order of preference (empty: the party's own). `essential_level`: refuse rather than
    answer with another. `force`: identified after `asked_at`. `max_age` seconds. Times are epoch seconds. `acting_in`: the
    person must act in a commission with these values (catalogue name to those that will do), whatever is released; None
    where that does not matter.
    """

    levels: tuple[str, ...]
    requested: tuple[RequestedAttribute, ...]
    asked_at: int
    essential_level: bool = True
    force: bool = False
    passive: bool = False
    max_age: int | None = None
    acting_in: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A consent on record: the hash of what was shown (`consent.shown_hash`), and when."""

    shown: str
    given_at: int


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision may look at. No rule looks anywhere else.

    `commission`: the HSA-id of the commission (or employment) chosen in this login, or None while none has been.
    `consents` are those of this person for this party, `agreed` the hash that the person said yes to in this very login.
    `unattended`: nobody can be asked (refresh, userinfo): what needs a person is refused. `agreements` that do not name
    the party are ignored, `policies` and `categories` are those of the federation. `terms` are those of the identity's
    method as they are now: with them, a provider that has been stopped or bounded since stops reuse and refresh too.
    `directory_answered` is False when staff could not be read. `mandates` are what the person holds of others'
    representations, whether they hold now or not; `on_behalf` the id of the one chosen in this login, or
    `on_behalf.MYSELF`, None while nothing has been.
    """

    party: RelyingParty
    wanted: Wanted
    identity: Identity
    person: Person
    staff: tuple[StaffEntry, ...] = ()
    commission: str | None = None
    consents: tuple[ConsentGiven, ...] = ()
    agreed: str | None = None
    unattended: bool = False
    agreements: tuple[AnyAgreement, ...] = ()
    policies: Policies = NO_POLICIES
    categories: Categories = UNBOUND
    terms: ProviderTerms | None = None
    directory_answered: bool = True
    mandates: tuple[Mandate, ...] = ()
    on_behalf: str | None = None
    ages: AgeRules = SWEDISH


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said, of the whole case or of one attribute. `outcome` is one of the closed set in `outcome`.

    `source` is where the value is, or should be; `basis` names the policy and the agreement that it rests on, each with its
    version (`R3/2 A-17/1`); `note` is the closer cause: a reason's code, an agreement's state.
    """

    rule: str
    outcome: str
    attribute: str | None = None
    note: str = ""
    source: str = ""
    basis: str = ""


verdict = lru_cache(maxsize=8192)(Verdict)
"""A verdict, the same object for the same words: there are few, and every decision says a dozen."""


@dataclass(frozen=True, slots=True)
class Released:
    """Go ahead: these attributes, with catalogue names, and nothing else. `acting` is in what the person acts, `on_behalf` the
    id of the representation by which they act for another, empty when for themselves.
    """

    attributes: Attributes
    trace: tuple[Verdict, ...] = ()
    acting: Acting = NOWHERE
    on_behalf: str = ""


@dataclass(frozen=True, slots=True)
class StepUp:
    """Identify again: one of these level URIs, or (when only freshness lacks) any acceptable one."""

    levels: tuple[str, ...]
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class AskCommission:
    """The person must choose in which commission; the choices are complete and satisfy the request's values.

    When only an employment must be chosen, each choice stands for one (`directory.Acting.as_choice`).
    """

    choices: tuple[Commission, ...]
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class AskOnBehalf:
    """The person must choose for whom they act: themselves, or by one of these, each of which is good here and now."""

    choices: tuple[Mandate, ...]
    trace: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The person must be asked before these attributes go. `shown` is the hash to record with the answer.

    `sources` says for each attribute where it comes from (`attribute.Source`).
    """

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


Decision = Released | StepUp | AskCommission | AskOnBehalf | AskConsent | Refused
