"""The attribute catalogue: one row for each thing known about a person, whatever it is called outside.

Owns the rows and how they are found by an outside name. A new attribute is a row here and nothing else: requests,
release, consent, both protocols and the reference follow from it. Names after the Sweden Connect attribute
specification, Sambi's attribute list, and the claims of OpenID Connect Core and OIDC Sweden.
"""

from collections.abc import Iterable
from typing import Any, Final

from trust_framework import values as v
from trust_framework.attribute import CLAIM_NAMES, MADE_HERE, SAML_NAMES, Attribute, Names, Scope, Sensitivity, Source

__all__ = ["CATALOGUE", "by_claim", "by_saml_name", "clean"]
__all__ += ["CLAIM_NAMES", "MADE_HERE", "SAML_NAMES", "Attribute", "Names", "Scope", "Sensitivity", "Source"]

_PREFIXES: Final = {
    "oid": (Names.SWEDEN_CONNECT, "urn:oid:"),
    "sambi": (Names.SAMBI, "http://sambi.se/attributes/1/"),
    "sambi_full": (Names.SAMBI, ""),
    "legacy": (Names.SAMBI_LEGACY, "urn:sambi:names:attribute:"),
    "oidc": (Names.OIDC, ""),
    "sweden": (Names.OIDC_SWEDEN, "https://id.oidc.se/claim/"),
    "connect": (Names.SWEDEN_CONNECT_OIDC, "https://id.swedenconnect.se/claim/"),
    "inera": (Names.INERA, ""),
    "tillit": (Names.TILLIT, "urn:tillit:attribute:"),
}
_LOGIN, _PERSON, _STAFF, _COMMISSION, _DERIVED, _REPRESENTATION = Source
_OPEN, _SECRET = Sensitivity.NOT_PERSONAL, Sensitivity.SENSITIVE
_ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"


def _row(name: str, sv: str, en: str, source: Source, **more: Any) -> Attribute:
    """A row. Names are given by family, `=` meaning the catalogue name after the family's prefix."""
    names = {
        family: prefix + (name if more[key] == "=" else more[key])
        for key, (family, prefix) in _PREFIXES.items()
        if key in more
    }
    fields = {key: value for key, value in more.items() if key not in _PREFIXES}
    return Attribute(name, sv, en, source, names=names, **fields)


