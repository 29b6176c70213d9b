"""The members of a client's registration, read one by one with their types (RFC 7591 section 2).

Owns what a text, a list, a number of seconds, an address is here, and the two errors of registration. What the members
mean together is `metadata.oidc`. Scalars may be text, as a YAML file gives them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metadata.redirect_uris import UnfitUri, check_https_uri, check_redirect_uri

MAXIMUM_ITEMS = 50
MAXIMUM_TEXT = 2000


def acts_alone(registration: Mapping[str, Any]) -> bool:
    """Whether nobody logs in to the client: it asks for tokens of its own, and for nothing else (RFC 6749 section 4.4)."""
    grants = registration.get("grant_types")
    return isinstance(grants, list | tuple) and set(grants) == {"client_credentials"}


class InvalidClientMetadata(Exception):
    """RFC 7591 section 3.2.2. `field` names the member, the text says what is wrong with it."""

    code = "invalid_client_metadata"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


class InvalidRedirectUri(InvalidClientMetadata):
    """RFC 7591 section 3.2.2: a redirect URI may not be registered."""

    code = "invalid_redirect_uri"


@dataclass(frozen=True, slots=True)
class ClientFields:
    """Readers of one registration. Every one raises InvalidClientMetadata naming the member."""

    members: Mapping[str, Any]
    allow_http_loopback: bool = False

    def text(self, name: str) -> str | None:
        """Printable text, or None when absent."""
        value = self.members.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not 0 < len(value) <= MAXIMUM_TEXT or not value.isprintable():
            raise InvalidClientMetadata(name, "is not a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        value = self.members.get(name, [])
        if not isinstance(value, list | tuple) or len(value) > MAXIMUM_ITEMS:
            raise InvalidClientMetadata(name, "is not a list, or too long")
        if not all(isinstance(each, str) and 0 < len(each) <= MAXIMUM_TEXT for each in value):
            raise InvalidClientMetadata(name, "holds something that is not a text")
        return tuple(value)

    def choice(self, name: str, default: str, among: Sequence[str]) -> str:
        """One of some names, or the default when absent."""
        return self.choice_or_none(name, among) or default

    def choice_or_none(self, name: str, among: Sequence[str]) -> str | None:
        """One of some names, or None when absent."""
        value = self.text(name)
        if value is not None and value not in among:
            raise InvalidClientMetadata(name, f"is none of {', '.join(among)}")
        return value

    def seconds(self, name: str) -> int | None:
        """A whole number of seconds, or None when absent."""
        value = self.members.get(name)
        if value is None:
            return None
        digits = str(value)
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:  # noqa: PLR2004  three decades are enough
            raise InvalidClientMetadata(name, "is not a number of seconds")
        return int(digits)

    def flag(self, name: str) -> bool:
        """True or false, false when absent."""
        value = self.members.get(name, False)
        if isinstance(value, bool):
            return value
        if value not in ("true", "false"):
            raise InvalidClientMetadata(name, "is neither true nor false")
        return bool(value == "true")

    def redirect_uris(self, name: str, *, native: bool) -> tuple[str, ...]:
        """Redirect URIs that a web or a native client may register. Raises InvalidRedirectUri."""
        uris = self.texts(name)
        for uri in uris:
            try:
                check_redirect_uri(uri, native=native, allow_http_loopback=self.allow_http_loopback)
            except UnfitUri as error:
                raise InvalidRedirectUri(name, f"{uri!r:.200}: {error}") from error
        return uris

    def web_address(self, name: str) -> str | None:
        """An https address, or None when absent."""
        uri = self.text(name)
        if uri is not None:
            try:
                check_https_uri(uri, allow_http_loopback=self.allow_http_loopback)
            except UnfitUri as error:
                raise InvalidClientMetadata(name, str(error)) from error
        return uri
