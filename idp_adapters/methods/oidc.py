"""Login at an upstream OpenID Provider: authorization code with PKCE (OpenID Connect Core section 3.1, RFC 9700).

Owns the method's settings, what is asked and remembered, what each error of the provider means to the person, and which
claims are taken over. Checks of single messages are `metadata.wire.oidc_messages`; what the provider publishes is fetched
and kept by `metadata.published`.

Each provider has a redirect URI of its own and its state names its issuer, so an answer of one provider is never taken
for another's (mix-up, RFC 9700 section 4.4).
"""

import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from idp_adapters.base import Ask, Authenticated, Consume, Failed, Inbound, Redirect, Resumed, Started, Tools
from metadata.oidc import BadDiscovery, OidcEndpoints
from metadata.published import Heard, PublishedProvider
from metadata.redirect_uris import UnfitUri, check_https_uri
from metadata.register import OidcProvider
from metadata.wire.claims import SKEW
from metadata.wire.egress import EgressFailed, EgressRefused, Outbound, Response
from metadata.wire.jose import BadKeySet, JoseRefused, Verified
from metadata.wire.oidc_messages import (
    AUTH_METHODS,
    ClientCredentials,
    IdTokenExpectations,
    OidcRefused,
    OutOfTime,
    Tokens,
    authentication_request,
    check_id_token,
    check_userinfo_subject,
    code_challenge,
    is_signed_userinfo,
    open_signed,
    read_document,
    read_token_response,
    signed_userinfo_claims,
    token_request,
    userinfo_request,
)
from metadata.wire.signing import ALGORITHMS
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.identity import Asserted, Subject
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS

MAXIMUM_CODE: Final = 4096
ORIGINAL_CLIENT: Final = "https://id.oidc.se/param/originalClientId"
AUTHN_PROVIDER: Final = "https://id.oidc.se/claim/authnProvider"

# What an authentication error (RFC 6749 section 4.1.2.1, Core section 3.1.2.6) means; others are `upstream-refused`.
ERRORS: Final[Mapping[str, str]] = {
    "access_denied": "user-cancelled",
    "unmet_authentication_requirements": "level-too-low",
    "temporarily_unavailable": "upstream-down",
    "server_error": "upstream-error",
    "invalid_request": "upstream-error",
    "invalid_scope": "upstream-error",
    "unauthorized_client": "upstream-error",
    "unsupported_response_type": "upstream-error",
    "request_not_supported": "upstream-error",
    "registration_not_supported": "upstream-error",
}
INTERACTION: Final = frozenset(
    {"login_required", "interaction_required", "account_selection_required", "consent_required"}
)

# What a provider says of the login and its tokens, and never of the person.
PROTOCOL_CLAIMS: Final = frozenset({
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "azp", "acr", "amr", "auth_time", "at_hash", "c_hash",
    "s_hash", "sid",
})  # fmt: skip


