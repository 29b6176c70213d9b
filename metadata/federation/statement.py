"""Entity statements (OpenID Federation 1.0 section 3): what one must be to be looked at, and who signed it.

Owns the rules of section 3.2 that one statement can be held to alone. Which statements make a chain is
`metadata.federation.chain`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from metadata.federation.constraints import ConstraintBroken, Constraints, read_constraints
from metadata.federation.entity_id import is_entity_id
from metadata.federation.policy import Metadata
from metadata.wire.claims import JoseRefused, check_times
from metadata.wire.jose import BadKeySet, PublicKeySet, claimed, read_jwks, unverified, verify
from metadata.wire.signing import ALGORITHMS

TYP: Final = "entity-statement+jwt"
LONGEST: Final = 256 * 1024
"""Octets of one statement."""
MOST_ITEMS: Final = 64

ONLY_IN_CONFIGURATIONS: Final = frozenset(
    {"authority_hints", "trust_anchor_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners"}
)
ONLY_IN_SUBORDINATE: Final = frozenset({"constraints", "metadata_policy", "metadata_policy_crit", "source_endpoint"})
ONLY_IN_REGISTRATION: Final = frozenset({"aud", "trust_anchor"})
HEADERS_OF_CHAINS: Final = frozenset({"trust_chain", "peer_trust_chain"})


class StatementRefused(Exception):
    """The statement is not one, or may not be believed. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that is well formed and in its time. Its signature is judged by `check_signature` only."""

    token: str = field(repr=False)
    issuer: str
    subject: str
    expires_at: int
    keys: PublicKeySet = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    constraints: Constraints

    @property
    def is_configuration(self) -> bool:
        """Whether it is what an entity says about itself."""
        return self.issuer == self.subject

    @property
    def metadata(self) -> Metadata:
        """By entity type."""
        metadata: Metadata = self.claims.get("metadata", {})
        return metadata

    def texts(self, name: str) -> tuple[str, ...]:
        """A claim that is a list of texts."""
        return tuple(self.claims.get(name, ()))

    def endpoint(self, name: str) -> str | None:
        """An endpoint of the entity itself, as its own metadata says."""
        value = self.metadata.get("federation_entity", {}).get(name)
        return value if isinstance(value, str) else None

    def check_signature(self, keys: PublicKeySet) -> None:
        """Return when one of `keys`, the one that its header names, signed it. Raises StatementRefused."""
        try:
            verify(self.token, keys, algorithms=tuple(ALGORITHMS), typ=(TYP,), longest=LONGEST)
        except JoseRefused as error:
            raise StatementRefused(f"signature: {error.reason}") from error


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads statements at a time. `registering`: an explicit registration, which has an audience and may bring chains."""

    now: int
    allow_http_loopback: bool = False
    registering: bool = False

    def read(self, token: str) -> Statement:
        """The statement. Raises StatementRefused."""
        try:
            header, claims = unverified(token, longest=LONGEST)
            check_times(claims, self.now)
        except JoseRefused as error:
            raise StatementRefused(error.reason) from error
        self._check_header(header)
        self._check_parties(claims)
        for name, rule in _CLAIMS.items():
            if name in claims and not rule(claims[name], self.is_entity):
                raise StatementRefused(f"{name} is not what it must be")
        return Statement(
            token=token,
            issuer=claims["iss"],
            subject=claims["sub"],
            expires_at=claims["exp"],
            keys=federation_keys(claims.get("jwks")),
            claims=claims,
            constraints=_constraints(claims),
        )

    def read_configuration(self, token: str, entity_id: str) -> Statement:
        """What `entity_id` says about itself, signed with a key that it lists. Raises StatementRefused."""
        read = self.read(token)
        if not read.is_configuration or read.subject != entity_id:
            raise StatementRefused("not the configuration of this entity")
        read.check_signature(read.keys)
        return read

    def is_entity(self, value: Any) -> bool:
        """Whether the value names an entity."""
        return is_entity_id(value, allow_http_loopback=self.allow_http_loopback)

    def _check_header(self, header: Mapping[str, Any]) -> None:
        if header.get("typ") != TYP:
            raise StatementRefused("another typ")
        if not header.get("kid"):
            raise StatementRefused("no kid")
        if not self.registering and not HEADERS_OF_CHAINS.isdisjoint(header):
            raise StatementRefused("a chain within a statement")

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        if not (self.is_entity(claims.get("iss")) and self.is_entity(claims.get("sub"))):
            raise StatementRefused("iss or sub is no entity identifier")
        foreign = ONLY_IN_SUBORDINATE if claims["iss"] == claims["sub"] else ONLY_IN_CONFIGURATIONS
        if not self.registering:
            foreign |= ONLY_IN_REGISTRATION
        if misplaced := foreign & claims.keys():
            raise StatementRefused(f"{min(misplaced)} does not belong in this statement")


