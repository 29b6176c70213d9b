"""Values of the login with all their fields, for tests that state only what matters to them."""

import secrets
from dataclasses import replace
from typing import Any

from broker.audit.events import CodeIssued, Identified
from broker.login.effects import Effects, Grant, Join, KeepOnce, Once, SaveGrant, UseSignOn
from broker.login.request import LoginRequest, Transaction
from broker.login.sign_on import Participant, SignOn
from tests.support.databases import NOW
from trust_framework.decide import RequestedAttribute, Wanted
from trust_framework.identity import Identity, Subject

LEVEL = "http://id.elegnamnden.se/loa/1.0/loa3"


def identity(**changes: Any) -> Identity:
    """A person identified with a card."""
    whole = Identity(
        method="card",
        subject=Subject("https://ca.example", "personalIdentityNumber", "199001012385"),
        level=LEVEL,
        authenticated_at=NOW,
        attributes={"givenName": ("Åsa",), "sn": ("Öberg",), "personalIdentityNumber": ("199001012385",)},
        authn_methods=("swk",),
        authorities=("https://idp.example",),
    )
    return replace(whole, **changes)


def login(**changes: Any) -> Transaction:
    """A pending login with everything in it."""
    request = LoginRequest(
        service="svc",
        protocol="oidc",
        wanted=Wanted((LEVEL,), (RequestedAttribute("sn", essential=True, values=("Öberg",)),), NOW, max_age=300),
        return_url="https://client.example/cb",
        methods=("card",),
        hint="hint",
        languages=("sv", "en"),
        front={"state": "a state", "nonce": None, "list": [1, {"a": True}]},
    )
    whole = Transaction(
        id=secrets.token_urlsafe(32),
        reference="7K3M-Q9TD",
        request=request,
        browser=secrets.token_bytes(32),
        started_at=NOW,
        expires_at=NOW + 900,
        method_state=b"\x00\xffstate",
    )
    return replace(whole, **changes)


def sign_on(**changes: Any) -> SignOn:
    """A sign-on with one identity."""
    whole = SignOn(secrets.token_bytes(32), secrets.token_urlsafe(16), "person-1", (identity(),), NOW, NOW)
    return replace(whole, **changes)


def once(**changes: Any) -> Once:
    """A code."""
    whole = Once("code", secrets.token_urlsafe(32), "svc", NOW + 60, {"redirect_uri": "https://client.example/cb"})
    return replace(whole, **changes)


def grant(**changes: Any) -> Grant:
    """A grant of a person to a client."""
    whole = Grant(secrets.token_urlsafe(16), "svc", "person-1", None, NOW + 28_800, {"scope": "openid", "sub": "s1"})
    return replace(whole, **changes)


def participant(**changes: Any) -> Participant:
    """A service served."""
    return replace(Participant("svc", "oidc", "subject-1", "session-1", NOW), **changes)


def code_issued(**changes: Any) -> CodeIssued:
    """The event of a code, as rich as they come."""
    whole = CodeIssued(
        at=NOW,
        reference="7K3M-Q9TD",
        service="svc",
        member="org",
        person="person-1",
        method="card",
        level=LEVEL,
        authenticated_at=NOW,
        decision="released",
        released=("givenName", "sn"),
        trace=(("requested", "ok", "givenName"), ("agreement", "ok", "")),
        grant="grant-1",
    )
    return replace(whole, **changes)


def identified(**changes: Any) -> Identified:
    """The event of a method's success, with evidence."""
    whole = Identified(
        at=NOW,
        reference="7K3M-Q9TD",
        service="svc",
        method="card",
        person="person-1",
        level=LEVEL,
        evidence={"certificate": "MIIB 199001012385"},
    )
    return replace(whole, **changes)


def oidc_sign_on(root: str, number: int = 0) -> Effects:
    """What an OIDC sign-on from a standing session writes."""
    given = grant(sign_on=root)
    changes = (
        KeepOnce(once(grant=given.id)),
        SaveGrant(given),
        Join(root, participant(service=f"svc-{number % 3}")),
        UseSignOn(root, NOW),
    )
    return Effects(changes, (code_issued(grant=given.id),))
