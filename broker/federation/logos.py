"""Where the logos of services are had: an address of ours that names the picture, and the picture behind it.

Owns the address, and which picture it stands for: that of the entry as it stands, or of an open draft, so that who approves sees
it before it is approved. An address that names no such picture names nothing.
"""

from collections.abc import Iterator
from typing import Any, Final, Protocol

from broker.federation.proposing import ProposalPage
from broker.federation.register import Content, Entry
from metadata.logos import LogoImage, UnfitLogo, logo_of
from trust_framework.approval import Proposal

LOGOS: Final = "/logos/"
SUFFIX: Final = ".png"
_DRAFTS: Final = 5
"""Open drafts of one service that are looked into."""


class ReadsLogos(Protocol):
    """What is read of the register."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def proposal_page(
        self, stage: str = "", org: str = "", kind: str = "", object: str = "", *, count: int = 50
    ) -> ProposalPage: ...

    def proposal(self, id: str, org: str | None = None) -> Proposal | None: ...


def logo_path(service: str, digest: str) -> str:
    """Where a picture of a service is: another picture has another address, so it may be kept for ever."""
    return f"{LOGOS}{service}/{digest}{SUFFIX}"


def path_of(content: Content) -> str:
    """Where the logo of a content is, empty when it has none that can be shown."""
    image = _image(content)
    return logo_path(str(content.get("id", "")), image.digest) if image else ""


def at_path(path: str, store: ReadsLogos) -> LogoImage | None:
    """The picture at an address."""
    service, slash, name = path.removeprefix(LOGOS).partition("/")
    if not (slash and name.endswith(SUFFIX)):
        return None
    images = (image for content in _contents(service, store) if (image := _image(content)))
    return next((image for image in images if image.digest + SUFFIX == name), None)


def _contents(service: str, store: ReadsLogos) -> Iterator[Content]:
    """What the service is, then what drafts want it to be."""
    if (standing := store.register_entry("service", service)) and standing.content:
        yield standing.content
    for listed in store.proposal_page("open", kind="service", object=service, count=_DRAFTS).proposals:
        if (draft := store.proposal(listed.id)) and draft.content:
            yield draft.content


def _image(content: Content) -> LogoImage | None:
    """The logo of a content; a draft may hold anything."""
    told: Any = content.get("logo")
    try:
        return logo_of(told) if isinstance(told, str) else None
    except UnfitLogo:
        return None
