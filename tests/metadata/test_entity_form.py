"""What of a member's metadata goes out, what the federation says in its place, and what never leaves."""

from dataclasses import replace

import pytest

from metadata.entity_form import Approved, merged, published_form
from metadata.saml import MetadataRefused, read_provider, read_service
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_values import (
    ASSURANCE_CERTIFICATION,
    ENTITY_CATEGORY,
    ENTITY_CATEGORY_SUPPORT,
    IDP_ROLE,
    SP_ROLE,
    Localized,
    Organization,
    Registration,
    Scope,
)
from metadata.wire.saml_metadata_writer import write_entity
from tests.support import saml_metadata as make
from tests.support.saml import rsa_key

LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
CATEGORY = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
GIVEN_NAME, SURNAME, NUMBER = "urn:oid:2.5.4.42", "urn:oid:2.5.4.4", "urn:oid:1.2.752.29.4.13"
REGISTERED = Registration("https://federation.example", make.NOW)
NAMES = {"sv": "Åsö kommun", "en": "Åsö"}


def approved(document: bytes, role: str = SP_ROLE, **more: object) -> Approved:
    member = {"organisation": "2120000142", "organisation_names": NAMES} if role == SP_ROLE else {}
    return replace(Approved(document, role, REGISTERED), **{**member, **more})  # type: ignore[arg-type]


def form(document: bytes, role: str = SP_ROLE, **more: object):
    """As others read what was published."""
    return read_entity(write_entity(published_form(approved(document, role, **more))))


def shown(*, names: str = "", more: str = "") -> bytes:
    return make.entity(make.sp_role(extensions=f"<mdui:UIInfo>{names}{more}</mdui:UIInfo>"))


# --- what stays


@pytest.mark.parametrize("document", [make.shibboleth_sp(), make.entity()], ids=["shibboleth", "plain"])
def test_a_service_is_reached_and_read_as_its_own_document_says(document):
    told, published = read_service(document).service, read_service(write_entity(published_form(approved(document))))

    assert published.service.entity_id == told.entity_id
    assert published.service.assertion_consumer_services == told.assertion_consumer_services
    assert published.service.single_logout_services == told.single_logout_services
    assert published.service.signing_keys == told.signing_keys
    assert published.service.encryption_keys == told.encryption_keys
    assert published.service.signing_methods == told.signing_methods
    assert published.service.name_id_formats == told.name_id_formats


def test_a_provider_is_reached_and_read_as_its_own_document_says():
    document = make.entity(make.idp_role(flags='WantAuthnRequestsSigned="true"'))
    told, published = read_provider(document), read_provider(write_entity(published_form(approved(document, IDP_ROLE))))

    assert published.provider == told.provider


def test_a_key_that_came_as_numbers_goes_out_as_numbers():
    numbers = rsa_key("peer").public_key().public_numbers()
    document = make.entity(make.sp_role(keys=make.rsa_key_value(numbers.n, numbers.e)))

    (key,) = form(document).roles[0].keys

    assert (key.certificate, key.key) == (None, rsa_key("peer").public_key())


def test_descriptions_pages_and_logos_are_shown():
    more = (
        '<mdui:Description xml:lang="sv">Här provar man.</mdui:Description>'
        '<mdui:InformationURL xml:lang="sv">https://sp.example/om</mdui:InformationURL>'
        '<mdui:PrivacyStatementURL xml:lang="sv">https://sp.example/integritet</mdui:PrivacyStatementURL>'
        '<mdui:Logo width="10" height="20">https://sp.example/logo.svg</mdui:Logo>'
    )
    interface = form(shown(more=more)).roles[0].interface

    assert interface.descriptions == (Localized("sv", "Här provar man."),)
    assert interface.information_urls == (Localized("sv", "https://sp.example/om"),)
    assert interface.privacy_urls == (Localized("sv", "https://sp.example/integritet"),)
    assert [(logo.url, logo.width, logo.height) for logo in interface.logos] == [
        ("https://sp.example/logo.svg", 10, 20)
    ]


# --- what the federation says in its place


def test_who_registered_it_and_when_is_told():
    assert form(make.entity()).registration == REGISTERED


def test_a_member_cannot_register_itself_elsewhere():
    claimed = (
        '<mdrpi:RegistrationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" '
        'registrationAuthority="https://other.example" registrationInstant="2001-01-01T00:00:00Z"/>'
    )
    assert form(make.entity(extensions=claimed)).registration == REGISTERED


