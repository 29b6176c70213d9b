"""An OpenID Federation library that tillit did not write: we resolve its entity, and it resolves what we say of it."""

import time
from collections.abc import Iterator

import pytest
import urllib3
import yaml

from tests.support import broker_process, grindvakt
from tests.support.broker_process import BrokerProcess
from tests.support.grindvakt import Entity
from tests.support.oidfed import jwks, key
from tests.support.world import LEVEL3, MEMBER, claims, client

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(bool(grindvakt.missing()), reason=grindvakt.missing()),
]
POLICY = {
    "openid_relying_party": {
        "contacts": {"add": ["operator@federation.example"]},
        "subject_type": {"value": "pairwise"},
        "token_endpoint_auth_method": {"default": "private_key_jwt", "one_of": ["private_key_jwt"]},
        "client_name": {"essential": "true"},
    }
}


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerProcess]:
    with broker_process.running() as started:
        yield started


@pytest.fixture(scope="module")
def entity(broker: BrokerProcess) -> Iterator[Entity]:
    """The peer's entity, which our register says is below us."""
    with grindvakt.running(broker.base) as started:
        apply(broker, started, POLICY)
        yield started


def apply(broker: BrokerProcess, entity: Entity, policy: object) -> None:
    service = client("rp", levels=[LEVEL3]) | {
        "openid_federation": {"entity_id": entity.entity_id, "jwks": entity.jwks, "metadata_policy": policy}
    }
    federation = {
        "tillit": "1",
        "members": [{"org": MEMBER, "name": {"sv": "Region Exempel"}}],
        "services": [service],
        "openid_federation": {"role": "trust-anchor"},
    }
    (broker.folder / "federation.yaml").write_text(yaml.safe_dump(federation))
    broker.command("apply", str(broker.folder / "federation.yaml"))
    time.sleep(2.5)


def configuration(broker: BrokerProcess) -> str:
    return urllib3.request("GET", f"{broker.base}/.well-known/openid-federation").data.decode()


def test_it_resolves_its_entity_by_our_resolver_and_verifies_our_chain(broker: BrokerProcess, entity: Entity):
    found = entity.resolved_by(claims(configuration(broker))["jwks"])

    assert found["subject"] == entity.entity_id, found
    metadata = found["metadata"]["openid_relying_party"]
    assert metadata["contacts"] == ["help@rp.example", "operator@federation.example"]
    assert (metadata["subject_type"], metadata["token_endpoint_auth_method"]) == ("pairwise", "private_key_jwt")


def test_it_believes_nothing_of_an_anchor_with_other_keys(broker: BrokerProcess, entity: Entity):
    assert "error" in entity.resolved_by(jwks(key("stranger")))


def test_an_entity_that_breaks_the_policy_is_resolved_by_neither(broker: BrokerProcess, entity: Entity):
    keys = claims(configuration(broker))["jwks"]
    apply(broker, entity, {"openid_relying_party": {"client_name": {"one_of": ["Another"]}}})

    assert "error" in entity.resolved_by(keys)
    asked = {"sub": entity.entity_id, "trust_anchor": broker.base}
    refused = urllib3.request("GET", f"{broker.base}/federation/resolve", fields=asked)
    assert (refused.status, refused.json()["error"]) == (400, "invalid_metadata")
