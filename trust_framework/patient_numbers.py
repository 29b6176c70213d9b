"""A patient's number as somebody types it: with or without century, hyphen and spaces; which kind it is, or why it is none.

Owns reading what was typed. Which kinds there are is `identifiers`'s; whether the number belongs to anybody a register's.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Final

from trust_framework.care import PATIENT_KINDS
from trust_framework.identifiers import Identifier, hsa_id, organisation_number

LONGEST: Final = 32
_LEFT_OUT: Final = re.compile(r"[\s\u00a0\u2009\u202f]+")
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212]")
_SHORT: Final = re.compile(r"(?P<day>[0-9]{6})(?P<mark>[-+]?)(?P<end>[0-9]{4})", re.ASCII)
_LONG: Final = re.compile(r"(?P<day>[0-9]{8})-?(?P<end>[0-9A-Z]{4})", re.ASCII)
_COORDINATION_DAYS: Final = 60


class NoPatient(StrEnum):
    """Why what was typed is no patient's number; each is a text `patient-number.<code>`."""

    MISSING = "missing"
    STAFF = "staff"
    ORGANISATION = "organisation"
    DIGITS = "digits"
    UNKNOWN = "unknown"


def read(typed: str, today: date) -> Identifier | NoPatient:
    """The number that was typed, or why it is none. `today` tells the century of a number typed without it."""
    plain = _DASHES.sub("-", _LEFT_OUT.sub("", typed)).upper()
    if not plain:
        return NoPatient.MISSING
    if hsa_id(plain):
        return NoPatient.STAFF
    if organisation_number(plain.replace("-", "")):
        return NoPatient.ORGANISATION
    whole = _whole(plain, today) if len(plain) <= LONGEST else None
    if whole is None:
        return NoPatient.UNKNOWN
    for kind in PATIENT_KINDS:
        if kind.valid(whole):
            return Identifier(kind.oid, whole)
    return NoPatient.DIGITS


def _whole(plain: str, today: date) -> str | None:
    """The twelve characters; None when it has another form."""
    if found := _LONG.fullmatch(plain):
        return found["day"] + found["end"]
    if found := _SHORT.fullmatch(plain):
        return f"{_century(found['day'], found['mark'], today)}{found['day']}{found['end']}"
    return None


def _century(day: str, mark: str, today: date) -> int:
    """The latest in which the day has been; one earlier for who has turned a hundred (a plus sign, SKV 704)."""
    of_month = int(day[4:]) - (_COORDINATION_DAYS if int(day[4:]) > _COORDINATION_DAYS else 0)
    this_year = (today.year % 100, today.month, today.day)
    not_yet = (int(day[:2]), int(day[2:4]), of_month) > this_year
    return today.year // 100 - not_yet - (mark == "+")


def written(patient: Identifier) -> str:
    """The number as people write it."""
    value = patient.value
    return f"{value[:8]}-{value[8:]}" if _LONG.fullmatch(value) else value


def kind_of(patient: Identifier) -> str:
    """The kind's name (personnummer, samordningsnummer, reserve-…), empty for none that is known."""
    return next((kind.name for kind in PATIENT_KINDS if kind.oid == patient.oid), "")
