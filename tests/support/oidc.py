"""What a client of the OpenID Provider does, for tests: assertions of its own, and the neighbours of the token endpoint.

Tokens are verified with joserfc against the published keys, so that not only our own reader says that they are good.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from metadata.wire.jose import issue, public_jwk
from metadata.wire.signing import Signer, signer
from tests.support.world import SECRET, Answer, World, client

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NUMBER_SCOPE = "https://id.oidc.se/scope/naturalPersonNumber"
NUMBER_CLAIM = "https://id.oidc.se/claim/personalIdentityNumber"
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def key(alg: str = "ES256", kid: str = "k1") -> Signer:
    """A fresh key of a client."""
    if alg in CURVES:
        return signer(ec.generate_private_key(CURVES[alg]()), kid=kid, alg=alg)
    if alg == "Ed25519":
        return signer(ed25519.Ed25519PrivateKey.generate(), kid=kid, alg=alg)
    return signer(rsa.generate_private_key(65537, 2048), kid=kid, alg=alg)


KEY, STRANGER = key(), key()


def keyed_client(client_id: str = "rp", *signers: Signer, **oidc: Any) -> dict[str, Any]:
    """A client that authenticates with a key."""
    return client(
        client_id,
        client_secret=None,
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [public_jwk(each) for each in signers or (KEY,)]},
        **oidc,
    )


def public_client(client_id: str = "spa", **oidc: Any) -> dict[str, Any]:
    """A client without any secret."""
    given = {"grant_types": ["authorization_code", "refresh_token"], **oidc}
    return client(client_id, client_secret=None, token_endpoint_auth_method="none", **given)


def assertion_claims(world: World, client_id: str = "rp", **changes: Any) -> dict[str, Any]:
    """Good claims of a client assertion; a claim given as None is left out."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": world.base,
        "iat": world.clock.now,
        "exp": world.clock.now + 60,
        "jti": secrets.token_urlsafe(),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def assertion(world: World, by: Signer = KEY, client_id: str = "rp", typ: str | None = None, **changes: Any) -> str:
    """A client assertion (RFC 7523 section 3)."""
    return issue(assertion_claims(world, client_id, **changes), by, typ=typ)


def asserting(token: str) -> dict[str, str]:
    """The form fields that carry an assertion."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}


def basic(client_id: str, secret: str = SECRET) -> dict[str, str]:
    """The Authorization header of client_secret_basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def patient(world: World) -> World:
    """The same broker with nothing held against anybody: long tables of refusals are not what its throttle is for."""
    world.app.on.throttle._counts.clear()
    return world


def userinfo(world: World, access: str) -> Answer:
    return world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {access}")


def introspect(world: World, token: str, client_id: str = "rp") -> Answer:
    return world.request("POST", "/oidc/introspect", {"token": token}, **basic(client_id))


def active(world: World, token: str, client_id: str = "rp") -> bool:
    return introspect(world, token, client_id).json["active"]


def revoke(world: World, token: str, client_id: str = "rp") -> Answer:
    return world.request("POST", "/oidc/revoke", {"token": token}, **basic(client_id))


def refresh(world: World, token: str, client_id: str = "rp", **form: str) -> Answer:
    return world.token(client_id, grant_type="refresh_token", refresh_token=token, **form)


def header_of(token: str) -> dict[str, Any]:
    """The header of a JWT, unverified."""
    first = token.split(".", maxsplit=1)[0]
    return json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))


def verified(world: World, token: str, alg: str = "ES256") -> Mapping[str, Any]:
    """The claims of a token that the published keys vouch for, by joserfc."""
    keys = KeySet.import_key_set(world.request("GET", "/oidc/jwks").json)
    return jwt.decode(token, keys, registry=JWSRegistry(algorithms=[alg])).claims


def error(answer: Answer) -> str:
    """The error code of a redirect, or of a JSON answer."""
    return answer.sent_back.get("error", "") if answer.location else answer.json.get("error", "")
