"""An agreement expires under running logins: its details stop that day, everywhere, and the trace says why."""

import json
from datetime import date

import pytest

from broker.audit import trace
from broker.federation.entries import agreement as read
from broker.federation.sharing_schema import AgreementEntry
from tests.support.oidc import userinfo
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL3, MEMBER, Clock, claims, client, federation
from trust_framework.days import day_after, day_of
from trust_framework.explanation import Reader, explained

SCOPE = "openid profile offline_access"
GIVER = "2321000016"
GIVEN_NAME, SURNAME = "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"


def short(until: date):
    return {"id": "A-17", "services": ["rp"], "attributes": ["sn"], "from": "2026-01-01", "until": until.isoformat()}


def in_full(until: date):
    """The same agreement with everything that it must hold, signed by both."""
    terms = {
        "version": "1",
        "parties": [{"org": GIVER, "role": "giver"}, {"org": MEMBER, "role": "receiver"}],
        "purpose": "Att boka tid",
        "legal_basis": "Patientdatalagen",
        "services": ["rp"],
        "data": [{"attribute": "sn", "giver": GIVER, "receiver": MEMBER, "definition": "Efternamn"}],
        "retention_days": "90",
        "transfer": "Vid inloggning",
        "from": "2026-11-01",
        "until": until.isoformat(),
        "review": "2027-10-31",
    }
    contacts = [
        {"org": org, "name": "Avtal", "mail": "avtal@example.se", "confirmed": "2026-11-01"} for org in (GIVER, MEMBER)
    ]
    entry = {"id": "A-17", "versions": [terms], "contacts": contacts}
    digest = read(AgreementEntry.model_validate(entry)).versions[0].digest
    terms["signatures"] = [
        {"org": org, "person": "p1", "name": "Eva", "level": LEVEL3, "at": "1795500000", "digest": digest}
        for org in (GIVER, MEMBER)
    ]
    return entry


def members():
    return [
        {"org": MEMBER, "name": {"sv": "Region Exempel", "en": "Example Region"}},
        {"org": GIVER, "name": {"sv": "Exempelkommunen", "en": "Example Town"}},
    ]


@pytest.mark.spec("information sharing protocol", "17")
@pytest.mark.parametrize("form", [short, in_full], ids=["short form", "in full"])
def test_the_details_stop_at_midnight_for_login_refresh_userinfo_and_the_next_login(worlds, form):
    last = day_of(Clock().now)
    rp = client("rp", scope=SCOPE, userinfo_signed_response_alg=None)
    world = worlds.make(federation(rp, members=members(), agreements=[form(last)]))
    browser, midnight = world.browser(), day_after(last)
    world.clock.now = midnight - 30
    tokens = world.tokens(browser, scope=SCOPE)
    before = userinfo(world, tokens["access_token"]).json
    assert before["family_name"] == "Andersson"
    refreshed = world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json
    world.clock.now = midnight - 1
    assert "family_name" in userinfo(world, refreshed["access_token"]).json

    world.clock.now = midnight
    after = userinfo(world, refreshed["access_token"]).json
    again = world.token(grant_type="refresh_token", refresh_token=refreshed["refresh_token"])
    renewed = userinfo(world, again.json["access_token"]).json
    reused = world.tokens(browser, scope=SCOPE)
    fresh = world.tokens(world.browser(), scope=SCOPE)

    everything = (after, renewed, *(userinfo(world, each["access_token"]).json for each in (reused, fresh)))
    assert [each.get("family_name") for each in everything] == [None] * 4
    assert [each.get("given_name") for each in everything] == ["Anna"] * 4
    assert all("family_name" not in claims(each["id_token"]) for each in (again.json, reused, fresh))
    _told(world, last)


def _told(world, last):
    """Each of them says in the log why: the code, the refresh, userinfo."""
    newest = [world.events(name)[-1] for name in ("oidc.code-issued", "login.decided")]
    newest.append([event for event in world.events("oidc.tokens-issued") if event.get("trace")][-1])
    for event in newest:
        kept = trace.verdicts(event["trace"])
        verdict = next(one for one in kept if one.attribute == "sn")
        assert (verdict.outcome, verdict.note, verdict.basis) == ("no-agreement", "expired", "A-17/1")
        assert event["register"] == world.store.federation_version()
        agreements = {one.id: one for one in world.app.on.services.federation().agreements}
        told = explained(kept, "released", Reader.TEAM, "sv", agreements)
        said = next(line.because for line in told.lines if line.attribute == "sn")
        assert said == f"avtal A-17 gick ut {last.isoformat()}"


SP = Peer(extra={"id": "rp"})


def surname(received):
    """What an assertion says of the family name, which the agreement covers; the given name goes whatever it says."""
    told = {attribute.name: attribute.values for attribute in received.content.attributes}
    assert told[GIVEN_NAME]
    return told.get(SURNAME)


