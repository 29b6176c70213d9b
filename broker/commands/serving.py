"""What runs in a worker process: the application, its jobs, and the listeners beside it.

`application` is also what another WSGI server is given: gunicorn --threads 8 'broker.commands.serving:application()'.
The card and management listeners are one worker's at a time: who holds the lock. When it ends, another takes them over.
"""

import atexit
import fcntl
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from OpenSSL import SSL

from broker.app import Application, create_app
from broker.commands.errors import NotReady
from broker.commands.installation import read_settings
from broker.commands.listening import Place, card_place, rivta_place
from broker.commands.management import management
from broker.exchange import Reply, Request
from broker.settings import Settings
from broker.web import documents
from broker.web.card import (
    CardListener,
    Health,
    Land,
    serve_cards,
    serve_cards_behind_proxy,
    serve_cards_behind_tls_proxy,
)
from broker.web.front import guarded
from broker.web.landings import land_card
from broker.web.rivta import rivta
from broker.web.rivta_listener import (
    RivtaListener,
    Serve,
    serve_rivta,
    serve_rivta_behind_proxy,
    serve_rivta_behind_tls_proxy,
)
from broker.web.rivta_standing import Standing
from broker.web.rivta_tls import VerifyingContext
from broker.web.turn import Turn
from idp_adapters.revocation import RevocationCheck

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Stop = Callable[[], object]

SCRUBBED: Final = ("TILLIT_", "HTTP_")
"""Variables that a worker forgets: servers copy the environment into each request, where a secret has no business and an
HTTP_ variable would pass for a header.
"""

TAKING_OVER: Final = 120
"""Attempts, half a second apart, to bind what another worker has just left."""

log = logging.getLogger("tillit.serving")


def application(lock: Path | None = None) -> WSGI:
    """The broker of this process, running. Raises NoKek, WrongSchema, StorageUnavailable, NotReady, OSError.

    `lock` is a file that the workers of one server share, None where there is one worker only.
    """
    settings = read_settings()
    _configure_logging()
    made = create_app(settings)
    gc.collect()
    gc.freeze()  # what was made at the start stays: no collection looks at it again
    stops: list[Stop] = [made.close]
    try:
        _beside(made, settings, lock, stops)
    except BaseException:
        _stop(stops)
        raise
    for name in [name for name in os.environ if name.startswith(SCRUBBED)]:
        del os.environ[name]
    made.start()
    _at_end(lambda: _stop(stops))
    log.info("serving %s", settings.base_url)
    return made.front


def _beside(made: Application, settings: Settings, lock: Path | None, stops: list[Stop]) -> None:
    """Start the listeners here, or wait in a thread for the worker that has them to end."""
    if not settings.card_url and not settings.rivta_url and not settings.management_listen:
        return
    if lock is None:
        _listen(made, settings, stops)
        return
    handle = lock.open("rb")
    stops.append(handle.close)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting = threading.Thread(
            target=_take_over, args=(handle, made, settings, stops), name="listeners", daemon=True
        )
        waiting.start()
    else:
        _listen(made, settings, stops)


def _take_over(handle: Any, made: Application, settings: Settings, stops: list[Stop]) -> None:
    fcntl.flock(handle, fcntl.LOCK_EX)
    for _ in range(TAKING_OVER):
        try:
            _listen(made, settings, stops)
        except OSError as error:
            made.on.note_failure("listener", error)
            time.sleep(0.5)
        else:
            return


def _listen(made: Application, settings: Settings, stops: list[Stop]) -> None:
    for start in (rivta_listener, card_listener, management):
        if (stop := start(made, settings)) is not None:
            stops.insert(0, stop)


def card_listener(made: Application, settings: Settings) -> Stop | None:
    """Start the card listener; what stops it, or None when there is none. Raises NotReady and OSError."""
    where = card_place(settings)
    if where is None:
        return None
    listener = _cards(settings, where, _land(made), _health(made))
    listener.start()
    return listener.stop


