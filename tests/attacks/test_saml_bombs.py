"""Documents that grow: each is refused before it has cost more than a bounded amount of memory."""

import tracemalloc
import zlib
from base64 import b64encode
from urllib.parse import quote

import pytest

from metadata.wire.redirect import decode
from metadata.wire.saml_messages import SamlRefused, read_authn_request, read_logout_request, read_response
from metadata.wire.xml import MESSAGE_LIMIT, XmlRefused
from tests.support import saml as s

LAUGHS = b'<!DOCTYPE l [<!ENTITY a0 "ha">%s]><l>&a9;</l>' % b"".join(
    b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10)
)
QUADRATIC = b'<!DOCTYPE q [<!ENTITY a "%s">]><q>%s</q>' % (b"x" * 60_000, b"&a;" * 40_000)
EXTERNAL = b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><e>&x;</e>'
PARAMETER = b'<!DOCTYPE e [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]><e/>'
INCLUDE = b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
DEEP = b"<a>" * 10_000 + b"</a>" * 10_000
HALF_DEEP = b"<a>" * 200 + b"</a>" * 200
ATTRIBUTES = b"<a " + b" ".join(b'b%d=""' % i for i in range(100_000)) + b"/>"
NAMESPACES = b"<a " + b" ".join(b'xmlns:b%d="u:%d"' % (i, i) for i in range(15_000)) + b"/>"
ELEMENTS = b"<a>" + b"<b/>" * 60_000 + b"</a>"
LONG = b"<a>" + b"x" * (MESSAGE_LIMIT + 1) + b"</a>"

BOMBS = {
    "billion laughs": (LAUGHS, {"doctype"}),
    "quadratic blow-up": (QUADRATIC, {"doctype"}),
    "external entity": (EXTERNAL, {"doctype"}),
    "parameter entity": (PARAMETER, {"doctype"}),
    "XInclude": (INCLUDE, {"message-type"}),
    "deep nesting": (DEEP, {"depth", "not-well-formed", "too-many-nodes"}),
    "nesting that the parser lets pass": (HALF_DEEP, {"depth"}),
    "100 000 attributes": (ATTRIBUTES, {"size", "too-many-nodes"}),
    "15 000 namespaces": (NAMESPACES, {"size", "too-many-nodes"}),
    "60 000 elements": (ELEMENTS, {"too-many-nodes"}),
    "a long text": (LONG, {"size"}),
}
READERS = {
    "AuthnRequest": lambda message: read_authn_request(message, lambda issuer: s.public("sp")),
    "LogoutRequest": lambda message: read_logout_request(message, lambda issuer: s.public("sp"), now=s.NOW),
    "Response": lambda message: read_response(message, s.expectations()),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", BOMBS)
def test_a_growing_document_is_refused_within_bounds(name, reader):
    message, reasons = BOMBS[name]
    tracemalloc.start()

    with pytest.raises(SamlRefused) as caught:
        READERS[reader](message)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.reason in reasons
    assert peak < 5 << 20


@pytest.mark.parametrize("octets", [bytes(200 << 20), b"<a>" * (30 << 20)], ids=["zeros", "elements"])
def test_a_deflate_bomb_is_refused_within_bounds(octets):
    deflater = zlib.compressobj(9, wbits=-15)
    packed = deflater.compress(octets) + deflater.flush()
    query = b"SAMLRequest=" + quote(b64encode(packed), safe="").encode()
    tracemalloc.start()

    with pytest.raises(XmlRefused, match="size"):
        decode(query)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 << 20


def test_many_signatures_references_and_transforms_are_refused_before_any_is_computed():
    root = s.tree(s.authn_request(s.rsa_signer("sp")))
    transforms = s.signature_of(root).find(f".//{s.DS}Transforms")
    for _ in range(500):
        transforms.append(s.twin(transforms[0]))
    with pytest.raises(SamlRefused, match="signature-form"):
        READERS["AuthnRequest"](s.octets(root))


def test_every_message_cut_short_is_refused():
    message = s.authn_request(s.rsa_signer("sp"))
    for length in range(len(message)):
        with pytest.raises(SamlRefused):
            READERS["AuthnRequest"](message[:length])
