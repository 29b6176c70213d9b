"""Changes of the register by proposal: look up what is needed, let `trust_framework.approval` decide, give the effects.

Every function takes what somebody does and gives `Done`, whose effects the caller commits at once, or `Refused`. What is
published goes into the register in the same commit as the last act, and only if nothing that was decided by has changed:
the proposal, the entry that it was made from, the approvers' roles, the names.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from pydantic import ValidationError

from broker.audit.events import Event, ProposalActed, RoleGiven
from broker.federation import change_mail, documents, fitness, hosts, judged
from broker.federation.documents import Asked, Found, Tested
from broker.federation.entries import SECRET_HASH, BadEntry
from broker.federation.plan import Change, KeyUse, class_of, entry_changes
from broker.federation.proposing import ListedProposal, SameRoles, SaveProposal
from broker.federation.register import METHODS, ChangeRegister, Content, Entry, EntryChange, about, digest
from broker.federation.trusted import trusted_part
from broker.login.effects import NOTHING, Effects, GrantRole
from broker.login.effects import Change as Effect
from broker.settings import Settings
from metadata.findings import Finding
from metadata.oidc import SECRET_METHODS
from metadata.private_keys import WORDS, private_key_in
from metadata.wire.xml import XmlRefused
from trust_framework import approval
from trust_framework.approval import Act, Body, Outcome, Proposal, Refusal, Refused, Stage, Wanted
from trust_framework.danger import Danger
from trust_framework.domains import DomainProof
from trust_framework.member_types import Document, MemberType, Purpose, Required, required
from trust_framework.members import State
from trust_framework.membership import Mover, MoveRefusal, Standing, move
from trust_framework.names import Held, Holding, Name, alike, held
from trust_framework.roles import Action, Actor, Role, RoleGrant, active, may

PORTAL: Final = "portal"
NEW_STATES: Final = frozenset({State.ACTIVE.value, State.APPROVED.value})


class ProposalStore(Protocol):
    """What is read of storage."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def register_exact(self, kind: str, id: str, version: int) -> Entry | None: ...

    def register_history(self, kind: str, id: str) -> tuple[Entry, ...]: ...

    def proposal(self, id: str, org: str | None = None) -> Proposal | None: ...

    def register_holders(self, name: Name) -> tuple[Holding, ...]: ...

    def register_near(self, name: Name) -> tuple[Holding, ...]: ...

    def role_grants(self, person: str) -> tuple[RoleGrant, ...]: ...

    def own_role_grants(self, person: str) -> tuple[RoleGrant, ...]: ...

    def role_grants_of(self, org: str) -> tuple[RoleGrant, ...]: ...

    def domain_proofs(self, org: str) -> tuple[DomainProof, ...]: ...

    def reviews_due(self, before: int) -> tuple[ListedProposal, ...]: ...


