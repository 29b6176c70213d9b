"""Login methods and upstream providers (O7): the list, one of them, and the step before it is stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker.web.pages.frame import Names, Page
from metadata.described_keys import DescribedKey
from metadata.published import Heard


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A method in the list. `levels` are those that it may give now; `trouble`: its peer was not reached last time. `overdue`: a
    level is lacking since a trust declaration of its owner has run out.
    """

    names: Names
    url: str
    kind: str
    state: str
    levels: tuple[str, ...]
    trouble: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodList(Page):
    """O7. Every method of the federation, its own and upstream ones."""

    template: ClassVar[str] = "admin_methods.html"
    mark: ClassVar[str] = "O7"
    methods: tuple[MethodRow, ...]


@dataclass(frozen=True, slots=True)
class LevelRow:
    """What the provider sends, and what we issue for it; `held`: above its ceiling, so that we issue nothing; `overdue`: the
    trust declaration that carried it has run out.
    """

    theirs: str
    ours: str
    held: bool
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """A name of the provider's and ours, with the word for it."""

    theirs: str
    ours: str
    names: Names


@dataclass(frozen=True, slots=True)
class TriedRow:
    """A name that was pasted: what becomes of it. `rule` says why it is dropped, empty when it is taken."""

    theirs: str
    names: Names
    values: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a login with the pasted words would give. `refusal` is why it would be refused, by language."""

    level: str
    issued: str
    rows: tuple[TriedRow, ...]
    refusal: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodView(Page):
    """O7. One method: where it is, its keys, what its words mean to us, and a try of both. `overdue_since`: when it lost a level
    for want of a trust declaration. Of one that is stopped, `reason` says why and `since` when.
    """

    template: ClassVar[str] = "admin_method.html"
    mark: ClassVar[str] = "O7-one"
    names: Names
    kind: str
    state: str
    subject: str
    ceiling: str
    changed_at: int | None
    heard: Heard | None
    keys: tuple[DescribedKey, ...]
    levels: tuple[LevelRow, ...]
    attributes: tuple[AttributeRow, ...]
    scopes: tuple[str, ...]
    form: Any
    action: str
    tried: Tried | None = None
    stop_url: str | None = None
    start_url: str | None = None
    overdue_since: int | None = None
    reason: str = ""
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMethod(Page):
    """O7. What stopping does, and why it is done. `alone` are services that nobody can log in to then."""

    template: ClassVar[str] = "admin_method_stop.html"
    mark: ClassVar[str] = "O7-stop"
    names: Names
    form: Any
    action: str
    cancel: str
    others: Mapping[str, Names]
