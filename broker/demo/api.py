"""The sample API: test results and a small record service, behind the guard (`broker.guard`).

Owns what is behind it. The guard asks the broker what each token is worth (RFC 7662), and keeps no answer: a block that a
patient sets is in force at the next request. Who read what is entered in care's log before it is shown.
"""

import ssl
import time
from typing import Any, Final
from uuid import uuid4

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, Response, jsonify
from requests import RequestException

from broker.demo import keys, notes
from broker.demo.federation import API
from broker.demo.people import RECORD_SYSTEM
from broker.demo.places import Places
from broker.guard import Context, Guard, current

TIMEOUT: Final = 10
RESULTS: Final = [
    {"test": "B-Hemoglobin", "value": "142", "unit": "g/L"},
    {"test": "P-Glukos", "value": "5,1", "unit": "mmol/L"},
]


def make_app(places: Places) -> Flask:
    """The API as a WSGI application."""
    app = Flask("broker.demo.api", static_folder=None)
    trusting = ssl.create_default_context(cafile=str(places.ca))
    guard = Guard(places.broker, API, keys.secret(places, "api"), keep=0, timeout=TIMEOUT, tls=trusting)
    app.wsgi_app = guard.middleware(app.wsgi_app, open_paths={"/"})  # type: ignore[method-assign]  # as Flask documents it

    @app.get("/")
    def about() -> Any:
        resources = [f"{places.api}/results", f"{places.api}/notes"]
        return jsonify({"name": "Test results and notes (sample API)", "resources": resources, "scope": API})

    @app.get("/results")
    @guard.needs(scope=API)
    def results() -> Any:
        return jsonify({"subject": current().subject, "results": RESULTS})

    @app.get("/notes")
    @guard.needs("read")
    def read() -> Any:
        """The notes that the token opens, of the patient that it is about."""
        found = _opened(current())
        try:
            _entered(current(), list(found), places)
        except (RequestException, OAuthError):
            return Response(status=503)
        return jsonify({"notes": found})

    return app


def _opened(context: Context) -> dict[str, Any]:
    """By unit: the note in both languages."""
    written = notes.of(context.patient[1]) if context.patient else {}
    units = [each.get("unit", "") for each in context.resources.values()]
    return {unit: dict(zip(("sv", "en"), written[unit], strict=True)) for unit in units if unit in written}


def _entered(context: Context, units: list[str], places: Places) -> None:
    """Enter in care's log (StoreLog) that these were read. Raises RequestException, OAuthError."""
    if not units:
        return
    with OAuth2Session(
        API, keys.secret(places, "api"), scope="care:write", token_endpoint_auth_method="client_secret_basic",
        verify=str(places.ca), default_timeout=TIMEOUT,
    ) as session:  # fmt: skip
        session.fetch_token(f"{places.broker}/oidc/token", grant_type="client_credentials")
        answer = session.post(f"{places.broker}/api/v1/care/log", json={"records": [_record(context, units)]})
    answer.raise_for_status()


def _record(context: Context, units: list[str]) -> dict[str, Any]:
    oid, number = context.patient or ("", "")
    patient = {"oid": oid, "value": number}
    return {
        "id": str(uuid4()),
        "system": RECORD_SYSTEM,
        "activity": "Läsa",
        "at": int(time.time()),
        "purpose": context.purpose,
        "user": context.employee,
        "assignment": context.commission,
        "provider": context.care_provider,
        "unit": context.care_unit,
        "resources": [
            {"type": "Anteckning", "provider": notes.UNITS[unit][0], "unit": unit, "patient": patient} for unit in units
        ],
    }
