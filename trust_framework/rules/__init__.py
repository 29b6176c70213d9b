"""Rule sets of care, one module a jurisdiction: rows that name the rule, its place in the law, and a pure predicate."""

from collections.abc import Mapping
from typing import Any, Final

from trust_framework.care_access import RuleSet
from trust_framework.rules.swedish import SWEDISH
from trust_framework.rules.turkish import TURKISH

SETS: Final[Mapping[str, RuleSet[Any]]] = {each.id: each for each in (SWEDISH, TURKISH)}
"""Every rule set by its id, which a care provider's entry names."""

DEFAULT: Final = SWEDISH.id
"""The set of a provider whose entry names none."""
