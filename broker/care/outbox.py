"""What waits to be told to another node, and how that went, as values."""

from dataclasses import dataclass

from broker.login.effects import Change


@dataclass(frozen=True, slots=True)
class BlockDue:
    """A block that the other node does not have as it stands. `number` counts its changes; `error` is why it last failed."""

    block: str
    number: int
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class BlockSent(Change):
    """The other node has it; a change since then stays due."""

    due: BlockDue


@dataclass(frozen=True, slots=True)
class BlockUnsent(Change):
    """It did not arrive, and is tried again at `next_at`."""

    due: BlockDue
    next_at: int
    error: str
