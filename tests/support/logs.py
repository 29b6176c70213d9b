"""A sealed log of a store, with its checkpoint file, and the SQL to tamper with it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from broker.audit.verify import Report, verify_log
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects, StartSignOn
from broker.storage.storage import Storage
from tests.support import effects as a


@dataclass
class SealedLog:
    """A store with a log sealed in batches."""

    storage: Storage
    file: Path

    def __post_init__(self) -> None:
        ring = cache(self.storage.ring)  # importing its private keys is dear, and few tests sign
        self.sealer = Sealer(self.storage, ring, self.storage.log_origin(), self.file)

    def write(self, *counts: int) -> "SealedLog":
        """Record and seal, so many events a batch."""
        for count in counts:
            sign_on = a.sign_on()
            self.storage.commit(Effects((StartSignOn(sign_on),), (a.identified(),)))
            for number in range(count - 1):
                self.storage.commit(a.oidc_sign_on(sign_on.root, number))
            self.sealer.run()
        return self

    def sql(self, statement: str, *values: Any) -> Any:
        """What somebody with the database's password does."""
        database = self.storage._database
        return database.connection().execute(statement if database.sqlite else statement.replace("?", "%s"), values)

    def verify(self, *, external: bool = True) -> Report:
        """Verify, with the file kept elsewhere or without."""
        return verify_log(self.storage, self.file if external else None)
