"""A spoiled JWT is refused, whoever signed it, and only ever with the one error (RFC 8725 section 3)."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from joserfc import jws
from joserfc.jwk import KeySet

from metadata.wire import jose, signing
from tests.support.jose_mutations import MUTATIONS, Case

SIGNER = signing.signer(ec.generate_private_key(ec.SECP256R1()), kid="ours", alg="ES256")
STRANGER = signing.signer(ec.generate_private_key(ec.SECP256R1()), kid="theirs", alg="ES256")
ED = signing.signer(ed25519.Ed25519PrivateKey.generate(), kid="ours", alg="Ed25519")
ED_STRANGER = signing.signer(ed25519.Ed25519PrivateKey.generate(), kid="theirs", alg="Ed25519")
CLAIMS = {"iss": "https://client.example", "sub": "client", "aud": "https://op.example", "iat": 1, "exp": 2}


def case(signer=SIGNER, stranger=STRANGER):
    return Case({"alg": signer.alg, "kid": "ours", "typ": "JWT"}, CLAIMS, signer, stranger)


def verify(token, signer=SIGNER):
    keys = jose.read_jwks({"keys": [jose.public_jwk(signer)]})
    return jose.verify(token, keys, algorithms=[signer.alg], typ=["JWT", None])


def test_the_table_has_its_forty_rows():
    assert len(MUTATIONS) >= 40


@pytest.mark.parametrize("signer", [SIGNER, ED], ids=["ES256", "Ed25519"])
def test_the_token_that_is_spoiled_was_good(signer):
    assert verify(case(signer).token(), signer).claims == CLAIMS


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_spoiled_token_is_refused(name):
    with pytest.raises(jose.JoseRefused):
        verify(MUTATIONS[name](case()))


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_spoiled_token_is_refused_with_ed25519_too(name):
    with pytest.raises(jose.JoseRefused):
        verify(MUTATIONS[name](case(ED, ED_STRANGER)), ED)


@pytest.mark.parametrize("length", range(len(case().token())))
def test_a_token_cut_short_is_refused(length):
    with pytest.raises(jose.JoseRefused):
        verify(case().token()[:length])


def test_what_we_accept_joserfc_accepts():
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    keys = KeySet.import_key_set({"keys": [jose.public_jwk(SIGNER)]})
    accepted = 0
    for header in ({}, {"typ": None}, {"x": 1}, {"cty": "JWT"}, {"jwk": jose.public_jwk(STRANGER)}, {"crit": []}):
        for payload in ({}, {"n": 1.5}, {"deep": {"er": [1, None, True]}}, {"text": "åäö \u2028"}):
            token = case().token({**case().header, **header}, {**CLAIMS, **payload})
            try:
                ours = verify(token)
            except jose.JoseRefused:
                continue
            accepted += 1
            theirs = jws.deserialize_compact(token, keys, registry=registry)
            assert jose.read_object(theirs.payload) == ours.claims
            assert theirs.headers() == ours.header
    assert accepted == 16