def federation_keys(document: Any) -> PublicKeySet:
    """The federation keys of a `jwks` claim, each with a name of its own (section 3.1.1). Raises StatementRefused."""
    if not isinstance(document, Mapping):
        raise StatementRefused("no jwks")
    try:
        keys = read_jwks(document)
    except BadKeySet as error:
        raise StatementRefused(f"jwks: {error}") from error
    names = [each.get("kid") for each in document["keys"]]
    if not keys.keys or not all(names) or len(set(names)) != len(names):
        raise StatementRefused("jwks: a key without a name of its own, or none that can be used")
    return keys


def _constraints(claims: Mapping[str, Any]) -> Constraints:
    try:
        return read_constraints(claims["constraints"]) if "constraints" in claims else Constraints()
    except ConstraintBroken as error:
        raise StatementRefused(str(error)) from error


# --- what single claims may be; the second argument tells whether a value names an entity

IsEntity = Callable[[Any], bool]


def _named(value: Any, is_entity: IsEntity) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST_ITEMS and all(map(is_entity, value))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _understood(value: Any, _: IsEntity) -> bool:  # noqa: ARG001
    """`crit` (section 13.4) lists extensions; none is known here, so none may be critical."""
    return False


def _metadata(value: Any, _: IsEntity) -> bool:
    return isinstance(value, dict) and all(
        isinstance(members, dict) and None not in members.values() for members in value.values()
    )


def _marks(value: Any, _: IsEntity) -> bool:
    return isinstance(value, list) and len(value) <= MOST_ITEMS and all(map(_mark, value))


def _mark(value: Any) -> bool:
    """A trust mark under the type that it says itself (section 3.1.2)."""
    if not isinstance(value, dict) or not isinstance(value.get("trust_mark"), str):
        return False
    try:
        return claimed(value["trust_mark"], "trust_mark_type") == value.get("trust_mark_type")
    except JoseRefused:
        return False


def _mark_issuers(value: Any, is_entity: IsEntity) -> bool:
    return isinstance(value, dict) and all(
        isinstance(issuers, list) and all(map(is_entity, issuers)) for issuers in value.values()
    )


def _mark_owners(value: Any, is_entity: IsEntity) -> bool:
    return isinstance(value, dict) and all(
        isinstance(owner, dict) and is_entity(owner.get("sub")) and isinstance(owner.get("jwks"), dict)
        for owner in value.values()
    )


_CLAIMS: Final[Mapping[str, Callable[[Any, IsEntity], bool]]] = {
    "crit": _understood,
    "authority_hints": _named,
    "trust_anchor_hints": _named,
    "metadata": _metadata,
    "metadata_policy": lambda value, _: isinstance(value, dict),
    "metadata_policy_crit": lambda value, _: _texts(value),
    "trust_marks": _marks,
    "trust_mark_issuers": _mark_issuers,
    "trust_mark_owners": _mark_owners,
    "source_endpoint": lambda value, is_entity: is_entity(value.split("?")[0] if isinstance(value, str) else value),
    "aud": lambda value, is_entity: is_entity(value),
    "trust_anchor": lambda value, is_entity: is_entity(value),
}
