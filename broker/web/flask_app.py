"""The Flask application of the pages: its routes point at views that take a turn and give a reply."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, Response, request

from broker.exchange import NUL, Reply
from broker.login.handles import new_reference
from broker.login.steps import Explain
from broker.web import consent_views, explain, home, landings, login, logout, on_behalf_views
from broker.web.console.gate import served
from broker.web.console.routes import CONSOLE
from broker.web.console.row import Row
from broker.web.context import Broker
from broker.web.front import KIB, guarded, request_of
from broker.web.turn import Turn
from trust_framework.reasons import REASONS

FORM_BODY = 64 * KIB
View = Callable[..., Reply]

# rule, view, methods: a page is a row
Rows = Sequence[tuple[str, View, tuple[str, ...]]]
PAGES: Rows = (
    ("/", home.start, ("GET",)),
    ("/tillganglighet", home.accessibility, ("GET",)),
    ("/error", home.error_url, ("GET",)),
    ("/sprak/<choice>", home.language, ("GET",)),
    ("/utseende/<choice>", home.theme, ("GET",)),
    ("/login/logga-ut", logout.ask, ("GET",)),
    ("/login/logga-ut", logout.confirmed, ("POST",)),
    ("/login/logga-ut/svar", logout.landed_logout, ("GET",)),
    ("/login/upstream/saml/landed", landings.saml_landed, ("GET",)),
    ("/login/upstream/<method>/callback", landings.upstream_callback, ("GET",)),
    ("/login/<id>", login.choose, ("GET",)),
    ("/login/<id>", login.chosen, ("POST",)),
    ("/login/<id>/borja", login.proceed, ("GET",)),
    ("/login/<id>/annat", login.other, ("POST",)),
    ("/login/<id>/avbryt", login.cancel, ("POST",)),
    ("/login/<id>/fortsatt", login.go_on, ("GET",)),
    ("/login/<id>/mobil", login.mobile, ("GET",)),
    ("/login/<id>/mobil/status", login.mobile_status, ("GET",)),
    ("/login/<id>/mobil/kod", login.mobile_frame, ("GET",)),
    ("/login/<id>/kort", login.card, ("GET",)),
    ("/login/<id>/kort/svar", landings.card_landed, ("GET",)),
    ("/login/<id>/test", login.test_login, ("GET",)),
    ("/login/<id>/test", login.test_answered, ("POST",)),
    ("/login/<id>/uppdrag", consent_views.commission, ("GET",)),
    ("/login/<id>/uppdrag", consent_views.commission_answered, ("POST",)),
    ("/login/<id>/vem", on_behalf_views.ask, ("GET",)),
    ("/login/<id>/vem", on_behalf_views.answered, ("POST",)),
    ("/login/<id>/samtycke", consent_views.consent, ("GET",)),
    ("/login/<id>/samtycke", consent_views.consent_answered, ("POST",)),
)


def pages_app(on: Broker, pages: Rows = PAGES, console: Sequence[Row] = CONSOLE) -> Flask:
    """Flask with these pages. It holds no state of its own and no session: the browser's cookie is ours."""
    app = Flask("broker.web", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=FORM_BODY, MAX_FORM_PARTS=100)
    app.url_map.merge_slashes = False  # else it redirects to the one-slash path at whatever host the request names
    for number, (rule, view, methods) in enumerate(pages):
        app.add_url_rule(rule, f"page{number}", _served(view, on), methods=methods, provide_automatic_options=False)
    for number, row in enumerate(console):
        gated = _served(served(row, console), on, row.limit)
        app.add_url_rule(row.rule, f"console{number}", gated, methods=[row.method], provide_automatic_options=False)
    app.register_error_handler(404, lambda _: _response(_lost("not-found", on)))
    app.register_error_handler(405, lambda _: _response(_lost("not-found", on)))
    app.register_error_handler(413, lambda _: _response(_lost("request-too-large", on)))
    return app


def _served(view: View, on: Broker, limit: int = 0) -> Callable[..., Response]:
    def answer(**parts: Any) -> Response:
        if NUL in request.path:
            return _response(_lost("not-found", on))
        request.max_content_length = limit or FORM_BODY
        turn = Turn.of(request_of(request.environ, on, request.get_data(cache=False)), on)
        return _response(guarded(lambda t: view(t, **parts), turn))

    return answer


def _lost(code: str, on: Broker) -> Reply:
    turn = Turn.of(request_of(request.environ, on, b""), on)
    return explain.page(Explain(REASONS[code], new_reference()), turn)


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, list(reply.headers))
