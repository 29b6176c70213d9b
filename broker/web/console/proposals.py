"""Proposals in the console and the portal: lists, the page of one with all that a decision needs, and the decisions (O2, O3).

What may be done, and what it comes to, is `broker.federation.proposals`'s; here it is offered, asked for and shown.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from broker.exchange import Reply
from broker.federation import proposals
from broker.federation.aspects import SERVICE
from broker.federation.plan import LATELY
from broker.federation.proposals import Answer, Desk, Done
from broker.federation.proposing import ListedProposal
from broker.login.effects import Effects
from broker.web.console import hosts
from broker.web.console.evidence import gathered
from broker.web.console.gate import member_names
from broker.web.console.listing import Listing, asked
from broker.web.console.people import name_of
from broker.web.console.proposals_forms import DecisionForm
from broker.web.console.proposals_pages import ActRow, CheckRow, ProposalList, ProposalRow, ProposalShown, Stop
from broker.web.console.register import masked
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from trust_framework import approval
from trust_framework.approval import Proposal, Refusal, Refused, Stage
from trust_framework.member_types import Document, vouchable

WAITING: Final = ("applications", "held", "careful")
STAGES: Final = ("waiting", *WAITING, "open", *(stage.value for stage in Stage))
LONGEST_RAW: Final = 200_000
STATED: Final = ("member", "service", "identity_provider", "method")


def desk(turn: ConsoleTurn) -> Desk:
    """Where this turn's proposals are worked on."""
    services = turn.on.services
    return Desk(
        turn.store,
        services.settings,
        turn.now,
        tested=lambda service, digest: turn.on.bench().passed(service, digest) is not None,
        hash_secret=services.hash_secret,
    )


# --- lists


def listed(turn: ConsoleTurn) -> Reply:
    """Proposals, searched, paged and narrowed to a stage; those that wait for approvers first when nothing is asked."""
    wanted = asked(turn)
    stage = wanted.state if wanted.state in STAGES else ""
    found = turn.store.proposal_page(stage, turn.org, search=wanted.search, after=wanted.after)
    shown = tuple(row(each, turn) for each in found.proposals)
    listing = Listing(turn.at("/forslag"), shown, found.total, wanted, found.next, STAGES)
    return turn.render(ProposalList(proposals=listing))


def row(each: ListedProposal, turn: ConsoleTurn, at: str = "/forslag") -> ProposalRow:
    """A proposal of a list."""
    return ProposalRow(
        url=turn.at(f"{at}/{each.id}"),
        names=each.names or {"sv": each.object},
        kind=each.kind,
        org=member_names(each.org, turn.turn) if each.org else {},
        stage=each.stage.value,
        danger=each.danger.value,
        changed_at=each.changed_at,
        emergency=each.emergency,
    )


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """Cards: what waits for approvers in the federation, each kind by itself; what was sent back to a member."""
    for stage in (Stage.RETURNED.value,) if turn.org else WAITING:
        number = turn.store.proposal_page(stage, turn.org, count=1).total
        if number:
            told = {language: words.format(number) for language, words in _CARDS[stage].items()}
            yield Todo(told, turn.at(f"/forslag?lage={stage}"), "todo.look")


_CARDS: Final[Mapping[str, Names]] = {
    "returned": {"sv": "Förslag som behöver kompletteras: {}", "en": "Proposals to be completed: {}"},
    "applications": {
        "sv": "Ansökningar om medlemskap som väntar på beslut: {}",
        "en": "Applications of new members that wait for a decision: {}",
    },
    "held": {
        "sv": "Farliga ändringar som hålls i väntan på beslut: {}",
        "en": "Dangerous changes that are held until a decision: {}",
    },
    "careful": {"sv": "Andra förslag som väntar på beslut: {}", "en": "Other proposals that wait for a decision: {}"},
}


# --- one proposal


def shown(turn: ConsoleTurn, proposal: str) -> Reply:
    """One proposal: what changes, what is in place, what was decided, and what may be done now."""
    return page(_found(turn, proposal), turn)


def decided(turn: ConsoleTurn, proposal: str) -> Reply:
    """A decision on a proposal, or a step that its member takes."""
    found = _found(turn, proposal)
    form = _form(found, turn)
    act = ACTS.get(form.act.data or "")
    if not form.valid(turn) or act is None:
        return page(found, turn, form)
    answer = act(found, form, turn)
    if isinstance(answer, Refused):
        form.form_errors.append("refused." + answer.why)
        return page(found, turn, form)
    if not turn.commit(answer.effects):
        form.form_errors.append("refused." + Refusal.OVERTAKEN)
        return page(_found(turn, proposal), turn, form)
    notice = f"stage.{proposals.standing(answer.proposal)}"
    return turn.see(turn.at(f"/forslag/{found.id}"), notice=notice)


def _found(turn: ConsoleTurn, id: str) -> Proposal:
    found = turn.store.proposal(id, turn.org or None)
    return turn.found(found, found.org if found else None)


