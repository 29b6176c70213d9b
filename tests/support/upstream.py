"""Upstream providers in process: their keys, their persons, and an egress client that reaches them without a socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp_adapters.base import Ask, Inbound, PostForm, Redirect, Tools
from idp_adapters.methods.oidc import OidcSettings
from idp_adapters.methods.saml import SamlSettings
from idp_adapters.simulators.oidc_op import Client, OpenIdProvider
from idp_adapters.simulators.saml_idp import SamlIdentityProvider
from idp_adapters.simulators.upstream import Answer, Call, Person, UpstreamSimulator
from metadata.register import POST, REDIRECT, EncryptionKey, Endpoint, OidcProvider, SamlProvider, SamlService
from metadata.wire import signing
from metadata.wire.egress import EgressFailed, Outbound, Response
from metadata.wire.jose import PublicKeySet
from metadata.wire.signing import PrivateKey, Signer
from tests.support import adapters

NOW = 1_790_000_000
BROKER = "https://broker.example"
OP = "https://op.example"
IDP = "https://idp.example"
ENTITY_ID = f"{BROKER}/saml/metadata"
ACS = f"{BROKER}/saml/acs"
GIVEN_NAME, SN = "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"
LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
LOA2 = "http://id.elegnamnden.se/loa/1.0/loa2"
SECRET = "a secret/with+odd:signs"

_MAKERS: Mapping[str, Callable[[], PrivateKey]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}

ANNA = Person("anna", "Anna Andersson", {"given_name": ("Anna",), "mail": ("anna@home.example",)})
BO = Person("bo", "Bo Berg", {"given_name": ("Bo",), "groups": ("a", "b")})

# The same persons, by the names that SAML uses.
SAML_ANNA = Person("anna", "Anna Andersson", {GIVEN_NAME: ("Anna",), SN: ("Andersson",)})
SAML_BO = Person("bo", "Bo Berg", {GIVEN_NAME: ("Bo", "Bosse")})


@cache
def private_key(name: str, alg: str) -> PrivateKey:
    """One key a name, made once."""
    return _MAKERS[alg]()


@cache
def signer(name: str, alg: str = "ES256", kid: str | None = None) -> Signer:
    """A signer whose kid is its name."""
    return signing.signer(private_key(name, alg), kid=kid or name, alg=alg)


@dataclass
class Clock:
    """A time that tests set."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class InProcess:
    """An egress client that reaches the simulators given, by origin; `spoil` may change any answer."""

    reached: dict[str, UpstreamSimulator] = field(default_factory=dict)
    calls: list[Outbound] = field(default_factory=list)
    spoil: Callable[[Outbound, Response], Response] = lambda _, answer: answer

    def fetch(self, outbound: Outbound) -> Response:
        self.calls.append(outbound)
        parts = urlsplit(outbound.url)
        simulator = self.reached.get(f"{parts.scheme}://{parts.netloc}")
        if simulator is None:
            raise EgressFailed("nobody there", parts.netloc)
        call = Call(
            outbound.method,
            parts.path,
            parts.query.encode(),
            outbound.body or b"",
            outbound.headers.get("authorization", ""),
        )
        answer = simulator.answer(call)
        return self.spoil(outbound, Response(answer.status, {"content-type": answer.content_type}, answer.body))

    def paths(self) -> list[str]:
        return [urlsplit(call.url).path for call in self.calls]


def tools(egress: Any, base_url: str = BROKER) -> Tools:
    """What the broker lends, with keys of one name."""
    return Tools(
        base_url=base_url,
        entity_id=f"{base_url}/saml/metadata",
        egress=egress,
        signer=lambda use, alg: signer(f"broker-{use}", alg),
        decryption_keys=lambda: (private_key("broker-decryption", "RS256"),),
    )


def ask(method: str = "op", **changes: Any) -> Ask:
    asked = Ask(
        login="login-1",
        return_url=f"{BROKER}/login/upstream/{method}/callback",
        service_name="The service",
        requester="https://service.example/metadata",
    )
    return replace(asked, **changes)


def open_id_provider(
    issuer: str = OP,
    clock: Callable[[], int] | None = None,
    kind: type[OpenIdProvider] = OpenIdProvider,
    **changes: Any,
) -> OpenIdProvider:
    """A provider at which the broker is registered with its keys, and Anna is at the keyboard."""
    name = urlsplit(issuer).netloc
    callback = f"{BROKER}/login/upstream/{changes.pop('method', 'op')}/callback"
    client = Client(
        "tillit", (changes.pop("return_url", callback),),
        keys=lambda: PublicKeySet.of([("broker-oidc", signer("broker-oidc").public_key)]),
    )  # fmt: skip
    options: dict[str, Any] = {
        "signer": signer(name),
        "stranger": signer(f"{name}-stranger", kid=name),
        "levels": (LOA3, LOA2),
        "default_person": "anna",
        "clock": clock or Clock(),
    }
    return kind(issuer, [changes.pop("client", client)], [ANNA, BO], **(options | changes))


