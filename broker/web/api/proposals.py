"""Proposals for programs: begun, changed, sent in and decided by the same functions as in the pages."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from broker.federation import addresses, judged, proposals
from broker.federation.aspects import SERVICE
from broker.federation.plan import LATELY
from broker.federation.proposals import Answer, Desk
from broker.login.effects import Effects
from broker.web.api import values
from broker.web.api.errors import ApiError
from broker.web.api.turn import ApiTurn
from broker.web.console.register import masked
from trust_framework import approval, membership
from trust_framework.approval import Proposal, Refused, Stage
from trust_framework.member_types import Document

MOST_FINDINGS: Final = 100
STAGES: Final = ("", "waiting", "open", *(stage.value for stage in Stage))


def desk(turn: ApiTurn) -> Desk:
    """Where this call's proposals are worked on."""
    services = turn.on.services
    return Desk(
        turn.store,
        services.settings,
        turn.now,
        tested=lambda service, digest: turn.on.bench().passed(service, digest) is not None,
        hash_secret=services.hash_secret,
        origin="api",
    )


def listed(turn: ApiTurn) -> values.ProposalList:
    """Proposals, the last changed first; of the member where the path names one."""
    query = turn.turn.looked_for()
    stage = query.get("stage", "")
    if stage not in STAGES:
        raise ApiError("malformed", "stage: is no stage")
    found = turn.store.proposal_page(stage, turn.org, search=query.get("q", "")[:100], after=query.get("after", ""))
    shown = tuple(
        values.ListedProposal(
            id=each.id,
            kind=each.kind,
            entry=each.object,
            org=each.org,
            stage=each.stage.value,
            danger=each.danger.value,
            names=each.names,
            changed_at=each.changed_at,
        )
        for each in found.proposals
    )
    return values.ProposalList(proposals=shown, total=found.total, next=found.next)


def shown(turn: ApiTurn, proposal: str) -> values.Proposal:
    """One proposal: what changes, what is in place, what was decided."""
    return _told(_found(turn, proposal), turn)


def _found(turn: ApiTurn, id: str) -> Proposal:
    found = turn.store.proposal(id, turn.org or None)
    return turn.found(found, found.org if found else None)


def begun(turn: ApiTurn) -> values.Proposal:
    """Begin a proposal for an entry of the member, one that stands or a new one. It is a draft until it is sent in."""
    wish = turn.body
    if wish.kind not in KINDS:
        raise ApiError("malformed", f"kind: one of {', '.join(KINDS)}")
    standing = turn.store.register_entry(wish.kind, wish.id)
    if standing is not None and standing.org != turn.org:
        raise ApiError("refused", why=approval.Refusal.NAME_HELD.value)
    content = _fetched(wish.content, turn)
    return done(proposals.draft(wish.kind, wish.id, turn.org, content, turn.actor, desk(turn)), turn)


def _fetched(content: Mapping[str, Any] | None, turn: ApiTurn) -> Mapping[str, Any] | None:
    """The content with the metadata that is published at its `metadata_url`, where it brings none itself."""
    saml = (content or {}).get("saml")
    if content is None or not isinstance(saml, Mapping) or not saml.get("metadata_url") or saml.get("metadata_xml"):
        return content
    try:
        with turn.on.trial() as egress:
            found = addresses.fetched(saml, egress, turn.now)
    except addresses.NotFetched as error:
        raise ApiError("refused", str(error), why="not-fetched") from error
    return {**content, "saml": {**saml, "metadata_xml": found.xml if found else ""}}


KINDS: Final = ("service", "identity_provider", "member")


def edited(turn: ApiTurn, proposal: str) -> values.Proposal:
    """Give a proposal another content. Approvals of the one before are void."""
    found = _found(turn, proposal)
    return done(proposals.edit(found, _fetched(turn.body.content, turn), turn.actor, desk(turn)), turn)


def acted(turn: ApiTurn, proposal: str, act: str) -> values.Proposal:
    """Do something to a proposal: take-up, approve, return, reject, emergency, publish, review, rebase."""
    step = ACTS.get(act)
    if step is None:
        raise ApiError("missing")
    return done(step(_found(turn, proposal), turn.body, turn), turn)


def sent(turn: ApiTurn, proposal: str) -> values.Proposal:
    """Send a proposal in."""
    return done(_with_reason(proposals.submit)(_found(turn, proposal), turn.body, turn), turn)


def rebased(turn: ApiTurn, proposal: str) -> values.Proposal:
    """Make a proposal anew from what stands now: what it needs when the entry was changed meanwhile (`overtaken`)."""
    return done(proposals.rebased(_found(turn, proposal), turn.actor, desk(turn)), turn)


def withdrawn(turn: ApiTurn, proposal: str) -> values.Proposal:
    """Take a proposal back."""
    return done(_with_reason(proposals.withdraw)(_found(turn, proposal), turn.body, turn), turn)


Act = Callable[[Proposal, values.Decision, ApiTurn], Answer]


