"""Services that came by a trust chain, found wherever services of the register are found.

They stand in no version of the register: a row says what was resolved of one, and until when. What it may do follows from the
present terms at each look, so a service or its member that is stopped is stopped at once. How they come is
`broker.protocols.openid_federation`'s affair.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from broker.login.effects import ChainedService
from broker.login.ports import Federation
from metadata.client_fields import InvalidClientMetadata
from metadata.oidc import read_client
from metadata.register import Extended, Service
from trust_framework.members import RelyingParty

T = TypeVar("T")

MOST_KEPT: Final = 5000


Read = Callable[[str], ChainedService | None]
Found = tuple[Service, RelyingParty]


class Chained:
    """Looks services up, for one snapshot of the federation. Safe to share among threads."""

    def __init__(self, federation: Federation, read: Read, clock: Callable[[], int], *, loopback: bool) -> None:
        self._terms = federation.entity.terms if federation.entity else {}
        self._read, self._clock, self._loopback = read, clock, loopback
        self._lock = threading.Lock()
        self._made: OrderedDict[str, tuple[ChainedService, Found | None]] = OrderedDict()

    def service(self, entity_id: str) -> Service | None:
        """Its technical entry."""
        found = self.find(entity_id)
        return found[0] if found else None

    def party(self, entity_id: str) -> RelyingParty | None:
        """Its terms."""
        found = self.find(entity_id)
        return found[1] if found else None

    def find(self, entity_id: str) -> Found | None:
        """Both, or None when there is no such service, or its time is over. The row is read each time; what it means is
        worked out once.
        """
        if not entity_id.startswith(("https://", "http://")):
            return None
        row = self._read(entity_id)
        if row is None or row.expires_at <= self._clock():
            return None
        with self._lock:
            made = self._made.get(entity_id)
        return made[1] if made and made[0] == row else self._kept(row)

    def _kept(self, row: ChainedService) -> Found | None:
        found = self._understood(row)
        with self._lock:
            self._made[row.entity_id] = row, found
            self._made.move_to_end(row.entity_id)
            while len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)
        return found

    def _understood(self, row: ChainedService) -> Found | None:
        terms = self._terms.get(row.anchor)
        if terms is None:
            return None
        try:
            client = read_client(row.registration, allow_http_loopback=self._loopback)
        except InvalidClientMetadata:  # a rule of ours that came later
            return None
        home = client.initiate_login_uri or client.client_uri
        plain = row.registration.get("client_name")
        names = {tag: row.registration.get(f"client_name#{tag}", plain) for tag in ("sv", "en")}
        party = terms.party(
            row.entity_id,
            {tag: name for tag, name in names.items() if name is not None},
            admitted=terms.admits(row.entity_id, row.way, row.trust_marks),
            information_url=client.client_uri,
        )
        return Service(row.entity_id, oidc=client, home=home), party


def extended(federation: Federation, read: Read, clock: Callable[[], int], *, loopback: bool) -> Federation:
    """The federation with the services that came by a chain, where it lets any come."""
    if federation.entity is None or not federation.entity.terms:
        return federation
    chained = Chained(federation, read, clock, loopback=loopback)
    return replace(
        federation,
        register=federation.register.extended(chained.service),
        parties=Extended(federation.parties, chained.party),
    )
