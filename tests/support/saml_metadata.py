"""Metadata documents shaped as well-known implementations write them, and certificates to put into them."""

import datetime as dt
from base64 import b64encode
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID

from metadata.wire.signing import PrivateKey
from tests.support.saml import ec_key, rsa_key

NOW = 1_790_000_000
BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"
REDIRECT, POST = f"{BINDINGS}HTTP-Redirect", f"{BINDINGS}HTTP-POST"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
PRELUDE = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
ALGORITHMS = 'xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport"'
UI = 'xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"'
ATTRIBUTES = (
    'xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
)
EXPIRED_AT = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def certificate(key: PrivateKey | None = None, *, ends: dt.datetime | None = None) -> bytes:
    """A self-signed certificate (DER); by default an RSA one, the same for the whole run."""
    return _certificate(key or rsa_key("peer"), ends or dt.datetime(2040, 1, 1, tzinfo=dt.UTC))


@cache
def _certificate(key: PrivateKey, ends: dt.datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(17).not_valid_before(dt.datetime(2019, 1, 1, tzinfo=dt.UTC)).not_valid_after(ends)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@cache
def sha1_certificate() -> bytes:
    """One as old software makes it. `cryptography` signs no more with SHA-1, so the digest's name is put in afterwards."""
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    return certificate().replace(sha256, sha1)


def in_lines(der: bytes) -> str:
    """Base64 in lines of 64, as most write it."""
    text = b64encode(der).decode()
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64))


def key_info(der: bytes | None = None) -> str:
    encoded = in_lines(der or certificate())
    return f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{encoded}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"


def key(use: str | None = "signing", der: bytes | None = None, more: str = "") -> str:
    named = "" if use is None else f' use="{use}"'
    return f"<md:KeyDescriptor{named}>{key_info(der)}{more}</md:KeyDescriptor>"


def acs(url: str = "https://sp.example/acs", index: int = 0, more: str = "", binding: str = POST) -> str:
    return f'<md:AssertionConsumerService Binding="{binding}" Location="{url}" index="{index}"{more}/>'


def slo(url: str = "https://sp.example/slo", more: str = "", binding: str = REDIRECT) -> str:
    return f'<md:SingleLogoutService Binding="{binding}" Location="{url}"{more}/>'


def sso(url: str = "https://idp.example/sso", binding: str = REDIRECT) -> str:
    return f'<md:SingleSignOnService Binding="{binding}" Location="{url}"/>'


def requested(*names: str, index: int = 0, more: str = "", required: str = "false") -> str:
    asked = "".join(f'<md:RequestedAttribute Name="{name}" isRequired="{required}"/>' for name in names)
    return (
        f'<md:AttributeConsumingService index="{index}"{more}><md:ServiceName xml:lang="en">Asked</md:ServiceName>'
        f"{asked}</md:AttributeConsumingService>"
    )


def sp_role(content: str | None = None, *, extensions: str = "", keys: str | None = None, flags: str = "") -> str:
    body = (key() + key("encryption") if keys is None else keys) + (acs() if content is None else content)
    return (
        f'<md:SPSSODescriptor protocolSupportEnumeration="{PROTOCOL}" {flags}>'
        f"{extensions and f'<md:Extensions>{extensions}</md:Extensions>'}{body}</md:SPSSODescriptor>"
    )


def idp_role(content: str | None = None, *, extensions: str = "", keys: str | None = None, flags: str = "") -> str:
    body = (key() if keys is None else keys) + (sso() if content is None else content)
    return (
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}" {flags}>'
        f"{extensions and f'<md:Extensions>{extensions}</md:Extensions>'}{body}</md:IDPSSODescriptor>"
    )


def entity(
    roles: str | None = None,
    *,
    entity_id: str = "https://sp.example/metadata",
    extensions: str = "",
    flags: str = "",
    after: str = "",
) -> bytes:
    """An EntityDescriptor; the default is a plain service that nothing is wrong with."""
    body = sp_role() if roles is None else roles
    return (
        f'<md:EntityDescriptor {PRELUDE} {ALGORITHMS} {UI} {ATTRIBUTES} entityID="{entity_id}" {flags}>'
        f"{extensions and f'<md:Extensions>{extensions}</md:Extensions>'}{body}{after}</md:EntityDescriptor>"
    ).encode()


def entity_attribute(name: str, *values: str) -> str:
    listed = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return (
        f'<mdattr:EntityAttributes><saml:Attribute Name="{name}" '
        f'NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">{listed}</saml:Attribute></mdattr:EntityAttributes>'
    )


