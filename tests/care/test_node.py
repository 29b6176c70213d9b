"""Two nodes: what is entered at one is told to the other and copied by a third, whatever is down, lost, late or lying."""

import json
from dataclasses import replace
from functools import partial

import pytest

from broker.care import block_checks, blocks, copy_bound, decisions, erasures, replicas
from broker.care.block_json import NoBlock, from_json, to_json
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, carried_out
from broker.care.copies import STATE
from broker.jobs import care_copy
from broker.jobs.care_copy import copy
from broker.jobs.care_node import CareNode, alarm, care_node_jobs, tell
from broker.jobs.node import NodeFailed
from broker.login.effects import Overtaken
from broker.settings import Settings
from broker.storage.opening import open_storage
from metadata.wire.outbound import EgressFailed, Response
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.care_world import OTHER_MEMBER, document, tool
from tests.support.databases import sqlite_settings
from tests.support.world import NOW, SECRET
from trust_framework.blocks import BlockType
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.care_register import CareRegister

pytest_plugins = ["tests.support.worlds"]
HERE, FAR = a.PROVIDER, a.OTHER_PROVIDER


class Wire:
    """The way to the other node: it may be down, and keeps what was sent."""

    def __init__(self, world):
        self.world, self.down, self.answers, self.paths = world, False, [], []

    def fetch(self, outbound):
        path = outbound.url.removeprefix("https://national.example")
        self.paths.append(path)
        if self.down:
            raise EgressFailed("connection", "national.example")
        if self.answers:
            return self.answers.pop(0)
        assert outbound.purpose == "care"
        answer = self.world.request(outbound.method, path, outbound.body, **outbound.headers)
        return Response(answer.status, {}, answer.body)


class Local:
    """A node of one care provider, with its store and its way to the national one."""

    def __init__(self, folder, world, client, hsa_id):
        self.store = open_storage(sqlite_settings(folder), clock=lambda: world.clock.now)
        self.world, self.wire, self.provider = world, Wire(world), hsa_id
        self.node = CareNode("https://national.example", client, SECRET, self.wire)
        self.register, self.most_opened = CareRegister({hsa_id: a.provider(hsa_id)}), 20

    @property
    def on(self):
        return CareServices(self.store, self.register, stale_after=900, most_opened=self.most_opened)

    @property
    def who(self):
        return a.client(self.provider)

    def __call__(self, function, *arguments):
        return carried_out(lambda: function(*arguments, self.on, self.world.clock.now), self.store)

    def block(self, unit, **changes):
        wish = blocks.BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, self.provider, unit, entered=a.entered())
        return self(blocks.register, replace(wish, **changes), self.who).result

    def tell(self):
        tell(self.store, self.node)

    def copy(self):
        copy(self.store, self.node, lambda: self.on, partial(alarm, self.world.settings))

    def known(self):
        person = self.store.patient(a.PATIENT)
        return {block.id: block for block in self.store.blocks_of(person)} if person else {}

    def events(self, name):
        found = [json.loads(leaf) for leaf in self.store.log_pending()]
        return [event for event in found if event["event"] == name]


@pytest.fixture
def national(worlds):
    """The national node: two record systems, each of which may keep a copy."""
    whole = document()
    whole["services"] += [tool("node-here"), tool("node-far", OTHER_MEMBER)]
    whole["care_consumers"] = [
        {"hsa_id": f"SE2321000016-N{n}", "member": member, "service": service, "providers": [own], "copies": "true"}
        for n, (member, service, own) in enumerate(
            ((whole["members"][0]["org"], "node-here", HERE), (OTHER_MEMBER, "node-far", FAR))
        )
    ]
    return worlds.make(whole)


@pytest.fixture
def here(national, tmp_path):
    node = Local(tmp_path / "here", national, "node-here", HERE)
    yield node
    node.store.close()


@pytest.fixture
def far(national, tmp_path):
    node = Local(tmp_path / "far", national, "node-far", FAR)
    yield node
    node.store.close()


def check(node, provider_, unit):
    """What somebody of this node is told of a foreign row."""
    asker = a.actor(provider=node.provider, unit=a.UNIT if node.provider == HERE else a.FAR_UNIT)
    rows = (a.resource(provider=provider_, unit=unit),)
    return block_checks.check(asker, a.PATIENT, rows, node.who, node.on, node.world.clock.now).result[0].status


