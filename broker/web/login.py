"""The pages of a pending login: what each shows, and what its buttons do. Every step goes through the journey."""

from dataclasses import replace
from urllib.parse import quote, urlencode

from broker.exchange import Reply
from broker.login import journey, methods
from broker.login.request import Transaction
from broker.login.steps import Show, Stage, Step
from broker.web import explain, links
from broker.web.answers import record, refused, see_other, settle
from broker.web.opening import opened, pending
from broker.web.pages import login as login_pages
from broker.web.pages.frame import Action, Names, Page, ServiceView
from broker.web.pages.progress import status_reply
from broker.web.turn import Turn
from idp_adapters.base import CanCancel, CanStartHere, Inbound
from trust_framework import loa
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS, Refusal

ICONS = {"card": "card", "bankid": "phone", "test": "key"}


def proceed(turn: Turn, id: str) -> Reply:
    """The first GET of a login whose request came by a cross-site POST: it belongs to this browser from now on."""
    tx = pending(id, turn)
    if not journey.unbound(tx):
        return see_other(links.login_url(tx, Stage.CONTINUE, turn.on.services.keys()))
    bound = replace(tx, browser=turn.visit().browser)
    return settle(journey.proceed(bound, turn.visit(tx.request), turn.now, turn.on.services), turn)


# --- choosing ---------------------------------------------------------------------------------------------------------


def choose(turn: Turn, id: str) -> Reply:
    """U1, or U8 when the present sign-on does not suffice."""
    tx = opened(id, turn)
    offered = methods.offered(tx, turn.on.services.federation(), turn.now)
    if not offered.usable:
        return settle(journey.explain(tx, REASONS["no-method"]), turn)
    needed = methods.acceptable(tx, turn.on.services.federation())
    sign_on_id = turn.visit().sign_on_id
    sign_on = turn.on.services.store.sign_on(sign_on_id) if sign_on_id else None
    kind = login_pages.RaiseLevel if sign_on else login_pages.ChooseMethod
    page = kind(
        service=service_of(tx, turn),
        action=f"/login/{tx.id}",
        csrf=turn.csrf(tx.id),
        methods=tuple(view for method in offered.usable for view in _method_views(method, turn)),
        hidden=_hidden(offered, turn),
        stopped=tuple(_stopped(turn.on.services.federation().providers[method]) for method in offered.stopped),
        needed=_level_names(needed),
        cancel=explain.back(tx, turn),
    )
    return page_of(page, tx, turn)


def _method_views(method: str, turn: Turn) -> list[login_pages.MethodView]:
    federation = turn.on.services.federation()
    names, icon = federation.providers[method].names, ICONS.get(method, "house")
    if isinstance(federation.methods[method], CanStartHere):
        return [
            login_pages.MethodView(value=f"{method}:elsewhere", names=names, icon="qr", variant="elsewhere"),
            login_pages.MethodView(value=f"{method}:here", names=names, icon=icon, variant="here"),
        ]
    return [login_pages.MethodView(value=method, names=names, icon=icon)]


def _stopped(terms: ProviderTerms) -> login_pages.StoppedMethod:
    return login_pages.StoppedMethod(names=terms.names, reason=terms.reason, since=terms.since)


def _hidden(offered: methods.Offered, turn: Turn) -> tuple[login_pages.HiddenMethods, ...]:
    providers = turn.on.services.federation().providers
    whys: dict[str, login_pages.Why] = {
        "level": "level",
        "service": "service",
        "category": "service",
        "stopped": "federation",
        "overdue": "federation",
    }
    hidden = tuple((method, why) for method, why in offered.hidden if method not in offered.stopped)
    return tuple(
        login_pages.HiddenMethods(why=why, names=names)
        for why in dict.fromkeys(whys.values())
        if (names := tuple(providers[method].names for method, cause in hidden if whys[cause] == why))
    )


def _level_names(levels: tuple[str, ...]) -> Names | None:
    ranks = sorted({loa.rank(level) for level in levels if loa.known(level)})
    if not ranks:
        return None
    return {"sv": f"tillitsnivå {ranks[0]}", "en": f"level of assurance {ranks[0]}"}


