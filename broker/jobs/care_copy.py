"""The copy of another node's blocks, read page by page: what changed since the last time, or, when something has ended there,
everything.

What is not in the whole any more ends here. So a block must not be missed because it changes while the whole is read: it then
comes again in a later page, and what changed since the first page is asked for once more before anything ends. What closes is
done as it is read, what opens at the end, if it is not too much (`broker.care.copy_bound`).
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import Final, TypeVar

from broker.care import copy_bound, replicas
from broker.care.block_changes import BlockChanges, Unread
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, carried_out
from broker.care.copies import STATE, UNSETTLED, CopyState, Doubt, foreign, state_of
from broker.care.copy_bound import Held
from broker.care.paging import OVERLAP
from broker.jobs.node import Node, NodeFailed, NodeStore, note
from broker.login.effects import NOTHING, Effects
from trust_framework.blocks import Block
from trust_framework.identifiers import hsa_compare_form

T = TypeVar("T")
_log = logging.getLogger("tillit.jobs")
SYSTEM: Final = Caller(CallerKind.SYSTEM, client="care-node")
MOST_PAGES: Final = 1000
"""Pages of a whole: who has more does not end, or lies."""
AT_ONCE: Final = 500
"""Copies of ours that are compared at a time."""
MOST_OPENED: Final = 20_000
"""Blocks to be opened that are kept in memory; the others come the next time."""
MOST_DOUBTS: Final = 1000
"""Blocks that cannot be read, of which each is remembered: of more nothing is believed."""
MOST_LOGGED: Final = 10
UNREADABLE: Final = "blocks that cannot be kept"
TOO_MUCH: Final = "more would be opened than may be at once"


Alarm = Callable[[Held], Effects]


def silent(_: Held) -> Effects:
    """Nobody is told by mail."""
    return NOTHING


def copy(store: NodeStore, node: Node, on: Callable[[], CareServices], alarm: Alarm = silent) -> None:
    """Bring the copy up to what the other node has. When it cannot be asked, or has a block of nobody knows whom, or would open
    too much, the copy grows old: what is not in it may stand.
    """
    before, now = state_of(store.setting(STATE)), store.clock()
    copying = Copying(store, node, on(), now, doubts=dict(before.doubts))
    try:
        after = copying.delta(before) or copying.whole()
    except NodeFailed as failed:
        note(store, failed.why)
        return
    counted = copying.open(before, alarm)
    if counted is None:
        note(store, TOO_MUCH)
        return
    if not copying.left_out and not copying.cut:
        store.save_setting(STATE, replace(after, doubts=copying.doubts, opened=counted.opened).to_json())
    note(store, UNREADABLE if copying.left_out or copying.doubts else "")


def pages(node: Node, since: int | None) -> Iterator[BlockChanges]:
    """What changed since an instant, until there is no more. Where it is not said whether there is, it is asked again until an
    answer has nothing that the one before had not. Raises NodeFailed.
    """
    seen: frozenset[str] = frozenset()
    for _ in range(MOST_PAGES):
        answer = node.changes(since)
        yield answer
        found = frozenset(block.id for block in answer.blocks) | frozenset(one.id for one in answer.unread)
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
    """One reading, begun at an instant of our clock. `there`: the ids of what was read, in compare form; `doubts`: what could not
    be read, where that is known, `left_out` how many where it is not. `opening`: what it would open, `cut` how much of that for
    the next; `all`: whether what was not read has ended.
    """

    store: NodeStore
    node: Node
    on: CareServices
    began: int
    there: set[str] = field(default_factory=set)
    doubts: dict[str, Doubt] = field(default_factory=dict)
    left_out: int = 0
    opening: dict[str, Block] = field(default_factory=dict)
    cut: int = 0
    all: bool = False

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
        self.doubts.clear()
        self.all = True
        after = self._taken(pages(self.node, None))
        self._taken(pages(self.node, after.next))
        return after

    def _taken(self, found: Iterator[BlockChanges]) -> CopyState:
        """Copy the blocks of other providers than ours, a page at a time. What is committed there while this is read may be
        behind the pages: the next time is asked for what changed since the first of them. When something last ended is
        that of the first, too; it may move once more within a moment, and is then told by no later instant.
        """
        first = last = next(found)
        self._take(first)
        for last in found:  # what the last one says is used
            self._take(last)
        took = self.store.clock() - self.began
        following, ended = last.next - took, first.latest_cancellation
        settled = ended is None or ended < following - OVERLAP
        return CopyState(following, ended if settled else UNSETTLED, self.began)

    def _take(self, found: BlockChanges) -> None:
        for block in found.blocks:
            self._read(block)
        for unread in found.unread:
            self._doubt(unread)

    def _read(self, block: Block) -> None:
        """Take what closes, and remember what would open."""
        id_ = _plain(block.id)
        self.there.add(id_)
        if not foreign(_plain_hsa(block.provider), self.on):
            return
        try:
            opens = self._do(partial(replicas.read, block, opening=False)).result
        except CareRefused as refused:  # one that cannot be kept does not keep back the others
            if len(self.doubts) < MOST_LOGGED:
                _log.warning("a block of the other node cannot be kept: %s", refused.reason)
            self._doubt(Unread(block.id, block.provider, block.patient))
            return
        self.doubts.pop(_hashed(id_), None)
        if opens and (id_ in self.opening or len(self.opening) < MOST_OPENED):
            self.opening[id_] = block
        elif opens:
            self.cut += 1
        else:
            self.opening.pop(id_, None)

    def _doubt(self, unread: Unread) -> None:
        """It may close anything of that patient at that provider, or of any patient there; or anything at all."""
        id_ = _plain(unread.id)
        self.there.add(id_)
        if not foreign(_plain_hsa(unread.provider), self.on):
            return
        try:
            self.doubts[_hashed(id_)] = self._do(partial(replicas.doubtful, unread)).result
        except CareRefused:
            self.left_out += 1
        self.left_out += len(self.doubts) > MOST_DOUBTS

    # --- what it opens

    def open(self, before: CopyState, alarm: Alarm) -> CopyState | None:
        """Do what opens, unless it is too much: the state before, with what was opened counted; None when it is held. It is
        counted, and an acceptance used, before anything is done: who ends in the midst of it does not begin at nothing.
        """
        opens = len(self.opening) + self.cut + sum(1 for _ in self._gone())
        bound = self._bound(opens, before)
        beyond = opens > bound
        if beyond and opens > bound + copy_bound.accepted(self.store, self.began):
            waits = Held(opens, self.store.copies_count(), bound, self.began)
            copy_bound.hold(waits, alarm, self.store)
            _log.error("%s: %d of %d", TOO_MUCH, opens, waits.standing)
            return None
        now = opens - self.cut
        counted = self._counted(0 if beyond else now, before)
        if not self.cut:
            copy_bound.release(self.store, self.began)
        elif beyond:
            copy_bound.use(now, self.store)
        for block in self.opening.values():
            self._do(partial(replicas.read, block))
        for id_ in self._gone():
            self._do(partial(replicas.remove, id_))
        return counted

    def _counted(self, opens: int, before: CopyState) -> CopyState:
        """The state before, with what is opened of the bound; what an operator accepted is aside. It is kept at once: what this
        reading found may not be.
        """
        lately = copy_bound.lately(before, self.began)
        if not opens:
            return replace(before, opened=lately)
        counted = replace(before, opened=(*lately, (self.began, opens)))
        self.store.save_setting(STATE, counted.to_json())
        return counted

    def _bound(self, opens: int, before: CopyState) -> int:
        """How many it may open by itself; copies are counted only where that matters."""
        few = copy_bound.most(0, before, self.on, self.began)
        return few if opens <= few else copy_bound.most(self.store.copies_count(), before, self.on, self.began)

    def _gone(self) -> Iterator[str]:
        """Copies that were not read, where everything was. Those that came since this began are not judged by it."""
        after = ""
        while self.all and (copies := self.store.copies_standing(after, self.began, AT_ONCE)):
            after = copies[-1][0]
            yield from (id_ for id_, provider in copies if id_ not in self.there and foreign(provider, self.on))

    def _do(self, call: Callable[..., Done[T]]) -> Done[T]:
        return carried_out(lambda: call(SYSTEM, self.on, self.store.clock()), self.store)


def _plain(id: str) -> str:
    return id.strip().lower()


def _plain_hsa(provider: str) -> str:
    return hsa_compare_form(provider.strip())


def _hashed(id: str) -> str:
    return sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
