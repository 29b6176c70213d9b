"""A random walk over the whole workflow with the real store: what stands in the register always has two valid approvals.

As the walk over the pure part, but through lookups, digests, commits and the roles that are kept, on two nodes over one database.
Now and then what was decided is committed only after somebody else has acted, two approve at the same moment, one on each node,
and operators stop the service at once, after which others must let it back.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from broker.federation import proposals
from broker.federation.proposals import Done
from broker.login.effects import Effects, EndRole, GrantRole, Overtaken
from broker.storage.opening import open_storage
from broker.storage.storage import Storage
from tests.support.approvals import NOW, ORG
from tests.support.databases import sqlite_settings
from tests.support.proposing import LOA3, Office, client, member
from trust_framework.approval import OPEN, Act, Body, Proposal, Refused, What
from trust_framework.roles import FEDERATION, Actor, Role, RoleGrant

FULL, A_HUNDREDTH = 100_000, 1_000
PEOPLE = [f"person-{number}" for number in range(8)]
POSTS = [(Role.OPERATOR, FEDERATION), (Role.OPERATOR, FEDERATION), (Role.OWNER, ORG), (Role.TECHNICAL, ORG)]
RARE = ("edits after an approval", "emergencies", "approvals at once", "suspensions")
CONTENTS = [
    {},
    {"attributes": ["sn"], "reasons": {"sn": "Visas"}},
    {"consent": "ask"},
    {"contact": {"mail": "support@example.se"}},
    {"levels": [LOA3], "names": {"sv": "Nytt namn"}},
]


class Walk:
    """People who act through the store, rightly and wrongly."""

    def __init__(self, office: Office, other: Storage, seed: int) -> None:
        self.office, self.dice = office, random.Random(seed)
        self.nodes = (office.store, other)
        self.threads = ThreadPoolExecutor(2)
        self.open: list[str] = []
        self.late: list[Done] = []
        self.posts: dict[str, set[tuple[Role, str]]] = {person: set() for person in PEOPLE}
        self.at_publication: dict[str, dict[str, set[tuple[Role, str]]]] = {}
        self.published, self.overtaken = 0, 0
        self.judged, self.approved = 0, ""
        self.plain: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
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
        self.office.store = self.dice.choice(self.nodes)
        steps = [
            self.draft,
            self.edit,
            self.submit,
            self.approve,
            self.emergency,
            self.publish,
            self.decide,
            self.people,
            self.together,
            self.suspend,
            self.activate,
        ]
        answer = self.dice.choices(steps, [3, 2, 8, 26, 2, 4, 0.5, 4, 8, 0.4, 1.5])[0]()
        if isinstance(answer, Refused):
            self.refused.add(answer.why)
        if isinstance(answer, Done):
            self.late.append(answer)
        while self.late and self.dice.random() < 0.6:
            self.commit(self.late.pop(0))

    def commit(self, done: Done) -> None:
        if self.committed(done.effects, self.office.store):
            self.kept(done)

    def committed(self, effects: Effects, node: Storage) -> bool:
        try:
            node.commit(effects)
        except Overtaken:
            self.overtaken += 1
            return False
        return True

    def kept(self, done: Done) -> None:
        proposal = done.proposal
        if proposal.stage in OPEN and proposal.id not in self.open:
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
            self.counts["edits after an approval"] += bool(proposals.standing_approvals(found, self.office.desk))
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
            answer = proposals.emergency(found, "now", found.digest, self.actor(), self.office.desk)
            self.counts["emergencies"] += isinstance(answer, Done)
            return answer
        return None

    def together(self):
        """Two approve just the same, at the same moment, on two nodes: one of them is first."""
        if not (found := self.proposal()):
            return
        desk = self.office.desk
        answers = [proposals.approve(found, "ok", found.digest, self.actor(), desk) for _ in self.nodes]
        done = [each for each in answers if isinstance(each, Done)]
        if len(done) < len(answers):
            return
        tries = [
            self.threads.submit(self.committed, each.effects, node) for each, node in zip(done, self.nodes, strict=True)
        ]
        won = [each for each, tried in zip(done, tries, strict=True) if tried.result()]
        assert len(won) == 1
        self.kept(won[0])
        self.counts["approvals at once"] += 1

    def suspend(self):
        answer = proposals.suspend("service", "journal", "Läcka", self.actor(), self.office.desk)
        if isinstance(answer, Effects):
            self.counts["suspensions"] += self.committed(answer, self.office.store)
            return None
        return answer

    def activate(self):
        return proposals.activate("service", "journal", "Åtgärdat", self.actor(), self.office.desk)

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
        """What stands is what was approved, by those who could; a harmless change leaves all that was approved as it was, and a
        stop changes nothing but that it is stopped.
        """
        standing = self.office.store.register_entry("service", "journal")
        if standing is None or standing.version == self.judged:
            return
        if not standing.proposal:
            assert (bare(standing.content), standing.content["state"]) == (self.plain, "suspended")
            self.judged, self.approved = standing.version, digest(standing.content)
            return
        by = self.office.store.proposal(standing.proposal)
        assert by is not None
        assert by.digest == digest(standing.content)
        if by.digest == by.wanted.base_digest:
            assert by.digest == self.approved
        else:
            assert len(self.valid(by)) >= 2, by
        self.judged, self.approved, self.plain = standing.version, by.digest, bare(standing.content)

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


def bare(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in {"state", "reason"}}


def digest(content: dict[str, Any]) -> str:
    return proposals.digest_of("service", "journal", ORG, content)


@pytest.mark.spec("facts/threats", "FR-05")
@pytest.mark.parametrize(
    "steps", [A_HUNDREDTH, pytest.param(FULL, marks=[pytest.mark.long, pytest.mark.timeout(7_200)])]
)
def test_on_a_random_walk_through_the_store_what_stands_always_has_two_distinct_valid_approvals(tmp_path, clock, steps):
    settings = sqlite_settings(tmp_path / "broker")
    first, second = (open_storage(settings, clock=clock) for _ in range(2))
    walk = Walk(Office(first), second, seed=7)
    for _ in range(steps):
        walk.step()
        walk.judge()
    walk.threads.shutdown()
    for node in walk.nodes:
        node.close()
    assert walk.published >= steps // 200
    assert walk.overtaken >= steps // 200
    assert all(walk.counts[name] >= max(1, steps // 5000) for name in RARE), walk.counts
    assert {"own-proposal", "not-allowed", "approved-already", "content-changed"} <= walk.refused
