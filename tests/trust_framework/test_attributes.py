"""The attribute catalogue: one thing, many names; complete in both languages; open to new rows."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trust import COORDINATION_NUMBER, ORG, PERSONAL_NUMBER
from trust_framework.attribute_sets import ATTRIBUTE_SETS, ENTITY_CATEGORIES, SCOPES, Bundle, of_categories, of_scopes
from trust_framework.attributes import (
    CATALOGUE,
    CLAIM_NAMES,
    SAML_NAMES,
    Attribute,
    Names,
    Sensitivity,
    Source,
    by_claim,
    by_saml_name,
    clean,
)
from trust_framework.values import BadValue, checked

OID = "urn:oid:"
SAMBI = "http://sambi.se/attributes/1/"
SE = "https://id.oidc.se/claim/"
SC = "https://id.swedenconnect.se/claim/"


def test_every_attribute_has_a_label_in_both_languages_and_a_label_key():
    for name, row in CATALOGUE.items():
        assert row.name == name
        assert row.label("sv") == row.sv != ""
        assert row.label("en") == row.en != ""
        assert row.label("de") == row.en
        assert row.label_key == f"attribute.{name}"
    assert len({row.sv for row in CATALOGUE.values()}) == len(CATALOGUE)


def test_every_name_means_one_attribute_within_its_family():
    used = Counter((family, name) for row in CATALOGUE.values() for family, name in row.names.items())
    assert [pair for pair, times in used.items() if times > 1] == []
    assert {family for family, _ in used} == set(Names)


def test_no_claim_name_is_the_catalogue_name_of_another_attribute():
    for row in CATALOGUE.values():
        for family in CLAIM_NAMES:
            name = row.names.get(family)
            assert name is None or name not in CATALOGUE or name == row.name


@pytest.mark.spec("Sweden Connect attribute specification", "3.1")
@pytest.mark.parametrize(
    ("name", "saml", "claim", "multi"),
    [
        ("sn", "2.5.4.4", "family_name", False),
        ("givenName", "2.5.4.42", "given_name", False),
        ("displayName", "2.16.840.1.113730.3.1.241", "name", False),
        ("gender", "1.3.6.1.5.5.7.9.3", "gender", False),
        ("personalIdentityNumber", "1.2.752.29.4.13", SE + "personalIdentityNumber", False),
        ("previousPersonalIdentityNumber", "1.2.752.201.3.15", SE + "previousCoordinationNumber", False),
        ("dateOfBirth", "1.3.6.1.5.5.7.9.1", "birthdate", False),
        ("birthName", "1.2.752.201.3.8", "birth_family_name", False),
        ("placeOfBirth", "1.3.6.1.5.5.7.9.2", None, False),
        ("countryOfCitizenship", "1.3.6.1.5.5.7.9.4", "nationalities", True),
        ("countryOfResidence", "1.3.6.1.5.5.7.9.5", "address.country", False),
        ("c", "2.5.4.6", None, False),
        ("l", "2.5.4.7", "address.locality", False),
        ("street", "2.5.4.9", "address.street_address", False),
        ("postOfficeBox", "2.5.4.18", None, False),
        ("postalCode", "2.5.4.17", "address.postal_code", False),
        ("telephoneNumber", "2.5.4.20", "phone_number", True),
        ("mobile", "0.9.2342.19200300.100.1.41", None, True),
        ("mail", "0.9.2342.19200300.100.1.3", "email", True),
        ("o", "2.5.4.10", SE + "orgName", False),
        ("ou", "2.5.4.11", SE + "orgUnit", True),
        ("organizationIdentifier", "2.5.4.97", SE + "orgNumber", False),
        ("orgAffiliation", "1.2.752.201.3.1", SE + "orgAffiliation", True),
        ("transactionIdentifier", "1.2.752.201.3.2", "txn", False),
        ("authContextParams", "1.2.752.201.3.3", None, False),
        ("userCertificate", "1.2.752.201.3.10", SE + "userCertificate", False),
        ("userSignature", "1.2.752.201.3.11", SE + "userSignature", False),
        ("authServerSignature", "1.2.752.201.3.13", SE + "authnEvidence", False),
        ("sad", "1.2.752.201.3.12", None, False),
        ("signMessageDigest", "1.2.752.201.3.14", None, False),
        ("prid", "1.2.752.201.3.4", SC + "prid", False),
        ("pridPersistence", "1.2.752.201.3.5", SC + "pridPersistence", False),
        ("personalIdentityNumberBinding", "1.2.752.201.3.6", SC + "identityBinding", False),
        ("mappedPersonalIdentityNumber", "1.2.752.201.3.16", SC + "mappedPersonalIdentityNumber", False),
        ("eidasPersonIdentifier", "1.2.752.201.3.7", SC + "eidasPersonIdentifier", False),
        ("eidasNaturalPersonAddress", "1.2.752.201.3.9", None, False),
        ("employeeHsaId", "1.2.752.29.6.2.1", "employeeHsaId", False),
    ],
)
def test_the_names_of_sweden_connect(name, saml, claim, multi):
    row = CATALOGUE[name]
    assert by_saml_name(OID + saml) is row
    assert row.saml_name() == OID + saml
    assert row.claim() == (claim or name)
    assert by_claim(claim or name) is row
    assert row.multi_valued is multi


@pytest.mark.parametrize(
    ("saml", "name"),
    [
        (SAMBI + "surname", "sn"),
        (SAMBI + "employeeHsaId", "employeeHsaId"),
        (SAMBI + "commissionHsaId", "commissionHsaId"),
        (SAMBI + "commissionRight", "commissionRight"),
        (SAMBI + "healthcareProviderId", "healthcareProviderId"),
        (SAMBI + "healthCareUnitName", "healthCareUnitName"),
        (SAMBI + "systemRole", "systemRole"),
        (SAMBI + "paTitleCode", "paTitleCode"),
        ("urn:allCommissions", "allCommissions"),
        ("urn:credential:personalIdentityNumber", "credentialPersonalIdentityNumber"),
        ("urn:sambi:names:attribute:employeeHsaId", "employeeHsaId"),
        ("urn:sambi:names:attribute:careUnitHsaId", "healthCareUnitHsaId"),
        ("urn:sambi:names:attribute:careProviderName", "healthCareProviderName"),
        ("urn:sambi:names:attribute:levelOfAssurance", "levelOfAssurance"),
        ("http://www.w3.org/2000/09/xmldsig#X509SubjectName", "x509SubjectName"),
    ],
)
def test_the_names_of_sambi_new_and_old(saml, name):
    assert by_saml_name(saml) is CATALOGUE[name]
    assert by_saml_name(saml) is CATALOGUE[name]  # and once more, when it has been found before


@pytest.mark.parametrize("name", ["", "urn:oid:", "urn:oid:2.5.4.42 ", "URN:OID:2.5.4.42", "sn", "given_name"])
def test_an_unknown_saml_name_means_nothing(name):
    assert by_saml_name(name) is None


@pytest.mark.parametrize("name", ["", "sub", "acr", "roles", "urn:oid:2.5.4.42", "Email"])
def test_an_unknown_claim_means_nothing(name):
    assert by_claim(name) is None


def test_a_name_can_be_had_in_the_family_that_the_service_speaks():
    row = CATALOGUE["employeeHsaId"]
    assert row.saml_name((Names.SAMBI_LEGACY,)) == "urn:sambi:names:attribute:employeeHsaId"
    assert row.saml_name((Names.SAMBI, *SAML_NAMES)) == SAMBI + "employeeHsaId"
    assert CATALOGUE["coordinationNumber"].saml_name() is None
    assert CATALOGUE["personalIdentityNumber"].claim((Names.INERA,)) == "personalIdentityNumber"


def test_a_new_attribute_is_one_row_and_can_be_taken_away_again(monkeypatch):
    row = Attribute("shoeSize", "Skostorlek", "Shoe size", Source.PERSON, {Names.OIDC: "shoe_size"})
    with monkeypatch.context() as patch:
        patch.setitem(CATALOGUE, "shoeSize", row)
        assert by_claim("shoe_size") is row
        assert clean("shoeSize", ["43"]) == ("43",)
    assert by_claim("shoe_size") is None
    assert by_claim("shoeSize") is None


def test_a_row_that_gets_another_name_is_no_longer_found_under_the_old(monkeypatch):
    assert by_claim("email") is CATALOGUE["mail"]
    monkeypatch.setitem(CATALOGUE, "mail", Attribute("mail", "E-post", "E-mail", Source.PERSON, {Names.OIDC: "post"}))
    assert by_claim("email") is None
    assert by_claim("post") is CATALOGUE["mail"]


def test_swedish_numbers_are_sensitive_and_marked():
    numbers = {row.name for row in CATALOGUE.values() if row.swedish_number}
    assert numbers == {
        "personalIdentityNumber",
        "coordinationNumber",
        "previousPersonalIdentityNumber",
        "mappedPersonalIdentityNumber",
        "mappedCoordinationNumber",
        "credentialPersonalIdentityNumber",
    }
    assert all(CATALOGUE[name].sensitivity is Sensitivity.SENSITIVE for name in numbers)


def test_addresses_and_contact_details_are_marked():
    assert {row.name for row in CATALOGUE.values() if row.contact} == {
        "countryOfResidence",
        "l",
        "street",
        "postOfficeBox",
        "postalCode",
        "telephoneNumber",
        "mobile",
        "mail",
        "eidasNaturalPersonAddress",
    }


# --- values


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("givenName", ["Anna"], ("Anna",)),
        ("givenName", ["  Anna \n"], ("Anna",)),
        ("givenName", ["An\x00na\x1b[31m"], ("Anna[31m",)),
        ("givenName", ["\u202eannA\u202c"], ("annA",)),
        ("givenName", ["Anna\u2028\u200b\ufeff\u2066"], ("Anna",)),
        ("givenName", ["Anna", "Anna"], ("Anna",)),
        ("givenName", ["Anna", ""], ("Anna",)),
        ("givenName", ["<script>"], ("<script>",)),
        ("givenName", [], ()),
        ("givenName", ["\x07"], ()),
        ("mail", ["a@example.se", "b@example.se"], ("a@example.se", "b@example.se")),
        ("personalIdentityNumber", [PERSONAL_NUMBER], (PERSONAL_NUMBER,)),
        ("personalIdentityNumber", [COORDINATION_NUMBER], (COORDINATION_NUMBER,)),
        ("dateOfBirth", ["1989-06-05"], ("1989-06-05",)),
        ("gender", ["F"], ("F",)),
        ("organizationIdentifier", [ORG], (ORG,)),
        ("orgAffiliation", ["a@b@2321000016"], ("a@b@2321000016",)),
        ("prid", ["NO:05068907693"], ("NO:05068907693",)),
        ("userCertificate", ["TUlJ\nQ0Fn"], ("TUlJQ0Fn",)),
        ("healthCareProfessionalLicenceSpeciality", ['{"specialityCode": "1"}'], ('{"specialityCode": "1"}',)),
        ("telephoneNumber", ["+46 (0)70-123 45 67"], ("+46 (0)70-123 45 67",)),
        ("eidasPersonIdentifier", ["ES/SE/02635542Y"], ("ES/SE/02635542Y",)),
    ],
)
def test_a_value_is_cleaned(name, values, expected):
    assert clean(name, values) == expected


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("givenName", ["A" * 257], "too-long"),
        ("givenName", ["A" * 1_000_000], "too-long"),
        ("givenName", ["\x00" * 1000 + "Anna"], "too-long"),  # not worth cleaning
        ("givenName", ["Anna", "Eva"], "too-many"),
        ("mail", [f"a{n}@example.se" for n in range(101)], "too-many"),
        ("mail", ["anna"], "malformed"),
        ("mail", ["a b@example.se"], "malformed"),
        ("mail", ["a@exämple.se"], "malformed"),
        ("personalIdentityNumber", ["198906059484"], "malformed"),
        ("personalIdentityNumber", ["19890605-9483"], "too-long"),
        ("coordinationNumber", [PERSONAL_NUMBER], "malformed"),
        ("dateOfBirth", ["1989-02-30"], "malformed"),
        ("gender", ["X"], "malformed"),
        ("c", ["se"], "malformed"),
        ("employeeHsaId", ["2321000016-1"], "malformed"),
        ("organizationIdentifier", ["2321000017"], "malformed"),
        ("orgAffiliation", ["@2321000016"], "malformed"),
        ("orgAffiliation", ["a@232100001"], "malformed"),
        ("prid", ["no:05068907693"], "malformed"),
        ("pridPersistence", ["D"], "malformed"),
        ("userCertificate", ["-----BEGIN"], "malformed"),
        ("healthCareProfessionalLicenceSpeciality", ["[]"], "malformed"),
        ("healthCareProfessionalLicenceSpeciality", ["{"], "malformed"),
        ("healthCareProfessionalLicenceSpeciality", ['{"a":' + "[" * 4000], "malformed"),
        ("paTitleCode", ["läk"], "malformed"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_rule_and_never_named(name, values, rule):
    with pytest.raises(BadValue) as bad:
        clean(name, values)
    assert bad.value.rule == str(bad.value) == rule


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(CATALOGUE)), st.lists(st.text(max_size=300), max_size=4))
def test_what_is_let_through_has_no_control_or_direction_characters_and_is_clean_once_and_for_all(name, values):
    try:
        kept = clean(name, values)
    except BadValue:
        return
    assert not any(
        ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\u200f" for v in kept for char in v
    )
    assert clean(name, kept) == kept
    assert checked(kept, CATALOGUE[name].check, multi_valued=CATALOGUE[name].multi_valued) == kept


def test_cleaning_for_an_attribute_that_does_not_exist_is_an_error_of_ours():
    with pytest.raises(KeyError):
        clean("shoeSize", ["43"])


# --- scopes, sets, categories


@pytest.mark.parametrize("table", [SCOPES, ATTRIBUTE_SETS, ENTITY_CATEGORIES], ids=["scopes", "sets", "categories"])
def test_a_bundle_names_catalogue_attributes_once_each(table):
    for bundle in table.values():
        assert set(bundle.names()) <= set(CATALOGUE)
        assert len(set(bundle.names())) == len(bundle.names())


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_the_standard_scopes():
    assert of_scopes(["openid"]) == Bundle()
    assert set(of_scopes(["openid", "profile", "email"]).names()) == {
        "displayName",
        "sn",
        "givenName",
        "middleName",
        "gender",
        "dateOfBirth",
        "mail",
    }
    assert of_scopes(["phone"]).names() == ("telephoneNumber",)
    assert all(CATALOGUE[name].claim().startswith("address.") for name in of_scopes(["address"]).names())


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("naturalPersonInfo", Bundle((), ("sn", "givenName", "middleName", "displayName", "dateOfBirth"))),
        ("naturalPersonNumber", Bundle((), ("personalIdentityNumber", "coordinationNumber"))),
        ("naturalPersonOrgId", Bundle(("orgAffiliation",), ("displayName", "o", "organizationIdentifier"))),
        ("sign", Bundle(("userSignature",))),
        ("signApproval", Bundle()),
    ],
)
def test_the_scopes_of_oidc_sweden(scope, expected):
    assert of_scopes(["https://id.oidc.se/scope/" + scope, "unknown"]) == expected


def test_what_is_required_by_one_is_required_by_all_together():
    together = of_categories(
        [
            "http://id.elegnamnden.se/ec/1.0/loa3-pnr",
            "http://id.elegnamnden.se/ec/1.0/eidas-pnr-delivery",
            "http://id.elegnamnden.se/sprop/1.0/mobile-auth",
        ]
    )
    assert together == Bundle(("sn", "givenName", "displayName", "personalIdentityNumber", "dateOfBirth"))


@pytest.mark.spec("Sweden Connect entity categories", "2")
@pytest.mark.parametrize(
    ("category", "attribute_set"),
    [
        ("http://id.elegnamnden.se/ec/1.0/loa2-pnr", "http://id.elegnamnden.se/ap/1.0/pnr-01"),
        ("http://id.elegnamnden.se/ec/1.0/loa4-pnr", "http://id.elegnamnden.se/ap/1.0/pnr-01"),
        ("http://id.swedenconnect.se/ec/1.0/loa3-orgid", "http://id.elegnamnden.se/ap/1.0/org-person-01"),
        ("http://id.swedenconnect.se/ec/1.0/loa3-name", "http://id.elegnamnden.se/ap/1.0/natural-person-01"),
        ("http://id.swedenconnect.se/ec/1.0/loa3-hsaid", "http://id.swedenconnect.se/ap/1.0/hsaid-01"),
        ("http://id.swedenconnect.se/ec/sc/uncertified-loa3-pnr", "http://id.elegnamnden.se/ap/1.0/pnr-01"),
        ("http://id.swedenconnect.se/ec/sc/uncertified-loa3-hsaid", "http://id.swedenconnect.se/ap/1.0/hsaid-01"),
        (
            "http://id.elegnamnden.se/ec/1.0/eidas-naturalperson",
            "http://id.elegnamnden.se/ap/1.0/eidas-natural-person-01",
        ),
    ],
)
def test_an_entity_category_stands_for_an_attribute_set(category, attribute_set):
    assert ENTITY_CATEGORIES[category] == ATTRIBUTE_SETS[attribute_set]


def test_the_pseudonym_set_asks_for_nothing():
    assert ATTRIBUTE_SETS["http://id.elegnamnden.se/ap/1.0/pseudonym-01"] == Bundle()
