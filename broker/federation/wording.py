"""Changes as sentences, in Swedish and English: one template a form and direction, filled in with what changed.

Owns the words around what changed, how a key is shown, and what is said of its use. What things are called is a row of
`aspects`. Nothing secret and nothing unprintable ever stands in a sentence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from broker.federation.aspects import YES, Aspect, Form, Word, Words
from metadata.described_keys import DescribedKey
from metadata.redirect_uris import split_or_none

LONGEST: Final = 200


_VALUES: Final[Mapping[str, str]] = {
    "active": "aktiv", "suspended": "stoppad", "left": "lämnat", "test": "test", "never": "frågar inte", "ask": "frågar",
    "application": "ansökan", "review": "granskas", "approved": "godkänd",
}  # fmt: skip
"""Words of the file as they are said in Swedish."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same said twice."""

    sv: str
    en: str


KeyUse = Mapping[str, float]
"""The share of a service's logins of the last seven days that each key proved, by key id. Empty: there were none."""


LATELY: Final = 7 * 86_400
"""Seconds of the log that the use of keys is told of; the sentences say seven days."""


class KeyUses(Protocol):
    """What the log knows of the keys of services."""

    def get(self, name: str, /) -> KeyUse | None:
        """The use of one service's keys, None where it is not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the sentences may tell beyond the change itself: hosts that were there before, and keys in use (None: unknown)."""

    hosts: frozenset[str] = frozenset()
    use: KeyUse | None = None


def host_of(address: Word) -> str:
    """The host of an address, with the port where one is named."""
    parts = split_or_none(str(address))
    return "" if parts is None else parts.netloc.lower()


def sentences(aspect: Aspect, before: Words, after: Words, known: Known) -> Iterator[Sentence]:
    """What changed of an aspect, each thing in a sentence of its own."""
    added, removed = _sorted(after - before), _sorted(before - after)
    match aspect.form:
        case Form.SECRET:
            yield Sentence(f"{_upper(aspect.sv)} ändras", f"{_upper(aspect.en)} changes")
        case Form.SWITCH:
            sv, en = ("ja", "yes") if YES in after else ("nej", "no")
            yield Sentence(f"{_upper(aspect.sv)}: {sv}", f"{_upper(aspect.en)}: {en}")
        case Form.VALUE:
            yield _value(aspect, removed, added)
        case Form.ADDRESS | Form.PAGE:
            yield from (_new_address(aspect, word, known) for word in added)
            yield from (_gone(aspect, word) for word in removed)
        case Form.KEY:
            yield from _keys(aspect, removed, added, known)
        case Form.SET:
            yield from (_added(aspect, word) for word in added)
            yield from (_gone(aspect, word) for word in removed)


def held(aspect: Aspect, words: Words) -> Iterator[Sentence]:
    """What a new entry holds of an aspect."""
    if aspect.form is Form.SECRET:
        return
    if aspect.form is Form.SWITCH:
        yield from sentences(aspect, frozenset(), words, Known())
        return
    of_key = aspect.form is Form.KEY
    sv, en = (f"nyckel för {aspect.sv}", f"key for {aspect.en}") if of_key else (aspect.sv, aspect.en)
    for told in map(shown, _sorted(words)):
        yield Sentence(f"{_upper(sv)}: {told.sv}", f"{_upper(en)}: {told.en}")


def shown(word: Word) -> Sentence:
    """A word as it stands in a sentence: one line, bounded; a key by its fingerprint and how long it is good for."""
    if isinstance(word, DescribedKey):
        return _shown_key(word)
    line = "".join(letter if letter.isprintable() else "?" for letter in word)
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return Sentence(line, line)


def _shown_key(key: DescribedKey) -> Sentence:
    name = f" ({shown(key.name).sv})" if key.name else ""
    sv, en = f"{key.short}…{name}, {key.kind}", f"{key.short}…{name}, {key.kind}"
    if key.valid_until is None:
        return Sentence(sv, en)
    day = datetime.fromtimestamp(key.valid_until, UTC).strftime("%Y-%m-%d")
    return Sentence(f"{sv}, giltigt till {day}", f"{en}, valid until {day}")


