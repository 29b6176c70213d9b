"""What a federation file may not be. Each row: what was changed, where the fault is told, and a word of why."""

from pathlib import Path

import pytest

from broker.federation.faults import BadFederation
from tests.support import federation as good
from tests.support.federation import put, without
from tests.support.saml_metadata import entity, idp_role, sp_role
from tests.support.trust import LOA3, PERSONAL_NUMBER

SERVICE = good.CONTENT["services"][0]
CLIENT = good.CONTENT["services"][1]
PROVIDER = good.CONTENT["identity_providers"][0]
RETIRED = "http://id.elegnamnden.se/loa/1.0/loa3-sigmessage"


FIRM = {"number": "5560360793", "name": "Exempelbolaget"}


def represented(**changes: object) -> dict[str, object]:
    """That somebody may act for a person of the file."""
    return {"id": "R-1", "person": "bo", "representative": "anna", "kind": "guardian", **changes}


SHAPE = [
    ("a file without a version", without("tillit"), "tillit", "missing"),
    ("a version that is not known", put(("tillit",), "2"), "tillit", "'1'"),
    ("an unknown key at the top", put(("colour",), "blue"), "colour", "may stand"),
    ("an unknown key of a member", put(("members", 0, "vat"), "1"), "members[0].vat", "may stand"),
    ("an unknown key of a service", put(("services", 0, "nyckel"), "x"), "services[0].nyckel", "may stand"),
    ("an unknown key of SAML", put(("services", 0, "saml", "url"), "x"), "services[0].saml.url", "may stand"),
    (
        "an unknown key of a contact",
        put(("services", 0, "contact"), {"fax": "1"}),
        "services[0].contact.fax",
        "may stand",
    ),
    ("an unknown key of a provider", put(("identity_providers", 0, "x"), "1"), "identity_providers[0].x", "may stand"),
    ("an unknown key of an agreement", put(("agreements", 0, "x"), "1"), "agreements[0].x", "may stand"),
    ("members that are no list", put(("members",), "one"), "members", "list"),
    ("a service that is a text", put(("services", 0), "journal"), "services[0]", "keys and values"),
    ("methods that are a list", put(("methods",), ["card"]), "methods", "keys and values"),
    ("levels that are a text", put(("services", 0, "levels"), LOA3), "services[0].levels", "list"),
    ("a name that is a list", put(("members", 0, "name", "sv"), ["a"]), "members[0].name.sv", "text"),
    (
        "a name in a language without pages",
        put(("members", 0, "name", "fi"), "Alue"),
        "members[0].name",
        "fi is no language",
    ),
    ("a member without a name", without("members", 0, "name"), "members[0].name", "missing"),
    ("an empty name", put(("members", 0, "name", "sv"), "  "), "members[0].name.sv", "empty"),
    (
        "a name with a line break",
        put(("members", 0, "name", "sv"), "Region\nExempel"),
        "members[0].name.sv",
        "line break",
    ),
    (
        "a name that turns the text round",
        put(("members", 0, "name", "sv"), "a\u202eb"),
        "members[0].name.sv",
        "direction",
    ),
    ("an organisation number that is none", put(("members", 0, "org"), "2321000017"), "members[0].org", "organisation"),
    ("an id with a slash", put(("services", 0, "id"), "a/b"), "services[0].id", "pattern"),
    ("an id that is too long", put(("services", 0, "id"), "a" * 65), "services[0].id", "pattern"),
    ("no levels", put(("services", 0, "levels"), []), "services[0].levels", "empty"),
    ("a level that nobody knows", put(("services", 0, "levels", 0), "loa3"), "services[0].levels[0]", "no level"),
    ("a level that is withdrawn", put(("services", 0, "levels", 0), RETIRED), "services[0].levels[0]", "withdrawn"),
    ("a ceiling that nobody knows", put(("identity_providers", 0, "ceiling"), "high"), ".ceiling", "no level"),
    (
        "a mapped level that is withdrawn",
        put(("identity_providers", 0, "levels"), {"a": RETIRED}),
        ".levels.a",
        "withdrawn",
    ),
    ("no mapped level", put(("identity_providers", 0, "levels"), {}), "identity_providers[0].levels", "empty"),
    (
        "an attribute outside the catalogue",
        put(("services", 0, "attributes", 0), "shoeSize"),
        ".attributes[0]",
        "catalogue",
    ),
    (
        "a claim in the place of an attribute",
        put(("services", 1, "attributes", 0), "family_name"),
        ".attributes[0]",
        "catalogue",
    ),
    (
        "a mapping to an attribute outside the catalogue",
        put(("identity_providers", 0, "attributes", "x"), "shoeSize"),
        "identity_providers[0].attributes.x",
        "catalogue",
    ),
    (
        "a mapping to what the broker makes itself",
        put(("identity_providers", 0, "attributes", "x"), "levelOfAssurance"),
        "identity_providers[0].attributes.x",
        "nobody may assert",
    ),
    (
        "an identifier that is not mapped",
        put(("identity_providers", 0, "identifiers"), ["employeeHsaId"]),
        "identity_providers[0]",
        "employeeHsaId is not among",
    ),
    (
        "a required attribute not among those it may get",
        put(("services", 0, "required"), ["mail"]),
        "services[0]",
        "mail",
    ),
    ("a consent that is no choice", put(("services", 0, "consent"), "always"), "services[0].consent", "never"),
    ("a profile that is none", put(("services", 0, "profile"), "strict"), "services[0].profile", "fapi2"),
    ("a state that is none", put(("services", 0, "state"), "off"), "services[0].state", "suspended"),
    (
        "a truth that is none",
        put(("services", 0, "accepts_coordination_number"), "perhaps"),
        "coordination_number",
        "true",
    ),
    ("a service of neither protocol", without("services", 0, "saml"), "services[0]", "either saml or oidc"),
    ("a service of both protocols", put(("services", 0, "oidc"), CLIENT["oidc"]), "services[0]", "either saml or oidc"),
    ("a provider of neither protocol", without("identity_providers", 0, "saml"), "identity_providers[0]", "either"),
    (
        "two sources of metadata",
        put(("services", 0, "saml", "metadata_xml"), "<a/>"),
        "services[0].saml",
        "either metadata",
    ),
    ("no source of metadata", put(("services", 0, "saml"), {}), "services[0].saml", "either metadata"),
    (
        "an information page over http",
        put(("services", 0, "information_url"), "http://a.se/"),
        "information_url",
        "https",
    ),
    ("an address that is script", put(("services", 0, "information_url"), "javascript:x"), "information_url", "https"),
    (
        "a commission that is no HSA-id",
        put(("staff", 0, "commissions", 0, "hsa_id"), "C1"),
        "commissions[0].hsa_id",
        "HSA-id",
    ),
    ("an employment that is no HSA-id", put(("staff", 0, "hsa_id"), "E1"), "staff[0].hsa_id", "HSA-id"),
    ("an agreement of no service", put(("agreements", 0, "services"), []), "agreements[0].services", "empty"),
    ("a day that does not exist", put(("agreements", 0, "from"), "2026-02-30"), "agreements[0].from", "YYYY-MM-DD"),
    ("a day in seconds", put(("agreements", 0, "from"), "1767225600"), "agreements[0].from", "YYYY-MM-DD"),
    (
        "an agreement that ends first",
        put(("agreements", 0, "until"), "2025-12-31"),
        "agreements[0]",
        "before it begins",
    ),
    ("a person whose id is two words", put(("persons", 0, "id"), "anna a"), "persons[0].id", "pattern"),
]

