"""Login at an upstream SAML identity provider: Web Browser SSO as service provider (SAML profiles section 4.1).

Owns the method's settings, what is asked and remembered, what each status of the provider means to the person, and which
answers are good enough. The rules of single messages are `metadata.wire.saml_messages`; the provider's addresses and keys
come from its metadata (`metadata.saml`).

All providers answer at one address. The ID of our request begins with the login's own value, and so does RelayState, so
that an answer finds its login; the login then names the provider that was asked, and only that provider's name and keys
count (mix-up).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, field_validator

from idp_adapters.base import Ask, Authenticated, Consume, Failed, Inbound, PostForm, Redirect, Resumed, Started, Tools
from metadata.register import POST, REDIRECT, Endpoint, SamlProvider
from metadata.wire import redirect
from metadata.wire.claims import SKEW
from metadata.wire.saml_messages import (
    AssertionContent,
    AuthnRequestSpec,
    Expectations,
    SamlRefused,
    StatusRefused,
    build_authn_request,
    read_response,
)
from metadata.wire.strict_json import BadJson, read_object
from metadata.wire.xml import XmlRefused
from trust_framework.identity import Asserted, Subject
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS

MAXIMUM_RELAY_STATE: Final = 80
"""SAML bindings section 3.4.3."""

UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
SWEDISH_STATUS: Final = "http://id.elegnamnden.se/status/1.0/"
STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"

# What a second-level status (SAML core section 3.2.2.2, Sweden Connect deployment profile 6.4) means.
REASON_OF_STATUS: Final[Mapping[str, str]] = {
    SWEDISH_STATUS + "cancel": "user-cancelled",
    SWEDISH_STATUS + "fraud": "eid-risk",
    SWEDISH_STATUS + "possibleFraud": "eid-risk",
    STATUS + "NoAuthnContext": "level-too-low",
    STATUS + "NoPassive": "passive-impossible",
    STATUS + "AuthnFailed": "upstream-refused",
    STATUS + "RequestDenied": "upstream-refused",
    STATUS + "UnknownPrincipal": "upstream-refused",
    STATUS + "NoAvailableIDP": "upstream-down",
}

# What a broken rule means to the person; any other is an answer that cannot be trusted.
REASON_OF_RULE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("issue-instant", "confirmation-expired", "not-before", "expired", "authn-instant", "session-expired"),
        "upstream-time",
    ),
    **dict.fromkeys(
        ("in-response-to", "unsolicited", "issuer", "recipient", "destination", "audience"), "upstream-used"
    ),
}


class SamlSettings(BaseModel):
    """An `identity_providers` entry with `saml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: InstanceOf[SamlProvider] = Field(repr=False, description="The provider as its metadata describes it.")
    names: Mapping[str, str] = Field(default={}, description="Name on pages by language; empty means its entityID.")
    ceiling: str = Field(description="The highest level URI that the provider may give.")
    levels: Mapping[str, str] = Field(description="Its authentication context classes and our level URIs.")
    attributes: Mapping[str, str] = Field(default={}, description="Names of its attributes and our names.")
    scopes: frozenset[str] = Field(
        default=frozenset(),
        description="Scopes that it may assert in scoped attributes; those of its metadata bound them further.",
    )
    identifiers: frozenset[str] = Field(
        default=frozenset(), description="National identifiers, by our names, that it is authorised to assert."
    )
    subject: str | None = Field(
        None,
        description="Attribute that is the key to the person, where the NameID is not; one value, never reassigned.",
    )
    name_id_format: str | None = Field(None, description="NameID format to ask for; empty leaves it to the provider.")
    signing_alg: Literal["RS256", "ES256"] = Field("RS256", description="Our algorithm for requests.")
    origins: tuple[str, ...] = Field(
        (), description="Other origins through which the provider sends the browser, where it has any."
    )
    want_assertions_signed: bool = Field(False, description="Whether the assertion must be signed beside the response.")

    @field_validator("provider")
    @classmethod
    def _reachable(cls, provider: SamlProvider) -> SamlProvider:
        if not any(endpoint.binding in {REDIRECT, POST} for endpoint in provider.single_sign_on_services):
            raise ValueError("no single sign-on service with HTTP-Redirect or HTTP-POST")
        if not provider.signing_keys:
            raise ValueError("no signing key")
        return provider

    def terms(self, method_id: str) -> ProviderTerms:
        """What the provider is trusted with. Its metadata and the federation file must agree on a scope."""
        entity_id, declared = self.provider.entity_id, self.provider.scopes
        return ProviderTerms(
            id=method_id,
            names={"sv": entity_id, "en": self.names.get("sv", entity_id), **self.names},
            ceiling=self.ceiling,
            levels=self.levels,
            attributes=self.attributes,
            scopes=self.scopes & declared if self.scopes and declared else self.scopes | declared,
            identifiers=self.identifiers,
        )

    def adapter(self, method_id: str, tools: Tools) -> "SamlUpstream":
        return SamlUpstream(method_id, self, tools)


@dataclass(frozen=True, slots=True)
class Pending:
    """What is remembered of a login at the provider."""

    provider: str
    request_id: str
    relay_state: str | None
    acs_url: str
    asked_at: int
    levels: tuple[str, ...]
    force: bool
    max_age: int | None

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def of(cls, state: bytes) -> "Pending":
        """Raises BadJson, KeyError and TypeError for what `to_bytes` did not write."""
        kept = read_object(state)
        return cls(**{**kept, "levels": tuple(kept["levels"])})

    def moment(self, instant: int, now: int) -> int:
        """When the person identified, by our clock. The provider's may be off within the skew: nobody identified in what
        is the future here, nor, where a fresh login was demanded and given, before we asked.
        """
        return min(max(instant, self.asked_at) if self.force else instant, now)


class Stopped(Exception):
    """The login ends here. The text is for the log, `about` for the page."""

    def __init__(self, reason: str, detail: str, about: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.reason, self.about = reason, dict(about or {})


def request_id(login: str) -> str:
    """An ID for a request of this login, never the same twice: `_`, the login, a point, random letters."""
    return f"_{login}.{secrets.token_hex(8)}"


class SamlUpstream:
    """The adapter of one upstream identity provider."""

    def __init__(self, method_id: str, settings: SamlSettings, tools: Tools) -> None:
        self.id, self.settings, self._tools = method_id, settings, tools
        self._provider = settings.provider

    def start(self, ask: Ask, now: int) -> Started:
        """Send the browser to the provider with a signed AuthnRequest."""
        pending = Pending(
            provider=self._provider.entity_id,
            request_id=request_id(ask.login),
            relay_state=ask.login if len(ask.login.encode()) <= MAXIMUM_RELAY_STATE else None,
            acs_url=ask.return_url,
            asked_at=now,
            levels=ask.levels,
            force=ask.force,
            max_age=ask.max_age,
        )
        endpoint = self._endpoint()
        try:
            return self._request(self._spec(ask, pending, endpoint, now), endpoint, pending)
        except XmlRefused as refused:
            return Failed(REASONS["internal"], f"request: {refused.reason}")

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Resumed:
        """Read the provider's answer to this login's request."""
        try:
            pending = Pending.of(state)
        except (BadJson, KeyError, TypeError):
            return Failed(REASONS["internal"], "state not readable")
        try:
            encoded = self._answer(pending, inbound.parameters)
            content = self._read(encoded, pending, now)
            self._check(content, pending, now)
            return self._authenticated(content, encoded, pending.moment(content.authn_instant, now))
        except Stopped as stopped:
            return Failed(REASONS[stopped.reason], str(stopped), stopped.about)

    def leaves_to(self) -> tuple[str, ...]:
        """Its single sign-on services, and the origins named in the settings."""
        return (*(endpoint.url for endpoint in self._provider.single_sign_on_services), *self.settings.origins)

    def _request(self, spec: AuthnRequestSpec, endpoint: Endpoint, pending: Pending) -> Redirect | PostForm:
        """By HTTP-Redirect the query is signed, by HTTP-POST the message (SAML bindings sections 3.4 and 3.5)."""
        signer = self._tools.signer("saml", self.settings.signing_alg)
        if endpoint.binding == REDIRECT:
            url = redirect.encode(
                endpoint.url, build_authn_request(spec), relay_state=pending.relay_state, signer=signer
            )
            return Redirect(url, pending.to_bytes())
        fields = {"SAMLRequest": redirect.encode_post(build_authn_request(spec, signer))}
        if pending.relay_state is not None:
            fields["RelayState"] = pending.relay_state
        return PostForm(endpoint.url, fields, pending.to_bytes())

    def _endpoint(self) -> Endpoint:
        """HTTP-Redirect where there is one: it needs no page of ours between."""
        services = self._provider.single_sign_on_services
        redirects = [endpoint for endpoint in services if endpoint.binding == REDIRECT]
        return (redirects or [endpoint for endpoint in services if endpoint.binding == POST])[0]

    def _spec(self, ask: Ask, pending: Pending, endpoint: Endpoint, now: int) -> AuthnRequestSpec:
        return AuthnRequestSpec(
            issuer=self._tools.entity_id,
            destination=endpoint.url,
            acs_url=pending.acs_url,
            issue_instant=now,
            id=pending.request_id,
            class_refs=tuple(level for level in ask.levels if level),
            force_authn=ask.force or ask.max_age is not None,  # SAML knows no age: a request that has one asks anew
            is_passive=ask.passive,
            name_id_format=self.settings.name_id_format,
            requester_ids=(ask.requester,),
            provider_name=ask.service_name or None,
        )

    def _answer(self, pending: Pending, parameters: Mapping[str, str]) -> str:
        """The SAMLResponse field of an answer to this login. RelayState may be lost, never another (bindings 3.5.3)."""
        if pending.provider != self._provider.entity_id:
            raise Stopped("upstream-used", "asked another provider")
        if parameters.get("RelayState", pending.relay_state) != pending.relay_state:
            raise Stopped("upstream-used", "another RelayState")
        if (encoded := parameters.get("SAMLResponse")) is None:
            raise Stopped("upstream-error", "no SAMLResponse")
        return encoded

    def _read(self, encoded: str, pending: Pending, now: int) -> AssertionContent:
        """What the provider proved, by its keys alone and for this request alone."""
        expected = Expectations(
            issuer=self._provider.entity_id,
            keys=self._provider.signing_keys,
            audience=self._tools.entity_id,
            acs_url=pending.acs_url,
            in_response_to=pending.request_id,
            now=now,
            skew=SKEW,
            decryption_keys=self._tools.decryption_keys(),
            want_assertion_signed=self.settings.want_assertions_signed,
        )
        try:
            return read_response(redirect.decode_post(encoded), expected)
        except StatusRefused as refused:
            about = f"{refused.top} {refused.second or ''} {refused.message[:200]!r} proven: {refused.proven}"
            raise Stopped(REASON_OF_STATUS.get(refused.second or "", "upstream-error"), about) from refused
        except SamlRefused as refused:
            reason = REASON_OF_RULE.get(refused.reason, "upstream-signature")
            raise Stopped(reason, f"{refused.reason} {refused.detail[:200]!r}") from refused
        except XmlRefused as refused:
            raise Stopped("upstream-error", f"{refused.reason} {refused.detail[:200]!r}") from refused

    def _check(self, content: AssertionContent, pending: Pending, now: int) -> None:
        """Level and freshness as asked (SAML core section 3.3.2.2.1, Sweden Connect deployment profile 6.3)."""
        level, certified = content.authn_context_class_ref, self._provider.assurance_certification
        if certified and level not in certified:
            raise Stopped("upstream-level", f"{level[:200]!r} is not in its assurance-certification")
        if pending.levels and level not in pending.levels:
            raise Stopped("level-too-low", f"{level[:200]!r} is not among those asked for")
        if pending.force and content.authn_instant < pending.asked_at - SKEW:
            raise Stopped("upstream-time", "ForceAuthn was not honoured")
        if pending.max_age is not None and content.authn_instant < now - pending.max_age - SKEW:
            raise Stopped("upstream-time", "the login is too old")

    def _authenticated(self, content: AssertionContent, encoded: str, at: int) -> Authenticated:
        attributes: dict[str, tuple[str, ...]] = {}
        for attribute in content.attributes:
            attributes[attribute.name] = attributes.get(attribute.name, ()) + attribute.values
        asserted = Asserted(
            subject=self._subject(content, attributes),
            level=content.authn_context_class_ref,
            authenticated_at=at,
            attributes=attributes,
            authorities=(content.issuer, *content.authenticating_authorities),
            evidence={"saml_response": encoded},
        )
        once = Consume("upstream-assertion", f"{content.issuer} {content.assertion_id}", content.expires_at)
        return Authenticated(asserted, (once,))

    def _subject(self, content: AssertionContent, attributes: Mapping[str, tuple[str, ...]]) -> Subject:
        """The NameID with its format, or the attribute agreed on, as a key within this provider."""
        if self.settings.subject is not None:
            values = attributes.get(self.settings.subject, ())
            if len(values) != 1:
                raise Stopped("upstream-value", f"{len(values)} values of {self.settings.subject}", _WHO)
            return Subject(content.issuer, self.settings.subject, values[0])
        if content.name_id is None:
            raise Stopped("upstream-value", "no NameID", _WHO)
        return Subject(content.issuer, content.name_id.format or UNSPECIFIED, content.name_id.value)


_WHO: Final = {"detail_sv": "vem du är", "detail_en": "who you are"}
