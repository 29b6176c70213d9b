"""`tillit metadata`: what a member hands in, looked at before it is applied."""

from dataclasses import asdict
from pathlib import Path

import click

from broker.commands.console import as_json, show
from broker.commands.errors import Exit, readable
from broker.commands.installation import now


@click.group()
def metadata() -> None:
    """Metadata of services and identity providers."""


@metadata.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--allow-http-loopback", is_flag=True, help="As a broker with TILLIT_ENV=test would.")
@as_json
def check(file: Path, *, allow_http_loopback: bool, json_: bool) -> None:
    """Look at SAML metadata, or at a client's registration in JSON. Exit code 1 when it would not be taken."""
    from metadata.saml import DOCUMENT_LIMIT
    from metadata.validate import check as look
    from metadata.validate import format_findings, refuses

    with readable(file).open("rb") as opened:
        document = opened.read(DOCUMENT_LIMIT + 1)
    findings = look(document, now=now(), allow_http_loopback=allow_http_loopback)
    show([asdict(finding) for finding in findings], format_findings(findings).splitlines(), json_=json_)
    if refuses(findings):
        raise click.exceptions.Exit(Exit.FOUND)
