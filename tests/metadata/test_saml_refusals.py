"""Metadata that may not be relied upon: each document has one thing wrong with it, and is refused for that, there.

The good document that each is made from is accepted (the last tests), so it is the one thing that refuses it.
"""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.saml import DOCUMENT_LIMIT, MetadataRefused, read_provider, read_service
from metadata.saml_rules import is_page
from metadata.wire.saml_metadata import read_entity
from tests.support import saml_metadata as make
from tests.support.saml import rsa_key

spec = pytest.mark.spec
SP, IDP = "/EntityDescriptor/SPSSODescriptor[1]", "/EntityDescriptor/IDPSSODescriptor[1]"
SHA1 = '<alg:SigningMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>'
SHA1_DIGEST = '<alg:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/>'
PEM = "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n-----END " + "PRIVATE KEY-----"
RSA_OID = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
GOOD = make.entity().decode()


def before(text: str) -> bytes:
    return text.encode() + make.entity()


def within(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


def with_acs(url: str) -> bytes:
    return make.entity(make.sp_role(make.acs(url)))


def with_key(der: bytes) -> bytes:
    return make.entity(make.sp_role(keys=make.key(der=der)))


def refusal(read, document: bytes, **options) -> tuple[str, str]:
    with pytest.raises(MetadataRefused) as caught:
        read(document, now=make.NOW, **options)
    return caught.value.reason, caught.value.place


FORMS = [
    pytest.param(b"", "not-well-formed", id="nothing"),
    pytest.param(b"not xml", "not-well-formed", id="text"),
    pytest.param(b"{}", "not-well-formed", id="JSON"),
    pytest.param(make.entity()[:-5], "not-well-formed", id="cut short"),
    pytest.param(make.entity() + b"<a/>", "not-well-formed", id="a second root"),
    pytest.param(GOOD.encode("utf-16"), "not-well-formed", id="UTF-16"),
    pytest.param(before('<?xml version="1.0" encoding="iso-8859-1"?>'), "declaration", id="another encoding"),
    pytest.param(before('<?xml version="1.1"?>'), "declaration", id="XML 1.1"),
    pytest.param(before("<!DOCTYPE a>"), "doctype", id="DOCTYPE"),
    pytest.param(
        before('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace(b"Exempel", b"&x;"), "doctype", id="XXE"
    ),
    pytest.param(before('<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>'), "doctype", id="parameter entity"),
    pytest.param(before('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'), "doctype", id="external DTD"),
    pytest.param(
        before('<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'), "doctype", id="entity bomb"
    ),
    pytest.param(within("</md:Ent", "<?x y?></md:Ent"), "processing-instruction", id="processing instruction"),
    pytest.param(b"<a>" * 60 + b"</a>" * 60, "depth", id="deep nesting"),
    pytest.param(b"<a>" + b"<a/>" * 600_000 + b"</a>", "too-many-nodes", id="a million elements"),
    pytest.param(b" " * (DOCUMENT_LIMIT + 1), "size", id="huge"),
    pytest.param(within("<md:SPSSO", "<md:SPSSO").replace(b"protocolSupport", b'xml:id="x" protocolSupport', 1), "id-name",
                 id="xml:id"),
    pytest.param(
        make.entity(make.sp_role(flags='ID="_1"'), flags='ID="_1"'), "duplicate-id", id="two elements with one ID"
    ),
    pytest.param(b"<a/>", "not-metadata", id="other XML"),
    pytest.param(GOOD.replace("SAML:2.0:metadata", "SAML:2.0:assertion").encode(), "not-metadata", id="wrong namespace"),
    pytest.param(within("</md:SPSSO", "<md:Bogus/></md:SPSSO"), "schema", id="an element that is none"),
    pytest.param(within('index="0"', ""), "schema", id="ACS without index"),
    pytest.param(within('index="0"', 'index="70000"'), "schema", id="index out of range"),
    pytest.param(within('index="0"', 'index="-1"'), "schema", id="negative index"),
    pytest.param(make.entity(make.sp_role("")), "schema", id="no ACS at all"),
    pytest.param(make.entity(""), "schema", id="no role"),
    pytest.param(within('use="signing"', 'use="sign"'), "schema", id="unknown use"),
    pytest.param(make.entity(flags='validUntil="soon"'), "schema", id="validUntil is no time"),
    pytest.param(make.entity(flags='validUntil="2030-01-01T24:00:00Z"'), "valid-until", id="hour 24"),
    pytest.param(make.entity(flags='validUntil="12030-01-01T00:00:00Z"'), "valid-until", id="a year of five digits"),
    pytest.param(
        make.entity(after=make.organization().replace("Exempel<", "Exem<!-- -->pel<")), "mixed-content",
        id="a comment within a value",
    ),
    pytest.param(before(f"<!-- {PEM} -->"), "private-key", id="a private key in a comment"),
    pytest.param(within("</md:Ent", f"{PEM}</md:Ent"), "private-key", id="a private key between elements"),
]  # fmt: skip


@spec("SAML Metadata Interoperability Profile 1.0", "2.3")
@pytest.mark.parametrize(("document", "reason"), FORMS)
def test_a_document_of_another_form_is_refused_before_anything_is_read(document, reason):
    assert refusal(read_service, document)[0] == reason


ADDRESSES = [
    "http://sp.example/acs",
    "HTTP://sp.example/acs",
    "javascript:alert(1)",
    "JavaScript:alert(1)//https://sp.example",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://sp.example/acs",
    "//sp.example/acs",
    "/acs",
    "https:///acs",
    "https://user@sp.example/acs",
    "https://sp.example/acs#fragment",
    "https://sp.example/../acs",
    "https://2130706433/acs",
    "https://sp.example:0/acs",
    "https://sp.example:99999/acs",
    "https://sp.example/" + "a" * 2000,
    "https://*.sp.example/acs",
    "https://sp.exämple/acs",
    "https://sp.example\\@evil.example/acs",
]


@spec("Sweden Connect deployment profile", "5.2")
@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_is_not_plain_https_refuses_the_service(url):
    reason, place = refusal(read_service, with_acs(url))
    assert (reason, place) in {("address", f"{SP}/AssertionConsumerService[1]/@Location"), ("schema", "")}


@pytest.mark.parametrize("url", ["http://sp.example/acs", "http://10.0.0.1/acs", "http://localhost.evil.example/acs"])
def test_http_beyond_loopback_is_refused_in_test_systems_too(url):
    assert refusal(read_service, with_acs(url), allow_http_loopback=True)[0] == "address"


WEAK = [
    pytest.param(make.certificate(make.weak_key()), "weak-key", id="RSA 1024"),
    pytest.param(make.certificate(make.small_exponent_key()), "weak-key", id="RSA with exponent 3"),
    pytest.param(make.certificate(make.odd_curve_key()), "weak-key", id="an odd curve"),
    pytest.param(make.private_der(rsa_key("peer")), "private-key", id="a private RSA key"),
    pytest.param(make.private_der(), "private-key", id="a private EC key"),
    pytest.param(make.private_der(password=b"secret"), "private-key", id="an encrypted private key"),
    pytest.param(make.certificate()[:-9], "certificate", id="a certificate cut short"),
    pytest.param(make.certificate() + b"x", "certificate", id="something after the certificate"),
    pytest.param(b"\x30\x00", "certificate", id="an empty sequence"),
    pytest.param(
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certificate", id="PEM encoded again"
    ),
    pytest.param(b"x" * 70_000, "certificate", id="a certificate of 70 kB"),
    pytest.param(make.dsa_certificate(), "certificate", id="DSA"),
    pytest.param(
        make.certificate().replace(RSA_OID, RSA_OID[:-1] + b"\x63"), "certificate", id="an unknown kind of key"
    ),
    pytest.param(
        make.certificate().replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"),
        "certificate",
        id="a certificate of version 10",
    ),
]


@spec("Sweden Connect deployment profile", "8")
@pytest.mark.parametrize(("der", "reason"), WEAK)
def test_a_key_that_nobody_should_trust_refuses_the_document(der, reason):
    assert refusal(read_service, with_key(der)) == (reason, f"{SP}/KeyDescriptor[1]")


SERVICES = [
    pytest.param(make.entity(make.sp_role(flags='AuthnRequestsSigned="true"', keys=make.key("encryption"))),
                 "no-signing-key", SP, id="signed requests without a key"),
    pytest.param(make.entity(make.sp_role(keys=make.key() + make.key("encryption", make.certificate(make.p384_key())))),
                 "encryption-key", f"{SP}/KeyDescriptor[2]", id="no encryption key that we can use"),
    pytest.param(make.entity(make.sp_role(keys=make.key() + '<md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:KeyName>x'
                 "</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>")),
                 "encryption-key", f"{SP}/KeyDescriptor[2]", id="an encryption key that is only named"),
    pytest.param(make.entity(extensions=SHA1), "weak-algorithms", "/EntityDescriptor/Extensions", id="SHA-1 alone"),
    pytest.param(make.entity(make.sp_role(extensions=SHA1_DIGEST)), "weak-algorithms", f"{SP}/Extensions",
                 id="SHA-1 digests alone"),
    pytest.param(make.entity(make.sp_role(make.acs(binding=f"{make.BINDINGS}HTTP-Artifact"))),
                 "no-acs", f"{SP}/AssertionConsumerService", id="artifact alone"),
    pytest.param(make.entity(make.sp_role(make.acs(binding=make.REDIRECT))),
                 "no-acs", f"{SP}/AssertionConsumerService", id="an ACS by redirect"),
    pytest.param(make.entity(make.sp_role(make.acs() + make.acs("https://sp.example/2"))),
                 "duplicate-index", f"{SP}/AssertionConsumerService[1]/@index", id="two ACS with one index"),
    pytest.param(make.entity(make.sp_role(make.acs() + make.requested("a") + make.requested("b"))),
                 "duplicate-index", f"{SP}/AttributeConsumingService[1]/@index", id="two attribute services, one index"),
    pytest.param(make.entity(make.sp_role(make.acs(more=' isDefault="1"') + make.acs(index=1, more=' isDefault="true"'))),
                 "several-defaults", f"{SP}/AssertionConsumerService[2]/@isDefault", id="two defaults"),
    pytest.param(make.entity(make.sp_role() + make.sp_role()),
                 "several-roles", "/EntityDescriptor/SPSSODescriptor[2]", id="two roles"),
    pytest.param(make.entity(make.sp_role(make.slo("http://sp.example/slo") + make.acs())),
                 "address", f"{SP}/SingleLogoutService[1]/@Location", id="logout by http"),
    pytest.param(make.entity(make.sp_role(make.slo(more=' ResponseLocation="javascript:1"') + make.acs())),
                 "address", f"{SP}/SingleLogoutService[1]/@ResponseLocation", id="a logout response to javascript"),
    pytest.param(make.entity(make.sp_role(make.acs() + make.acs("javascript:1", 1, binding=f"{make.BINDINGS}PAOS"))),
                 "address", f"{SP}/AssertionConsumerService[2]/@Location", id="javascript in an endpoint we do not use"),
    pytest.param(make.entity(after=make.organization("javascript:alert(1)")),
                 "page-address", "/EntityDescriptor/Organization/OrganizationURL[1]", id="javascript as home page"),
    pytest.param(make.entity(make.sp_role(extensions="<mdui:UIInfo><mdui:InformationURL xml:lang='sv'>data:text/html,x"
                 "</mdui:InformationURL></mdui:UIInfo>")),
                 "page-address", f"{SP}/Extensions/UIInfo/InformationURL[1]", id="data as information page"),
    pytest.param(make.entity(after=make.organization("https://a.example/?&quot;onload=1")),
                 "page-address", "/EntityDescriptor/Organization/OrganizationURL[1]", id="a quote in a page"),
    pytest.param(make.entity(after=make.organization("https:///x")),
                 "page-address", "/EntityDescriptor/Organization/OrganizationURL[1]", id="a page without a host"),
    pytest.param(make.entity(flags='validUntil="2020-01-01T00:00:00Z"'),
                 "expired", "/EntityDescriptor/@validUntil", id="past its end"),
    pytest.param(make.entity(make.sp_role(flags='validUntil="2020-01-01T00:00:00Z"')),
                 "expired", f"{SP}/@validUntil", id="a role past its end"),
    pytest.param(make.aggregate(make.entity(), flags='validUntil="2020-01-01T00:00:00Z"'),
                 "expired", "/EntityDescriptor/@validUntil", id="an aggregate past its end"),
    pytest.param(make.entity(entity_id=""), "entity-id", "/EntityDescriptor/@entityID", id="no entityID"),
    pytest.param(make.entity(entity_id="https://a.example/ b"), "entity-id", "/EntityDescriptor/@entityID", id="a space"),
    pytest.param(make.entity(entity_id="&quot;&gt;&lt;script&gt;"), "entity-id", "/EntityDescriptor/@entityID",
                 id="markup in the entityID"),
    pytest.param(make.entity(entity_id="javascript:alert(1)"), "entity-id", "/EntityDescriptor/@entityID",
                 id="javascript as entityID"),
    pytest.param(make.entity(entity_id="https://tjänst.example/"), "entity-id", "/EntityDescriptor/@entityID",
                 id="letters outside ASCII, that others look like"),
    pytest.param(make.entity(make.idp_role()), "no-role", "/EntityDescriptor/SPSSODescriptor", id="an IdP alone"),
    pytest.param(make.entity().replace(b"SAML:2.0:protocol", b"SAML:1.1:protocol"),
                 "no-role", "/EntityDescriptor/SPSSODescriptor", id="SAML 1.1 alone"),
    pytest.param(make.aggregate(make.entity(), make.entity(entity_id="https://b.example/")),
                 "several-entities", "", id="two entities and none chosen"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "reason", "place"), SERVICES)
def test_a_service_that_cannot_be_relied_upon_is_refused_at_the_place(document, reason, place):
    assert refusal(read_service, document) == (reason, place)


def test_an_entity_id_of_more_than_1024_characters_is_refused_by_the_schema_or_the_rule():
    entity_id = "https://a.example/" + "a" * 1010
    assert refusal(read_service, make.entity(entity_id=entity_id))[0] in {"entity-id", "schema"}


PROVIDERS = [
    pytest.param(make.entity(make.idp_role(keys=make.key("encryption"))), "no-signing-key", IDP, id="no signing key"),
    pytest.param(make.entity(make.idp_role(keys="")), "no-signing-key", IDP, id="no key at all"),
    pytest.param(make.entity(make.idp_role(make.sso(binding=f"{make.BINDINGS}SOAP"))),
                 "no-sso", f"{IDP}/SingleSignOnService", id="SOAP alone"),
    pytest.param(make.entity(make.idp_role(make.sso("http://idp.example/sso"))),
                 "address", f"{IDP}/SingleSignOnService[1]/@Location", id="http"),
    pytest.param(make.entity(make.idp_role(flags='errorURL="javascript:1"')),
                 "page-address", f"{IDP}/@errorURL", id="javascript as error page"),
    pytest.param(make.entity(make.idp_role(keys=make.key(der=make.certificate(make.weak_key())))),
                 "weak-key", f"{IDP}/KeyDescriptor[1]", id="a weak key"),
    pytest.param(make.entity(), "no-role", "/EntityDescriptor/IDPSSODescriptor", id="a service alone"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "reason", "place"), PROVIDERS)
def test_a_provider_that_cannot_be_relied_upon_is_refused_at_the_place(document, reason, place):
    assert refusal(read_provider, document) == (reason, place)


def test_an_entity_that_is_there_twice_is_not_chosen():
    twice = make.aggregate(make.entity(), make.entity())
    assert refusal(read_service, twice, entity_id="https://sp.example/metadata")[0] == "duplicate-entity"


@pytest.mark.parametrize(
    "document", [make.entity(), make.aggregate(make.entity()), make.aggregate(make.aggregate(make.entity()))]
)
def test_an_entity_that_is_not_there_is_not_found(document):
    assert refusal(read_service, document, entity_id="https://other.example/")[0] == "entity-missing"


def test_a_bare_key_value_that_is_no_key_is_refused():
    for modulus, exponent in ((0, 65537), (12, 1)):
        value = make.rsa_key_value(modulus, exponent)
        assert refusal(read_service, make.entity(make.sp_role(keys=value)))[0] == "certificate"


def test_pem_lines_around_a_certificate_are_refused():
    document = with_key(b"xx").replace(b"eHg=", b"-----BEGIN CERTIFICATE-----\neHg=\n-----END CERTIFICATE-----")
    assert refusal(read_service, document) == ("schema", "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://[x",
        "https://a b/",
        "https://a/\n",
        "https://ä/",
        "mailto:a@b",
        "https://u@a/",
        "x" * 2001,
        "https://a/<",
    ],
)
def test_an_address_that_no_person_may_be_sent_to_is_no_page(url):
    assert not is_page(url)
    assert is_page("https://a.example/?b=c")


def test_a_certificate_with_stray_bits_after_its_base64_is_refused():
    document = with_key(b"xx").replace(b"eHg=", b"eHh=")
    assert refusal(read_service, document)[0] in {"certificate", "schema"}


def test_the_end_is_not_looked_at_without_a_time():
    assert read_service(make.entity(flags='validUntil="2020-01-01T00:00:00Z"')).about.valid_until == 1_577_836_800


def test_the_moment_of_valid_until_itself_is_past():
    document = make.entity(flags='validUntil="2030-01-01T00:00:00Z"')
    assert read_service(document, now=1_893_455_999).service
    with pytest.raises(MetadataRefused, match="expired at /EntityDescriptor/@validUntil"):
        read_service(document, now=1_893_456_000)


def test_the_refusal_tells_its_reason_and_keeps_the_detail_for_the_log():
    with pytest.raises(MetadataRefused, match=r"^size$") as caught:
        read_service(b" " * (DOCUMENT_LIMIT + 1))
    assert caught.value.detail == ""
    with pytest.raises(MetadataRefused) as caught:
        read_service(with_acs("http://sp.example/"))
    assert "http is for" in caught.value.detail


def test_the_good_documents_are_good():
    assert read_service(make.entity(), now=make.NOW).about.findings == ()
    assert read_provider(make.entity(make.idp_role()), now=make.NOW).about.findings == ()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_document_changed_anywhere_is_read_or_refused_and_nothing_else(data):
    """No change of bytes leads to another exception than a refusal, which the caller shows."""
    good = data.draw(st.sampled_from([make.shibboleth_sp(), make.simplesamlphp(), make.adfs_idp()]))
    at = data.draw(st.integers(0, len(good)))
    new = data.draw(st.sampled_from([b"", b"<", b'"', b"&", b"\xff", b"0", b"md:", b"<!-- -->", b"]]>"]))
    changed = good[:at] + new + good[at + data.draw(st.integers(0, 30)) :]
    for read in (read_service, read_provider):
        with contextlib.suppress(MetadataRefused):
            assert read(changed, now=make.NOW).about.names


def test_the_cache_duration_is_read_in_seconds_where_it_can_be():
    for value, seconds in (("PT6H", 21600), ("P1DT1H1M1.5S", 90061), ("P1Y", None)):
        assert read_entity(make.entity(flags=f'cacheDuration="{value}"')).cache_duration == seconds
