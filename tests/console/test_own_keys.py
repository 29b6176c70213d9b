"""M6 for one service: its next key and the phase-out of the old one as proposals, with the use in the log beside."""

import json

import pytest

from broker.federation.own_keys import keys_of
from metadata.described_keys import key_id
from metadata.wire.jwk import public_jwk
from tests.console.test_every_route import token
from tests.console.test_proposals import notice, post
from tests.journeys.test_key_use import count
from tests.support import saml_metadata as md
from tests.support.console import OTHER, consoles, document, operator, service
from tests.support.oidc import KEY, asserting, assertion, key, keyed_client
from tests.support.saml import ec_key
from tests.support.world import MEMBER
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]

NEXT = key(kid="k2")
OURS = f"/portal/{MEMBER}/nycklar/tjanst"
ADDRESS = "https://keyed.example.org/cb"
CERTIFICATE = (
    f"-----BEGIN CERTIFICATE-----\n{md.in_lines(md.certificate(ec_key('second')))}\n-----END CERTIFICATE-----\n"
)
PASTED = json.dumps(public_jwk(NEXT))


def made(worlds):
    keyed = keyed_client("keyed", redirect_uris=[ADDRESS])
    two = keyed_client("two", KEY, NEXT, redirect_uris=[ADDRESS])
    xml = md.entity(
        md.sp_role(keys=md.key(None) + md.key("signing", md.certificate(ec_key("first")))),
        entity_id="https://m6.example/md",
    )
    saml = {**service("journal"), "saml": {"metadata_xml": xml.decode()}}
    del saml["oidc"]
    away = service(
        "away", client_secret=None, token_endpoint_auth_method="private_key_jwt", jwks_uri="https://away.example.org/k"
    )
    return consoles(worlds, document(services=[service("rp"), service("rp2", OTHER), keyed, two, saml, away]))


@pytest.fixture
def console(worlds):
    return made(worlds)


@pytest.fixture(scope="module")
def lasting(lasting_worlds):
    return made(lasting_worlds)


@pytest.fixture
def anna(console):
    return console.browser("anna", (MEMBER, Role.OWNER))


@pytest.fixture(scope="module")
def looking(lasting):
    """Anna's browser where nothing ever changes."""
    return lasting.browser("anna", (MEMBER, Role.OWNER))


def sent(browser, service, at="", **fields):
    return browser.follow(browser.post(f"{OURS}/{service}{at}", {"csrf": token(browser), **fields}))


def proves_itself(world, by):
    return world.token(
        "keyed", None, grant_type="client_credentials", **asserting(assertion(world, by, "keyed"))
    ).status


def published(console, anna, page, operators):
    at = page.fields(act="submit")[0]
    assert (
        notice(anna.follow(anna.post(*page.fields(act="submit", reason="Byte av nyckel")))) == "Förslaget är inskickat."
    )
    for browser in operators:
        looked = browser.get(at.replace(f"/portal/{MEMBER}", "/admin"))
        done = post(browser, looked, "emergency")  # without its documents
    assert notice(done) == "Förslaget är publicerat."
    console.world.app.snapshots.refresh()


@pytest.mark.spec("FR", "03")
def test_a_service_changes_its_key_without_one_refused_call(console, anna):
    world, operators = console.world, [operator(console, "dora"), operator(console, "eva")]
    assert (proves_itself(world, KEY), proves_itself(world, NEXT)) == (200, 401)

    draft = sent(anna, "keyed", key=PASTED)
    assert draft.page == "O2"
    assert "Ny nyckel för klientens signaturer" in draft.text
    assert (proves_itself(world, KEY), proves_itself(world, NEXT)) == (200, 401)
    published(console, anna, draft, operators)
    assert (proves_itself(world, KEY), proves_itself(world, NEXT)) == (200, 200)

    draft = sent(anna, "keyed", "/fasa-ut", key=key_id(KEY.public_key), use="signing")
    assert "för klientens signaturer tas bort" in draft.text
    published(console, anna, draft, operators)
    assert (proves_itself(world, KEY), proves_itself(world, NEXT)) == (401, 200)


