"""The portal's side of corrections: what a member's services were given and is corrected, until somebody says that they know."""

from collections.abc import Iterator

from broker.care import corrections
from broker.care.calling import Caller, CallerKind, CareRefused, carried_out
from broker.exchange import Reply
from broker.web.console.review.corrections import details
from broker.web.console.review.forms import AcknowledgeForm, fresh
from broker.web.console.sheet import Column, Doing, Link, Sheet, Table, at, text, words
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.corrections import Correction, Receipt
from trust_framework.roles import Action


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """Corrections that wait for the member."""
    if turn.org and turn.store.corrections_waiting(turn.org, count=1).total:
        yield Todo("correction.waits", f"/portal/{turn.org}/rattelser", "review.look")


def listed(turn: ConsoleTurn) -> Reply:
    """The corrections that services of the member have not acknowledged, a page of them; a row for each service."""
    after = turn.query.get("efter", "")
    found = turn.store.corrections_waiting(turn.org, after)
    rows = tuple(
        (
            at(one.at, turn.at(f"/rattelser/{one.id}/{receipt.service}")),
            text(receipt.service),
            text(details(turn, receipt.attributes)),
        )
        for one in found.rows
        for receipt in _open(one, turn)
    )
    table = Table(
        caption="correction.to-us",
        columns=tuple(Column(said=each) for each in ("correction.at", "correction.service", "correction.attributes")),
        rows=rows,
        empty="correction.to-us.none",
        total=found.total,
        next=turn.at(f"/rattelser?efter={found.next}") if found.next else "",
        first=turn.at("/rattelser") if after else "",
    )
    return turn.render(
        Sheet(part="corrections-received", title="correction.to-us", lead="correction.to-us.lead", tables=(table,))
    )


def _open(one: Correction, turn: ConsoleTurn) -> Iterator[Receipt]:
    return (each for each in one.receipts if each.org == turn.org and each.acknowledged_at is None)


def shown(turn: ConsoleTurn, correction: str, service: str) -> Reply:
    """A correction of what one of our services got: by which logins."""
    one, receipt = _mine(turn, correction, service)
    doing = Doing(
        said="correction.acknowledge",
        action=turn.at(f"/rattelser/{correction}/{service}"),
        button="correction.acknowledge",
        form=fresh(AcknowledgeForm, turn),
        lead="correction.acknowledge.lead",
    )
    facts = (
        ("correction.at", at(one.at)),
        ("correction.service", text(receipt.service)),
        ("correction.attributes", text(details(turn, receipt.attributes))),
        ("correction.references", words("\n".join(receipt.references))),
    )
    known = (("correction.known", at(receipt.acknowledged_at)),) if receipt.acknowledged_at else ()
    page = Sheet(
        part="correction-received",
        title="correction.one",
        of=one.id,
        back=Link(url=turn.at("/rattelser"), said="correction.back"),
        facts=(*facts, *known),
        doings=() if receipt.acknowledged_at or not turn.may(Action.EDIT) else (doing,),
    )
    return turn.render(page)


def _mine(turn: ConsoleTurn, correction: str, service: str) -> tuple[Correction, Receipt]:
    try:
        return corrections.received(correction, service, turn.org, turn.store)
    except CareRefused:
        raise Missing from None


def acknowledged(turn: ConsoleTurn, correction: str, service: str) -> Reply:
    """Our service knows, and has fetched the detail anew."""
    _mine(turn, correction, service)
    who = Caller(CallerKind.STAFF, person=turn.actor.person, member=turn.org)
    carried_out(lambda: corrections.acknowledge(correction, service, turn.org, turn.store, who, turn.now), turn.store)
    return turn.see(turn.at("/rattelser"), notice="correction-acknowledged")
