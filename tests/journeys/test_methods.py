"""A browser's whole way through each kind of login method, to services of both protocols."""

import pytest

from tests.support import upstream as up
from tests.support.all_methods import everything
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.card_world import KAJSA
from tests.support.phone import PERSON
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL2, LEVEL3, client, federation, pressed

SP = Peer()
CANCEL = "http://id.elegnamnden.se/status/1.0/cancel"


@pytest.fixture
def outside(worlds, monkeypatch, tmp_path):
    names = ["givenName", "sn", "displayName", "employeeHsaId", "personalIdentityNumber"]
    return everything(
        worlds,
        monkeypatch,
        tmp_path,
        lambda o: federation(SP.entry(attributes=names), client(attributes=names), **o.parts()),
    )


@pytest.fixture
def world(outside):
    return outside.world


@pytest.fixture
def browser(world):
    return world.browser()


def choosing(world, browser, protocol="saml", **given):
    """The choice page of a fresh login."""
    url = SP.redirect(world, hint=None, **given) if protocol == "saml" else world.authorize_url(login_hint=None)
    return browser.follow(browser.get(url))


def choose(browser, page, method):
    return browser.follow(browser.post(*page.form("/login/", method=method)))


def told(world, browser, page):
    """What the service hears when the person turns back at a page."""
    answer = browser.post(*page.form("/avbryt"))
    return SP.read(world, answer)


PROTOCOLS = pytest.mark.parametrize("protocol", ["saml", "oidc"])


def delivered(world, answer, protocol):
    """What reached the service of the first name."""
    if protocol == "saml":
        attributes = SP.read(world, answer).attributes
        return attributes.get("givenName", attributes.get("employeeHsaId"))[0]
    assert "code" in answer.sent_back, (answer.status, answer.cause, answer.text[:500])
    return "a code"


# --- the choice


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ((), {"bankid:elsewhere", "bankid:here", "card", "op", "idp", "test"}),
        ((LEVEL3,), {"bankid:elsewhere", "bankid:here", "card", "idp", "test"}),
        ((LEVEL2,), {"bankid:elsewhere", "bankid:here", "card", "op", "idp", "test"}),
    ],
)
def test_the_choice_shows_what_can_give_the_level_and_says_why_not_the_rest(world, browser, levels, shown):
    page = choosing(world, browser, levels=levels)

    assert page.page == "U1"
    if levels == (LEVEL2,):
        shown = shown - {"bankid:elsewhere", "bankid:here"}
    assert set(pressed(page)) == shown
    assert ("Varför visas inte alla sätt" in page.text) is (levels != ())


@pytest.mark.spec("Sweden Connect entity categories", "2")
def test_a_provider_that_does_not_fit_the_service_by_entity_category_is_not_shown(worlds, monkeypatch, tmp_path):
    def document(outside):
        whole = federation(SP.entry(), client(), **outside.parts())
        ours, theirs = (f"http://id.elegnamnden.se/ec/1.0/loa3-{name}" for name in ("pnr", "name"))
        for provider in whole["identity_providers"]:
            provider["entity_categories"] = [ours if provider["id"] == "idp" else theirs]
        whole["services"][0]["entity_categories"] = [ours]
        return whole

    outside = everything(worlds, monkeypatch, tmp_path, document)
    choosing_ours = pressed(choosing(outside.world, outside.world.browser()))
    assert ("idp" in choosing_ours, "op" in choosing_ours, "card" in choosing_ours) == (True, False, True)
    assert {"idp", "op"} <= set(pressed(choosing(outside.world, outside.world.browser(), "oidc")))


def test_one_method_is_started_at_once_and_another_way_shows_it_alone(worlds, monkeypatch, tmp_path):
    outside = everything(worlds, monkeypatch, tmp_path, lambda o: federation(SP.entry(methods=["card"]), **o.parts()))
    browser = outside.world.browser()

    page = choosing(outside.world, browser)
    assert page.page == "U4"
    other = browser.follow(browser.post(*page.form("/annat")))

    assert (other.page, list(pressed(other))) == ("U1", ["card"])


