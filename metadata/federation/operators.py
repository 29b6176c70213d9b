"""The standard operators of a metadata policy (OpenID Federation 1.0 section 6.1.3.1): a row each, in order of application.

Owns what one operator takes, how two values of it are merged, what it does to a parameter, and which operators may stand
together. A merge never makes an operator more permissive. Policies made of operators are `metadata.federation.policy`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

ABSENT: Final = object()
"""What stands for a parameter that is not there; null is a value of its own."""

JSON_VALUE: Final = str | int | float | bool | list | dict


class PolicyError(Exception):
    """The policy cannot hold: an unfit value, a combination that is not allowed, a conflict, metadata that breaks it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`check` raises PolicyError for a value the operator cannot take; `merge(superior, subordinate)` and
    `apply(value, parameter)` raise it too. `parameter` may be ABSENT, and so may the result.
    """

    name: str
    check: Callable[[Any], None]
    merge: Callable[[Any, Any], Any]
    apply: Callable[[Any, Any], Any]


def key(value: Any) -> str:
    """A JSON value in one notation, so that objects and arrays can be compared; true is not 1."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def distinct(values: Iterable[Any]) -> list[Any]:
    """The values in order, each once."""
    return list({key(each): each for each in values}.values())


def _keys(values: Iterable[Any]) -> set[str]:
    return {key(each) for each in values}


def _within(values: Iterable[Any], others: Iterable[Any]) -> bool:
    return _keys(values) <= _keys(others)


def _intersection(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    known = _keys(others)
    return [each for each in distinct(values) if key(each) in known]


def _union(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    return distinct([*values, *others])


# --- what an operator's own value may be


def _any_value(value: Any) -> None:
    if value is not None and not isinstance(value, JSON_VALUE):
        raise PolicyError("an operator's value of an unknown kind")


def _set_value(value: Any) -> None:
    if value is None or not isinstance(value, JSON_VALUE):
        raise PolicyError("default may not be null")


def _array(value: Any) -> None:
    if not isinstance(value, list) or any(each is None for each in value):
        raise PolicyError("an operator that takes an array has something else")


def _boolean(value: Any) -> None:
    if not isinstance(value, bool):
        raise PolicyError("essential is neither true nor false")


# --- merging


def _same(superior: Any, subordinate: Any) -> Any:
    """Equal, arrays as sets."""
    if isinstance(superior, list) and isinstance(subordinate, list):
        equal = _keys(superior) == _keys(subordinate)
    else:
        equal = key(superior) == key(subordinate)
    if not equal:
        raise PolicyError("two values that must be equal are not")
    return superior


def _one_of_both(superior: Any, subordinate: Any) -> Any:
    if not (common := _intersection(superior, subordinate)):
        raise PolicyError("one_of of both leaves nothing")
    return common


# --- application


def _value(value: Any, parameter: Any) -> Any:  # noqa: ARG001  # all have one shape
    return ABSENT if value is None else value


def _add(value: Any, parameter: Any) -> Any:
    return _union(() if parameter is ABSENT else _list(parameter, "add"), value)


def _default(value: Any, parameter: Any) -> Any:
    return value if parameter is ABSENT else parameter


def _one_of(value: Any, parameter: Any) -> Any:
    if parameter is not ABSENT:
        if isinstance(parameter, list):
            raise PolicyError("one_of is for a single value")
        if key(parameter) not in _keys(value):
            raise PolicyError("none of one_of")
    return parameter


def _subset_of(value: Any, parameter: Any) -> Any:
    return ABSENT if parameter is ABSENT else _intersection(_list(parameter, "subset_of"), value)


def _superset_of(value: Any, parameter: Any) -> Any:
    if parameter is not ABSENT and not _within(value, _list(parameter, "superset_of")):
        raise PolicyError("not all of superset_of")
    return parameter


def _essential(value: Any, parameter: Any) -> Any:
    if value and parameter is ABSENT:
        raise PolicyError("an essential parameter is missing")
    return parameter


def _list(parameter: Any, operator: str) -> list[Any]:
    if not isinstance(parameter, list):
        raise PolicyError(f"{operator} is for arrays")
    return parameter


OPERATORS: Final[Mapping[str, Operator]] = MappingProxyType(
    {
        row.name: row
        for row in (
            Operator("value", _any_value, _same, _value),
            Operator("add", _array, _union, _add),
            Operator("default", _set_value, _same, _default),
            Operator("one_of", _array, _one_of_both, _one_of),
            Operator("subset_of", _array, _intersection, _subset_of),
            Operator("superset_of", _array, _union, _superset_of),
            Operator("essential", _boolean, lambda above, below: above or below, _essential),
        )
    }
)
"""In the order in which they are applied."""


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _values_within(value: Any, others: Any) -> bool:
    return value is not None and _within(_as_list(value), others)


_ALWAYS: Final[Callable[[Any, Any], bool]] = lambda first, second: True  # noqa: ARG005, E731
COMBINATIONS: Final[Mapping[tuple[str, str], Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        ("value", "add"): lambda value, add: value is not None and _within(add, _as_list(value)),
        ("value", "default"): lambda value, default: value is not None,  # noqa: ARG005
        ("value", "one_of"): lambda value, one_of: not isinstance(value, list) and _values_within(value, one_of),
        ("value", "subset_of"): _values_within,
        ("value", "superset_of"): lambda value, needed: value is not None and _within(needed, _as_list(value)),
        ("value", "essential"): lambda value, essential: not (value is None and essential),
        ("add", "default"): _ALWAYS,
        ("add", "subset_of"): _within,
        ("add", "superset_of"): _ALWAYS,
        ("add", "essential"): _ALWAYS,
        ("default", "one_of"): _ALWAYS,
        ("default", "subset_of"): _ALWAYS,
        ("default", "superset_of"): _ALWAYS,
        ("default", "essential"): _ALWAYS,
        ("one_of", "essential"): _ALWAYS,
        ("subset_of", "superset_of"): lambda allowed, needed: _within(needed, allowed),
        ("subset_of", "essential"): _ALWAYS,
        ("superset_of", "essential"): _ALWAYS,
    }
)
"""Pairs that may stand in one parameter's policy, and on which condition. A pair that is not here may not."""
