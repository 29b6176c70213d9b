"""Whose log somebody reviews: the care providers that the member of the path is, and what calls work with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from broker.care import telling
from broker.care.calling import Caller, CallerKind, CareRefused, ResultCode
from broker.care.filings import ReviewServices
from broker.login.effects import PersonKey
from broker.login.handles import new_reference
from broker.web.console.people import People, named
from broker.web.console.sheet import Narrowing
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names, in_language
from trust_framework import patient_numbers
from trust_framework.access_log import AccessRow
from trust_framework.care import CareProvider, patient_key
from trust_framework.days import day_of
from trust_framework.identifiers import Identifier
from trust_framework.patient_numbers import NoPatient
from trust_framework.staff_told import AsTold

PROVIDER: Final = "vg"
MASKED: Final = "••••"


@dataclass(frozen=True, slots=True)
class Desk:
    """The review of one care provider by the person of the turn. `provider` is None when the member is none."""

    turn: ConsoleTurn
    on: ReviewServices
    who: Caller
    providers: tuple[CareProvider, ...]
    provider: CareProvider | None
    people: People

    @property
    def id(self) -> str:
        """The HSA-id of the provider; empty when there is none."""
        return self.provider.hsa_id if self.provider else ""

    def at(self, part: str = "", **query: str) -> str:
        """A path of these pages, which keeps the provider where there are several."""
        more = {**({PROVIDER: self.id} if len(self.providers) > 1 else {}), **{k: v for k, v in query.items() if v}}
        return self.turn.at(part) + (f"?{_query(more)}" if more else "")

    def of(self, provider: str) -> "Desk":
        """The desk of the provider whose log something is of, whichever the address names: a reading is recorded with it, and
        links lead back to it. Raises Missing for another's.
        """
        if provider not in self.who.providers:
            raise Missing
        return replace(self, provider=self.on.register.providers[provider])

    def name(self, names: Names, otherwise: str = "") -> str:
        """A name in the reader's language."""
        return in_language(names, self.turn.frame.language) or otherwise

    def unit(self, unit: str) -> str:
        """What a unit is called, else its HSA-id."""
        owner = self.on.register.provider_of_unit(unit) if unit else None
        return self.name(owner.units[unit].names, unit) if owner and unit in owner.units else unit

    def staff(self, employee: str) -> str:
        """Who an employee is: by the directory, with the HSA-id; of one with protected identity the HSA-id alone."""
        return _with_id(named(self.people.employee(employee)), employee)

    def accessed_by(self, row: AsTold) -> str:
        """Who accessed: by what the entry tells, with the HSA-id; where an own provider's tells no name, by the directory."""
        one = row.record
        own = one.provider in self.who.providers
        return self.staff(one.user) if own and not one.user_name else _with_id(one.user_name, one.user)

    def told(self, rows: Sequence[AccessRow]) -> tuple[AsTold, ...]:
        """Entries of the log as a reviewer is told them; everybody in them is looked up at once."""
        found = telling.told_inside(rows, self.who.providers, self.on.store, self.on.register)
        self.people.meet((row.person for row in rows), (row.record.user for row in rows))
        return found

    def patient(self, person: str, number: Identifier | None, *, whole: bool = False) -> str:
        """Whom it is about: name and number. A person with protected identity has neither in a list, and the number alone on the
        page of one case (`whole`).
        """
        shown = patient_numbers.written(number) if number else ""
        if self.hidden(person):
            return shown if whole else MASKED
        return _with_id(named(self.people.person(person) if person else None), shown)

    def hidden(self, person: str) -> bool:
        """Whether the person has protected identity."""
        known = self.people.person(person) if person else None
        return known is not None and known.protected

    def choice(self) -> tuple[Narrowing, ...]:
        """Which provider, where there are several."""
        if len(self.providers) < 2:  # noqa: PLR2004  # one needs no choice
            return ()
        options = tuple((each.hsa_id, each.names or {"sv": each.hsa_id}) for each in self.providers)
        return (Narrowing(name=PROVIDER, said="review.provider", options=options, chosen=self.id),)


def _with_id(name: str, id_: str) -> str:
    """A name with what it is an id or a number of; either alone where there is no other."""
    return f"{name} ({id_})" if name and id_ else name or id_


def _query(more: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(more)


def services(turn: ConsoleTurn) -> ReviewServices:
    """What calls work with."""
    federation = turn.on.services.federation()
    return ReviewServices(turn.store, federation.care, federation.version)


def desk(turn: ConsoleTurn) -> Desk:
    """The desk of the turn: the provider that the address names, or the first. Raises Missing for another's."""
    on = services(turn)
    own = on.register.of_member(turn.org)
    providers = tuple(on.register.providers[each] for each in sorted(own))
    who = Caller(CallerKind.STAFF, person=turn.actor.person, member=turn.org, providers=own, reference=new_reference())
    wanted = turn.query.get(PROVIDER, "") or turn.sent.fields.get(PROVIDER, "")
    if wanted and wanted not in own:
        raise Missing
    chosen = on.register.providers[wanted] if wanted else next(iter(providers), None)
    return Desk(turn, on, who, providers, chosen, People(turn.store))


def missing(refused: CareRefused) -> bool:
    """Whether it was refused since there is no such thing."""
    return refused.code is ResultCode.NOTFOUND


def today(turn: ConsoleTurn) -> date:
    """The Swedish day."""
    return day_of(turn.now)


def person_by_number(typed: str, turn: ConsoleTurn) -> tuple[str, str]:
    """Who has a number that was typed: the register's id, and else the text that says why there is none."""
    number = patient_numbers.read(typed, today(turn))
    if isinstance(number, NoPatient):
        return "", "review.number.wrong"
    found = turn.store.persons_by_keys((PersonKey(*patient_key(number)),))
    return (next(iter(found)), "") if len(found) == 1 else ("", "review.number.unknown")
