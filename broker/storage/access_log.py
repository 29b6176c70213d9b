"""The entries of the access log, and storing them: sealed under each patient's key, named by a leaf of the tree, all or nothing.

Owns the tables and the one way in. An entry's columns and sealed text are its evidence, whose hash stands in its leaf: whatever
is changed here is found by `tillit log verify`. How entries are found is `access_reads`'.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Index, bindparam, column, insert

from broker.audit.leaf import AccessLeaves
from broker.care.access_values import LogIdTaken, StoreAccess
from broker.keys.sealing import SealingVault, open_under, sealer_under
from broker.storage import access_months
from broker.storage.database import Database, Kept, Unit
from broker.storage.log import PENDING
from broker.storage.patients import Known, found_or_made
from broker.storage.tables import About, number, octets, table, text
from trust_framework.access_log import AccessRecord, entries, identity_text_of, text_of
from trust_framework.care import Activity
from trust_framework.identifiers import Identifier

_BASIS: Final = (
    "Who read what of a patient must be answerable (Patient Data Act 2008:355; HSLF-FS 2016:40 ch. 4 §§ 9, 10)"
)
_RETENTION: Final = "At least 18 months here, then archived; at least five years altogether"
ACCESS = table(
    "access_log",
    About("Who did what with a patient's information", _BASIS, _RETENTION),
    number(
        "record", "Number of the entry: that of the call, and its place in it", primary_key=True, autoincrement=False
    ),
    number("at", "When the access began", primary_key=True, autoincrement=False),
    text("person", "The register's random id of the patient; empty for no patient"),
    octets("employee", "Keyed hash of the HSA-id of who accessed"),
    text("provider", "HSA-id of the care provider whose staff accessed"),
    text("unit", "HSA-id of their care unit"),
    text("source", "HSA-id of the care provider whose information it was"),
    number("activity", "What was done: a number for each kind"),
    octets("content", "The entry, sealed under the patient's key"),
    Index("ix_access_log_person", "person", "at", "record"),
    Index("ix_access_log_employee", "employee", "at", "record"),
    Index("ix_access_log_provider", "provider", "at", "record"),
    Index(
        "ix_access_log_source",
        "source",
        "at",
        "record",
        postgresql_where=column("source") != column("provider"),
        sqlite_where=column("source") != column("provider"),
    ),
    Index(
        "ix_access_log_activity",
        "provider",
        "activity",
        "at",
        "record",
        postgresql_where=column("activity") != 0,
        sqlite_where=column("activity") != 0,
    ),
    postgresql_partition_by="RANGE (at)",
)
IDS = table(
    "access_log_ids",
    About("Which log ids are taken", _BASIS, _RETENTION),
    octets("id", "Hash of the care provider and the log id", primary_key=True),
    number("record", "Number of the record's first entry"),
    number("at", "When the access began"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)
CALLS = table(
    "access_log_calls",
    About("Calls that stored records", _BASIS, _RETENTION),
    number("id", "Order of the calls", primary_key=True, autoincrement=True),
    number("at", "When"),
    text("by", "Who called: a client, or a person's id"),
)
ACTIVITIES: Final = {
    Activity.READ: 0,
    Activity.EMERGENCY: 1,
    Activity.WRITE: 2,
    Activity.SIGN: 3,
    Activity.PRINT: 4,
    Activity.COUNTERSIGN: 5,
    Activity.DELETE: 6,
}
"""What stands for each kind of activity. Most are reading; the others have an index of their own, so that the rare are found at
once, and reading costs no more to store.
"""

SPAN: Final = 2**17
"""Numbers of entries that belong to one call: more than the resources that the records of a call can have."""

_NOBODYS, _PERSONS = b"\x00", b"\x01"
_PURPOSE: Final = "access"
_EMPLOYEE: Final = 16
_BETWEEN: Final = b"\n"
_CALL = Kept(insert(CALLS).values(at=bindparam("at"), by=bindparam("by")).returning(CALLS.c.id))
COLUMNS: Final = tuple(each.name for each in ACCESS.columns)
Entry = tuple[int, int, str, bytes, str, str, str, int, bytes]
"""An entry, in the order of the columns."""

Seal = Callable[[bytes, bytes], bytes]


def store(unit: Unit, change: StoreAccess) -> None:
    """Store the records of a call. Raises LogIdTaken, and GaveWay when another stored of the same new patient."""
    records = change.records
    access_months.made(unit, [each.at for each in records])
    known = found_or_made(unit, {one.patient for each in records for one in each.resources if one.patient is not None})
    first = unit.rows(_CALL, {"at": change.at, "by": change.by})[0][0] * SPAN
    entering = _Entering(unit, change, known, first)
    for record in records:
        entering.take(record)
    try:
        unit.load(IDS, ("id", "record", "at"), sorted(entering.ids))
    except Exception as error:  # of which class a duplicate is, the driver knows
        if unit.is_duplicate(error):
            raise LogIdTaken from error
        raise
    unit.load(ACCESS, COLUMNS, entering.rows)
    unit.load(PENDING, ("leaf", "record"), entering.leaves)


class _Entering:
    """The rows of one call: entries, the leaves that name them, and the log ids that they take."""

    def __init__(self, unit: Unit, change: StoreAccess, known: Mapping[Identifier, Known], first: int) -> None:
        self._unit, self._known, self._next = unit, known, first
        self._leaf = AccessLeaves(change.at, change.by)
        self._seals: dict[Identifier | None, tuple[str, Seal]] = {}
        self._employees: dict[str, bytes] = {}
        self.ids: list[tuple[bytes, int, int]] = []
        self.rows: list[Entry] = []
        self.leaves: list[tuple[bytes, int]] = []

    def take(self, record: AccessRecord) -> None:
        """The entries of a record."""
        self.ids.append((id_hash(record.provider, record.id), self._next, record.at))
        employee = self._employees.get(record.user) or self._employee(record.user)
        activity = ACTIVITIES[Activity(record.activity)]
        identity = identity_text_of(record, os.urandom(16).hex())
        digest = hashlib.sha256(identity.encode("ascii")).hexdigest()
        for (patient, source), resources in entries(record):
            number = self._next
            person, seal = self._seals.get(patient) or self._seal(patient)
            plain = text_of(record, resources, digest, os.urandom(16).hex()).encode("ascii")
            sealed = seal(plain + _BETWEEN + identity.encode("ascii"), context(number, person))
            row = (number, record.at, person, employee, record.provider, record.unit, source, activity, sealed)
            self.rows.append(row)
            self.leaves.append(
                (self._leaf.of(number, record.at, person, record.provider, plain, evidence(row)), number)
            )
            self._next = number + 1

    def _employee(self, user: str) -> bytes:
        found = self._employees[user] = employee_hash(self._unit, user)
        return found

    def _seal(self, patient: Identifier | None) -> tuple[str, Seal]:
        found = self._seals[patient] = self._sealed_for(patient)
        return found

    def _sealed_for(self, patient: Identifier | None) -> tuple[str, Seal]:
        if patient is None:
            vault = self._unit.vault
            return "", lambda plain, bound: _NOBODYS + vault.seal(_PURPOSE, plain, bound)
        person, key = self._known[patient]
        return person, sealer_under(key, _PURPOSE, _PERSONS)


def id_hash(provider: str, id: str) -> bytes:
    """What a log id is known by: the ids of one care provider tell another nothing."""
    return hashlib.sha256(f"{provider}\n{id}".encode()).digest()[:16]


def employee_hash(at: Database | Unit, employee: str) -> bytes:
    """What an employee's accesses are found by."""
    return at.vault.keyed_hash("access-employee", employee.encode())[:_EMPLOYEE]


