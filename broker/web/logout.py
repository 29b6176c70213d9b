"""Logging out: asked for by a service over either protocol, or by the person.

Our own sign-on ends and every grant that hangs on it. Other services of the sign-on are named on the page, since they are
not told here; a SAML service hears PartialLogout then.
"""

from dataclasses import replace
from urllib.parse import urlencode

from broker.exchange import Reply, Request
from broker.login import record as records
from broker.login.effects import AnyChange, Effects, EndSignOn, KeepOnce, Once, UseOnce
from broker.login.handles import new_secret
from broker.login.sign_on import Participant, SignOn
from broker.protocols.oidc import logout as oidc_logout
from broker.protocols.oidc.authorize import with_query
from broker.protocols.oidc.subject import session_of
from broker.protocols.saml import logout as saml_logout
from broker.web import explain
from broker.web.answers import deliver, record, refused, see_other
from broker.web.cookies import Held, set_cookie
from broker.web.landings import LANDING_LIFETIME, landed
from broker.web.pages.frame import Action
from broker.web.pages.leave import LoggedOut, LogOutAsk, ServiceLeft
from broker.web.turn import Turn
from metadata.register import Service

SCOPE = "logout"


def _sign_on(turn: Turn) -> SignOn | None:
    sign_on_id = turn.visit().sign_on_id
    return turn.on.services.store.sign_on(sign_on_id) if sign_on_id else None


def _ended(sign_on: SignOn, cause: str, turn: Turn, *used: AnyChange) -> Effects:
    event = records.ended(sign_on, cause, turn.now, turn.on.services)
    return Effects((*used, EndSignOn(sign_on.root, turn.now)), (event,))


# --- OpenID Connect RP-Initiated Logout 1.0 -----------------------------------------------------------------------------


def rp_initiated(turn: Turn) -> Reply:
    """`/oidc/logout`: with a valid hint for this very sign-on it ends at once, else the person is asked.

    By POST it comes from another site and so without the cookie: the browser asks the same by a GET that has it.
    """
    sent = turn.form() if turn.request.method == "POST" else turn.parameters()
    asked = oidc_logout.read(sent, turn.on.services)
    if turn.request.method == "POST" and turn.held.fresh:
        return see_other(f"{turn.request.path}?{urlencode(sent)}")
    sign_on = _sign_on(turn)
    if sign_on is None:
        return _gone(asked, turn)
    service = asked.service
    if service is not None and asked.sid == session_of(service.id, sign_on.root, turn.on.services.keys()):
        return _end(sign_on, asked, "service", turn)
    return _ask(sign_on, asked, turn)


def _gone(asked: oidc_logout.LogoutRequest, turn: Turn) -> Reply:
    """Nobody is signed on in this browser: logged out already."""
    if asked.back is not None:
        return see_other(_back(asked))
    return _logged_out((), asked.service, turn)


def _back(asked: oidc_logout.LogoutRequest) -> str:
    if asked.back is None:
        raise TypeError("no address was proven")
    return with_query(asked.back.url, {"state": asked.state}) if asked.state is not None else asked.back.url


def _end(sign_on: SignOn, asked: oidc_logout.LogoutRequest, cause: str, turn: Turn) -> Reply:
    participants = turn.on.services.store.participants(sign_on.root)
    if reason := record(_ended(sign_on, cause, turn), turn):
        return refused(reason, turn)
    others = tuple(p for p in participants if asked.service is None or p.service != asked.service.id)
    if asked.back is not None and not others:
        return forgetting(see_other(_back(asked)), turn)
    return forgetting(_logged_out(others, asked.service, turn, back=_back(asked) if asked.back else None), turn)


def _ask(sign_on: SignOn, asked: oidc_logout.LogoutRequest, turn: Turn) -> Reply:
    services = {p.service for p in turn.on.services.store.participants(sign_on.root)}
    parties = turn.on.services.federation().parties
    page = LogOutAsk(
        action="/login/logga-ut",
        csrf=turn.csrf(SCOPE),
        services=tuple(parties[s].names for s in sorted(services) if s in parties),
        service=explain.service_view(asked.service.id, turn) if asked.service else None,
        stay=Action(asked.service.home) if asked.service and asked.service.home else None,
    )
    return turn.on.pages.render(page, turn.frame())