# fmt: off
_PERSONS: Final = (  # Sweden Connect attribute specification 3.1, OpenID Connect Core 5.1, OIDC Sweden claims 2
    _row("sn", "Efternamn", "Surname", _LOGIN, oid="2.5.4.4", sambi="surname", oidc="family_name", scim="name.familyName"),
    _row("givenName", "Förnamn", "Given name", _LOGIN, oid="2.5.4.42", sambi="=", legacy="=", oidc="given_name",
         scim="name.givenName"),
    _row("middleName", "Mellannamn", "Middle name", _LOGIN, oidc="middle_name", scim="name.middleName"),
    _row("middleAndSurname", "Mellan- och efternamn", "Middle name and surname", _LOGIN, legacy="="),
    _row("displayName", "Namn", "Name", _LOGIN, oid="2.16.840.1.113730.3.1.241", oidc="name", scim="displayName"),
    _row("gender", "Kön", "Gender", _LOGIN, oid="1.3.6.1.5.5.7.9.3", oidc="gender", check=v.GENDER),
    _row("personalIdentityNumber", "Personnummer", "Personal identity number", _LOGIN, oid="1.2.752.29.4.13", sambi="=",
         sweden="=", sensitivity=_SECRET, check=v.PERSONAL_NUMBER, swedish_number=True),
    _row("coordinationNumber", "Samordningsnummer", "Coordination number", _DERIVED, sweden="=", sensitivity=_SECRET,
         check=v.COORDINATION_NUMBER, swedish_number=True),
    _row("previousPersonalIdentityNumber", "Tidigare personnummer", "Previous personal identity number", _LOGIN,
         oid="1.2.752.201.3.15", sweden="previousCoordinationNumber", sensitivity=_SECRET, check=v.PERSONAL_NUMBER,
         swedish_number=True),
    _row("dateOfBirth", "Födelsedatum", "Date of birth", _LOGIN, oid="1.3.6.1.5.5.7.9.1", oidc="birthdate", check=v.DATE),
    _row("birthName", "Namn vid födseln", "Name at birth", _LOGIN, oid="1.2.752.201.3.8", oidc="birth_family_name"),
    _row("placeOfBirth", "Födelseort", "Place of birth", _LOGIN, oid="1.3.6.1.5.5.7.9.2"),
    _row("countryOfCitizenship", "Medborgarskap", "Citizenship", _LOGIN, oid="1.3.6.1.5.5.7.9.4", oidc="nationalities",
         multi_valued=True, check=v.COUNTRY),
    _row("countryOfResidence", "Bosättningsland", "Country of residence", _LOGIN, oid="1.3.6.1.5.5.7.9.5",
         oidc="address.country", check=v.COUNTRY, contact=True),
    _row("c", "Land", "Country", _LOGIN, oid="2.5.4.6", check=v.COUNTRY),
    _row("l", "Ort", "City", _PERSON, oid="2.5.4.7", oidc="address.locality", contact=True,
         scim='addresses[type eq "home"].locality'),
    _row("street", "Gatuadress", "Street address", _PERSON, oid="2.5.4.9", oidc="address.street_address", contact=True,
         sensitivity=_SECRET, scim='addresses[type eq "home"].streetAddress'),
    _row("postOfficeBox", "Box", "Post office box", _PERSON, oid="2.5.4.18", contact=True),
    _row("postalCode", "Postnummer", "Postal code", _PERSON, oid="2.5.4.17", oidc="address.postal_code", contact=True,
         scim='addresses[type eq "home"].postalCode'),
    _row("telephoneNumber", "Telefon", "Telephone", _PERSON, oid="2.5.4.20", oidc="phone_number", multi_valued=True,
         check=v.PHONE, contact=True, scim='phoneNumbers[type eq "work"].value'),
    _row("mobile", "Mobiltelefon", "Mobile telephone", _PERSON, oid="0.9.2342.19200300.100.1.41", multi_valued=True,
         check=v.PHONE, contact=True, scim='phoneNumbers[type eq "mobile"].value'),
    _row("mail", "E-post", "E-mail", _PERSON, oid="0.9.2342.19200300.100.1.3", oidc="email", multi_valued=True,
         check=v.MAIL, scope=Scope.MAIL, contact=True, scim='emails[type eq "work"].value'),
)

