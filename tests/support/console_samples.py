"""A sample of every page of the consoles, with friendly names or hostile ones, and the frame around them.

A new page is a line in `_MAKERS`. Fields that are posted unseen were cleaned by the gate. Forms are made as a view makes
them, on a turn that came from nowhere.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from broker.federation.register import About, ListedEntry
from broker.web.console.confirm import Confirm
from broker.web.console.entry_pages import ChoosePortal, Held, NoRole, NotAllowed
from broker.web.console.frame import ConsoleFrame, Place, Tab
from broker.web.console.listing import Asked, Listing
from broker.web.console.start_pages import Dashboard, Figure, PortalStart
from broker.web.console.todo import Todo
from broker.web.pages.frame import Page, clean
from tests.support.page_samples import CSRF, FRIENDLY, NOW, Cast

ORG = "5560360793"


def console_frame(cast: Cast = FRIENDLY, language: str = "sv", theme: str = "system", **changes: Any) -> ConsoleFrame:
    """The frame of a member's portal, with everything in it."""
    whole = ConsoleFrame(
        federation=cast.federation,
        language=language,
        theme=theme,
        here=f"/portal/{ORG}",
        tabs=(Tab("start", f"/portal/{ORG}", current=True),),
        who=cast.value,
        roles=("operator", "owner"),
        org=cast.owner,
        places=(Place("/admin"), Place("/portal/2120000142", cast.service)),
    )
    return replace(whole, **changes)


class FormTurn:
    """As much of a `ConsoleTurn` as a form looks at: what was posted, and a token."""

    def __init__(self, **posted: str) -> None:
        self.sent = type("Sent", (), {"fields": MultiDict(posted), "files": MultiDict()})
        self.posted = bool(posted)

    def csrf(self) -> str:
        return CSRF


def listed(cast: Cast, kind: str = "service", state: str = "active", **about: Any) -> ListedEntry:
    """An entry of the register as lists have it."""
    told = About(**{"names": cast.service, "state": state, "protocol": "saml", "subject": cast.value, **about})
    return ListedEntry(kind, "rp", ORG, 7, "file", NOW, told)


def listing(url: str, *rows: Any, cast: Cast = FRIENDLY, **more: Any) -> Listing:
    """A list with more pages before and after, searched for something."""
    around = {"asked": Asked(cast.value, "active", "61.rp"), "next": "62.rp", "states": ("active", "test"), "csv": True}
    return Listing(url, rows, 4711, **{**around, **more})


def console_samples(cast: Cast = FRIENDLY) -> dict[str, Page]:
    """Every page by the name of its picture."""
    return {name: make(cast) for name, make in _MAKERS.items()}


def _todo(cast: Cast) -> tuple[Todo, ...]:
    return (Todo(cast.service, f"/portal/{ORG}/x", "todo.title"), Todo(cast.owner, "/admin/x", cast.app))


def _confirm(cast: Cast) -> Confirm:
    return Confirm(
        title=cast.service,
        changes=(cast.owner, cast.app),
        button=cast.service,
        action="/admin/x",
        csrf=CSRF,
        cancel="/admin",
        fields=(("reason", clean(cast.value)),),
    )


def _start(cast: Cast) -> PortalStart:
    rows = [listed(cast, state=state) for state in ("active", "test", "suspended")]
    return PortalStart(todo=_todo(cast), services=listing(f"/portal/{ORG}", *rows, cast=cast))


_MAKERS: dict[str, Callable[[Cast], Page]] = {
    "m0-choose": lambda _: ChoosePortal(),
    "m1-start": _start,
    "m1-empty": lambda _: PortalStart(todo=(), services=Listing(f"/portal/{ORG}", (), 0)),
    "o1-dashboard": lambda c: Dashboard(todo=_todo(c), figures=(Figure(name="members", value="10 000", url="/admin"),)),
    "no-role": lambda _: NoRole(),
    "not-allowed": lambda _: NotAllowed(action="approve"),
    "held": lambda c: Held(action="/admin/x", csrf=CSRF, fields=(("name", clean(c.value)),), cancel="/admin"),
    "confirm": _confirm,
    "confirm-danger": lambda c: replace(_confirm(c), danger=True, undo=c.app),
}
