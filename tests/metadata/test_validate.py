"""`metadata check`: one broken file for each rule, and a good one about which nothing is said."""

import datetime as dt
import json
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata import client_rules, document_rules, saml_advice, saml_rules
from metadata.saml import DOCUMENT_LIMIT, MetadataRefused, read_provider, read_service
from metadata.validate import Context, Finding, Report, Severity, check, format_report
from metadata.wire import pysaml2_tables
from metadata.wire.saml_metadata_document import ENTITIES_LIMIT
from metadata.wire.xml import XmlRefused
from tests.support import saml_metadata as make
from tests.support.saml import ec_key, octets, rsa_key, signed_by_xmlsec, tree

spec = pytest.mark.spec
AT = Context(now=make.NOW)
EC = "http://macedir.org/entity-category"
ASSURANCE = "urn:oasis:names:tc:SAML:attribute:assurance-certification"
PNR = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
UNTIL = 'validUntil="2026-10-01T00:00:00Z"'
NUMBER = (
    "<md:Extensions><o:OrganizationNumber xmlns:o='http://id.swedenconnect.se/authn/1.0/md-org-ext/ns'>2021001234"
    "</o:OrganizationNumber></md:Extensions>"
)
CONTACT = '<md:ContactPerson contactType="technical"><md:EmailAddress>mailto:it@b.example</md:EmailAddress></md:ContactPerson>'
AFTER = make.organization(extensions=NUMBER) + CONTACT
UI = (
    "<mdui:UIInfo><mdui:DisplayName xml:lang='sv'>Tjänsten</mdui:DisplayName>"
    "<mdui:DisplayName xml:lang='en'>The service</mdui:DisplayName>"
    "<mdui:Description xml:lang='sv'>En tjänst.</mdui:Description>"
    "<mdui:InformationURL xml:lang='sv'>https://sp.example/om</mdui:InformationURL>"
    "<mdui:Logo width='10' height='10'>https://sp.example/logo.svg</mdui:Logo></mdui:UIInfo>"
)
SIGNS = 'AuthnRequestsSigned="true" WantAssertionsSigned="true"'
PERSISTENT = "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>"
SCOPE = '<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="false">2021001234</shibmd:Scope>'
IDP_FLAGS = 'WantAuthnRequestsSigned="true" errorURL="https://idp.example/error?code=ERRORURL_CODE"'
SHA1 = '<alg:SigningMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>'
SHA256 = '<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
SOON = dt.datetime.fromtimestamp(make.NOW, dt.UTC) + dt.timedelta(days=14)
SIGNATURE_SERVICE = "http://id.elegnamnden.se/st/1.0/sigservice"


def service(
    *,
    content: str = "",
    ui: str = UI,
    categories: tuple[str, ...] = (PNR,),
    role: dict[str, str] | None = None,
    **more: str,
) -> bytes:
    """A service that nothing is wrong with, but for what is given."""
    parts = {"flags": SIGNS, "extensions": ui, **(role or {})}
    body = content or make.slo() + PERSISTENT + make.acs()
    attribute = make.entity_attribute(EC, *categories) if categories else ""
    rest = {"extensions": attribute + more.pop("algorithms", ""), "flags": UNTIL, "after": AFTER, **more}
    return make.entity(make.sp_role(body, **parts), **rest)


def provider(*, content: str = "", levels: str = "x", scope: str = SCOPE, categories: str = "", **role: str) -> bytes:
    parts = {"flags": IDP_FLAGS, "extensions": scope + UI, **role}
    body = content or make.slo() + PERSISTENT + make.sso()
    attributes = (make.entity_attribute(ASSURANCE, levels) if levels else "") + categories
    return make.entity(make.idp_role(body, **parts), extensions=attributes, flags=UNTIL, after=AFTER)


def replaced(old: str, new: str, document: bytes | None = None) -> bytes:
    whole = (document or service()).decode()
    assert old in whole
    return whole.replace(old, new, 1).encode()


def signed(method: str = "rsa-sha256", digest: str = "sha256", *, certificate: str | None = "peer") -> bytes:
    root = tree(service(flags=f'ID="_m" {UNTIL}'))
    signed_by_xmlsec(root, rsa_key("peer"), method, digest)
    if certificate is not None:
        shown = make.in_lines(make.certificate(rsa_key(certificate)) if certificate else b"no certificate")
        info = tree(
            '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
            f"<ds:X509Certificate>{shown}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>".encode()
        )
        root[0].append(info)
    return octets(root)


