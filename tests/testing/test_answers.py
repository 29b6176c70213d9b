"""Each answer that a team can choose, in both protocols: what the service gets, and the result line that the team sees."""

from dataclasses import replace

import pytest
from lxml import etree

from broker.audit.events import ConsentRecorded, LoginFailed
from broker.login.effects import Effects, StorageUnavailable
from broker.protocols.testing.choice import Choice
from broker.protocols.testing.following import followed, gathered
from broker.protocols.testing.run import Message, NoteRun, Run
from metadata.wire.claims import JoseRefused
from metadata.wire.jose import unverified, verify
from metadata.wire.saml_messages import Expectations, SamlRefused, StatusRefused, read_response
from tests.support import saml as s
from tests.support.saml_peer import Peer, broker_keys, delivered
from tests.support.test_issuer import InTest, in_test
from tests.support.world import LEVEL2, LEVEL3, MEMBER, claims, federation

SP = Peer(asks=())
ENCRYPTING = Peer("vault", encrypts=True, wants_signed=True)


@pytest.fixture
def testing(worlds):
    document = federation(in_test(required=["sn"]), SP.entry(state="test"), ENCRYPTING.entry(state="test"))
    return InTest(worlds.make(document))


def answered(testing, peer, answer, **chosen):
    """The Response after a login that was chosen so, and what a strict service provider makes of it."""
    browser = testing.browser()
    page = browser.follow(
        browser.get(peer.redirect(testing, hint=None, id="_asked-" + answer + chosen.pop("suffix", "")))
    )
    post_to, xml, _ = delivered(testing.chosen(browser, page, answer=answer, **chosen))
    expected = Expectations(
        issuer=f"{testing.base}/saml/metadata",
        keys=broker_keys(testing),
        audience=peer.entity_id,
        acs_url=post_to,
        in_response_to="_asked-" + answer,
        now=testing.clock(),
        decryption_keys=(s.rsa_key(peer.key),),
    )
    return xml, expected


def last_run(testing, service):
    return testing.bench.runs(service, MEMBER)[0]


def named(run):
    return {step.name.value: step.ok for step in run.steps}


# --- SAML


def test_a_successful_saml_login_is_a_pass(testing):
    xml, expected = answered(testing, SP, "succeeded")
    assert read_response(xml, expected).authn_context_class_ref == LEVEL2
    run = last_run(testing, "sp")
    assert run.outcome == "passed"
    assert list(named(run)) == ["received", "signature", "address", "level", "person", "attributes", "answered"]
    assert all(named(run).values())
    assert ("AuthnRequest@ID", "_asked-succeeded") in run.request.parts
    assert ("Response/Assertion/AttributeStatement/Attribute/AttributeValue", "Anna") in run.answer.parts
    assert any(row[1:3] == ("released", "givenName") for row in run.trace)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("wrong-signature", "signature"), ("expired", "issue-instant"), ("wrong-audience", "audience")],
)
@pytest.mark.parametrize("peer", [SP, ENCRYPTING], ids=["plain", "encrypted"])
def test_a_saml_answer_that_is_wrong_on_purpose_is_refused(testing, peer, answer, reason):
    xml, expected = answered(testing, peer, answer)
    with pytest.raises(SamlRefused, match=reason):
        read_response(xml, expected)
    run = last_run(testing, peer.id)
    assert (run.outcome, run.step("answered").note) == ("answered", answer)
    assert testing.bench.passed(peer.id, run.digest) is None


def test_only_the_wrong_thing_is_wrong(testing):
    xml, expected = answered(testing, SP, "wrong-audience")
    there = replace(expected, audience="https://another-service.example.org/metadata")
    assert read_response(xml, there).attributes


def test_a_level_too_low_is_said_in_the_assertion(testing):
    xml, expected = answered(testing, SP, "level-too-low")
    assert read_response(xml, expected).authn_context_class_ref == LEVEL2.replace("loa2", "loa1")


def test_a_missing_attribute_is_missing_and_nothing_else(testing):
    xml, expected = answered(testing, SP, "missing-attribute", **{"without.givenName": "yes"})
    names = {attribute.friendly_name for attribute in read_response(xml, expected).attributes}
    assert names == {"sn", "displayName"}


