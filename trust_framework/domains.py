"""Proof that a member holds the hosts at which its services are reached: asked for once, shown by the host itself, renewed.

A host is proven for one member by a token that the host shows, at a well-known address or in the DNS. Owns how long a proof
holds and what is lacking; looking at hosts is `broker.federation.domains`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

DAY: Final = 86400
HOLDS: Final = 365 * DAY
RENEWED: Final = 30 * DAY
"""A proven host is looked at again this often, so that one that has changed hands is seen long before its proof ends."""


class ProofState(StrEnum):
    """`failing`: proven once and within its year, but no longer shown."""

    ASKED = "asked"
    PROVEN = "proven"
    FAILING = "failing"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class DomainProof:
    """What a member was asked to show at a host, and when it last did. Times are epoch seconds."""

    org: str
    host: str
    token: str
    asked_at: int
    checked_at: int = 0
    proven_at: int | None = None
    failing_since: int | None = None

    def state(self, now: int) -> ProofState:
        """Where the proof stands."""
        if self.proven_at is None:
            return ProofState.ASKED
        if now >= self.proven_at + HOLDS:
            return ProofState.OUTDATED
        return ProofState.PROVEN if self.failing_since is None else ProofState.FAILING

    def holds(self, now: int) -> bool:
        """Whether the host counts as the member's. One that fails keeps its year: a web server may be down."""
        return self.state(now) in {ProofState.PROVEN, ProofState.FAILING}

    def due(self, now: int) -> bool:
        """Whether a proven host is to be looked at again."""
        return self.proven_at is not None and now >= self.checked_at + RENEWED

    def shown(self, now: int) -> "DomainProof":
        """The host shows the token."""
        return replace(self, checked_at=now, proven_at=now, failing_since=None)

    def not_shown(self, now: int) -> "DomainProof":
        """The host does not. The first time that this happens to a proven host is kept."""
        since = self.failing_since if self.proven_at is None or self.failing_since is not None else now
        return replace(self, checked_at=now, failing_since=since)


def lacking(hosts: Iterable[str], proofs: Iterable[DomainProof], now: int) -> tuple[str, ...]:
    """The hosts that no proof of this member covers now, in order. A proof covers its own host, no part of it."""
    proven = {proof.host for proof in proofs if proof.holds(now)}
    return tuple(sorted(set(hosts) - proven))
