"""What a change of the register does, in words, for whoever must say yes before it is published.

Owns the comparison of two versions of an entry, and of two whole federation files. The class of each change is a row of
`aspects`, its sentence `wording`'s, what an entry holds `described`'s. Secrets are never told, only that they changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from broker.federation import hosts
from broker.federation.aspects import ASPECTS, KINDS, REST, SERVICE, Aspect, Facts, Form, Words, aspect_of, in_order
from broker.federation.described import described
from broker.federation.register import take_apart
from broker.federation.trusted import trusted_part
from broker.federation.wording import LATELY, KeyUse, KeyUses, Known, Sentence, held, host_of, sentences
from broker.settings import Settings
from trust_framework.danger import Danger, worst

__all__ = ["LATELY", "Change", "KeyUse", "KeyUses", "changes", "class_of", "danger_of", "entry_changes", "named"]

Content = Mapping[str, Any]
NOTHING: Final[Words] = frozenset()
_PROVING: Final = frozenset({"signing key", "jwks"})
"""Aspects with keys that prove requests, whose use the log knows."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one entry. `aspect` is empty for an entry that comes or goes as a whole; `sv` and `en` say the same."""

    kind: str
    id: str
    aspect: str
    danger: Danger
    sv: str
    en: str

    def text(self, language: str) -> str:
        """The sentence in one of the two languages."""
        return self.sv if language == "sv" else self.en

    def line(self, language: str = "en") -> str:
        """The sentence with the entry that it is about."""
        return f"{named(self.kind, self.id, language)}: {self.text(language)}"

    def __str__(self) -> str:
        """The line for a terminal; that of a dangerous change begins with an exclamation mark."""
        return f"! {self.line()}" if self.danger is Danger.DANGEROUS else self.line()


def danger_of(found: Iterable[Change]) -> Danger:
    """The worst class among some changes."""
    return worst(change.danger for change in found)


def class_of(kind: str, before: Content | None, after: Content | None, found: Iterable[Change]) -> Danger:
    """The class of a whole change of an entry, `found` being what it is in words.

    Only what leaves the trusted part alone is harmless: that is what an approval is bound to. A host that the entry did not
    name is dangerous, in whatever field it comes (FR-03). Raises XmlRefused.
    """
    if hosts.brought(kind, before, after):
        return Danger.DANGEROUS
    trusted = [None if each is None else trusted_part(kind, each) for each in (before, after)]
    return worst([danger_of(found), Danger.HARMLESS if trusted[0] == trusted[1] else Danger.CAREFUL])


def changes(old: Content, new: Content, settings: Settings, use: KeyUses | None = None) -> tuple[Change, ...]:
    """From one federation file to another, in the order of the new one; what goes stands last. `old` may be empty.

    `use` is what the log knows of keys, by service.
    """
    before, after = take_apart(old), take_apart(new)
    found: list[Change] = []
    for (kind, name), content in after.items():
        old_content = before.get((kind, name))
        asked = use is not None and kind == SERVICE and old_content not in (None, content)
        told = entry_changes(kind, name, old_content, content, settings, use.get(name) if use and asked else None)
        found += told if old else [replace(change, danger=Danger.CAREFUL) for change in told]  # nobody relied on it yet
    for kind, name in (key for key in before if key not in after):
        found += entry_changes(kind, name, before[kind, name], None, settings)
    return tuple(found)


def entry_changes(
    kind: str,
    id: str,
    before: Content | None,
    after: Content | None,
    settings: Settings,
    use: KeyUse | None = None,
) -> tuple[Change, ...]:
    """What changes about one entry; None stands for its absence. Nothing, where it is only written otherwise.

    `use`: the share of its logins that each key proved lately, None where that is not known. Raises what reading an entry
    raises (`described`), for either version.
    """
    if before == after:
        return ()
    if after is None:
        return (Change(kind, id, "", Danger.DANGEROUS, "tas bort", "removed"),)
    facts = described(kind, id, after, settings)
    if before is None:
        return tuple(_came(kind, id, facts))
    return tuple(_changed(kind, id, described(kind, id, before, settings), facts, use))


def _came(kind: str, id: str, facts: Facts) -> Iterator[Change]:
    yield Change(kind, id, "", Danger.DANGEROUS, "läggs till", "added")
    for name in in_order(kind, facts):
        aspect = ASPECTS.get((kind, name))
        if aspect is not None and name != REST:
            yield from (_told(kind, id, name, Danger.CAREFUL, each) for each in held(aspect, facts[name]))


def _changed(kind: str, id: str, before: Facts, after: Facts, use: KeyUse | None) -> Iterator[Change]:
    reached = _hosts(kind, before)
    differing = [name for name in {*before, *after} if before.get(name, NOTHING) != after.get(name, NOTHING)]
    told = [name for name in differing if name != REST] or differing
    for name in in_order(kind, told):
        known = Known(reached | _hosts_of(before.get(name, NOTHING)), use if name in _PROVING else None)
        yield from _one(kind, id, name, before.get(name, NOTHING), after.get(name, NOTHING), known)


def _one(kind: str, id: str, name: str, old: Words, new: Words, known: Known) -> Iterator[Change]:
    """The sentences of one aspect, each of the class of what it tells."""
    aspect = aspect_of(kind, name)
    for before, after, danger in _steps(aspect, old, new, known):
        yield from (_told(kind, id, name, danger, each) for each in sentences(aspect, before, after, known))


def _steps(aspect: Aspect, old: Words, new: Words, known: Known) -> Iterator[tuple[Words, Words, Danger]]:
    """A change as parts that are of one class each: what comes apart from what goes, and what leads to another host apart."""
    if aspect.judge is not None or aspect.form not in {Form.SET, Form.ADDRESS, Form.PAGE}:
        yield old, new, aspect.danger(old, new)
        return
    elsewhere = frozenset(
        word for word in new - old if aspect.form is Form.ADDRESS and host_of(word) not in known.hosts
    )
    yield NOTHING, elsewhere, Danger.DANGEROUS
    for before, after in ((NOTHING, new - old - elsewhere), (old - new, NOTHING)):
        yield before, after, aspect.danger(before, after)


def _told(kind: str, id: str, name: str, danger: Danger, sentence: Sentence) -> Change:
    return Change(kind, id, name, danger, sentence.sv, sentence.en)


def _hosts(kind: str, facts: Facts) -> frozenset[str]:
    """Every host that the entry was reached at; a page that people only follow is no way to reach it."""
    addresses = (words for name, words in facts.items() if aspect_of(kind, name).form is Form.ADDRESS)
    return frozenset(host for words in addresses for host in _hosts_of(words))


def _hosts_of(words: Words) -> frozenset[str]:
    return frozenset(host_of(word) for word in words)


def named(kind: str, id: str, language: str = "en") -> str:
    """An entry as people call it."""
    sv, en = KINDS.get(kind, (kind, kind))
    return f"{sv if language == 'sv' else en} {id}".rstrip()
