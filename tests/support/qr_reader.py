"""Reads a QR code back from the path of its picture, as a phone would: ISO/IEC 18004 section 12, undamaged codes only.

Knows versions 1 to 6 at level L with one byte segment, which is what animated e-ID codes are. No error correction: a
module that is wrong shows as a wrong text.
"""

import re
from collections.abc import Iterator

QUIET = 4
DATA_CODEWORDS = {1: (19,), 2: (34,), 3: (55,), 4: (80,), 5: (108,), 6: (68, 68)}
FORMAT_MASK = 0b101010000010010
MASKS = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, _x: y % 2 == 0,
    lambda _y, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)


def read_path(path: str) -> str:
    """The text of a code drawn as runs of dark modules (`M x y h length v1 H x z`)."""
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", path)]
    dark = {(y - QUIET, x + i - QUIET) for x, y, length in runs for i in range(length)}
    size = max(x for _, x in dark) + 1
    return _text(_codewords(dark, size), (size - 17) // 4)


def _codewords(dark: set[tuple[int, int]], size: int) -> list[int]:
    """The codewords in the order in which they stand in the symbol, the mask taken off."""
    told = int("".join("1" if (8, x) in dark else "0" for x in (0, 1, 2, 3, 4)), 2) ^ (FORMAT_MASK >> 10)
    level, mask = told >> 3, told & 7
    assert level == 0b01, "level L"
    bits = [((y, x) in dark) ^ MASKS[mask](y, x) for y, x in _places(size)]
    return [int("".join("1" if bit else "0" for bit in bits[i : i + 8]), 2) for i in range(0, len(bits) - 7, 8)]


def _places(size: int) -> Iterator[tuple[int, int]]:
    """Where data modules stand: upwards and downwards in columns of two, from the right."""
    up = True
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):
        for y in range(size - 1, -1, -1) if up else range(size):
            yield from ((y, x) for x in (right, right - 1) if not _of_the_form(y, x, size))
        up = not up


def _of_the_form(y: int, x: int, size: int) -> bool:
    """Finders with their format, timing, and the one alignment pattern of versions 2 to 6."""
    finder = (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9)
    aligned = size > 21 and abs(y - (size - 7)) <= 2 and abs(x - (size - 7)) <= 2
    return finder or aligned or 6 in {y, x}


def _text(codewords: list[int], version: int) -> str:
    blocks = DATA_CODEWORDS[version]
    data = [codewords[i * len(blocks) + block] for block, count in enumerate(blocks) for i in range(count)]
    bits = "".join(f"{word:08b}" for word in data)
    assert bits[:4] == "0100", "one segment of bytes"
    length = int(bits[4:12], 2)
    return bytes(int(bits[12 + 8 * i : 20 + 8 * i], 2) for i in range(length)).decode("ascii")
