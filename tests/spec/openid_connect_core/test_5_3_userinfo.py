"""The UserInfo endpoint (OpenID Connect Core section 5.3, RFC 6750)."""

import pytest

from tests.support.oidc import error, header_of, userinfo, verified
from tests.support.world import NOW, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "5.3")
PROFILE = {"name": "Anna Andersson", "family_name": "Andersson", "given_name": "Anna"}
SIGNING = {"es": "ES256", "rs": "RS256"}


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    signed = [client(name, userinfo_signed_response_alg=alg) for name, alg in SIGNING.items()]
    return lasting_worlds.make(federation(client(), *signed))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def test_it_says_who_and_what_was_asked_for(world):
    tokens = world.tokens()
    answer = userinfo(world, tokens["access_token"])
    assert answer.status == 200
    assert answer.json == {"sub": claims(tokens["id_token"])["sub"], **PROFILE}
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Cache-Control") == "no-store"


@pytest.mark.spec("RFC 6750", "2")
def test_the_token_is_taken_by_get_and_post_in_header_or_body(world):
    access = world.tokens()["access_token"]
    bearer = {"Authorization": f"Bearer {access}"}
    answers = [
        world.request("GET", "/oidc/userinfo", **bearer),
        world.request("POST", "/oidc/userinfo", {}, **bearer),
        world.request("POST", "/oidc/userinfo", b"", **bearer),
        world.request("POST", "/oidc/userinfo", {"access_token": access}),
        world.request("GET", "/oidc/userinfo", Authorization=f"bearer {access}"),
        world.request("GET", "/oidc/userinfo", Authorization=f"BEARER  {access} "),
    ]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert world.request("HEAD", "/oidc/userinfo", **bearer).body == b""


@pytest.mark.spec("RFC 6750", "2")
def test_a_token_sent_in_two_ways_is_refused_though_it_is_the_same(world):
    access = world.tokens()["access_token"]
    for body in ({"access_token": access}, {"access_token": "x"}, b"access_token=x&access_token=x"):
        answer = world.request("POST", "/oidc/userinfo", body, Authorization=f"Bearer {access}")
        assert (answer.status, error(answer)) == (400, "invalid_request")
        assert 'error="invalid_request"' in answer.header("WWW-Authenticate")


@pytest.mark.spec("RFC 6750", "2.3")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("beside", [True, False])
def test_a_token_in_the_address_is_refused(world, method, beside):
    access = world.tokens()["access_token"]
    headers = {"Authorization": f"Bearer {access}"} if beside else {}
    answer = world.request(method, f"/oidc/userinfo?access_token={access}", **headers)
    assert (answer.status, error(answer)) == (400, "invalid_request")


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "},
                                     {"Authorization": "Basic cnA6eA=="}, {"Authorization": "DPoP x"}])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_token_there_is_a_challenge_and_no_error(world, headers, method):
    answer = world.request(method, "/oidc/userinfo", **headers)
    assert (answer.status, answer.body) == (401, b"")
    assert answer.header("WWW-Authenticate") == 'Bearer realm="tillit"'


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "x" * 20000, "null", "[]", "\0", "å", "' OR 1=1"])
def test_what_is_no_token_is_an_invalid_token(world, token):
    answer = userinfo(world, token)
    assert (answer.status, error(answer)) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.header("WWW-Authenticate")
    assert token == "x" or token not in answer.header("WWW-Authenticate")


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_a_body_of_another_media_type_is_refused(world, media_type):
    access = world.tokens()["access_token"]
    headers = {"Authorization": f"Bearer {access}", "Content-Type": media_type}
    assert world.request("POST", "/oidc/userinfo", b"{}", **headers).status == 400


@pytest.mark.parametrize("path", ["/oidc/userinfo?x=%ff", "/oidc/userinfo?" + "a=1&" * 101])
def test_an_unreadable_query_is_refused(world, path):
    access = world.tokens()["access_token"]
    assert world.request("GET", path, Authorization=f"Bearer {access}").status == 400


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (299, 200), (300, 401), (301, 401), (10**6, 401)])
def test_a_token_lives_five_minutes_to_the_second(world, seconds, status):
    access = world.tokens()["access_token"]
    world.clock.now += seconds
    assert userinfo(world, access).status == status


def test_a_client_s_own_token_tells_of_nobody(world):
    access = world.token(grant_type="client_credentials").json["access_token"]
    answer = userinfo(world, access)
    assert (answer.status, error(answer)) == (401, "invalid_token")


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
@pytest.mark.parametrize("name", SIGNING)
def test_a_client_that_wants_it_signed_gets_it_signed(world, name):
    tokens = world.tokens(client_id=name)
    answer = userinfo(world, tokens["access_token"])
    assert answer.header("Content-Type") == "application/jwt"
    assert answer.header("Cache-Control") == "no-store"
    got = verified(world, answer.text, SIGNING[name])
    assert got == {"sub": claims(tokens["id_token"])["sub"], **PROFILE, "iss": world.base, "aud": name, "iat": NOW}
    assert header_of(answer.text)["alg"] == SIGNING[name]


def test_what_goes_out_is_on_record_before_it_leaves(world):
    access = world.tokens()["access_token"]
    before = len(world.events("login.decided"))
    userinfo(world, access)
    seen = world.events("login.decided")
    assert len(seen) == before + 1
    assert (seen[-1]["occasion"], seen[-1]["service"]) == ("userinfo", "rp")
    assert set(seen[-1]["released"]) == {"givenName", "sn", "displayName"}
    assert "Andersson" not in str(seen), "the log has names of attributes and no values"


def test_userinfo_reads_what_the_register_says_now(worlds):
    world = worlds.make(federation(client()))
    access = world.tokens()["access_token"]
    world.reapply(federation(client(attributes=["givenName"])))
    assert set(userinfo(world, access).json) == {"sub", "given_name"}
    world.reapply(federation(client("elsewhere")))
    assert userinfo(world, access).status == 401
