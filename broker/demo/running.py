"""The two ways of running the demo: for people until interrupted, and for the self-check. Messages and exit codes."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from broker.demo.guide import printed
from broker.demo.material import MARK, UnfitFolder
from broker.demo.places import DEFAULT_PORT, Places, PortTaken, free_block
from broker.demo.starter import Federation, NotStarted

FOLDER: Final = "tillit-demo"
KEEPING: Final = "with --data DIR, what everything said is kept in DIR/check/demo.log"
FAILED: Final = 1
NOT_READY: Final = 4


class _Interrupted(Exception):
    """Somebody wants us to stop."""


def run(*, check: bool, json: bool, port: int | None, data: Path | None) -> int:
    """Start the demo and serve until interrupted, or with `check` drive every login and stop. Returns the exit code."""
    return check_all(port, data, as_json=json) if check else serve(port, data)


def serve(port: int | None, data: Path | None) -> int:
    """Until Ctrl-C or SIGTERM."""
    places = Places((data or Path(FOLDER)).absolute(), DEFAULT_PORT if port is None else port)
    return _told(lambda: _serve(places))


def _serve(places: Places) -> int:
    _stop_on_signals()
    try:
        sys.stdout.write("Starting …\n")
        sys.stdout.flush()
        with Federation(places) as federation:
            sys.stdout.write(printed(places) + "\n")
            sys.stdout.flush()
            stopped = federation.wait()
            sys.stderr.write(f"tillit: {stopped} has stopped; see {places.log}\n")
            return FAILED
    except _Interrupted:
        sys.stdout.write("Stopped.\n")
        return 0


def check_all(port: int | None, data: Path | None, *, as_json: bool) -> int:
    """Start a demo of its own, drive every login, stop it, and tell how it went."""
    return _told(lambda: _check_all(port, data, as_json=as_json))


def _check_all(port: int | None, data: Path | None, *, as_json: bool) -> int:
    from broker.demo.check import check, report

    _stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="tillit-demo-") as made:
        folder = _emptied(data.absolute() / "check") if data else Path(made)
        places = Places(folder, free_block() if port is None else port)
        with Federation(places):
            results = check(places)
        report(results, as_json=as_json)
    if all(result.ok for result in results):
        return 0
    sys.stderr.write(f"tillit: what everything said is in {places.log}\n" if data else f"tillit: {KEEPING}\n")
    return FAILED


def _emptied(folder: Path) -> Path:
    """The folder of an earlier check, taken away: what people consented to then must be asked anew."""
    if (folder / MARK).exists():
        shutil.rmtree(folder)
    return folder


def _told(run: Callable[[], int]) -> int:
    """What keeps the demo from starting is told in a sentence."""
    try:
        return run()
    except (PortTaken, UnfitFolder, NotStarted) as error:
        sys.stderr.write(f"tillit: {error}\n")
        return NOT_READY
    except _Interrupted:
        sys.stderr.write("tillit: stopped\n")
        return 128 + signal.SIGINT


def _stop_on_signals() -> None:
    def stop(*_: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise _Interrupted

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
