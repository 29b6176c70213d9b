"""The services of a member on M1: those under work and those that stand, each with how far it has come.

What stands is a page of the register; what is under work, a few of the open proposals, stands before the first page. Whether
a service was tried with just its present content the test issuer knows; the page is shown whatever becomes of that one.
"""

from collections.abc import Callable, Iterator
from typing import Final

from broker.federation.proposing import ListedProposal
from broker.federation.register import ListedEntry
from broker.web.console.listing import PAGE, Asked, Listing, asked
from broker.web.console.start_pages import PortalService
from broker.web.console.turn import ConsoleTurn
from trust_framework.approval import WITH_APPROVERS

SERVICE: Final = "service"
WEEK: Final = 7 * 24 * 3600
UNDER_WORK: Final = ("draft", "waiting")
STATES: Final = (*UNDER_WORK, "test", "active", "suspended")
"""What the list can be narrowed to: what is under work by its stage, what stands by its state."""

STATUS: Final = {"active": "published", "suspended": "stopped", "test": "test", "left": "left"}
"""How far what stands has come, in the words of this list."""

TEST, PRODUCTION = "test", "production"
Tried = Callable[[str], bool]


def listed(turn: ConsoleTurn) -> Listing:
    """A page of the list."""
    wanted, tried = asked(turn), _tried(turn)
    working = turn.store.proposal_page("open", turn.org, SERVICE, search=wanted.search, count=PAGE).proposals
    if wanted.state in UNDER_WORK:
        rows = tuple(_working(each, tried, turn) for each in working if _stage(each) == wanted.state)
        return Listing(turn.at(), rows, len(rows), wanted, None, STATES)
    page = turn.store.register_page(SERVICE, turn.org, wanted.search, wanted.state, wanted.after)
    changing = {each.object: _stage(each) for each in reversed(working)}
    new = tuple(_working(each, tried, turn) for each in _new(working, wanted, turn))
    rows = (*new, *(_standing(each, changing.get(each.id, ""), tried, turn) for each in page.entries))
    return Listing(turn.at(), rows, page.total + len(new), wanted, page.next, STATES)


def _new(working: tuple[ListedProposal, ...], wanted: Asked, turn: ConsoleTurn) -> Iterator[ListedProposal]:
    """Proposals of services that do not stand yet, once each; they stand before the first page of all."""
    if wanted.after or wanted.state:
        return
    newest = {each.object: each for each in reversed(working)}
    yield from (each for each in reversed(newest.values()) if turn.store.register_entry(SERVICE, each.object) is None)


def _stage(proposal: ListedProposal) -> str:
    return "waiting" if proposal.stage in WITH_APPROVERS else "draft"


def _working(proposal: ListedProposal, tried: Tried, turn: ConsoleTurn) -> PortalService:
    stage = _stage(proposal)
    return PortalService(
        names=proposal.names or {"sv": proposal.object},
        id=proposal.object,
        url=turn.at(f"/anslut/{proposal.id}/om" if stage == "draft" else f"/forslag/{proposal.id}"),
        environment=TEST,
        status="tested" if stage == "draft" and tried(proposal.object) else stage,
    )


def _standing(entry: ListedEntry, change: str, tried: Tried, turn: ConsoleTurn) -> PortalService:
    state = entry.about.state
    logins = turn.store.logins_of(entry.id, turn.now - WEEK)
    return PortalService(
        names=entry.about.names or {"sv": entry.id},
        id=entry.id,
        url=turn.at(f"/tjanster/{entry.id}"),
        environment=TEST if state == TEST else PRODUCTION,
        status="tested" if state == TEST and tried(entry.id) else STATUS.get(state, state),
        change=change,
        protocol=entry.about.protocol,
        logins=logins.good,
        faults=percent(logins.fault_share),
    )


def _tried(turn: ConsoleTurn) -> Tried:
    """Whether a service passed at the test issuer with its present content."""
    try:
        bench = turn.on.bench()
        in_test = {each.id: each.digest for each in bench.services(turn.org)}
    except Exception as error:  # noqa: BLE001  # the first page is shown whatever becomes of the test issuer
        turn.on.note_failure("test issuer", error)
        return lambda _: False

    return lambda service: service in in_test and bench.passed(service, in_test[service]) is not None


def percent(share: float | None) -> str:
    """A share as people read it; nothing for nothing. What is not quite none is not said to be none."""
    if share is None:
        return ""
    return "< 1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")  # noqa: PLR2004  # a hundredth
