"""O6 and M6: the federation's keys and what an operator does with them; what of a member runs out, and who fetched our keys."""

import datetime as dt
import hashlib
import re
from base64 import urlsafe_b64encode

import pytest

from broker.exchange import Request
from broker.jobs.standard import move_keys
from broker.keys.ring import KeyState
from broker.login.keys import KeyFetch
from broker.storage.fetches import SHARING
from broker.web.clients import _claimed
from broker.web.fetches import MOST, network
from broker.web.links import fetch_mark
from tests.console.test_every_route import token
from tests.support import saml_metadata as md
from tests.support.console import consoles, document, operator, service
from tests.support.world import MEMBER, NOW
from trust_framework.days import DAY
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]

OURS = f"/portal/{MEMBER}/nycklar"
KEY = "oidc ES256"
FORM = {"content-type": "application/x-www-form-urlencoded"}
ASSERTION = ".".join(
    urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b'{"alg":"ES256"}', b'{"sub":"rp"}', b"signature")
)


@pytest.fixture
def console(worlds):
    return consoles(worlds)


@pytest.fixture
def browser(console):
    return operator(console)


def press(console, browser, move, key=KEY):
    answer = browser.post("/admin/nycklar", {"csrf": token(browser), "key": key, "move": move})
    console.world.app.snapshots.refresh()
    return browser.follow(answer)


def choose(console, browser, **fields):
    answer = browser.post("/admin/nycklar/tjanst", {"csrf": token(browser), **fields})
    console.world.app.snapshots.refresh()
    return browser.follow(answer)


def states(console, use="oidc", alg="ES256"):
    return sorted(row.state.value for row in console.world.store.ring_rows() if (row.use, row.alg) == (use, alg))


class TestFederationKeys:
    def test_a_change_is_planned_on_the_page_and_happens_on_its_day(self, console, browser):
        page = press(console, browser, "plan")
        assert (page.page, "Nyckeln är ändrad" in page.text, "Tas i bruk" in page.text) == ("O6", True, True)
        assert states(console) == ["active", "next"]
        (waiting,) = [row for row in console.world.store.ring_rows() if row.state is KeyState.NEXT]
        console.world.clock.now = waiting.due_at
        move_keys(console.world.store, console.world.base)
        assert states(console) == ["active", "retiring"]

    def test_it_is_given_up(self, console, browser):
        press(console, browser, "plan")
        press(console, browser, "abort")
        assert states(console) == ["active", "removed"]

    def test_a_change_at_once_is_taken_back(self, console, browser):
        old = console.world.app.snapshots.keys.signer("oidc", "ES256").kid
        press(console, browser, "switch")
        assert console.world.app.snapshots.keys.signer("oidc", "ES256").kid != old
        assert "Gå tillbaka" in browser.get("/admin/nycklar").text
        press(console, browser, "back")
        assert console.world.app.snapshots.keys.signer("oidc", "ES256").kid == old

    @pytest.mark.parametrize(
        ("move", "key"),
        [("abort", KEY), ("back", KEY), ("burn", KEY), ("plan", "oidc HS256"), ("plan", ""), ("", KEY)],
    )
    def test_what_cannot_be_done_changes_nothing(self, console, browser, move, key):
        before = console.world.store.ring_rows()
        assert "Inget ändrades" in press(console, browser, move, key).text
        assert console.world.store.ring_rows() == before

    def test_one_service_is_signed_for_with_the_next_key_and_then_no_more(self, console, browser):
        press(console, browser, "plan")
        old = console.world.app.snapshots.keys.signer("oidc", "ES256").kid
        new = next(row.kid for row in console.world.store.ring_rows() if row.state is KeyState.NEXT)
        page = choose(console, browser, service="rp", kid=new)
        assert (page.page, "Ta den gemensamma nyckeln igen: rp" in page.text) == ("O6", True)
        keys = console.world.app.snapshots.keys
        assert (keys.signer("oidc", "ES256", "rp").kid, keys.signer("oidc", "ES256", "rp2").kid) == (new, old)
        assert console.world.events("key.chosen")[-1]["by"] == console.person("dora")
        page = choose(console, browser, service="rp", kid=new, back="1")
        assert console.world.app.snapshots.keys.signer("oidc", "ES256", "rp").kid == old
        assert "Ta den gemensamma nyckeln igen" not in page.text

    @pytest.mark.parametrize(
        "fields",
        [{"service": "rp", "kid": "none"}, {"service": "nobody"}, {"service": ""}, {"kid": "checkpoint"}, {}],
    )
    def test_what_cannot_be_chosen_changes_nothing(self, console, browser, fields):
        rows = console.world.store.ring_rows()
        kid = next(row.kid for row in rows if row.use == "oidc")
        named = {"checkpoint": next(row.kid for row in rows if row.use == "checkpoint")}
        sent = {"kid": kid, **fields}
        sent["kid"] = named.get(sent["kid"], sent["kid"])
        assert "Inget ändrades" in choose(console, browser, **sent).text
        assert console.world.store.key_choices() == ()

    def test_who_did_it_is_recorded(self, console, browser):
        press(console, browser, "plan")
        assert console.world.events("key.changed")[-1]["by"] == console.person("dora")

    def test_a_member_sees_nothing_of_it(self, console):
        member = console.browser("anna", (MEMBER, Role.OWNER))
        assert member.get("/admin/nycklar").status in {403, 404}


