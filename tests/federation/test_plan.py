"""What a plan says in both languages, and of which class each change is."""

import datetime as dt
import hashlib
import re
from dataclasses import fields
from itertools import chain

import pytest

from broker.federation.aspects import ASPECTS, KINDS, aspect_of
from broker.federation.described import described
from broker.federation.member import MemberEntry
from broker.federation.plan import changes, danger_of, entry_changes, named
from broker.federation.register import take_apart
from broker.federation.schema import ProviderEntry, ServiceEntry
from idp_adapters.methods.oidc import OidcSettings
from idp_adapters.methods.saml import SamlSettings
from metadata import described_keys
from metadata.oidc import REGISTERED_MEMBERS
from metadata.register import OidcClient, OidcProvider
from metadata.wire.jose import public_jwk
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_values import ENTITY_CATEGORY, ENTITY_CATEGORY_SUPPORT
from metadata.wire.signing import signer
from tests.support import federation as good
from tests.support.federation import put, settings, without
from tests.support.saml import ec_key
from tests.support.saml_metadata import acs, certificate, entity, entity_attribute, idp_role, key, sp_role, sso
from tests.support.trust import LOA2, LOA3, LOA4
from trust_framework.danger import Danger

HARMLESS, CAREFUL, DANGEROUS = Danger
OTHER = certificate(ec_key("other"))
RENEWED = certificate(ends=dt.datetime(2035, 5, 5, tzinfo=dt.UTC))
DESCRIBED = "<mdui:UIInfo><mdui:Description xml:lang='sv'>En tjänst.</mdui:Description></mdui:UIInfo>"
SHOWN = "<mdui:UIInfo><mdui:DisplayName xml:lang='sv'>Journalen</mdui:DisplayName></mdui:UIInfo>"
UNTOLD = "<mdui:DiscoHints><mdui:DomainHint>sp.example</mdui:DomainHint></mdui:DiscoHints>"
CONTACT = '<md:ContactPerson contactType="technical"><md:EmailAddress>mailto:it@sp.example</md:EmailAddress></md:ContactPerson>'
TO_COME = {
    (kind, name)
    for kind in ("member", "service", "identity_provider", "agreement")
    for name in ("contact", "contacts", "description", "logo")
} | {("service", "sector_identifier_uri")}
"""Rows for keys that the file does not have yet, and one that only a client that registers itself could bring."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return good.folder(tmp_path_factory.mktemp("federation"))


def diff(folder, changed, before=None):
    return changes(good.read(folder, before).content, good.read(folder, changed).content, settings())


def planned(folder, changed, before=None):
    return [str(change) for change in diff(folder, changed, before)]


def metadata(*roles, entity_id="https://sp.example/metadata", **more):
    return {"metadata_xml": entity("".join(roles), entity_id=entity_id, **more).decode()}


def saml_service(*roles, **more):
    return put(("services", 0, "saml"), metadata(*roles, **more))


def saml_provider(*roles):
    given = metadata(*roles, entity_id="https://idp.example/metadata")
    return put(("identity_providers", 0, "saml"), {**given, "signing_alg": "ES256"})


def short(der):
    """A fingerprint as a sentence shows it."""
    return ":".join(re.findall("..", hashlib.sha256(der).hexdigest()[:16].upper()))


def provider_of(*categories, attribute=ENTITY_CATEGORY):
    told = entity_attribute(attribute, *categories)
    given = metadata(idp_role(), entity_id="https://idp.example/metadata", extensions=told)
    return put(("identity_providers", 0, "saml"), {**given, "signing_alg": "ES256"})


def service_of(*categories):
    return saml_service(sp_role(), extensions=entity_attribute(ENTITY_CATEGORY, *categories))


def read_key_of(der):
    return read_entity(entity(sp_role(keys=key(der=der)))).roles[0].keys[0]


def private_key_client(*keys):
    registration = {
        "client_id": "boka",
        "redirect_uris": ["https://boka.example.se/callback"],
        "jwks": {"keys": list(keys)},
    }
    return put(("services", 1, "oidc"), registration)


def told_in_full():
    """A file in which every key stands that has a row."""
    full = private_key_client(public_jwk(signer(ec_key("now"), kid="now", alg="ES256")))
    pages = {"policy_uri": "https://boka.example.se/p", "tos_uri": "https://boka.example.se/t"}
    more = {"logo_uri": "https://boka.example.se/l", "software_id": "x", "software_version": "x", "contacts": ["x"]}
    full["services"][1]["oidc"] |= {**more, **pages, "client_name": "x", "client_name#sv": "x", "client_name#en": "x"}
    full["openid_federation"] = {"role": "leaf"}
    full["software_statement_issuers"] = []
    full["declaration_grace_days"] = "10"
    full["members"][0]["risk_assessment"] = {"made": "2026-01-01", "by": "x", "again": "2027-01-01"}
    full["entity_categories"] = good.with_sharing()["entity_categories"]
    return full | good.with_care() | {"services": full["services"], "policies": good.with_sharing()["policies"]}


def test_the_same_file_changes_nothing(folder):
    assert planned(folder, good.content()) == []


def test_writing_out_a_default_changes_nothing(folder):
    changed = good.content()
    changed["services"][0] |= {"consent": "never", "profile": "default", "state": "active"}
    changed["services"][1]["oidc"] |= {"grant_types": ["authorization_code"], "subject_type": "pairwise"}
    changed["methods"]["card"] |= {"ocsp": "true", "subject": "serialNumber"}
    assert planned(folder, changed) == []


GOLDEN = [
    # what looks different
    (put(("services", 0, "contact"), {"mail": "a@b.se"}), "service journal",
     (HARMLESS, "Kontakt läggs till: mail → a@b.se", "Contact added: mail → a@b.se")),
    (put(("services", 1, "oidc", "logo_uri"), "https://boka.example.se/l.svg"), "service boka",
     (HARMLESS, "Logotyp läggs till: https://boka.example.se/l.svg", "Logo added: https://boka.example.se/l.svg")),
    (saml_service(sp_role(extensions=DESCRIBED)), "service journal",
     (HARMLESS, "Beskrivning i metadata läggs till: sv → En tjänst.", "Description in the metadata added: sv → En tjänst.")),
    (saml_service(sp_role(), after=CONTACT), "service journal",
     (HARMLESS, "Kontakt läggs till: technical → it@sp.example", "Contact added: technical → it@sp.example")),
    # what may stop somebody
    (put(("services", 1, "oidc", "client_name"), "Tider"), "service boka",
     (CAREFUL, "Namn läggs till: Tider", "Name added: Tider"),
     (CAREFUL, "Namn tas bort: Boka tid", "Name removed: Boka tid")),
    (put(("services", 1, "attributes"), ["sn"]), "service boka",
     (CAREFUL, "Uppgift som får lämnas tas bort: givenName", "Attribute that may be released removed: givenName"),
     (CAREFUL, "Uppgift som får lämnas tas bort: personalIdentityNumber",
      "Attribute that may be released removed: personalIdentityNumber")),
    (put(("services", 0, "levels"), [LOA3]), "service journal",
     (CAREFUL, f"Tillitsnivå som godtas tas bort: {LOA2}", f"Level of assurance accepted removed: {LOA2}")),
    (put(("services", 1, "levels", 1), LOA4), "service boka",
     (CAREFUL, f"Tillitsnivå som godtas läggs till: {LOA4}", f"Level of assurance accepted added: {LOA4}")),
    (put(("services", 0, "consent"), "ask"), "service journal",
     (CAREFUL, "Samtycke ändras från frågar inte till frågar", "Consent changes from never to ask")),
    (put(("members", 0, "name", "sv"), "Regionen"), "member 2321000016",
     (CAREFUL, "Namn läggs till: sv → Regionen", "Name added: sv → Regionen"),
     (CAREFUL, "Namn tas bort: sv → Region Exempel", "Name removed: sv → Region Exempel")),
    (put(("name", "sv"), "Federationen"), "the federation",
     (CAREFUL, "Namn läggs till: sv → Federationen", "Name added: sv → Federationen"),
     (CAREFUL, "Namn tas bort: sv → Provfederationen", "Name removed: sv → Provfederationen")),
    (put(("identity_providers", 0, "identifiers"), []), "identity provider region",
     (CAREFUL, "Identitetsnummer som den får intyga tas bort: personalIdentityNumber",
      "Identity number that it may assert removed: personalIdentityNumber")),
    (put(("identity_providers", 0, "ceiling"), LOA2), "identity provider region",
     (CAREFUL, f"Högsta tillitsnivå ändras från {LOA3} till {LOA2}",
      f"Highest level of assurance changes from {LOA3} to {LOA2}")),
    (saml_service(sp_role(keys=key(der=RENEWED) + key("encryption"))), "service journal",
     (CAREFUL, f"Förnyat certifikat för signering: {short(RENEWED)}…, RSA 2048, giltigt till 2035-05-05 (samma nyckel)",
      f"Renewed certificate for signing: {short(RENEWED)}…, RSA 2048, valid until 2035-05-05 (the same key)")),
    (saml_service(sp_role(extensions=SHOWN)), "service journal",
     (CAREFUL, "Visningsnamn läggs till: sv → Journalen", "Display name added: sv → Journalen")),
    (saml_service(sp_role(flags='errorURL="https://sp.example/fel"')), "service journal",
     (CAREFUL, "Ny övrig adress i metadata: https://sp.example/fel",
      "New further address in the metadata: https://sp.example/fel")),
    (saml_service(sp_role(flags='errorURL="https://evil.example/fel"')), "service journal",
     (DANGEROUS, "Ny övrig adress i metadata: https://evil.example/fel (ny värd!)",
      "New further address in the metadata: https://evil.example/fel (new host!)")),
    (saml_service(sp_role(extensions=UNTOLD)), "service journal",
     (CAREFUL, "Annat i dokumentet ändras", "Something else in the document changes")),
    (put(("services", 1, "oidc", "initiate_login_uri"), "https://boka.example.se/in"), "service boka",
     (CAREFUL, "Ny adress som börjar en inloggning: https://boka.example.se/in",
      "New address that begins a login: https://boka.example.se/in")),
    (put(("services", 1, "oidc", "initiate_login_uri"), "https://evil.example/in"), "service boka",
     (DANGEROUS, "Ny adress som börjar en inloggning: https://evil.example/in (ny värd!)",
      "New address that begins a login: https://evil.example/in (new host!)")),
    (put(("services", 1, "oidc", "tos_uri"), "https://villkor.example/"), "service boka",
     (CAREFUL, "Ny adress till användarvillkor: https://villkor.example/ (ny värd!)",
      "New address of the terms of use: https://villkor.example/ (new host!)")),
    # what may let somebody in, or more out
    (put(("services", 1, "oidc", "redirect_uris", 1), "https://boka.example.se/b"), "service boka",
     (DANGEROUS, "Ny adress för svar: https://boka.example.se/b", "New address for answers: https://boka.example.se/b")),
    (saml_service(sp_role(acs("https://evil.example/acs"))), "service journal",
     (DANGEROUS, "Ny adress för svar: https://evil.example/acs (ny värd!)",
      "New address for answers: https://evil.example/acs (new host!)"),
     (CAREFUL, "Adress för svar tas bort: https://sp.example/acs", "Address for answers removed: https://sp.example/acs")),
    (put(("services", 1, "oidc", "client_secret"), "another-secret-of-theirs"), "service boka",
     (DANGEROUS, "Klientens hemlighet ändras", "The client's secret changes")),
    (put(("services", 1, "oidc", "scope"), "openid offline_access"), "service boka",
     (DANGEROUS, "Scope läggs till: offline_access", "Scope added: offline_access")),
    (put(("services", 1, "oidc", "subject_type"), "public"), "service boka",
     (DANGEROUS, "Användarens id hos tjänsten (pairwise: eget, public: gemensamt) ändras från pairwise till public",
      "The person's id at the service (pairwise: its own, public: shared) changes from pairwise to public")),
    (put(("services", 1, "attributes", 3), "mail"), "service boka",
     (DANGEROUS, "Uppgift som får lämnas läggs till: mail", "Attribute that may be released added: mail")),
    (put(("services", 1, "levels", 1), LOA2), "service boka",
     (DANGEROUS, f"Tillitsnivå som godtas läggs till: {LOA2}", f"Level of assurance accepted added: {LOA2}")),
    (put(("services", 1, "consent"), "never"), "service boka",
     (DANGEROUS, "Samtycke ändras från frågar till frågar inte", "Consent changes from ask to never")),
    (put(("services", 0, "profile"), "fapi2"), "service journal",
     (DANGEROUS, "Regelprofil ändras från default till fapi2", "Profile of rules changes from default to fapi2")),
    (put(("services", 0, "required"), []), "service journal",
     (DANGEROUS, "Uppgift som krävs tas bort: employeeHsaId", "Attribute that is required removed: employeeHsaId")),
    (put(("services", 0, "state"), "suspended"), "service journal",
     (DANGEROUS, "Läge ändras från aktiv till stoppad", "State changes from active to suspended")),
    (put(("services", 0, "accepts_coordination_number"), "true"), "service journal",
     (DANGEROUS, "Tar emot samordningsnummer: ja", "Accepts coordination numbers: yes")),
    (put(("services", 0, "on_behalf_of"), ["guardian"]), "service journal",
     (DANGEROUS, "Sätt att företräda andra läggs till: guardian", "Way to act for others added: guardian")),
    (put(("members", 0, "state"), "suspended"), "member 2321000016",
     (DANGEROUS, "Läge ändras från aktiv till stoppad", "State changes from active to suspended")),
    (without("services", 0), "service journal", (DANGEROUS, "tas bort", "removed")),
    (without("identity_providers", 0), "identity provider region", (DANGEROUS, "tas bort", "removed")),
    (without("methods", "bankid"), "login method bankid", (DANGEROUS, "tas bort", "removed")),
    (put(("agreements",), []), "agreement avtal-1", (DANGEROUS, "tas bort", "removed")),
    (put(("agreements", 0, "until"), "2031-12-31"), "agreement avtal-1",
     (DANGEROUS, "Sista dag ändras från 2030-12-31 till 2031-12-31", "Last day changes from 2030-12-31 to 2031-12-31")),
    (put(("identity_providers", 1, "oidc", "issuer"), "https://op2.example.se"), "identity provider kommun",
     (DANGEROUS, "Utfärdare ändras från https://op.example.se till https://op2.example.se",
      "Issuer changes from https://op.example.se to https://op2.example.se")),
    (put(("identity_providers", 1, "oidc", "client_secret"), "another-secret-of-ours"), "identity provider kommun",
     (DANGEROUS, "Vår hemlighet ändras", "Our secret changes")),
    (put(("identity_providers", 0, "ceiling"), LOA4), "identity provider region",
     (DANGEROUS, f"Högsta tillitsnivå ändras från {LOA3} till {LOA4}",
      f"Highest level of assurance changes from {LOA3} to {LOA4}")),
    (put(("identity_providers", 0, "scopes"), ["example.se"]), "identity provider region",
     (DANGEROUS, "Område som den får intyga läggs till: example.se", "Scope that it may assert added: example.se")),
    (put(("methods", "card", "ocsp"), "false"), "login method card",
     (DANGEROUS, "Spärrkontroll med OCSP: nej", "Revocation check by OCSP: no")),
    (put(("methods", "card", "ceiling"), LOA4), "login method card",
     (DANGEROUS, f"Högsta tillitsnivå sätts: {LOA4}", f"Highest level of assurance set: {LOA4}")),
    (put(("methods", "card", "policies", "1.2.752.999.2"), LOA3), "login method card",
     (DANGEROUS, f"Certifikatspolicy med nivå läggs till: 1.2.752.999.2 → {LOA3}",
      f"Certificate policy with level added: 1.2.752.999.2 → {LOA3}")),
    (put(("methods", "bankid", "key"), "-----BEGIN PRIVATE KEY-----\nB\n-----END PRIVATE KEY-----\n"),
     "login method bankid", (DANGEROUS, "Vår nyckel ändras", "Our key changes")),
    (saml_service(sp_role(), entity_id="https://sp2.example/"), "service journal",
     (DANGEROUS, "entityID ändras från https://sp.example/metadata till https://sp2.example/",
      "entityID changes from https://sp.example/metadata to https://sp2.example/")),
    (saml_service(sp_role(keys=key("signing"))), "service journal",
     (DANGEROUS, f"Certifikat {short(certificate())}…, RSA 2048, giltigt till 2040-01-01 för kryptering tas bort",
      f"Certificate {short(certificate())}…, RSA 2048, valid until 2040-01-01 for encryption is removed")),
    (saml_provider(idp_role(sso("https://x.example/"))), "identity provider region",
     (DANGEROUS, "Ny adress för begäran: https://x.example/ (ny värd!)",
      "New address for requests: https://x.example/ (new host!)"),
     (CAREFUL, "Adress för begäran tas bort: https://idp.example/sso",
      "Address for requests removed: https://idp.example/sso")),
    (saml_provider(idp_role(keys=key() + key(der=OTHER))), "identity provider region",
     (DANGEROUS, f"Nytt certifikat för signering: {short(OTHER)}…, P-256, giltigt till 2040-01-01",
      f"New certificate for signing: {short(OTHER)}…, P-256, valid until 2040-01-01")),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "entry", "expected"), [(row[0], row[1], row[2:]) for row in GOLDEN])
def test_a_change_is_told_in_two_languages_and_is_of_one_class(folder, changed, entry, expected):
    found = diff(folder, changed)
    assert {named(change.kind, change.id) for change in found} == {entry}
    assert [(change.danger, change.sv, change.en) for change in found] == list(expected)


A, B = "http://id.swedenconnect.se/contract/test/a", "http://id.swedenconnect.se/contract/test/b"


@pytest.mark.spec("Sweden Connect entity categories", "2")
@pytest.mark.parametrize("made", [provider_of, service_of])
def test_the_categories_that_decide_who_serves_whom_are_dangerous_to_change_either_way(folder, made):
    found = diff(folder, made(B), made(A))
    assert [(each.danger, each.sv, each.en) for each in found] == [
        (DANGEROUS, f"Entitetskategori läggs till: {B}", f"Entity category added: {B}"),
        (DANGEROUS, f"Entitetskategori tas bort: {A}", f"Entity category removed: {A}"),
    ]


@pytest.mark.parametrize(
    "place", [("identity_providers", 0, "entity_categories"), ("services", 0, "entity_categories")]
)
def test_the_categories_that_the_federation_vouches_for_are_dangerous_to_change_either_way(folder, place):
    found = diff(folder, put(place, [B]), put(place, [A]))
    assert [each.danger for each in found] == [DANGEROUS, DANGEROUS]


def test_a_category_that_a_provider_supports_is_told_though_something_else_changes_too(folder):
    changed = provider_of(A, attribute=ENTITY_CATEGORY_SUPPORT)
    changed["identity_providers"][0]["ceiling"] = LOA2
    assert (DANGEROUS, f"Entitetskategori läggs till: {A}") in [
        (each.danger, each.sv) for each in diff(folder, changed)
    ]


def test_what_a_providers_metadata_says_is_told_in_swedish(folder):
    entry = take_apart(good.read(folder).content)["identity_provider", "region"]
    told = described("identity_provider", "region", entry, settings())
    in_metadata = {
        "display name",
        "entity categories",
        "organisation",
        "pages",
        "certified for",
        "scopes of its metadata",
    }
    assert in_metadata <= told.keys()
    assert all(("identity_provider", name) in ASPECTS for name in in_metadata)


def test_the_whole_change_is_of_the_class_of_its_worst_part(folder):
    changed = put(("services", 1, "oidc", "client_name"), "Tider")
    assert danger_of(diff(folder, changed)) is CAREFUL
    changed["services"][1]["oidc"]["redirect_uris"].append("https://boka.example.se/b")
    assert danger_of(diff(folder, changed)) is DANGEROUS
    assert danger_of(()) is HARMLESS


def test_a_line_names_the_entry_and_marks_what_is_dangerous(folder):
    (change,) = diff(folder, put(("services", 0, "state"), "suspended"))
    assert str(change) == "! service journal: State changes from active to suspended"
    assert change.line("sv") == "tjänst journal: Läge ändras från aktiv till stoppad"
    assert str(diff(folder, put(("name", "sv"), "Federationen"))[0]) == "the federation: Name added: sv → Federationen"


OLD_KEY = described_keys.of_metadata([read_key_of(certificate())])[0]


@pytest.mark.parametrize(
    ("use", "sv", "en"),
    [
        (None, "tas bort", "is removed"),
        ({}, "tas bort (inga inloggningar senaste 7 dagarna)", "is removed (no logins in the last 7 days)"),
        ({"another": 1.0}, "tas bort (inte använt senaste 7 dagarna)", "is removed (not used in the last 7 days)"),
        ({OLD_KEY.id: 1.0}, "tas bort (används i 100 % av inloggningarna senaste 7 dagarna!)",
         "is removed (used for 100 % of the logins in the last 7 days!)"),
        ({OLD_KEY.id: 0.001}, "tas bort (används i 1 % av inloggningarna senaste 7 dagarna!)",
         "is removed (used for 1 % of the logins in the last 7 days!)"),
    ],
)  # fmt: skip
def test_of_a_key_that_goes_it_is_told_how_much_it_is_used(folder, use, sv, en):
    changed = saml_service(sp_role(keys=key(der=OTHER) + key("encryption")))
    known = {} if use is None else {"journal": use}
    new, gone = changes(good.read(folder).content, good.read(folder, changed).content, settings(), known)
    assert new.en == f"New certificate for signing: {short(OTHER)}…, P-256, valid until 2040-01-01"
    assert (gone.sv.rpartition("signering ")[2], gone.en.rpartition("signing ")[2]) == (sv, en)
    assert {new.danger, gone.danger} == {DANGEROUS}


def test_keys_of_a_client_are_told_by_kid_and_fingerprint(folder):
    def with_keys(*names):
        return private_key_client(*(public_jwk(signer(ec_key(name), kid=name, alg="ES256")) for name in names))

    found = diff(folder, with_keys("next"), with_keys("now"))
    assert [re.sub("[0-9A-F]{2}(:[0-9A-F]{2}){7}", "#", change.sv) for change in found] == [
        "Ny nyckel för klientens signaturer: #… (next), P-256",
        "Nyckel #… (now), P-256 för klientens signaturer tas bort",
    ]
    assert danger_of(found) is DANGEROUS


def test_metadata_that_is_only_good_for_longer_is_no_change(folder):
    assert diff(folder, saml_service(sp_role(), flags='validUntil="2040-01-01T00:00:00Z"')) == ()


def test_an_entry_that_comes_to_a_register_in_use_is_dangerous_as_a_whole(folder):
    found = diff(folder, good.content(), without("services", 0))
    assert [c.danger for c in found if not c.aspect] == [DANGEROUS]
    assert {c.danger for c in found if c.aspect} == {CAREFUL}


def test_terms_that_nobody_judged_are_dangerous_and_other_things_careful():
    assert aspect_of("policy", "anything").added is DANGEROUS
    assert aspect_of("service", "anything").removed is CAREFUL
    found = entry_changes("policy", "p1", {"rule": "a"}, {"rule": "b"}, settings())
    assert [(c.danger, c.en) for c in found] == [(DANGEROUS, "Rule added: b"), (DANGEROUS, "Rule removed: a")]


def test_a_service_that_no_longer_signs_its_requests_is_dangerous(folder):
    signing = put(("services", 0, "saml"), metadata(sp_role(flags='AuthnRequestsSigned="true"')))
    assert "! service journal: Signs its requests: no" in planned(folder, good.content(), signing)
    assert "service journal: Signs its requests: yes" in planned(folder, signing)


def test_a_new_service_is_told_with_its_addresses_keys_and_terms(folder):
    lines = planned(folder, good.content(), without("services", 0))
    assert "! service journal: added" in lines
    assert "service journal: Address for answers: https://sp.example/acs" in lines
    assert any(line.startswith("service journal: Key for signing: ") for line in lines)


@pytest.mark.spec("facts/threats", "FR-07")
@pytest.mark.parametrize(
    ("before", "after", "danger"),
    [
        ({"a"}, {"a", "b"}, Danger.DANGEROUS),
        ({"a"}, {"b"}, Danger.DANGEROUS),
        ({"a", "b"}, {"a"}, Danger.CAREFUL),
        ({"a"}, set(), Danger.DANGEROUS),
        ({"a", "b"}, set(), Danger.DANGEROUS),
    ],
)
def test_a_trust_declaration_that_comes_is_dangerous_and_so_is_the_last_that_goes(before, after, danger):
    """Without any, no day bounds the levels of the member's identity providers."""
    judge = ASPECTS["member", "trust_declarations"].judge
    assert judge(frozenset(before), frozenset(after)) is danger


