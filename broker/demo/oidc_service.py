"""The sample OpenID Connect services: clients of one supplier, each with a way of its own to prove who it is.

Owns the services' own state: who is logged in where, and their tokens, which never reach the browser. The protocol is
Authlib's client: discovery, state, nonce, PKCE, client authentication and the check of the ID token. What it leaves to its
user is here: the `iss` of an answer (RFC 9207), and that userinfo is of the same person (OpenID Connect Core 5.3.2).
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from authlib.integrations.flask_client import OAuth, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, abort, current_app, g, redirect, render_template, request, session, url_for

from broker.demo import keys
from broker.demo.federation import CLIENTS, Client
from broker.demo.places import Places
from broker.demo.record_viewer import Viewer
from broker.demo.sample import LoggedIn, Remembered, failed, sample_app, who_asks
from metadata.wire.jose import issue

TIMEOUT: Final = 10
OK: Final = 200
PROTOCOL_CLAIMS: Final = frozenset({"iss", "aud", "exp", "iat", "nonce", "at_hash", "sid", "sub", "acr"})


@dataclass(frozen=True, slots=True)
class Site:
    """The services' pages, one method each."""

    places: Places
    relying_parties: Any
    people: Remembered[LoggedIn] = field(default_factory=Remembered)

    def start(self) -> str:
        """`/`: which services there are."""
        return render_template("oidc_start.html", clients=CLIENTS.values(), broker=self.places.broker)

    def service(self, name: str) -> str:
        """`/NAME`: who is logged in, and what can be done."""
        return self._page(name, told=request.args.get("told", ""))

    def _page(self, name: str, told: str = "", results: str = "") -> str:
        told = told if told in {"logged-out", "revoked"} else ""
        who = self.people.get(_key(name))
        return render_template("oidc.html", client=_client(name), who=who, told=told, results=results)

    def login(self, name: str) -> Any:
        """Ask the broker: OpenID Connect Core section 3.1.2.1."""
        client = _client(name)
        passed = {
            parameter: request.args[parameter] for parameter in ("prompt", "max_age") if parameter in request.args
        }
        if level := request.args.get("level"):
            passed["acr_values"] = level
        return self._party(name).authorize_redirect(client.callback(self.places), ui_locales=g.language, **passed)

    def callback(self, name: str) -> Any:
        """The broker's answer."""
        if request.args.get("iss") != _client(name).issuer(self.places):
            return failed("not-accepted", reason="an answer of another issuer")
        try:
            token = self._party(name).authorize_access_token()
            claims = _with_userinfo(self._party(name), token, dict(token["userinfo"]))
        except OAuthError as error:
            return failed("refused", status=403, error=error.error, error_description=error.description)
        except Exception as error:  # whatever is wrong with an answer, nobody is logged in by it
            current_app.logger.warning("answer refused", exc_info=error)
            return failed("not-accepted", reason=type(error).__name__)
        session["id"] = secrets.token_urlsafe(24)
        self.people.put(_key(name), _shown(token, claims))
        return redirect(url_for("service", name=name), 303)

    def refresh(self, name: str) -> Any:
        """New tokens for the refresh token."""

        def act(party: Any, who: LoggedIn) -> Any:
            old = who.secret["token"]
            token = party.fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
            self.people.put(_key(name), _shown({**old, **token}, who.secret["claims"]))
            return redirect(url_for("service", name=name), 303)

        return self._with_person(name, act)

    def userinfo(self, name: str) -> Any:
        """What userinfo says now."""

        def act(party: Any, who: LoggedIn) -> Any:
            answer = party.get(f"{_client(name).issuer(self.places)}/oidc/userinfo", token=who.secret["token"])
            return self._page(name, results=f"{answer.status_code}\n{answer.text}")

        return self._with_person(name, act)

    def call_api(self, name: str) -> Any:
        """Fetch results from the API with the person's token."""

        def act(party: Any, who: LoggedIn) -> Any:
            answer = party.get(f"{self.places.api}/results", token=who.secret["token"])
            if answer.status_code != OK:
                return failed("api-failed", status=502, status_code=str(answer.status_code), body=answer.text[:500])
            return self._page(name, results=answer.text)

        return self._with_person(name, act)

    def revoke(self, name: str) -> Any:
        """End the tokens at the broker (RFC 7009), and stay logged in here."""

        def act(party: Any, who: LoggedIn) -> Any:
            with party._get_oauth_client() as oauth:  # noqa: SLF001  # Authlib gives no other way to revoke
                token = who.secret["token"]["access_token"]
                answer = oauth.revoke_token(f"{_client(name).issuer(self.places)}/oidc/revoke", token=token)
            answer.raise_for_status()
            return redirect(url_for("service", name=name, told="revoked"), 303)

        return self._with_person(name, act)

    def log_out(self, name: str) -> Any:
        """RP-Initiated Logout: forget the person here, and go to the broker."""
        client, who = _client(name), self.people.take(_key(name))
        session["id"] = secrets.token_urlsafe(24)
        if who is None:
            return redirect(url_for("service", name=name), 303)
        hint = who.secret["token"]["id_token"]
        return self._party(name).logout_redirect(client.logged_out(self.places), id_token_hint=hint)

    def logged_out(self, name: str) -> Any:
        """Back from the broker."""
        _client(name)
        try:
            self._party(name).validate_logout_response()
        except OAuthError:
            return failed("not-here")
        return redirect(url_for("service", name=name, told="logged-out"), 303)

    def _party(self, name: str) -> Any:
        return getattr(self.relying_parties, name)

    def _with_person(self, name: str, act: Callable[[Any, LoggedIn], Any]) -> Any:
        """Do something with the tokens of who is logged in; a refusal of the broker gets its page."""
        _client(name)
        who = self.people.get(_key(name))
        if who is None:
            return redirect(url_for("service", name=name), 303)
        try:
            return act(self._party(name), who)
        except OAuthError as error:
            return failed("refused", status=403, error=error.error, error_description=error.description)


def make_app(places: Places) -> Flask:
    """The services as one WSGI application."""
    app = sample_app("oidc", places)
    site = Site(places, _relying_parties(app, places))
    for rule, view in (("/", site.start), ("/<name>", site.service), ("/<name>/login", site.login)):
        app.add_url_rule(rule, view_func=view)
    viewer = Viewer(places, site.relying_parties.record, site.people)
    app.add_url_rule("/record", view_func=viewer.page)
    app.add_url_rule("/record/login", "record_login", viewer.login)
    app.add_url_rule("/<name>/callback", view_func=site.callback)
    app.add_url_rule("/<name>/logged-out", view_func=site.logged_out)
    for action, view in (
        ("refresh", site.refresh), ("userinfo", site.userinfo), ("api", site.call_api), ("revoke", site.revoke),
        ("logout", site.log_out),
    ):  # fmt: skip
        app.add_url_rule(f"/<name>/{action}", view_func=view, methods=["POST"])
    return app


def _relying_parties(app: Flask, places: Places) -> Any:
    registry = OAuth(app)
    for client in CLIENTS.values():
        registry.register(
            client.name,
            client_id=client.client_id,
            client_secret=_secret(client, places),
            server_metadata_url=f"{client.issuer(places)}/.well-known/openid-configuration",
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


def _with_userinfo(relying_party: Any, token: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    userinfo = dict(relying_party.userinfo(token=token))
    if userinfo.get("sub") != claims["sub"]:
        raise ValueError("userinfo of another person")
    return userinfo | claims
