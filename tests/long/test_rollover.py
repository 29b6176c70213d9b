"""Keys roll over while people log in: no login fails at services that keep our keys as long as we say, and longer.

A week passes under the logins, by a clock that each of them moves. The keys of both protocols are planned, switched, and
removed by the job that does it in life. Services keep a JWKS and SAML metadata for a day, far longer than the published
max-age (five minutes) and cacheDuration (six hours), each from another hour; one of each is switched to the next key first.
"""

from dataclasses import dataclass

import pytest
from lxml import etree

from broker.jobs.standard import move_keys
from broker.keys.ring import KeyState
from broker.keys.rotation import Naming, planned
from broker.login.keys import chosen, moved
from metadata.saml import read_provider
from metadata.wire.jose import verify
from metadata.wire.jwk import PublicKeySet, read_jwks
from metadata.wire.saml_messages import Expectations, read_response
from metadata.wire.signing import PublicKey
from tests.support.saml_peer import Peer, delivered
from tests.support.world import NOW, Worlds, client, federation
from trust_framework.days import DAY

FULL, A_HUNDREDTH = 10_000, 100
WEEK = 7 * DAY
KEPT = DAY - 600
ROLLED = (("oidc", "ES256"), ("saml", "RS256"), ("saml-encryption", "RS256"))
SERVICES = ("one", "two", "three")


@dataclass
class Kept:
    """What a service fetched, and when it does so again: a day later; the first time at an hour of its own."""

    again: int
    keys: PublicKeySet | list[PublicKey] | None = None

    def of(self, now, fetch):
        if self.keys is None or now >= self.again:
            self.again = self.again if self.keys is None else now + KEPT
            self.keys = fetch()
        return self.keys


def jwks(world):
    return read_jwks(world.request("GET", "/oidc/jwks").json)


def signing_keys(world):
    document = world.request("GET", "/saml/metadata").body
    return list(read_provider(document, allow_http_loopback=True).provider.signing_keys)


def log_in_by_oidc(world, name, kept):
    token = world.tokens(client_id=name)["id_token"]
    keys = kept.of(world.clock.now, lambda: jwks(world))
    return verify(token, keys, algorithms=("ES256",), typ=(None, "JWT")).header["kid"]


def log_in_by_saml(world, peer, kept):
    browser = world.browser()
    post_to, xml, _ = delivered(browser.follow(browser.get(peer.redirect(world))))
    expected = Expectations(
        issuer=f"{world.base}/saml/metadata",
        keys=kept.of(world.clock.now, lambda: signing_keys(world)),
        audience=peer.entity_id,
        acs_url=post_to,
        in_response_to=etree.fromstring(xml).get("InResponseTo"),
        now=world.clock.now,
    )
    read_response(xml, expected)


@pytest.mark.parametrize("logins", [A_HUNDREDTH, pytest.param(FULL, marks=pytest.mark.long)])
def test_no_login_fails_while_all_keys_roll_over(worlds: Worlds, logins: int):
    peers = [Peer(id=f"sp-{name}") for name in SERVICES]
    world = worlds.make(federation(*(client(name) for name in SERVICES), *(peer.entry() for peer in peers)))
    naming, kept, seen = Naming(world.base, world.store.vault), {}, set()
    for number in range(logins):
        world.clock.now = NOW + number * WEEK // logins
        roll(world, naming, number, logins)
        place = number // 2 % len(SERVICES)
        cache = kept.setdefault(number % 6, Kept(NOW + (number + 1) * KEPT // 6))
        if number % 2:
            seen.add(log_in_by_oidc(world, SERVICES[place], cache))
        else:
            log_in_by_saml(world, peers[place], cache)
    states = [(row.use, row.alg, row.state) for row in world.store.ring_rows() if (row.use, row.alg) in ROLLED]
    assert states.count(("oidc", "ES256", KeyState.REMOVED)) == 1
    assert states.count(("saml", "RS256", KeyState.REMOVED)) == 1
    assert states.count(("saml-encryption", "RS256", KeyState.RETIRING)) == 1
    assert len(seen) == 2
    assert len(world.events("oidc.tokens-issued")) + len(world.events("saml.assertion-issued")) == logins


def roll(world, naming, number, logins):
    """A plan on the first day for the fourth; on the third, one service of each protocol is signed for with the next key."""
    store, now = world.store, world.clock.now
    if number == logins // 7:
        for use, alg in ROLLED:
            store.commit(moved(planned(store.ring_rows(), use, alg, NOW + 3 * DAY, now, naming), now))
    if number == logins * 5 // 14:
        for row in store.ring_rows():
            if row.state is KeyState.NEXT and row.use in {"oidc", "saml"}:
                store.commit(chosen("one" if row.use == "oidc" else "sp-one", row, now, "test"))
    move_keys(store, world.base)
    world.app.snapshots.refresh()
