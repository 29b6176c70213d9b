"""Sealing: only the same purpose, the same row and the same key open; keyed hashes tell purposes apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.keys import sealing
from broker.keys.sealing import CLASSES, DataKey, SealingVault, Unsealable, open_under, seal_under, secret_hash

KEYS = [DataKey(n, name, bytes([n]) * 32) for n, name in enumerate(CLASSES, 1)]
VAULT = SealingVault(KEYS)
PURPOSES = st.sampled_from(
    ["login", "sign-on", "once", "grant", "person-key", "evidence", "ring", "federation", "other", ""]
)
SMALL = st.binary(max_size=40)
tried = settings(max_examples=80, deadline=None)


@tried
@given(PURPOSES, SMALL, SMALL)
def test_what_is_sealed_opens_again(purpose, plain, context):
    sealed = VAULT.seal(purpose, plain, context)
    assert VAULT.open(purpose, sealed, context) == plain
    assert VAULT.seal(purpose, plain, context) != sealed
    assert len(plain) < 4 or plain not in sealed


@tried
@given(PURPOSES, PURPOSES, SMALL, SMALL, SMALL)
def test_another_purpose_or_row_opens_nothing(purpose, other, plain, context, elsewhere):
    sealed = VAULT.seal(purpose, plain, context)
    if (purpose, context) != (other, elsewhere):
        with pytest.raises(Unsealable):
            VAULT.open(other, sealed, elsewhere)


@tried
@given(st.data())
def test_a_changed_bit_anywhere_opens_nothing(data):
    sealed = bytearray(VAULT.seal("login", b"something to keep"))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(Unsealable):
        VAULT.open("login", bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 20, 21, 33, 48])
def test_what_is_too_short_opens_nothing(length):
    with pytest.raises(Unsealable):
        VAULT.open("login", VAULT.seal("login", b"")[:length])


def test_another_vault_with_the_same_keys_opens_and_with_other_keys_does_not():
    sealed = VAULT.seal("login", b"x")
    assert SealingVault(KEYS).open("login", sealed) == b"x"
    with pytest.raises(Unsealable):
        SealingVault([DataKey(k.number, k.record_class, b"\xff" * 32) for k in KEYS]).open("login", sealed)


def test_a_newer_data_key_seals_and_the_older_still_opens():
    old = VAULT.seal("login", b"x")
    both = SealingVault([*KEYS, DataKey(9, "state", b"\x99" * 32)])
    assert both.open("login", old) == b"x"
    new = both.seal("login", b"y")
    with pytest.raises(Unsealable):
        VAULT.open("login", new)


def test_destroying_a_class_key_makes_what_it_sealed_unreadable():
    sealed = VAULT.seal("login", b"x")
    without = [k for k in KEYS if k.record_class != "state"] + [DataKey(8, "state", b"\x88" * 32)]
    with pytest.raises(Unsealable):
        SealingVault(without).open("login", sealed)


def test_a_vault_without_a_key_for_each_class_is_refused():
    with pytest.raises(Unsealable, match="hash"):
        SealingVault(KEYS[:-1])


def test_a_sealer_is_renewed_long_before_its_nonces_could_meet(monkeypatch):
    monkeypatch.setattr(sealing, "_RENEW_AFTER", 3)
    vault = SealingVault(KEYS)
    sealed = [vault.seal("login", b"x") for _ in range(7)]
    assert len({s[:21] for s in sealed}) == 3
    assert {vault.open("login", s) for s in sealed} == {b"x"}


@tried
@given(PURPOSES, PURPOSES, SMALL, SMALL)
def test_a_keyed_hash_is_that_of_its_purpose_and_value_alone(purpose, other, value, another):
    same = (purpose, value) == (other, another)
    assert (VAULT.keyed_hash(purpose, value) == SealingVault(KEYS).keyed_hash(other, another)) is same
    assert len(VAULT.keyed_hash(purpose, value)) == 32


def test_a_client_secret_is_hashed_with_a_pepper():
    assert secret_hash(VAULT, "s3cret") == VAULT.keyed_hash("client-secret", b"s3cret")
    others = SealingVault([*KEYS[:-1], DataKey(4, "hash", b"\x77" * 32)])
    assert secret_hash(VAULT, "s3cret") != secret_hash(others, "s3cret")


@tried
@given(PURPOSES, PURPOSES, SMALL, SMALL, SMALL)
def test_a_persons_own_key_binds_purpose_and_person_too(purpose, other, plain, context, elsewhere):
    key = b"\x42" * 32
    sealed = seal_under(key, purpose, plain, context)
    assert open_under(key, purpose, sealed, context) == plain
    for wrong in (
        (b"\x43" * 32, purpose, sealed, context),
        (key, purpose, sealed[:-1], context),
        (key, purpose, b"", context),
    ):
        with pytest.raises(Unsealable):
            open_under(*wrong)
    if (purpose, context) != (other, elsewhere):
        with pytest.raises(Unsealable):
            open_under(key, other, sealed, elsewhere)
