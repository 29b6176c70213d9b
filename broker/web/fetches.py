"""Who has fetched our keys, as far as it can be known: noted in memory at each fetch, written by the jobs thread.

What is known of a fetch is an address and what the client calls itself. A service is known when the client shows the mark
that we gave it (`?service=MARK`, `broker.web.links.fetch_mark`); or when a client of that service proved itself to us from the
same address, which others behind that address share. A fetch is thus a sign that a service has the keys of that time, never a
proof. Nothing is written on the way of a request, and a flood of addresses fills no more than one turn's table.
"""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeVar

from broker.exchange import BadRequest, Request
from broker.login.keys import ClientAddress, KeyFetch

MOST: Final = 2000
"""Fetchers, and places of proofs, noted between two turns of the jobs; more are not noted, and come again."""

LONGEST: Final = 80
K = TypeVar("K")
_Key = tuple[str, str, str, str]
Write = Callable[[Iterable[KeyFetch], Iterable[ClientAddress]], None]


@dataclass(slots=True)
class KeyFetches:
    """What was fetched since the last turn, by document, address, client and service; and who proved itself from where."""

    _noted: dict[_Key, int] = field(default_factory=dict)
    _proved: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, document: str, request: Request, of_mark: Callable[[str], str], now: int) -> None:
        """A fetch. One entry of a dict; the query is looked at only where there is one. `of_mark` knows whose a mark is."""
        service = _shown(request, of_mark) if request.query else ""
        key = (document, request.remote, request.headers.get("user-agent", "")[:LONGEST], service)
        with self._lock:
            _kept(self._noted, key, now)

    def proved(self, service: str, address: str, now: int) -> None:
        """A client of a service proved itself from there."""
        with self._lock:
            _kept(self._proved, (service, address), now)

    def record(self, write: Write) -> None:
        """Hand over what was noted. What cannot be written is lost: services fetch again."""
        with self._lock:
            noted, self._noted = self._noted, {}
            proved, self._proved = self._proved, {}
        if noted or proved:
            write(
                [
                    KeyFetch(document, address, network(address), printable(agent), service, at, at)
                    for (document, address, agent, service), at in noted.items()
                ],
                [ClientAddress(service, address, at) for (service, address), at in proved.items()],
            )


def _kept(noted: dict[K, int], key: K, now: int) -> None:
    if key in noted or len(noted) < MOST:
        noted[key] = now


def _shown(request: Request, of_mark: Callable[[str], str]) -> str:
    """The service whose mark the address carries, empty without one."""
    try:
        return of_mark(dict(request.parameters()).get("service", ""))
    except BadRequest:
        return ""


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
