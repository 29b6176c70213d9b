"""A random walk over the whole workflow with the real store: what stands in the register always has two valid approvals.

As the walk over the pure part, but through lookups, digests, commits and the roles that are kept; now and then what was decided
is committed only after somebody else has acted.
"""

import random

import pytest

from broker.federation import proposals
from broker.federation.proposals import Done
from broker.login.effects import Effects, EndRole, GrantRole, Overtaken
from tests.support.approvals import NOW, ORG
from tests.support.proposing import LOA3, Office, client, member
from trust_framework.approval import OPEN, Act, Body, Proposal, Refused, What
from trust_framework.roles import FEDERATION, Actor, Role, RoleGrant

FULL, A_HUNDREDTH = 100_000, 1_000
PEOPLE = [f"person-{number}" for number in range(8)]
POSTS = [(Role.OPERATOR, FEDERATION), (Role.OPERATOR, FEDERATION), (Role.OWNER, ORG), (Role.TECHNICAL, ORG)]
CONTENTS = [
    {},
    {"attributes": ["sn"], "reasons": {"sn": "Visas"}},
    {"consent": "ask"},
    {"contact": {"mail": "support@example.se"}},
    {"levels": [LOA3], "names": {"sv": "Nytt namn"}},
]


class Walk:
    """People who act through the store, rightly and wrongly."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.dice = office, random.Random(seed)
        self.open: list[str] = []
        self.late: list[Done] = []
        self.posts: dict[str, set[tuple[Role, str]]] = {person: set() for person in PEOPLE}
        self.at_publication: dict[str, dict[str, set[tuple[Role, str]]]] = {}
        self.published, self.overtaken = 0, 0
        self.judged, self.approved = 0, ""
        self.refused: set[str] = set()
        office.standing("member", ORG, member())
        for place, person in enumerate(PEOPLE):
            self.post(person, {POSTS[place % len(POSTS)]})

    def post(self, person: str, wanted: set[tuple[Role, str]]) -> None:
        ended = [EndRole(person, org, role) for role, org in self.posts[person] - wanted]
        given = [GrantRole(RoleGrant(person, org, role, "walk", NOW)) for role, org in wanted - self.posts[person]]
        self.office.store.commit(Effects((*ended, *given)))
        self.posts[person] = wanted

    def actor(self) -> Actor:
        person = self.dice.choice(PEOPLE)
        return Actor(person, person, self.office.store.role_grants(person), "loa3", self.office.now)

    def proposal(self) -> Proposal | None:
        return self.office.store.proposal(self.dice.choice(self.open)) if self.open else None

    # --- steps

    def step(self) -> None:
        self.office.now += 60
        steps = [
            self.draft,
            self.edit,
            self.submit,
            self.approve,
            self.emergency,
            self.publish,
            self.decide,
            self.people,
        ]
        answer = self.dice.choices(steps, [3, 2, 8, 26, 2, 4, 0.5, 4])[0]()
        if isinstance(answer, Refused):
            self.refused.add(answer.why)
        if isinstance(answer, Done):
            self.late.append(answer)
        while self.late and self.dice.random() < 0.6:
            self.commit(self.late.pop(0))

    def commit(self, done: Done) -> None:
        try:
            self.office.store.commit(done.effects)
        except Overtaken:
            self.overtaken += 1
            return
        proposal = done.proposal
        if proposal.version == 1:
            self.open.append(proposal.id)
        if proposal.stage not in OPEN and proposal.id in self.open:
            self.open.remove(proposal.id)
        if done.published:
            self.published += 1
            self.at_publication[proposal.id] = {person: set(held) for person, held in self.posts.items()}

    def content(self):
        return client(**self.dice.choice(CONTENTS))

    def draft(self):
        if len(self.open) >= 4:
            old = self.office.store.proposal(self.open[0])
            return proposals.withdraw(old, "", self.actor(), self.office.desk)
        return proposals.draft("service", "journal", ORG, self.content(), self.actor(), self.office.desk)

    def edit(self):
        if found := self.proposal():
            same = self.dice.random() < 0.3
            return proposals.edit(found, found.content if same else self.content(), self.actor(), self.office.desk)
        return None

    def submit(self):
        if found := self.proposal():
            if self.dice.random() < 0.4:
                return proposals.rebased(found, self.actor(), self.office.desk)
            return proposals.submit(found, "", self.actor(), self.office.desk)
        return None

    def approve(self):
        if found := self.proposal():
            seen = found.digest if self.dice.random() < 0.95 else "another"
            return proposals.approve(found, "ok", seen, self.actor(), self.office.desk)
        return None

    def emergency(self):
        if found := self.proposal():
            return proposals.emergency(found, "now", found.digest, self.actor(), self.office.desk)
        return None

    def publish(self):
        if found := self.proposal():
            return proposals.publish(found, self.actor(), self.office.desk)
        return None

    def decide(self):
        if found := self.proposal():
            act = self.dice.choice([proposals.send_back, proposals.reject, proposals.withdraw])
            return act(found, "no", self.actor(), self.office.desk)
        return None

    def people(self):
        self.post(self.dice.choice(PEOPLE), {self.dice.choice(POSTS)})

    # --- the judge

    def judge(self) -> None:
        """What stands is what was approved, by those who could; a harmless change leaves all that was approved as it was."""
        standing = self.office.store.register_entry("service", "journal")
        if standing is None or standing.version == self.judged:
            return
        by = self.office.store.proposal(standing.proposal)
        assert by is not None
        assert by.digest == proposals.digest_of("service", "journal", ORG, standing.content)
        if by.digest == by.wanted.base_digest:
            assert by.digest == self.approved
        else:
            assert len(self.valid(by)) >= 2, by
        self.judged, self.approved = standing.version, by.digest

    def valid(self, by: Proposal) -> set[str]:
        acts = by.acts
        wrote = {act.actor for act in acts if act.what in {What.DRAFTED, What.EDITED, What.SUBMITTED}}
        last = max(place for place, act in enumerate(acts) if act.what is What.SUBMITTED)
        good = [act for act in acts[last:] if act.what in {What.APPROVED, What.EMERGENCY}]
        good = [act for act in good if act.digest == by.digest and act.actor not in wrote and self.held(act, by)]
        federation = {act.actor for act in good if act.body is Body.FEDERATION}
        careful = by.danger.value == "careful" and not by.emergency
        return {act.actor for act in good} if careful and federation else federation

    def held(self, act: Act, by: Proposal) -> bool:
        posts = self.at_publication[by.id][act.actor]
        if act.body is Body.FEDERATION:
            return (Role.OPERATOR, FEDERATION) in posts and all(org != ORG for _, org in posts)
        return (Role.OWNER, ORG) in posts


@pytest.mark.spec("facts/threats", "FR-05")
@pytest.mark.parametrize(
    "steps", [A_HUNDREDTH, pytest.param(FULL, marks=[pytest.mark.long, pytest.mark.timeout(7_200)])]
)
def test_on_a_random_walk_through_the_store_what_stands_always_has_two_distinct_valid_approvals(sqlite_storage, steps):
    walk = Walk(Office(sqlite_storage), seed=7)
    for _ in range(steps):
        walk.step()
        walk.judge()
    assert walk.published >= steps // 200
    assert walk.overtaken >= steps // 200
    assert {"own-proposal", "not-allowed", "approved-already", "content-changed"} <= walk.refused
