"""HTTP-Redirect and HTTP-POST: the signature is over the octets received, and nothing swells beyond its limit."""

import tracemalloc
import zlib
from base64 import b64encode
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.wire.redirect import MAX_RELAY_STATE, POST_LIMIT, decode, decode_post, encode, encode_post
from metadata.wire.xml import MESSAGE_LIMIT, XmlRefused
from metadata.wire.xmldsig import ACCEPTED
from tests.support import saml as s

spec = pytest.mark.spec
OLD_HASH = hashes.SHA1  # what a downgraded peer would sign with
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


def query(**options: object) -> bytes:
    options = {"relay_state": "r 1/å", "signer": s.rsa_signer()} | options
    return urlsplit(encode(s.SSO, s.authn_request(), **options)).query.encode()  # type: ignore[arg-type]


def deflated(octets: bytes) -> str:
    deflater = zlib.compressobj(9, wbits=-15)
    return b64encode(deflater.compress(octets) + deflater.flush()).decode()


def unsigned(octets: bytes) -> bytes:
    return b"SAMLRequest=" + quote(deflated(octets), safe="").encode()


def reason(octets: bytes) -> str:
    with pytest.raises(XmlRefused) as caught:
        decode(octets)
    return caught.value.reason


@spec("SAML bindings", "3.4.4.1")
@pytest.mark.parametrize("by", [s.rsa_signer, s.ec_signer])
@pytest.mark.parametrize("relay_state", [None, "", "abc", "a&b=c ?å"])
@pytest.mark.parametrize("parameter", ["SAMLRequest", "SAMLResponse"])
def test_a_message_arrives_as_it_was_sent(by, relay_state, parameter):
    url = encode(s.SSO + "?tenant=1", b"<a/>", parameter=parameter, relay_state=relay_state, signer=by())
    assert url.startswith(s.SSO + "?tenant=1&" + parameter + "=")

    message = decode(urlsplit(url).query.encode())
    message.verify([by().public_key])

    assert (message.parameter, message.xml, message.relay_state) == (parameter, b"<a/>", relay_state)
    with pytest.raises(XmlRefused, match="signature-value"):
        message.verify(s.public("other"))


def test_the_order_of_parameters_in_the_query_does_not_matter_their_octets_do():
    pieces = query().split(b"&")

    decode(b"&".join(reversed(pieces))).verify(s.public())
    decode(b"x=1&&" + b"&".join(pieces) + b"&login_hint=test%3Aagda").verify(s.public())


def test_a_peer_that_encodes_otherwise_is_verified_over_its_own_octets():
    """Lower-case hex and %20: encoding the values anew would change them."""
    signed = unsigned(b"<a/>").replace(b"%2B", b"%2b").replace(b"%3D", b"%3d").replace(b"%2F", b"/")
    signed += b"&RelayState=a%20b+c%2f&SigAlg=" + quote(RSA_SHA256).lower().encode()
    value = s.rsa_key().sign(signed, padding.PKCS1v15(), hashes.SHA256())

    message = decode(signed + b"&Signature=" + quote(b64encode(value)).encode())

    message.verify(s.public())
    assert message.relay_state == "a b c/"


@pytest.mark.parametrize(
    "change",
    [
        lambda q: q.replace(b"RelayState=r", b"RelayState=s"),
        lambda q: q.replace(b"RelayState=r%20", b"RelayState=r+"),
        lambda q: q.replace(b"&RelayState=r%201%2F%C3%A5", b""),
        lambda q: q.replace(b"%2F", b"%2f", 1),
        lambda q: q.replace(b"rsa-sha256", b"rsa-sha384"),
        lambda q: unsigned(b"<b/>") + q[q.index(b"&") :],
        lambda q: q.replace(b"SAMLRequest=", b"SAMLResponse="),
    ],
)
def test_a_query_changed_after_signing_is_refused(change):
    changed = change(query())
    assert changed != query()

    with pytest.raises(XmlRefused, match="signature-value"):
        decode(changed).verify(s.public())


def test_a_relay_state_added_to_a_signed_query_is_refused():
    with pytest.raises(XmlRefused, match="signature-value"):
        decode(query(relay_state=None) + b"&RelayState=evil").verify(s.public())


def test_a_sha1_signature_is_refused_though_it_verifies():
    signed = unsigned(b"<a/>") + b"&SigAlg=" + quote(RSA_SHA1, safe="").encode()
    value = s.rsa_key().sign(signed, padding.PKCS1v15(), OLD_HASH())

    message = decode(signed + b"&Signature=" + quote(b64encode(value)).encode())

    with pytest.raises(XmlRefused, match="signature-algorithm"):
        message.verify(s.public())
    with pytest.raises(XmlRefused, match="signature-algorithm"):
        message.verify(s.public(), ACCEPTED | {RSA_SHA1})


def test_hmac_with_the_public_key_is_refused():
    changed = query().replace(b"rsa-sha256", b"hmac-sha256")
    with pytest.raises(XmlRefused, match="signature-algorithm"):
        decode(changed).verify(s.public())


def test_an_unsigned_query_is_read_but_never_verified():
    message = decode(query(signer=None))

    assert (message.sig_alg, message.signature) == (None, None)
    with pytest.raises(XmlRefused, match="signature-missing"):
        message.verify(s.public())


