"""Login with a card: which certificates say who somebody is, and what the person is told when one does not."""

import base64
import socketserver
import threading
import wsgiref.simple_server
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from pydantic import ValidationError

from idp_adapters.base import Ask, AskCertificate, Authenticated, Failed, Inbound
from idp_adapters.catalogue import settings_class
from idp_adapters.methods.card import CardSettings
from idp_adapters.simulators.ca import ISSUERS, Holder, TestCa, Trouble, make_wsgi_app
from metadata.wire.egress import PURPOSES, Egress, EgressFailed, EgressPolicy, EgressRefused, Response
from metadata.wire.x509 import BadCertificate
from tests.support import pki
from tests.support.card_world import HOST, KAJSA, LOA2, LOA3, NOW, POLICIES, CardWorld, tools
from trust_framework.attributes import CATALOGUE
from trust_framework.providers import accept

POLICY = "2.999.1"
TOLVAN = "191212121212"
ADDRESSES = [
    (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{HOST}/ocsp/x")
                )
            ]
        ),
        False,
    ),
    (
        x509.CRLDistributionPoints(
            [x509.DistributionPoint([x509.UniformResourceIdentifier(f"{HOST}/crl/x.crl")], None, None, None)]
        ),
        False,
    ),
]


@pytest.fixture
def world(tmp_path):
    return CardWorld(tmp_path)


def reason(outcome):
    assert isinstance(outcome, Failed), outcome
    return outcome.reason.code


# --- the good card


def test_a_card_in_good_standing_says_who_holds_it(world):
    card = world.card()
    outcome = world.login(card.der())
    assert isinstance(outcome, Authenticated)
    asserted = outcome.asserted
    assert (asserted.subject.format, asserted.subject.value) == ("hsa-id", "TST2321000016-1001")
    assert ISSUERS["person-hsa-3"].name in asserted.subject.issuer
    assert asserted.level == ISSUERS["person-hsa-3"].policy
    assert asserted.authenticated_at == NOW
    assert asserted.authn_methods == ("sc", "pin")
    assert base64.b64decode(asserted.evidence["certificate"]) == card.der()
    assert ocsp.load_der_ocsp_response(base64.b64decode(asserted.evidence["ocsp"])).serial_number == (
        card.certificate.serial_number
    )


def test_its_words_become_catalogue_attributes_and_a_level_of_ours(world):
    accepted = accept(world.login(world.card().der()).asserted, world.settings.terms("card"))
    assert accepted.dropped == ()
    assert accepted.identity.level == LOA3
    attributes = accepted.identity.attributes
    assert attributes["employeeHsaId"] == ("TST2321000016-1001",)
    assert attributes["credentialGivenName"] == ("Kajsa",)
    assert attributes["credentialSurname"] == ("Provsson",)
    assert attributes["credentialDisplayName"] == ("Kajsa Provsson",)
    assert attributes["credentialOrganizationName"] == ("Exempelsjukhuset",)
    assert attributes["credentialCertificatePolicies"] == (ISSUERS["person-hsa-3"].policy,)
    assert "Kajsa Provsson" in attributes["x509SubjectName"][0]
    assert ISSUERS["person-hsa-3"].name in attributes["x509IssuerName"][0]


def test_a_personal_number_on_the_card_is_a_personal_identity_number(world):
    card = world.card(replace(KAJSA, identifier=TOLVAN), "person-id-3")
    accepted = accept(world.login(card.der()).asserted, world.settings.terms("card"))
    assert accepted.identity.subject.format == "personnummer"
    assert accepted.identity.attributes["personalIdentityNumber"] == (TOLVAN,)
    assert accepted.identity.attributes["credentialPersonalIdentityNumber"] == (TOLVAN,)


def test_a_coordination_number_keeps_its_kind(world):
    outcome = world.login(world.card(replace(KAJSA, identifier="197010632391"), "person-id-3").der())
    assert outcome.asserted.subject.format == "samordningsnummer"


def test_two_spellings_of_an_hsa_id_are_one_subject(world):
    upper, lower = (
        world.login(world.card(replace(KAJSA, identifier=spelling)).der()).asserted.subject
        for spelling in ("TST2321000016-1a", "TST2321000016-1A")
    )
    assert upper == lower


