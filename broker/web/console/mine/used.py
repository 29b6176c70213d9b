"""U11, representatives: when somebody has logged in for the person, at which service, and as what."""

from broker.exchange import Reply
from broker.web.console.mine.login_pages import LoginsForMe
from broker.web.console.mine.logins import DAY, DAYS, NEWEST, cursor, login_row, noted
from broker.web.console.mine.powers import TAB, given, receiver
from broker.web.console.mine.turn import own
from broker.web.console.turn import ConsoleTurn


def listed(turn: ConsoleTurn, representation: str) -> Reply:
    """The logins of the last ninety days by which one of those who may act for the person did so, a page at a time."""
    mine = own(turn)
    one = turn.found(next((one for one in given(mine) if one.id == representation), None))
    before = cursor(turn.query.get("efter", ""))
    page = turn.store.log_by_representation(one.id, turn.now - DAYS * DAY, before)
    fresh = turn.store.log_waiting_by_representation(one.id) if before == NEWEST else ()
    noted(mine, one.id)
    here = mine.at(f"/ombud/{one.id}/inloggningar")
    shown = LoginsForMe(
        name=receiver(one, mine),
        kind=one.kind.value,
        logins=tuple(login_row(each.event, mine) for each in (*fresh, *page.events)),
        total=page.total + len(fresh),
        days=DAYS,
        back=mine.at("/ombud"),
        next_url=f"{here}?efter={page.before}" if page.before is not None else None,
        first_url=here if before != NEWEST else "",
    )
    return mine.render(shown, TAB)
