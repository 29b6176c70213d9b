"""Single logout asked for by one service (SAML core section 3.7, profiles section 4.4).

The request must be signed and name this service's own NameID. The answer speaks of our own sign-on: Success when it
ended, with PartialLogout when other services were in it, since they are not told here.
"""

from dataclasses import dataclass
from typing import Final

from broker.exchange import Request
from broker.login.ports import Services
from broker.login.sign_on import Participant
from broker.login.steps import Delivery
from broker.protocols.saml import received
from broker.protocols.saml.answers import signer_for
from idp_adapters.base import Consume
from metadata.register import POST, REDIRECT, ReturnAddress, Service, UnknownService, UnprovenAddress, slo_address
from metadata.wire.redirect import encode, encode_post
from metadata.wire.saml_messages.logout import build_logout_response, read_logout_request
from metadata.wire.saml_messages.opening import check_received
from metadata.wire.saml_messages.values import LogoutRequest, LogoutResponseSpec, SamlRefused
from metadata.wire.saml_messages.vocabulary import PARTIAL_LOGOUT, SUCCESS
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

    def means(self, participant: Participant) -> bool:
        """Whether this service's part of a sign-on is what the request names (SAML core section 3.3.4)."""
        asked = self.request
        return (
            participant.service == self.service.id
            and participant.protocol == "saml"
            and participant.subject == asked.name_id.value
            and (not asked.session_indexes or participant.session in asked.session_indexes)
        )


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
    if message.redirect is not None and message.redirect.signature is None:
        raise Refusal(REASONS["request-signature"], "unsigned", {"service_id": service.id})
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


def answer(asked: LogoutAsked, *, partial: bool, now: int, on: Services) -> Delivery:
    """The LogoutResponse on its way (SAML core section 3.7.3.2)."""
    spec = LogoutResponseSpec(
        issuer=on.settings.entity_id,
        destination=asked.address.url,
        in_response_to=asked.request.id,
        now=now,
        top=SUCCESS,
        second=PARTIAL_LOGOUT if partial else None,
    )
    signer = signer_for(asked.service.saml, on)
    address = asked.address
    if address.binding == REDIRECT:
        xml = build_logout_response(spec)
        url = encode(address.url, xml, parameter="SAMLResponse", relay_state=asked.relay_state, signer=signer)
        return Delivery(address, url)
    fields = {"SAMLResponse": encode_post(build_logout_response(spec, signer))}
    if asked.relay_state is not None:
        fields["RelayState"] = asked.relay_state
    return Delivery(address, address.url, fields)
