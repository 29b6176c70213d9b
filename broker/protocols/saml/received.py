"""A message as it was received by either binding: decoded, its sender found and its signature judged, in this order.

The keys are those of the sender's metadata; KeyInfo is ignored. Everything is read from octets that were signed, where
there is a signature at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broker.exchange import BadRequest, Request, single
from broker.login.ports import Services
from metadata.register import SamlService, Service, UnknownService
from metadata.wire.redirect import MAX_RELAY_STATE, RedirectMessage, decode, decode_post
from metadata.wire.saml_messages.values import SamlRefused
from metadata.wire.signing import PublicKey
from metadata.wire.xml import XmlRefused
from trust_framework.reasons import REASONS, Refusal


@dataclass(frozen=True, slots=True)
class Envelope:
    """The octets of a message. `redirect` holds the query's signature; with HTTP-POST it is inside the message."""

    xml: bytes
    relay_state: str | None
    redirect: RedirectMessage | None = None


def envelope(request: Request, parameter: str = "SAMLRequest") -> Envelope:
    """Decode a message of either binding (SAML bindings sections 3.4 and 3.5). Raises Refusal."""
    try:
        return _by_redirect(request, parameter) if request.method == "GET" else _by_post(request, parameter)
    except (XmlRefused, BadRequest) as error:
        raise Refusal(REASONS["request-malformed"], str(error)) from error


def _by_redirect(request: Request, parameter: str) -> Envelope:
    message = decode(request.query)
    if message.parameter != parameter:
        raise XmlRefused("parameter-missing")
    return Envelope(message.xml, message.relay_state, message)


def _by_post(request: Request, parameter: str) -> Envelope:
    fields = single([(name, value) for name, value in request.form() if name in {parameter, "RelayState"}])
    if parameter not in fields:
        raise XmlRefused("parameter-missing")
    if len(fields.get("RelayState", "").encode()) > MAX_RELAY_STATE:  # it is kept with the login
        raise XmlRefused("relay-state")
    return Envelope(decode_post(fields[parameter]), fields.get("RelayState"))


def keys_of(on: Services) -> Callable[[str], Sequence[PublicKey]]:
    """The signing keys of an issuer by its metadata. Raises UnknownService."""
    return lambda entity_id: saml_of(on.federation().register.by_entity_id(entity_id)).signing_keys


def saml_of(service: Service) -> SamlService:
    """The SAML side of a service. Raises UnknownService."""
    if service.saml is None:
        raise UnknownService(service.id)
    return service.saml


def sender(issuer: str, on: Services) -> Service:
    """The service that says it sent a message. Raises Refusal."""
    try:
        return on.federation().register.by_entity_id(issuer)
    except UnknownService as error:
        raise Refusal(REASONS["request-unknown-service"], "issuer") from error


def check_signature(message: Envelope, service: Service, *, signed: bool, needed: bool) -> PublicKey | None:
    """The key of the query's signature, where there is one; `signed` tells of one inside. Raises Refusal: a bad signature, or
    none where one is needed.

    A signature that is there is always verified, also where none is demanded (Sweden Connect deployment profile 5.2).
    """
    about = {"service_id": service.id}
    if message.redirect is not None and message.redirect.signature is not None:
        try:
            return message.redirect.verify(saml_of(service).signing_keys)
        except XmlRefused as error:
            raise Refusal(REASONS["request-signature"], str(error), about) from error
    if needed and not signed:
        raise Refusal(REASONS["request-signature"], "unsigned", about)
    return None


def refusal_of(error: SamlRefused, service: Service | None = None) -> Refusal:
    """The reason for a message that was not accepted."""
    about = {"service_id": service.id} if service else {}
    if error.reason == "issue-instant":
        return Refusal(REASONS["request-expired"], str(error), about)
    code = "request-signature" if error.reason.startswith("signature") else "request-malformed"
    return Refusal(REASONS[code], str(error), about)
