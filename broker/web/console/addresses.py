"""O4: where services and identity providers publish their metadata, and clients their keys, and how each address fares."""

from collections.abc import Iterator
from typing import Final

from broker.exchange import Reply
from broker.federation.addresses import AddressState, ListedAddress
from broker.web.console.addresses_pages import AddressList, AddressRow
from broker.web.console.gate import member_names
from broker.web.console.listing import Listing, asked
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names

AT: Final = "/adresser"
STATES: Final = ("failing",)
ERRORS: Final = frozenset(
    {"fetch", "document", "valid-until", "too-long", "rolled-back", "certificate", "refused", "keys"}
)
"""What can be wrong, as the first word of an error says it: a text `address.error.<code>` each."""


def listed(turn: ConsoleTurn) -> Reply:
    """Every address, searched, narrowed to those that fail, and paged."""
    wanted = asked(turn)
    state = wanted.state if wanted.state in STATES else ""
    found = turn.store.address_page("", wanted.search, state, wanted.after)
    rows = tuple(_row(each, turn) for each in found.addresses)
    return turn.render(AddressList(addresses=Listing(turn.at(AT), rows, found.total, wanted, found.next, STATES)))


def count_of(turn: ConsoleTurn) -> int:
    """How many there are."""
    return turn.store.address_page(count=1).total


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """How many addresses fail."""
    number = turn.store.address_page("", "", STATES[0], count=1).total if not turn.org else 0
    if number:
        told = {
            "sv": f"Adresser som inte går att hämta metadata eller nycklar från: {number}",
            "en": f"Addresses from which metadata or keys cannot be fetched: {number}",
        }
        yield Todo(told, turn.at(f"{AT}?lage={STATES[0]}"), "addresses.look")


def _row(each: ListedAddress, turn: ConsoleTurn) -> AddressRow:
    return row(each.state, each.names or {"sv": each.state.id}, turn, each.org)


def row(state: AddressState, names: Names, turn: ConsoleTurn, org: str = "") -> AddressRow:
    """How an address fares."""
    word, _, detail = state.error.partition(": ")
    path = f"/tjanster/{state.id}" if turn.org else f"/register/{state.kind}/{state.id}"
    return AddressRow(
        kind=state.kind,
        url=state.url,
        entry=turn.at(path),
        names=names,
        keys=state.keys,
        checked_at=state.checked_at,
        good_at=state.good_at,
        next_at=state.next_at,
        failing_since=state.failing_since,
        error=word if word in ERRORS else "fetch" if word else "",
        detail=detail,
        held=state.held,
        proposal=turn.at(f"/forslag/{state.proposal}") if state.proposal else "",
        org=member_names(org, turn.turn) if org else {},
    )


def of_entry(kind: str, id: str, names: Names, turn: ConsoleTurn) -> AddressRow | None:
    """How the address of an entry fares, None where it has none."""
    state = turn.store.address_state(kind, id)
    return row(state, names, turn) if state else None