_EVENTS: Final = (  # the login itself, and what the e-ID showed
    _row("transactionIdentifier", "Inloggningens id", "Login event id", _LOGIN, oid="1.2.752.201.3.2", oidc="txn",
         sensitivity=_OPEN),
    _row("authContextParams", "Uppgifter om inloggningen", "Login parameters", _LOGIN, oid="1.2.752.201.3.3",
         check=v.LONG_TEXT, sensitivity=_OPEN),
    _row("userCertificate", "Certifikat", "Certificate", _LOGIN, oid="1.2.752.201.3.10", sweden="=", check=v.BASE64,
         sensitivity=_SECRET),
    _row("userSignature", "Underskrift", "Signature", _LOGIN, oid="1.2.752.201.3.11", sweden="=", check=v.BASE64,
         sensitivity=_SECRET),
    _row("authServerSignature", "Bevis för inloggningen", "Login evidence", _LOGIN, oid="1.2.752.201.3.13",
         sweden="authnEvidence", check=v.BASE64, sensitivity=_SECRET),
    _row("sad", "Aktivering av underskrift", "Signature activation", _LOGIN, oid="1.2.752.201.3.12", check=v.LONG_TEXT),
    _row("signMessageDigest", "Kontrollsumma för text", "Digest of the message", _LOGIN, oid="1.2.752.201.3.14",
         sensitivity=_OPEN),
    _row("credentialValidFrom", "E-legitimationen gäller från", "e-ID valid from", _LOGIN, sweden="=", check=v.EPOCH),
    _row("credentialValidTo", "E-legitimationen gäller till", "e-ID valid to", _LOGIN, sweden="=", check=v.EPOCH),
    _row("deviceIp", "Enhetens adress", "Address of the device", _LOGIN, sweden="=", check=v.CODE),
    _row("credentialGivenName", "Förnamn på kortet", "Given name on the card", _LOGIN,
         sambi_full="urn:credential:givenName", inera="="),
    _row("credentialSurname", "Efternamn på kortet", "Surname on the card", _LOGIN,
         sambi_full="urn:credential:surname", inera="="),
    _row("credentialPersonalIdentityNumber", "Personnummer på kortet", "Personal identity number on the card", _LOGIN,
         sambi_full="urn:credential:personalIdentityNumber", inera="=", sensitivity=_SECRET, check=v.PERSONAL_NUMBER,
         swedish_number=True),
    _row("credentialDisplayName", "Namn på kortet", "Name on the card", _LOGIN,
         sambi_full="urn:credential:displayName", inera="="),
    _row("credentialOrganizationName", "Organisation på kortet", "Organisation on the card", _LOGIN,
         sambi_full="urn:credential:organizationName", inera="="),
    _row("credentialCertificatePolicies", "Kortets policy", "Policy of the card", _LOGIN,
         sambi_full="urn:credential:certificatePolicies", inera="=", sensitivity=_OPEN),
    _row("x509IssuerName", "Kortets utgivare", "Issuer of the card", _LOGIN,
         sambi_full="urn:sambi:names:attribute:x509IssuerName", inera="=", check=v.LONG_TEXT, sensitivity=_OPEN),
    _row("x509SubjectName", "Kortets innehavare", "Holder of the card", _LOGIN,
         sambi_full="http://www.w3.org/2000/09/xmldsig#X509SubjectName", inera="=", check=v.LONG_TEXT),
    _row("authnMethod", "Sätt att logga in", "Way of logging in", _DERIVED,
         sambi_full="urn:sambi:names:attribute:authnMethod", multi_valued=True, sensitivity=_OPEN),
    _row("levelOfAssurance", "Tillitsnivå", "Level of assurance", _DERIVED,
         sambi_full="urn:sambi:names:attribute:levelOfAssurance", sensitivity=_OPEN),
    _row("sharingPurpose", "Ändamål enligt överenskommelsen", "Purpose by agreement", _DERIVED, tillit="=",
         multi_valued=True, check=v.LONG_TEXT, sensitivity=_OPEN),
)

_FOREIGN: Final = (  # eIDAS constructed attributes
    _row("prid", "Utländsk persons id", "Id of a foreign person", _LOGIN, oid="1.2.752.201.3.4", connect="=",
         check=v.PRID, sensitivity=_SECRET),
    _row("pridPersistence", "Hur länge id:t består", "How long the id lasts", _LOGIN, oid="1.2.752.201.3.5", connect="=",
         check=v.PRID_PERSISTENCE, sensitivity=_OPEN),
    _row("personalIdentityNumberBinding", "Hur numret kopplades", "How the number was bound", _LOGIN,
         oid="1.2.752.201.3.6", connect="identityBinding", check=v.LONG_TEXT),
    _row("mappedPersonalIdentityNumber", "Kopplat personnummer", "Bound personal identity number", _LOGIN,
         oid="1.2.752.201.3.16", connect="=", check=v.PERSONAL_NUMBER, sensitivity=_SECRET, swedish_number=True),
    _row("mappedCoordinationNumber", "Kopplat samordningsnummer", "Bound coordination number", _LOGIN, connect="=",
         check=v.COORDINATION_NUMBER, sensitivity=_SECRET, swedish_number=True),
    _row("eidasPersonIdentifier", "Id i hemlandet", "Id in the home country", _LOGIN, oid="1.2.752.201.3.7",
         connect="=", check=v.EIDAS_ID, sensitivity=_SECRET),
    _row("eidasCountry", "Hemland", "Home country", _LOGIN, connect="=", check=v.COUNTRY),
    _row("eidasNaturalPersonAddress", "Adress i hemlandet", "Address in the home country", _LOGIN,
         oid="1.2.752.201.3.9", check=v.LONG_TEXT, contact=True, sensitivity=_SECRET),
)

