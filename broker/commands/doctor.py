"""`tillit doctor`: every check in order, what each found, and what mends it."""

from collections.abc import Iterator
from typing import Final

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from broker.commands.checks import machine, network, records
from broker.commands.checks.finding import Check, Finding, Patient, State, fault, ok
from broker.commands.console import as_json, table
from broker.commands.errors import Exit, of_settings
from broker.commands.installation import database_shown, now, read_settings
from broker.federation.reading import loaded
from broker.keys.kek import NoKek
from broker.keys.sealing import Unsealable
from broker.login.effects import StorageUnavailable
from broker.settings import Settings
from broker.storage.opening import WrongSchema, open_storage

CHECKS: Final[tuple[Check, ...]] = (
    machine.environment,
    machine.folder,
    machine.kek,
    machine.disk,
    machine.addresses,
    machine.tls,
    machine.cards,
    machine.roots,
    records.clock,
    records.keys,
    records.register,
    records.metadata,
    records.jobs,
    records.log,
    records.checkpoints,
)
ASKING: Final[tuple[Check, ...]] = (network.upstreams,)
"""Checks that others notice; left out with --offline."""


@click.command()
@click.option("--offline", is_flag=True, help="Ask nothing of others.")
@as_json
def doctor(*, offline: bool, json_: bool) -> None:
    """Look for what is wrong with settings, keys, database, certificates, register and upstreams.

    Exit code 1 when there is a fault. Warnings alone do not count.
    """
    found = list(examine(offline=offline))
    rows = [{"state": f.state.value, "check": f.check, "found": f.text, "mend": f.mend} for f in found]
    table(rows, ("state", "check", "found", "mend"), json_=json_)
    if any(finding.state is State.FAULT for finding in found):
        raise click.exceptions.Exit(Exit.FOUND)


def examine(*, offline: bool) -> Iterator[Finding]:
    """Everything that can be said of this installation."""
    try:
        settings = read_settings()
    except (ValidationError, SettingsError, OSError, ValueError) as error:
        lines = of_settings(error) if isinstance(error, ValidationError) else [f"{type(error).__name__}: {error}"]
        for line in lines:
            yield fault(
                "settings", line, "set it in the environment, or in the file of TILLIT_CONFIG; see docs/settings.md"
            )
        return
    yield ok("settings", settings.base_url)
    patient, opened = _opened(settings)
    yield opened
    try:
        for check in (*CHECKS, *(() if offline else ASKING)):
            yield from _looked(check, patient)
    finally:
        if patient.storage is not None:
            patient.storage.close()


def _opened(settings: Settings) -> tuple[Patient, Finding]:
    """The installation as far as it opens, and how far that is."""
    at, shown = now(), database_shown(settings)
    try:
        storage = open_storage(settings)
    except NoKek:
        return Patient(settings, at), fault(
            "database", "cannot be opened without its key", "mend the key-encryption key"
        )
    except Unsealable as error:
        return Patient(settings, at), fault("database", f"{shown}: {error}", "run: tillit init, or tillit restore FILE")
    except WrongSchema as error:
        return Patient(settings, at), fault("database", str(error), "run: tillit migrate (tillit init, when new)")
    except (StorageUnavailable, OSError, ImportError) as error:
        return Patient(settings, at), fault("database", f"{shown}: {error}", "start it, or set TILLIT_DATABASE_URL")
    try:
        federation = loaded(storage.federation_document(), settings)
    except Exception:  # noqa: BLE001  # what is wrong with it, `register` says
        federation = None
    return Patient(settings, at, storage, federation), ok("database", shown)


def _looked(check: Check, patient: Patient) -> Iterator[Finding]:
    """A check that fails itself is a finding."""
    try:
        yield from check(patient)
    except Exception as error:  # noqa: BLE001  # the next check may still tell something
        yield fault(
            check.__name__, f"could not be checked: {type(error).__name__}: {error}", "report this as a fault of tillit"
        )