class TestMemberKeys:
    def test_certificates_are_listed_with_their_days_and_given_as_a_calendar(self, worlds):
        ends = dt.datetime.fromtimestamp(NOW + 20 * DAY, dt.UTC)
        xml = md.entity(md.sp_role(keys=md.key(der=md.certificate(ends=ends))), entity_id="https://m6.example/metadata")
        entry = {**service("rp"), "id": "journal", "saml": {"metadata_xml": xml.decode()}}
        del entry["oidc"]
        console = consoles(worlds, document(services=[service("rp"), service("rp2", "2120000142"), entry]))
        browser = console.browser("anna", (MEMBER, Role.TECHNICAL))
        page = browser.get(OURS)
        assert (page.page, "Certifikat för signering" in page.text, ">20<" in page.text) == ("M6", True, True)
        assert f'href="{OURS}"' in browser.get(f"/portal/{MEMBER}").text
        calendar = browser.get(f"{OURS}/kalender")
        assert calendar.header("Content-Type").startswith("text/calendar")
        lines = calendar.body.decode().split("\r\n")
        assert f"DTSTART;VALUE=DATE:{(ends + dt.timedelta(hours=1)).strftime('%Y%m%d')}" in lines
        assert max(len(line.encode()) for line in lines) <= 75
        assert calendar.body == browser.get(f"{OURS}/kalender").body

    def test_a_fetch_that_names_the_service_is_seen_and_whether_it_was_of_the_new_key(self, console, browser):
        world = console.world
        member = console.browser("anna", (MEMBER, Role.TECHNICAL))
        assert "Ingen hämtning är känd" in member.get(OURS).text
        world.request("GET", f"/oidc/jwks?service={mark(world, 'rp')}")
        world.app.on.fetches.record(world.store.note_fetches)
        assert ">Hämtad<" in member.get(OURS).text
        world.clock.now += 60
        press(console, browser, "plan")
        assert "Bara äldre nycklar hämtade" in member.get(OURS).text
        world.request("GET", f"/saml/metadata?service={mark(world, 'rp2')}")
        world.app.on.fetches.record(world.store.note_fetches)
        assert "SAML-metadata" not in member.get(OURS).text

    def test_a_key_that_was_fetched_before_it_signed_is_held_when_it_does(self, console, browser):
        world, member = console.world, console.browser("anna", (MEMBER, Role.TECHNICAL))
        press(console, browser, "plan")
        world.clock.now += 60
        fetch(world, f"/oidc/jwks?service={mark(world, 'rp')}")
        world.clock.now += 60
        press(console, browser, "switch")
        assert ">Hämtad<" in member.get(OURS).text

    def test_a_service_is_known_by_where_its_client_proved_itself(self, console):
        world, member = console.world, console.browser("anna", (MEMBER, Role.TECHNICAL))
        fetch(world, "/oidc/jwks")
        assert "Ingen hämtning är känd" in member.get(OURS).text
        assert world.token("rp", grant_type="client_credentials").status == 200
        recorded(world)
        assert "där tjänstens klient har legitimerat sig" in member.get(OURS).text
        assert "Andra tjänster på samma adress" not in member.get(OURS).text
        assert world.token("rp2", grant_type="client_credentials").status == 200
        recorded(world)
        assert "Andra tjänster på samma adress: 1." in member.get(OURS).text

    def test_an_address_of_very_many_services_tells_nothing(self, console):
        world = console.world
        fetch(world, "/oidc/jwks")
        for number in range(SHARING):
            world.app.on.fetches.proved(f"s{number}", "127.0.0.1", world.clock.now)
        recorded(world)
        assert [one.shared for one in world.store.fetches_of("s0")] == [SHARING - 1]
        world.app.on.fetches.proved("one-more", "127.0.0.1", world.clock.now)
        recorded(world)
        assert (world.store.fetches_of("s0"), world.store.fetches_by_service()) == ((), ())

    def test_of_a_flood_that_says_it_is_the_service_the_page_reads_the_latest_of_each_document(self, console):
        world, document = console.world, ("jwks", "saml")
        flood = [
            KeyFetch(document[n % 2], f"192.0.2.{n}", "192.0.2.0/24", f"flood/{n}", "rp", NOW + n, NOW + n)
            for n in range(50)
        ]
        world.store.note_fetches(flood, ())
        assert [(one.document, one.last_at) for one in world.store.fetches_of("rp")] == [
            ("saml", NOW + 49),
            ("jwks", NOW + 48),
        ]

    def test_an_operator_sees_which_services_have_the_newest_key_those_that_lack_it_first(self, console, browser):
        world = console.world
        fetch(world, f"/oidc/jwks?service={mark(world, 'rp2')}")
        world.clock.now += 60
        press(console, browser, "plan")
        fetch(world, f"/oidc/jwks?service={mark(world, 'rp')}")
        page = browser.get("/admin/nycklar").text
        assert "Aktiva tjänster: 2. Med någon känd hämtning: 2, av den nyaste nyckeln: 1." in page
        table = page[page.index("Vilka tjänster som har den nya nyckeln") :]
        assert table.index('<th scope="row">rp2') < table.index('<th scope="row">rp<')