def found(document: bytes, **options: object) -> dict[str, list[Finding]]:
    by_id: dict[str, list[Finding]] = {}
    for finding in check(document, Context(now=make.NOW, **options)).findings:  # type: ignore[arg-type]
        by_id.setdefault(finding.id, []).append(finding)
    return by_id


def keys(*ders: bytes, more: str = "") -> dict[str, str]:
    return {"keys": "".join(make.key("signing", der) for der in ders) + make.key("encryption", more=more)}


def encrypting(method: str) -> str:
    return f'<md:EncryptionMethod Algorithm="http://www.w3.org/{method}"/>'


def asked(name: str, more: str = "") -> str:
    return make.acs() + make.requested(name).replace('isRequired="false"', more)


WITH_LOGOUT = make.slo() + PERSISTENT

SAML = [
    # refused
    ("entity-id", service(entity_id="a b"), {"entity-id-relative"}),
    ("expired", service(flags='validUntil="2020-01-01T00:00:00Z"'), set()),
    ("several-roles", replaced("</md:SPSSODescriptor>", "</md:SPSSODescriptor>" + make.sp_role()), None),
    ("private-key", service(role=keys(make.certificate(), make.private_der())), set()),
    ("certificate", service(role=keys(make.certificate(), b"x")), set()),
    ("weak-key", service(role=keys(make.certificate(), make.certificate(make.weak_key()))), set()),
    ("no-signing-key", service(role=keys()), set()),
    ("encryption-key", service(role={"keys": make.key() + make.key("encryption", make.certificate(ec_key("peer")))}),
     {"no-encryption-key"}),
    ("weak-algorithms", service(algorithms=SHA1), {"old-algorithm"}),
    ("no-acs", service(content=WITH_LOGOUT + make.acs(binding=make.REDIRECT)), {"acs-unused"}),
    ("no-sso", provider(content=WITH_LOGOUT + make.sso(binding=f"{make.BINDINGS}SOAP")), set()),
    ("address", service(content=WITH_LOGOUT + make.acs("http://sp.example/")), set()),
    ("page-address", service(after=make.organization("javascript:1", NUMBER) + CONTACT), set()),
    ("duplicate-index", service(content=WITH_LOGOUT + make.acs(more=' isDefault="true"') + make.acs("https://b.example/")),
     set()),
    ("several-defaults", service(content=WITH_LOGOUT + make.acs(more=' isDefault="true"')
                                 + make.acs(index=1, more=' isDefault="true"')), set()),
    ("no-role", make.entity(make.sp_role(), flags=UNTIL).replace(b"2.0:protocol", b"1.1:protocol"), set()),
    # left out
    ("entity-id-relative", service(entity_id="service"), set()),
    ("key-by-name", replaced("<md:KeyDescriptor", "<md:KeyDescriptor><ds:KeyInfo><ds:KeyName>a</ds:KeyName></ds:KeyInfo>"
                             "</md:KeyDescriptor><md:KeyDescriptor"), set()),
    ("further-certificates", replaced("</ds:X509Certificate>", "</ds:X509Certificate><ds:X509Certificate>eA=="
                                      "</ds:X509Certificate>"), set()),
    ("encryption-key-unused", replaced("<md:KeyDescriptor", make.key("encryption", make.certificate(ec_key("peer")))
                                       + "<md:KeyDescriptor"), set()),
    ("unknown-attribute", service(content=WITH_LOGOUT + asked("urn:oid:9.9.9")), set()),
    ("scope-pattern", provider(scope=SCOPE + SCOPE.replace("false", "true")), set()),
    # better otherwise: a service
    ("no-encryption-key", service(role={"keys": make.key()}), set()),
    ("requests-unsigned", service(role={"flags": 'WantAssertionsSigned="true"'}), set()),
    ("signature-service", service(role={"flags": 'WantAssertionsSigned="true"'}, categories=(PNR, SIGNATURE_SERVICE)), set()),
    ("assertions-unsigned", service(role={"flags": 'AuthnRequestsSigned="true"'}), set()),
    ("asks-nothing", service(categories=()), set()),
    ("no-default-acs", service(content=WITH_LOGOUT + make.acs() + make.acs(index=1)), set()),
    ("acs-unused", service(content=WITH_LOGOUT + make.acs() + make.acs(index=1, binding=f"{make.BINDINGS}PAOS")), set()),
    ("attribute-name-format", service(content=WITH_LOGOUT + asked("urn:oid:2.5.4.4", 'NameFormat="urn:other"')), set()),
    ("attribute-other-name", service(content=WITH_LOGOUT + asked("urn:mace:dir:attribute-def:givenName")),
     {"unknown-attribute"}),
    ("category-foreign", service(categories=(PNR, "http://refeds.org/category/research-and-scholarship")), set()),
    ("category-deprecated", service(categories=("http://id.swedenconnect.se/ec/sc/uncertified-loa3-pnr",)), set()),
    # a provider
    ("category-without-name", provider(categories=make.entity_attribute(EC, PNR)), set()),
    ("no-assurance", provider(levels=""), set()),
    ("no-scope", provider(scope=""), set()),
    ("no-error-url", provider(flags='WantAuthnRequestsSigned="true"'), set()),
    ("unsigned-requests-taken", provider(flags='errorURL="https://idp.example/error?code=ERRORURL_CODE"'), set()),
    # both
    ("no-logout", service(content=make.acs()), set()),
    ("name-id-format", replaced("nameid-format:persistent", "nameid-format:kerberos"), set()),
    ("no-display-name", service(ui="<mdui:UIInfo>" + UI[UI.index("<mdui:Desc") :]), set()),
    ("no-swedish-name", service(ui=UI.replace("DisplayName xml:lang='sv'", "DisplayName xml:lang='fi'")), set()),
    ("no-english-name", service(ui=UI.replace("DisplayName xml:lang='en'", "DisplayName xml:lang='fi'")), set()),
    ("no-description", service(ui=UI.replace("Description xml:lang='sv'", "Description xml:lang='en'")), set()),
    ("no-logo", service(ui=UI[: UI.index("<mdui:Logo")] + "</mdui:UIInfo>"), set()),
    ("logo-address", service(ui=UI.replace("https://sp.example/logo", "http://sp.example/logo")), set()),
    ("no-page", service(ui=UI.replace("InformationURL", "PrivacyStatementURL"), after=CONTACT), {"no-organization"}),
    ("page-http", service(ui=UI.replace("https://sp.example/om", "http://sp.example/om")), set()),
    ("no-organization", service(after=CONTACT), set()),
    ("no-organization-number", service(after=make.organization() + CONTACT), set()),
    ("organization-number", service(after=AFTER.replace("2021001234", "202100-1234")), set()),
    ("no-contact", service(after=make.organization(extensions=NUMBER)), set()),
    ("contact-mail", service(after=AFTER.replace("it@b.example", "nobody")), set()),
    ("key-for-both", service(role={"keys": make.key(None)}), set()),
    ("certificate-ends", service(role=keys(make.certificate(ends=SOON))), set()),
    ("certificate-sha1", service(role=keys(make.sha1_certificate())), set()),
    ("error-url-placeholders", provider(flags=IDP_FLAGS.replace("?code=ERRORURL_CODE", "")), set()),
    ("certificate-ended", service(role=keys(make.certificate(ends=make.EXPIRED_AT))), set()),
    ("old-algorithm", service(algorithms=SHA1 + SHA256), set()),
    ("encryption-methods", service(role=keys(make.certificate(), more=encrypting("2001/04/xmlenc#tripledes-cbc"))), set()),
    ("never-ends", service(flags=""), set()),
    ("ends-far-off", service(flags='validUntil="2036-01-01T00:00:00Z"'), set()),
    ("ends-soon", service(flags='validUntil="2026-09-22T00:00:00Z"'), set()),
    # the document
    ("no-entity", make.aggregate(make.aggregate()), set()),
    ("duplicate-entity", make.aggregate(service(), service()), set()),
    ("signature-unknown", signed(certificate=None), set()),
    ("signature-unknown", signed(certificate=""), set()),
    ("signature-broken", signed(certificate="another"), set()),
    ("signature-broken", signed().replace("Tjänsten".encode(), b"Servicen").replace(b"Tj&#228;nsten", b"Servicen"), set()),
    ("signature-old", signed("rsa-sha1", "sha1"), set()),
    ("second-reader", service(flags='validUntil="2026-10-01T00:00:00+02:00"'), set()),
]  # fmt: skip


