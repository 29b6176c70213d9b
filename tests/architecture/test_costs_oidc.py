"""What a sign-on costs, in commits, queries, keys read and XML parsed; figures, never seconds (design of speed)."""

from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives import serialization

from metadata.wire import xml
from tests.support.oidc import userinfo
from tests.support.world import client, federation

SCOPE = "openid profile offline_access"


@contextmanager
def counting(monkeypatch, owner, name):
    """How often a function is called."""
    calls = []
    original = getattr(owner, name)

    def counted(*args, **kwargs):
        calls.append(name)
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, counted)
        yield calls


@pytest.fixture
def warm(worlds):
    """A broker, and a browser that is signed on."""
    world = worlds.make(federation(client()))
    browser = world.browser()
    world.tokens(browser, scope=SCOPE)
    return world, browser


def commits(world, action):
    before = world.store.commits
    action()
    return world.store.commits - before


def test_a_sign_on_with_a_session_is_two_commits(warm):
    world, browser = warm
    assert commits(world, lambda: world.tokens(browser, scope=SCOPE)) == 2


@pytest.mark.parametrize("seconds", [0, 30, 90])
def test_the_authorization_is_one_of_them_and_the_token_the_other(warm, seconds):
    world, browser = warm
    world.clock.now += seconds
    codes = []
    assert commits(world, lambda: codes.append(world.code(browser))) == 1
    assert commits(world, lambda: world.redeem(codes[0])) == 1


def test_userinfo_and_refresh_are_one_commit_each_and_reading_is_none(warm):
    world, browser = warm
    tokens = world.tokens(browser, scope=SCOPE)
    assert commits(world, lambda: userinfo(world, tokens["access_token"])) == 1
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert commits(world, lambda: world.token(**refresh)) == 1
    assert commits(world, lambda: world.request("GET", "/oidc/jwks")) == 0
    assert commits(world, lambda: world.request("GET", "/.well-known/openid-configuration")) == 0


def test_what_is_refused_before_anybody_is_proven_writes_nothing(warm):
    world, browser = warm
    refusals = [
        lambda: browser.get(world.authorize_url(redirect_uri="https://evil.example/")),
        lambda: browser.get(world.authorize_url("nobody")),
        lambda: browser.get(world.authorize_url(prompt="bork")),
        lambda: world.redeem("nothing"),
        lambda: world.token(secret="wrong", grant_type="client_credentials"),
        lambda: userinfo(world, "x"),
    ]
    assert [commits(world, refusal) for refusal in refusals] == [0] * len(refusals)


@pytest.mark.parametrize(
    "name", ["load_der_private_key", "load_pem_private_key", "load_der_public_key", "load_pem_public_key"]
)
def test_no_key_is_read_on_a_warm_sign_on(warm, monkeypatch, name):
    world, browser = warm
    with counting(monkeypatch, serialization, name) as calls:
        userinfo(world, world.tokens(browser, scope=SCOPE)["access_token"])
        world.request("GET", "/oidc/jwks")
    assert calls == []


def test_no_xml_is_parsed_on_a_warm_sign_on(warm, monkeypatch):
    world, browser = warm
    with counting(monkeypatch, xml.etree, "fromstring") as calls:
        world.tokens(browser, scope=SCOPE)
    assert calls == []


def test_every_schema_is_compiled_before_the_first_request(worlds):
    xml._compiled.cache_clear()
    worlds.make()
    assert xml._compiled.cache_info().currsize == len(xml._SCHEMAS)


def test_the_counters_count_what_they_are_for(worlds, monkeypatch):
    with counting(monkeypatch, serialization, "load_der_private_key") as keys:
        worlds.make(federation(client()))
    assert keys
    with counting(monkeypatch, xml.etree, "fromstring") as parsed:
        xml.parse(b"<a/>")
    assert parsed


def statements(world, monkeypatch, action):
    """How many SQL statements an action runs, as the driver sees them."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    seen = []
    listener = lambda conn, cursor, statement, *rest: seen.append(statement)  # noqa: E731
    event.listen(Engine, "before_cursor_execute", listener)
    try:
        action()
    finally:
        event.remove(Engine, "before_cursor_execute", listener)
    return len(seen)


def test_the_documents_ask_the_database_nothing(warm, monkeypatch):
    world, _ = warm
    for path in ("/oidc/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        assert statements(world, monkeypatch, lambda path=path: world.request("GET", path)) == 0


def test_a_sign_on_asks_the_database_a_bounded_number_of_times(warm, monkeypatch):
    world, browser = warm
    for _ in range(3):
        assert statements(world, monkeypatch, lambda: world.tokens(browser, scope=SCOPE)) <= 25


def test_the_hundredth_sign_on_asks_no_more_than_the_second(warm, monkeypatch):
    world, browser = warm
    counts = [statements(world, monkeypatch, lambda: world.tokens(browser, scope=SCOPE)) for _ in range(20)]
    assert counts[0] == counts[-1]


def test_tokens_are_small_enough_for_every_header(warm):
    world, browser = warm
    tokens = world.tokens(browser, scope=SCOPE)
    assert len(tokens["access_token"]) < 1024
    assert len(tokens["id_token"]) < 1024
