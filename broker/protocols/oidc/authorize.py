"""The authorization endpoint's reading half: from parameters to a LoginRequest (OpenID Connect Core section 3.1.2).

First the client and its redirect URI are proven; until then every fault is a Refusal, and a page. After that every fault
is an AuthorizeError and travels to that address. The checks are a table; a further one is a function and a row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from broker.exchange import BadRequest, Request
from broker.login.effects import Effects
from broker.login.handles import new_reference
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.login.steps import Answer, Delivery
from broker.protocols.front import Answered
from broker.protocols.oidc import asked, authorization_details, hints, request_object
from broker.protocols.oidc.authorization_details import BadDetails
from broker.protocols.oidc.errors import AuthorizeError
from broker.protocols.oidc.parameters import MOST_SCOPES, ClaimRequest, ClaimsParameter, Parameters, read_claims
from idp_adapters.base import Consume
from metadata.register import (
    OidcClient,
    ReturnAddress,
    Service,
    UnknownService,
    UnprovenAddress,
    redirect_address,
)
from trust_framework.decide import Wanted
from trust_framework.members import Profile, RelyingParty
from trust_framework.patient_context import TYPE, ContextWish
from trust_framework.reasons import REASONS, Refusal

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
# Parameters that are kept or sent on as the text they are; the others are compared with words that we know
TEXTS = ("state", "nonce", "scope", "login_hint", "ui_locales", "acr_values")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Client:
    """The proven sender of a request: its technical entry and its terms."""

    service: Service
    oidc: OidcClient
    party: RelyingParty


def read(request: Request, now: int, on: Services) -> tuple[LoginRequest, Effects]:
    """Prove, check, and make the LoginRequest, with what it uses up. Raises Refusal (a page) or Answered (an error at the
    proven address).
    """
    sent = _parameters(request)
    client = _client(sent, on)
    try:
        parameters, used = request_object.opened(sent, client.oidc, now, on)
    except AuthorizeError as error:
        raise _answered(error, _address(sent, client.service), sent, on) from error
    address = _address(parameters, client.service)
    try:
        for check in CHECKS:
            check(parameters, client)
        login = _login_request(parameters, client, address, now, on)
        return _proved(login, used), Effects(used)
    except AuthorizeError as error:
        raise _answered(error, address, parameters, on) from error


def _proved(login: LoginRequest, used: tuple[Consume, ...]) -> LoginRequest:
    """The request with the key that signed its object, for the log."""
    return replace(login, front={**login.front, "proved_by": used[0].proved_by}) if used else login


def _answered(error: AuthorizeError, address: ReturnAddress, parameters: Parameters, on: Services) -> Answered:
    reference = new_reference()
    description = f"{error.description} (ref {reference})"
    answer = refusal(address, error.code, description, parameters.state(), on)
    return Answered(answer, REASONS["request-malformed"], reference)


def _parameters(request: Request) -> Parameters:
    try:
        if request.method == "POST":
            return Parameters.of(request.form(), posted=True)
        return Parameters.of(request.parameters())
    except BadRequest as error:
        raise Refusal(REASONS["request-malformed"], str(error)) from error


def _client(parameters: Parameters, on: Services) -> Client:
    federation = on.federation()
    try:
        service = federation.register.by_client_id(parameters.get("client_id"))
    except UnknownService as error:
        raise Refusal(REASONS["request-unknown-service"], "client_id") from error
    if service.oidc is None:
        raise Refusal(REASONS["request-unknown-service"], "client_id")
    return Client(service, service.oidc, federation.parties[service.id])


def _address(parameters: Parameters, service: Service) -> ReturnAddress:
    try:
        return redirect_address(service, parameters.get("redirect_uri"))
    except UnprovenAddress as error:
        raise Refusal(REASONS["request-address"], "redirect_uri", {"service_id": service.id}) from error


# --- the checks, each with its section ------------------------------------------------------------------------------


def once_each(parameters: Parameters, client: Client) -> None:  # noqa: ARG001  # all checks have one shape
    """RFC 6749 section 3.1."""
    if parameters.repeated:
        raise AuthorizeError("invalid_request", "a parameter is repeated")


def bounded(parameters: Parameters, client: Client) -> None:  # noqa: ARG001
    """Lengths that no honest request needs to exceed, and text without control characters."""
    if any(parameters.too_long(name) for name in parameters.values):
        raise AuthorizeError("invalid_request", "a parameter is too long")
    if any(_CONTROL.search(parameters.get(name)) for name in TEXTS):
        raise AuthorizeError("invalid_request", "a parameter holds control characters")
    if len(parameters.words("scope")) > MOST_SCOPES:
        raise AuthorizeError("invalid_scope", "too many scope values")


def no_request_object(parameters: Parameters, client: Client) -> None:  # noqa: ARG001
    """OpenID Connect Core section 3.1.2.6: what is not supported is said, not ignored. An object that was opened is gone."""
    for name in ("request", "request_uri", "registration"):
        if parameters.get(name):
            raise AuthorizeError(f"{name}_not_supported", f"{name} is not supported")


def signed_if_registered_so(parameters: Parameters, client: Client) -> None:
    """RFC 9101 section 10.5: a client that is registered to sign its requests always does."""
    if client.oidc.require_signed_request_object and not parameters.signed:
        raise AuthorizeError("invalid_request", "the client must send a request object")


def code_only(parameters: Parameters, client: Client) -> None:
    """RFC 6749 section 4.1.1; implicit and hybrid answers are absent (RFC 9700 section 2.1.2)."""
    response_type = parameters.get("response_type")
    if not response_type:
        raise AuthorizeError("invalid_request", "response_type is missing")
    if response_type != "code":
        raise AuthorizeError("unsupported_response_type", "only response_type=code is supported")
    if parameters.get("response_mode") not in {"", "query"}:
        raise AuthorizeError("invalid_request", "only response_mode=query is supported")
    if "authorization_code" not in client.oidc.grant_types:
        raise AuthorizeError("unauthorized_client", "the client is not registered for authorization_code")


def openid_scope(parameters: Parameters, client: Client) -> None:
    """OpenID Connect Core section 3.1.2.1."""
    if "openid" not in parameters.words("scope") or "openid" not in client.oidc.scope:
        raise AuthorizeError("invalid_scope", "scope must contain openid")


def pkce(parameters: Parameters, client: Client) -> None:  # noqa: ARG001
    """RFC 7636 section 4.3 with S256, from every client (RFC 9700 section 2.1.1)."""
    if not parameters.get("code_challenge"):
        raise AuthorizeError("invalid_request", "code_challenge is missing")
    if parameters.get("code_challenge_method") != "S256":
        raise AuthorizeError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(parameters.get("code_challenge")):
        raise AuthorizeError("invalid_request", "code_challenge is malformed")


def prompt(parameters: Parameters, client: Client) -> None:  # noqa: ARG001
    """OpenID Connect Core section 3.1.2.1: known values, and none alone."""
    words = parameters.words("prompt")
    if not PROMPTS.issuperset(words):
        raise AuthorizeError("invalid_request", "unknown prompt value")
    if "none" in words and len(words) > 1:
        raise AuthorizeError("invalid_request", "prompt=none excludes other values")


def max_age(parameters: Parameters, client: Client) -> None:  # noqa: ARG001
    """OpenID Connect Core section 3.1.2.1: a number of seconds."""
    text = parameters.get("max_age")
    if text and not _SECONDS.fullmatch(text):
        raise AuthorizeError("invalid_request", "max_age is not a number of seconds")


Check = Callable[[Parameters, Client], None]
CHECKS: Sequence[Check] = (
    once_each,
    bounded,
    no_request_object,
    signed_if_registered_so,
    code_only,
    openid_scope,
    pkce,
    prompt,
    max_age,
)


# --- what is left is a request that may be served -------------------------------------------------------------------


def _login_request(
    parameters: Parameters, client: Client, address: ReturnAddress, now: int, on: Services
) -> LoginRequest:
    claims = read_claims(parameters.get("claims"))
    context = _patient_context(parameters, client)
    wishes = asked.wishes(parameters.words("scope"), claims, client.oidc, on.federation().register)
    prompts = parameters.words("prompt")
    age = parameters.get("max_age")
    return LoginRequest(
        service=client.service.id,
        protocol="oidc",
        wanted=Wanted(
            levels=asked.levels(parameters.words("acr_values"), claims, client.oidc, client.party),
            requested=wishes.requested,
            asked_at=now,
            force=_force(prompts, client),
            passive="none" in prompts,
            max_age=int(age) if age else client.oidc.default_max_age,
            acting_in=context.commissions() if context else None,
        ),
        return_url=address.url,
        hint=parameters.get("login_hint") or None,
        languages=parameters.words("ui_locales"),
        front={
            "state": parameters.state(),
            "nonce": parameters.get("nonce") or None,
            "challenge": parameters.get("code_challenge"),
            "scope": wishes.scope,
            "id_token": wishes.id_token,
            "userinfo": wishes.userinfo,
            "expected": _expected(parameters.get("id_token_hint"), claims, client.oidc, on),
            **({"context": authorization_details.element(context)} if context else {}),
        },
    )


def _patient_context(parameters: Parameters, client: Client) -> ContextWish | None:
    """RFC 9396 section 5. A patient's number does not belong in an address, where histories and logs would keep it
    (section 14), so the details come by POST.
    """
    text = parameters.get(authorization_details.PARAMETER)
    if text and not parameters.posted:
        raise AuthorizeError(BadDetails.code, "authorization_details are about a patient: send them by POST")
    try:
        wish = authorization_details.read(text)
    except BadDetails as error:
        raise AuthorizeError(error.code, str(error)) from error
    if wish and TYPE not in client.oidc.authorization_details_types:
        raise AuthorizeError(BadDetails.code, "the client is not registered for the type")
    return wish


def _expected(hint: str, claims: ClaimsParameter, client: OidcClient, on: Services) -> list[list[str]]:
    """Whom the client expects: each list must hold the person's `sub` (OpenID Connect Core sections 3.1.2.2, 5.5.1)."""
    named = [list(where.get("sub", ClaimRequest()).values) for where in (claims.id_token, claims.userinfo)]
    return [each for each in (hints.subject_hint(hint, client, on), *named) if each]


def _force(prompts: tuple[str, ...], client: Client) -> bool:
    """Sweden Connect reads a missing prompt as login (its OpenID Connect profile, section on sessions)."""
    if not prompts and client.party.profile is Profile.SWEDEN_CONNECT:
        return True
    return "login" in prompts or "select_account" in prompts


def refusal(address: ReturnAddress, code: str, description: str, state: str | None, on: Services) -> Answer:
    """An error response (RFC 6749 section 4.1.2.1) with `iss` (RFC 9207 section 2)."""
    fields: dict[str, Any] = {"error": code, "error_description": description}
    return Answer(Delivery(address, with_query(address.url, {**fields, **_common(state, on)})))


def success(address: ReturnAddress, code: str, state: str | None, on: Services) -> Delivery:
    """A code on its way (RFC 6749 section 4.1.2)."""
    return Delivery(address, with_query(address.url, {"code": code, **_common(state, on)}))


def _common(state: str | None, on: Services) -> dict[str, str]:
    return {**({"state": state} if state is not None else {}), "iss": on.settings.base_url}


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """The URL with parameters added to its query; every octet of it is kept as registered (RFC 6749 section 3.1.2)."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"
