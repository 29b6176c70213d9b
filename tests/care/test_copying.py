"""A copy is read page by page while the other node changes: nothing that stands is missed, nothing that ended stays, and an
answer that is wrong, late or without end is not believed for longer than it must be.
"""

import random
from dataclasses import replace
from uuid import UUID

import pytest

from broker.care import block_changes, block_lifts, blocks, replicas
from broker.care.block_changes import BlockChanges, Unread
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, CareServices, carried_out
from broker.care.copies import STATE, unknown_at
from broker.jobs import care_copy
from broker.jobs.care_copy import copy, pages
from broker.jobs.node import NodeFailed
from broker.login.effects import Effects, KeepPerson, PersonKey
from broker.storage.opening import open_storage
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW, Clock, sqlite_settings
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import patient_key
from trust_framework.care_register import CareConsumer, CareRegister

SYSTEM = Caller(CallerKind.CLIENT, client="SE2321000016-ALL", providers=frozenset({a.PROVIDER}))
NODE = "SE2321000016-COPY"


class National:
    """The other node, in process. `between` is done between two pages; `says_more` as its interface says it."""

    def __init__(self, store, clock, *, says_more):
        self.store, self.clock, self.says_more = store, clock, says_more
        consumer = CareConsumer(NODE, "org", copies=True, service=NODE)
        self.on = CareServices(store, replace(a.register(), consumers={NODE: consumer}))
        self.asked, self.between = [], lambda: None

    def put(self, block):
        raise NotImplementedError

    def changes(self, since):
        self.asked.append(since)
        who = Caller(CallerKind.CLIENT, client=NODE)
        found = block_changes.changed((), since, who, self.on, self.clock.now)
        self.between()
        return found if self.says_more else _as_soap(found, self.clock.now)

    def do(self, function, *arguments, late=0):
        """Something done there, begun `late` seconds before it is committed."""
        return carried_out(lambda: function(*arguments, SYSTEM, self.on, self.clock.now - late), self.store).result

    def block(self, late=0, **changes):
        wish = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
        return self.do(blocks.register, replace(wish, **changes), late=late)

    def standing(self):
        return {block.id: block for block in self.store.blocks_of("p1") if block.stands}


def _as_soap(found, now):
    """GetBlocks says neither whether there is more nor which lifts no longer hold."""
    held = lambda block: tuple(one for one in block.lifts if one.cancelled is None and now < one.until)  # noqa: E731
    return replace(found, blocks=tuple(replace(each, lifts=held(each)) for each in found.blocks), more=None)


@pytest.fixture(params=[True, False], ids=["json", "soap"])
def national(request, tmp_path):
    clock = Clock()
    store = open_storage(sqlite_settings(tmp_path / "national"), clock=clock)
    store.commit(Effects((KeepPerson("p1", (PersonKey(*patient_key(a.PATIENT)),)),)))
    yield National(store, clock, says_more=request.param)
    store.close()


class Copy:
    """The node that copies."""

    def __init__(self, store, national):
        self.store, self.national = store, national
        self.on = CareServices(store, CareRegister({a.OTHER_PROVIDER: a.provider(a.OTHER_PROVIDER)}), stale_after=900)

    def __call__(self, after=1):
        self.national.clock.now += after
        copy(self.store, self.national, lambda: self.on)

    def standing(self):
        person = self.store.patient(a.PATIENT)
        return {block.id: block for block in self.store.blocks_of(person) if block.stands} if person else {}


@pytest.fixture
def copied(national, tmp_path):
    store = open_storage(sqlite_settings(tmp_path / "copy"), clock=national.clock)
    yield Copy(store, national)
    store.close()


@pytest.fixture
def small(monkeypatch):
    """Pages of three."""
    monkeypatch.setattr(block_changes, "PAGE", 3)


def lifted(block):
    return {one.id for one in block.lifts if one.cancelled is None}


def test_everything_is_read_in_pages_and_then_what_changed(national, copied, small):
    made = []
    for step in range(11):
        national.clock.now = NOW + step // 2
        made.append(national.block())
    copied(after=200)
    assert copied.standing().keys() == {block.id for block in made}
    assert len(national.asked) > 4
    national.asked.clear()
    copied(after=100)
    assert national.asked == [NOW + 5 + 200 - 60]
    more = [national.block() for _ in range(5)]
    copied()
    assert copied.standing().keys() == {block.id for block in (*made, *more)}


