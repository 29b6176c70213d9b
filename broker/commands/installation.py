"""The installation that a command works on: its settings and its store, opened for the time of the command."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from broker.settings import Settings
from broker.storage.opening import open_storage
from broker.storage.storage import Storage


def read_settings() -> Settings:
    """The settings. Raises ValidationError, which `errors` tells by the names of variables."""
    return Settings()  # type: ignore[call-arg]  # they come from the environment


@contextmanager
def opened(settings: Settings) -> Iterator[Storage]:
    """The store. Raises NoKek, WrongSchema, StorageUnavailable."""
    storage = open_storage(settings)
    try:
        yield storage
    finally:
        storage.close()


def now() -> int:
    """The time of this command."""
    return int(time.time())


def database_shown(settings: Settings) -> str:
    """The database's address without its password."""
    head, at, tail = settings.database.rpartition("@")
    if not at:
        return settings.database
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{tail}"
