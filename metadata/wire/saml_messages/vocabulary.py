"""Names of SAML 2.0 that the messages use: namespaces, status codes, formats, methods (SAML core sections 3.2.2.2 and 8).

Constants only.
"""

from typing import Final

SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
XS: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NAME_FORMAT_URI: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
PERSISTENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
ENTITY: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

_STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS: Final = _STATUS + "Success"
REQUESTER: Final = _STATUS + "Requester"
RESPONDER: Final = _STATUS + "Responder"
VERSION_MISMATCH: Final = _STATUS + "VersionMismatch"
AUTHN_FAILED: Final = _STATUS + "AuthnFailed"
NO_AUTHN_CONTEXT: Final = _STATUS + "NoAuthnContext"
NO_PASSIVE: Final = _STATUS + "NoPassive"
PARTIAL_LOGOUT: Final = _STATUS + "PartialLogout"
REQUEST_DENIED: Final = _STATUS + "RequestDenied"
TOP_LEVEL: Final = frozenset({SUCCESS, REQUESTER, RESPONDER, VERSION_MISMATCH})


def saml(name: str) -> str:
    """A qualified name of the assertion namespace."""
    return f"{{{SAML}}}{name}"


def samlp(name: str) -> str:
    """A qualified name of the protocol namespace."""
    return f"{{{SAMLP}}}{name}"
