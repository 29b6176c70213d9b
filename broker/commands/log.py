"""`tillit log`: the log verified, and written out for others to verify."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from broker.audit.checkpoint import Verifier
from broker.audit.export import export_log
from broker.audit.verified import Verified
from broker.audit.verify import Report, verify_log
from broker.commands import log_keeping
from broker.commands.console import as_json, show
from broker.commands.errors import Exit, Refused
from broker.commands.installation import opened, read_settings

ELSEWHERE = "no checkpoint from elsewhere was compared: a log cut back to an older checkpoint would not be seen"


@click.group()
def log() -> None:
    """The tamper-evident log."""


@log.command()
@click.option(
    "--checkpoint",
    "checkpoint",
    type=click.Path(path_type=Path),
    help="File of checkpoints kept elsewhere; else that of TILLIT_CHECKPOINT_FILE, if it is there.",
)
@click.option(
    "--verifier", "verifiers", multiple=True, help="Verifier key known from elsewhere, name+id+key; may be repeated."
)
@as_json
def verify(checkpoint: Path | None, verifiers: tuple[str, ...], *, json_: bool) -> None:
    """Recompute the whole log, and compare it with every checkpoint that was signed. Exit code 1 when anything differs."""
    settings = read_settings()
    kept = settings.checkpoint_file
    file = checkpoint or (kept if kept is not None and kept.exists() else None)
    known = [Verifier.parse(text) for text in verifiers] or None
    with opened(settings) as storage:
        report = verify_log(storage, file, known)
        Verified(storage.clock(), 0, max(report.size - 1, 0), len(report.findings)).keep(storage)
    show(_value(report, file), _lines(report, file), json_=json_)
    if not report.ok:
        raise click.exceptions.Exit(Exit.FOUND)


def _value(report: Report, file: Path | None) -> dict[str, object]:
    return {
        "ok": report.ok,
        "size": report.size,
        "root": report.root.hex(),
        "unsealed": report.unsealed,
        "checkpoints": report.compared,
        "checkpoint_file": str(file) if file else None,
        "findings": [asdict(finding) for finding in report.findings],
    }


def _lines(report: Report, file: Path | None) -> list[str]:
    lines = [f"{finding.kind}: {finding.text}{_range(finding.first, finding.last)}" for finding in report.findings]
    lines.append(f"{report.size} rows, root {report.root.hex()}, {report.compared} checkpoints compared")
    if report.unsealed:
        lines.append(f"{report.unsealed} rows are not sealed yet and so not verified")
    lines.append(f"compared with {file}" if report.external else ELSEWHERE)
    lines.append("intact" if report.ok else "NOT INTACT")
    return lines


def _range(first: int | None, last: int | None) -> str:
    if first is None:
        return ""
    return f" (position {first})" if last in {None, first} else f" (positions {first} to {last})"


@log.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def export(file: Path) -> None:
    """Write the sealed log to FILE, or to standard output when it is -.

    The file is verified without tillit by broker/audit/standalone.py. Evidence in it is still sealed.
    """
    with opened(read_settings()) as storage:
        if str(file) == "-":
            export_log(storage, sys.stdout)
            return
        try:
            with file.open("x", encoding="ascii") as out:
                size = export_log(storage, out)
        except FileExistsError as error:
            raise Refused(f"{file}: is there already; nothing is overwritten") from error
    click.echo(f"{size} rows written to {file}", err=True)


for each in log_keeping.COMMANDS:
    log.add_command(each)
