"""`tillit demo`: the way in to `broker.demo`."""

from pathlib import Path

import click


@click.command()
@click.option("--check", is_flag=True, help="Start a demo of its own, drive every login, print a table, and stop.")
@click.option("--json", "json_", is_flag=True, help="With --check: print a list of flow, ok, seconds, detail.")
@click.option("--port", type=click.IntRange(1024, 65000), help="First of a block of nine ports; 8440 when left out.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of everything that the demo makes."
)
@click.pass_context
def demo(ctx: click.Context, *, check: bool, json_: bool, port: int | None, data: Path | None) -> None:
    """Run the whole federation on this machine: broker, card CA, phone, identity providers and services.

    Prints where to click, and serves until interrupted. With --check it exits with 0 only if every login held.
    """
    from broker.demo.running import run

    if json_ and not check:
        raise click.UsageError("--json goes with --check")
    ctx.exit(run(check=check, json=json_, port=port, data=data))
