"""`tillit demo`: the whole federation on one machine, to click in or to check. `run` is the way in."""

from pathlib import Path


def run(*, check: bool, json: bool, port: int | None, data: Path | None) -> int:
    """Start the demo and serve until interrupted, or with `check` drive every login and stop. Returns the exit code."""
    from broker.demo.running import check_all, serve

    return check_all(port, data, as_json=json) if check else serve(port, data)
