"""`tillit log`, of what is kept: what may be removed, legal holds, archives of months and back, extracts checked."""

import secrets
from pathlib import Path

import click

from broker.audit import standalone
from broker.audit.archive import Archive, BadArchive, NotArchivable, archive, restore
from broker.audit.retention import DAY, Due, Hold
from broker.commands.console import as_json, day_and_time, show, table
from broker.commands.errors import Exit, Refused
from broker.commands.installation import now, opened, read_settings
from broker.storage import access_months

BY = "command"


@click.command()
@click.option("--remove", is_flag=True, help="Remove it; without this, nothing is changed.")
@as_json
def retention(*, remove: bool, json_: bool) -> None:
    """Say which content of the log may go, by class, and what a legal hold keeps.

    Removed content leaves its hash, so the log stays provable. TILLIT_LOG_YEARS keeps more than the five years that the law asks.
    """
    settings = read_settings()
    with opened(settings) as storage:
        due = storage.log_due(settings.log_years)
        removed = storage.remove_due(settings.log_years, BY) if remove else 0
    rows = [_due(name, one) for name, one in sorted(due.items())]
    if json_:
        show({"due": rows, "removed": removed}, (), json_=True)
        return
    table(
        [{name: str(value) for name, value in row.items()} for row in rows],
        ("class", "due", "held", "oldest"),
        json_=False,
    )
    click.echo(f"{removed} leaves removed" if remove else "nothing was changed")


def _due(name: str, due: Due) -> dict[str, object]:
    return {"class": name, "due": due.rows, "held": due.held, "oldest": day_and_time(due.oldest)}


@click.group()
def hold() -> None:
    """Legal holds: what they are about is not removed."""


@hold.command("set")
@click.option("--person", default="", help="The register's id of a person.")
@click.option("--provider", default="", help="HSA-id of a care provider.")
@click.option("--reason", required=True, help="Why, such as the authority's reference.")
def set_(person: str, provider: str, reason: str) -> None:
    """Set a hold on a person, a care provider, or (neither given) everything; its id is printed."""
    if person and provider:
        raise click.UsageError("a hold is about a person or a care provider")
    kind = "person" if person else "provider" if provider else "all"
    made = Hold(secrets.token_urlsafe(9), kind, person or provider.strip().upper(), reason, BY, now())
    with opened(read_settings()) as storage:
        storage.set_hold(made)
    click.echo(made.id)


@hold.command()
@click.argument("id")
def end(id: str) -> None:
    """End a hold."""
    with opened(read_settings()) as storage:
        storage.end_hold(id, BY)


@hold.command("list")
@as_json
def list_(*, json_: bool) -> None:
    """List the holds there ever were."""
    with opened(read_settings()) as storage:
        holds = storage.log_holds()
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "about": one.about,
            "reason": one.reason,
            "set": day_and_time(one.made_at),
            "ended": day_and_time(one.ended_at) if one.ended_at else "",
        }
        for one in holds
    ]
    table(rows, ("id", "kind", "about", "reason", "set", "ended"), json_=json_)


@click.command("months")
@as_json
def months(*, json_: bool) -> None:
    """List the months of the access log, how many entries each has here, and its archives."""
    with opened(read_settings()) as storage:
        here, archives = storage.access_months(), storage.access_archives()
    rows = [
        {"month": month, "entries": str(entries), "archived": ", ".join(map(_told, _of(month, archives)))}
        for month, entries in here
    ]
    table(rows, ("month", "entries", "archived"), json_=json_)


def _of(month: str, archives: tuple[Archive, ...]) -> list[Archive]:
    return [one for one in archives if one.month == month]


def _told(one: Archive) -> str:
    return f"{one.entries}{' (restored)' if one.restored_at else ''}"


@click.command("archive")
@click.argument("month")
@click.argument("file", type=click.Path(path_type=Path))
def archive_(month: str, file: Path) -> None:
    """Write the entries of MONTH (YYYY-MM) with their proofs to FILE, and take them out of the database.

    They stay sealed under their patients' keys. Months that are younger than TILLIT_ACCESS_LOG_MONTHS stay. Keep the file:
    the log holds its digest, and `tillit log restore` brings it back.
    """
    settings = read_settings()
    try:
        ended = access_months.named(month).ends_at
    except ValueError as error:
        raise click.BadParameter(f"{month} is no month, such as 2026-11") from error
    if ended > now() - settings.access_log_months * 31 * DAY:
        raise Refused(f"{month}: entries stay at hand for {settings.access_log_months} months")
    with opened(settings) as storage:
        try:
            made = archive(storage, month, file, BY)
        except FileExistsError as error:
            raise Refused(f"{file}: is there already; nothing is overwritten") from error
        except NotArchivable as error:
            raise Refused(f"{month}: {error}") from error
    click.echo(f"{made.entries} entries of {month} written to {file}, SHA-256 {made.digest}")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_(file: Path) -> None:
    """Put the entries of an archive back, each proven to be the one that the log names."""
    with opened(read_settings()) as storage:
        try:
            made = restore(storage, file, BY)
        except BadArchive as error:
            raise Refused(f"{file}: {error}") from error
    click.echo(f"{made.entries} entries of {made.month} are back")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--verifier", "verifiers", multiple=True, help="Verifier key, name+id+key; else those of this installation."
)
@click.option(
    "--checkpoint", type=click.Path(path_type=Path, exists=True), help="Checkpoints kept or published elsewhere."
)
@click.option("--consistency", type=click.Path(path_type=Path, exists=True), help="Answer of /log/proof/consistency.")
def check(file: Path, verifiers: tuple[str, ...], checkpoint: Path | None, consistency: Path | None) -> None:
    """Check an exported log, an archive or an extract, as broker/audit/standalone.py does. Exit code 1 when anything differs."""
    known = verifiers
    if not known:
        with opened(read_settings()) as storage:
            known = tuple(one.text for one in storage.log_verifiers())
    arguments = [str(file)]
    for name, values in (("key", known), ("checkpoint", (checkpoint,)), ("consistency", (consistency,))):
        arguments += [part for value in values if value is not None for part in (f"--{name}", str(value))]
    try:
        differs = standalone.main(arguments)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{file}: {error}") from error
    if differs:
        raise click.exceptions.Exit(Exit.FOUND)


COMMANDS = (retention, hold, months, archive_, restore_, check)
