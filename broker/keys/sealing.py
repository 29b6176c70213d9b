"""Sealing (AES-256-GCM) and keyed hashes (HMAC-SHA-256) with data keys that are kept wrapped under the KEK.

A data key serves one class of records. Each purpose gets its own key from it (HKDF, RFC 5869), and each vault its own
salt, so that random nonces stay far from the birthday bound of GCM however long a data key lives. The purpose and the
caller's context (the row's key) are bound to the ciphertext: a sealed value cannot be moved to another row or column.
"""

import hmac
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from broker.keys.kek import SIZE, Kek

CLASSES = {
    "state": "logins, sign-ons, single-use secrets and grants: short-lived",
    "persons": "the data keys of persons, and evidence that belongs to no known person",
    "secrets": "private keys of the ring, the federation's document, and whatever else has no class of its own",
    "hash": "keyed hashes: person keys, client secrets, pairwise identifiers; never replaced",
}
_CLASS_OF = {
    "login": "state",
    "sign-on": "state",
    "participant": "state",
    "once": "state",
    "grant": "state",
    "person-key": "persons",
    "evidence": "persons",
    "access": "persons",
}
_FORMAT = b"\x01"
_NUMBER = 4
_SALT = 16
_HEAD = 1 + _NUMBER + _SALT
_NONCE = 12
_RENEW_AFTER = 2**31


class Unsealable(Exception):
    """The sealed value is damaged, was moved, was sealed for another purpose, or its key is gone."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key in memory. `number` is unique, also after the key is gone."""

    number: int
    record_class: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as the database keeps it."""

    number: int
    record_class: str
    wrapped: bytes
    created_at: int

    def unwrapped(self, kek: Kek) -> DataKey:
        """The data key. Raises NoKek."""
        return DataKey(self.number, self.record_class, kek.unwrap(_label(self), self.wrapped))

    def rewrapped(self, old: Kek, new: Kek) -> "WrappedKey":
        """The same data key under another KEK."""
        return WrappedKey(
            self.number,
            self.record_class,
            new.wrap(_label(self), old.unwrap(_label(self), self.wrapped)),
            self.created_at,
        )


def _label(key: WrappedKey) -> str:
    return f"{key.number}/{key.record_class}"


def new_data_keys(kek: Kek, now: int, *, first: int = 1, classes: Iterable[str] = CLASSES) -> tuple[WrappedKey, ...]:
    """One fresh data key for each class, wrapped, numbered from `first`."""
    return tuple(
        WrappedKey(number, name, kek.wrap(f"{number}/{name}", secrets.token_bytes(SIZE)), now)
        for number, name in enumerate(classes, first)
    )


class _Sealer:
    """The present key of one purpose, with the head that finds it again."""

    __slots__ = ("aead", "bound", "head", "left")

    def __init__(self, head: bytes, aead: AESGCM, bound: bytes) -> None:
        self.head, self.aead, self.bound, self.left = head, aead, bound, _RENEW_AFTER


class SealingVault:
    """The vault that `broker.keys.ring.Vault` describes. Safe in threads; the newest key of a class seals."""

    def __init__(self, keys: Iterable[DataKey]) -> None:
        self._keys = {k.number: k for k in keys}
        self._newest = {k.record_class: k for k in sorted(self._keys.values(), key=lambda k: k.number)}
        if missing := CLASSES.keys() - self._newest.keys():
            raise Unsealable(f"no data key for {', '.join(sorted(missing))}")
        self._sealers: dict[str, _Sealer] = {}
        self._aead = lru_cache(maxsize=2048)(self._derive)
        self._hash_key = lru_cache(maxsize=256)(self._derive_hash_key)

    def seal(self, purpose: str, plain: bytes, context: bytes = b"") -> bytes:
        """Encrypt for one purpose, and for the row that `context` names."""
        sealer = self._sealers.get(purpose)
        if sealer is None or sealer.left <= 0:
            sealer = self._sealers[purpose] = self._new_sealer(purpose)
        sealer.left -= 1
        nonce = os.urandom(_NONCE)
        return sealer.head + nonce + sealer.aead.encrypt(nonce, plain, sealer.bound + context)

    def open(self, purpose: str, sealed: bytes, context: bytes = b"") -> bytes:
        """The plain value. Raises Unsealable."""
        head, nonce, body = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
        try:
            return self._aead(purpose, head).decrypt(nonce, body, _bound(purpose) + context)
        except (InvalidTag, ValueError) as error:
            raise Unsealable(purpose) from error

    def keyed_hash(self, purpose: str, value: bytes) -> bytes:
        """HMAC-SHA-256 under a key of this purpose alone: finds a value again without keeping it."""
        return hmac.digest(self._hash_key(purpose), value, "sha256")

    def _new_sealer(self, purpose: str) -> _Sealer:
        key = self._newest[_CLASS_OF.get(purpose, "secrets")]
        head = _FORMAT + key.number.to_bytes(_NUMBER, "big") + os.urandom(_SALT)
        return _Sealer(head, self._aead(purpose, head), _bound(purpose))

    def _derive(self, purpose: str, head: bytes) -> AESGCM:
        number = int.from_bytes(head[1 : 1 + _NUMBER], "big")
        if len(head) != _HEAD or head[:1] != _FORMAT or number not in self._keys:
            raise Unsealable(purpose)
        key = self._keys[number]
        if key.record_class != _CLASS_OF.get(purpose, "secrets"):
            raise Unsealable(purpose)
        info = b"tillit seal\0" + purpose.encode()
        return AESGCM(HKDF(SHA256(), 32, salt=head[1 + _NUMBER :], info=info).derive(key.key))

    def _derive_hash_key(self, purpose: str) -> bytes:
        info = b"tillit hash\0" + purpose.encode()
        return HKDF(SHA256(), 32, salt=None, info=info).derive(self._newest["hash"].key)


def _bound(purpose: str) -> bytes:
    return purpose.encode() + b"\0"


def seal_under(key: bytes, purpose: str, plain: bytes, context: bytes) -> bytes:
    """Seal under a key of its own (a person's), which seals few values."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, _bound(purpose) + context)


def sealer_under(key: bytes, purpose: str, mark: bytes) -> Callable[[bytes, bytes], bytes]:
    """Seals many values under one key as `seal_under` does, each with `mark` before it: takes the plain value and its context."""
    aead, bound = AESGCM(key), _bound(purpose)

    def seal(plain: bytes, context: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return mark + nonce + aead.encrypt(nonce, plain, bound + context)

    return seal


def open_under(key: bytes, purpose: str, sealed: bytes, context: bytes) -> bytes:
    """Open what `seal_under` made. Raises Unsealable."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(purpose) + context)
    except (InvalidTag, ValueError) as error:
        raise Unsealable(purpose) from error


def secret_hash(vault: SealingVault, secret: str) -> bytes:
    """How a client secret is kept: SHA-256 with a pepper (HMAC), right for secrets of high entropy only."""
    return vault.keyed_hash("client-secret", secret.encode())
