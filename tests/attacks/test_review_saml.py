"""SAML at its edges: what strangers may make us keep, and what a service that asks for nothing we know is given."""

import pytest

from metadata.wire.redirect import MAX_RELAY_STATE
from tests.support import saml_metadata as md
from tests.support.saml_peer import Peer
from tests.support.world import federation

PLAIN = Peer("plain", signed=False)


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_relay_state_longer_than_any_service_needs_is_refused_by_either_binding(worlds, binding):
    """It would be kept with the login: half a megabyte for each request of a stranger."""
    world = worlds.make(federation(PLAIN.entry()))
    relay = "r" * (MAX_RELAY_STATE + 1)
    if binding == "redirect":
        answer = world.browser().get(PLAIN.redirect(world, by=None, relay=relay))
    else:
        answer = world.browser().post("/saml/sso", PLAIN.post(world, by=None, relay=relay))
    assert (answer.status, answer.cause) == (400, "request-malformed")


@pytest.mark.parametrize("index", [None, 7])
def test_a_service_that_asks_for_what_we_do_not_know_does_not_get_all_the_rest(worlds, index):
    """Only a service whose metadata asks for nothing at all is taken to ask for what it is registered for."""
    given = "urn:oid:2.5.4.42"
    asks = (md.requested(given, index=3), md.requested("urn:oid:1.2.3.4.5", index=7, more=' isDefault="true"'))
    peer = Peer(asks=asks)
    world = worlds.make(federation(peer.entry()))
    received = peer.login(world, **({} if index is None else {"attributes_index": index}))
    assert received.attributes == {}
    assert set(peer.login(world, attributes_index=3).attributes) == {"givenName"}
