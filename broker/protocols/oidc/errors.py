"""OAuth errors, one class each, and the table from kinds of reasons to codes.

`description` goes to the client: a short English sentence without personal data. `detail` is for the log only.
"""

from broker.exchange import Reply
from broker.protocols.oidc.wire import json_reply
from trust_framework.reasons import Kind, Reason


class ProtocolError(Exception):
    """An error of the token endpoint and its neighbours (RFC 6749 section 5.2)."""

    code = "server_error"
    status = 400

    def __init__(self, description: str, detail: str = "") -> None:
        super().__init__(f"{self.code}: {description} {detail}")
        self.description, self.detail = description, detail

    def reply(self) -> Reply:
        """The error as JSON."""
        return json_reply({"error": self.code, "error_description": self.description}, self.status)


class InvalidRequest(ProtocolError):
    """A parameter is missing, repeated or malformed (RFC 6749 section 5.2)."""

    code = "invalid_request"


class InvalidClient(ProtocolError):
    """The client did not authenticate, or not as registered (RFC 6749 section 5.2). `basic`: it tried HTTP Basic."""

    code = "invalid_client"
    status = 401

    def __init__(self, description: str, detail: str = "", *, basic: bool = False) -> None:
        super().__init__(description, detail)
        self.basic = basic

    def reply(self) -> Reply:
        """With a challenge when the client tried the Authorization header."""
        reply = super().reply()
        return reply.adding(("WWW-Authenticate", 'Basic realm="tillit", charset="UTF-8"')) if self.basic else reply


class InvalidGrant(ProtocolError):
    """The code or refresh token is unknown, used, expired, revoked or another client's (RFC 6749 section 5.2)."""

    code = "invalid_grant"


class UnauthorizedClient(ProtocolError):
    """The client may not use this grant type (RFC 6749 section 5.2)."""

    code = "unauthorized_client"


class UnsupportedGrantType(ProtocolError):
    """No such grant here (RFC 6749 section 5.2)."""

    code = "unsupported_grant_type"


class InvalidScope(ProtocolError):
    """The scope is unknown, or wider than what was granted (RFC 6749 section 5.2)."""

    code = "invalid_scope"


class InvalidAuthorizationDetails(ProtocolError):
    """The details are not ones that can be granted, or more than what was granted (RFC 9396 sections 5 and 6)."""

    code = "invalid_authorization_details"


class InvalidToken(ProtocolError):
    """The access token is malformed, expired, revoked or not for us (RFC 6750 section 3.1)."""

    code = "invalid_token"
    status = 401

    def reply(self) -> Reply:
        """With the Bearer challenge that RFC 6750 section 3 wants."""
        challenge = f'Bearer realm="tillit", error="{self.code}", error_description="{self.description}"'
        return super().reply().adding(("WWW-Authenticate", challenge))


class NoToken(InvalidToken):
    """No token at all: a challenge without an error, since nothing is wrong yet (RFC 6750 section 3.1)."""

    def reply(self) -> Reply:
        """The bare challenge."""
        return Reply(401, (("WWW-Authenticate", 'Bearer realm="tillit"'), ("Cache-Control", "no-store")))


class BadBearer(InvalidToken):
    """The token is sent in several ways, or in one that is not taken (RFC 6750 sections 2 and 3.1)."""

    code = "invalid_request"
    status = 400


class InsufficientScope(InvalidToken):
    """The token does not reach this far (RFC 6750 section 3.1)."""

    code = "insufficient_scope"
    status = 403


class TemporarilyUnavailable(ProtocolError):
    """Something that we lean on does not answer; nothing was recorded and nothing leaves."""

    code = "temporarily_unavailable"
    status = 503


class AuthorizeError(Exception):
    """An error of the authorization endpoint, which travels to a proven redirect URI (RFC 6749 section 4.1.2.1)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description = code, description


# RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6, Unmet Authentication Requirements 1.0
BY_KIND: dict[Kind, str] = {
    Kind.CANCELLED: "access_denied",
    Kind.NOT_AUTHENTICATED: "access_denied",
    Kind.LEVEL: "unmet_authentication_requirements",
    Kind.INTERACTION: "interaction_required",
    Kind.CONSENT: "access_denied",
    Kind.NOT_ALLOWED: "access_denied",
    Kind.UNKNOWN_PERSON: "access_denied",
    Kind.REQUEST: "invalid_request",
    Kind.EXPIRED: "access_denied",
    Kind.BUSY: "temporarily_unavailable",
    Kind.UNAVAILABLE: "temporarily_unavailable",
    Kind.INTERNAL: "server_error",
}

# OpenID Connect Core names these kinds of interaction apart; every other one is interaction_required
_INTERACTIONS = {
    "login-required": "login_required",
    "subject-mismatch": "login_required",
    "consent-required": "consent_required",
}


def code_of(reason: Reason) -> str:
    """The protocol's code of a reason."""
    return _INTERACTIONS.get(reason.code, BY_KIND[reason.kind])
