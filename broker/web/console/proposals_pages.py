"""Pages of proposals: the list, one of them with all that a decision needs, the application of a new member, a stop."""

from dataclasses import dataclass, field
from typing import ClassVar

from broker.web.console.evidence import NOTHING, Evidence
from broker.web.console.forms import ConsoleForm
from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A proposal as lists show it. `org` is whose it is, by name; `stage` a text `state.<code>`."""

    url: str
    names: Names
    kind: str
    org: Names
    stage: str
    danger: str
    changed_at: int
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalList(Page):
    """Proposals, the last changed first; rows are `ProposalRow`."""

    template: ClassVar[str] = "proposal_list.html"
    mark: ClassVar[str] = "proposals"
    proposals: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A document of the checklist (text `document.<code>`). `vouched`: somebody says to have seen it."""

    document: str
    done: bool
    lacks: tuple[str, ...] = ()
    vouched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """What was done to it: texts `act.<what>` and `body.<body>`. `counts`: an approval that counts now."""

    at: int
    who: str
    body: str
    what: str
    reason: str = ""
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalShown(Page):
    """O2 and O3. `changes` are classes and sentences, `offers` the acts whose buttons are shown, `stands` says why none of
    the deciding ones is (a text `refused.<code>`). `evidence` is what else a decision is made by, `raw` the content before and
    after; `hosts` lack a proof, each with the page where the member proves it.
    """

    template: ClassVar[str] = "proposal.html"
    mark: ClassVar[str] = "O2"
    names: Names
    kind: str
    object: str
    org: Names
    stage: str
    danger: str
    emergency: bool
    review_due: int | None
    author: str
    changes: tuple[tuple[str, Names], ...]
    checks: tuple[CheckRow, ...]
    acts: tuple[ActRow, ...]
    approvals: int
    needed: int
    wrong: tuple[str, ...]
    look_alikes: tuple[tuple[str, Names], ...]
    raw: tuple[str, str]
    action: str
    back: str
    form: ConsoleForm
    offers: tuple[str, ...]
    stands: str = ""
    hosts: tuple[tuple[str, str], ...] = ()
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply(Page):
    """The application of a new member, and those that the person has made before."""

    template: ClassVar[str] = "member_apply.html"
    mark: ClassVar[str] = "apply"
    form: ConsoleForm
    earlier: tuple[ProposalRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Page):
    """Stop a member, a service or a provider, or propose that it is in force again or leaves."""

    template: ClassVar[str] = "entry_stop.html"
    mark: ClassVar[str] = "stop"
    names: Names
    kind: str
    state: str
    reason: str
    form: ConsoleForm
    action: str
    back: str
    offers: tuple[str, ...] = field(default=())
