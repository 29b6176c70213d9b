"""Logos of services, served by us: a picture and nothing else, whoever shows it.

The address names the picture, so that it may be kept for ever. It may stand in pages of others, for our metadata says it there.
"""

from typing import Final

from broker.exchange import Reply
from broker.federation import logos
from broker.web.turn import Turn
from metadata.logos import MEDIA_TYPE

_HEADERS: Final = (
    ("Content-Type", MEDIA_TYPE),
    ("Cache-Control", "public, max-age=31536000, immutable"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_NONE: Final = Reply(404, (("Content-Type", "text/plain"), ("Cache-Control", "no-store")), b"no such logo\n")


def logo(turn: Turn) -> Reply:
    """The logo of a service, by the service's id and the picture's digest."""
    image = logos.at_path(turn.request.path, turn.on.store)
    return _NONE if image is None else Reply(200, _HEADERS, image.octets)
