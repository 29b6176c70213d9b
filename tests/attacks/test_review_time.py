"""A provider's clock within the skew: it dates nobody's login into the future, nor before a request that it answers."""

import pytest

from idp_adapters.methods import oidc, saml
from metadata.client_keys import RESTING, ClientKeys
from metadata.register import OidcClient
from metadata.wire.addresses import BadUrl, read_url
from metadata.wire.claims import JoseRefused
from metadata.wire.egress import Response
from tests.support.egress import FakeEgress

NOW, ASKED = 1_795_600_000, 1_795_599_990


def pending(method, **changes):
    common = {"levels": (), "force": False, "max_age": None, **changes}
    if method is saml:
        return saml.Pending("idp", "_id", None, "acs", ASKED, **common)
    return oidc.Pending("op", "state", "nonce", "verifier", "uri", ASKED, passive=False, **common)


@pytest.mark.parametrize("method", [saml, oidc])
@pytest.mark.parametrize(
    ("force", "said", "taken"),
    [
        (False, NOW + 60, NOW),
        (False, NOW - 3600, NOW - 3600),
        (False, ASKED - 60, ASKED - 60),
        (True, ASKED - 60, ASKED),
        (True, ASKED + 3, ASKED + 3),
        (True, NOW + 60, NOW),
    ],
)
def test_the_moment_of_a_login_is_by_our_clock(method, force, said, taken):
    """Else a later `max_age` is met for a minute by a login of the future, and a forced one asks again without end."""
    assert pending(method, force=force).moment(said, NOW) == taken


def test_a_clients_keys_that_cannot_be_had_are_not_asked_for_by_every_request():
    """Anybody may name a client in an assertion of his own making: that must not be a call each."""
    now = [0.0]
    egress = FakeEgress({("GET", "https://c.example/jwks"): Response(404, {}, b"no")})
    keys = ClientKeys(egress, lambda: now[0])
    client = OidcClient("c", (), jwks_uri="https://c.example/jwks")
    token = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AA"
    for _ in range(20):
        with pytest.raises(JoseRefused):
            keys(client, token)
    assert len(egress.calls) == 1
    now[0] += RESTING
    with pytest.raises(JoseRefused):
        keys(client, token)
    assert len(egress.calls) == 2


@pytest.mark.timeout(20)  # it took the better part of an hour, not seconds
def test_an_address_of_many_question_marks_is_judged_at_once():
    """A provider's discovery document may be half a megabyte, and all of it one address."""
    with pytest.raises(BadUrl):
        read_url("https://h.example/" + "?" * 500_000 + " ")
    assert read_url("https://h.example/a?b?c/d").path_and_query == "/a?b?c/d"
    assert read_url("https://h.example?b").path_and_query == "/?b"