def test_from_nothing_everything_is_new_and_nothing_dangerous(folder):
    found = changes({}, good.read(folder).content, settings())
    lines = {str(change) for change in found}
    assert {"service boka: added", "login method card: added", "member 2321000016: added"} <= lines
    assert {change.danger for change in found} == {CAREFUL}


def test_no_plan_tells_a_secret(folder):
    changed = put(("services", 1, "oidc", "client_secret"), "another-secret-of-theirs")
    changed["identity_providers"][1]["oidc"]["client_secret"] = "another-secret-of-ours"
    changed["methods"]["bankid"]["key"] = "-----BEGIN PRIVATE KEY-----\nVERYSECRET\n-----END PRIVATE KEY-----\n"
    told = "\n".join([*planned(folder, changed), *planned(folder, changed, {"tillit": "1"})])
    assert "The client's secret changes" in told
    assert "Our secret changes" in told
    for secret in ("another-secret", "upstream-secret", "VERYSECRET", good.hashed("another-secret-of-theirs").hex()):
        assert secret not in told


def test_a_long_word_is_cut_and_made_printable(folder):
    changed = put(("services", 1, "oidc", "client_name"), "x" * 500)
    assert all(len(line) < 300 and line.isprintable() for line in planned(folder, changed))


def test_every_row_is_of_an_aspect_that_an_entry_can_have(folder):
    """A row that no longer names anything would judge nothing."""
    known = {}
    documents = (good.read(folder).content, good.read(folder, told_in_full()).content)
    for (kind, name), content in chain.from_iterable(take_apart(each).items() for each in documents):
        known.setdefault(kind, set()).update(described(kind, name, content, settings()))
    missing = {key for key in ASPECTS if key[1] not in known[key[0]]} - TO_COME
    assert not missing


