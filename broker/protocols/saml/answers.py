"""Which key signs for a service, whether it gets its assertions encrypted, and how an answer is put into a form."""

from typing import Final

from broker.login.ports import Services
from broker.login.steps import Answer, Delivery
from metadata.register import ReturnAddress, SamlService, Service
from metadata.wire.redirect import encode_post
from metadata.wire.saml_messages.response import build_error_response
from metadata.wire.saml_messages.values import ErrorSpec
from metadata.wire.signing import Signer
from metadata.wire.xmlenc import Recipient

ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"


def signer_for(service: Service, on: Services) -> Signer:
    """P-256 for a service whose metadata declares it, else RSA, which all accept (algsupport 1.0); of the ring's keys the
    active one, or the one that was chosen for this service.
    """
    declared = service.saml is not None and ECDSA_SHA256 in service.saml.signing_methods
    return on.keys().signer("saml", "ES256" if declared else "RS256", service.id)


def recipient_of(service: SamlService) -> Recipient | None:
    """The key to encrypt assertions to, with the algorithms its owner declares."""
    if not service.encryption_keys:
        return None
    key = service.encryption_keys[0]
    return Recipient(key.key, key.methods, key.oaep_digests)


def posted(address: ReturnAddress, response: bytes, relay_state: str | None) -> Delivery:
    """A Response in a form (SAML bindings section 3.5.4); RelayState comes back as it was sent."""
    fields = {"SAMLResponse": encode_post(response)}
    if relay_state is not None:
        fields["RelayState"] = relay_state
    return Delivery(address, address.url, fields)


def status_answer(
    address: ReturnAddress,
    in_response_to: str,
    relay_state: str | None,
    status: tuple[str, str | None],
    message: str,
    now: int,
    on: Services,
) -> Answer:
    """A signed Response that says no, and carries no assertion (SAML profiles section 4.1.4.2)."""
    service = on.federation().register.services[address.service]
    top, second = status
    spec = ErrorSpec(
        issuer=on.settings.entity_id,
        acs_url=address.url,
        in_response_to=in_response_to,
        now=now,
        top=top,
        second=second,
        message=message,
    )
    return Answer(posted(address, build_error_response(spec, signer_for(service, on)), relay_state))
