"""What can be said of an attribute, and of a whole case: the closed set of outcomes that every trace is made of."""

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What can be said of an attribute (the first ten), or of the whole case by a rule (the last three)."""

    RELEASED = "released"
    CHANGED = "changed"  # delivered in another form: derived, or under another name
    NOT_REQUESTED = "not-requested"
    NOT_ALLOWED = "not-allowed"
    NO_AGREEMENT = "no-agreement"
    CONSENT_MISSING = "consent-missing"
    BLOCKED = "blocked"
    LEVEL_TOO_LOW = "level-too-low"
    MISSING = "missing-at-source"
    SOURCE_SILENT = "source-did-not-answer"
    ALLOWED = "allowed"
    ASKED = "asked"
    REFUSED = "refused"


DELIVERED: Final = frozenset({Outcome.RELEASED, Outcome.CHANGED})
FORBIDDEN: Final = frozenset({Outcome.NOT_ALLOWED, Outcome.NO_AGREEMENT, Outcome.LEVEL_TOO_LOW})
"""The service may not have it, whatever the sources say."""
