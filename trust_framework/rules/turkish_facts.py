"""What the Turkish rules know of a patient besides blocks: privacy choices, windows of access, codes, orders, and who may act for
whom (Regulation on Personal Health Data; articles are named beside what they say).

Owns these values and when each stands. What follows is `trust_framework.rules.turkish`.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from trust_framework.care import EVER, CareActor, Patient, Period
from trust_framework.days import day_after, midnight
from trust_framework.representation import turns

ZONE: Final = ZoneInfo("Europe/Istanbul")
HOUR: Final = 3600
VISIT: Final = 24 * HOUR
"""How long the physicians of a provider see the information of who came in (article 6(3)c)."""
CODE_OPENS: Final = 24 * HOUR
"""How long a code opens what is hidden. The regulation does not say: as long as a visit."""
OF_AGE: Final = 18
"""When a child is none any more. The regulation does not say (Turkish Civil Code, unverified)."""
PHYSICIANS: Final = frozenset({"LK", "hekim"})
"""Codes of licences that make a physician."""


def is_child(patient: Patient, now: int) -> bool:
    """Whether a person is a child; nobody whose day of birth is not known is."""
    grown = turns(patient.born, OF_AGE)
    return grown is not None and now < midnight(grown, ZONE)


class Window(StrEnum):
    """On what ground a physician sees past information (article 6(3)); `ANY_PHYSICIAN` by the person's own choice alone."""

    FAMILY = "family-physician"
    APPOINTMENT = "appointment"
    VISIT = "visit"
    STAY = "stay"
    ANY_PHYSICIAN = "any-physician"


BY_REGULATION: Final = frozenset({Window.FAMILY, Window.APPOINTMENT, Window.VISIT, Window.STAY})


@dataclass(frozen=True, slots=True)
class PrivacyChoice:
    """What the person chose (article 6(2)): the windows that are open, or that nothing past is seen without a code shared with
    the physician (article 6(5)). Without a choice the regulation's windows are open.
    """

    windows: frozenset[Window] = BY_REGULATION
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class LinkedProcess:
    """Something that the appointment's care directly led to: since when it counts, until when; None while it goes on."""

    id: str
    began_at: int
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booked physician and day (article 6(3)b)."""

    id: str
    physician: str
    day: date
    linked: tuple[LinkedProcess, ...] = ()

    @property
    def opens(self) -> int:
        return midnight(self.day, ZONE)

    @property
    def shuts(self) -> int:
        """When the last process has ended that the window was open for when it began, or the day where there was none. What
        begins once the window has shut opens it for nobody, and what ended before it began never was.
        """
        shut, ends = day_after(self.day, ZONE), -EVER
        for each in sorted(self.linked, key=lambda one: (one.began_at, one.id)):
            ended = EVER if each.ended_at is None else each.ended_at
            if self.opens <= each.began_at < min(shut, ended):
                shut = ends = max(ends, ended)
        return shut

    def stands(self, now: int) -> bool:
        """From the day's beginning until it shuts."""
        return self.opens <= now < self.shuts


@dataclass(frozen=True, slots=True)
class Visit:
    """The person came in at a provider, or at a unit of it (article 6(3)c). `place` is the HSA-id of either."""

    id: str
    place: str
    at: int

    def stands(self, now: int) -> bool:
        return self.at <= now < self.at + VISIT


@dataclass(frozen=True, slots=True)
class Stay:
    """The person was admitted to a provider, or to a unit of it, until discharged (article 6(3)ç)."""

    id: str
    place: str
    admitted_at: int
    discharged_at: int | None = None

    def stands(self, now: int) -> bool:
        return self.admitted_at <= now and (self.discharged_at is None or now < self.discharged_at)


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A physician entered the code that went to the person's own number (article 6(5)), and sees what is hidden for a time."""

    id: str
    physician: str
    entered_at: int
    until: int

    def stands(self, now: int) -> bool:
        return self.entered_at <= now < self.until


@dataclass(frozen=True, slots=True)
class Restriction:
    """A type of information whose privacy goes further (article 6(6)), and the licences of which care staff needs one."""

    type: str
    licences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SecrecyOrder:
    """A court's decision that information is hidden (article 12). `need_to_know`: employees and persons who know of it."""

    id: str
    since: int
    need_to_know: frozenset[str] = frozenset()
    lifted_at: int | None = None

    def hides_from(self, actor: CareActor, now: int) -> bool:
        """Whether it stands, and whoever asks is not to know."""
        stands = self.since <= now and (self.lifted_at is None or now < self.lifted_at)
        return stands and not ({actor.employee, actor.person} - {""}) & self.need_to_know


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The head of a ministry's unit named a person to match information with whom it is about (article 7(1))."""

    id: str
    unit: str
    employee: str
    named_by: str
    at: int
    revoked_at: int | None = None

    def stands(self, now: int) -> bool:
        return self.at <= now and (self.revoked_at is None or now < self.revoked_at)


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent, and whether they have custody (article 8)."""

    person: str
    custody: bool = True


@dataclass(frozen=True, slots=True)
class ChildChoice:
    """What a child able to judge chose (article 8(1)): that parents need permission, and which have it."""

    able_to_judge: bool = False
    asks_permission: bool = False
    permitted: frozenset[str] = frozenset()

    def stops(self, parent: str) -> bool:
        """Only a child who is able to judge stops a parent."""
        return self.able_to_judge and self.asks_permission and parent not in self.permitted


@dataclass(frozen=True, slots=True)
class LawyersPower:
    """A power of attorney; `special`: with the clause of explicit consent to health data (article 10)."""

    id: str
    lawyer: str
    special: bool
    period: Period = field(default_factory=Period)


@dataclass(frozen=True, slots=True)
class Heir:
    """An heir; `certificate` is the certificate of inheritance that was shown (article 11(1)), empty for none."""

    person: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class TurkishFacts:
    """What the rules read. `misusers` are employees whose authorisations were all revoked (article 21(2));
    `noncustodial_types` is what a parent without custody may see (article 8(2)), the directorate's decision: nothing where
    there is none. `died`: somebody has entered a death, whatever the register says.
    """

    family_physician: str = ""
    choice: PrivacyChoice | None = None
    appointments: tuple[Appointment, ...] = ()
    visits: tuple[Visit, ...] = ()
    stays: tuple[Stay, ...] = ()
    codes: tuple[CodeEntry, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    orders: tuple[SecrecyOrder, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()
    misusers: frozenset[str] = frozenset()
    parents: tuple[Parent, ...] = ()
    child: ChildChoice = field(default_factory=ChildChoice)
    noncustodial_types: frozenset[str] = frozenset()
    powers: tuple[LawyersPower, ...] = ()
    heirs: tuple[Heir, ...] = ()
    died: bool = False
