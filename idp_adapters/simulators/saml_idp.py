"""Simulator of an upstream SAML identity provider: metadata, single sign-on by HTTP-Redirect and HTTP-POST.

Owns the provider's side of Web Browser SSO (SAML profiles section 4.1), as strict as a good one, and its misbehaviour on
command (`/control`, see `upstream.Fault`). A person chooses who they are on a page; with a default person no page is shown.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Final

from idp_adapters.simulators.upstream import (
    SUBMIT,
    Answer,
    Call,
    Fault,
    Kept,
    Person,
    UpstreamSimulator,
    choice_page,
    post_page,
    refused,
)
from metadata.register import POST, REDIRECT, SamlService
from metadata.wire import redirect
from metadata.wire.saml_messages import (
    Attribute,
    AuthnRequest,
    ErrorSpec,
    NameId,
    ResponseSpec,
    SamlRefused,
    build_error_response,
    build_response,
    check_received,
    read_authn_request,
)
from metadata.wire.saml_messages.vocabulary import (
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    PERSISTENT,
    REQUESTER,
    RESPONDER,
    SAML,
    SAMLP,
)
from metadata.wire.signing import PublicKey, Signer
from metadata.wire.xml import Element, XmlRefused, add, new, parse, serialized
from metadata.wire.xmlenc import Recipient

MD: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
SHIBMD: Final = "urn:mace:shibboleth:metadata:1.0"
MDATTR: Final = "urn:oasis:names:tc:SAML:metadata:attribute"
CERTIFICATION: Final = "urn:oasis:names:tc:SAML:attribute:assurance-certification"
CANCEL: Final = "http://id.elegnamnden.se/status/1.0/cancel"
NAME_FORMAT_URI: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


@dataclass(frozen=True, slots=True)
class _Login:
    request: AuthnRequest
    service: SamlService
    acs_url: str
    relay_state: str | None


class SamlIdentityProvider(UpstreamSimulator):
    """The simulator as a WSGI application.

    `service` finds a service provider by its entityID; `levels` are the classes given, the highest first; `stranger` signs
    when the key is to be wrong. With `encrypt` the assertion is encrypted to services that have a key.
    """

    def __init__(
        self,
        base_url: str,
        service: Callable[[str], SamlService | None],
        persons: Iterable[Person],
        *,
        signer: Signer,
        stranger: Signer,
        levels: Sequence[str],
        scopes: Iterable[str] = (),
        default_person: str | None = None,
        encrypt: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(persons, default_person)
        self.base_url, self.entity_id = base_url, f"{base_url}/metadata"
        self.levels, self.scopes = tuple(levels), tuple(scopes)
        self.signer, self.stranger = signer, stranger
        self.authorities: tuple[str, ...] = ()
        self._service, self._encrypt, self._clock = service, encrypt, clock
        self._logins: Kept[_Login] = Kept()
        self._last: str | None = None
        self.routes = {
            ("GET", "/metadata"): lambda _: Answer(HTTPStatus.OK, self.metadata(), "application/samlmetadata+xml"),
            ("GET", "/submit.js"): lambda _: Answer(HTTPStatus.OK, SUBMIT, "text/javascript"),
            ("GET", "/sso"): self._by_redirect,
            ("POST", "/sso"): self._by_post,
            ("POST", "/choose"): self._chosen,
        }

    def metadata(self) -> bytes:
        """The entity's metadata (saml-metadata 2.4.3), with its scopes and the levels that it is certified for."""
        prefixes = {"md": MD, "ds": DS, "shibmd": SHIBMD, "mdattr": MDATTR, "saml": SAML}
        entity = new(f"{{{MD}}}EntityDescriptor", prefixes, {"entityID": self.entity_id})
        certified = add(add(entity, f"{{{MD}}}Extensions"), f"{{{MDATTR}}}EntityAttributes")
        names = {"Name": CERTIFICATION, "NameFormat": NAME_FORMAT_URI}
        attribute = add(certified, f"{{{SAML}}}Attribute", None, names)
        for level in self.levels:
            add(attribute, f"{{{SAML}}}AttributeValue", level)
        role = add(
            entity, f"{{{MD}}}IDPSSODescriptor", None,
            {"protocolSupportEnumeration": SAMLP, "WantAuthnRequestsSigned": "true"},
        )  # fmt: skip
        if self.scopes:
            extensions = add(role, f"{{{MD}}}Extensions")
            for scope in self.scopes:
                add(extensions, f"{{{SHIBMD}}}Scope", scope, {"regexp": "false"})
        key = add(add(role, f"{{{MD}}}KeyDescriptor", None, {"use": "signing"}), f"{{{DS}}}KeyInfo")
        certificate = b64encode(self.signer.certificate or b"").decode()
        add(add(key, f"{{{DS}}}X509Data"), f"{{{DS}}}X509Certificate", certificate)
        add(role, f"{{{MD}}}NameIDFormat", PERSISTENT)
        for binding in (REDIRECT, POST):
            add(role, f"{{{MD}}}SingleSignOnService", None, {"Binding": binding, "Location": f"{self.base_url}/sso"})
        return serialized(entity)

    def _by_redirect(self, call: Call) -> Answer:
        """SAML bindings section 3.4: the signature is over the octets of the query."""
        try:
            message = redirect.decode(call.query)
            request = read_authn_request(message.xml)
            message.verify(self._keys(request.issuer))
        except (XmlRefused, SamlRefused) as error:
            return refused(f"bad request: {error.reason}")
        return self._asked(request, message.relay_state)

    def _by_post(self, call: Call) -> Answer:
        """SAML bindings section 3.5: the signature is in the message."""
        form = call.form
        try:
            request = read_authn_request(redirect.decode_post(form.get("SAMLRequest", "")), self._keys)
        except (XmlRefused, SamlRefused) as error:
            return refused(f"bad request: {error.reason}")
        if not request.signed:
            return refused("bad request: signature-missing")
        return self._asked(request, form.get("RelayState"))

    def _keys(self, entity_id: str) -> Sequence[PublicKey]:
        service = self._service(entity_id)
        return () if service is None else service.signing_keys

    def _asked(self, request: AuthnRequest, relay_state: str | None) -> Answer:
        service = self._service(request.issuer)
        try:
            check_received(request, at=f"{self.base_url}/sso", now=int(self._clock()), signed=True)
        except SamlRefused as error:
            return refused(f"bad request: {error.reason}")
        addresses = [] if service is None else [acs.url for acs in service.assertion_consumer_services]
        if service is None or (request.acs_url is not None and request.acs_url not in addresses):
            return refused("bad request: unknown service or address")
        login = _Login(request, service, request.acs_url or service.default_acs().url, relay_state)
        if self._possible(request) == ():
            return self._error(login, REQUESTER, NO_AUTHN_CONTEXT)
        person = self.persons.get(self.script.person or "")
        if person is not None:
            return self._granted(login, person, self.script.level or self._possible(request)[0])
        return self._error(login, RESPONDER, NO_PASSIVE) if request.is_passive else self._choice(login)

    def _possible(self, request: AuthnRequest) -> tuple[str, ...]:
        """Those of our levels that will do, most wanted first."""
        wanted = request.requested_authn_context
        if wanted is None:
            return self.levels
        return tuple(level for level in wanted.class_refs if level in self.levels)

    def _choice(self, login: _Login) -> Answer:
        handle = token_urlsafe(16)
        self._logins.put(handle, login)
        levels = tuple(dict.fromkeys((*self._possible(login.request), *self.levels)))
        title, target = "SAML IdP", login.request.provider_name or login.service.entity_id
        return choice_page(title, "sv", target, handle, self.persons.values(), levels, "/choose")

    def _chosen(self, call: Call) -> Answer:
        form = call.form
        login = self._logins.take(form.get("login", ""))
        if login is None:
            return refused("the login is over")
        if "cancel" in form:
            return self._error(login, RESPONDER, CANCEL)
        person, level = self.persons.get(form.get("person", "")), form.get("level", "")
        if person is None or level not in self.levels:
            return self._choice(login)
        return self._granted(login, person, level)

    def _granted(self, login: _Login, person: Person, level: str) -> Answer:
        fault = self.script.take()
        self.pause_if(fault)
        if fault is Fault.CANCEL:
            return self._error(login, RESPONDER, CANCEL)
        if fault is Fault.ERROR:
            return self._error(login, RESPONDER, None)
        if fault is Fault.REPLAY and self._last is not None:
            return self._back(login, self._last)
        spec = self._spec(login, person, self.levels[-1] if fault is Fault.LOWER_LEVEL else level, fault)
        key = next(iter(login.service.encryption_keys), None) if self._encrypt else None
        recipient = None if key is None else Recipient(key.key, key.methods, key.oaep_digests)
        message = build_response(
            spec,
            self.stranger if fault is Fault.WRONG_KEY else self.signer,
            sign_assertion=login.service.want_assertions_signed,
            recipient=recipient,
        )
        self._last = redirect.encode_post(_unsigned(message) if fault is Fault.UNSIGNED else message)
        return self._back(login, self._last)

    def _spec(self, login: _Login, person: Person, level: str, fault: Fault) -> ResponseSpec:
        now = int(self._clock()) - (3600 if fault is Fault.OLD else 0)
        spec = ResponseSpec(
            issuer=self.entity_id,
            audience=login.service.entity_id,
            acs_url=login.acs_url,
            in_response_to=login.request.id,
            now=now,
            name_id=NameId(person.id, PERSISTENT, self.entity_id, login.service.entity_id),
            authn_context_class_ref=level,
            authn_instant=now,
            session_index=f"_{token_urlsafe(16)}",
            attributes=[Attribute(name, tuple(values)) for name, values in person.attributes.items()],
            authenticating_authorities=self.authorities,
        )
        if fault is Fault.WRONG_ISSUER:
            return replace(spec, issuer=f"{self.base_url}/other")
        if fault is Fault.REPLAY:
            return replace(spec, in_response_to="_of-another-login")
        return replace(spec, audience="https://another.example") if fault is Fault.OTHER_AUDIENCE else spec

    def _error(self, login: _Login, top: str, second: str | None) -> Answer:
        spec = ErrorSpec(self.entity_id, login.acs_url, login.request.id, int(self._clock()), top, second)
        return self._back(login, redirect.encode_post(build_error_response(spec, self.signer)))

    def _back(self, login: _Login, message: str) -> Answer:
        fields = {"SAMLResponse": message}
        if login.relay_state is not None:
            fields["RelayState"] = login.relay_state
        return post_page("SAML IdP", "sv", login.acs_url, fields)


def _unsigned(message: bytes) -> bytes:
    root: Element = parse(message)
    for signature in [child for child in root if child.tag == f"{{{DS}}}Signature"]:
        root.remove(signature)
    return serialized(root)
