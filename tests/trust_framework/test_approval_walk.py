"""A long random walk over the whole workflow: what is in force always has two distinct valid approvals.

People propose, edit, approve, publish and lose their roles in any order, rightly and wrongly, some from an old page. What is
in force is then judged by a second, slower reading of the history that shares no code with the workflow.
"""

import random
from dataclasses import dataclass, field, replace

import pytest

from tests.support.approvals import NOW, ORG, wanted
from trust_framework import approval
from trust_framework.approval import Act, Body, Proposal, Refused, Stage, What
from trust_framework.danger import Danger
from trust_framework.member_types import Document, MemberType, required
from trust_framework.roles import FEDERATION, Actor, Role, RoleGrant

PEOPLE = [f"person-{number}" for number in range(9)]
POSTS = [(Role.OPERATOR, FEDERATION), (Role.OWNER, ORG), (Role.TECHNICAL, ORG), (Role.SECURITY_OFFICER, FEDERATION)]
ENTRIES = ["journal", "boka"]
USERS = MemberType.USER_ORGANISATION
DOCUMENTS = [Document.AGREEMENT, Document.DOMAIN_PROOF, Document.TEST_LOGIN]


@dataclass
class Version:
    """What is in force of an entry, by which proposal, and who had which post when it was published."""

    number: int
    digest: str
    by: Proposal | None
    posts: dict[str, set[tuple[Role, str]]] = field(default_factory=dict)


@dataclass
class Walk:
    """The register and the people, and one step after another."""

    dice: random.Random
    posts: dict[str, set[tuple[Role, str]]] = field(default_factory=dict)
    active: dict[str, Version] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    pages: list[tuple[int, Proposal]] = field(default_factory=list)
    lacking: frozenset[Document] = frozenset()
    published: int = 0
    emergencies: int = 0
    now: int = NOW
    refusals: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.posts = {person: {POSTS[place % len(POSTS)]} for place, person in enumerate(PEOPLE)}
        self.active = {entry: Version(0, "", None) for entry in ENTRIES}

    def actor(self) -> Actor:
        return self.as_actor(self.dice.choice(PEOPLE))

    def as_actor(self, person: str) -> Actor:
        return Actor(person, person, tuple(RoleGrant(person, org, role, "x", 0) for role, org in self.posts[person]))

    def holds(self, act: Act) -> bool:
        return approval.body_of(self.as_actor(act.actor), ORG) is act.body

    def needs(self, proposal: Proposal):
        return required(USERS, "service", proposal.danger)

    def wanted(self, entry: str) -> approval.Wanted:
        standing = self.active[entry]
        digest = self.dice.choice([standing.digest or "d0", "d1", "d2", "d3"])
        base = standing.number if self.dice.random() < 0.95 else self.dice.randrange(standing.number + 1)
        danger = self.dice.choice(list(Danger))
        return wanted(digest, danger, base=base, base_digest=standing.digest)

    # --- the steps

    def step(self) -> None:
        self.now += 60
        act = self.dice.choices(
            [self.draft, self.edit, self.submit, self.approve, self.publish, self.emergency, self.decide, self.people],
            [4, 2, 12, 30, 14, 3, 0.5, 1],
        )[0]
        act()

    def draft(self) -> None:
        entry = self.dice.choice(ENTRIES)
        if len(self.proposals) >= 4:
            self.proposals = [p for p in self.proposals if p.stage in approval.OPEN][-3:]
            self.pages.clear()
        made = approval.drafted(f"p{self.now}", "service", entry, ORG, self.wanted(entry), self.actor(), self.now)
        if isinstance(made, Proposal):
            self.proposals.append(made)

    def page(self) -> tuple[int, Proposal] | None:
        """A proposal as somebody sees it, which now and then is what it was a while ago."""
        if not self.proposals:
            return None
        ready = [n for n, proposal in enumerate(self.proposals) if proposal.stage in approval.OPEN]
        at = self.dice.choice(ready if ready and self.dice.random() < 0.95 else range(len(self.proposals)))
        self.pages = [*self.pages[-20:], (at, self.proposals[at])]
        return self.dice.choice(self.pages) if self.dice.random() < 0.1 else self.pages[-1]

    def keep(self, at: int, seen: Proposal, outcome: approval.Outcome) -> bool:
        """Store what came of it, by compare-and-set as the store does."""
        if isinstance(outcome, Refused):
            self.refusals[outcome.why] = self.refusals.get(outcome.why, 0) + 1
            return False
        if self.proposals[at] != seen or outcome.version != seen.version + 1:
            self.refusals["overtaken"] = self.refusals.get("overtaken", 0) + 1
            return False
        self.proposals[at] = outcome
        return True

    def edit(self) -> None:
        if page := self.page():
            at, seen = page
            new = seen.wanted if self.dice.random() < 0.4 else self.wanted(seen.object)
            self.keep(at, seen, approval.edited(seen, new, self.actor(), self.now))

    def submit(self) -> None:
        if page := self.page():
            at, seen = page
            self.keep(at, seen, approval.submitted(seen, self.actor(), "", self.now))

    def approve(self) -> None:
        if page := self.page():
            at, seen = page
            shown = seen.digest if self.dice.random() < 0.9 else "d9"
            lacking = self.lacking
            outcome = approval.approved(
                seen, self.needs(seen), self.actor(), "ok", self.now, seen=shown, lacking=lacking, holds=self.holds
            )
            self.keep(at, seen, outcome)

    def emergency(self) -> None:
        if page := self.page():
            at, seen = page
            outcome = approval.emergency(
                seen, self.needs(seen), self.actor(), "now", self.now, seen=seen.digest, holds=self.holds
            )
            self.keep(at, seen, outcome)

    def decide(self) -> None:
        if page := self.page():
            at, seen = page
            act = self.dice.choice([approval.returned, approval.rejected, approval.withdrawn])
            self.keep(at, seen, act(seen, self.actor(), "no", self.now))

    def publish(self) -> None:
        if not (page := self.page()):
            return
        at, seen = page
        standing = self.active[seen.object]
        outcome = approval.published(
            seen, self.needs(seen), self.actor(), self.now, lacking=self.lacking, holds=self.holds
        )
        if isinstance(outcome, Proposal) and seen.wanted.base != standing.number:
            return  # the register says that it was overtaken
        if self.keep(at, seen, outcome):
            assert isinstance(outcome, Proposal)
            self.published += 1
            self.emergencies += outcome.emergency
            harmless = outcome.digest == standing.digest and outcome.danger is Danger.HARMLESS
            posts = {person: set(held) for person, held in self.posts.items()}
            self.active[seen.object] = Version(
                standing.number + 1,
                outcome.digest,
                standing.by if harmless else outcome,
                standing.posts if harmless else posts,
            )

    def people(self) -> None:
        person = self.dice.choice(PEOPLE)
        self.posts[person] = {self.dice.choice(POSTS) for _ in range(self.dice.choices([0, 1, 2], [1, 12, 1])[0])}
        self.lacking = frozenset(d for d in DOCUMENTS if self.dice.random() < 0.03)

    # --- the judge

    def judge(self) -> None:
        for version in self.active.values():
            if version.by is not None:
                assert len(valid_approvals(version)) >= 2, version


