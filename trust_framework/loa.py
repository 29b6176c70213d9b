"""Levels of assurance as rows: their URIs, the family each belongs to, and its rank for comparison inside tillit.

Owns every comparison of levels. A level is matched by its exact URI and is never raised or silently lowered; ranks
order levels of one family and bound providers, and are never used to translate one URI into another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ELEGNAMNDEN: Final = "http://id.elegnamnden.se/loa/1.0/"
SWEDEN_CONNECT: Final = "http://id.swedenconnect.se/loa/1.0/"
EU: Final = "http://eidas.europa.eu/"
SAMBI: Final = "http://id.sambi.se/loa/"
SKOLFEDERATION: Final = "http://id.skolfederation.se/loa/"


class Family(StrEnum):
    """Who defines and may assert a level. Levels of different families are never compared for a service."""

    SWEDISH = "swedish"
    NONRESIDENT = "nonresident"
    UNCERTIFIED = "uncertified"
    EIDAS = "eidas"
    EIDAS_PROXY = "eidas-proxy"
    EU = "eu"
    EU_NOT_NOTIFIED = "eu-not-notified"
    SAMBI = "sambi"
    SKOLFEDERATION = "skolfederation"
    NORWAY = "norway"
    NORWAY_FOREIGN = "norway-foreign"
    NORWAY_OLD = "norway-old"


@dataclass(frozen=True, slots=True)
class Level:
    """A level. `rank` 0 means that its strength is not known: it bounds nothing and satisfies no minimum.

    `nonresident`: no Swedish identity number may go with it. `proxied`: the URI that a proxy must give in its place.
    `retired`: must not be asked for or given any more.
    """

    uri: str
    family: Family
    rank: int
    nonresident: bool = False
    proxied: str | None = None
    retired: bool = False


def _swedish() -> Iterable[Level]:
    """Sweden Connect, Registry for Identifiers 3.1.1."""
    for rank in (1, 2, 3, 4):
        yield Level(f"{ELEGNAMNDEN}loa{rank}", Family.SWEDISH, rank)
    for rank in (2, 3, 4):
        yield Level(f"{SWEDEN_CONNECT}loa{rank}-nonresident", Family.NONRESIDENT, rank, nonresident=True)
    for rank in (2, 3):
        yield Level(f"{SWEDEN_CONNECT}uncertified-loa{rank}", Family.UNCERTIFIED, rank)
    yield Level(f"{ELEGNAMNDEN}loa3-sigmessage", Family.SWEDISH, 3, retired=True)


def _eidas() -> Iterable[Level]:
    """Levels of eIDAS: through the Swedish node, through a proxy, and between nodes (Registry for Identifiers 3.1.1.2)."""
    for word, rank in (("low", 2), ("sub", 3), ("high", 4)):
        proxied = f"{SWEDEN_CONNECT}uncertified-eidas-{word}"
        yield Level(f"{ELEGNAMNDEN}eidas-{word}", Family.EIDAS, rank, proxied=proxied)
        yield Level(f"{ELEGNAMNDEN}eidas-nf-{word}", Family.EIDAS, rank, proxied=proxied)
        yield Level(proxied, Family.EIDAS_PROXY, rank)
    for word, rank in (("low", 2), ("substantial", 3), ("high", 4)):
        yield Level(f"{EU}LoA/{word}", Family.EU, rank)
        yield Level(f"{EU}NotNotified/LoA/{word}", Family.EU_NOT_NOTIFIED, rank)


def _sectors() -> Iterable[Level]:
    """Sambi and Skolfederation, as in IANA's registry of level-of-assurance profiles."""
    for rank in (2, 3, 4):
        yield Level(f"{SAMBI}loa{rank}", Family.SAMBI, rank)
    for rank in (2, 3):
        yield Level(f"{SKOLFEDERATION}loa{rank}", Family.SKOLFEDERATION, rank)
    for word in ("bas", "2fa"):
        yield Level(f"{SKOLFEDERATION}{word}", Family.SKOLFEDERATION, 0)


