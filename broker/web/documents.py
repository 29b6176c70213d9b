"""Documents that are made once a version and served as bytes: discovery, keys, our metadata, static files, health."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broker.exchange import Reply
from broker.keys.ring import KeyRing
from broker.login.ports import Federation, Services
from broker.protocols.oidc import discovery
from broker.web.links import fetched_for
from broker.web.pages.static import static_files
from broker.web.published import saml_document
from broker.web.turn import Turn

MAX_AGE = 300
View = Callable[[Turn], Reply]

_JSON = (("Content-Type", "application/json"), ("Cache-Control", f"public, max-age={MAX_AGE}"))
_SAML = (("Content-Type", "application/samlmetadata+xml"), ("Cache-Control", f"public, max-age={MAX_AGE}"))
DAY = 86400


@dataclass(frozen=True, slots=True)
class _Made:
    """A document, and what it was made of: the snapshots themselves, since an id may be used again, and the day."""

    keys: KeyRing
    federation: Federation
    day: int
    reply: Reply


# One entry a document of an issuer: the last one made. Keyed by our own names, never by what a visitor sends.
_made: dict[tuple[str, str], _Made] = {}


def _kept(name: str, make: Callable[[Services], Reply], turn: Turn) -> Reply:
    """The document as it was made for this ring, this federation and this day (what is signed has an end)."""
    services = turn.on.services
    keys, federation, day = services.keys(), services.federation(), turn.now // DAY
    key = (services.settings.base_url, name)
    kept = _made.get(key)
    if kept is None or kept.keys is not keys or kept.federation is not federation or kept.day != day:
        kept = _made[key] = _Made(keys, federation, day, make(services))
    return kept.reply


def fetched(document: str, turn: Turn) -> None:
    """Note who has our keys now; what that is worth is said in `broker.web.fetches`."""
    turn.on.fetches.note(document, turn.request, lambda mark: fetched_for(mark, turn.on.services.keys()), turn.now)


def configuration(turn: Turn) -> Reply:
    """The provider's metadata (OpenID Connect Discovery 1.0, RFC 8414)."""
    return _kept("configuration", lambda on: Reply(200, _JSON, discovery.configuration(on)), turn)


def jwks(turn: Turn) -> Reply:
    """The public keys that verify our tokens (RFC 7517)."""
    fetched("jwks", turn)
    return _kept("jwks", lambda on: Reply(200, _JSON, discovery.jwks(on)), turn)


def saml_metadata(turn: Turn) -> Reply:
    """Our signed SAML metadata, identity provider and service provider in one; the address is our entityID."""
    fetched("saml", turn)
    return _kept("saml", lambda on: Reply(200, _SAML, saml_document(on, turn.now)), turn)


def static_views() -> dict[str, View]:
    """Every static file as a view."""
    return {path: _static(reply) for path, reply in static_files().items()}


def _static(reply: Reply) -> View:
    return lambda turn: reply  # noqa: ARG005


def alive(turn: Turn) -> Reply:  # noqa: ARG001
    """The process answers."""
    return Reply(200, (("Content-Type", "text/plain"), ("Cache-Control", "no-store")), b"ok\n")


def ready(turn: Turn) -> Reply:
    """Whether database, keys, register and audit can be used."""
    return readiness(turn.on.ready())


def readiness(checks: Mapping[str, bool]) -> Reply:
    """Each check by name; 503 when one fails."""
    status = 200 if all(checks.values()) else 503
    return Reply(
        status, (("Content-Type", "application/json"), ("Cache-Control", "no-store")), json.dumps(checks).encode()
    )
