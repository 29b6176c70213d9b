"""What blocks, consents, relations and access decisions of care share: who acts, on which unit, about which patient, when.

Identities of the health sector are HSA-ids, kept in their compare form; patients are typed identifiers, never a bare string.
Instants are epoch seconds. The words are those of the RIV-TA domains informationsecurity:authorization:* and auditing:log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from trust_framework.identifiers import KINDS, Identifier

EVER: Final = 2**53
"""An instant after all others: the end of what has no end."""


class Purpose(StrEnum):
    """For what somebody acts: the purpose of a commission (commissionPurpose)."""

    CARE = "Vård och behandling"
    QUALITY = "Kvalitetssäkring"
    OTHER_DOCUMENTATION = "Annan dokumentation enligt lag"
    STATISTICS = "Statistik"
    ADMINISTRATION = "Administration"
    QUALITY_REGISTRY = "Kvalitetsregister"


class Activity(StrEnum):
    """What was done with a patient's information (auditing:log, activityType)."""

    READ = "Läsa"
    WRITE = "Skriva"
    SIGN = "Signera"
    PRINT = "Utskrift"
    COUNTERSIGN = "Vidimera"
    DELETE = "Radera"
    EMERGENCY = "Nödöppning"


@dataclass(frozen=True, slots=True)
class CareActor:
    """Who asks for a patient's information, in a chosen commission (AccessingActor, with what the decision needs beside it).

    `employee`, `unit`, `provider`, `commission` are HSA-ids in compare form; `person` is the register's id where it is known,
    `licences` codes of licensed professions (LK, SJ, …).
    """

    employee: str
    unit: str
    provider: str
    purpose: str = Purpose.CARE
    commission: str = ""
    person: str = ""
    licences: tuple[str, ...] = ()

    def within(self, unit: str, employee: str) -> bool:
        """Whether an entry for a unit, or for one employee of it, is for this one. An actor at no unit has none."""
        return unit == self.unit != "" and employee in {"", self.employee}


@dataclass(frozen=True, slots=True)
class Staff:
    """Who asked for, or made, an entry: employee and the commission it was made in (Actor of the contracts)."""

    employee: str
    assignment: str = ""
    assignment_name: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """That something was registered, lifted, ended or voided (Action of the contracts): when asked, by whom, when entered, by
    whom, and why in at most 1,024 characters.
    """

    requested_at: int
    requested_by: Staff
    registered_at: int
    registered_by: Staff
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, the first instant, to `end`, the last one; None on either side has no limit."""

    start: int | None = None
    end: int | None = None

    @property
    def inverted(self) -> bool:
        """Whether it ends before it begins."""
        return self.start is not None and self.end is not None and self.end < self.start

    def overlaps(self, other: "Period") -> bool:
        """Whether any instant lies in both."""
        first, last = -EVER if self.start is None else self.start, EVER if self.end is None else self.end
        begins, ends = -EVER if other.start is None else other.start, EVER if other.end is None else other.end
        return first <= ends and begins <= last and first <= last and begins <= ends

    def holds(self, at: int) -> bool:
        """Whether the instant lies in it."""
        return self.first <= at <= self.last

    def over(self, at: int) -> bool:
        """Whether its last instant has passed."""
        return self.last < at

    @property
    def first(self) -> int:
        """The first instant."""
        return -EVER if self.start is None else self.start

    @property
    def last(self) -> int:
        """The last instant."""
        return EVER if self.end is None else self.end


class Lasting(Protocol):
    """What is entered for a time and may end before: a consent, a relation."""

    @property
    def period(self) -> Period: ...

    @property
    def stands(self) -> bool: ...


def current(entry: Lasting, now: int) -> bool:
    """Whether it stands and is not over; it may begin later."""
    return entry.stands and not entry.period.over(now)


@dataclass(frozen=True, slots=True)
class Resource:
    """Something recorded of a patient: at which unit of which provider, when, and of what type (lak, upp, und, vko …; empty
    is unspecified). `id` is the asker's own (rowNumber of CheckBlocks).
    """

    id: str
    provider: str
    unit: str = ""
    recorded: Period = field(default_factory=Period)
    type: str = ""


@dataclass(frozen=True, slots=True)
class CareUnit:
    """A care unit of a provider."""

    hsa_id: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Switches:
    """What a care provider decides for itself. Each is a key of the provider's entry in the federation file."""

    staff_names_shown: bool = True
    """Whether the patient's access log names staff (public providers must give names at request)."""
    outer_lift_by_others: bool = False
    """Whether an outer block set here may be lifted for a time by another provider."""
    relation_needed: bool = True
    """Whether a patient relation is asked for inside the provider."""
    guardians_read: bool = True
    """Whether guardians see a child's information here at all."""
    patient_blocks_directly: bool = True
    """Whether a block that the patient asks for on My page holds at once, or waits for care staff."""
    emergency_mailed: bool = True
    """Whether the patient gets word by mail of an emergency, where an address is known. On My page it stands in any case."""
    consent_lift_days: int = 7
    emergency_hours: int = 24
    """At most: days of a lift with the patient's consent (7), hours of emergency access (24)."""


@dataclass(frozen=True, slots=True)
class CareProvider:
    """A care provider (vårdgivare): HSA-id in compare form, the member (organisation number) that it is, its units by HSA-id in
    compare form. `rules` names its rule set (without one nothing is decided), `registrars` are the system roles that let staff
    register blocks, consents and facts, `review_contact` is where its log reviewers get mail. `authority`: it is that
    of its rule set (a ministry), and some of what it enters holds at every provider under it.
    """

    hsa_id: str
    org: str
    names: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, CareUnit] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    rules: str = ""
    registrars: frozenset[str] = frozenset()
    review_contact: str = ""
    authority: bool = False


@dataclass(frozen=True, slots=True)
class Patient:
    """What a decision knows of the patient. `born` is YYYY-MM-DD or empty when not known."""

    person: str
    born: str = ""
    protected: bool = False
    deceased: bool = False


PATIENT_KINDS: Final = tuple(kind for name, kind in KINDS.items() if name != "hsa-id")
"""The kinds of number by which a patient may be known."""

_BY_OID: Final = {kind.oid: kind for kind in PATIENT_KINDS}
_LOGIN_KINDS: Final = frozenset({"personnummer", "samordningsnummer"})


def patient_identifier(oid: str, value: str) -> Identifier | None:
    """The typed identifier of a patient; None when the kind is unknown or the value cannot be one of it."""
    kind, plain = _BY_OID.get(oid), value.strip()
    return Identifier(oid, kind.compare_form(plain)) if kind and kind.valid(plain) else None


def patient_key(patient: Identifier) -> tuple[str, str]:
    """Under what the patient is found among the persons: kind of key and value. A number with which people log in has the
    key of the login.
    """
    kind = _BY_OID[patient.oid].name
    return ("personalIdentityNumber" if kind in _LOGIN_KINDS else kind, patient.value)
