"""An OpenID client's metadata as a whole: its registration, and what the register says of the service beside it.

Owns which word of RFC 7591 section 2 stands for what of an entry, so that a team says each thing once: the name, whom to ask, the
pages, the logo. What the registration itself says goes before.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from broker.federation import logos
from broker.federation.schema import ServiceEntry

Content = Mapping[str, Any]
DERIVED: Final[Mapping[str, str]] = {
    "client_name": "names",
    "contacts": "contact",
    "client_uri": "information_url",
    "policy_uri": "privacy_url",
    "logo_uri": "logo",
}
"""By member: the key of the entry that says it."""


def whole(content: Content, base_url: str) -> dict[str, Any]:
    """The registration with what the entry says of the service."""
    registration = dict(content.get("oidc") or {})
    return {**said(content, base_url), **registration}


def said(content: Content, base_url: str) -> dict[str, Any]:
    """What the entry says of the service, in the words of a registration."""
    return dict(_said(content, base_url, content.get("oidc") or {}))


def _said(content: Content, base_url: str, registration: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the entry says; a name in no language of the registration's own."""
    names, contact = content.get("names") or {}, content.get("contact") or {}
    if names and not any(name.partition("#")[0] == "client_name" for name in registration):
        yield "client_name", names.get("en") or next(iter(names.values()))
        yield from ((f"client_name#{language}", name) for language, name in names.items())
    if mail := contact.get("mail"):
        yield "contacts", [mail]
    for member in ("client_uri", "policy_uri"):
        if url := content.get(DERIVED[member]):
            yield member, url
    if path := logos.path_of(content):
        yield "logo_uri", base_url + path


def shown(entry: ServiceEntry, base_url: str) -> dict[str, Any]:
    """What a superior of the client says of it to people: the pages and the logo that were approved."""
    told = {"id": entry.id, "privacy_url": entry.privacy_url, "logo": entry.logo}
    return said({name: value for name, value in told.items() if value}, base_url)
