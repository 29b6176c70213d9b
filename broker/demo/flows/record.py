"""Flows: the log: sealed while people logged in, and proven whole, with the checkpoints that were kept beside it."""

import time
from typing import Final

from broker.demo.flows import Stage
from broker.demo.flows.logins import shows
from broker.demo.person import Person, hold
from broker.demo.places import LOA
from broker.demo.starter import tillit

SEALED_WITHIN: Final = 10.0


def checkpoints_grow(stage: Stage) -> None:
    """A login adds to the log, and the sealer adds a checkpoint to the file."""
    before = stage.places.checkpoints.stat().st_size
    person = Person(stage.places, "tolvan")
    shows(person.log_in_with_card(person.at_saml()), "saml-service", f"{LOA}3")
    deadline = time.monotonic() + SEALED_WITHIN
    while stage.places.checkpoints.stat().st_size <= before:
        hold(time.monotonic() < deadline, f"no new checkpoint within {SEALED_WITHIN:.0f} s")
        time.sleep(0.2)


def log_verifies(stage: Stage) -> None:
    """`tillit log verify` against the checkpoints kept beside the database."""
    done = tillit(stage.places, "log", "verify", "--checkpoint", str(stage.places.checkpoints))
    hold(done.returncode == 0, f"log verify gave {done.returncode}: {done.stdout[-300:]} {done.stderr[-300:]}")
