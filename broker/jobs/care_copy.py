"""The copy of another node's blocks, read page by page: what changed since the last time, or, when something has ended there,
everything.

What is not in the whole any more ends here. So a block must not be missed because it changes while the whole is read: it then
comes again in a later page, and what changed since the first page is asked for once more before anything ends.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Final

from broker.care import replicas
from broker.care.block_changes import BlockChanges
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, carried_out
from broker.care.copies import STATE, UNSETTLED, CopyState, foreign, state_of
from broker.care.paging import OVERLAP
from broker.jobs.node import Node, NodeFailed, NodeStore, note
from trust_framework.blocks import Block

_log = logging.getLogger("tillit.jobs")
SYSTEM: Final = Caller(CallerKind.SYSTEM, client="care-node")
MOST_PAGES: Final = 1000
"""Pages of a whole: who has more does not end, or lies."""
AT_ONCE: Final = 500
"""Copies of ours that are compared at a time."""


def copy(store: NodeStore, node: Node, on: Callable[[], CareServices]) -> None:
    """Bring the copy up to what the other node has. When it cannot be asked, or has a block that cannot be kept, the copy grows
    old: what is not in it may stand.
    """
    before, copying = state_of(store.setting(STATE)), Copying(store, node, on(), store.clock())
    try:
        after = copying.delta(before) or copying.whole()
    except NodeFailed as failed:
        note(store, failed.why)
        return
    if not copying.left_out:
        store.save_setting(STATE, after.to_json())
    note(store, "blocks that cannot be kept" if copying.left_out else "")


def pages(node: Node, since: int | None) -> Iterator[BlockChanges]:
    """What changed since an instant, until there is no more. Where it is not said whether there is, it is asked again until an
    answer has nothing that the one before had not. Raises NodeFailed.
    """
    seen: frozenset[str] = frozenset()
    for _ in range(MOST_PAGES):
        answer = node.changes(since)
        yield answer
        found = frozenset(block.id for block in answer.blocks)
        further = since is None or answer.next > since
        more = further and bool(found - seen) if answer.more is None else answer.more
        if not more:
            return
        if not further:
            break
        since, seen = answer.next, found
    raise NodeFailed("no end of changes")


@dataclass
class Copying:
    """One reading, begun at an instant of our clock. `there`: the ids of what was read, in compare form; `left_out`: how many of
    them could not be kept.
    """

    store: NodeStore
    node: Node
    on: CareServices
    began: int
    there: set[str] = field(default_factory=set)
    left_out: int = 0

    def delta(self, before: CopyState) -> CopyState | None:
        """What changed since the last time. None when that is not enough: something ended there, or nothing was copied yet."""
        if before.next is None:
            return None
        found = pages(self.node, before.next)
        first = next(found)
        if first.latest_cancellation != before.latest_cancellation:
            return None
        return self._taken(chain((first,), found))

    def whole(self) -> CopyState:
        """Everything; what is not there has ended."""
        self.there.clear()
        after = self._taken(pages(self.node, None))
        self._taken(pages(self.node, after.next))
        self._end_what_is_gone()
        return after

    def _taken(self, found: Iterator[BlockChanges]) -> CopyState:
        """Copy the blocks of other providers than ours, a page at a time. What is committed there while this is read may be
        behind the pages: the next time is asked for what changed since the first of them. When something last ended is
        that of the first, too; it may move once more within a moment, and is then told by no later instant.
        """
        first = last = next(found)
        self._take(first.blocks)
        for last in found:  # what the last one says is used
            self._take(last.blocks)
        took = self.store.clock() - self.began
        following, ended = last.next - took, first.latest_cancellation
        settled = ended is None or ended < following - OVERLAP
        return CopyState(following, ended if settled else UNSETTLED, self.began)

    def _take(self, blocks: tuple[Block, ...]) -> None:
        self.there.update(block.id.strip().lower() for block in blocks)
        for block in blocks:
            if foreign(block.provider, self.on):
                try:
                    self._do(partial(replicas.put, block))
                except CareRefused as refused:  # one that cannot be kept does not keep back the others
                    self.left_out += 1
                    _log.warning("a block of the other node cannot be kept: %s", refused.reason)

    def _end_what_is_gone(self) -> None:
        """Copies that came since this began are not judged by it."""
        after = ""
        while copies := self.store.copies_standing(after, self.began, AT_ONCE):
            after = copies[-1][0]
            for id_, provider in copies:
                if id_ not in self.there and foreign(provider, self.on):
                    self._do(partial(replicas.remove, id_))

    def _do(self, call: Callable[..., object]) -> None:
        carried_out(lambda: call(SYSTEM, self.on, self.store.clock()), self.store)  # type: ignore[arg-type, return-value]
