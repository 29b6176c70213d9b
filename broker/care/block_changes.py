"""Which blocks have changed since, for a node that keeps a copy of them (GetBlocks with createdOnOrAfter).

What ended is in no change; that something ended is seen by `latest_cancellation`, and is then read anew as a whole.
"""

from dataclasses import dataclass
from typing import Final

from broker.care import blocks, providers
from broker.care.calling import Caller, CareRefused, CareServices, ResultCode
from trust_framework.blocks import Block

OVERLAP: Final = 60
"""Seconds that one answer reaches back into the one before: what was being committed then is seen twice, never missed."""

MOST: Final = 20_000
NEVER: Final = 0


@dataclass(frozen=True, slots=True)
class BlockChanges:
    """Blocks that stand and changed, from when on to ask the next time, and when one last ended before its time."""

    blocks: tuple[Block, ...]
    next: int
    latest_cancellation: int | None


def changed(named: tuple[str, ...], since: int | None, who: Caller, on: CareServices, now: int) -> BlockChanges:
    """The blocks of the providers that are named, or of all that the caller may act for, changed at or after an instant. A node
    that may keep a copy reads those of every provider.
    """
    blocks.a_node(who)
    if on.register.may_copy(who.client):
        wanted = frozenset(providers.provider(each, on).hsa_id for each in named) or frozenset(on.register.providers)
    else:
        wanted = frozenset(providers.own_provider(each, who, on).hsa_id for each in named) or who.providers
    found: list[Block] = []
    for provider in sorted(wanted):
        found += [block for block, _ in on.store.blocks_changed(provider, since or NEVER, MOST + 1 - len(found))]
        if len(found) > MOST:
            raise CareRefused(ResultCode.ERROR, "too-many", "providers")
    ended = [at for provider in wanted if (at := on.store.latest_cancellation(provider)) is not None]
    return BlockChanges(tuple(block for block in found if block.stands), now - OVERLAP, max(ended, default=None))
