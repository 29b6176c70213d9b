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


def called(attributes: Attributes) -> str:
    """What a person is called by these attributes: the name to be shown, else given name and family name; empty for none."""
    told = {name: values[0] for name, values in attributes.items() if values}
    return told.get("displayName") or " ".join(told[part] for part in ("givenName", "sn") if part in told)
