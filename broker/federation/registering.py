"""Clients that register themselves (RFC 7591) and look after their registration (RFC 7592): for a member, and only in test.

Owns who may register (a member's initial access token, or a software statement of an issuer that the federation file names),
what an entry is made of a registration, and what its client may do with it later. It stands in the register in state `test`,
where the test issuer alone serves it; what makes it active is the member's proposal, like for any other service. Rules of the
registration itself are `metadata.oidc`'s; HTTP is `broker.web.registration`'s.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from broker.audit.events import ClientInvited
from broker.federation import client_metadata
from broker.federation.entries import SECRET_HASH
from broker.federation.register import ChangeRegister, Entry, EntryChange
from broker.federation.schema import FederationFile, ServiceEntry
from broker.login.effects import NOTHING, Effects, KeepOnce, Once, UseOnce
from broker.login.handles import new_secret
from metadata.client_fields import InvalidClientMetadata
from metadata.oidc import REGISTERED_MEMBERS, SECRET_METHODS, read_client
from metadata.private_keys import WORDS, private_key_in
from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused, check_times
from metadata.wire.jose import claimed, read_jwks, verify
from metadata.wire.signing import ALGORITHMS
from trust_framework import loa

INITIAL: Final = "initial-access-token"
OWN: Final = "registration-access-token"
OWN_LIFE: Final = 10 * 365 * 86_400
"""As long as a registration may be looked after with one token."""
STATEMENT: Final = "software_statement"
ORIGIN: Final = "api"
SERVICE: Final = "service"
_OURS: Final = frozenset(
    {
        "client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at", "registration_access_token",
        "registration_client_uri", STATEMENT,
    }
)  # fmt: skip


class NotInvited(Exception):
    """Nobody has let this client register, or look after the registration (RFC 7591 section 3, RFC 7592 section 2)."""


class BadStatement(Exception):
    """RFC 7591 section 3.2.2: the software statement is not one, or its issuer is none that is approved."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class NotInTest(Exception):
    """The service has left state test: changes are the member's to propose."""


@dataclass(frozen=True, slots=True)
class Terms:
    """For which member a client registers, and the most that its service may have."""

    org: str
    levels: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """Terms, what letting the client register uses up, and members that a software statement lays down."""

    terms: Terms
    used: tuple[UseOnce, ...] = ()
    stated: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """What the client is told of its registration, and what must be recorded before."""

    told: Mapping[str, Any] = field(repr=False)
    effects: Effects = NOTHING


def invite(terms: Terms, now: int, until: int, by: str = "") -> tuple[str, Effects]:
    """An initial access token, for one registration. `by` is the id of whoever asks for it, empty for the command line."""
    token = new_secret()
    payload = {"levels": terms.levels, "attributes": terms.attributes, "methods": terms.methods}
    event = ClientInvited(at=now, org=terms.org, levels=terms.levels, attributes=terms.attributes, until=until, by=by)
    return token, Effects((KeepOnce(Once(INITIAL, token, terms.org, until, payload)),), (event,))


def invited(once: Once | None, token: str, now: int) -> Allowed:
    """What an initial access token allows. Raises NotInvited."""
    if once is None or once.used_at is not None or once.expires_at <= now:
        raise NotInvited("the initial access token is unknown, used or expired")
    terms = Terms(once.owner, **{name: tuple(once.payload[name]) for name in ("levels", "attributes", "methods")})
    return Allowed(terms, (UseOnce(INITIAL, token, now),))


