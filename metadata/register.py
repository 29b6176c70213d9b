"""Addresses and keys of every entity: who is reachable where, and how to talk so that it can be checked.

Owns the values of a service's and a provider's technical entry, the snapshot `Register` that finds them, and
`ReturnAddress`, which only a check against this register can make. State, levels and attributes of the same entities
are in `trust_framework.members` and `trust_framework.providers`; they meet by id. Certificates are containers of keys,
never validated as certificates (SAML Metadata Interoperability Profile 1.0).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import urlsplit

from metadata.wire.jose import PublicKeySet
from metadata.wire.signing import PublicKey

T = TypeVar("T")

POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

_SEAL = object()


class ReturnAddress:
    """An address at which a service may be answered, proven to be registered for it.

    Nothing but this module can make one, so an answer to an address is an answer to a proven address. `binding` is the
    SAML binding, or `"redirect_uri"` for OAuth. It is never stored: a pending login keeps the URL and proves it again.
    """

    __slots__ = ("binding", "service", "url")

    def __init__(self, seal: object, service: str, url: str, binding: str) -> None:
        if seal is not _SEAL:
            raise TypeError("a ReturnAddress is made by the register only")
        self.service, self.url, self.binding = service, url, binding


class UnknownService(Exception):
    """No entry has this entityID or client_id."""


class UnprovenAddress(Exception):
    """The address is not registered for this service."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An indexed or plain SAML endpoint (saml-metadata 2.2.2, 2.2.3)."""

    url: str
    binding: str
    index: int = 0
    is_default: bool = False
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A key to which assertions are encrypted, with the algorithm URIs its owner declared (may be none)."""

    key: PublicKey = field(repr=False)
    methods: tuple[str, ...] = ()
    oaep_digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeConsumingService:
    """What a service asks for under an index: catalogue names, and which of them it cannot work without."""

    index: int
    is_default: bool
    requested: tuple[str, ...]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SamlService:
    """A service provider as its metadata describes it. `signing_methods` are alg:SigningMethod URIs it declared.

    `attribute_names` gives the SAML Name under which its metadata asks for a catalogue name, where it does.
    """

    entity_id: str
    assertion_consumer_services: tuple[Endpoint, ...]
    single_logout_services: tuple[Endpoint, ...] = ()
    signing_keys: tuple[PublicKey, ...] = field(default=(), repr=False)
    encryption_keys: tuple[EncryptionKey, ...] = ()
    authn_requests_signed: bool = False
    want_assertions_signed: bool = False
    attribute_consuming_services: tuple[AttributeConsumingService, ...] = ()
    signing_methods: tuple[str, ...] = ()
    name_id_formats: tuple[str, ...] = ()
    entity_categories: frozenset[str] = frozenset()
    attribute_names: Mapping[str, str] = field(default_factory=dict)

    def default_acs(self) -> Endpoint:
        """The endpoint used when the request names none: isDefault, else the lowest index (saml-metadata 2.2.3)."""
        endpoints = self.assertion_consumer_services
        return next((e for e in endpoints if e.is_default), min(endpoints, key=lambda e: e.index))


@dataclass(frozen=True, slots=True)
class OidcClient:
    """A client as RFC 7591 section 2, OpenID Connect Registration 1.0 section 2 and RFC 9396 section 10 describe it; same
    names.

    `secret_hash` is SHA-256 over pepper and secret (see `broker.keys`); the secret itself is nowhere.
    """

    client_id: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: str = "private_key_jwt"
    secret_hash: bytes | None = field(default=None, repr=False)
    jwks: PublicKeySet | None = field(default=None, repr=False)
    jwks_uri: str | None = None
    token_endpoint_auth_signing_alg: str | None = None
    grant_types: frozenset[str] = frozenset({"authorization_code"})
    scope: frozenset[str] = frozenset({"openid"})
    application_type: str = "web"
    subject_type: str = "pairwise"
    sector_identifier: str = ""
    id_token_signed_response_alg: str = "ES256"
    userinfo_signed_response_alg: str | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str | None = None
    client_uri: str | None = None
    assertion_audience: str = "issuer"
    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    authorization_details_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Service:
    """One service's technical entry: exactly one of `saml`, `oidc` and `own`. `home` is where a lost person is sent.

    `own` are the addresses of the broker's own pages, for the one entry that stands for them.
    """

    id: str
    saml: SamlService | None = None
    oidc: OidcClient | None = None
    home: str | None = None
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """An upstream identity provider as its metadata describes it."""

    entity_id: str
    single_sign_on_services: tuple[Endpoint, ...]
    signing_keys: tuple[PublicKey, ...] = field(repr=False)
    single_logout_services: tuple[Endpoint, ...] = ()
    want_authn_requests_signed: bool = False
    assurance_certification: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An upstream OpenID Provider: what we registered with it. Its endpoints come from discovery, when it is up."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    token_endpoint_auth_method: str = "private_key_jwt"
    id_token_signed_response_alg: str = "ES256"
    scope: tuple[str, ...] = ("openid",)


class Extended(Mapping[str, T]):
    """What is known, and what `further` finds when somebody asks for it by name; listed is only what is known."""

    def __init__(self, known: Mapping[str, T], further: Callable[[str], T | None]) -> None:
        self.known, self._further = known, further

    def __getitem__(self, name: str) -> T:
        try:
            return self.known[name]
        except KeyError:
            if (found := self._further(name)) is None:
                raise
            return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


class Register:
    """An immutable snapshot of all services' entries."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services: Mapping[str, Service] = {s.id: s for s in services}
        self._by_entity_id: Mapping[str, Service] = {s.saml.entity_id: s for s in self.services.values() if s.saml}
        self._by_client_id: Mapping[str, Service] = {s.oidc.client_id: s for s in self.services.values() if s.oidc}

    @classmethod
    def over(
        cls,
        services: Mapping[str, Service],
        by_entity_id: Mapping[str, Service],
        by_client_id: Mapping[str, Service],
    ) -> "Register":
        """The same, over services that are read only when they are asked for."""
        register = cls(())
        register.services = services
        register._by_entity_id, register._by_client_id = by_entity_id, by_client_id
        return register

    def extended(self, further: Callable[[str], Service | None]) -> "Register":
        """The register with clients that `further` finds, each by an id that is its client_id."""
        clients = Extended(self._by_client_id, further)
        return Register.over(Extended(self.services, further), self._by_entity_id, clients)

    def by_entity_id(self, entity_id: str) -> Service:
        """The SAML service with exactly this entityID. Raises UnknownService."""
        if found := self._by_entity_id.get(entity_id):
            return found
        raise UnknownService(entity_id[:200])

    def has_client(self, client_id: str) -> bool:
        """Whether a client of this client_id is in the register itself."""
        clients = self._by_client_id
        return client_id in (clients.known if isinstance(clients, Extended) else clients)

    def by_client_id(self, client_id: str) -> Service:
        """The client with exactly this client_id. Raises UnknownService."""
        if found := self._by_client_id.get(client_id):
            return found
        raise UnknownService(client_id[:200])


