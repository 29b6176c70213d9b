"""The one routing table, and the thin WSGI callable that serves it.

Machine endpoints are plain functions from a request value to a reply value; pages are too, and Flask serves those. Every
view stands here once, with its method and the size of body it takes. Nothing is read of a body before its length is known.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from broker.exchange import Reply, Request
from broker.federation import logos as logo_paths
from broker.login.effects import StorageUnavailable
from broker.protocols.oidc import guard, introspect, revoke, token, userinfo
from broker.web import (
    documents,
    landings,
    logos,
    logout,
    openid_federation,
    public_log,
    publication,
    registration,
    requests,
    validation,
    witness,
)
from broker.web.answers import failed, of_refusal, refused
from broker.web.api import front as api
from broker.web.clients import authenticated
from broker.web.context import Broker
from broker.web.turn import Turn
from metadata.register import UnprovenAddress
from metadata.wire.saml_metadata import DOCUMENT_LIMIT
from trust_framework.reasons import REASONS, Refusal

KIB: Final = 1024
MOST_DIGITS: Final = 12
NOT_MODIFIED: Final = HTTPStatus.NOT_MODIFIED.value
OIDC_BODY = 64 * KIB
FEDERATION_BODY = 256 * KIB
SAML_BODY = 512 * KIB

View = Callable[[Turn], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A view at a path. `limit` is the longest body in bytes; what is `public` is the same for everybody who asks."""

    view: View
    methods: tuple[str, ...] = ("GET", "HEAD")
    limit: int = 0
    public: bool = False


def _protocol(endpoint: Callable[[Request, int, Any], Reply]) -> View:
    def view(turn: Turn) -> Reply:
        return endpoint(turn.request, turn.now, turn.on.services)

    view.__doc__ = endpoint.__doc__
    return view


def _public(view: View) -> Route:
    return Route(view, public=True)


_BOTH = ("GET", "HEAD", "POST")
_ACTS = ("GET", "POST")  # what may issue something, or end it, answers no HEAD

# A path that ends in "/" stands for every path that begins with it, unless that has a row of its own.
ROUTES: Mapping[str, Route] = {
    "/.well-known/openid-configuration": _public(documents.configuration),
    "/.well-known/oauth-authorization-server": _public(documents.configuration),
    "/oidc/jwks": _public(documents.jwks),
    "/oidc/authorize": Route(requests.authorize, _ACTS, OIDC_BODY),
    "/oidc/token": Route(authenticated(token.token), ("POST",), OIDC_BODY),
    "/oidc/userinfo": Route(_protocol(userinfo.userinfo), _BOTH, OIDC_BODY),
    "/oidc/introspect": Route(authenticated(introspect.introspect), ("POST",), OIDC_BODY),
    "/oidc/guard": Route(authenticated(guard.guard, guard.SERVICE, guard.UNPROVEN)),
    "/oidc/revoke": Route(authenticated(revoke.revoke), ("POST",), OIDC_BODY),
    "/oidc/register": Route(registration.register, ("GET", "POST", "PUT", "DELETE"), OIDC_BODY),
    "/oidc/logout": Route(logout.rp_initiated, _ACTS, OIDC_BODY),
    "/saml/metadata": _public(documents.saml_metadata),
    "/saml/sso": Route(requests.single_sign_on, _ACTS, SAML_BODY),
    "/saml/acs": Route(landings.saml_response, ("POST",), SAML_BODY),
    "/saml/slo": Route(logout.single_logout, _ACTS, SAML_BODY),
    "/entities": _public(publication.everything),
    "/entities/": _public(publication.one_entity),
    **{f"/metadata/{audience}.xml": _public(view) for audience, view in publication.views().items()},
    "/metadata/certificates.pem": _public(publication.certificates),
    **{path: Route(view) for path, view in openid_federation.VIEWS.items()},
    **{path: Route(view, ("POST",), FEDERATION_BODY) for path, view in openid_federation.POSTED.items()},
    "/api/v1/validate": Route(validation.validate, ("POST",), DOCUMENT_LIMIT),
    "/api/v1/openapi.json": Route(api.openapi),
    "/api/v1/": Route(api.api, ("GET", "POST", "PUT"), DOCUMENT_LIMIT),
    public_log.CHECKPOINT: Route(public_log.checkpoint),
    public_log.TILE: Route(public_log.tile),
    "/log/witnessed": Route(public_log.witnessed_checkpoint),
    "/log/keys": Route(public_log.keys),
    "/log/witness/key": Route(witness.key),
    witness.ADD: Route(witness.add_checkpoint, ("POST",), OIDC_BODY),
    "/log/proof/consistency": Route(public_log.consistency),
    "/log/proof/inclusion": Route(public_log.inclusion),
    logo_paths.LOGOS: _public(logos.logo),
    "/healthz": Route(documents.alive),
    "/readyz": Route(documents.ready),
    **{path: _public(view) for path, view in documents.static_views().items()},
}

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Front:
    """The WSGI callable. What is not in the table goes to `pages`, the Flask application."""

    on: Broker
    pages: Callable[[Environ, StartResponse], Iterable[bytes]]
    routes: Mapping[str, Route] = field(default_factory=lambda: ROUTES)
    prefixes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefixes", tuple(path for path in self.routes if path.endswith("/")))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = self._row(environ["PATH_INFO"])
        if path is None:
            return self.pages(environ, start_response)
        reply = serve(self.routes[path], environ, self.on)
        self.on.metrics.answered.count(path, reply.status)
        return written(reply, environ["REQUEST_METHOD"], start_response)

    def _row(self, path: str) -> str | None:
        """The key of the row that serves a path."""
        if path in self.routes:
            return path
        return next((prefix for prefix in self.prefixes if path.startswith(prefix)), None)


