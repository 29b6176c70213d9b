"""A signature is held against one algorithm and one fitting key; a private key that is none of ours is not read."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from metadata.wire.signing import ALGORITHMS, BadSignature, UnfitKey, private_key, signer, verify

KEYS = {
    "RS": rsa.generate_private_key(65537, 2048),
    "PS": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def key_for(alg):
    return KEYS.get(alg) or KEYS[alg[:2]]


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signature_holds_for_its_key_its_algorithm_and_its_octets_alone(alg):
    made = signer(private_key(pem(key_for(alg))), kid="k", alg=alg)
    signature = made.sign(b"data")
    verify(alg, made.public_key, signature, b"data")
    for other in {*ALGORITHMS} - {alg}:
        with pytest.raises(BadSignature):
            verify(other, made.public_key, signature, b"data")
    for bad, data in (
        (signature, b"date"),
        (signature[:-1], b"data"),
        (b"", b"data"),
        (bytes(len(signature)), b"data"),
    ):
        with pytest.raises(BadSignature):
            verify(alg, made.public_key, bad, data)


@pytest.mark.parametrize("alg", ["none", "HS256", "", "es256"])
def test_an_algorithm_that_is_not_listed_verifies_nothing(alg):
    with pytest.raises(BadSignature):
        verify(alg, KEYS["ES256"].public_key(), b"", b"data")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        KEYS["ES256"].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ),
        pem(dsa.generate_private_key(2048)),
    ],
    ids=["empty", "hollow", "encrypted", "dsa"],
)
def test_a_private_key_that_is_none_of_ours_is_refused(text):
    with pytest.raises(UnfitKey):
        private_key(text)
