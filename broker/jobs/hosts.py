"""Jobs: hosts are looked at again, and what comes of one that no longer shows its proof is done and told."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from broker.federation import domains, lost_hosts
from broker.federation.lost_hosts import KIND, OWNERS
from broker.federation.register import Entry, EntryPage
from broker.jobs.runner import Job
from broker.login.effects import NOTHING, Effects, Overtaken
from broker.settings import Settings
from metadata.wire.dns_texts import Texts, dns_texts
from metadata.wire.outbound import Fetches
from trust_framework.domains import DomainProof, settled

AT_ONCE: Final = 10
"""Hosts looked at in a turn: one that does not answer takes some seconds."""
WITNESSES: Final = 3
"""Members whose hosts are asked whether it is our own network that fails."""
LATEST: Final = 50
EVERY: Final = 300
TOLD_EVERY: Final = 60


class HostStore(Protocol):
    """What these jobs need of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def domain_proofs_due(self, count: int) -> tuple[DomainProof, ...]: ...

    def domain_proofs_shown(self, count: int) -> tuple[DomainProof, ...]: ...

    def domain_proofs_at(self, host: str) -> tuple[DomainProof, ...]: ...

    def domain_proofs_failing(self) -> tuple[DomainProof, ...]: ...

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def register_page(
        self, kind: str, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> EntryPage: ...


def look_at_hosts(store: HostStore, egress: Fetches, texts: Texts = dns_texts) -> None:
    """Look at the hosts whose time has come, some at a time. One that is not reached while the hosts of others are not either
    does not begin to fail: it is our own network that does, and the next turn looks again.
    """
    for proof in store.domain_proofs_due(AT_ONCE):
        now = store.clock()
        after = settled(domains.looked(proof, egress, texts, now), store.domain_proofs_at(proof.host), now)
        if not (proof.holds(now) and domains.unreached(after) and _cut_off(proof, store, egress)):
            store.commit(domains.noted(proof, after, now))


def _cut_off(proof: DomainProof, store: HostStore, egress: Fetches) -> bool:
    """Whether no host of another member answers, of those that did most lately. Where there are none, nobody can tell."""
    others: dict[str, DomainProof] = {}
    for each in store.domain_proofs_shown(LATEST):
        if each.org != proof.org:
            others.setdefault(each.org, each)
    asked = list(others.values())[:WITNESSES]
    return bool(asked) and not any(domains.answers(each, egress) for each in asked)


def tell_of_hosts(store: HostStore, settings: Settings) -> None:
    """Tell of hosts that fail, and stop what names one whose proof has ended. What somebody else changed meanwhile is looked at
    again the next time.
    """
    for proof in store.domain_proofs_failing():
        effects = _come_of(proof, store, settings)
        if effects != NOTHING:
            with suppress(Overtaken):
                store.commit(effects)


def _come_of(proof: DomainProof, store: HostStore, settings: Settings) -> Effects:
    now = store.clock()
    marks = store.notices_told(KIND, f"{proof.org} {proof.host}")
    entry = store.register_entry("member", proof.org)
    member: Mapping[str, Any] = (entry.content if entry else None) or {}
    if proof.ended_at is None:
        return lost_hosts.told(proof, marks, member, settings, now)
    return lost_hosts.ended(proof, marks, member, _entries(proof.org, store), settings, now)


def _entries(org: str, store: HostStore) -> Iterator[Entry]:
    """The member's services and providers. Read only when somebody asks for them."""
    for kind in OWNERS:
        after: str | None = ""
        while after is not None:
            page = store.register_page(kind, org, after=after)
            for listed in page.entries:
                if entry := store.register_entry(kind, listed.id):
                    yield entry
            after = page.next


def host_jobs(store: HostStore, egress: Fetches, settings: Settings) -> tuple[Job, ...]:
    """The jobs, both in the thread of errands."""
    return (
        Job("hosts", EVERY, lambda: look_at_hosts(store, egress)),
        Job("lost-hosts", TOLD_EVERY, lambda: tell_of_hosts(store, settings)),
    )
