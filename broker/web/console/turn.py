"""What a view of a console is given: the turn, who acts, for which organisation, and what was sent."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import FileStorage, MultiDict

from broker.exchange import Reply
from broker.login.effects import AlreadyUsed, Effects, Overtaken
from broker.web import links
from broker.web.answers import see_other
from broker.web.console.frame import ConsoleFrame
from broker.web.console.row import Row
from broker.web.context import Broker
from broker.web.pages.frame import Page
from broker.web.ports import ConsoleStore
from broker.web.turn import Turn
from trust_framework.roles import Action, Actor, may

T = TypeVar("T")

TOKEN_SCOPE: Final = "console"
NOTICE: Final = "besked"


class Missing(Exception):
    """There is no such object, or it is another's: the same page either way."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came: names may stand more than once. Its token has been checked."""

    fields: "MultiDict[str, str]" = field(default_factory=MultiDict)
    files: "MultiDict[str, FileStorage]" = field(default_factory=MultiDict)


@dataclass(frozen=True, slots=True)
class ConsoleTurn:
    """One request to a console that was let in. `org` is the member of the path, empty where the path has none."""

    turn: Turn
    row: Row
    actor: Actor
    org: str
    frame: ConsoleFrame
    sent: Sent = field(default_factory=Sent)

    @property
    def on(self) -> Broker:
        return self.turn.on

    @property
    def now(self) -> int:
        return self.turn.now

    @property
    def store(self) -> ConsoleStore:
        return self.turn.on.store

    @property
    def posted(self) -> bool:
        return self.row.method == "POST"

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the address; of a repeated one, none."""
        return self.turn.looked_for()

    def may(self, action: Action) -> bool:
        """Whether the actor may do this here, for what a page offers; what a route needs was seen to already."""
        return may(self.actor, action, self.row.where(self.org))

    def csrf(self) -> str:
        """The token of a form of the consoles in this browser."""
        return self.turn.csrf(TOKEN_SCOPE)

    def found(self, thing: T | None, org: str | None = None) -> T:
        """The thing, when there is one and it is of this turn's member. `org` is whose it is. Raises Missing.

        Every object is looked up through this: another's is as missing as one that never was.
        """
        if thing is None or (org is not None and self.org and org != self.org):
            raise Missing
        return thing

    def render(self, page: Page) -> Reply:
        """The page in the console's frame."""
        return self.on.pages.render(page, self.frame)

    def at(self, part: str = "") -> str:
        """A path of this area: `/portal/<org><part>` where the turn has a member, else as `/admin<part>`."""
        return f"{self.row.area}/{self.org}{part}" if self.org else f"{self.row.area}{part}"

    def see(self, path: str, notice: str = "") -> Reply:
        """Go on to a page after a post; `notice` is a text `notice.<code>` that it shows once."""
        if not notice:
            return see_other(path)
        return see_other(f"{path}{'&' if '?' in path else '?'}{urlencode({NOTICE: signed_notice(notice, self.turn)})}")

    def commit(self, effects: Effects) -> bool:
        """Record the effects. False when another request was first; raises what else storage raises."""
        try:
            self.on.services.store.commit(effects)
        except (Overtaken, AlreadyUsed):
            return False
        return True

    def showing(self, **changes: Any) -> "ConsoleTurn":
        """The same turn with another frame around its page."""
        return replace(self, frame=replace(self.frame, **changes))


def signed_notice(code: str, turn: Turn) -> str:
    """A notice as it stands in an address: nobody else can make a page of ours say that something was done."""
    return f"{code}.{_notice_mac(code, turn)}"


def notice_of(turn: Turn) -> str:
    """The notice that the address carries, empty when it is none of ours for this browser."""
    code, _, mac = turn.parameters().get(NOTICE, "").rpartition(".")
    return code if code and hmac.compare_digest(mac.encode(), _notice_mac(code, turn).encode()) else ""


def _notice_mac(code: str, turn: Turn) -> str:
    return links.csrf(turn.visit().browser, f"notice:{code}", turn.on.services.keys())
