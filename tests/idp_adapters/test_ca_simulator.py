"""The test CA: what it issues can be used by real TLS and real clients, and a restart is the same CA."""

import base64
import stat
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp

from idp_adapters.simulators.ca import ISSUERS, Holder, Outage, TestCa, Trouble, make_wsgi_app
from metadata.wire.revocation import (
    Good,
    RevocationUnknown,
    Revoked,
    Unknown,
    ocsp_request,
    read_crl,
    read_ocsp_response,
)
from metadata.wire.x509 import ChainRefused, validate_chain
from tests.support import pki
from tests.support.card_world import HOST, KAJSA, NOW, call_wsgi

POST = {"content-type": "application/ocsp-request"}


@pytest.fixture
def ca(tmp_path):
    return TestCa(tmp_path, HOST, lambda: NOW)


@pytest.fixture
def app(ca):
    return make_wsgi_app(ca, lambda: NOW)


def anchors(ca):
    return [x509.load_pem_x509_certificate(path.read_bytes()) for path in ca.anchors()]


def status(ca, app, card, **options):
    body = ask(app, card, **options).body
    return read_ocsp_response(body, card.certificate, card.issuer, pki.NOW, b"n" * 32)


def ask(app, card, issuer="person-hsa-3"):
    return call_wsgi(app, "POST", f"{HOST}/ocsp/{issuer}", ocsp_request(card.certificate, card.issuer, b"n" * 32), POST)


@pytest.mark.parametrize(("kind", "key"), [("rsa", rsa.RSAPrivateKey), ("p256", ec.EllipticCurvePrivateKey)])
def test_a_card_leads_back_to_its_issuing_ca_with_the_policy_of_its_kind(ca, kind, key):
    card = ca.issue_card(KAJSA, key=kind)
    chain = validate_chain(card.certificate, [], anchors(ca), pki.NOW)
    assert chain.policies == {ISSUERS["person-hsa-3"].policy}
    assert isinstance(card.key, key)


def test_everything_says_that_it_is_a_test(ca):
    certificates = [ca.issue_card(KAJSA, key="p256").certificate, *anchors(ca), ca.authority("root").certificate]
    for each in certificates:
        assert "TEST " in each.issuer.rfc4514_string()
    assert all(row.policy.startswith("2.999.") for row in ISSUERS.values())


def test_a_card_can_be_loaded_with_its_password_and_brings_its_issuer(ca):
    card = ca.issue_card(KAJSA)
    path = ca.write_card(card, "kajsa", "1234")
    key, certificate, more = pkcs12.load_key_and_certificates(path.read_bytes(), b"1234")
    assert (certificate, more) == (card.certificate, [card.issuer])
    assert key.private_numbers() == card.key.private_numbers()
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(path.read_bytes(), b"wrong")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda ca: ca.expired_card(KAJSA, key="p256"), "expired"),
        (lambda ca: ca.issue_card(KAJSA, signing=True, key="p256"), "kind"),
        (lambda ca: ca.stranger_card(KAJSA, key="p256"), "issuer"),
    ],
)
def test_bad_cards_are_bad_in_the_way_they_are_named(ca, make, why):
    card = make(ca)
    with pytest.raises(ChainRefused) as refused:
        validate_chain(card.certificate, [card.issuer], anchors(ca), pki.NOW)
    assert refused.value.reason == why


def test_the_function_ca_is_no_anchor_for_cards(ca):
    assert ISSUERS["function"].name not in {
        each.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for each in anchors(ca)
    }


def test_a_restart_is_the_same_ca(ca, tmp_path):
    card = ca.revoked_card(KAJSA, key="p256")
    again = TestCa(tmp_path, HOST, lambda: NOW)
    assert again.root_path.read_bytes() == ca.root_path.read_bytes()
    assert anchors(again) == anchors(ca)
    assert isinstance(status(again, make_wsgi_app(again, lambda: NOW), card), Revoked)


def test_private_keys_and_the_ledger_are_for_the_owner_alone(ca):
    ca.write_card(ca.issue_card(KAJSA, key="p256"), "kajsa", "1234")
    private = [*ca.directory.glob("keys/*"), *ca.directory.glob("cards/*"), ca.directory / "issued.json"]
    assert len(private) == len(ISSUERS) + 3  # theirs, the root's, the card, the ledger
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE((ca.directory / "keys").stat().st_mode) == 0o700


def test_the_responder_tells_good_revoked_and_unknown_apart(ca, app, tmp_path):
    card = ca.issue_card(KAJSA, key="p256")
    assert isinstance(status(ca, app, card), Good)
    ca.revoke(card.certificate, "cessation_of_operation")
    revoked = status(ca, app, card)
    assert isinstance(revoked, Revoked)
    assert revoked.reason == x509.ReasonFlags.cessation_of_operation.value
    other = TestCa(tmp_path / "namesake", HOST, lambda: NOW).issue_card(KAJSA, key="p256")
    unknown = ocsp_request(other.certificate, card.issuer, b"n" * 32)  # a number that this CA never gave
    answer = ocsp.load_der_ocsp_response(call_wsgi(app, "POST", f"{HOST}/ocsp/person-hsa-3", unknown, POST).body)
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    with pytest.raises(KeyError):
        ca.revoke(other.certificate)


