"""What is wrong with a document, why it matters and what to do: the values of `metadata check`.

Owns the form of a rule and of a finding. Rules stand in tables (`saml_rules`, `saml_advice`, `client_rules`): to add one,
write a function that gives the places where it is broken, and a row.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


class Severity(StrEnum):
    """An error keeps the document out. A warning: something was left out or will fail. A hint: could be better."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken. `place` is an XPath without prefixes, or a JSON pointer (RFC 6901)."""

    id: str
    severity: Severity
    place: str
    why: str
    remedy: str
    rule: str


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A row: `test` gives the places where the subject breaks it; `source` is the specification and its section."""

    id: str
    severity: Severity
    test: Callable[[Subject], Iterable[str]]
    why: str
    remedy: str
    source: str

    def at(self, place: str) -> Finding:
        """The finding that the rule is broken at a place."""
        return Finding(self.id, self.severity, place, self.why, self.remedy, self.source)


def broken(rules: Sequence[Rule[Subject]], subject: Subject) -> Iterator[Finding]:
    """Every place where a rule is broken, in the order of the rules."""
    for rule in rules:
        for place in rule.test(subject):
            yield rule.at(place)
