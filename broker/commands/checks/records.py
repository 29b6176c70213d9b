"""Checks of what the database holds: schema, keys, register, jobs, log."""

from collections.abc import Iterator
from typing import Final

from broker.audit.checkpoint import BadCheckpoint, notes_of, read_note
from broker.commands.checks.finding import Finding, Patient, fault, ok, warning
from broker.commands.console import day_and_time
from broker.federation import entries
from broker.federation.schema import FederationFile
from broker.keys.making import NEEDS
from broker.keys.ring import KeyState
from broker.keys.rotation import missing
from broker.login.own import IDS
from broker.storage.storage import Storage
from metadata.saml import read_provider, read_service

DAY: Final = 24 * 3600
OLD_KEY: Final = 365 * DAY
MANY_WAITING: Final = 10_000
LATE: Final = 120
SKEW: Final = 60


def keys(patient: Patient) -> Iterator[Finding]:
    """Something signs for every use; nothing has signed for longer than a year."""
    if patient.storage is None:
        return
    rows = patient.storage.ring_rows()
    for need in missing(rows, NEEDS):
        yield fault(
            "keys", f"no active key for {need.use} {need.alg}", f"run: tillit key rotate {need.use} {need.alg} --force"
        )
    old = [row for row in rows if row.state is KeyState.ACTIVE and patient.now - row.since > OLD_KEY]
    for row in old:
        since = day_and_time(row.since)
        yield warning("keys", f"{row.use} {row.alg} signs since {since}", f"run: tillit key rotate {row.use} {row.alg}")
    if not old:
        yield ok("keys", f"{sum(row.state is KeyState.ACTIVE for row in rows)} active")


def register(patient: Patient) -> Iterator[Finding]:
    """A federation file has been applied, and this release understands it with these settings."""
    storage = patient.storage
    if storage is None:
        return
    version = storage.federation_version()
    if not version:
        yield fault("federation", "no federation file has been applied", "run: tillit apply FILE")
    elif patient.federation is None:
        yield fault("federation", f"version {version} cannot be loaded", "run: tillit apply FILE")
    else:
        found = patient.federation
        text = f"version {version}: {len(found.parties.keys() - IDS)} services, {len(found.methods)} login methods"
        yield ok("federation", text) if found.methods else warning("federation", text, "add a login method, and apply")


def metadata(patient: Patient) -> Iterator[Finding]:
    """No peer's metadata has run out or is about to."""
    if patient.storage is None or patient.federation is None:
        return
    file = FederationFile.model_validate(patient.storage.federation_document() or {"tillit": "1"})
    loopback = entries.when(patient.settings).allow_http_loopback
    ends = {
        entry.id: read_service((entry.saml.metadata_xml or "").encode(), allow_http_loopback=loopback).about.valid_until
        for entry in file.services
        if entry.saml
    }
    for provider in file.identity_providers:
        if provider.saml is not None:
            xml = str(provider.saml["metadata_xml"]).encode()
            ends[provider.id] = read_provider(xml, allow_http_loopback=loopback).about.valid_until
    soon = {name: end for name, end in ends.items() if end is not None and end - patient.now < DAY}
    for name, end in soon.items():
        word = "has run out" if end <= patient.now else "runs out"
        make = fault if end <= patient.now else warning
        yield make(
            "metadata", f"that of {name} {word} at {day_and_time(end)}", "fetch it anew, and run: tillit apply FILE"
        )
    if not soon:
        yield ok("metadata", f"of {len(ends)} SAML entities")


def jobs(patient: Patient) -> Iterator[Finding]:
    """No job failed the last time."""
    if patient.storage is None:
        return
    failed = [job for job in patient.storage.job_states() if job.failed_at and job.failed_at >= (job.ran_at or 0)]
    for job in failed:
        at = day_and_time(job.failed_at or 0)
        yield warning("jobs", f"{job.name} failed at {at}: {job.error}", "look in the broker's output at that time")
    if not failed:
        yield ok("jobs", "none failed")


def log(patient: Patient) -> Iterator[Finding]:
    """What is recorded is also sealed."""
    if patient.storage is None:
        return
    waiting, running = patient.storage.log_waiting(), _running(patient.storage, patient.now)
    if waiting > MANY_WAITING:
        yield fault("log", f"{waiting} rows wait to be sealed", "run the broker: tillit serve")
    elif waiting and not running:
        yield warning("log", f"{waiting} rows wait to be sealed, and no broker runs", "run: tillit serve")
    else:
        yield ok("log", f"{patient.storage.log_state().size} rows sealed, {waiting} waiting")


def _running(storage: Storage, now: int) -> bool:
    return any(job.leased_until > now for job in storage.job_states())


def checkpoints(patient: Patient) -> Iterator[Finding]:
    """Checkpoints are kept elsewhere too, and the last of them is no older than the log."""
    path = patient.settings.checkpoint_file
    if path is None:
        yield warning(
            "checkpoints",
            "kept in the database alone: a log cut back would not be seen",
            "set TILLIT_CHECKPOINT_FILE to a file on another disk or machine",
        )
        return
    if patient.storage is None:
        return
    size = patient.storage.log_state().size
    try:
        notes = notes_of(path.read_text("utf-8"))[0] if path.exists() else []
        last = read_note(notes[-1]).size if notes else 0
    except (OSError, UnicodeDecodeError, BadCheckpoint) as error:
        yield fault(
            "checkpoints", f"{path}: {error}", "mend the file's rights, or keep it aside and let a new one begin"
        )
        return
    if last > size:
        yield fault(
            "checkpoints", f"{path} has {last} rows, the log {size}", f"run: tillit log verify --checkpoint {path}"
        )
    elif not notes and size:
        yield fault("checkpoints", f"{path}: empty or not there", "let the broker write to its folder")
    else:
        yield ok("checkpoints", f"{path}: {last} of {size} rows")


def clock(patient: Patient) -> Iterator[Finding]:
    """The machine's clock is not before what has been recorded."""
    if patient.storage is None:
        return
    found = patient.storage.federation()
    latest = max([row.since for row in patient.storage.ring_rows()] + ([found.applied_at] if found else []), default=0)
    if patient.now + SKEW < latest:
        yield fault(
            "clock",
            f"it is {day_and_time(patient.now)}, before {day_and_time(latest)} of the records",
            "set the clock: NTP",
        )
    else:
        yield ok("clock", day_and_time(patient.now))
