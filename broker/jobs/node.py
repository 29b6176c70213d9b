"""Another node of care, whatever is spoken with it: JSON (`care_node`) or the RIV-TA contracts (`care_node_soap`); and what is
noted of it.
"""

from typing import Any, Final, Protocol

from broker.audit.care_events import CareNodeFailing, CareNodeWorking
from broker.care.block_changes import BlockChanges
from broker.care.outbox import BlockDue
from broker.care.ports import CareStore
from broker.login.effects import Effects
from trust_framework.blocks import Block

ERROR: Final = "care-node-error"


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
        """A page of the blocks that stand there and changed since, of all without an instant."""
        ...


class NodeStore(CareStore, Protocol):
    """What keeping up needs of the store."""

    def clock(self) -> int: ...

    def save_setting(self, name: str, value: Any) -> None: ...

    def blocks_due(self, count: int) -> tuple[BlockDue, ...]: ...

    def copies_standing(self, after: str, before: int, count: int) -> tuple[tuple[str, str], ...]: ...

    def copies_count(self) -> int: ...


def note(store: NodeStore, error: str) -> None:
    """Record when the other node begins to fail, fails otherwise, or works again."""
    if (store.setting(ERROR) or "") == error:
        return
    at = store.clock()
    event = CareNodeFailing(at=at, error=error) if error else CareNodeWorking(at=at)
    store.commit(Effects(events=(event,)))
    store.save_setting(ERROR, error)
