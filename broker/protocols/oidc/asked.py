"""What a client asks to know, and how sure it wants to be: scope, claims and acr made into catalogue names and levels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from broker.protocols.oidc.errors import AuthorizeError
from broker.protocols.oidc.parameters import ClaimRequest, ClaimsParameter
from metadata.register import OidcClient, Register
from trust_framework.attribute_sets import SCOPES, of_scopes
from trust_framework.attributes import by_claim
from trust_framework.decide import RequestedAttribute
from trust_framework.members import RelyingParty

API_SCOPES = frozenset({"register:read", "register:write", "care:read", "care:write", "care:code"})
"""Scopes of the JSON API, of the register and of care: a token with one is for that API, as with a service's client_id."""

# Scopes whose claims go in the ID token too (OIDC Sweden, claims and scopes 3.2 and 3.3)
IN_ID_TOKEN = frozenset({"https://id.oidc.se/scope/naturalPersonNumber", "https://id.oidc.se/scope/naturalPersonOrgId"})
# Claims that speak of the token or the login, not of a detail of the person
PROTOCOL_CLAIMS = frozenset({"sub", "iss", "aud", "exp", "iat", "nonce", "acr", "amr", "auth_time", "sid"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """`scope` that is granted; the attributes asked for; and at which door each goes out (catalogue names)."""

    scope: str
    requested: tuple[RequestedAttribute, ...]
    id_token: tuple[str, ...]
    userinfo: tuple[str, ...]


def wishes(scope: Iterable[str], claims: ClaimsParameter, client: OidcClient, register: Register) -> Wishes:
    """What scope and claims add up to. Scope values not registered for the client are left out (RFC 6749 section 3.3)."""
    granted = tuple(value for value in scope if value in client.scope and _known(value, register))
    by_scope, in_token = _of_scopes(granted)
    named_token, named_info = _named(claims.id_token), _named(claims.userinfo)
    requested = (*map(RequestedAttribute, by_scope), *named_info.values(), *named_token.values())
    return Wishes(
        " ".join(granted),
        requested,
        tuple(dict.fromkeys([*in_token, *named_token])),
        tuple(dict.fromkeys([*by_scope, *named_info])),
    )


@lru_cache(maxsize=1024)
def _of_scopes(granted: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What scope values that are granted bring to userinfo, and to the ID token too."""
    return of_scopes(granted).names(), of_scopes(value for value in granted if value in IN_ID_TOKEN).names()


def _known(scope: str, register: Register) -> bool:
    return scope in {"openid", "offline_access", *API_SCOPES} or scope in SCOPES or register.has_client(scope)


def _named(members: Mapping[str, ClaimRequest]) -> dict[str, RequestedAttribute]:
    return {
        name: RequestedAttribute(name, request.essential, request.values, purpose=request.purpose)
        for claim, request in members.items()
        for name in _attributes(claim)
    }


def _attributes(claim: str) -> tuple[str, ...]:
    """The catalogue names behind a claim: `address` is an object of several (Core section 5.1.1)."""
    if claim == "address":
        return SCOPES["address"].names()
    row = None if claim in PROTOCOL_CLAIMS else by_claim(claim)
    return (row.name,) if row is not None else ()


def levels(
    acr_values: tuple[str, ...], claims: ClaimsParameter, client: OidcClient, party: RelyingParty
) -> tuple[str, ...]:
    """The level URIs that will do. Raises AuthorizeError when the client asks only for levels it may not have.

    An essential acr in `claims` comes before `acr_values` (OpenID Connect Core section 5.5.1.1); both are held to: a
    level is never silently lowered.
    """
    asked = claims.id_token.get("acr", ClaimRequest()).values or acr_values or client.default_acr_values
    allowed = tuple(level for level in asked if level in party.levels)
    if asked and not allowed:
        raise AuthorizeError("unmet_authentication_requirements", "no level of assurance asked for can be given")
    return allowed