class OidcSettings(BaseModel):
    """An `identity_providers` entry with `oidc`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: OidcProvider = Field(repr=False, description="What we registered with the provider.")
    names: Mapping[str, str] = Field(default={}, description="Name on pages by language; empty means its host.")
    ceiling: str = Field(description="The highest level URI that the provider may give.")
    levels: Mapping[str, str] = Field(description="Its acr values and our level URIs.")
    attributes: Mapping[str, str] = Field(default={}, description="Its claims and our attribute names.")
    scopes: frozenset[str] = Field(default=frozenset(), description="Scopes that it may assert in scoped attributes.")
    identifiers: frozenset[str] = Field(
        default=frozenset(), description="National identifiers, by our names, that it is authorised to assert."
    )
    assertion_alg: str = Field("ES256", description="Our algorithm with private_key_jwt.")
    assertion_audience: Literal["issuer", "token_endpoint"] = Field(
        "issuer", description="Audience with private_key_jwt; OIDC Sweden and Core section 9 name the token endpoint."
    )
    acr: Literal["acr_values", "claims"] = Field(
        "acr_values", description="How the level is asked for; `claims` asks for it as essential."
    )
    userinfo: Literal["needed", "always", "never"] = Field(
        "needed", description="When userinfo is fetched; `needed` when the ID token lacks a claim of `attributes`."
    )
    origins: tuple[str, ...] = Field(
        (), description="Other origins through which the provider sends the browser, where it has any."
    )
    login_hint: bool = Field(False, description="Whether a service's hint of the person is passed on.")

    @field_validator("provider", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        """Scope as one text, and the default method of a client with a secret (RFC 7591 section 2)."""
        if not isinstance(value, Mapping):
            return value
        written = dict(value)
        if written.get("client_secret") is not None:
            written.setdefault("token_endpoint_auth_method", "client_secret_basic")
        if isinstance(written.get("scope"), str):
            written["scope"] = tuple(written["scope"].split())
        return written

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        provider = self.provider
        try:
            parts = check_https_uri(provider.issuer, allow_http_loopback=True)
        except UnfitUri as error:
            raise ValueError(f"issuer: {error}") from error
        if parts.query:
            raise ValueError("issuer: a query")
        if provider.token_endpoint_auth_method not in AUTH_METHODS:
            raise ValueError(f"token_endpoint_auth_method: none of {', '.join(AUTH_METHODS)}")
        if (provider.client_secret is not None) != provider.token_endpoint_auth_method.startswith("client_secret_"):
            raise ValueError("client_secret: is missing, or does not go with token_endpoint_auth_method")
        if not {provider.id_token_signed_response_alg, self.assertion_alg} <= ALGORITHMS.keys():
            raise ValueError(f"algorithm: none of {', '.join(ALGORITHMS)}")
        return self

    def terms(self, method_id: str) -> ProviderTerms:
        """What the provider is trusted with."""
        host = urlsplit(self.provider.issuer).hostname or ""
        return ProviderTerms(
            id=method_id,
            names={"sv": host, "en": self.names.get("sv", host), **self.names},
            ceiling=self.ceiling,
            levels=self.levels,
            attributes=self.attributes,
            scopes=self.scopes,
            identifiers=self.identifiers,
        )

    def adapter(self, method_id: str, tools: Tools) -> "OidcUpstream":
        return OidcUpstream(method_id, self, tools)


@dataclass(frozen=True, slots=True)
class Pending:
    """What is remembered of a login at the provider."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    started_at: int
    levels: tuple[str, ...]
    passive: bool
    force: bool
    max_age: int | None

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def of(cls, state: bytes) -> "Pending":
        """Raises BadJson, KeyError and TypeError for what `to_bytes` did not write."""
        kept = read_object(state)
        return cls(**{**kept, "levels": tuple(kept["levels"])})

    def login_since(self, now: int) -> int | None:
        """The oldest login that will do (Core section 3.1.2.1: max_age, prompt=login)."""
        bounds = [self.started_at] if self.force else []
        return max([*bounds, now - self.max_age]) if self.max_age is not None else max(bounds, default=None)

    def moment(self, instant: int, now: int) -> int:
        """When the person identified, by our clock. The provider's may be off within the skew: nobody identified in what
        is the future here, nor, where a fresh login was demanded and given, before we asked.
        """
        return min(max(instant, self.started_at) if self.force else instant, now)


