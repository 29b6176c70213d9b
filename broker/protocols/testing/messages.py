"""Protocol messages as a team reads them: raw, and in parts. Only the test issuer keeps any: its persons are made up."""

import json
from collections.abc import Mapping
from typing import Any

from broker.exchange import BadRequest, Request
from broker.login.steps import Delivery
from broker.protocols.saml import received
from broker.protocols.testing.run import Message
from metadata.wire.claims import JoseRefused
from metadata.wire.jose import unverified
from metadata.wire.redirect import decode_post
from metadata.wire.xml_parts import parts
from trust_framework.reasons import Refusal

LONGEST = 64 * 1024
_SECRET = frozenset({"client_secret", "client_assertion"})


def asked(request: Request, protocol: str) -> Message:
    """A request as it came."""
    return _authn_request(request) if protocol == "saml" else _parameters(request)


def _parameters(request: Request) -> Message:
    """An authorization request (RFC 6749 section 4.1.1)."""
    octets = request.body if request.method == "POST" else request.query
    try:
        sent = request.form() if request.method == "POST" else request.parameters()
    except BadRequest:
        sent = []
    shown = tuple((name, value[:300]) for name, value in sent if name not in _SECRET)
    objects = [value for name, value in sent if name == "request"]
    shown += tuple((f"request {name}", value) for name, value in _claims(objects[0] if objects else ""))
    raw = f"{request.method} {request.path}{'' if request.method == 'POST' else '?'}"
    return Message(_text(raw.encode() + (b"\n\n" if request.method == "POST" else b"") + octets), shown)


def _authn_request(request: Request) -> Message:
    """An AuthnRequest by either binding, decoded (SAML bindings sections 3.4 and 3.5)."""
    try:
        envelope = received.envelope(request)
    except Refusal:
        return Message(_text(request.query or request.body))
    binding = "HTTP-Redirect" if envelope.redirect is not None else "HTTP-POST"
    relay = () if envelope.relay_state is None else (("RelayState", envelope.relay_state),)
    return Message(_text(envelope.xml), (("Binding", binding), *relay, *parts(envelope.xml)))


def answered(delivery: Delivery, clear: bytes = b"") -> Message:
    """An answer as it is sent; `clear` is the Response before its assertion was encrypted."""
    if "SAMLResponse" in delivery.fields:
        xml = decode_post(delivery.fields["SAMLResponse"])
        relay = [("RelayState", delivery.fields["RelayState"])] if "RelayState" in delivery.fields else []
        to = ("POST", delivery.url)
        return Message(_text(xml), (to, *relay, *parts(clear or xml)), _text(clear) if clear != xml else "")
    url, _, query = delivery.url.partition("?")
    request = Request("GET", url, query.encode())
    return Message(delivery.url, (("GET", url), *request.parameters()))


def token_answer(document: Mapping[str, Any]) -> Message:
    """A token response with its ID token read (OpenID Connect Core section 3.1.3.3)."""
    rows = [(name, str(value)[:300]) for name, value in document.items() if name not in {"id_token", "access_token"}]
    rows += [(f"id_token {name}", value) for name, value in _claims(str(document.get("id_token", "")))]
    return Message(_text(json.dumps(document, indent=1, ensure_ascii=False).encode()), tuple(rows))


def _claims(token: str) -> list[tuple[str, str]]:
    """A token's header and claims, for reading; none of what is no token."""
    try:
        header, claims = unverified(token)
    except JoseRefused:
        return []
    told = [(f"header {name}", _shown(value)) for name, value in header.items()]
    return told + [(name, _shown(value)) for name, value in claims.items()]


def _shown(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:300]


def _text(octets: bytes) -> str:
    """As it may be shown: no control or direction characters, bounded."""
    text = octets[:LONGEST].decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
