"""Proof that a member holds the hosts at which its services are reached: asked for once, shown by the host itself, renewed.

A host is proven for one member by a token that the host shows, at a well-known address or in the DNS. Owns how long a proof
holds, when it is looked at again, when it has ended, and what is lacking; looking at hosts is `broker.federation.domains`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

HOUR: Final = 3600
DAY: Final = 86400
HOLDS: Final = 365 * DAY
RENEWED: Final = 7 * DAY
"""A proven host is looked at again this often, so that one that has changed hands is seen long before its proof ends."""

GRACE: Final = 30 * DAY
"""How long a host may fail before its proof has ended: a web server may be down, a file may get lost."""

PATIENCE: Final = 3 * DAY
"""How long after a proof was asked for its host is looked at without anybody's pressing a button: the DNS takes its time."""


class ProofState(StrEnum):
    """`failing`: proven once, but no longer shown. `outdated`: it has ended, and another is needed."""

    ASKED = "asked"
    PROVEN = "proven"
    FAILING = "failing"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class DomainProof:
    """What a member was asked to show at a host, and when it last did. Times are epoch seconds. `missed` says in words of ours
    what the last look found in place of the token, at the host and in the DNS.
    """

    org: str
    host: str
    token: str
    asked_at: int
    checked_at: int = 0
    proven_at: int | None = None
    failing_since: int | None = None
    ended_at: int | None = None
    missed: str | None = None

    def state(self, now: int) -> ProofState:
        """Where the proof stands."""
        if self.ended_at is not None:
            return ProofState.OUTDATED
        if self.proven_at is None:
            return ProofState.ASKED
        if now >= self.proven_at + HOLDS:
            return ProofState.OUTDATED
        return ProofState.PROVEN if self.failing_since is None else ProofState.FAILING

    def holds(self, now: int) -> bool:
        """Whether the host counts as the member's in what is published from now on. What stands when it begins to fail stands
        until the proof has ended.
        """
        return self.state(now) is ProofState.PROVEN

    def stale(self, now: int) -> bool:
        """Whether the token has been missing for so long that showing it again proves nothing: everybody could read it, and a
        host that was left behind may be another's. Its member asks for a new one.
        """
        since = self.failing_since
        return self.ended_at is None and since is not None and self.asked_at <= since and now >= since + DAY

    def renewed(self, token: str, now: int) -> "DomainProof":
        """The same with a new token, which fails and ends as before until it is shown."""
        return replace(self, token=token, asked_at=now, missed=None)

    @property
    def ends_at(self) -> int | None:
        """When a proof that fails has ended, unless the host shows its token before."""
        return None if self.failing_since is None else self.failing_since + GRACE

    @property
    def next_at(self) -> int | None:
        """When the host is looked at without being asked to; None for a proof that waits for its member."""
        if self.ended_at is not None:
            return None
        if self.proven_at is None:
            again = self.checked_at + HOUR if self.checked_at else self.asked_at + HOUR
            return again if again < self.asked_at + PATIENCE else None
        if self.failing_since is None:
            return self.checked_at + RENEWED
        lately = max(self.failing_since, self.asked_at)
        return self.checked_at + (HOUR if self.checked_at < lately + DAY else DAY)

    def shown(self, now: int) -> "DomainProof":
        """The host shows the token."""
        return replace(self, checked_at=now, proven_at=now, failing_since=None, missed=None)

    def not_shown(self, now: int, missed: str = "") -> "DomainProof":
        """The host does not. The first time that this happens to a proven host is kept; after a while the proof has ended."""
        if self.proven_at is None:
            return replace(self, checked_at=now, missed=missed)
        since = now if self.failing_since is None else self.failing_since
        after = replace(self, checked_at=now, failing_since=since, missed=missed)
        return after.ended(now) if now >= min(since + GRACE, self.proven_at + HOLDS) else after

    def ended(self, now: int) -> "DomainProof":
        """The proof is none any more. Its token has been seen by everybody, so that showing it again proves nothing."""
        since = now if self.failing_since is None else self.failing_since
        return replace(self, failing_since=since, ended_at=now)


def settled(after: DomainProof, others: Iterable[DomainProof], now: int) -> DomainProof:
    """A proof after a look, given those of the same host. A host that no longer shows one member's token but another's has
    changed hands: nothing is left to wait for. One that shows both is shared.
    """
    failing = after.state(now) is ProofState.FAILING
    taken = any(each.org != after.org and each.host == after.host and each.holds(now) for each in others)
    return after.ended(now) if failing and taken else after


def lacking(hosts: Iterable[str], proofs: Iterable[DomainProof], now: int) -> tuple[str, ...]:
    """The hosts that no proof of this member covers now, in order. A proof covers its own host, no part of it."""
    proven = {proof.host for proof in proofs if proof.holds(now)}
    return tuple(sorted(set(hosts) - proven))


def lost(hosts: Iterable[str], proofs: Iterable[DomainProof], now: int) -> tuple[str, ...]:
    """Those of the hosts that the member was asked to prove and does not hold now. What was never asked about is not lost."""
    asked = {proof.host for proof in proofs}
    return tuple(host for host in lacking(hosts, proofs, now) if host in asked)