def context(number: int, person: str) -> bytes:
    """What a sealed text is bound to."""
    return f"{number}/{person}".encode()


def evidence(row: Entry) -> bytes:
    """What a leaf names by its hash: the columns that an entry is found by, and the sealed text."""
    number, at, person, employee, provider, unit, source, activity, sealed = row
    head = f"{number}\n{at}\n{person}\n{provider}\n{unit}\n{source}\n{activity}\n"
    return b"".join((head.encode(), employee, sealed))


def entry_of(evidence: bytes) -> Entry:
    """The entry that an evidence is of. Raises ValueError."""
    number, at, person, provider, unit, source, activity, rest = evidence.split(b"\n", 7)
    told = (person.decode(), provider.decode(), unit.decode(), source.decode())
    employee, sealed = rest[:_EMPLOYEE], rest[_EMPLOYEE:]
    return int(number), int(at), told[0], employee, told[1], told[2], told[3], int(activity), sealed


def opened(vault: SealingVault, key: bytes | None, number: int, person: str, sealed: bytes) -> tuple[str, str] | None:
    """An entry's text and that of the identity; None when the patient was forgotten."""
    if sealed[:1] == _NOBODYS:
        plain = vault.open(_PURPOSE, sealed[1:], context(number, person))
    elif key is None:
        return None
    else:
        plain = open_under(key, _PURPOSE, sealed[1:], context(number, person))
    text, _, identity = plain.decode("ascii").partition("\n")
    return text, identity
