"""What every view is given: the services of the journey, the pages, the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broker.login.ports import Services
from broker.protocols.front import Front
from broker.web.pages import Pages
from broker.web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Broker:
    """One running broker. `clock` gives epoch seconds; nothing below the web reads a clock."""

    services: Services
    pages: Pages
    fronts: Mapping[str, Front]
    clock: Callable[[], int]
    throttle: Throttle
    ready: Callable[[], Mapping[str, bool]] = field(default=dict)