def test_the_organisation_is_the_registers_and_only_its_page_the_documents():
    organization = form(make.entity(after=make.organization("https://asoe.example/"))).organization

    assert organization.number == "2120000142"
    assert organization.names == organization.display_names == (Localized("sv", "Åsö kommun"), Localized("en", "Åsö"))
    assert organization.urls == (Localized("sv", "https://asoe.example/"),)


def test_an_organisation_without_a_page_gets_the_federations():
    assert {each.value for each in form(make.entity()).organization.urls} == {"https://federation.example"}


def test_a_provider_that_is_no_member_keeps_its_own_organisation_without_a_number():
    number = (
        '<md:Extensions><o:OrganizationNumber xmlns:o="http://id.swedenconnect.se/authn/1.0/md-org-ext/ns">2120000142'
        "</o:OrganizationNumber></md:Extensions>"
    )
    document = make.entity(make.idp_role(), after=make.organization(extensions=number))

    organization = form(document, IDP_ROLE).organization

    assert organization == Organization(
        (Localized("sv", "Exempel AB"),), (Localized("sv", "Exempel"),), (Localized("sv", "https://org.example/"),)
    )
    assert form(make.entity(make.idp_role()), IDP_ROLE).organization is None


def test_a_name_of_the_register_wins_over_the_documents():
    document = shown(names='<mdui:DisplayName xml:lang="sv">Skatteverket</mdui:DisplayName>')

    assert form(document, names=NAMES).roles[0].interface.names == (
        Localized("sv", "Åsö kommun"),
        Localized("en", "Åsö"),
    )
    assert form(document).roles[0].interface.names == (Localized("sv", "Skatteverket"),)


def test_categories_are_those_that_the_federation_vouches_for():
    claimed = make.entity_attribute(ENTITY_CATEGORY, "http://claimed.example/category")

    assert form(make.entity(extensions=claimed)).attributes == {}
    assert form(make.entity(extensions=claimed), entity_categories=(CATEGORY,)).attributes == {
        ENTITY_CATEGORY: (CATEGORY,)
    }


def test_levels_and_scopes_of_a_provider_are_those_it_is_trusted_with():
    claimed = make.entity_attribute(ASSURANCE_CERTIFICATION, "http://id.elegnamnden.se/loa/1.0/loa4")
    scope = '<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="true">.*</shibmd:Scope>'
    document = make.entity(make.idp_role(extensions=scope), extensions=claimed + scope)

    entity = form(document, IDP_ROLE, levels=(LOA3,), scopes=("2120000142",), entity_categories=(CATEGORY,))

    assert entity.attributes == {
        ASSURANCE_CERTIFICATION: (LOA3,),
        ENTITY_CATEGORY: (CATEGORY,),
        ENTITY_CATEGORY_SUPPORT: (CATEGORY,),
    }
    assert (entity.scopes, entity.roles[0].scopes) == ((), (Scope("2120000142"),))


def test_a_service_has_neither_levels_nor_scopes():
    entity = form(make.entity(), levels=(LOA3,), scopes=("2120000142",))
    assert (entity.attributes, entity.roles[0].scopes) == ({}, ())


def test_a_service_asks_only_for_what_it_may_be_given():
    asked = make.requested(GIVEN_NAME, NUMBER, "urn:oid:9.9.9", index=1) + make.requested(NUMBER, index=2)
    document = make.entity(make.sp_role(make.acs() + asked))

    (service,) = form(document, attributes=frozenset({"givenName"})).roles[0].attribute_services

    assert (service.index, [each.name for each in service.requested]) == (1, [GIVEN_NAME])
    assert form(document).roles[0].attribute_services == ()


# --- what never leaves


def test_a_members_signature_end_and_cache_duration_do_not_go_out():
    flags = 'ID="_member" validUntil="2033-01-01T00:00:00Z" cacheDuration="P9D"'
    role = make.sp_role(flags='validUntil="2033-01-01T00:00:00Z" cacheDuration="P9D" ID="_role"')
    document = make.entity(role, flags=flags)

    octets = write_entity(published_form(approved(document)))

    assert [word for word in (b"validUntil", b"cacheDuration", b" ID=", b"Signature>") if word in octets] == []


def test_roles_that_were_not_approved_stay_at_home():
    document = make.entity(make.sp_role() + make.idp_role())

    assert [role.kind for role in form(document).roles] == [SP_ROLE]
    assert [role.kind for role in form(document, IDP_ROLE).roles] == [IDP_ROLE]


