"""Pages outside any login: the start page, the accessibility statement, our errorURL, language and appearance."""

from collections.abc import Iterator
from itertools import islice

from broker.exchange import Reply
from broker.settings import Environment
from broker.web import explain
from broker.web.console import ways_in
from broker.web.pages.error import error_url_page
from broker.web.pages.frame import ServiceView
from broker.web.pages.inform import Accessibility, ServiceLink, Start
from broker.web.pages.language import choose_language, choose_theme
from broker.web.turn import Turn
from metadata.register import UnknownService

MOST_LISTED = 100
REVIEWED = "2026-11-25"


def start(turn: Turn) -> Reply:
    """The start page, with help, and the ways to our own pages; outside production it lists the services to try."""
    tried = turn.on.services.settings.environment is not Environment.PRODUCTION
    page = Start(services=tuple(_to_try(turn)) if tried else (), areas=ways_in.areas(turn))
    return turn.on.pages.render(page, turn.frame())


def _to_try(turn: Turn) -> Iterator[ServiceLink]:
    federation = turn.on.services.federation()
    for service in islice(federation.parties, MOST_LISTED):
        party, home = federation.parties.get(service), federation.register.services[service].home
        if party and home and _logs_people_in(service, turn):
            yield ServiceLink(names=party.names, url=home)


def _logs_people_in(service: str, turn: Turn) -> bool:
    """Whether a person can go there to log in: an API in the register is for machines."""
    found = turn.on.services.federation().register.services[service]
    return found.saml is not None or (found.oidc is not None and "authorization_code" in found.oidc.grant_types)


def accessibility(turn: Turn) -> Reply:
    """The accessibility statement."""
    return turn.on.pages.render(Accessibility(reviewed=REVIEWED), turn.frame())


def error_url(turn: Turn) -> Reply:
    """Our errorURL: services send people here (REFEDS errorURL v1); parameters are hostile until matched."""
    page = error_url_page(turn.parameters(), lambda name: _known(name, turn), turn.now)
    return turn.on.pages.render(page, turn.frame())


def _known(name: str, turn: Turn) -> ServiceView | None:
    register = turn.on.services.federation().register
    for find in (register.by_entity_id, register.by_client_id):
        try:
            return explain.service_view(find(name).id, turn)
        except UnknownService:
            continue
    return None


def language(turn: Turn, choice: str) -> Reply:  # noqa: ARG001  # the choice is read from the path
    """Choose a language, and go back."""
    return choose_language(turn.request, secure=turn.on.services.settings.secure)


def theme(turn: Turn, choice: str) -> Reply:  # noqa: ARG001
    """Choose an appearance, and go back."""
    return choose_theme(turn.request, secure=turn.on.services.settings.secure)