def test_a_block_and_its_end_reach_the_national_node_and_the_others(here, far):
    block = here.block(a.UNIT)
    here.tell()
    there, _ = here.world.store.block(block.id)
    assert (there.local, there.unit) == (False, a.UNIT)
    far.copy()
    assert far.known()[block.id] == replace(block, local=False)
    assert check(far, HERE, a.UNIT) == "BLOCKED"
    here(blocks.revoke, block.id, a.entered(), here.who)
    here.tell()
    assert not here.world.store.block(block.id)[0].stands
    far.world.clock.now += 1
    far.copy()
    assert not far.known()[block.id].stands
    assert check(far, HERE, a.UNIT) == "OK"


def test_a_node_does_not_copy_its_own_blocks_back(here, far):
    here.block(a.UNIT)
    here.tell()
    here.copy()
    assert {block.local for block in here.known().values()} == {True}


def test_while_the_other_node_is_down_everything_goes_on_here_and_waits(here):
    here.wire.down = True
    block = here.block(a.UNIT)
    here.tell()
    assert check(here, HERE, a.UNIT) == "OK"  # the asker's own unit
    assert [due.block for due in here.store.blocks_due(9)] == []
    here.wire.down = False
    here.tell()
    assert here.world.store.block(block.id) is None
    here.world.clock.now += 30
    here.tell()
    assert here.world.store.block(block.id) is not None
    assert here.store.blocks_due(9) == ()


def test_waits_grow_to_an_hour_and_no_further(here):
    here.wire.down = True
    here.block(a.UNIT)
    waits = []
    for _ in range(9):
        began = here.world.clock.now
        here.tell()
        while not here.store.blocks_due(1):
            here.world.clock.now += 30
        waits.append(here.world.clock.now - began)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_change_while_it_is_sent_stays_due(here):
    block = here.block(a.UNIT)
    original = here.node.call

    def slow(path, body):
        here(blocks.revoke, block.id, a.entered(), here.who)
        here.node.call = original
        return original(path, body)

    here.node.call = slow
    here.tell()
    assert [due.block for due in here.store.blocks_due(9)] == [block.id]
    here.tell()
    assert not here.world.store.block(block.id)[0].stands


def test_one_that_is_refused_does_not_keep_back_the_others(here):
    ids = sorted(here.block(a.UNIT).id for _ in range(2))
    here.wire.answers = [Response(200, {}, b'{"access_token":"x"}'), Response(409, {}, b"{}")]
    here.node._token = ""
    here.tell()
    assert [due.block for due in here.store.blocks_due(9)] == []
    assert [here.world.store.block(id_) is None for id_ in ids] == [True, False]


def test_a_forgotten_patients_block_is_told_no_more(here):
    here.block(a.UNIT)
    here.store.forget_person(here.store.patient(a.PATIENT))
    here.tell()
    assert here.wire.paths == []


def test_deltas_are_asked_for_until_something_ends_and_then_everything(here, far):
    first = here.block(a.UNIT)
    here.tell()
    far.copy()
    far.wire.paths.clear()
    far.world.clock.now += 100
    second = here.block(a.OTHER_UNIT)
    here.tell()
    far.copy()
    assert far.wire.paths == ["/api/v1/care/blocks/changes"]
    assert far.known().keys() == {first.id, second.id}
    here(blocks.delete, first.id, a.entered(), here.who)
    here.tell()
    far.copy()
    assert far.wire.paths == ["/api/v1/care/blocks/changes"] * 4  # as a whole, and once more what changed meanwhile
    assert [block.stands for block in far.known().values()] == [False, True]


def test_a_copy_that_is_too_old_or_was_never_made_is_an_error_for_foreign_rows_alone(here, far):
    with refused("ERROR", "stale-copy"):
        check(far, HERE, a.UNIT)
    far.copy()
    assert check(far, HERE, a.UNIT) == "OK"
    far.wire.down = True
    far.world.clock.now += 900
    far.copy()
    assert check(far, HERE, a.UNIT) == "OK"
    far.world.clock.now += 1
    with refused("ERROR", "stale-copy"):
        check(far, HERE, a.UNIT)
    assert check(far, FAR, a.FAR_UNIT) == "OK"


