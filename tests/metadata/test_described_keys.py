"""Keys as people and logs speak of them."""

import hashlib

import pytest

from metadata import described_keys
from metadata.wire.jose import public_jwk, read_jwks
from metadata.wire.saml_metadata import read_entity
from metadata.wire.signing import signer
from tests.support import pki
from tests.support.saml import ec_key, rsa_key
from tests.support.saml_metadata import certificate, entity, key, odd_curve_key, p384_key, rsa_key_value, sp_role


def test_a_key_has_one_id_in_a_certificate_in_a_set_and_in_memory():
    public = ec_key("a").public_key()
    (in_metadata,) = described_keys.of_metadata(
        read_entity(entity(sp_role(keys=key(der=certificate(ec_key("a")))))).roles[0].keys
    )
    (in_set,) = described_keys.of_set(read_jwks({"keys": [public_jwk(signer(ec_key("a"), kid="k1", alg="ES256"))]}))
    assert in_metadata.id == in_set.id == described_keys.key_id(public)
    assert (in_set.name, in_set.use, in_set.fingerprint) == ("k1", "signing", None)


def test_a_certificate_is_told_by_its_fingerprint_and_its_days():
    (found,) = described_keys.of_metadata(read_entity(entity(sp_role(keys=key()))).roles[0].keys)
    digest = hashlib.sha256(certificate()).hexdigest()
    assert found.fingerprint == digest
    assert found.short.replace(":", "").lower() == digest[:16]
    assert (found.valid_from, found.valid_until) == (1546300800, 2208988800)


def test_a_key_without_a_certificate_is_told_by_its_own_id():
    numbers = rsa_key("peer").public_key().public_numbers()
    role = read_entity(entity(sp_role(keys=rsa_key_value(numbers.n, numbers.e)))).roles[0]
    (found,) = described_keys.of_metadata(role.keys)
    assert found.fingerprint is None
    assert found.short.replace(":", "").lower() == found.id[:16]


@pytest.mark.parametrize(
    ("private", "kind"),
    [(rsa_key("peer"), "RSA 2048"), (ec_key("a"), "P-256"), (p384_key(), "P-384"), (odd_curve_key(), "secp256k1")],
)
def test_a_key_says_its_kind(private, kind):
    assert described_keys.kind_of(private.public_key()) == kind


def test_edwards_keys_say_their_kind():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    assert described_keys.kind_of(Ed25519PrivateKey.generate().public_key()) == "Ed25519"


def test_a_pem_text_is_its_first_certificate_or_nothing():
    found = described_keys.of_pem(pki.Authority.root().pem.decode())
    assert found is not None
    assert found.kind == "P-256"
    assert described_keys.of_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") is None
