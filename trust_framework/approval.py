"""Approval with four eyes (godkännande), as values: a proposal, the acts done to it, and what each act makes of it.

Each function returns the next proposal, or a refusal with its code. What is approved is a digest: an approval counts while
the proposal has that digest, was made from the same base, and the approver still may approve. Nobody approves what they had
a hand in, and an operator who belongs to the member speaks for the member. Owns the order of steps and whose approvals
count; what a change needs is `member_types`', who may do what at all `roles`', what the digest is over
`broker.federation.trusted`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from trust_framework.danger import Danger
from trust_framework.member_types import NEVER_WAIVED, Approver, Document, Required, vouchable
from trust_framework.roles import FEDERATION, MACHINE, Action, Actor, may

DAY: Final = 86_400
REVIEW_WITHIN: Final = 7 * DAY
"""How soon after an emergency somebody else must have looked at it."""

LONGEST_REASON: Final = 2_000
NEVER_EMPTY: Final = 2
"""Approvals of different people that any change of what trust depends on must have, whatever its row says."""

Content = Mapping[str, Any]


class Stage(StrEnum):
    """Where a proposal is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class What(StrEnum):
    """What was done to a proposal."""

    DRAFTED = "drafted"
    EDITED = "edited"
    SUBMITTED = "submitted"
    TAKEN_UP = "taken-up"
    APPROVED = "approved"
    EMERGENCY = "emergency"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PUBLISHED = "published"
    REVIEWED = "reviewed"


class Body(StrEnum):
    """For whom somebody acts."""

    MEMBER = "member"
    FEDERATION = "federation"


class Refusal(StrEnum):
    """Why an act is not done."""

    WRONG_STAGE = "wrong-stage"
    NOT_ALLOWED = "not-allowed"
    OWN_PROPOSAL = "own-proposal"
    TWICE = "approved-already"
    WRONG_BODY = "wrong-body"
    CONTENT_CHANGED = "content-changed"
    DOCUMENTS_LACKING = "documents-lacking"
    APPROVALS_LACKING = "approvals-lacking"
    NO_REASON = "no-reason"
    BAD_REASON = "bad-reason"
    NO_CHANGE = "no-change"
    NO_EMERGENCY = "no-emergency"
    REVIEW_OVERDUE = "review-overdue"
    NAME_HELD = "name-held"
    OVERTAKEN = "overtaken"
    UNFIT = "unfit"
    FINDINGS = "findings"
    PRIVATE_KEY = "private-key"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Refused:
    """No, and about what: documents, names, findings."""

    why: Refusal
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did. `digest` is what the proposal was then; `reason` is what the member sees; `vouched`
    are the documents that an approver says to have seen.
    """

    at: int
    actor: str
    name: str
    body: Body
    what: What
    digest: str
    reason: str = ""
    vouched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A content that somebody wants for an entry, or None to take it out. `base` is the entry's version that it was made
    from (0: none), `digest` and `base_digest` are over what trust depends on in this content and in that of the base.
    """

    content: Content | None = field(repr=False)
    digest: str
    base: int = 0
    base_digest: str = ""
    danger: Danger = Danger.DANGEROUS


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of one entry of the register (`kind`, `object`) on its way. `org` is the member that the entry belongs to,
    `version` counts its changes, `review_due` is when somebody must have looked at an emergency.
    """

    id: str
    kind: str
    object: str
    org: str
    wanted: Wanted
    stage: Stage
    author: str
    acts: tuple[Act, ...] = ()
    emergency: bool = False
    review_due: int | None = None
    version: int = 1

    @property
    def content(self) -> Content | None:
        return self.wanted.content

    @property
    def digest(self) -> str:
        return self.wanted.digest

    @property
    def danger(self) -> Danger:
        """How dangerous it is: never harmless when what trust depends on differs."""
        given = self.wanted.danger
        harmless = given is Danger.HARMLESS and self.wanted.digest != self.wanted.base_digest
        return Danger.CAREFUL if harmless else given


Outcome = Proposal | Refused
Holds = Callable[[Act], bool]
"""Whether who approved may still approve for that body."""

OPEN: Final = frozenset({Stage.DRAFT, Stage.RETURNED, Stage.SUBMITTED, Stage.APPROVED})
WITH_AUTHOR: Final = frozenset({Stage.DRAFT, Stage.RETURNED})
WITH_APPROVERS: Final = frozenset({Stage.SUBMITTED, Stage.APPROVED})
_CONTRIBUTING: Final = frozenset({What.DRAFTED, What.EDITED, What.SUBMITTED})
_APPROVING: Final = frozenset({What.APPROVED, What.EMERGENCY})


# --- who


def place_of(org: str) -> str:
    """Where the right to a thing is looked up: its member, or the federation for what belongs to no member."""
    return org or FEDERATION


def may_propose(actor: Actor, org: str) -> bool:
    """Whether the actor may propose changes of this member's entries: its own people, or an operator."""
    return may(actor, Action.EDIT, place_of(org)) or may(actor, Action.PROPOSE, place_of(org))


