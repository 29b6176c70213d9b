"""Where each listener listens: a host and port, or a Unix socket."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from broker.commands.errors import NotReady
from broker.settings import Settings

UNIX: Final = "unix:"
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Place:
    """`path` of a Unix socket, else `host` (an address of this machine) and `port`."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"{UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place(listen: str, url: str, setting: str) -> Place:
    """What a setting says, else host and port of an address. Raises NotReady."""
    if listen.startswith(UNIX):
        return Place(path=Path(listen.removeprefix(UNIX)))
    try:
        parts = urlsplit(f"//{listen}" if listen else url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        return Place(_address(host, port), port)
    except (ValueError, OSError) as error:
        raise NotReady(f"{setting} is not host:port or unix:PATH of this machine: {listen or url}") from error


def main_place(settings: Settings) -> Place:
    """Where the broker itself listens."""
    if not settings.listen and settings.secure and settings.tls_cert is None:
        raise NotReady("set TILLIT_TLS_CERT and TILLIT_TLS_KEY, or TILLIT_LISTEN where a proxy ends TLS")
    return place(settings.listen, settings.base_url, "TILLIT_LISTEN")


def card_place(settings: Settings) -> Place | None:
    """Where the card listener listens, None when there is none."""
    if not settings.card_url:
        return None
    return place(settings.card_listen, settings.card_url, "TILLIT_CARD_LISTEN")


def rivta_place(settings: Settings) -> Place | None:
    """Where the RIV-TA contracts' listener listens, None when there is none."""
    if not settings.rivta_url:
        return None
    return place(settings.rivta_listen, settings.rivta_url, "TILLIT_RIVTA_LISTEN")


def _address(host: str, port: int) -> str:
    if not host or not port:
        raise ValueError("host and port")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    v4 = [each for each in found if each[0] is socket.AF_INET]
    return str((v4 or found)[0][4][0])
