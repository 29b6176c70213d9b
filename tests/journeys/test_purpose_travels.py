"""For what a service says that it wants a detail: held to at login and userinfo, and told to who takes it (IS-02)."""

import json
from datetime import date

import pytest

from broker.protocols.oidc.content import _read_wish, _wish
from tests.journeys.test_agreement_expires import in_full, members
from tests.support.oidc import userinfo
from tests.support.world import client, federation
from trust_framework.decide import RequestedAttribute

AGREED, OTHER = "att  BOKA tid", "Forskning"
SCOPE = "openid profile"


@pytest.fixture(scope="module")
def world(lasting_worlds):
    rp = client("rp", scope=SCOPE, attributes=["givenName", "sn", "sharingPurpose"])
    return lasting_worlds.make(federation(rp, members=members(), agreements=[in_full(date(2027, 12, 31))]))


def claims(purpose):
    wanted = {"family_name": {"purpose": purpose}, "urn:tillit:attribute:sharingPurpose": None}
    return json.dumps({"userinfo": wanted, "id_token": {}})


@pytest.mark.spec("IS", "02")
@pytest.mark.parametrize(("purpose", "goes"), [(AGREED, True), (OTHER, False)])
def test_a_detail_goes_for_the_purpose_that_was_agreed_and_the_purpose_with_it(world, purpose, goes):
    tokens = world.tokens(scope=SCOPE, claims=claims(purpose))
    told = userinfo(world, tokens["access_token"]).json
    assert (told.get("family_name"), told["urn:tillit:attribute:sharingPurpose"]) == (
        "Andersson" if goes else None,
        ["Att boka tid"],
    )
    trace = json.dumps(world.events("oidc.code-issued")[-1]["trace"])
    assert ("purpose" in trace.replace("sharingPurpose", "")) is not goes


@pytest.mark.spec("OpenID Connect for Identity Assurance", "6.2")
@pytest.mark.parametrize("purpose", ["", "ab", "x" * 301, 17, ["x"], {}])
def test_a_purpose_that_is_none_is_refused(world, purpose):
    answer = world.browser().get(world.authorize_url(claims=claims(purpose)))
    assert answer.sent_back["error"] == "invalid_request"


@pytest.mark.parametrize("purpose", ["abc", "x" * 300])
def test_a_purpose_has_from_3_to_300_characters(world, purpose):
    assert "code" in world.browser().get(world.authorize_url(claims=claims(purpose))).sent_back


@pytest.mark.parametrize(
    "wish", [RequestedAttribute("sn"), RequestedAttribute("sn", essential=True, values=("a",), purpose="abc")]
)
def test_a_grant_remembers_what_was_wanted_and_reads_what_older_ones_kept(wish):
    assert _read_wish(*json.loads(json.dumps(_wish(wish)))) == wish
    assert _read_wish("sn", essential=True, values=["a"]) == RequestedAttribute("sn", essential=True, values=("a",))
