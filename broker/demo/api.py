"""The sample API: a resource server that asks the broker what a token is worth (RFC 7662), and then answers.

Owns the guard of its one resource (RFC 6750). A token must be alive and meant for this API by name.
"""

from typing import Any, Final

from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, Response, jsonify, request

from broker.demo import keys
from broker.demo.federation import API
from broker.demo.places import Places

TIMEOUT: Final = 10
OK: Final = 200
RESULTS: Final = [
    {"test": "B-Hemoglobin", "value": "142", "unit": "g/L"},
    {"test": "P-Glukos", "value": "5,1", "unit": "mmol/L"},
]


def make_app(places: Places) -> Flask:
    """The API as a WSGI application."""
    app = Flask("broker.demo.api", static_folder=None)

    @app.get("/")
    def about() -> Any:
        return jsonify({"name": "Test results (sample API)", "resource": f"{places.api}/results", "scope": API})

    @app.get("/results")
    def results() -> Any:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return _refused(401, "")
        known = _introspected(places, token)
        if known is None:
            return Response(status=503)
        if not known.get("active") or API not in _audience(known):
            return _refused(401, "invalid_token")
        if API not in str(known.get("scope", "")).split():
            return _refused(403, "insufficient_scope")
        return jsonify({"subject": known["sub"], "acr": known.get("acr"), "results": RESULTS})

    return app


def _introspected(places: Places, token: str) -> dict[str, Any] | None:
    """What the broker says of the token; None when it says nothing useful."""
    with OAuth2Session(
        API, keys.secret(places, "api"), token_endpoint_auth_method="client_secret_basic",
        revocation_endpoint_auth_method="client_secret_basic", verify=str(places.ca), default_timeout=TIMEOUT,
    ) as session:  # fmt: skip
        answer = session.introspect_token(f"{places.broker}/oidc/introspect", token=token)
    return dict(answer.json()) if answer.status_code == OK else None


def _audience(known: dict[str, Any]) -> list[str]:
    named = known.get("aud", [])
    return [named] if isinstance(named, str) else list(named)


def _refused(status: int, error: str) -> Response:
    """RFC 6750 section 3."""
    told = f'Bearer realm="{API}"' + (f', error="{error}"' if error else "")
    return Response(status=status, headers={"WWW-Authenticate": told})