def test_a_reserve_card_gives_its_lower_level(world):
    accepted = accept(world.login(world.card(issuer="person-hsa-2").der()).asserted, world.settings.terms("card"))
    assert accepted.identity.level == LOA2


def test_every_attribute_of_the_terms_is_in_the_catalogue(world):
    terms = world.settings.terms("card")
    assert set(terms.attributes.values()) <= set(CATALOGUE)
    assert terms.identifiers == {"employeeHsaId", "personalIdentityNumber"}
    assert (terms.id, terms.ceiling) == ("card", LOA3)
    assert set(terms.gives()) == {LOA3, LOA2}
    assert CardSettings(anchors=("x",), policies=POLICIES, ceiling=LOA2).terms("card").ceiling == LOA2


def test_the_catalogue_knows_the_method():
    assert settings_class("card") is CardSettings


# --- the start


def test_a_login_begins_at_the_card_listener(world):
    started = world.adapter.start(Ask("login", "https://broker.test/x", "Tjänst", "svc", levels=("2.999.1",)), NOW)
    assert started == AskCertificate(b'["2.999.1"]')


def test_a_passive_login_cannot_ask_for_a_card(world):
    started = world.adapter.start(Ask("login", "https://broker.test/x", "Tjänst", "svc", passive=True), NOW)
    assert reason(started) == "passive-impossible"


@pytest.mark.parametrize("state", [b"", b"{}", b"\xff", b"null", b"[" * 10])
def test_a_state_that_the_method_did_not_write_identifies_nobody(world, state):
    assert reason(world.login(world.card().der(), levels=state)) == "login-failed"


# --- the cards of the test CA, each with its page


@pytest.mark.parametrize(
    ("make", "page"),
    [
        (lambda w: (), "cert-none"),
        (lambda w: (w.card(signing=True).der(),), "cert-kind"),
        (lambda w: (w.ca.stranger_card(KAJSA, key="p256").der(),), "cert-issuer"),
        (lambda w: (w.ca.expired_card(KAJSA, key="p256").der(),), "cert-expired"),
        (lambda w: (w.ca.revoked_card(KAJSA, key="p256").der(),), "cert-revoked"),
        (lambda w: (w.card(replace(KAJSA, identifier="19121212-1212")).der(),), "cert-identity"),
        (lambda w: (w.card(replace(KAJSA, identifier="191212121213"), "person-id-3").der(),), "cert-identity"),
        (lambda w: (b"garbage",), "cert-issuer"),
        (lambda w: (b"",), "cert-issuer"),
        (lambda w: (w.card().der(), b"garbage"), "cert-issuer"),
        (lambda w: (w.card().der(),) * 11, "cert-issuer"),
    ],
)
def test_each_bad_card_has_its_own_page(world, make, page):
    assert reason(world.login(*make(world))) == page


def test_a_function_certificate_is_nobodys_card(tmp_path):
    world = CardWorld(tmp_path, anchors=(str(tmp_path / "ca.pem"),))
    pem, _ = world.ca.client_certificate("server.test")
    certificates = [each.public_bytes(pki.serialization.Encoding.DER) for each in x509.load_pem_x509_certificates(pem)]
    assert reason(world.login(*certificates)) == "cert-issuer"


def test_with_the_root_alone_as_anchor_the_issuing_ca_must_be_in_good_standing_too(tmp_path):
    world = CardWorld(tmp_path, anchors=(str(tmp_path / "ca.pem"),))
    card = world.card()
    issuer = card.issuer.public_bytes(pki.serialization.Encoding.DER)
    assert reason(world.login(card.der())) == "cert-issuer"  # the listener got no issuing CA
    outcome = world.login(card.der(), issuer)
    assert set(outcome.asserted.evidence) == {"certificate", "ocsp", "issuer1.ocsp"}
    world.ca.revoke(card.issuer)
    world.now += 3601
    assert reason(world.login(card.der(), issuer)) == "cert-revoked"


# --- the zoo: certificates made one wrong thing at a time


