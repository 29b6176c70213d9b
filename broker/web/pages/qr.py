"""A QR code as the path of an SVG picture, drawn on the server for readers without scripts."""

from collections.abc import Iterable
from functools import lru_cache

QUIET = 4
_MASK = 2


@lru_cache(maxsize=512)
def qr_path(text: str) -> tuple[int, str]:
    """Side of the picture in modules, quiet zone included, and the path data (ISO/IEC 18004).

    The mask is fixed: choosing the best of eight costs three times the rest and every reader takes any of them.
    """
    import segno

    matrix = segno.make_qr(text, error="l", mask=_MASK, boost_error=False).matrix
    runs = [run for y, row in enumerate(matrix) for run in _runs(row, y + QUIET)]
    return len(matrix) + 2 * QUIET, "".join(runs)


def _runs(row: Iterable[int], y: int) -> list[str]:
    """The dark runs of one row, each as a rectangle one module high."""
    found, start = [], None
    for x, dark in enumerate((*row, 0)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            found.append(f"M{start + QUIET} {y}h{x - start}v1H{start + QUIET}z")
            start = None
    return found
