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
    """One place where a rule is broken. `place` is an XPath without prefixes, or a JSON pointer (RFC 6901).

    `detail` is what stands there, or what would do instead, where that helps.
    """

    id: str
    severity: Severity
    place: str
    why: str
    remedy: str
    rule: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A row: `test` gives the places where the subject breaks it, or pairs of place and detail.

    `source` is the specification and its section.
    """

    id: str
    severity: Severity
    test: Callable[[Subject], Iterable[str | tuple[str, str]]]
    why: str
    remedy: str
    source: str

    def at(self, place: str, detail: str = "") -> Finding:
        """The finding that the rule is broken at a place."""
        return Finding(self.id, self.severity, place, self.why, self.remedy, self.source, detail)


def broken(rules: Sequence[Rule[Subject]], subject: Subject) -> Iterator[Finding]:
    """Every place where a rule is broken, in the order of the rules."""
    for rule in rules:
        for found in rule.test(subject):
            yield rule.at(found) if isinstance(found, str) else rule.at(*found)
