"""Style sheet, scripts and pictures: bytes with a name that holds their hash, so that browsers may keep them for good."""

import hashlib
from functools import cache
from importlib.resources import files

from broker.exchange import Reply

STATIC_PATH = "/static/"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def _assets() -> dict[str, tuple[str, bytes]]:
    """File name → hashed path and content."""
    found = {}
    for file in sorted((files("broker.web") / "static").iterdir(), key=lambda f: f.name):
        stem, dot, ending = file.name.rpartition(".")
        if f".{ending}" in _TYPES:
            content = file.read_bytes()
            mark = hashlib.sha256(content).hexdigest()[:12]
            found[file.name] = (f"{STATIC_PATH}{stem}.{mark}{dot}{ending}", content)
    return found


def asset(name: str) -> str:
    """The path of a static file. Raises KeyError when there is none of that name."""
    return _assets()[name][0]


def static_files() -> dict[str, Reply]:
    """Every static file by path, ready to send."""
    return {path: _reply(name, content) for name, (path, content) in _assets().items()}


def _reply(name: str, content: bytes) -> Reply:
    return Reply(
        200,
        (
            ("Content-Type", _TYPES[name[name.rindex(".") :]]),
            ("Cache-Control", "public, max-age=31536000, immutable"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Content-Security-Policy", "default-src 'none'"),
        ),
        content,
    )