class Zoo:
    """One root, one issuing CA, everything good at the status addresses."""

    def __init__(self, **settings):
        self.root = pki.Authority.root()
        self.issuing = self.root.issuing(policies=[POLICY])
        self.settings = CardSettings(
            **{"anchors": (self.root.pem.decode(), self.issuing.pem.decode()), "policies": {POLICY: LOA3}, **settings}
        )
        self.adapter = self.settings.adapter("card", tools(self))
        self.leafs = {}

    def fetch(self, outbound):
        asked = ocsp.load_der_ocsp_request(outbound.body)
        issued, nonce = self.leafs[asked.serial_number], asked.extensions.get_extension_for_class(x509.OCSPNonce)
        return Response(200, {}, self.issuing.ocsp(issued.certificate, nonce=nonce.value.nonce))

    def leaf(self, **options):
        options = {"serial_number": TOLVAN, "policies": [POLICY], **options}
        options["more"] = [*options.get("more", ()), *ADDRESSES]
        issued = options.pop("by", self.issuing).leaf(**options)
        self.leafs[issued.certificate.serial_number] = issued
        return issued

    def login(self, issued, *more):
        certificates = (issued.der, *(each.der for each in more))
        return self.adapter.resume(b"[]", Inbound(certificates=certificates), NOW)


@pytest.fixture(scope="module")
def zoo():
    return Zoo()


def rdn(*pairs):
    utf8 = _ASN1Type.UTF8String  # what a careless CA writes where X.520 has a PrintableString
    return x509.RelativeDistinguishedName([x509.NameAttribute(oid, value, utf8) for oid, value in pairs])


SERIAL, NAME = NameOID.SERIAL_NUMBER, NameOID.COMMON_NAME
USAGE = pki.key_usage

