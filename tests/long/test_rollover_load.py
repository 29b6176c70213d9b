"""Keys roll over under load: clients log in over HTTP at several workers of `tillit serve`, and believe only keys that they have
fetched. None of their logins fails while keys are published ahead, switched and phased out, again and again.

The clients keep our keys for a moment. A phase is longer than that and the age of a worker's snapshot together, as in life a day
is longer than their caches.
"""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from broker.keys.rotation import Naming, due, planned, rotate
from broker.login.keys import moved
from metadata.saml import read_provider
from metadata.wire.jose import JoseRefused, verify
from metadata.wire.jwk import read_jwks
from metadata.wire.saml_messages import Expectations, SamlRefused, read_response
from tests.support.load import PEER, Load, Seen, document
from tests.support.saml_peer import delivered
from tests.support.server import Line, Server
from tests.support.world import Answer
from trust_framework.days import DAY

FULL, A_HUNDREDTH = 10_000, 100
"""Logins that come through at least."""

KEPT = 1.0
SNAPSHOT = 2.0
PHASE = KEPT + SNAPSHOT + 0.3
MOST_SECONDS = 1500
ROLLED = (("oidc", "ES256"), ("saml", "RS256"))


class Careful(Load):
    """Clients each of which keeps the keys that it fetched for a moment. `signers` are the keys of the ID tokens that came."""

    def __init__(self, server: Server, seen: Seen, threads: int) -> None:
        super().__init__(server, seen, threads)
        self._kept = threading.local()
        self.signers: set[str] = set()

    def believes(self, line: Line, answer: Answer) -> str:
        try:
            return self._token(line, answer) if answer.page != "U9" else self._response(line, answer)
        except (JoseRefused, SamlRefused) as error:
            return f"not believed: {error!r}"

    def _token(self, line: Line, answer: Answer) -> str:
        keys = self._fetched("/oidc/jwks", lambda: read_jwks(line.request("GET", "/oidc/jwks").json))
        token = verify(answer.json["id_token"], keys, algorithms=("ES256",), typ=(None, "JWT"))
        self.signers.add(token.header["kid"])
        return ""

    def _response(self, line: Line, answer: Answer) -> str:
        def fetch() -> Any:
            read = read_provider(line.request("GET", "/saml/metadata").body, allow_http_loopback=True)
            return list(read.provider.signing_keys)

        post_to, xml, _ = delivered(answer)
        expected = Expectations(
            issuer=f"{self.server.base}/saml/metadata",
            keys=self._fetched("/saml/metadata", fetch),
            audience=PEER.entity_id,
            acs_url=post_to,
            in_response_to=etree.fromstring(xml).get("InResponseTo"),
            now=int(time.time()),
        )
        read_response(xml, expected)
        return ""

    def _fetched(self, path: str, fetch: Callable[[], Any]) -> Any:
        """What this client keeps, fetched anew when it has kept it long enough."""
        until, keys = getattr(self._kept, path, (0.0, None))
        if time.monotonic() >= until:
            keys = fetch()
            setattr(self._kept, path, (time.monotonic() + KEPT, keys))
        return keys


def roll(server: Server) -> None:
    """Each key's successor is published; signs; and the key before it is gone: a phase each, as jobs and operators do it."""
    with server.storage() as store:
        by = Naming(server.base, store.vault)

        def move(change: Callable[[Any, int], Any]) -> None:
            now = int(time.time())
            store.commit(moved(change(store.ring_rows(), now), now))
            time.sleep(PHASE)

        for step in (
            lambda rows, now: [row for each in ROLLED for row in planned(rows, *each, now + DAY, now, by)],
            lambda rows, now: [row for each in ROLLED for row in rotate(rows, *each, now, by, force=True)],
            lambda rows, now: due(rows, now + 365 * DAY, by),
        ):
            move(step)


@pytest.mark.parametrize(
    ("logins", "workers", "threads"),
    [(A_HUNDREDTH, 2, 4), pytest.param(FULL, 2, 8, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_no_login_fails_while_keys_roll_over_under_load(tmp_path: Path, logins: int, workers: int, threads: int):
    server = Server(tmp_path, document(), workers=workers)
    seen, began, rollovers = Seen(), time.monotonic(), 0
    try:
        server.start()
        with Careful(server, seen, threads) as load:
            while not rollovers or seen.logins < logins:
                assert time.monotonic() < began + MOST_SECONDS, "the clients get nowhere"
                roll(server)
                rollovers += 1
    finally:
        server.close()
    sys.stderr.write(
        f"\n{seen.logins} logins ({len(seen.redeemed)} OIDC, {len(seen.assertions)} SAML), {len(seen.refused)} refused, "
        f"{len(seen.cut)} cut, {rollovers} rollovers, {len(load.signers)} keys, {time.monotonic() - began:.0f} s\n"
    )
    assert (seen.refused[:5], seen.cut[:5]) == ([], [])
    assert len(load.signers) == rollovers + 1
