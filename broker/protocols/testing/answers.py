"""Answers that are wrong on purpose, so that a service's team can see that it refuses them.

The true answer is made first, by the same code as in production; what is wrong with it is one row of a table, for SAML a
change of what the assertion will say, for OpenID Connect of the ID token's claims. A wrong signature is a true one over other
octets, under the name of the published key.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from broker.login.steps import Issue
from broker.protocols.testing.choice import AnswerKind, Choice
from metadata.wire.saml_messages import new_id
from metadata.wire.saml_messages.values import ResponseSpec
from metadata.wire.signing import Signer
from trust_framework import loa
from trust_framework.members import RelyingParty

HOUR: Final = 3600
STRANGER: Final = "https://another-service.example.org/metadata"
UNKNOWN_LEVEL: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"

Replayable = tuple[str, ...]


def lower_level(party: RelyingParty, asked: tuple[str, ...]) -> str:
    """A level below all that the service takes, of the same family where there is one."""
    taken = asked or party.levels
    family = {loa.LEVELS[uri].family for uri in taken if loa.known(uri)}
    lowest = min((loa.rank(uri) for uri in taken if loa.known(uri)), default=0)
    below = [
        row for row in loa.LEVELS.values() if row.family in family and 0 < row.rank < lowest and loa.known(row.uri)
    ]
    return max(below, key=lambda row: row.rank).uri if below else UNKNOWN_LEVEL


def left_out(choice: Choice, issue: Issue, party: RelyingParty) -> frozenset[str]:
    """What the answer lacks: what was ticked; for a missing attribute with nothing ticked, what the service needs."""
    if choice.without or choice.answer is not AnswerKind.MISSING_ATTRIBUTE:
        return frozenset(choice.without)
    needed = {wish.name for wish in issue.request.wanted.requested if wish.required} | party.required
    return frozenset(needed or tuple(issue.attributes)[:1])


def altered(choice: Choice, issue: Issue, party: RelyingParty) -> Issue:
    """What is issued: without what is left out, and at the level that was chosen to be too low."""
    lacking = left_out(choice, issue, party)
    kept = {name: values for name, values in issue.attributes.items() if name not in lacking}
    front = {
        name: [each for each in value if each not in lacking] if name in {"id_token", "userinfo"} else value
        for name, value in issue.request.front.items()
    }
    identity = issue.identity
    if choice.answer is AnswerKind.LEVEL_TOO_LOW and issue.request.protocol == "saml":
        identity = replace(identity, level=lower_level(party, issue.request.wanted.levels))
    return replace(issue, attributes=kept, identity=identity, request=replace(issue.request, front=front))


def forged(signer: Signer) -> Signer:
    """The same key by name; its signatures are over something else."""
    return replace(signer, sign=lambda octets: signer.sign(octets + b"\0"))


# --- SAML: what is wrong with the assertion


def _expired(spec: ResponseSpec, _: Replayable) -> ResponseSpec:
    """Conditions and confirmation ran out an hour ago (SAML core section 2.5.1, profiles section 4.1.4.3)."""
    return replace(spec, now=spec.now - HOUR, authn_instant=spec.authn_instant - HOUR)


def _wrong_audience(spec: ResponseSpec, _: Replayable) -> ResponseSpec:
    """It is for another service (SAML core section 2.5.1.4)."""
    return replace(spec, audience=STRANGER)


def _replayed(spec: ResponseSpec, earlier: Replayable) -> ResponseSpec:
    """It has the id, and answers the request, of an earlier login (SAML profiles section 4.1.4.5)."""
    assertion, request = earlier if len(earlier) == _OF_SAML else (new_id(), new_id())
    return replace(spec, assertion_id=assertion, in_response_to=request)


_OF_SAML: Final = 2
_SPECS: Final[Mapping[AnswerKind, Callable[[ResponseSpec, Replayable], ResponseSpec]]] = {
    AnswerKind.EXPIRED: _expired,
    AnswerKind.WRONG_AUDIENCE: _wrong_audience,
    AnswerKind.REPLAYED: _replayed,
}


def saml_spec(spec: ResponseSpec, answer: AnswerKind, earlier: Replayable) -> ResponseSpec:
    """What the assertion shall say."""
    wrong = _SPECS.get(answer)
    return wrong(spec, earlier) if wrong else spec


# --- OpenID Connect: what is wrong with the ID token


def id_token_claims(claims: Mapping[str, Any], answer: AnswerKind, low: str, earlier: Replayable) -> dict[str, Any]:
    """The claims as the ID token shall have them (OpenID Connect Core section 3.1.3.7 says why each must be refused)."""
    wrong: dict[str, Any] = {}
    if answer is AnswerKind.EXPIRED:
        wrong = {name: claims[name] - HOUR for name in ("iat", "exp", "auth_time") if name in claims}
    elif answer is AnswerKind.WRONG_AUDIENCE:
        wrong = {"aud": STRANGER}
    elif answer is AnswerKind.REPLAYED:
        wrong = {"nonce": earlier[0] if earlier else secrets.token_urlsafe(16)}
    elif answer is AnswerKind.LEVEL_TOO_LOW:
        wrong = {"acr": low}
    return {**claims, **wrong}
