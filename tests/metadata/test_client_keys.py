"""Keys that a client publishes at its jwks_uri: one look serves many tokens, and a new key is found within a minute."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from metadata.client_keys import KEPT, REFETCHED, ClientKeys
from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused
from metadata.wire.egress import Response
from metadata.wire.jose import issue
from metadata.wire.jwk import public_jwk
from metadata.wire.signing import signer
from tests.support.egress import FakeEgress

URI = "https://c.example/jwks"
CLIENT = OidcClient("c", (), jwks_uri=URI)
ONE, TWO = (signer(ec.generate_private_key(ec.SECP256R1()), kid=kid, alg="ES256") for kid in ("one", "two"))


class Published:
    """A client's keys at its address, and a clock."""

    def __init__(self, *signers):
        self.now = 0.0
        self.egress = FakeEgress({})
        self.keys = ClientKeys(self.egress, lambda: self.now)
        self.publish(*signers)

    def publish(self, *signers, status=200, body=None):
        document = json.dumps({"keys": [public_jwk(each) for each in signers]}).encode()
        self.egress.answers["GET", URI] = Response(status, {}, document if body is None else body)

    def kids(self, signed_by):
        return [key.kid for key in self.keys(CLIENT, issue({}, signed_by)).keys]


def test_one_look_serves_every_token_until_it_is_old():
    world = Published(ONE)
    for moment in (0, 1, REFETCHED - 1, KEPT - 1):
        world.now = moment
        assert world.kids(ONE) == ["one"]
    assert len(world.egress.calls) == 1
    world.now = KEPT
    assert world.kids(ONE) == ["one"]
    assert len(world.egress.calls) == 2


def test_a_key_that_is_not_known_leads_to_one_look_a_minute():
    world = Published(ONE)
    world.kids(ONE)
    world.publish(ONE, TWO)
    assert [world.kids(TWO) for _ in range(5)] == [["one"]] * 5
    assert len(world.egress.calls) == 1
    world.now = REFETCHED
    assert [world.kids(TWO) for _ in range(5)] == [["one", "two"]] * 5
    assert len(world.egress.calls) == 2


def test_a_key_that_is_withdrawn_is_trusted_no_longer_than_keys_are_kept():
    world = Published(ONE)
    world.kids(ONE)
    world.publish(TWO)
    world.now = KEPT
    assert world.kids(ONE) == ["two"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 302},
        {"body": b""},
        {"body": b"[]"},
        {"body": b'{"keys": 1}'},
        {"body": b'{"keys": [{"kty": "oct", "k": "AAAA"}, 1]}'},
    ],
    ids=str,
)
def test_keys_that_cannot_be_read_are_no_keys(answer):
    world = Published()
    world.publish(ONE, **answer)
    with pytest.raises(JoseRefused):
        world.kids(ONE)


def test_a_client_that_registered_no_keys_has_none():
    world = Published(ONE)
    assert world.keys(OidcClient("c", ()), issue({}, ONE)).keys == ()
    assert world.egress.calls == []
