"""Where somebody of the care staff acts: in which commission, for which care provider, with which patient before them.

The commission stands in the address; it must be one of the person's own. The patient stands there as a sealed handle, good for
the person and the commission that it was made for: no number is ever in an address, and another's handle finds nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final

from broker.care.acting import care_callers
from broker.care.calling import Caller, CareServices, services_of
from broker.exchange import Reply
from broker.keys.sealing import Unsealable
from broker.login.handles import new_reference
from broker.web.console.care_pages import Around, Banner, Part
from broker.web.console.row import CARE
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from metadata.wire.base64url import base64url, octets_of
from trust_framework import patient_numbers
from trust_framework.care import CareActor, CareProvider
from trust_framework.identifiers import Identifier, birth_date, hsa_compare_form
from trust_framework.persons import called

GOOD_FOR: Final = 8 * 3600
"""Seconds for which a patient's handle is good: a working day."""

PURPOSE: Final = "care-patient"
_BETWEEN: Final = "|"


@dataclass(frozen=True)
class Desk:
    """A commission that the person of the turn acts in. `only`: they have no other."""

    turn: ConsoleTurn
    caller: Caller
    actor: CareActor
    provider: CareProvider
    only: bool = False

    @property
    def id(self) -> str:
        """The commission's HSA-id in compare form."""
        return self.actor.commission

    @property
    def unit(self) -> str:
        """The care unit's HSA-id in compare form; empty for a commission directly under the provider."""
        return self.actor.unit

    @property
    def registrar(self) -> bool:
        """Whether the provider's register of blocks is in this person's hands."""
        return bool(self.provider.registrars & self.caller.system_roles)

    @property
    def services(self) -> CareServices:
        """What calls work with."""
        return services_of(self.turn.on.services)

    def at(self, part: str = "") -> str:
        """A path of this commission's pages."""
        return f"{CARE}/{self.id}{part}"

    def place(self) -> dict[str, str]:
        """Provider, unit and commission, as events name them."""
        return {"provider": self.provider.hsa_id, "unit": self.unit, "commission": self.id}

    def unit_names(self, unit: str) -> Names:
        """What a unit of any provider is called; its id when nobody has named it."""
        owner = self.services.register.provider_of_unit(unit)
        names = owner.units[hsa_compare_form(unit)].names if owner else {}
        return names or ({"sv": unit} if unit else {})

    def provider_names(self, provider: str) -> Names:
        """What a care provider is called."""
        found = self.services.register.provider(provider)
        return (found.names if found else {}) or {"sv": provider}

    def around(self) -> Around:
        """What stands above a page without a patient."""
        return Around(
            commission=self.caller.staff.assignment_name,
            provider=self.provider_names(self.provider.hsa_id),
            unit=self.unit_names(self.unit),
            search=self.at(),
            change="" if self.only else CARE,
            registrar=self.registrar,
        )


def desks(turn: ConsoleTurn) -> tuple[Desk, ...]:
    """The commissions for care that the person has at a provider of the register, in the directory's order."""
    on = services_of(turn.on.services)
    found = []
    for caller in care_callers(turn.actor.person, on, new_reference()):
        actor, provider = caller.actor, on.register.provider(caller.actor.provider) if caller.actor else None
        if actor and provider:
            found.append(Desk(turn, caller, actor, provider))
    return tuple(replace(each, only=len(found) == 1) for each in found)


def desk(turn: ConsoleTurn, commission: str) -> Desk:
    """The person's own commission of this id. Raises Missing."""
    wanted = hsa_compare_form(commission)
    for found in desks(turn):
        if found.id == wanted:
            return found
    raise Missing


# --- a patient


@dataclass(frozen=True)
class Bedside:
    """A patient before somebody who acts. `person` is the register's id, None for a number that nobody is known by."""

    desk: Desk
    patient: Identifier
    handle: str
    person: str | None

    @property
    def turn(self) -> ConsoleTurn:
        return self.desk.turn

    def at(self, part: str = "") -> str:
        """A path of the patient's pages."""
        return self.desk.at(f"/{self.handle}{part}")

    def around(self, current: str = "") -> Around:
        """What stands above a page of the patient's."""
        plain = self.desk.around()
        names = ("patient", *(("sparrar",) if self.desk.registrar else ()), "samtycken", "relationer")
        parts = tuple(
            Part(name=name, url=self.at("" if name == "patient" else f"/{name}"), current=name == current)
            for name in names
        )
        return Around(
            commission=plain.commission,
            provider=plain.provider,
            unit=plain.unit,
            search=plain.search,
            change=plain.change,
            registrar=plain.registrar,
            patient=self._banner(),
            parts=parts,
        )

    def _banner(self) -> Banner:
        known = self.turn.store.person(self.person) if self.person else None
        attributes = known.attributes if known and not known.protected else {}
        return Banner(
            number=patient_numbers.written(self.patient),
            kind=patient_numbers.kind_of(self.patient),
            name=called(attributes),
            born=birth_date(self.patient.value) or "",
            protected=bool(known and known.protected),
        )


def handle_of(desk: Desk, patient: Identifier) -> str:
    """The name that a patient has in addresses, for this person in this commission, for a working day."""
    until = str(desk.turn.now + GOOD_FOR)
    plain = _BETWEEN.join((until, desk.turn.actor.person, desk.id, patient.oid, patient.value))
    sealed = desk.turn.on.services.keys().vault.seal(PURPOSE, plain.encode())
    return base64url(sealed)


def _opened(desk: Desk, handle: str) -> tuple[Identifier, bool]:
    """The patient that a handle names, and whether it is still good. Raises Missing for another's, or none of ours."""
    try:
        sealed = octets_of(handle)
        plain = desk.turn.on.services.keys().vault.open(PURPOSE, sealed).decode()
    except (ValueError, Unsealable) as error:
        raise Missing from error
    until, person, commission, oid, value = plain.split(_BETWEEN)
    if (person, commission) != (desk.turn.actor.person, desk.id):
        raise Missing
    return Identifier(oid, value), desk.turn.now < int(until)


View = Callable[..., Reply]


def at_desk(view: Callable[..., Reply]) -> View:
    """A view of a commission, which the address names."""

    @wraps(view)
    def resolved(turn: ConsoleTurn, commission: str, **parts: Any) -> Reply:
        return view(desk(turn, commission), **parts)

    return resolved


def at_bedside(view: Callable[..., Reply]) -> View:
    """A view of a patient, whom the address names; a handle that has grown old leads back to the search."""

    @wraps(view)
    def resolved(turn: ConsoleTurn, commission: str, patient: str, **parts: Any) -> Reply:
        here = desk(turn, commission)
        found, good = _opened(here, patient)
        if not good:
            return turn.see(here.at(), notice="care-again")
        return view(Bedside(here, found, patient, here.services.store.patient(found)), **parts)

    return resolved


def for_registrars(view: Callable[..., Reply]) -> View:
    """A view of a patient that only registrars have; for anybody else it does not exist."""

    @wraps(view)
    def resolved(place: Bedside, **parts: Any) -> Reply:
        if not place.desk.registrar:
            raise Missing
        return view(place, **parts)

    return at_bedside(resolved)