@pytest.mark.parametrize("later", [1, 60, 61, 62, 300])
def test_one_second_with_more_than_a_page_is_a_page_and_so_is_the_last_minute(national, copied, small, later):
    made = {national.block().id for _ in range(9)}
    national.clock.now += 1
    made |= {national.block().id for _ in range(9)}
    copied(after=later)
    assert copied.standing().keys() == made


def test_no_page_ends_where_something_may_yet_be_added(national, small):
    for _ in range(12):
        national.clock.now += 10
        national.block()
    for since in range(NOW, NOW + 130):
        found = block_changes.changed(
            (), since, Caller(CallerKind.CLIENT, client=NODE), national.on, national.clock.now
        )
        assert found.next <= national.clock.now - 60
        assert found.next > since or not found.more


def test_an_end_is_seen_and_so_is_another_in_the_same_second_after_it(national, copied):
    one, two, three = (national.block() for _ in range(3))
    copied(after=200)
    national.do(blocks.revoke, one.id, a.entered())
    national.between = lambda: national.do(blocks.revoke, two.id, a.entered()) if two.id in national.standing() else 0
    copied(after=0)
    national.between = lambda: None
    copied(after=60)
    assert copied.standing().keys() == {three.id}
    copied(after=60)
    copied(after=60)
    national.asked.clear()
    copied(after=60)
    assert len(national.asked) == 1  # once it is settled what has ended, changes are enough


def test_a_lift_that_is_cancelled_there_holds_no_longer_here(national, copied):
    block = national.block()
    wish = block_lifts.LiftWish(
        a.new_id(), block.id, NOW + 9999, a.OTHER_UNIT, LiftReason.PATIENTS_CONSENT, entered=a.entered()
    )
    national.do(block_lifts.lift, wish)
    copied()
    assert lifted(copied.standing()[block.id]) == {wish.id}
    national.do(block_lifts.cancel, wish.id, a.entered())
    copied()
    assert lifted(copied.standing()[block.id]) == set()


def test_blocks_that_a_wrong_answer_left_out_stand_again_when_it_is_put_right(national, copied):
    block = national.block()
    copied()
    right, national.changes = national.changes, lambda _: BlockChanges((), national.clock.now - 60, NOW - 500)
    copied()
    assert copied.standing() == {}
    national.changes = right
    copied(after=200)
    assert copied.standing().keys() == {block.id}


def test_a_copy_that_is_handed_over_while_a_whole_is_read_is_not_ended_by_it(national, copied):
    fresh = a.block()
    national.between = lambda: carried_out(
        lambda: replicas.put(fresh, care_copy.SYSTEM, copied.on, national.clock.now), copied.store
    )
    copied()
    assert copied.standing().keys() == {fresh.id}


def test_a_block_that_moves_behind_the_pages_while_they_are_read_is_not_missed(national, copied, small):
    """Nodes that hand the other one blocks have clocks of their own: a change may look older than the one before it."""
    ahead = a.block()
    national.do(replicas.put, ahead, late=-9)
    copied()
    for _ in range(4):
        national.block()
    national.do(blocks.revoke, national.block().id, a.entered())  # everything is read anew
    done = []

    def lift_it():
        if national.asked[-1] is None and not done:
            done.append(national.do(replicas.lift, a.lift(ahead), late=30))

    national.between = lift_it
    copied()
    assert ahead.id in copied.standing()


def test_who_knows_no_pages_gets_everything_in_one_or_an_error(national, small, monkeypatch):
    made = set()
    for _ in range(8):
        national.clock.now += 1
        made.add(national.block().id)
    national.clock.now += 100
    asked = (SYSTEM, national.on, national.clock.now)
    found = block_changes.whole((a.PROVIDER,), *asked)
    assert {block.id for block in found.blocks} == made
    assert (found.more, found.next) == (False, national.clock.now - 60)
    assert block_changes.patients(a.PROVIDER, *asked) == (a.PATIENT,)
    monkeypatch.setattr(block_changes, "MOST", 7)
    with refused("ERROR", "too-many"):
        block_changes.whole((), *asked)
    assert block_changes.patients(a.PROVIDER, *asked) == (a.PATIENT,)
    monkeypatch.setattr(block_changes, "MOST", 0)
    with refused("ERROR", "too-many"):
        block_changes.patients(a.PROVIDER, *asked)


