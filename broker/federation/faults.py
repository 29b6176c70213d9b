"""What is wrong with a federation file: each fault with its place, all reported together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Place = tuple[str | int, ...]
"""Keys and list positions from the top of the file."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `line` counts from 1; 0 where no line can be named."""

    place: Place
    why: str
    line: int = 0

    def __str__(self) -> str:
        where = written(self.place)
        line = f"line {self.line}: " if self.line else ""
        return f"{line}{where}: {self.why}" if where else f"{line}{self.why}"


class BadFederation(Exception):
    """The file cannot become the register. `faults` are in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(slots=True)
class Faults:
    """Collects faults; `lines` tells where each place stands in the file."""

    lines: Mapping[Place, int] = field(default_factory=dict)
    found: list[Fault] = field(default_factory=list)

    def add(self, place: Place, why: str) -> None:
        self.found.append(Fault(place, why, self._line(place)))

    def stop_if_any(self) -> None:
        """Raises BadFederation when anything was found."""
        if self.found:
            raise BadFederation(self.found)

    def _line(self, place: Place) -> int:
        """The line of the place, or of the nearest thing around it."""
        return next((self.lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in self.lines), 0)


def written(place: Place) -> str:
    """A place as people write it: `services[2].oidc.redirect_uris`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
