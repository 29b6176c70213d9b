"""What the access log's calls take and give, as models, in the contract's words where it has some. Instants are epoch seconds.

Limits of fields are those of the log service, which names the field that is wrong; here stand only bounds of size.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from broker.web.api.care_values import HsaId, Instant, Number, Span
from broker.web.api.values import Model
from trust_framework.access_log import LONGEST_ARGUMENTS, MOST_RECORDS

Text = Annotated[str, StringConstraints(max_length=1024)]
Purpose = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Accessed(Model):
    """What was accessed: of which type, whose, recorded at which care provider and unit."""

    type: Text
    provider: HsaId
    provider_name: Text = ""
    unit: HsaId = ""
    unit_name: Text = ""
    patient: Number | None = None
    patient_name: Text = ""


class AccessRecord(Model):
    """One access (LogType). `activity` is Läsa, Skriva, Signera, Utskrift, Vidimera, Radera or Nödöppning, `purpose` that of the
    commission, `at` when it began; `id` (logId) the caller's own, unique.
    """

    id: Text
    system: HsaId
    system_name: Text = ""
    activity: Text
    level: Text = ""
    arguments: Annotated[str, StringConstraints(max_length=2 * LONGEST_ARGUMENTS)] = ""
    at: Instant
    purpose: Text
    user: HsaId
    user_name: Text = ""
    person_id: Text = ""
    assignment: Text = ""
    title: Text = ""
    provider: HsaId
    provider_name: Text = ""
    unit: HsaId
    unit_name: Text = ""
    resources: tuple[Accessed, ...]


class NewRecords(Model):
    """Up to 500 records: each of them is stored, or none."""

    records: Annotated[tuple[AccessRecord, ...], Field(max_length=MOST_RECORDS)]


class Stored(Model):
    """How many records were stored, durably."""

    stored: int


class LogAsked(Model):
    """What is read of a care provider's log, and for what purpose; what is left out narrows nothing."""

    provider: HsaId
    purpose: Purpose
    period: Span
    patient: Number | None = None
    user: HsaId = ""
    unit: HsaId = ""


class OfPatientAsked(Model):
    """Whose accesses at which care provider, and for what purpose."""

    patient: Number
    provider: HsaId
    purpose: Purpose
    period: Span


class OthersAsked(Model):
    """Which other care providers accessed the information of this one."""

    provider: HsaId
    purpose: Purpose
    period: Span


class ReportAsked(Model):
    """The answer to an earlier question."""

    purpose: Purpose


class AccessEntry(Model):
    """An entry: what a record says of one patient at one information provider. `position` is its place in the sealed log."""

    entry: str
    position: int | None = None
    record: AccessRecord


class LogAnswer(Model):
    """`OK` with the entries, the newest first; or `REPORT_ON_QUEUE`, `REPORT_IN_PROCESS` with the id of a report, to be
    asked for in `queue_time` seconds.
    """

    state: str
    entries: tuple[AccessEntry, ...] = ()
    report: str = ""
    queue_time: int = 0


class ProvenEntry(Model):
    """An entry with its leaf, its texts and its inclusion proof (RFC 9162 section 2.1.3), in base64."""

    position: int
    leaf: str
    record: str
    identity: str
    proof: tuple[str, ...]


class EntriesNamed(Model):
    """Entries of a care provider's log to be proven, and for what purpose."""

    provider: HsaId
    purpose: Purpose
    entries: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=20)], ...], Field(min_length=1, max_length=500)
    ]


class Proven(Model):
    """Entries with proofs under one signed checkpoint (C2SP tlog-checkpoint). One that waits to be sealed is not among them."""

    checkpoint: str
    verifiers: tuple[str, ...]
    rows: tuple[ProvenEntry, ...]
