"""Where everything of the demo is: a block of ten ports, and one folder.

Owns addresses, file names and names of clients. The broker is at `localhost` and everything else at `127.0.0.1`, which to
a browser are different sites, so that the demo meets the cookie rules of real life.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_PORT: Final = 8440
PORTS: Final = 10
LOA: Final = "http://id.elegnamnden.se/loa/1.0/loa"
MOBILE_LEVEL: Final = "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"
CARD_PASSWORD: Final = "tillit"
"""Of the test cards' files: made-up people, and a password that is printed."""

_HIGHEST_PORT: Final = 65535


class PortTaken(Exception):
    """A port of the block is in use by another program."""


@dataclass(frozen=True, slots=True)
class Places:
    """The demo whose first port is `port` and whose files are in `folder`."""

    folder: Path
    port: int = DEFAULT_PORT

    @property
    def broker(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def cards(self) -> str:
        return f"https://localhost:{self.port + 1}"

    @property
    def phone(self) -> str:
        return self._other(2)

    @property
    def saml_idp(self) -> str:
        return self._other(3)

    @property
    def openid_provider(self) -> str:
        return self._other(4)

    @property
    def saml_service(self) -> str:
        return self._other(5)

    @property
    def oidc_service(self) -> str:
        return self._other(6)

    @property
    def api(self) -> str:
        return self._other(7)

    @property
    def status(self) -> str:
        """OCSP and revocation lists of the card CA, over plain http as everywhere."""
        return f"http://127.0.0.1:{self.port + 8}"

    @property
    def contracts(self) -> str:
        """The RIV-TA contracts, for systems with a certificate."""
        return f"https://localhost:{self.port + 9}"

    def _other(self, offset: int) -> str:
        return f"https://127.0.0.1:{self.port + offset}"

    @property
    def ca(self) -> Path:
        """The root that browsers and servers of the demo trust."""
        return self.folder / "ca.pem"

    @property
    def federation(self) -> Path:
        return self.folder / "federation.yaml"

    @property
    def config(self) -> Path:
        """The broker's settings, for `TILLIT_CONFIG`."""
        return self.folder / "tillit.toml"

    @property
    def data(self) -> Path:
        """The broker's own data folder."""
        return self.folder / "broker"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints.txt"

    @property
    def log(self) -> Path:
        """What the child processes say."""
        return self.folder / "demo.log"

    def key(self, name: str) -> Path:
        """A private key of one of the services around the broker; its certificate is beside it."""
        return self.folder / "services" / f"{name}.key"

    def certificate(self, name: str) -> Path:
        return self.folder / "services" / f"{name}.pem"

    def metadata(self, name: str) -> Path:
        return self.folder / "metadata" / f"{name}.xml"

    def card(self, name: str) -> Path:
        """A card as a browser loads it."""
        return self.folder / "cards" / f"{name}.p12"

    def card_pem(self, name: str) -> Path:
        """The same card as the self-check loads it: certificates and key."""
        return self.folder / "cards" / f"{name}.pem"

    @property
    def system(self) -> Path:
        """The record system's certificate and key, with which it calls the contracts."""
        return self.folder / "systems" / "record-system.pem"

    def taken(self) -> Iterator[int]:
        """Ports of the block that something listens on already."""
        for port in range(self.port, self.port + PORTS):
            if not _is_free(port):
                yield port


def check_free(places: Places) -> None:
    """Raises PortTaken with a sentence for a person."""
    if taken := list(places.taken()):
        listed = ", ".join(map(str, taken))
        raise PortTaken(
            f"in use by another program: port {listed}. The demo needs {PORTS} ports in a row, from {places.port}; "
            "another block is chosen with --port N."
        )


def free_block() -> int:
    """The first port of a block that is free at the moment. Raises PortTaken."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + PORTS <= _HIGHEST_PORT and all(_is_free(port) for port in range(first, first + PORTS)):
            return first
    raise PortTaken(f"no block of {PORTS} free ports was found")


def _is_free(port: int) -> bool:
    """Whether nothing listens there; connections of an earlier run that are closing do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
