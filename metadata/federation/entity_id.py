"""Entity identifiers (OpenID Federation 1.0 section 1.2) and where their configuration is (section 9)."""

from typing import Any, Final

from metadata.redirect_uris import UnfitUri, check_https_uri

WELL_KNOWN: Final = "/.well-known/openid-federation"


def is_entity_id(value: Any, *, allow_http_loopback: bool = False) -> bool:
    """Whether the value is an https URL with a host, perhaps a port and a path, and neither query nor fragment."""
    if not isinstance(value, str) or "?" in value:
        return False
    try:
        check_https_uri(value, allow_http_loopback=allow_http_loopback)
    except UnfitUri:
        return False
    return True


def configuration_url(entity_id: str) -> str:
    """Where the entity publishes its configuration: the path is appended, unlike that of RFC 8414."""
    return entity_id.removesuffix("/") + WELL_KNOWN
