"""The test issuer: a broker of its own at `<base>/test`, for services in state test alone."""

import pytest

from tests.support.oidc import basic, userinfo
from tests.support.saml_peer import Peer
from tests.support.test_issuer import InTest, drafted, in_test
from tests.support.world import LEVEL2, SECRET, claims, client, federation


@pytest.fixture
def world(worlds):
    return worlds.make(federation(client("live"), in_test("rp"), Peer().entry(state="test"), Peer("active").entry()))


@pytest.fixture
def testing(world):
    return InTest(world)


def test_discovery_names_an_issuer_of_its_own(testing):
    found = testing.request("GET", "/.well-known/openid-configuration").json
    assert found["issuer"] == f"{testing.main.base}/test"
    assert all(found[name].startswith(found["issuer"]) for name in found if name.endswith(("_endpoint", "jwks_uri")))


def test_the_path_comes_last_too(world):
    found = world.request("GET", "/.well-known/oauth-authorization-server/test").json
    assert found["issuer"] == f"{world.base}/test"


def test_no_key_is_shared(world, testing):
    names = [{key["kid"] for key in each.request("GET", "/oidc/jwks").json["keys"]} for each in (world, testing)]
    assert names[0].isdisjoint(names[1])
    assert len(names[1]) >= 2


def test_the_entity_id_is_its_own(testing):
    document = testing.request("GET", "/saml/metadata").text
    assert f'entityID="{testing.base}/saml/metadata"' in document
    assert f'Location="{testing.base}/saml/sso"' in document


def test_a_code_flow_from_end_to_end(testing):
    browser = testing.browser()
    answer = testing.logged_in(browser)
    assert answer.location.startswith("https://rp.example.org/cb")
    tokens = testing.redeem(answer.sent_back["code"]).json
    told = claims(tokens["id_token"])
    assert (told["iss"], told["acr"]) == (testing.base, LEVEL2)
    asked = testing.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}")
    assert asked.json["given_name"] == "Anna"


def test_a_saml_login_from_end_to_end(testing):
    peer, browser = Peer(), testing.browser()
    page = browser.follow(browser.get(peer.redirect(testing, hint=None)))
    received = peer.read(testing, testing.chosen(browser, page))
    assert received.attributes["givenName"] == ("Anna",)


def test_a_saml_request_by_post(testing):
    peer, browser = Peer(), testing.browser()
    form = peer.post(testing, subject=None)
    page = browser.follow(browser.post("/test/saml/sso", form))
    assert peer.read(testing, testing.chosen(browser, page)).content


def test_every_address_of_its_pages_stays_beneath_it(testing):
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    inside = [part.split('"')[0] for part in page.text.split('="/')[1:]]
    assert len(inside) > 8
    assert all(each.startswith("test/") for each in inside)


def test_a_language_is_chosen_and_leads_back(testing):
    browser = testing.browser()
    answer = browser.get("/test/sprak/en?next=%2Ferror")
    assert (answer.status, answer.location) == (303, "/test/error")


@pytest.mark.parametrize(
    "path", ["/admin", "/portal", "/entities", "/metadata/all.xml", "/saml/acs", "/login/x/kort", "/x"]
)
def test_nothing_but_logins_is_there(testing, path):
    assert testing.request("GET", f"/test{path}").status == 404


def test_nobody_is_taken_for_a_path_that_only_begins_alike(world):
    assert world.request("GET", "/tester").status == 404


def test_it_is_not_made_before_it_is_asked_for(world):
    world.request("GET", "/.well-known/openid-configuration")
    assert not (world.settings.data_dir / "test").exists()


def test_a_store_of_another_release_is_thrown_away(worlds):
    world = worlds.make(federation(in_test()))
    folder = world.settings.data_dir / "test"
    folder.mkdir()
    (folder / "tillit.db").write_bytes(b"")
    assert InTest(world, anew=True).request("GET", "/oidc/jwks").status == 200


def test_production_goes_on_when_it_cannot_be_made(worlds):
    world = worlds.make(federation(client()))
    (world.settings.data_dir / "test").write_text("in the way")
    answer = InTest(world, anew=True).request("GET", "/oidc/jwks")
    assert (answer.status, answer.cause) == (503, "maintenance")
    assert world.code()


# --- isolation: each direction


def test_production_does_not_know_a_service_in_test(world):
    answer = world.browser().get(world.authorize_url("rp"))
    assert (answer.status, answer.cause) == (400, "request-unknown-service")


def test_the_test_issuer_does_not_know_an_active_service(testing):
    answer = testing.browser().get(testing.authorize_url("live"))
    assert (answer.status, answer.cause) == (400, "request-unknown-service")


