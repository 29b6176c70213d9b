"""`tillit metadata`: what a member hands in, looked at before it is applied."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.commands.console import as_json, show
from broker.commands.errors import Exit, readable
from broker.commands.installation import now

if TYPE_CHECKING:
    from metadata.context import Reached


@click.group()
def metadata() -> None:
    """Metadata of services and identity providers."""


@metadata.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--allow-http-loopback", is_flag=True, help="As a broker with TILLIT_ENV=test would.")
@click.option("--reach", is_flag=True, help="Try whether its hosts answer, and its keys can be had.")
@click.option("--language", type=click.Choice(["en", "sv"]), default="en", help="Language of the report.")
@as_json
def check(file: Path, *, allow_http_loopback: bool, reach: bool, language: str, json_: bool) -> None:
    """Look at SAML metadata, or at a client's registration in JSON. Exit code 1 when it would not be taken."""
    from metadata.saml import DOCUMENT_LIMIT
    from metadata.validate import Context, format_report
    from metadata.validate import check as look

    with readable(file).open("rb") as opened:
        document = opened.read(DOCUMENT_LIMIT + 1)
    tried = _tried(document, loopback=allow_http_loopback) if reach else None
    report = look(document, Context(now=now(), allow_http_loopback=allow_http_loopback, reached=tried))
    show(report.as_json(), format_report(report, language).splitlines(), json_=json_)
    if report.refuses:
        raise click.exceptions.Exit(Exit.FOUND)


def _tried(document: bytes, *, loopback: bool) -> "Reached":
    """What comes of trying its addresses, by the egress guard."""
    from metadata.reached import reached
    from metadata.wire.egress import Egress, EgressPolicy

    with Egress(EgressPolicy(loopback=loopback)) as egress:
        return reached(document, egress)
