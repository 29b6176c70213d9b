"""Which blocks have changed since, for a node that keeps a copy of them (GetBlocks with createdOnOrAfter).

They come in pages of whole seconds, the oldest change first: what changes while they are read comes once more, later. What ended
is in no change; that something ended is seen by `latest_cancellation`, and is then read anew as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from broker.care import blocks, providers
from broker.care import patients as known_patients
from broker.care.calling import Caller, CareRefused, CareServices, ResultCode
from broker.care.paging import OVERLAP
from trust_framework.blocks import Block
from trust_framework.care import EVER
from trust_framework.identifiers import Identifier

PAGE: Final = 1000
MOST: Final = 20_000
"""Blocks, or patients, in an answer that has no pages."""
NEVER: Final = 0
EVERYONE: Final = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A block that cannot be read, but for its id, whose information it closes, and about whom, None where that is not told
    either.
    """

    id: str
    provider: str
    patient: Identifier | None = None


@dataclass(frozen=True, slots=True)
class BlockChanges:
    """Blocks that stand and changed, from when on to ask the next time, and when one last ended before its time. `more`: there
    are others from `next` on already; None where that is not said. `unread` came among them.
    """

    blocks: tuple[Block, ...]
    next: int
    latest_cancellation: int | None
    more: bool | None = False
    unread: tuple[Unread, ...] = ()


def changed(named: tuple[str, ...], since: int | None, who: Caller, on: CareServices, now: int) -> BlockChanges:
    """A page of the blocks of the providers that are named, or of all that the caller may act for, changed at or after an
    instant. A node that may keep a copy reads those of every provider.
    """
    return _page(_wanted(named, who, on), NEVER if since is None else since, on, now)


def whole(named: tuple[str, ...], who: Caller, on: CareServices, now: int) -> BlockChanges:
    """As `changed`, of all time and in one, for who knows no pages. Raises CareRefused when they are too many for that."""
    pages = _pages(_wanted(named, who, on), on, now)
    first = last = next(pages)
    found = list(first.blocks)
    for last in pages:  # the last of them says from when on to ask
        found += last.blocks
        _few(len(found))
    return BlockChanges(tuple(found), last.next, first.latest_cancellation)


def of_patient(patient: Identifier, on: CareServices) -> tuple[Block, ...]:
    """Every block of a patient, for who closes by what is told here: also what a court has hidden, or it would be open there."""
    found = known_patients.known(patient, on)
    return () if found is None else on.store.blocks_of(found.person)


def patients(provider: str, who: Caller, on: CareServices, now: int) -> tuple[Identifier, ...]:
    """The patients who have a block that stands at a care provider, each once."""
    found: dict[Identifier, None] = {}
    for page in _pages(_wanted((provider,), who, on), on, now):
        found |= dict.fromkeys(block.patient for block in page.blocks)
        _few(len(found))
    return tuple(found)


def _few(count: int) -> None:
    if count > MOST:
        raise CareRefused(ResultCode.ERROR, "too-many", "providers")


def _pages(wanted: frozenset[str], on: CareServices, now: int) -> Iterator[BlockChanges]:
    since, more = NEVER, True
    while more:
        yield (page := _page(wanted, since, on, now))
        since, more = page.next, bool(page.more)


def _wanted(named: tuple[str, ...], who: Caller, on: CareServices) -> frozenset[str]:
    blocks.a_node(who)
    if on.register.may_copy(who.client):
        return frozenset(providers.provider(each, on).hsa_id for each in named) or frozenset({EVERYONE})
    return frozenset(providers.own_provider(each, who, on).hsa_id for each in named) or who.providers


def _page(wanted: frozenset[str], since: int, on: CareServices, now: int) -> BlockChanges:
    """As many whole seconds as a page holds, or one, if there is more in it. The last minute is one page: something that was
    begun in it may still be committed, so no page ends there. When one last ended is read first: what ends after that moves it.
    """
    settled = now - OVERLAP
    ended = [at for each in wanted if (at := on.store.latest_cancellation(each)) is not None]
    empty = BlockChanges((), settled, max(ended, default=None))
    instants = sorted(at for each in wanted for at in on.store.block_instants(each, since, PAGE + 1))
    if len(instants) <= PAGE or instants[0] >= settled:
        return replace(empty, blocks=_between(wanted, since, EVER, on))
    until = min(max(instants[PAGE], instants[0] + 1), settled)
    return replace(empty, blocks=_between(wanted, since, until, on), next=until, more=True)


def _between(wanted: frozenset[str], since: int, until: int, on: CareServices) -> tuple[Block, ...]:
    found: list[Block] = []
    for each in wanted:
        found += [block for block, _ in on.store.blocks_changed(each, since, until, MOST + 1 - len(found))]
        _few(len(found))
    return tuple(found)
