"""Pages of sharing agreements: the list, one agreement with what may be done with it, and the form of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """An agreement of a list. `standing` is a text `standing.<code>`."""

    id: str
    names: Names
    url: str
    standing: str
    until: int
    to_sign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """What is to be done about an agreement: a text `notice-of.<kind>`, and by when."""

    kind: str
    at: int
    org: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementList(Page):
    """M8: the agreements that the member is party to, a page of them. `draft` leads to a new one, empty for who may not draft."""

    template: ClassVar[str] = "portal_agreements.html"
    mark: ClassVar[str] = "M8"
    agreements: Listing
    draft: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRow:
    """A party: what it does, whom to turn to, whether it has signed these terms, or is leaving."""

    names: Names
    roles: tuple[str, ...]
    contact: str = ""
    signed_by: str = ""
    signed_at: int | None = None
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """A detail, from whom to whom, and what it means."""

    label: Names
    giver: Names
    receiver: Names
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsView:
    """One version of what is agreed, in words."""

    version: int
    digest: str
    purpose: str
    legal_basis: str
    transfer: str
    retention_days: int
    valid_from: int
    valid_until: int
    review_at: int
    services: tuple[Names, ...]
    parties: tuple[PartyRow, ...]
    data: tuple[DataRow, ...]
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCard(Page):
    """One agreement: the terms in force, those that wait for signatures, and a form for each act that may be done now."""

    template: ClassVar[str] = "portal_agreement.html"
    mark: ClassVar[str] = "M8-card"
    id: str
    names: Names
    standing: str
    terms: TermsView
    back: str
    action: str
    proposed: TermsView | None = None
    notices: tuple[NoticeRow, ...] = ()
    stops: tuple[tuple[Names, str], ...] = ()
    forms: Mapping[str, Any] = field(default_factory=dict)
    csrf: str = ""
    next: str = ""
    short: bool = False
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementDraft(Page):
    """A new agreement, or the next version of one."""

    template: ClassVar[str] = "portal_agreement_draft.html"
    mark: ClassVar[str] = "M8-draft"
    form: Any
    action: str
    back: str
    wrong: str = ""
