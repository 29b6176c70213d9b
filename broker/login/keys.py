"""Changes of the key ring as effects: the rows and their events, in one commit.

What moves a key on is `broker.keys.rotation`'s; here is what a command, a job or a page does with the rows that it gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from broker.audit.events import KeyChanged, KeyChosen
from broker.keys.rows import KeyRow
from broker.login.effects import Change, Effects


@dataclass(frozen=True, slots=True)
class SaveRing(Change):
    """Insert keys, or note their new states. Raises Overtaken when the ring is no longer at the version `expected`."""

    rows: tuple[KeyRow, ...]
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class ChooseKey(Change):
    """This key signs for a service from now on; None for those of its use and algorithm that are active.

    Raises Overtaken when the key was removed meanwhile.
    """

    service: str
    use: str
    alg: str
    kid: str | None
    at: int


class How(StrEnum):
    """How it is known whose client fetched our keys: neither is a proof."""

    SAID = "said"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class KeyFetch:
    """Somebody fetched a document with our keys. `address` is kept as a keyed hash; `service` is what the client said, or the
    one whose client proved itself from there (`how`). `shared` counts the other services of which that is true.
    """

    document: str
    address: str = field(repr=False)
    network: str
    agent: str
    service: str
    first_at: int
    last_at: int
    how: How = How.SAID
    shared: int = 0


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """A service's client proved itself from this address at `at`. The address is kept as a keyed hash."""

    service: str
    address: str = field(repr=False)
    at: int


def moved(changed: Iterable[KeyRow], at: int, expected: str | None = None, by: str = "") -> Effects:
    """The rows that change, with an event each. `by` is a person's id, or the command or job."""
    rows = tuple(changed)
    events = tuple(
        KeyChanged(at=at, use=row.use, kid=row.kid, state=row.state.value, due_at=row.due_at or 0, by=by)
        for row in rows
    )
    return Effects((SaveRing(rows, expected),), events)


def chosen(service: str, row: KeyRow, at: int, by: str, *, back: bool = False) -> Effects:
    """One service is signed for with this key, whichever is active; `back` ends that."""
    change = ChooseKey(service, row.use, row.alg, None if back else row.kid, at)
    return Effects((change,), (KeyChosen(at=at, service=service, use=row.use, kid="" if back else row.kid, by=by),))