def chosen(turn: Turn, id: str) -> Reply:
    """Start the method that was pressed."""
    tx = opened(id, turn)
    value = turn.check_form(tx.id).get("method", "")
    if not turn.on.throttle.allows("method-start", turn.source()):
        return refused(REASONS["too-many"], turn, service=tx.request.service)
    method, _, variant = value.partition(":")
    services = turn.on.services
    step = journey.start(tx, method, turn.visit(tx.request), turn.now, services, same_device=variant == "here")
    return settle(step, turn)


def other(turn: Turn, id: str) -> Reply:
    """Another way is wanted: call off what was begun, and show the choice."""
    tx = opened(id, turn)
    turn.check_form(tx.id)
    _call_off(tx, turn)
    return see_other(links.login_url(tx, Stage.CHOICE, turn.on.services.keys()))


def cancel(turn: Turn, id: str) -> Reply:
    """Back to the service, which is told."""
    tx = opened(id, turn)
    turn.check_form(tx.id)
    _call_off(tx, turn)
    return settle(journey.cancelled(tx, turn.now), turn)


def _call_off(tx: Transaction, turn: Turn) -> None:
    adapter: object = turn.on.services.federation().methods.get(tx.method or "")
    if isinstance(adapter, CanCancel) and tx.method_state is not None:
        adapter.cancel(tx.method_state, turn.now)


# --- waiting for a phone ----------------------------------------------------------------------------------------------


def mobile(turn: Turn, id: str) -> Reply:
    """U2 or U3, after a look at how far the person has come."""
    tx = opened(id, turn)
    if not _at_phone(tx, turn):
        return see_other(links.login_url(tx, Stage.CONTINUE, turn.on.services.keys()))
    step = _look(tx, turn, hold=False)
    if not isinstance(step.outcome, Show) or step.outcome.wait is None:
        return settle(step, turn)
    if reason := record(step.effects, turn):
        return refused(reason, turn, service=tx.request.service)
    return page_of(_waiting_page(step.outcome, turn), step.outcome.transaction, turn)


def _at_phone(tx: Transaction, turn: Turn) -> bool:
    """Whether the login waits for an app. What is asked of a page of waiting must never reach another kind of method."""
    return isinstance(turn.on.services.federation().methods.get(tx.method or ""), CanStartHere)


def _look(tx: Transaction, turn: Turn, *, hold: bool) -> Step:
    inbound = Inbound(turn.parameters(), turn.request.query, (), turn.visit().user_agent, turn.request.remote)
    return journey.resume(tx, inbound, turn.visit(tx.request), turn.now, turn.on.services, hold=hold)


def _waiting_page(shown: Show, turn: Turn) -> Page:
    tx, wait = shown.transaction, shown.wait
    if wait is None:
        raise TypeError("a waiting page needs something to wait for")
    path = links.login_url(tx, Stage.MOBILE, turn.on.services.keys())
    app = turn.on.services.federation().providers[tx.method or ""].names
    status_url = links.part_url(tx, "mobil/status", turn.on.services.keys())
    others = {"other": explain.post(tx, "annat", turn), "cancel": explain.back(tx, turn)}
    service = service_of(tx, turn)
    if wait.start_link:
        return login_pages.OpenApp(
            service=service,
            app=app,
            start_link=wait.start_link,
            message=wait.message,
            expires_at=wait.expires_at,
            status_url=status_url,
            done=Action(path),
            qr=explain.post(tx, "", turn, method=f"{tx.method}:elsewhere"),
            **others,
        )
    return login_pages.ScanCode(
        service=service,
        app=app,
        message=wait.message,
        expires_at=wait.expires_at,
        status_url=status_url,
        frame_url=links.part_url(tx, "mobil/kod", turn.on.services.keys()),
        done=Action(path),
        here=Action(f"{path}&device=same"),
        **others,
    )


def mobile_status(turn: Turn, id: str) -> Reply:
    """What the script of U2 and U3 asks for: a sentence, the code to draw, or where to go on."""
    try:
        tx = opened(id, turn)
    except Refusal:
        back = urlencode([p for p in turn.parameters().items() if p[0] == "s"])
        return status_reply("eid.waiting", turn.language(), "", go=f"/login/{quote(id, safe='')}?{back}")
    return _progress(tx, turn, framed=False)


