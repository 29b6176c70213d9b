"""Pages of a person's own logins, sign-ons and consents to release."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.mine.pages import About
from broker.web.pages.frame import Names, Page
from trust_framework.explanation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnRow:
    """A sign-on: since when, when last used, how, at which services now. `url` ends it."""

    started_at: int
    used_at: int
    method: Names
    level: int
    services: tuple[Names, ...]
    here: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLogin:
    """A login of the last ninety days. `well`: it ended at the service; `occasion` is a text `own.occasion.<…>`."""

    at: int
    service: Names
    method: Names
    level: int
    well: bool
    told: Names
    reference: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLogins(About, Page):
    """U11, logins: where the person is signed on, and the logins of the last ninety days."""

    template: ClassVar[str] = "mine_logins.html"
    mark: ClassVar[str] = "U11-logins"
    sign_ons: tuple[SignOnRow, ...]
    end_all: str
    logins: tuple[OwnLogin, ...]
    total: int
    days: int
    next_url: str | None = None
    first_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsForMe(About, Page):
    """U11, representatives: when one of them has logged in for the person, at which service, and as what. `name` is theirs."""

    template: ClassVar[str] = "mine_logins_for_me.html"
    mark: ClassVar[str] = "U11-used"
    name: str
    kind: str
    logins: tuple[OwnLogin, ...]
    total: int
    days: int
    back: str
    next_url: str | None = None
    first_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOccasion:
    """One event of a login, in words for the person."""

    at: int
    explanation: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnExplained(About, Page):
    """One login: what was handed over and what was not, and why. `not_me` says that it was somebody else."""

    template: ClassVar[str] = "mine_login.html"
    mark: ClassVar[str] = "U11-login"
    reference: str
    service: Names
    method: Names
    level: int
    occasions: tuple[OwnOccasion, ...]
    back: str
    not_me: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCard:
    """What a service may have, since when. `url` takes it back."""

    service: Names
    owner: Names
    details: tuple[Names, ...]
    since: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareConsentCard:
    """Who in care may read what others have recorded, until when. `kind` is a text `own.care-consent.<kind>`."""

    unit: str
    provider: str
    kind: str
    since: int
    until: int | None
    personal: bool
    ended_at: int | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnConsents(About, Page):
    """U11, consents: those to release, and those of care where they may be seen. `care_url` opens the latter."""

    template: ClassVar[str] = "mine_consents.html"
    mark: ClassVar[str] = "U11-consents"
    release: tuple[ConsentCard, ...] | None
    care: tuple[CareConsentCard, ...] | None
    care_url: str = ""
