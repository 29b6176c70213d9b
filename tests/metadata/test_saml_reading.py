"""What a peer's metadata becomes in the register: real shapes, every field, and nothing weaker than was declared."""

import subprocess
import sys
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from metadata.register import POST, REDIRECT
from metadata.saml import MAXIMUM_NAME, read_provider, read_service
from tests.support import saml_metadata as make
from tests.support.saml import ec_key, rsa_key

spec = pytest.mark.spec
GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


@pytest.mark.parametrize(
    ("document", "entity_id", "acs", "signs", "wants_signed", "logout"),
    [
        pytest.param(
            make.shibboleth_sp(), "https://shib.example/shibboleth", "https://shib.example/Shibboleth.sso/SAML2/POST",
            False, False, [REDIRECT, POST], id="Shibboleth SP",
        ),
        pytest.param(
            make.mellon(), "https://mellon.example/mellon/metadata", "https://mellon.example/mellon/postResponse",
            True, True, [REDIRECT], id="mod_auth_mellon",
        ),
        pytest.param(
            make.node_saml(), "node-service", "https://node.example/acs", True, False, [POST], id="node-saml"
        ),
        pytest.param(
            make.simplesamlphp(), "https://php.example/simplesaml/module.php/saml/sp/metadata.php/default-sp",
            "https://php.example/simplesaml/module.php/saml/sp/saml2-acs.php/default-sp",
            True, False, [REDIRECT], id="SimpleSAMLphp",
        ),
        pytest.param(
            make.adfs_idp(), "http://adfs.example/adfs/services/trust", "https://adfs.example/adfs/ls/",
            False, True, [REDIRECT, POST], id="AD FS",
        ),
        pytest.param(
            make.pysaml2_sp(), "https://py.example/metadata", "https://py.example/acs",
            True, True, [REDIRECT], id="pysaml2",
        ),
    ],
)  # fmt: skip
def test_services_of_well_known_implementations_are_read_as_they_write_themselves(
    document, entity_id, acs, signs, wants_signed, logout
):
    read = read_service(document, now=make.NOW)
    service = read.service
    assert service.entity_id == entity_id
    assert [endpoint.url for endpoint in service.assertion_consumer_services] == [acs]
    assert service.default_acs().binding == POST
    assert (service.authn_requests_signed, service.want_assertions_signed) == (signs, wants_signed)
    assert [endpoint.binding for endpoint in service.single_logout_services] == logout
    assert len(service.signing_keys) == len(service.encryption_keys) == 1
    assert read.about.name("sv")


@pytest.mark.parametrize(
    ("document", "keys", "sso"),
    [
        pytest.param(make.adfs_idp(), 1, [REDIRECT, POST], id="AD FS"),
        pytest.param(make.shibboleth_idp(), 2, [POST, REDIRECT], id="Shibboleth IdP"),
        pytest.param(make.simplesamlphp_idp(), 2, [REDIRECT], id="SimpleSAMLphp"),
    ],
)
def test_providers_of_well_known_implementations_are_read_as_they_write_themselves(document, keys, sso):
    provider = read_provider(document, now=make.NOW).provider
    assert len(provider.signing_keys) == keys
    assert [endpoint.binding for endpoint in provider.single_sign_on_services] == sso


def test_a_provider_tells_its_scopes_levels_and_error_page():
    attribute = make.entity_attribute(
        "urn:oasis:names:tc:SAML:attribute:assurance-certification", "http://id.elegnamnden.se/loa/1.0/loa3"
    )
    scopes = (
        '<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0">2021001234</shibmd:Scope>'
        '<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="true">.*</shibmd:Scope>'
    )
    role = make.idp_role(
        extensions=scopes, flags='WantAuthnRequestsSigned="1" errorURL="https://idp.example/e?code=ERRORURL_CODE"'
    )

    read = read_provider(make.entity(role, extensions=attribute))

    assert read.provider.want_authn_requests_signed
    assert read.provider.assurance_certification == {"http://id.elegnamnden.se/loa/1.0/loa3"}
    assert read.provider.scopes == read.about.scopes == {"2021001234"}
    assert read.about.error_url == "https://idp.example/e?code=ERRORURL_CODE"
    assert [finding.id for finding in read.about.findings] == ["scope-pattern"]


