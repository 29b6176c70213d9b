"""Patient context in tokens over each database: what another connection writes is seen by the next step, and by one that has
begun.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.support import databases
from tests.support.oidc import active, error, introspect, refresh
from tests.support.patient_world import (
    STEPS,
    THEIRS,
    asked,
    block,
    details,
    document,
    just_before_commit,
    tokens,
    unblock,
    with_care,
)
from tests.support.world import Clock, opened

pytestmark = pytest.mark.spec("RFC 9396", "7")
ASKED_AT_ONCE = 4


@pytest.fixture
def world(store_settings):
    """A broker over each database in turn, with the nurse, her patient, the client and the API."""
    settings = databases.settings_at(store_settings.data_dir, store_settings.database_url, TILLIT_ENV="test")
    world = with_care(opened(settings, document(), Clock(databases.NOW)))
    yield world
    world.app.close()


def decided(world):
    return [event["rulings"][0][0] for event in world.events("care.decided")]


def test_from_code_to_refresh_to_introspection_until_a_block_stops_it(world):
    told = tokens(world, details(resources=[THEIRS]))
    told = refresh(world, told["refresh_token"]).json
    about = introspect(world, told["access_token"], "api").json["authorization_details"]
    assert [each["id"] for each in about[0]["resources"]] == ["theirs"]
    code = asked(world, details(resources=[THEIRS])).sent_back["code"]
    assert set(decided(world)) == {"permitted"}
    before = len(decided(world))

    closed = block(world)
    assert introspect(world, told["access_token"], "api").json == {"active": False}
    for answer in (refresh(world, told["refresh_token"]), world.redeem(code)):
        assert (answer.status, error(answer)) == (400, "invalid_grant")
    assert error(asked(world, details(resources=[THEIRS]))) == "access_denied"
    assert decided(world)[before:] == ["blocked"] * 4

    unblock(world, closed)
    assert active(world, told["access_token"], "api")
    assert "access_token" in refresh(world, told["refresh_token"]).json


@pytest.mark.parametrize("step", STEPS)
def test_a_block_set_between_decision_and_record_is_seen(world, monkeypatch, step):
    told = tokens(world, details(resources=[THEIRS]))
    code = asked(world, details(resources=[THEIRS])).sent_back["code"]
    just_before_commit(world, monkeypatch, lambda: block(world))
    assert STEPS[step](world, code, told)


def test_no_question_asked_after_a_block_is_answered_by_what_was_before(world):
    """Several ask all the time, each on record, while the block is set; what each asks next is answered by it."""
    access, closed = tokens(world, details(resources=[THEIRS]))["access_token"], Event()

    def asking(_):
        while not closed.is_set():
            assert introspect(world, access, "api").status == 200
        return active(world, access, "api")

    with ThreadPoolExecutor(ASKED_AT_ONCE) as at_once:
        answers = at_once.map(asking, range(ASKED_AT_ONCE))
        block(world)
        closed.set()
        assert list(answers) == [False] * ASKED_AT_ONCE