def stated(token: str, file: FederationFile, now: int) -> Allowed:
    """What a software statement allows, and what it says of the client (RFC 7591 section 2.3). Raises BadStatement."""
    issuers = {each.issuer: each for each in file.software_statement_issuers}
    try:
        issuer = issuers.get(claimed(token, "iss"))
        if issuer is None:
            raise BadStatement("unapproved_software_statement", "its issuer is none that is approved here")
        claims = verify(token, read_jwks(issuer.jwks), algorithms=tuple(ALGORITHMS), typ=(None, "JWT")).claims
        check_times(claims, now, required=("exp", "iat"))
    except JoseRefused as error:
        raise BadStatement("invalid_software_statement", error.reason) from error
    terms = Terms(issuer.member, issuer.levels, issuer.attributes, issuer.methods)
    said = {
        name: value for name, value in claims.items() if name not in {"iss", "iat", "exp", "nbf", "jti", "sub", "aud"}
    }
    return Allowed(terms, stated=said)


@dataclass(frozen=True, slots=True)
class Registrar:
    """What registering needs: the time, how secrets are kept, where clients are answered, and whether this is a test system."""

    now: int
    base_url: str
    hash_secret: Callable[[str], bytes]
    allow_http_loopback: bool = False

    def register(self, asked: Mapping[str, Any], allowed: Allowed) -> Registered:
        """A new client. Raises InvalidClientMetadata."""
        client_id = f"reg-{secrets.token_hex(8)}"
        own = new_secret()
        made = self._made(client_id, {**asked, **allowed.stated}, None)
        content = self._entry(client_id, made, allowed.terms)
        statement = {STATEMENT: asked[STATEMENT]} if STATEMENT in asked else {}
        told = {**self._told(made, own), "client_id_issued_at": self.now, **statement}
        keep = KeepOnce(Once(OWN, own, client_id, self.now + OWN_LIFE))
        change = EntryChange(SERVICE, client_id, content, allowed.terms.org, ORIGIN, expected=0)
        return Registered(told, Effects((*allowed.used, keep, ChangeRegister((change,), self.now))))

    def read(self, entry: Entry, own: str) -> Registered:
        """What stands of the client (RFC 7592 section 2.1)."""
        told = client_metadata.said(entry.content or {}, self.base_url)
        return Registered({**told, **self._told(_Made.of(entry), own)})

    def update(self, asked: Mapping[str, Any], entry: Entry, own: str) -> Registered:
        """The registration as a whole anew (RFC 7592 section 2.2). Raises InvalidClientMetadata, NotInTest."""
        before, terms = _Made.of(entry), _terms(entry)
        _check_in_test(entry)
        _check_same(asked, before, self.hash_secret)
        made = self._made(entry.id, asked, before.secret_hash)
        content = {**(entry.content or {}), **self._entry(entry.id, made, terms)}
        change = EntryChange(SERVICE, entry.id, content, entry.org, ORIGIN, expected=entry.version)
        return Registered(self._told(made, own), Effects((ChangeRegister((change,), self.now),)))

    def remove(self, entry: Entry, own: str) -> Effects:
        """The client is gone, and its token with it (RFC 7592 section 2.3). Raises NotInTest."""
        _check_in_test(entry)
        change = EntryChange(SERVICE, entry.id, None, entry.org, ORIGIN, expected=entry.version)
        return Effects((UseOnce(OWN, own, self.now), ChangeRegister((change,), self.now)))

    def _made(self, client_id: str, asked: Mapping[str, Any], secret_hash: str | None) -> "_Made":
        """What is registered: what we do not know is left out (RFC 7591 section 2), a secret is ours to make."""
        if (place := private_key_in(asked)) is not None:
            raise InvalidClientMetadata(place.split("/")[1] if place else "client_metadata", WORDS)
        members = {name: value for name, value in asked.items() if _known(name) and name not in _OURS}
        keys_alone = {"jwks", "jwks_uri"} & members.keys()
        members.setdefault("token_endpoint_auth_method", "private_key_jwt" if keys_alone else "client_secret_basic")
        secret = None
        if members["token_endpoint_auth_method"] in SECRET_METHODS:
            secret = new_secret() if secret_hash is None else None
            secret_hash = self.hash_secret(secret).hex() if secret else secret_hash
        else:
            secret_hash = None
        held = {} if secret_hash is None else {"client_secret": secret_hash}
        client = read_client(
            {**members, **held, "client_id": client_id},
            allow_http_loopback=self.allow_http_loopback,
            hash_secret=bytes.fromhex,
        )
        return _Made(client, members, secret_hash, secret)

    def _entry(self, client_id: str, made: "_Made", terms: Terms) -> dict[str, Any]:
        """The entry of the register, as the federation file would have it."""
        levels = [level for level in made.client.default_acr_values if level in terms.levels] or list(terms.levels)
        held = {} if made.secret_hash is None else {SECRET_HASH: made.secret_hash}
        content = {
            "id": client_id,
            "member": terms.org,
            "levels": levels,
            "methods": list(terms.methods),
            "attributes": list(terms.attributes),
            "state": "test",
            "oidc": {**made.members, "client_id": client_id, **held},
        }
        ServiceEntry.model_validate(content)
        return content

    def _told(self, made: "_Made", own: str) -> dict[str, Any]:
        """What the client is told: all that is registered, defaults too (RFC 7591 section 3.2.1)."""
        client = made.client
        secret = {"client_secret": made.secret, "client_secret_expires_at": 0} if made.secret else {}
        return {
            **made.members,
            "client_id": client.client_id,
            **secret,
            "grant_types": sorted(client.grant_types),
            "response_types": ["code"] if "authorization_code" in client.grant_types else [],
            "scope": " ".join(sorted(client.scope)),
            "application_type": client.application_type,
            "subject_type": client.subject_type,
            "id_token_signed_response_alg": client.id_token_signed_response_alg,
            "registration_access_token": own,
            "registration_client_uri": f"{self.base_url}/oidc/register?client_id={client.client_id}",
        }