def organization(url: str = "https://org.example/", extensions: str = "") -> str:
    return (
        f"<md:Organization>{extensions}<md:OrganizationName xml:lang='sv'>Exempel AB</md:OrganizationName>"
        f"<md:OrganizationDisplayName xml:lang='sv'>Exempel</md:OrganizationDisplayName>"
        f"<md:OrganizationURL xml:lang='sv'>{url}</md:OrganizationURL></md:Organization>"
    )


def aggregate(*entities: bytes, flags: str = "") -> bytes:
    head = f'<md:EntitiesDescriptor {PRELUDE} xmlns:xs="http://www.w3.org/2001/XMLSchema" {flags}>'.encode()
    return head + b"".join(entities) + b"</md:EntitiesDescriptor>"


@cache
def weak_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505  weak on purpose


@cache
def small_exponent_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(3, 2048)


@cache
def odd_curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256K1())


def private_der(key: PrivateKey | None = None, password: bytes | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = (
        serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
    )
    return (key or ec_key("peer")).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, encryption
    )


def shibboleth_sp() -> bytes:
    """As the Shibboleth SP's metadata handler writes it: comment, many bindings, algorithms, key names, discovery."""
    names = (
        "<ds:KeyInfo><ds:KeyName>sp.example</ds:KeyName><ds:X509Data><ds:X509SubjectName>CN=peer</ds:X509SubjectName>"
        f"<ds:X509Certificate>\n{in_lines(certificate())}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )
    methods = "".join(
        f'<md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#{name}"/>'
        for name in ("aes128-gcm", "aes192-gcm", "aes256-gcm")
    )
    methods += '<md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#tripledes-cbc"/>'
    methods += '<md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep"/>'
    methods += '<md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>'
    keys = "".join(
        f'<md:KeyDescriptor use="{use}">{names}{more}</md:KeyDescriptor>'
        for use, more in (("signing", ""), ("encryption", methods))
    )
    base = "https://shib.example/Shibboleth.sso"
    discovery = (
        f'<init:RequestInitiator xmlns:init="urn:oasis:names:tc:SAML:profiles:SSO:request-init" '
        f'Binding="urn:oasis:names:tc:SAML:profiles:SSO:request-init" Location="{base}/Login"/>'
        '<idpdisc:DiscoveryResponse xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" '
        f'Binding="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" Location="{base}/Login" index="1"/>'
    )
    content = (
        f'<md:ArtifactResolutionService Binding="{BINDINGS}SOAP" Location="{base}/Artifact/SOAP" index="1"/>'
        + "".join(
            slo(f"{base}/SLO/{name}", binding=BINDINGS + binding)
            for name, binding in (
                ("SOAP", "SOAP"),
                ("Redirect", "HTTP-Redirect"),
                ("POST", "HTTP-POST"),
                ("Artifact", "HTTP-Artifact"),
            )
        )
        + acs(f"{base}/SAML2/POST", 1)
        + acs(f"{base}/SAML2/POST-SimpleSign", 2, binding=f"{BINDINGS}HTTP-POST-SimpleSign")
        + acs(f"{base}/SAML2/Artifact", 3, binding=f"{BINDINGS}HTTP-Artifact")
        + acs(f"{base}/SAML2/ECP", 4, binding=f"{BINDINGS}PAOS")
    )
    digests = "".join(
        f'<alg:DigestMethod Algorithm="{uri}"/>'
        for uri in ("http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2000/09/xmldsig#sha1")
    )
    signing = "".join(
        f'<alg:SigningMethod Algorithm="http://www.w3.org/{name}"/>'
        for name in (
            "2001/04/xmldsig-more#ecdsa-sha256",
            "2001/04/xmldsig-more#rsa-sha256",
            "2000/09/xmldsig#rsa-sha1",
        )
    )
    role = sp_role(content, extensions=discovery, keys=keys)
    document = entity(
        role, entity_id="https://shib.example/shibboleth", extensions=digests + signing, flags='ID="_9f3a"'
    )
    return b"<!--\nAn example, not to be handed on as it is.\n-->\n" + document


def mellon() -> bytes:
    """As mod_auth_mellon writes it: default namespace, both flags, transient NameIDs, SOAP logout."""
    shown = key_info().replace("ds:", "").replace("<KeyInfo>", '<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">')
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        '<EntityDescriptor entityID="https://mellon.example/mellon/metadata" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">\n'
        f'  <SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="{PROTOCOL}">\n'
        f'    <KeyDescriptor use="signing">{shown}</KeyDescriptor>\n'
        f'    <KeyDescriptor use="encryption">{shown}</KeyDescriptor>\n'
        f'    <SingleLogoutService Binding="{BINDINGS}SOAP" Location="https://mellon.example/mellon/logout"/>\n'
        f'    <SingleLogoutService Binding="{REDIRECT}" Location="https://mellon.example/mellon/logout"/>\n'
        "    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</NameIDFormat>\n"
        f'    <AssertionConsumerService index="0" isDefault="true" Binding="{POST}"\n'
        '      Location="https://mellon.example/mellon/postResponse"/>\n'
        f'    <AssertionConsumerService index="1" Binding="{BINDINGS}HTTP-Artifact"\n'
        '      Location="https://mellon.example/mellon/artifactResponse"/>\n'
        "  </SPSSODescriptor>\n"
        '  <Organization><OrganizationName xml:lang="en">Mellon</OrganizationName>\n'
        '    <OrganizationDisplayName xml:lang="en">Mellon service</OrganizationDisplayName>\n'
        '    <OrganizationURL xml:lang="en">https://mellon.example/</OrganizationURL></Organization>\n'
        "</EntityDescriptor>\n"
    ).encode()


