"""What a person is called in the consoles: by the directory, by whoever invited them, or by nothing but a short id.

Nobody is told there what a person with protected identity is called (they themselves are): no list, page or file names them.
"""

from collections.abc import Iterable

from broker.care.telling import EMPLOYEE
from broker.login.effects import PersonKey
from broker.web.console.turn import ConsoleTurn
from broker.web.ports import ConsoleStore
from trust_framework.persons import Person, called

SHORT = 8


def name_of(person: str, turn: ConsoleTurn) -> str:
    """The person's name as far as the register knows it and it may be shown; empty for nobody."""
    if not person:
        return ""
    if person == turn.actor.person and turn.actor.name:
        return turn.actor.name
    return named(turn.store.person(person)) or person[:SHORT]


def name_in_files(person: str, turn: ConsoleTurn) -> str:
    """The person's name as `name_of` has it, in what others get to read: who makes a file is not named in it either, when their
    identity is protected.
    """
    known = turn.store.person(person) if person == turn.actor.person else None
    return person[:SHORT] if known and known.protected else name_of(person, turn)


def named(known: Person | None) -> str:
    """The name that may be shown; empty where there is none."""
    if known is None or known.protected:
        return ""
    return called(known.attributes)


class People:
    """The persons that a page is about. A list has them looked up together (`meet`), so that no row asks the database."""

    def __init__(self, store: ConsoleStore) -> None:
        self._store = store
        self._persons: dict[str, Person | None] = {}
        self._employed: dict[str, str] = {}

    def meet(self, persons: Iterable[str] = (), employees: Iterable[str] = ()) -> None:
        """Look up these persons, and who has these employments (HSA-ids in compare form)."""
        new = [each for each in dict.fromkeys(employees) if each and each not in self._employed]
        owners = self._store.person_owners([PersonKey(EMPLOYEE, each) for each in new])
        self._employed |= dict.fromkeys(new, "") | {key.value: id_ for key, id_ in owners.items()}
        wanted = frozenset([*persons, *owners.values()]) - self._persons.keys() - {""}
        self._persons |= dict.fromkeys(wanted)
        self._persons.update(self._store.known_persons(wanted))

    def person(self, id: str) -> Person | None:
        """What the register knows of a person."""
        self.meet((id,))
        return self._persons.get(id)

    def employee(self, hsa_id: str) -> Person | None:
        """What it knows of who has this employment."""
        self.meet(employees=(hsa_id,))
        return self._persons.get(self._employed.get(hsa_id, ""))
