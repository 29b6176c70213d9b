"""The hosts that an entry of the register names: their owners could take part in its logins, or in what is published of it.

One rule: every text of an entry that is a web address names a host, whatever its field. Exceptions are fields that hold words
(`WORDS`) or names that happen to look like addresses, where nobody is sent (`NAMES`), and pages that only people follow
(`PAGES`). So a field that is new to entries is asked about until somebody says here that it need not be.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from broker.settings import Environment, Settings
from metadata.redirect_uris import LOOPBACK_LITERALS, split_or_none
from metadata.wire.saml_metadata_addresses import addresses

WORDS: Final = frozenset(
    {
        "names", "name", "description", "reason", "reasons", "legal_basis", "client_name", "organization_name", "software_id",
        "software_version",
    }
)  # fmt: skip
NAMES: Final = frozenset(
    {
        "id", "client_id", "client_secret", "client_secret_hash", "levels", "ceiling", "acr_values_supported",
        "default_acr_values", "attributes", "required", "identifiers", "subject", "scopes", "scope", "scopes_supported",
        "entity_categories", "trust_declarations", "name_id_format",
    }
)  # fmt: skip
"""URIs of levels, categories and attributes; secrets and ids that are compared, never called."""

PAGES: Final = frozenset(
    {
        "contact", "contacts", "information_url", "information_uri", "privacy_url", "client_uri", "logo", "logo_uri",
        "policy_uri", "tos_uri", "homepage_uri", "organization_uri",
    }
)  # fmt: skip
"""What is shown as a link or a picture. Nothing of a login goes there."""

KINDS: Final = frozenset({"member", "service", "identity_provider"})
"""Kinds of entries that are a member's, who can prove their hosts. What the federation enters for itself it answers for."""

UNASKED: Final = WORDS | NAMES | PAGES
SAML: Final = "saml"
METADATA: Final = "metadata_xml"
"""Where, within `saml`, an entry has SAML metadata. Text anywhere else is none, whatever its field is called."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST: Final = 200
_WEB: Final = re.compile(r"\s*(?:https?:|//)", re.IGNORECASE)


def named(kind: str, content: Mapping[str, Any]) -> frozenset[str]:
    """The hosts, in small letters; of an address that has none, the address itself. Raises XmlRefused.

    What a native client has on loopback is on the person's own device (RFC 8252 section 7.3), and names nobody's host.
    """
    if kind not in KINDS:
        return frozenset()
    registration = content.get("oidc")
    native = isinstance(registration, Mapping) and registration.get("application_type") == "native"
    urls = (*_of_metadata(content), *_within("", content))
    return frozenset(_host(url) for url in urls if not (native and _own_device(url)))


def _of_metadata(content: Mapping[str, Any]) -> frozenset[str]:
    saml = content.get(SAML)
    xml = saml.get(METADATA) if isinstance(saml, Mapping) else None
    return addresses(xml.encode()) if isinstance(xml, str) else frozenset()


def _within(name: str, value: Any) -> Iterator[str]:
    if name.partition("#")[0] in UNASKED:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _within(str(key), each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(name, each)
    elif isinstance(value, str) and _WEB.match(value):
        yield value


def _host(url: str) -> str:
    parts = split_or_none(url.strip())
    return ((parts.hostname if parts else None) or url[:LONGEST]).removesuffix(".")


def _own_device(url: str) -> bool:
    parts = split_or_none(url)
    return parts is not None and parts.scheme == "http" and parts.hostname in LOOPBACK_LITERALS


def brought(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> frozenset[str]:
    """The hosts that a change brings. Raises XmlRefused."""
    if after is None or before == after:
        return frozenset()
    return named(kind, after) - named(kind, before or {})


def to_prove(kind: str, content: Mapping[str, Any], settings: Settings) -> frozenset[str]:
    """The hosts whose owner could be somebody else: loopback is nobody's where it may be reached. Raises XmlRefused."""
    free = frozenset() if settings.environment is Environment.PRODUCTION else LOOPBACK
    return named(kind, content) - free
