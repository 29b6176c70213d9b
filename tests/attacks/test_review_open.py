"""Moments that nobody vouched for, HEAD that acts, lengths that are no numbers, and rows without end."""

import io
from dataclasses import replace

import pytest

from broker.web.throttle import Limit
from tests.support import trust
from tests.support.world import client, federation
from trust_framework.decide import Released, StepUp, decide


@pytest.mark.spec("OpenID Connect Core", "2")
@pytest.mark.parametrize(
    ("dated", "max_age", "answer"), [(True, 3600, Released), (False, 3600, StepUp), (False, None, Released)]
)
def test_a_kept_login_whose_moment_nobody_vouched_for_meets_no_max_age(dated, max_age, answer):
    who = replace(trust.identity(), dated=dated)
    decision = decide(trust.case(trust.party("sn"), trust.wanted("sn", max_age=max_age), who), trust.NOW)
    assert isinstance(decision, answer)


@pytest.mark.parametrize("path", ["/oidc/authorize", "/saml/sso", "/saml/slo", "/oidc/logout"])
def test_head_does_nothing_where_get_does_something(world, path):
    before = world.store.commits
    answer = world.browser().request("HEAD", world.authorize_url() if "authorize" in path else path)
    assert (answer.status, world.store.commits) == (405, before)


@pytest.mark.parametrize("length", ["9" * 5000, "²", "-1", "1e3", " 1", "0x10"])
def test_a_length_that_is_no_number_of_octets_is_refused(world, length):
    seen = {}
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/oidc/token",
        "CONTENT_LENGTH": length,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.input": io.BytesIO(b""),
    }
    world.app(environ, lambda status, headers: seen.update(status=int(status[:3])))
    assert 400 <= seen["status"] < 500


def test_a_source_that_begins_logins_without_end_leaves_no_more_rows(worlds):
    world = worlds.make(federation(client()))
    world.app.on.throttle._clock = lambda: 0.0
    world.app.on.throttle._limits["login-begun"] = [Limit("login-begun", "source", 3)]
    answers = [world.browser().get(world.authorize_url(login_hint=None)) for _ in range(3)]
    before = world.store.commits
    refused = world.browser().get(world.authorize_url(login_hint=None))
    assert [answer.status for answer in answers] == [303, 303, 303]
    assert (refused.status, refused.cause, world.store.commits) == (429, "too-many", before)
    assert "code" in world.browser().get(world.authorize_url()).sent_back, "a login that leaves no row is not counted"
