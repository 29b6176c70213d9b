"""Counters, served on the management listener only. Labels are closed sets: nothing a visitor sends becomes a label."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, generate_latest


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("tillit_requests", "Answered requests", ("route", "status"), registry=self.registry)
        self.refusals = Counter("tillit_refusals", "Refusals shown, by cause", ("cause",), registry=self.registry)
        self.failures = Counter("tillit_failures", "Failures of the broker itself", ("what",), registry=self.registry)
        # finding a labelled counter costs more than counting, and there are few: routes of our table times statuses
        self.answered = cache(lambda route, status: self.requests.labels(route, str(status)).inc)

    def exposition(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