def _form(found: Proposal, turn: ConsoleTurn) -> DecisionForm:
    return DecisionForm.about(
        turn, [check.document for check in _checks(found, turn) if _vouchable(check, found)], found.digest
    )


def _vouchable(check: CheckRow, found: Proposal) -> bool:
    return not check.done and Document(check.document) in vouchable(found.kind)


Act = Callable[[Proposal, DecisionForm, ConsoleTurn], Answer]


def _approve(found: Proposal, form: DecisionForm, turn: ConsoleTurn) -> Answer:
    vouched = frozenset(Document(each) for each in form.vouched.data or ())
    return proposals.approve(found, form.reason.data or "", form.seen.data or "", turn.actor, desk(turn), vouched)


def _emergency(found: Proposal, form: DecisionForm, turn: ConsoleTurn) -> Answer:
    return proposals.emergency(found, form.reason.data or "", form.seen.data or "", turn.actor, desk(turn))


def _with_reason(step: Callable[..., Answer]) -> Act:
    return lambda found, form, turn: step(found, form.reason.data or "", turn.actor, desk(turn))


ACTS: Final[Mapping[str, Act]] = {
    "approve": _approve,
    "emergency": _emergency,
    "publish": lambda found, _, turn: proposals.publish(found, turn.actor, desk(turn)),
    "take-up": lambda found, _, turn: proposals.take_up(found, turn.actor, desk(turn)),
    "return": _with_reason(proposals.send_back),
    "reject": _with_reason(proposals.reject),
    "review": _with_reason(proposals.review),
    "submit": _with_reason(proposals.submit),
    "withdraw": _with_reason(proposals.withdraw),
    "rebase": lambda found, _, turn: proposals.rebased(found, turn.actor, desk(turn)),
}
"""What a button of the page does."""


def page(found: Proposal, turn: ConsoleTurn, form: DecisionForm | None = None, at: str = "/forslag") -> Reply:
    standing = proposals.standing_approvals(found, desk(turn))
    wrong = proposals.wrong(found, desk(turn)) if found.stage in approval.OPEN else ()
    offers, stands = _offers(found, wrong, turn)
    before = turn.store.register_entry(found.kind, found.object)
    checks = _checks(found, turn)
    view = ProposalShown(
        names=_named(found),
        kind=found.kind,
        object=found.object,
        org=member_names(found.org, turn.turn) if found.org else {},
        stage=proposals.standing(found),
        danger=found.danger.value,
        emergency=found.emergency,
        review_due=found.review_due,
        author=name_of(found.author, turn),
        changes=_changes(found, before.content if before else None, turn),
        checks=checks,
        hosts=hosts.where(turn, _unproven(checks)),
        acts=tuple(_act(each, counts=each in standing, turn=turn) for each in found.acts),
        approvals=len(standing),
        needed=proposals.approvals_needed(found, desk(turn)),
        wrong=wrong,
        evidence=gathered(found, desk(turn), turn),
        look_alikes=tuple(
            (f"{name.value} ~ {other.name.value}", member_names(other.org, turn.turn))
            for name, other in proposals.look_alikes(found, desk(turn))
        ),
        raw=(_raw(before.content if before else None), _raw(found.content)),
        action=turn.at(f"{at}/{found.id}"),
        back=turn.at("/forslag"),
        form=form or _form(found, turn),
        offers=offers,
        stands=stands,
    )
    return turn.render(view)


def _named(found: Proposal) -> Names:
    names = (found.content or {}).get("names") or (found.content or {}).get("name")
    return dict(names) if isinstance(names, Mapping) and names else {"sv": found.object}


def _changes(found: Proposal, before: Mapping[str, Any] | None, turn: ConsoleTurn) -> tuple[tuple[str, Names], ...]:
    """The diff in words: against what stands while it may still be decided, else nothing is left to compare with."""
    if found.stage not in approval.OPEN:
        return ()
    use = turn.store.key_use(found.object, turn.now - LATELY) if found.kind == SERVICE else None
    told = proposals.words(found.kind, found.object, before, found.content, turn.on.services.settings, use)
    return tuple((change.danger.value, {"sv": change.sv, "en": change.en}) for change in told or ())


def _checks(found: Proposal, turn: ConsoleTurn) -> tuple[CheckRow, ...]:
    if found.stage not in approval.OPEN or found.content is None:
        return ()
    vouched = {document for act in found.acts for document in act.vouched}
    return tuple(
        CheckRow(document=each.document.value, done=each.done, lacks=each.lacks, vouched=each.document.value in vouched)
        for each in proposals.checklist(found, desk(turn))
    )


def _unproven(checks: Iterable[CheckRow]) -> tuple[str, ...]:
    """The hosts that lack a proof."""
    return next((each.lacks for each in checks if each.document == Document.DOMAIN_PROOF and not each.done), ())


def _act(each: approval.Act, *, counts: bool, turn: ConsoleTurn) -> ActRow:
    return ActRow(
        at=each.at,
        who=each.name or name_of(each.actor, turn),
        body=each.body.value,
        what=each.what.value,
        reason=each.reason,
        counts=counts,
    )


