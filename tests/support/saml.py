"""Keys, example messages and an independent signer for the tests of the XML boundary."""

import copy
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import xmlsec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from metadata.wire import xml
from metadata.wire.saml_messages import (
    Attribute,
    AuthnRequestSpec,
    Expectations,
    LogoutRequestSpec,
    NameId,
    ResponseSpec,
    build_authn_request,
    build_logout_request,
    build_response,
)
from metadata.wire.saml_messages.vocabulary import PERSISTENT, saml
from metadata.wire.signing import PrivateKey, PublicKey, Signer, signer
from metadata.wire.xmlenc import Recipient

NOW = 1_790_000_000
IDP = "https://idp.example/metadata"
SP = "https://sp.example/metadata"
ACS = "https://sp.example/acs"
SSO = "https://idp.example/sso"
LEVEL = "http://id.elegnamnden.se/loa/1.0/loa3"
REQUEST = "_request-1"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def rsa_key(name: str = "idp") -> rsa.RSAPrivateKey:
    """One RSA key a name, for the whole run."""
    return _rsa_key(name)


@cache
def _rsa_key(_name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def ec_key(name: str = "idp") -> ec.EllipticCurvePrivateKey:
    """One P-256 key a name, for the whole run."""
    return _ec_key(name)


@cache
def _ec_key(_name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_signer(name: str = "idp") -> Signer:
    return signer(rsa_key(name), kid=name, alg="RS256", certificate=b"not looked at")


def ec_signer(name: str = "idp") -> Signer:
    return signer(ec_key(name), kid=name, alg="ES256")


def public(name: str = "idp") -> list[PublicKey]:
    return [rsa_key(name).public_key(), ec_key(name).public_key()]


def response_spec(**changes: object) -> ResponseSpec:
    spec = ResponseSpec(
        issuer=IDP,
        audience=SP,
        acs_url=ACS,
        in_response_to=REQUEST,
        now=NOW,
        name_id=NameId("p-1", PERSISTENT, IDP, SP),
        authn_context_class_ref=LEVEL,
        authn_instant=NOW - 5,
        session_index="_session-1",
        attributes=(
            Attribute("urn:oid:2.5.4.42", ("Agda",), "givenName"),
            Attribute("urn:oid:2.5.4.4", ("Åkesson", "A & B <c>"), "sn"),
        ),
        authenticating_authorities=("https://upstream.example/idp",),
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def response(by: Signer | None = None, **changes: object) -> bytes:
    return build_response(response_spec(**changes), by or rsa_signer())


def expectations(**changes: object) -> Expectations:
    return replace(
        Expectations(issuer=IDP, keys=public(), audience=SP, acs_url=ACS, in_response_to=REQUEST, now=NOW),
        **changes,  # type: ignore[arg-type]
    )


def authn_request(by: Signer | None = None, **changes: object) -> bytes:
    spec = AuthnRequestSpec(issuer=SP, destination=SSO, acs_url=ACS, issue_instant=NOW, id=REQUEST)
    return build_authn_request(replace(spec, **changes), by)  # type: ignore[arg-type]


def logout_request(by: Signer | None = None, **changes: object) -> bytes:
    spec = LogoutRequestSpec(SP, "https://idp.example/slo", NOW, NameId("p-1", PERSISTENT), ("_session-1",))
    return build_logout_request(replace(spec, **changes), by)  # type: ignore[arg-type]


def tree(message: bytes) -> xml.Element:
    return etree.fromstring(message)


def octets(element: xml.Element) -> bytes:
    return etree.tostring(element)


def signature_of(element: xml.Element) -> xml.Element:
    found = element.find(f"{DS}Signature")
    assert found is not None
    return found


def assertion_of(root: xml.Element) -> xml.Element:
    found = root.find(saml("Assertion"))
    assert found is not None
    return found


def twin(element: xml.Element) -> xml.Element:
    return copy.deepcopy(element)


def without_signature(message: bytes) -> xml.Element:
    """The message as it was before it was signed."""
    root = tree(message)
    root.remove(signature_of(root))
    return root


def assertion_signed(by: Signer | None = None, **changes: object) -> xml.Element:
    """A Response that is not signed, around an assertion that is."""
    root = tree(build_response(response_spec(**changes), by or rsa_signer(), sign_assertion=True))
    root.remove(signature_of(root))
    return root


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def xmlsec_accepts(message: bytes, keys: Sequence[PublicKey], element: str = ".") -> bool:
    """Whether libxmlsec1 accepts the signature of the root, or of the element at a path."""
    return any(_xmlsec_accepts(message, key, element) for key in keys)


def _xmlsec_accepts(message: bytes, key: PublicKey, path: str) -> bool:
    try:
        root = etree.fromstring(message)
    except etree.XMLSyntaxError:
        return False
    target = root.find(path) if path != "." else root
    signature = None if target is None else target.find(f"{DS}Signature")
    if target is None or signature is None:
        return False
    context = xmlsec.SignatureContext()
    context.key = _xmlsec_public(_public_pem(key))
    try:
        context.register_id(target, "ID", None)
        context.verify(signature)
    except (xmlsec.Error, ValueError):
        return False
    return True


@cache
def _xmlsec_public(pem: bytes) -> "xmlsec.Key":
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


_TRANSFORMS = {
    "rsa-sha256": xmlsec.constants.TransformRsaSha256,
    "rsa-sha384": xmlsec.constants.TransformRsaSha384,
    "rsa-sha512": xmlsec.constants.TransformRsaSha512,
    "rsa-sha1": xmlsec.constants.TransformRsaSha1,
    "ecdsa-sha256": xmlsec.constants.TransformEcdsaSha256,
}
_DIGESTS = {
    "sha1": xmlsec.constants.TransformSha1,
    "sha256": xmlsec.constants.TransformSha256,
    "sha384": xmlsec.constants.TransformSha384,
    "sha512": xmlsec.constants.TransformSha512,
}


def signed_by_xmlsec(
    element: xml.Element, key: PrivateKey, method: str = "rsa-sha256", digest: str = "sha256", prefixes: str = ""
) -> None:
    """Sign `element` in its document with libxmlsec1, as other implementations do."""
    template = xmlsec.template.create(element, xmlsec.constants.TransformExclC14N, _TRANSFORMS[method], ns="ds")
    element.insert(1 if len(element) and element[0].tag == saml("Issuer") else 0, template)
    reference = xmlsec.template.add_reference(template, _DIGESTS[digest], uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    exclusive = xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    if prefixes:
        etree.SubElement(
            exclusive,
            "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces",
            PrefixList=prefixes,
            nsmap={"ec": "http://www.w3.org/2001/10/xml-exc-c14n#"},
        )
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(_pem(key), xmlsec.constants.KeyDataFormatPem)
    context.register_id(element, "ID", None)
    context.sign(template)


def octets_of_base64(element: xml.Element) -> bytes:
    return b64decode(element.text or "")


def response_encrypted(by: Signer | None = None, *, sign_assertion: bool = False, **changes: object) -> bytes:
    recipient = Recipient(rsa_key("sp").public_key())
    return build_response(
        response_spec(**changes), by or rsa_signer(), sign_assertion=sign_assertion, recipient=recipient
    )
