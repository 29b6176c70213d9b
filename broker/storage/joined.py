"""What this process knows to be on record already: which services a sign-on has joined, so that it is not written again.

A sign-on serves the same service many times. A root is random and never used again, so that what is remembered here can
be of no harm; forgetting it costs one write.
"""

from collections import OrderedDict
from collections.abc import Iterable

from broker.login.effects import AnyChange, Join

REMEMBERED = 10_000
_Names = tuple[str, str]


class Joined:
    """The joins last written, by sign-on and service. `note` is called under a lock of the store; looking is not."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._names: OrderedDict[tuple[str, str], _Names] = OrderedDict()
        self._remembered = remembered

    def unknown(self, changes: Iterable[AnyChange]) -> list[AnyChange]:
        """The changes without the joins that are on record under these names."""
        return [c for c in changes if not (type(c) is Join and self._names.get(_place(c)) == _names(c))]

    def note(self, changes: Iterable[AnyChange]) -> None:
        """These were committed."""
        for change in changes:
            if type(change) is Join:
                self._names[_place(change)] = _names(change)
                while len(self._names) > self._remembered:
                    self._names.popitem(last=False)


def _place(join: Join) -> tuple[str, str]:
    return join.root, join.participant.service


def _names(join: Join) -> _Names:
    return join.participant.subject, join.participant.session
