"""Metadata policies (OpenID Federation 1.0 section 6.1): checked, merged down a chain, applied to metadata.

Pure: JSON values in, JSON values out, PolicyError for whatever cannot hold. `merge` adds a subordinate's policy to that of
its superiors and can only narrow it. Operators are `metadata.federation.operators`.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import Any, Final

from metadata.federation.operators import ABSENT, COMBINATIONS, OPERATORS, PolicyError

__all__ = ["Metadata", "Policy", "PolicyError", "apply", "check", "merge", "override", "resolve"]

Metadata = Mapping[str, Mapping[str, Any]]
"""By entity type and parameter."""
ParameterPolicy = Mapping[str, Any]
Policy = Mapping[str, Mapping[str, ParameterPolicy]]
"""By entity type, parameter and operator."""

SPACE_SEPARATED: Final = frozenset({"scope"})
"""Parameters that are a text of words, and that operators see as an array (section 6.1.3.1.8)."""


def resolve(policies: Iterable[tuple[Any, Collection[str]]]) -> Policy:
    """The policy of a chain, from the most superior statement down: each with the operators that it calls critical
    (section 6.1.4.1). Raises PolicyError.
    """
    given = list(policies)
    critical = frozenset(name for _, names in given for name in names)
    if unknown := critical - OPERATORS.keys():
        raise PolicyError(f"a critical operator that is not known here: {min(unknown)}")
    resolved: Policy = {}
    for policy, _ in given:
        if policy is not None:
            resolved = merge(resolved, check(policy))
    return resolved


def check(policy: Any) -> Policy:
    """A policy as one statement says it, without operators that are unknown (those that are critical were refused)."""
    return {
        kind: {
            name: _checked(name, {each: value for each, value in operators.items() if each in OPERATORS})
            for name, operators in _members(parameters).items()
            for operators in (_members(operators),)
        }
        for kind, parameters in _members(policy).items()
    }


def _members(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError("a policy that is not three levels of objects")
    return value


def _checked(parameter: str, operators: ParameterPolicy) -> ParameterPolicy:
    known = {name: _split(parameter, name, value) for name, value in operators.items()}
    for name, value in known.items():
        OPERATORS[name].check(value)
    _check_together(parameter, known)
    return known


def _split(parameter: str, operator: str, value: Any) -> Any:
    words = parameter in SPACE_SEPARATED and isinstance(value, str) and operator != "essential"
    return value.split() if words else value


def _check_together(parameter: str, operators: ParameterPolicy) -> None:
    ordered = [name for name in OPERATORS if name in operators]
    for first, second in combinations(ordered, 2):
        holds = COMBINATIONS.get((first, second))
        if holds is None or not holds(operators[first], operators[second]):
            raise PolicyError(f"{parameter}: {first} and {second} do not go together")


def merge(superior: Policy, subordinate: Policy) -> Policy:
    """Both policies at once: what either asks for holds (section 6.1.4.1). Raises PolicyError where they conflict."""
    return {
        kind: _merged_parameters(superior.get(kind, {}), subordinate.get(kind, {}))
        for kind in dict.fromkeys((*superior, *subordinate))
    }


def _merged_parameters(
    superior: Mapping[str, ParameterPolicy], subordinate: Mapping[str, ParameterPolicy]
) -> dict[str, ParameterPolicy]:
    return {
        name: _merged_operators(name, superior.get(name, {}), subordinate.get(name, {}))
        for name in dict.fromkeys((*superior, *subordinate))
    }


def _merged_operators(parameter: str, superior: ParameterPolicy, subordinate: ParameterPolicy) -> ParameterPolicy:
    merged = {**superior, **subordinate}
    for name in superior.keys() & subordinate.keys():
        merged[name] = OPERATORS[name].merge(superior[name], subordinate[name])
    _check_together(parameter, merged)
    return merged


def override(metadata: Metadata, superior: Metadata) -> Metadata:
    """The immediate superior's metadata over the subject's own, for the entity types that the subject has (section 3.1.1)."""
    return {kind: {**members, **superior.get(kind, {})} for kind, members in metadata.items()}


def apply(policy: Policy, metadata: Metadata) -> Metadata:
    """The metadata under the policy (section 6.1.4.2). Raises PolicyError where it breaks it."""
    return {kind: _applied(policy.get(kind, {}), members) for kind, members in metadata.items()}


def _applied(policy: Mapping[str, ParameterPolicy], members: Mapping[str, Any]) -> dict[str, Any]:
    resolved = dict(members)
    for name, operators in policy.items():
        value = _ruled(name, operators, resolved.pop(name, ABSENT))
        if value is not ABSENT:
            resolved[name] = value
    return resolved


def _ruled(name: str, operators: ParameterPolicy, value: Any) -> Any:
    words = name in SPACE_SEPARATED
    if words and isinstance(value, str):
        value = value.split()
    for operator in OPERATORS.values():
        if operator.name in operators:
            value = _named(name, operator.apply, operators[operator.name], value)
    return " ".join(map(str, value)) if words and isinstance(value, list) else value


def _named(name: str, apply: Any, wanted: Any, value: Any) -> Any:
    try:
        return apply(wanted, value)
    except PolicyError as error:
        raise PolicyError(f"{name}: {error}") from error
