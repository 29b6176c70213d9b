"""The logo of a service: a small PNG (PNG, third edition), read chunk by chunk and written anew.

Owns what a picture may be before we show it or publish its address. A PNG runs nothing and refers to nothing; what of it is no
part of the picture (texts, profiles, animation, whatever follows its end) is left out. Other kinds of pictures are refused: SVG
can hold scripts and references, and one kind is enough to check well.
"""

import hashlib
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct
from typing import Final

LARGEST: Final = 32 * 1024
"""Octets. A logo stands whole in each version of its service."""
SIDES: Final = (16, 512)
"""The least and the most pixels of a side."""
PREFIX: Final = "data:image/png;base64,"
LONGEST: Final = len(PREFIX) + (LARGEST + 2) // 3 * 4
"""Characters of a logo as text (RFC 2397)."""
MEDIA_TYPE: Final = "image/png"

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_CHUNK: Final = Struct(">I4s")
_CRC: Final = Struct(">I")
_IHDR: Final = Struct(">IIBBBBB")
INDEXED: Final = 3
"""The colour type of pixels that point into a palette."""
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by colour type (11.2.1)."""
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_WHOLE: Final = ((0, 0, 1, 1),)
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""The passes of an interlaced picture (8.2): first column and row, and the steps."""


class UnfitLogo(ValueError):
    """This may not be a logo. `fault` is `too-large`, `not-png`, `sides` or `damaged`."""

    def __init__(self, fault: str) -> None:
        super().__init__(_TOLD[fault])
        self.fault = fault


_TOLD: Final = {
    "too-large": f"is larger than {LARGEST} octets",
    "not-png": "is no PNG",
    "sides": f"must be {SIDES[0]} to {SIDES[1]} pixels wide and high",
    "damaged": "is a damaged PNG",
}


@dataclass(frozen=True, slots=True)
class LogoImage:
    """A logo as it is kept and shown."""

    octets: bytes = field(repr=False)
    width: int
    height: int

    @property
    def digest(self) -> str:
        """What its address names: another picture has another address."""
        return hashlib.sha256(self.octets).hexdigest()[:32]

    @property
    def text(self) -> str:
        """As it stands in the register (RFC 2397)."""
        return PREFIX + b64encode(self.octets).decode()


def read_logo(octets: bytes) -> LogoImage:
    """The picture without what is none of it. Raises UnfitLogo."""
    if len(octets) > LARGEST:
        raise UnfitLogo("too-large")
    if not octets.startswith(_SIGNATURE):
        raise UnfitLogo("not-png")
    chunks = [(name, data) for name, data in _chunks(octets) if name in _KEPT]
    header = _header(chunks)
    pixels = b"".join(data for name, data in chunks if name == b"IDAT")
    if not _inflates_to(pixels, _length(header)):
        raise UnfitLogo("damaged")
    if header.colour == INDEXED and not any(name == b"PLTE" for name, _ in chunks):
        raise UnfitLogo("damaged")
    return LogoImage(_SIGNATURE + b"".join(map(_written, chunks)), header.width, header.height)


@lru_cache(maxsize=64)
def logo_of(text: str) -> LogoImage:
    """The logo in a text of the register. Raises UnfitLogo."""
    if not text.startswith(PREFIX):
        raise UnfitLogo("not-png")
    if len(text) > LONGEST:
        raise UnfitLogo("too-large")
    try:
        return read_logo(b64decode(text.removeprefix(PREFIX), validate=True))
    except NotBase64 as error:
        raise UnfitLogo("damaged") from error


@dataclass(frozen=True, slots=True)
class _Header:
    """IHDR (11.2.1)."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


def _chunks(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk as far as the end of the picture. Raises UnfitLogo for one that is cut off or has another checksum."""
    at = len(_SIGNATURE)
    while at + _CHUNK.size + _CRC.size <= len(octets):
        length, name = _CHUNK.unpack_from(octets, at)
        data = octets[at + _CHUNK.size : at + _CHUNK.size + length]
        at += _CHUNK.size + length + _CRC.size
        if at > len(octets) or zlib.crc32(name + data) != _CRC.unpack_from(octets, at - _CRC.size)[0]:
            raise UnfitLogo("damaged")
        yield name, data
        if name == b"IEND":
            return
    raise UnfitLogo("damaged")


def _header(chunks: list[tuple[bytes, bytes]]) -> _Header:
    name, data = chunks[0]
    if name != b"IHDR" or len(data) != _IHDR.size or sum(each == b"IHDR" for each, _ in chunks) > 1:
        raise UnfitLogo("damaged")
    width, height, depth, colour, compression, filtering, interlace = _IHDR.unpack(data)
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise UnfitLogo("damaged")
    least, most = SIDES
    if not (least <= width <= most and least <= height <= most):
        raise UnfitLogo("sides")
    return _Header(width, height, depth, colour, bool(interlace))


def _length(header: _Header) -> int:
    """Octets of the rows of all passes, each row with the octet of its filter (7.2)."""
    bits = header.depth * _SAMPLES[header.colour]
    passes = _ADAM7 if header.interlaced else _WHOLE
    sizes = ((-((x - header.width) // dx), -((y - header.height) // dy)) for x, y, dx, dy in passes)
    return sum((1 + (columns * bits + 7) // 8) * rows for columns, rows in sizes)


def _inflates_to(deflated: bytes, length: int) -> bool:
    """Whether the pixels are all there, and no more: no picture grows beyond what its header says."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(deflated, length + 1)
    except zlib.error:
        return False
    return len(found) == length and stream.eof


def _written(chunk: tuple[bytes, bytes]) -> bytes:
    name, data = chunk
    return _CHUNK.pack(len(data), name) + data + _CRC.pack(zlib.crc32(name + data))
