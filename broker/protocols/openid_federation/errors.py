"""Errors of the federation endpoints (OpenID Federation 1.0 section 8.9), one class each."""

from broker.exchange import Reply
from broker.protocols.oidc.wire import json_reply
from metadata.federation.chain import ChainRefused

_STATUS = {
    "invalid_trust_anchor": 404,
    "invalid_trust_chain": 400,
    "invalid_metadata": 400,
    "temporarily_unavailable": 503,
}


class FederationError(Exception):
    """An error as JSON. `description` is for whoever asks, `detail` for the log only."""

    code = "server_error"
    status = 500

    def __init__(self, description: str, detail: str = "") -> None:
        super().__init__(f"{self.code}: {description} {detail}")
        self.description, self.detail = description, detail

    def reply(self) -> Reply:
        """The error as JSON."""
        return json_reply({"error": self.code, "error_description": self.description}, self.status)


class InvalidRequest(FederationError):
    """The request is incomplete, or not as the section wants it."""

    code = "invalid_request"
    status = 400


class NotFound(FederationError):
    """There is no such entity, statement or mark."""

    code = "not_found"
    status = 404


class InvalidTrustAnchor(FederationError):
    """None of the anchors asked for is one whose chains we resolve."""

    code = "invalid_trust_anchor"
    status = 404


class InvalidSubject(FederationError):
    """What is asked for is no entity at all."""

    code = "invalid_subject"
    status = 404


class Refused(FederationError):
    """The chain is refused, by the code that says how."""

    def __init__(self, error: ChainRefused) -> None:
        self.code, self.status = error.code, _STATUS[error.code]
        super().__init__("no trust chain can be had for this entity", error.reason)
