"""`tillit serve`: granian with the settings' address, TLS, threads and workers; what runs in a worker is `serving`."""

import signal
import ssl
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

DRAINING: Final = 30
"""Seconds that requests in hand have when the broker is told to stop."""


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
    with tempfile.NamedTemporaryFile(prefix="tillit-") as lock:
        _server(settings, where).serve(target_loader=partial(_loaded, Path(lock.name)), wrap_loader=False)


def _loaded(lock: Path) -> Callable[..., Any]:
    """Imported in the worker, so that the process that watches the workers stays small.

    Until granian sets its own handlers a new worker has those of its parent, which would do nothing here.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave)
    from broker.commands.serving import application

    return application(lock)


def _leave(*_: object) -> None:
    raise SystemExit(0)


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
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=settings.tls_cert if settings.secure else None,
        ssl_key=settings.tls_key if settings.secure else None,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAINING,
    )