@spec("saml-metadata", "2.4.1.1")
def test_a_key_without_a_use_is_for_both_uses():
    service = read_service(make.entity(make.sp_role(keys=make.key(None)))).service
    assert (
        service.signing_keys == tuple(each.key for each in service.encryption_keys) == (rsa_key("peer").public_key(),)
    )


def test_an_elliptic_key_without_a_use_is_for_signing_and_said_not_to_be_encrypted_to():
    document = make.entity(make.sp_role(keys=make.key(None, make.certificate(ec_key("peer")))))
    read = read_service(document)
    assert isinstance(read.service.signing_keys[0], ec.EllipticCurvePublicKey)
    assert read.service.encryption_keys == ()
    assert [finding.id for finding in read.about.findings] == ["encryption-key-unused"]


def test_an_elliptic_key_for_encryption_is_left_out_beside_an_rsa_key():
    keys = make.key() + make.key("encryption", make.certificate(ec_key("peer"))) + make.key("encryption")
    service = read_service(make.entity(make.sp_role(keys=keys))).service
    assert [type(each.key) for each in service.encryption_keys] == [type(rsa_key("peer").public_key())]


@spec("SAML Metadata Interoperability Profile 1.0", "2.6.1")
def test_a_certificate_that_has_ended_is_still_a_key():
    ended = make.certificate(ends=make.EXPIRED_AT)
    assert (
        len(read_service(make.entity(make.sp_role(keys=make.key(der=ended))), now=make.NOW).service.signing_keys) == 1
    )


@spec("Sweden Connect deployment profile", "2.1.1.2")
def test_several_signing_keys_are_all_kept():
    keys = make.key() + make.key("signing", make.certificate(ec_key("next")))
    assert len(read_service(make.entity(make.sp_role(keys=keys))).service.signing_keys) == 2


def test_a_bare_rsa_key_value_is_a_key():
    numbers = rsa_key("peer").public_key().public_numbers()
    value = make.rsa_key_value(numbers.n, numbers.e)
    service = read_service(make.entity(make.sp_role(keys=value))).service
    assert isinstance(service.signing_keys[0], rsa.RSAPublicKey)
    assert service.signing_keys[0].public_numbers() == numbers


def test_a_key_that_is_only_named_is_left_out_and_said_so():
    named = "<md:KeyDescriptor><ds:KeyInfo><ds:KeyName>sp</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>"
    read = read_service(make.entity(make.sp_role(keys=named + make.key())))
    assert len(read.service.signing_keys) == 1
    assert [(finding.id, finding.place) for finding in read.about.findings] == [
        ("key-by-name", "/EntityDescriptor/SPSSODescriptor[1]/KeyDescriptor[1]")
    ]


def test_only_the_first_certificate_of_a_key_descriptor_counts():
    issuer = f"<ds:X509Certificate>{make.in_lines(make.certificate(rsa_key('ca')))}</ds:X509Certificate>"
    two = make.key_info().replace("</ds:X509Data>", f"{issuer}</ds:X509Data>")
    read = read_service(make.entity(make.sp_role(keys=f"<md:KeyDescriptor>{two}</md:KeyDescriptor>")))
    assert read.service.signing_keys == (rsa_key("peer").public_key(),)
    assert [finding.id for finding in read.about.findings] == ["further-certificates"]


def test_encryption_methods_are_kept_with_the_digests_of_the_key_transport_that_we_use():
    methods = (
        f'<md:EncryptionMethod Algorithm="{GCM}"/>'
        f'<md:EncryptionMethod Algorithm="{OAEP}"><ds:DigestMethod Algorithm="{SHA256}"/></md:EncryptionMethod>'
        '<md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep">'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/></md:EncryptionMethod>'
    )
    keys = make.key() + make.key("encryption", more=methods)
    (key,) = read_service(make.entity(make.sp_role(keys=keys))).service.encryption_keys
    assert key.methods[:2] == (GCM, OAEP)
    assert key.oaep_digests == (SHA256,)


def test_signing_methods_of_the_role_count_before_those_of_the_entity():
    general = '<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
    own = '<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>'
    by_entity = read_service(make.entity(extensions=general)).service
    by_role = read_service(make.entity(make.sp_role(extensions=own), extensions=general)).service
    assert by_entity.signing_methods == ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",)
    assert by_role.signing_methods == ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",)


