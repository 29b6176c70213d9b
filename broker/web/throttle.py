"""Token buckets for what costs us and anybody may ask: the source is slowed down, never the person."""

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

# What is limited, by source address (or browser, where the row says so). A new limit is a row.
LIMITS: dict[str, str] = {
    "login-step": "600/minute",
    "method-start": "60/minute",
    "token-failure": "120/minute",
}


class Throttle:
    """Counts by kind and source. In memory, a node: it bounds cost, it is no security boundary."""

    def __init__(self, limits: dict[str, str] | None = None) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._items: dict[str, RateLimitItem] = {kind: parse(text) for kind, text in (limits or LIMITS).items()}

    def allows(self, kind: str, source: str) -> bool:
        """Count one more from this source; False when it has had its share of the window."""
        return self._limiter.hit(self._items[kind], kind, source)
