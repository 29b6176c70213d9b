"""`tillit migrate`: the database brought to this release's schema."""

import click

from broker.commands.console import as_json, show
from broker.commands.installation import database_shown, read_settings


@click.command()
@as_json
def migrate(*, json_: bool) -> None:
    """Bring the database to this release's schema. Take a backup first."""
    from broker.storage.migrate import migrate as bring
    from broker.storage.tables import HEAD

    settings = read_settings()
    bring(settings.database)
    value = {"database": database_shown(settings), "schema": HEAD}
    show(value, [f"{value['database']} is at {HEAD}"], json_=json_)
