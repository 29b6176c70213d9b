"""Pages on which a person logs in: choose a method, scan, open the app, insert the card, and the test login."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from broker.web.pages.frame import Action, Names, Page, ServiceView

Variant = Literal["", "here", "elsewhere"]
Why = Literal["level", "service", "federation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodView:
    """A login method to choose. `value` is what the button posts as `method`; `icon` is one of `card`, `phone`, `qr`,
    `house`, `key`. `variant` says on which device the app is, where a method offers both. `note` is a short line below.
    """

    value: str
    names: Names
    icon: str = "house"
    variant: Variant = ""
    note: Names | None = None
    last_used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenMethods:
    """Methods that are not offered, and why: too low a level, or not open to this service or in this federation."""

    why: Why
    names: tuple[Names, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedMethod:
    """A method that would do, and is stopped: why, and since when, where that is known."""

    names: Names
    reason: str = ""
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search among many: the field `q` is sent by GET to `url`; `query` is what was searched, `count` the hits."""

    url: str
    query: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMethod(Page):
    """U1. The buttons post `method`, `csrf` and, when ticked, `remember=yes` to `action`. `needed` names the level.

    `more` are the methods behind "show more" (at most 20 of `in_all`), or the hits of a search.
    """

    template: ClassVar[str] = "choose_method.html"
    mark: ClassVar[str] = "U1"
    service: ServiceView
    action: str
    csrf: str
    methods: tuple[MethodView, ...]
    more: tuple[MethodView, ...] = ()
    hidden: tuple[HiddenMethods, ...] = ()
    stopped: tuple[StoppedMethod, ...] = ()
    needed: Names | None = None
    search: Search | None = None
    remember: bool = False
    cancel: Action | None = None
    in_all: int | None = None

    @property
    def more_count(self) -> int:
        """How many more methods there are, shown or only to be found by searching."""
        return self.in_all if self.in_all is not None else len(self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseLevel(ChooseMethod):
    """U8. The same choice, when the service needs a safer (or a fresh) login than the present one."""

    mark: ClassVar[str] = "U8"
    present: Names | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCode(Page):
    """U2. `app` is the app's name, `message` a key of `progress.MESSAGES`. The script asks `status_url` each second;
    without it the frame at `frame_url` shows the code and `done` goes on.
    """

    template: ClassVar[str] = "scan_code.html"
    mark: ClassVar[str] = "U2"
    scripted: ClassVar[bool] = True
    connected: ClassVar[bool] = True
    framing: ClassVar[bool] = True
    service: ServiceView
    app: Names
    message: str
    expires_at: int
    status_url: str
    frame_url: str
    done: Action
    here: Action | None = None
    other: Action | None = None
    cancel: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QrFrame(Page):
    """What stands in the frame of U2 when scripts are off: the code, drawn here, or a sentence when there is none."""

    template: ClassVar[str] = "qr_frame.html"
    mark: ClassVar[str] = "U2-frame"
    framed: ClassVar[bool] = True
    app: Names
    message: str
    qr_text: str | None = None
    refresh: int = 2

    @property
    def extra_headers(self) -> tuple[tuple[str, str], ...]:
        return (("Refresh", str(self.refresh)),) if self.qr_text else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApp(Page):
    """U3. `start_link` opens the app when the person presses it, never by itself."""

    template: ClassVar[str] = "open_app.html"
    mark: ClassVar[str] = "U3"
    scripted: ClassVar[bool] = True
    connected: ClassVar[bool] = True
    service: ServiceView
    app: Names
    start_link: str
    message: str
    expires_at: int
    status_url: str
    done: Action
    qr: Action | None = None
    other: Action | None = None
    cancel: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertCard(Page):
    """U4. `go_on` is the address at the card listener, the only one that asks for a certificate."""

    template: ClassVar[str] = "insert_card.html"
    mark: ClassVar[str] = "U4"
    service: ServiceView
    card: Names
    go_on: str
    other: Action | None = None
    cancel: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLogin(Page):
    """The test method's page: one field named `username`. `wrong` is the value that was not understood."""

    __test__: ClassVar[bool] = False
    template: ClassVar[str] = "test_login.html"
    mark: ClassVar[str] = "test"
    service: ServiceView
    action: str
    csrf: str
    wrong: str | None = None
    cancel: Action | None = None
