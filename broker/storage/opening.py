"""Making and opening a store: the key-encryption key, the schema, the data keys, in the order in which they need each other."""

import time
from collections.abc import Callable

from broker.audit.checkpoint import origin
from broker.audit.events import KeyChanged
from broker.keys.kek import Kek, create_kek, load_kek
from broker.keys.making import first_keys
from broker.keys.sealing import SealingVault, new_data_keys
from broker.settings import Settings
from broker.storage import keys, log
from broker.storage import settings as marks
from broker.storage.database import Database, Unit
from broker.storage.key_store import LOG_ORIGIN
from broker.storage.storage import Storage
from broker.storage.tables import HEAD


class WrongSchema(Exception):
    """The database has another schema than this release: run `tillit migrate`, or `tillit init` for a new one."""


def create_storage(settings: Settings, now: int) -> bool:
    """What `init` does: data folder, key-encryption key, schema, data keys, the first keys of the ring, the log's name.

    What is there already stays as it is. True when the keys were made.
    """
    from broker.storage.migrate import migrate

    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_kek(settings)
    migrate(settings.database)
    database = Database(settings.database, threads=1)
    try:
        return _first_keys(database, load_kek(settings), settings.base_url, now)
    finally:
        database.close()


def _first_keys(database: Database, kek: Kek, base_url: str, now: int) -> bool:
    if keys.data_keys(database):
        return False
    wrapped = new_data_keys(kek, now)
    database.vault = SealingVault(k.unwrapped(kek) for k in wrapped)
    ring = first_keys(base_url, database.vault, now)
    with Unit(database) as unit:
        keys.save_data_keys(unit, wrapped)
        keys.save(unit, ring)
        marks.save(unit, LOG_ORIGIN, origin(base_url))
        log.plant(unit)
        log.append(unit, [KeyChanged(at=now, use=k.use, kid=k.kid, state=k.state.value) for k in ring])
    return True


def open_storage(
    settings: Settings, kek: Kek | None = None, clock: Callable[[], int] = lambda: int(time.time())
) -> Storage:
    """The store that the settings name. Raises NoKek, WrongSchema, StorageUnavailable."""
    return Storage(open_database(settings, kek), clock)


def open_database(settings: Settings, kek: Kek | None = None) -> Database:
    """The database that the settings name, with what opens it. Raises NoKek, WrongSchema, StorageUnavailable."""
    kek = kek or load_kek(settings)
    database = Database(settings.database, settings.threads)
    try:
        database.vault = _vault(database, kek)
    except BaseException:
        database.close()
        raise
    return database


def _vault(database: Database, kek: Kek) -> SealingVault:
    found = database.revision()
    if found != HEAD:
        raise WrongSchema(f"the database is at {found or 'nothing'}, this release needs {HEAD}")
    return SealingVault(k.unwrapped(kek) for k in keys.data_keys(database))
