"""Private keys as people paste them, wherever they stand; and what only resembles one."""

import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from metadata.private_keys import private_key_at, private_key_in
from metadata.validate import check
from metadata.wire.jose import public_jwk
from metadata.wire.signing import signer
from tests.support import saml_metadata as make
from tests.support.saml import ec_key, rsa_key

RSA, EC, ED = rsa_key("peer"), ec_key("rp"), ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
P8, OLD = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
LOCKED = BestAvailableEncryption(b"secret")
JWK = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}


def der(key, shape=P8, encryption=None):
    return key.private_bytes(Encoding.DER, shape, encryption or NoEncryption())


def pem(key, shape=P8, encryption=None):
    return key.private_bytes(Encoding.PEM, shape, encryption or NoEncryption()).decode()


def lines(octets):
    return make.in_lines(octets)


def by_password(algorithms):
    made = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(algorithms).hmac_hash(hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(b"k", RSA, None, None, made.build(b"secret"))


PRIVATE = {
    "PEM of PKCS 8": pem(RSA),
    "PEM of PKCS 1": pem(RSA, OLD),
    "PEM of SEC 1": pem(EC, OLD),
    "PEM with a password": pem(RSA, P8, LOCKED),
    "PEM of OpenSSH": pem(ED, PrivateFormat.OpenSSH),
    "a PuTTY file": "PuTTY-User-Key-File-3: ssh-ed25519",
    "DER of PKCS 8, RSA": lines(der(RSA)),
    "DER of PKCS 8, EC": lines(der(EC)),
    "DER of PKCS 8, Ed25519": lines(der(ED)),
    "DER of PKCS 1": lines(der(RSA, OLD)),
    "DER of SEC 1": lines(der(EC, OLD)),
    "DER with a password": lines(der(RSA, P8, LOCKED)),
    "PKCS 12": lines(by_password(pkcs12.PBES.PBESv2SHA256AndAES256CBC)),
    "in one line": b64encode(der(RSA)).decode(),
    "in lines of Windows": lines(der(RSA)).replace("\n", "\r\n"),
    "indented": lines(der(RSA)).replace("\n", "\n            "),
    "after other words": "nyckel=" + b64encode(der(EC)).decode(),
    "a JWK written as text": json.dumps({"keys": [JWK]}),
    "a JWK with room around": '{"kty" : "RSA", "d"  : "AA"}',
    "numbers of .NET": "<RSAKeyValue><Modulus>AA</Modulus><Exponent>AQAB</Exponent><D>AAAA</D></RSAKeyValue>",
    "numbers with a prefix": "<ds:RSAKeyValue><ds:InverseQ>AAAA</ds:InverseQ></ds:RSAKeyValue>",
}
PUBLIC = {
    "nothing": "",
    "words": "Private keys are kept in the safe. MAKE SURE that MD and MP agree about everything in this text.",
    "a certificate": lines(make.certificate()),
    "a certificate in PEM": f"-----BEGIN CERTIFICATE-----\n{lines(make.certificate())}\n-----END CERTIFICATE-----",
    "a public key": lines(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    "a public key of PKCS 1": lines(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)),
    "a public EC key": lines(EC.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    "a signature": lines(EC.sign(b"x", ec.ECDSA(hashes.SHA256()))),
    "a public JWK": json.dumps(public_jwk(signer(EC, kid="1", alg="ES256"))),
    "a d that is no key's": '{"d": "1"}',
    "public numbers": "<RSAKeyValue><Modulus>AA</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>",
    "numbers of DSA": "<DSAKeyValue><P>AAAA</P><Q>AAAA</Q><G>AAAA</G><Y>AAAA</Y></DSAKeyValue>",
    "metadata": make.entity().decode(),
    "cut off": "MIIEvQIBADANBgkq",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_a_private_key_is_found_where_it_begins(name):
    before = "  text\n"
    assert private_key_at(before + PRIVATE[name]) is not None
    assert private_key_in({"saml": {"metadata_xml": f"<!-- {PRIVATE[name]} -->"}}) == "/saml/metadata_xml"


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_only_resembles_one_is_taken(name):
    assert private_key_at(PUBLIC[name]) is None
    assert private_key_in({"text": [PUBLIC[name]]}) is None


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"oidc": {"jwks": {"keys": [JWK]}}}, "/oidc/jwks/keys/0"),
        ({"oidc": {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}}, "/oidc/jwks/keys/0"),
        ({"names": {"sv": PRIVATE["PEM of SEC 1"]}}, "/names/sv"),
        ({"names": {PRIVATE["PEM of SEC 1"]: "sv"}}, "/names"),
        ({"contacts": ("a", {"mail": PRIVATE["PEM of SEC 1"]})}, "/contacts/1/mail"),
        ({"x" * 200: PRIVATE["PEM of SEC 1"]}, "/" + "x" * 99),
        ("".join(f"{letter}\0" for letter in PRIVATE["PEM of SEC 1"]), ""),
        ({"d": 1, "k": None, "text": 7.5}, None),
    ],
)
def test_it_is_found_at_any_depth_and_its_place_tells_nothing_of_it(value, place):
    assert private_key_in(value) == place


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_the_validator_tells_of_it_in_a_comment_and_on_which_line(name):
    report = check(b"<!-- \n\n " + PRIVATE[name].encode() + b" -->" + make.entity())
    found = [each for each in report.findings if each.id == "private-key"]
    assert [(each.severity.value, each.place) for each in found] == [("error", "/")]
    assert "private-key" not in report.passed


@pytest.mark.parametrize("name", ["PEM of SEC 1", "DER of PKCS 8, Ed25519"])
def test_the_validator_tells_of_it_in_a_client_s_registration(name):
    client = {"client_id": "rp", "redirect_uris": ["https://rp.example/cb"], "client_name": PRIVATE[name]}
    report = check(json.dumps(client, indent=1).encode())
    assert [(each.place, each.line) for each in report.findings if each.id == "private-key"] == [("", 6)]


def test_a_file_without_one_says_so():
    assert "private-key" in check(make.entity()).passed
    assert "private-key" in check(b'{"client_id": "rp", "redirect_uris": ["https://rp.example/cb"]}').passed
