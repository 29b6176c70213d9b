"""What `doctor` finds, and what it looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from broker.login.ports import Federation
from broker.settings import Settings
from broker.storage.storage import Storage


class State(StrEnum):
    """A fault keeps something from working, a warning will, or keeps an attack from being seen."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says. `mend` is what to do: a command, or a setting to change."""

    check: str
    state: State
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The installation as far as it could be opened. `now` is the time of this machine."""

    settings: Settings
    now: int
    storage: Storage | None = None
    federation: Federation | None = None


Check = Callable[[Patient], Iterable[Finding]]


def ok(check: str, text: str) -> Finding:
    return Finding(check, State.OK, text)


def warning(check: str, text: str, mend: str) -> Finding:
    return Finding(check, State.WARNING, text, mend)


def fault(check: str, text: str, mend: str) -> Finding:
    return Finding(check, State.FAULT, text, mend)
