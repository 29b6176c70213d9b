"""The request that a client authenticates in, and the shape of a method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from broker.login.ports import Services
from idp_adapters.base import Consume
from metadata.register import OidcClient


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A POST to the token endpoint or a neighbour: single-valued form, and the Authorization header."""

    form: Mapping[str, str]
    authorization: str | None = None

    @property
    def tried_basic(self) -> bool:
        return (self.authorization or "").lower().startswith("basic ")


class Method(Protocol):
    """A client authentication method. `prove` raises InvalidClient, and returns what the proof uses up."""

    def present(self, request: TokenRequest) -> bool: ...

    def client_id(self, request: TokenRequest) -> str: ...

    def prove(self, request: TokenRequest, client: OidcClient, now: int, on: Services) -> tuple[Consume, ...]: ...
