"""A key of the ring as it is kept: public part in clear, private part sealed."""

from dataclasses import dataclass, field

from broker.keys.ring import KeyState


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of the ring at rest. `sealed` is the private key (PKCS #8); once removed, a proof that the key was ours.

    `due_at` is when it goes on to its next state by itself, where that is settled; `made_at` when it was made and published,
    None for keys that are older than that column.
    """

    kid: str
    use: str
    alg: str
    state: KeyState
    since: int
    public_key: bytes
    sealed: bytes = field(repr=False)
    certificate: bytes | None = None
    due_at: int | None = None
    made_at: int | None = None

    @property
    def published_at(self) -> int:
        """Since when whoever fetches our keys has it, as far as is known."""
        return self.since if self.made_at is None else self.made_at


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """A key of the ring that signs for one service, whichever is active: the next one first, or an old one still."""

    service: str
    kid: str
    at: int
