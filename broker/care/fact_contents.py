"""What a fact says, field by field, out of what the caller sent: HSA-ids in compare form, people known to the register.

Owns the types of fields; which fields there are is the kind's affair. What is wrong is refused by the field's name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from broker.care import patients, providers
from broker.care.calling import CareRefused, CareServices, ResultCode
from broker.care.patients import Patient
from broker.login.effects import Change
from trust_framework.access_facts import FactField, FactKind, FieldType
from trust_framework.care import CareProvider
from trust_framework.identifiers import Identifier

LONGEST_WORD: Final = 64
MOST: Final = 50
"""Values of one field."""


@dataclass(frozen=True, slots=True)
class Around:
    """Where a fact is entered, and about whom (None: about the provider's patients all)."""

    kind: FactKind
    provider: CareProvider
    patient: Patient | None
    on: CareServices


Read = tuple[Any, tuple[Change, ...]]
"""A field's value, and what must be made for it: a person whom nobody knew."""


def read(sent: Mapping[str, Any], around: Around) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """What the fact says. Raises CareRefused."""
    fields = {each.name: each for each in around.kind.fields}
    for name in sent:
        if name not in fields:
            raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-field", _short(name))
    says: dict[str, Any] = {}
    made: tuple[Change, ...] = ()
    for name, field in fields.items():
        if name in sent:
            says[name], changes = READERS[field.type](sent[name], field, around)
            made += changes
        elif field.needed:
            raise _wrong(field, "missing-field")
    return says, made


def _short(name: str) -> str:
    return name[:LONGEST_WORD]


def _wrong(field: FactField, why: str = "wrong-field") -> CareRefused:
    return CareRefused(ResultCode.VALIDATION_ERROR, why, field.name)


def _text(value: Any, field: FactField) -> str:
    plain = value.strip() if isinstance(value, str) else ""
    if not plain or len(plain) > LONGEST_WORD:
        raise _wrong(field)
    return plain


def _employee(value: Any, field: FactField, _: Around) -> Read:
    return providers.hsa(_text(value, field), field.name), ()


def _unit(value: Any, field: FactField, around: Around) -> Read:
    return providers.unit(around.provider, _text(value, field), field.name), ()


def _place(value: Any, field: FactField, around: Around) -> Read:
    plain = providers.hsa(_text(value, field), field.name)
    if plain == around.provider.hsa_id:
        return plain, ()
    return providers.unit(around.provider, plain, field.name), ()


def _word(value: Any, field: FactField, _: Around) -> Read:
    plain = _text(value, field)
    if field.choices and plain not in field.choices:
        raise _wrong(field)
    return plain, ()


def _flag(value: Any, field: FactField, _: Around) -> Read:
    if not isinstance(value, bool):
        raise _wrong(field)
    return value, ()


def _day(value: Any, field: FactField, _: Around) -> Read:
    plain = _text(value, field)
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        raise _wrong(field) from None
    if day.isoformat() != plain or not date.min < day < date.max:
        raise _wrong(field)
    return plain, ()


def _fact(value: Any, field: FactField, around: Around) -> Read:
    """The id of another fact of the same patient and provider, which has not ended."""
    found = around.on.store.access_fact(providers.entry_id(_text(value, field), field.name))
    whose = around.patient.person if around.patient else ""
    if found is None or found[1] != whose or (found[0].provider, found[0].kind) != (around.provider.hsa_id, field.of):
        raise _wrong(field, "unknown-fact")
    if found[0].ended is not None:
        raise _wrong(field, "ended")
    return found[0].id, ()


def _person(value: Any, field: FactField, around: Around) -> Read:
    """Somebody by number, who is not the patient: kept with the register's id, by which they ask."""
    if not isinstance(value, Mapping) or value.keys() != {"oid", "value"}:
        raise _wrong(field)
    somebody = patients.somebody(Identifier(_text(value["oid"], field), _text(value["value"], field)), around.on)
    if around.patient and somebody.number == around.patient.number:
        raise _wrong(field, "themself")
    plain = {"oid": somebody.number.oid, "value": somebody.number.value, "person": somebody.person}
    return plain, somebody.changes


Reader = Callable[[Any, FactField, Around], Read]


def _several(one: Reader, same: Callable[[Any], Any] = lambda value: value) -> Reader:
    """A field that has several values: each once, sorted, so that the same sent again is the same."""

    def several(value: Any, field: FactField, around: Around) -> Read:
        if not isinstance(value, list | tuple) or len(value) > MOST:
            raise _wrong(field)
        found = {same(plain): (plain, changes) for plain, changes in (one(each, field, around) for each in value)}
        ordered = [found[key] for key in sorted(found)]
        return [plain for plain, _ in ordered], tuple(change for _, changes in ordered for change in changes)

    return several


READERS: Final[Mapping[FieldType, Reader]] = {
    FieldType.EMPLOYEE: _employee,
    FieldType.EMPLOYEES: _several(_employee),
    FieldType.UNIT: _unit,
    FieldType.PLACE: _place,
    FieldType.PERSON: _person,
    FieldType.PERSONS: _several(_person, lambda person: (person["oid"], person["value"])),
    FieldType.DAY: _day,
    FieldType.WORD: _word,
    FieldType.WORDS: _several(_word),
    FieldType.FLAG: _flag,
    FieldType.FACT: _fact,
}


def employees(says: Mapping[str, Any], kind: FactKind) -> frozenset[str]:
    """Everybody of the staff whom a fact names."""
    return frozenset(says[each.name] for each in kind.fields if each.type is FieldType.EMPLOYEE and each.name in says)


_OF_NOBODY: Final = frozenset({FieldType.DAY, FieldType.WORD, FieldType.WORDS, FieldType.FLAG})


def own_words(says: Mapping[str, Any], kind: FactKind) -> dict[str, Any]:
    """What a fact says that names nobody and nothing else: what its patient may have a copy of."""
    return {each.name: says[each.name] for each in kind.fields if each.type in _OF_NOBODY and each.name in says}


def told(says: Mapping[str, Any], kind: FactKind | None) -> dict[str, Any]:
    """What a fact says, as callers are told: people by number, and not by the register's id."""
    persons = (
        {each.name for each in kind.fields if each.type in {FieldType.PERSON, FieldType.PERSONS}} if kind else set()
    )
    return {name: _without_ids(value) if name in persons else value for name, value in says.items()}


def _without_ids(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {"oid": value["oid"], "value": value["value"]}
    return [_without_ids(each) for each in value]
