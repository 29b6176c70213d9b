"""Every kind of event that there is, by its name, from the modules that describe them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from broker.audit import care_events, events, person_events, review_events
from broker.audit.events import Event

MODULES = (events, care_events, person_events, review_events)


@cache
def kinds() -> Mapping[str, type[Event]]:
    """The kinds of event by name. What a module names is a kind; a class that the decorator replaced is none."""
    return {kind.name: kind for module in MODULES for kind in _of(vars(module).values())}


def _of(values: Iterable[object]) -> Iterator[type[Event]]:
    for value in list(values):
        if isinstance(value, type) and issubclass(value, Event) and value.name:
            yield value
