"""Who has fetched our keys, as far as it can be known: noted in memory at each fetch, written by the jobs thread.

What is known is an address and what the client calls itself; a service only when it says so itself (`?service=ID`), which
anybody could say. A fetch is thus a sign that a service has the keys of that time, never a proof. Nothing is written on
the way of a request, and a flood of addresses fills no more than one turn's table.
"""

import ipaddress
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from broker.exchange import BadRequest, Request
from broker.login.keys import KeyFetch

MOST: Final = 2000
"""Fetchers noted between two turns of the jobs; more are not noted, and come again."""

LONGEST: Final = 80
_Key = tuple[str, str, str, str]


@dataclass(slots=True)
class KeyFetches:
    """What was fetched since the last turn, by document, address, client and service."""

    _noted: dict[_Key, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, document: str, request: Request, services: Container[str], now: int) -> None:
        """A fetch. One entry of a dict; the query is looked at only where there is one."""
        service = _claimed(request, services) if request.query else ""
        key = (document, request.remote, request.headers.get("user-agent", "")[:LONGEST], service)
        if key in self._noted or len(self._noted) < MOST:
            self._noted[key] = now

    def record(self, write: Callable[[Iterable[KeyFetch]], None]) -> None:
        """Hand over what was noted. What cannot be written is lost: services fetch again."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if noted:
            write(
                KeyFetch(document, address, network(address), printable(agent), service, at, at)
                for (document, address, agent, service), at in noted.items()
            )


def _claimed(request: Request, services: Container[str]) -> str:
    """The service that the address says it is fetched for, when there is one of that id."""
    try:
        said = dict(request.parameters()).get("service", "")
    except BadRequest:
        return ""
    return said if said in services else ""


def network(address: str) -> str:
    """The network of an address: enough to know an organisation by, and no person."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    length = 24 if found.version == 4 else 48  # noqa: PLR2004  # the versions of IP
    return str(ipaddress.ip_network((found, length), strict=False))


def printable(agent: str) -> str:
    """What a client calls itself, as it may be kept and shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in agent)
