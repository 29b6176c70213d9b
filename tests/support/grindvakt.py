"""pygrindvakt, an OpenID Federation library, as an entity below us. It lives in a virtual environment of its own (`.ci/test`
makes it; tests/peers/grindvakt.txt says of what).
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PYTHON = Path(__file__).parents[2] / ".venv-grindvakt/bin/python"
ENTITY = Path(__file__).with_name("grindvakt_entity.py")


def missing() -> str:
    """What is not installed here, or nothing."""
    return "" if PYTHON.exists() else "no pygrindvakt on this machine"


@dataclass
class Entity:
    """A running entity."""

    process: "subprocess.Popen[str]"
    entity_id: str
    jwks: Mapping[str, Any]

    def resolved_by(self, jwks: Mapping[str, Any]) -> dict[str, Any]:
        """What it finds of itself by way of an anchor with these keys."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(jwks) + "\n")
        self.process.stdin.flush()
        return self._told()

    def _told(self) -> dict[str, Any]:
        assert self.process.stdout
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def running(anchor: str) -> Iterator[Entity]:
    """An entity below an anchor."""
    process = subprocess.Popen(
        [str(PYTHON), str(ENTITY), anchor], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        yield Entity(process, told["entity_id"], told["jwks"])
    finally:
        process.kill()
        process.communicate()