_EMPLOYMENT: Final = (  # one employment
    _row("employeeHsaId", "Tjänste-id", "Staff id", _STAFF, oid="1.2.752.29.6.2.1", sambi="=", legacy="=", inera="=",
         check=v.HSA_ID, scope=Scope.HSA, scim=_ENTERPRISE + "employeeNumber"),
    _row("title", "Titel", "Title", _STAFF, legacy="=", scim="title"),
    _row("o", "Organisation", "Organisation", _STAFF, oid="2.5.4.10", sweden="orgName",
         scim=_ENTERPRISE + "organization"),
    _row("ou", "Avdelning", "Department", _STAFF, oid="2.5.4.11", sweden="orgUnit", multi_valued=True,
         scim=_ENTERPRISE + "department"),
    _row("organizationIdentifier", "Organisationsnummer", "Organisation number", _STAFF, oid="2.5.4.97", sambi="=",
         sweden="orgNumber", inera="=", check=v.ORGANISATION_NUMBER),
    _row("orgAffiliation", "Tillhörighet", "Affiliation", _STAFF, oid="1.2.752.201.3.1", sambi_full="urn:orgAffiliation",
         sweden="=", multi_valued=True, check=v.AFFILIATION, scope=Scope.ORGANISATION),
    _row("healthcareProfessionalLicense", "Legitimation i vården", "Professional licence", _STAFF, sambi="=", inera="=",
         multi_valued=True, check=v.CODE),
    _row("healthcareProfessionalLicenseIdentityNumber", "Nummer på legitimationen", "Number of the licence", _STAFF,
         sambi="=", inera="=", check=v.CODE),
    _row("healthCareProfessionalLicenceSpeciality", "Specialitet", "Speciality", _STAFF, sambi="=", inera="=",
         multi_valued=True, check=v.JSON),
    _row("personalPrescriptionCode", "Förskrivarkod", "Prescriber code", _STAFF, sambi="=", legacy="=", inera="=",
         check=v.CODE),
    _row("groupPrescriptionCode", "Gruppförskrivarkod", "Group prescriber code", _STAFF, sambi="=", inera="=",
         multi_valued=True, check=v.CODE),
    _row("paTitleCode", "Befattningskod", "Position code", _STAFF, sambi="=", inera="=", multi_valued=True, check=v.CODE),
    _row("occupationalCode", "Yrkeskod", "Occupation code", _STAFF, sambi="=", inera="=", check=v.CODE),
    _row("systemRole", "Roll i system", "Role in a system", _STAFF, sambi="=", legacy="=", inera="=", multi_valued=True),
    _row("allEmployeeHsaIds", "Alla tjänste-id", "All staff ids", _STAFF, sambi_full="urn:allEmployeeHsaIds", inera="=",
         multi_valued=True, check=v.HSA_ID, unchosen=True),
)

