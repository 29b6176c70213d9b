"""A member leaves the federation, or takes one of its services out: what comes of it is told, and what it takes.

It is a proposal like any other dangerous change, and two of the federation approve it; who may, and from which state, is
`broker.federation.proposals`'s.
"""

from collections.abc import Iterator
from typing import Final

from broker.exchange import Reply
from broker.federation import proposals
from broker.federation.register import Entry
from broker.web.console.leaving_pages import Leave, LeaveForm
from broker.web.console.proposals import desk
from broker.web.console.register import names_of
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from trust_framework.approval import Refusal, Refused

MEMBER, SERVICE = "member", "service"
MOST: Final = 20
"""Things told by name of those that a leave touches."""

STAYS: Final = frozenset({"suspended", "left"})
"""States of a member in which it does not ask for it itself."""


def member(turn: ConsoleTurn) -> Reply:
    """The organisation leaves."""
    return _asked(MEMBER, turn.org, turn)


def service(turn: ConsoleTurn, service: str) -> Reply:
    """One of its services is taken out."""
    return _asked(SERVICE, service, turn)


def _asked(kind: str, id: str, turn: ConsoleTurn) -> Reply:
    """What it comes to, then, with a reason, it is proposed."""
    entry = turn.store.register_entry(kind, id)
    entry = turn.found(entry, entry.org if entry else None)
    form = LeaveForm.of(turn)
    if turn.posted and form.valid(turn):
        answer = proposals.leave(kind, id, form.reason.data or "", turn.actor, desk(turn))
        if isinstance(answer, Refused):
            form.form_errors.append("refused." + answer.why)
        elif turn.commit(answer.effects):
            return turn.see(turn.at(f"/forslag/{answer.proposal.id}"), notice="stage.submitted")
        else:
            form.form_errors.append("refused." + Refusal.OVERTAKEN)
    return turn.render(_page(entry, form, turn))


def _page(entry: Entry, form: LeaveForm, turn: ConsoleTurn) -> Leave:
    if entry.content is None:
        raise Missing
    path = "/medlem" if entry.kind == MEMBER else f"/tjanster/{entry.id}"
    state = str(entry.content.get("state", "active"))
    stays = STAYS if entry.kind == MEMBER else {"left"}
    return Leave(
        kind=entry.kind,
        names=names_of(entry.content, entry.id),
        state=state,
        services=tuple(_services(turn)) if entry.kind == MEMBER else (),
        agreements=tuple(_agreements(turn)) if entry.kind == MEMBER else (),
        under_way=tuple(_under_way(entry, turn)),
        form=None if state in stays else form,
        action=turn.at(f"{path}/lamna"),
        back=turn.at(path),
    )


def _services(turn: ConsoleTurn) -> Iterator[tuple[str, Names]]:
    for each in turn.store.register_page(SERVICE, turn.org, count=MOST).entries:
        if each.about.state != "left":
            yield turn.at(f"/tjanster/{each.id}"), each.about.names or {"sv": each.id}


def _agreements(turn: ConsoleTurn) -> Iterator[tuple[str, Names]]:
    for each in turn.store.agreements_of(turn.org, count=MOST).entries:
        yield turn.at(f"/avtal/{each.id}"), each.about.names or {"sv": each.id}


def _under_way(entry: Entry, turn: ConsoleTurn) -> Iterator[str]:
    """Proposals by which it would leave already."""
    for each in turn.store.proposal_page("waiting", turn.org, entry.kind, entry.id, count=MOST).proposals:
        found = turn.store.proposal(each.id, turn.org)
        if found is not None and (found.content or {}).get("state") == "left":
            yield turn.at(f"/forslag/{each.id}")
