"""Keeping up with other federations: each feed looked at when its time has come, its changes and their record in one commit."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from broker.audit.events import Event, FeedFailed, FeedTaken
from broker.federation.feed_entry import FeedEntry
from broker.federation.feeds import FeedState, KeepFeed, Refreshed, due, ended, refreshed, unrecorded
from broker.federation.names import NameHeld
from broker.federation.register import FEED, ChangeRegister, Entry, EntryChange
from broker.login.effects import Change, Effects
from metadata.wire.outbound import Fetches


class FeedStore(Protocol):
    """What looking at feeds needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def register_kind(self, kind: str) -> tuple[Entry, ...]: ...

    def register_of_origin(self, origin: str) -> tuple[Entry, ...]: ...

    def register_held(self, change: EntryChange) -> str: ...

    def feed_states(self) -> Mapping[str, FeedState]: ...


def look_at_feeds(store: FeedStore, egress: Fetches) -> None:
    """Look at every feed that is due, and take out what a feed that has gone brought."""
    states = store.feed_states()
    feeds = [FeedEntry.model_validate(entry.content) for entry in store.register_kind("feed")]
    for feed in feeds:
        state = states.get(feed.id, FeedState(feed.id))
        if due(feed, state, store.clock()):
            _look_at(feed, state, store, egress)
    for id_ in states.keys() - {feed.id for feed in feeds}:
        if states[id_].taken:
            gone = ended(id_, store.register_of_origin(FEED + id_))
            _record(Refreshed(FeedState(id_, checked_at=store.clock()), gone), states[id_], store)


def _look_at(feed: FeedEntry, state: FeedState, store: FeedStore, egress: Fetches) -> None:
    mine = store.register_of_origin(FEED + feed.id)
    found = refreshed(feed, state, mine, store.register_held, egress, store.clock())
    try:
        _record(found, state, store)
    except NameHeld as error:  # two of its own entities want one name, or somebody took it this moment
        _record(unrecorded(state, f"not free: {error.held.name.value}", store.clock()), state, store)


def _record(found: Refreshed, before: FeedState, store: FeedStore) -> None:
    now = store.clock()
    changes: tuple[Change, ...] = (KeepFeed(found.state),)
    if found.changes:
        changes = (ChangeRegister(found.changes, now), *changes)
    store.commit(Effects(changes, tuple(_events(found, before, now))))


def _events(found: Refreshed, before: FeedState, now: int) -> Iterable[Event]:
    """A failure is told when it begins or changes; what was taken, when something changed."""
    state = found.state
    if state.error and state.error != before.error:
        yield FeedFailed(at=now, feed=state.id, error=state.error)
    if found.changes:
        gone = sum(change.content is None for change in found.changes)
        yield FeedTaken(at=now, feed=state.id, changed=len(found.changes) - gone, gone=gone, left=state.left_count)
