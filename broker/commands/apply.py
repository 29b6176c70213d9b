"""`tillit plan` and `tillit apply`: a federation file looked at, and made the register."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from broker.commands.console import as_json, say, show
from broker.commands.errors import Refused
from broker.commands.installation import now, opened, read_settings
from broker.federation import directory
from broker.federation.aspects import FEDERATION
from broker.federation.entries import BadEntry
from broker.federation.plan import LATELY, Change, changes
from broker.federation.reading import Document, read_file
from broker.keys.sealing import secret_hash
from broker.settings import Settings
from broker.storage.persons import Listed
from broker.storage.storage import Storage
from trust_framework.danger import Danger
from trust_framework.feigned_numbers import feigned

MOST_NAMED = 10
MOST_RECORDED = 500
"""Changes told in the log's event; the document itself is kept whole."""

UNREADABLE = Change(
    FEDERATION, "", "", Danger.DANGEROUS,
    "den nuvarande versionen kan inte läsas av den här utgåvan, så allt är nytt",
    "the present version cannot be read by this release, so everything is new",
)  # fmt: skip

_FILE = click.argument("file", type=click.Path(path_type=Path), required=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def plan(file: Path, *, json_: bool) -> None:
    """Tell what FILE would change, and change nothing. Dangerous changes begin with an exclamation mark."""
    settings = read_settings()
    with opened(settings) as storage:
        document = _read(file, settings, storage)
        found = _changes(document, settings, storage)
    _show(found, document, None, json_=json_)


@click.command()
@_FILE
@click.option("--example", is_flag=True, help="Print a complete file, with comments.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of federation files.")
@as_json
def apply(file: Path | None, *, example: bool, schema: bool, json_: bool) -> None:
    """Make FILE the register: checked whole, then saved in one commit. Running nodes use it within two seconds."""
    if example or schema:
        click.echo(_example() if example else _schema(), nl=False)
        return
    if file is None:
        raise click.UsageError("FILE is missing")
    settings = read_settings()
    with opened(settings) as storage:
        document = _read(file, settings, storage)
        found = _changes(document, settings, storage)
        listed = tuple(_stored(each) for each in document.listed)
        told = tuple(str(change) for change in found)[:MOST_RECORDED]
        version = storage.save_federation(document.content, document.digest, listed, told)
    _show(found, document, version, json_=json_)


def _stored(one: directory.Listed) -> Listed:
    return Listed(one.keys, one.person, one.staff, one.roles, one.name, one.represented)


def _read(file: Path, settings: Settings, storage: Storage) -> Document:
    document = read_file(file, settings, lambda secret: secret_hash(storage.vault, secret), now())
    for warning in document.warnings:
        say(f"warning: {warning}")
    if settings.feigned_numbers is not None:
        _nobody_real(document, settings.feigned_numbers)
    return document


def _nobody_real(document: Document, more: frozenset[str]) -> None:
    """Refuse people whose numbers are not known to be nobody's: no operational data in test. Names them as the file does."""
    real = [
        one.name
        for one in document.listed
        if any(key.kind == directory.PERSONAL_NUMBER and not feigned(key.value, more) for key in one.keys)
    ]
    if real:
        told = ", ".join(real[:MOST_NAMED]) + (" …" if len(real) > MOST_NAMED else "")
        raise Refused(
            f"persons: {len(real)} may be real people, by their numbers ({told}). Test takes test numbers alone; "
            "TILLIT_TEST_NUMBERS names a file of further ones."
        )


@dataclass(frozen=True, slots=True)
class _Uses:
    """What the log knows of the keys of services, asked for of those that change."""

    storage: Storage

    def get(self, name: str, /) -> Mapping[str, float]:
        return self.storage.key_use(name, now() - LATELY)


def _changes(document: Document, settings: Settings, storage: Storage) -> tuple[Change, ...]:
    try:
        before, after = storage.federation_document(), storage.federation_after(document.content)
        return changes(before, after, settings, _Uses(storage))
    except (ValidationError, BadEntry):
        return (UNREADABLE, *changes({}, storage.federation_after(document.content), settings))


def _show(found: Sequence[Change], document: Document, version: int | None, *, json_: bool) -> None:
    value: dict[str, Any] = {
        "version": version,
        "digest": document.digest,
        "changes": [_as_json(change) for change in found],
        "warnings": [str(warning) for warning in document.warnings],
        "persons": len(document.listed),
        "employments": sum(len(each.staff) for each in document.listed),
    }
    lines = [str(change) for change in found] or ["no changes of the register"]
    lines.append(f"directory: {value['persons']} persons, {value['employments']} employments")
    if version is not None:
        lines.append(f"applied as version {version}")
    show(value, lines, json_=json_)


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "text": change.line(),
        "text_sv": change.line("sv"),
        "class": change.danger,
        "dangerous": change.danger is Danger.DANGEROUS,
        "kind": change.kind,
        "id": change.id,
    }


def _example() -> str:
    from broker.federation.reference import example

    return example()


def _schema() -> str:
    from broker.federation.reference import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