def mobile_frame(turn: Turn, id: str) -> Reply:
    """The frame that holds the code when scripts are off."""
    return _progress(opened(id, turn), turn, framed=True)


def _progress(tx: Transaction, turn: Turn, *, framed: bool) -> Reply:
    """Look without finishing: neither a script nor a frame can carry the service's answer."""
    keys = turn.on.services.keys()
    provider = turn.on.services.federation().providers.get(tx.method or "")
    app = provider.names if provider else {}
    if tx.method_state is None or not _at_phone(tx, turn):
        return _over(tx, app, (), links.login_url(tx, Stage.CONTINUE, keys), turn, framed=framed)
    step = _look(tx, turn, hold=True)
    if isinstance(step.outcome, Show) and (wait := step.outcome.wait):
        record(step.effects, turn)
        if framed:
            return page_of(login_pages.QrFrame(app=app, message=wait.message, qr_text=wait.qr_text), tx, turn)
        return status_reply(wait.message, turn.language(tx.request.languages), _name(app, turn), qr_text=wait.qr_text)
    reply = settle(step, turn)
    cookies = tuple(header for header in reply.headers if header[0] == "Set-Cookie")
    return _over(tx, app, cookies, links.login_url(tx, Stage.CONTINUE, keys), turn, framed=framed)


def _over(
    tx: Transaction, app: Names, cookies: tuple[tuple[str, str], ...], go: str, turn: Turn, *, framed: bool
) -> Reply:
    """The waiting is over, well or badly: the page itself must go on."""
    if framed:
        return page_of(login_pages.QrFrame(app=app, message="eid.done"), tx, turn).adding(*cookies)
    return status_reply("eid.done", turn.language(tx.request.languages), _name(app, turn), go=go).adding(*cookies)


def go_on(turn: Turn, id: str) -> Reply:
    """Wherever the login stands: finish for a person who is identified, or say what went wrong, or let them choose."""
    return settle(journey.standing(opened(id, turn), turn.now, turn.on.services), turn)


# --- card, test method ------------------------------------------------------------------------------------------------


def card(turn: Turn, id: str) -> Reply:
    """U4: the link to the card listener carries a sealed, short-lived name of this login."""
    tx = opened(id, turn)
    provider = turn.on.services.federation().providers.get(tx.method or "")
    if tx.method_state is None or provider is None:
        return see_other(links.login_url(tx, Stage.CONTINUE, turn.on.services.keys()))
    page = login_pages.InsertCard(
        service=service_of(tx, turn),
        card=provider.names,
        go_on=links.card_url(tx, turn.now, turn.on.services),
        other=explain.post(tx, "annat", turn),
        cancel=explain.back(tx, turn),
    )
    return page_of(page, tx, turn)


def test_login(turn: Turn, id: str) -> Reply:
    """The test method's page."""
    return _test_page(opened(id, turn), turn, None)


def test_answered(turn: Turn, id: str) -> Reply:
    """Somebody was named on the test method's page."""
    tx = opened(id, turn)
    form = turn.check_form(tx.id)
    inbound = Inbound({"username": form.get("username", "")})
    step = journey.resume(tx, inbound, turn.visit(tx.request), turn.now, turn.on.services)
    return settle(step, turn)


def _test_page(tx: Transaction, turn: Turn, wrong: str | None) -> Reply:
    page = login_pages.TestLogin(
        service=service_of(tx, turn),
        action=f"/login/{tx.id}/test",
        csrf=turn.csrf(tx.id),
        wrong=wrong,
        cancel=explain.back(tx, turn),
    )
    return page_of(page, tx, turn)


# --- shared -----------------------------------------------------------------------------------------------------------


def service_of(tx: Transaction, turn: Turn) -> ServiceView:
    view = explain.service_view(tx.request.service, turn)
    if view is None:
        raise Refusal(REASONS["not-member"], "the service has left the register")
    return view


def page_of(page: Page, tx: Transaction, turn: Turn) -> Reply:
    return turn.on.pages.render(page, turn.frame(tx))


def _name(names: Names, turn: Turn) -> str:
    language = turn.language()
    return names.get(language) or next(iter(names.values()), "")
