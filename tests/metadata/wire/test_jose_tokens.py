"""Making and reading signed JWTs (RFC 7515, RFC 7519, RFC 8725, OpenID Connect Core 3.1.3.6)."""

import itertools
import json
import tracemalloc

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import import_key

from metadata.wire import jose, signing
from tests.support.jose_mutations import Case

EC_KEYS = {
    alg: ec.generate_private_key(curve)
    for alg, curve in (("ES256", ec.SECP256R1()), ("ES384", ec.SECP384R1()), ("ES512", ec.SECP521R1()))
}
RSA = rsa.generate_private_key(65537, 2048)
SIGNERS = {
    **{alg: signing.signer(key, kid=f"k-{alg}", alg=alg) for alg, key in EC_KEYS.items()},
    **{alg: signing.signer(RSA, kid=f"k-{alg}", alg=alg) for alg in ("RS256", "RS384", "RS512", "PS256")},
    "Ed25519": signing.signer(ed25519.Ed25519PrivateKey.generate(), kid="k-Ed25519", alg="Ed25519"),
}
SIGNER = SIGNERS["ES256"]
OTHER = signing.signer(ec.generate_private_key(ec.SECP256R1()), kid="other", alg="ES256")
KEYS = [(SIGNER.kid, SIGNER.public_key)]
KINDS = (
    "at+jwt",
    "dpop+jwt",
    "logout+jwt",
    "oauth-authz-req+jwt",
    "token-introspection+jwt",
    "client-authentication+jwt",
    None,
)


def refusal(token, keys=KEYS, algorithms=("ES256",), typ=("JWT", None)):
    with pytest.raises(jose.JoseRefused) as caught:
        jose.verify(token, keys, algorithms=algorithms, typ=typ)
    return caught.value.reason


@pytest.mark.parametrize("alg", SIGNERS)
def test_what_is_issued_verifies_here_and_with_joserfc(alg):
    signer = SIGNERS[alg]
    token = jose.issue({"sub": "å", "n": 1}, signer, typ="at+jwt")
    keys = jose.read_jwks({"keys": [jose.public_jwk(signer)]})
    verified = jose.verify(token, keys, algorithms=[alg], typ=["at+jwt"])
    assert verified.claims == {"sub": "å", "n": 1}
    assert verified.header == {"alg": alg, "kid": signer.kid, "typ": "at+jwt"}
    assert verified.key.kid == signer.kid
    theirs = jws.deserialize_compact(token, import_key(jose.public_jwk(signer)), algorithms=[alg])
    assert json.loads(theirs.payload) == {"sub": "å", "n": 1}


def test_a_token_may_come_as_bytes():
    assert jose.verify(jose.issue({}, SIGNER).encode(), KEYS, algorithms=["ES256"], typ=[None]).claims == {}


def test_a_claim_that_is_no_json_number_is_never_issued():
    with pytest.raises(ValueError, match="JSON"):
        jose.issue({"x": float("nan")}, SIGNER)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["sub", "x", "åäö"]), JSON))
def test_every_claim_comes_back_as_it_went(claims):
    assert jose.verify(jose.issue(claims, SIGNER), KEYS, algorithms=["ES256"], typ=[None]).claims == claims


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200) | st.from_regex(rb"[A-Za-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{1,40}){2}")
)
def test_whatever_is_sent_the_only_error_is_the_one(token):
    assert refusal(token)


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize(("made", "read"), list(itertools.product(KINDS, KINDS)))
def test_a_token_of_one_kind_is_no_token_of_another(made, read):
    token = jose.issue({}, SIGNER, typ=made)
    if made == read:
        assert jose.verify(token, KEYS, algorithms=["ES256"], typ=[read]).claims == {}
    else:
        assert refusal(token, typ=[read]) == "another typ"


@pytest.mark.spec("RFC 7515", "4.1.9")
@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
def test_typ_is_a_media_type(typ):
    assert jose.verify(jose.issue({}, SIGNER, typ=typ), KEYS, algorithms=["ES256"], typ=["at+jwt"])


@pytest.mark.spec("RFC 8725", "3.1")
def test_an_algorithm_that_the_key_could_do_but_this_use_does_not_want_is_refused():
    token = jose.issue({}, SIGNERS["PS256"])
    assert refusal(token, [("k-PS256", RSA.public_key())], algorithms=["ES256", "RS256"]) == "another alg"


