"""What is wrong with a document, why it matters and what to do: the values of `metadata check`.

Owns the form of a rule, of a finding, and of the report of all of them. Rules stand in tables (`saml_rules`, `saml_advice`,
`document_rules`, `client_rules`, `federation_rules`): to add one, write a function that gives the places where it is broken,
and a row, which holds its words in both languages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Final, Generic, TypeVar

Subject = TypeVar("Subject")
MOST_PLACES: Final = 20
"""Places told of one rule in one entity. Who has put these right looks again."""


class Severity(StrEnum):
    """An error keeps the document out. A warning: something was left out or will fail. A hint: could be better."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken. `place` is an XPath without prefixes, or a JSON pointer (RFC 6901).

    `detail` is what stands there, or what would do instead, where that helps. `sv` says `why` and `remedy` in Swedish;
    `line` is where in the file, when that is known.
    """

    id: str
    severity: Severity
    place: str
    why: str
    remedy: str
    rule: str
    detail: str = ""
    sv: tuple[str, str] = field(default=("", ""), repr=False)
    line: int | None = None

    def told(self, language: str) -> tuple[str, str]:
        """Why, and what to do, in one of the two languages."""
        return self.sv if language == "sv" else (self.why, self.remedy)

    def as_json(self) -> dict[str, Any]:
        """As JSON values, in both languages."""
        why_sv, remedy_sv = self.sv
        return {
            "id": self.id,
            "severity": self.severity.value,
            "place": self.place,
            "line": self.line,
            "detail": self.detail,
            "why": self.why,
            "remedy": self.remedy,
            "why_sv": why_sv,
            "remedy_sv": remedy_sv,
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A row: `test` gives the places where the subject breaks it, or pairs of place and detail.

    `source` is the specification and its section; `sv` are `why` and `remedy` in Swedish. `needs` names what of the context
    (`metadata.context`) must be known for it, `only` the one role that it is about.
    """

    id: str
    severity: Severity
    test: Callable[[Subject], Iterable[str | tuple[str, str]]] = field(repr=False)
    why: str
    remedy: str
    source: str
    sv: tuple[str, str]
    needs: str = ""
    only: str = ""

    def at(self, place: str, detail: str = "", line: int | None = None) -> Finding:
        """The finding that the rule is broken at a place."""
        return Finding(self.id, self.severity, place, self.why, self.remedy, self.source, detail, self.sv, line)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a look at a document, errors first. `passed` are the ids of rules that hold; `not_run` those that needed
    something that was not known, each with its name.
    """

    findings: tuple[Finding, ...]
    passed: tuple[str, ...] = ()
    not_run: Mapping[str, str] = field(default_factory=dict)

    @property
    def refuses(self) -> bool:
        """Whether the document would not be taken."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings there are of a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        counts = {f"{severity}s": self.count(severity) for severity in Severity}
        return {
            "taken": not self.refuses,
            "counts": {**counts, "passed": len(self.passed), "not_run": len(self.not_run)},
            "findings": [finding.as_json() for finding in self.findings],
            "passed": list(self.passed),
            "not_run": dict(self.not_run),
        }


def broken(rules: Sequence[Rule[Subject]], subject: Subject) -> Iterator[Finding]:
    """The places where a rule is broken, in the order of the rules: of each the first few, so that a report stays one."""
    for rule in rules:
        for found in islice(rule.test(subject), MOST_PLACES):
            yield rule.at(found) if isinstance(found, str) else rule.at(*found)
