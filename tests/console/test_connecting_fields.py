"""M2: every field of connecting a service, and what it becomes in the entry; what M3 asks for has a field."""

import json
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from broker.federation.logos import path_of
from broker.web.console import checking
from broker.web.console.connecting import STAGES
from broker.web.console.connecting_forms import FIELD_OF, AboutForm, AcceptedForm, DetailsForm, TechnicalForm, why_form
from metadata import client_rules
from metadata.context import Context
from metadata.logos import PREFIX
from metadata.oidc import REGISTERED_MEMBERS
from metadata.validate import check
from metadata.wire.jwk import jwk_of
from tests.support import saml_metadata as make
from tests.support.connecting import ABOUT, PORTAL, at, begun, content, draft, labelled, sent, uploaded
from tests.support.console import Console, consoles, operator, owner
from tests.support.console_samples import FormTurn
from tests.support.pictures import png
from tests.support.saml import ec_key
from tests.support.world import LEVEL3, NOW, Browser

pytest_plugins = ["tests.support.worlds"]
JWK = {**jwk_of(ec_key("bok").public_key()), "kid": "bok-1", "use": "sig"}
JWKS = json.dumps({"keys": [JWK]})
PEM = ec_key("bok").private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()  # fmt: skip
CERTIFICATE = (
    f"-----BEGIN CERTIFICATE-----\n{make.in_lines(make.certificate(ec_key('bok')))}\n-----END CERTIFICATE-----"
)
OIDC = {"protocol": "oidc", "redirect_uris": "https://bok.example/cb", "jwks_uri": "https://bok.example/jwks"}
MACHINE = {"protocol": "oidc", "application_type": "machine", "jwks": JWKS, "scope": "bok.read bok.write"}


@pytest.fixture
def console(worlds) -> Console:
    return consoles(worlds)


@pytest.fixture
def anna(console: Console) -> Browser:
    return owner(console, "anna")


@pytest.fixture
def begin(console: Console, anna: Browser) -> Console:
    begun(anna)
    return console


@pytest.fixture(scope="module")
def standing(lasting_worlds) -> tuple[Console, Browser]:
    """A draft that nothing of what is sent to it changes, and its team's browser."""
    console = consoles(lasting_worlds)
    browser = owner(console, "anna")
    begun(browser)
    return console, browser


# --- about the service


def test_what_people_are_told_of_a_service_is_asked_for(begin, anna):
    sent(anna, anna.get(at(begin, "om")), **ABOUT,
         description_sv="Boka tid\r\nhos vården.", description_en="Book a visit.", used_by=["staff", "citizens"],
         privacy_url="https://bok.example/integritet", support_url="https://bok.example/hjalp", phone="08-123 45 67")  # fmt: skip
    said = content(begin)
    assert said["description"] == {"sv": "Boka tid hos vården.", "en": "Book a visit."}
    assert (said["used_by"], said["privacy_url"]) == (["staff", "citizens"], "https://bok.example/integritet")
    assert said["contact"] == {
        "mail": "it-drift@bok.example",
        "url": "https://bok.example/hjalp",
        "phone": "08-123 45 67",
    }
    shown = anna.get(at(begin, "om")).text
    assert "Boka tid hos vården." in shown
    assert 'value="citizens" checked' in shown


def test_what_is_left_empty_is_not_in_the_entry(begin, anna):
    sent(anna, anna.get(at(begin, "om")), **ABOUT, description_sv="Boka tid.", privacy_url="https://bok.example/p")
    sent(anna, anna.get(at(begin, "om")), **ABOUT, description_sv=" ", privacy_url="")
    assert content(begin).keys() == {"id", "member", "state", "names", "contact"}