BAD_CERTIFICATES = {
    "no extended key usage": ({"eku": None}, "cert-kind"),
    "server authentication only": ({"eku": (pki.SERVER,)}, "cert-kind"),
    "any extended key usage only": ({"eku": (x509.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)}, "cert-kind"),
    "e-mail protection only": ({"eku": (x509.ExtendedKeyUsageOID.EMAIL_PROTECTION,)}, "cert-kind"),
    "OCSP signing only": ({"eku": (pki.OCSP_SIGNING,)}, "cert-kind"),
    "no key usage": ({"usage": None}, "cert-kind"),
    "non-repudiation only": ({"usage": USAGE("content_commitment")}, "cert-kind"),
    "key encipherment only": ({"usage": USAGE("key_encipherment")}, "cert-kind"),
    "a certificate authority": ({"more": [(x509.BasicConstraints(ca=True, path_length=0), True)]}, "cert-kind"),
    "expired": ({"not_before": pki.NOW - 9 * pki.DAY, "not_after": pki.NOW - pki.DAY}, "cert-expired"),
    "not yet valid": ({"not_before": pki.NOW + pki.DAY, "not_after": pki.NOW + 9 * pki.DAY}, "cert-expired"),
    "expired past the skew": ({"not_after": pki.NOW - timedelta(seconds=61)}, "cert-expired"),
    "not valid until past the skew": ({"not_before": pki.NOW + timedelta(seconds=61)}, "cert-expired"),
    "no policy": ({"policies": []}, "cert-issuer"),
    "another policy": ({"policies": ["2.999.2"]}, "cert-issuer"),
    "any policy": ({"policies": ["2.5.29.32.0"]}, "cert-issuer"),
    "a policy like ours but longer": ({"policies": [POLICY + ".1"]}, "cert-issuer"),
    "RSA of 1024 bits": ({"key": pki.rsa_key(1024)}, "cert-issuer"),
    "P-224": ({"key": ec.generate_private_key(ec.SECP224R1())}, "cert-issuer"),
    "secp256k1": ({"key": ec.generate_private_key(ec.SECP256K1())}, "cert-issuer"),
    "SHA-224": ({"digest": hashes.SHA224()}, "cert-issuer"),
    "an unknown critical extension": (
        {"more": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.9"), b"\x05\x00"), True)]},
        "cert-issuer",
    ),
    "no serialNumber": ({"serial_number": None}, "cert-identity"),
    "two serialNumbers": (
        {"subject": x509.Name([rdn((NAME, "A")), rdn((SERIAL, TOLVAN)), rdn((SERIAL, "191212121212"))])},
        "cert-identity",
    ),
    "serialNumber and name in one RDN": ({"subject": x509.Name([rdn((NAME, "A"), (SERIAL, TOLVAN))])}, "cert-identity"),
    "two serialNumbers in one RDN": (
        {"subject": x509.Name([rdn((SERIAL, TOLVAN), (SERIAL, "195006262546"))])},
        "cert-identity",
    ),
    "NUL in another field": (
        {"subject": x509.Name([rdn((NAME, "A\x00B")), rdn((SERIAL, TOLVAN))])},
        "cert-identity",
    ),
    "a direction mark in the name": (
        {"subject": x509.Name([rdn((NAME, "A\u202eB")), rdn((SERIAL, TOLVAN))])},
        "cert-identity",
    ),
    "number in the name only": ({"subject": x509.Name([rdn((NAME, TOLVAN))])}, "cert-identity"),
    **{
        f"serialNumber {value!r}": ({"subject": x509.Name([rdn((SERIAL, value))])}, "cert-identity")
        for value in (
            "191212121213",  # check digit
            "1912121212121",
            "121212-1212",
            "19121212-1212",
            "191213121212",  # no such month
            " 191212121212",
            "191212121212 ",
            "191212121212\n",
            "19121212121\u0662",  # an Arabic digit
            "１９１２１２１２１２１２",  # full-width digits
            "SE2321000016",
            "SE2321000016-",
            "SE2321000016-Å",
            "SЕ2321000016-1",  # Cyrillic letter
            "SE2321000016-" + "1" * 30,
            "SE2321000016-1\x00",
            "DK2321000016-1",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_CERTIFICATES)
def test_a_certificate_with_one_thing_wrong_is_refused(zoo, what):
    options, page = BAD_CERTIFICATES[what]
    assert reason(zoo.login(zoo.leaf(**options))) == page


def test_the_zoo_has_room_for_a_good_certificate(zoo):
    assert isinstance(zoo.login(zoo.leaf()), Authenticated)
    assert isinstance(zoo.login(zoo.leaf(key=pki.rsa_key())), Authenticated)
    assert isinstance(zoo.login(zoo.leaf(not_after=pki.NOW - timedelta(seconds=59))), Authenticated)


def test_a_chain_whose_issuers_are_wrong_is_refused(zoo):
    impostor = pki.Authority.root().issuing(policies=[POLICY])  # the same names, another key
    assert reason(zoo.login(zoo.leaf(by=impostor), impostor)) == "cert-issuer"
    no_ca = zoo.leaf(usage=USAGE("digital_signature", "key_cert_sign"))
    forged = pki.Authority(no_ca.certificate, no_ca.key)
    assert reason(zoo.login(zoo.leaf(by=forged), no_ca)) == "cert-issuer"
    below = zoo.issuing.issuing("Too deep", policies=[POLICY])  # path length 0 above it
    assert reason(zoo.login(zoo.leaf(by=below), below)) == "cert-issuer"
    other = zoo.root.issuing("Other CA", policies=["2.999.2"])  # does not grant the policy that the leaf claims
    assert reason(zoo.login(zoo.leaf(by=other), other)) == "cert-issuer"
    expired = zoo.root.issuing("Old CA", policies=[POLICY], not_after=pki.NOW - pki.DAY)
    assert reason(zoo.login(zoo.leaf(by=expired), expired)) == "cert-expired"


# --- what the configuration decides


def test_of_several_policies_the_wanted_one_decides_and_else_the_highest():
    zoo = Zoo(policies={"2.999.3": LOA3, "2.999.2": LOA2})
    zoo.issuing = zoo.root.issuing(policies=["2.999.2", "2.999.3"])
    zoo.adapter = CardSettings(anchors=(zoo.issuing.pem.decode(),), policies=zoo.settings.policies).adapter(
        "card", tools(zoo)
    )
    inbound = Inbound(certificates=(zoo.leaf(policies=["2.999.2", "2.999.3"]).der,))
    assert zoo.adapter.resume(b"[]", inbound, NOW).asserted.level == "2.999.3"
    assert zoo.adapter.resume(b'["2.999.9", "2.999.2"]', inbound, NOW).asserted.level == "2.999.2"
    assert zoo.adapter.resume(b'["2.999.9"]', inbound, NOW).asserted.level == "2.999.3"


def test_the_issuers_name_gives_a_level_only_to_cards_without_a_policy():
    zoo = Zoo(policies={}, issuers={"Test Issuing CA": LOA2})
    outcome = zoo.login(zoo.leaf(policies=[]))
    accepted = accept(outcome.asserted, zoo.settings.terms("card"))
    assert accepted.identity.level == LOA2
    assert "credentialCertificatePolicies" not in accepted.identity.attributes
    assert reason(zoo.login(zoo.leaf(policies=[POLICY]))) == "cert-issuer"
    other = Zoo(policies={}, issuers={"Another CA": LOA2})
    assert reason(other.login(other.leaf(policies=[]))) == "cert-issuer"


def test_only_the_agreed_kinds_of_number_count():
    zoo = Zoo(identifiers=("hsa-id",))
    assert reason(zoo.login(zoo.leaf())) == "cert-identity"


def upn(der, oid="1.3.6.1.4.1.311.20.2.3"):
    return x509.OtherName(x509.ObjectIdentifier(oid), der)


@pytest.mark.parametrize(
    ("names", "value"),
    [
        ([upn(b"\x0c\x1aSE2321000016-1@sjh.example")], "SE2321000016-1"),
        ([upn(b"\x0c\x0eSE2321000016-1")], "SE2321000016-1"),
        ([x509.DNSName("x.example"), upn(b"\x0c\x0eSE2321000016-1")], "SE2321000016-1"),
        ([x509.DNSName("x.example")], None),
        ([upn(b"\x0c\x0eSE2321000016-1", "2.999.1")], None),
        ([upn(b"\x0c\x0eSE2321000016-1")] * 2, None),
        ([upn(b"\x16\x0eSE2321000016-1")], None),  # an IA5String
        ([upn(b"\x0c\x81\x80" + b"1" * 128)], None),  # the long form
        ([upn(b"\x0c\x02\xff\xfe")], None),
        ([upn(b"\x0c\x00")], None),
    ],
)
def test_the_agreed_field_may_be_the_user_principal_name(names, value):
    zoo = Zoo(subject="upn")
    outcome = zoo.login(zoo.leaf(more=[(x509.SubjectAlternativeName(names), False)]))
    if value is None:
        assert reason(outcome) == "cert-identity"
    else:
        assert outcome.asserted.subject.value == value


def test_a_card_without_alternative_names_has_no_user_principal_name():
    zoo = Zoo(subject="upn")
    assert reason(zoo.login(zoo.leaf())) == "cert-identity"


@pytest.mark.parametrize(
    "settings",
    [
        {"anchors": ()},
        {"policies": {}},
        {"policies": {"2.5.29.32.0": LOA3}},
        {"policies": {"not an oid": LOA3}},
        {"policies": {"2.999.01": LOA3}},
        {"policies": {POLICY: "http://example.test/loa9"}},
        {"policies": {POLICY: "http://id.elegnamnden.se/loa/1.0/loa3-sigmessage"}},
        {"ocsp": False, "crl": False},
        {"subject": "organizationName"},
        {"identifiers": ()},
        {"fail_open": True},
    ],
)
def test_settings_that_would_let_the_wrong_person_in_are_refused(settings):
    with pytest.raises(ValidationError):
        CardSettings(**{"anchors": ("x.pem",), "policies": {POLICY: LOA3}, **settings})


def test_anchors_are_read_once_when_the_method_is_made(tmp_path):
    zoo = Zoo()
    path = tmp_path / "anchors.pem"
    path.write_bytes(zoo.root.pem + zoo.issuing.pem)
    settings = CardSettings(anchors=(str(path),), policies={POLICY: LOA3})
    zoo.adapter = settings.adapter("card", tools(zoo))
    path.unlink()
    assert isinstance(zoo.login(zoo.leaf()), Authenticated)
    with pytest.raises(FileNotFoundError):
        settings.adapter("card", tools(zoo))
    path.write_text("no certificate")
    with pytest.raises(BadCertificate):
        settings.adapter("card", tools(zoo))


# --- revocation: every way for a responder and a list to fail


class Status:
    """The net, as a pair of answers: to the OCSP question and to the CRL. An answer may be an exception."""

    def __init__(self, zoo, ocsp_answer, crl_answer):
        self.zoo, self.answers, self.asked = zoo, {"ocsp": ocsp_answer, "crl": crl_answer}, []

    def fetch(self, outbound):
        kind = "ocsp" if outbound.method == "POST" else "crl"
        self.asked.append(kind)
        nonce = None
        if outbound.body:
            found = [e.value.nonce for e in ocsp.load_der_ocsp_request(outbound.body).extensions]
            nonce = found[0] if found else None
        answer = self.answers[kind](self.zoo, nonce)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(200, {}, answer)


GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN


def says(status=GOOD, *, about=None, nonce_too=True, by=None, **options):
    def answer(zoo, nonce):
        options_now = {key: value(zoo) if callable(value) else value for key, value in options.items()}
        certificate = about(zoo) if about else zoo.card.certificate
        signer = (by or (lambda z: z.issuing))(zoo)
        return signer.ocsp(certificate, status, nonce=nonce if nonce_too else None, **options_now)

    return answer


def lists(*, revoked=False, by=None, **options):
    def answer(zoo, _):
        signer = (by or (lambda z: z.issuing))(zoo)
        serials = [zoo.card.certificate.serial_number] if revoked else []
        return signer.crl(*serials, **options)

    return answer


def plain(value):
    return lambda *_: value


TIMEOUT = plain(EgressFailed("timeout"))
NEVER = plain(AssertionError("must not be asked"))
OLD = {"this_update": pki.NOW - 2 * pki.DAY, "next_update": pki.NOW - pki.DAY}
FUTURE = {"this_update": pki.NOW + pki.DAY, "next_update": pki.NOW + 2 * pki.DAY}
ANSWERED_ERROR = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
    pki.serialization.Encoding.DER
)

WORTHLESS_OCSP = {
    "timeout": TIMEOUT,
    "refused address": plain(EgressRefused("address")),
    "500": plain(Response(500, {}, b"")),
    "302": plain(Response(302, {"location": "http://elsewhere.test"}, b"")),
    "empty": plain(Response(200, {}, b"")),
    "garbage": plain(Response(200, {}, b"garbage")),
    "a page": plain(Response(200, {}, b"<html>log in to the network</html>")),
    "error answer": plain(Response(200, {}, ANSWERED_ERROR)),
    "expired answer": says(**OLD),
    "answer from the future": says(**FUTURE),
    "wrong signer": says(by=lambda z: pki.Authority.root().issuing()),
    "delegate of another CA": says(signer=lambda z: z.root.ocsp_signer()),
    "delegate without the right usage": says(signer=lambda z: z.issuing.leaf("No responder")),
    "expired delegate": says(signer=lambda z: z.issuing.ocsp_signer(not_after=pki.NOW - pki.DAY)),
    "wrong serial": says(about=lambda z: z.leaf().certificate),
    "wrong issuer": says(issuer=lambda z: z.root.certificate),
    "no nonce, as a stapled or replayed answer": says(nonce_too=False),
    "another's nonce": lambda zoo, nonce: zoo.issuing.ocsp(zoo.card.certificate, nonce=bytes(32)),
    "SHA-1 signature": says(digest=hashes.SHA224()),
}
WORTHLESS_CRL = {
    "timeout": TIMEOUT,
    "500": plain(Response(500, {}, b"")),
    "garbage": plain(Response(200, {}, b"garbage")),
    "expired list": lists(**OLD),
    "list from the future": lists(**FUTURE),
    "another issuer's list": lists(by=lambda z: z.root),
    "wrong signer": lists(key=pki.ec_key()),
}


@pytest.fixture
def asking():
    """A zoo with one card, and a way to ask about it with scripted answers."""
    zoo = Zoo()
    zoo.card = zoo.leaf()

    def ask(ocsp_answer, crl_answer, **settings):
        zoo.status = Status(zoo, ocsp_answer, crl_answer)
        adapter = zoo.settings.model_copy(update=settings).adapter("card", tools(zoo.status))
        zoo.again = lambda now=NOW: adapter.resume(b"[]", Inbound(certificates=(zoo.card.der,)), now)
        return zoo.again()

    zoo.ask = ask
    return zoo


@pytest.mark.spec("RFC 6960", "3.2")
@pytest.mark.parametrize("what", WORTHLESS_OCSP)
def test_without_a_believable_ocsp_answer_the_list_decides(asking, what):
    assert isinstance(asking.ask(WORTHLESS_OCSP[what], lists()), Authenticated)
    assert asking.status.asked == ["ocsp", "crl"]
    assert reason(asking.ask(WORTHLESS_OCSP[what], lists(revoked=True))) == "cert-revoked"


@pytest.mark.parametrize("what", WORTHLESS_OCSP)
@pytest.mark.parametrize("list_too", WORTHLESS_CRL)
def test_with_neither_answer_nor_list_nobody_logs_in(asking, what, list_too):
    assert reason(asking.ask(WORTHLESS_OCSP[what], WORTHLESS_CRL[list_too])) == "cert-unknown"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(GOOD), None),
        (says(GOOD, signer=lambda z: z.issuing.ocsp_signer()), None),
        (says(GOOD, next_update=None), None),
        (says(GOOD, algorithm=hashes.SHA256()), None),
        (says(REVOKED), "cert-revoked"),
        (says(UNKNOWN), "cert-unknown"),
    ],
)
def test_a_believable_ocsp_answer_decides_alone(asking, answer, outcome):
    result = asking.ask(answer, NEVER)
    assert asking.status.asked == ["ocsp"]
    assert isinstance(result, Authenticated) if outcome is None else reason(result) == outcome


