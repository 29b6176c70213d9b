"""People of the file as the store takes them: what finds each, what is known of them, where they work.

Owns which attributes may be told of a person, an employment and a commission, and the checks of their values. A value is
never in a fault: only its name and the rule that it breaks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from broker.federation.faults import Faults, Place
from broker.federation.schema import CommissionEntry, FederationFile, PersonEntry, RepresentationEntry, StaffMember
from broker.login.effects import PersonKey
from broker.login.identify import person_keys
from trust_framework.attributes import CATALOGUE, Source, clean
from trust_framework.directory import Commission, StaffEntry, complete
from trust_framework.identifiers import hsa_compare_form
from trust_framework.identity import Attributes, Identity, Subject
from trust_framework.persons import Person
from trust_framework.providers import ProviderTerms
from trust_framework.representation import Organisation, Representation
from trust_framework.roles import FEDERATION, Role
from trust_framework.values import BadValue

PERSONAL_NUMBER: Final = "personalIdentityNumber"
PREVIOUS_NUMBER: Final = "previousPersonalIdentityNumber"
"""The number that somebody had before (a coordination number, mostly): what is known under it is known of the same person."""

NUMBERS: Final = (PERSONAL_NUMBER, PREVIOUS_NUMBER)
EMPLOYEE: Final = "employeeHsaId"
OF_PERSONS: Final = frozenset({Source.LOGIN, Source.PERSON, Source.STAFF, Source.COMMISSION})
OF_STAFF: Final = frozenset({Source.STAFF})
OF_COMMISSIONS: Final = frozenset({Source.COMMISSION})


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the directory lists them; the store finds or gives the person's id by the keys."""

    keys: tuple[PersonKey, ...]
    person: Person
    staff: tuple[StaffEntry, ...] = ()
    roles: tuple[tuple[str, Role], ...] = ()
    """Organisation number, or `federation`, and the role there."""
    name: str = ""
    represented: tuple[Representation, ...] = ()
    """What the file calls the person, and who may act for them; in it people are called as the file calls them."""


def listed(file: FederationFile, faults: Faults, *, test_method: str | None) -> tuple[Listed, ...]:
    """Everybody in the file. What is wrong goes to `faults`; `test_method` is that method's id where it is on."""
    staff = _staff(file, faults)
    _unique_numbers(file.persons, faults)
    roles, represented = _roles(file, faults), _represented(file, faults)
    return tuple(
        replace(
            _listed(person, ("persons", place), staff.get(person.id, ()), faults, test_method),
            roles=tuple(roles.get(person.id, ())),
            name=person.id,
            represented=tuple(represented.get(person.id, ())),
        )
        for place, person in enumerate(file.persons)
    )


def _roles(file: FederationFile, faults: Faults) -> dict[str, list[tuple[str, Role]]]:
    """Who was given which roles, by person."""
    persons, members = {person.id for person in file.persons}, {member.org for member in file.members}
    found: dict[str, list[tuple[str, Role]]] = {}
    seen: dict[str, Place] = {}
    for place, entry in enumerate(file.roles):
        if entry.person not in persons:
            faults.add(("roles", place, "person"), f"no person has the id {entry.person}")
        if entry.org and entry.org not in members:
            faults.add(("roles", place, "org"), f"no member has the organisation number {entry.org}")
        _once(seen, f"{entry.person} {entry.org} {entry.role}", ("roles", place), faults)
        found.setdefault(entry.person, []).append((entry.org or FEDERATION, entry.role))
    return found


def _represented(file: FederationFile, faults: Faults) -> dict[str, list[Representation]]:
    """Who may act for whom, by the person that it is about; for an organisation, by who signs."""
    persons = {person.id for person in file.persons}
    found: dict[str, list[Representation]] = {}
    seen: dict[str, Place] = {}
    for place, entry in enumerate(file.representations):
        for name in ("representative",) if entry.organisation else ("person", "representative"):
            if getattr(entry, name) not in persons:
                faults.add(("representations", place, name), f"no person has the id {getattr(entry, name)}")
        _once(seen, entry.id, ("representations", place, "id"), faults)
        found.setdefault(entry.person or entry.representative, []).append(_representation(entry))
    return found


def _representation(entry: RepresentationEntry) -> Representation:
    return Representation(
        entry.id,
        entry.person,
        entry.representative,
        entry.kind,
        start=entry.start,
        until=entry.until,
        deeds=frozenset(entry.may),
        despite_age=entry.despite_age,
        services=frozenset(entry.services),
        organisation=Organisation(entry.organisation.number, entry.organisation.name) if entry.organisation else None,
    )


