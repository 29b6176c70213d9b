"""The error page: one template, one entry a cause. The causes and their sentences are in `trust_framework.reasons`.

Owns the HTTP status of a cause, and the landing page for services that send people here (REFEDS errorURL v1).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from broker.web.pages.frame import Action, Contact, Names, Page, ServiceView, clean, in_language
from trust_framework.reasons import ERROR_CLASSES, Kind, Reason, Sentences, Way

STATUS: Mapping[Kind, int] = {
    Kind.CANCELLED: 403,
    Kind.NOT_AUTHENTICATED: 403,
    Kind.LEVEL: 403,
    Kind.INTERACTION: 403,
    Kind.CONSENT: 403,
    Kind.NOT_ALLOWED: 403,
    Kind.UNKNOWN_PERSON: 403,
    Kind.REQUEST: 400,
    Kind.EXPIRED: 410,
    Kind.BUSY: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
STATUS_OF_CODE: Mapping[str, int] = {
    "not-found": 404,
    "request-too-large": 413,
    "login-used": 409,
    "other-browser": 403,
    "cookies-off": 403,
    "form-stale": 403,
}
RETRY_AFTER = 60
DETAILS = ("method", "asked", "got", "missing")
"""What technical details may name, beside the cause and the service: names, never values."""


def status_of(reason: Reason) -> int:
    """HTTP status of a page that tells this cause."""
    return STATUS_OF_CODE.get(reason.code, STATUS[reason.kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    """U10. `ways` says where each way on leads; those of the reason without an entry are not shown.

    `about` fills the sentences, `at` is epoch seconds, `details` has keys of `DETAILS`. `help_at` is the errorURL of the
    person's own organisation, filled in. `contact` is the helpdesk of the service or the organisation.
    """

    template: ClassVar[str] = "error.html"
    mark: ClassVar[str] = "U10"
    scripted: ClassVar[bool] = True
    reason: Reason
    at: int
    about: Mapping[str, str] = field(default_factory=dict)
    service: ServiceView | None = None
    ways: Mapping[Way, Action] = field(default_factory=dict)
    contact: Contact | None = None
    help_at: tuple[Names, str] | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return status_of(self.reason)

    @property
    def extra_headers(self) -> tuple[tuple[str, str], ...]:
        """RFC 9110 section 10.2.3: when to come back, where waiting helps."""
        waiting = self.reason.kind in {Kind.BUSY, Kind.UNAVAILABLE}
        return (("Retry-After", str(RETRY_AFTER)),) if waiting else ()

    @property
    def actions(self) -> tuple[tuple[Way, Action], ...]:
        """The ways on in the order of the cause, those that lead somewhere."""
        return tuple((way, self.ways[way]) for way in self.reason.ways if way in self.ways)

    @property
    def contact_way(self) -> Action | None:
        return self.ways.get(Way.CONTACT)

    @property
    def detail_rows(self) -> tuple[tuple[str, str], ...]:
        return tuple((key, self.details[key]) for key in DETAILS if self.details.get(key))

    def told(self, language: str) -> Sentences:
        """What happened and what to do, with the service's name filled in."""
        named = {"service": in_language(self.service.names, language)} if self.service else {}
        return self.reason.told(language, {**named, **{key: clean(value) for key, value in self.about.items()}})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorUrlPage(Page):
    """The page of our own errorURL (`/error`): what is shown has been matched with what we know."""

    template: ClassVar[str] = "error_url.html"
    mark: ClassVar[str] = "error-url"
    error_class: str | None = None
    service: ServiceView | None = None
    at: int | None = None
    transaction: str | None = None


_REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
_YEAR = 365 * 24 * 3600
_DIGITS = 11


def error_url_page(parameters: Mapping[str, str], known: Callable[[str], ServiceView | None], now: int) -> ErrorUrlPage:
    """The page for the parameters `code`, `ts`, `rp`, `tid`, `ctx` of an errorURL, all of them hostile until matched.

    `known` gives the service of an entityID or client_id. `tid` is shown only in the form of our references; `ctx` never.
    """
    code, moment = parameters.get("code", ""), parameters.get("ts", "")
    at = int(moment) if moment.isascii() and moment.isdigit() and len(moment) <= _DIGITS else None
    reference = parameters.get("tid", "").upper()
    return ErrorUrlPage(
        error_class=code if code in ERROR_CLASSES else None,
        service=known(parameters["rp"]) if parameters.get("rp") else None,
        at=at if at is not None and now - _YEAR <= at <= now + 3600 else None,
        transaction=reference if _REFERENCE.fullmatch(reference) else None,
    )