def test_a_replay_has_the_ids_of_the_login_before(testing):
    first, _ = answered(testing, SP, "succeeded")
    again, expected = answered(testing, SP, "replayed")
    ids = [etree.fromstring(xml).find("{*}Assertion").get("ID") for xml in (first, again)]
    assert ids[0] == ids[1]
    with pytest.raises(SamlRefused, match="in-response-to"):
        read_response(again, expected)
    assert read_response(again, replace(expected, in_response_to="_asked-succeeded"))


def test_a_replay_without_a_login_before_answers_another_request(testing):
    xml, expected = answered(testing, SP, "replayed")
    with pytest.raises(SamlRefused, match="in-response-to"):
        read_response(xml, expected)


def test_a_cancelled_saml_login_is_told(testing):
    xml, expected = answered(testing, SP, "cancelled")
    with pytest.raises(StatusRefused) as refused:
        read_response(xml, expected)
    assert refused.value.proven
    run = last_run(testing, "sp")
    assert (run.outcome, run.step("person").note) == ("told", "user-cancelled")


def test_an_encrypted_answer_is_kept_as_sent_and_in_clear(testing):
    answered(testing, ENCRYPTING, "succeeded")
    run = last_run(testing, "vault")
    assert "EncryptedAssertion" in run.answer.raw
    assert "Anna" not in run.answer.raw
    assert "Anna" in run.answer.clear


# --- OpenID Connect


def redeemed(testing, answer, **chosen):
    sent = testing.logged_in(answer=answer, **chosen).sent_back
    return testing.redeem(sent["code"]).json


def test_a_successful_oidc_login_is_a_pass_once_the_code_is_redeemed(testing):
    sent = testing.logged_in().sent_back
    assert last_run(testing, "rp").outcome == "answered"
    tokens = testing.redeem(sent["code"]).json
    testing.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}")
    run = last_run(testing, "rp")
    assert run.outcome == "passed"
    assert list(named(run)) == [
        "received",
        "address",
        "level",
        "person",
        "attributes",
        "answered",
        "redeemed",
        "userinfo",
    ]
    assert ("id_token acr", LEVEL2) in run.tokens.parts
    assert testing.bench.passed("rp", run.digest) == testing.clock()


@pytest.mark.parametrize(
    ("answer", "claim", "wrong"),
    [
        ("expired", "exp", lambda value, world: value < world.clock()),
        ("wrong-audience", "aud", lambda value, _: value != "rp"),
        ("replayed", "nonce", lambda value, _: value != "the-nonce"),
        ("level-too-low", "acr", lambda value, _: value.endswith("loa1")),
    ],
)
def test_an_id_token_that_is_wrong_on_purpose(testing, answer, claim, wrong):
    tokens = redeemed(testing, answer)
    keys = _published(testing)
    told = verify(tokens["id_token"], keys, algorithms=("ES256", "RS256"), typ=(None,)).claims
    assert wrong(told[claim], testing)
    run = last_run(testing, "rp")
    assert (run.outcome, run.passed) == ("answered", False)


def test_an_id_token_with_a_wrong_signature_has_the_published_key_by_name(testing):
    tokens = redeemed(testing, "wrong-signature")
    kid = unverified(tokens["id_token"])[0]["kid"]
    assert kid in {key["kid"] for key in testing.request("GET", "/oidc/jwks").json["keys"]}
    with pytest.raises(JoseRefused):
        verify(tokens["id_token"], _published(testing), algorithms=("ES256", "RS256"), typ=(None,))


def _published(testing):
    from metadata.wire.jwk import read_jwks

    return read_jwks(testing.request("GET", "/oidc/jwks").json)


def test_a_replay_has_the_nonce_of_the_login_before(testing):
    sent = testing.logged_in().sent_back
    testing.redeem(sent["code"])
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url(nonce="another")))
    code = testing.chosen(browser, page, answer="replayed").sent_back["code"]
    assert claims(testing.redeem(code).json["id_token"])["nonce"] == "the-nonce"


