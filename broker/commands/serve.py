"""`tillit serve`: granian with the settings' address, TLS, threads and workers; what runs in a worker is `serving`."""

import os
import signal
import ssl
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from broker.commands.errors import NotReady
from broker.commands.installation import opened, read_settings
from broker.commands.listening import Place, main_place
from broker.settings import Settings

if TYPE_CHECKING:
    from granian.server.mp import MPServer

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
DRAINING: Final = 30
"""Seconds that requests in hand have when the broker is told to stop."""

HEADER_BYTES: Final = 32 * 1024
"""Of request line and headers together. A signed SAML request in an address is a quarter of it."""

HEADER_SECONDS: Final = 10
"""Within which a client must have said what it wants."""

STREAMS: Final = 100
"""Requests at a time on one HTTP/2 connection."""


@click.command()
def serve() -> None:
    """Run the broker in the foreground until it gets SIGTERM or SIGINT; requests in hand are answered first.

    SIGHUP starts new workers before the old ones end, with the settings of the environment as they were.
    """
    settings = read_settings()
    where = main_place(settings)
    _check_certificate(settings)
    with opened(settings) as storage:
        if not storage.federation_version():
            click.echo(
                "tillit: no federation file has been applied yet; nobody can log in. See: tillit apply", err=True
            )
    _mind_new_workers()
    with tempfile.NamedTemporaryFile(prefix="tillit-") as lock:
        _server(settings, where).serve(target_loader=partial(_loaded, Path(lock.name)), wrap_loader=False)


def _loaded(lock: Path) -> Callable[..., Any]:
    """Imported in the worker, so that the process that watches the workers stays small.

    A signal waits until the application is there: raised in the middle of an import or of a validator's making, the exit
    is lost in their callbacks. Threads that are made meanwhile never take one; it is the main thread's.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    _on_stop(lambda *_: sys.exit(0))
    from broker.commands.serving import application

    made = application(lock)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    return made


def _mind_new_workers() -> None:
    """Have a new worker stop when it is told to, whenever that is.

    Until granian sets its handlers a worker has those of its parent, in which a signal would be lost.
    """
    os.register_at_fork(
        before=partial(signal.pthread_sigmask, signal.SIG_BLOCK, STOPPING),
        after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOPPING),
        after_in_child=_born,
    )


def _born() -> None:
    _on_stop(lambda *_: os._exit(0))  # nothing has been begun that would have to be ended
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def _on_stop(handler: Callable[..., Any]) -> None:
    for each in STOPPING:
        signal.signal(each, handler)


def _check_certificate(settings: Settings) -> None:
    """What a worker would stumble over is told before there is one. Raises NotReady."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise NotReady("TILLIT_TLS_CERT and TILLIT_TLS_KEY go together")
    if settings.tls_cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        raise NotReady(f"TILLIT_TLS_CERT, TILLIT_TLS_KEY: {error}") from error


def _server(settings: Settings, where: Place) -> "MPServer":
    """TLS when the base URL is https; with http, in test, the certificate is the card listener's alone."""
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings, HTTP2Settings
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    return MPServer(
        "tillit",
        address=where.host or "127.0.0.1",
        port=where.port,
        uds=where.path,
        uds_permissions=0o660,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        runtime_blocking_threads=settings.threads,
        http=HTTPModes.auto,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES),
        http2_settings=HTTP2Settings(max_headers_size=HEADER_BYTES, max_concurrent_streams=STREAMS),
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=settings.tls_cert if settings.secure else None,
        ssl_key=settings.tls_key if settings.secure else None,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAINING,
    )
