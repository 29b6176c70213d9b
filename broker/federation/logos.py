"""Where the logos of services are had: an address of ours that names the picture, and the picture behind it.

Owns the address, and which picture it stands for: that of the entry as it stands, which was approved. An address that names no
such picture names nothing. That of a draft is shown to who may open the draft alone.
"""

import re
from typing import Any, Final, Protocol

from broker.federation.register import Content, Entry
from broker.federation.values import ID
from metadata.logos import LogoImage, UnfitLogo, logo_of

LOGOS: Final = "/logos/"
SUFFIX: Final = ".png"
_ADDRESS: Final = re.compile(rf"{LOGOS}({ID.strip('^$')})/([0-9a-f]{{32}}){re.escape(SUFFIX)}")
"""A service's id and a picture's digest. Of another address nothing is read: anybody may ask for any."""


class ReadsLogos(Protocol):
    """What is read of the register."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...


def logo_path(service: str, digest: str) -> str:
    """Where a picture of a service is: another picture has another address, so it may be kept for ever."""
    return f"{LOGOS}{service}/{digest}{SUFFIX}"


def path_of(content: Content) -> str:
    """Where the logo of a content is once it stands, empty when it has none that can be shown."""
    image = image_of(content)
    return logo_path(str(content.get("id", "")), image.digest) if image else ""


def named(path: str) -> tuple[str, str] | None:
    """The service and the digest that an address names; None when it is no address of a picture."""
    found = _ADDRESS.fullmatch(path)
    return (found[1], found[2]) if found else None


def at_path(path: str, store: ReadsLogos) -> LogoImage | None:
    """The picture at an address."""
    if not (asked := named(path)):
        return None
    service, digest = asked
    standing = store.register_entry("service", service)
    image = image_of(standing.content) if standing and standing.content else None
    return image if image and image.digest == digest else None


def image_of(content: Content) -> LogoImage | None:
    """The logo of a content; a draft may hold anything."""
    told: Any = content.get("logo")
    try:
        return logo_of(told) if isinstance(told, str) else None
    except UnfitLogo:
        return None
