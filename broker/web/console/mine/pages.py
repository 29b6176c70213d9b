"""Pages of My page that are not about care: whom it is about, the overview, those who may act for one, settings, own data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker.web.pages.frame import Names, Page, clean
from broker.web.pages.leave import ServiceLeft
from broker.web.pages.whom import Choice


@dataclass(frozen=True, slots=True)
class AboutView:
    """Somebody else whom a page is about. `kind` is a text `own.kind.<kind>`; `change` is where to choose another."""

    name: str
    kind: str
    age: int | None
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What every page of My page has: whom it is about, when that is not the person themselves."""

    about: AboutView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseWhom(About, Page):
    """U6: whom it is about."""

    template: ClassVar[str] = "mine_whom.html"
    mark: ClassVar[str] = "U6"
    action: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooYoung(About, Page):
    """Care is closed for the person themselves. `why` is a text `own.closed.<why>`."""

    template: ClassVar[str] = "mine_closed.html"
    mark: ClassVar[str] = "U11-closed"
    why: str
    self_from: int
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """Somebody opened what was closed, because care could not wait. `state` is a text `own.emergency.<state>`."""

    at: int
    unit: str
    provider: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of My page with a sentence of what it is: texts `own.part.<name>` and `own.part.<name>.text`."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(About, Page):
    """U11, the first page. `whom` is where to choose whom it is about, when there is somebody to choose."""

    template: ClassVar[str] = "mine_start.html"
    mark: ClassVar[str] = "U11"
    parts: tuple[Part, ...]
    emergencies: tuple[Emergency, ...] = ()
    waiting: int = 0
    answered: int = 0
    questions_url: str = ""
    whom: str = ""
    strong: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRow:
    """A representation, given or held. `state` is a text `own.power.<state>`; `url` ends it, `logins` shows how it was used."""

    name: str
    kind: str
    state: str
    deeds: tuple[str, ...] = ()
    services: tuple[Names, ...] = ()
    start: int | None = None
    until: int | None = None
    url: str = ""
    logins: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Representatives(About, Page):
    """Who may act for the person, and for whom the person may act. `give` is where the person gives a power."""

    template: ClassVar[str] = "mine_representatives.html"
    mark: ClassVar[str] = "U11-representatives"
    given: tuple[PowerRow, ...]
    held: tuple[PowerRow, ...]
    whom: str
    guardian_until: int
    self_from: int
    give: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivePower(About, Page):
    """A power of attorney to be given. `services` of them are shown; where there are more, `search` finds them."""

    template: ClassVar[str] = "mine_give.html"
    mark: ClassVar[str] = "U11-give"
    form: Any
    action: str
    back: str
    years: int
    services: int = 0
    search: str = ""
    searchable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(About, Page):
    """Language, look, and a copy of everything."""

    template: ClassVar[str] = "mine_settings.html"
    mark: ClassVar[str] = "U11-settings"
    languages: tuple[tuple[str, str, str], ...]
    themes: tuple[tuple[str, str], ...]
    theme: str
    data_url: str
    json_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSection:
    """One kind of thing that is held: a text `own.data.<name>`, and each thing as pairs of a word and a value."""

    name: str
    things: tuple[tuple[tuple[str, str], ...], ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData(About, Page):
    """Everything that is held of the person, to be read."""

    template: ClassVar[str] = "mine_data.html"
    mark: ClassVar[str] = "U11-data"
    sections: tuple[DataSection, ...]
    json_url: str
    most: int
    federation: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sure(About, Page):
    """What something means, before it is done. `deed` names texts: `own.sure.<deed>.title`, `.lead`, `.undo`, `.button`;
    `said` are further sentences by key, with what is filled in; `note`: words may go along.
    """

    template: ClassVar[str] = "mine_sure.html"
    mark: ClassVar[str] = "U11-sure"
    deed: str
    said: tuple[tuple[str, Mapping[str, str]], ...]
    action: str
    csrf: str
    back: str
    fields: tuple[tuple[str, str], ...] = ()
    note: bool = False
    filled: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> dict[str, str]:
        """What is filled in, as it may stand on a page."""
        return _cleaned(self.filled)

    @property
    def means(self) -> tuple[tuple[str, dict[str, str]], ...]:
        """The further sentences, likewise."""
        return tuple((key, _cleaned(filled)) for key, filled in self.said)


def _cleaned(filled: Mapping[str, str]) -> dict[str, str]:
    return {name: clean(value) for name, value in filled.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disowned(About, Page):
    """The person has said that a login was not theirs: what was done, and what they should do."""

    template: ClassVar[str] = "mine_disowned.html"
    mark: ClassVar[str] = "U11-disowned"
    repeatable: ClassVar[bool] = False
    reference: str
    services: tuple[ServiceLeft, ...]
    mailed: bool