def valid_approvals(version: Version) -> set[str]:
    """Who rightly approved just what is in force, read from the bare history."""
    history = version.by.acts
    sent = [act.what for act in history].index(What.PUBLISHED)
    while history[sent].what is not What.SUBMITTED:
        sent -= 1
    wrote = {act.actor for act in history if act.what in {What.DRAFTED, What.EDITED, What.SUBMITTED}}
    operators, of_member = set(), set()
    for act in history[sent:]:
        if act.what not in {What.APPROVED, What.EMERGENCY} or act.digest != version.digest or act.actor in wrote:
            continue
        posts = version.posts[act.actor]
        belongs = {role for role, org in posts if org == ORG}
        if act.body is Body.FEDERATION and (Role.OPERATOR, FEDERATION) in posts and not belongs:
            operators.add(act.actor)
        if act.body is Body.MEMBER and Role.OWNER in belongs:
            of_member.add(act.actor)
    careful = version.by.danger is not Danger.DANGEROUS and not version.by.emergency
    return operators | of_member if careful and operators else operators


def test_the_judge_sees_what_is_missing():
    walk = walked(300, seed=1)
    version = next(v for v in walk.active.values() if v.by is not None)
    assert len(valid_approvals(version)) >= 2
    assert len(valid_approvals(replace_digest(version))) == 0
    for act in (What.APPROVED, What.EMERGENCY):
        kept = tuple(a for a in version.by.acts if a.what is not act)
        if kept != version.by.acts:
            assert len(valid_approvals(Version(1, version.digest, replace(version.by, acts=kept), version.posts))) < 2
    dismissed: dict[str, set[tuple[Role, str]]] = {person: set() for person in PEOPLE}
    assert valid_approvals(Version(1, version.digest, version.by, dismissed)) == set()


def replace_digest(version: Version) -> Version:
    return Version(version.number, "other", version.by, version.posts)


def walked(steps: int, seed: int) -> Walk:
    walk = Walk(random.Random(seed))
    for _ in range(steps):
        walk.step()
        walk.judge()
    return walk


@pytest.mark.spec("facts/threats", "FR-05")
@pytest.mark.parametrize(
    ("steps", "seed"), [(1_000, 1), (1_000, 2), (1_000, 3), pytest.param(100_000, 4, marks=pytest.mark.long)]
)
def test_on_a_random_walk_what_is_in_force_always_has_two_distinct_valid_approvals(steps, seed):
    walk = walked(steps, seed)
    assert walk.published >= steps // 250
    assert walk.emergencies >= steps // 10_000
    assert {"own-proposal", "not-allowed", "approved-already", "content-changed", "wrong-body"} <= set(walk.refusals)
    assert all(proposal.stage in Stage for proposal in walk.proposals)