def test_of_a_good_document_nothing_is_said():
    assert found(signed()) == {}
    assert set(found(service())) == set(found(provider())) == {"unsigned"}


@pytest.mark.parametrize(("rule", "document", "also"), [pytest.param(*case, id=case[0]) for case in SAML])
def test_a_rule_is_found_broken_and_no_other(rule, document, also):
    ids = set(found(document)) - {"unsigned"}
    assert rule in ids
    if also is not None:
        assert ids == {rule, *also}


FORMS = [
    ("size", b"<" + b" " * DOCUMENT_LIMIT),
    ("too-many-nodes", b"<a>" + b"<a/>" * 600_000 + b"</a>"),
    ("too-many-entities", make.aggregate(*[make.entity(make.sp_role(keys=""))] * (ENTITIES_LIMIT + 1))),
    ("depth", b"<a>" * 60 + b"</a>" * 60),
    ("not-well-formed", b"<a>"),
    ("doctype", b"<!DOCTYPE a><a/>"),
    ("declaration", b'<?xml version="1.0" encoding="latin-1"?><a/>'),
    ("processing-instruction", b"<a><?b c?></a>"),
    ("mixed-content", replaced("Exempel AB", "Exem<!-- -->pel AB")),
    ("id-name", b'<a xml:id="b"/>'),
    ("duplicate-id", b'<a ID="b"><c ID="b"/></a>'),
    ("schema", replaced("OrganizationName", "Name").replace(b"</md:OrganizationName", b"</md:Name")),
    ("not-metadata", b"<a/>"),
    ("private-key", b"<!-- -----BEGIN EC PRIVATE KEY----- -->" + make.entity()),
    ("valid-until", make.entity(flags='validUntil="2030-01-01T24:00:00Z"')),
]