def test_an_algorithm_that_the_use_wants_but_the_key_cannot_do_is_refused():
    assert (
        refusal(jose.issue({}, SIGNER), [(SIGNER.kid, RSA.public_key())], ["ES256", "RS256"]) == "no key that made it"
    )


def test_none_and_hmac_cannot_even_be_asked_for():
    token = Case({"alg": "none"}, {}, SIGNER, OTHER).token()
    assert refusal(token, algorithms=["none", "HS256", "ES256"]) == "another alg"


@pytest.mark.spec("RFC 9864", "4.1.2")
def test_eddsa_is_accepted_as_the_old_name_of_ed25519():
    signer = SIGNERS["Ed25519"]
    token = Case({"alg": "EdDSA"}, {"a": 1}, signer, OTHER).token()
    for algorithms in (["EdDSA"], ["Ed25519"]):
        assert jose.verify(token, [(None, signer.public_key)], algorithms=algorithms, typ=[None]).claims == {"a": 1}


def test_the_kid_names_the_one_key_that_is_tried():
    keys = [("wrong", SIGNER.public_key), (SIGNER.kid, OTHER.public_key)]
    assert refusal(jose.issue({}, SIGNER), keys) == "no key that made it"


@pytest.mark.spec("OpenID Connect Core 1.0", "10.1")
def test_without_a_kid_four_keys_are_tried_and_no_fifth():
    token = Case({"alg": "ES256"}, {}, SIGNER, OTHER).token()
    others = [(f"o{n}", OTHER.public_key) for n in range(3)]
    fourth = [*others, ("rsa", RSA.public_key()), ("mine", SIGNER.public_key)]
    assert jose.verify(token, fourth, algorithms=["ES256"], typ=[None]).key.kid == "mine"
    assert refusal(token, [("o", OTHER.public_key), *fourth]) == "no key that made it"


def test_headers_that_bring_keys_are_never_used_as_keys_but_do_not_spoil_a_good_token():
    header = {
        "alg": "ES256",
        "kid": SIGNER.kid,
        "jwk": jose.public_jwk(OTHER),
        "jku": "https://a.example",
        "x5c": ["M"],
    }
    assert jose.verify(Case(header, {}, SIGNER, OTHER).token(), KEYS, algorithms=["ES256"], typ=[None])


@pytest.mark.parametrize(
    "header", [{"jku": 1}, {"jku": "file:///etc"}, {"x5c": "M"}, {"x5c": [1]}, {"cty": 1}, {"x5t": {}}]
)
def test_a_registered_header_parameter_has_its_registered_type(header):
    assert (
        refusal(Case({"alg": "ES256", **header}, {}, SIGNER, OTHER).token()) == "a header parameter of the wrong type"
    )


def test_a_very_long_token_is_refused_before_anything_is_decoded():
    token = "A" * 50_000_000
    tracemalloc.start()
    assert refusal(token) == "too long"
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_a_claim_can_be_read_before_its_keys_are_known():
    token = jose.issue({"sub": "client", "n": 1}, SIGNER)
    assert jose.claimed(token, "sub") == "client"
    for name in ("n", "iss"):
        with pytest.raises(jose.JoseRefused, match=f"no {name}"):
            jose.claimed(token, name)


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.3.6")
@pytest.mark.parametrize(
    ("alg", "expected"),
    [
        ("ES256", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("RS256", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("PS256", "77QmUPtjPfzWtF2AnpK9RQ"),
    ],
)
def test_at_hash_of_a_published_example(alg, expected):
    assert jose.at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", alg) == expected


def test_at_hash_is_half_of_what_the_algorithm_hashes_with():
    lengths = {alg: len(jose.at_hash("token", alg)) for alg in ("ES256", "ES384", "ES512", "Ed25519", "EdDSA")}
    assert lengths == {"ES256": 22, "ES384": 32, "ES512": 43, "Ed25519": 43, "EdDSA": 43}
    assert jose.at_hash("token", "Ed25519") == jose.at_hash("token", "EdDSA") == jose.at_hash("token", "ES512")


@pytest.mark.parametrize("alg", ["none", "HS256", "", "es256"])
def test_at_hash_of_an_unknown_algorithm_is_an_error_and_not_a_missing_claim(alg):
    with pytest.raises(jose.JoseRefused):
        jose.at_hash("token", alg)
