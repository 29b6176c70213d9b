"""The key ring as a snapshot in memory: which keys sign, which are published, which seal.

Keys pass through next → active → retiring → removed. A snapshot is made from sealed rows by `broker.keys.sealing` and
`broker.storage`; private keys are imported once, when the snapshot is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from metadata.wire.signing import PrivateKey, Signer


class KeyState(Enum):
    """Life of a signing key. NEXT is published and not used, RETIRING verifies and no longer signs."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class RingKey:
    """A key of the ring. `use` is `oidc`, `saml`, `saml-encryption`, `saml-metadata`, `checkpoint`."""

    signer: Signer
    use: str
    state: KeyState
    since: int


class Vault(Protocol):
    """Sealing with keys under the key-encryption key; see `broker.keys.sealing`."""

    def seal(self, purpose: str, plain: bytes) -> bytes: ...

    def open(self, purpose: str, sealed: bytes) -> bytes: ...

    def keyed_hash(self, purpose: str, value: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The ring at one version. `active` finds the signing key by use and JOSE algorithm, `chosen` by service before them."""

    keys: Sequence[RingKey]
    active: Mapping[tuple[str, str], Signer]
    decryption: Sequence[PrivateKey]
    vault: Vault
    chosen: Mapping[tuple[str, str, str], Signer] = field(default_factory=dict)

    def signer(self, use: str, alg: str, service: str = "") -> Signer:
        """The key that signs now, for a service that may have one of its own. Raises KeyError when the ring has none of
        this algorithm.
        """
        return self.chosen.get((service, use, alg)) or self.active[use, alg]

    def published(self, use: str) -> tuple[RingKey, ...]:
        """Keys of a use that others must know: next, active and retiring, active first."""
        order = (KeyState.ACTIVE, KeyState.NEXT, KeyState.RETIRING)
        found = [k for k in self.keys if k.use == use and k.state in order]
        return tuple(sorted(found, key=lambda k: order.index(k.state)))
