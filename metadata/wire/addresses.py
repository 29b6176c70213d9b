"""Which addresses outbound calls may reach.

Owns the reading of an outbound URL and the verdict on an IP address (RFC 6890, RFC 4291). It opens no connection: that is
`metadata.wire.egress`, which connects to the very address that was judged here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:/[!->@-~]*)?(?:\?[!-~]*)?)",  # no ? in the path: one way to read it, one pass
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
_FORBIDDEN_IN_TARGET = re.compile(r"[#\\\"<>^`{|}]")

# What `is_global` calls global, in one release of Python or another, but leads inside or to many.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "fec0::/10",
        "ff00::/8",
    )
)
_UNICAST_V6 = ip_network("2000::/3")


class BadUrl(Exception):
    """Not an absolute http or https URL that every reader would take apart alike."""


@dataclass(frozen=True, slots=True)
class Target:
    """An outbound URL, taken apart. `literal` is set when the host is an address and not a name."""

    scheme: str
    host: str
    port: int
    path_and_query: str
    literal: IpAddress | None

    def __str__(self) -> str:
        """Fit for a log: a query may hold secrets and is left out, and so is the path."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return f"{self.scheme}://{host}:{self.port}"


def read_url(url: str) -> Target:
    """Take `url` apart (RFC 3986 section 3, the part of it that leaves nothing to guess). Raises BadUrl.

    Refused: user information, fragments, backslashes, letters outside ASCII, and hosts that a browser would read as an
    address although they are no dotted decimal (`2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1`).
    """
    match = _URL.fullmatch(url)
    if match is None or _FORBIDDEN_IN_TARGET.search(match["target"]):
        raise BadUrl("not a plain absolute URL")
    scheme, host = match["scheme"].lower(), match["host"].lower().removesuffix(".")
    if scheme not in _PORTS:
        raise BadUrl("scheme")
    port = int(match["port"] or _PORTS[scheme])
    if not 0 < port < 2**16:
        raise BadUrl("port")
    literal = _literal(host)
    target = match["target"] or "/"
    return Target(scheme, host.strip("[]"), port, target if target.startswith("/") else f"/{target}", literal)


def _literal(host: str) -> IpAddress | None:
    try:
        if host.startswith("["):
            return IPv6Address(host[1:-1])
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return IPv4Address(host)
    except ValueError as error:
        raise BadUrl("an address written in an odd way") from error
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004  # RFC 1035 section 2.3.4
        raise BadUrl("host")
    return None


def is_public(address: IpAddress) -> bool:
    """Whether the address is one host on the open Internet, also when it is IPv4 in IPv6's clothes."""
    if isinstance(address, IPv6Address) and address not in _UNICAST_V6:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def is_loopback(address: IpAddress) -> bool:
    """127.0.0.0/8 and ::1, and no other spelling of them."""
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def may_be_reached(address: IpAddress, *, loopback: bool, networks: Sequence[IpNetwork]) -> bool:
    """The verdict: public, or loopback where that is allowed, or in a network that the operator has named."""
    if is_public(address) or (loopback and is_loopback(address)):
        return True
    return any(address in network for network in networks)
