"""The single sign-on service's reading half: from an AuthnRequest to a LoginRequest (SAML profiles section 4.1.4.1).

First the sender, its signature and the address of the answer are proven; until then every fault is a Refusal, and a page.
After that what cannot be done is Answered at that address. The checks are a table; a further one is a function and a row.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from broker.exchange import BadRequest, Request, single
from broker.login.handles import new_reference
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.protocols.front import Answered
from broker.protocols.saml import received
from broker.protocols.saml.answers import status_answer
from broker.protocols.saml.statuses import (
    INVALID_NAME_ID_POLICY,
    NO_SUPPORTED_IDP,
    PROXY_COUNT_EXCEEDED,
    REQUEST_UNSUPPORTED,
    UNSUPPORTED_BINDING,
)
from broker.protocols.saml.subject import FORMATS
from idp_adapters.base import Consume, LeavesTo
from metadata.described_keys import key_id
from metadata.register import POST, ReturnAddress, SamlService, Service, UnknownService, UnprovenAddress, acs_address
from metadata.wire.saml_messages.authn_request import read_authn_request
from metadata.wire.saml_messages.opening import check_received
from metadata.wire.saml_messages.values import AuthnRequest, SamlRefused
from metadata.wire.saml_messages.vocabulary import NO_AUTHN_CONTEXT, PERSISTENT, REQUESTER, TRANSIENT
from metadata.wire.signing import PublicKey
from trust_framework import loa
from trust_framework.attribute_sets import of_categories
from trust_framework.decide import RequestedAttribute, Wanted
from trust_framework.members import RelyingParty
from trust_framework.reasons import REASONS, Reason, Refusal

SSO_PATH: Final = "/saml/sso"
REQUEST_MEMORY = 600  # a request's id is remembered for longer than the request is fresh
UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose sender and return address are proven. `methods` are those that its Scoping leaves; None: all. `key` is the
    one that signed it.
    """

    request: AuthnRequest
    service: Service
    saml: SamlService
    party: RelyingParty
    address: ReturnAddress
    relay_state: str | None
    methods: tuple[str, ...] | None = None
    login_hint: str | None = None
    key: PublicKey | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unservable(Exception):
    """The request cannot be served; its sender is told, with this second-level status code."""

    reason: Reason
    second: str


def read(request: Request, now: int, on: Services) -> tuple[LoginRequest, Consume]:
    """Prove, check, and make the LoginRequest, with the id that is used up. Raises Refusal or Answered."""
    asked = prove(request, now, on)
    try:
        for check in CHECKS:
            check(asked)
        login = _login_request(asked, now)
    except Unservable as error:
        raise _answered(asked, error, now, on) from error
    used = Consume("saml-request", f"{asked.saml.entity_id}\x1f{asked.request.id}", now + REQUEST_MEMORY)
    return login, used


def _answered(asked: Asked, error: Unservable, now: int, on: Services) -> Answered:
    reference = new_reference()
    message = f"{error.reason.service_text} (ref {reference})"
    status = (REQUESTER, error.second)
    answer = status_answer(asked.address, asked.request.id, asked.relay_state, status, message, now, on)
    return Answered(answer, error.reason, reference)


def prove(request: Request, now: int, on: Services) -> Asked:
    """Who sent this, is it signed as it must be, for us, fresh, and where may it be answered? Raises Refusal."""
    message = received.envelope(request)
    try:
        keys = received.keys_of(on) if message.redirect is None else None
        authn_request = read_authn_request(message.xml, keys)
    except SamlRefused as error:
        raise received.refusal_of(error) from error
    except UnknownService as error:
        raise Refusal(REASONS["request-unknown-service"], "issuer") from error
    service = received.sender(authn_request.issuer, on)
    saml = received.saml_of(service)
    key = authn_request.key or received.check_signature(
        message, service, signed=authn_request.signed, needed=saml.authn_requests_signed
    )
    try:
        check_received(authn_request, at=on.settings.base_url + SSO_PATH, now=now, signed=key is not None)
    except SamlRefused as error:
        raise received.refusal_of(error, service) from error
    address = _address(authn_request, service)
    party = on.federation().parties[service.id]
    methods = _scoped(authn_request, on)
    return Asked(authn_request, service, saml, party, address, message.relay_state, methods, _login_hint(request), key)


def _address(request: AuthnRequest, service: Service) -> ReturnAddress:
    try:
        return acs_address(service, url=request.acs_url, index=request.acs_index)
    except UnprovenAddress as error:
        raise Refusal(REASONS["request-address"], str(error), {"service_id": service.id}) from error


def _scoped(request: AuthnRequest, on: Services) -> tuple[str, ...] | None:
    """The methods that Scoping leaves (SAML core section 3.4.1.2): a ProxyCount of zero keeps the login here."""
    listed = _idp_list(request.idp_list, on)
    if request.proxy_count != 0:
        return listed
    here = tuple(name for name, method in on.federation().methods.items() if not isinstance(method, LeavesTo))
    return here if listed is None else tuple(method for method in listed if method in here)