class Scripted:
    """A node that answers what it was told to."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def changes(self, since):
        self.asked.append(since)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    "answers",
    [
        [BlockChanges((a.block(),), NOW, None, more=True)],  # there is more, at the same instant for ever
        [BlockChanges((a.block(),), NOW, None, more=True), BlockChanges((), NOW - 1, None, more=True)],
    ],
)
def test_changes_without_an_end_are_an_error(answers):
    with pytest.raises(NodeFailed, match="no end"):
        list(pages(Scripted(*answers), None))


def test_more_pages_than_any_register_has_are_an_error(monkeypatch):
    monkeypatch.setattr(care_copy, "MOST_PAGES", 5)
    endless = [BlockChanges((a.block(),), NOW + n, None, more=True) for n in range(9)]
    with pytest.raises(NodeFailed, match="no end"):
        list(pages(Scripted(*endless), None))


@pytest.mark.parametrize("following", [NOW, NOW + 5])
def test_where_it_is_not_said_whether_there_is_more_it_is_asked_until_nothing_is_new(following):
    block = a.block()
    first = BlockChanges((block,), NOW, None, more=None)
    again = BlockChanges((block,), following, None, more=None)
    node = Scripted(first, again)
    assert [len(page.blocks) for page in pages(node, None)] == [1, 1]
    assert node.asked == [None, NOW]


@pytest.mark.spec("facts/threats", "CB-02")
def test_a_page_on_which_nothing_can_be_read_is_no_end():
    unread = [BlockChanges((), NOW + n, None, None, (Unread(f"B{n}", "SE1"),)) for n in range(2)]
    node = Scripted(
        *unread, BlockChanges((a.block(),), NOW + 2, None, more=None), BlockChanges((), NOW + 3, None, None)
    )
    assert [len(page.blocks) for page in pages(node, None)] == [0, 0, 1, 0]


def test_a_page_that_fails_leaves_what_was_there_and_nothing_ends(national, copied, small):
    made = {national.block().id for _ in range(3)}
    copied(after=200)
    before = copied.store.setting(STATE)
    for _ in range(9):
        national.clock.now += 1
        made.add(national.block().id)
    national.clock.now += 100
    national.do(blocks.revoke, next(iter(made)), a.entered())

    def fail():
        raise NodeFailed("connection")

    national.between = fail
    copied()
    assert copied.store.setting(STATE) == before
    assert len(copied.standing()) == 3
    national.between = lambda: None
    copied(after=0)
    assert copied.standing().keys() == national.standing().keys()


def test_a_copy_is_as_old_as_the_beginning_of_its_reading(national, copied, small):
    for _ in range(9):
        national.clock.now += 1
        national.block()
    national.between = lambda: setattr(national.clock, "now", national.clock.now + 500)
    copied(after=100)
    assert copied.store.setting(STATE)["synced_at"] == NOW + 109
    assert unknown_at([a.PROVIDER], "", copied.on, national.clock.now) == {a.PROVIDER}


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(n, marks=pytest.mark.long) for n in range(4, 60))])
def test_whatever_happens_while_it_is_read_nothing_that_stands_is_missed(national, copied, small, seed, monkeypatch):
    """Between any two pages blocks are entered, revoked, lifted, lifts cancelled, some begun long before they are committed."""
    chance = random.Random(seed)
    monkeypatch.setattr(a, "uuid4", lambda: UUID(int=chance.getrandbits(128), version=4))
    always = {national.block(chance.randrange(40)).id for _ in range(6)}

    def something():
        national.clock.now += chance.choice((0, 0, 1, 7))
        standing, late = national.standing(), chance.choice((0, 0, 3, 40))
        block = standing[chance.choice(sorted(standing))]
        match chance.randrange(4):
            case 0:
                national.block(late=late)
            case 1 if block.id not in always:
                national.do(blocks.revoke, block.id, a.entered(), late=late)
            case 2:
                wish = block_lifts.LiftWish(
                    a.new_id(), block.id, NOW + 99_999, a.OTHER_UNIT, LiftReason.PATIENTS_CONSENT
                )
                national.do(block_lifts.lift, replace(wish, entered=a.entered()), late=late)
            case 3 if held := sorted(lifted(block)):
                national.do(block_lifts.cancel, held[0], a.entered(), late=late)

    national.between = something
    for _ in range(8):
        copied(after=chance.choice((1, 30, 60, 61)))
        assert always <= copied.standing().keys()
    national.between = lambda: None
    for _ in range(3):
        copied(after=70)
    there, here = national.standing(), copied.standing()
    assert here.keys() == there.keys()
    assert {id_: lifted(block) for id_, block in here.items()} == {id_: lifted(block) for id_, block in there.items()}
