"""SAML core section 3.4.1: what an AuthnRequest may ask for, and what an identity provider makes of it."""

import pytest

from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT
from tests.support import saml_metadata as md
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL2, LEVEL3, LEVEL4, client, federation

EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
LOA1 = "http://id.elegnamnden.se/loa/1.0/loa1"
OTHER_FAMILY = "http://id.sambi.se/loa/loa2"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SP = Peer()
SP2 = Peer("sp2", key="sp2")


@pytest.fixture
def world(worlds):
    return worlds.make(federation(SP.entry(), SP2.entry(), client()))


# --- RequestedAuthnContext (3.3.2.2.1)


@pytest.mark.parametrize(
    ("comparison", "levels", "given"),
    [
        ("exact", (LEVEL2,), LEVEL2),
        ("exact", (LEVEL3,), LEVEL3),
        ("exact", (LEVEL3, LEVEL2), LEVEL3),
        ("exact", (LEVEL4, LEVEL2), LEVEL2),
        ("exact", (PASSWORD, LEVEL3), LEVEL3),
        ("minimum", (LEVEL2,), LEVEL2),
        ("minimum", (LEVEL3,), LEVEL3),
        ("minimum", (LOA1,), LEVEL2),
        ("maximum", (LEVEL3,), LEVEL3),
        ("maximum", (LEVEL2,), LEVEL2),
        ("maximum", (LEVEL4,), LEVEL3),
        ("better", (LEVEL2,), LEVEL3),
        ("better", (LOA1,), LEVEL2),
    ],
)
@pytest.mark.spec("SAML core", "3.3.2.2.1")
def test_the_level_answers_the_comparison_within_what_the_service_is_registered_for(world, comparison, levels, given):
    received = SP.login(world, levels=levels, comparison=comparison)

    assert received.content.authn_context_class_ref == given


@pytest.mark.parametrize(
    ("comparison", "levels"),
    [
        ("exact", (LEVEL4,)),
        ("exact", (PASSWORD,)),
        ("exact", ("urn:made-up",)),
        ("minimum", (LEVEL4,)),
        ("minimum", (OTHER_FAMILY,)),
        ("maximum", (LOA1,)),
        ("better", (LEVEL3,)),
        ("better", (LEVEL2, LEVEL3)),
    ],
)
@pytest.mark.spec("SAML core", "3.3.2.2.1")
def test_what_cannot_be_given_is_no_authn_context_at_the_proven_address(world, comparison, levels):
    received = SP.login(world, levels=levels, comparison=comparison, acs_index=1)

    assert received.status == ("Requester", "NoAuthnContext")
    assert received.post_to == f"{SP.host}/acs/other"
    assert received.content is None


def test_declarations_are_not_spoken_here(world):
    assert SP.login(world, decl=("urn:decl",)).status == ("Requester", "NoAuthnContext")


def test_without_a_level_the_service_s_own_first_level_is_given(worlds):
    world = worlds.make(federation(SP.entry(levels=[LEVEL3, LEVEL2])))

    assert SP.login(world).content.authn_context_class_ref == LEVEL3


# --- ForceAuthn, IsPassive


@pytest.mark.spec("SAML core", "3.4.1")
def test_a_sign_on_answers_a_second_request_without_asking(world):
    browser = world.browser()
    first = SP.login(world, browser)
    world.clock.now += 60

    second = SP2.login(world, browser, hint=None)

    assert second.content.authn_instant == first.content.authn_instant


@pytest.mark.spec("SAML core", "3.4.1")
def test_force_authn_identifies_anew(world):
    browser = world.browser()
    first = SP.login(world, browser)
    world.clock.now += 60

    forced = SP.login(world, browser, force=True)
    world.clock.now += 60
    asked = browser.follow(browser.get(SP.redirect(world, force=True, hint=None)))

    assert forced.content.authn_instant == first.content.authn_instant + 60
    assert asked.page == "test"


@pytest.mark.spec("SAML core", "3.4.1")
def test_passive_without_a_sign_on_is_no_passive(world):
    received = SP.login(world, passive=True)

    assert received.status == ("Responder", "NoPassive")
    assert received.relay_state == "relay"


def test_passive_with_a_sign_on_is_answered(world):
    browser = world.browser()
    SP.login(world, browser)

    assert SP2.login(world, browser, passive=True, hint=None).content is not None


@pytest.mark.parametrize("given", [{"force": True}, {"levels": (LEVEL3,)}])
def test_passive_with_a_sign_on_that_does_not_do_is_no_passive(world, given):
    browser = world.browser()
    SP.login(world, browser, levels=(LEVEL2,))
    world.clock.now += 1

    assert SP.login(world, browser, passive=True, hint=None, **given).status == ("Responder", "NoPassive")


# --- what the person is called


@pytest.mark.parametrize("policy", [None, {}, {"Format": PERSISTENT}, {"Format": UNSPECIFIED}, {"AllowCreate": "true"}])
@pytest.mark.spec("SAML core", "8.3.7")
def test_the_name_is_persistent_unless_asked_otherwise_and_its_own_at_each_service(world, policy):
    one, again = SP.login(world, name_id=policy).content.name_id, SP.login(world, name_id=policy).content.name_id
    elsewhere = SP2.login(world, name_id=policy).content.name_id
    other = SP.login(world, name_id=policy, hint="test:bo").content.name_id

    assert one == again
    assert one.format == PERSISTENT
    assert (one.name_qualifier, one.sp_name_qualifier) == (f"{world.base}/saml/metadata", SP.entity_id)
    assert len({one.value, elsewhere.value, other.value}) == 3


