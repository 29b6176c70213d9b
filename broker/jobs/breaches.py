"""A job: members are reminded of breaches of which the authority does not know yet."""

from typing import Final, Protocol

from broker.federation import breach_mail
from broker.federation.breach_mail import AHEAD, MailStore
from broker.jobs.runner import Job
from broker.login.effects import Effects
from broker.settings import Settings
from trust_framework.breaches import Breach

AT_ONCE: Final = 200


class BreachStore(MailStore, Protocol):
    """What the job needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def breaches_due(self, before: int, count: int) -> tuple[Breach, ...]: ...


def remind(store: BreachStore, settings: Settings) -> None:
    """Remind of each breach whose time is nearly out, or is, in one commit a breach."""
    now = store.clock()
    for breach in store.breaches_due(now + AHEAD * 3600, AT_ONCE):
        effects = breach_mail.reminders(breach, store, settings, now)
        if effects.changes:
            store.commit(effects)


def breach_jobs(store: BreachStore, settings: Settings) -> tuple[Job, ...]:
    """The jobs of a broker in which breaches are filed."""
    return (Job("breaches", 600, lambda: remind(store, settings)),)
