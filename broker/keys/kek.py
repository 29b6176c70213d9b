"""The key-encryption key (KEK): where it comes from, and how data keys are wrapped under it.

It is 32 random bytes in a file of mode 0600, in the environment as base64, or in a file that the environment names; never
in the database. Nothing but data keys is ever encrypted with it.
"""

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.settings import Settings

SIZE = 32
_NONCE = 12
_ID = 8


class NoKek(Exception):
    """The key-encryption key is missing, unreadable, readable by others, or not the one the database was sealed under."""


@dataclass(frozen=True, slots=True)
class Kek:
    """A key-encryption key. `id` tells keys apart without saying anything of them."""

    key: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        return hashlib.sha256(b"tillit kek id\0" + self.key).digest()[:_ID]

    def wrap(self, label: str, key: bytes) -> bytes:
        """Encrypt a data key; `label` is bound to it."""
        nonce = secrets.token_bytes(_NONCE)
        return self.id + nonce + AESGCM(self.key).encrypt(nonce, key, _bound(label))

    def unwrap(self, label: str, wrapped: bytes) -> bytes:
        """The data key again. Raises NoKek."""
        if wrapped[:_ID] != self.id:
            raise NoKek("the database was sealed under another key-encryption key")
        try:
            return AESGCM(self.key).decrypt(wrapped[_ID : _ID + _NONCE], wrapped[_ID + _NONCE :], _bound(label))
        except InvalidTag as error:
            raise NoKek(f"data key {label} is damaged") from error


def _bound(label: str) -> bytes:
    return b"tillit data key\0" + label.encode()


def kek_path(settings: Settings) -> Path:
    """Where `init` puts the key when no setting names another place."""
    return settings.data_dir / "kek"


def create_kek(settings: Settings) -> bool:
    """Make the file with a new key, unless a setting or the file is there. True when it was made."""
    if settings.key_encryption_key is not None:
        return False
    try:
        handle = os.open(kek_path(settings), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(SIZE)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def load_kek(settings: Settings) -> Kek:
    """The key, from the setting or the file. Raises NoKek."""
    given = settings.key_encryption_key.get_secret_value() if settings.key_encryption_key else ""
    if given and not given.startswith("file:"):
        return Kek(_decoded(given, "TILLIT_KEY_ENCRYPTION_KEY"))
    path = Path(given.removeprefix("file:")) if given else kek_path(settings)
    try:
        if path.stat().st_mode & 0o077:
            raise NoKek(f"{path} may be read by others: chmod 600")
        return Kek(_decoded(path.read_text(), str(path)))
    except OSError as error:
        raise NoKek(f"{path}: {error.strerror}") from error


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoKek(f"{where} is not base64") from error
    if len(key) != SIZE:
        raise NoKek(f"{where} does not hold {SIZE} bytes")
    return key
