"""Pages of blocks and of the access log, for the patient."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode

from broker.web.console.mine.pages import About, Emergency
from broker.web.pages.frame import Page
from trust_framework.access_words import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCard:
    """A block in words. `open` are types left open, `lifts` who may see through it until when, and whether in an emergency."""

    inner: bool
    unit: str
    provider: str
    since: int
    recorded_from: int | None
    recorded_until: int | None
    open: tuple[str, ...]
    lifts: tuple[tuple[str, int, bool], ...]
    ended_at: int | None
    mistaken: bool
    lift_url: str
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCard:
    """What the patient has asked care staff to do. `url` takes it back while it waits."""

    wish: str
    inner: bool
    unit: str
    provider: str
    asked_at: int
    state: str
    answer: str
    note: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks(About, Page):
    """U11, blocks: those that hold, what waits for care staff, those that were."""

    template: ClassVar[str] = "mine_blocks.html"
    mark: ClassVar[str] = "U11-blocks"
    standing: tuple[BlockCard, ...]
    ended: tuple[BlockCard, ...]
    requests: tuple[RequestCard, ...]
    new_url: str
    csrf: str
    guardian: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBlock(About, Page):
    """A new block: what is to be closed to whom. `form` is a `BlockForm`; `direct` are names of providers where it holds at
    once, `through_staff` of those where it waits.
    """

    template: ClassVar[str] = "mine_new_block.html"
    mark: ClassVar[str] = "U11-block"
    form: object
    action: str
    back: str
    through_staff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something to narrow the list to."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCard:
    """Something that the patient has asked about an access; `state` is a text `own.question.<state>`."""

    at: int
    unit: str
    provider: str
    question: str
    state: str
    answers: tuple[tuple[int, str], ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """A line of the list: the access in words, and where to see more of it."""

    told: Told
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessList(About, Page):
    """U11, the access log. `total` is counted up to `most`; `asked` is what the list is narrowed to, by name of the field."""

    template: ClassVar[str] = "mine_access.html"
    mark: ClassVar[str] = "U11-access"
    rows: tuple[AccessRow, ...]
    total: int
    most: int
    url: str
    providers: tuple[Option, ...]
    units: tuple[Option, ...]
    asked: Mapping[str, str] = field(default_factory=dict)
    before: str | None = None
    first: bool = True
    emergencies: tuple[Emergency, ...] = ()
    questions: tuple[QuestionCard, ...] = ()
    wrong: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.asked)

    @property
    def next_url(self) -> str | None:
        return self.with_({"efter": self.before}) if self.before else None

    def with_(self, more: Mapping[str, str]) -> str:
        """The list with other parameters."""
        query = urlencode({**self.asked, **more})
        return f"{self.url}?{query}" if query else self.url

    @property
    def csv_url(self) -> str:
        return self.with_({"som": "csv"})

    @property
    def pdf_url(self) -> str:
        return self.with_({"som": "pdf"})

    @property
    def extract_url(self) -> str:
        return self.with_({"som": "utdrag"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What proves that an entry stands in the log: its place, the size of the tree, its root, the path between them.

    `holds` says that we have followed the path ourselves; `checkpoint` is what was signed and published.
    """

    position: int
    size: int
    root: str
    path: tuple[str, ...]
    checkpoint: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OneAccess(About, Page):
    """One access: all that is told of it, whether it is authentic, and a question about it."""

    template: ClassVar[str] = "mine_one_access.html"
    mark: ClassVar[str] = "U11-entry"
    told: Told
    back: str
    proof: Proof | None
    extract_url: str
    script_url: str
    verifiers: tuple[str, ...]
    question: QuestionCard | None = None
    ask: str = ""
    form: object | None = None
    asks: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedAccess:
    """The access log as a document to print. It is no page of a browser: `broker.web.console.pdf` makes a PDF of it."""

    rows: tuple[Told, ...]
    name: str
    made_at: int
    asked: tuple[tuple[str, str], ...]
    federation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFile(About, Page):
    """The file is not made: `why` is a text `own.no-file.<why>` (not installed, or more rows than such a file may have).

    `csv_url` is the form that it can be had in, where there is one.
    """

    template: ClassVar[str] = "mine_no_file.html"
    mark: ClassVar[str] = "U11-unprinted"
    why: str
    most: int
    csv_url: str
    back: str

    @property
    def status(self) -> int:
        """Not there is a fault of ours, too much a matter of what was asked."""
        return 501 if self.why == "missing" else 413
