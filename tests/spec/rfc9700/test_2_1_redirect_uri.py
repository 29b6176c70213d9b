"""Only an address that is registered octet for octet ever gets an answer (RFC 9700 section 2.1, RFC 6749 section 3.1.2.4)."""

from urllib.parse import quote, urlencode

import pytest

from tests.support.oidc import error
from tests.support.world import CALLBACK, client, federation

pytestmark = pytest.mark.spec("RFC 9700", "2.1")
REGISTERED = "https://rp.example.org/cb"
LOOPBACK = "http://127.0.0.1/cb"

VARIANTS = [
    "",
    " ",
    "*",
    "/cb",
    "//rp.example.org/cb",
    "rp.example.org/cb",
    "https://rp.example.org",
    "https://rp.example.org/",
    "https://rp.example.org/cb/",
    "https://rp.example.org/cb/x",
    "https://rp.example.org/cb/../cb",
    "https://rp.example.org/./cb",
    "https://rp.example.org//cb",
    "https://rp.example.org/x/../cb",
    "https://rp.example.org/cb/..;/x",
    "https://rp.example.org/cb;x",
    "https://rp.example.org/c%62",
    "https://rp.example.org/%63b",
    "https://rp.example.org/cb%2f",
    "https://rp.example.org/cb%00",
    "https://rp.example.org/cb%0d%0aSet-Cookie:a=b",
    "https://rp.example.org/CB",
    "https://rp.example.org/cb?",
    "https://rp.example.org/cb?x=1",
    "https://rp.example.org/cb?code=1",
    "https://rp.example.org/cb#",
    "https://rp.example.org/cb#x",
    "https://rp.example.org/cb&x",
    "https://rp.example.org/cb\\x",
    "https://rp.example.org\\cb",
    "https:\\\\rp.example.org\\cb",
    "https://RP.example.org/cb",
    "HTTPS://rp.example.org/cb",
    "https://rp.example.org./cb",
    "https://rp.example.org:443/cb",
    "https://rp.example.org:/cb",
    "https://rp.example.org:8443/cb",
    "http://rp.example.org/cb",
    "ftp://rp.example.org/cb",
    "https:/rp.example.org/cb",
    "https:rp.example.org/cb",
    "https:///rp.example.org/cb",
    "https://user@rp.example.org/cb",
    "https://rp.example.org@evil.example/cb",
    "https://rp.example.org%40evil.example/cb",
    "https://rp.example.org:x@evil.example/cb",
    "https://evil.example/cb",
    "https://evil.example/https://rp.example.org/cb",
    "https://evil.example#https://rp.example.org/cb",
    "https://evil.example?https://rp.example.org/cb",
    "https://evil.example\\@rp.example.org/cb",
    "https://rp.example.org.evil.example/cb",
    "https://evilrp.example.org/cb",
    "https://x.rp.example.org/cb",
    "https://rp.example.organisation/cb",
    "https://rp.example.оrg/cb",
    "https://xn--rp.example.org/cb",
    "https://rp。example.org/cb",
    "\thttps://rp.example.org/cb",
    "https://rp.example.org/cb\t",
    "https://rp.example.org/cb ",
    "https://rp.example.org/cb\n",
    "https://rp.example.org/cb\r\nX: y",
    "https://rp.example.org/\tcb",
    "https://rp.example.org/cb\0",
    "javascript:alert(1)//https://rp.example.org/cb",
    "data:text/html,https://rp.example.org/cb",
    "file:///https://rp.example.org/cb",
    "vbscript:https://rp.example.org/cb",
    "https://127.0.0.1/cb",
    "https://[::1]/cb",
]

NATIVE_VARIANTS = [
    "http://127.0.0.1:80@evil.example/cb",
    "http://127.0.0.1:8080@evil.example/cb",
    "http://127.0.0.1.evil.example:80/cb",
    "http://localhost:8080/cb",
    "http://127.1:8080/cb",
    "http://2130706433:8080/cb",
    "http://0x7f000001:8080/cb",
    "http://[::ffff:127.0.0.1]:8080/cb",
    "http://127.0.0.2:8080/cb",
    "https://127.0.0.1:8080/cb",
    "http://127.0.0.1:8080/cb/",
    "http://127.0.0.1:8080/other",
    "http://127.0.0.1:8080/cb?x=1",
    "http://127.0.0.1:8080/cb#x",
    "http://127.0.0.1:8080//cb",
    "http://127.0.0.1:/cb",
    "http://127.0.0.1:-1/cb",
    "http://127.0.0.1:99999/cb",
    "http://127.0.0.1:08080/cb",
    "http://127.0.0.1:80 80/cb",
    "http://127.0.0.1:8080/c\tb",
    "http://127.0.0.1:8080\\cb",
    "http://user@127.0.0.1:8080/cb",
    "com.example.app:/other",
    "com.example.app://cb",
    "com.example.APP:/cb",
    "com.evil.app:/cb",
]

CAUSES = {
    "nothing else wrong": {},
    "no challenge": {"code_challenge": None},
    "an unsupported response type": {"response_type": "token"},
    "a hybrid response type": {"response_type": "code id_token"},
    "no response type": {"response_type": None},
    "form_post": {"response_mode": "form_post"},
    "fragment": {"response_mode": "fragment"},
    "jarm": {"response_mode": "jwt"},
    "a scope without openid": {"scope": "profile"},
    "a request object": {"request": "x.y.z"},
    "a request_uri": {"request_uri": "https://evil.example/r"},
    "an unknown prompt": {"prompt": "create"},
    "prompt none": {"prompt": "none", "login_hint": None},
    "a bad max_age": {"max_age": "soon"},
    "claims that are no JSON": {"claims": "{"},
    "a level that cannot be given": {"acr_values": "urn:unknown"},
    "a cancelled login": {"login_hint": "test:anna;result=cancelled", "prompt": "none"},
    "a bad id_token_hint": {"id_token_hint": "x"},
    "a long state": {"state": "s" * 4000},
}


