"""Which identity providers can serve a service: whether they are in force, taken, give a level, and fit by the entity
categories that both declare (Sweden Connect entity categories). Discovery, the decision and the validator all ask here.

A category's URI says its type. Of service entity categories (a level and an attribute set) one that the service declares must
be the provider's too; of service properties all must be; of a provider that declares contracts the service must declare one.
Service types and general categories tell something, and match nothing. A service that declares none of a type asks nothing
by it. A provider that declares nothing that counts, as our own methods do, is judged by levels alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework.members import State
from trust_framework.providers import ProviderTerms


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


class Unfit(StrEnum):
    """Why a provider or method cannot serve a service. `SERVICE`: the service, or its request, does not take it. `OVERDUE`: it
    could, had the trust declaration that carried the level been renewed.
    """

    STOPPED = "stopped"
    SERVICE = "service"
    CATEGORY = "category"
    LEVEL = "level"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Sought:
    """What a service wants of who serves it: one of the levels, its entity categories, to be on each list of ids that says
    anything; and when (None: whatever runs out).
    """

    levels: frozenset[str]
    categories: frozenset[str] = frozenset()
    methods: tuple[tuple[str, ...], ...] = ()
    at: int | None = None


def unfit(provider: ProviderTerms, sought: Sought) -> Unfit | None:
    """Why the provider cannot serve what is sought; None when it can."""
    if provider.state is not State.ACTIVE:
        return Unfit.STOPPED
    if any(provider.id not in taken for taken in sought.methods if taken):
        return Unfit.SERVICE
    if not fits(sought.categories, provider):
        return Unfit.CATEGORY
    if sought.levels.isdisjoint(provider.gives()):
        return Unfit.LEVEL
    overdue = sought.at is not None and sought.levels.isdisjoint(provider.gives_at(sought.at))
    return Unfit.OVERDUE if overdue else None


def fits(categories: Iterable[str], provider: ProviderTerms) -> bool:
    """Whether the provider fits a service with these categories, when it declares any that count."""
    return (
        not provider.categories
        or not any(map(type_of, provider.categories))
        or matches(categories, provider.categories)
    )


def _of(kind: CategoryType, categories: Iterable[str]) -> frozenset[str]:
    return frozenset(category for category in categories if type_of(category) is kind)


def _one_of(needed: frozenset[str], there: frozenset[str]) -> bool:
    """Whether one is there, where any is needed."""
    return not needed or not needed.isdisjoint(there)
