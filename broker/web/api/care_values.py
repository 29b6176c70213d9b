"""What care's calls take and give, as models. Instants are epoch seconds, HSA-ids may be spelled in any way when sent."""

from typing import Annotated

from pydantic import Field, StringConstraints

from broker.web.api.values import Model
from trust_framework.block_reveal import Level
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import Purpose
from trust_framework.care_consents import ConsentType

EntryId = Annotated[str, StringConstraints(min_length=1, max_length=36)]
HsaId = Annotated[str, StringConstraints(max_length=64)]
Word = Annotated[str, StringConstraints(max_length=64)]
Reason = Annotated[str, StringConstraints(max_length=1024)]
Instant = Annotated[int, Field(ge=-(2**53), le=2**53)]


class Number(Model):
    """A patient's number with the OID of its kind, such as 1.2.752.129.2.1.3.1 for a personnummer."""

    oid: Word
    value: Word


class StaffNamed(Model):
    """An employee, and the commission acted in."""

    employee: HsaId
    assignment: HsaId = ""
    assignment_name: Annotated[str, StringConstraints(max_length=256)] = ""


class Entered(Model):
    """Who asked for an entry, when, who entered it, and why. A system names `registered_by`; staff are known by their token."""

    requested_at: Instant | None = None
    requested_by: StaffNamed | None = None
    registered_by: StaffNamed | None = None
    reason: Reason = ""


class Acted(Model):
    """That something was entered or ended: when asked for, by whom, when entered, by whom, and why."""

    requested_at: int
    requested_by: StaffNamed
    registered_at: int
    registered_by: StaffNamed
    reason: str = ""


class Span(Model):
    """From an instant to another, the last included; without a limit where one is left out."""

    start: Instant | None = None
    end: Instant | None = None


class Actor(Model):
    """Who asks, in a commission. Left out where staff call with a token of their own."""

    employee: HsaId
    unit: HsaId
    provider: HsaId
    purpose: Annotated[str, StringConstraints(max_length=100)] = Purpose.CARE.value
    commission: HsaId = ""
    licences: Annotated[tuple[Word, ...], Field(max_length=20)] = ()


class Lifted(Model):
    """A lift of a block for a time."""

    id: str
    until: int
    unit: str
    employee: str = ""
    reason: LiftReason
    registered: Acted
    cancelled: Acted | None = None


class Block(Model):
    """A block as it stands, with its lifts. `revoked` and `deleted` ended it."""

    id: str
    type: BlockType
    patient: Number
    provider: str
    unit: str = ""
    information: Span
    excluded: tuple[str, ...] = ()
    owner: str = ""
    local: bool = True
    registered: Acted
    lifts: tuple[Lifted, ...] = ()
    revoked: Acted | None = None
    deleted: Acted | None = None


class BlockList(Model):
    """Some blocks, oldest first."""

    blocks: tuple[Block, ...]


class NewBlock(Model):
    """A block to enter under the caller's UUID. An inner one names its unit; `excluded` are types left open (lak, upp)."""

    id: EntryId
    type: BlockType
    patient: Number
    provider: HsaId
    unit: HsaId = ""
    information: Span = Span()
    excluded: Annotated[tuple[Word, ...], Field(max_length=20)] = ()
    owner: HsaId = ""
    entered: Entered = Entered()


class Copied(Model):
    """A block like another under an id of its own; what is left out is as there."""

    id: EntryId
    type: BlockType | None = None
    unit: HsaId | None = None
    information: Span | None = None
    excluded: Annotated[tuple[Word, ...], Field(max_length=20)] | None = None
    entered: Entered = Entered()


class NewLift(Model):
    """A lift of a block under the caller's UUID: until when, for which unit, or for one employee there, and on what ground."""

    id: EntryId
    until: Instant
    unit: HsaId
    employee: HsaId = ""
    reason: LiftReason
    entered: Entered = Entered()


class Ending(Model):
    """That an entry ends; for a consent or a fact, at another instant where one is named."""

    entered: Entered = Entered()
    ends_at: Instant | None = None


class OfPatient(Model):
    """About which patient. The number stands in the body, never in an address."""

    patient: Number


class Asked(Model):
    """Somebody and a patient."""

    patient: Number
    actor: Actor | None = None


class Row(Model):
    """Something recorded: where, when, of which type. `id` is the caller's own."""

    id: Word
    provider: HsaId
    unit: HsaId = ""
    recorded: Span = Span()
    type: Word = ""


class CheckAsked(Asked):
    """Rows to check against the patient's blocks."""

    rows: Annotated[tuple[Row, ...], Field(max_length=5000)]


class Checked(Model):
    """OK, BLOCKED or VALIDATIONERROR."""

    id: str
    status: str
    blocks: tuple[str, ...] = ()


class Checks(Model):
    """Each row's answer. `result` is INFO when a row cannot be judged."""

    result: str
    rows: tuple[Checked, ...]


