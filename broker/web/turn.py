"""One request being served: what came, from which browser, when, and the broker that serves it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from broker.exchange import NUL, BadRequest, Request
from broker.login.request import LoginRequest, Transaction, Visit
from broker.web import cookies, links
from broker.web.context import Broker
from broker.web.pages.frame import Frame
from broker.web.pages.headers import origin
from broker.web.pages.language import language_of, theme_of
from idp_adapters.base import LeavesTo
from trust_framework.reasons import REASONS, Refusal

LONGEST_HERE = 2048  # what is longer is a protocol message, and would stand in each link of its page


@dataclass(frozen=True, slots=True)
class Turn:
    """`held` is what the browser holds, made now when it held nothing."""

    request: Request
    on: Broker
    now: int
    held: cookies.Held

    @classmethod
    def of(cls, request: Request, on: Broker) -> "Turn":
        return cls(request, on, on.clock(), cookies.held(request, on.services.settings))

    @classmethod
    def of_anybody(cls, request: Request, on: Broker) -> "Turn":
        """A turn whose answer is the same for everybody: no cookie is looked at, and no secret made."""
        return cls(request, on, on.clock(), cookies.NOBODY)

    def language(self, asked: Iterable[str] = ()) -> str:
        """The language of the answer."""
        return language_of(self.request, asked, self.on.services.settings.default_language)

    def visit(self, request: LoginRequest | None = None) -> Visit:
        """The browser as the journey sees it."""
        return cookies.visit(self.request, self.held, self.language(request.languages if request else ()))

    def source(self) -> dict[str, str]:
        """Who asks, as the throttle counts: this browser, behind this address."""
        return {"browser": self.held.browser, "source": self.request.remote}

    def parameters(self) -> dict[str, str]:
        """The query's parameters; of a repeated one, none."""
        return _single(self.request.parameters)

    def looked_for(self) -> dict[str, str]:
        """The query's parameters where they find things in the database: none holds NUL, which PostgreSQL keeps in no text."""
        found = self.parameters()
        if any(NUL in name or NUL in value for name, value in found.items()):
            raise Refusal(REASONS["request-malformed"], "NUL")
        return found

    def form(self) -> dict[str, str]:
        """The form's fields; of a repeated one, none."""
        return _single(self.request.form)

    def frame(self, tx: Transaction | None = None, reference: str | None = None) -> Frame:
        """What stands around a page of this turn; `form-action` follows the login (design of the CSP)."""
        return Frame(
            federation=self.on.services.federation().names,
            language=self.language(tx.request.languages if tx else ()),
            theme=theme_of(self.request),
            reference=tx.reference if tx else reference,
            here=self.here(),
            form_action=_origins(tx, self.on) if tx else (),
        )

    def here(self) -> str:
        """The path that shows this page again; empty when nothing may."""
        if self.request.method != "GET":
            return ""
        query = self.request.query.decode("ascii", "replace")
        here = f"{self.request.path}?{query}" if query else self.request.path
        return here if len(here) <= LONGEST_HERE else ""

    def check_form(self, scope: str, form: dict[str, str] | None = None) -> dict[str, str]:
        """The fields of a form that this browser was given by us; `form` when it was read already. Raises
        Refusal(form-stale).

        A page without referrer sends `Origin: null`, so the token is what proves; the headers catch what they can.
        """
        form = self.form() if form is None else form
        headers = self.request.headers
        own = {self.on.services.settings.origin, "null", ""}
        if headers.get("sec-fetch-site", "same-origin") != "same-origin" or headers.get("origin", "") not in own:
            raise Refusal(REASONS["form-stale"], "another site posts")
        keys = self.on.services.keys()
        if not links.csrf_holds(form.get("csrf", ""), self.visit().browser, scope, keys):
            raise Refusal(REASONS["form-stale"], "csrf")
        return form

    def csrf(self, scope: str) -> str:
        """The token of a form in this browser."""
        return links.csrf(self.visit().browser, scope, self.on.services.keys())


def _single(read: Callable[[], list[tuple[str, str]]]) -> dict[str, str]:
    try:
        sent = read()
    except BadRequest as error:
        raise Refusal(REASONS["request-malformed"], str(error)) from error
    names = [name for name, _ in sent]
    return {name: value for name, value in sent if names.count(name) == 1}


def _origins(tx: Transaction, on: Broker) -> tuple[str, ...]:
    """Where the forms of a login may end: at its service, or where any login may leave to."""
    return tuple(dict.fromkeys((origin(tx.request.return_url), *leaving_origins(on))))


def leaving_origins(on: Broker) -> tuple[str, ...]:
    """Where a login may leave to: the methods' own sites, and the card listener."""
    federation = on.services.federation()
    leaving = [url for m in federation.methods.values() if isinstance(m, LeavesTo) for url in m.leaves_to()]
    card = [on.services.settings.card_url] if on.services.settings.card_url else []
    return tuple(dict.fromkeys(origin(url) for url in (*leaving, *card)))
