"""The sample OpenID Connect services: four clients of one supplier, each with a way of its own to prove who it is.

Owns the services' own state: who is logged in where, and their tokens, which never reach the browser. The protocol is
Authlib's client: discovery, state, nonce, PKCE, client authentication and the check of the ID token. What it leaves to its
user is here: the `iss` of an answer (RFC 9207), and that userinfo is of the same person (OpenID Connect Core 5.3.2).
"""

import json
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from authlib.integrations.flask_client import OAuth, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, abort, g, redirect, render_template, request, session, url_for

from broker.demo import keys
from broker.demo.federation import CLIENTS, Client
from broker.demo.places import Places
from broker.demo.sample import LoggedIn, Remembered, failed, sample_app, who_asks
from metadata.wire.jose import issue

TIMEOUT: Final = 10
PROTOCOL_CLAIMS: Final = frozenset({"iss", "aud", "exp", "iat", "nonce", "at_hash", "sid", "sub", "acr"})

People = Remembered[LoggedIn]


def make_app(places: Places) -> Flask:
    """The services as one WSGI application."""
    app, people = sample_app("oidc", places), People()
    relying_parties = _relying_parties(app, places)
    _pages(app, people)
    _login(app, people, relying_parties, places)
    _tokens(app, people, relying_parties, places)
    _logout(app, people, relying_parties, places)
    return app


def _relying_parties(app: Flask, places: Places) -> Any:
    registry = OAuth(app)
    for client in CLIENTS.values():
        registry.register(
            client.name,
            client_id=client.client_id,
            client_secret=_secret(client, places),
            server_metadata_url=f"{places.broker}/.well-known/openid-configuration",
            client_auth_methods=[_ShortAssertion(places)],
            client_kwargs={
                "scope": client.scope,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": client.method,
                "verify": str(places.ca),
                "default_timeout": TIMEOUT,
            },
        )
    return registry


def _secret(client: Client, places: Places) -> str | None:
    return keys.secret(places, client.name) if client.method == "client_secret_basic" else None


class _ShortAssertion(PrivateKeyJWT):  # type: ignore[misc]  # Authlib has no types
    """An assertion for the issuer alone that lives a minute (RFC 7523 section 3). Authlib's own lives an hour, which the
    broker refuses.
    """

    def __init__(self, places: Places) -> None:
        super().__init__()
        self._signer, self._issuer = keys.signer(places, "oidc-service"), places.broker

    def sign(self, auth: Any, token_endpoint: str) -> str:  # noqa: ARG002  # the audience is the issuer
        """As Authlib calls it."""
        now = int(time.time())
        who = {"iss": auth.client_id, "sub": auth.client_id, "aud": self._issuer}
        return issue({**who, "iat": now, "exp": now + 60, "jti": secrets.token_urlsafe(16)}, self._signer)


def _client(name: str) -> Client:
    return CLIENTS.get(name) or abort(404)


def _key(name: str) -> str:
    """Under which this browser's person is kept at a service."""
    return f"{who_asks()}.{name}"


def _shown(token: dict[str, Any], claims: dict[str, Any]) -> LoggedIn:
    """The person as the page shows them, from the ID token and userinfo."""
    details = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in claims.items()
        if name not in PROTOCOL_CLAIMS
    }
    details["tokens"] = ", ".join(sorted(name for name in token if name.endswith("_token")))
    raw = {"ID token": json.dumps(claims, indent=2, ensure_ascii=False)}
    return LoggedIn(str(claims["sub"]), str(claims.get("acr", "")), details, raw, {"token": token, "claims": claims})


def _pages(app: Flask, people: People) -> None:
    @app.get("/")
    def start() -> str:
        return render_template("oidc_start.html", clients=CLIENTS.values())

    @app.get("/<name>")
    def service(name: str) -> str:
        return _page(name, people, told=request.args.get("told", ""))


def _page(name: str, people: People, told: str = "", results: str = "") -> str:
    told = told if told in {"logged-out", "revoked"} else ""
    return render_template("oidc.html", client=_client(name), who=people.get(_key(name)), told=told, results=results)


