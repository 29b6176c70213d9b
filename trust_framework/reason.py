"""The shape of a cause of refusal. The catalogue of all causes is `trust_framework.reasons`, which also exports these.

Owns the kinds that protocols map to their codes, and the exception that carries a cause to the one place that answers.
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


NOTHING_KNOWN = {
    "sv": {"service": "tjänsten", "detail": "okänd"},
    "en": {"service": "the service", "detail": "unknown"},
}


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

    def told(self, language: str, about: Mapping[str, str]) -> Sentences:
        """The sentences in Swedish, or else English, with `about` filled in as plain text (the page escapes it).

        A key with the language behind it (`detail_sv`) goes before the bare key; what is not known is said in words.
        """
        lang = "sv" if language == "sv" else "en"
        known = {
            key: about.get(f"{key}_{lang}") or about.get(key) or words for key, words in NOTHING_KNOWN[lang].items()
        }
        said = self.sv if lang == "sv" else self.en
        return Sentences(_capital(said.what.format_map(known)), _capital(said.todo.format_map(known)))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


class Refusal(Exception):
    """A refusal on its way to the one place that answers it. `detail` is for the log only."""

    def __init__(self, reason: Reason, detail: str = "", about: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{reason.code}: {detail}")
        self.reason, self.detail, self.about = reason, detail, dict(about or {})
