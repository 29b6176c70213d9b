"""An access to a patient's information in plain words, for the patient: who read what, at which unit, when, why.

Owns the sentences, in both languages. A code that has no words here is never shown; who is named is `staff_told`'s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trust_framework.access_log import AccessRecord
from trust_framework.care import Activity, Purpose
from trust_framework.care_register import CareRegister
from trust_framework.identifiers import hsa_compare_form, hsa_id
from trust_framework.staff_told import AsTold

Words = tuple[str, str]
"""Swedish, English."""

DID: Final[Mapping[str, Words]] = {
    Activity.READ: ("läste {things}", "read {things}"),
    Activity.WRITE: ("skrev i {things}", "wrote in {things}"),
    Activity.SIGN: ("signerade {things}", "signed {things}"),
    Activity.PRINT: ("skrev ut {things}", "printed {things}"),
    Activity.COUNTERSIGN: ("godkände {things}", "countersigned {things}"),
    Activity.DELETE: ("tog bort {things}", "deleted {things}"),
    Activity.EMERGENCY: ("öppnade {things} i en nödsituation", "opened {things} in an emergency"),
}
WHY: Final[Mapping[str, Words]] = {
    Purpose.CARE: ("Vård och behandling", "Care and treatment"),
    Purpose.QUALITY: ("Vårdens kvalitet", "Quality of care"),
    Purpose.OTHER_DOCUMENTATION: ("Annat som lagen kräver", "Other records that the law asks for"),
    Purpose.STATISTICS: ("Statistik", "Statistics"),
    Purpose.ADMINISTRATION: ("Administration", "Administration"),
    Purpose.QUALITY_REGISTRY: ("Kvalitetsregister", "Quality register"),
}
EMERGENCY: Final[Words] = ("Nödöppning", "Opened in an emergency")
_SOMETHING: Final[Words] = ("uppgifter", "information")
_MORE: Final[Words] = ("andra uppgifter", "other information")
_THINGS: Final[Mapping[str, Words]] = {
    "lak": ("läkemedel", "medicines"),
    "läkemedel": ("läkemedel", "medicines"),
    "upp": ("varningar och viktiga uppgifter", "warnings and important notes"),
    "uppmärksamhetsinformation": ("varningar och viktiga uppgifter", "warnings and important notes"),
    "und": ("provsvar och undersökningar", "test results and examinations"),
    "undersökningsresultat": ("provsvar och undersökningar", "test results and examinations"),
    "provsvar": ("provsvar", "test results"),
    "vko": ("besök och andra kontakter", "visits and other contacts"),
    "vårdkontakt": ("besök och andra kontakter", "visits and other contacts"),
    "dia": ("diagnoser", "diagnoses"),
    "diagnos": ("diagnoser", "diagnoses"),
    "voo": ("anteckningar", "notes"),
    "vårddokumentation": ("anteckningar", "notes"),
    "journalanteckning": ("anteckningar", "notes"),
    "journaltext": ("anteckningar", "notes"),
    "remiss": ("remisser", "referrals"),
    "vaccination": ("vaccinationer", "vaccinations"),
}
"""Types of information by code or word, in lower case. `lak` and `upp` are those of the block contract; the other codes are
those usual in the national exchange, unverified.
"""
_PLAIN: Final = re.compile(r"[^\W\d_]{5,}(?: [^\W\d_]+){0,4}")


@dataclass(frozen=True, slots=True)
class Told:
    """An access as a patient reads it. `did` is a sentence without its subject; `who` is empty where no name may be told;
    `source` names whose information it was when it was another provider's.
    """

    id: str
    at: int
    unit: str
    provider: str
    did: str
    why: str
    emergency: bool
    role: str = ""
    who: str = ""
    source: str = ""

    @property
    def sentence(self) -> str:
        """All of it: who did what."""
        return f"{self.unit or self.provider} {self.did}."


def told(row: AsTold, language: str, register: CareRegister, *, own: bool) -> Told:
    """The access in words. `own`: it is the reader's information."""
    record = row.record
    emergency = record.activity == Activity.EMERGENCY
    source = record.resources[0]
    foreign = hsa_compare_form(source.provider) != hsa_compare_form(record.provider)
    return Told(
        row.id,
        record.at,
        _unit(record.unit, record.unit_name, language, register),
        _provider(record.provider, record.provider_name, language, register),
        _in(DID.get(record.activity, DID[Activity.READ]), language).format(things=_things(record, language, own=own)),
        _in(EMERGENCY if emergency else WHY.get(record.purpose, ("", "")), language),
        emergency,
        role=_plain(record.title) or _plain(record.assignment),
        who=record.user_name,
        source=_provider(source.provider, source.provider_name, language, register) if foreign else "",
    )


def _things(record: AccessRecord, language: str, *, own: bool) -> str:
    """What it was, each thing once; what has no words of ours is information, or other information."""
    types = tuple(dict.fromkeys(one.type.strip().casefold() for one in record.resources))
    said = list(dict.fromkeys(_in(_THINGS[one], language) for one in types if one in _THINGS))
    others = [one for one in types if one not in _THINGS]
    if others:
        said.append(_others(others, _MORE if said else _SOMETHING, language))
    whole = _listed(said, language)
    if not own:
        return whole
    return f"dina {whole}" if language == "sv" else f"your {whole}"


def _others(types: list[str], words: Words, language: str) -> str:
    """What has no words of ours, with its own where they are words of the language."""
    plain = [one for one in types if language == "sv" and _PLAIN.fullmatch(one)]
    return f"{_in(words, language)} ({', '.join(plain)})" if plain else _in(words, language)


def _listed(said: list[str], language: str) -> str:
    *first, last = said
    return f"{', '.join(first)}{' och ' if language == 'sv' else ' and '}{last}" if first else last


def _unit(id: str, name: str, language: str, register: CareRegister) -> str:
    """What the unit is called: as the register says, else as the record does; nothing when neither has a name."""
    provider = register.provider_of_unit(id)
    known = provider.units[hsa_compare_form(id)].names if provider else {}
    return named(known, language) or name


def _provider(id: str, name: str, language: str, register: CareRegister) -> str:
    provider = register.provider(id)
    return (
        (named(provider.names, language) if provider else "")
        or name
        or _in(("En vårdgivare", "A care provider"), language)
    )


def named(names: Mapping[str, str], language: str) -> str:
    """A name in a language, else in Swedish, else any; nothing where only an HSA-id stands for one."""
    found = names.get(language) or names.get("sv") or next(iter(names.values()), "")
    return "" if hsa_id(found) else found


def _plain(text: str) -> str:
    """A title or an assignment, when it is words and no code."""
    stripped = text.strip()
    return stripped if any(c.islower() for c in stripped) and not _CODE.search(stripped) else ""


_CODE: Final = re.compile(r"\d{3,}|[A-Z]{2}\d")


def _in(words: Words, language: str) -> str:
    return words[0] if language == "sv" else words[1]