def test_the_list_is_evidence_by_its_digest(asking):
    evidence = asking.ask(TIMEOUT, lists()).asserted.evidence
    assert evidence["crl"].startswith("sha256:")
    assert evidence["crl"].endswith("/crl/x.crl")


def test_each_source_can_be_switched_off_but_not_both(asking):
    asking.ask(NEVER, lists(), ocsp=False)
    assert asking.status.asked == ["crl"]
    assert reason(asking.ask(TIMEOUT, NEVER, crl=False)) == "cert-unknown"
    assert asking.status.asked == ["ocsp"]


def test_responders_that_answer_in_advance_need_the_nonce_switched_off(asking):
    result = asking.ask(says(nonce_too=False), NEVER, nonce=False)
    assert isinstance(result, Authenticated)


def test_a_card_that_names_no_address_is_of_unknown_standing():
    zoo = Zoo()
    silent = zoo.issuing.leaf(serial_number=TOLVAN, policies=[POLICY])
    assert reason(zoo.login(silent)) == "cert-unknown"


def test_addresses_that_are_not_http_are_not_asked():
    zoo = Zoo()
    ldap = x509.DistributionPoint([x509.UniformResourceIdentifier("ldap://x.test/cn=x")], None, None, None)
    named = x509.DistributionPoint([x509.DirectoryName(zoo.root.certificate.subject)], None, None, None)
    bare = x509.DistributionPoint(None, rdn((NAME, "x")), None, None)
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(HOST)),
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.DNSName("x.test")),
        ]
    )
    more = [(x509.CRLDistributionPoints([ldap, named, bare]), False), (access, False)]
    assert reason(zoo.login(zoo.issuing.leaf(serial_number=TOLVAN, policies=[POLICY], more=more))) == "cert-unknown"