def node_saml(url: str = "https://node.example/acs") -> bytes:
    """As @node-saml/node-saml writes it: an ID, the certificate without line ends, EncryptionMethods after KeyInfo."""
    der = b64encode(certificate()).decode()
    info = f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    methods = "".join(
        f'<EncryptionMethod Algorithm="http://www.w3.org/{name}"/>'
        for name in (
            "2009/xmlenc11#aes256-gcm",
            "2009/xmlenc11#aes128-gcm",
            "2001/04/xmlenc#aes256-cbc",
            "2001/04/xmlenc#aes128-cbc",
        )
    )
    return (
        '<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" '
        'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="node-service" ID="node_service">'
        f'<SPSSODescriptor protocolSupportEnumeration="{PROTOCOL}" AuthnRequestsSigned="true">'
        f'<KeyDescriptor use="signing">{info}</KeyDescriptor>'
        f'<KeyDescriptor use="encryption">{info}{methods}</KeyDescriptor>'
        f'<SingleLogoutService Binding="{POST}" Location="https://node.example/logout"/>'
        "<NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>"
        f'<AssertionConsumerService index="1" isDefault="true" Binding="{POST}" Location="{url}"/>'
        "</SPSSODescriptor></EntityDescriptor>"
    ).encode()


def simplesamlphp() -> bytes:
    """As SimpleSAMLphp writes it: SAML 1.1 beside 2.0, browser profiles of both, attributes asked for, mailto."""
    old = "urn:oasis:names:tc:SAML:1.0:profiles:"
    base = "https://php.example/simplesaml/module.php/saml/sp"
    role = (
        '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol '
        f'{PROTOCOL}" AuthnRequestsSigned="true">'
        f"{key()}{key('encryption')}{slo(f'{base}/saml2-logout.php/default-sp')}"
        f"{acs(f'{base}/saml2-acs.php/default-sp', 0)}"
        f"{acs(f'{base}/saml1-acs.php/default-sp', 1, binding=old + 'browser-post')}"
        f"{acs(f'{base}/saml2-acs.php/default-sp', 2, binding=BINDINGS + 'HTTP-Artifact')}"
        f"{acs(f'{base}/saml1-acs.php/default-sp/artifact', 3, binding=old + 'artifact-01')}"
        f"{requested('urn:oid:2.5.4.42', 'urn:oid:1.2.752.29.4.13', 'urn:mace:dir:attribute-def:eduPersonEntitlement')}"
        "</md:SPSSODescriptor>"
    )
    people = (
        '<md:ContactPerson contactType="technical"><md:GivenName>Anna</md:GivenName><md:SurName>Ek</md:SurName>'
        "<md:EmailAddress>mailto:anna@php.example</md:EmailAddress></md:ContactPerson>"
    )
    return b'<?xml version="1.0"?>\n' + entity(
        role, entity_id=f"{base}/metadata.php/default-sp", after=organization() + people
    )


def adfs_idp() -> bytes:
    """As AD FS writes it: WS-Federation roles of types that no SAML schema knows, an SP role beside the IdP's."""
    fed = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706"'
    stranger = (
        f'<md:RoleDescriptor {fed} xsi:type="fed:ApplicationServiceType" '
        'protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706" '
        'ServiceDisplayName="Contoso">'
        '<fed:ClaimTypesRequested><auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" '
        'Uri="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress" Optional="true"/>'
        "</fed:ClaimTypesRequested></md:RoleDescriptor>"
    )
    url = "https://adfs.example/adfs/ls/"
    logout = slo(url) + slo(url, binding=POST)
    offered = (
        '<saml:Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn" FriendlyName="UPN" '
        'NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"/>'
    )
    service = sp_role(logout + acs(url, 0, ' isDefault="true"'), flags='WantAssertionsSigned="true"')
    provider = idp_role(logout + sso(url) + sso(url, POST) + offered, keys=key("encryption") + key())
    contact = '<md:ContactPerson contactType="support"/>'
    return entity(
        stranger + service + provider,
        entity_id="http://adfs.example/adfs/services/trust",
        flags='ID="_d1f8"',
        after=contact,
    )


