"""The audit events of My page: what persons, and those who act for them, read and changed there. A new event is a class here.

`person` is whom it is about, `by` who did it; both are the register's random ids.
"""

from dataclasses import dataclass
from typing import ClassVar

from broker.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationChanged(Event):
    """Somebody may act for a person or an organisation (by its number), may differently, or no longer (`act`: given, ended,
    revoked, declined). `by` is who did it, or `file`. `services` and `deeds` are what a power was given for, `until` when it
    ends.
    """

    name: ClassVar[str] = "representation.changed"
    retention: ClassVar[str] = "operation"
    act: str
    representation: str
    person: str
    representative: str
    kind: str
    by: str
    services: tuple[str, ...] = ()
    deeds: tuple[str, ...] = ()
    until: int = 0
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForgotten(Event):
    """A person was erased: their key was destroyed. `decision` is the request that it was decided in, or the reference of the
    decision; `by` who carried it out, a person or `command`.
    """

    name: ClassVar[str] = "person.forgotten"
    retention: ClassVar[str] = "log"
    person: str
    decision: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    """A person took back what they had agreed to let a service have."""

    name: ClassVar[str] = "consent.withdrawn"
    retention: ClassVar[str] = "consent"
    person: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginDisowned(Event):
    """A person said that a login (`of`, its reference) was not theirs. `ended` sign-ons were ended at once; `mail` tells the
    federation.
    """

    name: ClassVar[str] = "login.disowned"
    retention: ClassVar[str] = "operation"
    person: str
    of: str
    service: str
    ended: int = 0
    mail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoginsRead(Event):
    """A person read their own logins, one of them (`sought`: its reference), or those of a representation for them (its id)."""

    name: ClassVar[str] = "own.logins-read"
    retention: ClassVar[str] = "operation"
    person: str
    sought: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCareRead(Event):
    """A person, or who may act for them, read what care holds: `what` it was, and `form` (page, csv, pdf, extract, json).

    `representation` is by what they might.
    """

    name: ClassVar[str] = "own.care-read"
    retention: ClassVar[str] = "care"
    person: str
    by: str
    what: str
    form: str = "page"
    representation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDataExported(Event):
    """A person took a copy of everything that is held of them (GDPR article 15)."""

    name: ClassVar[str] = "own.data-exported"
    retention: ClassVar[str] = "operation"
    person: str
    by: str
    form: str
    representation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRequested(Event):
    """A patient asked care staff to set or lift a block, took the request back, or it was answered (`act`)."""

    name: ClassVar[str] = "care.requested"
    retention: ClassVar[str] = "care"
    act: str
    request: str
    wish: str
    person: str
    provider: str
    unit: str = ""
    by: str = ""