class Stopped(Exception):
    """The login ends here. The text is for the log."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class OidcUpstream:
    """The adapter of one upstream OpenID Provider."""

    def __init__(self, method_id: str, settings: OidcSettings, tools: Tools) -> None:
        self.id, self.settings, self._tools = method_id, settings, tools
        self._provider = settings.provider
        self._published = PublishedProvider(settings.provider.issuer, tools.egress)

    def start(self, ask: Ask, now: int) -> Started:
        """Send the browser to the provider with an authentication request."""
        if ask.force and ask.passive:
            return Failed(REASONS["passive-impossible"], "a fresh login without the person")
        try:
            with _stopping():
                endpoints = self._published.endpoints(now)
        except Stopped as stopped:
            return Failed(REASONS[stopped.reason], str(stopped))
        pending = Pending(
            issuer=self._provider.issuer,
            state=ask.login,
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=ask.return_url,
            started_at=now,
            levels=ask.levels,
            passive=ask.passive,
            force=ask.force,
            max_age=ask.max_age,
        )
        parameters = self._parameters(ask, pending, endpoints)
        return Redirect(authentication_request(endpoints.authorization_endpoint, parameters), pending.to_bytes())

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Resumed:
        """Read the authentication response, and turn its code into an identity."""
        try:
            pending = Pending.of(state)
        except (BadJson, KeyError, TypeError):
            return Failed(REASONS["internal"], "state not readable")
        try:
            with _stopping():
                endpoints = self._published.endpoints(now)
                code = self._code(pending, inbound.parameters, endpoints)
                return self._identified(pending, code, endpoints, now)
        except Stopped as stopped:
            return Failed(REASONS[stopped.reason], str(stopped))

    def heard(self) -> Heard:
        """How the provider's documents were fetched last."""
        return self._published.heard

    def leaves_to(self) -> tuple[str, ...]:
        """Its issuer, its authorization endpoint once that is known, and the origins named in the settings."""
        known = self._published.known
        return (self._provider.issuer, *((known.authorization_endpoint,) if known else ()), *self.settings.origins)

    def _parameters(self, ask: Ask, pending: Pending, endpoints: OidcEndpoints) -> dict[str, str]:
        """Core section 3.1.2.1, with PKCE (RFC 7636)."""
        wanted: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": pending.redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self._provider.scope))),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": code_challenge(pending.verifier),
            "code_challenge_method": "S256",
            "ui_locales": ask.language,
            "prompt": "login" if ask.force else "none" if ask.passive else None,
            "max_age": None if ask.max_age is None and not ask.force else str(0 if ask.force else ask.max_age),
            "login_hint": ask.hint if self.settings.login_hint else None,
            ORIGINAL_CLIENT: ask.requester if endpoints.original_client_id else None,
            **self._level_parameters(ask.levels),
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def _level_parameters(self, levels: tuple[str, ...]) -> dict[str, str]:
        """Core section 5.5.1.1; never both ways. A provider that says no level has an empty word for it."""
        words = [word for word in levels if word]
        if not words:
            return {}
        if self.settings.acr == "acr_values":
            return {"acr_values": " ".join(words)}
        return {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": words}}})}

    def _code(self, pending: Pending, parameters: Mapping[str, str], endpoints: OidcEndpoints) -> str:
        """The code of a response that is this provider's answer to this request (RFC 9700 section 4.4, RFC 9207)."""
        if not _same(parameters.get("state", ""), pending.state):
            raise Stopped("upstream-used", "another state")
        iss = parameters.get("iss")
        if pending.issuer != self._provider.issuer or (iss is not None and iss != pending.issuer):
            raise Stopped("upstream-used", "another issuer")
        if iss is None and endpoints.iss_in_response:
            raise Stopped("upstream-used", "no iss")
        if (error := parameters.get("error")) is not None:
            raise Stopped(_reason_of(error, pending), f"error {error[:100]!r}")
        code = parameters.get("code", "")
        if not 0 < len(code) <= MAXIMUM_CODE:
            raise Stopped("upstream-error", "no code")
        return code

    def _identified(self, pending: Pending, code: str, endpoints: OidcEndpoints, now: int) -> Authenticated:
        request = token_request(
            endpoints.token_endpoint,
            self._credentials(endpoints),
            code=code,
            verifier=pending.verifier,
            redirect_uri=pending.redirect_uri,
            now=now,
        )
        tokens = read_token_response(self._fetch(request))
        id_token = self._opened(tokens.id_token, now)
        expected = IdTokenExpectations(
            issuer=self._provider.issuer,
            client_id=self._provider.client_id,
            nonce=pending.nonce,
            access_token=tokens.access_token,
            now=now,
            started_at=pending.started_at,
            login_since=pending.login_since(now),
        )
        check_id_token(id_token, expected)
        claims = self._with_userinfo(id_token.claims, tokens, endpoints, now)
        level = claims["acr"] if isinstance(claims.get("acr"), str) else ""
        if pending.levels and level not in pending.levels:
            raise Stopped("level-too-low", f"acr {level[:200]!r} is not among those asked for")
        at = pending.moment(id_token.claims.get("auth_time", id_token.claims["iat"]), now)
        return self._authenticated(id_token.claims, claims, level, tokens.id_token, at)

    def _credentials(self, endpoints: OidcEndpoints) -> ClientCredentials:
        return ClientCredentials(
            client_id=self._provider.client_id,
            method=self._provider.token_endpoint_auth_method,
            audience=endpoints.issuer if self.settings.assertion_audience == "issuer" else endpoints.token_endpoint,
            secret=self._provider.client_secret,
            signer=lambda: self._tools.signer("oidc", self.settings.assertion_alg),
        )

    def _fetch(self, request: Outbound) -> Response:
        return self._tools.egress.fetch(request)

    def _opened(self, token: str | bytes, now: int) -> Verified:
        """A token by one of the provider's keys, which may be newer than those we know."""
        alg = self._provider.id_token_signed_response_alg
        try:
            return open_signed(token, self._published.keys(now), alg)
        except JoseRefused:
            newer = self._published.newer_keys(now)
            if newer is None:
                raise
        return open_signed(token, newer, alg)

    def _with_userinfo(
        self, claims: Mapping[str, Any], tokens: Tokens, endpoints: OidcEndpoints, now: int
    ) -> Mapping[str, Any]:
        """The ID token's claims, joined by those of userinfo that it does not hold."""
        lacking = not self.settings.attributes.keys() <= claims.keys()
        wanted = {"always": True, "needed": lacking, "never": False}[self.settings.userinfo]
        if not wanted or endpoints.userinfo_endpoint is None:
            return claims
        response = self._fetch(userinfo_request(endpoints.userinfo_endpoint, tokens.access_token))
        if is_signed_userinfo(response):
            token = self._opened(response.body, now)
            found = signed_userinfo_claims(token, self._provider.issuer, self._provider.client_id, now)
        else:
            found = read_document(response, "userinfo")
        check_userinfo_subject(found, claims["sub"])
        return {**{name: value for name, value in found.items() if name not in PROTOCOL_CLAIMS}, **claims}

    def _authenticated(
        self, id_token: Mapping[str, Any], claims: Mapping[str, Any], level: str, evidence: str, at: int
    ) -> Authenticated:
        issuer, jti = self._provider.issuer, id_token.get("jti")
        key = jti if isinstance(jti, str) else sha256(evidence.encode()).hexdigest()
        authn_provider = _texts(claims.get(AUTHN_PROVIDER))
        asserted = Asserted(
            subject=Subject(issuer, "oidc", id_token["sub"]),
            level=level,
            authenticated_at=at,
            attributes={
                name: texts
                for name, value in claims.items()
                if name not in PROTOCOL_CLAIMS and (texts := _texts(value))
            },
            authn_methods=_texts(id_token.get("amr")),
            authorities=(issuer, *authn_provider),
            evidence={"id_token": evidence},
            dated="auth_time" in id_token,
        )
        return Authenticated(asserted, (Consume("upstream-id-token", f"{issuer} {key}", id_token["exp"] + SKEW),))


@contextmanager
def _stopping() -> Iterator[None]:
    """Every way in which talking to the provider may fail, as what it means to the person."""
    try:
        yield
    except EgressFailed as error:
        raise Stopped("upstream-down", str(error)) from error
    except OidcRefused as error:
        raise Stopped("upstream-down" if error.unavailable else "upstream-error", str(error)) from error
    except (EgressRefused, BadDiscovery, BadKeySet) as error:
        raise Stopped("upstream-error", str(error)) from error
    except OutOfTime as error:
        raise Stopped("upstream-time", error.reason) from error
    except JoseRefused as error:
        raise Stopped("upstream-signature", error.reason) from error


def _reason_of(error: str, pending: Pending) -> str:
    if error in INTERACTION:
        return "passive-impossible" if pending.passive else "upstream-refused"
    return ERRORS.get(error, "upstream-refused")


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), kept.encode())


def _texts(value: Any) -> tuple[str, ...]:
    """The values of a claim as texts; objects have none."""
    match value:
        case bool():
            return ("true" if value else "false",)
        case str() | int():
            return (str(value),)
        case list():
            return tuple(text for each in value if not isinstance(each, list) for text in _texts(each))
        case _:
            return ()