@pytest.mark.parametrize(("peer", "where"), [(Peer(), "main"), (Peer("active"), "test")])
def test_an_authn_request_is_refused_by_the_other(world, testing, peer, where):
    there = world if where == "main" else testing
    answer = there.browser().get(peer.redirect(there, hint=None))
    assert (answer.status, answer.cause) == (400, "request-unknown-service")


@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/introspect", "/oidc/revoke"])
@pytest.mark.parametrize(("client_id", "where"), [("rp", "main"), ("live", "test")])
def test_a_client_proves_nothing_to_the_other(world, testing, path, client_id, where):
    there = world if where == "main" else testing
    form = {"grant_type": "client_credentials", "token": "x", "client_id": client_id, "client_secret": SECRET}
    answer = there.request("POST", path, form)
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.fixture
def moved(worlds):
    """A client that was tested, and then approved: it has been known to both, one after the other."""
    world = worlds.make(federation(in_test("rp")))
    testing, browser = InTest(world), None
    browser = testing.browser()
    tokens = testing.redeem(testing.logged_in(browser).sent_back["code"]).json
    code = testing.logged_in(browser).sent_back["code"]
    world.reapply(federation(client("rp")))
    testing.made.snapshot.refresh()
    return world, testing, browser, tokens, code


def test_a_code_of_the_test_issuer_is_nothing_in_production(moved):
    world, _, _, _, code = moved
    assert world.redeem(code).json["error"] == "invalid_grant"


def test_an_access_token_of_the_test_issuer_is_nothing_in_production(moved):
    world, _, _, tokens, _ = moved
    assert world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}").status == 401
    seen = world.request("POST", "/oidc/introspect", {"token": tokens["access_token"], "client_id": "rp"})
    assert seen.status == 401


def test_an_id_token_of_the_test_issuer_is_no_hint_in_production(moved):
    world, _, browser, tokens, _ = moved
    browser.world = world
    answer = browser.get(f"/oidc/logout?id_token_hint={tokens['id_token']}")
    assert answer.cause == "request-signature"


def test_a_sign_on_of_the_test_issuer_is_none_in_production(moved):
    world, _, browser, _, _ = moved
    browser.world = world
    answer = browser.get(world.authorize_url(login_hint=None, prompt="none"))
    assert answer.sent_back["error"] == "login_required"


def test_a_sign_on_of_production_is_none_in_the_test_issuer(worlds):
    world = worlds.make(federation(client("live"), in_test("rp")))
    browser = world.browser()
    world.code(browser, "live")
    answer = browser.follow(browser.get(InTest(world).authorize_url(prompt="none")))
    assert answer.sent_back["error"] == "login_required"
    assert len({name for name in browser.cookies if name.startswith("tillit")}) == 2


@pytest.fixture
def both(worlds):
    """A client that both know at the same time: it is in force, and a change of it is being tested."""
    world = worlds.make(federation(client("rp")))
    testing, scope = InTest(world), "openid profile offline_access"
    drafted(testing, dict(world.store.register_entry("service", "rp").content) | {"attributes": ["givenName"]})
    browsers = world.browser(), testing.browser()
    codes = world.code(browsers[0], scope=scope), testing.code(browsers[1], scope=scope)
    more = world.code(browsers[0], scope=scope), testing.code(browsers[1], scope=scope)
    issuers = world, testing
    tokens = [issuer.redeem(code).json for issuer, code in zip(issuers, more, strict=True)]
    return issuers, browsers, codes, tokens


@pytest.mark.parametrize("there", [0, 1], ids=["production", "the test issuer"])
def test_nothing_of_one_is_anything_to_the_other_though_both_know_the_client(both, there):
    issuers, browsers, codes, tokens = both
    issuer, theirs, browser = issuers[there], tokens[1 - there], browsers[1 - there]

    assert issuer.redeem(codes[1 - there]).json["error"] == "invalid_grant"
    again = issuer.token(grant_type="refresh_token", refresh_token=theirs["refresh_token"])
    assert again.json["error"] == "invalid_grant"
    assert userinfo(issuer, theirs["access_token"]).status == 401
    for kind in ("access_token", "refresh_token"):
        form = {"token": theirs[kind]}
        assert issuer.request("POST", "/oidc/introspect", form, **basic("rp")).json == {"active": False}
        assert issuer.request("POST", "/oidc/revoke", form, **basic("rp")).status == 200
    browser.world = issuer
    prefix = "/test" if there else ""
    assert browser.get(f"{prefix}/oidc/logout?id_token_hint={theirs['id_token']}").cause == "request-signature"
    silent = browser.follow(browser.get(issuer.authorize_url(login_hint=None, prompt="none")))
    assert silent.sent_back["error"] == "login_required"

    assert issuers[1 - there].redeem(codes[1 - there]).status == 200
    assert userinfo(issuers[1 - there], theirs["access_token"]).status == 200