class RevealAsked(Asked):
    """How much the asker was told before: 0 nothing, 1 that something is blocked, 2 where. It can only take a step back: the next
    step is decided by what is on record.
    """

    told: Level = Level.NOTHING


class Place(Model):
    """Where something is blocked: a provider, and the unit of an inner block."""

    provider: str
    unit: str = ""


class Revealed(Model):
    """What is told: 1 that something is blocked, 2 where (in an emergency), 3 opened. `closed_places` stay closed. `incomplete`:
    there may be more at other nodes' providers, whose blocks are not known just now.
    """

    level: int
    places: tuple[Place, ...] = ()
    opened: tuple[str, ...] = ()
    closed_places: tuple[Place, ...] = ()
    incomplete: bool = False


class ChangesAsked(Model):
    """The blocks of providers that changed since an instant; all that stand without one."""

    providers: Annotated[tuple[HsaId, ...], Field(max_length=100)] = ()
    since: Instant | None = None


class Changes(Model):
    """A page of the blocks that changed, the oldest change first. Ask for what changed since `next`: at once where there is
    `more`, else the next time. Read everything anew when `latest_cancellation` has moved: what ended is not among changes.
    """

    blocks: tuple[Block, ...]
    next: int
    more: bool = False
    latest_cancellation: int | None = None


class Consent(Model):
    """A consent of care as it stands. `cancelled` and `deleted` ended it."""

    id: str
    type: ConsentType
    patient: Number
    provider: str
    unit: str
    employee: str = ""
    period: Span
    represented_by: Number | None = None
    registered: Acted
    cancelled: Acted | None = None
    deleted: Acted | None = None


class ConsentList(Model):
    """Some consents, oldest first."""

    consents: tuple[Consent, ...]


class NewConsent(Model):
    """A consent to enter under the caller's UUID: for a unit, or one employee there; from now on and until ended unless it says
    otherwise.
    """

    id: EntryId
    type: ConsentType = ConsentType.CONSENT
    patient: Number
    provider: HsaId
    unit: HsaId
    employee: HsaId = ""
    period: Span = Span()
    represented_by: Number | None = None
    entered: Entered = Entered()


class ConsentChecked(Model):
    """Whether a consent holds for the asker, and of which type the latest one is."""

    has_consent: bool
    type: ConsentType | None = None
    consent: str = ""


class Relation(Model):
    """A patient relation as it stands. `cancelled` and `deleted` ended it."""

    id: str
    patient: Number
    provider: str
    unit: str
    employee: str = ""
    period: Span
    registered: Acted
    cancelled: Acted | None = None
    deleted: Acted | None = None


class RelationList(Model):
    """Some relations, oldest first."""

    relations: tuple[Relation, ...]


class NewRelation(Model):
    """A relation to enter under the caller's UUID: of an employee, or of all of a unit."""

    id: EntryId
    patient: Number
    provider: HsaId
    unit: HsaId
    employee: HsaId = ""
    period: Span = Span()
    entered: Entered = Entered()


class RelationChecked(Model):
    """Whether the asker has a relation to the patient now."""

    has_relation: bool
    relation: str = ""


class NewEmergency(Asked):
    """An emergency access to begin: why, under the caller's UUID where it has one, until when at most."""

    reason: Reason
    id: Annotated[str, StringConstraints(max_length=36)] = ""
    until: Instant | None = None


class Emergency(Model):
    """An emergency access: of whom, by whom, until when. `case` is the review case that it began."""

    id: str
    patient: Number
    employee: str
    unit: str
    provider: str
    reason: str
    at: int
    until: int
    case: str
    ended_at: int | None = None


class Question(Asked):
    """What somebody wants to see of a patient. `unable_to_consent`: the patient cannot be asked. A private person is
    named by `person` in place of an actor, at the care provider `through` which they ask; you have made sure who it is. By the
    rules `se` that is the patient, a guardian or who holds a power of attorney, as the register and My page have them; by `tr`
    the patient, a parent, a lawyer or an heir, as facts say.
    """

    person: Number | None = None
    through: HsaId = ""
    resources: Annotated[tuple[Row, ...], Field(min_length=1, max_length=500)]
    unable_to_consent: bool = False


class Questions(Model):
    """Several questions at once, each answered and recorded by itself."""

    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=50)]


class GroundTold(Model):
    """A reason: the rule, what it says, its place in the law, what it is about."""

    rule: str
    code: str
    source: str = ""
    about: str = ""


class Ruling(Model):
    """permitted, blocked, needs-consent, needs-relation, needs-emergency or refused, with every reason."""

    id: str
    access: str
    grounds: tuple[GroundTold, ...] = ()


class AccessDecision(Model):
    """The answer to one question, or the problem that kept it from one."""

    rulings: tuple[Ruling, ...] = ()
    problem: str = ""


class AccessDecisions(Model):
    """The answers, in the order of the questions."""

    decisions: tuple[AccessDecision, ...]