def may_apply(actor: Actor, kind: str, object: str, org: str, base: int) -> bool:
    """Whether the actor may make this application. Whoever has identified may, for an organisation that is not a member."""
    return bool(actor.person) and kind == "member" and object == org and base == 0


def _works_on(actor: Actor, proposal: Proposal) -> bool:
    """Whether the actor may go on with the proposal: by a role, or as who made an application."""
    return may_propose(actor, proposal.org) or _applicant(actor, proposal)


def _applicant(actor: Actor, proposal: Proposal) -> bool:
    applied = may_apply(actor, proposal.kind, proposal.object, proposal.org, proposal.wanted.base)
    return applied and actor.person == proposal.author


def _sends_in(actor: Actor, proposal: Proposal) -> bool:
    place = place_of(proposal.org)
    return any(may(actor, action, place) for action in (Action.SUBMIT, Action.PROPOSE)) or _applicant(actor, proposal)


def body_of(actor: Actor, org: str) -> Body | None:
    """For whom the actor approves, None when for nobody. Who belongs to the member never speaks for the federation."""
    if org and actor.roles(org):
        return Body.MEMBER if may(_within(actor, org), Action.APPROVE_OWN, org) else None
    return Body.FEDERATION if may(actor, Action.APPROVE, place_of(org)) else None


def _within(actor: Actor, org: str) -> Actor:
    return replace(actor, grants=tuple(grant for grant in actor.grants if grant.org == org))


def _acting_for(actor: Actor, org: str) -> Body:
    """For whom somebody acts who proposes."""
    outside = not (org and actor.roles(org)) and may(actor, Action.PROPOSE, place_of(org))
    return Body.FEDERATION if outside else Body.MEMBER


def contributors(proposal: Proposal) -> frozenset[str]:
    """Everybody who wrote any of it or sent it in."""
    return frozenset(act.actor for act in proposal.acts if act.what in _CONTRIBUTING)


def counted(proposal: Proposal, holds: Holds = lambda _: True) -> tuple[Act, ...]:
    """The approvals that count: since it was last sent in, of just this content, one a person, none by a contributor, and
    none for a member whose client is one.
    """
    own, found = contributors(proposal), dict[str, Act]()
    for act in _since_sent_in(proposal):
        other = act.actor not in own and _apart(proposal, act.body)
        if act.what in _APPROVING and act.digest == proposal.digest and other and holds(act):
            found.setdefault(act.actor, act)
    return tuple(found.values())


def _apart(proposal: Proposal, body: Body) -> bool:
    """Whether somebody of this body is surely another than who wrote it: of a client nobody knows who of the member runs it."""
    by_machine = any(person.startswith(MACHINE) for person in contributors(proposal))
    return body is Body.FEDERATION or not by_machine


def _since_sent_in(proposal: Proposal) -> tuple[Act, ...]:
    last = max((n for n, act in enumerate(proposal.acts) if act.what is What.SUBMITTED), default=len(proposal.acts))
    return proposal.acts[last + 1 :]


