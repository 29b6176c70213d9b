"""Answers that come back from elsewhere: upstream providers by GET or a cross-site POST, certificates by the card listener.

A cross-site POST comes without the browser's cookie (SameSite=Lax), and the card listener is another site: what they bring
is landed, once-usable and short-lived, and fetched by a GET that has the cookie.
"""

import base64
from urllib.parse import quote, urlencode

from broker.exchange import Reply
from broker.login import journey
from broker.login.effects import Effects, KeepOnce, Once, UseOnce
from broker.login.handles import new_secret
from broker.login.request import Transaction
from broker.web import links
from broker.web.answers import record, refused, see_other, settle
from broker.web.opening import opened, pending
from broker.web.turn import Turn
from idp_adapters.base import Inbound, LeavesTo
from trust_framework.reasons import REASONS, Refusal

LANDING_LIFETIME = 120
USUAL_LENGTH = 32 * 1024  # of an answer with a few attributes, encrypted


def upstream_callback(turn: Turn, method: str) -> Reply:
    """An upstream OpenID Provider sends the browser back; `state` names the login, which must be at that method."""
    sent = turn.parameters()
    tx = opened(sent.get("state", ""), turn)
    if tx.method != method or not isinstance(turn.on.services.federation().methods.get(method), LeavesTo):
        raise Refusal(REASONS["upstream-error"], "another method's address", {"service_id": tx.request.service})
    return settle(journey.resume(tx, _inbound(turn, sent), turn.visit(tx.request), turn.now, turn.on.services), turn)


def saml_response(turn: Turn) -> Reply:
    """An upstream identity provider posts its answer (bindings 3.5). Kept as it is, judged when the browser is known."""
    form = turn.form()
    if "SAMLResponse" not in form:
        return refused(REASONS["request-malformed"], turn)
    if not _room(turn):
        return refused(REASONS["too-many"], turn)
    pending(form.get("RelayState", ""), turn)  # nothing is kept for a login that is not there
    kept: dict[str, object] = {name: form[name] for name in ("SAMLResponse", "RelayState") if name in form}
    secret = new_secret()
    landing = Once("landing", secret, "saml-acs", turn.now + LANDING_LIFETIME, kept)
    if reason := record(Effects((KeepOnce(landing),)), turn):
        return refused(reason, turn)
    return see_other(f"/login/upstream/saml/landed?{urlencode({'h': secret})}")


def _room(turn: Turn) -> bool:
    """Whether the source may have this kept: a long answer counts as the many that would take the same room."""
    shares = 1 + len(turn.request.body) // USUAL_LENGTH
    return all(turn.on.throttle.allows("landing", turn.source()) for _ in range(shares))


def saml_landed(turn: Turn) -> Reply:
    """The browser fetches its landed answer, this time with its cookie."""
    secret = turn.parameters().get("h", "")
    landing = landed(secret, "saml-acs", turn)
    fields = {name: str(value) for name, value in landing.payload.items()}
    tx = opened(fields.get("RelayState", ""), turn)
    if tx.method not in turn.on.services.federation().provider_entities.values():
        raise Refusal(REASONS["upstream-error"], "not at such a method", {"service_id": tx.request.service})
    return _resume_landed(tx, _inbound(turn, fields), secret, turn)


def land_card(turn: Turn, handoff: str, certificates: tuple[bytes, ...]) -> Reply:
    """The card listener has seen a certificate, or none: keep it and send the browser to the login's own address."""
    login = links.opened_card(handoff, turn.now, turn.on.services.keys())
    base = turn.on.services.settings.base_url
    if login is None:
        return see_other(f"{base}/login/-")
    secret = new_secret()
    seen = {"certificates": [base64.b64encode(c).decode() for c in certificates]}
    landing = Once("landing", secret, login, turn.now + LANDING_LIFETIME, seen)
    if record(Effects((KeepOnce(landing),)), turn):
        return see_other(f"{base}/login/{quote(login)}/kort")
    return see_other(f"{base}/login/{quote(login)}/kort/svar?{urlencode({'h': secret})}")


def card_landed(turn: Turn, id: str) -> Reply:
    """The browser is back from the card listener."""
    tx = opened(id, turn)
    secret = turn.parameters().get("h", "")
    landing = landed(secret, tx.id, turn)
    certificates = tuple(base64.b64decode(c) for c in landing.payload["certificates"])
    inbound = Inbound({}, b"", certificates, turn.visit().user_agent, turn.request.remote)
    return _resume_landed(tx, inbound, secret, turn)


def landed(secret: str, owner: str, turn: Turn) -> Once:
    """What was landed under this secret for this owner, not used before. Raises Refusal."""
    landing = turn.on.services.store.once("landing", secret)
    if landing is None or landing.owner != owner or landing.expires_at <= turn.now:
        raise Refusal(REASONS["login-expired"], "no such landing")
    if landing.used_at is not None:
        raise Refusal(REASONS["login-used"], "landing used before")
    return landing


def _resume_landed(tx: Transaction, inbound: Inbound, secret: str, turn: Turn) -> Reply:
    step = journey.resume(tx, inbound, turn.visit(tx.request), turn.now, turn.on.services)
    return settle(step.adding(Effects((UseOnce("landing", secret, turn.now),))), turn)


def _inbound(turn: Turn, sent: dict[str, str]) -> Inbound:
    return Inbound(sent, turn.request.query, (), turn.visit().user_agent, turn.request.remote)