def _never(_service: str, _proposal: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where proposals are worked on. `tested` knows of test logins; `hash_secret` makes what is kept of a client's secret."""

    store: ProposalStore
    settings: Settings
    now: int
    tested: Tested = _never
    hash_secret: Callable[[str], bytes] | None = None
    origin: str = PORTAL


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, to be committed. `published`: the register has it."""

    proposal: Proposal
    effects: Effects = field(repr=False)

    @property
    def published(self) -> bool:
        return self.proposal.stage is Stage.PUBLISHED


Answer = Done | Refused


# --- what is wanted


def digest_of(kind: str, id: str, org: str, content: Content | None) -> str:
    """What an approval is bound to: the entry, whose it is, and the content without its harmless aspects."""
    trusted = None if content is None else trusted_part(kind, content)
    return digest({"kind": kind, "id": id, "org": org, "content": trusted})


def wanted(kind: str, id: str, org: str, content: Content | None, desk: Desk) -> Wanted:
    """The content as a proposal has it: with the state that it may have, and compared with what stands."""
    standing = desk.store.register_entry(kind, id)
    before = standing.content if standing else None
    after = None if content is None else _prepared(kind, org, content, before, desk)
    found = words(kind, id, before, after, desk.settings)
    danger = Danger.DANGEROUS if found is None else class_of(kind, before, after, found)
    base = digest_of(kind, id, standing.org, before) if standing else ""
    return Wanted(after, digest_of(kind, id, org, after), standing.version if standing else 0, base, danger)


def words(
    kind: str, id: str, before: Content | None, after: Content | None, settings: Settings, use: KeyUse | None = None
) -> tuple[Change, ...] | None:
    """What changes, in words; None when the content cannot be read yet. `use` is what the log knows of a service's keys."""
    try:
        return entry_changes(kind, id, before, after, settings, use)
    except (ValidationError, BadEntry):
        return None


def _prepared(kind: str, org: str, content: Content, before: Content | None, desk: Desk) -> dict[str, Any]:
    """The content as it may be proposed: of this member, in a state that it has or begins in, its secret hashed."""
    made = {name: value for name, value in content.items() if name != "state"}
    if kind in _STATED:
        made |= _state(content, before)
    if kind in OWNED and org:
        made["member"] = org
    if kind == "service" and isinstance(made.get("oidc"), Mapping):
        made["oidc"] = _without_secret(made["oidc"], before, desk)
    return made


OWNED: Final = frozenset({"service", "identity_provider"})
"""Kinds of entries that a member may own."""

_STATED: Final = frozenset({"member", "service", "identity_provider", "method"})


def _state(content: Content, before: Content | None) -> dict[str, str]:
    """A proposed change never changes the state, not even by saying it; what is new begins active, or approved."""
    if before is not None:
        return {"state": str(before["state"])} if "state" in before else {}
    given = str(content.get("state", State.ACTIVE.value))
    return {"state": given if given in NEW_STATES else State.ACTIVE.value}


def _without_secret(registration: Mapping[str, Any], before: Content | None, desk: Desk) -> dict[str, Any]:
    """A registration with the keyed hash of a new secret in the secret's place, else of the one that it has; a client that
    proves itself otherwise has none.
    """
    kept = {name: value for name, value in registration.items() if name != "client_secret"}
    if kept.get("token_endpoint_auth_method", SECRET_METHODS[0]) not in SECRET_METHODS:
        return {name: value for name, value in kept.items() if name != SECRET_HASH}
    secret, had = registration.get("client_secret"), ((before or {}).get("oidc") or {}).get(SECRET_HASH)
    if isinstance(secret, str) and secret and desk.hash_secret is not None:
        return {**kept, SECRET_HASH: desk.hash_secret(secret).hex()}
    return {SECRET_HASH: had, **kept} if had else kept


# --- what is needed


def purpose(before: Content | None, after: Content | None) -> Purpose:
    """What a change is for."""
    to = State.LEFT.value if after is None else str(after.get("state", State.ACTIVE.value))
    if to == State.LEFT.value:
        return Purpose.LEAVE
    if before is None:
        return Purpose.ADMIT if to == State.APPROVED.value else Purpose.JOIN
    had = before.get("state", State.ACTIVE.value)
    if to == State.ACTIVE.value and had != State.ACTIVE.value:
        once_in_force = had not in _NEW_AGAIN and _bare(before) == _bare(after or {})
        return Purpose.RESUME if once_in_force else Purpose.JOIN
    return Purpose.CHANGE


_NEW_AGAIN: Final = frozenset({State.TEST.value, State.LEFT.value})
"""States from which an entry comes into force with all that a new one needs."""


def _bare(content: Content) -> Content:
    return {name: value for name, value in content.items() if name not in {"state", "reason"}}


def needs(proposal: Proposal, desk: Desk) -> Required:
    """The approvals and documents that a proposal needs; where it brings a name like another member's, somebody who has
    looked at the two and says why they are told apart.
    """
    made = required(
        _type(proposal, desk),
        proposal.kind,
        proposal.danger,
        _purpose(proposal, desk),
        named_hosts=_names_hosts(proposal),
    )
    return replace(made, documents=made.documents | {Document.TOLD_APART}) if look_alikes(proposal, desk) else made


def _was_in_force(proposal: Proposal, desk: Desk) -> bool:
    """Whether it has ever been active or admitted."""
    versions = desk.store.register_history(proposal.kind, proposal.object)
    return any(str(each.content.get("state", State.ACTIVE.value)) in NEW_STATES for each in versions if each.content)


def _purpose(proposal: Proposal, desk: Desk) -> Purpose:
    """What it is for. What was stopped while in test, and never was in force, does not resume but joins."""
    standing = desk.store.register_entry(proposal.kind, proposal.object)
    what = purpose(standing.content if standing else None, proposal.content)
    return Purpose.JOIN if what is Purpose.RESUME and not _was_in_force(proposal, desk) else what


def _names_hosts(proposal: Proposal) -> bool:
    """Whether there is anything to prove. What cannot be read may name any."""
    try:
        return proposal.content is not None and bool(hosts.named(proposal.kind, proposal.content))
    except XmlRefused:
        return True


def _type(proposal: Proposal, desk: Desk) -> MemberType:
    known = {each.value for each in MemberType}
    given = str(member_of(proposal, desk).get("type", ""))
    return MemberType(given) if given in known else MemberType.USER_ORGANISATION


def member_of(proposal: Proposal, desk: Desk) -> Content:
    """The member that a proposal is about, as it would be, or whose entry it is, as it stands."""
    if proposal.kind == "member":
        return proposal.content or {}
    entry = desk.store.register_entry("member", proposal.org) if proposal.org else None
    return (entry.content or {}) if entry else {}


def checklist(proposal: Proposal, desk: Desk) -> tuple[Found, ...]:
    """Every document that is needed, with what was found out of itself."""
    asked = Asked(
        proposal.kind,
        proposal.object,
        proposal.org,
        proposal.content or {},
        member_of(proposal, desk),
        proposal.digest,
        resuming=_purpose(proposal, desk) is Purpose.RESUME,
    )
    wanted_ = needs(proposal, desk).documents
    return documents.found(wanted_, asked, desk.store, desk.tested, desk.settings, desk.now)


def _lacking(proposal: Proposal, desk: Desk) -> frozenset[Document]:
    return frozenset(found.document for found in checklist(proposal, desk) if not found.done)


def holds(act: Act, org: str, desk: Desk) -> bool:
    """Whether who approved may still approve for that body."""
    grants = active(desk.store.role_grants(act.actor), desk.now)
    return approval.body_of(Actor(act.actor, grants=grants), org) is act.body


def standing_approvals(proposal: Proposal, desk: Desk) -> tuple[Act, ...]:
    """The approvals that count now."""
    return approval.counted(proposal, lambda act: holds(act, proposal.org, desk))


def name_held(proposal: Proposal, desk: Desk) -> Held | None:
    """A name of the content that is not free."""
    for name in _names(proposal):
        wanted_ = Holding(name, proposal.kind, proposal.object, proposal.org)
        if found := held(wanted_, desk.store.register_holders(name), desk.now):
            return found
    return None


def look_alikes(proposal: Proposal, desk: Desk) -> tuple[tuple[Name, Holding], ...]:
    """Names that the content brings and that people may take for another member's, each with that one. Those that the entry has
    were looked at when it got them.
    """
    standing = desk.store.register_entry(proposal.kind, proposal.object)
    had = {(name.kind, name.key) for name in _names_of(proposal.kind, standing.content if standing else None)}
    found = []
    for name in (name for name in _names(proposal) if (name.kind, name.key) not in had):
        wanted_ = Holding(name, proposal.kind, proposal.object, proposal.org)
        found += [(name, other) for other in alike(wanted_, desk.store.register_near(name))]
    return tuple(found)


def _names(proposal: Proposal) -> tuple[Name, ...]:
    return _names_of(proposal.kind, proposal.content)


def _names_of(kind: str, content: Content | None) -> tuple[Name, ...]:
    return about(kind, content).names_held if content is not None else ()


# --- acts


def draft(kind: str, id: str, org: str, content: Content | None, actor: Actor, desk: Desk) -> Answer:
    """Begin a proposal. `id` names the entry, one that stands or a new one."""
    standing = desk.store.register_entry(kind, id)
    if not _belongs(kind, id, org) or (standing is not None and standing.org != org):
        return Refused(Refusal.NOT_ALLOWED)
    if refused := _leaking(kind, content):
        return refused
    made = wanted(kind, id, org, content, desk)
    outcome = approval.drafted(secrets.token_urlsafe(12), kind, id, org, made, actor, desk.now)
    return _done(None, outcome, actor, desk)


def _leaking(kind: str, content: Content | None) -> Refused | None:
    """A private key is kept nowhere, not even in a draft. The broker's own methods have theirs by the operator's hand."""
    place = private_key_in(content) if kind != METHODS[1] else None
    return None if place is None else Refused(Refusal.PRIVATE_KEY, (f"{place} {WORDS}".strip(),))


def _belongs(kind: str, id: str, org: str) -> bool:
    """Whether such an entry can be this member's (no `org`: the federation's): itself, and what members own."""
    if kind == "member":
        return id == org
    return not org or kind in OWNED


def edit(proposal: Proposal, content: Content | None, actor: Actor, desk: Desk) -> Answer:
    """Give a proposal another content, made from what stands now."""
    if refused := _leaking(proposal.kind, content):
        return refused
    made = wanted(proposal.kind, proposal.object, proposal.org, content, desk)
    return _done(proposal, approval.edited(proposal, made, actor, desk.now), actor, desk)


def submit(proposal: Proposal, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Send it in. What is harmless is published at once."""
    if refused := _unfit(proposal, desk):
        return refused
    outcome = approval.submitted(proposal, actor, reason, desk.now)
    return _done(proposal, _onwards(outcome, actor, desk), actor, desk)


def _unfit(proposal: Proposal, desk: Desk) -> Refused | None:
    """Why the content may not be sent in or published: unreadable, unchanged, made from what no longer stands, or named
    like another's.
    """
    standing = desk.store.register_entry(proposal.kind, proposal.object)
    if proposal.wanted.base != (standing.version if standing else 0):
        return Refused(Refusal.OVERTAKEN)
    if proposal.content == (standing.content if standing else None):
        return Refused(Refusal.NO_CHANGE)
    if proposal.content is None:
        return Refused(Refusal.UNFIT, ("member",)) if proposal.kind == "member" else None
    found = fitness.faults(
        proposal.kind, proposal.object, proposal.org, proposal.content, desk.store, desk.settings, desk.now
    )
    if found:
        return Refused(Refusal.UNFIT, tuple(str(fault) for fault in found))
    return _held(proposal, desk)


def _held(proposal: Proposal, desk: Desk) -> Refused | None:
    """What keeps a proposal from being sent in, approved and published, by whichever path: a name that is not free, and what
    the validator finds wrong.
    """
    if taken := name_held(proposal, desk):
        return Refused(Refusal.NAME_HELD, (taken.name.value,))
    found = judged.errors(proposal, desk.store, desk.settings, desk.now)
    return Refused(Refusal.FINDINGS, tuple(dict.fromkeys(map(_named, found)))) if found else None


def _named(finding: Finding) -> str:
    return f"{finding.id}: {finding.why}"


def approvals_needed(proposal: Proposal, desk: Desk) -> int:
    """How many approvals it takes: never fewer than two where trust is touched."""
    if proposal.danger is Danger.HARMLESS:
        return 0
    return max(len(needs(proposal, desk).approvals), approval.NEVER_EMPTY)


def wrong(proposal: Proposal, desk: Desk) -> tuple[str, ...]:
    """What keeps the content from being sent in or published: faults, a name that is taken, or the code of a refusal."""
    refused = _unfit(proposal, desk)
    return () if refused is None else refused.about or (refused.why.value,)


def take_up(proposal: Proposal, actor: Actor, desk: Desk) -> Answer:
    """Begin to look at it."""
    return _done(proposal, approval.taken_up(proposal, actor, desk.now), actor, desk)


def approve(
    proposal: Proposal,
    reason: str,
    seen: str,
    actor: Actor,
    desk: Desk,
    vouched: frozenset[Document] = frozenset(),
) -> Answer:
    """Approve what was shown (`seen`, its digest). With the last approval that is needed it is published."""
    outcome = approval.approved(
        proposal,
        needs(proposal, desk),
        actor,
        reason,
        desk.now,
        seen=seen,
        lacking=_lacking(proposal, desk),
        vouched=vouched,
        holds=lambda act: holds(act, proposal.org, desk),
    )
    return _done(proposal, _onwards(_unless_held(outcome, desk), actor, desk), actor, desk)


def _unless_held(outcome: Outcome, desk: Desk) -> Outcome:
    """The outcome of an approval; refused when the content has become wrong since it was sent in."""
    return outcome if isinstance(outcome, Refused) else _held(outcome, desk) or outcome


def emergency(proposal: Proposal, reason: str, seen: str, actor: Actor, desk: Desk) -> Answer:
    """Approve by the emergency path: two operators, no documents, reviewed afterwards."""
    outcome = approval.emergency(
        proposal,
        needs(proposal, desk),
        actor,
        reason,
        desk.now,
        seen=seen,
        overdue=bool(desk.store.reviews_due(desk.now)),
        holds=lambda act: holds(act, proposal.org, desk),
        lacking=_lacking(proposal, desk),
    )
    return _done(proposal, _onwards(_unless_held(outcome, desk), actor, desk), actor, desk)


def publish(proposal: Proposal, actor: Actor, desk: Desk) -> Answer:
    """Publish what is approved and could not be published then."""
    return _done(proposal, _published(proposal, actor, desk), actor, desk)


def send_back(proposal: Proposal, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Ask for completion."""
    return _done(proposal, approval.returned(proposal, actor, reason, desk.now), actor, desk)


def reject(proposal: Proposal, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Refuse it for good."""
    return _done(proposal, approval.rejected(proposal, actor, reason, desk.now), actor, desk)


def withdraw(proposal: Proposal, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Take it back."""
    return _done(proposal, approval.withdrawn(proposal, actor, reason, desk.now), actor, desk)


def review(proposal: Proposal, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Note that an emergency was looked at afterwards."""
    return _done(proposal, approval.reviewed(proposal, actor, reason, desk.now), actor, desk)


def suspend(kind: str, id: str, reason: str, actor: Actor, desk: Desk) -> Effects | Refused:
    """Stop a member, a service, a provider or a login method at once; one operator is enough."""
    entry = desk.store.register_entry(kind, id)
    if entry is None or entry.content is None or kind not in _STATED:
        return Refused(Refusal.NOT_ALLOWED)
    if not may(actor, Action.SUSPEND, approval.place_of(entry.org)):
        return Refused(Refusal.NOT_ALLOWED)
    if refused := approval.reason_lacking(reason):
        return refused
    if entry.content.get("state", State.ACTIVE.value) in {State.SUSPENDED.value, State.LEFT.value}:
        return Refused(Refusal.WRONG_STAGE)
    stopped = {**entry.content, "state": State.SUSPENDED.value, "reason": reason.strip()}
    change = EntryChange(
        kind, id, stopped, entry.org, desk.origin, actor.person, reason.strip(), expected=entry.version
    )
    return Effects((ChangeRegister((change,), desk.now),)) + _told_of_stop(entry, desk)


def _told_of_stop(entry: Entry, desk: Desk) -> Effects:
    """The mail of a stop, to the member whose entry it is."""
    member = desk.store.register_entry("member", entry.org) if entry.org else None
    names = about(entry.kind, entry.content or {}).names
    standing = (member.content if member else None) or {}
    return change_mail.of_suspension(entry.kind, entry.id, entry.org, standing, names, desk.settings, desk.now)


def activate(kind: str, id: str, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Propose that what is suspended, or admitted without agreement, is in force again: two others approve."""
    return _to_state(kind, id, State.ACTIVE, reason, actor, desk)


def leave(kind: str, id: str, reason: str, actor: Actor, desk: Desk) -> Answer:
    """Propose that a member, service or provider leaves the federation. A member that is suspended does not slip out by
    itself.
    """
    entry = desk.store.register_entry(kind, id)
    if kind == "member" and entry is not None and (refused := _stays(entry, reason, actor, desk)):
        return refused
    return _to_state(kind, id, State.LEFT, reason, actor, desk)


def _stays(entry: Entry, reason: str, actor: Actor, desk: Desk) -> Refused | None:
    """Why a member may not leave as it stands, by who asks."""
    standing = Standing(_state_of(entry), entry.at)
    mover = Mover.TWO_OPERATORS if approval.body_of(actor, entry.org) is Body.FEDERATION else Mover.MEMBER
    outcome = move(standing, State.LEFT, mover, reason, desk.now)
    return Refused(_STAYS[outcome]) if isinstance(outcome, MoveRefusal) else None


_STAYS: Final[Mapping[MoveRefusal, Refusal]] = {
    MoveRefusal.NO_SUCH_STEP: Refusal.NO_CHANGE,
    MoveRefusal.NOT_YOURS: Refusal.SUSPENDED,
    MoveRefusal.NO_REASON: Refusal.NO_REASON,
}


def _to_state(kind: str, id: str, state: State, reason: str, actor: Actor, desk: Desk) -> Answer:
    entry = desk.store.register_entry(kind, id)
    if entry is None or entry.content is None or kind not in _STATED:
        return Refused(Refusal.NOT_ALLOWED)
    if _state_of(entry) is state:
        return Refused(Refusal.NO_CHANGE)
    if refused := approval.reason_lacking(reason):
        return refused
    made = _in_state(entry, state)
    drafted = approval.drafted(secrets.token_urlsafe(12), kind, id, entry.org, made, actor, desk.now)
    if isinstance(drafted, Refused):
        return drafted
    return _done(None, approval.submitted(drafted, actor, reason, desk.now), actor, desk)


def _in_state(entry: Entry, state: State) -> Wanted:
    """The entry as it stands, but in another state."""
    before = entry.content or {}
    content = {**_bare(before), "state": state.value}
    old, new = (digest_of(entry.kind, entry.id, entry.org, each) for each in (before, content))
    return Wanted(content, new, entry.version, old, Danger.DANGEROUS)


def _state_of(entry: Entry) -> State:
    return State(str((entry.content or {}).get("state", State.ACTIVE.value)))


def rebased(proposal: Proposal, actor: Actor, desk: Desk) -> Answer:
    """The same change, made from what stands now: what is needed when the entry was changed meanwhile. A change of the state is
    one of what stands now.
    """
    state = _state_sought(proposal, desk)
    return edit(proposal, proposal.content, actor, desk) if state is None else _moved(proposal, state, actor, desk)


def _state_sought(proposal: Proposal, desk: Desk) -> State | None:
    """The state that a proposal is for (to leave, to be in force again), None when it is for another content."""
    base = desk.store.register_exact(proposal.kind, proposal.object, proposal.wanted.base)
    if proposal.kind not in _STATED or proposal.content is None or base is None or base.content is None:
        return None
    sought = State(str(proposal.content.get("state", State.ACTIVE.value)))
    return None if sought is _state_of(base) else sought


def _moved(proposal: Proposal, state: State, actor: Actor, desk: Desk) -> Answer:
    """A change of the state, made from what stands now; refused when that may not be moved so any more."""
    entry = desk.store.register_entry(proposal.kind, proposal.object)
    if entry is None or _state_of(entry) is state:
        return Refused(Refusal.NO_CHANGE)
    leaves = proposal.kind == "member" and state is State.LEFT
    if leaves and (refused := _stays(entry, _reason(proposal), actor, desk)):
        return refused
    return _done(proposal, approval.edited(proposal, _in_state(entry, state), actor, desk.now), actor, desk)


# --- effects


def _onwards(outcome: Outcome, actor: Actor, desk: Desk) -> Outcome:
    """Publish at once what is approved now. What cannot be published stays approved, and says so when it is tried."""
    if isinstance(outcome, Refused) or outcome.stage is not Stage.APPROVED:
        return outcome
    after = _published(outcome, actor, desk)
    return outcome if isinstance(after, Refused) else after


def _published(proposal: Proposal, actor: Actor, desk: Desk) -> Outcome:
    if refused := _unfit(proposal, desk):
        return refused
    return approval.published(
        proposal,
        needs(proposal, desk),
        actor,
        desk.now,
        lacking=_lacking(proposal, desk),
        holds=lambda act: holds(act, proposal.org, desk),
    )


def _done(before: Proposal | None, outcome: Outcome, actor: Actor, desk: Desk) -> Answer:
    """The outcome with everything that it changes, and everything that it was decided by."""
    if isinstance(outcome, Refused):
        return outcome
    seen = before.version if before else 0
    same = _same_roles(outcome, actor, desk)
    if outcome.stage in {Stage.APPROVED, Stage.PUBLISHED} and not _stands(outcome, desk):
        return Refused(Refusal.OVERTAKEN)
    changes: list[Effect] = [*same, SaveProposal(outcome, seen, _called(outcome))]
    events: list[Event] = [_event(outcome, act) for act in outcome.acts[seen:]]
    if outcome.stage is Stage.PUBLISHED and (before is None or before.stage is not Stage.PUBLISHED):
        changes.append(ChangeRegister((_entry_change(outcome, actor, desk),), desk.now))
        given = _first_owner(outcome, desk)
        changes += [GrantRole(grant) for grant in given]
        events += [RoleGiven(at=desk.now, person=g.person, org=g.org, role=g.role, by=g.by) for g in given]
    told = _told(before, outcome, desk)
    return Done(outcome, Effects(tuple(changes), tuple(events)) + told)


def _told(before: Proposal | None, outcome: Proposal, desk: Desk) -> Effects:
    """The mail of this step to the member's contacts. An applicant's are those of the application, and nobody is mailed
    because somebody named them there before an operator has looked at it.
    """
    step = change_mail.step_of(before.stage if before else None, outcome)
    if step is None or not outcome.org:
        return NOTHING
    member = desk.store.register_entry("member", outcome.org)
    standing = member.content if member else None
    if standing is None and step is change_mail.Step.SUBMITTED:
        return NOTHING
    told_to = standing if standing is not None else outcome.content or {}
    return change_mail.of_proposal(step, outcome, told_to, _called(outcome), desk.settings, desk.now)


def _same_roles(proposal: Proposal, actor: Actor, desk: Desk) -> tuple[SameRoles, ...]:
    """The roles of all who had a say, which must be the same when it is recorded."""
    people = {actor.person, *(act.actor for act in approval.counted(proposal))}
    return tuple(SameRoles(person, desk.store.own_role_grants(person)) for person in sorted(people))


def _stands(proposal: Proposal, desk: Desk) -> bool:
    """Whether the approvals still suffice. Looked at after the roles were read that must be the same at the commit, so
    that one taken meanwhile is seen either here or there.
    """
    return approval.enough(proposal, needs(proposal, desk), standing_approvals(proposal, desk))


def _entry_change(proposal: Proposal, actor: Actor, desk: Desk) -> EntryChange:
    return EntryChange(
        proposal.kind,
        proposal.object,
        proposal.content,
        proposal.org,
        desk.origin,
        actor.person,
        _reason(proposal),
        proposal.id,
        proposal.wanted.base,
    )


def _reason(proposal: Proposal) -> str:
    """The last reason that anybody gave."""
    return next((act.reason for act in reversed(proposal.acts) if act.reason), "")


def _first_owner(proposal: Proposal, desk: Desk) -> tuple[RoleGrant, ...]:
    """Who applied for a new member owns it, unless somebody does already. An operator who entered it does not."""
    if proposal.kind != "member" or proposal.wanted.base != 0 or proposal.acts[0].body is not Body.MEMBER:
        return ()
    if any(grant.role is Role.OWNER for grant in active(desk.store.role_grants_of(proposal.org), desk.now)):
        return ()
    return (RoleGrant(proposal.author, proposal.org, Role.OWNER, f"proposal:{proposal.id}", desk.now),)


def _called(proposal: Proposal) -> Mapping[str, str]:
    """What the entry is called, as lists show it."""
    if proposal.content is None:
        return {}
    return about(proposal.kind, proposal.content).names


def _event(proposal: Proposal, act: Act) -> ProposalActed:
    return ProposalActed(
        at=act.at,
        proposal=proposal.id,
        kind=proposal.kind,
        entry=proposal.object,
        org=proposal.org,
        actor=act.actor,
        body=act.body,
        what=act.what,
        stage=proposal.stage,
        digest=act.digest,
    )


def standing(proposal: Proposal) -> str:
    """Where it stands, in the word that lists and pages show: its stage, or that an operator has begun to look at it."""
    return State.REVIEW.value if approval.in_review(proposal) else proposal.stage.value