def _login(app: Flask, people: People, relying_parties: Any, places: Places) -> None:
    @app.get("/<name>/login")
    def login(name: str) -> Any:
        client = _client(name)
        passed = {
            parameter: request.args[parameter] for parameter in ("prompt", "max_age") if parameter in request.args
        }
        if level := request.args.get("level"):
            passed["acr_values"] = level
        relying_party = getattr(relying_parties, name)
        return relying_party.authorize_redirect(client.callback(places), ui_locales=g.language, **passed)

    @app.get("/<name>/callback")
    def callback(name: str) -> Any:
        _client(name)
        relying_party = getattr(relying_parties, name)
        if request.args.get("iss") != places.broker:
            return failed("not-accepted", reason="an answer of another issuer")
        try:
            token = relying_party.authorize_access_token()
            claims = _with_userinfo(relying_party, token, dict(token["userinfo"]))
        except OAuthError as error:
            return failed("refused", status=403, error=error.error, error_description=error.description)
        except Exception as error:  # whatever is wrong with an answer, nobody is logged in by it
            app.logger.warning("answer refused", exc_info=error)
            return failed("not-accepted", reason=type(error).__name__)
        people.put(_key(name), _shown(token, claims))
        return redirect(url_for("service", name=name), 303)


def _with_userinfo(relying_party: Any, token: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    userinfo = dict(relying_party.userinfo(token=token))
    if userinfo.get("sub") != claims["sub"]:
        raise ValueError("userinfo of another person")
    return userinfo | claims


def _tokens(app: Flask, people: People, relying_parties: Any, places: Places) -> None:
    def with_person(name: str, act: Callable[[Any, LoggedIn], Any]) -> Any:
        _client(name)
        who = people.get(_key(name))
        if who is None:
            return redirect(url_for("service", name=name), 303)
        try:
            return act(getattr(relying_parties, name), who)
        except OAuthError as error:
            return failed("refused", status=403, error=error.error, error_description=error.description)

    @app.post("/<name>/refresh")
    def refresh(name: str) -> Any:
        def act(relying_party: Any, who: LoggedIn) -> Any:
            old = who.secret["token"]
            token = relying_party.fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
            people.put(_key(name), _shown({**old, **token}, who.secret["claims"]))
            return redirect(url_for("service", name=name), 303)

        return with_person(name, act)

    @app.post("/<name>/userinfo")
    def userinfo(name: str) -> Any:
        def act(relying_party: Any, who: LoggedIn) -> Any:
            answer = relying_party.get(f"{places.broker}/oidc/userinfo", token=who.secret["token"])
            return _page(name, people, results=f"{answer.status_code}\n{answer.text}")

        return with_person(name, act)

    @app.post("/<name>/api")
    def call_api(name: str) -> Any:
        def act(relying_party: Any, who: LoggedIn) -> Any:
            answer = relying_party.get(f"{places.api}/results", token=who.secret["token"])
            if answer.status_code != 200:  # noqa: PLR2004
                return failed("api-failed", status=502, status_code=str(answer.status_code), body=answer.text[:500])
            return _page(name, people, results=answer.text)

        return with_person(name, act)

    @app.post("/<name>/revoke")
    def revoke(name: str) -> Any:
        def act(relying_party: Any, who: LoggedIn) -> Any:
            with relying_party._get_oauth_client() as oauth:  # noqa: SLF001  # Authlib gives no other way to revoke
                token = who.secret["token"]
                answer = oauth.revoke_token(f"{places.broker}/oidc/revoke", token=token["access_token"])
            answer.raise_for_status()
            return redirect(url_for("service", name=name, told="revoked"), 303)

        return with_person(name, act)


def _logout(app: Flask, people: People, relying_parties: Any, places: Places) -> None:
    @app.post("/<name>/logout")
    def log_out(name: str) -> Any:
        client, who = _client(name), people.take(_key(name))
        session["id"] = secrets.token_urlsafe(24)
        if who is None:
            return redirect(url_for("service", name=name), 303)
        return getattr(relying_parties, name).logout_redirect(
            client.logged_out(places), id_token_hint=who.secret["token"]["id_token"]
        )

    @app.get("/<name>/logged-out")
    def logged_out(name: str) -> Any:
        _client(name)
        try:
            getattr(relying_parties, name).validate_logout_response()
        except OAuthError:
            return failed("not-here")
        return redirect(url_for("service", name=name, told="logged-out"), 303)
