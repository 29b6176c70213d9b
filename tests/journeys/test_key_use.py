"""Which key proved a request is on record, and whoever would remove it is told how much it is used (FR-03)."""

import json

import pytest

from broker.audit.events import AssertionIssued, CodeIssued, TokensIssued
from broker.audit.leaf import leaf
from broker.audit.tally import DAY, KeyCell, tally_keys
from broker.commands.apply import _changes
from broker.federation import proposals
from broker.federation.outside import Outside
from broker.federation.plan import LATELY
from broker.federation.proposals import Desk
from broker.federation.reading import read_text
from metadata.described_keys import key_id
from metadata.wire.jose import issue
from tests.support.console import consoles, document, operator
from tests.support.oidc import KEY, asserting, assertion, key, keyed_client, refresh
from tests.support.saml_peer import Peer
from tests.support.world import CALLBACK, MEMBER, NOW, client, federation
from trust_framework.roles import Actor, active

SP, UNSIGNED = Peer(), Peer("plain", key="plain", signed=False)
OLD = Peer("old", key="peer-sp")
OTHER = Peer("sp", key="other")
NEXT = key(kid="k2")
ADDRESS = "https://rp.example.org/cb"


def ids(*signers):
    return [key_id(each.public_key) for each in signers]


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    scope = "openid offline_access"
    keyed = [keyed_client(name, KEY, NEXT, scope=scope) for name in ("keyed", "shares", "refreshed")]
    return lasting_worlds.make(
        federation(SP.entry(), UNSIGNED.entry(), OLD.entry(), *keyed, client("rp"), client("idle"))
    )


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def count(world):
    """Seal the log and count it, as the jobs do."""
    jobs = {plan.job.name: plan.job for plan in world.app.jobs._plans}
    for name in ("seal", "counts"):
        jobs[name].run()


def use(world, service):
    return world.store.key_use(service, world.clock.now - LATELY)


def by_post(world, peer):
    browser = world.browser()
    assert browser.follow(browser.post("/saml/sso", peer.post(world))).page == "U9"


def by_key(world, signer, name="keyed"):
    """A login of the client that proves itself with a key; its tokens."""
    code = world.code(client_id=name, scope="openid offline_access")
    answer = world.redeem(code, name, None, **asserting(assertion(world, signer, name)))
    assert answer.status == 200, answer.text
    return answer.json


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_the_key_of_a_saml_request_is_on_record(world, binding):
    SP.login(world) if binding == "redirect" else by_post(world, SP)
    assert [world.events("saml.assertion-issued")[-1]["proved_by"]] == ids(SP.signer)


def test_a_request_that_nobody_signed_names_no_key(world):
    UNSIGNED.login(world, by=None)
    assert "proved_by" not in world.events("saml.assertion-issued")[-1]


def test_the_key_of_a_client_is_on_record_with_its_tokens(world):
    by_key(world, NEXT)
    assert [world.events("oidc.tokens-issued")[-1]["proved_by"]] == ids(NEXT)
    assert "proved_by" not in world.events("oidc.code-issued")[-1]


def test_a_secret_is_no_key(world):
    world.tokens()
    assert "proved_by" not in world.events("oidc.tokens-issued")[-1]


@pytest.mark.spec("RFC 9101", "6.2")
def test_the_key_of_a_request_object_is_on_record_with_its_code(world):
    claims = {
        "iss": "keyed", "aud": world.base, "client_id": "keyed", "redirect_uri": CALLBACK, "response_type": "code",
        "scope": "openid", "code_challenge": world.pkce.challenge, "code_challenge_method": "S256",
        "login_hint": "test:anna", "exp": NOW + 60,
    }  # fmt: skip
    url = world.authorize_url("keyed", request=issue(claims, KEY))
    assert "code" in world.browser().get(url).sent_back
    assert [world.events("oidc.code-issued")[-1]["proved_by"]] == ids(KEY)


# --- the share ----------------------------------------------------------------------------------------------------------


def test_of_no_logins_nothing_is_known_but_that(world):
    assert use(world, "idle") == {}


def test_each_key_has_its_share_of_the_logins(world):
    for signer in (KEY, KEY, KEY, NEXT):
        by_key(world, signer, "shares")
    count(world)
    shares = use(world, "shares")
    assert [shares[name] for name in ids(KEY, NEXT)] == [0.75, 0.25]


