"""replicationTimeout: for how long a call waits until another node has what it has just entered here (TKB blocking, 6.9).

-1 waits, 0 does not, a number above waits for so many milliseconds. No call waits for longer than `MOST`, and no more than
`AT_ONCE` of them wait: a node that is down must not hold up this one. What is entered here is entered, whatever comes of it.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from broker.care.calling import CareServices
from metadata.wire.soap import Fields

MOST: Final = 10.0
"""Seconds. The job that tells the other node looks every five."""
AT_ONCE: Final = 2
LOOK_EVERY: Final = 0.1
_WAITING: Final = threading.BoundedSemaphore(AT_ONCE)


def arrived(
    block: str,
    asked: Fields,
    on: CareServices,
    pause: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> bool:
    """Whether the other node has a block as it stands here, or nobody waits for that; without another node there is nothing to
    wait for.
    """
    seconds = _seconds(asked.text("replicationTimeout"))
    if not seconds or not on.stale_after:
        return True
    if not _WAITING.acquire(blocking=False):
        return not on.store.block_untold(block)
    try:
        until = monotonic() + seconds
        while on.store.block_untold(block):
            if monotonic() >= until:
                return False
            pause(LOOK_EVERY)
        return True
    finally:
        _WAITING.release()


def _seconds(timeout: str) -> float:
    """The schema has seen that it is a whole number. What is below -1 means what -1 does."""
    wanted = int(timeout or 0)
    return MOST if wanted < 0 else min(wanted / 1000, MOST)
