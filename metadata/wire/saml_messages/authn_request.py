"""AuthnRequest (SAML core section 3.4.1): read as identity provider, built as service provider."""

from metadata.wire.saml_messages.building import add_name_id, finished, message
from metadata.wire.saml_messages.opening import (
    KeysOf,
    child,
    children,
    flag,
    instant,
    name_id,
    number,
    opened,
    refusing,
    uris,
)
from metadata.wire.saml_messages.values import (
    AuthnRequest,
    AuthnRequestSpec,
    NameId,
    NameIdPolicy,
    RequestedAuthnContext,
    SamlRefused,
)
from metadata.wire.saml_messages.vocabulary import POST, saml, samlp
from metadata.wire.signing import Signer
from metadata.wire.xml import Element, add
from metadata.wire.xmldsig import ACCEPTED


@refusing
def read_authn_request(
    xml: bytes, keys_of: KeysOf | None = None, algorithms: frozenset[str] = ACCEPTED
) -> AuthnRequest:
    """The request of a service. Raises SamlRefused.

    With HTTP-POST give `keys_of`, the issuer's keys by its metadata: an enveloped signature is then verified and all is
    read from the signed octets. With HTTP-Redirect leave it out, and verify the query. An unsigned request is read too:
    whether it may be is for the service's metadata to say (`signed`).
    """
    message = opened(xml, "AuthnRequest", keys_of, algorithms)
    root = message.root
    acs_url, acs_index = root.get("AssertionConsumerServiceURL"), number(root, "AssertionConsumerServiceIndex")
    binding = root.get("ProtocolBinding")
    if acs_index is not None and (acs_url is not None or binding is not None):
        raise SamlRefused("acs-url-and-index")
    scoping = child(root, samlp("Scoping"))
    return AuthnRequest(
        id=root.get("ID", ""),
        issue_instant=instant(root.get("IssueInstant")),
        issuer=message.issuer,
        signed=message.signed,
        destination=root.get("Destination"),
        acs_url=acs_url,
        acs_index=acs_index,
        protocol_binding=binding,
        attribute_consuming_service_index=number(root, "AttributeConsumingServiceIndex"),
        force_authn=flag(root, "ForceAuthn"),
        is_passive=flag(root, "IsPassive"),
        name_id_policy=_name_id_policy(root),
        requested_authn_context=_requested_authn_context(root),
        subject=_subject(root),
        idp_list=_idp_list(scoping),
        requester_ids=() if scoping is None else uris(scoping, samlp("RequesterID")),
        proxy_count=None if scoping is None else number(scoping, "ProxyCount"),
        provider_name=root.get("ProviderName"),
        key=message.key,
    )


def _name_id_policy(root: Element) -> NameIdPolicy | None:
    policy = child(root, samlp("NameIDPolicy"))
    if policy is None:
        return None
    return NameIdPolicy(policy.get("Format"), policy.get("SPNameQualifier"), flag(policy, "AllowCreate"))


def _requested_authn_context(root: Element) -> RequestedAuthnContext | None:
    asked = child(root, samlp("RequestedAuthnContext"))
    if asked is None:
        return None
    return RequestedAuthnContext(
        asked.get("Comparison", "exact"),
        uris(asked, saml("AuthnContextClassRef")),
        uris(asked, saml("AuthnContextDeclRef")),
    )


def _subject(root: Element) -> NameId | None:
    """The subject the service wants; it must not ask for a confirmation (SAML profiles section 4.1.4.1)."""
    subject = child(root, saml("Subject"))
    if subject is None:
        return None
    if children(subject, saml("SubjectConfirmation")):
        raise SamlRefused("subject-confirmation")
    found = child(subject, saml("NameID"))
    if found is None:
        raise SamlRefused("subject-kind")
    return name_id(found)


def _idp_list(scoping: Element | None) -> tuple[str, ...]:
    listed = None if scoping is None else child(scoping, samlp("IDPList"))
    entries = () if listed is None else children(listed, samlp("IDPEntry"))
    return tuple(entry.get("ProviderID", "") for entry in entries)


def build_authn_request(spec: AuthnRequestSpec, signer: Signer | None = None) -> bytes:
    """Our request to an upstream provider; `signer` for HTTP-POST only, HTTP-Redirect signs the query.

    The answer is wanted by HTTP-POST. Raises XmlRefused for values that XML cannot carry.
    """
    root = message("AuthnRequest", spec.issuer, spec.issue_instant, _attributes(spec))
    if spec.subject is not None:
        add_name_id(add(root, saml("Subject")), spec.subject)
    policy = {"AllowCreate": "true"}
    if spec.name_id_format is not None:
        policy["Format"] = spec.name_id_format
    add(root, samlp("NameIDPolicy"), None, policy)
    if spec.class_refs:
        asked = add(root, samlp("RequestedAuthnContext"), None, {"Comparison": "exact"})
        for class_ref in spec.class_refs:
            add(asked, saml("AuthnContextClassRef"), class_ref)
    if spec.requester_ids:
        scoping = add(root, samlp("Scoping"))
        for requester in spec.requester_ids:
            add(scoping, samlp("RequesterID"), requester)
    return finished(root, signer)


def _attributes(spec: AuthnRequestSpec) -> dict[str, str | None]:
    index = spec.attribute_consuming_service_index
    return {
        "ID": spec.id,
        "Destination": spec.destination,
        "AssertionConsumerServiceURL": spec.acs_url,
        "ProtocolBinding": POST,
        "ForceAuthn": "true" if spec.force_authn else None,
        "IsPassive": "true" if spec.is_passive else None,
        "ProviderName": spec.provider_name,
        "AttributeConsumingServiceIndex": None if index is None else str(index),
    }
