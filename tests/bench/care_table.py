"""All figures of care on both databases, as the tables of docs/performance.md:

    nice -n 15 .venv/bin/python -m tests.bench.care_table [--records N] [--among N] [--seconds S]

Each part runs in a process of its own. Rows are CPU-seconds of the server, and beside them of the database's processes; the
machine, the day and the commit stand above them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.care_server import KINDS

Table = dict[str, dict[str, Any]]
"""What was measured, by the row's name and the database."""


def part(module: str, kind: str, *arguments: str) -> dict[str, Any]:
    """One measurement."""
    sys.stderr.write(f"{module} on {kind} {' '.join(arguments)}\n")
    command = [sys.executable, "-m", f"tests.bench.{module}", "--database", kind, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def together(module: str, *arguments: str) -> Table:
    """Its rows on each database."""
    rows: Table = {}
    for kind in KINDS:
        for name, told in part(module, kind, *arguments).items():
            rows.setdefault(name, {})[kind] = told
    return rows


def about() -> str:
    """What these figures are of."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, commit {commit.stdout.strip()}, {os.cpu_count()} cores ({model}), "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


def _lines(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    bar = ("---", *("---:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, bar, *rows))


def _number(value: float, digits: int = 0) -> str:
    return f"{value:,.{digits}f}".replace(",", " ")


def decisions(table: Table) -> str:
    """Decisions per CPU-second."""
    rows = [(name, *(_number(each[kind]) for kind in KINDS)) for name, each in table.items()]
    return _lines(("decisions of 50 resources, in process", *KINDS), rows)


def calls(table: Table) -> str:
    """Calls per CPU-second, and milliseconds of both for one."""
    peak = table.pop("peak_mib")
    rows = [(name, *(cell for kind in KINDS for cell in _call(each[kind], kind))) for name, each in table.items()]
    rows.append(("most memory of the worker, MiB", _number(peak["sqlite"]), "", _number(peak["postgresql"]), "", ""))
    head = (
        "call",
        "SQLite: per CPU-second",
        "ms",
        "PostgreSQL: per CPU-second of the server",
        "ms",
        "ms of the database",
    )
    return _lines(head, rows)


def _call(told: dict[str, float], kind: str) -> tuple[str, ...]:
    cells = (_number(told["per_cpu_second"], 0 if told["per_cpu_second"] >= 100 else 1), _number(told["server_ms"], 2))
    return cells if kind == "sqlite" else (*cells, _number(told["database_ms"], 2))


def log(table: Table) -> str:
    """Records and entries per CPU-second."""
    peak = table.pop("peak_mib")
    rows = [(name, *(cell for kind in KINDS for cell in _done(each[kind], kind))) for name, each in table.items()]
    rows.append(("most memory, MiB", _number(peak["sqlite"]), "", _number(peak["postgresql"]), "", ""))
    head = (
        "what",
        "SQLite: per CPU-second",
        "CPU s",
        "PostgreSQL: per CPU-second of the server",
        "CPU s",
        "per CPU-second of the database",
    )
    return _lines(head, rows)


def _done(told: dict[str, float], kind: str) -> tuple[str, ...]:
    cells = (_number(told["per_cpu_second"]), f"{told['server_s']:.2f} for {_number(told['done'])}")
    return cells if kind == "sqlite" else (*cells, _number(told["per_database_second"]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--among", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    seconds = ("--seconds", str(given.seconds))
    parts = (
        decisions(together("care_decision", *seconds)),
        calls(together("care_calls", *seconds)),
        log(together("access_log", "--records", str(given.records), "--patients", str(given.patients))),
        calls(together("care_calls", *seconds, "--among", str(given.among))),
    )
    sys.stdout.write("\n\n".join((about(), *parts)) + "\n")


if __name__ == "__main__":
    main()