def _sorted(words: Words) -> list[Word]:
    return sorted(words, key=lambda word: word.id if isinstance(word, DescribedKey) else word)


def _upper(text: str) -> str:
    """A sentence begins with a capital, but a name of the protocol stays as it is."""
    return text if "_" in text or text[:1] != text[:1].lower() or text == "entityID" else text[:1].upper() + text[1:]


def _added(aspect: Aspect, word: Word) -> Sentence:
    told = shown(word)
    return Sentence(f"{_upper(aspect.sv)} läggs till: {told.sv}", f"{_upper(aspect.en)} added: {told.en}")


def _gone(aspect: Aspect, word: Word) -> Sentence:
    told = shown(word)
    return Sentence(f"{_upper(aspect.sv)} tas bort: {told.sv}", f"{_upper(aspect.en)} removed: {told.en}")


def _value(aspect: Aspect, removed: list[Word], added: list[Word]) -> Sentence:
    old, new = _listed(removed), _listed(added)
    sv, en = _upper(aspect.sv), _upper(aspect.en)
    if not removed:
        return Sentence(f"{sv} sätts: {new.sv}", f"{en} set: {new.en}")
    if not added:
        return Sentence(f"{sv} tas bort: {old.sv}", f"{en} removed: {old.en}")
    return Sentence(f"{sv} ändras från {old.sv} till {new.sv}", f"{en} changes from {old.en} to {new.en}")


def _listed(words: list[Word]) -> Sentence:
    told = [shown(word) for word in words]
    return Sentence(", ".join(_VALUES.get(each.sv, each.sv) for each in told), ", ".join(each.en for each in told))


def _new_address(aspect: Aspect, word: Word, known: Known) -> Sentence:
    told = shown(word)
    if host_of(word) in known.hosts:
        return Sentence(f"Ny {aspect.sv}: {told.sv}", f"New {aspect.en}: {told.en}")
    return Sentence(f"Ny {aspect.sv}: {told.sv} (ny värd!)", f"New {aspect.en}: {told.en} (new host!)")


def _keys(aspect: Aspect, removed: list[Word], added: list[Word], known: Known) -> Iterator[Sentence]:
    """Keys by what they are, not by the certificate around them: one that is only issued anew is the same key."""
    before, after = {_id(word) for word in removed}, {_id(word) for word in added}
    for word in added:
        told, same = shown(word), _id(word) in before
        sv, en = _key_words(word)
        yield Sentence(
            f"{'Förnyat' if same else 'Nytt' if sv == 'certifikat' else 'Ny'} {sv} för {aspect.sv}: {told.sv}"
            f"{' (samma nyckel)' if same else ''}",
            f"{'Renewed' if same else 'New'} {en} for {aspect.en}: {told.en}{' (the same key)' if same else ''}",
        )
    for word in removed:
        if _id(word) not in after:
            yield _key_gone(aspect, word, known)


def _id(word: Word) -> str:
    return word.id if isinstance(word, DescribedKey) else word


def _key_words(word: Word) -> tuple[str, str]:
    if isinstance(word, DescribedKey) and word.fingerprint is not None:
        return "certifikat", "certificate"
    return "nyckel", "key"


def _key_gone(aspect: Aspect, word: Word, known: Known) -> Sentence:
    told, used = shown(word), _used(_id(word), known.use)
    sv, en = _key_words(word)
    return Sentence(
        f"{_upper(sv)} {told.sv} för {aspect.sv} tas bort{used.sv}",
        f"{_upper(en)} {told.en} for {aspect.en} is removed{used.en}",
    )


def _used(key: str, use: KeyUse | None) -> Sentence:
    """What the log knows of a key that goes; nothing where it does not know."""
    if use is None:
        return Sentence("", "")
    if not use:
        return Sentence(" (inga inloggningar senaste 7 dagarna)", " (no logins in the last 7 days)")
    share = use.get(key, 0.0)
    if not share:
        return Sentence(" (inte använt senaste 7 dagarna)", " (not used in the last 7 days)")
    percent = max(1, round(share * 100))
    return Sentence(
        f" (används i {percent} % av inloggningarna senaste 7 dagarna!)",
        f" (used for {percent} % of the logins in the last 7 days!)",
    )
