"""Simulator of an upstream OpenID Provider: discovery, authorization code with PKCE, token, JWKS and userinfo.

Owns the provider's side of the protocol, as strict as a good one, and its misbehaviour on command (`/control`, see
`upstream.Fault`). A person chooses who they are on a page; with a `login_hint` or a default person no page is shown.
"""

import hmac
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

from idp_adapters.simulators.upstream import Answer, Call, Fault, Kept, Person, UpstreamSimulator, choice_page, refused
from metadata.wire.jose import (
    JoseRefused,
    PublicKeySet,
    at_hash,
    check_audience,
    check_issuer,
    check_times,
    issue,
    public_jwk,
    verify,
)
from metadata.wire.signing import Signer
from metadata.wire.strict_json import BadJson, read_object

LIFETIME: Final = 300
_ASSERTION_ALGORITHMS: Final = ("ES256", "RS256", "PS256", "Ed25519")


@dataclass(frozen=True, slots=True)
class Client:
    """A relying party of the simulator. `keys` are asked at each use, since it may rotate them."""

    client_id: str
    redirect_uris: tuple[str, ...]
    secret: str | None = field(default=None, repr=False)
    keys: Callable[[], PublicKeySet] | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    client: Client
    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    acr_values: tuple[str, ...]
    scope: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class _Grant:
    request: _Request
    person: Person
    level: str
    auth_time: int
    fault: Fault


class _OAuthError(Exception):
    def __init__(self, code: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code)
        self.code, self.status = code, status