# --- what is kept


def test_an_answer_is_kept_until_its_next_update(asking):
    asking.ask(says(next_update=pki.NOW + timedelta(minutes=10)), TIMEOUT)
    asking.again(NOW + 599)
    assert asking.status.asked == ["ocsp"]
    asking.again(NOW + 600)
    assert asking.status.asked[:2] == ["ocsp", "ocsp"]


def test_an_answer_is_kept_for_an_hour_at_most(asking):
    asking.ask(says(next_update=pki.NOW + pki.DAY), TIMEOUT)
    asking.again(NOW + 3599)
    assert asking.status.asked == ["ocsp"]
    asking.again(NOW + 3600)
    assert asking.status.asked == ["ocsp", "ocsp"]


def test_a_list_is_fetched_once_for_all_cards_of_its_issuer(asking):
    asking.ask(TIMEOUT, lists())
    first, asking.card = asking.card, asking.leaf()
    asking.again()
    assert asking.status.asked == ["ocsp", "crl", "ocsp"]
    asking.card = first
    asking.again()
    assert asking.status.asked == ["ocsp", "crl", "ocsp"]


def test_a_failure_is_not_kept(asking):
    assert reason(asking.ask(TIMEOUT, TIMEOUT)) == "cert-unknown"
    asking.status.answers["ocsp"] = says()
    assert isinstance(asking.again(), Authenticated)


