"""Encryption of an assertion: understood elsewhere, read back here, and silent about why something fails."""

from base64 import b64encode

import pytest
import xmlsec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from metadata.wire import xml
from metadata.wire.saml_messages.vocabulary import saml
from metadata.wire.xmlenc import (
    AES_128_GCM,
    AES_256_CBC,
    AES_256_GCM,
    OAEP,
    SHA1,
    SHA256,
    Recipient,
    decrypt,
    encrypt,
)
from tests.support import saml as s

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
OLD_HASH = hashes.SHA1  # for masks and OAEP only, where it is the profile's default
PLAIN = b'<a xmlns="urn:a">secret</a>'
METHODS = [AES_256_GCM, AES_128_GCM, AES_256_CBC, "http://www.w3.org/2001/04/xmlenc#aes128-cbc"]


def sealed(**recipient: object) -> xml.Element:
    container = xml.new(saml("EncryptedAssertion"), {})
    container.append(encrypt(PLAIN, Recipient(s.rsa_key("sp").public_key(), **recipient)))  # type: ignore[arg-type]
    return xml.parse(xml.serialized(container))


def algorithm(container: xml.Element, path: str) -> str:
    found = container.find(f".//{path}")
    assert found is not None
    return found.get("Algorithm", "")


def refused(container: xml.Element, *keys: object) -> None:
    with pytest.raises(xml.XmlRefused) as caught:
        decrypt(container, keys or [s.rsa_key("sp")])  # type: ignore[arg-type]
    assert (caught.value.reason, caught.value.detail) == ("decryption", "")


@pytest.mark.spec("XML Encryption 1.1", "5.2")
@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ((), AES_256_GCM),
        ((AES_256_CBC,), AES_256_CBC),
        ((AES_256_CBC, AES_128_GCM), AES_128_GCM),
        (tuple(METHODS), AES_256_GCM),
        (("http://www.w3.org/2001/04/xmlenc#tripledes-cbc",), AES_256_GCM),
        (("http://www.w3.org/2001/04/xmlenc#aes128-cbc", OAEP), "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
    ],
)
def test_the_cipher_is_the_best_that_the_recipient_declares_and_never_triple_des(declared, used):
    assert algorithm(sealed(methods=declared), f"{XENC}EncryptionMethod") == used


@pytest.mark.parametrize(("declared", "used"), [((), SHA1), ((SHA1,), SHA1), ((SHA1, SHA256), SHA256)])
def test_the_oaep_digest_is_sha1_unless_the_recipient_declares_sha256(declared, used):
    container = sealed(oaep_digests=declared)

    assert algorithm(container, f"{s.DS}DigestMethod") == used
    assert decrypt(container, [s.rsa_key("sp")]) == PLAIN


@pytest.mark.parametrize("method", METHODS)
def test_an_independent_implementation_reads_what_we_encrypt(method):
    container = sealed(methods=(method,))
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(s._pem(s.rsa_key("sp")), xmlsec.constants.KeyDataFormatPem))

    plain = xmlsec.EncryptionContext(manager).decrypt(container[0])

    assert xml.canonical(plain) == PLAIN


@pytest.mark.parametrize("length", [16, 24, 32])
def test_we_read_what_an_independent_implementation_encrypts(length):
    transform = {16: "Aes128Cbc", 24: "Aes192Cbc", 32: "Aes256Cbc"}[length]
    container = etree.fromstring(b"<c>" + PLAIN + b"</c>")
    template = xmlsec.template.encrypted_data_create(
        container, getattr(xmlsec.constants, f"Transform{transform}"), type=xmlsec.constants.TypeEncElement, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(info, xmlsec.constants.TransformRsaOaep)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    manager.add_key(s._xmlsec_public(s._public_pem(s.rsa_key("sp").public_key())))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.constants.KeyDataAes, length * 8, xmlsec.constants.KeyDataTypeSession)
    context.encrypt_xml(template, container[0])

    assert decrypt(xml.parse(etree.tostring(container)), [s.rsa_key("sp")]) == PLAIN


@given(octets=st.binary(max_size=80), method=st.sampled_from(METHODS))
@settings(max_examples=60, deadline=None)
def test_any_octets_come_back(octets, method):
    container = xml.new("c", {})
    container.append(encrypt(octets, Recipient(s.rsa_key("sp").public_key(), (method,))))

    assert decrypt(container, [s.rsa_key("sp")]) == octets


def test_an_old_key_still_opens_during_a_change_of_keys():
    assert decrypt(sealed(), [s.ec_key("sp"), s.rsa_key("next"), s.rsa_key("sp")]) == PLAIN


def test_an_encrypted_key_may_stand_beside_the_data():
    container = sealed()
    key = container.find(f".//{XENC}EncryptedKey")
    assert key is not None
    container.append(key)

    assert decrypt(container, [s.rsa_key("sp")]) == PLAIN