def in_review(proposal: Proposal) -> bool:
    """Whether an operator has begun to look at it since it was last sent in."""
    taken = any(act.what is What.TAKEN_UP for act in _since_sent_in(proposal))
    return proposal.stage is Stage.SUBMITTED and taken


def enough(proposal: Proposal, needs: Required, approvals: tuple[Act, ...]) -> bool:
    """Whether these approvals are those that are needed. In an emergency only those of the federation count."""
    federation = sum(act.body is Body.FEDERATION for act in approvals)
    places = _places(proposal, needs)
    if not places:
        return True
    return federation >= places.count(Approver.FEDERATION) and len(approvals) >= len(places)


def _places(proposal: Proposal, needs: Required) -> tuple[Approver, ...]:
    """The approvals needed: never fewer than two where trust is touched, and two operators in an emergency."""
    if proposal.danger is Danger.HARMLESS:
        return ()
    if proposal.emergency:
        return (Approver.FEDERATION, Approver.FEDERATION)
    lacking = NEVER_EMPTY - len(needs.approvals)
    return (*needs.approvals, *(Approver.FEDERATION,) * lacking)


def _useful(proposal: Proposal, needs: Required, body: Body) -> bool:
    """Whether an approval for this body can fill a place."""
    return body is Body.FEDERATION or (Approver.ANY in _places(proposal, needs) and _apart(proposal, body))


# --- acts


def _act(proposal: Proposal, actor: Actor, body: Body, what: What, reason: str, now: int) -> Act:
    return Act(now, actor.person, actor.name, body, what, proposal.digest, reason.strip())


def _next(proposal: Proposal, act: Act, stage: Stage | None = None, **changed: Any) -> Proposal:
    stage = stage or proposal.stage
    return replace(proposal, acts=(*proposal.acts, act), stage=stage, version=proposal.version + 1, **changed)


def reason_lacking(reason: str) -> Refused | None:
    """What is wrong with a reason that must be given."""
    return Refused(Refusal.NO_REASON) if not reason.strip() else _ill_said(reason)


def _ill_said(reason: str) -> Refused | None:
    told = reason.replace("\r\n", "\n")
    fit = len(told) <= LONGEST_REASON and all(line.isprintable() for line in told.split("\n"))
    return None if fit else Refused(Refusal.BAD_REASON)


def drafted(id: str, kind: str, object: str, org: str, wanted: Wanted, actor: Actor, now: int) -> Outcome:
    """A new proposal, to be worked on."""
    if not (may_propose(actor, org) or may_apply(actor, kind, object, org, wanted.base)):
        return Refused(Refusal.NOT_ALLOWED)
    empty = Proposal(id, kind, object, org, wanted, Stage.DRAFT, actor.person, version=0)
    return _next(empty, _act(empty, actor, _acting_for(actor, org), What.DRAFTED, "", now))


def edited(proposal: Proposal, wanted: Wanted, actor: Actor, now: int) -> Outcome:
    """Another content. What has been approved or sent in falls back to a draft, unless all that trust depends on is as it
    was, in the content and in what it was made from.
    """
    if proposal.stage not in OPEN:
        return Refused(Refusal.WRONG_STAGE)
    if not _works_on(actor, proposal):
        return Refused(Refusal.NOT_ALLOWED)
    same = (wanted.digest, wanted.base_digest) == (proposal.digest, proposal.wanted.base_digest)
    keeps = same and proposal.stage in WITH_APPROVERS
    changed = replace(proposal, wanted=wanted, emergency=proposal.emergency and keeps)
    act = _act(changed, actor, _acting_for(actor, proposal.org), What.EDITED, "", now)
    return _next(changed, act, proposal.stage if keeps else Stage.DRAFT)