@pytest.mark.parametrize(("reason", "document"), FORMS)
def test_a_document_of_another_form_is_an_error_with_a_remedy(reason, document):
    report = check(document, AT)
    assert report.refuses
    (finding,) = [each for each in report.findings if each.severity is Severity.ERROR]
    assert finding.id == reason
    assert finding.remedy


def test_a_reason_that_only_messages_meet_is_told_as_what_it_is():
    assert document_rules.form_finding(XmlRefused("character"), "/").remedy == document_rules.FORMS["schema"][1]


GOOD_CLIENT = {
    "client_id": "rp",
    "client_name": "RP",
    "redirect_uris": ["https://rp.example/cb"],
    "post_logout_redirect_uris": ["https://rp.example/"],
    "client_uri": "https://rp.example/",
    "contacts": ["it-drift@rp.example"],
    "jwks_uri": "https://rp.example/jwks",
    "token_endpoint_auth_method": "private_key_jwt",
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile offline_access",
}


def client(*without: str, **changes: object) -> bytes:
    return json.dumps(
        {name: value for name, value in {**GOOD_CLIENT, **changes}.items() if name not in without}
    ).encode()


SECRET = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": "env:RP_SECRET"}
PRIVATE = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}
CLIENTS = [
    ("json", b"[]", "", set()),
    ("json", b"", "", set()),
    ("json", b'{"a":1,"a":2}', "", set()),
    ("json", b'{"a":"' + b"x" * DOCUMENT_LIMIT + b'"}', "", set()),
    ("client-metadata", client("client_id"), "/client_id", set()),
    ("client-metadata", client(jwks={"keys": []}), "/jwks", set()),
    ("client-metadata", client(bogus=1), "/bogus", set()),
    ("client-metadata", client(**{"a/b~c": 1}), "/a~1b~0c", set()),
    ("client-metadata", client(scope=7), "/scope", set()),
    ("redirect-uri", client(redirect_uris=["http://rp.example/cb"]), "/redirect_uris", None),
    ("redirect-uri", client(redirect_uris=["https://*.example/cb"]), "/redirect_uris", None),
    ("secret-in-file", client("jwks_uri", **{**SECRET, "client_secret": "x" * 40}), "/client_secret", {"shared-secret"}),
    ("shared-secret", client("jwks_uri", **SECRET), "/token_endpoint_auth_method", set()),
    ("public-client", client("jwks_uri", token_endpoint_auth_method="none"), "/token_endpoint_auth_method", set()),
    ("public-subject", client(subject_type="public"), "/subject_type", set()),
    ("no-way-back", client("client_uri"), "/client_uri", set()),
    ("no-client-name", client("client_name"), "/client_name", set()),
    ("no-contact-address", client("contacts"), "/contacts", set()),
    ("no-contact-address", client(contacts=["nobody"]), "/contacts", set()),
    ("private-jwk", client("jwks_uri", jwks={"keys": [PRIVATE]}), "/jwks", set()),
    ("client-metadata", client("jwks_uri", jwks={"keys": [7]}), "/jwks", set()),
    ("client-metadata", client("jwks_uri", jwks=7), "/jwks", set()),
    ("client-metadata", client(**{"logo_uri#sv": "javascript:1"}), "/logo_uri#sv", set()),
    ("client-metadata", client(policy_uri="http://rp.example/p"), "/policy_uri", set()),
    ("no-logout-address", client("post_logout_redirect_uris"), "/post_logout_redirect_uris", set()),
    ("repeated-uri", client(redirect_uris=["https://rp.example/cb"] * 2), "/redirect_uris/1", set()),
    ("localhost", client(redirect_uris=["https://localhost/cb"]), "/redirect_uris/0", {"keys-elsewhere"}),
    ("unknown-scope", client(scope="openid offline_access pets"), "/scope", set()),
    ("refresh-without-offline", client(scope="openid"), "/scope", set()),
    ("keys-elsewhere", client(jwks_uri="https://keys.example/jwks"), "/jwks_uri", set()),
]  # fmt: skip


