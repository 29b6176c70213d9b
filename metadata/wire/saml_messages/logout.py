"""Single logout (SAML core section 3.7, profiles section 4.4): request and response, read and built, in both roles.

Whose sessions end, and whether a NameID belongs to a session with that service, is the caller's knowledge.
"""

from collections.abc import Sequence

from metadata.wire.saml_messages.building import add_name_id, add_status, finished, message
from metadata.wire.saml_messages.opening import (
    KeysOf,
    child,
    children,
    instant,
    instant_text,
    name_id,
    opened,
    optional_instant,
    refusing,
    status,
)
from metadata.wire.saml_messages.values import (
    LogoutRequest,
    LogoutRequestSpec,
    LogoutResponse,
    LogoutResponseSpec,
    NameId,
    SamlRefused,
)
from metadata.wire.saml_messages.vocabulary import saml, samlp
from metadata.wire.signing import PrivateKey, Signer
from metadata.wire.xml import Element, add, parse, text
from metadata.wire.xmldsig import ACCEPTED
from metadata.wire.xmlenc import decrypt


@refusing
def read_logout_request(
    xml: bytes,
    keys_of: KeysOf | None = None,
    *,
    now: int,
    skew: int = 60,
    decryption_keys: Sequence[PrivateKey] = (),
    algorithms: frozenset[str] = ACCEPTED,
) -> LogoutRequest:
    """A peer's request to end sessions. Raises SamlRefused, also when its NotOnOrAfter has passed.

    `keys_of` as in `read_authn_request`. The sender must be proven (SAML profiles section 4.4.4.1): without `signed`
    and without a verified query, do not act.
    """
    message = opened(xml, "LogoutRequest", keys_of, algorithms)
    root = message.root
    not_on_or_after = optional_instant(root.get("NotOnOrAfter"))
    if not_on_or_after is not None and now - skew >= not_on_or_after:
        raise SamlRefused("expired")
    return LogoutRequest(
        id=root.get("ID", ""),
        issue_instant=instant(root.get("IssueInstant")),
        issuer=message.issuer,
        name_id=_principal(root, decryption_keys),
        signed=message.signed,
        destination=root.get("Destination"),
        session_indexes=tuple(text(found) for found in children(root, samlp("SessionIndex"))),
        not_on_or_after=not_on_or_after,
        reason=root.get("Reason"),
    )


def _principal(root: Element, decryption_keys: Sequence[PrivateKey]) -> NameId:
    found, encrypted = child(root, saml("NameID")), child(root, saml("EncryptedID"))
    if encrypted is not None:
        found = parse(decrypt(encrypted, decryption_keys))
    if found is None or found.tag != saml("NameID"):
        raise SamlRefused("subject-kind")
    return name_id(found)


def build_logout_request(spec: LogoutRequestSpec, signer: Signer | None = None) -> bytes:
    """Our request to a session participant; `signer` for HTTP-POST only. Raises XmlRefused for unfit values."""
    attributes = {
        "ID": spec.id,
        "Destination": spec.destination,
        "NotOnOrAfter": instant_text(spec.now + spec.lifetime),
        "Reason": spec.reason,
    }
    root = message("LogoutRequest", spec.issuer, spec.now, attributes)
    add_name_id(root, spec.name_id)
    for index in spec.session_indexes:
        add(root, samlp("SessionIndex"), index)
    return finished(root, signer)


@refusing
def read_logout_response(
    xml: bytes, keys_of: KeysOf | None = None, *, algorithms: frozenset[str] = ACCEPTED
) -> LogoutResponse:
    """A peer's answer. Raises SamlRefused. An error status is a value here: a logout that failed is no attack."""
    message = opened(xml, "LogoutResponse", keys_of, algorithms)
    top, second, _ = status(message.root)
    return LogoutResponse(
        id=message.root.get("ID", ""),
        issue_instant=instant(message.root.get("IssueInstant")),
        issuer=message.issuer,
        in_response_to=message.root.get("InResponseTo"),
        status=top,
        second_status=second,
        signed=message.signed,
        destination=message.root.get("Destination"),
    )


def build_logout_response(spec: LogoutResponseSpec, signer: Signer | None = None) -> bytes:
    """Our answer; `signer` for HTTP-POST only. Raises XmlRefused for unfit values."""
    attributes = {"ID": spec.id, "Destination": spec.destination, "InResponseTo": spec.in_response_to}
    root = message("LogoutResponse", spec.issuer, spec.now, attributes)
    add_status(root, spec.top, spec.second, spec.message)
    return finished(root, signer)