def test_a_logo_is_taken_shown_and_taken_away(begin, anna):
    saved = uploaded(anna, anna.get(at(begin, "om")), {"logo": png()}, **ABOUT)
    assert saved.status == 200
    assert content(begin)["logo"].startswith(PREFIX)
    address = re.search(r'src="([^"]*/logotyp[.]png)"', anna.get(at(begin, "om")).text)[1]
    picture = anna.get(address)
    assert (picture.status, picture.body, picture.header("content-type")) == (200, png(), "image/png")
    assert picture.header("x-content-type-options") == "nosniff"
    assert picture.header("cache-control") == "no-store"
    stranger, entry = begin.world.browser(), content(begin)
    assert stranger.get(address).status == 303
    assert stranger.get(path_of(entry)).status == 404
    sent(anna, anna.get(at(begin, "om")), **ABOUT)
    assert "logo" in content(begin)
    sent(anna, anna.get(at(begin, "om")), **ABOUT, no_logo="y")
    assert "logo" not in content(begin)
    assert anna.get(address).status == 404


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "Filen är inte en PNG."),
        (b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>', "Filen är inte en PNG."),
        (png(8, 8), "Bilden ska vara 16 till 512 pixlar"),
        (png()[:-20], "Bilden är skadad"),
        (png() + b"\0" * 40_000, "Filen är för stor"),
    ],
)
def test_what_is_no_logo_is_told_and_nothing_is_saved(standing, picture, said):
    begin, anna = standing
    before = content(begin)
    page = uploaded(anna, anna.get(at(begin, "om")), {"logo": picture}, **ABOUT)
    assert said in page.text
    assert content(begin) == before


def test_no_page_of_ours_leads_to_a_logo_elsewhere(begin, anna):
    uploaded(anna, anna.get(at(begin, "om")), {"logo": png()}, **ABOUT)
    for page in (anna.get(at(begin, "om")), anna.get(at(begin, "skicka"))):
        assert not re.findall(r'<img[^>]*src="(?!/)', page.text)
        assert "img-src 'self'" in page.header("content-security-policy")


# --- how it is reached


def test_a_client_says_its_addresses_and_ways(begin, anna):
    sent(anna, anna.get(at(begin, "teknik")), **OIDC, post_logout_redirect_uris="https://bok.example/ut",
         initiate_login_uri="https://bok.example/in", grant_types=["refresh_token"], scope="openid  offline_access",
         subject_type="public")  # fmt: skip
    said = content(begin)["oidc"]
    assert said["post_logout_redirect_uris"] == ["https://bok.example/ut"]
    assert (said["initiate_login_uri"], said["subject_type"]) == ("https://bok.example/in", "public")
    assert (said["grant_types"], said["scope"]) == (["authorization_code", "refresh_token"], "openid offline_access")
    shown = anna.get(at(begin, "teknik")).text
    assert 'value="refresh_token" checked' in shown
    sent(anna, anna.get(at(begin, "teknik")), **{**OIDC, "post_logout_redirect_uris": "", "subject_type": "pairwise",
         "initiate_login_uri": "", "scope": ""})  # fmt: skip
    assert content(begin)["oidc"].keys() == {
        "client_id", "redirect_uris", "application_type", "jwks_uri", "token_endpoint_auth_method",
    }  # fmt: skip


@pytest.mark.parametrize("pasted", [JWKS, json.dumps(JWK), CERTIFICATE])
def test_public_keys_are_pasted_as_they_come(begin, anna, pasted):
    sent(anna, anna.get(at(begin, "teknik")), **{**OIDC, "jwks_uri": "", "jwks": pasted})
    said = content(begin)["oidc"]
    assert (said["token_endpoint_auth_method"], said["jwks"]["keys"][0]["x"]) == ("private_key_jwt", JWK["x"])
    assert anna.get(at(begin, "kontroll.json")).json["taken"] is True


def test_keys_are_sent_as_a_file_which_goes_before_what_was_pasted(begin, anna):
    uploaded(anna, anna.get(at(begin, "teknik")), {"jwks_file": JWKS.encode()}, protocol="oidc",
             redirect_uris="https://bok.example/cb", jwks="what stood there")  # fmt: skip
    assert content(begin)["oidc"]["jwks"] == {"keys": [JWK]}