@spec("saml-metadata", "2.4.4")
def test_requested_attributes_become_catalogue_names_under_the_names_they_were_asked_for_by():
    services = make.requested("urn:oid:2.5.4.42", "urn:oid:2.5.4.4", index=0, required="true") + make.requested(
        "http://sambi.se/attributes/1/surname", "urn:oid:9.9.9", "urn:oid:2.5.4.4", index=1, more=' isDefault="true"'
    )
    read = read_service(make.entity(make.sp_role(make.acs() + services)))
    first, second = read.service.attribute_consuming_services
    assert (first.index, first.is_default, first.requested) == (0, False, ("givenName", "sn"))
    assert first.required == {"givenName", "sn"}
    assert (second.index, second.is_default, second.requested, second.required) == (1, True, ("sn",), frozenset())
    assert read.service.attribute_names == {"givenName": "urn:oid:2.5.4.42", "sn": "urn:oid:2.5.4.4"}
    assert [(finding.id, finding.detail) for finding in read.about.findings] == [("unknown-attribute", "urn:oid:9.9.9")]


@spec("Sweden Connect entity categories", "2")
def test_entity_categories_are_read_from_their_attribute_and_no_other():
    attributes = make.entity_attribute(
        "http://macedir.org/entity-category", " http://a.example/1\n", "http://a.example/2"
    )
    attributes += make.entity_attribute("http://other.example/", "http://a.example/3")
    service = read_service(make.entity(extensions=attributes)).service
    assert service.entity_categories == {"http://a.example/1", "http://a.example/2"}


@spec("saml-metadata", "2.2.3")
def test_the_default_endpoint_is_the_one_marked_else_the_lowest_index():
    marked = make.acs("https://a.example/", 1) + make.acs("https://b.example/", 5, ' isDefault="true"')
    unmarked = make.acs("https://a.example/", 7) + make.acs("https://b.example/", 5)
    for content in (marked, unmarked):
        assert read_service(make.entity(make.sp_role(content))).service.default_acs().url == "https://b.example/"


def test_logout_answers_go_to_the_response_location():
    content = make.slo(more=' ResponseLocation="https://sp.example/slo/done"') + make.acs()
    (endpoint,) = read_service(make.entity(make.sp_role(content))).service.single_logout_services
    assert (endpoint.url, endpoint.response_url) == ("https://sp.example/slo", "https://sp.example/slo/done")


def test_an_http_address_on_loopback_is_for_test_systems():
    document = make.node_saml("http://127.0.0.1:8080/acs")
    read = read_service(document, allow_http_loopback=True)
    assert read.service.default_acs().url == "http://127.0.0.1:8080/acs"


UI = (
    "<mdui:UIInfo><mdui:DisplayName xml:lang='en'>The service</mdui:DisplayName>"
    "<mdui:DisplayName xml:lang='sv-SE'>Tjänsten</mdui:DisplayName>"
    "<mdui:DisplayName xml:lang='sv'>En annan</mdui:DisplayName>"
    "<mdui:InformationURL xml:lang='en'>https://sp.example/en</mdui:InformationURL>"
    "<mdui:InformationURL xml:lang='sv'>https://sp.example/sv</mdui:InformationURL></mdui:UIInfo>"
)


@spec("SAML MDUI", "2.1.1")
@pytest.mark.parametrize(
    ("document", "names", "home"),
    [
        pytest.param(
            make.entity(make.sp_role(extensions=UI), after=make.organization()),
            {"en": "The service", "sv": "Tjänsten"}, "https://sp.example/sv", id="mdui before all else",
        ),
        pytest.param(
            make.entity(make.sp_role(make.acs() + make.requested("urn:oid:2.5.4.4", index=1, more=' isDefault="true"')),
                        after=make.organization()),
            {"en": "Asked"}, "https://org.example/", id="then ServiceName",
        ),
        pytest.param(
            make.entity(after=make.organization()), {"sv": "Exempel"}, "https://org.example/", id="then the organisation"
        ),
        pytest.param(
            make.entity(),
            {"sv": "https://sp.example/metadata", "en": "https://sp.example/metadata"}, None, id="then the entityID",
        ),
        pytest.param(
            make.entity(make.sp_role(extensions=UI.replace("xml:lang='sv'", "xml:lang='nb'").replace("sv-SE", "nb"))),
            {"en": "The service", "nb": "Tjänsten"}, "https://sp.example/en", id="English before Norwegian",
        ),
        pytest.param(
            make.entity(make.sp_role(
                extensions="<mdui:UIInfo><mdui:DisplayName xml:lang='sv'> \n </mdui:DisplayName>"
                "<mdui:InformationURL xml:lang='de'>http://sp.example/</mdui:InformationURL></mdui:UIInfo>"),
                after=make.organization()),
            {"sv": "Exempel"}, "http://sp.example/", id="an empty name is none, and any page is better than none",
        ),
    ],
)  # fmt: skip
def test_names_and_home_are_the_best_that_the_document_has(document, names, home):
    about = read_service(document).about
    assert about.names == names
    assert about.home == home