MEANING = [
    ("two members of one number", put(("members", 1), good.CONTENT["members"][0]), "members[1].org", "already"),
    ("two services of one id", put(("services", 2), {**CLIENT, "id": "journal"}), "services[2].id", "already"),
    ("two services of one entityID", put(("services", 2), {**SERVICE, "id": "b"}), "services[2].saml", "already"),
    (
        "two services of one client_id",
        put(("services", 2), {**CLIENT, "id": "b"}),
        "services[2].oidc.client_id",
        "already",
    ),
    (
        "two providers of one entityID",
        put(("identity_providers", 2), {**PROVIDER, "id": "b"}),
        "providers[2].saml",
        "already",
    ),
    (
        "a provider with a method's id",
        put(("identity_providers", 0, "id"), "card"),
        "identity_providers[0].id",
        "already",
    ),
    ("two persons of one id", put(("persons", 1, "id"), "anna"), "persons[1].id", "already"),
    (
        "two persons of one number",
        put(("persons", 1, "personalIdentityNumber"), PERSONAL_NUMBER),
        "persons[1]",
        "already",
    ),
    ("two agreements of one id", put(("agreements", 1), good.CONTENT["agreements"][0]), "agreements[1].id", "already"),
    ("two employments of one HSA-id", put(("staff", 1), good.CONTENT["staff"][0]), "staff[1].hsa_id", "already"),
    (
        "one HSA-id in two letter cases",
        put(("staff", 1), {"person": "bo", "hsa_id": "se2321000016-e1"}),
        "staff[1].hsa_id",
        "already",
    ),
    (
        "a service of a member that is not there",
        put(("services", 0, "member"), "5560360793"),
        "services[0].member",
        "5560360793",
    ),
    (
        "a method that is not there",
        put(("services", 0, "methods"), ["card", "freja"]),
        "services[0].methods[1]",
        "freja",
    ),
    ("the test method in production", put(("services", 0, "methods"), ["test"]), "services[0].methods[0]", "test"),
    ("the test method configured", put(("methods", "test"), {"level": LOA3}), "methods.test", "TILLIT_ENV=test"),
    (
        "the test method by another name",
        put(("methods", "quick"), {"kind": "test"}),
        "methods.quick",
        "TILLIT_ENV=test",
    ),
    (
        "a provider that calls itself test",
        put(("identity_providers", 0, "id"), "test"),
        "identity_providers[0].id",
        "reserved",
    ),
    ("a provider among the methods", put(("methods", "saml"), {}), "methods.saml", "identity_providers"),
    ("a kind of method that is not there", put(("methods", "freja"), {"url": "x"}), "methods.freja", "bankid, card"),
    (
        "an agreement of a service that is not there",
        put(("agreements", 0, "services"), ["x"]),
        "services[0]",
        "no service",
    ),
    (
        "a representation of a person that is not there",
        put(("representations",), [represented(person="eva")]),
        "representations[0].person",
        "eva",
    ),
    (
        "a representative that is not there",
        put(("representations",), [represented(representative="eva")]),
        "representations[0].representative",
        "eva",
    ),
    (
        "two representations of one id",
        put(("representations",), [represented()] * 2),
        "representations[1].id",
        "already",
    ),
    (
        "a guardian of oneself",
        put(("representations",), [represented(representative="bo")]),
        "representations[0]",
        "own",
    ),
    ("an early way in for another", put(("representations",), [represented(kind="own")]), "representations[0]", "own"),
    (
        "a power without an end",
        put(("representations",), [represented(kind="power")]),
        "representations[0]",
        "last day",
    ),
    (
        "a guardian that may block",
        put(("representations",), [represented(may=["read", "block"])]),
        "representations[0]",
        "block is not for a guardian",
    ),
    (
        "a guardian of an organisation",
        put(("representations",), [represented(person="", organisation=FIRM)]),
        "representations[0]",
        "signatory",
    ),
    (
        "a signatory of a person",
        put(("representations",), [represented(kind="signatory")]),
        "representations[0]",
        "signatory",
    ),
    (
        "a signatory of an organisation and a person",
        put(("representations",), [represented(kind="signatory", organisation=FIRM)]),
        "representations[0]",
        "signatory",
    ),
    (
        "a signatory who is not there",
        put(("representations",), [represented(kind="signatory", person="", organisation=FIRM, representative="eva")]),
        "representations[0].representative",
        "eva",
    ),
    (
        "a signatory of a number that is none",
        put(("representations",), [represented(kind="signatory", person="", organisation={**FIRM, "number": "1"})]),
        "representations[0].organisation.number",
        "organisation number",
    ),
    (
        "a signatory who may read",
        put(("representations",), [represented(kind="signatory", person="", organisation=FIRM, may=["read"])]),
        "representations[0]",
        "read is not for a signatory",
    ),
    (
        "a representation of nobody",
        put(("representations",), [represented(person="")]),
        "representations[0]",
        "the others of a person",
    ),
    (
        "a guardian at some services alone",
        put(("representations",), [represented(services=["journal"])]),
        "representations[0]",
        "services: are named by a power",
    ),
    (
        "a service that lets children in for themselves",
        put(("services", 0, "on_behalf_of"), ["own"]),
        "services[0].on_behalf_of",
        "My page alone",
    ),
    (
        "a service that takes a relation that is none",
        put(("services", 0, "on_behalf_of"), ["friend"]),
        "services[0].on_behalf_of",
        "",
    ),
    (
        "a representation by a word that is none",
        put(("representations",), [represented(may=["sell"])]),
        "representations[0].may",
        "",
    ),
    ("staff of a person that is not there", put(("staff", 0, "person"), "eva"), "staff[0].person", "eva"),
    ("a person with an unknown detail", put(("persons", 0, "shoeSize"), "42"), "persons[0].shoeSize", "catalogue"),
    (
        "a person with a bad number",
        put(("persons", 0, "personalIdentityNumber"), "198906059484"),
        "persons[0]",
        "malformed",
    ),
    ("a person with two surnames", put(("persons", 0, "sn"), ["A", "B"]), "persons[0].sn", "too-many"),
    (
        "an employment with a commission's detail",
        put(("staff", 0, "commissionName"), "x"),
        "staff[0].commissionName",
        "belongs",
    ),
    (
        "a commission with a person's detail",
        put(("staff", 0, "commissions", 0, "sn"), "x"),
        "commissions[0].sn",
        "belongs",
    ),
    ("metadata that is not there", put(("services", 0, "saml", "metadata"), "no.xml"), "saml.metadata", "No such file"),
    ("metadata that is a folder", put(("services", 0, "saml", "metadata"), "."), "saml.metadata", "directory"),
    ("metadata at an address", put(("services", 0, "saml", "metadata"), "https://a.se/m"), "saml.metadata", "copy"),
    ("a path with a null", put(("services", 0, "saml", "metadata"), "a\x00b"), "saml.metadata", ""),
    (
        "metadata that is not XML",
        put(("services", 0, "saml"), {"metadata_xml": "hello"}),
        "services[0].saml",
        "refused",
    ),
    (
        "metadata of an identity provider for a service",
        put(("services", 0, "saml", "metadata"), "region.xml"),
        "services[0].saml",
        "no-role",
    ),
    (
        "metadata of a service for an identity provider",
        put(("identity_providers", 0, "saml", "metadata"), "journal.xml"),
        "identity_providers[0].saml",
        "no-role",
    ),
    (
        "metadata that has run out",
        put(("services", 0, "saml"), {"metadata_xml": entity(flags='validUntil="2020-01-01T00:00:00Z"').decode()}),
        "services[0].saml",
        "expired",
    ),
    (
        "the broker's own metadata as a service",
        put(
            ("services", 0, "saml"),
            {"metadata_xml": entity(sp_role(), entity_id="https://login.example.se/saml/metadata").decode()},
        ),
        "services[0].saml",
        "this broker itself",
    ),
    (
        "the broker's own metadata as a provider",
        put(
            ("identity_providers", 0, "saml"),
            {"metadata_xml": entity(idp_role(), entity_id="https://login.example.se/saml/metadata").decode()},
        ),
        "identity_providers[0].saml",
        "this broker itself",
    ),
    (
        "a provider without metadata",
        put(("identity_providers", 0, "saml"), {"signing_alg": "RS256"}),
        "saml",
        "either metadata",
    ),
    (
        "an unknown setting of a SAML provider",
        put(("identity_providers", 0, "saml", "colour"), "x"),
        "identity_providers[0]",
        "may stand",
    ),
    (
        "an algorithm that is not ours",
        put(("identity_providers", 0, "saml", "signing_alg"), "HS256"),
        "signing_alg",
        "RS256",
    ),
    (
        "a level setting within the protocol",
        put(("identity_providers", 0, "saml", "ceiling"), LOA3),
        "identity_providers[0].saml.ceiling",
        "beside id",
    ),
    (
        "an unknown setting of an OpenID Provider",
        put(("identity_providers", 1, "oidc", "realm"), "x"),
        "identity_providers[1]",
        "may stand",
    ),
    ("an issuer with a query", put(("identity_providers", 1, "oidc", "issuer"), "https://a.se/?x=1"), "[1]", "issuer"),
    ("an issuer over http", put(("identity_providers", 1, "oidc", "issuer"), "http://a.se"), "[1]", "issuer"),
    ("a provider without client_id", without("identity_providers", 1, "oidc", "client_id"), "client_id", "missing"),
    (
        "a secret file that is not there",
        put(("identity_providers", 1, "oidc", "client_secret"), "file:none"),
        "identity_providers[1].oidc.client_secret",
        "No such file",
    ),
    (
        "a secret variable that is not there",
        put(("services", 1, "oidc", "client_secret"), "env:NOWHERE"),
        "services[1].oidc.client_secret",
        "no variable NOWHERE",
    ),
    (
        "a secret that is short",
        put(("services", 1, "oidc", "client_secret"), "s3cret"),
        "client_secret",
        "shorter than 16",
    ),
    ("a secret that is a list", put(("services", 1, "oidc", "client_secret"), ["a"]), "client_secret", "text"),
    (
        "a hash beside a secret",
        put(("services", 1, "oidc", "client_secret_hash"), "00" * 32),
        "services[1].oidc.client_secret_hash",
        "has either",
    ),
    (
        "a hash that is none",
        put(("services", 1, "oidc"), {"client_id": "x", "client_secret_hash": "00" * 31}),
        "services[1].oidc.client_secret_hash",
        "no keyed hash",
    ),
    (
        "a client without client_id",
        without("services", 1, "oidc", "client_id"),
        "services[1].oidc.client_id",
        "missing",
    ),
    ("a client without redirect URIs", without("services", 1, "oidc", "redirect_uris"), "oidc.redirect_uris", "needed"),
    (
        "a redirect URI over http",
        put(("services", 1, "oidc", "redirect_uris"), ["http://boka.example.se/"]),
        "services[1].oidc.redirect_uris",
        "http",
    ),
    (
        "a redirect URI on loopback",
        put(("services", 1, "oidc", "redirect_uris"), ["http://127.0.0.1/"]),
        "redirect_uris",
        "http",
    ),
    (
        "a redirect URI with a wildcard",
        put(("services", 1, "oidc", "redirect_uris"), ["https://*.example.se/"]),
        "services[1].oidc.redirect_uris",
        "wildcard",
    ),
    (
        "a member of RFC 7591 that we do not do",
        put(("services", 1, "oidc", "request_uris"), []),
        "request_uris",
        "not supported",
    ),
    (
        "a grant that is not ours",
        put(("services", 1, "oidc", "grant_types"), ["implicit"]),
        "oidc.grant_types",
        "none of",
    ),
    (
        "an authentication method that takes no secret",
        put(("services", 1, "oidc", "token_endpoint_auth_method"), "none"),
        "services[1].oidc.client_secret",
        "does not go with",
    ),
    ("a card without anchors", put(("methods", "card", "anchors"), []), "methods.card.anchors", "empty"),
    (
        "an anchor that is not there",
        put(("methods", "card", "anchors"), ["no.pem"]),
        "methods.card.anchors[0]",
        "No such file",
    ),
    (
        "an anchor that is no PEM",
        put(("methods", "card", "anchors"), ["op-secret"]),
        "methods.card.anchors[0]",
        "no PEM",
    ),
    (
        "an anchor that is broken",
        put(("methods", "card", "anchors"), ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]),
        "methods.card",
        "cannot be used",
    ),
    (
        "a card policy that is no OID",
        put(("methods", "card", "policies"), {"x": LOA3}),
        "methods.card.policies",
        "pattern",
    ),
    (
        "a card level that is withdrawn",
        put(("methods", "card", "policies"), {good.POLICY: RETIRED}),
        "methods.card",
        "no level",
    ),
    ("an unknown setting of a card", put(("methods", "card", "pin"), "1"), "methods.card.pin", "may stand"),
    ("a mobile e-ID over http", put(("methods", "bankid", "url"), "http://a.se"), "methods.bankid.url", "https"),
    ("a mobile e-ID without its key", without("methods", "bankid", "key"), "methods.bankid.key", "missing"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return good.folder(tmp_path_factory.mktemp("federation"))


def faults_of(folder: Path, changed: object) -> list[str]:
    with pytest.raises(BadFederation) as refused:
        good.read(folder, changed)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("changed", "place", "why"), [pytest.param(*row[1:], id=row[0].replace(" ", "-")) for row in (*SHAPE, *MEANING)]
)
def test_a_file_with_this_fault_is_refused_with_its_place_and_line(folder, changed, place, why):
    faults = faults_of(folder, changed)
    assert any(place in fault and why in fault for fault in faults), faults
    assert all(fault.startswith("line ") for fault in faults)