def test_of_a_good_client_nothing_is_said():
    assert found(client()) == {}
    assert found(client("client_name", **{"client_name#sv": "RP"})) == {}
    several = client(
        redirect_uris=["https://a.example/", "https://rp.example/"], sector_identifier_uri="https://rp.example/s"
    )
    assert found(several) == {}


@pytest.mark.parametrize(("rule", "document", "place", "also"), CLIENTS)
def test_a_client_that_breaks_a_rule_is_told_where(rule, document, place, also):
    by_id = found(document)
    assert place in [finding.place for finding in by_id[rule]]
    if also is not None:
        assert set(by_id) == {rule, *also}


def test_every_reason_to_refuse_a_client_is_told_at_once():
    by_id = found(
        client("client_id", redirect_uris=["javascript:1"], bogus=1, default_max_age="x", grant_types=["implicit"])
    )
    places = [finding.place for finding in chain(by_id["client-metadata"], by_id["redirect-uri"])]
    assert set(places) >= {"/client_id", "/bogus", "/default_max_age", "/grant_types", "/redirect_uris"}


@pytest.mark.parametrize(
    ("document", "places"),
    [
        (client("client_id", "redirect_uris", "jwks_uri"), ["/client_id", "/redirect_uris", "/jwks"]),
        (client("jwks_uri", token_endpoint_auth_method="none", client_secret="env:A"), ["/client_secret"]),
        (client("jwks_uri", token_endpoint_auth_method="client_secret_post"), ["/client_secret"]),
        (
            client("jwks_uri", token_endpoint_auth_method="client_secret_post", client_secret="short"),
            ["/client_secret"],
        ),
        (client("jwks_uri", jwks={"keys": [{"kty": "oct", "k": "AA"}]}), ["/jwks"]),
        (client(jwks={"keys": []}, bogus=1), ["/bogus", "/jwks"]),
    ],
)
def test_a_reason_is_told_once_and_does_not_hide_the_next(document, places):
    findings = [each for each in check(document).findings if each.severity is Severity.ERROR]
    assert sorted(each.place for each in findings) == sorted(places)


def test_no_more_than_twenty_reasons_are_told():
    assert len(found(client(**{f"x{number}": 1 for number in range(40)}))["client-metadata"]) == 20


