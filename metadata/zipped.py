"""Octets compressed once, in parts that can be joined: as they are, or as one gzip file (RFC 1951, RFC 1952).

Each part is deflated by itself and ends at a whole octet without ending the stream, so that parts made at different times
stand one after another in one stream. Nothing is compressed again when one part of many has changed.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

LEVEL: Final = 1
"""Most of an entity is keys in base64, which no level makes small; the first takes half the time of the sixth."""

CHUNK: Final = 64 * 1024

_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_END: Final = b"\x03\x00"
"""A last block with nothing in it."""

_WRAP: Final = 2**32


@dataclass(frozen=True, slots=True)
class Zipped:
    """Some octets, deflated."""

    octets: bytes = field(repr=False)
    length: int

    def plain(self) -> bytes:
        """The octets as they were."""
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.octets)


def zipped(plain: bytes) -> Zipped:
    """The octets, deflated to a whole octet (RFC 1951 section 3.2.4: an empty stored block ends them)."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Zipped(deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH), len(plain))


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts that are one document."""

    parts: Sequence[Zipped] = field(repr=False)
    length: int
    gzip_length: int
    crc: int

    def plain(self) -> Iterator[bytes]:
        """The document, in pieces."""
        return gathered(part.plain() for part in self.parts)

    def gzip(self) -> Iterator[bytes]:
        """The document as a gzip file, in pieces."""
        end = self.crc.to_bytes(4, "little") + (self.length % _WRAP).to_bytes(4, "little")
        yield from gathered((_HEADER, *(part.octets for part in self.parts), _END, end))


def joined(parts: Sequence[Zipped]) -> Joined:
    """The parts as one document; each is unpacked once, for the checksum."""
    crc = 0
    for part in parts:
        crc = zlib.crc32(part.plain(), crc)
    size = len(_HEADER) + sum(len(part.octets) for part in parts) + len(_END) + 8
    return Joined(parts, sum(part.length for part in parts), size, crc)


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same octets in pieces of a size worth sending."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