def test_no_method_is_explained_and_the_service_is_told(worlds, monkeypatch, tmp_path):
    outside = everything(worlds, monkeypatch, tmp_path, lambda o: federation(SP.entry(methods=["op"]), **o.parts()))
    browser = outside.world.browser()

    page = choosing(outside.world, browser, levels=(LEVEL3,))

    assert (page.status, page.cause) == (403, "no-method")
    assert told(outside.world, browser, page).status == ("Requester", "NoAuthnContext")


def test_a_method_that_is_not_offered_cannot_be_pressed(worlds, monkeypatch, tmp_path):
    outside = everything(
        worlds, monkeypatch, tmp_path, lambda o: federation(SP.entry(methods=["card", "idp"]), **o.parts())
    )
    browser = outside.world.browser()
    page = choosing(outside.world, browser)

    for method in ("op", "test", "bankid:here", "nothing", ""):
        assert choose(browser, page, method).cause == "no-method"


def test_an_idp_list_is_kept_to(world, browser):
    url = SP.redirect(world, hint=None, idps=(f"{up.IDP}/metadata",))

    answer = browser.get(url)

    assert answer.location.startswith(f"{up.IDP}/sso")


def test_an_idp_list_is_kept_to_by_the_sign_on_too(world, browser):
    SP.login(world, browser)

    answer = browser.get(SP.redirect(world, hint=None, idps=(f"{up.IDP}/metadata",)))

    assert answer.location.startswith(f"{up.IDP}/sso")


@pytest.mark.spec("SAML core", "3.4.1.2")
def test_a_proxy_count_of_zero_keeps_the_login_here(world, browser):
    page = choosing(world, browser, proxy_count=0)
    one = choosing(world, world.browser(), proxy_count=1)

    assert set(pressed(page)) == {"bankid:elsewhere", "bankid:here", "card", "test"}
    assert set(pressed(one)) >= {"op", "idp"}
    assert SP.login(world, proxy_count=0, idps=(f"{up.IDP}/metadata",)).status == ("Requester", "ProxyCountExceeded")


# --- card


@PROTOCOLS
def test_a_card_logs_its_holder_in(outside, world, browser, protocol):
    page = choose(browser, choosing(world, browser, protocol), "card")
    assert page.page == "U4"

    answer = browser.follow(browser.get(outside.insert_card(page, outside.card()).location))

    assert delivered(world, answer, protocol) in {"TST2321000016-1001", "a code"}


@pytest.mark.parametrize(
    ("card", "cause"),
    [
        (lambda o: (), "cert-none"),
        (lambda o: (b"not a certificate",), None),
        (lambda o: (revoked(o),), "cert-revoked"),
    ],
    ids=["none", "garbage", "revoked"],
)
def test_a_card_that_does_not_do_has_its_own_page_and_the_service_hears_the_kind(outside, world, browser, card, cause):
    page = choose(browser, choosing(world, browser), "card")

    failed = browser.follow(browser.get(outside.insert_card(page, *card(outside)).location))

    assert (failed.status, failed.page) == (403, "U10")
    assert cause in {None, failed.cause}
    assert told(world, browser, failed).status == ("Requester", "AuthnFailed")


def revoked(outside):
    issued = outside.ca.issue_card(KAJSA, "person-hsa-3", key="p256")
    outside.ca.revoke(issued.certificate)
    return issued.der()


def test_after_a_failed_card_another_method_may_be_tried_and_a_late_cancel_is_a_cancel(outside, world, browser):
    page = choose(browser, choosing(world, browser), "card")
    failed = browser.follow(browser.get(outside.insert_card(page).location))
    assert failed.cause == "cert-none"

    again = browser.follow(browser.post(*failed.form("/login/", method="bankid:elsewhere")))
    assert again.page == "U2"

    assert told(world, browser, again).status == ("Requester", CANCEL)


