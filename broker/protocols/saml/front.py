"""The answering half of single sign-on: a signed Response by HTTP-POST to the proven assertion consumer service."""

from broker.audit.events import AssertionIssued
from broker.login import record
from broker.login.effects import Effects, Join
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.login.sign_on import Participant
from broker.login.steps import Answer, Issue, Tell
from broker.protocols.saml import subject
from broker.protocols.saml.answers import posted, recipient_of, signer_for, status_answer
from broker.protocols.saml.statuses import BY_KIND
from metadata.register import ReturnAddress, SamlService, UnprovenAddress, acs_address
from metadata.wire.saml_messages.response import build_response
from metadata.wire.saml_messages.values import Attribute, ResponseSpec
from trust_framework.attributes import CATALOGUE
from trust_framework.identity import Attributes


class SamlFront:
    """See `broker.protocols.front.Front`."""

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        """A Response with an assertion, and the record of it (SAML profiles section 4.1.4.2)."""
        saml, address = _proven(issue.request, on)
        spec = _spec(issue, saml, address, now, on)
        response = build_response(
            spec,
            signer_for(saml, on),
            sign_assertion=saml.want_assertions_signed,
            recipient=recipient_of(saml),
        )
        front = issue.request.front
        joined = Participant(issue.request.service, "saml", spec.name_id.value, spec.session_index, now)
        event = AssertionIssued(
            **record.of_issue(issue, now, on.federation()), assertion=spec.assertion_id, in_response_to=front["id"]
        )
        effects = Effects((Join(issue.sign_on, joined),), (event,))
        return Answer(posted(address, response, front["relay_state"]), effects)

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:
        """A Response that says no."""
        _, address = _proven(tell.request, on)
        front = tell.request.front
        message = f"{tell.reason.service_text} (ref {tell.reference})"
        status = BY_KIND[tell.reason.kind]
        return status_answer(address, front["id"], front["relay_state"], status, message, now, on)


def _proven(request: LoginRequest, on: Services) -> tuple[SamlService, ReturnAddress]:
    service = on.federation().register.services.get(request.service)
    if service is None or service.saml is None:
        raise UnprovenAddress("the service has left the register")
    return service.saml, acs_address(service, url=request.return_url)


def _spec(issue: Issue, saml: SamlService, address: ReturnAddress, now: int, on: Services) -> ResponseSpec:
    keys, entity_id, identity = on.keys(), on.settings.entity_id, issue.identity
    return ResponseSpec(
        issuer=entity_id,
        audience=saml.entity_id,
        acs_url=address.url,
        in_response_to=issue.request.front["id"],
        now=now,
        name_id=subject.name_id(issue.request.front["name_id"], saml.entity_id, issue.person, entity_id, keys),
        authn_context_class_ref=identity.level,
        authn_instant=identity.authenticated_at,
        session_index=subject.session_index(saml.entity_id, issue.sign_on, keys),
        attributes=saml_attributes(issue.attributes, saml),
        authenticating_authorities=identity.authorities,
        session_not_on_or_after=identity.authenticated_at + on.settings.sign_on_absolute,
    )


def saml_attributes(attributes: Attributes, saml: SamlService) -> tuple[Attribute, ...]:
    """Attributes under the Name that the service's metadata uses, else the first that the catalogue has."""
    named = (
        (name, saml.attribute_names.get(name) or CATALOGUE[name].saml_name(), values)
        for name, values in attributes.items()
    )
    return tuple(Attribute(outside, values, name) for name, outside, values in named if outside is not None)
