"""Constraints of a subordinate statement on whatever is below it (OpenID Federation 1.0 section 6.2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from metadata.federation.policy import Metadata

FEDERATION_ENTITY: Final = "federation_entity"


class ConstraintBroken(Exception):
    """The constraint is malformed, or the chain breaks it."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """None and empty where a statement constrains nothing. `permitted` is None when every name is."""

    max_path_length: int | None = None
    permitted: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    allowed_entity_types: frozenset[str] | None = None

    def check_path(self, intermediates: int) -> None:
        """`intermediates` stand between who sets the constraint and the subject of the chain (section 6.2.1)."""
        if self.max_path_length is not None and intermediates > self.max_path_length:
            raise ConstraintBroken("the path is longer than max_path_length")

    def check_names(self, entity_ids: Iterable[str]) -> None:
        """Each subordinate's identifier (section 6.2.2); what is excluded is so whatever is permitted."""
        for host in (urlsplit(each).hostname or "" for each in entity_ids):
            if any(_names(name, host) for name in self.excluded):
                raise ConstraintBroken("an excluded name")
            if self.permitted is not None and not any(_names(name, host) for name in self.permitted):
                raise ConstraintBroken("a name that is not permitted")

    def left_of(self, metadata: Metadata) -> Metadata:
        """The metadata of the entity types that are allowed (section 6.2.3)."""
        if self.allowed_entity_types is None:
            return metadata
        kept = self.allowed_entity_types | {FEDERATION_ENTITY}
        return {kind: members for kind, members in metadata.items() if kind in kept}


def _names(constraint: str, host: str) -> bool:
    """RFC 5280 section 4.2.1.10, as section 6.2.2 reads it: a leading dot is for hosts within, a name is one host."""
    name = constraint.lower()
    return host.endswith(name) and len(host) > len(name) if name.startswith(".") else host == name


def read_constraints(value: Any) -> Constraints:
    """The constraints claim. Raises ConstraintBroken; parameters that are not known are ignored."""
    if not isinstance(value, Mapping):
        raise ConstraintBroken("constraints is no object")
    length = value.get("max_path_length")
    if length is not None and (type(length) is not int or length < 0):
        raise ConstraintBroken("max_path_length is no number of entities")
    naming = value.get("naming_constraints", {})
    if not isinstance(naming, Mapping):
        raise ConstraintBroken("naming_constraints is no object")
    permitted, types = _texts(naming, "permitted"), _texts(value, "allowed_entity_types")
    if types is not None and FEDERATION_ENTITY in types:
        raise ConstraintBroken("federation_entity is always allowed and not listed")
    return Constraints(
        max_path_length=length,
        permitted=None if permitted is None else tuple(permitted),
        excluded=tuple(_texts(naming, "excluded") or ()),
        allowed_entity_types=None if types is None else frozenset(types),
    )


def _texts(members: Mapping[str, Any], name: str) -> Sequence[str] | None:
    value = members.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) and each for each in value)):
        raise ConstraintBroken(f"{name} is no list of names")
    return value
