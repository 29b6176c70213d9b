"""What a grant gives back to the token endpoint, and the shape of a grant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from broker.login.effects import NOTHING, Effects
from broker.login.ports import Services
from broker.protocols.oidc.errors import InvalidRequest
from metadata.register import OidcClient, Service

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Granted:
    """The token response (RFC 6749 section 5.1), and what must be on record before it leaves.

    `lost` is recorded instead when another request used the same single-use thing first.
    """

    response: Mapping[str, Any]
    effects: Effects
    lost: Effects = NOTHING


class Grants(Protocol):
    """A grant. Raises ProtocolError."""

    GRANT_TYPE: str

    def handle(self, form: Form, service: Service, client: OidcClient, now: int, on: Services) -> Granted: ...


class Reused(Exception):
    """A code or refresh token was used before: refuse with `error`, and record `effects` (revocation) first."""

    def __init__(self, effects: Effects) -> None:
        super().__init__("used before")
        self.effects = effects


def required(form: Form, name: str) -> str:
    """A parameter that must be there. Raises InvalidRequest."""
    if value := form.get(name):
        return value
    raise InvalidRequest(f"{name} is missing")