def test_a_missing_attribute_is_missing_in_userinfo(testing):
    tokens = redeemed(testing, "missing-attribute")
    told = testing.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}").json
    assert "family_name" not in told
    assert told["given_name"] == "Anna"


def test_a_cancelled_oidc_login_is_told(testing):
    assert testing.logged_in(answer="cancelled").sent_back["error"] == "access_denied"
    run = last_run(testing, "rp")
    assert run.outcome == "told"
    assert ("error", "access_denied") in run.answer.parts


def test_a_code_that_cannot_be_redeemed_is_a_failed_step(testing):
    sent = testing.logged_in().sent_back
    answer = testing.redeem(sent["code"], code_verifier="x" * 43)
    assert answer.json["error"] == "invalid_grant"
    run = last_run(testing, "rp")
    assert (run.outcome, run.step("redeemed").note) == ("failed", "invalid_grant")
    assert "error_description" in dict(run.tokens.parts)


# --- what is asked wrongly


def test_a_wrong_address_is_a_failed_step(testing):
    testing.browser().get(testing.authorize_url(redirect_uri="https://elsewhere.example.org/"))
    run = last_run(testing, "rp")
    assert (run.outcome, run.step("address").note) == ("failed", "request-address")
    assert ("redirect_uri", "https://elsewhere.example.org/") in run.request.parts


def test_an_oidc_error_that_is_answered_is_kept(testing):
    testing.browser().get(testing.authorize_url(code_challenge=None))
    run = last_run(testing, "rp")
    assert run.outcome == "failed"
    assert ("error", "invalid_request") in run.answer.parts


def test_an_unsigned_request_is_a_failed_step(testing):
    testing.browser().get(SP.redirect(testing, by=None, hint=None))
    run = last_run(testing, "sp")
    assert (run.outcome, run.step("signature").note) == ("failed", "request-signature")


def test_a_request_of_nobody_is_kept_nowhere(testing):
    testing.browser().get(testing.authorize_url("nobody"))
    testing.browser().get("/saml/sso?SAMLRequest=x")
    assert not testing.bench.runs("rp", MEMBER)


def test_a_blocked_person_is_a_failed_step_with_its_reason(testing):
    page = testing.logged_in(person="sparr")
    assert page.cause == "blocked-user"
    run = last_run(testing, "rp")
    assert (run.outcome, run.step("attributes").note) == ("failed", "blocked-user")
    assert run.trace


# --- bounds


def test_a_run_is_found_with_its_member_only(testing):
    testing.logged_in()
    run = last_run(testing, "rp")
    assert testing.bench.run(run.reference, "rp", MEMBER) == run
    assert testing.bench.run(run.reference, "rp", "2329999912") is None
    assert testing.bench.run(run.reference, "sp", MEMBER) is None
    assert not testing.bench.runs("rp", "2329999912")


def test_no_more_than_fifty_runs_of_a_service_are_kept(testing):
    for _ in range(53):
        testing.clock.now += 61
        testing.browser().get(testing.authorize_url(redirect_uri="https://elsewhere.example.org/"))
    assert len(testing.bench.runs("rp", MEMBER)) == 50


def test_runs_go_after_thirty_days(testing):
    testing.logged_in()
    testing.clock.now += 31 * 86_400
    testing.store.expire(3600)
    assert not testing.bench.runs("rp", MEMBER)


def test_what_is_kept_can_be_read_by_nobody_with_the_file(testing):
    testing.logged_in()
    folder = testing.settings.data_dir / "test"
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"code_challenge" not in kept
    assert b"Provlund" not in kept


def test_levels_are_chosen_among_those_of_the_method(testing):
    sent = testing.logged_in(level=LEVEL3).sent_back
    assert claims(testing.redeem(sent["code"]).json["id_token"])["acr"] == LEVEL3


def test_a_refresh_is_a_step_too(worlds):
    world = worlds.make(federation(in_test(scope="openid profile offline_access")))
    testing, browser = InTest(world), InTest(world).browser()
    page = browser.follow(browser.get(testing.authorize_url(scope="openid offline_access")))
    tokens = testing.redeem(testing.chosen(browser, page).sent_back["code"]).json
    again = testing.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="offline_access")
    assert "id_token" not in again.json
    assert last_run(testing, "rp").step("redeemed").note == "refresh_token"


