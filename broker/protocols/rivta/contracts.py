"""The table of all operations, by the path where each is served."""

from collections.abc import Mapping
from typing import Final

from broker.protocols.rivta import access_log, blocking, consent, relations, replication
from broker.protocols.rivta.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *blocking.OPERATIONS,
    *replication.OPERATIONS,
    *consent.OPERATIONS,
    *relations.OPERATIONS,
    *access_log.OPERATIONS,
)

BY_PATH: Final[Mapping[str, Operation]] = {operation.path: operation for operation in OPERATIONS}
