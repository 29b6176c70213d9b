"""The only SQL: one file an aggregate, migrations, and `Storage.commit(effects)`, the one write of a request."""

from broker.storage.opening import WrongSchema, create_storage, open_storage
from broker.storage.storage import Storage

__all__ = ["Storage", "WrongSchema", "create_storage", "open_storage"]