@pytest.mark.parametrize(("mask", "digest"), [("sha1", SHA256), ("sha256", SHA256), (None, SHA1), ("sha512", None)])
def test_rsa_oaep_of_the_second_edition_is_read(mask, digest):
    container = sealed()
    key = container.find(f".//{XENC}EncryptedKey")
    method = key[0]
    data_key = s.rsa_key("sp").decrypt(
        s.octets_of_base64(key[1][0]), padding.OAEP(padding.MGF1(OLD_HASH()), OLD_HASH(), None)
    )
    method.set("Algorithm", OAEP)
    method.remove(method[0])
    hash_by_name = {"sha1": OLD_HASH(), "sha256": hashes.SHA256(), "sha512": hashes.SHA512(), None: OLD_HASH()}
    if digest:
        xml.add(method, f"{s.DS}DigestMethod", None, {"Algorithm": digest})
    if mask:
        xml.add(method, f"{{{XENC11}}}MGF", None, {"Algorithm": f"{XENC11}mgf1{mask}"})
    scheme = padding.OAEP(padding.MGF1(hash_by_name[mask]), hashes.SHA256() if digest == SHA256 else OLD_HASH(), None)
    key[1][0].text = b64encode(s.rsa_key("sp").public_key().encrypt(data_key, scheme)).decode()

    assert decrypt(container, [s.rsa_key("sp")]) == PLAIN


def test_a_key_that_cannot_be_encrypted_to_is_refused():
    with pytest.raises(xml.XmlRefused, match="encryption-key"):
        encrypt(PLAIN, Recipient(s.ec_key().public_key()))


def _remove(path):
    def change(container):
        found = container.find(f".//{path}")
        found.getparent().remove(found)

    return change


def _algorithm(path, uri):
    return lambda container: container.find(f".//{path}").set("Algorithm", uri)


def _value(index, value):
    def change(container):
        list(container.iter(f"{XENC}CipherValue"))[index].text = value

    return change


def _flip(index, position):
    def change(container):
        element = list(container.iter(f"{XENC}CipherValue"))[index]
        octets = bytearray(s.octets_of_base64(element))
        octets[position] ^= 1
        element.text = b64encode(octets).decode()

    return change


KEY_METHOD = f"{XENC}EncryptedKey/{XENC}EncryptionMethod"
WRAPPED, DATA = 0, 1


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.clear(),
        lambda c: c.append(s.twin(c[0])),
        _remove(f"{XENC}EncryptionMethod"),
        _algorithm(f"{XENC}EncryptionMethod", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
        _algorithm(f"{XENC}EncryptionMethod", XENC11 + "aes128-gcm"),
        _remove(KEY_METHOD),
        _algorithm(KEY_METHOD, "http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
        _algorithm(f"{s.DS}DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5"),
        lambda c: xml.add(c.find(f".//{KEY_METHOD}"), f"{XENC}OAEPparams", "YQ=="),
        lambda c: xml.add(c.find(f".//{KEY_METHOD}"), f"{{{XENC11}}}MGF", None, {"Algorithm": XENC11 + "mgf1sha1"}),
        _remove(f"{XENC}EncryptedKey"),
        _remove(f"{XENC}CipherValue"),
        lambda c: c[0].remove(c[0].find(f"{XENC}CipherData")),
        _value(WRAPPED, ""),
        _value(WRAPPED, "!"),
        _value(DATA, ""),
        _value(DATA, "YQ=="),
        _value(DATA, b64encode(bytes(12)).decode()),
        _flip(WRAPPED, 3),
        _flip(DATA, 0),
        _flip(DATA, 14),
        _flip(DATA, -1),
    ],
)
@pytest.mark.parametrize("method", [AES_256_GCM])
def test_whatever_is_wrong_there_is_one_reason(change, method):
    container = sealed(methods=(method,))

    change(container)

    refused(container)


def test_a_wrong_key_gives_the_same_reason():
    refused(sealed(), s.rsa_key("other"), s.ec_key())


@pytest.mark.parametrize("length", [0, 15, 16, 17])
def test_cbc_octets_of_no_whole_block_or_bad_padding_give_the_same_reason(length):
    container = sealed(methods=(AES_256_CBC,))
    values = list(container.iter(f"{XENC}CipherValue"))
    values[DATA].text = b64encode(bytes(length)).decode()
    refused(container)


def test_cbc_with_a_padding_length_out_of_range_gives_the_same_reason():
    container = sealed(methods=(AES_256_CBC,))
    element = list(container.iter(f"{XENC}CipherValue"))[DATA]
    octets = bytearray(s.octets_of_base64(element))
    octets[-17] ^= 0x80
    element.text = b64encode(octets).decode()
    refused(container)


def test_more_encrypted_keys_than_any_peer_needs_are_not_tried():
    container = sealed()
    key = container.find(f".//{XENC}EncryptedKey")
    for _ in range(8):
        decoy = s.twin(key)
        decoy[1][0].text = "YQ=="
        key.addprevious(decoy)
    refused(container)
