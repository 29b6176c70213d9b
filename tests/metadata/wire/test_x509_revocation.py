"""What may be believed of an OCSP response and of a CRL: anything else is no answer, and never "good"."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from metadata.wire.revocation import (
    Good,
    RevocationUnknown,
    Revoked,
    Unknown,
    ocsp_request,
    read_crl,
    read_ocsp_response,
)
from tests.support.pki import DAY, NOW, Authority, ec_key, key_usage, rsa_key, with_sha1

CA = Authority.root().issuing()
OTHER = Authority.root("Other root").issuing()
RSA_CA = Authority.root("RSA root").issuing("RSA CA", key=rsa_key())
CARD, NEIGHBOUR = CA.leaf(), CA.leaf("Neighbour")
NONCE = bytes(range(32))
SECOND = timedelta(seconds=1)
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def read(der, card=CARD, ca=CA, now=NOW, nonce=None):
    return read_ocsp_response(der, card.certificate, ca.certificate, now, nonce)


def refusal(call, *arguments, **named):
    with pytest.raises(RevocationUnknown) as caught:
        call(*arguments, **named)
    return caught.value.reason


@pytest.mark.spec("RFC 6960", "4.1.1")
def test_a_request_names_the_certificate_and_brings_the_nonce():
    request = ocsp.load_der_ocsp_request(ocsp_request(CARD.certificate, CA.certificate, NONCE))
    assert request.serial_number == CARD.certificate.serial_number
    assert request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    assert not ocsp.load_der_ocsp_request(ocsp_request(CARD.certificate, CA.certificate)).extensions


def test_the_three_answers():
    certificate = CARD.certificate
    assert read(CA.ocsp(certificate)) == Good(NOW + DAY / 24)
    assert read(CA.ocsp(certificate, ocsp.OCSPCertStatus.REVOKED)) == Revoked(
        NOW + DAY / 24, NOW - DAY, "keyCompromise"
    )
    assert read(CA.ocsp(certificate, ocsp.OCSPCertStatus.UNKNOWN)) == Unknown(NOW + DAY / 24)


def revoked_without_a_reason():
    builder = ocsp.OCSPResponseBuilder().add_response(
        CARD.certificate, CA.certificate, hashes.SHA256(), ocsp.OCSPCertStatus.REVOKED, NOW, None, NOW - DAY, None
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, CA.certificate)
    return builder.sign(CA.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_revocation_needs_no_reason_and_a_responder_may_be_named():
    assert read(revoked_without_a_reason()) == Revoked(NOW + DAY / 24, NOW - DAY, None)


def test_a_delegate_of_the_issuer_may_answer():
    for key in (ec_key(), rsa_key()):
        signer = CA.ocsp_signer(key=key)
        assert isinstance(read(CA.ocsp(CARD.certificate, signer=signer)), Good)


def test_an_rsa_issuer_may_answer_and_the_certid_may_be_hashed_otherwise():
    card = RSA_CA.leaf()
    assert isinstance(read(RSA_CA.ocsp(card.certificate, algorithm=hashes.SHA256()), card, RSA_CA), Good)


def test_a_nonce_that_was_sent_must_be_back():
    assert isinstance(read(CA.ocsp(CARD.certificate, nonce=NONCE), nonce=NONCE), Good)
    assert isinstance(read(CA.ocsp(CARD.certificate, nonce=NONCE)), Good)
    assert refusal(read, CA.ocsp(CARD.certificate), nonce=NONCE) == "no nonce"
    assert refusal(read, CA.ocsp(CARD.certificate, nonce=NONCE[::-1]), nonce=NONCE) == "another nonce"


def by(**options):
    return CA.ocsp(CARD.certificate, signer=CA.ocsp_signer(**options))


def critical():
    builder = ocsp.OCSPResponseBuilder().add_response(
        CARD.certificate,
        CA.certificate,
        hashes.SHA256(),
        ocsp.OCSPCertStatus.GOOD,
        NOW,
        NOW + DAY,
        None,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, CA.certificate)
    builder = builder.add_extension(UNKNOWN_EXTENSION, critical=True)
    return builder.sign(CA.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def refused():
    response = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    return response.public_bytes(serialization.Encoding.DER)


GOOD = CA.ocsp(CARD.certificate)
NAMESAKE = Authority.root("Test Issuing CA")
OCSP_TABLE = {
    "empty": (b"", "not a readable OCSP response"),
    "a page": (b"<html>", "not a readable OCSP response"),
    "cut short": (GOOD[:-1], "not a readable OCSP response"),
    "with more after it": (GOOD + b"\0", "not a readable OCSP response"),
    "try later": (refused(), "the responder refused"),
    "about the neighbour": (CA.ocsp(NEIGHBOUR.certificate), "not about this certificate, or twice"),
    "about the serial number under another issuer": (
        CA.ocsp(CARD.certificate, issuer=OTHER.certificate), "not about this certificate, or twice"),
    "signed by another CA": (OTHER.ocsp(CARD.certificate, issuer=CA.certificate), "not signed by the issuer or its delegate"),
    "signed by another CA that claims to be ours": (
        CA.ocsp(CARD.certificate, signer=NAMESAKE, named=True), "not signed by the issuer or its delegate"),
    "signed by a card of the same CA": (CA.ocsp(CARD.certificate, signer=NEIGHBOUR), "not signed by the issuer or its delegate"),
    "signed by the card itself": (CA.ocsp(CARD.certificate, signer=CARD), "not signed by the issuer or its delegate"),
    "signed by another CA's delegate": (
        CA.ocsp(CARD.certificate, signer=OTHER.ocsp_signer()), "not signed by the issuer or its delegate"),
    "signed by a delegate that was not sent along": (
        CA.ocsp(CARD.certificate, signer=CA.ocsp_signer(), certificates=[]), "not signed by the issuer or its delegate"),
    "signed by an expired delegate": (by(not_after=NOW - 61 * SECOND), "not signed by the issuer or its delegate"),
    "signed by a delegate of tomorrow": (by(not_before=NOW + DAY), "not signed by the issuer or its delegate"),
    "signed by a delegate without its purpose": (by(eku=None), "not signed by the issuer or its delegate"),
    "signed by a delegate for any purpose": (
        by(eku=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), "not signed by the issuer or its delegate"),
    "signed by a delegate that may not sign": (
        by(usage=key_usage("key_encipherment")), "not signed by the issuer or its delegate"),
    "signed by a delegate certified with SHA-224": (
        by(digest=hashes.SHA224()),
        "not signed by the issuer or its delegate",
    ),
    "signed by a delegate with a weak key": (by(key=rsa_key(1024)), "not signed by the issuer or its delegate"),
    "changed after it was signed": (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "not signed by the issuer or its delegate"),
    "stale": (CA.ocsp(CARD.certificate, this_update=NOW - DAY, next_update=NOW - 61 * SECOND), "stale"),
    "from the future": (CA.ocsp(CARD.certificate, this_update=NOW + 61 * SECOND, next_update=NOW + DAY), "from the future"),
    "old and without nextUpdate": (CA.ocsp(CARD.certificate, this_update=NOW - DAY, next_update=None), "stale"),
    "with a critical extension": (critical(), "a critical extension"),
}  # fmt: skip


def test_a_response_in_anothers_name_is_no_answer():
    alias = Authority(Authority.root().leaf("Another name", key=CA.key).certificate, CA.key)
    der = CA.ocsp(CARD.certificate, signer=alias, named=True, certificates=[])
    assert refusal(read, der) == "not signed by the issuer or its delegate"


def test_a_response_that_speaks_twice_of_one_certificate_is_no_answer():
    tbs = ocsp.load_der_ocsp_response(GOOD).tbs_response_bytes
    parts = _children(tbs)
    singles = next(index for index, part in enumerate(parts) if part[0] == 0x30)
    content = _children(parts[singles])[0]
    parts[singles] = _der(0x30, content * 2)
    doubled = _der(0x30, b"".join(parts))
    signature = _der(0x03, b"\0" + CA.key.sign(doubled, ec.ECDSA(hashes.SHA256())))
    algorithm = _der(0x30, bytes.fromhex("06082a8648ce3d040302"))
    basic = _der(0x04, _der(0x30, doubled + algorithm + signature))
    der = _der(0x30, b"\x0a\x01\x00" + _der(0xA0, _der(0x30, bytes.fromhex("06092b0601050507300101") + basic)))
    assert len(list(ocsp.load_der_ocsp_response(der).responses)) == 2
    assert refusal(read, der) == "not about this certificate, or twice"


def _der(tag, content):
    return bytes([tag]) + _length(len(content)) + content


def _children(der):
    size, at = _sequence_length(der, 0)
    end, children = at + size, []
    while at < end:
        length, inner = _sequence_length(der, at)
        children.append(der[at : inner + length])
        at = inner + length
    return children


@pytest.mark.spec("RFC 6960", "3.2")
@pytest.mark.parametrize("kind", OCSP_TABLE)
def test_a_response_that_may_not_be_believed_is_no_answer(kind):
    der, reason = OCSP_TABLE[kind]
    assert refusal(read, der) == reason


def test_a_response_signed_with_sha1_is_no_answer():
    card = RSA_CA.leaf()
    sha256_with_rsa = bytes.fromhex("06092a864886f70d01010b")
    der = RSA_CA.ocsp(card.certificate).replace(sha256_with_rsa, sha256_with_rsa[:-1] + b"\x05")
    assert refusal(read, der, card, RSA_CA) == "a weak signature"


def test_a_delegate_certified_with_sha1_is_none():
    card = RSA_CA.leaf()
    signer = with_sha1(RSA_CA.ocsp_signer(), RSA_CA)
    der = RSA_CA.ocsp(card.certificate, signer=signer)
    assert refusal(read, der, card, RSA_CA) == "not signed by the issuer or its delegate"


def test_an_issuer_with_a_key_that_signs_no_such_response_is_refused():
    edwards = Authority.root("Edwards", key=ed25519.Ed25519PrivateKey.generate())
    der = CA.ocsp(CARD.certificate, signer=Authority.root("Edwards"), named=True)
    assert refusal(read, der, CARD, edwards) == "not signed by the issuer or its delegate"


def test_clocks_may_differ_by_a_minute():
    assert read(CA.ocsp(CARD.certificate, this_update=NOW + 59 * SECOND, next_update=NOW + DAY))
    assert read(CA.ocsp(CARD.certificate, this_update=NOW - DAY, next_update=NOW - 59 * SECOND))


# certificate revocation lists


def crl(der, ca=CA, now=NOW):
    return read_crl(der, ca.certificate, now)


def scope(**options):
    defaults = {"full_name": None, "relative_name": None, "only_contains_user_certs": False, "only_contains_ca_certs": False,
                "only_some_reasons": None, "indirect_crl": False, "only_contains_attribute_certs": False}  # fmt: skip
    return x509.IssuingDistributionPoint(**{**defaults, **options})


def place(url):
    return [x509.UniformResourceIdentifier(url)]


def test_a_list_says_who_is_revoked():
    reason = [(x509.CRLReason(x509.ReasonFlags.certificate_hold), True)]
    listed = crl(CA.crl(CARD.certificate.serial_number, entry=reason))
    assert listed.status(CARD.certificate) == Revoked(NOW + DAY, NOW - DAY, "certificateHold")
    assert listed.status(NEIGHBOUR.certificate) == Good(NOW + DAY)
    assert crl(CA.crl(CARD.certificate.serial_number)).status(CARD.certificate) == Revoked(NOW + DAY, NOW - DAY, None)
    assert crl(CA.crl()).status(CARD.certificate) == Good(NOW + DAY)


def test_a_list_says_nothing_of_another_issuers_certificates():
    listed = crl(CA.crl())
    other = Authority.root("Somebody").issuing("Somebody else").leaf()
    assert refusal(listed.status, other.certificate) == "the list does not cover this certificate"


NO_CRL_SIGN = Authority.root().issuing("No crlSign", usage=key_usage("key_cert_sign"))
WEAK = Authority.root().issuing("Weak", key=rsa_key(1024))
CRL_TABLE = {
    "empty": (b"", "not a readable CRL", CA),
    "a page": (b"<html>", "not a readable CRL", CA),
    "cut short": (CA.crl()[:-1], "not a readable CRL", CA),
    "with more after it": (CA.crl() + b"\0", "not a readable CRL", CA),
    "another issuer's": (CA.crl(issuer=CARD.certificate.subject), "another issuer's list", CA),
    "a namesake's": (OTHER.crl(), "not signed by the issuer", CA),
    "signed with another key": (CA.crl(key=ec_key()), "not signed by the issuer", CA),
    "of an issuer that may not sign lists": (NO_CRL_SIGN.crl(), "the issuer may not sign lists", NO_CRL_SIGN),
    "of an issuer with a weak key": (WEAK.crl(), "a weak signature", WEAK),
    "signed with SHA-224": (CA.crl(digest=hashes.SHA224()), "a weak signature", CA),
    "stale": (CA.crl(this_update=NOW - DAY, next_update=NOW - 61 * SECOND), "stale", CA),
    "from the future": (CA.crl(this_update=NOW + 61 * SECOND), "from the future", CA),
    "a delta": (CA.crl(more=[(x509.DeltaCRLIndicator(1), True)]), "a delta list", CA),
    "a delta, not critical": (CA.crl(more=[(x509.DeltaCRLIndicator(1), False)]), "a delta list", CA),
    "indirect": (CA.crl(more=[(scope(indirect_crl=True), True)]), "an indirect or partial list", CA),
    "for some reasons": (
        CA.crl(more=[(scope(only_some_reasons=frozenset([x509.ReasonFlags.key_compromise])), True)]),
        "an indirect or partial list", CA),
    "for attribute certificates": (
        CA.crl(more=[(scope(only_contains_attribute_certs=True), True)]), "an indirect or partial list", CA),
    "with an unknown critical extension": (CA.crl(more=[(UNKNOWN_EXTENSION, True)]), "a critical extension", CA),
    "with an unknown critical extension of an entry": (
        CA.crl(1, entry=[(UNKNOWN_EXTENSION, True)]), "a critical extension of an entry", CA),
    "with another issuer in an entry": (
        CA.crl(1, entry=[(x509.CertificateIssuer([x509.DirectoryName(CA.certificate.subject)]), True)]),
        "a critical extension of an entry", CA),
}  # fmt: skip


@pytest.mark.spec("RFC 5280", "6.3")
@pytest.mark.parametrize("kind", CRL_TABLE)
def test_a_list_that_may_not_be_believed_is_none(kind):
    der, reason, ca = CRL_TABLE[kind]
    assert refusal(crl, der, ca) == reason


def test_a_list_without_next_update_is_none():
    der = CA.crl()
    stamp = (NOW + DAY).strftime("%y%m%d%H%M%SZ").encode()
    at = der.index(b"\x17\x0d" + stamp)
    body = der[:at] + der[at + 15 :]
    # the two lengths around it shrink with it, and the signature is made again
    parsed = _without(body, 15, CA)
    assert refusal(crl, parsed) == "no nextUpdate"


def _without(body, removed, ca):
    """The list with the lengths of its two outer sequences mended, signed again."""
    outer = _sequence_length(body, 0)
    start = outer[1]
    inner = _sequence_length(body, start)
    tbs = b"\x30" + _length(inner[0] - removed) + body[inner[1] : inner[1] + inner[0] - removed]
    algorithm = body[inner[1] + inner[0] - removed :][:12]
    signature = ca.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    bits = b"\x03" + _length(len(signature) + 1) + b"\0" + signature
    content = tbs + algorithm + bits
    return b"\x30" + _length(len(content)) + content


def _sequence_length(der, at):
    first = der[at + 1]
    if first < 0x80:
        return first, at + 2
    count = first & 0x7F
    return int.from_bytes(der[at + 2 : at + 2 + count], "big"), at + 2 + count


def _length(size):
    if size < 0x80:
        return bytes([size])
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw


def test_an_issuer_without_key_usage_may_sign_lists():
    root = Authority.root("Plain")
    plain = Authority(root.leaf("Plain CA", usage=None, key=CA.key).certificate, CA.key)
    assert crl(plain.crl(), plain).next_update == NOW + DAY


POINT = "http://crl.example/1.crl"
PLACED = CA.leaf(
    more=[(x509.CRLDistributionPoints([x509.DistributionPoint(place(POINT), None, None, None)]), False)]
)  # fmt: skip
SUB_CA = CA.issuing("Sub")


@pytest.mark.spec("RFC 5280", "6.3.3")
@pytest.mark.parametrize(
    ("extension", "card", "covered"),
    [
        (scope(full_name=place(POINT)), PLACED, True),
        (scope(full_name=place("http://crl.example/2.crl")), PLACED, False),
        (scope(full_name=place(POINT)), CARD, False),
        (scope(only_contains_user_certs=True), CARD, True),
        (scope(only_contains_user_certs=True), SUB_CA, False),
        (scope(only_contains_ca_certs=True), CARD, False),
        (scope(only_contains_ca_certs=True), SUB_CA, True),
        (scope(relative_name=x509.RelativeDistinguishedName(list(CARD.certificate.subject))), CARD, False),
    ],
)
def test_a_part_of_the_issuers_list_covers_its_part_only(extension, card, covered):
    listed = crl(CA.crl(more=[(extension, True)]))
    if covered:
        assert listed.status(card.certificate) == Good(NOW + DAY)
    else:
        assert refusal(listed.status, card.certificate) == "the list does not cover this certificate"
