"""When the log was last verified, and what that came to: a mark of the installation, for people who want to know at a glance.

The record of a verification is its event; the mark only says where the last one stands, and proves nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol, Self

MARK: Final = "log-verified"
"""The mark's name."""


class Marks(Protocol):
    """Where marks are kept."""

    def setting(self, name: str) -> Any: ...

    def save_setting(self, name: str, value: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification of the log from one position to another (`last` included); `wrong`: how much was not as signed."""

    at: int
    first: int
    last: int
    wrong: int

    @property
    def ok(self) -> bool:
        return self.wrong == 0

    @classmethod
    def read(cls, store: Marks) -> Self | None:
        """The last one, None before the first."""
        found = store.setting(MARK)
        return cls(**found) if found else None

    def keep(self, store: Marks) -> None:
        """Let it be the last."""
        store.save_setting(MARK, asdict(self))