def test_the_responder_answers_a_question_in_the_address_too(ca, app):
    card = ca.issue_card(KAJSA, key="p256")
    question = quote(base64.b64encode(ocsp_request(card.certificate, card.issuer)).decode(), safe="")
    answer = call_wsgi(app, "GET", f"{HOST}/ocsp/person-hsa-3/{question}")
    assert isinstance(read_ocsp_response(answer.body, card.certificate, card.issuer, pki.NOW), Good)


def test_a_question_about_another_ca_or_none_is_answered_with_an_error(ca, app):
    card = ca.issue_card(KAJSA, key="p256")
    for issuer, name in (("person-hsa-2", "UNAUTHORIZED"), ("nobody", "UNAUTHORIZED")):
        answer = ocsp.load_der_ocsp_response(ask(app, card, issuer).body)
        assert answer.response_status is ocsp.OCSPResponseStatus[name]
    garbage = call_wsgi(app, "POST", f"{HOST}/ocsp/person-hsa-3", b"garbage", POST)
    assert ocsp.load_der_ocsp_response(garbage.body).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "expected"),
    [
        ("GET", "/", b"", {}, 200),
        ("GET", "/other", b"", {}, 404),
        ("POST", "/", b"", {}, 404),
        ("GET", "/ocsp/person-hsa-3", b"", {}, 404),
        ("POST", "/ocsp/person-hsa-3", b"x", {}, 400),
        ("POST", "/ocsp/person-hsa-3", b"", POST, 400),
        ("POST", "/ocsp/person-hsa-3", b"x" * 5000, POST, 400),
        ("GET", "/ocsp/person-hsa-3/***", b"", {}, 400),
        ("GET", "/ocsp/person-hsa-3/" + "A" * 5000, b"", {}, 400),
        ("PUT", "/ocsp/person-hsa-3", b"x", POST, 404),
        ("GET", "/crl/nobody.crl", b"", {}, 404),
        ("GET", "/ca/nobody.cer", b"", {}, 404),
        ("GET", "/ca/person-hsa-3.cer", b"", {}, 200),
    ],
)
def test_the_status_address_answers_what_it_should(app, method, path, body, headers, expected):
    assert call_wsgi(app, method, HOST + path, body, headers).status == expected


def test_the_list_names_the_revoked_of_its_own_issuer(ca, app):
    lost, kept = ca.revoked_card(KAJSA, key="p256"), ca.issue_card(KAJSA, key="p256")
    crl = read_crl(call_wsgi(app, "GET", f"{HOST}/crl/person-hsa-3.crl").body, lost.issuer, pki.NOW)
    assert isinstance(crl.status(lost.certificate), Revoked)
    assert isinstance(crl.status(kept.certificate), Good)


def test_an_issuing_ca_can_be_revoked_by_the_root(ca, app):
    issuer, root = ca.authority("person-hsa-2").certificate, ca.authority("root").certificate
    ca.revoke(issuer)
    crl = read_crl(call_wsgi(app, "GET", f"{HOST}/crl/root.crl").body, root, pki.NOW)
    assert isinstance(crl.status(issuer), Revoked)


@pytest.mark.parametrize("trouble", [t for t in Trouble if t not in {Trouble.NONE, Trouble.SLOW, Trouble.UNKNOWN}])
def test_each_trouble_is_one_that_a_relying_party_must_see_through(ca, app, trouble):
    card = ca.issue_card(KAJSA, key="p256")
    ca.outage.ocsp = trouble
    answer = ask(app, card)
    if answer.status == 200:
        with pytest.raises(RevocationUnknown):
            read_ocsp_response(answer.body, card.certificate, card.issuer, pki.NOW, b"n" * 32)
    ca.outage.ocsp = Trouble.UNKNOWN
    assert isinstance(status(ca, app, card), Unknown)


def test_a_slow_responder_answers_in_the_end(ca, app):
    ca.outage.ocsp, ca.outage.seconds = Trouble.SLOW, 0.01
    assert isinstance(status(ca, app, ca.issue_card(KAJSA, key="p256")), Good)
    assert Outage().seconds > 5  # longer than a call for OCSP may take


def test_a_server_certificate_is_for_its_names_and_addresses(ca):
    pem, key = ca.server_certificate()
    leaf, issuer = x509.load_pem_x509_certificates(pem)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert serialization.load_pem_private_key(key, None).public_key() == leaf.public_key()
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.root_path.read_bytes()))


def test_a_client_certificate_is_for_clients_only(ca):
    leaf = x509.load_pem_x509_certificates(ca.client_certificate("broker")[0])[0]
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_key_file_of_another_kind_is_refused(ca, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "keys" / "root.pem").write_bytes(other)
    with pytest.raises(TypeError, match="another kind"):
        TestCa(tmp_path, HOST, lambda: NOW)


def test_the_addresses_in_a_card_are_those_of_the_status_app(ca):
    card = ca.issue_card(Holder("TST2321000016-2", "A", "B", "C"), "person-hsa-2", key="p256")
    access = card.certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [each.access_location.value for each in access] == [
        f"{HOST}/ocsp/person-hsa-2",
        f"{HOST}/ca/person-hsa-2.cer",
    ]
    assert isinstance(card.certificate.signature_hash_algorithm, hashes.SHA256)
