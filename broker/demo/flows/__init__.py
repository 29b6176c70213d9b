"""The flows that `tillit demo --check` drives, in order. Each is a function of the stage; it raises when it did not hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from broker.demo.places import Places


@dataclass
class Stage:
    """The running demo, and what an earlier flow leaves for a later one (a refresh token that must grow old)."""

    places: Places
    kept: dict[str, Any] = field(default_factory=dict)


Flow = Callable[[Stage], None]
