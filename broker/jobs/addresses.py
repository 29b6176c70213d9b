"""Keeping up with the addresses at which services publish their metadata: looked at each hour, one after the other."""

from collections.abc import Mapping
from typing import Protocol

from broker.audit.events import MetadataLooked
from broker.federation.addresses import ORIGIN, AddressState, KeepAddress, Looked, due, looked_at
from broker.federation.names import NameHeld
from broker.federation.proposals import Desk, ProposalStore
from broker.federation.register import Entry
from broker.login.effects import AlreadyUsed, Effects, Overtaken
from broker.settings import Settings
from metadata.wire.outbound import Fetches

SERVICE = "service"


class AddressStore(ProposalStore, Protocol):
    """What looking at addresses needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def register_kind(self, kind: str) -> tuple[Entry, ...]: ...

    def address_states(self) -> Mapping[str, AddressState]: ...


def look_at_addresses(store: AddressStore, egress: Fetches, settings: Settings) -> None:
    """Look at every address whose time has come."""
    states = store.address_states()
    for entry in store.register_kind(SERVICE):
        before = states.get(entry.id, AddressState(entry.id))
        if due(entry, before, store.clock()):
            found = looked_at(entry, before, egress, Desk(store, settings, store.clock(), origin=ORIGIN))
            _record(found, before, store)


def _record(found: Looked, before: AddressState, store: AddressStore) -> None:
    """The proposal, then how the address fares. One that somebody was before us with is looked at again the next time."""
    try:
        for step in found.steps:
            store.commit(step)
    except (Overtaken, AlreadyUsed, NameHeld):
        return
    state, now = found.state, store.clock()
    told = MetadataLooked(
        at=now, service=state.id, error=state.error, proposal=state.proposal, published=found.published
    )
    news = found.steps or state.error != before.error
    store.commit(Effects((KeepAddress(state),), (told,) if news else ()))
