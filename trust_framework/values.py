"""What an attribute's value must look like: length, characters, type.

Owns the cleaning of values that come from outside. Control and direction characters are removed; what then is too long,
or not of the attribute's kind, is refused. Encoding for HTML, XML and logs is the business of whoever writes them.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from trust_framework import identifiers

MAX_VALUES: Final = 100

# C0, C1, direction marks and isolates, line and paragraph separators, zero-width and byte-order marks, surrogates
_UNWANTED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


class BadValue(Exception):
    """A value is not what the attribute holds. Says which rule, never the value."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Check:
    """What a value must be: at most so long, and as `valid` says."""

    max_length: int = 256
    valid: Callable[[str], object] | None = None


def _shaped(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


def _is_json_object(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return False


TEXT: Final = Check()
LONG_TEXT: Final = Check(2048)
CODE: Final = Check(64, _shaped(r"[\x20-\x7e]+"))
DATE: Final = Check(10, identifiers.real_date)
COUNTRY: Final = Check(2, _shaped(r"[A-Z]{2}"))
GENDER: Final = Check(1, _shaped(r"[MFU]"))
PHONE: Final = Check(32, _shaped(r"\+?[0-9 ()/.-]{3,}"))
MAIL: Final = Check(254, _shaped(r"[^\s@<>\"]+@[A-Za-z0-9.-]+"))
BASE64: Final = Check(65536, _shaped(r"[A-Za-z0-9+/]+={0,2}"))
JSON: Final = Check(4096, _is_json_object)
PERSONAL_NUMBER: Final = Check(12, identifiers.personal_or_coordination_number)
COORDINATION_NUMBER: Final = Check(12, identifiers.coordination_number)
ORGANISATION_NUMBER: Final = Check(10, identifiers.organisation_number)
HSA_ID: Final = Check(32, identifiers.hsa_id)
AFFILIATION: Final = Check(256, _shaped(r".+@[0-9]{10}"))
PRID: Final = Check(33, _shaped(r"[A-Z]{2}:[0-9a-z][0-9a-z-]{8,28}[0-9a-z]"))
PRID_PERSISTENCE: Final = Check(1, _shaped(r"[ABC]"))
EIDAS_ID: Final = Check(256, _shaped(r"[A-Z]{2}/[A-Z]{2}/.+"))
EPOCH: Final = Check(12, _shaped(r"[0-9]+"))


def cleaned(text: str) -> str:
    """The text without control and direction characters, trimmed."""
    return _UNWANTED.sub("", text).strip()


def checked(values: Iterable[str], check: Check, *, multi_valued: bool) -> tuple[str, ...]:
    """The values cleaned, empty ones and repetitions left out. Raises BadValue.

    A single-valued attribute with two values is refused whole: nobody here can tell which one is right.
    """
    kept: dict[str, None] = {}
    for value in values:
        if len(value) > 2 * check.max_length:
            raise BadValue("too-long")
        if text := cleaned(value):
            kept[text] = None
        if len(kept) > (MAX_VALUES if multi_valued else 1):
            raise BadValue("too-many")
    for text in kept:
        if len(text) > check.max_length:
            raise BadValue("too-long")
        if check.valid is not None and not check.valid(text):
            raise BadValue("malformed")
    return tuple(kept)
