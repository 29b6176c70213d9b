"""Why something was refused: the closed catalogue of causes, one row each.

A row says everything about a cause: its kind, the class that REFEDS errorURL v1 gives it, the sentences for the person
in both languages, the short English sentence for the service, and the ways on. Protocols map the *kind* to their codes,
so a new cause is a row here and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a protocol needs to know about a cause. Each protocol and the page have one table over this."""

    CANCELLED = "cancelled"  # the person said no
    NOT_AUTHENTICATED = "not-authenticated"  # the method ran and did not identify the person
    LEVEL = "level"  # no login of an acceptable level can be had
    INTERACTION = "interaction"  # a person would have to act, and the service forbade it
    CONSENT = "consent"  # the person declined to release
    NOT_ALLOWED = "not-allowed"  # rules stop this service or person
    UNKNOWN_PERSON = "unknown-person"  # the person lacks what the service requires
    REQUEST = "request"  # the service's request is wrong
    EXPIRED = "expired"  # the login itself is gone: used, timed out, of another browser
    BUSY = "busy"  # too many attempts
    UNAVAILABLE = "unavailable"  # something that we lean on does not answer
    INTERNAL = "internal"


class Way(Enum):
    """A way on from an error page."""

    SERVICE = "service"
    RETRY = "retry"
    OTHER_METHOD = "other-method"
    CONTACT = "contact"
    COOKIES = "cookies"


@dataclass(frozen=True, slots=True)
class Sentences:
    """What happened and what the person can do, a sentence each. `{service}`, `{detail}` may stand in them."""

    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause. `code` is the machine mark of pages and log; `service_text` goes to the service with the reference."""

    code: str
    kind: Kind
    error_class: str
    service_text: str
    sv: Sentences
    en: Sentences
    ways: tuple[Way, ...]


class Refusal(Exception):
    """A refusal on its way to the one place that answers it. `detail` is for the log only."""

    def __init__(self, reason: Reason, detail: str = "", about: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{reason.code}: {detail}")
        self.reason, self.detail, self.about = reason, detail, dict(about or {})