def _idp_list(idps: tuple[str, ...], on: Services) -> tuple[str, ...] | None:
    """The methods that an IDPList leaves; None when it leaves all, since it is empty or names ourselves."""
    if not idps or on.settings.entity_id in idps:
        return None
    entities = on.federation().provider_entities
    return tuple(entities[idp] for idp in idps if idp in entities)


def _login_hint(request: Request) -> str | None:
    """`login_hint` in the query names the subject, beside a Subject in the request."""
    try:
        return single([p for p in request.parameters() if p[0] == "login_hint"]).get("login_hint")
    except BadRequest as error:
        raise Refusal(REASONS["request-malformed"], str(error)) from error


# --- the checks, each with its section ------------------------------------------------------------------------------


def answer_by_post(asked: Asked) -> None:
    """Answers go by HTTP-POST only (SAML profiles section 4.1.2)."""
    if asked.request.protocol_binding not in {None, POST}:
        raise Unservable(REASONS["request-unsupported"], UNSUPPORTED_BINDING)


def name_id_policy(asked: Asked) -> None:
    """Persistent and transient, for this service alone (SAML core section 3.4.1.1)."""
    policy = asked.request.name_id_policy
    if policy is None:
        return
    known = policy.format in {None, UNSPECIFIED, *FORMATS}
    own = policy.sp_name_qualifier in {None, asked.saml.entity_id}
    if not (known and own):
        raise Unservable(REASONS["request-unsupported"], INVALID_NAME_ID_POLICY)


def attribute_consuming_service(asked: Asked) -> None:
    """An index must be one of the metadata's (SAML core section 3.4.1)."""
    index = asked.request.attribute_consuming_service_index
    if index is not None and index not in {s.index for s in asked.saml.attribute_consuming_services}:
        raise Unservable(REASONS["request-unsupported"], REQUEST_UNSUPPORTED)


def scoping(asked: Asked) -> None:
    """Of the providers that the service trusts for this login, one must be left (SAML core sections 3.4.1.2, 3.4.1.3)."""
    if asked.methods == ():
        second = PROXY_COUNT_EXCEEDED if asked.request.proxy_count == 0 else NO_SUPPORTED_IDP
        raise Unservable(REASONS["request-unsupported"], second)


def class_references_only(asked: Asked) -> None:
    """Levels of assurance are authentication context classes; declarations are not spoken here."""
    context = asked.request.requested_authn_context
    if context is not None and context.decl_refs:
        raise Unservable(REASONS["request-level"], NO_AUTHN_CONTEXT)


Check = Callable[[Asked], None]
CHECKS: Sequence[Check] = (
    answer_by_post,
    name_id_policy,
    attribute_consuming_service,
    scoping,
    class_references_only,
)


# --- what is left is a request that may be served -------------------------------------------------------------------


def _login_request(asked: Asked, now: int) -> LoginRequest:
    request = asked.request
    return LoginRequest(
        service=asked.service.id,
        protocol="saml",
        wanted=Wanted(
            levels=_levels(asked),
            requested=_requested(asked),
            asked_at=now,
            force=request.force_authn,
            passive=request.is_passive,
        ),
        return_url=asked.address.url,
        methods=asked.methods or (),
        hint=asked.login_hint or (request.subject.value if request.subject else None),
        front={
            "id": request.id,
            "relay_state": asked.relay_state,
            "name_id": _name_id_format(asked),
            "subject": _subject(asked),
            **({"proved_by": key_id(asked.key)} if asked.key else {}),
        },
    )


def _subject(asked: Asked) -> dict[str, str | None] | None:
    """The NameID that the answer must be about, when it is of a format that we give; any other is a hint."""
    subject = asked.request.subject
    return asdict(subject) if subject is not None and subject.format in FORMATS else None


def _levels(asked: Asked) -> tuple[str, ...]:
    """The levels that answer the request (SAML core section 3.3.2.2.1), among those the service may ask for."""
    context = asked.request.requested_authn_context
    if context is None:
        return ()
    found = loa.expand_comparison(context.comparison, context.class_refs, asked.party.levels)
    if not found:
        raise Unservable(REASONS["request-level"], NO_AUTHN_CONTEXT)
    return found


def _requested(asked: Asked) -> tuple[RequestedAttribute, ...]:
    """What the metadata asks for: by the index or the default service, by category, else all that is registered."""
    services = asked.saml.attribute_consuming_services
    index = asked.request.attribute_consuming_service_index
    chosen = next((s for s in services if (s.index == index if index is not None else s.is_default)), None)
    if chosen is None and services:
        chosen = min(services, key=lambda s: s.index)
    by_category = of_categories(asked.saml.entity_categories)
    required = {*by_category.required, *(chosen.required if chosen else ())}
    names = dict.fromkeys((*by_category.names(), *(chosen.requested if chosen else ())))
    if not names and not services:  # what asks only for things that we do not know gets nothing in their place
        names = dict.fromkeys(sorted(asked.party.attributes))
    return tuple(RequestedAttribute(name, required=name in required) for name in names)


def _name_id_format(asked: Asked) -> str:
    """Persistent unless transient is asked for (Sweden Connect deployment profile section 3)."""
    policy = asked.request.name_id_policy
    return TRANSIENT if policy is not None and policy.format == TRANSIENT else PERSISTENT
