"""SAML 2.0 messages as typed values, for both roles: the identity provider front, and the service provider upstream.

As identity provider: `read_authn_request`, `build_response`, `build_error_response`. As service provider:
`build_authn_request`, `read_response`. Both: logout. Readers raise `SamlRefused`, whose reason says which rule was
broken; they see no clock, no store and no register: time, keys and what was expected are given to them. What is stored
(one use of an ID, state of a request) and whether an address is registered stay with the callers.
"""

from metadata.wire.saml_messages.authn_request import build_authn_request, read_authn_request
from metadata.wire.saml_messages.logout import (
    build_logout_request,
    build_logout_response,
    read_logout_request,
    read_logout_response,
)
from metadata.wire.saml_messages.opening import check_received
from metadata.wire.saml_messages.read_assertion import read_response
from metadata.wire.saml_messages.response import build_error_response, build_response
from metadata.wire.saml_messages.values import (
    AssertionContent,
    Attribute,
    AuthnRequest,
    AuthnRequestSpec,
    ErrorSpec,
    Expectations,
    LogoutRequest,
    LogoutRequestSpec,
    LogoutResponse,
    LogoutResponseSpec,
    NameId,
    NameIdPolicy,
    RequestedAuthnContext,
    ResponseSpec,
    SamlRefused,
    StatusRefused,
    new_id,
)

__all__ = [
    "AssertionContent",
    "Attribute",
    "AuthnRequest",
    "AuthnRequestSpec",
    "ErrorSpec",
    "Expectations",
    "LogoutRequest",
    "LogoutRequestSpec",
    "LogoutResponse",
    "LogoutResponseSpec",
    "NameId",
    "NameIdPolicy",
    "RequestedAuthnContext",
    "ResponseSpec",
    "SamlRefused",
    "StatusRefused",
    "build_authn_request",
    "build_error_response",
    "build_logout_request",
    "build_logout_response",
    "build_response",
    "check_received",
    "new_id",
    "read_authn_request",
    "read_logout_request",
    "read_logout_response",
    "read_response",
]
