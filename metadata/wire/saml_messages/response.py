"""Response with one assertion, or with an error (SAML profiles section 4.1.4.2), built as identity provider.

The response is always signed; the assertion is signed too when the service wants it, and encrypted when it has a key:
sign the assertion, encrypt it, sign the response.
"""

from metadata.wire.saml_messages.building import add_name_id, add_status, finished, message, present
from metadata.wire.saml_messages.opening import instant_text
from metadata.wire.saml_messages.values import Attribute, ErrorSpec, ResponseSpec
from metadata.wire.saml_messages.vocabulary import BEARER, SAML, SUCCESS, XS, XSI, saml
from metadata.wire.signing import Signer
from metadata.wire.xml import Element, add, new, serialized
from metadata.wire.xmldsig import sign
from metadata.wire.xmlenc import Recipient, encrypt

_ASSERTION_NSMAP = {"saml": SAML, "xs": XS, "xsi": XSI}
_XS_STRING = {f"{{{XSI}}}type": "xs:string"}
_VALUE_PREFIX = "xs"  # stands in the value of xsi:type only, so exclusive C14N must be told


def build_response(
    spec: ResponseSpec, signer: Signer, *, sign_assertion: bool = False, recipient: Recipient | None = None
) -> bytes:
    """The signed answer. Raises XmlRefused for a value that XML 1.0 cannot carry, or a key that cannot be encrypted to."""
    root = _root(spec.response_id, spec.issuer, spec.acs_url, spec.in_response_to, spec.now)
    add_status(root, SUCCESS)
    assertion = _assertion(spec)
    if sign_assertion:
        sign(assertion, signer, prefixes=(_VALUE_PREFIX,))
    if recipient is None:
        root.append(assertion)
        return finished(root, signer, _VALUE_PREFIX)
    add(root, saml("EncryptedAssertion")).append(encrypt(serialized(assertion), recipient))
    return finished(root, signer)


def build_error_response(spec: ErrorSpec, signer: Signer) -> bytes:
    """A signed answer without assertion. Raises XmlRefused for a message that XML 1.0 cannot carry."""
    root = _root(spec.response_id, spec.issuer, spec.acs_url, spec.in_response_to, spec.now)
    add_status(root, spec.top, spec.second, spec.message)
    return finished(root, signer)


def _root(response_id: str, issuer: str, acs_url: str, in_response_to: str | None, now: int) -> Element:
    attributes = {"ID": response_id, "Destination": acs_url, "InResponseTo": in_response_to}
    return message("Response", issuer, now, attributes)


def _assertion(spec: ResponseSpec) -> Element:
    attributes = {"ID": spec.assertion_id, "Version": "2.0", "IssueInstant": instant_text(spec.now)}
    assertion = new(saml("Assertion"), _ASSERTION_NSMAP, attributes)
    add(assertion, saml("Issuer"), spec.issuer)
    _add_subject(assertion, spec)
    _add_conditions(assertion, spec)
    _add_authn_statement(assertion, spec)
    if spec.attributes:
        statement = add(assertion, saml("AttributeStatement"))
        for attribute in spec.attributes:
            _add_attribute(statement, attribute)
    return assertion


def _add_subject(assertion: Element, spec: ResponseSpec) -> None:
    """Bearer confirmation, without NotBefore (SAML profiles section 4.1.4.2)."""
    subject = add(assertion, saml("Subject"))
    add_name_id(subject, spec.name_id)
    confirmation = add(subject, saml("SubjectConfirmation"), None, {"Method": BEARER})
    data = {
        "Recipient": spec.acs_url,
        "InResponseTo": spec.in_response_to,
        "NotOnOrAfter": instant_text(spec.now + spec.lifetime),
    }
    add(confirmation, saml("SubjectConfirmationData"), None, present(data))


def _add_conditions(assertion: Element, spec: ResponseSpec) -> None:
    period = {"NotBefore": instant_text(spec.now), "NotOnOrAfter": instant_text(spec.now + spec.lifetime)}
    conditions = add(assertion, saml("Conditions"), None, period)
    add(add(conditions, saml("AudienceRestriction")), saml("Audience"), spec.audience)


def _add_authn_statement(assertion: Element, spec: ResponseSpec) -> None:
    """With a SessionIndex always, since single logout is supported (SAML profiles section 4.1.4.2)."""
    attributes = {
        "AuthnInstant": instant_text(spec.authn_instant),
        "SessionIndex": spec.session_index,
    }
    if spec.session_not_on_or_after is not None:
        attributes["SessionNotOnOrAfter"] = instant_text(spec.session_not_on_or_after)
    statement = add(assertion, saml("AuthnStatement"), None, present(attributes))
    if spec.address is not None:
        add(statement, saml("SubjectLocality"), None, {"Address": spec.address})
    context = add(statement, saml("AuthnContext"))
    add(context, saml("AuthnContextClassRef"), spec.authn_context_class_ref)
    for authority in spec.authenticating_authorities:
        add(context, saml("AuthenticatingAuthority"), authority)


def _add_attribute(statement: Element, attribute: Attribute) -> None:
    names = {
        "Name": attribute.name,
        "NameFormat": attribute.name_format,
        "FriendlyName": attribute.friendly_name,
    }
    element = add(statement, saml("Attribute"), None, present(names))
    for value in attribute.values:
        add(element, saml("AttributeValue"), value, _XS_STRING)