def test_the_file_that_the_rows_change_is_good(folder):
    assert good.read(folder).warnings == ()


def test_all_faults_are_told_at_once_in_the_order_of_the_file(folder):
    changed = good.content()
    changed["services"][0]["member"] = "5560360793"
    changed["services"][1]["oidc"]["redirect_uris"] = ["http://boka.example.se/"]
    changed["identity_providers"][0]["id"] = "card"
    changed["staff"][0]["person"] = "eva"
    changed["persons"][1]["sn"] = ["A", "B"]
    faults = faults_of(folder, changed)
    assert [fault.split(": ")[1] for fault in faults] == [
        "services[0].member",
        "services[1].oidc.redirect_uris",
        "identity_providers[0].id",
        "persons[1].sn",
        "staff[0].person",
    ]


def test_a_fault_names_the_line_on_which_it_stands(folder):
    octets = b"tillit: 1\nmembers:\n  - org: 2321000016\n    name: {sv: Region}\n    colour: blue\n"
    assert faults_of(folder, octets) == ["line 5: members[0].colour: is not a key that may stand here"]


def test_no_fault_tells_a_secret_or_an_identity_number(folder):
    changed = good.content()
    changed["services"][1]["oidc"]["token_endpoint_auth_method"] = "none"
    changed["identity_providers"][1]["oidc"]["token_endpoint_auth_method"] = "private_key_jwt"
    changed["persons"][0]["personalIdentityNumber"] = "198906059499"
    changed["methods"]["bankid"]["key"] = "-----BEGIN PRIVATE KEY-----\nVERYSECRET\n-----END PRIVATE KEY-----"
    changed["methods"]["bankid"]["highest_risk"] = "any"
    told = "\n".join(faults_of(folder, changed))
    assert "methods.bankid.highest_risk" in told
    assert not any(secret in told for secret in (good.SECRET, "upstream-secret", "198906059499", "VERYSECRET"))