def test_what_the_test_issuer_gave_ends_with_the_approval(moved):
    _, testing, _, tokens, _ = moved
    answer = testing.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}")
    assert answer.status == 401


def test_the_log_and_the_persons_of_production_know_nothing_of_it(world, testing):
    testing.logged_in()
    assert not world.events("login.identified")
    assert testing.events("login.identified")


def test_services_in_test_are_not_published(world):
    assert Peer().entity_id not in world.request("GET", "/metadata/all.xml").text


def test_a_suspended_member_cannot_test(worlds):
    document = federation(in_test())
    document["members"][0]["state"] = "suspended"
    testing = InTest(worlds.make(document))
    assert testing.browser().get(testing.authorize_url()).cause == "request-unknown-service"
    assert testing.made.snapshot.now.unread


def test_over_https_the_cookie_is_its_own_and_host_only(worlds):
    world = worlds.make(federation(in_test()), base_url="https://idp.example.org", environment="demo")
    answer = InTest(world).browser().get(InTest(world).authorize_url())
    cookie = next(value for name, value in answer.headers if name == "Set-Cookie")
    assert cookie.startswith("__Host-tillit-test=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie


# --- leaving


def test_a_logout_over_saml_ends_the_sign_on_of_its_own_issuer_alone(worlds):
    world = worlds.make(federation(client("live"), Peer().entry(state="test")))
    testing, peer = InTest(world), Peer()
    browser = testing.browser()
    browser.world = world
    world.code(browser, "live")
    browser.world = testing
    page = browser.follow(browser.get(peer.redirect(testing, hint=None)))
    content = peer.read(testing, testing.chosen(browser, page)).content
    answer = browser.get(peer.logout_url(testing, content))
    assert peer.read_logout(testing, answer)[0].status.endswith(":Success")
    assert (
        peer.read(testing, browser.follow(browser.get(peer.redirect(testing, hint=None, passive=True)))).content is None
    )
    browser.world = world
    assert "code" in browser.get(world.authorize_url("live", login_hint=None, prompt="none")).sent_back


def test_a_logout_over_oidc_comes_back_from_beneath_the_path(worlds):
    back = "https://rp.example.org/bye"
    testing = InTest(worlds.make(federation(in_test(post_logout_redirect_uris=[back]))))
    browser = testing.browser()
    tokens = testing.redeem(testing.logged_in(browser).sent_back["code"]).json
    url = f"/test/oidc/logout?id_token_hint={tokens['id_token']}&post_logout_redirect_uri={back}"
    assert browser.follow(browser.get(url)).location.startswith(back)
    assert browser.get(testing.authorize_url(prompt="none")).sent_back["error"] == "login_required"


def test_a_request_addressed_to_the_other_issuer_is_refused(world, testing):
    answer = testing.browser().get("/test" + Peer().redirect(world, hint=None).removeprefix(world.base))
    assert (answer.status, answer.cause) == (400, "request-malformed")


@pytest.mark.parametrize("name", ["https://sp.example.org/metadata"])
def test_a_service_in_test_is_not_found_by_its_name(world, name):
    from urllib.parse import quote

    assert world.request("GET", f"/entities/{quote(name, safe='')}").status == 404


def test_the_start_page_of_the_test_issuer_lists_its_services_only(worlds):
    testing = InTest(worlds.make(federation(client("live"), in_test("rp"))))
    page = testing.request("GET", "/test/").text
    assert "Service rp" in page
    assert "Service live" not in page


def test_a_head_request_says_no_length_that_is_not_its_own(testing):
    answer = testing.request("HEAD", "/saml/metadata")
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", "")


def test_it_is_tried_again_a_while_after_it_could_not_be_made(worlds, monkeypatch):
    world = worlds.make(federation(in_test()))
    block = world.settings.data_dir / "test"
    block.write_text("in the way")
    testing = InTest(world, anew=True)
    assert testing.request("GET", "/oidc/jwks").status == 503
    block.unlink()
    assert testing.request("GET", "/oidc/jwks").status == 503
    monkeypatch.setattr("broker.test_issuer.PAUSE", 0.0)
    world.app.test_issuer._not_before = 0.0
    assert testing.request("GET", "/oidc/jwks").status == 200
