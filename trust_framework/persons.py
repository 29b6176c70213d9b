"""A person as the federation knows them, whichever way they log in."""

from dataclasses import dataclass, field

from trust_framework.identity import Attributes


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is random and internal: no service ever sees it. `attributes` are the register's own, catalogue names."""

    id: str
    attributes: Attributes = field(default_factory=dict)
    protected: bool = False
    blocked: bool = False
    deceased: bool = False