def _approve(found: Proposal, decision: values.Decision, turn: ApiTurn) -> Answer:
    known = {each.value: each for each in Document}
    if unknown := set(decision.vouched) - known.keys():
        raise ApiError("malformed", f"vouched: {len(unknown)} of them are no documents")
    vouched = frozenset(known[each] for each in decision.vouched)
    return proposals.approve(found, decision.reason, decision.seen, turn.actor, desk(turn), vouched)


def _emergency(found: Proposal, decision: values.Decision, turn: ApiTurn) -> Answer:
    return proposals.emergency(found, decision.reason, decision.seen, turn.actor, desk(turn))


def _with_reason(step: Callable[..., Answer]) -> Act:
    return lambda found, decision, turn: step(found, decision.reason, turn.actor, desk(turn))


ACTS: Final[Mapping[str, Act]] = {
    "approve": _approve,
    "emergency": _emergency,
    "publish": lambda found, _, turn: proposals.publish(found, turn.actor, desk(turn)),
    "take-up": lambda found, _, turn: proposals.take_up(found, turn.actor, desk(turn)),
    "return": _with_reason(proposals.send_back),
    "reject": _with_reason(proposals.reject),
    "review": _with_reason(proposals.review),
    "rebase": lambda found, _, turn: proposals.rebased(found, turn.actor, desk(turn)),
}
"""What a person with a role may do, having just identified."""


def suspended(turn: ApiTurn, kind: str, id: str) -> values.Done:
    """Stop a member, a service or an identity provider at once."""
    answer = proposals.suspend(kind, id, turn.body.reason, turn.actor, desk(turn))
    if isinstance(answer, Effects):
        turn.commit(answer)
        return values.Done()
    raise _refusal(answer)


def resumed(turn: ApiTurn, kind: str, id: str) -> values.Proposal:
    """Propose that what is stopped, in test, or admitted without agreement is in force."""
    return done(proposals.activate(kind, id, turn.body.reason, turn.actor, desk(turn)), turn)


def taken_out(turn: ApiTurn, kind: str, id: str) -> values.Proposal:
    """Propose that a member, a service or an identity provider leaves the federation."""
    return done(proposals.leave(kind, id, turn.body.reason, turn.actor, desk(turn)), turn)


def leaving(turn: ApiTurn) -> values.Proposal:
    """Ask that the member leaves the federation: two of the federation approve it."""
    return taken_out(turn, "member", turn.org)


def service_leaving(turn: ApiTurn, service: str) -> values.Proposal:
    """Ask that a service of the member is taken out of use: two of the federation approve it."""
    found = turn.store.register_entry(SERVICE, service)
    turn.found(found, found.org if found else None)
    return taken_out(turn, SERVICE, service)


def done(answer: Answer, turn: ApiTurn) -> values.Proposal:
    """What was done, recorded; the proposal as it is now. Raises ApiError(refused)."""
    if isinstance(answer, Refused):
        raise _refusal(answer)
    turn.commit(answer.effects)
    return _told(answer.proposal, turn)


def _refusal(refused: Refused) -> ApiError:
    return ApiError("refused", *refused.about, why=refused.why.value)


def _told(found: Proposal, turn: ApiTurn) -> values.Proposal:
    at, still_open = desk(turn), found.stage in approval.OPEN
    before = turn.store.register_entry(found.kind, found.object)
    standing = before.content if before else None
    use = turn.store.key_use(found.object, turn.now - LATELY) if found.kind == SERVICE else None
    changes = proposals.words(found.kind, found.object, standing, found.content, at.settings, use)
    checks = proposals.checklist(found, at) if still_open and found.content is not None else ()
    return values.Proposal(
        id=found.id,
        kind=found.kind,
        entry=found.object,
        org=found.org,
        stage=found.stage.value,
        danger=found.danger.value,
        digest=found.digest,
        emergency=found.emergency,
        in_review=approval.in_review(found),
        membership=_membership(found),
        content=None if found.content is None else masked(found.content),
        changes=tuple(
            values.Changed(danger=each.danger.value, sv=each.sv, en=each.en) for each in (changes or ()) if still_open
        ),
        checks=tuple(values.Check(document=each.document.value, done=each.done, lacks=each.lacks) for each in checks),
        acts=tuple(
            values.ActDone(at=each.at, body=each.body.value, what=each.what.value, reason=each.reason)
            for each in found.acts
        ),
        approvals=len(proposals.standing_approvals(found, at)),
        needed=proposals.approvals_needed(found, at),
        wrong=proposals.wrong(found, at) if still_open else (),
        findings=_findings(found, at) if still_open else (),
    )


def _findings(found: Proposal, at: Desk) -> tuple[values.Finding, ...]:
    """What the validator says, the worst first."""
    told = judged.report(found, at.store, at.settings, at.now).findings[:MOST_FINDINGS]
    names = values.Finding.model_fields
    return tuple(values.Finding(**{name: getattr(each, name) for name in names}) for each in told)


def _membership(found: Proposal) -> str | None:
    """Where a new member stands while its application is not decided."""
    state = membership.applying(found) if found.kind == "member" and found.wanted.base == 0 else None
    return state.value if state else None
