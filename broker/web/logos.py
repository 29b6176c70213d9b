"""Logos of services, served by us: a picture and nothing else, whoever shows it.

The address names the picture, so that it may be kept for ever. It may stand in pages of others, for our metadata says it there.
"""

from typing import Final

from broker.exchange import Reply
from broker.federation import logos
from broker.web.throttle import WINDOW
from broker.web.turn import Turn
from metadata.logos import MEDIA_TYPE, LogoImage

KIND: Final = "logo-miss"
_OF_PICTURES: Final = (
    ("Content-Type", MEDIA_TYPE),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
)
_PUBLIC: Final = (
    *_OF_PICTURES,
    ("Cache-Control", "public, max-age=31536000, immutable"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_LATER: Final = Reply(429, (("Retry-After", str(WINDOW)), ("Cache-Control", "no-store")), b"")
_NONE: Final = Reply(404, (("Content-Type", "text/plain"), ("Cache-Control", "no-store")), b"no such logo\n")


def logo(turn: Turn) -> Reply:
    """The logo of a service, by the service's id and the picture's digest."""
    throttle, source = turn.on.throttle, {"source": turn.request.remote}
    if logos.named(turn.request.path) is None:
        return _NONE
    if throttle.spent(KIND, source):
        return _LATER
    if image := logos.at_path(turn.request.path, turn.on.store):
        return Reply(200, _PUBLIC, image.octets)
    throttle.allows(KIND, source)
    return _NONE


def of_draft(image: LogoImage) -> Reply:
    """The logo of what is under work, for who may see that: kept by nobody, and part of our pages alone."""
    return Reply(200, (*_OF_PICTURES, ("Cache-Control", "no-store")), image.octets)