def test_every_member_of_a_registration_that_is_read_has_a_row():
    """`response_types` follow from the grants, which have one. A member with a language tag is judged as without."""
    names = REGISTERED_MEMBERS | {field.name for field in fields(OidcClient)}
    missing = {name for name in names if ("service", name) not in ASPECTS} - {"response_types", "secret_hash"}
    assert not missing
    assert aspect_of("service", "tos_uri#sv") is ASPECTS["service", "tos_uri"]


def test_every_field_of_an_entry_and_of_a_provider_s_settings_has_a_row():
    read = {
        "member": {*MemberEntry.model_fields} - {"org"},
        "service": {*ServiceEntry.model_fields} - {"id", "saml", "oidc"},
        "identity_provider": {*ProviderEntry.model_fields, *SamlSettings.model_fields, *OidcSettings.model_fields}
        | {field.name for field in fields(OidcProvider)} - {"id", "saml", "oidc", "provider"},
    }
    read["identity_provider"] -= {"id", "saml", "oidc", "provider"}
    aliases = {"names": "name"}
    missing = {
        (kind, name) for kind, names in read.items() for name in names if (kind, aliases.get(name, name)) not in ASPECTS
    }
    assert not missing


ON, OFF = "yes", ""


@pytest.mark.spec("facts/threats", "FR-06")
@pytest.mark.parametrize(
    ("name", "before", "after", "danger"),
    [
        ("require_signed_request_object", OFF, ON, CAREFUL),
        ("require_signed_request_object", ON, OFF, DANGEROUS),
        ("require_auth_time", OFF, ON, CAREFUL),
        ("require_auth_time", ON, OFF, DANGEROUS),
        ("request_object_signing_alg", OFF, "ES256", DANGEROUS),
        ("request_object_signing_alg", "ES256", OFF, DANGEROUS),
        ("request_object_signing_alg", "ES256", "RS256", DANGEROUS),
        ("token_endpoint_auth_signing_alg", "ES256", "RS256", DANGEROUS),
        ("token_endpoint_auth_method", "private_key_jwt", "none", DANGEROUS),
        ("token_endpoint_auth_method", "none", "private_key_jwt", DANGEROUS),
        ("id_token_signed_response_alg", "ES256", "RS256", DANGEROUS),
        ("userinfo_signed_response_alg", "ES256", OFF, DANGEROUS),
        ("assertion_audience", "issuer", "token_endpoint", DANGEROUS),
        ("subject_type", "pairwise", "public", DANGEROUS),
        ("default_max_age", OFF, "300", CAREFUL),
        ("default_max_age", "300", "60", CAREFUL),
        ("default_max_age", "300", "3600", DANGEROUS),
        ("default_max_age", "300", OFF, DANGEROUS),
        ("default_acr_values", OFF, LOA3, CAREFUL),
        ("default_acr_values", LOA2, LOA3, CAREFUL),
        ("default_acr_values", LOA3, LOA2, DANGEROUS),
        ("default_acr_values", LOA3, OFF, DANGEROUS),
        ("default_acr_values", LOA3, "http://unknown.example/level", DANGEROUS),
        ("grant_types", OFF, "client_credentials", DANGEROUS),
        ("authorization_details_types", OFF, "patient", DANGEROUS),
    ],
)
def test_a_change_that_weakens_a_client_or_may_stop_its_people_is_dangerous(name, before, after, danger):
    words = [frozenset({each} if each else ()) for each in (before, after)]
    assert aspect_of("service", name).danger(*words) is danger


def test_no_member_of_a_registration_goes_unseen_when_it_changes(folder):
    """Each is told under a name that has a row, whatever it is."""
    full = good.read(folder, told_in_full()).content
    for (kind, name), content in take_apart(full).items():
        if kind in {"service", "identity_provider", "member"}:
            told = described(kind, name, content, settings())
            assert {each for each in told if aspect_of(kind, each) is not ASPECTS.get((kind, each))} <= {
                "client_name#sv"
            }


def test_every_row_has_its_words_in_both_languages():
    for row in ASPECTS.values():
        assert row.sv
        assert row.en
    assert set(KINDS) >= {row.kind for row in ASPECTS.values()}