def serve(route: Route, environ: Environ, on: Broker) -> Reply:
    """Read the request within its limits, let the view answer, and map whatever it raises."""
    method = environ["REQUEST_METHOD"]
    if method not in route.methods:
        return Reply(405, (("Allow", ", ".join(route.methods)),))
    body = _body(environ, route.limit)
    request = request_of(environ, on, body or b"")
    turn = Turn.of_anybody(request, on) if route.public else Turn.of(request, on)
    if body is None:
        return refused(REASONS["request-too-large"], turn)
    return guarded(route.view, turn)


def guarded(view: View, turn: Turn) -> Reply:
    """The one map from what a view raises to a page. Nothing unknown reaches the browser with its text."""
    try:
        return view(turn)
    except Refusal as refusal:
        return of_refusal(refusal, turn)
    except UnprovenAddress as error:
        return refused(REASONS["request-address"], turn, detail=str(error))
    except StorageUnavailable as error:
        return failed("storage", REASONS["maintenance"], error, turn)
    except Exception as error:  # noqa: BLE001  # the last net: a reference for the person, the rest for the log
        return failed("view", REASONS["internal"], error, turn)


def _body(environ: Environ, limit: int) -> bytes | None:
    """The body, or None when it is longer than the limit or its length is not said."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) <= MOST_DIGITS) or int(length) > limit:
        return None
    return bytes(environ["wsgi.input"].read(int(length))) if int(length) else b""


def request_of(environ: Environ, on: Broker, body: bytes) -> Request:
    """The request as a value. WSGI cannot tell `X_Forwarded_For` from `X-Forwarded-For`: a proxy whose word is believed must
    drop names with an underscore (nginx does).
    """
    headers = Headers(environ)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=environ.get("QUERY_STRING", "").encode("latin-1"),
        headers=headers,
        body=body,
        remote=_remote(environ.get("REMOTE_ADDR", ""), headers, on),
    )


class Headers(Mapping[str, str]):
    """The headers of a WSGI request by lower-case name. Looked up where they lie: a request reads three or four of them."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Environ) -> None:
        self._environ = environ

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default."""
        return self._environ.get(_wsgi_name(name)) or default

    def __getitem__(self, name: str) -> str:
        if value := self._environ.get(_wsgi_name(name)):
            return str(value)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        if self._environ.get("CONTENT_TYPE"):
            yield "content-type"
        yield from (name[5:].replace("_", "-").lower() for name in self._environ if name.startswith("HTTP_"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@lru_cache(maxsize=256)
def _wsgi_name(name: str) -> str:
    """Our own names of headers, never a visitor's."""
    return "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"


def _remote(peer: str, headers: Mapping[str, str], on: Broker) -> str:
    """The browser's address: what a trusted proxy says, else the peer's own. A Unix socket's peer has none, and is `unix`."""
    peer = peer or "unix"
    if not on.services.settings.trusted_proxy:
        return peer
    trusted = {address.strip() for address in on.services.settings.trusted_proxy.split(",") if address.strip()}
    if peer in trusted and (forwarded := headers.get("x-forwarded-for")):
        return forwarded.rpartition(",")[2].strip()
    return peer


def written(reply: Reply, method: str, start_response: StartResponse) -> Iterable[bytes]:
    """Write a reply. HEAD gets the headers of GET; a 304 says nothing of the length of what is not sent."""
    length = reply.pieces.length if reply.pieces else len(reply.body)
    headers = [*reply.headers] if reply.status == NOT_MODIFIED else [*reply.headers, ("Content-Length", str(length))]
    start_response(_STATUS_LINES[reply.status], headers)
    if reply.pieces and method != "HEAD":
        return reply.pieces.walk()
    return [b"" if method == "HEAD" else reply.body]