def _cards(settings: Settings, where: Place, land: Land, health: Health) -> CardListener:
    if where.path is not None:
        return serve_cards_behind_proxy(where.path, land, health)
    cert, key, proxy = settings.tls_cert, settings.tls_key, settings.card_proxy_cert
    if cert is None or key is None:
        raise NotReady("the card listener needs TILLIT_TLS_CERT and TILLIT_TLS_KEY, or TILLIT_CARD_LISTEN=unix:PATH")
    if proxy is not None:
        return serve_cards_behind_tls_proxy(str(where), cert, key, proxy, land, health)
    return serve_cards(str(where), cert, key, land, health)


def rivta_listener(made: Application, settings: Settings) -> Stop | None:
    """Start the listener of the RIV-TA contracts; what stops it, or None when there is none. Raises NotReady and OSError."""
    where = rivta_place(settings)
    if where is None:
        return None
    listener = _contracts(settings, where, _serve(made, settings), _health(made))
    listener.start()
    return listener.stop


def _contracts(settings: Settings, where: Place, serve: Serve, health: Health) -> RivtaListener:
    if where.path is not None:
        return serve_rivta_behind_proxy(where.path, serve, health)
    cert, key, proxy, anchors = settings.tls_cert, settings.tls_key, settings.rivta_proxy_cert, settings.rivta_ca
    if cert is None or key is None:
        raise NotReady("the RIV-TA listener needs TILLIT_TLS_CERT and TILLIT_TLS_KEY, or TILLIT_RIVTA_LISTEN=unix:PATH")
    if proxy is not None:
        return serve_rivta_behind_tls_proxy(str(where), cert, key, proxy, serve, health)
    if anchors is None:
        raise NotReady("the RIV-TA listener needs TILLIT_RIVTA_CA, or TILLIT_RIVTA_PROXY_CERT where a proxy ends TLS")
    try:
        contexts = VerifyingContext(cert, key, anchors, settings.rivta_crl)
    except (OSError, ValueError, SSL.Error) as error:
        raise NotReady(f"TILLIT_RIVTA_CA, TILLIT_RIVTA_CRL, TILLIT_TLS_CERT: {error}") from error
    return serve_rivta(str(where), contexts, serve, health)


def _serve(made: Application, settings: Settings) -> Serve:
    standing = _standing(made, settings)
    return lambda request, certificates: rivta(request, certificates, made.on, standing)


def _standing(made: Application, settings: Settings) -> Standing | None:
    """How the contracts' clients are asked about, None where they are not."""
    if settings.rivta_ocsp == "off":
        return None
    if settings.rivta_ca is None:
        raise NotReady("TILLIT_RIVTA_OCSP needs TILLIT_RIVTA_CA: the CAs whose answers count")
    try:
        anchors = x509.load_pem_x509_certificates(settings.rivta_ca.read_bytes())
    except (OSError, ValueError) as error:
        raise NotReady(f"TILLIT_RIVTA_CA: {error}") from error
    return Standing(RevocationCheck(made.egress, nonce=settings.rivta_ocsp == "on"), anchors)


def _land(made: Application) -> Land:
    def land(handoff: str, certificates: tuple[bytes, ...], remote: str, user_agent: str) -> Reply:
        request = Request("GET", "/card", headers={"user-agent": user_agent}, remote=remote)
        return guarded(lambda turn: land_card(turn, handoff, certificates), Turn.of(request, made.on))

    return land


def _health(made: Application) -> Health:
    def health(path: str) -> Reply:
        view = documents.ready if path == "/readyz" else documents.alive
        return guarded(view, Turn.of(Request("GET", path), made.on))

    return health


def _configure_logging() -> None:
    """Lines on standard error, unless whoever runs us has configured logging already."""
    if not logging.getLogger().handlers:
        logging.basicConfig(
            stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )


def _stop(stops: list[Stop]) -> None:
    """Every one of them, whatever becomes of the others."""
    while stops:
        try:
            stops.pop(0)()
        except Exception:
            log.exception("stopping failed")


def _at_end(stop: Stop) -> None:
    """When the process ends in order: children of multiprocessing leave without atexit."""
    Finalize(None, stop, exitpriority=10)
    atexit.register(stop)