# --- the person's own -----------------------------------------------------------------------------------------------


def ask(turn: Turn) -> Reply:
    """`/login/logga-ut`, GET: the question, or that it is done."""
    sign_on = _sign_on(turn)
    if sign_on is None:
        return _logged_out((), None, turn)
    return _ask(sign_on, oidc_logout.LogoutRequest(None, None, None, None), turn)


def confirmed(turn: Turn) -> Reply:
    """`/login/logga-ut`, POST: the person said yes."""
    turn.check_form(SCOPE)
    sign_on = _sign_on(turn)
    if sign_on is None:
        return _logged_out((), None, turn)
    return _end(sign_on, oidc_logout.LogoutRequest(None, None, None, None), "person", turn)


# --- SAML single logout ---------------------------------------------------------------------------------------------


def single_logout(turn: Turn) -> Reply:
    """`/saml/slo`: prove the request, and end the sign-on that it names.

    By HTTP-POST it comes from another site and so without the cookie: it is landed, and fetched by a GET that has it.
    """
    asked = saml_logout.read(turn.request, turn.now, turn.on.services)
    if turn.request.method == "POST" and turn.held.fresh:
        return _land(asked, turn)
    return _log_out(asked, turn, asked.used)


def _land(asked: saml_logout.LogoutAsked, turn: Turn) -> Reply:
    secret = new_secret()
    kept = {"body": turn.request.body.decode("ascii"), "at": turn.now}
    landing = Once("landing", secret, "saml-slo", turn.now + LANDING_LIFETIME, kept)
    if reason := record(Effects((asked.used, KeepOnce(landing))), turn):
        return refused(reason, turn)
    return see_other(f"/login/logga-ut/svar?{urlencode({'h': secret})}")


def landed_logout(turn: Turn) -> Reply:
    """`/login/logga-ut/svar`: the browser is back with its cookie. The request is proven anew, as of when it came."""
    secret = turn.parameters().get("h", "")
    landing = landed(secret, "saml-slo", turn)
    sent = _as_posted(turn.request, landing.payload["body"])
    asked = saml_logout.read(sent, landing.payload["at"], turn.on.services)
    return _log_out(asked, turn, UseOnce("landing", secret, turn.now))


def _as_posted(request: Request, body: str) -> Request:
    headers = {**request.headers, "content-type": "application/x-www-form-urlencoded"}
    return replace(request, method="POST", headers=headers, body=body.encode())


def _log_out(asked: saml_logout.LogoutAsked, turn: Turn, used: AnyChange) -> Reply:
    """End what is named, when it is this browser's; answer by what came of it (SAML profiles section 4.4.4.2)."""
    sign_on = _sign_on(turn)
    participants = turn.on.services.store.participants(sign_on.root) if sign_on else ()
    result = saml_logout.outcome(asked, sign_on, participants, embedded=_embedded(turn), on=turn.on.services)
    ends = sign_on is not None and result.ended
    effects = _ended(sign_on, "service", turn, used) if sign_on and ends else Effects((used,))
    if reason := record(effects, turn):
        return refused(reason, turn)
    reply = deliver(saml_logout.answer(asked, result, turn.now, turn.on.services), turn)
    return forgetting(reply, turn) if ends else reply


def _embedded(turn: Turn) -> bool:
    """Whether the browser says that this is a frame or picture of another page: its cookies did not come along."""
    return turn.request.headers.get("sec-fetch-dest", "document") != "document"


# --- shared ---------------------------------------------------------------------------------------------------------


def _logged_out(
    others: tuple[Participant, ...], service: Service | None, turn: Turn, *, back: str | None = None
) -> Reply:
    left = [view for s in sorted({p.service for p in others}) if (view := explain.service_view(s, turn))]
    asking = explain.service_view(service.id, turn) if service else None
    page = LoggedOut(
        services=tuple(ServiceLeft(names=view.names, out=False, url=view.back) for view in left),
        card="card" in turn.on.services.federation().methods,
        service=asking,
        again=back or (asking.back if asking else None),
    )
    return turn.on.pages.render(page, turn.frame())


def forgetting(reply: Reply, turn: Turn) -> Reply:
    """The browser keeps its secret, since other logins may be pending in it, and loses the handle."""
    return reply.adding(set_cookie(Held(turn.held.browser), turn.on.services.settings))