def submitted(proposal: Proposal, actor: Actor, reason: str, now: int) -> Outcome:
    """Sent in. What changes nothing that trust depends on is approved by itself."""
    if proposal.stage not in WITH_AUTHOR:
        return Refused(Refusal.WRONG_STAGE)
    if not _sends_in(actor, proposal):
        return Refused(Refusal.NOT_ALLOWED)
    if refused := _ill_said(reason):
        return refused
    stage = Stage.APPROVED if proposal.danger is Danger.HARMLESS else Stage.SUBMITTED
    act = _act(proposal, actor, _acting_for(actor, proposal.org), What.SUBMITTED, reason, now)
    return _next(proposal, act, stage, emergency=False)


def approved(
    proposal: Proposal,
    needs: Required,
    actor: Actor,
    reason: str,
    now: int,
    *,
    seen: str,
    lacking: frozenset[Document] = frozenset(),
    vouched: frozenset[Document] = frozenset(),
    holds: Holds = lambda _: True,
) -> Outcome:
    """One more approval. `seen` is the digest of what the approver was shown, `lacking` the documents not in place,
    `vouched` those that the approver has seen outside.
    """
    body = _approving(proposal, needs, actor, reason, seen)
    if isinstance(body, Refused):
        return body
    told = tuple(sorted(vouched & vouchable(proposal.kind))) if body is Body.FEDERATION else ()
    act = replace(_act(proposal, actor, body, What.APPROVED, reason, now), vouched=told)
    after = _next(proposal, act)
    return _unproven(after, needs, lacking, holds) or _settled(after, needs, holds)


def _unproven(proposal: Proposal, needs: Required, lacking: frozenset[Document], holds: Holds) -> Refused | None:
    """The documents that are neither in place nor vouched for. An emergency does without all but a few."""
    vouched = {document for act in counted(proposal, holds) for document in act.vouched}
    missing = (lacking & needs.documents) - vouched
    if proposal.emergency:
        missing &= NEVER_WAIVED
    if not missing:
        return None
    return Refused(Refusal.DOCUMENTS_LACKING, tuple(sorted(missing)))


def _settled(proposal: Proposal, needs: Required, holds: Holds) -> Proposal:
    stands = enough(proposal, needs, counted(proposal, holds))
    return replace(proposal, stage=Stage.APPROVED if stands else Stage.SUBMITTED)


def _approving(proposal: Proposal, needs: Required, actor: Actor, reason: str, seen: str) -> Body | Refused:
    """The body for which the actor approves, or why not."""
    if proposal.stage not in WITH_APPROVERS:
        return Refused(Refusal.WRONG_STAGE)
    body = body_of(actor, proposal.org)
    if body is None:
        return Refused(Refusal.NOT_ALLOWED)
    if actor.person in contributors(proposal):
        return Refused(Refusal.OWN_PROPOSAL)
    if seen != proposal.digest:
        return Refused(Refusal.CONTENT_CHANGED)
    if any(act.actor == actor.person for act in counted(proposal)):
        return Refused(Refusal.TWICE)
    if not _useful(proposal, needs, body):
        return Refused(Refusal.WRONG_BODY)
    return reason_lacking(reason) or body


def emergency(
    proposal: Proposal,
    needs: Required,
    actor: Actor,
    reason: str,
    now: int,
    *,
    seen: str,
    overdue: bool = False,
    lacking: frozenset[Document] = frozenset(),
    holds: Holds = lambda _: True,
) -> Outcome:
    """An operator approves without waiting for documents; with a second operator it is valid at once, and reviewed after.

    `overdue`: whether the review of an earlier emergency is. Then there is no emergency path until it is done.
    """
    if overdue:
        return Refused(Refusal.REVIEW_OVERDUE)
    if proposal.danger is Danger.HARMLESS:
        return Refused(Refusal.NO_EMERGENCY)
    called = replace(proposal, emergency=True)
    body = _approving(called, needs, actor, reason, seen)
    if isinstance(body, Refused):
        return body
    after = _next(called, _act(called, actor, body, What.EMERGENCY, reason, now))
    return _unproven(after, needs, lacking, holds) or _settled(after, needs, holds)


