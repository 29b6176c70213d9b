"""Pictures for tests: PNGs of any size and kind, whole or with any fault."""

import zlib
from struct import pack

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(name: bytes, data: bytes = b"", *, crc: int | None = None) -> bytes:
    """A chunk, with its checksum or another."""
    return pack(">I4s", len(data), name) + data + pack(">I", zlib.crc32(name + data) if crc is None else crc)


def ihdr(width: int = 64, height: int = 32, depth: int = 8, colour: int = 6, more: bytes = b"\0\0\0") -> bytes:
    """The header. `more` are compression, filter and interlace."""
    return chunk(b"IHDR", pack(">IIBB", width, height, depth, colour) + more)


def rows(
    width: int = 64, height: int = 32, depth: int = 8, colour: int = 6, fill: bytes = b"\x14\x50\x8c\xff"
) -> bytes:
    """The rows of a picture of one colour, or of noise when `fill` is longer."""
    octets = (width * depth * SAMPLES[colour] + 7) // 8
    return (b"\0" + (fill * (octets // len(fill) + 1))[:octets]) * height


def png(width: int = 64, height: int = 32, *, depth: int = 8, colour: int = 6, before: bytes = b"", after: bytes = b"",
        fill: bytes = b"\x14\x50\x8c\xff") -> bytes:  # fmt: skip
    """A whole picture; `before` are chunks before the pixels, `after` stands behind the end."""
    pixels = chunk(b"IDAT", zlib.compress(rows(width, height, depth, colour, fill)))
    return SIGNATURE + ihdr(width, height, depth, colour) + before + pixels + chunk(b"IEND") + after
