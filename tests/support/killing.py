"""Clients of a real server that is killed under them: each call is sent again until it is answered, as record systems do.

What was answered is in `done`; what a test makes of that is its own affair.
"""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from tests.support.server import Line, Server, basic

CLIENTS, MOST_SECONDS = 4, 3_600


@dataclass(frozen=True)
class Deed:
    """A call of care's API, and what it is remembered by."""

    name: str
    path: str
    body: dict[str, Any]


class Clients:
    """Clients that each do one deed after another, from `deeds`. A deed is done when it is answered with good, or, sent once
    more, with word (`again`) that it was done before. Any other answer is in `refused`.
    """

    def __init__(self, server: Server, deeds: Callable[[int], Iterable[Deed]], again: tuple[bytes, ...]) -> None:
        self.server, self.done, self.refused = server, set[str](), list[str]()
        self._deeds, self._again = deeds, again
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(CLIENTS)]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join(60)

    def _run(self, number: int) -> None:
        deeds = iter(self._deeds(number))
        deed, sent = next(deeds), False
        while not self._stop.is_set():
            try:
                with Line(self.server.base) as line:
                    token = _token(line)
                    while not self._stop.is_set():
                        again, sent = sent, True
                        if not self._answered(line, token, deed, again):
                            break
                        deed, sent = next(deeds), False
            except (OSError, http.client.HTTPException):
                self._stop.wait(0.05)

    def _answered(self, line: Line, token: str, deed: Deed, again: bool) -> bool:
        """Whether it was answered at all. Not: the token's time is over."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        line._connection.request("POST", f"/api/v1/care{deed.path}", json.dumps(deed.body), headers)
        answer = line._connection.getresponse()
        octets = answer.read()
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return False
        with self._lock:
            if answer.status == HTTPStatus.OK or (again and any(word in octets for word in self._again)):
                self.done.add(deed.name)
            else:
                self.refused.append(f"{deed.name} {answer.status} {octets[:300]!r}")
        return True

    def wait_until(self, enough: float) -> None:
        """Wait until so many deeds are done."""
        deadline = time.monotonic() + MOST_SECONDS
        while len(self.done) < enough:
            assert time.monotonic() < deadline, "the clients get nowhere"
            assert not self.refused, self.refused[:3]
            time.sleep(0.005)


def _token(line: Line) -> str:
    form = {"grant_type": "client_credentials", "scope": "care:read care:write"}
    return str(line.request("POST", "/oidc/token", form, Authorization=basic("journal")).json["access_token"])


def done_despite_kills(
    server: Server, deeds: Callable[[int], Iterable[Deed]], again: tuple[bytes, ...], count: int, kills: int
) -> set[str]:
    """The deeds that were answered, at least so many, while the server was killed so often at instants that nobody chose."""
    server.start()
    with Clients(server, deeds, again) as clients:
        for number in range(1, kills + 1):
            clients.wait_until(count * number // (kills + 1))
            time.sleep(random.uniform(0, 0.05))
            server.kill()
            server.start()
        clients.wait_until(count)
    server.kill()
    assert not clients.refused, clients.refused[:3]
    assert len(clients.done) >= count
    return clients.done
