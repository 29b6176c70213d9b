"""Job: receivers of corrections are told, and reminded until they acknowledge."""

from contextlib import suppress
from typing import Final, Protocol

from broker.care import corrections
from broker.federation.notices import recipients
from broker.federation.register import Entry
from broker.jobs.runner import Job
from broker.login.effects import Effects, Overtaken
from trust_framework.corrections import Correction

AT_ONCE: Final = 20
EVERY: Final = 300


class CorrectionStore(Protocol):
    """What this job needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def corrections_due(self, count: int) -> tuple[Correction, ...]: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...


def tell(store: CorrectionStore, base_url: str) -> None:
    """Tell who is to be told now, in one commit a correction. One that was acknowledged meanwhile is looked at again."""
    now = store.clock()
    for correction in store.corrections_due(AT_ONCE):
        mails = {org: _mails(store, org) for org in {one.org for one in correction.receipts}}
        with suppress(Overtaken):
            store.commit(corrections.tell(correction, mails, base_url, now))


def _mails(store: CorrectionStore, org: str) -> tuple[str, ...]:
    member = store.register_entry("member", org)
    return recipients((member.content if member else None) or {}, ())


def correction_jobs(store: CorrectionStore, base_url: str) -> tuple[Job, ...]:
    """The jobs of a broker in which details are corrected."""
    return (Job("corrections", EVERY, lambda: tell(store, base_url)),)
