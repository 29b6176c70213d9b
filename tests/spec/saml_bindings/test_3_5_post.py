"""SAML bindings section 3.5, as identity provider: a request by form, which comes from another site."""

from base64 import b64decode, b64encode

import pytest
from lxml import etree

from metadata.wire.saml_messages.building import finished
from tests.support import saml as s
from tests.support.saml_peer import Peer
from tests.support.world import federation

SP = Peer()


@pytest.fixture
def world(worlds):
    return worlds.make(federation(SP.entry()))


def cross_site(world, browser, form):
    """As browsers do it: without the cookie (SameSite=Lax), then the GET with it."""
    landed = browser.request("POST", "/saml/sso", form, cookies=False, Origin=SP.host, Sec_Fetch_Site="cross-site")
    return landed, browser.follow(landed)


def test_a_request_by_post_is_landed_and_answered_in_the_browser_that_fetches_it(world):
    browser = world.browser()

    landed, answer = cross_site(world, browser, SP.post(world))

    assert (landed.status, landed.header("Set-Cookie")) == (303, "")
    assert SP.read(world, answer).content is not None


def test_a_request_by_post_meets_the_sign_on_of_its_browser(world):
    browser = world.browser()
    SP.login(world, browser)

    _, answer = cross_site(world, browser, SP.post(world, subject=None))

    assert SP.read(world, answer).content is not None


def test_a_request_by_post_leaves_the_cookie_that_the_browser_did_not_send(world):
    browser = world.browser()
    SP.login(world, browser)
    held = dict(browser.cookies)

    cross_site(world, browser, SP.post(world, subject=None, passive=True))

    assert browser.cookies == held


def test_a_landed_request_belongs_to_the_first_browser_that_fetches_it(world):
    first, second = world.browser(), world.browser()
    landed = world.browser().post("/saml/sso", SP.post(world, subject=None))
    assert first.follow(first.get(landed.location)).page == "test"

    stolen = second.follow(second.get(landed.location))

    assert (stolen.status, stolen.cause) == (403, "other-browser")
    assert first.follow(first.get(landed.location)).page == "U1"


def test_many_landed_requests_do_not_drive_each_other_out(world):
    first = world.request("POST", "/saml/sso", SP.post(world))
    for _ in range(60):
        world.request("POST", "/saml/sso", SP.post(world))

    browser = world.browser()

    assert SP.read(world, browser.follow(browser.get(first.location))).content is not None


def test_a_landed_request_fetched_after_its_answer_says_so(world):
    browser = world.browser()
    landed, _ = cross_site(world, browser, SP.post(world))

    again = browser.follow(browser.get(landed.location))

    assert (again.status, again.cause) == (409, "login-used")


def test_a_landed_request_fetched_too_late_leads_back_to_the_service(world):
    landed = world.browser().post("/saml/sso", SP.post(world))
    world.clock.now += 901

    late = world.browser().get(landed.location)

    assert (late.status, late.cause) == (410, "login-expired")
    assert f'href="{SP.host}/"' in late.text


def changed(form, change):
    xml = b64decode(form["SAMLRequest"])
    return {**form, "SAMLRequest": b64encode(change(xml)).decode()}


FORMS = {
    "no message": (lambda w: {"RelayState": "x"}, "request-malformed"),
    "a response": (lambda w: {"SAMLResponse": SP.post(w)["SAMLRequest"]}, "request-malformed"),
    "no base64": (lambda w: {"SAMLRequest": "!!!"}, "request-malformed"),
    "no XML": (lambda w: {"SAMLRequest": b64encode(b"hello").decode()}, "request-malformed"),
    "empty": (lambda w: {"SAMLRequest": ""}, "request-malformed"),
    "changed after signing": (
        lambda w: changed(SP.post(w), lambda xml: xml.replace(b"test:anna", b"test:bobo")),
        "request-signature",
    ),
    "signature empty": (
        lambda w: changed(
            SP.post(w),
            lambda xml: xml[: xml.index(b"<ds:SignatureValue>") + 19] + xml[xml.index(b"</ds:SignatureValue>") :],
        ),
        "request-signature",
    ),
    "signed by a stranger with the key inside": (
        lambda w: SP.post(w, by=s.signer(s.rsa_key("stranger"), kid="x", alg="RS256", certificate=b"x")),
        "request-signature",
    ),
    "SHA-1": (lambda w: sha1(w), "request-signature"),  # noqa: PLW0108  # defined below
    "a logout request": (
        lambda w: {"SAMLRequest": b64encode(s.logout_request(SP.signer, issuer=SP.entity_id)).decode()},
        "request-malformed",
    ),
    "another parameter's name in capitals": (lambda w: {"samlrequest": SP.post(w)["SAMLRequest"]}, "request-malformed"),
}


def sha1(world):
    root = SP.authn_request(world)
    s.signed_by_xmlsec(root, s.rsa_key(SP.key), "rsa-sha1", "sha1")
    return {"SAMLRequest": b64encode(etree.tostring(root)).decode()}


@pytest.mark.parametrize("fault", FORMS, ids=str)
@pytest.mark.spec("SAML bindings", "3.5.4")
def test_a_form_that_holds_no_good_request_gets_a_page(world, fault):
    make, cause = FORMS[fault]

    answer = world.browser().post("/saml/sso", make(world))

    assert (answer.status, answer.page, answer.cause) == (400, "U10", cause)
    assert not answer.location


def test_a_form_that_names_the_message_twice_is_refused(world):
    form = SP.post(world)
    body = "&".join(f"SAMLRequest={form['SAMLRequest'].replace('+', '%2B').replace('=', '%3D')}" for _ in range(2))

    answer = world.request("POST", "/saml/sso", body.encode(), Content_Type="application/x-www-form-urlencoded")

    assert (answer.status, answer.cause) == (400, "request-malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_a_body_of_another_kind_is_refused(world, kind):
    answer = world.request("POST", "/saml/sso", b"SAMLRequest=x", Content_Type=kind)

    assert (answer.status, answer.cause) == (400, "request-malformed")


def test_what_another_implementation_signed_is_accepted(world):
    root = SP.authn_request(world, subject="test:anna")
    s.signed_by_xmlsec(root, s.rsa_key(SP.key), "rsa-sha512", "sha512")
    browser = world.browser()

    _, answer = cross_site(world, browser, {"SAMLRequest": b64encode(etree.tostring(root)).decode()})

    assert SP.read(world, answer).content is not None


def test_base64_may_come_in_lines(world):
    form = SP.post(world)
    lines = "\r\n".join(form["SAMLRequest"][i : i + 76] for i in range(0, len(form["SAMLRequest"]), 76))
    browser = world.browser()

    _, answer = cross_site(world, browser, {**form, "SAMLRequest": lines})

    assert SP.read(world, answer).content is not None


def test_pretty_printing_before_signing_is_no_harm(world):
    root = SP.authn_request(world, subject="test:anna")
    etree.indent(root)
    browser = world.browser()

    _, answer = cross_site(world, browser, {"SAMLRequest": b64encode(finished(root, SP.signer)).decode()})

    assert SP.read(world, answer).content is not None
