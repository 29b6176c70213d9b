"""Our own metadata: one signed document that every consumer can read, and that says what we do."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.publish import DAY, Contact, Logo, OwnMetadata, OwnOrganisation, entity_id, own_metadata
from metadata.register import POST, REDIRECT
from metadata.saml import read_provider, read_service
from metadata.validate import Context, Severity, check
from metadata.wire.pysaml2_tables import objection
from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_values import (
    ACS,
    IDP_ROLE,
    SLO,
    SP_ROLE,
    SSO,
    AttributeService,
    Entity,
    Interface,
    Key,
    Localized,
    Location,
    Organization,
    Requested,
    Role,
    Scope,
)
from metadata.wire.saml_metadata_writer import write_entity
from metadata.wire.signing import signer
from metadata.wire.xml import XmlRefused, check_schema, parse
from metadata.wire.xmldsig import verify
from metadata.wire.xmlenc import OAEP_MGF1P
from tests.support import saml_metadata as make
from tests.support.saml import DS, ec_key, rsa_key, xmlsec_accepts

spec = pytest.mark.spec
BASE = "https://login.region.example"
LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
PNR = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
NAME = "http://id.swedenconnect.se/ec/1.0/loa3-name"


def own(**changes: object) -> OwnMetadata:
    key = rsa_key("own")
    whole = OwnMetadata(
        base_url=BASE,
        names={"sv": "Regionens inloggning", "en": "Login of the region"},
        organisation=OwnOrganisation(
            {"sv": "Region Exempel"}, {"sv": "Regionen"}, {"sv": "https://region.example/"}, "2021001234"
        ),
        contacts=(Contact("technical", "Driften", ("drift@region.example",)),),
        signing_certificates=(
            make.certificate(key),
            make.certificate(ec_key("own")),
            make.certificate(rsa_key("next")),
        ),
        encryption_certificate=make.certificate(rsa_key("decrypting")),
        signer=signer(key, kid="own", alg="RS256", certificate=make.certificate(key)),
        now=make.NOW,
        levels=(LOA3,),
        entity_categories=(PNR, NAME),
        scopes=("2021001234",),
        descriptions={"sv": "Här loggar man in."},
        information_urls={"sv": f"{BASE}/om"},
        logos=(Logo(f"{BASE}/static/logo.svg", 200, 60),),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_our_provider_role_says_where_and_how_to_ask_us():
    read = read_provider(own_metadata(own()), now=make.NOW)
    provider = read.provider
    assert provider.entity_id == entity_id(BASE) == f"{BASE}/saml/metadata"
    assert [(e.binding, e.url) for e in provider.single_sign_on_services] == [
        (REDIRECT, f"{BASE}/saml/sso"),
        (POST, f"{BASE}/saml/sso"),
    ]
    assert [(e.binding, e.url) for e in provider.single_logout_services] == [
        (REDIRECT, f"{BASE}/saml/slo"),
        (POST, f"{BASE}/saml/slo"),
    ]
    assert provider.want_authn_requests_signed
    assert provider.assurance_certification == {LOA3}
    assert provider.scopes == {"2021001234"}
    assert read.about.entity_categories == {PNR, NAME}
    assert read.about.names == {"sv": "Regionens inloggning", "en": "Login of the region"}
    assert read.about.valid_until == make.NOW + 14 * DAY
    assert read.about.findings == ()


@spec("Sweden Connect deployment profile", "2.1.1.2")
def test_every_signing_key_is_told_the_next_ones_too_and_one_key_to_encrypt_to():
    keys = tuple(each.public_key() for each in (rsa_key("own"), ec_key("own"), rsa_key("next")))
    document = own_metadata(own())
    assert read_provider(document).provider.signing_keys == keys
    service = read_service(document).service
    assert service.signing_keys == keys
    assert [each.key for each in service.encryption_keys] == [rsa_key("decrypting").public_key()]
    roles = read_entity(document).roles
    assert all([key.use for key in role.keys] == ["signing"] * 3 + ["encryption"] for role in roles)


def test_our_service_role_says_how_providers_answer_us():
    service = read_service(own_metadata(own())).service
    (acs,) = service.assertion_consumer_services
    assert (acs.binding, acs.url, acs.is_default) == (POST, f"{BASE}/saml/acs", True)
    assert service.authn_requests_signed
    assert service.want_assertions_signed
    assert service.name_id_formats == (PERSISTENT, TRANSIENT)


@spec("REFEDS SAML errorURL specification", "3")
def test_the_error_page_is_given_with_its_placeholders():
    about = read_provider(own_metadata(own())).about
    assert about.error_url == (
        f"{BASE}/error?code=ERRORURL_CODE&ts=ERRORURL_TS&rp=ERRORURL_RP&tid=ERRORURL_TID&ctx=ERRORURL_CTX"
    )


def test_the_document_is_signed_as_a_whole_with_rsa_sha256():
    document = own_metadata(own())
    key = rsa_key("own").public_key()
    assert xmlsec_accepts(document, [key])
    root = parse(document)
    method = root.find(f".//{DS}SignatureMethod")
    assert method is not None
    assert method.get("Algorithm") == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    assert root[0].tag == f"{DS}Signature"
    assert read_entity(verify(root, [key])).entity_id == f"{BASE}/saml/metadata"


def test_a_changed_document_does_not_verify():
    changed = own_metadata(own()).replace(b"/saml/acs", b"/saml/ac5")
    assert not xmlsec_accepts(changed, [rsa_key("own").public_key()])
    with pytest.raises(XmlRefused):
        verify(parse(changed), [rsa_key("own").public_key()])


def test_the_document_follows_the_schema_and_other_readers_take_it():
    document = own_metadata(own(now=4_000_000_000))
    check_schema(parse(document), "metadata")
    assert objection(document.decode()) is None


def test_pysaml2_as_a_peer_finds_our_endpoints_and_keys():
    from saml2.attribute_converter import ac_factory
    from saml2.mdstore import InMemoryMetaData

    store = InMemoryMetaData(ac_factory(), None)
    store.parse(own_metadata(own(now=4_000_000_000)).decode())

    (entity,) = store.entity.values()
    (role,) = entity["idpsso_descriptor"]
    assert [each["location"] for each in role["single_sign_on_service"]] == [f"{BASE}/saml/sso"] * 2
    assert role["want_authn_requests_signed"] == "true"
    assert len(store.certs(f"{BASE}/saml/metadata", "idpsso", "signing")) == 3


def test_the_same_value_gives_the_same_octets_and_another_time_another_id():
    first, second = own_metadata(own()), own_metadata(own())
    later = own_metadata(own(now=make.NOW + 1))
    assert first == second
    assert parse(first).get("ID") != parse(later).get("ID")
    assert parse(first).get("cacheDuration") == "PT21600S"


def test_our_own_check_has_nothing_to_object():
    findings = check(own_metadata(own()), Context(now=make.NOW)).findings
    assert [finding.id for finding in findings if finding.severity is not Severity.HINT] == []


def test_nothing_is_said_that_was_not_given():
    bare = own(
        levels=(), entity_categories=(), scopes=(), logos=(), descriptions={}, information_urls={},
        organisation=OwnOrganisation({"sv": "R"}, {"sv": "R"}, {"sv": "https://r.example/"}),
        contacts=(Contact("support", None, ("a@r.example",)),),
    )  # fmt: skip
    entity = read_entity(own_metadata(bare))
    assert entity.attributes == {}
    assert entity.organization is not None
    assert entity.organization.number is None
    assert (entity.contacts[0].name, entity.roles[0].scopes) == (None, ())


def test_a_certificate_that_is_none_is_not_published():
    with pytest.raises(ValueError, match="asn1"):
        own_metadata(own(encryption_certificate=b"x"))


def test_a_value_that_the_schema_forbids_is_not_published():
    with pytest.raises(XmlRefused, match="schema"):
        own_metadata(own(contacts=(Contact("boss"),)))


LANGUAGES = st.sampled_from(["sv", "en", "fi"])
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
TEXTS = st.builds(Localized, LANGUAGES, WORDS)
PAGES = st.builds(Localized, LANGUAGES, st.just("https://a.example/"))
NAMES = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
URLS = st.sampled_from(["https://a.example/x", "https://b.example/y?z=1&w=2"])
ALGORITHM_URIS = st.lists(st.sampled_from(["http://a.example/1", "http://a.example/2"]), max_size=2).map(tuple)
LOGOUTS = st.builds(Location, st.just(SLO), st.sampled_from([POST, REDIRECT]), URLS, st.none() | URLS)
SCOPES = st.lists(st.builds(Scope, WORDS, st.booleans()), max_size=2).map(tuple)
KEYS = st.builds(
    Key,
    use=st.sampled_from([None, "signing", "encryption"]),
    certificate=st.sampled_from([make.certificate(), make.certificate(ec_key("peer"))]),
    methods=ALGORITHM_URIS.map(lambda methods: (*methods, OAEP_MGF1P)),
    oaep_digests=ALGORITHM_URIS,
)
INTERFACES = st.builds(
    Interface,
    names=st.just(()) | NAMES,
    descriptions=st.just(()) | NAMES,
    information_urls=st.lists(PAGES, max_size=2).map(tuple),
    logos=st.just(()) | st.just((Logo("https://a.example/l.svg", 1, 2, "sv"), Logo("https://a.example/l.png", 3, 4))),
)
ATTRIBUTE_SERVICES = st.builds(
    AttributeService,
    st.integers(0, 9),
    st.booleans(),
    NAMES,
    st.lists(st.builds(Requested, WORDS, st.none() | st.just("urn:a"), st.booleans()), min_size=1, max_size=2).map(
        tuple
    ),
)


def roles(kind: str) -> st.SearchStrategy[Role]:
    service = kind == SP_ROLE
    endpoint = (
        st.builds(Location, st.just(ACS), st.just(POST), URLS, st.none(), st.integers(0, 9), st.booleans())
        if service
        else st.builds(Location, st.just(SSO), st.just(REDIRECT), URLS)
    )
    return st.builds(
        Role,
        kind=st.just(kind),
        keys=st.lists(KEYS, max_size=2).map(tuple),
        locations=st.tuples(LOGOUTS, endpoint),
        signs=st.booleans() if service else st.just(False),
        wants_signed=st.booleans(),
        name_id_formats=ALGORITHM_URIS,
        attribute_services=st.lists(ATTRIBUTE_SERVICES, max_size=2).map(tuple) if service else st.just(()),
        interface=INTERFACES,
        scopes=SCOPES,
        digest_methods=ALGORITHM_URIS,
        signing_methods=ALGORITHM_URIS,
        error_url=st.none() | URLS,
        valid_until=st.none(),
    )


ENTITIES = st.builds(
    Entity,
    entity_id=URLS,
    roles=st.tuples(roles(IDP_ROLE), roles(SP_ROLE)),
    attributes=st.dictionaries(WORDS, st.lists(WORDS, min_size=1, max_size=2).map(tuple), max_size=2),
    organization=st.none() | st.builds(Organization, NAMES, NAMES, st.tuples(PAGES), st.none() | WORDS),
    contacts=st.lists(
        st.builds(Contact, st.just("support"), st.none() | WORDS, st.just(("a@b.example",))), max_size=2
    ).map(tuple),
    digest_methods=ALGORITHM_URIS,
    signing_methods=ALGORITHM_URIS,
    scopes=SCOPES,
    valid_until=st.none() | st.integers(0, 10**10),
    cache_duration=st.none() | st.integers(0, 10**6),
)


@settings(max_examples=60, deadline=None)
@given(entity=ENTITIES)
def test_what_is_written_is_what_is_read(entity):
    assert read_entity(write_entity(entity)) == entity
