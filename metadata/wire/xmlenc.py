"""XML Encryption of one element to one recipient, and decryption of what peers send us.

Owns the form (XML Encryption 1.1: EncryptedData with its EncryptedKey in KeyInfo) and the choice of algorithms from what
the recipient's metadata declares. RSA-OAEP only, no RSA 1.5, no 3DES. Encryption is not proof of origin: what was
decrypted must itself be signed, or stand in a signed message; that is the reader's business.
"""

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from metadata.wire.signing import PrivateKey, PublicKey
from metadata.wire.xml import DS, XENC, XENC11, Element, XmlRefused, add, new, text
from metadata.wire.xmldsig import strict_base64

AES_256_GCM: Final = XENC11 + "aes256-gcm"
AES_128_GCM: Final = XENC11 + "aes128-gcm"
AES_256_CBC: Final = XENC + "aes256-cbc"
OAEP_MGF1P: Final = XENC + "rsa-oaep-mgf1p"
OAEP: Final = XENC11 + "rsa-oaep"
SHA1: Final = DS + "sha1"
SHA256: Final = XENC + "sha256"

_KEY_BYTES: Final = {
    AES_256_GCM: 32,
    XENC11 + "aes192-gcm": 24,
    AES_128_GCM: 16,
    AES_256_CBC: 32,
    XENC + "aes192-cbc": 24,
    XENC + "aes128-cbc": 16,
}
_PREFERENCE: Final = (AES_256_GCM, AES_128_GCM, AES_256_CBC, XENC + "aes128-cbc")
_DIGESTS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    SHA1: hashes.SHA1,
    SHA256: hashes.SHA256,
    XENC + "sha512": hashes.SHA512,
}
_MGF1_SHA1: Final = XENC11 + "mgf1sha1"  # rsa-oaep-mgf1p fixes it; no one's signature rests on this SHA-1
_MASKS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    _MGF1_SHA1: hashes.SHA1,
    XENC11 + "mgf1sha256": hashes.SHA256,
    XENC11 + "mgf1sha512": hashes.SHA512,
}
_BLOCK: Final = 16
_GCM_IV: Final = 12
_MAX_ENCRYPTED_KEYS: Final = 8

_ENCRYPTED_DATA: Final = f"{{{XENC}}}EncryptedData"
_ENCRYPTED_KEY: Final = f"{{{XENC}}}EncryptedKey"
_METHOD: Final = f"{{{XENC}}}EncryptionMethod"
_CIPHER_VALUE: Final = f"{{{XENC}}}CipherData/{{{XENC}}}CipherValue"
_KEY_INFO: Final = f"{{{DS}}}KeyInfo"
_DIGEST_METHOD: Final = f"{{{DS}}}DigestMethod"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A key to encrypt to, with the EncryptionMethod and DigestMethod URIs that its owner's metadata declares."""

    key: PublicKey = field(repr=False)
    methods: tuple[str, ...] = ()
    oaep_digests: tuple[str, ...] = ()


def encrypt(octets: bytes, recipient: Recipient) -> Element:
    """An xenc:EncryptedData holding the serialised element. Raises XmlRefused for a key that cannot be encrypted to."""
    if not isinstance(recipient.key, rsa.RSAPublicKey):
        raise XmlRefused("encryption-key")
    method = next((m for m in _PREFERENCE if m in recipient.methods), AES_256_GCM)
    digest = SHA256 if SHA256 in recipient.oaep_digests else SHA1
    secret = os.urandom(_KEY_BYTES[method])
    wrapped = recipient.key.encrypt(secret, _oaep(_DIGESTS[digest](), _MASKS[_MGF1_SHA1]()))
    data = new(_ENCRYPTED_DATA, {"xenc": XENC}, {"Type": XENC + "Element"})
    add(data, _METHOD, None, {"Algorithm": method})
    info = new(_KEY_INFO, {"ds": DS})
    data.append(info)
    key = add(info, _ENCRYPTED_KEY)
    add(add(key, _METHOD, None, {"Algorithm": OAEP_MGF1P}), _DIGEST_METHOD, None, {"Algorithm": digest})
    _cipher_value(key, wrapped)
    _cipher_value(data, _seal(method, secret, octets))
    return data


def _cipher_value(parent: Element, octets: bytes) -> None:
    add(add(parent, f"{{{XENC}}}CipherData"), f"{{{XENC}}}CipherValue", b64encode(octets).decode())


