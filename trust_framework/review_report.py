"""A log review (logguppföljning) and its report: what was looked at, how it was drawn, and what came of it in numbers."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from trust_framework.log_drawing import Drawing, Selection
from trust_framework.review_cases import ReviewCase, outcome


@dataclass(frozen=True, slots=True)
class Review:
    """A review: what it looks at, who asked for it and when.

    Drawing begins with a `seed` and the size of the sealed log (`log_size`): what came later is not looked at. While it goes on,
    `drawing` says how far it is. Then there is how many accesses it examined, of how many each rule holds (`matched`) and any
    (`hit`), how many cases came of it (`drawn`), of them by chance (`sampled`) out of so many that chance would have drawn
    (`sample`), and whether more was to be looked at than somebody is ready to (`left_out`). One that a plan asked for (`plan`)
    is to be signed by `due`, and whoever reviews is reminded once when it was not (`reminded_at`); `reported_at`, `reported_by`
    and `digest` say when it was, by whom, and of what.
    """

    id: str
    selection: Selection
    made_by: str
    made_at: int
    seed: str = ""
    log_size: int = 0
    examined: int = 0
    hit: int = 0
    matched: Mapping[str, int] = field(default_factory=dict)
    sample: int = 0
    drawn: int = 0
    sampled: int = 0
    left_out: bool = False
    drawn_at: int | None = None
    reported_at: int | None = None
    reported_by: str = ""
    digest: str = ""
    plan: str = ""
    due: int | None = None
    reminded_at: int | None = None
    drawing: Drawing | None = None

    def overdue(self, now: int) -> bool:
        """Whether it should have been signed."""
        return self.reported_at is None and self.due is not None and self.due <= now


@dataclass(frozen=True, slots=True)
class Report:
    """A review in numbers: cases by rule and by what they came to, those still open, and who looked, how often, until when."""

    review: Review
    by_rule: Mapping[str, int]
    by_outcome: Mapping[str, int]
    open: int
    reviewers: tuple[tuple[str, int, int], ...]

    def content(self) -> dict[str, Any]:
        """The report as JSON values: what its digest is over."""
        review = replace(self.review, reminded_at=None, reported_at=None, reported_by="", digest="")
        return {"review": asdict(review), **_numbers(self)}

    @property
    def digest(self) -> str:
        """SHA-256 of the report in its one canonical form."""
        told = json.dumps(self.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def _numbers(report: Report) -> dict[str, Any]:
    return {
        "by_rule": dict(report.by_rule),
        "by_outcome": dict(report.by_outcome),
        "open": report.open,
        "reviewers": [list(each) for each in report.reviewers],
    }


def report(review: Review, cases: Iterable[ReviewCase]) -> Report:
    """What the cases of a review have come to."""
    rules: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    looked: dict[str, list[int]] = {}
    open_ = 0
    for case in cases:
        rules.update(case.rules)
        found = outcome(case)
        outcomes.update([found.value] if found else [])
        open_ += found is None
        for act in (act for act in case.acts if act.outcome is not None):
            looked.setdefault(act.person, []).append(act.at)
    reviewers = tuple(sorted((person, len(times), max(times)) for person, times in looked.items()))
    return Report(review, dict(sorted(rules.items())), dict(sorted(outcomes.items())), open_, reviewers)
