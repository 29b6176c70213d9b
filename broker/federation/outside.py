"""What a federation file leaves in other places: metadata, PEM, logos and secrets, brought in so that the register stands alone.

Owns where such things may be (a path beside the file, `env:NAME`, `file:PATH`) and how large they may be. No text that is
brought in ever stands in an error.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from metadata.logos import LARGEST, UnfitLogo, read_logo

MAXIMUM_METADATA: Final = 8 * 1024 * 1024
MAXIMUM_PEM: Final = 256 * 1024
MAXIMUM_SECRET: Final = 4096

_BEGIN: Final = "-----BEGIN "


class Unreadable(Exception):
    """Something that the file refers to cannot be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Reads for one federation file. Relative paths begin in its `folder`. Everything raises Unreadable."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def metadata(self, path: str) -> str:
        """An XML document."""
        if "://" in path:
            raise Unreadable("is an address; fetch the document, look at it, and give the path of your copy")
        return self._read(path, MAXIMUM_METADATA)

    def logo(self, value: str) -> str:
        """A logo as text: itself, or out of a file."""
        if value.startswith("data:"):
            return value
        try:
            return read_logo(self._octets(value, LARGEST)).text
        except UnfitLogo as error:
            raise Unreadable(f"{value}: {error}") from error

    def pem(self, value: str) -> str:
        """PEM: itself, or out of a file or variable, without the words that tools write before it."""
        text = value if _BEGIN in value else self._given(value, MAXIMUM_PEM) or self._read(value, MAXIMUM_PEM)
        if _BEGIN not in text:
            raise Unreadable("holds no PEM")
        return text[text.index(_BEGIN) :]

    def secret(self, value: str) -> str:
        """A secret: itself, or out of a file or variable."""
        found = self._given(value, MAXIMUM_SECRET)
        secret = value if found is None else found.rstrip("\r\n")
        if not secret or not secret.isprintable():
            raise Unreadable("is an empty secret, or not one line of text")
        return secret

    def _given(self, value: str, limit: int) -> str | None:
        """What `env:NAME` or `file:PATH` stands for, None for anything else."""
        if value.startswith("file:"):
            return self._read(value.removeprefix("file:"), limit)
        if not value.startswith("env:"):
            return None
        name = value.removeprefix("env:")
        if name not in self.environ:
            raise Unreadable(f"the environment has no variable {name}")
        return self.environ[name]

    def _read(self, path: str, limit: int) -> str:
        try:
            return self._octets(path, limit).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unreadable(f"{path}: not UTF-8") from error

    def _octets(self, path: str, limit: int) -> bytes:
        try:
            with (self.folder / path).open("rb") as file:
                octets = file.read(limit + 1)
        except (OSError, ValueError) as error:
            raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or 'not a path'}") from error
        if len(octets) > limit:
            raise Unreadable(f"{path}: larger than {limit} octets")
        return octets
