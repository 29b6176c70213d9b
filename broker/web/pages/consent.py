"""Pages between identification and release: choose a commission, agree to what is handed over."""

from dataclasses import dataclass, field
from typing import ClassVar

from broker.web.pages.frame import Action, Contact, Names, Page, ServiceView
from broker.web.pages.login import Search


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionView:
    """A commission (medarbetaruppdrag): its name, the unit where, the care provider whose, and its HSA-id."""

    value: str
    name: str
    unit: str = ""
    provider: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseCommission(Page):
    """U5. Posts `commission`, `csrf` and, when ticked, `remember=yes`. `missing`: it was posted without a choice."""

    template: ClassVar[str] = "choose_commission.html"
    mark: ClassVar[str] = "U5"
    service: ServiceView
    action: str
    csrf: str
    choices: tuple[CommissionView, ...]
    search: Search | None = None
    remember: bool = False
    missing: bool = False
    cancel: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailView:
    """A detail about the person that would be handed over. `sensitive` values are covered until the person looks."""

    names: Names
    values: tuple[str, ...]
    source: Names = field(default_factory=dict)
    why: Names | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskConsentPage(Page):
    """U7. Posts `answer=yes` or `answer=no`, `csrf` and `shown` (the hash of what was shown) to `action`."""

    template: ClassVar[str] = "ask_consent.html"
    mark: ClassVar[str] = "U7"
    service: ServiceView
    action: str
    csrf: str
    shown: str
    details: tuple[DetailView, ...]
    about: Names = field(default_factory=dict)
    privacy: str | None = None
    contact: Contact | None = None

    @property
    def explained(self) -> bool:
        """Whether the service says why it wants any of them."""
        return any(detail.why for detail in self.details)
