"""The answering half of single sign-on: a signed Response by HTTP-POST to the proven assertion consumer service."""

from collections.abc import Callable
from dataclasses import dataclass

from broker.audit.events import AssertionIssued, LoginFailed
from broker.login import record
from broker.login.effects import Effects, Join
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.login.sign_on import Participant
from broker.login.steps import Answer, Issue, Tell
from broker.protocols.saml.answers import posted, recipient_of, signer_for, status_answer
from broker.protocols.saml.statuses import BY_KIND
from broker.protocols.saml.subject import Subjects
from metadata.register import ReturnAddress, SamlService, Service, UnprovenAddress, acs_address
from metadata.wire.saml_messages.response import build_response
from metadata.wire.saml_messages.values import Attribute, NameId, ResponseSpec
from trust_framework.attributes import CATALOGUE
from trust_framework.identity import Attributes
from trust_framework.reasons import REASONS

Seal = Callable[[ResponseSpec, Service, SamlService, Services], bytes]
"""Makes the octets to send of what the Response shall say."""


def sealed(spec: ResponseSpec, service: Service, saml: SamlService, on: Services) -> bytes:
    """Signed, and encrypted for a service that has a key for that."""
    return build_response(
        spec,
        signer_for(service, on),
        sign_assertion=saml.want_assertions_signed,
        recipient=recipient_of(saml),
    )


@dataclass(frozen=True, slots=True)
class SamlFront:
    """See `broker.protocols.front.Front`."""

    seal: Seal = sealed

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        """A Response with an assertion, and the record of it (SAML profiles section 4.1.4.2)."""
        service, saml, address = _proven(issue.request, on)
        subjects = Subjects(on.settings.entity_id, saml.entity_id, issue.person, issue.sign_on, on.keys())
        if not _as_asked(issue.request, subjects):
            return self._other_person(issue, now, on)
        spec = _spec(issue, saml, address, subjects, now, on)
        response = self.seal(spec, service, saml, on)
        front = issue.request.front
        joined = Participant(issue.request.service, "saml", spec.name_id.value, spec.session_index, now)
        event = AssertionIssued(
            **record.of_issue(issue, now, on.federation()),
            assertion=spec.assertion_id,
            in_response_to=front["id"],
            proved_by=front.get("proved_by", ""),
        )
        effects = Effects((Join(issue.sign_on, joined),), (event,))
        return Answer(posted(address, response, front["relay_state"]), effects)

    def _other_person(self, issue: Issue, now: int, on: Services) -> Answer:
        """The person is not the one that the request named (SAML core section 3.4.1)."""
        reason = REASONS["subject-mismatch"]
        told = self.tell(Tell(issue.request, issue.reference, reason), now, on)
        service, method = issue.request.service, issue.identity.method
        event = LoginFailed(at=now, reference=issue.reference, service=service, method=method, reason=reason.code)
        return Answer(told.delivery, told.effects + Effects(events=(event,)))

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:
        """A Response that says no."""
        _, _, address = _proven(tell.request, on)
        front = tell.request.front
        message = f"{tell.reason.service_text} (ref {tell.reference})"
        status = BY_KIND[tell.reason.kind]
        return status_answer(address, front["id"], front["relay_state"], status, message, now, on)


def _proven(request: LoginRequest, on: Services) -> tuple[Service, SamlService, ReturnAddress]:
    service = on.federation().register.services.get(request.service)
    if service is None or service.saml is None:
        raise UnprovenAddress("the service has left the register")
    return service, service.saml, acs_address(service, url=request.return_url)


def _as_asked(request: LoginRequest, subjects: Subjects) -> bool:
    """Whether the person is the one that the request's Subject named, if it named one of ours."""
    named = request.front["subject"]
    return named is None or subjects.is_named_by(NameId(**named))


def _spec(
    issue: Issue, saml: SamlService, address: ReturnAddress, subjects: Subjects, now: int, on: Services
) -> ResponseSpec:
    identity = issue.identity
    return ResponseSpec(
        issuer=subjects.issuer,
        audience=saml.entity_id,
        acs_url=address.url,
        in_response_to=issue.request.front["id"],
        now=now,
        name_id=subjects.name_id(issue.request.front["name_id"]),
        authn_context_class_ref=identity.level,
        authn_instant=identity.authenticated_at,
        session_index=subjects.session_index(),
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