@pytest.mark.spec("information sharing protocol", "17")
@pytest.mark.parametrize("form", [short, in_full], ids=["short form", "in full"])
def test_no_assertion_carries_the_details_after_midnight_be_it_a_new_login_a_reused_one_or_one_begun_before(
    worlds, form
):
    last = day_of(Clock().now)
    world = worlds.make(federation(SP.entry(), members=members(), agreements=[form(last)]))
    browser, begun, midnight = world.browser(), world.browser(), day_after(last)
    world.clock.now = midnight - 1
    assert surname(SP.login(world, browser)) == ("Andersson",)
    page = begun.follow(begun.get(SP.redirect(world, hint=None)))

    world.clock.now = midnight
    reused = SP.login(world, browser)
    fresh = SP.login(world)
    while page.page in {"test", "U1"}:
        press = {"username": "test:anna"} if page.page == "test" else {"method": "test"}
        page = begun.follow(begun.post(*page.form("/login/", **press)))
    finished = SP.read(world, page)

    assert [surname(each) for each in (reused, fresh, finished)] == [None] * 3
    issued = world.events("saml.assertion-issued")
    assert len(issued) == 4
    for event in issued[1:]:
        verdict = next(one for one in trace.verdicts(event["trace"]) if one.attribute == "sn")
        assert (verdict.outcome, verdict.note, verdict.basis) == ("no-agreement", "expired", "A-17/1")


@pytest.mark.spec("information sharing protocol", "17")
def test_what_was_under_way_at_midnight_gives_nothing_more(worlds):
    """A code that nobody had redeemed, a refresh, and an access token that was given a minute before."""
    last = day_of(Clock().now)
    rp = client("rp", scope=SCOPE, userinfo_signed_response_alg=None)
    world = worlds.make(federation(rp, members=members(), agreements=[short(last)]))
    world.clock.now = day_after(last) - 20
    asked = {"claims": json.dumps({"id_token": {"family_name": None, "given_name": None}})}
    code = world.code(scope=SCOPE, **asked)
    other = world.tokens(scope=SCOPE, **asked)
    assert claims(other["id_token"])["family_name"] == "Andersson"

    world.clock.now += 20
    redeemed = world.redeem(code).json
    refreshed = world.token(grant_type="refresh_token", refresh_token=other["refresh_token"]).json

    for each in (redeemed, refreshed):
        assert "family_name" not in claims(each["id_token"])
        assert claims(each["id_token"])["given_name"] == "Anna"
    for token in (redeemed, refreshed, other):
        assert "family_name" not in userinfo(world, token["access_token"]).json


def test_a_refresh_that_is_refused_since_a_required_detail_stopped_says_so_by_its_reference(worlds):
    last = day_of(Clock().now)
    rp = client("rp", scope=SCOPE, required=["sn"])
    world = worlds.make(federation(rp, members=members(), agreements=[short(last)]))
    world.clock.now = day_after(last) - 1
    tokens = world.tokens(scope=SCOPE)

    world.clock.now += 1
    refused = world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    info = userinfo(world, tokens["access_token"])

    assert (refused.status, refused.json["error"], info.status) == (400, "invalid_grant", 401)
    reference = world.events("oidc.code-issued")[-1]["reference"]
    found = [logged.event for logged in world.store.log_by_reference(reference)]
    assert [(event["event"], event.get("occasion"), event.get("reason")) for event in found] == [
        ("oidc.code-issued", "login", None),
        ("login.decided", "refresh", "attr-not-allowed"),
        ("login.decided", "userinfo", "attr-not-allowed"),
    ]


def test_a_request_that_was_refused_before_anybody_was_asked_is_found_by_its_reference(worlds):
    world = worlds.make(federation(client("rp")))
    before = world.store.commits
    page = world.browser().get(world.authorize_url(redirect_uri="https://evil.example/"))
    unknown = world.browser().get(world.authorize_url("nobody"))
    answered = world.browser().get(world.authorize_url(prompt="bork"))
    assert world.store.commits == before

    world.app.on.refusals.record(world.store.append)
    world.app.on.refusals.record(world.store.append)

    events = world.events("request.refused")
    assert world.store.commits == before + 1
    assert [(event["service"], event["reason"]) for event in events] == [
        ("rp", "request-address"),
        ("rp", "request-malformed"),
    ]
    assert events[0]["reference"] in page.text
    assert events[1]["reference"] in answered.sent_back["error_description"]
    assert unknown.cause == "request-unknown-service"


def test_only_so_many_refusals_a_second_are_recorded(worlds):
    from broker.web.refusals import MOST

    world = worlds.make(federation(client("rp")))
    for _ in range(MOST + 5):
        world.request("GET", world.authorize_url(redirect_uri="https://evil.example/"))
    world.app.on.refusals.record(world.store.append)
    assert len(world.events("request.refused")) == MOST