@pytest.fixture(scope="module")
def world(lasting_worlds):
    native = client(
        "app",
        client_secret=None,
        token_endpoint_auth_method="none",
        grant_types=["authorization_code"],
        application_type="native",
        redirect_uris=[LOOPBACK, "com.example.app:/cb"],
    )
    return lasting_worlds.make(
        federation(client(), native, client("idle", state="suspended", redirect_uris=["https://idle.example.org/cb"]))
    )


def test_the_table_is_long_enough():
    assert len(VARIANTS) >= 60
    assert REGISTERED == CALLBACK
    assert REGISTERED not in VARIANTS


def assert_page(answer, cause):
    assert answer.status == 400
    assert answer.location == ""
    assert answer.cause == cause
    assert "code=" not in answer.text


@pytest.mark.parametrize("uri", VARIANTS)
def test_a_variant_of_the_registered_address_gets_a_page_and_no_redirect(world, uri):
    assert_page(world.browser().get(world.authorize_url(redirect_uri=uri)), "request-address")


@pytest.mark.parametrize("uri", VARIANTS)
def test_a_variant_does_not_pass_by_post_either(world, uri):
    form = {"client_id": "rp", "response_type": "code", "scope": "openid", "redirect_uri": uri}
    assert_page(world.browser().post("/oidc/authorize", form), "request-address")


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize("uri", NATIVE_VARIANTS)
def test_a_variant_of_a_native_client_gets_a_page(world, uri):
    assert_page(world.browser().get(world.authorize_url("app", redirect_uri=uri)), "request-address")


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize("uri", [LOOPBACK, "http://127.0.0.1:1/cb", "http://127.0.0.1:49152/cb", "com.example.app:/cb"])
def test_a_native_client_may_vary_the_port_of_loopback(world, uri):
    answer = world.browser().get(world.authorize_url("app", redirect_uri=uri))
    assert answer.location.startswith(uri + "?code=")
    token = world.redeem(answer.sent_back["code"], "app", None, redirect_uri=uri)
    assert token.status == 200


@pytest.mark.spec("RFC 8252", "7.3")
def test_a_web_client_may_not_vary_the_port(worlds):
    world = worlds.make(federation(client(redirect_uris=["http://127.0.0.1:9000/cb"])))
    assert_page(world.browser().get(world.authorize_url(redirect_uri="http://127.0.0.1:9001/cb")), "request-address")


def test_no_redirect_uri_gets_a_page_even_when_one_is_registered(world):
    assert_page(world.browser().get(world.authorize_url(redirect_uri=None)), "request-address")


def test_a_redirect_uri_sent_twice_gets_a_page(world):
    for order in ([REGISTERED, "https://evil.example/"], ["https://evil.example/", REGISTERED], [REGISTERED] * 2):
        extra = urlencode([("redirect_uri", uri) for uri in order])
        asked = world.authorize_url(redirect_uri=None) + "&" + extra
        assert_page(world.browser().get(asked), "request-address")


def test_the_address_of_another_client_gets_a_page(world):
    assert_page(world.browser().get(world.authorize_url("app", redirect_uri=REGISTERED)), "request-address")


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("cause", CAUSES)
def test_with_a_bad_address_no_other_fault_leads_to_a_redirect(world, cause):
    asked = world.authorize_url(**{"redirect_uri": "https://evil.example/cb", **CAUSES[cause]})
    assert_page(world.browser().get(asked), "request-address")


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("client_id", ["nobody", "", None, "RP", "rp ", "rp\0", "x" * 3000, "../rp", "' OR 1=1--"])
def test_an_unknown_client_gets_a_page_whatever_else_is_wrong(world, client_id, cause):
    asked = world.authorize_url(**CAUSES[cause]).replace("client_id=rp&", "")
    asked += f"&client_id={quote(client_id)}" if client_id is not None else ""
    assert_page(world.browser().get(asked), "request-unknown-service")


def test_a_client_id_sent_twice_gets_a_page(world):
    assert_page(world.browser().get(world.authorize_url() + "&client_id=rp"), "request-unknown-service")


@pytest.mark.parametrize("cause", CAUSES)
def test_every_fault_of_a_proven_client_goes_to_its_address_alone(world, cause):
    if cause == "nothing else wrong":
        return
    answer = world.browser().get(world.authorize_url(**CAUSES[cause]))
    assert answer.status == 303
    assert answer.location.startswith(REGISTERED + "?error=")
    assert answer.sent_back.get("state", "the-state") == "the-state"


def test_a_suspended_service_is_told_at_its_address_and_gets_no_code(world):
    answer = world.browser().get(world.authorize_url("idle", redirect_uri="https://idle.example.org/cb"))
    assert error(answer) == "access_denied"


def test_an_address_that_leaves_the_register_during_a_login_gets_no_answer(worlds):
    world = worlds.make(federation(client()))
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    world.reapply(federation(client(redirect_uris=["https://elsewhere.example.org/cb"])))
    action, fields = page.fields(username="anna")
    answer = browser.follow(browser.post(action, fields))
    assert_page(answer, "request-address")
