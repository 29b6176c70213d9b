"""A team connects a service at a host that nobody takes its word for, in a real browser and over real HTTP.

The host is on loopback by the egress client's own test hook, where nobody answers, and its TXT record is in a real name server on
loopback. Nobody approves until the record is there; then the service logs in in production.
"""

from collections.abc import Iterator
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from dns.message import Message
from playwright.sync_api import Browser, expect

from metadata.wire.dns_texts import dns_texts
from metadata.wire.egress import Egress
from metadata.wire.outbound import EgressPolicy
from tests.browser.test_from_nothing_to_production import CHALLENGE, Team, free_port, mark, redeemed, serving
from tests.support.chromium import chromium, looking
from tests.support.console import Console, consoles
from tests.support.name_server import server, texts
from tests.support.world import MEMBER, Worlds
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

HOST = "bok.example.test"
CALLBACK = f"https://{HOST}/callback"
PORTAL = f"/portal/{MEMBER}"


@pytest.fixture(scope="module")
def records() -> list[str]:
    """What stands in the DNS."""
    return []


@pytest.fixture(scope="module")
def console(lasting_worlds: Worlds, records: list[str]) -> Iterator[Console]:
    """A broker at a port of its own whose look-ups end on this machine."""
    port = free_port()
    made = consoles(lasting_worlds, base_url=f"http://127.0.0.1:{port}")
    for name in ("dora", "eva"):
        made.grant(name, (FEDERATION, Role.OPERATOR))
    made.grant("carl", (MEMBER, Role.OWNER))
    egress = Egress(EgressPolicy(loopback=True), resolve=lambda *_: ["127.0.0.1"])

    def answer(query: Message) -> bytes | None:
        return texts(*records)(query)

    with egress, server(answer) as servers, serving(port, made.world.app):
        object.__setattr__(made.world.app.on, "trial", lambda: egress)
        object.__setattr__(made.world.app.on, "texts", partial(dns_texts, servers=servers))
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def logged_in(browser: Browser, console: Console, issuer: str, client: str) -> str:
    """The service sends its person off, in a browser of their own: the code with which they come back. Where they come to need
    not answer.
    """
    with looking(browser, locale="sv-SE") as page:
        return _logged_in(Team(page, console), issuer, client)


def _logged_in(team: Team, issuer: str, client: str) -> str:
    page, back = team.page, []
    page.on("request", lambda request: back.append(request.url) if request.url.startswith(CALLBACK) else None)
    asked = {
        "client_id": client,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    page.goto(f"{issuer}/oidc/authorize?{urlencode(asked)}")
    for _ in range(6):
        if not back and page.locator("main form button").count():
            team.go_on()
            page.wait_for_load_state()
    return dict(parse_qsl(urlsplit(back[0]).query))["code"]


def connected(team: Team) -> str:
    """The service from its name to a draft that lacks nothing of its own: the draft's id."""
    page = team.page
    team.open(f"{PORTAL}/anslut", "carl")
    team.fill("Tjänstens namn på svenska", "Tidbokning")
    team.fill("Tjänstens namn på engelska", "Booking")
    team.fill("Kontakt för användare (e-post)", "stod@bok.example")
    team.press()
    team.tick("OpenID Connect")
    team.fill("Adresser för svar (redirect_uris)", CALLBACK)
    team.press()
    assert "0 fel" in page.locator("h1").inner_text()
    draft = page.url.split("/anslut/")[1].split("/")[0]
    page.goto(f"{team.console.world.base}{PORTAL}/anslut/{draft}/uppgifter")
    team.tick("Efternamn")
    team.fill("Varför tjänsten behöver dem", "Kallelser adresseras till personen")
    team.press()
    team.tick("Tillitsnivå 3")
    team.press()
    return draft


def decided(browser: Browser, console: Console, name: str, proposal: str) -> str:
    """An operator reads the proposal and presses approve: the page that comes of it."""
    with looking(browser, locale="sv-SE") as page:
        operator = Team(page, console)
        operator.open(f"/admin/forslag/{proposal}", name)
        page.get_by_label("Skäl", exact=True).fill("Läst och prövad")
        operator.press("Godkänn")
        assert not page.refused
        return page.locator("main").inner_text()


@pytest.mark.spec("facts/threats", "FR-03")
def test_nobody_approves_a_service_at_a_host_until_the_host_says_whose_it_is(
    browser: Browser, console: Console, records: list[str]
):
    base = console.world.base
    with looking(browser, locale="sv-SE") as page:
        team = Team(page, console)
        draft = connected(team)
        client = str(console.world.store.proposal(draft).content["oidc"]["client_id"])
        page.goto(f"{base}{PORTAL}/anslut/{draft}/testa")
        page.locator('main a[href*="/prova/"]').first.click()
        code = logged_in(browser, console, f"{base}/test", client)
        assert redeemed(console, "/test/oidc/token", client, code, CALLBACK)["id_token"]
        page.goto(f"{base}{PORTAL}/anslut/{draft}/skicka")
        assert "återstår att styrka" in page.locator("main").inner_text()
        team.press()

    refused = decided(browser, console, "dora", draft)
    assert "Dessa värdar är inte styrkta som medlemmens" in refused
    assert "1 av 2" not in refused

    with looking(browser, locale="sv-SE") as page:
        team.page = page
        team.open(f"{PORTAL}/forslag/{draft}", "carl")
        page.get_by_role("link", name=HOST).click()
        team.press("Börja styrka")
        assert mark(page) == "M9"
        team.press("Kontrollera nu")
        words = page.locator("main").inner_text()
        assert "Filen: värden finns inte i DNS, eller så svarar ingen på dess port 443." in words
        assert "DNS: det finns ingen TXT-post med ett bevis på namnet." in words
        records.append(page.locator("pre").first.inner_text())
        console.world.clock.now += 60
        team.press("Kontrollera nu")
        expect(page.locator("div.notice")).to_contain_text("den är styrkt")
        assert not page.refused

    decided(browser, console, "dora", draft)
    decided(browser, console, "eva", draft)
    console.world.app.snapshots.refresh()
    code = logged_in(browser, console, base, client)
    assert redeemed(console, "/oidc/token", client, code, CALLBACK)["id_token"]
