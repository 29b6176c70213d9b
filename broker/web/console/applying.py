"""The application of a new member: anybody who has identified well enough may make one, and follows it here."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broker.exchange import Reply
from broker.federation import proposals
from broker.login.effects import Effects
from broker.web.console.proposals import desk, row
from broker.web.console.proposals import page as proposal_page
from broker.web.console.proposals_forms import ApplyForm, number
from broker.web.console.proposals_pages import Apply, ProposalRow
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.approval import Refusal, Refused

PATH = "/ansok"


def form(turn: ConsoleTurn) -> Reply:
    """An empty application, and the person's earlier ones."""
    return turn.render(Apply(form=ApplyForm.of(turn), earlier=earlier(turn)))


def earlier(turn: ConsoleTurn) -> tuple[ProposalRow, ...]:
    """The applications that the person has made, the last changed first."""
    if not turn.actor.person:
        return ()
    found = turn.store.proposal_page(kind="member", author=turn.actor.person, count=20)
    whole = (turn.store.proposal(each.id) for each in found.proposals)
    return tuple(
        replace(row(each, turn, PATH), stage=proposals.standing(one))
        for each, one in zip(found.proposals, whole, strict=True)
        if one is not None
    )


def sent(turn: ConsoleTurn) -> Reply:
    """The application is sent in."""
    wanted = ApplyForm.of(turn)
    if not wanted.valid(turn):
        return turn.render(Apply(form=wanted, earlier=earlier(turn)))
    answer = _applied(wanted, turn)
    if isinstance(answer, Refused):
        wanted.form_errors.append("refused." + answer.why)
        return turn.render(Apply(form=wanted, earlier=earlier(turn)))
    id_, effects = answer
    if not turn.commit(effects):
        wanted.form_errors.append("refused." + Refusal.OVERTAKEN)
        return turn.render(Apply(form=wanted, earlier=earlier(turn)))
    return turn.see(turn.at(f"{PATH}/{id_}"), notice="stage.submitted")


def _applied(wanted: ApplyForm, turn: ConsoleTurn) -> tuple[str, Effects] | Refused:
    content = _content(wanted, turn)
    org = content["org"]
    if turn.store.register_entry("member", org) is not None or _applied_before(org, turn):
        return Refused(Refusal.NAME_HELD)
    drafted = proposals.draft("member", org, org, content, turn.actor, desk(turn))
    if isinstance(drafted, Refused):
        return drafted
    submitted = proposals.submit(drafted.proposal, "", turn.actor, desk(turn))
    return submitted if isinstance(submitted, Refused) else (drafted.proposal.id, drafted.effects + submitted.effects)


def _applied_before(org: str, turn: ConsoleTurn) -> bool:
    return turn.store.proposal_page("open", org, "member", count=1).total > 0


def _content(wanted: ApplyForm, turn: ConsoleTurn) -> dict[str, Any]:
    confirmed = datetime.fromtimestamp(turn.now, UTC).date().isoformat()
    contact = {"name": wanted.contact.data.strip(), "mail": wanted.mail.data.strip(), "confirmed": confirmed}
    return {
        "org": number(wanted.org.data),
        "names": {"sv": wanted.name_sv.data.strip(), "en": wanted.name_en.data.strip()},
        "type": wanted.type.data,
        "roles": list(wanted.roles.data or ()),
        "contacts": {"security": contact},
    }


def shown(turn: ConsoleTurn, application: str) -> Reply:
    """An own application: where it stands, and what was decided."""
    found = turn.store.proposal(application)
    if found is None or found.author != turn.actor.person or found.kind != "member":
        raise Missing
    return proposal_page(found, turn, at=PATH)