def test_a_decision_from_too_old_a_copy_refuses_what_is_foreign_alone(far):
    asker = a.actor(provider=FAR, unit=a.FAR_UNIT)
    resources = (a.resource("theirs"), a.resource("ours", unit=a.FAR_UNIT, provider=FAR))
    question = AccessQuestion(asker, a.PATIENT, resources)
    stale = far(decisions.decide, question, far.who).result
    assert [one.access for one in stale] == [Access.REFUSED, Access.NEEDS_RELATION]
    assert stale[0].grounds[0].code == "stale-copy"
    far.copy()
    assert far(decisions.decide, question, far.who).result[0].access is Access.NEEDS_CONSENT


def test_when_the_other_node_fails_and_works_again_is_on_record_once(far):
    far.wire.down = True
    far.copy()
    far.copy()
    far.wire.down = False
    far.copy()
    far.copy()
    assert [event["error"] for event in far.events("care.node-failing")] == ["connection"]
    assert len(far.events("care.node-working")) == 1


LIES = {
    "an error": Response(500, {}, b""),
    "no JSON": Response(200, {}, b"<html>"),
    "no changes": Response(200, {}, b'{"blocks":{}}'),
    "no marker": Response(200, {}, b'{"blocks":[],"next":"soon"}'),
    "blocks that are none": Response(200, {}, b'{"blocks":[{"id":1}],"next":1}'),
    "no blocks at all": Response(200, {}, b'{"blocks":["x"],"next":1}'),
    "a block of nobody": Response(200, {}, b'{"blocks":[{"id":"1","type":"Inner"}],"next":1}'),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_an_answer_that_is_none_leaves_the_copy_as_it_was(here, far, lie):
    block = here.block(a.UNIT)
    here.tell()
    far.copy()
    before = far.store.setting(STATE)
    far.wire.answers = [lie]
    far.copy()
    assert far.known()[block.id].stands
    assert far.store.setting(STATE) == before
    assert len(far.events("care.node-failing")) == 1


def answer(blocks, moved=None):
    return Response(200, {}, json.dumps({"blocks": blocks, "next": NOW, "latest_cancellation": moved}).encode())


ENDED = to_json(a.block(revoked=a.act(NOW)))["revoked"]
PLAUSIBLE = {  # what an answer makes of the blocks that stand, and whether it says that something ended
    "none of them": (lambda _n, _block: None, True),
    "half of them": (lambda n, block: block if n % 2 else None, True),
    "all lifted for good": (lambda _, block: {**block, "revoked": ENDED}, False),
    "all voided": (lambda _, block: {**block, "deleted": ENDED}, True),
    "each lifted for a unit": (
        lambda _, block: {**block, "lifts": to_json(a.block(lifts=(a.lift(a.block()),)))["lifts"]},
        False,
    ),
    "each about somebody else": (
        lambda _, block: {**block, "patient": {"oid": a.PERSONNUMMER, "value": a.OTHER_PATIENT.value}},
        True,
    ),
    "each of another time": (lambda _, block: {**block, "information": {"start": 1, "end": 2}}, False),
    "each with something left open": (lambda _, block: {**block, "excluded": ["lak"]}, False),
}


@pytest.mark.spec("facts/threats", "CB-02")
@pytest.mark.parametrize(("lie", "moved"), PLAUSIBLE.values(), ids=PLAUSIBLE)
def test_a_well_formed_lie_opens_nothing(here, far, lie, moved):
    made = [here.block(a.UNIT) for _ in range(12)]
    here.tell()
    far.copy()
    before = far.known()
    told = [lie(n, to_json(block)) for n, block in enumerate(made)]
    body = answer([each for each in told if each], NOW if moved else None)
    far.wire.answers = [body] * 3
    far.copy()
    far.wire.answers = []
    assert far.known() == before
    far.world.clock.now += 901
    far.wire.answers = [body] * 3
    far.copy()
    assert about(far) in {"stale-copy", "BLOCKED"}
    far.wire.answers = []
    far.copy()
    assert far.known() == before
    assert check(far, HERE, a.UNIT) == "BLOCKED"


class TestHeld:
    """Twelve copies, of which a fifth, or five, may be opened in a day."""

    @pytest.fixture
    def made(self, here, far):
        made = [here.block(a.UNIT) for _ in range(12)]
        here.tell()
        far.copy()
        return made

    def gone(self, here, far, blocks_):
        """Ended at the other node."""
        for block in blocks_:
            here(blocks.revoke, block.id, a.entered(), here.who)
        here.tell()
        far.world.clock.now += 1
        far.copy()

    def standing(self, far):
        return sum(block.stands for block in far.known().values())

    def judge(self, far, *, accept):
        now = far.world.clock.now
        shown = copy_bound.held(far.store)
        said = {"reason": "Rang dem", "by": "dora", "store": far.store, "now": now}
        far.store.commit(copy_bound.judge(shown.since, shown.opens, accept=accept, **said))

    def test_what_ends_within_the_bound_ends_and_what_is_beyond_it_is_held_with_one_alarm(self, here, far, made):
        self.gone(here, far, made[:5])
        assert self.standing(far) == 7
        self.gone(here, far, made[5:6])  # five a day, and that was the sixth
        far.copy()
        assert self.standing(far) == 7
        (held,), (alarmed,) = far.events("care.copy-held"), far.events("alarm.raised")
        assert (alarmed["what"], alarmed["about"]) == ("copy-held", "1 / 7")
        assert (held["opens"], held["standing"], held["most"]) == (1, 7, 0)
        assert [each["error"] for each in far.events("care.node-failing")] == [
            "more would be opened than may be at once"
        ]
        far.world.clock.now += a.DAY
        far.copy()
        assert self.standing(far) == 6
        assert len(far.events("care.copy-released")) == len(far.events("care.node-working")) == 1

    def test_what_closes_is_done_while_what_opens_is_held(self, here, far, made):
        self.gone(here, far, made[:9])
        new = here.block(a.OTHER_UNIT)
        here.tell()
        copy(far.store, far.node, lambda: far.on)
        assert far.known()[new.id].stands
        assert self.standing(far) == 13

    def test_an_operator_accepts_it_by_name_and_for_so_many(self, here, far, made):
        self.gone(here, far, made[:9])
        assert self.standing(far) == 12
        self.judge(far, accept=True)
        far.copy()
        assert self.standing(far) == 3
        (judged,) = far.events("care.copy-judged")
        assert (judged["by"], judged["accepted"], judged["opens"], judged["reason"]) == ("dora", True, 9, "Rang dem")
        assert copy_bound.held(far.store) is None
        self.gone(here, far, made[9:])  # the bound is as it was, the accepted aside
        assert self.standing(far) == 0

    def test_more_than_was_accepted_is_held_anew_and_so_is_what_is_accepted_too_long(self, here, far, made):
        self.gone(here, far, made[:6])
        self.judge(far, accept=True)
        self.gone(here, far, made[6:])
        assert (self.standing(far), len(far.events("care.copy-held"))) == (12, 2)
        self.judge(far, accept=True)
        far.world.clock.now += copy_bound.GOOD_FOR
        far.copy()
        assert (self.standing(far), len(far.events("care.copy-held"))) == (12, 3)

    def test_what_is_refused_stays_as_it_was_and_the_copy_grows_old(self, here, far, made):
        self.gone(here, far, made[:9])
        self.judge(far, accept=False)
        far.world.clock.now += 901
        far.copy()
        assert (self.standing(far), len(far.events("care.copy-held"))) == (12, 1)
        with refused("ERROR", "stale-copy"):
            check(far, HERE, a.UNIT)
        self.judge(far, accept=True)  # a second thought
        far.copy()
        assert self.standing(far) == 3

    def test_a_word_about_what_waits_no_longer_or_without_a_reason_is_none(self, here, far, made):
        with refused("INVALIDSTATE", "not-waiting"):
            copy_bound.judge(NOW, 9, accept=True, reason="x", by="dora", store=far.store, now=NOW)
        self.gone(here, far, made[:9])
        since = copy_bound.held(far.store).since
        with refused("INVALIDSTATE", "not-waiting"):
            copy_bound.judge(since - 1, 9, accept=True, reason="x", by="dora", store=far.store, now=NOW)
        with refused("VALIDATION_ERROR", "no-reason"):
            copy_bound.judge(since, 9, accept=True, reason=" ", by="dora", store=far.store, now=NOW)
        two = [
            copy_bound.judge(since, 9, accept=yes, reason="x", by="dora", store=far.store, now=NOW)
            for yes in (True, False)
        ]
        far.store.commit(two[0])
        with pytest.raises(Overtaken):
            far.store.commit(two[1])

    def test_more_than_was_shown_is_not_accepted_with_it_not_even_when_it_comes_as_the_word_is_given(
        self, here, far, made
    ):
        self.gone(here, far, made[:6])
        shown = copy_bound.held(far.store)
        said = {"accept": True, "reason": "x", "by": "dora", "store": far.store, "now": NOW}
        pending = copy_bound.judge(shown.since, shown.opens, **said)
        self.gone(here, far, made[6:8])
        assert copy_bound.held(far.store).since == shown.since
        with pytest.raises(Overtaken):
            far.store.commit(pending)
        with refused("INVALIDSTATE", "not-waiting"):
            copy_bound.judge(shown.since, shown.opens, **said)
        far.copy()
        assert self.standing(far) == 12
        assert copy_bound.judge(shown.since, shown.opens + 3, **said).events[0].opens == 8  # fewer than were shown

    def test_twice_as_much_as_the_alarm_told_of_is_another_alarm_and_another_matter(self, here, far, made):
        self.gone(here, far, made[:6])
        self.judge(far, accept=False)
        self.gone(here, far, made[6:11])
        assert len(far.events("alarm.raised")) == 1
        assert copy_bound.word(far.store) is not None
        self.gone(here, far, made[11:])
        assert [each["about"] for each in far.events("alarm.raised")] == ["6 / 12", "12 / 12"]
        assert copy_bound.word(far.store) is None

    def leaving_out(self, far, block):
        """A reading in which a block has ended and another cannot be read at all."""
        unread = {**to_json(a.block()), "provider": "nowhere"}
        far.wire.answers = [answer([{**to_json(block), "revoked": ENDED}, unread])]
        far.copy()

    @pytest.mark.spec("facts/threats", "CB-02")
    def test_what_a_reading_opened_is_counted_although_it_left_something_out(self, here, far, made):
        synced = far.store.setting(STATE)["synced_at"]
        for block in made[:7]:
            far.world.clock.now += 60
            self.leaving_out(far, block)
        assert self.standing(far) == 7
        assert far.store.setting(STATE)["synced_at"] == synced
        assert copy_bound.held(far.store).opens == 1

    def test_what_a_reading_was_to_open_is_counted_although_it_ended_in_the_midst_of_it(
        self, here, far, made, monkeypatch
    ):
        def killed(*_):
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(replicas, "remove", killed)
            with pytest.raises(RuntimeError):
                self.gone(here, far, made[:5])
        assert [count for _, count in far.store.setting(STATE)["opened"]] == [5]
        far.copy()
        assert self.standing(far) == 12
        assert copy_bound.held(far.store).most == 0

    def test_what_is_accepted_is_used_by_each_reading_that_has_some_of_it(self, here, far, made, monkeypatch):
        ended = [{**to_json(block), "revoked": ENDED} for block in made]
        far.wire.answers = [answer(ended[:8])]
        far.copy()
        self.judge(far, accept=True)
        monkeypatch.setattr(care_copy, "MOST_OPENED", 6)
        far.wire.answers = [answer(ended[:8])]
        far.copy()
        assert (self.standing(far), copy_bound.accepted(far.store, far.world.clock.now)) == (6, 2)
        far.wire.answers = [answer(ended[4:])]  # four others than were accepted are among the six that it lacks
        far.most_opened = 0
        monkeypatch.setattr(copy_bound, "FEW", 0)
        far.copy()
        assert self.standing(far) == 6
        assert copy_bound.held(far.store).opens == 6

    def test_without_a_word_nothing_is_used(self, far):
        copy_bound.use(1, far.store)
        assert copy_bound.word(far.store) is None

    def test_what_does_not_fit_in_memory_comes_with_the_next_readings(self, here, far, made, monkeypatch):
        monkeypatch.setattr(care_copy, "MOST_OPENED", 4)
        far.most_opened = 100
        revoked = [{**to_json(block), "revoked": ENDED} for block in made]
        for left in (8, 4, 0):
            before = {**far.store.setting(STATE), "opened": []}
            far.wire.answers = [answer(revoked)]
            far.copy()
            after = far.store.setting(STATE)
            assert (self.standing(far), {**after, "opened": []} == before) == (left, left > 0)
        assert [count for _, count in after["opened"]] == [4, 4, 4]

    def test_a_block_that_is_open_on_one_page_and_closed_on_the_next_is_not_opened(self, here, far, made):
        pages = [{**to_json(made[0]), "revoked": ENDED}, to_json(made[0])]
        far.wire.answers = [
            Response(
                200, {}, json.dumps({"blocks": [one], "next": at, "latest_cancellation": None, "more": more}).encode()
            )
            for at, (one, more) in enumerate(zip(pages, (True, False), strict=True), NOW)
        ]
        far.copy()
        assert self.standing(far) == 12


def about(node, patient=a.PATIENT, provider=HERE):
    """What somebody of the node is told of a foreign row of a patient."""
    asker, row = a.actor(provider=node.provider, unit=a.FAR_UNIT), a.resource(provider=provider)
    try:
        return node(block_checks.check, asker, patient, (row,), node.who).result[0].status
    except CareRefused as error:
        return error.reason


ELSEWHERE = "SE2321000024-VG9"
BROKEN = {  # what is wrong with a block, and whether another patient's, and another provider's, information is refused with it
    "its unit": ({"unit": "nowhere"}, False, False),
    "its id": ({"id": "x" * 40}, False, False),
    "its type": ({"type": "Middle"}, False, False),
    "a field that is not there": ({"registered": None}, False, False),
    "its patient's number": ({"patient": {"oid": a.PERSONNUMMER, "value": "1"}}, True, False),
    "its patient": ({"type": "Middle", "patient": "x"}, True, False),
    "its provider": ({"provider": "nowhere"}, True, True),
}


class TestUnread:
    """A block that cannot be read closes what it may be about, and nothing else."""

    @pytest.mark.spec("facts/threats", "CB-02")
    @pytest.mark.parametrize(("change", "patients_", "providers_"), BROKEN.values(), ids=BROKEN)
    def test_it_is_refused_for_whom_it_is_about_alone(self, here, far, caplog, change, patients_, providers_):
        far.copy()
        good, bad = here.block(a.UNIT), here.block(a.OTHER_UNIT)
        body = answer([{**to_json(bad), **change}, to_json(good)])
        far.wire.answers = [body]
        far.copy()
        assert far.known().keys() == {good.id}
        assert len(far.events("care.node-failing")) == 1
        asked = lambda: [about(far), about(far, a.OTHER_PATIENT), about(far, a.OTHER_PATIENT, ELSEWHERE)]  # noqa: E731
        if not providers_:
            stale = ["stale-copy" if each else "OK" for each in (True, patients_, providers_)]
            assert asked() == stale
        far.wire.answers = [body]
        far.world.clock.now += 901
        far.copy()
        assert asked() == ["stale-copy" if each else "OK" for each in (True, patients_, providers_)]
        here.tell()
        far.copy()
        if change.get("id"):  # that it is gone is seen when everything is read
            here(blocks.delete, good.id, a.entered(), here.who)
            here.tell()
            far.world.clock.now += 1
            far.copy()
        assert about(far, a.OTHER_PATIENT) == "OK"
        assert len(far.events("care.node-working")) == 1

    def test_a_decision_refuses_it_for_that_patient_alone(self, here, far):
        far.copy()
        far.wire.answers = [answer([{**to_json(here.block(a.UNIT)), "unit": "nowhere"}])]
        far.copy()
        asker = a.actor(provider=FAR, unit=a.FAR_UNIT)
        for patient, code in ((a.PATIENT, "stale-copy"), (a.OTHER_PATIENT, "consent-missing")):
            question = AccessQuestion(asker, patient, (a.resource("theirs"),))
            (ruling,) = far(decisions.decide, question, far.who).result
            assert code in {ground.code for ground in ruling.grounds}

    def test_one_of_our_own_providers_matters_to_nobody(self, here, far):
        own = to_json(a.block(provider=FAR, unit="nowhere"))
        body = answer([own, {**own, "id": a.new_id(), "type": "Middle"}])
        far.wire.answers = [Response(200, {}, b'{"access_token":"x"}'), *[body] * 2]
        far.copy()
        assert far.store.setting(STATE)["doubts"] == {}
        assert about(far) == "OK"

    def test_of_too_many_nothing_is_believed(self, here, far, monkeypatch):
        monkeypatch.setattr(care_copy, "MOST_DOUBTS", 2)
        far.copy()
        before = far.store.setting(STATE)
        broken = [{**to_json(a.block(provider=ELSEWHERE)), "unit": "nowhere"} for _ in range(3)]
        far.wire.answers = [answer(broken)]
        far.copy()
        assert far.store.setting(STATE) == before

    def test_its_patient_is_not_erased(self, here, far):
        far.copy()
        far.wire.answers = [answer([{**to_json(here.block(a.UNIT)), "unit": "nowhere"}])]
        far.copy()
        person = far.store.patient(a.PATIENT)
        assert erasures.hindrance(person, far.store, 5, far.world.clock.now) == "erasure-standing"


def test_a_token_that_is_no_longer_taken_is_replaced_once(here, far):
    far.copy()
    far.node._token = "worn out"
    far.copy()
    assert far.events("care.node-failing") == []
    far.wire.answers = [Response(401, {}, b""), Response(200, {}, b'{"access_token":"x"}'), Response(401, {}, b"")]
    with pytest.raises(NodeFailed, match="status 401"):
        far.node.call("/blocks/changes", {})
    far.wire.answers = [Response(200, {}, b"{}")]
    far.node._token = ""
    with pytest.raises(NodeFailed, match="no token"):
        far.node.call("/blocks/changes", {})


def test_a_node_that_may_not_keep_a_copy_reads_its_own_alone(here):
    here.block(a.UNIT)
    here.tell()
    found = CareNode("https://national.example", "far", SECRET, here.wire).call("/blocks/changes", {})
    assert found["blocks"] == []


def test_a_patients_block_lifted_elsewhere_comes_with_its_lift(here, far):
    block = here.block(a.UNIT)
    lifted = a.lift(block, until=NOW + 60)
    here.tell()
    national = CareServices(here.world.store, here.world.app.snapshots.federation.care)
    carried_out(lambda: replicas.lift(lifted, Caller(CallerKind.SYSTEM), national, NOW), national.store)
    far.copy()
    assert [lift.id for lift in far.known()[block.id].lifts] == [lifted.id]


class TestTheForm:
    def test_a_block_is_the_same_there_and_back_as_the_api_says_it(self):
        from broker.web.api import care_forms

        whole = a.block(
            excluded=frozenset({"lak"}), owner=a.PROVIDER, revoked=a.act(NOW + 1), deleted=a.act(NOW + 2), local=False
        )
        whole = replace(whole, lifts=(a.lift(whole, employee=a.DOCTOR, cancelled=a.act(NOW + 3)),))
        assert from_json(json.loads(json.dumps(to_json(whole)))) == whole
        assert care_forms.block(whole).model_dump(mode="json") == to_json(whole)

    @pytest.mark.parametrize(
        "change",
        [
            {"id": 1},
            {"id": "x" * 1025},
            {"type": "Middle"},
            {"patient": None},
            {"information": {"start": "now", "end": None}},
            {"information": {"start": True, "end": None}},
            {"information": {"start": 2**60, "end": None}},
            {"lifts": [{}]},
            {"registered": None},
            {"excluded": None},
        ],
    )
    def test_what_is_no_block_is_told_as_none(self, change):
        with pytest.raises(NoBlock):
            from_json({**to_json(a.block()), **change})
        with pytest.raises(NoBlock):
            from_json([])


class TestSettings:
    def test_without_a_node_there_are_no_jobs(self, sqlite_storage):
        assert care_node_jobs(sqlite_storage, Wire(None), Settings(base_url="https://x.example"), lambda: None) == ()

    @pytest.mark.parametrize("in_file", [False, True])
    def test_with_one_it_is_told_and_asked_with_the_secret(self, sqlite_storage, tmp_path, in_file):
        (tmp_path / "secret").write_text("s3cret\n")
        settings = Settings(
            base_url="https://x.example",
            care_node_url="https://national.example",
            care_node_client_id="us",
            care_node_client_secret=f"file:{tmp_path / 'secret'}" if in_file else "s3cret",
        )
        wire = Wire(None)
        wire.down = True
        jobs = care_node_jobs(sqlite_storage, wire, settings, lambda: CareServices(sqlite_storage, CareRegister()))
        assert [job.name for job in jobs] == ["care-tell", "care-copy"]
        for job in jobs:
            job.run()
        assert wire.paths == ["/oidc/token"]

    @pytest.mark.parametrize(
        "given",
        [
            {"care_node_url": "https://national.example"},
            {"care_node_url": "https://n.example", "care_node_client_id": "us"},
            {
                "care_node_url": "https://n.example/",
                "care_node_client_id": "us",
                "care_node_client_secret": "s",
            },
        ],
    )
    def test_a_node_without_a_client_or_with_a_slash_is_refused(self, given):
        with pytest.raises(ValueError, match="TILLIT_CARE_NODE_URL"):
            Settings(base_url="https://x.example", **given)