def _norway() -> Iterable[Level]:
    """ID-porten's values of acr, the new and the old."""
    for word, rank in (("low", 1), ("substantial", 3), ("high", 4)):
        yield Level(f"idporten-loa-{word}", Family.NORWAY, rank)
    for word, rank in (("substantial", 3), ("high", 4)):
        yield Level(f"eidas-loa-{word}", Family.NORWAY_FOREIGN, rank)
    for rank in (3, 4):
        yield Level(f"Level{rank}", Family.NORWAY_OLD, rank)


LEVELS: dict[str, Level] = {
    level.uri: level for rows in (_swedish(), _eidas(), _sectors(), _norway()) for level in rows
}

_RETIRED_ENDINGS: Final = ("-sigm", "-sigmessage")


def retired(uri: str) -> bool:
    """Whether the URI is withdrawn and must be refused in new entries (the signature-message levels)."""
    row = LEVELS.get(uri)
    return uri.endswith(_RETIRED_ENDINGS) or (row is not None and row.retired)


def known(uri: str) -> bool:
    """Whether the URI is a level that may be asked for and given."""
    return uri in LEVELS and not retired(uri)


def rank(uri: str) -> int:
    """The internal rank, 0 for a level that is unknown, retired or of unknown strength."""
    return LEVELS[uri].rank if known(uri) else 0


def nonresident(uri: str) -> bool:
    """Whether no Swedish identity number may go with this level."""
    row = LEVELS.get(uri)
    return row is not None and row.nonresident


def relabel(uri: str) -> str:
    """The URI that a proxy gives for a level it received: itself, but eIDAS becomes uncertified eIDAS."""
    row = LEVELS.get(uri)
    return row.proxied if row is not None and row.proxied else uri


def at_least(uri: str, floor: str) -> bool:
    """Whether a level is as strong as another of the same family; a URI equals itself, known or not."""
    return uri == floor or (_comparable(uri, floor) and rank(uri) >= rank(floor))


def satisfies(level: str, acceptable: Sequence[str]) -> bool:
    """Exact match (Sweden Connect deployment profile 5.3.1): the level is one of those accepted."""
    return level in acceptable


def within(uri: str, ceiling: str) -> bool:
    """Whether a provider bounded by `ceiling` may give the level. Ranks bound across families; the unknown is out."""
    return known(uri) and known(ceiling) and rank(uri) <= rank(ceiling)


def expand_comparison(comparison: str, uris: Sequence[str], candidates: Sequence[str]) -> tuple[str, ...]:
    """A RequestedAuthnContext (SAML core 3.3.2.2.1) as the ordered set of levels that answer it.

    `candidates` are the levels that may be given at all. An empty result means that nothing answers the request, which
    the front must refuse: `Wanted.levels` left empty would mean the service's own levels. `better` is read strictly:
    stronger than all that are named. Raises ValueError for another comparison.
    """
    match comparison:
        case "exact":
            return _unique(uri for uri in uris if uri in candidates)
        case "minimum":
            return expand_minimum(uris, candidates)
        case "maximum":
            weaker = [c for uri in uris for c in candidates if at_least(uri, c)]
            return _unique(sorted(weaker, key=rank, reverse=True))
        case "better":
            stronger = (c for c in candidates if uris and all(_comparable(c, u) and rank(c) > rank(u) for u in uris))
            return _unique(sorted(stronger, key=rank))
        case _:
            raise ValueError("a comparison is exact, minimum, maximum or better")


def expand_minimum(uris: Sequence[str], candidates: Sequence[str]) -> tuple[str, ...]:
    """The levels at least as strong as one of those named, within its family: for each named, the weakest first."""
    return _unique(c for uri in uris for c in sorted((c for c in candidates if at_least(c, uri)), key=rank))


def _comparable(one: str, other: str) -> bool:
    return rank(one) > 0 and rank(other) > 0 and LEVELS[one].family is LEVELS[other].family


def _unique(uris: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uris))
