"""Removing the content of leaves whose time is over: each leaves its hash in its place, and the log says what went.

What may go is `broker.audit.retention`'s. An entry of the access log goes with its leaf, and its log id is free again.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, takewhile
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update

from broker.audit.events import ContentRemoved
from broker.audit.removed import Positions, month_of
from broker.audit.retention import Due, Keeping, tally
from broker.audit.tree import leaf_hash
from broker.login.effects import Overtaken
from broker.storage import log, log_rows
from broker.storage.access_log import ACCESS, IDS
from broker.storage.database import Database, Kept, Unit
from broker.storage.log import LOG
from broker.storage.references import REFERENCES

BATCH: Final = 1000
Leaf = tuple[int, bytes, Mapping[str, Any]]
"""A leaf with its position, and what it says."""

_L, _A, _I = LOG.c, ACCESS.c, IDS.c
_REMOVE = Kept(
    update(LOG)
    .where(_L.position == bindparam("row"), _L.removal.is_(None))
    .values(leaf=bindparam("leaf"), evidence=None, removal=bindparam("removal"))
    .returning(_L.record)
)
_CONTENT = Kept(select(_L.position).where(_L.position == bindparam("row"), _L.removal.is_(None)))
_NO_ENTRY = Kept(delete(ACCESS).where(_A.record == bindparam("row"), _A.at == bindparam("at")))
_NO_ID = Kept(delete(IDS).where(_I.record == bindparam("row"), _I.at == bindparam("at")))
_NO_REFERENCE = Kept(delete(REFERENCES).where(REFERENCES.c.position == bindparam("row")))


def due(database: Database, keeping: Keeping) -> Mapping[str, Due]:
    """What would go, by class: a dry run."""
    return tally((leaf for _, leaf in _old(database, keeping)), keeping)


def _old(database: Database, keeping: Keeping) -> Iterator[tuple[int, bytes]]:
    """The leaves that were sealed so long ago that something of them may be due; which, each says itself. Those sealed since
    were recorded since: what has another time in it was recorded by a clock that was wrong, and its turn comes later.
    """
    below = log.size_at(database, keeping.now - keeping.shortest)
    return takewhile(lambda leaf: leaf[0] < below, log_rows.leaves(database, log.LOWEST, BATCH) if below else ())


def has_content(database: Database, position: int) -> bool:
    """Whether a leaf still says something."""
    return database.row(_CONTENT, {"row": position}) is not None


def batches(database: Database, keeping: Keeping) -> Iterator[list[Leaf]]:
    """What is due and not held, a batch at a time."""
    read = ((position, leaf, json.loads(leaf)) for position, leaf in _old(database, keeping))
    found = (row for row in read if keeping.due(row[2]) and not keeping.held(row[2]))
    while batch := list(islice(found, BATCH)):
        yield batch


def remove(unit: Unit, batch: Iterable[Leaf], keeping: Keeping, by: str, at: int) -> int:
    """Remove a batch, but for what a hold has become about since it was read; how many leaves."""
    gone = [row for row in batch if not keeping.held(row[2])]
    if not gone:
        return 0
    removal, positions, archived = secrets.token_urlsafe(12), Positions(), Counter[str]()
    for position, leaf, event in gone:
        _remove(unit, position, leaf, event, removal, archived)
        positions.add(position)
    told = ContentRemoved(
        at=at,
        removal=removal,
        rows=positions.count,
        digest=positions.digest,
        archived=tuple((month, str(number)) for month, number in sorted(archived.items())),
        by=by,
    )
    log.append(unit, (told,))
    return positions.count


def _remove(
    unit: Unit, position: int, leaf: bytes, event: Mapping[str, Any], removal: str, archived: Counter[str]
) -> None:
    changed = unit.rows(_REMOVE, {"row": position, "leaf": leaf_hash(leaf), "removal": removal})
    if len(changed) != 1:
        raise Overtaken("log")
    unit.run(_NO_REFERENCE, {"row": position})
    record = changed[0][0]
    if record is not None:
        entry = {"row": record, "at": event["occurred"]}
        unit.run(_NO_ID, entry)
        if not unit.run(_NO_ENTRY, entry):
            archived[month_of(event["occurred"])] += 1
