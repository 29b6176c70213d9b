"""Counters, served on the management listener only. Labels are closed sets: nothing a visitor sends becomes a label."""

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answered = Answered()
        self.registry.register(self.answered)
        self.refusals = Counter("tillit_refusals", "Refusals shown, by cause", ("cause",), registry=self.registry)
        self.failures = Counter("tillit_failures", "Failures of the broker itself", ("what",), registry=self.registry)

    def exposition(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)


class Answered(Collector):
    """Answered requests by route and status. Counted at every request, so in a plain dict and without a lock: two threads
    that count at the same instant may count once.
    """

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, int], int] = defaultdict(int)

    def count(self, route: str, status: int) -> None:
        """One more."""
        self._counts[route, status] += 1

    def collect(self) -> Iterable[Metric]:
        """The counts as Prometheus wants them."""
        family = CounterMetricFamily("tillit_requests", "Answered requests", labels=("route", "status"))
        for (route, status), count in sorted(self._counts.items()):
            family.add_metric((route, str(status)), count)
        yield family
