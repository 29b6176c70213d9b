"""Refresh tokens: rotated, bound, narrowed and decided anew (RFC 6749 section 6, RFC 9700 section 4.14, Core 11 and 12)."""

import pytest

from tests.support.oidc import NUMBER_CLAIM, NUMBER_SCOPE, active, error, public_client, refresh, revoke, userinfo
from tests.support.world import NAMES, NOW, claims, client, federation

pytestmark = pytest.mark.spec("RFC 6749", "6")
SCOPE = "openid profile offline_access"
HOURS = 3600


def service(**changes):
    given = {"attributes": [*NAMES, "personalIdentityNumber"], "scope": f"{SCOPE} email {NUMBER_SCOPE}", **changes}
    return client(**given)


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    unregistered = client("short", grant_types=["authorization_code"])
    return lasting_worlds.make(federation(service(), client("other"), unregistered, public_client()))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def test_a_refresh_gives_new_tokens_of_the_same_login(world):
    first = world.tokens(scope=SCOPE)
    world.clock.now += 1000
    second = refresh(world, first["refresh_token"])
    assert second.status == 200
    assert second.json["refresh_token"] != first["refresh_token"]
    assert second.json["access_token"] != first["access_token"]
    one, two = claims(first["id_token"]), claims(second.json["id_token"])
    for same in ("iss", "sub", "aud", "auth_time", "acr", "sid"):
        assert one[same] == two[same], same
    assert (two["iat"], two["exp"]) == (NOW + 1000, NOW + 1300)
    assert "nonce" not in two


@pytest.mark.spec("OpenID Connect Core", "11")
@pytest.mark.parametrize(("client_id", "scope"), [("rp", "openid profile"), ("short", SCOPE)])
def test_no_refresh_token_without_registration_and_offline_access(world, client_id, scope):
    assert "refresh_token" not in world.tokens(client_id=client_id, scope=scope)


@pytest.mark.spec("RFC 9700", "4.14")
@pytest.mark.parametrize("seconds", [0, 1, 10])
def test_a_token_used_again_within_ten_seconds_is_refused_and_ends_nothing(world, seconds):
    first = world.tokens(scope=SCOPE)
    second = refresh(world, first["refresh_token"]).json
    world.clock.now += seconds
    again = refresh(world, first["refresh_token"])
    assert (again.status, error(again)) == (400, "invalid_grant")
    assert active(world, second["access_token"])
    assert refresh(world, second["refresh_token"]).status == 200


@pytest.mark.spec("RFC 9700", "4.14")
@pytest.mark.parametrize("seconds", [11, 60, 2 * HOURS])
def test_a_token_used_again_later_ends_the_whole_family(world, seconds):
    first = world.tokens(scope=SCOPE)
    second = refresh(world, first["refresh_token"]).json
    third = refresh(world, second["refresh_token"]).json
    world.clock.now += seconds
    assert error(refresh(world, first["refresh_token"])) == "invalid_grant"
    assert error(refresh(world, third["refresh_token"])) == "invalid_grant"
    assert not active(world, third["access_token"])
    assert world.events("oidc.grant-ended")[-1]["cause"] == "refresh-token-used-again"


def test_another_client_cannot_refresh_nor_end_the_family(world):
    first = world.tokens(scope=SCOPE)
    assert error(refresh(world, first["refresh_token"], "other")) == "invalid_grant"
    second = refresh(world, first["refresh_token"]).json
    world.clock.now += 60
    assert error(refresh(world, first["refresh_token"], "other")) == "invalid_grant"
    assert refresh(world, second["refresh_token"]).status == 200