def _seal(method: str, secret: bytes, octets: bytes) -> bytes:
    if method.endswith("-gcm"):
        iv = os.urandom(_GCM_IV)
        return iv + AESGCM(secret).encrypt(iv, octets, None)
    missing = _BLOCK - len(octets) % _BLOCK  # XML Encryption 1.1 section 5.2.1: only the last octet means something
    iv = os.urandom(_BLOCK)
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
    return iv + encryptor.update(octets + os.urandom(missing - 1) + bytes([missing])) + encryptor.finalize()


def decrypt(container: Element, keys: Sequence[PrivateKey]) -> bytes:
    """The octets in a saml:EncryptedAssertion or EncryptedID. Raises XmlRefused("decryption"), whatever went wrong.

    One reason for all, so that no one learns from us whether the padding or the key was bad.
    """
    try:
        return _decrypted(container, keys)
    except (ValueError, InvalidTag, XmlRefused) as error:
        raise XmlRefused("decryption") from error


def _decrypted(container: Element, keys: Sequence[PrivateKey]) -> bytes:
    data = container.findall(_ENCRYPTED_DATA)
    if len(data) != 1:
        raise XmlRefused("encrypted-data")
    method = _algorithm(data[0])
    octets = _cipher_octets(data[0])
    encrypted_keys = [*data[0].findall(f"{_KEY_INFO}/{_ENCRYPTED_KEY}"), *container.findall(_ENCRYPTED_KEY)]
    for encrypted_key in encrypted_keys[:_MAX_ENCRYPTED_KEYS]:
        for key in keys:
            secret = _unwrap(encrypted_key, key)
            if len(secret) == _KEY_BYTES[method]:
                return _open(method, secret, octets)
    raise XmlRefused("encrypted-key")


def _algorithm(encrypted: Element) -> str:
    method = encrypted.find(_METHOD)
    uri = "" if method is None else method.get("Algorithm", "")
    if uri not in _KEY_BYTES:
        raise XmlRefused("encryption-algorithm")
    return uri


def _cipher_octets(encrypted: Element) -> bytes:
    value = encrypted.find(_CIPHER_VALUE)
    if value is None:  # a CipherReference would have us fetch
        raise XmlRefused("cipher-value")
    return strict_base64(text(value))


def _unwrap(encrypted_key: Element, key: PrivateKey) -> bytes:
    """The content key, or nothing when it was wrapped for another key of ours."""
    scheme = _key_transport(encrypted_key)
    octets = _cipher_octets(encrypted_key)
    if not isinstance(key, rsa.RSAPrivateKey):
        return b""
    try:
        return key.decrypt(octets, scheme)
    except ValueError:
        return b""


def _key_transport(encrypted_key: Element) -> padding.OAEP:
    """RSA-OAEP as declared (XML Encryption 1.1 section 5.5.2); no OAEPparams, and nothing but OAEP."""
    method = encrypted_key.find(_METHOD)
    uri = "" if method is None else method.get("Algorithm", "")
    if method is None or uri not in {OAEP_MGF1P, OAEP}:
        raise XmlRefused("key-transport")
    digest, mask = SHA1, _MGF1_SHA1
    for child in method:
        if child.tag == _DIGEST_METHOD:
            digest = child.get("Algorithm", "")
        elif child.tag == f"{{{XENC11}}}MGF" and uri == OAEP:
            mask = child.get("Algorithm", "")
        else:
            raise XmlRefused("key-transport")
    if digest not in _DIGESTS or mask not in _MASKS:
        raise XmlRefused("key-transport")
    return _oaep(_DIGESTS[digest](), _MASKS[mask]())


def _oaep(digest: hashes.HashAlgorithm, mask: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(mask), algorithm=digest, label=None)


def _open(method: str, secret: bytes, octets: bytes) -> bytes:
    if method.endswith("-gcm"):
        return AESGCM(secret).decrypt(octets[:_GCM_IV], octets[_GCM_IV:], None)
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(octets[:_BLOCK])).decryptor()
    padded = decryptor.update(octets[_BLOCK:]) + decryptor.finalize()
    if not padded or not 1 <= padded[-1] <= _BLOCK:
        raise XmlRefused("padding")
    return padded[: -padded[-1]]
