"""What is taken from another federation's feed: readable steps, run one after the other over everything in it.

A step is a sentence: `keep` or `drop`, a property, and values of which one is enough, as in
`keep registration-authority https://federation.example` or `drop entity-category http://refeds.org/category/hide-from-discovery`.
Owns the properties that steps may look at, and the report of what each step left out. Reading and verifying the document
is `metadata.wire.saml_feed`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from metadata.wire.saml_metadata_document import Part
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE, Entity
from metadata.wire.xml import XmlRefused

SERVICE: Final = "service"
PROVIDER: Final = "identity-provider"
ENTITY_CATEGORY: Final = "http://macedir.org/entity-category"
ASSURANCE: Final = "urn:oasis:names:tc:SAML:attribute:assurance-certification"
_ROLES: Final = ((SP_ROLE, SERVICE), (IDP_ROLE, PROVIDER))


class BadStep(ValueError):
    """The sentence is no step. The text says why."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An entity of a feed, as steps see it. `octets` is its document, `valid_until` the earliest end around it."""

    entity_id: str
    octets: bytes = field(repr=False)
    valid_until: int | None = None
    roles: frozenset[str] = frozenset()
    authority: str = ""
    categories: frozenset[str] = frozenset()
    assurance: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


PROPERTIES: Final[Mapping[str, Callable[[Offered], frozenset[str]]]] = {
    "entity": lambda offered: frozenset({offered.entity_id}),
    "role": lambda offered: offered.roles,
    "registration-authority": lambda offered: frozenset({offered.authority} - {""}),
    "entity-category": lambda offered: offered.categories,
    "assurance-certification": lambda offered: offered.assurance,
    "scope": lambda offered: offered.scopes,
}
"""What a step may look at; another property is a row."""


@dataclass(frozen=True, slots=True)
class Step:
    """Keeps what has one of the values, or drops it."""

    keep: bool
    property: str
    values: frozenset[str]

    def passes(self, offered: Offered) -> bool:
        """Whether an entity goes on to the next step."""
        return self.keep is not self.values.isdisjoint(PROPERTIES[self.property](offered))


@dataclass(frozen=True, slots=True)
class Left:
    """An entity that was not taken, and why: the sentence of a step, or what is wrong with it."""

    entity_id: str
    why: str


def read_step(sentence: str) -> Step:
    """A step from its sentence. Raises BadStep."""
    words = sentence.split()
    if len(words) < 3 or words[0] not in {"keep", "drop"}:  # noqa: PLR2004  # verb, property, a value
        raise BadStep("is no step: keep or drop, a property, and its values")
    if words[1] not in PROPERTIES:
        raise BadStep(f"{words[1]} is no property of an entity; those are {', '.join(PROPERTIES)}")
    return Step(words[0] == "keep", words[1], frozenset(words[2:]))


def offered(part: Part) -> Offered:
    """An entity of a feed. Raises XmlRefused for one that cannot be read."""
    entity = part.read()
    if not entity.entity_id:
        raise XmlRefused("entity-id")
    return Offered(
        entity_id=entity.entity_id,
        octets=part.octets,
        valid_until=min(part.ends, default=None),
        roles=frozenset(name for kind, name in _ROLES if entity.role(kind) is not None),
        authority=entity.registration.authority if entity.registration else "",
        categories=frozenset(entity.attributes.get(ENTITY_CATEGORY, ())),
        assurance=frozenset(entity.attributes.get(ASSURANCE, ())),
        scopes=_scopes(entity),
    )


def _scopes(entity: Entity) -> frozenset[str]:
    found = (*entity.scopes, *(scope for role in entity.roles for scope in role.scopes))
    return frozenset(scope.value for scope in found if not scope.is_pattern)


def through(sentences: Iterable[str], entities: Iterable[Offered]) -> tuple[list[Offered], list[Left]]:
    """What passes all steps, and by which step each other was left out. Raises BadStep."""
    steps = [(sentence, read_step(sentence)) for sentence in sentences]
    taken, left = [], []
    for entity in entities:
        stopped = next((sentence for sentence, step in steps if not step.passes(entity)), None)
        if stopped is None:
            taken.append(entity)
        else:
            left.append(Left(entity.entity_id, stopped))
    return taken, left


def each_read(parts: Iterable[Part]) -> tuple[list[Offered], list[Left]]:
    """The entities that can be read, each name once, and what is wrong with the others."""
    found: dict[str, Offered] = {}
    left = []
    for part in parts:
        try:
            entity = offered(part)
        except XmlRefused as error:
            left.append(Left(part.entity_id, f"cannot be read: {error.reason}"))
            continue
        if entity.entity_id in found:
            left.append(Left(entity.entity_id, "stands there twice"))
        else:
            found[entity.entity_id] = entity
    return list(found.values()), left
