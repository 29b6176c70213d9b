"""Which redirect URIs a client may register (RFC 9700 section 2.1, RFC 8252 sections 7 and 8).

Owns the judgement of one URI at registration. A request is later compared with what was registered as an exact string
(`metadata.register`), so a URI that two readers could understand differently must never be registered.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

MAXIMUM_URI: Final = 2000
LOOPBACK_LITERALS: Final = frozenset({"127.0.0.1", "::1"})

_URI_CHARACTERS = re.compile(r"[A-Za-z0-9._~!$&'()+,;=:@%/?\[\]-]+")  # RFC 3986 section 2, without "#" and "*"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%(?:[01][0-9A-Fa-f]|7[Ff]|2[Aa])")
_BAD_ESCAPE_OUTSIDE_QUERY = re.compile(r"%(?:2[5EeFf]|5[Cc])")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_PRIVATE_USE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
_PLAIN_HTTPS = re.compile(
    r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[1-9][0-9]{0,3})?"
    r"(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*/?"
)
_PLAIN_LENGTH: Final = 200
_RESPONSE_PARAMETERS = frozenset(
    {"code", "state", "iss", "error", "error_description", "error_uri", "response", "id_token", "access_token"}
)


class UnfitUri(Exception):
    """The URI may not be registered; the text says why."""


def check_redirect_uri(uri: str, *, native: bool, allow_http_loopback: bool = False) -> SplitResult:
    """The parts of a URI that may be registered for a web or a native client. Raises UnfitUri.

    `https` for all; `http` for a native client on a loopback literal (RFC 8252 section 7.3), and with
    `allow_http_loopback` (test systems) for any client on loopback; private-use schemes for native clients (section 7.1).
    """
    parts = _split(uri)
    if parts.scheme == "https":
        _check_authority(parts)
    elif parts.scheme == "http":
        _check_http(_check_authority(parts), native=native, test=allow_http_loopback)
    else:
        _check_private_use(parts, native=native)
    return parts


def check_https_uri(uri: str, *, allow_http_loopback: bool = False) -> SplitResult:
    """The parts of an address of the web that people or we are sent to. Raises UnfitUri."""
    return check_redirect_uri(uri, native=False, allow_http_loopback=allow_http_loopback)


def split_or_none(uri: str) -> SplitResult | None:
    """The parts of whatever somebody wrote, None for what has none (brackets around no address)."""
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def is_plain_https(uri: str) -> bool:
    """Whether an address is one that `check_https_uri` takes, seen at a glance: what nearly all are. Others may still be."""
    return len(uri) <= _PLAIN_LENGTH and _PLAIN_HTTPS.fullmatch(uri) is not None


def _split(uri: str) -> SplitResult:
    if len(uri) > MAXIMUM_URI:
        raise UnfitUri("longer than 2000 characters")
    if not _URI_CHARACTERS.fullmatch(uri):
        raise UnfitUri("a fragment, a wildcard, or a character that no URI has")
    if (parts := split_or_none(uri)) is None:
        raise UnfitUri("not a URI")
    if _BAD_ESCAPE.search(uri) or _BAD_ESCAPE_OUTSIDE_QUERY.search(uri.split("?", 1)[0]):
        raise UnfitUri("an escape that hides a separator, a dot, a wildcard or a control character")
    if any(segment.split(";")[0] in {".", ".."} for segment in parts.path.split("/")):
        raise UnfitUri("a dot segment")
    if "@" in parts.netloc:
        raise UnfitUri("user information")
    if not _RESPONSE_PARAMETERS.isdisjoint(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise UnfitUri("a query parameter that our answer adds")
    return parts


def _check_authority(parts: SplitResult) -> str:
    """The host, lower-case. Any spelling that a browser would read as another host is refused."""
    if not parts.hostname:
        raise UnfitUri("no host")
    try:
        port = parts.port
    except ValueError as error:
        raise UnfitUri("no such port") from error
    if port == 0 or parts.netloc.endswith(":"):
        raise UnfitUri("no such port")
    host = parts.hostname
    if parts.netloc.startswith("["):
        _check_ipv6(host)
    else:
        _check_name(host)
    return host


def _check_ipv6(host: str) -> None:
    """An address without a zone: `%25` before the path was refused already."""
    try:
        IPv6Address(host)
    except AddressValueError as error:
        raise UnfitUri("not an IPv6 address") from error


def _check_name(host: str) -> None:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004  RFC 1035 section 2.3.4
        raise UnfitUri("not a host name")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        try:
            IPv4Address(host)  # the four decimal numbers only, where browsers read 0x7f.1 and 2130706433 too
        except AddressValueError as error:
            raise UnfitUri("an address in disguise") from error


def _check_http(host: str, *, native: bool, test: bool) -> None:
    if native and host in LOOPBACK_LITERALS:
        return
    if not test or host not in {*LOOPBACK_LITERALS, "localhost"}:
        raise UnfitUri("http is for native clients on 127.0.0.1 or [::1]")


def _check_private_use(parts: SplitResult, *, native: bool) -> None:
    """A reversed domain name as scheme (RFC 8252 section 7.1), which no scheme that runs or reads anything is."""
    if not native or not _PRIVATE_USE_SCHEME.fullmatch(parts.scheme):
        raise UnfitUri("this scheme is not for redirect URIs of this kind of client")
    if not parts.netloc and not parts.path.startswith("/"):
        raise UnfitUri("no path")


def origin_of(address: str) -> str:
    """The origin of an https address; empty for any other, such as an app's own scheme."""
    parts = split_or_none(address)
    return f"https://{parts.netloc.lower()}" if parts is not None and parts.scheme == "https" and parts.netloc else ""
