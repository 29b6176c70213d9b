"""Logos of services: served by us, shown at a login beside the name, published for others."""

import re
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from broker.federation.logos import at_path
from broker.web.throttle import LIMITS, Limit, Throttle
from metadata.logos import read_logo
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_values import SP_ROLE
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.pictures import png
from tests.support.saml_peer import Peer
from tests.support.world import World, client, federation

pytest_plugins = ["tests.support.worlds"]
LOGO = read_logo(png(64, 32))
AT = f"/logos/{{}}/{LOGO.digest}.png"
SHOWN = {
    "logo": LOGO.text,
    "description": {"sv": "Här provar man.", "en": "A place for trying."},
    "privacy_url": "https://rp.example.org/integritet",
    "information_url": "https://rp.example.org/om",
}
PEER = Peer("sp")


@pytest.fixture(scope="module")
def world(lasting_worlds) -> World:
    rp = {**client(consent="ask"), "reasons": {"sn": "Kallelser adresseras till personen"}, **SHOWN}
    return lasting_worlds.make(federation(rp, client("plain"), PEER.entry(**SHOWN)))


def pictures(page: str) -> list[str]:
    return re.findall(r'<img class="logo" src="([^"]*)" alt="">', page)


def test_a_logo_is_a_picture_and_nothing_else_and_may_be_kept_for_ever(world):
    answer = world.browser().get(AT.format("rp"))
    assert (answer.status, answer.body) == (200, LOGO.octets)
    assert answer.header("content-type") == "image/png"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
    assert answer.header("cache-control") == "public, max-age=31536000, immutable"
    assert answer.header("cross-origin-resource-policy") == "cross-origin"
    assert answer.header("set-cookie") == ""


@pytest.mark.parametrize(
    "path",
    [
        "/logos/",
        "/logos/rp",
        "/logos/rp/",
        f"/logos/rp/{LOGO.digest}",
        f"/logos/rp/{LOGO.digest}.svg",
        f"/logos/rp/{'0' * 32}.png",
        AT.format("plain"),
        AT.format("never-was"),
        AT.format("2021005489"),
        f"/logos/rp/../{LOGO.digest}.png",
        f"/logos/%00/{LOGO.digest}.png",
        f"/logos/rp%00/{LOGO.digest}.png",
        f"/logos/rp%0A/{LOGO.digest}.png",
        f"/logos/rp/{LOGO.digest}.png%0A",
        f"/logos/rp/{LOGO.digest.upper()}.png",
        f"/logos/rp/0{LOGO.digest}.png",
        "/logos/rp/0.png",
        f"/logos/{'a' * 65}/{LOGO.digest}.png",
        f"/logos/r\N{LATIN SMALL LETTER O WITH DIAERESIS}/{LOGO.digest}.png",
    ],
)
def test_an_address_that_names_no_logo_names_nothing(world, path):
    answer = world.browser().get(quote(path, safe="/%"))
    assert (answer.status, answer.text) == (404, "no such logo\n")


class Asked:
    """A register that counts what is read of it."""

    def __init__(self, content=None):
        self.content, self.reads = content, []

    def register_entry(self, kind, id):
        self.reads.append((kind, id))
        return self.content and SimpleNamespace(content=self.content)


@pytest.mark.parametrize("path", ["/logos/x/0.png", f"/logos/a\0/{'0' * 32}.png", f"/logos//{'0' * 32}.png", "/logos/"])
def test_of_what_can_be_no_address_nothing_is_read(path):
    register = Asked({"id": "x", "logo": LOGO.text})
    assert at_path(path, register) is None
    assert register.reads == []


def test_of_an_address_the_entry_that_stands_is_read_and_nothing_else():
    register = Asked({"id": "x", "logo": LOGO.text})
    assert at_path(AT.format("x"), register) == LOGO
    assert at_path(f"/logos/x/{'0' * 32}.png", register) is None
    assert at_path(AT.format("x"), Asked()) is None
    assert register.reads == [("service", "x")] * 2


def test_who_asks_for_what_is_not_there_without_end_is_not_looked_for(lasting_worlds):
    world = lasting_worlds.make(federation({**client(), "logo": LOGO.text}))
    limit = next(limit for limit in LIMITS if limit.kind == "logo-miss")
    throttle = Throttle((Limit(limit.kind, limit.by, 2),))
    object.__setattr__(world.app.on, "throttle", throttle)
    browser = world.browser()
    assert browser.get(AT.format("rp")).status == 200
    for _ in range(2):
        assert browser.get(AT.format("never-was")).status == 404
    later = browser.get(AT.format("rp"))
    assert (later.status, later.header("retry-after")) == (429, "60")
    assert browser.get("/logos/rp/0.png").status == 404


def test_the_logo_stands_beside_the_name_where_somebody_logs_in(world):
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    choice = browser.get(page.fields()[0].removesuffix("/test"))
    assert choice.page == "U1"
    assert pictures(choice.text) == [AT.format("rp")]
    assert "Service rp" in choice.text


def test_who_is_asked_sees_what_the_service_is_for_why_it_asks_and_its_own_page(world):
    browser = world.browser()
    asked = browser.follow(browser.get(world.authorize_url(login_hint=None, scope="openid profile")))
    page = browser.follow(browser.post(*asked.form("/test", username="anna")))
    assert page.page == "U7"
    assert pictures(page.text) == [AT.format("rp")]
    for said in ("Här provar man.", "Kallelser adresseras till personen", 'href="https://rp.example.org/integritet"'):
        assert said in page.text


def test_the_answer_that_goes_by_form_has_the_logo_on_its_page(world):
    browser = world.browser()
    page = browser.follow(browser.get(PEER.redirect(world)))
    assert page.page == "U9"
    assert pictures(page.text) == [AT.format("sp")]


@pytest.mark.spec("SAML V2.0 Metadata Extensions for Login and Discovery User Interface", "2.1")
def test_what_was_approved_of_a_service_is_published(world):
    answer = world.browser().get(f"/entities/{PEER.entity_id}")
    interface = read_entity(answer.body).role(SP_ROLE).interface
    assert [(logo.url, logo.width, logo.height) for logo in interface.logos] == [(world.base + AT.format("sp"), 64, 32)]
    told = {(text.language, text.value) for text in interface.descriptions}
    assert told == {("sv", "Här provar man."), ("en", "A place for trying.")}
    for pages, url in ((interface.privacy_urls, "integritet"), (interface.information_urls, "om")):
        assert {(page.language, page.value.rpartition("/")[2]) for page in pages} == {("sv", url), ("en", url)}


def test_a_party_without_a_logo_is_shown_by_its_name_alone(world):
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url("plain", login_hint=None)))
    assert "<img" not in page.text
