"""Names by which others know an entity (entityID, client_id, addresses for answers, hosts): one holder each, and a year of
rest (karantän) after release.

Owns when two spellings are one name, when two names look alike, and whether a name is free for somebody. Where names are
kept is `broker.storage.names`; which names a content has `broker.federation.names`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

DAY: Final = 86_400
QUARANTINE: Final = 366 * DAY
"""How long a released name stays its old holder's (FR-02: a year or more)."""


class NameKind(StrEnum):
    """What a name is. A host may serve several members at once, and is only guarded once it is released."""

    ENTITY_ID = "entity_id"
    CLIENT_ID = "client_id"
    ADDRESS = "address"
    HOST = "host"


SHARED: Final = frozenset({NameKind.HOST})
"""Names that several members may have at once: a supplier's host. Proof of the host is asked of each."""

ONE_ENTRY: Final = frozenset({NameKind.ENTITY_ID, NameKind.CLIENT_ID})
"""Names that no other entry of the same kind may have, not even one of the same member."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written."""

    kind: NameKind
    value: str

    @property
    def key(self) -> str:
        """The same for every spelling of one name: case, composition, escapes, a last slash and a standard port aside."""
        folded = unicodedata.normalize("NFKC", unquote(self.value)).casefold()
        return re.sub(r"^(https://[^/]*):443(?=/|$)|^(http://[^/]*):80(?=/|$)", r"\1\2", folded).rstrip("/")

    @property
    def looks(self) -> str:
        """The same for names that people take for each other: а for a, 0 for o, l for 1, rn for m, without accents, scheme,
        port, unseen letters; punycode as it is shown.
        """
        host, slash, path = _PORT.sub(r"\1", _SCHEME.sub("", self.key)).partition("/")
        shown = ".".join(map(_shown_label, host.split("."))) + slash + path
        plain = unicodedata.normalize("NFD", shown).translate(_ALIKE)
        plain = "".join(letter for letter in plain if unicodedata.category(letter) not in _UNSEEN)
        return re.sub(r"[-_.]+", ".", plain.replace("rn", "m").replace("vv", "w"))


_SCHEME: Final = re.compile(r"^https?://")
_PORT: Final = re.compile(r"^([^/?#:]*):[0-9]+(?=[/?#]|$)")
_UNSEEN: Final = frozenset({"Mn", "Mc", "Me", "Cc", "Cf"})


def _shown_label(label: str) -> str:
    """A label of a host as it is shown (RFC 5890 section 2.3.2.1), itself when it is no A-label."""
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


_ALIKE: Final = str.maketrans(
    "01іј5|" + "абвгеёзиокмнрстухѕԁԛԝһ" + "αβεηικνορτυχωγ",
    "olijsl" + "abbreesuokmhpctyxsdqwh" + "abenikvoptuxwy",
) | {ord("l"): "l", ord("1"): "l", ord("i"): "l"}
"""Letters of Cyrillic and Greek, and digits, that are read as Latin letters."""


@dataclass(frozen=True, slots=True)
class Holding:
    """That an entry of a member has a name, or had it until `released_at` (epoch seconds)."""

    name: Name
    entry_kind: str
    entry: str
    org: str
    released_at: int | None = None

    def rests(self, now: int) -> bool:
        """Whether the name was released and is not free again."""
        return self.released_at is not None and now < self.released_at + QUARANTINE


@dataclass(frozen=True, slots=True)
class Held:
    """A name that is not free: somebody has it, or it rests until a time."""

    name: Name
    until: int | None = None


def held(wanted: Holding, others: Iterable[Holding], now: int) -> Held | None:
    """What stands against an entry's having a name, given who has or had the same. Its own former names are its member's."""
    others = [each for each in others if (each.entry_kind, each.entry) != (wanted.entry_kind, wanted.entry)]
    kind = wanted.name.kind
    mine = any(each.org == wanted.org and each.released_at is None for each in others)
    for each in others:
        foreign = each.org != wanted.org
        if each.released_at is None:
            twin = kind in ONE_ENTRY and each.entry_kind == wanted.entry_kind
            if kind not in SHARED and (foreign or twin):
                return Held(wanted.name)
        elif foreign and each.rests(now) and not (kind in SHARED and mine):
            return Held(wanted.name, (each.released_at or 0) + QUARANTINE)
    return None


def alike(wanted: Holding, others: Iterable[Holding]) -> tuple[Holding, ...]:
    """Names of other members that people may take for this one."""
    return tuple(
        each
        for each in others
        if each.org != wanted.org
        and each.released_at is None
        and each.name.key != wanted.name.key
        and each.name.looks == wanted.name.looks
    )
