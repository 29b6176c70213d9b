"""What every view is given: the services of the journey, the pages, the clock, and where incidents are noted."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Self

from broker.audit.events import RequestRefused
from broker.federation.domains import looked, rests
from broker.login.ports import Services
from broker.protocols.front import Front
from broker.web.bench import Bench, no_bench
from broker.web.fetches import KeyFetches
from broker.web.metrics import Metrics
from broker.web.pages.render import Pages
from broker.web.ports import ConsoleStore
from broker.web.refusals import Refusals
from broker.web.throttle import Throttle
from metadata.publication import Publication
from metadata.wire.dns_texts import Texts, dns_texts
from metadata.wire.outbound import EgressFailed, Fetches, Outbound, Response
from trust_framework.domains import DomainProof, settled
from trust_framework.reasons import Reason

log = logging.getLogger("tillit.web")


class NoEgress:
    """Reaches nobody."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def fetch(self, outbound: Outbound) -> Response:
        raise EgressFailed("nobody", outbound.url)


@dataclass(frozen=True, slots=True)
class Broker:
    """One running broker. `clock` gives epoch seconds; nothing below the web reads a clock. `trial` makes an egress client for
    once: what somebody asks to be tried leaves no failure with the one that logins go by.
    """

    services: Services
    pages: Pages
    fronts: Mapping[str, Front]
    clock: Callable[[], int]
    throttle: Throttle
    metrics: Metrics
    store: ConsoleStore
    publication: Callable[[], Publication]
    ready: Callable[[], Mapping[str, bool]] = field(default=dict)
    bench: Callable[[], Bench] = field(default=no_bench)
    trial: Callable[[], AbstractContextManager[Fetches]] = NoEgress
    texts: Texts = dns_texts
    fetches: KeyFetches = field(default_factory=KeyFetches)
    refusals: Refusals = field(default_factory=Refusals)

    def look_at_host(self, proof: DomainProof, now: int) -> DomainProof:
        """The proof of a host after a look at it. One that was looked at just now is as it was."""
        if rests(proof, now):
            return proof
        with self.trial() as egress:
            after = looked(proof, egress, self.texts, now)
        return settled(after, self.store.domain_proofs_at(proof.host), now)

    def note_refusal(self, reason: Reason, detail: str, reference: str, service: str | None = None) -> None:
        """A request was refused with a page: counted, and a line with the reference; recorded when a service is known."""
        if service:
            refused = RequestRefused(at=self.clock(), reference=reference, service=service, reason=reason.code)
            self.refusals.note(refused)
        self.metrics.refusals.labels(reason.code).inc()
        log.info("refused", extra={"cause": reason.code, "reference": reference, "detail": printable(detail)})

    def note_failure(self, what: str, error: BaseException, reference: str = "") -> None:
        """Something of ours failed; `reference` is what the person was told."""
        self.metrics.failures.labels(what).inc()
        log.error("%s failed: %s", what, type(error).__name__, exc_info=error, extra={"reference": reference})


def printable(text: str) -> str:
    """Foreign text as it may stand in a log line: one line, no control or direction characters, bounded."""
    return "".join(c if c.isprintable() else "?" for c in text)[:500]
