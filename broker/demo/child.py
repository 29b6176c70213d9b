"""One child process of the demo: `python -m broker.demo.child simulators|services FOLDER PORT`.

Says `ready` when everything answers, and stops when it is told to or when its parent is gone (its standard input ends).
"""

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from broker.demo.places import Places


def _simulators(places: Places) -> list[Callable[[], None]]:
    from broker.demo import simulators

    return simulators.start(places)


def _services(places: Places) -> list[Callable[[], None]]:
    from broker.demo import api, oidc_service, saml_service
    from broker.demo.broker_peer import BrokerPeer
    from idp_adapters.simulators.serving import serve

    cert, key = places.certificate("server"), places.key("server")
    apps = {
        5: saml_service.make_app(places, BrokerPeer(places)),
        6: oidc_service.make_app(places),
        7: api.make_app(places),
    }
    return [
        serve(app.wsgi_app, "127.0.0.1", places.port + offset, cert=cert, key=key).stop for offset, app in apps.items()
    ]


KINDS: Final = {"simulators": _simulators, "services": _services}


def main(arguments: Sequence[str]) -> None:
    """Serve until told to stop."""
    kind, folder, port = arguments
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stops = KINDS[kind](Places(Path(folder), int(port)))
    threading.Thread(target=_until_orphaned, args=(stopping,), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    stopping.wait()
    for stop in stops:
        stop()


def _until_orphaned(stopping: threading.Event) -> None:
    sys.stdin.read()
    stopping.set()


if __name__ == "__main__":
    main(sys.argv[1:])