def acs_address(service: Service, *, url: str | None = None, index: int | None = None) -> ReturnAddress:
    """The assertion consumer service that a request names, or the default. Raises UnprovenAddress.

    Plain comparison, no URL normalising; URL and index exclude each other (saml-core 3.4.1); POST only, as answers are.
    """
    if service.saml is None or (url is not None and index is not None):
        raise UnprovenAddress("AssertionConsumerServiceURL and -Index exclude each other")
    endpoints = [e for e in service.saml.assertion_consumer_services if e.binding == POST]
    if url is not None:
        endpoints = [e for e in endpoints if e.url == url]
    elif index is not None:
        endpoints = [e for e in endpoints if e.index == index]
    else:
        endpoints = [service.saml.default_acs()]
    if not endpoints:
        raise UnprovenAddress("no such assertion consumer service")
    return ReturnAddress(_SEAL, service.id, endpoints[0].url, POST)


def slo_address(service: Service, binding: str) -> ReturnAddress:
    """Where a LogoutResponse to this service goes (saml-profiles 4.4.4.2). Raises UnprovenAddress."""
    for endpoint in service.saml.single_logout_services if service.saml else ():
        if endpoint.binding == binding:
            return ReturnAddress(_SEAL, service.id, endpoint.response_url or endpoint.url, binding)
    raise UnprovenAddress("no single logout service with this binding")


def redirect_address(service: Service, redirect_uri: str) -> ReturnAddress:
    """A registered redirect URI, compared as an exact string (RFC 9700 section 2.1). Raises UnprovenAddress.

    Native clients may vary the port of a loopback literal and nothing else (RFC 8252 section 7.3).
    """
    client = service.oidc
    if client is None or not (
        redirect_uri in client.redirect_uris
        or (client.application_type == "native" and _same_but_port(redirect_uri, client.redirect_uris))
    ):
        raise UnprovenAddress("redirect_uri is not registered")
    return ReturnAddress(_SEAL, service.id, redirect_uri, "redirect_uri")


def post_logout_address(service: Service, uri: str) -> ReturnAddress:
    """A registered post_logout_redirect_uri, exact (RP-Initiated Logout 1.0 section 3). Raises UnprovenAddress."""
    if service.oidc is None or uri not in service.oidc.post_logout_redirect_uris:
        raise UnprovenAddress("post_logout_redirect_uri is not registered")
    return ReturnAddress(_SEAL, service.id, uri, "redirect_uri")


_PLAIN_PATH: Final = re.compile(r"(/[A-Za-z0-9_.~%:+-]+)*(\?[!-~]*)?")
_UPWARDS: Final = re.compile(r"/(\.|%2e){1,2}(/|\?|$)|%2f|%5c", re.IGNORECASE)


def own_address(service: Service, url: str) -> ReturnAddress:
    """A page of the broker's own, at or below one of the addresses of its entry, or its home. Raises UnprovenAddress.

    A path of plain segments and a query: no empty or dotted segment, nothing that a browser could read as another host.
    """
    for page in service.own:
        rest = url.removeprefix(page) if url.startswith(page) else None
        if rest is not None and _PLAIN_PATH.fullmatch(rest) and not _UPWARDS.search(rest.partition("?")[0]):
            return ReturnAddress(_SEAL, service.id, url, "own")
    if service.own and url == service.home:
        return ReturnAddress(_SEAL, service.id, url, "own")
    raise UnprovenAddress("not a page of our own")


def _same_but_port(asked: str, registered: tuple[str, ...]) -> bool:
    """Whether only the port of a loopback literal differs; the octets around it are compared as they are."""
    try:
        port = urlsplit(asked).port
    except ValueError:
        return False
    if port is None:
        return False
    return any(_without_port(asked, port) == _without_port(uri, urlsplit(uri).port) != "" for uri in registered)


def _without_port(uri: str, port: int | None) -> str:
    for host in ("http://127.0.0.1", "http://[::1]"):
        head = f"{host}:{port}/" if port is not None else f"{host}/"
        if uri.startswith(head):
            return host + "/" + uri[len(head) :]
    return ""
