"""Key sets of others (RFC 7517): what is skipped, what refuses the set, and which keys may be tried."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from metadata.wire import jose, signing
from metadata.wire.jose import BadKeySet, public_jwk, read_jwks, thumbprint
from tests.support.jose_mutations import b64

RSA = public_jwk(signing.signer(rsa.generate_private_key(65537, 2048), kid="rsa", alg="RS256"))
P256 = public_jwk(signing.signer(ec.generate_private_key(ec.SECP256R1()), kid="p256", alg="ES256"))
OTHER = public_jwk(signing.signer(ec.generate_private_key(ec.SECP256R1()), kid="other", alg="ES256"))
P521 = public_jwk(signing.signer(ec.generate_private_key(ec.SECP521R1()), kid="p521", alg="ES512"))
ED = public_jwk(signing.signer(ed25519.Ed25519PrivateKey.generate(), kid="ed", alg="Ed25519"))


def raw_rsa(bits, exponent=65537):
    return {
        "kty": "RSA",
        "n": b64(((1 << bits) - 1).to_bytes((bits + 7) // 8, "big")),
        "e": b64(exponent.to_bytes((exponent.bit_length() + 7) // 8, "big")),
    }


def kids(*keys):
    return [key.kid for key in read_jwks({"keys": list(keys)}).keys]


def test_a_public_jwk_says_what_the_key_is_for_and_nothing_private():
    assert set(P256) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert set(RSA) == {"kty", "n", "e", "kid", "use", "alg"}
    assert set(ED) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert (P256["use"], P256["alg"], P256["kid"]) == ("sig", "ES256", "p256")


def test_the_kinds_we_speak_are_read():
    assert kids(RSA, P256, P521, ED) == ["rsa", "p256", "p521", "ed"]


@pytest.mark.spec("RFC 7517", "5")
@pytest.mark.parametrize(
    "unknown",
    [
        {"kty": "AKP", "pub": "AA"},
        {**P256, "crv": "secp256k1"},
        {**P256, "crv": ["P-256"]},
        {"kty": "EC"},
        {**ED, "crv": "X25519"},
        {**ED, "crv": "P-256"},
        {**RSA, "use": "enc"},
        {**RSA, "use": 1},
    ],
)
def test_what_we_do_not_speak_is_skipped(unknown):
    assert kids(unknown, P256) == ["p256"]


@pytest.mark.parametrize(
    "bad",
    [
        {**P256, "d": "AAAA"},
        {**RSA, "p": "AAAA"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "AKP", "d": "AAAA"},
        {**P256, "kty": 1},
        {**P256, "kid": 1},
        {**P256, "alg": ["ES256"]},
        {"kid": "x"},
        {**P256, "x": P256["y"]},
        {**P256, "x": "!"},
        {**P256, "x": "é"},
        {**P256, "x": 1},
        {**P256, "y": None},
        {**ED, "x": "AAAA"},
        {"kty": "RSA", "e": "AQAB"},
        {**RSA, "n": "A" * 3000},
        {**RSA, "e": "A" * 3000},
        raw_rsa(1024),
        raw_rsa(2046),
        raw_rsa(8300),
        raw_rsa(2048, 3),
        raw_rsa(2048, 65536),
        "text",
        None,
        [],
    ],
)
def test_a_bad_key_refuses_the_set(bad):
    with pytest.raises(BadKeySet):
        read_jwks({"keys": [P256, bad]})


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"keys": [P256] * 21}])
def test_a_document_without_keys_or_with_too_many_is_refused(document):
    with pytest.raises(BadKeySet):
        read_jwks(document)


@pytest.mark.spec("RFC 7517", "4.5")
def test_one_kid_for_two_keys_is_refused_unless_their_kinds_differ():
    with pytest.raises(BadKeySet, match="one kid"):
        read_jwks({"keys": [P256, {**OTHER, "kid": "p256"}]})
    mixed = read_jwks({"keys": [{**RSA, "kid": "k"}, {**P256, "kid": "k"}, {**P521, "kid": "k"}]})
    for alg in ("RS256", "ES256", "ES512"):
        assert [key.fits(alg) for key in mixed.candidates("k", alg)] == [True]


def test_the_same_key_twice_is_one_key():
    assert kids(P256, P256) == ["p256"]


def test_keys_without_a_kid_do_not_collide():
    nameless = [{name: value for name, value in key.items() if name != "kid"} for key in (P256, OTHER)]
    assert kids(*nameless) == [None, None]


def test_a_key_bound_to_an_algorithm_is_tried_for_no_other():
    keys = read_jwks({"keys": [RSA, {**ED, "alg": "EdDSA"}]})
    assert keys.candidates("rsa", "RS256")
    assert not keys.candidates("rsa", "PS256")
    assert keys.candidates("ed", "Ed25519")
    assert not keys.candidates("unknown", "RS256")


@pytest.mark.spec("RFC 7638", "3.1")
def test_the_thumbprint_of_the_published_example():
    key = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o"
        "knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu"
        "6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awa"
        "pJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_thumbprint_of_an_unknown_kind_is_an_error():
    with pytest.raises(BadKeySet):
        thumbprint({"kty": "AKP"})


def test_a_set_can_be_made_of_keys_in_memory_and_a_key_of_no_kind_fits_nothing():
    ed448_key = ed448.Ed448PrivateKey.generate().public_key()
    assert not jose.PublicKeySet.of([("k", ed448_key)]).candidates("k", "ES256")
