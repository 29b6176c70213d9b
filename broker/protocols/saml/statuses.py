"""The table from kinds of reasons to SAML status codes (SAML core section 3.2.2.2, Sweden Connect deployment profile 6.4)."""

from typing import Final

from metadata.wire.saml_messages.vocabulary import (
    AUTHN_FAILED,
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    REQUEST_DENIED,
    REQUESTER,
    RESPONDER,
)
from trust_framework.reasons import Kind

_STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"
UNKNOWN_PRINCIPAL: Final = _STATUS + "UnknownPrincipal"
INVALID_NAME_ID_POLICY: Final = _STATUS + "InvalidNameIDPolicy"
NO_SUPPORTED_IDP: Final = _STATUS + "NoSupportedIDP"
PROXY_COUNT_EXCEEDED: Final = _STATUS + "ProxyCountExceeded"
UNSUPPORTED_BINDING: Final = _STATUS + "UnsupportedBinding"
REQUEST_UNSUPPORTED: Final = _STATUS + "RequestUnsupported"
CANCEL: Final = "http://id.elegnamnden.se/status/1.0/cancel"

BY_KIND: dict[Kind, tuple[str, str | None]] = {
    Kind.CANCELLED: (REQUESTER, CANCEL),
    Kind.NOT_AUTHENTICATED: (REQUESTER, AUTHN_FAILED),
    Kind.LEVEL: (REQUESTER, NO_AUTHN_CONTEXT),
    Kind.INTERACTION: (RESPONDER, NO_PASSIVE),
    Kind.CONSENT: (REQUESTER, REQUEST_DENIED),
    Kind.NOT_ALLOWED: (REQUESTER, REQUEST_DENIED),
    Kind.UNKNOWN_PERSON: (REQUESTER, UNKNOWN_PRINCIPAL),
    Kind.REQUEST: (REQUESTER, REQUEST_UNSUPPORTED),
    Kind.EXPIRED: (REQUESTER, AUTHN_FAILED),
    Kind.BUSY: (RESPONDER, None),
    Kind.UNAVAILABLE: (RESPONDER, None),
    Kind.INTERNAL: (RESPONDER, None),
}
