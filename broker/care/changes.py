"""What a step of care changes in the store, as values; `commit` applies them with their events or not at all.

Entries are never erased: an entry that ended is the same entry with the act that ended it. `before` is what the writer read, None
for a new entry; raises Overtaken when something else stands there now.
"""

from dataclasses import dataclass
from typing import Any

from broker.login.effects import Change, PersonKey
from trust_framework.access_facts import AccessFact
from trust_framework.block_reveal import Level
from trust_framework.blocks import Block
from trust_framework.care import CareActor
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.review_cases import ReviewCase


@dataclass(frozen=True, slots=True)
class SameCare(Change):
    """What care has of the patient is at the version that was read when something was decided by it; else Overtaken. `person`
    may be a care provider (HSA-id) or a rule set too, of whose own facts the same holds.
    """

    person: str
    version: int


@dataclass(frozen=True, slots=True)
class StillUnknown(Change):
    """Nobody is known by this key, as when something was decided by that; else Overtaken. The first entry about a patient makes
    the person, and waits for who decides just then.
    """

    key: PersonKey


@dataclass(frozen=True, slots=True)
class KeepTold(Change):
    """Somebody was told so much of what a patient has closed; that counts until `until`."""

    actor: CareActor
    person: str
    level: Level
    until: int


@dataclass(frozen=True, slots=True)
class SaveBlock(Change):
    """A block as it stands now, its lifts with it. `person` is the patient's id in the register. `at` is when it was entered
    here, where that is another time than its acts name: it came from another node.
    """

    block: Block
    person: str
    before: Block | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class KeepMark(Change):
    """A mark of the installation, as JSON values."""

    name: str
    value: Any
    before: Any = None


@dataclass(frozen=True, slots=True)
class SaveCareConsent(Change):
    """A consent of care as it stands now. `at` is when it was changed, where that is later than its acts say: an end was set."""

    consent: CareConsent
    person: str
    before: CareConsent | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class SaveRelation(Change):
    """A patient relation as it stands now."""

    relation: CareRelation
    person: str
    before: CareRelation | None = None


@dataclass(frozen=True, slots=True)
class SaveAccessFact(Change):
    """A fact that a rule set names, as it stands now. `person` is empty for a provider's own. `seen` is the version of what care
    has of the patient, or of the provider, that it was judged by, None where it was not; else Overtaken.
    """

    fact: AccessFact
    person: str = ""
    before: AccessFact | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class SaveEmergency(Change):
    """An emergency access as it stands now."""

    emergency: EmergencyAccess
    person: str
    before: EmergencyAccess | None = None


@dataclass(frozen=True, slots=True)
class CountEmergency(Change):
    """One more emergency of whoever made it (the register's id of the person, the HSA-id of one whom nobody knows), counted from
    what was read when it was looked whether that is an alarm; else Overtaken: of several at once none slips by uncounted.
    """

    by: str
    seen: int


@dataclass(frozen=True, slots=True)
class SaveReviewCase(Change):
    """A review case as it stands now. `person` is the patient's id, empty for a case about nobody in particular."""

    case: ReviewCase
    person: str = ""
    before: ReviewCase | None = None