def _raw(content: Mapping[str, Any] | None) -> str:
    told = "" if content is None else json.dumps(masked(content), indent=2, ensure_ascii=False, sort_keys=True)
    return told[:LONGEST_RAW]


def _offers(found: Proposal, wrong: tuple[str, ...], turn: ConsoleTurn) -> tuple[tuple[str, ...], str]:
    """The buttons of this page; and why nothing can be decided here by this person, where they might expect to."""
    offers = [*([] if turn.org else _of_operators(found, turn)), *_of_authors(found, wrong, turn)]
    if found.stage not in approval.WITH_APPROVERS:
        return tuple(offers), ""
    stands = _against_approving(found, turn)
    if not stands and found.stage is Stage.SUBMITTED:
        offers.insert(0, "approve")
    return tuple(offers), "refused." + stands if stands else ""


def _of_authors(found: Proposal, wrong: tuple[str, ...], turn: ConsoleTurn) -> list[str]:
    """What those who propose may do: a member's people with its proposals, an operator with an own one."""
    mine = turn.org or turn.actor.person in approval.contributors(found)
    if not mine or found.stage not in approval.OPEN:
        return []
    overtaken = Refusal.OVERTAKEN.value in wrong
    offers = ["rebase"] if overtaken else ["submit"] if found.stage in approval.WITH_AUTHOR else []
    return [*offers, "withdraw"]


def _of_operators(found: Proposal, turn: ConsoleTurn) -> list[str]:
    if approval.body_of(turn.actor, found.org) is not approval.Body.FEDERATION:
        return []
    if found.stage is Stage.PUBLISHED and found.review_due is not None:
        return ["review"]
    offers = ["return", "reject"] if found.stage in approval.WITH_APPROVERS else []
    if found.stage is Stage.APPROVED:
        offers.insert(0, "publish")
    if found.stage is Stage.SUBMITTED and not approval.in_review(found):
        offers.insert(0, "take-up")
    if found.stage is Stage.SUBMITTED and not _against_approving(found, turn):
        offers.append("emergency")
    return offers


def _against_approving(found: Proposal, turn: ConsoleTurn) -> str:
    """Why this person cannot approve, before any reason is given; empty when they can."""
    body = approval.body_of(turn.actor, found.org)
    if body is None:
        return Refusal.NOT_ALLOWED if not turn.org else ""
    if turn.actor.person in approval.contributors(found):
        return Refusal.OWN_PROPOSAL
    done = proposals.standing_approvals(found, desk(turn))
    return Refusal.TWICE if any(act.actor == turn.actor.person for act in done) else ""


# --- stopping what stands


def stop(turn: ConsoleTurn, kind: str, id: str) -> Reply:
    """Stop a member, a service or a provider at once; or propose that it is in force again, or leaves."""
    return _stop_page(kind, id, turn, DecisionForm.about(turn, (), ""))


def stopped(turn: ConsoleTurn, kind: str, id: str) -> Reply:
    """It is stopped, or its new state is proposed."""
    form = DecisionForm.about(turn, (), "")
    step = STOPS.get(form.act.data or "")
    if not form.valid(turn) or step is None or kind not in STATED:
        return _stop_page(kind, id, turn, form)
    answer = step(kind, id, form.reason.data or "", turn.actor, desk(turn))
    if isinstance(answer, Refused):
        form.form_errors.append("refused." + answer.why)
        return _stop_page(kind, id, turn, form)
    effects = answer.effects if isinstance(answer, Done) else answer
    if not turn.commit(effects):
        form.form_errors.append("refused." + Refusal.OVERTAKEN)
        return _stop_page(kind, id, turn, form)
    if isinstance(answer, Done):
        return turn.see(turn.at(f"/forslag/{answer.proposal.id}"), notice=f"stage.{answer.proposal.stage}")
    return turn.see(turn.at(f"/register/{kind}/{id}"), notice="stopped")


STOPS: Final[Mapping[str, Callable[..., Answer | Effects]]] = {
    "suspend": proposals.suspend,
    "activate": proposals.activate,
    "leave": proposals.leave,
}


def _stop_page(kind: str, id: str, turn: ConsoleTurn, form: DecisionForm) -> Reply:
    entry = turn.store.register_entry(kind, id) if kind in STATED else None
    if entry is None or entry.content is None:
        raise Missing
    state = str(entry.content.get("state", "active"))
    view = Stop(
        names=entry.content.get("names") or entry.content.get("name") or {"sv": id},
        kind=kind,
        state=state,
        reason=str(entry.content.get("reason", "")),
        form=form,
        action=turn.at(f"/register/{kind}/{id}/stopp"),
        back=turn.at(f"/register/{kind}/{id}"),
        offers=STOPPING.get(state, ("activate",)),
    )
    return turn.render(view)


STOPPING: Final[Mapping[str, tuple[str, ...]]] = {
    "active": ("suspend", "leave"),
    "approved": ("suspend", "activate", "leave"),
    "test": ("suspend", "activate", "leave"),
    "suspended": ("activate", "leave"),
}
"""What may be done by the state of a thing; of what has left, that it comes into force anew."""
