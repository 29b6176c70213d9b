"""Attributes as claims: names from the catalogue, values in the shape their claim has."""

import json
from collections.abc import Iterable
from typing import Any

from trust_framework.attributes import CATALOGUE, Attribute
from trust_framework.identity import Attributes
from trust_framework.values import JSON

# Claims that are one text by definition, whatever a person has of it (OpenID Connect Core section 5.1)
ONE_TEXT = frozenset({"email", "phone_number"})


def claims_of(attributes: Attributes, names: Iterable[str]) -> dict[str, Any]:
    """Claims for those of `names` that are released. A dotted claim name is a member of an object (Core 5.1.1)."""
    claims: dict[str, Any] = {}
    for name in names:
        if values := attributes.get(name):
            _put(claims, place(CATALOGUE[name]), _value(name, values))
    return claims


def place(row: Attribute) -> list[str]:
    """The claim's name, or the names that lead to it: a dot is a step down, but in an address it is a dot."""
    name = row.claim()
    return [name] if "://" in name else name.split(".")


def _value(name: str, values: tuple[str, ...]) -> Any:
    row = CATALOGUE[name]
    many = row.multi_valued and row.claim() not in ONE_TEXT
    shaped = [json.loads(value) for value in values] if row.check is JSON else list(values)
    return shaped if many else shaped[0]


def _put(claims: dict[str, Any], path: list[str], value: Any) -> None:
    *outer, last = path
    for part in outer:
        claims = claims.setdefault(part, {})
    claims[last] = value