def test_a_name_is_one_line_without_anything_unseen():
    ui = UI.replace("The service", f"The\n  ser\u202evice\u200b {'x' * 300}")
    name = read_service(make.entity(make.sp_role(extensions=ui))).about.name("en")
    assert name.startswith("The service xxx")
    assert len(name) == MAXIMUM_NAME


def test_a_name_is_shown_in_the_next_best_language():
    about = read_service(make.entity()).about
    assert [replace(about, names=names).name("fi") for names in ({"sv": "a", "en": "b"}, {"sv": "a"}, {"de": "c"})] == [
        "b", "a", "c",
    ]  # fmt: skip


def test_who_answers_for_the_entity_is_told():
    number = (
        "<md:Extensions><o:OrganizationNumber xmlns:o='http://id.swedenconnect.se/authn/1.0/md-org-ext/ns'>2021001234"
        "</o:OrganizationNumber></md:Extensions>"
    )
    people = (
        '<md:ContactPerson contactType="support"/><md:ContactPerson contactType="technical"><md:SurName>Ek</md:SurName>'
        "<md:EmailAddress>mailto:ek@sp.example</md:EmailAddress><md:EmailAddress>drift@sp.example</md:EmailAddress>"
        "</md:ContactPerson>"
    )
    about = read_service(make.entity(after=make.organization(extensions=number) + people)).about
    assert about.organisation_number == "2021001234"
    assert about.organisation_names == {"sv": "Exempel"}
    assert [(contact.kind, contact.name, contact.mails) for contact in about.contacts] == [
        ("support", None, ()),
        ("technical", "Ek", ("ek@sp.example", "drift@sp.example")),
    ]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2030-01-01T00:00:00Z", 1_893_456_000),
        ("2030-01-01T00:00:00.999Z", 1_893_456_000),
        ("2030-01-01T01:00:00+01:00", 1_893_456_000),
        ("2030-01-01T00:00:00", 1_893_456_000),
    ],
)
@spec("saml-core", "1.3.3")
def test_valid_until_is_a_moment_in_utc(value, seconds):
    assert read_service(make.entity(flags=f'validUntil="{value}"')).about.valid_until == seconds


@spec("saml-metadata", "2.3.1")
def test_the_earliest_valid_until_around_and_in_an_entity_holds():
    inner = make.entity(
        make.sp_role(flags='validUntil="2030-01-03T00:00:00Z"'), flags='validUntil="2030-01-02T00:00:00Z"'
    )
    group = make.aggregate(inner, flags='validUntil="2030-01-01T00:00:00Z"')
    assert read_service(group).about.valid_until == 1_893_456_000
    role = make.entity(make.sp_role(flags='validUntil="2030-01-01T00:00:00Z"'))
    assert read_service(role).about.valid_until == 1_893_456_000


def test_one_entity_is_chosen_out_of_an_aggregate_by_its_name():
    typed = make.entity(
        extensions=make.entity_attribute("http://macedir.org/entity-category", "x").replace(
            "<saml:AttributeValue>",
            '<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">',
        )
    )
    other = make.entity(entity_id="https://other.example/")
    group = make.aggregate(other, make.aggregate(typed))
    read = read_service(group, entity_id="https://sp.example/metadata")
    assert read.service.entity_categories == {"x"}
    assert read_service(make.aggregate(other)).service.entity_id == "https://other.example/"
    assert read_service(other, entity_id="https://other.example/").service.entity_id == "https://other.example/"


def test_comments_beside_values_are_no_matter():
    document = make.entity(make.sp_role("<!-- by hand -->" + make.acs() + "<!-- and more -->"))
    assert read_service(b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>" + document).service.entity_id


def test_reading_imports_no_heavy_library():
    code = "import sys, metadata.saml, metadata.publish; sys.exit(any(name.split('.')[0] == 'saml2' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
