"""Record first: whatever dies between two writes, no code, token or assertion is on its way before its record is committed."""

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest

from broker.login.effects import StorageUnavailable
from broker.storage.storage import Storage
from broker.web import front
from tests.support.saml_peer import Peer
from tests.support.world import Answer, World, Worlds, client, federation

PEER = Peer()
Ask = Callable[[World], Callable[[], Answer]]


class Killed(BaseException):
    """The process ends here: nothing catches this."""


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.make(federation(client(), PEER.entry()))


def code(world: World) -> Callable[[], Answer]:
    return lambda: world.browser().get(world.authorize_url())


def code_by_post(world: World) -> Callable[[], Answer]:
    browser = world.browser()
    world.code(browser)
    path, _, query = world.authorize_url().partition("?")
    return lambda: browser.post(path, dict(parse_qsl(query)))


def tokens(world: World) -> Callable[[], Answer]:
    given = world.code(scope="openid offline_access", prompt="consent")
    return lambda: world.redeem(given)


def refreshed(world: World) -> Callable[[], Answer]:
    token = world.redeem(world.code(scope="openid offline_access", prompt="consent")).json["refresh_token"]
    return lambda: world.token(grant_type="refresh_token", refresh_token=token)


def for_a_machine(world: World) -> Callable[[], Answer]:
    return lambda: world.token(grant_type="client_credentials")


def assertion(world: World) -> Callable[[], Answer]:
    return lambda: world.browser().get(PEER.redirect(world))


def reused(world: World) -> Callable[[], Answer]:
    browser = world.browser()
    world.code(browser)
    return lambda: browser.get(PEER.redirect(world, hint=None))


EVERYTHING = [code, code_by_post, tokens, refreshed, for_a_machine, assertion, reused]


def order(world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened, in order: commits, and the first octet of the answer."""
    happened: list[str] = []
    commit, written = Storage.commit, front.written

    def committing(store, effects):
        commit(store, effects)
        happened.append("committed")

    def writing(*arguments):
        happened.append("answered")
        return written(*arguments)

    asked = ask(world)
    monkeypatch.setattr(Storage, "commit", committing)
    monkeypatch.setattr(front, "written", writing)
    assert carries(asked())
    return happened


def carries(answer: Answer) -> bool:
    """Whether something of value is in the answer."""
    return "code=" in answer.location or "SAMLResponse" in answer.text or "access_token" in answer.text


@pytest.mark.parametrize("ask", EVERYTHING, ids=lambda ask: ask.__name__)
def test_the_record_is_committed_once_and_before_the_first_octet_of_the_answer(world, ask, monkeypatch):
    assert order(world, ask, monkeypatch) == ["committed", "answered"]


@pytest.mark.parametrize("ask", EVERYTHING, ids=lambda ask: ask.__name__)
def test_when_the_record_cannot_be_made_nothing_of_value_leaves(world, ask, monkeypatch):
    asked = ask(world)

    def failing(store, effects):
        raise StorageUnavailable("no room")

    monkeypatch.setattr(Storage, "commit", failing)
    answer = asked()
    assert answer.status == 503
    assert not carries(answer)
    monkeypatch.undo()
    assert carries(asked())


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("ask", EVERYTHING, ids=lambda ask: ask.__name__)
def test_a_death_at_the_commit_leaves_a_record_without_an_answer_or_neither(world, ask, before, monkeypatch):
    asked, commit, answered = ask(world), Storage.commit, []

    def dying(store, effects):
        if not before:
            commit(store, effects)
        raise Killed

    monkeypatch.setattr(Storage, "commit", dying)
    monkeypatch.setattr(front, "written", lambda *_: answered.append(1))
    count = len(issued(world))
    with pytest.raises(Killed):
        asked()
    assert answered == []
    assert len(issued(world)) - count == (0 if before else 1)


def issued(world: World) -> list[dict]:
    names = ("oidc.code-issued", "oidc.tokens-issued", "saml.assertion-issued")
    return [event for name in names for event in world.events(name)]
