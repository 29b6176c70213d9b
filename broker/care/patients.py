"""Patients among the persons of the register. A patient need not have a login: the first entry about one makes the person."""

import secrets
from dataclasses import dataclass

from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, ResultCode
from broker.login.effects import Change, KeepPerson, PersonKey
from trust_framework.care import Patient as Described
from trust_framework.care import patient_identifier, patient_key
from trust_framework.feigned_numbers import feigned
from trust_framework.identifiers import Identifier, birth_date


@dataclass(frozen=True, slots=True)
class Patient:
    """Whom an entry is about: the number in compare form, the register's id, and what makes a new person of one."""

    number: Identifier
    person: str
    changes: tuple[Change, ...] = ()


def number(value: Identifier, on: CareServices, field: str = "patient") -> Identifier:
    """The number in compare form. Raises CareRefused when there is no such kind, the value cannot be one of it, or it may be a
    real person's where nothing is real.
    """
    found = patient_identifier(value.oid, value.value)
    if found is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "patient-number", field)
    if not taken(found.value, on):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "real-number", field)
    return found


def taken(value: str, on: CareServices) -> bool:
    """Whether somebody's number is taken here: in test and in the demonstration, where it is known to be nobody's (threats
    IS-24).
    """
    return on.feigned is None or feigned(value, on.feigned)


def known(value: Identifier, on: CareServices) -> Patient | None:
    """The patient, None when nobody known has this number."""
    plain = number(value, on)
    person = on.store.patient(plain)
    return None if person is None else Patient(plain, person)


def somebody(value: Identifier, on: CareServices) -> Patient:
    """Whom a number is about, made a person if need be."""
    plain = number(value, on)
    person = on.store.patient(plain)
    if person is not None:
        return Patient(plain, person)
    new = secrets.token_urlsafe(16)
    return Patient(plain, new, (KeepPerson(new, (PersonKey(*patient_key(plain)),)),))


def patient(value: Identifier, who: Caller, on: CareServices) -> Patient:
    """The patient that an entry is to be about. A patient enters nothing about anybody else: who speaks for a child cannot set
    its blocks.
    """
    found = somebody(value, on)
    if who.kind is CallerKind.PATIENT and found.person != who.person:
        raise CareRefused(ResultCode.ACCESSDENIED, "guardian", "patient")
    return found


def described(found: Patient, on: CareServices) -> Described:
    """What a decision knows of the patient."""
    person = on.store.person(found.person)
    attributes = person.attributes if person else {}
    born = next(iter(attributes.get("dateOfBirth", ())), "") or birth_date(found.number.value) or ""
    protected, deceased = (person.protected, person.deceased) if person else (False, False)
    return Described(found.person, born, protected, deceased)
