"""The audit events of care: blocks, consents, relations, emergency access, decisions. A new event is a class here and nothing
else.

`person` is the patient's random id in the register. Who acted is `by` (a person's id, or a client's) and, by HSA-id, in the
evidence, which is sealed under the patient's key: an HSA-id names somebody.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from broker.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockChanged(Event):
    """A block was registered, copied, revoked, deleted, lifted for a time, or such a lift was cancelled (`act`). `reason` is
    that of a lift.
    """

    name: ClassVar[str] = "care.block-changed"
    retention: ClassVar[str] = "care"
    act: str
    block: str
    person: str
    provider: str
    unit: str = ""
    lift: str = ""
    reason: str = ""
    until: int = 0
    by: str = ""
    kind: str = ""
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRevealed(Event):
    """Somebody was told that a patient has closed something to them (`level` EXISTS), in an emergency where that is (WHERE), or
    had it opened (OPEN). `claimed`: our directory does not list them, and what stands here of who they are is the word of their
    system.
    """

    name: ClassVar[str] = "care.block-revealed"
    retention: ClassVar[str] = "care"
    person: str
    provider: str
    unit: str
    level: str
    blocks: tuple[str, ...] = ()
    by: str = ""
    kind: str = ""
    claimed: bool = False
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CareConsentChanged(Event):
    """A consent of care was registered, cancelled, ended by the patient, or deleted (`act`). `on_behalf_of` is the patient who
    ended it, by a service that `by` names.
    """

    name: ClassVar[str] = "care.consent-changed"
    retention: ClassVar[str] = "care"
    act: str
    consent: str
    type: str
    person: str
    provider: str
    unit: str
    by: str = ""
    kind: str = ""
    on_behalf_of: str = ""
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationChanged(Event):
    """A patient relation was registered, cancelled or deleted (`act`)."""

    name: ClassVar[str] = "care.relation-changed"
    retention: ClassVar[str] = "care"
    act: str
    relation: str
    person: str
    provider: str
    unit: str
    by: str = ""
    kind: str = ""
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFactChanged(Event):
    """A fact that a rule set names was registered, confirmed or ended, its end asked for (`ending`), a code made for it
    (`code-made`), a wrong one entered (`code-tried`) or the right one (`code-entered`). Its kind stands in the
    evidence, since some are secret. `person` is empty for a provider's own fact.
    """

    name: ClassVar[str] = "care.fact-changed"
    retention: ClassVar[str] = "care"
    act: str
    fact: str
    person: str = ""
    provider: str
    by: str = ""
    kind: str = ""
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyBegun(Event):
    """Somebody opened a patient's information because care could not wait. `case` is the review case that it began, `claimed` as
    for what was revealed.
    """

    name: ClassVar[str] = "care.emergency-begun"
    retention: ClassVar[str] = "care"
    emergency: str
    person: str
    provider: str
    unit: str
    until: int
    case: str
    mail: str = ""
    by: str = ""
    kind: str = ""
    claimed: bool = False
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyEnded(Event):
    """An emergency access was ended before its time."""

    name: ClassVar[str] = "care.emergency-ended"
    retention: ClassVar[str] = "care"
    emergency: str
    person: str
    provider: str
    by: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    """A case of log review was opened: of which kind, at which provider, about what. `mail` tells the reviewer."""

    name: ClassVar[str] = "care.case-opened"
    retention: ClassVar[str] = "care"
    case: str
    case_kind: str
    provider: str
    person: str = ""
    about: str = ""
    mail: str = ""
    patient_mail: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareNodeFailing(Event):
    """The other node of care cannot be told, or asked. What is entered here waits; the copy of the others' blocks grows old."""

    name: ClassVar[str] = "care.node-failing"
    retention: ClassVar[str] = "operation"
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareNodeWorking(Event):
    """The other node of care answers again."""

    name: ClassVar[str] = "care.node-working"
    retention: ClassVar[str] = "operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class CareCopyHeld(Event):
    """By what the other node of care says, `opens` of the `standing` copies of blocks would end or be lifted, where `most` may at
    once. None of it is done, and the copy grows old until an operator has judged it or the other node says otherwise.
    """

    name: ClassVar[str] = "care.copy-held"
    retention: ClassVar[str] = "operation"
    opens: int
    standing: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CareCopyJudged(Event):
    """An operator accepted or refused what was held, and why."""

    name: ClassVar[str] = "care.copy-judged"
    retention: ClassVar[str] = "operation"
    by: str
    accepted: bool
    opens: int
    standing: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareCopyReleased(Event):
    """Nothing of the copy is held any more: it was accepted, or the other node says otherwise. `opens` is what it had been."""

    name: ClassVar[str] = "care.copy-released"
    retention: ClassVar[str] = "operation"
    opens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecided(Event):
    """It was decided what somebody may see of a patient. `rulings` rows are (answer, rules that made it) in the question's order,
    `rules` names the rule set, `register` the version of the register that decided, `claimed` as for what was revealed.
    """

    name: ClassVar[str] = "care.decided"
    retention: ClassVar[str] = "care"
    person: str
    provider: str
    unit: str
    purpose: str
    commission: str = ""
    rules: str
    rulings: tuple[tuple[str, ...], ...] = ()
    by: str = ""
    kind: str = ""
    register: int = 0
    claimed: bool = False
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogged(Event):
    """An entry of the access log was stored: that at `occurred` somebody at `provider` accessed `person`'s information. `entry`
    is its number, `record` the hash of its text, `evidence` that of the entry as it is kept, `by` who stored it.
    """

    name: ClassVar[str] = "care.access"
    retention: ClassVar[str] = "access"
    entry: int
    occurred: int
    person: str = ""
    provider: str
    record: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogRead(Event):
    """Somebody read the access log, for a purpose: of which provider, patient, period, and how many `rows` of it.
    `what` is the call or the page.
    """

    name: ClassVar[str] = "care.log-read"
    retention: ClassVar[str] = "care"
    what: str
    purpose: str
    provider: str = ""
    since: int = 0
    until: int = 0
    rows: int = 0
    person: str = ""
    by: str = ""
    kind: str = ""
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesArchived(Event):
    """The entries of a month of the access log went to an archive with this digest, and from here."""

    name: ClassVar[str] = "care.entries-archived"
    retention: ClassVar[str] = "log"
    archive: str
    month: str
    entries: int
    digest: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesRestored(Event):
    """The entries of an archive came back."""

    name: ClassVar[str] = "care.entries-restored"
    retention: ClassVar[str] = "log"
    archive: str
    month: str
    entries: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveDropped(Event):
    """The file of an archive was deleted: the time of everything in it is over."""

    name: ClassVar[str] = "care.archive-dropped"
    retention: ClassVar[str] = "log"
    archive: str
    month: str
    digest: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSought(Event):
    """Somebody of the care staff looked a patient up by number, in a commission. `person` is empty for a number that nobody
    is known by.
    """

    name: ClassVar[str] = "care.patient-sought"
    retention: ClassVar[str] = "care"
    person: str
    provider: str
    unit: str
    commission: str
    by: str
