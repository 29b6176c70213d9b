"""SAML at its edges: what strangers may make us keep, and what a service that asks for nothing we know is given."""

import pytest

from metadata.wire.redirect import MAX_RELAY_STATE
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
