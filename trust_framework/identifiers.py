"""Identity numbers: how each kind is written, whether a value can be one, and the OID that names the kind.

Owns format checks only; whether a number belongs to somebody is the business of registers. Numbers are kept with their
kind (`Identifier`), never joined on the bare string. Kinds whose check character is not known are not here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

_TWELVE: Final = re.compile(r"[0-9]{12}", re.ASCII)
_TEN: Final = re.compile(r"[0-9]{10}", re.ASCII)
_HSA: Final = re.compile(r"(SE|TST)([0-9]{10}|[0-9]{12})-([A-Z0-9]+)", re.ASCII | re.IGNORECASE)
_HSA_LENGTH: Final = 32  # 31 by the rule, 32 by the service contracts
_VGR: Final = re.compile(r"([0-9]{8})([KMX])([0-9]{2})([0-9])", re.ASCII)
_VARMLAND: Final = re.compile(r"[0-9]{8}S[FUXPL][0-9][A-Z]", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CENTURIES: Final = ("18", "19", "20")
_COORDINATION_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number of a kind. `oid` names the kind, `source` who says so."""

    oid: str
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class IdentifierKind:
    """A kind of number: its OID, its check, and the form in which two of them are compared."""

    name: str
    oid: str
    valid: Callable[[str], bool]
    compare_form: Callable[[str], str] = str


def luhn(digits: str) -> bool:
    """The modulus-10 check over all digits, the last being the check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the sum of two digits
    return total % 10 == 0


def _day(year: str, month: str, day: int) -> date | None:
    try:
        return date(int(year), int(month), day)
    except ValueError:
        return None


def real_date(value: str) -> bool:
    """Whether a value is a date that exists, written YYYY-MM-DD."""
    return bool(_DATE.fullmatch(value)) and _day(value[:4], value[5:7], int(value[8:])) is not None


def _swedish(value: str, added_days: int) -> date | None:
    """The date in a twelve-digit number whose date exists and whose check digit is right, else None."""
    if not _TWELVE.fullmatch(value) or value[:2] not in _CENTURIES or not luhn(value[2:]):
        return None
    return _day(value[:4], value[4:6], int(value[6:8]) - added_days)


def personal_number(value: str) -> bool:
    """Personnummer: YYYYMMDDNNNC (SKV 704), twelve digits without hyphen."""
    return _swedish(value, 0) is not None


def coordination_number(value: str) -> bool:
    """Samordningsnummer: as a personnummer, with 60 added to the day (SKV 707)."""
    return _swedish(value, _COORDINATION_DAYS) is not None


def personal_or_coordination_number(value: str) -> bool:
    """What the attribute personalIdentityNumber may hold (Sweden Connect attribute specification 3.1)."""
    return personal_number(value) or coordination_number(value)


def birth_date(value: str) -> str | None:
    """YYYY-MM-DD out of a personnummer. Not out of a coordination number, whose date may be an assumed one."""
    found = _swedish(value, 0)
    return found.isoformat() if found else None


def organisation_number(value: str) -> bool:
    """Organisationsnummer: ten digits, the third at least 2, Luhn (SKV 709)."""
    return bool(_TEN.fullmatch(value)) and value[2] >= "2" and luhn(value)


def hsa_id(value: str) -> bool:
    """HSA-id: SE (or TST in test), the organisation's number of 10 or 12 digits, a hyphen, letters and digits."""
    return len(value) <= _HSA_LENGTH and bool(_HSA.fullmatch(value))


def hsa_compare_form(value: str) -> str:
    """HSA-ids are compared without regard to case."""
    return value.strip().upper()


def hsa_organisation(value: str) -> str | None:
    """The organisation number inside an HSA-id, ten digits, or None when the value is no HSA-id."""
    found = _HSA.fullmatch(value) if len(value) <= _HSA_LENGTH else None
    return found[2][-10:] if found else None


def stockholm_reserve(value: str) -> bool:
    """Reserve number of Region Stockholm: 99, a year from 1980 to 2299, and Luhn over the last eight digits."""
    return (
        bool(_TWELVE.fullmatch(value)) and value.startswith("99") and "1980" <= value[2:6] <= "2299" and luhn(value[4:])
    )


def inera_reserve(value: str) -> bool:
    """National reserve number once issued by Carelink: the day is 32–59, Luhn over the last ten digits."""
    return (
        bool(_TWELVE.fullmatch(value))
        and "32" <= value[6:8] <= "59"
        and _day(value[:4], value[4:6], 1) is not None
        and luhn(value[2:])
    )


def vastra_gotaland_reserve(value: str) -> bool:
    """Reserve number of Västra Götaland: yyyymmdd, K, M or X, two digits 06–89, Luhn with K=5, M=7, X=8."""
    found = _VGR.fullmatch(value)
    if not found or not "06" <= found[3] <= "89" or _day(value[:4], value[4:6], int(value[6:8])) is None:
        return False
    return luhn(found[1][2:] + {"K": "5", "M": "7", "X": "8"}[found[2]] + found[3] + found[4])


def varmland_reserve(value: str) -> bool:
    """Reserve number of Värmland: yyyymmdd, S, one of F U X P L, a digit, a letter."""
    return bool(_VARMLAND.fullmatch(value)) and _day(value[:4], value[4:6], int(value[6:8])) is not None


KINDS: dict[str, IdentifierKind] = {
    kind.name: kind
    for kind in (
        IdentifierKind("personnummer", "1.2.752.129.2.1.3.1", personal_number),
        IdentifierKind("samordningsnummer", "1.2.752.129.2.1.3.3", coordination_number),
        IdentifierKind("reserve-stockholm", "1.2.752.97.3.1.3", stockholm_reserve),
        IdentifierKind("reserve-vastra-gotaland", "1.2.752.113.11.0.2.1.1.1", vastra_gotaland_reserve),
        IdentifierKind("reserve-varmland", "1.2.752.74.9.2", varmland_reserve),
        IdentifierKind("reserve-inera", "1.2.752.129.2.1.3.2", inera_reserve),
        IdentifierKind("hsa-id", "1.2.752.129.2.1.4.1", hsa_id, hsa_compare_form),
    )
}


def typed(value: str, source: str = "") -> tuple[Identifier, ...]:
    """Every kind that the value can be, in the order of the table. Empty when it can be none."""
    return tuple(Identifier(kind.oid, kind.compare_form(value), source) for kind in KINDS.values() if kind.valid(value))