class OpenIdProvider(UpstreamSimulator):
    """The simulator as a WSGI application. `levels` are its acr values, the highest first; `clock` gives epoch seconds.

    `userinfo_claims` names the claims that are given by userinfo only; `stranger` signs when the key is to be wrong.
    """

    def __init__(
        self,
        issuer: str,
        clients: Iterable[Client],
        persons: Iterable[Person],
        *,
        signer: Signer,
        stranger: Signer,
        levels: Sequence[str],
        default_person: str | None = None,
        userinfo_claims: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(persons, default_person)
        self.issuer, self.levels = issuer, tuple(levels)
        self.signer, self.stranger = signer, stranger
        self.clients = {client.client_id: client for client in clients}
        self.iss_in_response = True
        self._userinfo_claims = frozenset(userinfo_claims)
        self._clock = clock
        self._logins: Kept[_Request] = Kept()
        self._codes: Kept[_Grant] = Kept()
        self._tokens: Kept[_Grant] = Kept()
        self._last_id_token: str | None = None
        self.routes = {
            ("GET", "/.well-known/openid-configuration"): self._discovery,
            ("GET", "/jwks"): self._jwks,
            ("GET", "/authorize"): self._authorize,
            ("POST", "/authorize"): self._authorize,
            ("POST", "/choose"): self._chosen,
            ("POST", "/token"): self._token,
            ("GET", "/userinfo"): self._userinfo,
        }

    def _discovery(self, _call: Call) -> Answer:
        return Answer.json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [self.signer.alg],
                "acr_values_supported": list(self.levels),
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                    "private_key_jwt",
                ],
                "token_endpoint_auth_signing_alg_values_supported": list(_ASSERTION_ALGORITHMS),
                "authorization_response_iss_parameter_supported": self.iss_in_response,
                "claims_parameter_supported": True,
            }
        )

    def _jwks(self, _call: Call) -> Answer:
        return Answer.json({"keys": [public_jwk(self.signer)]})

    def _authorize(self, call: Call) -> Answer:
        asked = call.parameters
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or asked.get("redirect_uri") not in client.redirect_uris:
            return refused("unknown client or redirect_uri")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return self._back_with(asked["redirect_uri"], asked.get("state", ""), error="invalid_request")
        request = _Request(
            client=client,
            redirect_uri=asked["redirect_uri"],
            state=asked.get("state", ""),
            nonce=asked.get("nonce", ""),
            challenge=asked.get("code_challenge", ""),
            acr_values=_acr_values(asked),
            scope=tuple(asked.get("scope", "").split()),
            language=asked.get("ui_locales", "sv"),
        )
        person = self.persons.get(asked.get("login_hint", "")) or self.persons.get(self.script.person or "")
        if person is not None:
            return self._granted(request, person, self.script.level or self._level(request))
        if asked.get("prompt") == "none":
            return self._back_with(request.redirect_uri, request.state, error="login_required")
        return self._choice(request)

    def _choice(self, request: _Request) -> Answer:
        login = secrets.token_urlsafe(16)
        self._logins.put(login, request)
        levels = dict.fromkeys((self._level(request), *self.levels))
        return choice_page(
            "OpenID Provider", request.language, request.client.client_id, login, self.persons.values(),
            tuple(levels), "/choose",
        )  # fmt: skip

    def _level(self, request: _Request) -> str:
        """The first level asked for that we have, else our highest."""
        return next((level for level in request.acr_values if level in self.levels), self.levels[0])

    def _chosen(self, call: Call) -> Answer:
        form = call.form
        request = self._logins.take(form.get("login", ""))
        if request is None:
            return refused("the login is over")
        if "cancel" in form:
            return self._back_with(request.redirect_uri, request.state, error="access_denied")
        person, level = self.persons.get(form.get("person", "")), form.get("level", "")
        if person is None or level not in self.levels:
            return self._choice(request)
        return self._granted(request, person, level)

    def _granted(self, request: _Request, person: Person, level: str) -> Answer:
        fault = self.script.take()
        if fault in {Fault.ERROR, Fault.CANCEL}:
            error = "access_denied" if fault is Fault.CANCEL else "server_error"
            return self._back_with(request.redirect_uri, request.state, error=error)
        given = self.levels[-1] if fault is Fault.LOWER_LEVEL else level
        code = secrets.token_urlsafe(24)
        self._codes.put(code, _Grant(request, person, given, int(self._clock()), fault))
        return self._back_with(request.redirect_uri, request.state, fault, code=code)

    def _back_with(self, redirect_uri: str, state: str, fault: Fault = Fault.NONE, **answer: str) -> Answer:
        """The authorization response, which names its issuer (RFC 9207)."""
        if state:
            answer["state"] = state
        if self.iss_in_response:
            answer["iss"] = self._issuer(fault)
        return Answer.redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}")

    def _issuer(self, fault: Fault) -> str:
        return f"{self.issuer}/other" if fault is Fault.WRONG_ISSUER else self.issuer

    def _token(self, call: Call) -> Answer:
        try:
            grant = self._redeemed(call)
        except _OAuthError as error:
            return Answer.json({"error": error.code}, error.status)
        self.pause_if(grant.fault)
        access_token = secrets.token_urlsafe(24)
        self._tokens.put(access_token, grant)
        answer = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "id_token": self._id_token(grant, access_token),
        }
        return Answer.json(answer, HTTPStatus.OK, ("Pragma", "no-cache"))

    def _redeemed(self, call: Call) -> _Grant:
        """The grant of the code, once, to its own client (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""
        form = call.form
        client = self._authenticated(call, form)
        grant = self._codes.take(form.get("code", ""))
        if form.get("grant_type") != "authorization_code":
            raise _OAuthError("unsupported_grant_type")
        if grant is None or grant.request.client is not client or self._clock() > grant.auth_time + LIFETIME:
            raise _OAuthError("invalid_grant")
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if form.get("redirect_uri") != grant.request.redirect_uri or challenge != grant.request.challenge:
            raise _OAuthError("invalid_grant")
        return grant

    def _authenticated(self, call: Call, form: Mapping[str, str]) -> Client:
        """By secret (basic or post) or by assertion, whichever the client has."""
        client_id, secret = form.get("client_id", ""), form.get("client_secret")
        if call.authorization.startswith("Basic "):
            client_id, secret = _basic(call.authorization)
        client = self.clients.get(client_id)
        if client is None:
            raise _OAuthError("invalid_client", HTTPStatus.UNAUTHORIZED)
        if client.secret is not None:
            proven = secret is not None and hmac.compare_digest(secret.encode(), client.secret.encode())
        else:
            proven = client.keys is not None and self._asserted(client_id, client.keys(), form)
        if not proven:
            raise _OAuthError("invalid_client", HTTPStatus.UNAUTHORIZED)
        return client

    def _asserted(self, client_id: str, keys: PublicKeySet, form: Mapping[str, str]) -> bool:
        """RFC 7523 section 3."""
        try:
            assertion = verify(
                form.get("client_assertion", ""), keys, algorithms=_ASSERTION_ALGORITHMS, typ=(None, "JWT")
            )
            check_times(assertion.claims, int(self._clock()))
            check_issuer(assertion.claims, client_id)
            check_audience(assertion.claims, (self.issuer, f"{self.issuer}/token"), single=True)
        except JoseRefused:
            return False
        return bool(assertion.claims.get("sub") == client_id)

    def _id_token(self, grant: _Grant, access_token: str) -> str:
        if grant.fault is Fault.REPLAY and self._last_id_token is not None:
            return self._last_id_token
        token = issue(
            self._id_claims(grant, access_token), self.stranger if grant.fault is Fault.WRONG_KEY else self.signer
        )
        if grant.fault is Fault.UNSIGNED:
            header = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            token = f"{header}.{token.split('.')[1]}."
        self._last_id_token = token
        return token

    def _id_claims(self, grant: _Grant, access_token: str) -> dict[str, Any]:
        now = int(self._clock()) - (3600 if grant.fault is Fault.OLD else 0)
        return {
            "iss": self._issuer(grant.fault),
            "sub": grant.person.id,
            "aud": "another" if grant.fault is Fault.OTHER_AUDIENCE else grant.request.client.client_id,
            "iat": now,
            "exp": now + LIFETIME,
            "auth_time": now,
            "nonce": "of-another-login" if grant.fault is Fault.REPLAY else grant.request.nonce,
            "acr": grant.level,
            "amr": ["sim"],
            "jti": secrets.token_urlsafe(16),
            "at_hash": at_hash(access_token, self.signer.alg),
            **self._claims(grant.person, from_userinfo=False),
        }

    def _claims(self, person: Person, *, from_userinfo: bool) -> dict[str, Any]:
        return {
            name: values[0] if len(values) == 1 else list(values)
            for name, values in person.attributes.items()
            if (name in self._userinfo_claims) == from_userinfo
        }

    def _userinfo(self, call: Call) -> Answer:
        grant = self._tokens.look(call.authorization.removeprefix("Bearer "))
        if grant is None:
            return Answer.json({"error": "invalid_token"}, HTTPStatus.UNAUTHORIZED)
        return Answer.json({"sub": grant.person.id, **self._claims(grant.person, from_userinfo=True)})


def _acr_values(asked: Mapping[str, str]) -> tuple[str, ...]:
    """From `acr_values`, else from an essential claim (Core section 5.5.1.1)."""
    if "acr_values" in asked:
        return tuple(asked["acr_values"].split())
    try:
        acr = read_object(asked.get("claims", "{}").encode())["id_token"]["acr"]
        return tuple(map(str, acr.get("values", [acr.get("value", "")])))
    except (BadJson, KeyError, TypeError, AttributeError):
        return ()


def _basic(authorization: str) -> tuple[str, str]:
    """RFC 6749 section 2.3.1."""
    try:
        client_id, _, secret = b64decode(authorization.removeprefix("Basic "), validate=True).decode().partition(":")
    except ValueError as error:
        raise _OAuthError("invalid_client", HTTPStatus.UNAUTHORIZED) from error
    return unquote_plus(client_id), unquote_plus(secret)