def test_logins_that_no_key_proved_count_in_the_whole(world):
    count(world)
    before = use(world, "plain").get(ids(UNSIGNED.signer)[0], 0.0)
    UNSIGNED.login(world)
    UNSIGNED.login(world, by=None)
    count(world)
    assert before < use(world, "plain")[ids(UNSIGNED.signer)[0]] <= 0.5


def test_a_refresh_is_no_login(world):
    tokens = by_key(world, KEY, "refreshed")
    form = asserting(assertion(world, NEXT, "refreshed"))
    assert refresh(world, tokens["refresh_token"], "refreshed", secret=None, **form).status == 200
    count(world)
    assert use(world, "refreshed").get(ids(NEXT)[0]) is None


def made(kind, **more):
    base = {"at": NOW, "service": "s", "proved_by": "k"}
    if kind is TokensIssued:
        return leaf(TokensIssued(**base, **{"grant_type": "authorization_code", **more}))
    return leaf(kind(**base, member="5560360793", decision="Released", **more))


def test_what_is_counted_of_the_log():
    today = NOW - NOW % DAY
    leaves = [
        made(AssertionIssued),
        made(AssertionIssued),
        made(CodeIssued),
        made(TokensIssued),
        made(TokensIssued, grant_type="refresh_token"),
        made(TokensIssued, grant_type="client_credentials"),
        b'{"event":"other","proved_by":"k","service":"s","at":1}',
        b'{"event":"oidc.code-issued","proved_by":"","service":"s","at":1}',
        b'{"event":"oidc.code-issued","service":"s","at":1}',
    ]
    assert tally_keys(leaves) == {KeyCell("s", today, "request", "k"): 3, KeyCell("s", today, "client", "k"): 1}


# --- who is told --------------------------------------------------------------------------------------------------------


def test_the_plan_of_a_file_says_that_the_key_that_goes_proved_every_login(worlds, tmp_path, monkeypatch):
    world = worlds.make(federation(SP.entry(), UNSIGNED.entry(), client("rp")))
    SP.login(world)
    count(world)
    monkeypatch.setattr("broker.commands.apply.now", world.clock)
    text = json.dumps(federation(OTHER.entry(), UNSIGNED.entry(), client("rp"))).encode()
    read = read_text(text, Outside(tmp_path), world.settings, lambda s: s.encode(), world.clock.now)
    told = [str(each) for each in _changes(read, world.settings, world.store)]
    assert any("is removed (used for 100 % of the logins in the last 7 days!)" in line for line in told), told


def test_at_last_older_logins_are_forgotten(world):
    OLD.login(world)
    count(world)
    assert use(world, "old")[ids(OLD.signer)[0]] == 1.0
    world.clock.now += LATELY + DAY
    assert use(world, "old") == {}
    world.clock.now += 61 * DAY
    jobs = {plan.job.name: plan.job for plan in world.app.jobs._plans}
    jobs["expire"].run()
    assert world.store.key_use("old", NOW - DAY) == {"": 0.0}


def test_whoever_decides_a_proposal_is_told_on_its_page(worlds):
    def keyed(signer):
        return {**keyed_client("rp", signer, scope="openid", redirect_uris=[ADDRESS]), "member": MEMBER}

    console = consoles(worlds, {**document(), "services": [keyed(KEY)], "agreements": []})
    world, store = console.world, console.world.store
    code = world.code(client_id="rp", scope="openid", redirect_uri=ADDRESS)
    assert world.redeem(code, "rp", None, redirect_uri=ADDRESS, **asserting(assertion(world, KEY))).status == 200
    count(world)
    browser = operator(console)
    dora = console.person("dora")
    by = Actor(dora, "Dora", active(store.role_grants(dora), NOW))
    entry = store.register_entry("service", "rp")
    begun = proposals.draft(
        "service",
        "rp",
        entry.org,
        {**entry.content, "oidc": keyed(NEXT)["oidc"]},
        by,
        Desk(store, world.app.on.services.settings, NOW),
    )
    store.commit(begun.effects)
    page = browser.get(f"/admin/forslag/{begun.proposal.id}").text
    assert "tas bort (används i 100 % av inloggningarna senaste 7 dagarna!)" in page
