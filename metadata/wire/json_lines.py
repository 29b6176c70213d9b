"""On which line of a JSON text each of its members stands, by JSON pointer (RFC 6901).

Owns a walk over the tokens of a text that has been read already: it judges nothing. Deeper than two levels it does not look,
which is as deep as a finding points.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

DEEPEST: Final = 2
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]')


def lines_of(text: str) -> dict[str, int]:
    """By pointer, the line (from 1) of each member and item; the document itself is at ``""``."""
    walk = _Walk()
    for token in _TOKEN.finditer(text):
        walk.line, walk.counted = walk.line + text.count("\n", walk.counted, token.start()), token.start()
        walk.take(token[0])
    return walk.found


@dataclass(slots=True)
class _Walk:
    """Where the walk is: `path` has a name for each object and a number for each list; an item is noted at its first token."""

    found: dict[str, int] = field(default_factory=lambda: {"": 1})
    path: list[str | int] = field(default_factory=list)
    name: str = ""
    line: int = 1
    counted: int = 0
    item: bool = False

    def take(self, token: str) -> None:
        if self.item and token not in {"]", ","}:
            self._note()
        self.item = False
        match token:
            case "{":
                self.path.append("")
            case "[":
                self.path.append(0)
                self.item = True
            case "}" | "]":
                self.path.pop()
            case ":":
                self.path[-1] = self.name
                self._note()
            case ",":
                self._next()
            case word:
                self.name = str(json.loads(word))

    def _next(self) -> None:
        if isinstance(at := self.path[-1], int):
            self.path[-1] = at + 1
            self.item = True

    def _note(self) -> None:
        if len(self.path) <= DEEPEST:
            pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)
            self.found.setdefault(pointer, self.line)
