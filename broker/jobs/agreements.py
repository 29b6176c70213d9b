"""A job: the parties of sharing agreements are told of what falls due, once for each day that it is due."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from broker.federation import sharing_mail
from broker.federation.agreements import KIND, NotNow
from broker.federation.register import Entry, EntryPage
from broker.login.effects import Effects

PAGE = 500


class AgreementStore(Protocol):
    """What the job needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def register_page(
        self, kind: str, org: str = ..., search: str = ..., state: str = ..., after: str = ..., count: int = ...
    ) -> EntryPage: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...


def tell_parties(store: AgreementStore, base_url: str) -> None:
    """Make the mails of what is due, with the marks that keep each from being told twice, in one commit an agreement."""
    post = sharing_mail.Post(sharing_mail.members_of(store), base_url, store.clock())
    for entry in _agreements(store):
        try:
            effects = sharing_mail.due(entry.content or {}, store.notices_told(KIND, entry.id), post)
        except NotNow:  # the short form has no parties, and what does not read is told of elsewhere
            continue
        if effects.changes:
            store.commit(effects)


def _agreements(store: AgreementStore) -> Iterator[Entry]:
    """All that stand. Those of another federation are told of there."""
    after = ""
    while True:
        page = store.register_page(KIND, after=after, count=PAGE)
        for listed in page.entries:
            entry = None if listed.origin.startswith("feed:") else store.register_entry(KIND, listed.id)
            if entry is not None:
                yield entry
        if not page.next:
            return
        after = page.next