def test_a_public_client_refreshes_with_rotation_too(world):
    first = world.redeem(world.code(client_id="spa", scope=SCOPE), "spa", None).json
    second = world.token("spa", None, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status == 200
    again = world.token("spa", None, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert error(again) == "invalid_grant"


@pytest.mark.parametrize(("seconds", "status"), [(8 * HOURS - 1, 200), (8 * HOURS, 400)])
def test_a_grant_lives_eight_hours(world, seconds, status):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    world.clock.now += seconds
    assert refresh(world, token).status == status


def test_an_expired_refresh_token_is_no_replay(world):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    before = len(world.events("oidc.grant-ended"))
    world.clock.now += 8 * HOURS
    assert "expired" in refresh(world, token).json["error_description"]
    assert len(world.events("oidc.grant-ended")) == before


def test_refreshing_does_not_lengthen_the_grant(world):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    for _ in range(3):
        world.clock.now += 2 * HOURS
        token = refresh(world, token).json["refresh_token"]
    world.clock.now += 2 * HOURS
    assert error(refresh(world, token)) == "invalid_grant"


@pytest.mark.parametrize("scope", ["openid", "openid profile", "profile openid", f"{SCOPE}"])
def test_a_scope_may_be_narrowed(world, scope):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    answer = refresh(world, token, scope=scope)
    assert sorted(answer.json["scope"].split(" ")) == sorted(scope.split(" "))
    assert answer.json["scope"] == claims(answer.json["access_token"])["scope"]


@pytest.mark.parametrize("scope", ["email", "openid email", "openid  profile", "OPENID", "openid profile x", "*"])
def test_a_scope_never_grows(world, scope):
    first = world.tokens(scope=SCOPE)["refresh_token"]
    assert error(refresh(world, first, scope=scope)) == "invalid_scope"
    assert refresh(world, first).status == 200, "a refused refresh uses nothing up"


def test_a_narrowed_token_tells_less(world):
    first = world.tokens(scope=f"{SCOPE} {NUMBER_SCOPE}")
    assert NUMBER_CLAIM in claims(first["id_token"])
    assert NUMBER_CLAIM in userinfo(world, first["access_token"]).json
    second = refresh(world, first["refresh_token"], scope="openid profile").json
    assert NUMBER_CLAIM not in claims(second["id_token"])
    assert set(userinfo(world, second["access_token"]).json) == {"sub", "name", "family_name", "given_name"}
    third = refresh(world, second["refresh_token"], scope="openid").json
    assert set(userinfo(world, third["access_token"]).json) == {"sub"}


def test_narrowing_keeps_the_refresh_token_and_its_scope(world):
    first = world.tokens(scope=SCOPE)
    second = refresh(world, first["refresh_token"], scope="openid").json
    third = refresh(world, second["refresh_token"]).json
    assert third["scope"] == SCOPE


def test_without_openid_in_the_narrowed_scope_there_is_no_id_token_and_no_userinfo(world):
    first = world.tokens(scope=SCOPE)
    second = refresh(world, first["refresh_token"], scope="profile").json
    assert "id_token" not in second
    answer = userinfo(world, second["access_token"])
    assert (answer.status, error(answer)) == (403, "insufficient_scope")


# --- what stops it ----------------------------------------------------------------------------------------------------


def test_a_revoked_token_refreshes_nothing(world):
    first = world.tokens(scope=SCOPE)
    revoke(world, first["refresh_token"])
    answer = refresh(world, first["refresh_token"])
    assert error(answer) == "invalid_grant"
    assert "ended" in answer.json["error_description"]


@pytest.mark.spec("OpenID Connect Core", "11")
def test_offline_access_outlives_the_logout_and_what_has_none_does_not(world):
    browser = world.browser()
    offline = world.tokens(browser, scope=SCOPE)
    online = world.tokens(browser, scope="openid profile")
    browser.get(f"/oidc/logout?id_token_hint={online['id_token']}")
    assert not active(world, online["access_token"])
    assert userinfo(world, online["access_token"]).status == 401
    assert active(world, offline["access_token"])
    assert refresh(world, offline["refresh_token"]).status == 200


CHANGES = {
    "the service is suspended": lambda: federation(service(state="suspended")),
    "its member is suspended": lambda: federation(service()) | {
        "members": [{"org": "5560360793", "name": {"sv": "Region"}, "state": "suspended"}]
    },
    "the service has left": lambda: federation(client("other")),
    "the person is blocked": lambda: federation(
        service(), persons=[{"id": "anna", "personalIdentityNumber": "191212121212", "blocked": True}]
    ),
    "the grant type is taken away": lambda: federation(service(grant_types=["authorization_code"])),
    "the method is taken away": lambda: federation(service(methods=["nothing"])),
    "consent is asked for from now on": lambda: federation(service(consent="ask")),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "the method is taken away"])
def test_a_change_in_the_federation_stops_refresh_and_userinfo(worlds, name):
    world = worlds.make(federation(service()))
    first = world.tokens(scope=SCOPE)
    # when
    world.reapply(CHANGES[name]())
    # then
    answer = refresh(world, first["refresh_token"])
    assert answer.status in {400, 401}
    assert error(answer) in {"invalid_grant", "invalid_client", "unauthorized_client"}
    if name != "the grant type is taken away":
        assert userinfo(world, first["access_token"]).status == 401


def test_less_registered_is_less_told_at_the_next_refresh(worlds):
    world = worlds.make(federation(service()))
    first = world.tokens(scope=f"{SCOPE} {NUMBER_SCOPE}")
    world.reapply(federation(service(attributes=["givenName"])))
    second = refresh(world, first["refresh_token"]).json
    assert NUMBER_CLAIM not in claims(second["id_token"])
    assert set(userinfo(world, second["access_token"]).json) == {"sub", "given_name"}


def test_a_service_that_comes_back_finds_its_grant_again(worlds):
    world = worlds.make(federation(service()))
    first = world.tokens(scope=SCOPE)
    world.reapply(federation(service(state="suspended")))
    assert error(refresh(world, first["refresh_token"])) == "invalid_grant"
    world.reapply(federation(service()))
    assert refresh(world, first["refresh_token"]).status == 200
