"""Numbers of people who do not exist: what may be used where nothing is real (no operational data in test, IS-24).

Owns which numbers are known to be nobody's. A number that is not is taken for a real person's, whoever says otherwise: an
installation names further ones of the official list of test numbers itself.
"""

from collections.abc import Iterable
from typing import Final

SERIES: Final = ((238, 239), (980, 999))
"""Birth numbers that the official list of test personal numbers uses, first and last of each series. Unverified: the list is
published as numbers, and not as a rule.
"""

PERSONS: Final = frozenset({"191212121212", "195006262546", "197309069289", "198906059483", "197010632391"})
"""Test persons that public documents of the sector use."""

_BIRTH_NUMBER: Final = slice(8, 11)


def feigned(number: str, more: Iterable[str] = ()) -> bool:
    """Whether a number (twelve digits) is known to be nobody's. `more` are those that the installation names."""
    plain = number.replace("-", "").strip()
    if plain in PERSONS or plain in frozenset(more):
        return True
    birth = plain[_BIRTH_NUMBER]
    return len(plain) == 12 and birth.isdigit() and any(first <= int(birth) <= last for first, last in SERIES)  # noqa: PLR2004  # digits