@pytest.mark.spec("Sweden Connect entity categories", "2")
def test_a_service_that_nobody_can_serve_is_told_so_where_that_is_known():
    asked: list[frozenset[str]] = []

    def nobody(categories: frozenset[str]) -> bool:
        asked.append(categories)
        return False

    (finding,) = found(service(categories=(PNR, SIGNATURE_SERVICE)), served=nobody)["no-provider"]
    assert (finding.severity, finding.detail, asked) == (Severity.WARNING, PNR, [frozenset({PNR, SIGNATURE_SERVICE})])
    assert "client-no-provider" in found(client(), served=lambda _: False)
    for document, rule in ((service(), "no-provider"), (client(), "client-no-provider")):
        assert rule not in found(document, served=lambda _: True)
        assert check(document, Context(now=make.NOW)).not_run[rule] == "served"


def test_every_rule_has_a_broken_file_here():
    shown = {case[0] for case in (*SAML, *CLIENTS)} | {"unsigned", "no-provider"}
    tables = (saml_rules.RULES, saml_advice.ADVICE, document_rules.WHOLE, client_rules.ADVICE)
    rules = [rule for table in tables for rule in table]
    assert {rule.id for rule in rules} <= shown
    assert len({rule.id for rule in rules}) == len(rules) >= 25
    assert {reason for reason, _ in FORMS} == set(document_rules.FORMS)
    assert all(rule.why and rule.remedy and rule.source for rule in rules)


@pytest.mark.parametrize(("rule", "document", "also"), [pytest.param(*case, id=case[0]) for case in SAML])
def test_a_file_with_an_error_is_one_that_is_not_taken_and_any_other_is(rule, document, also):
    """The check and the reader agree: they share the table."""
    taken = []
    for read in (read_service, read_provider):
        try:
            read(document, now=make.NOW)
        except MetadataRefused as refused:
            taken.append(refused.reason == "several-entities" and rule != "duplicate-entity")
        else:
            taken.append(True)
    assert check(document, AT).refuses is not any(taken)


def test_an_aggregate_is_looked_at_entity_by_entity_and_says_which():
    group = make.aggregate(service(), make.entity(entity_id="https://b.example/"), replaced("Exempel AB", "<!-- -->"))
    findings = check(group.replace(b'validUntil="2026-10-01T00:00:00Z"', b"", 1), AT).findings
    places = {finding.place for finding in findings}
    assert "/EntitiesDescriptor//EntityDescriptor[@entityID='https://b.example/']/Organization" in places
    assert any(finding.id == "mixed-content" for finding in findings)


def test_what_is_said_of_an_entity_in_both_roles_is_said_once():
    findings = check(make.adfs_idp(), AT).findings
    assert [finding.id for finding in findings].count("no-organization") == 1
    assert len(set(findings)) == len(findings)


def test_errors_come_first_and_http_on_loopback_is_taken_in_test_systems():
    document = make.entity(make.sp_role(make.acs("http://localhost/acs")))
    findings = check(document).findings
    assert [finding.severity for finding in findings] == sorted(
        (finding.severity for finding in findings), key=list(Severity).index
    )
    assert findings[0].id == "address"
    assert not check(document, Context(allow_http_loopback=True)).refuses


def test_without_a_time_nothing_is_said_of_times():
    document = service(flags='validUntil="2020-01-01T00:00:00Z"', role=keys(make.certificate(ends=make.EXPIRED_AT)))
    report = check(document)
    assert {finding.id for finding in report.findings} == {"unsigned"}
    assert {name for name, needed in report.not_run.items() if needed == "now"} == {
        "expired", "certificate-ended", "certificate-ends", "ends-soon", "ends-far-off", "made-later",
    }  # fmt: skip


def test_a_report_is_written_for_a_terminal_with_nothing_that_moves_its_cursor():
    report = check(b'{"a\\u001b[31m": 1, "client_id": "x"}')
    text = format_report(report)
    assert "error client-metadata at /a\\u001b[31m" in text
    assert "\x1b" not in text
    assert "    do:    " in text
    counted = f"{len(report.passed)} checks passed, {len(report.not_run)} not run"
    assert text.splitlines()[-1] == f"3 errors, 0 warnings, 4 hints; {counted}"
    assert format_report(Report(())) == "0 errors, 0 warnings, 0 hints; 0 checks passed, 0 not run\n"
    assert "at the document\n" in format_report(check(b"[]"))


