"""What the rows of several rule sets say alike: how a predicate answers, rows that cannot be judged, blocks by provider."""

from collections.abc import Callable, Iterable, Mapping

from trust_framework.blocks import Block, selects
from trust_framework.care import Resource
from trust_framework.care_access import HOLDS, NOTHING, Asking

Blocks = Mapping[str, tuple[Block, ...]]
"""By the provider whose information they close."""


def holds(condition: object) -> tuple[str, ...]:
    """A predicate's answer about nothing that has an id."""
    return HOLDS if condition else NOTHING


def inverted_period(asking: Asking, resource: Resource) -> tuple[str, ...]:
    """What was recorded ends before it begins."""
    return holds(resource.recorded.inverted)


def no_provider(asking: Asking, resource: Resource) -> tuple[str, ...]:
    """Nobody says whose information it is."""
    return holds(not resource.provider)


def other_rules(rules: str) -> Callable[[Asking, Resource], tuple[str, ...]]:
    """For rows that keep each set's answers to its own providers: no law here says what one country's staff see of another's."""

    def under_other_rules(asking: Asking, resource: Resource) -> tuple[str, ...]:
        """Recorded at a care provider whose access is decided by another rule set."""
        provider = asking.facts.providers.get(resource.provider)
        return holds(provider is not None and provider.rules != rules)

    return under_other_rules


def by_provider(blocks: Iterable[Block]) -> Blocks:
    """Blocks in heaps, so that a resource meets its own provider's alone."""
    heaps: dict[str, tuple[Block, ...]] = {}
    for block in blocks:
        heaps[block.provider] = (*heaps.get(block.provider, ()), block)
    return heaps


def selected(blocks: Blocks, resource: Resource) -> tuple[str, ...]:
    """The ids of those blocks that close the resource."""
    here = blocks.get(resource.provider)
    return tuple([block.id for block in here if selects(block, resource)]) if here else NOTHING
