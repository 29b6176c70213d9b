"""What publishing a large federation costs: `.venv/bin/python -m tests.bench.publication [ENTITIES]`, from the repository's root.

A register of services as Shibboleth writes them (5.5 KB each) in the database of a fresh installation. Figures are CPU
seconds of this process and the most memory that it had; nothing is asserted here (tests/metadata/test_publication.py counts).
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker.app import create_app
from broker.federation.register import ChangeRegister, EntryChange
from broker.keys.kek import create_kek
from broker.login.effects import Effects
from broker.settings import Environment, Settings
from broker.storage.opening import create_storage, open_storage
from tests.support import saml_metadata as make
from tests.support.world import LEVEL3, MEMBER

BATCH = 1000
AUDIENCE = "all"


def measured(figures: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    """Run, and note CPU seconds, the wall's, and the peak of memory so far in MB."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    figures[name] = {
        "cpu_s": round(time.process_time() - cpu, 3),
        "wall_s": round(time.perf_counter() - wall, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    sys.stderr.write(f"{name:34} {figures[name]}\n")
    return result


def service(number: int, text: str, moved: bool = False) -> dict[str, Any]:
    """One service's entry."""
    host = f"sp{number}.example"
    xml = text.replace("shib.example", f"{'new-' if moved else ''}{host}")
    return {
        "id": f"sp{number}",
        "member": MEMBER,
        "levels": [LEVEL3],
        "attributes": ["givenName", "sn"],
        "saml": {"metadata_xml": xml.replace(f'entityID="https://new-{host}', f'entityID="https://{host}')},
    }


def settings_of(folder: str, base: str = "http://127.0.0.1:8440") -> Settings:
    return Settings(base_url=base, TILLIT_ENV=Environment.TEST, data_dir=Path(folder))


def fill(settings: Settings, count: int) -> None:
    """An installation whose register holds one member and its services."""
    create_kek(settings)
    create_storage(settings, int(time.time()))
    text = make.shibboleth_sp().decode()
    storage = open_storage(settings, clock=lambda: int(time.time()))
    member = {"org": MEMBER, "names": {"sv": "Region Exempel", "en": "Example Region"}}
    changes = [EntryChange("federation", "", {"tillit": "1"}, "", "portal")]
    changes += [EntryChange("member", MEMBER, member, MEMBER, "portal")]
    changes += [EntryChange("service", f"sp{n}", service(n, text), MEMBER, "portal") for n in range(count)]
    for start in range(0, len(changes), BATCH):
        storage.commit(Effects((ChangeRegister(tuple(changes[start : start + BATCH]), int(time.time())),)))
    storage.close()


def change_one(app: Any, number: int) -> None:
    """A service moves, and the node takes it up."""
    changed = service(number, make.shibboleth_sp().decode(), moved=True)
    app.storage.commit(
        Effects(
            (ChangeRegister((EntryChange("service", f"sp{number}", changed, MEMBER, "portal"),), int(time.time())),)
        )
    )


def taken_up(app: Any) -> None:
    for refresh in app.jobs._on_tick:
        refresh()


def answers(app: Any, count: int) -> int:
    """Every entity's own document."""
    now, publication = int(time.time()), app.on.publication()
    return sum(publication.entity(f"https://sp{n}.example/shibboleth", now).document.length for n in range(count))


def group(app: Any) -> int:
    """The document of all, sent."""
    document = app.on.publication().group(AUDIENCE, int(time.time())).document
    return sum(len(piece) for piece in document.plain())


def main(count: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"entities": count}
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(folder)
        filling = f"from tests.bench.publication import *; fill(settings_of({folder!r}), {count})"
        subprocess.run([sys.executable, "-c", filling], check=True)  # apart, so that its memory is not counted
        app = measured(figures, "start", lambda: create_app(settings))
        measured(figures, "all entities, one document", lambda: group(app))
        figures["bytes"] = measured(figures, "each entity, its own document", lambda: answers(app, count))
        change_one(app, count // 2)
        measured(figures, "after one change: snapshot", lambda: taken_up(app))
        measured(figures, "after one change: one document", lambda: group(app))
        measured(figures, "after one change: each again", lambda: answers(app, count))
        app.close()
    return figures


if __name__ == "__main__":
    json.dump(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), sys.stdout, indent=1)
