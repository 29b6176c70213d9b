"""Pages of care staff: the commission one acts in, a patient, and what is registered about the patient's information.

A code is the end of a text's key; what a unit or a provider is called is `Names`. No page has a patient's number or name in
its title or in an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """Whose pages these are. `name` is empty when nobody knows it, or the person's identity is protected."""

    number: str
    kind: str
    name: str = ""
    born: str = ""
    protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An entry of the navigation between a patient's pages: a text `care.part.<name>`."""

    name: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands above the pages: in which commission one acts, and of which patient. `change` leads to another commission,
    empty when there is but one; `search` to another patient.
    """

    commission: str
    provider: Names
    search: str
    unit: Names = field(default_factory=dict)
    change: str = ""
    registrar: bool = False
    patient: Banner | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A word (a text) and its values: names, words typed by somebody, texts (`care.value.<code>`), or a moment."""

    label: str
    values: tuple[Names | str, ...] = ()
    code: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Something that may be done: a text `care.do.<code>`."""

    code: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """A commission to act in."""

    name: str
    url: str
    provider: Names
    unit: Names
    registrar: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CareChoose(Page):
    """The choice of a commission; without rows there is none to act in."""

    template: ClassVar[str] = "care_choose.html"
    mark: ClassVar[str] = "care-choose"
    rows: tuple[DeskRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WishRow:
    """What a patient asked for (a text `care.do.<wish>`), where, and when."""

    id: str
    number: str
    wish: str
    place: Names
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CareSearch(Page):
    """The one field in which a patient is found, and for registrars what patients have asked for; `open` leads to one."""

    template: ClassVar[str] = "care_search.html"
    mark: ClassVar[str] = "care-search"
    around: Around
    form: Any
    action: str
    waiting: tuple[WishRow, ...] = ()
    open: str = ""
    csrf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What is blocked for the reader in one place, here or elsewhere. `units` are told when somebody asked to be; `lifted`
    how many blocks do not hold for the reader just now, `until` when. `incomplete`: there may be more, of which nothing is known
    just now.
    """

    count: int = 0
    units: tuple[Names, ...] = ()
    lifted: int = 0
    until: int | None = None
    incomplete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether the reader has something that stands: a text `care.standing.<code>`, and until when. `way` leads to entering what
    is missing.
    """

    code: str
    until: int | None = None
    way: Way | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """An answer of the decision: about which place, what (a text `care.access.<code>`), why (texts), how many resources."""

    place: Names
    access: str
    grounds: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The emergency access that the reader has now."""

    until: int
    reason: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePatient(Page):
    """A patient as the reader may see them: what is blocked, what stands, what may be seen (but for `left_out` units, of which
    nothing was asked); the way in, in an emergency.
    """

    template: ClassVar[str] = "care_patient.html"
    mark: ClassVar[str] = "care-patient"
    around: Around
    here: Blocked
    elsewhere: Blocked
    standing: tuple[Standing, ...]
    form: Any
    action: str
    answers: tuple[AnswerRow, ...] | None = None
    left_out: int = 0
    reveal: str = ""
    emergency: str = ""
    opened: Opened | None = None
    csrf: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry in a list: what it is about, its state (a text `care.state.<code>`), since and until when."""

    url: str
    title: str
    place: Names
    state: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareEntries(Page):
    """The entries of a kind (`block`, `consent`, `relation`) about a patient at the reader's provider."""

    template: ClassVar[str] = "care_entries.html"
    mark: ClassVar[str] = "care-entries"
    around: Around
    kind: str
    rows: tuple[EntryRow, ...]
    new: str
    all: bool = False
    switch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """What was done with an entry: a text `care.act.<code>`, when, by whom, why."""

    code: str
    at: int
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRow:
    """A lift of a block for a time. `cancel` leads to ending it."""

    reason: str
    unit: Names
    until: int
    state: str
    employee: str = ""
    cancel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareEntry(Page):
    """One entry with its history, and what may be done with it."""

    template: ClassVar[str] = "care_entry.html"
    mark: ClassVar[str] = "care-entry"
    around: Around
    kind: str
    state: str
    facts: tuple[Fact, ...]
    acts: tuple[ActRow, ...]
    ways: tuple[Way, ...]
    back: str
    lifts: tuple[LiftRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CareForm(Page):
    """A form of a deed (texts `care.do.<code>`, `care.lead.<code>`), with what it is about and what will come of it. `wrong` is
    why it could not be done, a text `care.refused.<code>`.
    """

    template: ClassVar[str] = "care_form.html"
    mark: ClassVar[str] = "care-form"
    around: Around
    code: str
    form: Any
    action: str
    back: str
    facts: tuple[Fact, ...] = ()
    consequences: Sequence[str] = ()
    wrong: str = ""
    danger: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CareReview(Page):
    """What will be, in words, before it is: `fields` are posted as they are, with what binds them to this page."""

    template: ClassVar[str] = "care_review.html"
    mark: ClassVar[str] = "care-review"
    around: Around
    code: str
    facts: tuple[Fact, ...]
    action: str
    csrf: str
    fields: tuple[tuple[str, str], ...]
    consequences: Sequence[str] = ()
    final: bool = False
    changed: bool = False