def test_what_is_kept_is_bounded_and_the_least_used_goes_first():
    from idp_adapters.revocation import Kept

    kept = Kept(2)
    for key in ("a", "b"):
        kept.put(key, key, pki.NOW + pki.DAY)
    assert kept.get("a", pki.NOW) == "a"
    kept.put("c", "c", pki.NOW + pki.DAY)
    assert [kept.get(key, pki.NOW) for key in ("a", "b", "c")] == ["a", None, "c"]


# --- the test CA's own troubles, end to end


@pytest.mark.parametrize("trouble", [t for t in Trouble if t not in {Trouble.NONE, Trouble.SLOW, Trouble.UNKNOWN}])
def test_a_responder_in_trouble_leaves_the_decision_to_the_list(world, trouble):
    world.ca.outage.ocsp = trouble
    assert isinstance(world.login(world.card().der()), Authenticated)
    assert world.egress.calls == ["ocsp", "crl"]
    lost = world.ca.revoked_card(KAJSA, key="p256")
    world.now += 3600
    assert reason(world.login(lost.der())) == "cert-revoked"


@pytest.mark.parametrize(
    "trouble", [Trouble.DOWN, Trouble.ERROR, Trouble.GARBAGE, Trouble.EXPIRED, Trouble.WRONG_SIGNER]
)
def test_a_responder_and_a_list_in_trouble_close_the_door(world, trouble):
    world.ca.outage.ocsp = world.ca.outage.crl = trouble
    assert reason(world.login(world.card().der())) == "cert-unknown"