def shibboleth_idp() -> bytes:
    """As the Shibboleth IdP's template: scopes, two signing keys, an attribute authority, SOAP on another port."""
    scope = '<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="false">idp.example</shibmd:Scope>'
    shown = '<mdui:UIInfo><mdui:DisplayName xml:lang="en">A Name</mdui:DisplayName></mdui:UIInfo>'
    content = sso("https://idp.example/idp/profile/SAML2/POST/SSO", POST) + sso(
        "https://idp.example/idp/profile/SAML2/Redirect/SSO"
    )
    artifact = (
        f'<md:ArtifactResolutionService Binding="{BINDINGS}SOAP" '
        'Location="https://idp.example:8443/idp/profile/SAML2/SOAP/ArtifactResolution" index="2"/>'
    )
    keys = key() + key("signing", certificate(ec_key("peer"))) + key("encryption")
    authority = (
        f'<md:AttributeAuthorityDescriptor protocolSupportEnumeration="{PROTOCOL}">{key()}'
        f'<md:AttributeService Binding="{BINDINGS}SOAP" Location="https://idp.example:8443/idp/AttributeQuery"/>'
        "</md:AttributeAuthorityDescriptor>"
    )
    role = idp_role(
        artifact + content,
        extensions=scope + shown,
        keys=keys,
        flags='errorURL="https://idp.example/error?code=ERRORURL_CODE"',
    )
    return entity(role + authority, entity_id="https://idp.example/idp/shibboleth")


def rsa_key_value(modulus: int, exponent: int) -> str:
    def number(value: int) -> str:
        return b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode()

    return (
        "<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue>"
        f"<ds:Modulus>{number(modulus)}</ds:Modulus><ds:Exponent>{number(exponent)}</ds:Exponent>"
        "</ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>"
    )


def pysaml2_sp() -> bytes:
    """As pysaml2 writes it, by its own generator's model: numbered prefixes, everything declared where it stands."""
    from saml2 import md
    from saml2.extension import mdui
    from saml2.xmldsig import KeyInfo, X509Certificate, X509Data

    def descriptor(use: str) -> md.KeyDescriptor:
        data = X509Data(x509_certificate=X509Certificate(text=in_lines(certificate())))
        return md.KeyDescriptor(use=use, key_info=KeyInfo(x509_data=data))

    shown = mdui.UIInfo(display_name=[mdui.DisplayName(lang="sv", text="Tjänsten")])
    role = md.SPSSODescriptor(
        protocol_support_enumeration=PROTOCOL,
        authn_requests_signed="true",
        want_assertions_signed="true",
        extensions=md.Extensions(extension_elements=[_extension(shown)]),
        key_descriptor=[descriptor("signing"), descriptor("encryption")],
        single_logout_service=[md.SingleLogoutService(binding=REDIRECT, location="https://py.example/slo")],
        assertion_consumer_service=[
            md.AssertionConsumerService(binding=POST, location="https://py.example/acs", index="1")
        ],
    )
    entity = md.EntityDescriptor(entity_id="https://py.example/metadata", spsso_descriptor=role)
    return str(entity).encode()


def _extension(element: object) -> object:
    from saml2 import element_to_extension_element

    return element_to_extension_element(element)


def simplesamlphp_idp() -> bytes:
    """As SimpleSAMLphp writes an IdP: a next key beside the one in use, one address for everything."""
    keys = key() + key("signing", certificate(rsa_key("next"))) + key("encryption")
    formats = "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>"
    base = "https://php-idp.example/simplesaml/saml2/idp"
    content = slo(f"{base}/SingleLogoutService.php") + formats + sso(f"{base}/SSOService.php")
    return b'<?xml version="1.0"?>\n' + entity(
        idp_role(content, keys=keys), entity_id=f"{base}/metadata.php", after=organization()
    )


@cache
def p384_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


@cache
def dsa_certificate() -> bytes:
    key = dsa.generate_private_key(2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(17).not_valid_before(EXPIRED_AT).not_valid_after(dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
