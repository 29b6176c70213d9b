"""The numbers of a federation's logins, as values: how many, how many failed, of what, by which method."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Logins:
    """Logins that were answered, and those that were not."""

    good: int = 0
    faults: int = 0

    @property
    def fault_share(self) -> float | None:
        """The share that failed, None when there were none at all."""
        whole = self.good + self.faults
        return self.faults / whole if whole else None


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How often something failed of a cause."""

    cause: str
    number: int


@dataclass(frozen=True, slots=True)
class MethodCount:
    """How a login method fares. `last_good` is 0 when it has identified nobody in the time asked for."""

    method: str
    good: int
    faults: int
    last_good: int


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """Services with how many each had, most first; how many `services` there are in all, and the `number` of all together."""

    rows: tuple[tuple[str, int], ...]
    services: int
    number: int


@dataclass(frozen=True, slots=True)
class MinuteCount:
    """The logins of one minute."""

    starts_at: int
    good: int
    faults: int
