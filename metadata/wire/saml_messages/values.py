"""The values that SAML messages are read into and built from. No XML here.

Times are epoch seconds. A name ending in `Spec` is what a builder needs; the others are what a reader found. Personal
values do not show in `repr`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from metadata.wire.saml_messages.vocabulary import NAME_FORMAT_URI
from metadata.wire.signing import PrivateKey, PublicKey
from metadata.wire.xmldsig import ACCEPTED


class SamlRefused(Exception):
    """A message broke a rule. `reason` is one machine word a rule, for the log; `detail` may quote the peer."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class StatusRefused(SamlRefused):
    """The peer answered with an error status (SAML core section 3.2.2.2). `proven` tells whether it was signed."""

    def __init__(self, top: str, second: str | None, message: str, *, proven: bool) -> None:
        super().__init__("status", message)
        self.top, self.second, self.message, self.proven = top, second, message, proven


def new_id() -> str:
    """An ID of 128 random bits; it begins with a letter, as xs:ID must (SAML core section 1.3.4)."""
    return "_" + secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class NameId:
    """SAML core section 2.2.3."""

    value: str = field(repr=False)
    format: str | None = None
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True)
class NameIdPolicy:
    """SAML core section 3.4.1.1."""

    format: str | None = None
    sp_name_qualifier: str | None = None
    allow_create: bool = False


@dataclass(frozen=True, slots=True)
class RequestedAuthnContext:
    """SAML core section 3.3.2.2.1: class references in order of preference; declarations are only named."""

    comparison: str = "exact"
    class_refs: tuple[str, ...] = ()
    decl_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """SAML core section 2.7.3.1, with values of text only."""

    name: str
    values: tuple[str, ...] = field(repr=False)
    friendly_name: str | None = None
    name_format: str = NAME_FORMAT_URI


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """What a service asked (SAML core section 3.4.1). `signed`: an enveloped signature was verified, made by `key`."""

    id: str
    issue_instant: int
    issuer: str
    signed: bool = False
    destination: str | None = None
    acs_url: str | None = None
    acs_index: int | None = None
    protocol_binding: str | None = None
    attribute_consuming_service_index: int | None = None
    force_authn: bool = False
    is_passive: bool = False
    name_id_policy: NameIdPolicy | None = None
    requested_authn_context: RequestedAuthnContext | None = None
    subject: NameId | None = None
    idp_list: tuple[str, ...] = ()
    requester_ids: tuple[str, ...] = ()
    proxy_count: int | None = None
    provider_name: str | None = None
    key: PublicKey | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class AuthnRequestSpec:
    """What we ask an upstream identity provider. `class_refs` are asked for by exact comparison."""

    issuer: str
    destination: str
    acs_url: str
    issue_instant: int
    id: str = field(default_factory=new_id)
    class_refs: tuple[str, ...] = ()
    force_authn: bool = False
    is_passive: bool = False
    name_id_format: str | None = None
    requester_ids: tuple[str, ...] = ()
    subject: NameId | None = None
    provider_name: str | None = None
    attribute_consuming_service_index: int | None = None


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """A successful answer with one assertion. `lifetime` is that of the confirmation, in seconds."""

    issuer: str
    audience: str
    acs_url: str
    in_response_to: str | None
    now: int
    name_id: NameId
    authn_context_class_ref: str
    authn_instant: int
    session_index: str
    attributes: Sequence[Attribute] = ()
    authenticating_authorities: Sequence[str] = ()
    session_not_on_or_after: int | None = None
    address: str | None = None
    lifetime: int = 300
    response_id: str = field(default_factory=new_id)
    assertion_id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """An answer without assertion (SAML profiles section 4.1.4.2). `top` is one of the four top-level codes."""

    issuer: str
    acs_url: str
    in_response_to: str | None
    now: int
    top: str
    second: str | None = None
    message: str | None = None
    response_id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Expectations:
    """What an answer must fit: the provider that was asked, its keys, and our request.

    `in_response_to` None means an unsolicited answer, which then must not claim a request. `max_age` bounds IssueInstant.
    """

    issuer: str
    keys: Sequence[PublicKey] = field(repr=False)
    audience: str
    acs_url: str
    in_response_to: str | None
    now: int
    skew: int = 60
    max_age: int = 300
    decryption_keys: Sequence[PrivateKey] = field(default=(), repr=False)
    want_assertion_signed: bool = False
    algorithms: frozenset[str] = ACCEPTED


@dataclass(frozen=True, slots=True)
class AssertionContent:
    """What an identity provider proved. `assertion_id` may be consumed once, until `expires_at`; so says the caller."""

    assertion_id: str
    issuer: str
    expires_at: int
    name_id: NameId | None
    authn_context_class_ref: str
    authn_instant: int
    attributes: tuple[Attribute, ...] = ()
    session_index: str | None = None
    session_not_on_or_after: int | None = None
    authenticating_authorities: tuple[str, ...] = ()
    one_time_use: bool = False


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """SAML core section 3.7.1. No session index means every session of that principal."""

    id: str
    issue_instant: int
    issuer: str
    name_id: NameId
    signed: bool = False
    destination: str | None = None
    session_indexes: tuple[str, ...] = ()
    not_on_or_after: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutRequestSpec:
    """Our own logout request; as session authority we always set NotOnOrAfter (SAML profiles section 4.4.4.1)."""

    issuer: str
    destination: str
    now: int
    name_id: NameId
    session_indexes: tuple[str, ...] = ()
    reason: str | None = None
    lifetime: int = 300
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class LogoutResponse:
    """SAML core section 3.7.2."""

    id: str
    issue_instant: int
    issuer: str
    in_response_to: str | None
    status: str
    second_status: str | None = None
    signed: bool = False
    destination: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutResponseSpec:
    """The top level speaks of our own session only; a participant that failed is PartialLogout (core 3.7.3.2)."""

    issuer: str
    destination: str
    in_response_to: str
    now: int
    top: str
    second: str | None = None
    message: str | None = None
    id: str = field(default_factory=new_id)
