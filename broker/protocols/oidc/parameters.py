"""The parameters of an authorization request, read once: single values, bounded lengths, claims as a tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker.protocols.oidc.errors import AuthorizeError
from metadata.wire.strict_json import BadJson, read_object

LONGEST: dict[str, int] = {
    "state": 2048,
    "nonce": 2048,
    "scope": 1024,
    "claims": 8192,
    "login_hint": 1024,
    "authorization_details": 16_384,
}
LONGEST_OTHER = 8192
MOST_SCOPES = 50
DEEPEST_CLAIMS = 5
SHORTEST_PURPOSE, LONGEST_PURPOSE = 3, 300


@dataclass(frozen=True, slots=True)
class Parameters:
    """The request's parameters. `repeated` names those sent more than once, whose values must not be used.

    `signed`: they came in a request object. `posted`: they came in a form, and not in an address, object or not.
    """

    values: Mapping[str, str]
    repeated: frozenset[str] = frozenset()
    signed: bool = False
    posted: bool = False

    @classmethod
    def of(cls, sent: Sequence[tuple[str, str]], *, posted: bool = False) -> "Parameters":
        names = [name for name, _ in sent]
        return cls(dict(sent), frozenset(n for n in names if names.count(n) > 1), posted=posted)

    def get(self, name: str) -> str:
        """The value, or the empty string: a parameter without value is one left out (RFC 6749 section 3.1)."""
        return "" if name in self.repeated else self.values.get(name, "")

    def words(self, name: str) -> tuple[str, ...]:
        """A space-separated list, in order, each word once."""
        return tuple(dict.fromkeys(filter(None, self.get(name).split(" "))))

    def too_long(self, name: str) -> bool:
        """Whether the value has more octets than any honest request needs."""
        return len(self.values[name].encode()) > LONGEST.get(name, LONGEST_OTHER)

    def state(self) -> str | None:
        """What goes back with every answer (RFC 6749 section 4.1.2.1), None when there is nothing that may go back."""
        return None if not self.get("state") or self.too_long("state") else self.get("state")


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """One claim asked for by name (OpenID Connect Core section 5.5.1); `purpose` is what for (Identity Assurance 6.2)."""

    essential: bool = False
    values: tuple[str, ...] = ()
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class ClaimsParameter:
    """The `claims` parameter: what is asked for each destination (OpenID Connect Core section 5.5)."""

    id_token: Mapping[str, ClaimRequest] = field(default_factory=dict)
    userinfo: Mapping[str, ClaimRequest] = field(default_factory=dict)


def read_claims(text: str) -> ClaimsParameter:
    """Parse the `claims` parameter. Raises AuthorizeError; members unknown to us are ignored, as Core wants."""
    if not text:
        return ClaimsParameter()
    try:
        tree = read_object(text.encode(), depth=DEEPEST_CLAIMS)
    except BadJson as error:
        raise AuthorizeError("invalid_request", "claims is not a JSON object of bounded depth") from error
    return ClaimsParameter(_destination(tree, "id_token"), _destination(tree, "userinfo"))


def _destination(tree: Mapping[str, Any], name: str) -> dict[str, ClaimRequest]:
    members = tree.get(name) or {}
    if not isinstance(members, dict):
        raise AuthorizeError("invalid_request", f"claims.{name} is not an object")
    return {claim: _claim(asked) for claim, asked in members.items()}


def _claim(asked: object) -> ClaimRequest:
    if asked is None:
        return ClaimRequest()
    if not isinstance(asked, dict):
        raise AuthorizeError("invalid_request", "the request of a claim is neither null nor an object")
    values = asked.get("values", [asked["value"]] if "value" in asked else [])
    if not isinstance(values, list) or not all(isinstance(v, str | int | bool) for v in values):
        raise AuthorizeError("invalid_request", "the values of a claim are not plain")
    return ClaimRequest(asked.get("essential") is True, tuple(str(v) for v in values), _purpose(asked))


def _purpose(asked: Mapping[str, Any]) -> str:
    """From 3 to 300 characters; a request with another is refused (OpenID Connect for Identity Assurance section 6.2)."""
    purpose = asked.get("purpose")
    if purpose is None:
        return ""
    if not isinstance(purpose, str) or not SHORTEST_PURPOSE <= len(purpose) <= LONGEST_PURPOSE:
        raise AuthorizeError("invalid_request", "the purpose of a claim has from 3 to 300 characters")
    return purpose