@pytest.mark.spec("SAML core", "8.3.8")
def test_a_transient_name_is_new_each_time(world):
    names = [SP.login(world, name_id={"Format": TRANSIENT}).content.name_id for _ in range(2)]

    assert {name.format for name in names} == {TRANSIENT}
    assert names[0].value != names[1].value


@pytest.mark.parametrize(
    "policy", [{"Format": EMAIL}, {"Format": "urn:x"}, {"SPNameQualifier": "https://sp2.example.org/metadata"}]
)
@pytest.mark.spec("SAML core", "3.4.1.1")
def test_a_name_that_cannot_be_made_is_invalid_name_id_policy(world, policy):
    assert SP.login(world, name_id=policy).status == ("Requester", "InvalidNameIDPolicy")


def test_the_service_may_name_itself_as_qualifier(world):
    assert SP.login(world, name_id={"SPNameQualifier": SP.entity_id}).content is not None


# --- Subject


@pytest.mark.spec("SAML core", "3.4.1")
def test_the_answer_is_about_the_subject_that_the_request_names(world):
    anna = SP.login(world).content.name_id

    same = SP.login(world, subject=(anna.value, PERSISTENT))
    other = SP.login(world, subject=(anna.value, PERSISTENT), hint="test:bo")

    assert same.content.name_id.value == anna.value
    assert other.status == ("Requester", "UnknownPrincipal")
    assert other.content is None


def test_a_subject_of_no_persistent_format_is_a_hint_only(world):
    assert SP.login(world, subject="test:bo", hint=None).attributes["givenName"] == ("Bo",)


# --- attributes


GIVEN, SN = "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"
PNR = "urn:oid:1.2.752.29.4.13"
MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
ASKING = Peer(asks=(md.requested(GIVEN, index=3), md.requested(SN, index=5, more=' isDefault="true"')))


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, {"sn"}), ({"attributes_index": 3}, {"givenName"}), ({"attributes_index": 5}, {"sn"})],
)
@pytest.mark.spec("SAML core", "3.4.1")
def test_an_index_says_which_attributes_are_asked_for(worlds, given, expected):
    world = worlds.make(federation(ASKING.entry()))

    assert set(ASKING.login(world, **given).attributes) == expected


def test_an_index_that_metadata_does_not_have_is_told_to_the_service(worlds):
    world = worlds.make(federation(ASKING.entry()))

    assert ASKING.login(world, attributes_index=4).status == ("Requester", "RequestUnsupported")


def test_without_a_default_the_lowest_index_asks(worlds):
    peer = Peer(asks=(md.requested(SN, index=5), md.requested(GIVEN, index=3)))
    world = worlds.make(federation(peer.entry()))

    assert set(peer.login(world).attributes) == {"givenName"}


def test_a_service_that_asks_for_nothing_gets_what_it_is_registered_for(world):
    assert set(SP.login(world).attributes) == {"givenName", "sn", "displayName"}


def test_never_more_than_is_registered_goes(worlds):
    peer = Peer(asks=(md.requested(GIVEN, PNR),))
    world = worlds.make(federation(peer.entry(attributes=["givenName", "sn"])))

    assert set(peer.login(world).attributes) == {"givenName"}


@pytest.mark.parametrize(
    ("attributes", "name", "cause"),
    [(["givenName"], PNR, "attr-not-allowed"), (["givenName", "mail"], MAIL, "attr-missing")],
)
@pytest.mark.spec("Sweden Connect deployment profile", "6.2.1")
def test_a_required_attribute_that_cannot_go_is_explained_and_refused(worlds, attributes, name, cause):
    peer = Peer(asks=(md.requested(name, required="true"),))
    world = worlds.make(federation(peer.entry(attributes=attributes)))
    browser = world.browser()

    page = browser.follow(browser.get(peer.redirect(world, hint=None)))
    page = browser.follow(browser.post(*page.form("/test", username="bo")))

    assert (page.page, page.cause) == ("U10", cause)
    told = peer.read(world, browser.post(*page.form("/avbryt")))
    assert told.status[1] == {"attr-not-allowed": "RequestDenied", "attr-missing": "UnknownPrincipal"}[cause]


# --- Scoping (3.4.1.2, 3.4.1.3)


@pytest.mark.spec("SAML core", "3.4.1.3")
def test_a_list_of_providers_of_which_we_know_none_is_no_supported_idp(world):
    assert SP.login(world, idps=("https://idp.nowhere.example",)).status == ("Requester", "NoSupportedIDP")


def test_a_list_with_ourselves_is_as_no_list(world):
    assert SP.login(world, idps=("https://idp.nowhere.example", f"{world.base}/saml/metadata")).content is not None


def test_an_empty_scoping_asks_for_nothing(world):
    assert SP.login(world, idps=()).content is not None