@pytest.mark.parametrize("body", [b"{}", b"grant_type=authorization_code&code=x", b"grant_type=client_credentials"])
def test_a_token_request_of_no_run_is_answered_as_in_production(testing, body):
    form = "application/json" if body == b"{}" else "application/x-www-form-urlencoded"
    answer = testing.request("POST", "/oidc/token", body, Content_Type=form)
    assert answer.status in {400, 401}
    assert not testing.bench.runs("rp", MEMBER)


def test_a_consent_that_is_not_given_is_a_failed_step(worlds):
    testing = InTest(worlds.make(federation(in_test(consent="ask"))))
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    page = testing.chosen(browser, page)
    assert page.page == "U7"
    action, fields = page.form("/samtycke", answer="no")
    answer = browser.follow(browser.post(action, fields))
    assert answer.sent_back["error"]
    assert last_run(testing, "rp").step("attributes").note == "consent-refused"


def test_a_request_by_post_is_kept_with_its_parts(testing):
    form = dict(pair.split("=") for pair in testing.authorize_url().partition("?")[2].split("&"))
    testing.browser().post("/test/oidc/authorize", {**form, "redirect_uri": "https://elsewhere.example.org/"})
    run = last_run(testing, "rp")
    assert run.request.raw.startswith("POST /oidc/authorize\n\n")
    assert ("client_id", "rp") in run.request.parts


def test_a_body_that_is_no_form_is_nobodys(testing):
    testing.request("POST", "/oidc/authorize", b"client_id=rp", Content_Type="text/plain")
    assert not testing.bench.runs("rp", MEMBER)


def test_an_open_login_is_open(testing):
    browser = testing.browser()
    browser.follow(browser.get(testing.authorize_url()))
    assert last_run(testing, "rp").outcome == "open"


def test_a_level_that_no_method_gives_is_a_failed_step(worlds):
    provider = {
        "id": "kommun",
        "oidc": {"issuer": "https://op.example.org", "client_id": "tillit", "client_secret": "s" * 40},
        "ceiling": LEVEL2,
        "levels": {"two": LEVEL2},
        "attributes": {"given_name": "givenName"},
        "name": {"sv": "Kommun", "en": "Town"},
    }
    world = worlds.make(
        federation(in_test(levels=[LEVEL3]), identity_providers=[provider]),
        base_url="https://idp.example.org",
        environment="production",
    )
    testing = InTest(world)
    assert testing.browser().get(testing.authorize_url()).cause == "no-method"
    run = last_run(testing, "rp")
    assert (run.outcome, run.step("level").note) == ("failed", "no-method")


def test_a_silent_login_without_a_sign_on_is_told_why(testing):
    browser = testing.browser()
    assert browser.get(testing.authorize_url(prompt="none")).sent_back["error"] == "login_required"
    run = last_run(testing, "rp")
    assert (run.outcome, run.step("person").note) == ("failed", "login-required")
    assert ("error", "login_required") in run.answer.parts


def test_a_choice_that_cannot_be_recorded_is_not_followed(testing, monkeypatch):
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    address = testing.bench.prepare(Choice("karin"), "rp", testing.clock())

    def full(_):
        raise StorageUnavailable("full")

    monkeypatch.setattr(testing.store, "commit", full)
    assert testing.chosen(browser, page).cause == "maintenance"
    assert browser.get(address).cause == "maintenance"


def test_events_of_other_logins_and_other_events_say_nothing_of_a_run():
    run = Run("AAAA-BBBB", "rp", MEMBER, "d", "oidc", 1, Message("raw"))
    given = ConsentRecorded(
        at=1, reference=run.reference, person="p", service="rp", given=True, attributes=(), shown="x"
    )
    other = LoginFailed(at=1, reference="CCCC-DDDD", service="rp", method="test", reason="user-cancelled")
    assert followed(run, (given, other)) == run


def test_a_note_of_a_run_that_is_gone_is_kept_nowhere():
    note = NoteRun("AAAA-BBBB", ())
    assert gathered(Effects((note,)), ()) == ()
