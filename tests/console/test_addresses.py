"""How an address fares is told to the team and to the operator: when it was good last, what is wrong, what was made of it."""

import re
from html import unescape

import pytest

from broker.jobs.addresses import look_at_addresses
from metadata.wire.egress import Response
from tests.support.console import OTHER, Console, consoles, document, operator, owner, service
from tests.support.egress import FakeEgress
from tests.support.saml_peer import Peer
from tests.support.world import MEMBER
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]

URL, JWKS = "https://sp.example.org/published", "https://rp2.example.org/jwks"
SP = Peer("rp")
ENTRY = SP.entry(saml={"metadata_xml": SP.metadata(), "metadata_url": URL})


@pytest.fixture
def console(worlds) -> Console:
    keys = {"jwks_uri": JWKS, "token_endpoint_auth_method": "private_key_jwt", "client_secret": None}
    return consoles(worlds, document(services=[ENTRY, service("rp2", OTHER, **keys)], agreements=[]))


def look(console: Console, published: Response) -> None:
    world = console.world
    egress = FakeEgress({("GET", URL): published, ("GET", JWKS): Response(200, {}, b'{"keys": []}')})
    look_at_addresses(world.store, egress, world.settings)
    world.clock.now += 3600


def main(page) -> str:
    text = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub("<[^>]+>", " ", text)).split())


def test_a_team_sees_on_its_services_page_how_the_address_of_its_metadata_fares(console):
    anna = owner(console)
    at = f"/portal/{MEMBER}/tjanster/rp"
    assert "Inom några minuter" in main(anna.get(at))

    look(console, Response(200, {}, SP.metadata().encode()))
    well = main(owner(console).get(at))
    assert "Fungerar" in well
    assert SP.entity_id in well

    look(console, Response(404, {}, b""))
    failing = main(owner(console).get(at))
    assert "Adressen svarar inte som den ska. status 404" in failing
    assert SP.entity_id in failing, "what is held is told still"


def test_what_was_made_of_another_document_is_a_proposal_that_the_page_leads_to(console):
    other = Peer("rp", acs=(("https://rp.example.org/other", 0, True),))
    look(console, Response(200, {}, other.metadata().encode()))
    page = owner(console).get(f"/portal/{MEMBER}/tjanster/rp")
    (proposal,) = re.findall(r'href="(/portal/[^"]*/forslag/[^"]+)"', page.text)
    assert "https://rp.example.org/other" in owner(console).get(proposal).text


def test_the_operator_sees_all_addresses_and_those_that_fail(console):
    look(console, Response(200, {}, SP.metadata().encode()))
    dora = operator(console)
    listed = main(dora.get("/admin/adresser"))
    assert URL in listed
    assert "Nycklarna på adressen går inte att använda." in listed

    failing = main(dora.get("/admin/adresser?lage=failing"))
    assert URL not in failing
    assert JWKS in failing
    assert "/admin/adresser" in dora.get("/admin/register").text
    assert dora.get("/admin/adresser?q=finnsinte").status == 200


def test_an_entry_without_an_address_says_nothing_of_one(console):
    carl = console.browser("carl", (OTHER, Role.OWNER))
    assert "Nycklar på adress" in carl.get(f"/portal/{OTHER}/tjanster/rp2").text
    assert "Metadata på adress" not in operator(console).get(f"/admin/register/member/{MEMBER}").text
