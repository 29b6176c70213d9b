"""`tillit init`: data folder, key-encryption key, schema, first keys. What is there already stays as it is."""

import click

from broker.commands.console import as_json, show
from broker.commands.installation import database_shown, now, read_settings
from broker.keys.kek import kek_path
from broker.storage.opening import create_storage


@click.command()
@as_json
def init(*, json_: bool) -> None:
    """Make the data folder, the key-encryption key, the database and the first keys.

    May be run again: what is there already stays as it is.
    """
    settings = read_settings()
    made = create_storage(settings, now())
    key = "from TILLIT_KEY_ENCRYPTION_KEY" if settings.key_encryption_key else str(kek_path(settings))
    value = {
        "made": made,
        "data_dir": str(settings.data_dir),
        "key_encryption_key": key,
        "database": database_shown(settings),
    }
    show(
        value,
        (
            "Made." if made else "Was made before; nothing was changed.",
            f"  data folder         {settings.data_dir}",
            f"  key-encryption key  {key}  (keep a copy elsewhere: without it the database cannot be read)",
            f"  database            {database_shown(settings)}",
            "Next: tillit apply FILE (tillit apply --example prints one), then tillit serve",
        ),
        json_=json_,
    )
