"""What a server's processes have cost so far, from /proc: CPU and the most memory."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _family(root: int) -> dict[int, list[str]]:
    """The fields of `stat` after the name, of a process and of all below it."""
    found: dict[int, list[str]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
    below, waiting = {}, [root]
    while waiting:
        at = waiting.pop()
        if at in found:
            below[at] = found[at]
            waiting += [each for each, fields in found.items() if int(fields[1]) == at]
    return below


def cpu(root: int) -> float:
    """CPU seconds of a process and of all that it started, those that have ended included."""
    return sum(sum(map(int, fields[11:15])) for fields in _family(root).values()) / TICKS


def peak_memory(root: int) -> int:
    """MiB of the process, of that family, that had the most at any time (VmHWM)."""
    return max(map(_peak, _family(root)), default=0)


def _peak(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
