"""Attributes as claims: names from the catalogue, values in the shape their claim has."""

import json
from collections.abc import Iterable
from typing import Any

from trust_framework.attributes import CATALOGUE
from trust_framework.identity import Attributes
from trust_framework.values import JSON


def claims_of(attributes: Attributes, names: Iterable[str]) -> dict[str, Any]:
    """Claims for those of `names` that are released. A dotted claim name is a member of an object (Core 5.1.1)."""
    claims: dict[str, Any] = {}
    for name in names:
        if values := attributes.get(name):
            _place(claims, CATALOGUE[name].claim().split("."), _value(name, values))
    return claims


def _value(name: str, values: tuple[str, ...]) -> Any:
    row = CATALOGUE[name]
    shaped = [json.loads(value) for value in values] if row.check is JSON else list(values)
    return shaped if row.multi_valued else shaped[0]


def _place(claims: dict[str, Any], path: list[str], value: Any) -> None:
    *outer, last = path
    for part in outer:
        claims = claims.setdefault(part, {})
    claims[last] = value
