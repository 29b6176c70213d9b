"""Entities of an OpenID Federation that live in a table: each signs its own statements, and a fake egress serves them."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from metadata.federation.chain import Anchors
from metadata.wire.egress import Response
from metadata.wire.jose import issue
from metadata.wire.jwk import PublicKeySet, public_jwk, read_jwks
from metadata.wire.signing import Signer, signer
from tests.support.egress import FakeEgress

NOW = 1_800_000_000
DAY = 86400
TYP = "entity-statement+jwt"


@cache
def key(name: str) -> Signer:
    """A key of its own for each name, made once."""
    return signer(ec.generate_private_key(ec.SECP256R1()), kid=f"kid-{name}", alg="ES256")


def jwks(*signers: Signer) -> dict[str, Any]:
    return {"keys": [public_jwk(each) for each in signers]}


def statement(token: str) -> Response:
    return Response(200, {"content-type": f"application/{TYP}"}, token.encode())


@dataclass
class Party:
    """An entity. `claims` go into its configuration; `about` holds what it says of a subordinate beside the usual."""

    id: str
    hints: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    about: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    life: int = DAY
    superior: bool = False

    @property
    def signer(self) -> Signer:
        return key(self.id)

    @property
    def endpoint(self) -> str:
        return f"{self.id}/fetch"

    def configuration(self, now: int = NOW, *, typ: str | None = TYP, signed_by: Signer | None = None, **more: Any):
        metadata = {kind: dict(members) for kind, members in self.metadata.items()}
        if self.superior:
            metadata.setdefault("federation_entity", {})["federation_fetch_endpoint"] = self.endpoint
        claims = {
            **self._usual(self.id, now),
            "jwks": jwks(self.signer),
            "metadata": metadata,
            **({"authority_hints": list(self.hints)} if self.hints else {}),
            **self.claims,
            **more,
        }
        return issue(_without_none(claims), signed_by or self.signer, typ=typ)

    def says(
        self, other: "Party", now: int = NOW, *, typ: str | None = TYP, signed_by: Signer | None = None, **more: Any
    ):
        claims = {
            **self._usual(other.id, now),
            "jwks": jwks(other.signer),
            "source_endpoint": self.endpoint,
            **self.about.get(other.id, {}),
            **more,
        }
        return issue(_without_none(claims), signed_by or self.signer, typ=typ)

    def _usual(self, subject: str, now: int) -> dict[str, Any]:
        return {"iss": self.id, "sub": subject, "iat": now, "exp": now + self.life}


def _without_none(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


class Entities:
    """Parties by identifier behind a FakeEgress. What a party publishes may be replaced by hand in `egress.answers`."""

    def __init__(self, *parties: Party, now: int = NOW) -> None:
        self.now = now
        self.parties = {each.id: each for each in parties}
        self.egress = FakeEgress()
        for party in parties:
            self.egress.answers["GET", f"{party.id}/.well-known/openid-federation"] = self._configuration(party)
            if party.superior:
                self.egress.answers["GET", party.endpoint] = self._fetch(party)

    def __getitem__(self, id: str) -> Party:
        return self.parties[id]

    def _configuration(self, party: Party):
        return lambda _: statement(party.configuration(self.now))

    def _fetch(self, party: Party):
        def answer(outbound):
            subject = parse_qs(urlsplit(outbound.url).query)["sub"][0]
            other = self.parties.get(subject)
            if other is None or party.id not in other.hints:
                return Response(404, {"content-type": "application/json"}, json.dumps({"error": "not_found"}).encode())
            return statement(party.says(other, self.now))

        return answer

    def anchors(self, *ids: str) -> Anchors:
        return {each: keys_of(key(each)) for each in ids}

    @property
    def fetched(self) -> list[str]:
        return [call.url for call in self.egress.calls]


def keys_of(*signers: Signer) -> PublicKeySet:
    return read_jwks(jwks(*signers))


LEAF, MIDDLE, ANCHOR = "https://rp.example", "https://middle.example", "https://anchor.example"


def three(**leaf: Any) -> Entities:
    """A service, an intermediate and an anchor."""
    metadata = leaf.pop("metadata", {"openid_relying_party": {"redirect_uris": [f"{LEAF}/cb"]}})
    return Entities(
        Party(LEAF, (MIDDLE,), metadata=metadata, **leaf),
        Party(MIDDLE, (ANCHOR,), superior=True),
        Party(ANCHOR, superior=True),
    )


def chain(entities: Entities, *ids: str) -> list[str]:
    """The statements from the first of the ids to the last."""
    parties = [entities[each] for each in ids]
    said = [upper.says(lower, entities.now) for lower, upper in itertools.pairwise(parties)]
    return [parties[0].configuration(entities.now), *said, parties[-1].configuration(entities.now)]