_CARE: Final = (  # one commission (medarbetaruppdrag)
    _row("commissionHsaId", "Uppdragets id", "Id of the assignment", _COMMISSION, sambi="=", inera="=", check=v.HSA_ID),
    _row("commissionName", "Uppdrag", "Assignment", _COMMISSION, sambi="=", inera="="),
    _row("commissionPurpose", "Uppdragets syfte", "Purpose of the assignment", _COMMISSION, sambi="=", legacy="=",
         inera="="),
    _row("commissionRight", "Uppdragets rättigheter", "Rights of the assignment", _COMMISSION, sambi="=", inera="=",
         multi_valued=True),
    _row("healthCareProviderHsaId", "Vårdgivarens id", "Id of the care provider", _COMMISSION, sambi="=",
         legacy="careProviderHsaId", inera="=", check=v.HSA_ID),
    _row("healthCareProviderName", "Vårdgivare", "Care provider", _COMMISSION, sambi="=", legacy="careProviderName",
         inera="="),
    _row("healthcareProviderId", "Vårdgivarens organisationsnummer", "Organisation number of the care provider",
         _COMMISSION, sambi="=", inera="=", check=v.ORGANISATION_NUMBER),
    _row("healthCareUnitHsaId", "Vårdenhetens id", "Id of the care unit", _COMMISSION, sambi="=",
         legacy="careUnitHsaId", inera="=", check=v.HSA_ID),
    _row("healthCareUnitName", "Vårdenhet", "Care unit", _COMMISSION, sambi="=", legacy="careUnitName", inera="="),
    _row("pharmacyIdentifier", "Apotekets id", "Id of the pharmacy", _COMMISSION, sambi="=", inera="=", check=v.CODE),
    _row("allCommissions", "Alla uppdrag", "All assignments", _COMMISSION, sambi_full="urn:allCommissions", inera="=",
         multi_valued=True, check=v.JSON, unchosen=True),
)

_REPRESENTED: Final = (  # whom the person acts for (ombud); neither Sweden Connect, Sambi nor OIDC Sweden has names for it
    _row("representedRelation", "Vad som ger rätt att företräda", "What lets the person act for another", _REPRESENTATION,
         tillit="=", check=v.CODE),
    _row("representedName", "Den som företräds", "Whom the person acts for", _REPRESENTATION, tillit="="),
    _row("representedPersonalIdentityNumber", "Personnummer för den som företräds",
         "Personal identity number of whom the person acts for", _REPRESENTATION, tillit="=", sensitivity=_SECRET,
         check=v.PERSONAL_NUMBER),
    _row("representedOrganizationIdentifier", "Organisationsnummer för den som företräds",
         "Organisation number of whom the person acts for", _REPRESENTATION, tillit="=", check=v.ORGANISATION_NUMBER),
)
# fmt: on

CATALOGUE: dict[str, Attribute] = {
    row.name: row for rows in (_PERSONS, _EVENTS, _FOREIGN, _EMPLOYMENT, _CARE, _REPRESENTED) for row in rows
}

# Found names, kept; a row is looked at again each time, so that rows may be added and taken away.
_found: dict[tuple[tuple[Names, ...], str], str] = {}


def by_saml_name(name: str) -> Attribute | None:
    """The attribute with this SAML attribute Name, in any family."""
    return _by_name(name, SAML_NAMES)


def by_claim(name: str) -> Attribute | None:
    """The attribute with this claim name, in any family; every attribute can also be asked for by its catalogue name."""
    return _by_name(name, CLAIM_NAMES) or CATALOGUE.get(name)


def _by_name(name: str, families: tuple[Names, ...]) -> Attribute | None:
    row = CATALOGUE.get(_found.get((families, name), ""))
    if row is not None and _called(row, name, families):
        return row
    for row in CATALOGUE.values():
        if _called(row, name, families):
            _found[families, name] = row.name
            return row
    return None


def _called(row: Attribute, name: str, families: tuple[Names, ...]) -> bool:
    return any(row.names.get(family) == name for family in families)


def clean(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """The values of a catalogue attribute, cleaned and checked. Raises BadValue, and KeyError for an unknown name."""
    row = CATALOGUE[name]
    return v.checked(values, row.check, multi_valued=row.multi_valued)
