"""Texts in the DNS (TXT records, RFC 1035 section 3.3.14): the only DNS query beside the look-up of addresses.

A look-up asks the resolver of the machine and follows nothing that an answer says.
"""

from collections.abc import Callable
from typing import Final

from metadata.wire.outbound import EgressFailed

SECONDS: Final = 5.0
MOST: Final = 50

Texts = Callable[[str], tuple[str, ...]]
"""From a name to the texts at it; none when there is no such name. Raises EgressFailed."""


def dns_texts(name: str, *, servers: tuple[tuple[str, int], ...] = ()) -> tuple[str, ...]:
    """The texts at a name. `servers` (address and port) are for tests; else the machine's own are asked."""
    from dns.exception import DNSException
    from dns.nameserver import Do53Nameserver
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        resolver = Resolver(configure=not servers)
        resolver.lifetime = SECONDS
        resolver.nameservers = [*resolver.nameservers, *(Do53Nameserver(address, port) for address, port in servers)]
        answer = resolver.resolve(name, "TXT", search=False)
    except (NXDOMAIN, NoAnswer):
        return ()
    except (DNSException, OSError, ValueError) as error:
        raise EgressFailed("name", name) from error
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in list(answer)[:MOST])
