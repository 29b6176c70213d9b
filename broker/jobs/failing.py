"""A job: somebody is told of jobs that fail, once a day for each as long as it does."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from broker.federation import alarms
from broker.login.effects import Effects
from broker.login.mail import NoteNotice
from broker.settings import Settings
from trust_framework.days import DAY

KIND: Final = "job"
PATIENCE: Final = 600
"""Seconds since it last ran that a job may fail without anybody being told."""


class JobSeen(Protocol):
    """How a job fares."""

    @property
    def name(self) -> str: ...

    @property
    def ran_at(self) -> int | None: ...

    @property
    def failed_at(self) -> int | None: ...


class FailingStore(Protocol):
    """What the job needs of the store."""

    def clock(self) -> int: ...

    def commit(self, effects: Effects) -> None: ...

    def job_states(self) -> Sequence[JobSeen]: ...

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...


def look_at_jobs(store: FailingStore, settings: Settings) -> None:
    """Raise an alarm for each job that fails and was not told of today."""
    now = store.clock()
    day = now - now % DAY
    for job in store.job_states():
        key = (KIND, job.name, alarms.JOB_FAILING, day)
        if fails(job, now) and key not in store.notices_told(KIND, job.name):
            told = alarms.raised(alarms.JOB_FAILING, f"{settings.base_url}/admin", settings, now, job.name)
            store.commit(told + Effects((NoteNotice(*key, 0, now),)))


def fails(job: JobSeen, now: int) -> bool:
    """Whether a job failed the last time, and has not run well for a while."""
    ran = job.ran_at or 0
    return job.failed_at is not None and job.failed_at > ran and now - ran > PATIENCE