def taken_up(proposal: Proposal, actor: Actor, now: int) -> Outcome:
    """An operator has begun to look at it, which the member sees. Once is enough."""
    if proposal.stage is not Stage.SUBMITTED or in_review(proposal):
        return Refused(Refusal.WRONG_STAGE)
    if body_of(actor, proposal.org) is not Body.FEDERATION:
        return Refused(Refusal.NOT_ALLOWED)
    return _next(proposal, _act(proposal, actor, Body.FEDERATION, What.TAKEN_UP, "", now))


def returned(proposal: Proposal, actor: Actor, reason: str, now: int) -> Outcome:
    """Sent back to be completed."""
    return _decided(proposal, actor, reason, now, What.RETURNED, Stage.RETURNED)


def rejected(proposal: Proposal, actor: Actor, reason: str, now: int) -> Outcome:
    """Refused for good; a new proposal can be made."""
    return _decided(proposal, actor, reason, now, What.REJECTED, Stage.REJECTED)


def _decided(proposal: Proposal, actor: Actor, reason: str, now: int, what: What, stage: Stage) -> Outcome:
    if proposal.stage not in WITH_APPROVERS:
        return Refused(Refusal.WRONG_STAGE)
    if body_of(actor, proposal.org) is not Body.FEDERATION:
        return Refused(Refusal.NOT_ALLOWED)
    if refused := reason_lacking(reason):
        return refused
    return _next(proposal, _act(proposal, actor, Body.FEDERATION, what, reason, now), stage)


def withdrawn(proposal: Proposal, actor: Actor, reason: str, now: int) -> Outcome:
    """Taken back by who may propose it."""
    if proposal.stage not in OPEN:
        return Refused(Refusal.WRONG_STAGE)
    if not _works_on(actor, proposal):
        return Refused(Refusal.NOT_ALLOWED)
    if refused := _ill_said(reason):
        return refused
    act = _act(proposal, actor, _acting_for(actor, proposal.org), What.WITHDRAWN, reason, now)
    return _next(proposal, act, Stage.WITHDRAWN)


def published(
    proposal: Proposal,
    needs: Required,
    actor: Actor,
    now: int,
    *,
    lacking: frozenset[Document] = frozenset(),
    holds: Holds = lambda _: True,
) -> Outcome:
    """Made valid. Looks anew at whether the approvals stand and the documents are in place."""
    if proposal.stage is not Stage.APPROVED:
        return Refused(Refusal.WRONG_STAGE)
    if not (_works_on(actor, proposal) or body_of(actor, proposal.org)):
        return Refused(Refusal.NOT_ALLOWED)
    if not enough(proposal, needs, counted(proposal, holds)):
        return Refused(Refusal.APPROVALS_LACKING)
    if refused := _unproven(proposal, needs, lacking, holds):
        return refused
    due = now + REVIEW_WITHIN if proposal.emergency else None
    act = _act(proposal, actor, body_of(actor, proposal.org) or Body.MEMBER, What.PUBLISHED, "", now)
    return _next(proposal, act, Stage.PUBLISHED, review_due=due)


def reviewed(proposal: Proposal, actor: Actor, reason: str, now: int) -> Outcome:
    """Somebody who had no hand in an emergency has looked at it."""
    if proposal.review_due is None:
        return Refused(Refusal.WRONG_STAGE)
    place = place_of(proposal.org)
    if not (may(actor, Action.APPROVE, place) or may(actor, Action.REVIEW_EMERGENCY, place)):
        return Refused(Refusal.NOT_ALLOWED)
    involved = {act.actor for act in proposal.acts}
    if actor.person in involved or (proposal.org and actor.roles(proposal.org)):
        return Refused(Refusal.OWN_PROPOSAL)
    if refused := reason_lacking(reason):
        return refused
    return _next(proposal, _act(proposal, actor, Body.FEDERATION, What.REVIEWED, reason, now), review_due=None)


def overdue(proposal: Proposal, now: int) -> bool:
    """Whether the review of an emergency should have been done."""
    return proposal.review_due is not None and now >= proposal.review_due
