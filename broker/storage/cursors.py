"""Where a page goes on: an instant and the ids behind it, in a cursor that comes back from outside and may say anything."""

from typing import Final

END_OF_TIME: Final = 2**53
"""After every instant that a row has."""

_DIGITS: Final = 15
"""As many as no instant has yet."""


def instant(text: str) -> int | None:
    """The instant that a cursor begins with; None when it is no such thing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def position(after: str) -> tuple[int, str]:
    """What a cursor of pages with the newest first says; after the very last when it says nothing."""
    at, dot, id_ = after.partition(".")
    found = instant(at) if dot else None
    return (END_OF_TIME, "") if found is None else (found, id_)
