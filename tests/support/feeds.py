"""Another federation's feed as its operator would publish it: signed aggregates, and terms to take them on."""

import datetime as dt
from base64 import b64encode
from typing import Any

from broker.federation.feed_entry import FeedEntry
from metadata.wire import xml, xmldsig
from metadata.wire.egress import Response
from metadata.wire.signing import PrivateKey, signer
from tests.support import saml_metadata as m
from tests.support.saml import rsa_key

NOW = m.NOW
DAY = 86400
URL = "https://md.other-federation.example/all.xml"
OPERATOR = "2120000142"
LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
AUTHORITY = "https://other-federation.example"
MDRPI = 'xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi"'


def pem(key: PrivateKey | None = None) -> str:
    encoded = b64encode(m.certificate(key or operator_key())).decode()
    return f"-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n"


def operator_key() -> PrivateKey:
    return rsa_key("other-federation")


def time(at: int) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def registered(authority: str = AUTHORITY) -> str:
    return f'<mdrpi:RegistrationInfo {MDRPI} registrationAuthority="{authority}"/>'


def service(name: str = "a", extensions: str = "", **more: Any) -> bytes:
    roles = m.sp_role(m.acs(f"https://{name}.example/acs", 1, ' isDefault="true"') + more.pop("requested", ""))
    return m.entity(roles, entity_id=f"https://{name}.example/sp", extensions=registered() + extensions, **more)


def provider(name: str = "a", extensions: str = "", scope: str = "") -> bytes:
    scopes = f'<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="false">{scope}</shibmd:Scope>'
    roles = m.idp_role(m.sso(f"https://{name}.example/sso"), extensions=scopes if scope else "")
    return m.entity(roles, entity_id=f"https://{name}.example/idp", extensions=registered() + extensions)


def document(
    *entities: bytes,
    until: int | None = NOW + 7 * DAY,
    created: int | None = NOW,
    key: PrivateKey | None = None,
    change: tuple[bytes, bytes] = (b"", b""),
) -> bytes:
    """A signed aggregate. `change` is made in it after it was signed."""
    flags = 'ID="_feed"' + (f' validUntil="{time(until)}"' if until is not None else "")
    info = f'<mdrpi:PublicationInfo {MDRPI} publisher="x" creationInstant="{time(created or 0)}"/>'
    extensions = f"<md:Extensions>{info}</md:Extensions>".encode() if created is not None else b""
    return signed(m.aggregate(extensions, *entities, flags=flags), key).replace(*change)


def signed(octets: bytes, key: PrivateKey | None = None) -> bytes:
    root = xml.parse(octets, limit=10**8, comments=True)
    xmldsig.sign(root, signer(key or operator_key(), kid="k", alg="RS256"))
    return xml.serialized(root)


def single(entity: bytes, until: int | None = NOW + 7 * DAY, key: PrivateKey | None = None) -> bytes:
    """An answer of a metadata query service: one entity, signed by the operator."""
    flags = 'ID="_one"' + (f' validUntil="{time(until)}"' if until is not None else "")
    return signed(entity.replace(b" entityID=", f" {flags} entityID=".encode(), 1), key)


def answer(octets: bytes, etag: str = '"1"') -> Response:
    return Response(200, {"etag": etag}, octets)


def feed(**changes: Any) -> FeedEntry:
    """A feed of services; with `identity_providers` one of those."""
    terms = {} if "identity_providers" in changes else {"services": {"member": OPERATOR, "levels": [LOA3]}}
    return FeedEntry.model_validate({"id": "other", "url": URL, "certificate": pem(), **terms, **changes})


PROVIDERS = {"ceiling": LOA3, "levels": {LOA3: LOA3}, "attributes": {"urn:oid:2.5.4.42": "givenName"}}
