"""Keeping up with the addresses at which entries publish their metadata or keys: looked at each hour, one after the other."""

from typing import Final, Protocol

from broker.audit.events import MetadataLooked
from broker.federation.addresses import ORIGIN, SERVICE, AddressState, KeepAddress, Looked, looked_at
from broker.federation.names import NameHeld
from broker.federation.proposals import Desk, ProposalStore
from broker.login.effects import AlreadyUsed, Effects, Overtaken
from broker.settings import Settings
from metadata.wire.outbound import Fetches

AT_ONCE: Final = 1000
"""Addresses looked at in a turn; the others in the next."""


class AddressStore(ProposalStore, Protocol):
    """What looking at addresses needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def addresses_due(self, count: int) -> tuple[AddressState, ...]: ...


def look_at_addresses(store: AddressStore, egress: Fetches, settings: Settings) -> None:
    """Look at every address whose time has come."""
    for before in store.addresses_due(AT_ONCE):
        entry = store.register_entry(before.kind, before.id)
        if entry is not None and entry.content is not None:
            found = looked_at(entry, before, egress, Desk(store, settings, store.clock(), origin=ORIGIN))
            _record(found, before, store)


def _record(found: Looked, before: AddressState, store: AddressStore) -> None:
    """The proposal, then how the address fares. One that somebody was before us with is looked at again the next time."""
    try:
        for step in found.steps:
            store.commit(step)
    except (Overtaken, AlreadyUsed, NameHeld):
        return
    state = found.state
    told = MetadataLooked(
        at=store.clock(),
        service=state.id,
        kind="" if state.kind == SERVICE else state.kind,
        error=state.error,
        proposal=state.proposal,
        published=found.published,
    )
    news = found.steps or state.error != before.error
    store.commit(Effects((KeepAddress(state),), (told,) if news else ()))
