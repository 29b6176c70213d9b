"""What every builder begins and ends with: the root of a message, its issuer, status, name identifier and signature."""

from collections.abc import Mapping

from metadata.wire.saml_messages.opening import instant_text
from metadata.wire.saml_messages.values import NameId
from metadata.wire.saml_messages.vocabulary import SAML, SAMLP, saml, samlp
from metadata.wire.signing import Signer
from metadata.wire.xml import Element, add, new, serialized
from metadata.wire.xmldsig import sign

_NSMAP = {"samlp": SAMLP, "saml": SAML}


def present(attributes: Mapping[str, str | None]) -> dict[str, str]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def message(name: str, issuer: str, now: int, attributes: Mapping[str, str | None]) -> Element:
    """The root of a protocol message with its Issuer (SAML core sections 3.2.1 and 3.2.2)."""
    common = {"Version": "2.0", "IssueInstant": instant_text(now)}
    root = new(samlp(name), _NSMAP, common | present(attributes))
    add(root, saml("Issuer"), issuer)
    return root


def add_name_id(parent: Element, name_id: NameId) -> None:
    """A NameID (SAML core section 2.2.3)."""
    qualifiers = {
        "Format": name_id.format,
        "NameQualifier": name_id.name_qualifier,
        "SPNameQualifier": name_id.sp_name_qualifier,
    }
    add(parent, saml("NameID"), name_id.value, present(qualifiers))


def add_status(parent: Element, top: str, second: str | None = None, text: str | None = None) -> None:
    """A Status (SAML core section 3.2.2.1)."""
    status = add(parent, samlp("Status"))
    code = add(status, samlp("StatusCode"), None, {"Value": top})
    if second is not None:
        add(code, samlp("StatusCode"), None, {"Value": second})
    if text is not None:
        add(status, samlp("StatusMessage"), text)


def finished(root: Element, signer: Signer | None, *prefixes: str) -> bytes:
    """The octets to send, with an enveloped signature when a signer is given."""
    if signer is not None:
        sign(root, signer, prefixes=prefixes)
    return serialized(root)
