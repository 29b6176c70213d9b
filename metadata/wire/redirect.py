"""HTTP-Redirect and HTTP-POST bindings: from a query string or a form field to the message's octets, and back.

Owns DEFLATE, base64 and the detached signature (SAML bindings section 3.4.4.1), which is over the octets received, never
over values encoded anew. What the message says is left to `saml_messages`, whose key is right to the caller.
"""

import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from metadata.wire.signing import BadSignature, PublicKey, Signer
from metadata.wire.signing import verify as verify_octets
from metadata.wire.xml import MESSAGE_LIMIT, XmlRefused
from metadata.wire.xmldsig import ACCEPTED, SIGNATURE_ALGORITHMS, algorithm_uri, strict_base64

POST_LIMIT: Final = 512 * 1024
MAX_RELAY_STATE: Final = 1024
"""SAML bindings section 3.4.3 says 80 bytes, and many services send their whole return URL; ours keep to 80."""

_DEFLATE: Final = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_NAMES: Final = (b"SAMLRequest", b"SAMLResponse", b"RelayState", b"SigAlg", b"Signature", b"SAMLEncoding")
_NOT_ENCODED = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class RedirectMessage:
    """One message as it came in a query. `signed_octets` are what `signature` must be over, octet for octet."""

    parameter: str
    xml: bytes = field(repr=False)
    relay_state: str | None = None
    sig_alg: str | None = None
    signature: bytes | None = field(default=None, repr=False)
    signed_octets: bytes = field(default=b"", repr=False)

    def verify(self, keys: Sequence[PublicKey], algorithms: frozenset[str] = ACCEPTED) -> PublicKey:
        """The one of `keys` that signed the query. Raises XmlRefused, also when there is no signature."""
        if self.sig_alg is None or self.signature is None:
            raise XmlRefused("signature-missing")
        if self.sig_alg not in algorithms or self.sig_alg not in SIGNATURE_ALGORITHMS:
            raise XmlRefused("signature-algorithm", self.sig_alg)
        for key in keys:
            try:
                verify_octets(SIGNATURE_ALGORITHMS[self.sig_alg], key, self.signature, self.signed_octets)
            except BadSignature:
                continue
            return key
        raise XmlRefused("signature-value")


def decode(query: bytes) -> RedirectMessage:
    """The message in a query string (SAML bindings section 3.4.4). Raises XmlRefused."""
    if len(query) > MESSAGE_LIMIT:
        raise XmlRefused("size")
    raw = _raw_parameters(query)
    names = [name for name in (b"SAMLRequest", b"SAMLResponse") if name in raw]
    if len(names) != 1:
        raise XmlRefused("parameter-missing" if not names else "parameter-repeated")
    if _value(raw, b"SAMLEncoding") not in {None, _DEFLATE}:
        raise XmlRefused("encoding")
    relay_state, sig_alg, signature = (_value(raw, name) for name in (b"RelayState", b"SigAlg", b"Signature"))
    if (sig_alg is None) != (signature is None):
        raise XmlRefused("signature-form")
    if relay_state is not None and len(relay_state.encode()) > MAX_RELAY_STATE:
        raise XmlRefused("relay-state")
    return RedirectMessage(
        parameter=names[0].decode(),
        xml=_inflated(_unpacked(_value(raw, names[0]) or "")),
        relay_state=relay_state,
        sig_alg=sig_alg,
        signature=None if signature is None else strict_base64(signature),
        signed_octets=b"&".join(n + b"=" + raw[n] for n in (names[0], b"RelayState", b"SigAlg") if n in raw),
    )


def _raw_parameters(query: bytes) -> dict[bytes, bytes]:
    """Our parameters, still encoded. One that is repeated, or hides behind percent-encoding, is refused."""
    raw: dict[bytes, bytes] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        decoded = unquote_to_bytes(name)
        if decoded not in _NAMES:
            continue
        if decoded != name or name in raw:
            raise XmlRefused("parameter-repeated")
        raw[name] = value
    return raw


def _value(raw: dict[bytes, bytes], name: bytes) -> str | None:
    if name not in raw:
        return None
    if _NOT_ENCODED.search(raw[name]):
        raise XmlRefused("parameter-encoding")
    try:
        return unquote_to_bytes(raw[name].replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise XmlRefused("parameter-encoding") from error


def _unpacked(value: str) -> bytes:
    """Base64 without line breaks, as this binding wants."""
    try:
        return b64decode(value, validate=True)
    except ValueError as error:
        raise XmlRefused("base64") from error


def _inflated(octets: bytes) -> bytes:
    """Raw DEFLATE, stopped at the limit; one stream and nothing after it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        xml = inflater.decompress(octets, MESSAGE_LIMIT + 1)
    except zlib.error as error:
        raise XmlRefused("deflate") from error
    if len(xml) > MESSAGE_LIMIT:
        raise XmlRefused("size")
    if not inflater.eof or inflater.unused_data:
        raise XmlRefused("deflate")
    return xml


def encode(
    url: str,
    xml: bytes,
    *,
    parameter: str = "SAMLRequest",
    relay_state: str | None = None,
    signer: Signer | None = None,
) -> str:
    """The URL that carries a message, signed when a signer is given. The message itself must have no ds:Signature."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = b64encode(deflater.compress(xml) + deflater.flush()).decode()
    query = f"{parameter}={quote(packed, safe='')}"
    if relay_state is not None:
        query += f"&RelayState={quote(relay_state, safe='')}"
    if signer is not None:
        query += f"&SigAlg={quote(algorithm_uri(signer), safe='')}"
        query += f"&Signature={quote(b64encode(signer.sign(query.encode())).decode(), safe='')}"
    return f"{url}{'&' if '?' in url else '?'}{query}"


def decode_post(value: str) -> bytes:
    """The octets of a SAMLRequest or SAMLResponse form field (SAML bindings section 3.5.4). Raises XmlRefused."""
    if len(value) > POST_LIMIT:
        raise XmlRefused("size")
    return strict_base64(value)


def encode_post(xml: bytes) -> str:
    """The value of a SAMLRequest or SAMLResponse form field."""
    return b64encode(xml).decode()