KEYS_REFUSED = [
    ({"jwks": json.dumps({"keys": [{**JWK, "d": "c2VjcmV0LXNjYWxhcg"}]})}, "Det där är en privat nyckel."),
    ({"jwks": PEM}, "Det där är en privat nyckel."),
    ({"jwks": CERTIFICATE + "\n" + PEM}, "Det där är en privat nyckel."),
    ({"jwks": "{"}, "inte ett certifikat eller en publik nyckel"),
    ({"jwks": json.dumps({"keys": []})}, "inte ett certifikat eller en publik nyckel"),
    ({"jwks": json.dumps({"keys": "x"})}, "inte ett certifikat eller en publik nyckel"),
    ({"jwks": json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}]})}, "nyckel"),
    ({"jwks": "ssh-ed25519 AAAA"}, "inte ett certifikat eller en publik nyckel"),
    ({"jwks": JWKS, "jwks_uri": "https://bok.example/jwks"}, "antingen på en adress eller här"),
    ({"application_type": "machine"}, "måste ha en nyckel"),
    ({"grant_types": ["client_credentials"]}, "måste ha en nyckel"),
    ({"grant_types": ["password"]}, "grant_types"),
    ({"initiate_login_uri": "http://bok.example/"}, "https-adress"),
]


@pytest.mark.parametrize(("fields", "said"), KEYS_REFUSED)
def test_keys_and_ways_that_will_not_do_are_told_and_nothing_is_saved(standing, fields, said):
    begin, anna = standing
    before = content(begin)
    page = sent(anna, anna.get(at(begin, "teknik")), **{**OIDC, "jwks_uri": "", **fields})
    assert 'role="alert"' in page.text
    assert said in page.text
    assert content(begin) == before


@pytest.mark.parametrize("field", ["jwks", "metadata", "metadata_certificate"])
def test_a_private_key_that_was_pasted_is_not_shown_again(standing, field):
    begin, anna = standing
    protocol = "oidc" if field == "jwks" else "saml"
    page = sent(anna, anna.get(at(begin, "teknik")), protocol=protocol, **{field: PEM})
    assert "är en privat nyckel." in page.text
    assert "BEGIN PRIVATE KEY" not in page.text


def test_a_private_key_in_a_file_is_not_kept(standing):
    begin, anna = standing
    page = uploaded(anna, anna.get(at(begin, "teknik")), {"file": PEM.encode()}, protocol="saml")
    assert "är en privat nyckel." in page.text
    assert "saml" not in content(begin)


# --- an API client


def test_a_client_that_nobody_logs_in_to_goes_from_nothing_to_a_token(begin, anna):
    report = sent(anna, anna.get(at(begin, "teknik")), **MACHINE)
    assert report.page == "M3"
    assert anna.get(at(begin, "kontroll.json")).json["taken"] is True
    assert content(begin)["oidc"].keys() == {
        "client_id", "grant_types", "scope", "jwks", "token_endpoint_auth_method",
    }  # fmt: skip
    for step in ("uppgifter", "niva", "testa"):
        assert at(begin, step) not in report.text
    summary = anna.get(at(begin, "skicka"))
    assert "Det här saknas än:" not in summary.text
    sent(anna, summary)
    proposal = draft(begin)
    for name in ("dora", "eva"):
        browser = operator(begin, name)
        page = browser.get(f"/admin/forslag/{proposal.id}")
        action, fields = page.form(f"/forslag/{proposal.id}", act="approve", reason="Läst")
        browser.follow(browser.post(action, fields))
    begin.world.app.snapshots.refresh()
    client = begin.world.app.on.services.federation().register.services[proposal.object].oidc
    assert (client.grant_types, client.scope) == ({"client_credentials"}, {"bok.read", "bok.write"})


def test_a_client_may_have_tokens_of_its_own_beside_those_of_people(begin, anna):
    sent(anna, anna.get(at(begin, "teknik")), **OIDC, grant_types=["client_credentials"])
    assert content(begin)["oidc"]["grant_types"] == ["authorization_code", "client_credentials"]


def test_what_is_an_api_client_may_become_one_of_people_and_back(begin, anna):
    sent(anna, anna.get(at(begin, "teknik")), **MACHINE)
    assert 'value="machine" checked' in anna.get(at(begin, "teknik")).text
    sent(anna, anna.get(at(begin, "teknik")), **{**OIDC, "jwks": "", "application_type": "web", "scope": ""})
    assert "grant_types" not in content(begin)["oidc"]
    sent(anna, anna.get(at(begin, "teknik")), **{**MACHINE, "jwks_uri": ""})
    assert content(begin)["oidc"]["grant_types"] == ["client_credentials"]


