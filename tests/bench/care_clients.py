"""Record systems that ask a broker as fast as it answers: each one kept connection, over JSON with a token or over SOAP with a
function certificate. An answer that is not what was asked for ends the measurement.
"""

import base64
import http.client
import json
import ssl
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlencode, urlsplit

from broker.protocols.rivta.contracts import OPERATIONS
from tests.support.world import SECRET

TIMEOUT: Final = 300
_RENEWED: Final = 900
"""Calls after which a SOAP connection is made anew, before the listener ends it."""
_REFUSED: Final = (b"VALIDATION", b"DENIED", b"NOTFOUND")


class Client(Protocol):
    """One kept connection."""

    def ask(self, body: bytes) -> bytes: ...

    def close(self) -> None: ...


class JsonClient:
    """Asks one address of the JSON API."""

    def __init__(self, base: str, method: str, path: str) -> None:
        at = urlsplit(base)
        self._asked = method, path
        self._connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=TIMEOUT)
        form = urlencode({"grant_type": "client_credentials", "scope": "care:read care:write"}).encode()
        basic = base64.b64encode(f"journal:{SECRET}".encode()).decode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
        token = json.loads(self._answer("POST", "/oidc/token", form, kind))["access_token"]
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def _answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        octets = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(octets[:500])
        return octets

    def ask(self, body: bytes) -> bytes:
        """What it answers."""
        return self._answer(*self._asked, body, self._headers)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class SoapClient:
    """Calls one operation; without a name it asks whether the listener is well."""

    def __init__(self, base: str, folder: Path, operation: str) -> None:
        self._at, self._left = urlsplit(base), 0
        self._context = ssl.create_default_context(cafile=folder / "ca.pem")
        self._context.load_cert_chain(folder / "journal.pem")
        known = next((each for each in OPERATIONS if each.name == operation), None)
        self._asked = ("POST", known.path) if known else ("GET", "/healthz")
        self._headers = {"Content-Type": "text/xml; charset=utf-8"}
        if known:
            self._headers["SOAPAction"] = f'"{known.soap_action}"'

    def ask(self, body: bytes) -> bytes:
        """What it answers."""
        if not self._left:
            self._connect()
        self._left -= 1
        self._connection.request(*self._asked, body or None, self._headers)
        answer = self._connection.getresponse()
        octets = answer.read()
        if answer.status != http.HTTPStatus.OK or any(each in octets for each in _REFUSED):
            raise RuntimeError(octets[:500])
        return octets

    def _connect(self) -> None:
        host, port = self._at.hostname or "", self._at.port
        self._connection = http.client.HTTPSConnection(host, port, context=self._context, timeout=TIMEOUT)
        self._left = _RENEWED

    def close(self) -> None:
        """End the connection."""
        if self._left:
            self._connection.close()
