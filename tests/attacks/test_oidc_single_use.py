"""Many hands on one code or token: one gets it, and a piece of it gets nobody anywhere (RFC 6749 4.1.2, RFC 9700 4.14)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.support.oidc import active, asserting, assertion, error, keyed_client, refresh, userinfo
from tests.support.world import client, federation

SCOPE = "openid profile offline_access"
HANDS, ROUNDS = 32, 3


def at_once(action, hands=HANDS):
    """The answers of many threads that start together."""
    barrier = Barrier(hands)

    def run(_):
        barrier.wait(30)
        return action()

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(run, range(hands)))


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_of_many_who_redeem_one_code_one_succeeds_and_all_of_it_ends(world):
    for _ in range(ROUNDS):
        code = world.code(scope=SCOPE)
        answers = at_once(lambda code=code: world.redeem(code))
        good = [answer for answer in answers if answer.status == 200]
        assert len(good) == 1
        assert {error(answer) for answer in answers if answer.status != 200} == {"invalid_grant"}
        tokens = good[0].json
        assert not active(world, tokens["access_token"]), "the code was used twice, so nothing of it may live"
        assert userinfo(world, tokens["access_token"]).status == 401
        assert error(refresh(world, tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.spec("RFC 9700", "4.14")
def test_of_many_who_refresh_one_token_one_succeeds_and_goes_on(world):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    for _ in range(ROUNDS):
        answers = at_once(lambda token=token: refresh(world, token))
        good = [answer for answer in answers if answer.status == 200]
        assert len(good) == 1
        assert {error(answer) for answer in answers if answer.status != 200} == {"invalid_grant"}
        assert active(world, good[0].json["access_token"]), "a retried request is no theft"
        token = good[0].json["refresh_token"]
    assert refresh(world, token).status == 200


@pytest.mark.spec("RFC 7523", "3")
def test_of_many_who_present_one_assertion_one_is_the_client(worlds):
    world = worlds.make(federation(keyed_client("rp")))
    for _ in range(ROUNDS):
        form = {"grant_type": "client_credentials", **asserting(assertion(world))}
        answers = at_once(lambda form=form: world.request("POST", "/oidc/token", form))
        assert sorted(answer.status for answer in answers) == [200] + [401] * (HANDS - 1)


@pytest.mark.spec("RFC 7523", "3")
def test_of_many_who_replay_a_whole_request_none_but_the_first_is_the_client(worlds):
    world = worlds.make(federation(keyed_client("rp")))
    code = world.code(scope=SCOPE)
    form = asserting(assertion(world))
    answers = at_once(lambda: world.redeem(code, secret=None, **form), 8)
    assert sorted(answer.status for answer in answers) == [200] + [401] * 7


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_code_redeemed_with_many_assertions_at_once_gives_one_answer(worlds):
    world = worlds.make(federation(keyed_client("rp")))
    code = world.code(scope=SCOPE)
    answers = at_once(lambda: world.redeem(code, secret=None, **asserting(assertion(world))), 8)
    good = [answer for answer in answers if answer.status == 200]
    assert len(good) == 1
    assert {error(answer) for answer in answers if answer.status != 200} == {"invalid_grant"}
    assert userinfo(world, good[0].json["access_token"]).status == 401


def test_a_code_cut_short_anywhere_is_unknown(world):
    code = world.code()
    for length in range(1, len(code)):
        assert error(world.redeem(code[:length])) == "invalid_grant"
    assert world.redeem(code).status == 200


def test_a_refresh_token_cut_short_anywhere_is_unknown(world):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    for length in range(1, len(token)):
        assert error(refresh(world, token[:length])) == "invalid_grant"
    assert refresh(world, token).status == 200


def test_an_access_token_cut_short_anywhere_opens_nothing(world):
    token = world.tokens()["access_token"]
    for length in range(1, len(token)):
        assert userinfo(world, token[:length]).status == 401
    assert userinfo(world, token).status == 200


def test_a_logout_and_a_refresh_at_once_leave_nothing_that_lives(worlds):
    world = worlds.make(federation(client()))
    browser = world.browser()
    tokens = world.tokens(browser, scope="openid profile")
    code = world.code(browser, scope="openid profile")
    jobs = [lambda: browser.get(f"/oidc/logout?id_token_hint={tokens['id_token']}"), lambda: world.redeem(code)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda job: job(), jobs))
    if answers[1].status == 200:
        assert userinfo(world, answers[1].json["access_token"]).status == 401
