"""What went wrong, in a sentence for whoever typed the command, and the exit code that programs read."""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from broker.audit.checkpoint import BadCheckpoint
from broker.federation.faults import BadFederation
from broker.keys.kek import NoKek
from broker.keys.making import NoSuchKey
from broker.login.effects import Overtaken, StorageUnavailable, TwoPersons
from broker.settings import Settings
from broker.storage.backup import BackupFailed
from broker.storage.opening import WrongSchema


class Exit(IntEnum):
    """Exit codes. The sentences are the reference."""

    OK = 0
    FOUND = 1
    USAGE = 2
    REFUSED = 3
    NOT_READY = 4
    TOO_EARLY = 5
    INTERNAL = 70


MEANINGS: Final[dict[Exit, str]] = {
    Exit.OK: "Done. `doctor`, `log verify`, `metadata check` and `demo --check` found everything in order.",
    Exit.FOUND: "Something was found that is not as it should be; the output says what.",
    Exit.USAGE: "The command was not given as it is described in `--help`.",
    Exit.REFUSED: "The file is refused: a federation file with faults, or no backup of tillit. Nothing was changed.",
    Exit.NOT_READY: "The installation is not ready: settings, key-encryption key, database, schema. `tillit doctor` says more.",
    Exit.TOO_EARLY: "A key has been published for too short a time to sign with.",
    Exit.INTERNAL: "An error of tillit itself, with its traceback on standard error.",
}


class Refused(Exception):
    """The file that was given cannot be used; the text says why."""


class NotReady(Exception):
    """The installation cannot do this now; the text says why and what mends it."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a kind of error is told."""

    code: Exit
    lines: Callable[[Any], Iterable[str]]


def _text(error: Exception) -> Iterable[str]:
    return (str(error),)


def of_settings(error: ValidationError) -> list[str]:
    """Each wrong setting by the name of its variable, never with its value."""
    lines = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(each["loc"][0]).upper() if each["loc"] else ""
        variable = name if not name or name.startswith("TILLIT_") else f"TILLIT_{name}"
        why = "is missing" if each["type"] == "missing" else each["msg"].removeprefix("Value error, ")
        lines.append(f"setting {variable}: {why}".replace("setting :", "settings:"))
    return lines


def _validation(error: ValidationError) -> Iterable[str]:
    return of_settings(error) if error.title == Settings.__name__ else _text(error)


def _hint(hint: str) -> Callable[[Any], Iterable[str]]:
    return lambda error: (f"{error}", hint)


TOLD: Final[dict[type[Exception], Told]] = {
    BadFederation: Told(Exit.REFUSED, lambda error: [str(fault) for fault in error.faults]),
    Refused: Told(Exit.REFUSED, _text),
    NotReady: Told(Exit.NOT_READY, _text),
    ValidationError: Told(Exit.NOT_READY, _validation),
    SettingsError: Told(Exit.NOT_READY, _text),
    NoKek: Told(Exit.NOT_READY, _hint("run: tillit init (a new installation), or put the key back in place")),
    WrongSchema: Told(Exit.NOT_READY, _hint("run: tillit migrate (or tillit init, for a new installation)")),
    StorageUnavailable: Told(Exit.NOT_READY, lambda error: (f"the database does not answer: {error}",)),
    TwoPersons: Told(
        Exit.REFUSED,
        lambda _: (
            "numbers that the file says are one person's are known as two persons already, and two are never made one",
        ),
    ),
    Overtaken: Told(Exit.NOT_READY, lambda _: ("somebody else changed the same thing meanwhile; run it again",)),
    BackupFailed: Told(Exit.NOT_READY, _text),
    BadCheckpoint: Told(Exit.REFUSED, lambda error: (f"not a verifier key: {error}",)),
    OSError: Told(Exit.NOT_READY, lambda error: (f"{error.filename or 'system'}: {error.strerror or error}",)),
    NoSuchKey: Told(Exit.USAGE, lambda error: (f"no such key: {error}",)),
}


def tell(error: Exception) -> int:
    """Say what went wrong on standard error; the exit code."""
    for kind, told in TOLD.items():
        if isinstance(error, kind):
            for line in told.lines(error):
                click.echo(f"tillit: {line}", err=True)
            return told.code
    traceback.print_exception(error)
    return Exit.INTERNAL


def readable(path: Path) -> Path:
    """The path of a file that is there. Raises Refused."""
    if not path.is_file():
        raise Refused(f"{path}: no such file")
    return path