def test_a_card_that_the_responder_does_not_know_is_refused_whatever_the_list_says(world):
    world.ca.outage.ocsp = Trouble.UNKNOWN
    assert reason(world.login(world.card().der())) == "cert-unknown"
    assert world.egress.calls == ["ocsp"]


def test_a_card_with_a_user_principal_name_can_be_issued(tmp_path):
    world = CardWorld(tmp_path, subject="upn")
    holder = Holder("ignored", "Kajsa", "Provsson", "Exempelsjukhuset", upn="SE2321000016-7@sjh.example")
    assert world.login(world.card(holder).der()).asserted.subject.value == "SE2321000016-7"


def test_over_real_http_a_responder_that_is_too_slow_leaves_the_decision_to_the_list(tmp_path):
    with real_status_server() as (url, serve):
        ca = TestCa(tmp_path, url, lambda: NOW)
        serve(make_wsgi_app(ca, lambda: NOW))
        quick = {name: replace(row, seconds=0.4) for name, row in PURPOSES.items()}
        egress = Egress(EgressPolicy(loopback=True), purposes=quick)
        settings = CardSettings(anchors=tuple(str(path) for path in ca.anchors()), policies=POLICIES)
        adapter = settings.adapter("card", tools(egress))

        def login(card):
            return adapter.resume(b"[]", Inbound(certificates=(card.der(),)), NOW)

        assert "ocsp" in login(ca.issue_card(KAJSA, key="p256")).asserted.evidence
        assert reason(login(ca.revoked_card(KAJSA, key="p256"))) == "cert-revoked"
        ca.outage.ocsp, ca.outage.seconds = Trouble.SLOW, 0.8
        assert "crl" in login(ca.issue_card(KAJSA, key="p256")).asserted.evidence
        ca.outage.crl = Trouble.SLOW
        assert reason(login(ca.issue_card(KAJSA, "person-hsa-2", key="p256"))) == "cert-unknown"
        egress.close()


@contextmanager
def real_status_server():
    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *_):
            pass

    class Threaded(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
        daemon_threads = True

        def handle_error(self, *_):  # a client that went away while we were slow
            pass

    server = Threaded(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.set_app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- octets that nobody should send


@pytest.fixture(scope="module")
def one_card(tmp_path_factory):
    world = CardWorld(tmp_path_factory.mktemp("one"))
    return world, world.card().der()


@pytest.mark.filterwarnings("ignore::UserWarning")  # cryptography warns of odd certificates; here they are meant
@given(st.data())
@settings_of_hypothesis(max_examples=300, deadline=None)
def test_a_card_with_any_octet_changed_is_nobodys(one_card, data):
    world, der = one_card
    place = data.draw(st.integers(0, len(der) - 1))
    changed = data.draw(st.integers(1, 255))
    outcome = world.login(der[:place] + bytes([der[place] ^ changed]) + der[place + 1 :])
    assert isinstance(outcome, Failed)


@pytest.mark.filterwarnings("ignore::UserWarning")  # cryptography warns of odd certificates; here they are meant
@given(st.lists(st.binary(max_size=200), max_size=3))
@settings_of_hypothesis(max_examples=100, deadline=None)
def test_no_octets_at_all_break_the_method(one_card, certificates):
    world, _ = one_card
    assert isinstance(world.login(*certificates), Failed)