def test_a_report_is_written_in_swedish_too():
    text = format_report(check(service(content=WITH_LOGOUT + make.acs(binding=make.REDIRECT)), AT), "sv")
    assert "fel no-acs at /EntityDescriptor/SPSSODescriptor[1]/AssertionConsumerService, rad " in text
    assert "    varför:Det finns ingen adress dit ett svar kan skickas med POST." in text
    assert " kontroller godkända, " in text


def test_a_report_counts_the_rules_that_hold_and_names_what_was_not_known():
    report = check(signed(), AT)
    assert report.findings == ()
    assert len(report.passed) == len(set(report.passed)) > 60
    assert {"no-acs", "doctype", "weak-key", "text-formula"} <= set(report.passed)
    assert "no-sso" in report.passed  # the table of refusals is run in every role
    assert "no-assurance" not in report.passed  # advice for providers says nothing of a service
    assert report.not_run["id-taken"] == "register"
    assert report.as_json()["counts"] == {
        "errors": 0, "warnings": 0, "hints": 0, "passed": len(report.passed), "not_run": len(report.not_run),
    }  # fmt: skip
    broken_one = check(service(role=keys()), AT)
    assert "no-signing-key" not in broken_one.passed
    assert set(broken_one.passed) | {finding.id for finding in broken_one.findings} >= set(report.passed)


def test_a_document_that_cannot_be_opened_passes_nothing():
    report = check(b"<!DOCTYPE a><a/>", AT)
    assert (report.passed, report.as_json()["taken"]) == ((), False)


def on_lines(document: bytes) -> bytes:
    return document.replace(b"><", b">\n<")


@pytest.mark.parametrize(
    ("document", "rule", "marked"),
    [
        (service(content=make.slo("http://sp.example/slo") + PERSISTENT + make.acs()), "address", b"SingleLogoutService"),
        (service(role=keys(make.certificate(), b"x")), "certificate", b'<md:KeyDescriptor use="signing"><ds:KeyInfo>#2'),
        (service(after=CONTACT), "no-organization", b"<md:EntityDescriptor"),
        (service(after=AFTER.replace("2021001234", "202100-1234")), "organization-number", b"OrganizationNumber"),
        (replaced("OrganizationName", "Name").replace(b"</md:OrganizationName", b"</md:Name"), "schema", b"<md:Name xml"),
        (make.aggregate(service(), service(entity_id="service")), "entity-id-relative", b'entityID="service"'),
    ],
)  # fmt: skip
def test_a_finding_knows_its_line(document, rule, marked):
    lines = on_lines(document).splitlines()
    (line, *_) = [finding.line for finding in check(on_lines(document), AT).findings if finding.id == rule]
    marked, _, number = marked.partition(b"#")
    found_at = [at for at, each in enumerate(lines, 1) if marked.partition(b"><")[0] in each]
    assert line == found_at[int(number or 1) - 1]


def test_what_cannot_be_read_at_all_knows_its_line_where_the_parser_does():
    broken = on_lines(service() + b"<")
    assert check(broken).findings[0].line == len(broken.splitlines())
    assert check(b"<!DOCTYPE a><a/>").findings[0].line is None


def test_a_finding_about_a_client_knows_its_line():
    document = json.dumps(
        {**GOOD_CLIENT, "redirect_uris": ["https://rp.example/cb"] * 2, "bogus": {"a": ["b"]}}, indent=1
    )
    lines = document.splitlines()
    by_id = {finding.id: finding.line for finding in check(document.encode(), AT).findings}
    assert by_id["repeated-uri"] == next(at for at, each in enumerate(lines, 1) if "rp.example/cb" in each) + 1
    assert by_id["client-metadata"] == next(at for at, each in enumerate(lines, 1) if "bogus" in each)
    assert found(client("contacts"))["no-contact-address"][0].line == 1


def test_names_of_other_families_are_known_by_their_uri_name():
    assert pysaml2_tables.uri_name("mail") == "urn:oid:0.9.2342.19200300.100.1.3"
    assert pysaml2_tables.uri_name("urn:mace:dir:attribute-def:sn") == "urn:oid:2.5.4.4"
    assert pysaml2_tables.uri_name("urn:nobody:knows") is None
    assert pysaml2_tables.asked_by_category("urn:nobody:knows") is None


@settings(max_examples=100, deadline=None)
@given(document=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_the_file_there_is_an_answer(document):
    assert check(document).refuses
