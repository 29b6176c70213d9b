"""Identifiers that people take for one another: the same skeleton, after Unicode Technical Standard 39 section 4.

Owns what two identifiers may differ in and still be taken for the same: case, scheme, port, a slash at the end, escapes,
punycode, unseen letters, and letters of other scripts or digits of the same shape. The letters are those of Greek, Cyrillic
and Armenian that look like Latin ones in common type, not the whole table of the standard.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_SHAPES: Final = {
    "a": "аα", "b": "ЬВβЪ", "c": "сϲ", "d": "ԁ", "e": "еεҽ", "g": "ց", "h": "һհ", "i": "іιı1l|ӏǀ", "j": "јϳ",
    "k": "кκ", "m": "м", "n": "пոη", "o": "оοօ0ө", "p": "рρ", "q": "ԛզ", "r": "г", "s": "ѕ", "t": "тτ", "u": "υսц",
    "v": "νѵ", "w": "ԝωա", "x": "хχ", "y": "уγү", "z": "ᴢ",
}  # fmt: skip
_PROTOTYPE: Final = str.maketrans(
    {shape: letter for letter, shapes in _SHAPES.items() for shape in (*shapes, *shapes.casefold())}
)
_PAIRS: Final = (("rn", "m"), ("vv", "w"))
_SCHEME = re.compile(r"^(?:https?|HTTPS?)://", re.IGNORECASE)
_PORT = re.compile(r"^([^/?#]*?):\d+(?=[/?#]|$)")
_UNSEEN: Final = frozenset({"Mn", "Me", "Cc", "Cf", "Zs", "Zl", "Zp"})


def skeleton(identifier: str) -> str:
    """What is left of an identifier when all is gone that people do not see or tell apart."""
    rest = _SCHEME.sub("", identifier.strip())
    rest = _PORT.sub(r"\1", rest).rstrip("/")
    host, slash, path = rest.partition("/")
    plain = ".".join(_unpunycoded(label) for label in host.split(".")) + slash + unquote(path)
    seen = unicodedata.normalize("NFKD", plain).casefold().translate(_PROTOTYPE)
    seen = "".join(letter for letter in seen if unicodedata.category(letter) not in _UNSEEN)
    for pair, letter in _PAIRS:
        seen = seen.replace(pair, letter)
    return seen


def _unpunycoded(label: str) -> str:
    """A label of a host name as it is shown (RFC 5890 section 2.3.2.1), itself when it is no A-label."""
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
