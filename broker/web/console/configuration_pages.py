"""O8: the configuration, and what of the register is not as the last applied file said."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """A setting under its variable's name; `origin` is a text `from.<code>`."""

    name: str
    value: str
    origin: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """An entry that somebody changed since the file was applied."""

    kind: str
    names: Names
    url: str
    origin: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(Page):
    """O8. `drift` rows are `DriftRow`; `export` leads to the whole register as one file."""

    template: ClassVar[str] = "console_configuration.html"
    mark: ClassVar[str] = "O8"
    settings: tuple[SettingRow, ...]
    drift: Listing
    version: int
    export: str | None
