"""The rules an assertion must fit before what it says is believed, one reason a rule (SAML core section 2, profiles
section 4.1.4.3). Sees only a tree parsed from signed octets; `read_assertion` is the one that calls it.
"""

from metadata.wire.saml_messages.opening import (
    child,
    children,
    instant,
    issuer_of,
    name_id,
    optional_instant,
    uri,
    uris,
)
from metadata.wire.saml_messages.values import AssertionContent, Attribute, Expectations, NameId, SamlRefused
from metadata.wire.saml_messages.vocabulary import BEARER, saml
from metadata.wire.xml import Element, text

_NAME_FORMAT_UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
_KNOWN_CONDITIONS = frozenset({saml("AudienceRestriction"), saml("OneTimeUse")})


def content(assertion: Element, expected: Expectations) -> AssertionContent:
    """What the assertion says, when every rule holds. Raises SamlRefused."""
    if issuer_of(assertion) != expected.issuer:
        raise SamlRefused("issuer")
    made = instant(assertion.get("IssueInstant"))
    if not expected.now - expected.max_age - expected.skew <= made <= expected.now + expected.skew:
        raise SamlRefused("issue-instant")
    subject = child(assertion, saml("Subject"))
    if subject is None:
        raise SamlRefused("subject-missing")
    confirmed_until = _confirmation(subject, expected)
    one_time_use = _conditions(assertion, expected)
    statement = _authn_statement(assertion, expected)
    context = child(statement, saml("AuthnContext"))
    class_ref = None if context is None else child(context, saml("AuthnContextClassRef"))
    if context is None or class_ref is None:
        raise SamlRefused("authn-context")
    return AssertionContent(
        assertion_id=assertion.get("ID", ""),
        issuer=expected.issuer,
        expires_at=confirmed_until + expected.skew,
        name_id=_name_id(subject),
        authn_context_class_ref=uri(class_ref),
        authn_instant=instant(statement.get("AuthnInstant")),
        attributes=_attributes(assertion),
        session_index=statement.get("SessionIndex"),
        session_not_on_or_after=optional_instant(statement.get("SessionNotOnOrAfter")),
        authenticating_authorities=uris(context, saml("AuthenticatingAuthority")),
        one_time_use=one_time_use,
    )


def _confirmation(subject: Element, expected: Expectations) -> int:
    """The end of the one bearer confirmation, which must be for us and for our request."""
    bearer = [found for found in children(subject, saml("SubjectConfirmation")) if found.get("Method") == BEARER]
    if len(bearer) != 1:
        raise SamlRefused("subject-confirmation")
    data = child(bearer[0], saml("SubjectConfirmationData"))
    if data is None:
        raise SamlRefused("confirmation-data")
    if data.get("NotBefore") is not None:
        raise SamlRefused("confirmation-not-before")
    if data.get("Recipient") != expected.acs_url:
        raise SamlRefused("recipient", data.get("Recipient", ""))
    if data.get("InResponseTo") != expected.in_response_to:
        raise SamlRefused("in-response-to" if expected.in_response_to else "unsolicited")
    until = optional_instant(data.get("NotOnOrAfter"))
    if until is None:
        raise SamlRefused("confirmation-without-end")
    if expected.now - expected.skew >= until:
        raise SamlRefused("confirmation-expired")
    return until


def _conditions(assertion: Element, expected: Expectations) -> bool:
    """Whether OneTimeUse is asked; every condition must hold, and one we do not know does not (SAML core 2.5.1)."""
    conditions = child(assertion, saml("Conditions"))
    if conditions is None:
        raise SamlRefused("conditions-missing")
    not_before = optional_instant(conditions.get("NotBefore"))
    not_on_or_after = optional_instant(conditions.get("NotOnOrAfter"))
    if not_before is not None and expected.now + expected.skew < not_before:
        raise SamlRefused("not-before")
    if not_on_or_after is not None and expected.now - expected.skew >= not_on_or_after:
        raise SamlRefused("expired")
    if unknown := [found for found in conditions if found.tag not in _KNOWN_CONDITIONS]:
        raise SamlRefused("condition", str(unknown[0].tag))  # ProxyRestriction too: a broker always issues anew
    restrictions = children(conditions, saml("AudienceRestriction"))
    if not restrictions or any(expected.audience not in uris(r, saml("Audience")) for r in restrictions):
        raise SamlRefused("audience")
    return bool(children(conditions, saml("OneTimeUse")))


def _authn_statement(assertion: Element, expected: Expectations) -> Element:
    statements = children(assertion, saml("AuthnStatement"))
    if len(statements) != 1:
        raise SamlRefused("authn-statement")
    if instant(statements[0].get("AuthnInstant")) > expected.now + expected.skew:
        raise SamlRefused("authn-instant")
    ends = optional_instant(statements[0].get("SessionNotOnOrAfter"))
    if ends is not None and expected.now - expected.skew >= ends:
        raise SamlRefused("session-expired")
    return statements[0]


def _name_id(subject: Element) -> NameId | None:
    """The subject's name, or None when there is none. Encrypted or abstract identifiers are refused."""
    if children(subject, saml("EncryptedID")) or children(subject, saml("BaseID")):
        raise SamlRefused("subject-kind")
    found = child(subject, saml("NameID"))
    return None if found is None else name_id(found)


def _attributes(assertion: Element) -> tuple[Attribute, ...]:
    statements = children(assertion, saml("AttributeStatement"))
    if any(children(statement, saml("EncryptedAttribute")) for statement in statements):
        raise SamlRefused("encrypted-attribute")
    return tuple(_attribute(found) for statement in statements for found in children(statement, saml("Attribute")))


def _attribute(element: Element) -> Attribute:
    """An attribute with its values of text; a value of elements (as eduPersonTargetedID has) is left out."""
    values = children(element, saml("AttributeValue"))
    return Attribute(
        name=element.get("Name", ""),
        values=tuple(text(value) for value in values if not len(value)),
        friendly_name=element.get("FriendlyName"),
        name_format=element.get("NameFormat", _NAME_FORMAT_UNSPECIFIED),
    )
