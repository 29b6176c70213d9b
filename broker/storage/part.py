"""What every part of `Storage` leans on: the database, the clock and the one way to write."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from broker.keys.sealing import SealingVault
from broker.login.effects import Effects
from broker.storage import settings
from broker.storage.database import Database, Unit

T = TypeVar("T")


class Part(ABC):
    """A part of `Storage`: reads and writes of one area."""

    _database: Database
    clock: Callable[[], int]

    @property
    def vault(self) -> SealingVault:
        """The vault that everything here is sealed with."""
        return self._database.vault

    @abstractmethod
    def commit(self, effects: Effects) -> None:
        """Apply all effects and append the events, durably, or nothing. Raises AlreadyUsed, Overtaken,
        StorageUnavailable.
        """

    @abstractmethod
    def _write(self, work: Callable[[Unit], T]) -> T: ...

    def setting(self, name: str) -> Any:
        """A mark of the installation."""
        return settings.read(self._database, name)

    def save_setting(self, name: str, value: Any) -> None:
        """Set a mark of the installation."""
        self._write(lambda unit: settings.save(unit, name, value))
