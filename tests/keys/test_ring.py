"""The ring: first keys, rotation with overlap, and the snapshot in which every private key is imported once."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from broker.keys.kek import Kek
from broker.keys.making import NEEDS, NoSuchKey, first_keys, load_ring, need, new_key, removed
from broker.keys.ring import KeyState
from broker.keys.rotation import PUBLISH_BEFORE_USE, RETIRE_AFTER, Naming, TooEarly, missing, remove_retired, rotate
from broker.keys.sealing import SealingVault, Unsealable, new_data_keys
from metadata.wire.signing import UnfitKey, verify
from tests.support.databases import NOW

KEK = Kek(bytes(range(32)))
VAULT = SealingVault(k.unwrapped(KEK) for k in new_data_keys(KEK, NOW))
NAMING = Naming("https://tillit.example", VAULT)
FIRST = first_keys("https://tillit.example", VAULT, NOW)


def applied(rows, changed):
    """The rows after a change, as the store would have them."""
    return tuple({r.kid: r for r in (*rows, *changed)}.values())


def states(rows, use="oidc", alg="ES256"):
    return sorted(r.state.value for r in rows if (r.use, r.alg) == (use, alg))


class TestFirstKeys:
    def test_every_need_has_an_active_key_that_signs_and_verifies(self):
        ring = load_ring(FIRST, VAULT)
        assert missing(FIRST, NEEDS) == ()
        for wanted in NEEDS:
            signer = ring.signer(wanted.use, wanted.alg)
            verify(wanted.alg, signer.public_key, signer.sign(b"data"), b"data")
            assert (signer.certificate is not None) is wanted.certificate

    def test_what_is_missing_is_named(self):
        assert missing(FIRST[1:], NEEDS) == (need("oidc", "ES256"),)

    def test_saml_keys_carry_a_certificate_of_their_own_key(self):
        for row in FIRST:
            if row.certificate is None:
                continue
            certificate = x509.load_der_x509_certificate(row.certificate)
            public = certificate.public_key()
            assert row.public_key == public.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            certificate.verify_directly_issued_by(certificate)
            assert certificate.not_valid_before_utc < dt.datetime.fromtimestamp(NOW, dt.UTC)
            assert certificate.subject.rfc4514_string() == "CN=https://tillit.example"

    def test_names_of_keys_differ(self):
        assert len({row.kid for row in FIRST}) == len(FIRST)

    def test_a_sealed_private_key_opens_only_under_its_own_name(self):
        one, two = FIRST[0], new_key(need("oidc", "ES256"), KeyState.NEXT, "n", VAULT, NOW)
        with pytest.raises(Unsealable):
            load_ring([replace(one, sealed=two.sealed)], VAULT)

    @pytest.mark.parametrize(("use", "alg"), [("oidc", "HS256"), ("oidc", "Ed25519"), ("nothing", "ES256")])
    def test_there_is_no_key_for_what_nobody_needs(self, use, alg):
        with pytest.raises(NoSuchKey):
            rotate(FIRST, use, alg, NOW, NAMING)


class TestRotation:
    def test_a_key_is_published_a_day_then_signs_then_retires_and_is_removed(self):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING))
        assert states(rows) == ["active", "next"]
        old = load_ring(rows, VAULT).signer("oidc", "ES256").kid
        with pytest.raises(TooEarly) as early:
            rotate(rows, "oidc", "ES256", NOW + PUBLISH_BEFORE_USE - 1, NAMING)
        assert early.value.at == NOW + PUBLISH_BEFORE_USE
        then = NOW + PUBLISH_BEFORE_USE
        rows = applied(rows, rotate(rows, "oidc", "ES256", then, NAMING))
        assert states(rows) == ["active", "retiring"]
        assert load_ring(rows, VAULT).signer("oidc", "ES256").kid != old
        assert remove_retired(rows, VAULT, then + RETIRE_AFTER - 1) == ()
        rows = applied(rows, remove_retired(rows, VAULT, then + RETIRE_AFTER))
        assert states(rows) == ["active", "removed"]

    def test_other_keys_stay_as_they_are(self):
        changed = rotate(FIRST, "saml", "RS256", NOW, NAMING, force=True)
        assert {(row.use, row.alg) for row in changed} == {("saml", "RS256")}

    @pytest.mark.parametrize("published", [False, True])
    def test_a_leaked_key_is_replaced_at_once_by_force(self, published):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING)) if published else FIRST
        rows = applied(rows, rotate(rows, "oidc", "ES256", NOW, NAMING, force=True))
        assert states(rows) == ["active", "retiring"]

    def test_published_keys_are_the_active_first_then_next_then_retiring(self):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING, force=True))
        rows = applied(rows, rotate(rows, "oidc", "ES256", NOW, NAMING))
        gone = removed(new_key(need("oidc", "ES256"), KeyState.RETIRING, "n", VAULT, NOW), VAULT, NOW)
        published = load_ring((*rows, gone), VAULT).published("oidc")
        assert [k.state.value for k in published] == ["active", "active", "next", "retiring"]

    def test_what_was_encrypted_to_the_old_key_can_still_be_read_newest_key_first(self):
        rows = applied(FIRST, rotate(FIRST, "saml-encryption", "RS256", NOW + 5, NAMING, force=True))
        ring = load_ring(rows, VAULT)
        publics = [k.public_key().public_numbers() for k in ring.decryption]
        active = ring.signer("saml-encryption", "RS256").public_key.public_numbers()
        assert len(publics) == 2
        assert publics[0] == active


class TestRemovedKeys:
    def test_the_private_part_is_gone_and_the_public_part_is_proven(self):
        old = FIRST[-1]
        gone = removed(old, VAULT, NOW)
        (key,) = load_ring([gone], VAULT).keys
        assert (key.state, key.signer.kid) == (KeyState.REMOVED, old.kid)
        with pytest.raises(NoSuchKey):
            key.signer.sign(b"data")
        assert old.sealed != gone.sealed

    def test_a_public_key_put_in_its_place_is_refused(self):
        gone, other = (
            removed(FIRST[-1], VAULT, NOW),
            new_key(need("checkpoint", "Ed25519"), KeyState.NEXT, "n", VAULT, NOW),
        )
        with pytest.raises(UnfitKey):
            load_ring([replace(gone, public_key=other.public_key)], VAULT)
        with pytest.raises(Unsealable):
            load_ring([replace(FIRST[-1], state=KeyState.REMOVED)], VAULT)


class TestInTheStore:
    def test_the_ring_is_kept_and_its_version_tells_of_each_change(self, storage):
        before, version = storage.ring_rows(), storage.ring_version()
        naming = Naming("n", storage.vault)
        storage.save_ring(rotate(before, "oidc", "ES256", NOW, naming))
        assert storage.ring_version() != version
        version = storage.ring_version()
        storage.save_ring(rotate(storage.ring_rows(), "oidc", "ES256", NOW, naming, force=True))
        assert storage.ring_version() != version
        assert states(storage.ring_rows()) == ["active", "retiring"]
        assert storage.ring().signer("oidc", "ES256").kid not in {k.kid for k in before}