def oidc_settings(issuer: str = OP, **changes: Any) -> OidcSettings:
    """Settings as the broker has them for that provider."""
    provider = changes.pop("provider", OidcProvider(issuer, "tillit"))
    good: dict[str, Any] = {
        "provider": provider,
        "ceiling": LOA3,
        "levels": {LOA3: LOA3, LOA2: LOA2},
        "attributes": {"given_name": "givenName", "mail": "mail"},
    }
    return OidcSettings(**(good | changes))


def identity_provider(
    base_url: str = IDP, clock: Callable[[], int] | None = None, **changes: Any
) -> SamlIdentityProvider:
    """An identity provider that knows the broker's metadata, with Anna at the keyboard."""
    name = urlsplit(base_url).netloc
    broker = SamlService(
        ENTITY_ID,
        (Endpoint(changes.pop("return_url", ACS), POST, 0, is_default=True),),
        signing_keys=(signer("broker-saml", "RS256").public_key,),
        encryption_keys=(EncryptionKey(signer("broker-decryption", "RS256").public_key),),
        want_assertions_signed=changes.pop("want_assertions_signed", False),
    )
    options: dict[str, Any] = {
        "signer": signer(name),
        "stranger": signer(f"{name}-stranger", kid=name),
        "levels": (LOA3, LOA2),
        "default_person": "anna",
        "clock": clock or Clock(),
    }
    return SamlIdentityProvider(base_url, {ENTITY_ID: broker}.get, [SAML_ANNA, SAML_BO], **(options | changes))


def saml_provider(base_url: str = IDP, **changes: Any) -> SamlProvider:
    """The same provider, as its metadata is read."""
    good: dict[str, Any] = {
        "entity_id": f"{base_url}/metadata",
        "single_sign_on_services": (Endpoint(f"{base_url}/sso", REDIRECT), Endpoint(f"{base_url}/sso", POST)),
        "signing_keys": (signer(urlsplit(base_url).netloc).public_key,),
        "want_authn_requests_signed": True,
    }
    return SamlProvider(**(good | changes))


def saml_settings(base_url: str = IDP, **changes: Any) -> SamlSettings:
    """Settings as the broker has them for that provider."""
    good: dict[str, Any] = {
        "provider": saml_provider(base_url),
        "ceiling": LOA3,
        "levels": {LOA3: LOA3, LOA2: LOA2},
        "attributes": {GIVEN_NAME: "givenName", SN: "sn"},
    }
    return SamlSettings(**(good | changes))


def saml_ask(**changes: Any) -> Ask:
    return ask(**({"return_url": ACS} | changes))


def carried(simulator: UpstreamSimulator, step: Redirect | PostForm) -> Answer:
    """What the browser is shown after it carried a request to the provider, by either binding."""
    parts = urlsplit(step.url)
    if isinstance(step, Redirect):
        return simulator.answer(Call("GET", parts.path, parts.query.encode(), b""))
    return simulator.answer(Call("POST", parts.path, b"", urlencode(step.fields).encode()))


def landed(page: bytes) -> Inbound:
    """What the browser brings back with the form of a page."""
    return Inbound(Form.of(page).hidden)


def oidc_under_test() -> adapters.UnderTest:
    """For the contract suite of all methods."""
    clock = Clock(adapters.NOW)
    op = open_id_provider(clock=clock, return_url=adapters.ask().return_url)
    adapter = oidc_settings().adapter("op", tools(InProcess({OP: op})))

    def completing(asked: Ask) -> tuple[bytes, Inbound, int]:
        step = adapter.start(asked, adapters.NOW)
        return step.state, walked(op, step.url), adapters.NOW + 5

    return adapters.UnderTest(adapter, oidc_settings().terms("op"), completing)


def saml_under_test() -> adapters.UnderTest:
    """For the contract suite of all methods."""
    idp = identity_provider(clock=Clock(adapters.NOW), return_url=adapters.ask().return_url)
    adapter = saml_settings().adapter("idp", tools(InProcess()))

    def completing(asked: Ask) -> tuple[bytes, Inbound, int]:
        step = adapter.start(asked, adapters.NOW)
        return step.state, landed(carried(idp, step).body), adapters.NOW + 5

    return adapters.UnderTest(adapter, saml_settings().terms("idp"), completing)


def walked(simulator: UpstreamSimulator, url: str) -> Inbound:
    """What the browser brings back from a provider that asks nothing of the person."""
    parts = urlsplit(url)
    answer = simulator.answer(Call("GET", parts.path, parts.query.encode(), b""))
    return returned(dict(answer.headers)["Location"])


def returned(url: str) -> Inbound:
    """The parameters of an address that the browser was sent to."""
    return Inbound(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))


def sent(step: object) -> dict[str, str]:
    """The parameters that the browser carries to the provider."""
    assert isinstance(step, Redirect), step
    return dict(parse_qsl(urlsplit(step.url).query, keep_blank_values=True))


def pressed(simulator: UpstreamSimulator, page: bytes, **fields: str) -> Any:
    """Send the only form of a page, as the person filled it in."""
    form = Form.of(page)
    body = urlencode({**form.hidden, **fields}).encode()
    return simulator.answer(Call("POST", urlsplit(form.action).path, b"", body))


class Form(HTMLParser):
    """The form of a page: where it goes, and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action, self.hidden = "", {}

    @classmethod
    def of(cls, page: bytes) -> "Form":
        form = cls()
        form.feed(page.decode())
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        if tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"]] = values["value"]
