"""The first pages: of a member's portal (M1) and of the operator's console (O1)."""

from broker.exchange import Reply
from broker.web.console.listing import Listing, asked
from broker.web.console.register import entry_rows
from broker.web.console.start_pages import Dashboard, Figure, PortalStart
from broker.web.console.todo import waiting
from broker.web.console.turn import ConsoleTurn

STATES = ("active", "test", "suspended")


def portal(turn: ConsoleTurn) -> Reply:
    """M1. What waits for the organisation, and its services."""
    wanted = asked(turn)
    page = turn.store.register_page("service", turn.org, wanted.search, wanted.state, wanted.after)
    services = Listing(turn.at(), entry_rows(page.entries, turn), page.total, wanted, page.next, STATES)
    return turn.render(PortalStart(todo=waiting(turn), services=services))


def dashboard(turn: ConsoleTurn) -> Reply:
    """O1. What waits for the federation, and how it is."""
    kinds = (("members", "member"), ("services", "service"), ("providers", "identity_provider"))
    figures = tuple(
        Figure(name=name, value=str(turn.store.register_page(kind, count=1).total), url=turn.at(f"/register/{kind}"))
        for name, kind in kinds
    )
    return turn.render(Dashboard(todo=waiting(turn), figures=figures))
