"""Many logins at once, from several threads with kept connections, over both protocols; and what the clients saw of it.

A thing is seen when the whole answer that carries it has arrived. A client whose connection breaks goes on with another.
"""

import http.client
import json
import re
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from tests.support.saml_peer import Peer
from tests.support.server import Line, Server, basic, pkce
from tests.support.world import CALLBACK, Answer, claims, client, federation

ASSERTION = re.compile(rb'<saml2?:Assertion[^>]*\sID="([^"]+)"|<(?:\w+:)?Assertion[^>]*\sID="([^"]+)"')
PEER = Peer()
Broken = (OSError, http.client.HTTPException)


def document(**parts: Any) -> dict[str, Any]:
    """A federation with a client of each protocol; the client may refresh."""
    return federation(client(), PEER.entry(), **parts)


@dataclass
class Seen:
    """What clients hold. `redeemed` are the codes whose token response arrived, `codes` all, `refused` what went wrong."""

    codes: dict[str, str] = field(default_factory=dict)
    redeemed: set[str] = field(default_factory=set)
    access: set[str] = field(default_factory=set)
    refresh: set[str] = field(default_factory=set)
    assertions: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    @property
    def logins(self) -> int:
        return len(self.redeemed) + len(self.assertions)


class Load:
    """Clients that log in again and again until they are stopped, or there are enough logins."""

    def __init__(self, server: Server, seen: Seen, threads: int = 6) -> None:
        self.server, self.seen = server, seen
        self._stop = threading.Event()
        self._lock = threading.Lock()
        ways = (self._oidc, self._saml)
        self._threads = [
            threading.Thread(target=self._run, args=(ways[number % 2],), daemon=True) for number in range(threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let each finish what it is at."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def _run(self, log_in: Callable[[Line], None]) -> None:
        while not self._stop.is_set():
            with Line(self.server.base) as line:
                try:
                    while not self._stop.is_set():
                        log_in(line)
                except Broken as error:
                    self._note_broken(error)
                    self._stop.wait(0.05)

    def _note_broken(self, error: Exception) -> None:
        """A connection that ends between answers is no cut answer; one that ends inside an answer is."""
        if isinstance(error, http.client.IncompleteRead | http.client.BadStatusLine) and not isinstance(
            error, http.client.RemoteDisconnected
        ):
            with self._lock:
                self.seen.cut.append(repr(error))

    def believes(self, line: Line, answer: Answer) -> str:  # for those that look closer
        """Why a client does not believe what it was answered, empty when it does."""
        return ""

    def _refuse(self, answer: Answer, why: str = "") -> None:
        with self._lock:
            told = f"{why} {answer.status} {answer.page} {answer.cause} {answer.body[:300]!r}"
            self.seen.refused.append(told.strip())

    def _oidc(self, line: Line) -> None:
        verifier, challenge = pkce()
        answer = line.request("GET", authorize_path(challenge))
        if "code" not in answer.sent_back:
            self._refuse(answer)
            return
        code = answer.sent_back["code"]
        with self._lock:
            self.seen.codes[code] = verifier
        answer = redeem(line, code, verifier)
        if answer.status != 200 or (why := self.believes(line, answer)):
            self._refuse(answer, "" if answer.status != 200 else why)
            return
        with self._lock:
            self.seen.redeemed.add(code)
            self.seen.access.add(claims(answer.json["access_token"])["jti"])
            self.seen.refresh.add(answer.json["refresh_token"])

    def _saml(self, line: Line) -> None:
        url = urlsplit(PEER.redirect(self.server))  # type: ignore[arg-type]  # a server has what a world has
        answer = line.request("GET", f"{url.path}?{url.query}")
        found = assertions(answer)
        if not found or (why := self.believes(line, answer)):
            self._refuse(answer, why if found else "")
            return
        with self._lock:
            self.seen.assertions.update(found)


def authorize_path(challenge: str, **changes: str) -> str:
    """A good authorization request of the client, for the test method."""
    asked = {
        "client_id": "rp",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile offline_access",
        "prompt": "consent",
        "state": "the-state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": "test:anna",
        **changes,
    }
    return "/oidc/authorize?" + urlencode(asked)


def redeem(line: Line, code: str, verifier: str) -> Answer:
    """The token request for a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    return line.request("POST", "/oidc/token", form, Authorization=basic("rp"))


def assertions(answer: Answer) -> set[str]:
    """The ids of the assertions in a form that answers a service."""
    if answer.page != "U9":
        return set()
    _, fields = answer.fields()
    found = ASSERTION.findall(b64decode(fields["SAMLResponse"]))
    return {(first or second).decode() for first, second in found}


def recorded(server: Server) -> list[dict[str, Any]]:
    """Every event of the log, sealed or not."""
    with server.storage() as store:
        return [json.loads(leaf) for leaf in (*(row.leaf for row in store.log_rows()), *store.log_pending())]
