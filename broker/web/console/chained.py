"""O4: services that came by a trust chain of an OpenID Federation: who vouches for each, and until when."""

from broker.exchange import Reply
from broker.login.effects import ChainedService
from broker.web.console import csv
from broker.web.console.chained_pages import ChainedList, ChainedRow
from broker.web.console.listing import Listing, asked
from broker.web.console.turn import ConsoleTurn

AT = "/kedjor"
MOST = 5000


def services(turn: ConsoleTurn) -> Reply:
    """The services that are let in because of a chain, searched and paged; or all of them as a file for a spreadsheet."""
    wanted = asked(turn)
    if wanted.csv:
        whole = turn.store.chained_page(wanted.search, "", MOST).services
        head = ("entity_id", "anchor", "superior", "way", "checked_at", "expires_at", "trust_marks")
        return csv.reply("kedjor", head, ((*_fields(one), " ".join(one.trust_marks)) for one in whole))
    found = turn.store.chained_page(wanted.search, wanted.after)
    rows = tuple(_row(one, turn) for one in found.services)
    return turn.render(ChainedList(services=Listing(turn.at(AT), rows, found.total, wanted, found.next, csv=True)))


def _fields(one: ChainedService) -> tuple[object, ...]:
    return one.entity_id, one.anchor, one.superior, one.way, one.checked_at, one.expires_at


def _row(one: ChainedService, turn: ConsoleTurn) -> ChainedRow:
    """Whether it is let in is what a login would find just now: its chain, and the terms of its anchor."""
    party = turn.on.services.federation().parties.get(one.entity_id)
    return ChainedRow(
        names=party.names if party else {},
        entity_id=one.entity_id,
        anchor=one.anchor,
        superior=one.superior,
        way=one.way,
        trust_marks=one.trust_marks,
        checked_at=one.checked_at,
        expires_at=one.expires_at,
        state="expired" if one.expires_at <= turn.now else "active" if party else "off",
    )


def count_of(turn: ConsoleTurn) -> int:
    """How many there are."""
    return turn.store.chained_page("", "", 1).total
