"""Pages of a member: its card (O2), its contacts, its declarations and agents."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.member_about_form import MemberForm
from broker.web.console.member_forms import ContactsForm, TrustForm
from broker.web.console.register_pages import EntryRow, VersionRow
from broker.web.console.sharing_pages import AgreementRow
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """A contact. `confirmed` is a day, empty when nobody has; `stale`: that is too long ago."""

    purpose: str
    name: str
    mail: str
    phone: str
    confirmed: str
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationRow:
    """A trust declaration, and whether it still holds."""

    level: str
    reviewer: str
    expires: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRow:
    """The assessment of the member's risks, and whether it need not be made anew yet."""

    made: str
    by: str
    again: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An organisation that acts for the member."""

    names: Names
    org: str
    roles: tuple[str, ...]
    until: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard(Page):
    """O2. A member as the register has it. `edit` is where its own people change it, empty for others, `leave` where its owner
    asks to leave; `stop` where an operator stops it.
    """

    template: ClassVar[str] = "member_card.html"
    mark: ClassVar[str] = "member"
    names: Names
    org: str
    state: str
    reason: str
    type: str
    roles: tuple[str, ...]
    contacts: tuple[ContactRow, ...]
    declarations: tuple[DeclarationRow, ...]
    agents: tuple[AgentRow, ...]
    entities: tuple[EntryRow, ...]
    entities_total: int
    providers: tuple[EntryRow, ...]
    providers_total: int
    agreements: tuple[AgreementRow, ...]
    agreements_total: int
    all_agreements: str
    assessment: AssessmentRow | None
    open_proposals: int
    proposals: str
    history: tuple[VersionRow, ...]
    edit: str = ""
    leave: str = ""
    stop: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAbout(Page):
    """What the member is, of which a change is proposed."""

    template: ClassVar[str] = "member_about.html"
    mark: ClassVar[str] = "member-about"
    form: MemberForm
    action: str
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberContacts(Page):
    """The member's contacts, to be changed and confirmed."""

    template: ClassVar[str] = "member_contacts.html"
    mark: ClassVar[str] = "member-contacts"
    form: ContactsForm
    purposes: tuple[str, ...]
    action: str
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTrust(Page):
    """The member's declarations and agents, of which changes are proposed."""

    template: ClassVar[str] = "member_trust.html"
    mark: ClassVar[str] = "member-trust"
    form: TrustForm
    action: str
    back: str
