"""Which identity providers fit a service, by the entity categories that both declare (Sweden Connect entity categories).

A category's URI says its type. Of service entity categories (a level and an attribute set) one that the service declares must
be the provider's too; of service properties all must be; of a provider that declares contracts the service must declare one.
Service types and general categories tell something, and match nothing. A service that declares none of a type asks nothing
by it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class CategoryType(StrEnum):
    """What a category is for matching."""

    ENTITY = "service-entity-category"
    PROPERTY = "service-property"
    CONTRACT = "service-contract"


PREFIXES: Final = (
    ("http://id.elegnamnden.se/ec/", CategoryType.ENTITY),
    ("http://id.swedenconnect.se/ec/", CategoryType.ENTITY),
    ("http://id.elegnamnden.se/sprop/", CategoryType.PROPERTY),
    ("http://id.swedenconnect.se/contract/", CategoryType.CONTRACT),
)
"""How the URIs of each type that counts begin; an organisation's own categories are under the same prefix."""


def type_of(category: str) -> CategoryType | None:
    """The type of a category, or None for one that matches nothing. Compared letter by letter, as URIs of SAML are."""
    return next((kind for prefix, kind in PREFIXES if category.startswith(prefix)), None)


def mismatches(service: Iterable[str], provider: Iterable[str]) -> tuple[CategoryType, ...]:
    """The types by which a provider with these categories does not fit a service with those; none when it fits."""
    asked, given = frozenset(service), frozenset(provider)
    fits = {
        CategoryType.ENTITY: _one_of(_of(CategoryType.ENTITY, asked), given),
        CategoryType.PROPERTY: _of(CategoryType.PROPERTY, asked) <= given,
        CategoryType.CONTRACT: _one_of(_of(CategoryType.CONTRACT, given), asked),
    }
    return tuple(kind for kind, it_fits in fits.items() if not it_fits)


def matches(service: Iterable[str], provider: Iterable[str]) -> bool:
    """Whether a provider with these categories fits a service with those."""
    return not mismatches(service, provider)


def _of(kind: CategoryType, categories: Iterable[str]) -> frozenset[str]:
    return frozenset(category for category in categories if type_of(category) is kind)


def _one_of(needed: frozenset[str], there: frozenset[str]) -> bool:
    """Whether one is there, where any is needed."""
    return not needed or not needed.isdisjoint(there)
