"""O1: the list behind its numbers of logins and faults: how many each service had in seven days, by cause and method."""

from typing import Final
from urllib.parse import urlencode

from broker.audit.tally import FAULT
from broker.exchange import Reply
from broker.federation.aspects import SERVICE
from broker.federation.register import about
from broker.web.console.gate import member_names
from broker.web.console.listing import Listing
from broker.web.console.tally_pages import Tally, TallyRow
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework.reasons import REASONS

AT: Final = "/antal"
WEEK: Final = 7 * 24 * 3600
MOST: Final = 50
LONGEST: Final = 100
CAUSE, METHOD = "lage", "metod"


def at(turn: ConsoleTurn, *, cause: str = "", method: str = "") -> str:
    """The address of a list."""
    given = {name: value for name, value in ((CAUSE, cause), (METHOD, method)) if value}
    return turn.at(f"{AT}?{urlencode(given)}")


def listed(turn: ConsoleTurn) -> Reply:
    """The services with the most of what is asked for, each with its own logins and faults behind it."""
    cause, method = (turn.query.get(name, "")[:LONGEST] for name in (CAUSE, METHOD))
    found = turn.store.logins_by_service(turn.now - WEEK, method, cause, MOST)
    rows = tuple(_row(service, number, cause, method, turn) for service, number in found.rows)
    page = Tally(
        rows=Listing(turn.at(AT), rows, found.services, searched=False),
        number=found.number,
        cause=cause,
        told=_told(cause),
        method=_method(method, turn),
    )
    return turn.render(page)


def _row(service: str, number: int, cause: str, method: str, turn: ConsoleTurn) -> TallyRow:
    entry = turn.store.register_entry(SERVICE, service)
    org = entry.org if entry else ""
    given = urlencode({name: value for name, value in ((CAUSE, _filter(cause)), (METHOD, method)) if value})
    return TallyRow(
        names=(about(SERVICE, entry.content).names if entry and entry.content else {}) or {"sv": service},
        url=f"/portal/{org}/inloggningar/{service}?{given}" if org else "",
        org=member_names(org, turn.turn) if org else {},
        number=number,
    )


def _filter(cause: str) -> str:
    """The filter of a service's own list that narrows it to this."""
    return "faults" if cause == FAULT else cause


def _told(cause: str) -> Names:
    reason = REASONS.get(cause)
    return {lang: reason.told(lang, {}).what for lang in ("sv", "en")} if reason else {}


def _method(method: str, turn: ConsoleTurn) -> Names:
    terms = turn.on.services.federation().providers.get(method)
    return terms.names if terms else {"sv": method} if method else {}