@pytest.mark.parametrize("keys", [[], s.public("other")])
def test_no_key_of_the_issuer_no_verification(keys):
    with pytest.raises(XmlRefused, match="signature-value"):
        decode(query()).verify(keys)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", "parameter-missing"),
        (b"RelayState=x", "parameter-missing"),
        (unsigned(b"<a/>") + b"&" + unsigned(b"<b/>"), "parameter-repeated"),
        (unsigned(b"<a/>") + b"&" + unsigned(b"<a/>").replace(b"Request", b"Response"), "parameter-repeated"),
        (unsigned(b"<a/>") + b"&RelayState=a&RelayState=a", "parameter-repeated"),
        (unsigned(b"<a/>") + b"&Signature=YQ==&Signature=YQ==&SigAlg=x", "parameter-repeated"),
        (unsigned(b"<a/>") + b"&SigAlg=x&SigAlg=x&Signature=YQ==", "parameter-repeated"),
        (b"SAML%52equest=" + unsigned(b"<b/>")[12:] + b"&" + unsigned(b"<a/>"), "parameter-repeated"),
        (b"SAML%52equest=" + unsigned(b"<b/>")[12:], "parameter-repeated"),
        (unsigned(b"<a/>") + b"&SigAlg=" + RSA_SHA256.encode(), "signature-form"),
        (unsigned(b"<a/>") + b"&Signature=YQ==", "signature-form"),
        (unsigned(b"<a/>") + b"&SigAlg=x&Signature=%21", "base64"),
        (unsigned(b"<a/>") + b"&SAMLEncoding=urn:other", "encoding"),
        (unsigned(b"<a/>") + b"&RelayState=%FF", "parameter-encoding"),
        (unsigned(b"<a/>") + b"&RelayState=%zz", "parameter-encoding"),
        (unsigned(b"<a/>") + b"&RelayState=" + b"x" * (MAX_RELAY_STATE + 1), "relay-state"),
        (b"SAMLRequest=", "deflate"),
        (b"SAMLRequest=%21", "base64"),
        (b"SAMLRequest=YQ%3D%3D%0A", "base64"),
        (b"SAMLRequest=%C3%A5", "base64"),
        (b"SAMLRequest=" + b64encode(b"<a/>"), "deflate"),
        (b"SAMLRequest=" + quote(b64encode(zlib.compress(b"<a/>")), safe="").encode(), "deflate"),
        (b"SAMLRequest=" + quote(deflated(b"<a/>" * 90)[:-8], safe="").encode(), "deflate"),
        (b"SAMLRequest=" + b"A" * MESSAGE_LIMIT, "size"),
    ],
)
def test_a_query_that_is_not_one_plain_message_is_refused(octets, expected):
    assert reason(octets) == expected


def test_octets_after_the_stream_are_refused():
    deflater = zlib.compressobj(wbits=-15)
    octets = deflater.compress(b"<a/>") + deflater.flush() + b"more"
    assert reason(b"SAMLRequest=" + quote(b64encode(octets), safe="").encode()) == "deflate"


def test_the_declared_encoding_may_be_the_one_there_is():
    octets = (
        unsigned(b"<a/>")
        + b"&SAMLEncoding="
        + quote("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE").encode()
    )
    assert decode(octets).xml == b"<a/>"


def test_a_deflate_bomb_is_stopped_at_the_limit():
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(180)) + deflater.flush()
    octets = b"SAMLRequest=" + b64encode(bomb).replace(b"+", b"%2B").replace(b"=", b"%3D")
    assert len(octets) < MESSAGE_LIMIT
    tracemalloc.start()

    assert reason(octets) == "size"

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 << 20


@given(octets=st.binary(max_size=300), relay_state=st.none() | st.text(max_size=60).filter(lambda t: t.isprintable()))
@settings(max_examples=80, deadline=None)
def test_any_octets_and_relay_state_come_back(octets, relay_state):
    url = encode("https://x.example/", octets, relay_state=relay_state, signer=s.ec_signer())

    message = decode(urlsplit(url).query.encode())

    message.verify([s.ec_key().public_key()])
    assert (message.xml, message.relay_state) == (octets, relay_state)


@given(octets=st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_query_is_read_or_refused(octets):
    try:
        decode(octets)
    except XmlRefused:
        return
    raise AssertionError("no random octets hold a message")


def test_the_query_reads_the_same_to_a_plain_parser():
    fields = parse_qs(query().decode())
    assert fields["RelayState"] == [decode(query()).relay_state]
    assert fields["SigAlg"] == [RSA_SHA256]


@spec("SAML bindings", "3.5.4")
@pytest.mark.parametrize("value", ["PGEvPg==", "PGEv\r\nPg==", " PGEvPg== "])
def test_a_posted_message_is_strict_base64_with_line_breaks(value):
    assert decode_post(value) == b"<a/>"
    assert decode_post(encode_post(b"<a/>")) == b"<a/>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("PGEvPg=", "base64"), ("PGEvPg", "base64"), ("<a/>", "base64"), ("PGEvPg==x", "base64"), ("å", "base64")],
)
def test_a_posted_value_of_any_other_form_is_refused(value, expected):
    with pytest.raises(XmlRefused, match=expected):
        decode_post(value)


def test_a_posted_value_over_the_limit_is_refused_before_it_is_decoded():
    with pytest.raises(XmlRefused, match="size"):
        decode_post("A" * (POST_LIMIT + 4))
