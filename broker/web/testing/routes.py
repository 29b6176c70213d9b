"""What the test issuer answers: the endpoints and pages of a login, and no other. Consoles, publication, cards and upstream
providers are the other broker's alone.
"""

from collections.abc import Mapping
from typing import Final

from broker.protocols.testing import token
from broker.web import flask_app, front
from broker.web.clients import authenticated
from broker.web.flask_app import Rows
from broker.web.front import Route
from broker.web.testing import views

_ENDPOINTS: Final = (
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/oidc/jwks",
    "/oidc/authorize",
    "/oidc/token",
    "/oidc/userinfo",
    "/oidc/introspect",
    "/oidc/revoke",
    "/oidc/logout",
    "/saml/metadata",
    "/saml/sso",
    "/saml/slo",
)
_PAGES: Final = frozenset(
    {
        "/",
        "/tillganglighet",
        "/error",
        "/sprak/<choice>",
        "/utseende/<choice>",
        "/login/logga-ut",
        "/login/logga-ut/svar",
        "/login/<id>",
        "/login/<id>/borja",
        "/login/<id>/annat",
        "/login/<id>/avbryt",
        "/login/<id>/fortsatt",
        "/login/<id>/uppdrag",
        "/login/<id>/samtycke",
        "/login/<id>/test",
    }
)

_OWN: Mapping[str, Route] = {
    "/oidc/authorize": Route(views.authorize, ("GET", "POST"), front.OIDC_BODY),
    "/oidc/token": Route(authenticated(token.token), ("POST",), front.OIDC_BODY),
    "/saml/sso": Route(views.single_sign_on, ("GET", "POST"), front.SAML_BODY),
}
_OWN_PAGES: Rows = (
    ("/forbered", views.prepared, ("GET",)),
    ("/login/<id>", views.choose, ("GET",)),
    ("/login/<id>/test", views.test_login, ("GET",)),
    ("/login/<id>/test", views.test_answered, ("POST",)),
)
_REPLACED: Final = {(rule, methods) for rule, _, methods in _OWN_PAGES}

ROUTES: Mapping[str, Route] = {
    path: _OWN.get(path, route)
    for path, route in front.ROUTES.items()
    if path in _ENDPOINTS or path.startswith("/static/")
}
PAGES: Rows = (
    *(row for row in flask_app.PAGES if row[0] in _PAGES and (row[0], row[2]) not in _REPLACED),
    *_OWN_PAGES,
)
