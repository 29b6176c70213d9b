"""Another node of care, whatever is spoken with it: JSON (`care_node`) or the RIV-TA contracts (`care_node_soap`)."""

from typing import Protocol

from broker.care.block_changes import BlockChanges
from trust_framework.blocks import Block


class NodeFailed(Exception):
    """The other node did not answer as it should. `refused`: it did answer, and will not have it."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.why, self.refused = why, refused


class Node(Protocol):
    """The other node. Both raise NodeFailed."""

    def put(self, block: Block) -> None:
        """Have it keep a block of ours as it stands, lifts and end with it."""
        ...

    def changes(self, since: int | None) -> BlockChanges:
        """Blocks that stand there and changed since, all without an instant."""
        ...
