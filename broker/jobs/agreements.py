"""A job: the parties of sharing agreements are told of what falls due, once for each day that it is due."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from broker.federation import sharing_mail
from broker.federation.agreements import KIND, NotNow
from broker.federation.concerned import FIRST, AgreementDue
from broker.federation.register import FEED, Entry
from broker.login.effects import Effects

PAGE = 500


class AgreementStore(Protocol):
    """What the job needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def agreements_due(
        self, party: str = ..., after: AgreementDue = ..., count: int = ...
    ) -> tuple[AgreementDue, ...]: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...


def tell_parties(store: AgreementStore, base_url: str) -> None:
    """Make the mails of what is due, with the marks that keep each from being told twice, in one commit an agreement."""
    post = sharing_mail.Post(sharing_mail.members_of(store), base_url, store.clock())
    for entry in _due(store):
        try:
            effects = sharing_mail.due(entry.content or {}, store.notices_told(KIND, entry.id), post)
        except NotNow:  # the short form has no parties, and what does not read is told of elsewhere
            continue
        if effects.changes:
            store.commit(effects)


def _due(store: AgreementStore) -> Iterator[Entry]:
    """Those of which something may be due. Those of another federation are told of there."""
    after = FIRST
    while found := store.agreements_due(after=after, count=PAGE):
        entries = (store.register_entry(KIND, each.id) for each in found)
        yield from (entry for entry in entries if entry is not None and not entry.origin.startswith(FEED))
        after = found[-1]
