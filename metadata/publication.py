"""The publication of one version of the register: answers about single entities, and documents of many, signed.

Owns what is made when, what is made again, and what stays. Each entity is written once a version of it; each answer is
signed when first asked for, once a period; a document of many is joined from the same parts. What cannot be made anew stays as
it was made last, as long as it holds. Where entities come from and how answers travel is the caller's.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from metadata.saml import MetadataRefused
from metadata.wire.saml_messages.opening import instant_text
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE, Entity
from metadata.wire.saml_metadata_writer import validity
from metadata.wire.saml_parts import (
    EntityPart,
    Frame,
    entity_frame,
    entity_part,
    group_frame,
    publication_info,
    signature_of,
)
from metadata.wire.signing import Signer
from metadata.wire.xml import XmlRefused
from metadata.zipped import Joined, Zipped, joined, zipped

HOUR: Final = 3600
DAY: Final = 24 * HOUR

AUDIENCES: Final[Mapping[str, frozenset[str]]] = {
    "all": frozenset({SP_ROLE, IDP_ROLE}),
    "services": frozenset({SP_ROLE}),
    "identity-providers": frozenset({IDP_ROLE}),
}
"""Documents of many entities: each holds the entities with one of these roles."""

SHA1: Final = "{sha1}"
"""Before the digest of an entityID, which is then its name as well (MDQ SAML profile section 2.1.1)."""

Note = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that is active. `digest` changes whenever its form would; `form` makes that, and may raise."""

    entity_id: str
    roles: frozenset[str]
    digest: str
    changed_at: int
    form: Callable[[], Entity] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long what is published holds, how long it may be kept, and how often it is signed anew; in seconds.

    `publisher` is the address of the federation: the names of its documents begin with it.
    """

    publisher: str
    valid_for: int = 7 * DAY
    cache_for: int = HOUR
    period: int = DAY


@dataclass(frozen=True, slots=True)
class Answer:
    """A signed document. `tag` names its octets, `changed_at` is when they came to be; `made_of` is key, period and form."""

    tag: str
    changed_at: int
    valid_until: int
    document: Joined = field(repr=False)
    made_of: tuple[str, int, str] = field(default=("", 0, ""), repr=False)


@dataclass(frozen=True, slots=True)
class _Form:
    """An entity, written: the tags around it when it stands among others, and what is inside; `tag` names all of it."""

    tag: str
    opened: Zipped
    inside: Zipped
    closed: Zipped

    @classmethod
    def of(cls, part: EntityPart) -> "_Form":
        tag = hashlib.sha256(part.frame.opened + part.inside).hexdigest()
        return cls(tag, zipped(part.frame.opened), zipped(part.inside), zipped(part.frame.closed))

    def among_others(self) -> tuple[Zipped, ...]:
        return self.opened, self.inside, self.closed


@dataclass(slots=True)
class _Made:
    """What was made so far, taken over from version to version. Written by several threads, each entry whole."""

    forms: dict[str, tuple[str, _Form | None]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    groups: dict[str, Answer] = field(default_factory=dict)
    grouping: threading.Lock = field(default_factory=threading.Lock)

    def of(self, entity_ids: Iterable[str]) -> "_Made":
        """What of it is about these entities, and the documents of many."""
        wanted = list(entity_ids)
        return _Made(
            {each: self.forms[each] for each in wanted if each in self.forms},
            {each: self.answers[each] for each in wanted if each in self.answers},
            dict(self.groups),
            self.grouping,
        )


class Publication:
    """What is published of these candidates; safe to share among threads. `before` is what was published until now.

    `note` hears of each entity (by its entityID) or document (by its audience) that could not be made, and why.
    """

    def __init__(
        self,
        candidates: Iterable[Candidate],
        signer: Signer,
        terms: Terms,
        note: Note,
        before: "Publication | None" = None,
    ) -> None:
        self._candidates = {each.entity_id: each for each in candidates}
        self._signer, self._terms, self._note = signer, terms, note
        self._made: _Made = before._made.of(self._candidates) if before else _Made()  # noqa: SLF001  its own kind
        digests = {each: sha1(each) for each in self._candidates}
        self._digests = {SHA1 + digest: each for each, digest in digests.items()}
        self._shifts = {each: int(digest[:8], 16) % terms.period for each, digest in digests.items()}

    def entity(self, name: str, now: int) -> Answer | None:
        """The document of one entity, named by its entityID or that one's digest; None for what is not published."""
        candidate = self._candidates.get(self._digests.get(name, name))
        form = self._form(candidate) if candidate else None
        if candidate is None or form is None:
            return None
        start = self._start(now, self._shifts[candidate.entity_id])
        kept = self._made.answers.get(candidate.entity_id)
        if kept is not None and kept.made_of == (self._signer.kid, start, form.tag):
            return kept
        try:
            made = self._signed_entity(candidate, form, start)
        except Exception as error:
            self._note(candidate.entity_id, error)
            if kept is None or kept.valid_until <= now:
                raise
            return kept
        self._made.answers[candidate.entity_id] = made
        return made

    def group(self, audience: str, now: int) -> Answer:
        """The document of the entities for an audience; one thread makes it while others wait."""
        with self._made.grouping:
            kept = self._made.groups.get(audience)
            try:
                made = self._signed_group(audience, self._start(now), kept)
            except Exception as error:
                self._note(audience, error)
                if kept is None or kept.valid_until <= now:
                    raise
                return kept
            self._made.groups[audience] = made
            return made

    def _form(self, candidate: Candidate) -> _Form | None:
        """Its form as it is kept, else made; when that is refused, the one before, which stays until the entity changes."""
        digest, kept = self._made.forms.get(candidate.entity_id, ("", None))
        if digest == candidate.digest:
            return kept
        try:
            made: _Form | None = _Form.of(entity_part(candidate.form()))
        except (MetadataRefused, XmlRefused, ValueError) as error:
            self._note(candidate.entity_id, error)
            made = kept
        self._made.forms[candidate.entity_id] = candidate.digest, made
        return made

    def _start(self, now: int, shift: int = 0) -> int:
        """When the present period began. Entities have periods that begin apart, so that not all are signed at once."""
        return (now - shift) // self._terms.period * self._terms.period + shift

    def _signed_entity(self, candidate: Candidate, form: _Form, start: int) -> Answer:
        made_of = self._signer.kid, start, form.tag
        until, tag = start + self._terms.valid_for, _tag("entity", *map(str, made_of))
        frame = entity_frame(candidate.entity_id, f"_{tag}", validity(until, self._terms.cache_for))
        signature = signature_of(frame, (form.inside.plain(),), self._signer)
        document = joined((zipped(frame.opened + signature), form.inside, form.closed))
        return Answer(tag, max(start, candidate.changed_at), until, document, made_of)

    def _signed_group(self, audience: str, start: int, kept: Answer | None) -> Answer:
        chosen = [each for each in self._candidates.values() if each.roles & AUDIENCES[audience]]
        pairs = [(each, form) for each in chosen if (form := self._form(each)) is not None]
        tag = _tag(audience, self._signer.kid, str(start), *(form.tag for _, form in pairs))
        if kept is not None and kept.tag == tag:
            return kept
        until, name = start + self._terms.valid_for, f"{self._terms.publisher}/metadata/{audience}.xml"
        frame = group_frame(name, f"_{tag}", validity(until, self._terms.cache_for))
        changed_at = max([start, *(each.changed_at for each, _ in pairs)])
        info = publication_info(self._terms.publisher, instant_text(changed_at))
        document = self._joined(frame, info, [form for _, form in pairs])
        return Answer(tag, changed_at, until, document)

    def _joined(self, frame: Frame, info: bytes, forms: list[_Form]) -> Joined:
        parts = [part for form in forms for part in form.among_others()]
        signature = signature_of(frame, _plain(info, parts), self._signer)
        return joined((zipped(frame.opened + signature + info), *parts, zipped(frame.closed)))


def _plain(first: bytes, parts: Iterable[Zipped]) -> Iterator[bytes]:
    yield first
    for part in parts:
        yield part.plain()


def sha1(entity_id: str) -> str:
    """The digest by which an entity may be asked for; a name, not a proof."""
    return hashlib.sha1(entity_id.encode(), usedforsecurity=False).hexdigest()


def _tag(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