def warnings(file: FederationFile) -> Iterator[tuple[Place, str]]:
    """Commissions that lack something mandatory."""
    for at, member in enumerate(file.staff):
        for place, entry in enumerate(member.commissions):
            if not complete(Commission(entry.hsa_id, entry.__pydantic_extra__ or {})):
                yield ("staff", at, "commissions", place), "lacks something mandatory, so nobody can choose it"


def _listed(
    person: PersonEntry, place: Place, staff: Sequence[StaffEntry], faults: Faults, test_method: str | None
) -> Listed:
    attributes = _attributes(person.__pydantic_extra__, OF_PERSONS, place, faults)
    known = Person("", attributes, protected=person.protected, blocked=person.blocked, deceased=person.deceased)
    return Listed(_keys(person.id, attributes, staff, test_method), known, tuple(staff))


def _keys(
    id: str, attributes: Attributes, staff: Sequence[StaffEntry], test_method: str | None
) -> tuple[PersonKey, ...]:
    """What finds the person: the identity number, now and before, each employment's HSA-id, the persona of the test method."""
    numbers = [PersonKey(PERSONAL_NUMBER, value) for name in NUMBERS for value in attributes.get(name, ())]
    employments = [PersonKey(EMPLOYEE, hsa_compare_form(entry.hsa_id)) for entry in staff]
    return tuple(dict.fromkeys((*numbers, *employments, *_persona_keys(id, test_method))))


def _persona_keys(id: str, test_method: str | None) -> tuple[PersonKey, ...]:
    """The key under which the login itself looks a persona up."""
    if test_method is None:
        return ()
    nothing = ProviderTerms(test_method, {}, "", {})
    return person_keys(Identity(test_method, Subject(test_method, "persona", id), "", 0), nothing)


def _staff(file: FederationFile, faults: Faults) -> dict[str, list[StaffEntry]]:
    persons = {person.id for person in file.persons}
    found: dict[str, list[StaffEntry]] = {}
    seen: dict[str, Place] = {}
    for place, member in enumerate(file.staff):
        if member.person not in persons:
            faults.add(("staff", place, "person"), f"no person has the id {member.person}")
        _once(seen, hsa_compare_form(member.hsa_id), ("staff", place, "hsa_id"), faults)
        found.setdefault(member.person, []).append(_employment(member, ("staff", place), seen, faults))
    return found


def _employment(member: StaffMember, place: Place, seen: dict[str, Place], faults: Faults) -> StaffEntry:
    commissions = tuple(
        _commission(entry, (*place, "commissions", at), seen, faults) for at, entry in enumerate(member.commissions)
    )
    attributes = _attributes(member.__pydantic_extra__, OF_STAFF, place, faults)
    return StaffEntry(member.hsa_id, attributes, commissions)


def _commission(entry: CommissionEntry, place: Place, seen: dict[str, Place], faults: Faults) -> Commission:
    """The commission. Several people may act in one, but nobody in the same one twice."""
    _once(seen, f"{place[:2]}{hsa_compare_form(entry.hsa_id)}", (*place, "hsa_id"), faults)
    return Commission(entry.hsa_id, _attributes(entry.__pydantic_extra__, OF_COMMISSIONS, place, faults))


def _attributes(
    given: Mapping[str, tuple[str, ...]] | None, sources: frozenset[Source], place: Place, faults: Faults
) -> Attributes:
    """The values, cleaned; what is no attribute of this kind of entry, or has a value that it cannot have, is a fault."""
    kept: dict[str, tuple[str, ...]] = {}
    for name, values in (given or {}).items():
        row = CATALOGUE.get(name)
        if row is None or row.source not in sources:
            faults.add((*place, name), "is neither a key here nor a catalogue attribute that belongs here")
            continue
        try:
            kept[name] = clean(name, values)
        except BadValue as bad:
            faults.add((*place, name), f"has a value that {row.en.lower()} cannot have ({bad.rule})")
    return kept


def _unique_numbers(persons: Sequence[PersonEntry], faults: Faults) -> None:
    seen: dict[str, Place] = {}
    for place, person in enumerate(persons):
        for name in NUMBERS:
            for number in (person.__pydantic_extra__ or {}).get(name, ()):
                _once(seen, number, ("persons", place, name), faults)


def _once(seen: dict[str, Place], value: str, place: Place, faults: Faults) -> None:
    if value in seen:
        faults.add(place, "belongs to another entry already")
    seen.setdefault(value, place)
