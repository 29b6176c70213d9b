"""The error page of a cause, with the ways on that this login has."""

from urllib.parse import urlsplit

from broker.exchange import Reply
from broker.federation.logos import logo_path
from broker.login.request import Transaction
from broker.login.steps import Explain, Stage
from broker.web import links
from broker.web.pages.error import ErrorPage
from broker.web.pages.frame import Action, Contact, ServiceView
from broker.web.pages.inform import COOKIE_HELP_PATH
from broker.web.turn import Turn
from trust_framework.members import RelyingParty
from trust_framework.reasons import Way


def page(outcome: Explain, turn: Turn, *, service: str | None = None) -> Reply:
    """The page. `service` is the service that the person came from, when there is no login that says so."""
    tx = outcome.transaction
    service = tx.request.service if tx else service
    view = ErrorPage(
        reason=outcome.reason,
        at=turn.now,
        about=outcome.about,
        service=service_view(service, turn) if service else None,
        ways=_ways(tx, service, turn),
        contact=contact(service, turn),
        details=_details(outcome, turn),
    )
    return turn.on.pages.render(view, turn.frame(tx, outcome.reference))


def service_view(service: str, turn: Turn) -> ServiceView | None:
    """The service as a page shows it, or None when it has left the register."""
    federation = turn.on.services.federation()
    party = federation.parties.get(service)
    if party is None:
        return None
    back = federation.register.services[service].home or party.information_url
    logo = logo_path(party.id, party.logo) if party.logo else ""
    return ServiceView(party.names, party.member.names, back, logo)


def back(tx: Transaction, turn: Turn) -> Action:
    """The way back that tells the service: ends the login."""
    return post(tx, "avbryt", turn)


def post(tx: Transaction, part: str, turn: Turn, **fields: str) -> Action:
    """A button that posts to a part of a login."""
    url = f"/login/{tx.id}/{part}" if part else f"/login/{tx.id}"
    return Action(url, turn.csrf(tx.id), tuple(fields.items()))


def _ways(tx: Transaction | None, service: str | None, turn: Turn) -> dict[Way, Action]:
    ways = {Way.COOKIES: Action(COOKIE_HELP_PATH)}
    if tx:
        ways[Way.SERVICE] = back(tx, turn)
        ways[Way.OTHER_METHOD] = Action(links.login_url(tx, Stage.CHOICE, turn.on.services.keys()))
        if tx.method:
            ways[Way.RETRY] = post(tx, "", turn, method=tx.method)
    elif service and (view := service_view(service, turn)) and view.back:
        ways[Way.SERVICE] = Action(view.back)
    who = contact(service, turn)
    if who and (who.url or who.mail):
        ways[Way.CONTACT] = Action(who.url or f"mailto:{who.mail}")
    return ways


def contact(service: str | None, turn: Turn) -> Contact | None:
    """Whom to ask: the service's own contact, else the federation's."""
    federation = turn.on.services.federation()
    party = federation.parties.get(service or "")
    if party and party.contact:
        return _party_contact(party)
    general = turn.on.services.settings.contact
    if not general:
        return None
    web = urlsplit(general).scheme in {"http", "https"}
    return Contact(federation.names, url=general if web else None, mail=None if web else general)


def _party_contact(party: RelyingParty) -> Contact:
    found = party.contact
    return Contact(party.member.names, url=found.get("url"), mail=found.get("mail"), phone=found.get("phone"))


def _details(outcome: Explain, turn: Turn) -> dict[str, str]:
    """Names for the closed part of the page: never values of personal details."""
    tx = outcome.transaction
    names = {key: outcome.about[key] for key in ("asked", "got", "missing") if key in outcome.about}
    if tx and tx.method and tx.method in (providers := turn.on.services.federation().providers):
        labels = providers[tx.method].names
        names["method"] = labels.get(turn.language(), next(iter(labels.values()), tx.method))
    return names
