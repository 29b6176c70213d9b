"""Where services' browsers arrive: the authorization endpoint and the single sign-on service.

A request by GET has the browser's cookie and is served at once. A POST from a service is cross-site and comes without it:
it is verified, kept, and fetched by GET.
"""

from collections.abc import Callable

from broker.exchange import Reply
from broker.login import journey
from broker.login.effects import NOTHING, Effects, SaveLogin
from broker.login.request import LoginRequest
from broker.login.steps import Step
from broker.protocols.front import Answered
from broker.protocols.oidc import authorize as oidc_authorize
from broker.protocols.saml import sso as saml_sso
from broker.web.answers import deliver, record, refused, settle
from broker.web.openid_federation import let_in
from broker.web.turn import Turn
from trust_framework.reasons import REASONS


def authorize(turn: Turn) -> Reply:
    """The authorization endpoint, GET and POST (OpenID Connect Core section 3.1.2.1)."""
    if reply := let_in(turn):
        return reply
    try:
        asked, used = oidc_authorize.read(turn.request, turn.now, turn.on.services)
    except Answered as answered:
        return answer(answered, turn)
    return begun(asked, used, turn)


def single_sign_on(turn: Turn) -> Reply:
    """The single sign-on service, Redirect and POST (SAML profiles section 4.1.4.1)."""
    try:
        asked, used = saml_sso.read(turn.request, turn.now, turn.on.services)
    except Answered as answered:
        return answer(answered, turn)
    return begun(asked, Effects((used,)), turn)


def begun(
    asked: LoginRequest, used: Effects, turn: Turn, keeping: Callable[[Step], Effects] = lambda _: NOTHING
) -> Reply:
    """Begin the login that a verified request asks for. `keeping` is what else is to be kept of its first step."""
    services = turn.on.services
    if turn.request.method == "POST" and turn.held.fresh:
        step = journey.land(asked, turn.now, services)
        return _without_cookie(_kept(step.adding(used + keeping(step)), turn))
    step = journey.begin(asked, turn.visit(asked), turn.now, services)
    return _kept(step.adding(used + keeping(step)), turn)


def _kept(step: Step, turn: Turn) -> Reply:
    """The step's answer, unless it would leave one more waiting login for a source that has begun too many."""
    saves = any(isinstance(change, SaveLogin) for change in step.effects.changes)
    if saves and not turn.on.throttle.allows("login-begun", turn.source()):
        return refused(REASONS["too-many"], turn)
    return settle(step, turn)


def _without_cookie(reply: Reply) -> Reply:
    """A landed POST sets no cookie: the browser may hold one that it did not send."""
    return Reply(reply.status, [h for h in reply.headers if h[0] != "Set-Cookie"], reply.body)


def answer(answered: Answered, turn: Turn) -> Reply:
    """The protocol's error, at the address that the request proved."""
    if reason := record(answered.answer.effects, turn):
        return refused(reason, turn)
    service = answered.answer.delivery.address.service
    turn.on.note_refusal(answered.reason, "answered at its address", answered.reference, service)
    return deliver(answered.answer.delivery, turn)