@pytest.mark.parametrize(
    "more",
    [
        '<x:Own xmlns:x="https://own.example/ns">secret</x:Own>',
        '<mdui:Own xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">secret</mdui:Own>',
    ],
)
def test_extensions_that_nobody_approved_stay_at_home(more):
    document = make.entity(make.sp_role(extensions=more), extensions=more)
    assert b"secret" not in write_entity(published_form(approved(document)))


def test_a_key_that_cannot_be_read_is_left_out():
    named = '<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>'
    document = make.entity(make.sp_role(keys=named + make.key()))
    assert len(form(document).roles[0].keys) == 1


@pytest.mark.parametrize(
    "url",
    ["http://sp.example/logo.png", "javascript:alert(1)", "data:image/png;base64,AAAA", "https://a@sp.example/x.png"],
)
def test_a_logo_of_another_kind_of_address_is_left_out(url):
    document = shown(more=f'<mdui:Logo width="1" height="1">{url}</mdui:Logo>')
    assert form(document).roles[0].interface.logos == ()


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u007f", "\ue000"])
def test_what_cannot_be_seen_is_taken_out_of_every_text(hidden):
    text = f"Skatte{hidden}verket"
    document = make.entity(
        make.sp_role(
            extensions=f'<mdui:UIInfo><mdui:DisplayName xml:lang="sv">{text}</mdui:DisplayName>'
            f'<mdui:Description xml:lang="sv">{text}</mdui:Description></mdui:UIInfo>'
        ),
        after=f'<md:ContactPerson contactType="support"><md:GivenName>{text}</md:GivenName>'
        f"<md:EmailAddress>mailto:{text}@sp.example</md:EmailAddress>"
        "<md:EmailAddress>mailto:a@sp.example</md:EmailAddress></md:ContactPerson>",
    )

    entity = form(document)

    assert hidden not in write_entity(published_form(approved(document))).decode()
    assert entity.roles[0].interface.names == (Localized("sv", "Skatteverket"),)
    assert (entity.contacts[0].name, entity.contacts[0].mails) == ("Skatteverket", ("a@sp.example",))


def test_a_text_of_nothing_to_be_seen_goes_and_a_nameless_list_of_details_is_numbered():
    asked = make.requested(GIVEN_NAME, index=7).replace(">Asked<", ">\u202e<")
    document = make.entity(
        make.sp_role(
            make.acs() + asked,
            extensions='<mdui:UIInfo><mdui:DisplayName xml:lang="sv">\u202e</mdui:DisplayName></mdui:UIInfo>',
        ),
        after='<md:ContactPerson contactType="support"><md:GivenName>\u202e</md:GivenName></md:ContactPerson>',
    )

    entity = form(document, attributes=frozenset({"givenName"}))

    assert entity.roles[0].interface.names == ()
    assert entity.contacts[0].name is None
    assert entity.roles[0].attribute_services[0].names == (Localized("en", "7"),)


def test_line_breaks_become_spaces_and_a_long_description_is_cut():
    long = f'<mdui:Description xml:lang="sv">rad\n\u0085  två {"x" * 5000}</mdui:Description>'
    (description,) = form(shown(more=long)).roles[0].interface.descriptions
    assert description.value.startswith("rad två x")
    assert len(description.value) == 2000


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (make.entity(make.idp_role()), "no-role"),
        (make.entity(make.sp_role(make.acs("http://sp.example/acs"))), "address"),
        (b"<a/>", "not-metadata"),
        (b"", "not-well-formed"),
    ],
)
def test_what_would_be_refused_when_it_is_read_is_not_published(document, reason):
    with pytest.raises(MetadataRefused) as refused:
        published_form(approved(document))
    assert refused.value.reason == reason


def test_a_proxy_is_one_entity_with_both_roles():
    document = make.entity(make.sp_role() + make.idp_role())
    service = published_form(approved(document, entity_categories=(CATEGORY,)))
    provider = published_form(approved(document, IDP_ROLE, entity_categories=(CATEGORY,), levels=(LOA3,)))

    entity = read_entity(write_entity(merged((service, provider))))

    assert [role.kind for role in entity.roles] == [SP_ROLE, IDP_ROLE]
    assert entity.attributes[ENTITY_CATEGORY] == (CATEGORY,)
    assert entity.attributes[ASSURANCE_CERTIFICATION] == (LOA3,)
    assert entity.organization.number == "2120000142"