def mark(world, service):
    """What the service's page gives it to show when it fetches our keys."""
    return fetch_mark(service, world.app.on.services.keys())


def recorded(world):
    world.app.on.fetches.record(world.store.note_fetches)


def fetch(world, *paths):
    for path in paths:
        assert world.request("GET", path).status == 200
    recorded(world)


class TestFetches:
    def noted(self, world):
        world.app.on.fetches.record(world.store.note_fetches)
        return [(one.document, one.network, one.agent, one.service) for one in world.store.fetches_latest()]

    def test_who_fetches_is_noted_once_without_its_address(self, console):
        world = console.world
        for _ in range(3):
            world.request("GET", "/oidc/jwks", **{"User-Agent": "rp/1.0\x07"})
        assert self.noted(world) == [("jwks", "127.0.0.0/24", "rp/1.0?", "")]
        world.clock.now += 60
        world.request("GET", "/oidc/jwks", **{"User-Agent": "rp/1.0\x07"})
        self.noted(world)
        (one,) = world.store.fetches_latest()
        assert (one.address, one.last_at - one.first_at) == ("", 60)

    def test_the_page_of_a_services_keys_has_the_address_with_its_mark(self, console):
        member = console.browser("anna", (MEMBER, Role.TECHNICAL))
        (address,) = re.findall(
            r"<code>https?://[^/<]+(/oidc/jwks[?][^<]+)</code>", member.get(f"{OURS}/tjanst/rp").text
        )
        console.world.request("GET", address)
        assert [service for *_, service in self.noted(console.world)] == ["rp"]

    @pytest.mark.parametrize(
        "query",
        [
            "service=nobody",
            "service=",
            "x=1",
            "service=%ff",
            "service=a%00b",
            "service=rp",
            "service=rp.",
            "service=rp.AAAAAAAAAAAAAAAAAAAAAA",
            "service=rp2.{rp}",
            "service=rp.{rp}x",
            "service=rp.{rp}&service=rp2",
            "service=rp.%C3%A5",
        ],
    )
    def test_a_service_whose_mark_is_not_shown_is_not_believed(self, console, query):
        signed = mark(console.world, "rp").rpartition(".")[2]
        console.world.request("GET", f"/oidc/jwks?{query.format(rp=signed)}")
        assert [service for *_, service in self.noted(console.world)] == [""]

    def test_a_flood_fills_one_table_and_no_more(self, console):
        fetches = console.world.app.on.fetches
        for number in range(MOST + 50):
            console.world.request("GET", "/oidc/jwks", **{"User-Agent": f"flood/{number}"})
        rows = []
        fetches.record(lambda noted, _: rows.extend(noted))
        assert len(rows) == MOST
        fetches.record(lambda *_: pytest.fail("nothing is left"))

    def test_our_keys_are_also_had_from_the_published_register(self, console):
        world = console.world
        ours = f"{world.base}/saml/metadata"
        digest = hashlib.sha1(ours.encode(), usedforsecurity=False).hexdigest()
        for name in (ours, f"{{sha1}}{digest}"):
            fetch(world, f"/entities/{name}?service={mark(world, 'rp')}", f"/entities?service={mark(world, 'rp')}")
            assert {one.document for one in world.store.fetches_of("rp")} == {"mdq", "aggregate"}
            world.clock.now += 1

    def test_anothers_metadata_has_none_of_our_keys(self, console):
        world = console.world
        assert world.request("GET", "/entities/https%3A%2F%2Fnobody.example?service=rp").status == 404
        assert self.noted(world) == []

    def test_who_proves_nothing_is_not_believed_to_be_there(self, worlds):
        public = service(
            "open", client_secret=None, grant_types=["authorization_code"], token_endpoint_auth_method="none"
        )
        world = consoles(worlds, document(services=[service("rp"), service("rp2", "2120000142"), public])).world
        assert world.token("rp", "wrong", grant_type="client_credentials").status == 401
        assert world.token("nobody", grant_type="client_credentials").status == 401
        at = "https://open.example.org/cb"
        assert world.redeem(world.code(client_id="open", redirect_uri=at), "open", None, redirect_uri=at).status == 200
        fetch(world, "/oidc/jwks")
        assert world.store.fetches_by_service() == ()

    def test_a_client_that_names_itself_by_its_assertion_alone_is_known(self):
        asked = Request("POST", "/oidc/token", headers=FORM, body=f"client_assertion={ASSERTION}".encode())
        assert _claimed(asked, "authorization") == "rp"
        asked = Request("POST", "/oidc/token", headers=FORM, body=b"client_assertion=x.y.z")
        assert _claimed(asked, "authorization") == ""

    @pytest.mark.parametrize(
        ("address", "found"),
        [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::7", "2001:db8:1::/48"), ("unix", ""), ("", "")],
    )
    def test_an_address_is_told_as_its_network(self, address, found):
        assert network(address) == found


class TestServicesThatPin:
    """The switch is near, and a service that fetched our keys before has not fetched the new one."""

    TOLD = "inte har hämtat nyckeln som tas i bruk"

    def told(self, text):
        """How many are told of."""
        return int(re.search(rf"{self.TOLD} 2026-1\d-\d\d: (\d+)", text)[1])

    def seen(self, console, id_="rp"):
        fetch(console.world, f"/oidc/jwks?service={mark(console.world, id_)}")

    def planned(self, console, browser):
        console.world.clock.now += 60
        press(console, browser, "plan")
        console.world.clock.now += 60

    def test_the_member_and_the_operator_are_told_until_it_has_fetched_the_new_one(self, console, browser):
        member = console.browser("anna", (MEMBER, Role.OWNER))
        self.seen(console)
        assert self.TOLD not in browser.get("/admin").text
        self.planned(console, browser)
        for who, page, place in ((browser, "/admin", "/admin/nycklar"), (member, f"/portal/{MEMBER}", OURS)):
            text = who.get(page).text
            assert self.told(text) == 1
            assert place in text
        self.seen(console)
        assert self.TOLD not in browser.get("/admin").text
        assert self.TOLD not in member.get(f"/portal/{MEMBER}").text

    def test_of_a_service_that_was_never_seen_nothing_is_said(self, console, browser):
        self.planned(console, browser)
        assert self.TOLD not in browser.get("/admin").text

    def test_another_members_service_is_not_told_of(self, console, browser):
        member = console.browser("anna", (MEMBER, Role.OWNER))
        self.seen(console, "rp2")
        self.planned(console, browser)
        assert self.TOLD not in member.get(f"/portal/{MEMBER}").text
        assert self.told(browser.get("/admin").text) == 1


def test_a_member_sees_what_comes_of_the_federations_keys_day_by_day(console, browser):
    member = console.browser("anna", (MEMBER, Role.READER))
    assert "Inget byte är planerat" in member.get(OURS).text
    press(console, browser, "plan")
    text = member.get(OURS).text
    assert "Inget byte är planerat" not in text
    assert re.search(r"</time>\s+Tas i bruk – OpenID Connect ES256", text)