def test_a_landed_card_is_used_once_and_for_its_own_login(outside, world, browser):
    page = choose(browser, choosing(world, browser), "card")
    landed = outside.insert_card(page, outside.card()).location
    other = choose(browser, choosing(world, browser), "card")
    other_id = other.form("/annat")[0].split("/")[2]
    secret = landed.partition("?")[2]

    assert browser.get(f"/login/{other_id}/kort/svar?{secret}").cause == "login-expired"
    assert browser.get(landed).page == "U9"
    assert browser.get(landed).cause == "login-used"


def test_a_landed_card_is_worth_nothing_in_another_browser_or_after_two_minutes(outside, world, browser):
    page = choose(browser, choosing(world, browser), "card")
    landed = outside.insert_card(page, outside.card()).location

    assert world.browser().get(landed).cause == "other-browser"
    world.clock.now += 120
    assert browser.get(landed).cause == "login-expired"


@pytest.mark.parametrize("handoff", ["", "x", "A" * 100, "å", "=" * 40])
def test_a_handoff_that_is_not_ours_leads_to_a_page(outside, world, browser, handoff):
    page = choose(browser, choosing(world, browser), "card")
    link = f'"https://localhost:8441/card/{handoff}"'

    answer = outside.insert_card(type(page)(200, [], link.encode()), outside.card())

    assert browser.follow(browser.get(answer.location)).cause == "bookmarked"


def test_a_handoff_lives_ten_minutes(outside, world, browser):
    page = choose(browser, choosing(world, browser), "card")
    world.clock.now += 600

    answer = outside.insert_card(page, outside.card())

    assert answer.location.endswith("/login/-")


# --- mobile e-ID


@PROTOCOLS
def test_a_phone_logs_its_owner_in(outside, world, browser, protocol):
    page = choose(browser, choosing(world, browser, protocol), "bankid:elsewhere")
    assert page.page == "U2"

    outside.phone.orders.approve(outside.scan(browser, page), PERSON.number)
    world.clock.now += 3
    answer = browser.follow(browser.get(page.form("/annat")[0].replace("/annat", "/mobil")))

    assert delivered(world, answer, protocol) in {PERSON.given_name, "a code"}


def status_url(page):
    return page.text.partition('data-status="')[2].partition('"')[0].replace("&amp;", "&")


@PROTOCOLS
def test_the_script_of_the_page_sees_it_done_and_the_page_goes_on(outside, world, browser, protocol):
    page = choose(browser, choosing(world, browser, protocol), "bankid:elsewhere")
    outside.phone.orders.approve(outside.scan(browser, page), PERSON.number)
    world.clock.now += 3

    seen = browser.get(status_url(page)).json
    assert seen["go"]
    assert seen["qr"] is None
    assert not world.events("saml.assertion-issued")

    assert delivered(world, browser.follow(browser.get(seen["go"])), protocol)


def test_the_code_moves_and_nothing_secret_is_in_what_the_browser_gets(outside, world, browser):
    page = choose(browser, choosing(world, browser), "bankid:elsewhere")
    (order,) = outside.phone.orders.waiting()
    texts, bodies = set(), [page.text]
    for _ in range(3):
        world.clock.now += 1
        answer = browser.get(status_url(page))
        texts.add(answer.json["qr"])
        bodies.append(answer.text)
        bodies.append(browser.get(status_url(page).replace("/status", "/kod")).text)

    assert len(texts) == 3
    for secret in (order.ref, order.qr_secret):
        assert secret not in "".join(bodies)


def test_the_frame_without_script_shows_the_code_and_then_that_it_is_done(outside, world, browser):
    page = choose(browser, choosing(world, browser), "bankid:elsewhere")
    frame = status_url(page).replace("/status", "/kod")

    waiting = browser.get(frame)
    outside.phone.orders.approve(outside.scan(browser, page), PERSON.number)
    world.clock.now += 3
    done = browser.get(frame)
    after = browser.get(frame)

    assert (waiting.page, done.page, after.page) == ("U2-frame",) * 3
    assert "<svg" in waiting.text
    assert "<svg" not in done.text + after.text
    assert "frame-ancestors 'self'" in waiting.header("Content-Security-Policy")
    assert not world.events("saml.assertion-issued")


