"""Single logout asked for by one service (SAML core section 3.7, profiles section 4.4).

The request must be signed and name this service's own NameID. The answer speaks of our own sign-on: Success when it
ended, with PartialLogout when other services were in it, since they are not told here.
"""

from dataclasses import dataclass
from typing import Final

from broker.exchange import Request
from broker.login.ports import Services
from broker.login.sign_on import Participant, SignOn
from broker.login.steps import Delivery
from broker.protocols.saml import received
from broker.protocols.saml.answers import signer_for
from broker.protocols.saml.statuses import UNKNOWN_PRINCIPAL
from broker.protocols.saml.subject import Subjects
from idp_adapters.base import Consume
from metadata.register import POST, REDIRECT, ReturnAddress, Service, UnknownService, UnprovenAddress, slo_address
from metadata.wire.redirect import encode, encode_post
from metadata.wire.saml_messages.logout import build_logout_response, read_logout_request
from metadata.wire.saml_messages.opening import check_received
from metadata.wire.saml_messages.values import LogoutRequest, LogoutResponseSpec, SamlRefused
from metadata.wire.saml_messages.vocabulary import PARTIAL_LOGOUT, REQUEST_DENIED, REQUESTER, RESPONDER, SUCCESS
from trust_framework.reasons import REASONS, Refusal

SLO_PATH: Final = "/saml/slo"
REQUEST_MEMORY = 600


@dataclass(frozen=True, slots=True)
class LogoutAsked:
    """A proven request of a service to end the sign-on of a person."""

    request: LogoutRequest
    service: Service
    address: ReturnAddress
    relay_state: str | None
    used: Consume


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a request: whether our sign-on ends, and the status codes that say so."""

    ended: bool
    top: str = SUCCESS
    second: str | None = None


def outcome(
    asked: LogoutAsked, sign_on: SignOn | None, participants: tuple[Participant, ...], *, embedded: bool, on: Services
) -> Outcome:
    """The top level speaks of our own sign-on only (SAML core section 3.7.3.2).

    Nobody signed on in this browser is the end that was wanted, unless the browser could not show who is (`embedded`).
    """
    if sign_on is None:
        return Outcome(ended=False, top=RESPONDER, second=REQUEST_DENIED) if embedded else Outcome(ended=False)
    if not _names(asked, sign_on, participants, on):
        return Outcome(ended=False, top=REQUESTER, second=UNKNOWN_PRINCIPAL)
    others = any(p.service != asked.service.id for p in participants)
    return Outcome(ended=True, second=PARTIAL_LOGOUT if others else None)


def _names(asked: LogoutAsked, sign_on: SignOn, participants: tuple[Participant, ...], on: Services) -> bool:
    """Whether the request names this sign-on as this service knows it (SAML core sections 3.3.4 and 3.7.1)."""
    if asked.service.id not in {p.service for p in participants}:
        return False
    entity_id = received.saml_of(asked.service).entity_id
    subjects = Subjects(on.settings.entity_id, entity_id, sign_on.person, sign_on.root, on.keys())
    indexes = asked.request.session_indexes
    return subjects.is_named_by(asked.request.name_id) and (not indexes or subjects.session_index() in indexes)


def read(request: Request, now: int, on: Services) -> LogoutAsked:
    """Prove the sender and where the answer goes. Raises Refusal."""
    message = received.envelope(request)
    try:
        keys = received.keys_of(on) if message.redirect is None else None
        logout = read_logout_request(message.xml, keys, now=now, decryption_keys=on.keys().decryption)
    except SamlRefused as error:
        raise received.refusal_of(error) from error
    except UnknownService as error:
        raise Refusal(REASONS["request-unknown-service"], "issuer") from error
    service = received.sender(logout.issuer, on)
    received.check_signature(message, service, signed=logout.signed, needed=True)
    try:
        check_received(logout, at=on.settings.base_url + SLO_PATH, now=now, signed=True)
    except SamlRefused as error:
        raise received.refusal_of(error, service) from error
    used = Consume("saml-request", f"{logout.issuer}\x1f{logout.id}", now + REQUEST_MEMORY)
    return LogoutAsked(logout, service, _address(service, request), message.relay_state, used)


def _address(service: Service, request: Request) -> ReturnAddress:
    """Where the answer goes: by the binding that the request came by if the service has it, else the other."""
    order = (REDIRECT, POST) if request.method == "GET" else (POST, REDIRECT)
    for binding in order:
        try:
            return slo_address(service, binding)
        except UnprovenAddress:
            continue
    raise Refusal(REASONS["request-address"], "no single logout service", {"service_id": service.id})


def answer(asked: LogoutAsked, result: Outcome, now: int, on: Services) -> Delivery:
    """The LogoutResponse on its way (SAML core section 3.7.3.2)."""
    spec = LogoutResponseSpec(
        issuer=on.settings.entity_id,
        destination=asked.address.url,
        in_response_to=asked.request.id,
        now=now,
        top=result.top,
        second=result.second,
    )
    signer = signer_for(asked.service, on)
    address = asked.address
    if address.binding == REDIRECT:
        xml = build_logout_response(spec)
        url = encode(address.url, xml, parameter="SAMLResponse", relay_state=asked.relay_state, signer=signer)
        return Delivery(address, url)
    fields = {"SAMLResponse": encode_post(build_logout_response(spec, signer))}
    if asked.relay_state is not None:
        fields["RelayState"] = asked.relay_state
    return Delivery(address, address.url, fields)
