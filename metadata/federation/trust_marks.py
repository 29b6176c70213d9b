"""Trust marks (OpenID Federation 1.0 section 7): which of the marks that an entity shows may be believed.

Pure but for the chain of a mark's issuer, which the caller resolves. Marks of types that the anchor says nothing of count for
nothing here: who may issue them is nobody's word.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from metadata.federation.chain import Chain, ChainRefused
from metadata.federation.statement import Statement
from metadata.wire.claims import JoseRefused, check_issuer, check_times
from metadata.wire.jose import BadKeySet, PublicKeySet, claimed, read_jwks, unverified, verify
from metadata.wire.signing import ALGORITHMS

TYP: Final = "trust-mark+jwt"
DELEGATION_TYP: Final = "trust-mark-delegation+jwt"


@dataclass(frozen=True, slots=True)
class TrustMark:
    """A mark that holds. `expires_at` is None for one without end."""

    type: str
    issuer: str
    token: str
    expires_at: int | None


Issuers = Callable[[str], Chain]
"""The chain of an issuer to the same anchor. Raises ChainRefused."""


def believed(own: Statement, anchor: Statement, issuers: Issuers, now: int) -> tuple[TrustMark, ...]:
    """Those of the entity's marks that hold (section 7.3), each checked with the keys of its issuer's own chain."""
    return tuple(_believed(own, anchor, issuers, now))


def _believed(own: Statement, anchor: Statement, issuers: Issuers, now: int) -> Iterator[TrustMark]:
    for shown in own.claims.get("trust_marks", ()):
        try:
            yield check(shown["trust_mark"], own.subject, anchor, issuers, now)
        except (JoseRefused, ChainRefused):
            continue


def check(token: str, subject: str, anchor: Statement, issuers: Issuers, now: int) -> TrustMark:
    """The mark. Raises JoseRefused, and ChainRefused when its issuer cannot be trusted."""
    issuer, kind = claimed(token, "iss"), claimed(token, "trust_mark_type")
    allowed = anchor.claims.get("trust_mark_issuers", {}).get(kind)
    if allowed is None or (allowed and issuer not in allowed):
        raise JoseRefused("an issuer that the anchor does not name")
    keys = issuers(issuer).subject_keys
    claims = _verified(token, keys, TYP, now)
    if claims.get("sub") != subject:
        raise JoseRefused("another entity's mark")
    _check_delegation(claims, issuer, kind, anchor, now)
    return TrustMark(kind, issuer, token, claims.get("exp"))


def _verified(token: str, keys: PublicKeySet, typ: str, now: int) -> Mapping[str, Any]:
    header, _ = unverified(token)
    if not header.get("kid"):
        raise JoseRefused("no kid")
    claims = verify(token, keys, algorithms=tuple(ALGORITHMS), typ=(typ,)).claims
    check_times(claims, now, required=("iat",))
    return claims


def _check_delegation(claims: Mapping[str, Any], issuer: str, kind: str, anchor: Statement, now: int) -> None:
    """Where the anchor names an owner of the type, that owner must have let the issuer issue it (section 7.2.2)."""
    owner = anchor.claims.get("trust_mark_owners", {}).get(kind)
    delegation = claims.get("delegation")
    if owner is None and delegation is None:
        return
    if owner is None or not isinstance(delegation, str):
        raise JoseRefused("a delegation without owner, or an owner without delegation")
    try:
        keys = read_jwks(owner["jwks"])
    except BadKeySet as error:
        raise JoseRefused("the owner's keys cannot be used") from error
    delegated = _verified(delegation, keys, DELEGATION_TYP, now)
    check_issuer(delegated, owner["sub"])
    if (delegated.get("sub"), delegated.get("trust_mark_type")) != (issuer, kind):
        raise JoseRefused("another delegation")