def test_on_this_device_the_app_is_opened_by_a_press(outside, world, browser):
    page = choose(browser, choosing(world, browser), "bankid:here")

    assert page.page == "U3"
    assert "autostarttoken=" in page.text
    assert browser.get(status_url(page)).json["qr"] is None


@pytest.mark.parametrize(("seconds", "cause"), [(40, "eid-not-started"), (200, "eid-expired-order")])
def test_an_order_that_nobody_takes_up_ends_and_may_be_tried_again(outside, world, browser, seconds, cause):
    page = choose(browser, choosing(world, browser), "bankid:elsewhere")
    url = page.form("/annat")[0].replace("/annat", "/mobil")
    world.clock.now += seconds

    failed = browser.follow(browser.get(url))

    assert failed.page == "U10"
    assert failed.cause in {cause, "eid-expired-order", "eid-not-started"}
    reloaded = browser.follow(browser.get(url))
    assert reloaded.cause == failed.cause
    again = browser.follow(browser.post(*failed.form("/login/", method="bankid")))
    assert again.page == "U2"


def test_the_reason_of_a_failure_reaches_the_service_when_the_person_turns_back(outside, world, browser):
    page = choose(browser, choosing(world, browser), "bankid:elsewhere")
    outside.phone.orders.fail(outside.scan(browser, page), "userCancel")
    world.clock.now += 3
    seen = browser.get(status_url(page)).json

    failed = browser.follow(browser.get(seen["go"]))

    assert failed.cause == "user-cancelled"
    assert told(world, browser, failed).status == ("Requester", CANCEL)


def test_an_e_id_that_does_not_answer_is_explained(outside, world, browser):
    outside.down.add("https://eid.example")

    page = choose(browser, choosing(world, browser), "bankid:elsewhere")

    assert (page.status, page.cause) == (503, "eid-service-down")
    assert page.header("Retry-After")
    assert told(world, browser, page).status == ("Responder", None)


def test_cancelling_at_the_code_cancels_the_order_and_tells_the_service(outside, world, browser):
    page = choose(browser, choosing(world, browser), "bankid:elsewhere")

    received = told(world, browser, page)

    assert received.status == ("Requester", CANCEL)
    assert [name for name, _ in outside.phone.calls][-1] == "cancel"


def test_another_way_cancels_the_order_and_shows_the_choice(outside, world, browser):
    page = choose(browser, choosing(world, browser), "bankid:elsewhere")

    other = browser.follow(browser.post(*page.form("/annat")))

    assert other.page == "U1"
    assert [name for name, _ in outside.phone.calls][-1] == "cancel"


# --- home organisations


@PROTOCOLS
@pytest.mark.parametrize(("method", "name"), [("op", "Anna"), ("idp", "Anna")])
def test_a_home_organisation_logs_its_person_in(outside, world, browser, protocol, method, name):
    sent = browser.post(*choosing(world, browser, protocol).form("/login/", method=method))

    answer = outside.came_home(browser, sent)

    assert delivered(world, answer, protocol) in {name, "a code"}


def test_an_answer_by_post_is_landed_without_touching_the_cookie(outside, world, browser):
    sent = browser.post(*choosing(world, browser).form("/login/", method="idp"))
    form = up.Form.of(outside.home(sent).body)

    landed = browser.request("POST", "/saml/acs", form.hidden, cookies=False)

    assert (landed.status, landed.header("Set-Cookie")) == (303, "")
    assert SP.read(world, browser.get(landed.location)).content.authenticating_authorities == (f"{up.IDP}/metadata",)


@pytest.mark.parametrize("method", ["op", "idp"])
def test_the_answer_of_a_home_organisation_in_another_browser_logs_nobody_in(outside, world, browser, method):
    sent = browser.post(*choosing(world, browser).form("/login/", method=method))
    victim = world.browser()
    victim.get("/")

    stolen = outside.came_home(victim, sent)

    assert (stolen.status, stolen.cause) == (403, "other-browser")
    assert not world.events("login.identified")