# --- what it gets, and how sure it must be


def test_details_that_the_service_cannot_do_without_are_chosen_among_its_own(begin, anna):
    sent(anna, anna.get(at(begin, "uppgifter")), attributes=["sn", "givenName"], why="Kallelser",
         on_behalf_of=["guardian", "power"])  # fmt: skip
    assert content(begin)["on_behalf_of"] == ["guardian", "power"]
    page = anna.get(at(begin, "skal"))
    assert 'value="mail"' not in page.text
    sent(anna, page, sn="Kallelser", givenName="Kallelser", required=["sn"])
    assert content(begin)["required"] == ["sn"]
    assert 'value="sn" checked' in anna.get(at(begin, "skal")).text
    assert "form.choice" not in sent(anna, page, sn="K", givenName="K", required=["mail"]).text
    assert content(begin)["required"] == ["sn"]


def test_entity_categories_are_asked_for(begin, anna):
    category = "http://id.swedenconnect.se/ec/1.0/loa3-name"
    page = anna.get(at(begin, "uppgifter"))
    assert category in page.text
    sent(anna, page, attributes=["sn"], why="Kallelser", entity_categories=[category])
    assert content(begin)["entity_categories"] == [category]


def test_methods_profile_and_coordination_numbers_are_chosen(begin, anna):
    sent(anna, anna.get(at(begin, "niva")), levels=LEVEL3, methods=["test"], profile="sweden-connect",
         accepts_coordination_number="y")  # fmt: skip
    said = content(begin)
    assert (said["methods"], said["profile"], said["accepts_coordination_number"]) == (["test"], "sweden-connect", True)
    sent(anna, anna.get(at(begin, "niva")), levels=LEVEL3, profile="default")
    assert not {"methods", "profile", "accepts_coordination_number"} & content(begin).keys()


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("uppgifter", {"attributes": "sn", "why": "x", "on_behalf_of": "own"}),
        ("uppgifter", {"attributes": "sn", "why": "x", "entity_categories": "https://evil.example/ec"}),
        ("niva", {"levels": LEVEL3, "methods": "never-was"}),
        ("niva", {"levels": LEVEL3, "profile": "none"}),
        ("om", {**ABOUT, "used_by": "everybody"}),
        ("om", {**ABOUT, "privacy_url": "javascript:alert(1)"}),
        ("om", {**ABOUT, "no_logo": "y"}),
    ],
)
def test_what_is_not_offered_is_not_taken(standing, step, fields):
    begin, anna = standing
    before = content(begin)
    assert 'role="alert"' in sent(anna, anna.get(at(begin, step)), **fields).text
    assert content(begin) == before


def test_whatever_else_the_entry_says_stays(console, anna):
    """A change begins with what stands: a secret that was given elsewhere, what only a file says."""
    action, fields = anna.get(f"{PORTAL}/tjanster/rp").form("/andra")
    anna.follow(anna.post(action, fields))
    before = content(console)["oidc"]
    assert "client_secret_hash" in before
    sent(anna, anna.get(at(console, "teknik")), protocol="oidc", redirect_uris="https://rp.example.org/cb")
    after = content(console)["oidc"]
    assert (after["client_secret_hash"], after.get("token_endpoint_auth_method")) == (
        before["client_secret_hash"],
        before.get("token_endpoint_auth_method"),
    )


@pytest.mark.spec("RFC 9700", "2.5")
def test_a_key_takes_the_place_of_a_shared_secret(console, anna):
    action, fields = anna.get(f"{PORTAL}/tjanster/rp").form("/andra")
    anna.follow(anna.post(action, fields))
    sent(anna, anna.get(at(console, "teknik")), protocol="oidc", redirect_uris="https://rp.example.org/cb", jwks=JWKS)
    after = content(console)["oidc"]
    assert "client_secret_hash" not in after
    assert after["token_endpoint_auth_method"] == "private_key_jwt"
    assert anna.get(at(console, "kontroll.json")).json["taken"] is True


