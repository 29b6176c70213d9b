"""Flows: tokens: what they open, how they are renewed and revoked, and what happens when one is used twice."""

import json
import time
from typing import Final

from broker.demo.flows import Stage
from broker.demo.flows.logins import shows
from broker.demo.person import Person, expect, hold
from broker.demo.places import LOA
from broker.demo.protocol import RawClient

OK: Final = 200
UNAUTHORIZED: Final = 401
GRACE: Final = 11.0
"""Longer than the broker takes a repeated refresh for a client's retry."""


def service_uses_its_tokens(stage: Stage) -> None:
    """The booking service fetches userinfo, refreshes, and calls the API, which asks the broker about the token."""
    person = Person(stage.places, "astrid")
    shows(person.log_in_with_card(person.at_oidc("booking")), "oidc-service", f"{LOA}3")
    told = expect(person.press_at("booking", "userinfo"), "oidc-service", state="in").raw("results")
    hold(told.startswith(f"{OK}\n") and "Exempelberg" in told, f"userinfo: {told[:200]}")
    expect(person.press_at("booking", "refresh"), "oidc-service", state="in")
    results = expect(person.press_at("booking", "api"), "oidc-service", state="in").raw("results")
    hold(len(json.loads(results)["results"]) > 0, f"the API answered {results[:200]}")


def revocation(stage: Stage) -> None:
    """A revoked token opens nothing any more: not userinfo, not the API, and it cannot be refreshed."""
    raw, person = RawClient(stage.places), Person(stage.places, "tolvan")
    tokens = raw.tokens(person)
    access = tokens["access_token"]
    hold(raw.introspect(access).content.get("active") is True, "the fresh token is not active")
    hold(raw.results(access).status == OK, "the API refused the fresh token")
    hold(raw.revoke(access).status == OK, "the revocation was refused")
    hold(raw.introspect(access).content == {"active": False}, "introspection still finds the token alive")
    hold(raw.results(access).status == UNAUTHORIZED, "the API still takes the token")
    hold(raw.userinfo(access).status == UNAUTHORIZED, "userinfo still takes the token")
    hold(raw.refresh(tokens["refresh_token"]).error() == "invalid_grant", "the grant can still be refreshed")


def code_replay(stage: Stage) -> None:
    """A code counts once; used again, what came of it dies (RFC 6749 section 4.1.2)."""
    raw, person = RawClient(stage.places), Person(stage.places, "tolvan")
    code = raw.code(person)
    first = raw.redeem(code)
    hold(first.status == OK, f"the code was not redeemed: {first}")
    hold(raw.userinfo(first.content["access_token"]).status == OK, "the token does not work")
    again = raw.redeem(code)
    hold(again.error() == "invalid_grant", f"the code was taken twice: {again.status} {again.error()}")
    hold(raw.userinfo(first.content["access_token"]).status == UNAUTHORIZED, "the access token outlived the replay")
    hold(
        raw.refresh(first.content["refresh_token"]).error() == "invalid_grant", "the refresh token outlived the replay"
    )


def wrong_verifier(stage: Stage) -> None:
    raw, person = RawClient(stage.places), Person(stage.places, "tolvan")
    code = raw.code(person)
    answer = raw.token(
        grant_type="authorization_code", code=code.code, code_verifier="x" * 43, redirect_uri=raw.callback
    )
    hold(answer.error() == "invalid_grant", f"a code was redeemed with another verifier: {answer.status}")


def refresh_rotation(stage: Stage) -> None:
    """Each refresh gives a new token. The old one is refused; within seconds that is taken for a retry and ends nothing."""
    raw, person = RawClient(stage.places), Person(stage.places, "astrid")
    first = raw.tokens(person)
    second = raw.refresh(first["refresh_token"])
    hold(second.status == OK, f"the refresh was refused: {second.status} {second.error()}")
    hold(second.content["refresh_token"] != first["refresh_token"], "the refresh token was not rotated")
    hold(raw.refresh(first["refresh_token"]).error() == "invalid_grant", "the old refresh token was taken")
    third = raw.refresh(second.content["refresh_token"])
    hold(third.status == OK, "a retry ended the family")
    stage.kept["reuse"] = (second.content["refresh_token"], third.content, time.monotonic())


def refresh_reuse(stage: Stage) -> None:
    """A refresh token used again later ends the whole family: somebody else has it (RFC 9700 section 4.14)."""
    hold("reuse" in stage.kept, "the flow before this one did not hold")
    old, newest, rotated = stage.kept["reuse"]
    raw = RawClient(stage.places)
    hold(raw.userinfo(newest["access_token"]).status == OK, "the newest access token does not work")
    time.sleep(max(0.0, rotated + GRACE - time.monotonic()))
    hold(raw.refresh(old).error() == "invalid_grant", "an old refresh token was taken")
    hold(raw.refresh(newest["refresh_token"]).error() == "invalid_grant", "the family outlived the reuse")
    hold(raw.userinfo(newest["access_token"]).status == UNAUTHORIZED, "the access token outlived the reuse")


def client_credentials(stage: Stage) -> None:
    """The API as a client of its own: a token without a person; and a wrong secret gives none."""
    from base64 import b64encode
    from urllib.parse import urlencode

    from broker.demo import keys
    from broker.demo.federation import API

    browser = Person(stage.places).browser
    for secret, status in ((keys.secret(stage.places, "api"), OK), ("not the secret", UNAUTHORIZED)):
        basic = b64encode(f"{API}:{secret}".encode()).decode()
        body = urlencode({"grant_type": "client_credentials"}).encode()
        page = browser.call(
            "POST", f"{stage.places.broker}/oidc/token", body, "application/x-www-form-urlencoded",
            Authorization=f"Basic {basic}",
        )  # fmt: skip
        hold(page.status == status, f"expected {status}, got {page.status}: {page.body[:200]!r}")