@pytest.mark.parametrize("method", ["op", "idp"])
def test_an_answer_brought_twice_is_taken_once(outside, world, browser, method):
    sent = browser.post(*choosing(world, browser).form("/login/", method=method))
    given = outside.home(sent)

    def bring():
        if given.location:
            return browser.follow(browser.get(given.location))
        form = up.Form.of(given.body).hidden
        return browser.follow(browser.request("POST", "/saml/acs", form, cookies=False))

    assert bring().page == "U9"
    assert bring().cause == "login-used"


def test_an_answer_for_no_login_is_not_even_kept(world, browser):
    before = world.store.commits

    answer = browser.request("POST", "/saml/acs", {"SAMLResponse": "x", "RelayState": "y"})

    assert answer.cause == "bookmarked"
    assert browser.request("POST", "/saml/acs", {"RelayState": "y"}).cause == "request-malformed"
    assert world.store.commits == before


def test_a_login_at_another_method_takes_no_answer_of_a_home_organisation(outside, world, browser):
    page = choosing(world, browser)
    sent = browser.post(*page.form("/login/", method="op"))
    given = outside.home(sent)
    browser.post(*page.form("/login/", method="card"))

    assert browser.get(given.location).cause == "upstream-error"
    assert not world.events("login.identified")


@pytest.mark.parametrize("method", ["test", "card", "bankid"])
def test_a_method_that_leaves_for_nowhere_has_no_address_for_answers(outside, world, browser, method):
    page = choosing(world, browser)
    action, _ = page.form("/login/")
    login = action.split("/")[2]
    browser.post(*page.form("/login/", method=method))

    answer = browser.get(f"/login/upstream/{method}/callback?state={login}&username=anna")

    assert answer.cause == "upstream-error"
    assert not world.events("login.identified")


@pytest.mark.parametrize("part", ["mobil?username=anna", "mobil/status?username=anna", "mobil/kod?username=anna"])
def test_the_pages_of_waiting_bring_nothing_to_another_method(world, browser, part):
    page = choosing(world, browser)
    login = page.form("/login/")[0].split("/")[2]
    browser.post(*page.form("/login/", method="test"))

    browser.get(f"/login/{login}/{part}")

    assert not world.events("login.identified")


def test_a_home_organisation_that_is_down_is_explained_when_it_is_met(outside, world, browser):
    outside.down.add(up.OP)

    page = choose(browser, choosing(world, browser), "op")

    assert (page.status, page.cause) == (503, "upstream-down")


def test_consent_and_commission_belong_to_the_person_who_gave_them(worlds, monkeypatch, tmp_path):
    asks = Peer(extra={"consent": "ask"})
    outside = everything(worlds, monkeypatch, tmp_path, lambda o: federation(asks.entry(), **o.parts()))
    browser = outside.world.browser()
    page = choose(browser, choosing(outside.world, browser), "test")
    question = browser.follow(browser.post(*page.form("/test", username="bo")))
    assert "Bengtsson" in question.text
    choice = browser.get(question.form("/samtycke")[0].replace("/samtycke", ""))

    other = outside.came_home(browser, browser.post(*choice.form("/login/", method="op")))

    assert other.page == "U7"
    assert "Bengtsson" not in other.text


# --- odd steps


@pytest.mark.parametrize(
    "part", ["kort", "mobil", "mobil/status", "mobil/kod", "uppdrag", "samtycke", "fortsatt", "test"]
)
def test_a_page_that_the_login_is_not_at_leads_on_and_never_fails(world, browser, part):
    page = choosing(world, browser)
    login = page.form("/login/")[0].split("/")[2]

    answer = browser.follow(browser.get(f"/login/{login}/{part}"))

    assert answer.status == 200
    assert answer.page in {"U1", "U2-frame", "test", ""}


@pytest.mark.parametrize("part", ["", "annat", "avbryt", "test", "uppdrag", "samtycke"])
def test_a_form_that_the_login_is_not_at_never_fails(world, browser, part):
    page = choosing(world, browser)
    action, fields = page.form("/login/")
    login = action.split("/")[2]

    answer = browser.follow(browser.post(f"/login/{login}/{part}".rstrip("/"), {"csrf": fields["csrf"]}))

    assert answer.status in {200, 403}
    assert answer.page in {"U1", "U9", "U10"}