# --- what M3 asks for


EVERYTHING_WRONG: dict[str, Any] = {
    "client_id": "x",
    "client_secret": "a secret that is long enough",
    "redirect_uris": ["https://a.example/cb", "https://a.example/cb", "https://localhost/cb"],
    "subject_type": "public",
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid other",
    "jwks_uri": "https://b.example/jwks",
}
REFUSED = [{**EVERYTHING_WRONG, member: {"odd": 1}} for member in sorted(REGISTERED_MEMBERS)]


def all_fields() -> dict[str, set[str]]:
    """By step, the names of its fields."""
    forms = {
        "om": AboutForm,
        "teknik": TechnicalForm,
        "uppgifter": DetailsForm,
        "niva": AcceptedForm,
        "skal": why_form({}),
    }
    return {
        step: {field.short_name for field in form(meta={"csrf_context": FormTurn()})} for step, form in forms.items()
    }


def test_every_member_that_a_remedy_names_has_a_field():
    rules = (*client_rules.ADVICE, client_rules.REDIRECT_URI, client_rules.CLIENT_METADATA, client_rules.PRIVATE_KEY)
    words = {word for rule in rules for word in re.findall(r"[a-z_]+", " ".join((rule.remedy, *rule.sv)))}
    named = words & {member for member in REGISTERED_MEMBERS if "_" in member or member in {"contacts", "scope"}}
    assert {"client_name", "contacts", "post_logout_redirect_uris", "initiate_login_uri", "scope"} <= named
    assert named <= FIELD_OF.keys()


def test_every_field_that_a_finding_leads_to_is_there():
    assert set(FIELD_OF.values()) <= {(step, name) for step, names in all_fields().items() for name in names}
    assert all_fields().keys() == STAGES.keys()


def test_every_finding_about_a_registration_leads_to_a_field():
    fields, context = all_fields(), Context(now=NOW, served=lambda _: False)
    seen = set()
    for registration in (EVERYTHING_WRONG, {**EVERYTHING_WRONG, "token_endpoint_auth_method": "none"}, *REFUSED):
        for finding in check(json.dumps(registration).encode(), context).findings:
            step, name = checking.field_of(finding, {"oidc": registration})
            assert name in fields[step], finding
            seen.add(finding.id)
    assert {rule.id for rule in client_rules.ADVICE} <= seen | {"secret-in-file"}


def test_a_team_that_fills_in_what_the_report_asks_for_is_asked_for_nothing_more(begin, anna):
    sent(anna, anna.get(at(begin, "om")), **{**ABOUT, "information_url": "https://bok.example/"})
    report = sent(anna, anna.get(at(begin, "teknik")), **OIDC, post_logout_redirect_uris="https://bok.example/ut")
    found = anna.get(at(begin, "kontroll.json")).json
    assert found["findings"] == []
    assert "Kontroll – 0 fel" in report.text


def test_a_finding_of_the_report_links_to_its_field(begin, anna):
    report = sent(anna, anna.get(at(begin, "teknik")), **OIDC)
    assert f'href="{at(begin, "teknik")}#post_logout_redirect_uris"' in report.text
    assert "post_logout_redirect_uris" in labelled(anna.get(at(begin, "teknik")))
    broken = make.entity(
        make.sp_role(make.acs("http://bok.example/acs")), entity_id="https://bok.example/saml"
    ).decode()
    assert f'href="{at(begin, "teknik")}#metadata"' in sent(
        anna, anna.get(at(begin, "teknik")), protocol="saml", metadata=broken
    ).text  # fmt: skip


def test_the_fields_that_must_be_filled_in_are_at_most_twelve():
    must = {"name_sv", "name_en", "mail", "protocol", "metadata", "attributes", "why", "levels"}
    found = set()
    for form in (AboutForm, TechnicalForm, DetailsForm, AcceptedForm):
        made = form(meta={"csrf_context": FormTurn()})
        found |= {field.short_name for field in made if field.flags.required}
    assert found <= must
    assert len(must) <= 12