@dataclass(frozen=True, slots=True)
class _Made:
    """A client as it is understood, what it said, what is kept of its secret, and the secret when it is a new one."""

    client: OidcClient
    members: Mapping[str, Any]
    secret_hash: str | None
    secret: str | None = None

    @classmethod
    def of(cls, entry: Entry) -> "_Made":
        kept = dict((entry.content or {})["oidc"])
        secret_hash = kept.pop(SECRET_HASH, None)
        held = {} if secret_hash is None else {"client_secret": secret_hash}
        client = read_client({**kept, **held}, allow_http_loopback=True, hash_secret=bytes.fromhex)
        del kept["client_id"]
        return cls(client, kept, secret_hash)


def _known(name: str) -> bool:
    return name.partition("#")[0] in REGISTERED_MEMBERS


def _terms(entry: Entry) -> Terms:
    content = entry.content or {}
    return Terms(entry.org, *(tuple(content.get(each.name, ())) for each in fields(Terms)[1:]))


def _check_in_test(entry: Entry) -> None:
    if (entry.content or {}).get("state") != "test":
        raise NotInTest(entry.id)


def _check_same(asked: Mapping[str, Any], before: _Made, hash_secret: Callable[[str], bytes]) -> None:
    """RFC 7592 section 2.2: the client names itself, leaves alone what is ours, and makes itself no secret."""
    if asked.get("client_id") != before.client.client_id:
        raise InvalidClientMetadata("client_id", "is not that of this registration")
    if within := sorted((_OURS - {"client_id", "client_secret", STATEMENT}) & asked.keys()):
        raise InvalidClientMetadata(within[0], "is not the client's to say")
    secret = asked.get("client_secret")
    if secret is not None and (not isinstance(secret, str) or hash_secret(secret).hex() != before.secret_hash):
        raise InvalidClientMetadata("client_secret", "is not that of this registration")


def levels_of(given: tuple[str, ...]) -> tuple[str, ...]:
    """Level URIs that a member's client may ask for. Raises ValueError for one that is not known."""
    for uri in given:
        if not loa.known(uri) or loa.retired(uri):
            raise ValueError(f"{uri} is no level of assurance that may be used")
    return given
