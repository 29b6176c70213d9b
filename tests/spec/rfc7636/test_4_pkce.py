"""PKCE: S256 from every client, and no way around it (RFC 7636 sections 4.3 to 4.6, RFC 9700 section 2.1.1)."""

import base64
import hashlib

import pytest

from tests.support.oidc import error, public_client
from tests.support.world import Pkce, client, federation

pytestmark = pytest.mark.spec("RFC 7636", "4")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return lasting_worlds.make(federation(client(), public_client()))


CLIENTS = [("rp", "a-secret-of-a-client-that-is-long-enough"), ("spa", None)]


@pytest.mark.parametrize(("client_id", "secret"), CLIENTS)
@pytest.mark.parametrize("verifier", ["right", "wrong", "the challenge itself", None])
def test_with_a_challenge_only_the_right_verifier_redeems(world, client_id, secret, verifier):
    code = world.code(client_id=client_id)
    sent = {"right": world.pkce.verifier, "wrong": Pkce().verifier, "the challenge itself": world.pkce.challenge}
    answer = world.redeem(code, client_id, secret, code_verifier=sent.get(verifier))
    if verifier == "right":
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert error(answer) == ("invalid_request" if verifier is None else "invalid_grant")


@pytest.mark.parametrize(("client_id", "secret"), CLIENTS)
@pytest.mark.parametrize("method", ["S256", None])
def test_without_a_challenge_there_is_no_code_to_redeem(world, client_id, secret, method):
    asked = world.authorize_url(client_id, code_challenge=None, code_challenge_method=method)
    answer = world.browser().get(asked)
    assert error(answer) == "invalid_request"
    assert "code" not in answer.sent_back


@pytest.mark.parametrize("method", ["plain", "", "s256", "S512", "none", None])
@pytest.mark.parametrize("client_id", ["rp", "spa"])
def test_every_method_but_s256_is_refused(world, client_id, method):
    for challenge in ("v" * 43, world.pkce.challenge):
        asked = world.authorize_url(client_id, code_challenge=challenge, code_challenge_method=method)
        assert error(world.browser().get(asked)) == "invalid_request"


@pytest.mark.parametrize("challenge", ["a", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "å" * 43, " " * 43])
def test_a_challenge_that_no_sha_256_gives_is_refused(world, challenge):
    assert error(world.browser().get(world.authorize_url(code_challenge=challenge))) == "invalid_request"


def challenge_of(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize("length", [43, 44, 64, 127, 128])
def test_a_verifier_of_43_to_128_characters_redeems(world, length):
    verifier = (ALPHABET * 2)[:length]
    code = world.code(code_challenge=challenge_of(verifier))
    assert world.redeem(code, code_verifier=verifier).status == 200


@pytest.mark.parametrize(
    "verifier", ["a", "a" * 42, "a" * 129, "a" * 42 + "+", "a" * 42 + "é", "a" * 42 + " ", "a" * 43 + "\n"]
)
def test_a_verifier_that_may_not_be_one_is_refused_even_when_its_hash_fits(world, verifier):
    code = world.code(code_challenge=challenge_of(verifier))
    answer = world.redeem(code, code_verifier=verifier)
    assert (answer.status, error(answer)) == (400, "invalid_grant")


def test_a_wrong_verifier_does_not_use_up_the_code(world):
    code = world.code()
    assert world.redeem(code, code_verifier="w" * 43).status == 400
    assert world.redeem(code).status == 200


def test_a_code_injected_into_another_session_fails_for_its_verifier(world):
    victims = world.code()
    attackers_session = Pkce()
    assert error(world.redeem(victims, code_verifier=attackers_session.verifier)) == "invalid_grant"
