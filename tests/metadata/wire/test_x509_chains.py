"""A zoo of login certificates: one good way to an anchor, and some sixty that must not pass (RFC 5280 section 6)."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from metadata.wire import x509 as wire
from metadata.wire.x509 import BadCertificate, ChainRefused, load_pem_or_der_certificate, subject_fields, validate_chain
from tests.support.pki import (
    DAY,
    NOW,
    OCSP_SIGNING,
    SERVER,
    Authority,
    Issued,
    ec_key,
    key_usage,
    name,
    rsa_key,
    with_sha1,
)

LOA3, LOA2, ANY = "1.2.752.29.6.3", "1.2.752.29.6.2", "2.5.29.32.0"
ROOT = Authority.root(key=rsa_key(4096))
CA = ROOT.issuing(policies=[LOA3])
OPEN_CA = ROOT.issuing("Open CA", policies=[ANY])
UTF8 = x509.name._ASN1Type.UTF8String
SECOND = timedelta(seconds=1)
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def validate(leaf, intermediates=(CA,), anchors=(ROOT,), now=NOW, **named):
    return validate_chain(
        leaf.certificate,
        [each.certificate for each in intermediates],
        [each.certificate for each in anchors],
        now,
        **named,
    )


def refusal(leaf, *arguments, **named):
    with pytest.raises(ChainRefused) as caught:
        validate(leaf, *arguments, **named)
    return caught.value.reason


def card(**options):
    return CA.leaf(policies=[LOA3], **options)


CARD = card()


def test_a_card_leads_to_its_anchor_by_its_issuer():
    chain = validate(CARD)
    assert chain.certificates == (CARD.certificate, CA.certificate, ROOT.certificate)
    assert chain.issuer == CA.certificate
    assert chain.policies == {LOA3}


def test_an_issuing_ca_can_be_the_anchor():
    assert validate(CARD, [], [CA]).certificates == (CARD.certificate, CA.certificate)
    assert validate(CARD, [CA], [CA, ROOT]).policies == {LOA3}


@pytest.mark.parametrize(
    "key", [rsa_key(), rsa_key(3072), ec_key(), ec_key(ec.SECP384R1()), ec_key(ec.SECP521R1())],
    ids=["RSA-2048", "RSA-3072", "P-256", "P-384", "P-521"],
)  # fmt: skip
def test_keys_that_are_strong_enough_pass(key):
    assert validate(card(key=key))


GOOD = {
    "with a subjectAltName": card(more=[(x509.SubjectAlternativeName([x509.RFC822Name("a@b.example")]), False)]),
    "with several key usages": card(usage=key_usage("digital_signature", "key_encipherment")),
    "with more purposes": card(eku=[ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SMARTCARD_LOGON]),
    "said to be no CA": card(more=[(x509.BasicConstraints(ca=False, path_length=None), True)]),
    "with an unknown extension that is not critical": card(more=[(UNKNOWN, False)]),
    "without a policy": CA.leaf(),
    "signed with SHA-512": card(digest=hashes.SHA512()),
}


@pytest.mark.parametrize("kind", GOOD)
def test_good_kinds_of_card_pass(kind):
    assert validate(GOOD[kind]).certificates[0] == GOOD[kind].certificate


STRANGERS = Authority.root("Test Root").issuing("Test Issuing CA")
TWO_LEVELS = ROOT.issuing("Level 1", path_length=0).issuing("Level 2", path_length=None)
LEVEL_1 = ROOT.issuing("Level 1 open", path_length=1)
LEVEL_2 = LEVEL_1.issuing("Level 2 open")
NOT_CA = ROOT.issuing("No CA", is_ca=False, path_length=None)
NO_CERT_SIGN = ROOT.issuing("No certSign", usage=key_usage("digital_signature"))
CONSTRAINED = ROOT.issuing(
    "Constrained", more=[(x509.NameConstraints([x509.DNSName("only.example")], None), True)]
)  # fmt: skip
OUTSIDE = (x509.SubjectAlternativeName([x509.DNSName("outside.example")]), False)
FORGED = Authority(CA.certificate, ec_key())
OLD_CA = ROOT.issuing("Old CA", not_before=NOW - 30 * DAY, not_after=NOW - DAY)
NEW_CA = ROOT.issuing("New CA", not_before=NOW + DAY, not_after=NOW + 30 * DAY)
WEAK_CA = ROOT.issuing("Weak CA", key=rsa_key(1024))
SHA1_CA = with_sha1(ROOT.issuing("SHA-1 CA"), ROOT)
RSA_CA = ROOT.issuing("RSA CA", key=rsa_key())
MAPPED_OUT = ROOT.issuing("Inhibits", policies=[ANY], more=[(x509.InhibitAnyPolicy(0), False)])
NO_POLICY_CA = ROOT.issuing("No policy CA")
OTHER_POLICY_CA = ROOT.issuing("Other policy CA", policies=[LOA2])
BAD = {
    # no way to an anchor
    "issued by nobody we know": (Authority.root("X").issuing("Y").leaf(), "issuer", ()),
    "issued by a namesake": (STRANGERS.leaf(), "issuer", (CA,)),
    "with its stranger's chain sent along": (STRANGERS.leaf(), "issuer", (STRANGERS,)),
    "signed by itself": (Authority.root("Me", ca={"is_ca": False}), "issuer", ()),
    "signed with a key that only claims the CA's name": (FORGED.leaf(), "issuer", (CA,)),
    "without its issuer": (CARD, "issuer", ()),
    "under a CA that is none": (NOT_CA.leaf(), "issuer", (NOT_CA,)),
    "issued by another person's card": (Authority(CARD.certificate, CARD.key).leaf(), "issuer", (CA, CARD)),
    "under a CA that may not sign certificates": (NO_CERT_SIGN.leaf(), "issuer", (NO_CERT_SIGN,)),
    "under a CA too deep": (TWO_LEVELS.leaf(), "issuer", (ROOT.issuing("Level 1", path_length=0), TWO_LEVELS)),
    "under a CA with half the chain": (LEVEL_2.leaf(), "issuer", (LEVEL_2,)),
    "outside its CA's name constraints": (CONSTRAINED.leaf(more=[OUTSIDE]), "issuer", (CONSTRAINED,)),
    "with an unknown critical extension": (card(more=[(UNKNOWN, True)]), "issuer", (CA,)),
    "under a CA with an unknown critical extension": (
        (odd := ROOT.issuing("Odd CA", more=[(UNKNOWN, True)])).leaf(), "issuer", (odd,)),
    # not now
    "expired yesterday": (card(not_before=NOW - 9 * DAY, not_after=NOW - DAY), "expired", (CA,)),
    "expired 61 seconds ago": (card(not_after=NOW - 61 * SECOND), "expired", (CA,)),
    "from tomorrow": (card(not_before=NOW + DAY), "not-yet-valid", (CA,)),
    "from 61 seconds ahead": (card(not_before=NOW + 61 * SECOND), "not-yet-valid", (CA,)),
    "under an expired CA": (OLD_CA.leaf(not_before=NOW - 20 * DAY), "expired", (OLD_CA,)),
    "issued after its CA had expired": (OLD_CA.leaf(not_before=NOW - SECOND), "issuer", (OLD_CA,)),
    "expired and a stranger's": (STRANGERS.leaf(not_after=NOW - SECOND), "issuer", (STRANGERS,)),
    "under a CA of tomorrow": (NEW_CA.leaf(not_before=NOW - DAY, not_after=NOW + 20 * DAY), "expired", (NEW_CA,)),
    # of another kind
    "for servers": (card(eku=[SERVER]), "kind", (CA,)),
    "for servers and signing OCSP": (card(eku=[SERVER, OCSP_SIGNING]), "kind", (CA,)),
    "for any purpose": (card(eku=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), "kind", (CA,)),
    "for no named purpose": (card(eku=None), "kind", (CA,)),
    "for signing documents": (card(usage=key_usage("content_commitment")), "kind", (CA,)),
    "for encryption": (card(usage=key_usage("key_encipherment")), "kind", (CA,)),
    "for key agreement": (card(usage=key_usage("key_agreement")), "kind", (CA,)),
    "without key usage": (card(usage=None), "kind", (CA,)),
    "a CA itself": (card(more=[(x509.BasicConstraints(ca=True, path_length=None), True)],
                         usage=key_usage("digital_signature", "key_cert_sign")), "kind", (CA,)),
    # too weak
    "RSA of 1024 bits": (card(key=rsa_key(1024)), "weak", (CA,)),
    "RSA with exponent 3": (card(key=rsa_key(2048, 3)), "weak", (CA,)),
    "on P-224": (card(key=ec_key(ec.SECP224R1())), "weak", (CA,)),
    "on secp256k1": (card(key=ec_key(ec.SECP256K1())), "weak", (CA,)),
    "signed with SHA-1": (with_sha1(RSA_CA.leaf(), RSA_CA), "weak", (RSA_CA,)),
    "signed with SHA-224": (card(digest=hashes.SHA224()), "weak", (CA,)),
    "under a CA with RSA of 1024 bits": (WEAK_CA.leaf(), "weak", (WEAK_CA,)),
    "under a CA signed with SHA-1": (SHA1_CA.leaf(), "weak", (SHA1_CA,)),
    # a policy nobody granted
    "with a policy that its issuer does not grant": (CA.leaf(policies=[LOA2]), "policy", (CA,)),
    "with a policy under an issuer that grants another": (OTHER_POLICY_CA.leaf(policies=[LOA3]), "policy", (OTHER_POLICY_CA,)),
    "with a policy under an issuer that grants none": (NO_POLICY_CA.leaf(policies=[LOA3]), "policy", (NO_POLICY_CA,)),
    "with anyPolicy": (OPEN_CA.leaf(policies=[ANY]), "policy", (OPEN_CA,)),
    "with a policy where anyPolicy is inhibited": (MAPPED_OUT.leaf(policies=[LOA3]), "policy", (MAPPED_OUT,)),
    "with a policy that only the upper of two issuers grants": (
        (lower := (upper := ROOT.issuing("Up", policies=[LOA3], path_length=1)).issuing("Low")).leaf(policies=[LOA3]),
        "policy", (upper, lower)),
    "with a policy that only the lower of two issuers grants": (
        (lower2 := (upper2 := ROOT.issuing("Up2", path_length=1)).issuing("Low2", policies=[LOA3])).leaf(policies=[LOA3]),
        "policy", (upper2, lower2)),
}  # fmt: skip


def test_the_zoo_has_its_forty():
    assert len(BAD) + len(GOOD) >= 40


@pytest.mark.spec("RFC 5280", "6.1")
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_certificate_is_refused_for_its_reason(kind):
    leaf, reason, intermediates = BAD[kind]
    assert refusal(leaf, intermediates) == reason


def test_without_anchors_nothing_passes():
    assert refusal(CARD, [CA], []) == "issuer"


def test_a_weak_anchor_is_refused():
    anchor = Authority.root("E3", key=rsa_key(2048, 3))
    assert refusal(anchor.leaf(), [], [anchor]) == "weak"


def test_a_chain_of_three_issuers_passes():
    assert len(validate(LEVEL_2.leaf(), [LEVEL_2, LEVEL_1]).certificates) == 4


@pytest.mark.parametrize("options", [{"not_before": NOW + 59 * SECOND}, {"not_after": NOW - 59 * SECOND}])
def test_clocks_may_differ_by_a_minute(options):
    assert validate(card(**options))


def test_an_anchor_that_names_policies_is_taken_at_its_word():
    assert refusal(CA.leaf(policies=[LOA2]), [], [CA]) == "policy"
    assert validate(NO_POLICY_CA.leaf(policies=[LOA2]), [], [NO_POLICY_CA]).policies == {LOA2}


def test_any_policy_of_an_issuer_grants_every_policy():
    assert validate(OPEN_CA.leaf(policies=[LOA2, LOA3]), [OPEN_CA]).policies == {LOA2, LOA3}


def test_policies_wanted_must_be_granted():
    assert validate(CARD, policies=[LOA3, LOA2]).policies == {LOA3}
    assert refusal(CARD, policies=[LOA2]) == "policy"
    assert refusal(CARD, policies=[]) == "policy"
    assert refusal(CA.leaf(), policies=[LOA3]) == "policy"


def test_policy_mappings_are_not_followed():
    mapping = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.33"), b"\x30\x00")
    maps = ROOT.issuing("Maps", policies=[ANY], more=[(mapping, False)])
    assert validate(maps.leaf(policies=[LOA2]), [maps]).policies == {LOA2}  # each policy means itself


def test_a_refusal_says_why():
    assert str(ChainRefused("weak", "RSA")) == "weak: RSA"
    assert str(ChainRefused("issuer")) == "issuer"


# reading


def test_a_certificate_is_read_as_pem_and_as_der():
    for data in (CARD.pem, CARD.der, b"\n" + CARD.pem):
        assert load_pem_or_der_certificate(data) == CARD.certificate
    assert wire.public_bytes(CARD.certificate) == CARD.der


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"-----BEGIN CERTIFICATE-----", CARD.pem[:-40], CARD.pem + CA.pem, CARD.der[:-1], CARD.der + b"\0",
        CARD.key_pem, b"x" * 70_000, CARD.der.replace(b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\xff", 1),
        CARD.der.replace(b"\x0c\x0bTest Person", b"\x0c\x0bTest Pers\xff\xff"),
    ],
)  # fmt: skip
def test_what_is_no_certificate_is_refused(data):
    with pytest.raises(BadCertificate):
        load_pem_or_der_certificate(data)


def test_a_version_1_certificate_is_refused():
    data = CARD.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00", 1)
    with pytest.raises(BadCertificate):
        load_pem_or_der_certificate(data)


@pytest.mark.spec("RFC 5280", "4.1.2.2")
@pytest.mark.filterwarnings("ignore:.*serial number.*")
def test_a_serial_number_is_positive():
    data = card(serial=1).der
    for serial in (b"\x00", b"\xff"):
        with pytest.raises(BadCertificate):
            load_pem_or_der_certificate(data.replace(b"\x02\x01\x01", b"\x02\x01" + serial, 1))


def test_a_certificate_has_a_fingerprint():
    assert wire.fingerprint(CARD.certificate) == CARD.certificate.fingerprint(hashes.SHA256()).hex()
    assert wire.thumbprint_s256(CARD.certificate).hex() == wire.fingerprint(CARD.certificate)


def subject(*attributes):
    return CA.leaf(subject=x509.Name([x509.NameAttribute(oid, value, UTF8) for oid, value in attributes])).certificate


def test_the_subject_is_read_by_its_names():
    certificate = subject(
        (NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "A"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "B"),
        (NameOID.COMMON_NAME, "Åsa Öberg"), (NameOID.SURNAME, "Öberg"), (NameOID.SERIAL_NUMBER, "SE165565594230-1A2B"),
    )  # fmt: skip
    assert subject_fields(certificate) == {
        "countryName": "SE", "commonName": "Åsa Öberg", "surname": "Öberg", "serialNumber": "SE165565594230-1A2B",
    }  # fmt: skip


@pytest.mark.parametrize(
    "attributes",
    [
        [(NameOID.SERIAL_NUMBER, "1"), (NameOID.SERIAL_NUMBER, "2")],
        [(NameOID.SERIAL_NUMBER, "1"), (NameOID.SERIAL_NUMBER, "1")],
        [(NameOID.COMMON_NAME, "a"), (NameOID.COMMON_NAME, "b")],
        [(NameOID.COMMON_NAME, "a\0b")],
        [(NameOID.COMMON_NAME, "a\nb")],
        [(NameOID.COMMON_NAME, "a\u202eb")],
        [(NameOID.COMMON_NAME, "a\u200bb")],
        [(NameOID.ORGANIZATIONAL_UNIT_NAME, "a\0b")],
        [(NameOID.COMMON_NAME, "  ")],
        [(NameOID.SERIAL_NUMBER, "19121212１２１２")],
        [(NameOID.SERIAL_NUMBER, "ЅE165565594230")],
    ],
)
def test_a_subject_that_two_readers_could_read_apart_is_refused(attributes):
    with pytest.raises(BadCertificate):
        subject_fields(subject(*attributes))


def test_an_rdn_of_several_values_is_refused():
    pair = x509.RelativeDistinguishedName(
        [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.SERIAL_NUMBER, "1")]
    )
    with pytest.raises(BadCertificate, match="several"):
        subject_fields(CA.leaf(subject=x509.Name([pair])).certificate)


def test_a_value_that_is_no_text_is_refused():
    bits = x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, b"\x00\x01", x509.name._ASN1Type.BitString)
    with pytest.raises(BadCertificate):
        subject_fields(CA.leaf(subject=x509.Name([bits])).certificate)


def test_kinds_of_key():
    assert wire.is_strong_key(ed25519.Ed25519PrivateKey.generate().public_key())
    for weak in (ed448.Ed448PrivateKey.generate().public_key(), dsa.DSAPublicKey, None):
        assert not wire.is_strong_key(weak)


def test_an_issued_certificate_can_be_written_out():
    issued = Issued(CARD.certificate, CARD.key)
    assert issued.pem.startswith(b"-----BEGIN CERTIFICATE")
    assert issued.certificate.subject == name("Test Person")