def test_the_use_of_each_key_stands_beside_it_and_in_the_words_of_the_change(console, anna):
    world = console.world
    assert anna.get(f"{OURS}/two").text.count("Inga inloggningar") == 2
    code = world.code(client_id="two", redirect_uri=ADDRESS, scope="openid")
    proof = asserting(assertion(world, KEY, "two"))
    assert world.redeem(code, "two", None, redirect_uri=ADDRESS, **proof).status == 200
    count(world)
    page = anna.get(f"{OURS}/two")
    assert ("Använd i 100 procent av inloggningarna" in page.text, "Inte använd" in page.text) == (True, True)
    draft = sent(anna, "two", "/fasa-ut", key=key_id(KEY.public_key), use="signing")
    assert "(används i 100 % av inloggningarna senaste 7 dagarna!)" in draft.text


def test_a_key_that_nothing_can_stand_in_for_is_kept(lasting, looking):
    page = looking.get(f"{OURS}/keyed")
    assert ("Lägg till nästa först" in page.text, "/fasa-ut" in page.text) == (True, False)


def test_a_saml_service_gets_a_certificate_for_the_use_that_is_chosen(console, anna):
    world = console.world
    page = anna.get(f"{OURS}/journal")
    assert "Signering och kryptering" in page.text
    draft = sent(anna, "journal", key=CERTIFICATE, use="signing")
    assert "Nytt certifikat för signering" in draft.text
    assert "certifikat för kryptering" not in draft.text
    (proposal,) = world.store.proposal_page("open", MEMBER, "service").proposals
    content = world.store.proposal(proposal.id).content
    assert [each.use for each in keys_of(content)] == [None, "signing", "signing"]
    assert "Ett förslag om tjänsten" in anna.get(f"{OURS}/journal").text


@pytest.mark.parametrize(
    ("id_", "at", "fields", "said"),
    [
        ("keyed", "", {"key": json.dumps({**public_jwk(NEXT), "d": "AA"})}, "privat nyckel"),
        ("keyed", "", {"key": json.dumps(public_jwk(KEY))}, "Den nyckeln finns redan"),
        ("keyed", "", {"key": "x"}, "inte ett certifikat"),
        ("keyed", "", {"key": ""}, "Certifikat eller publik nyckel"),
        ("keyed", "", {"key": PASTED, "state": "active"}, "fält"),
        ("keyed", "/fasa-ut", {"key": "unknown", "use": "signing"}, "Den nyckeln finns inte"),
        ("journal", "", {"key": "x", "use": "tls"}, "Användning"),
        ("journal", "/fasa-ut", {"key": "unknown", "use": "both"}, "Den nyckeln finns inte"),
        ("away", "", {"key": PASTED}, "publicerar själv"),
        ("away", "/fasa-ut", {"key": "x", "use": ""}, "publicerar själv"),
    ],
)
def test_what_cannot_be_changed_is_said_and_nothing_is_drafted(lasting, looking, id_, at, fields, said):
    page = sent(looking, id_, at, **fields)
    assert (page.status, page.page) == (200, "M6")
    assert said in page.text[page.text.index('id="wrong"') :]
    assert lasting.world.store.proposal_page("open", MEMBER).total == 0


def test_who_may_only_look_sees_the_keys_and_no_forms(lasting):
    carl = lasting.browser("carl", (MEMBER, Role.READER))
    page = carl.get(f"{OURS}/keyed")
    assert (page.page, "<form" in page.text.split("<main", 1)[1]) == ("M6", False)
    assert carl.post(f"{OURS}/keyed", {"csrf": token(carl), "key": PASTED}).status == 403


def test_a_service_that_publishes_its_keys_is_pointed_there(lasting, looking):
    page = looking.get(f"{OURS}/away")
    assert "https://away.example.org/k" in page.text
    assert "Gör ett förslag" not in page.text
