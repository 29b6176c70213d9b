"""Whether what a document names can be reached: its hosts over TLS, and the keys at a client's `jwks_uri`.

Owns which addresses are tried, how many, and what is learned; the rules say what it means (`federation_rules`). The rules look at
values alone: who has an egress client tries, and brings what came of it in the context.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from metadata import handed
from metadata.context import NOTHING_KNOWN, Reached
from metadata.handed import Handed
from metadata.redirect_uris import origin_of
from metadata.wire.jose import read_jwks
from metadata.wire.jwk import BadKeySet
from metadata.wire.oidc_messages import OidcRefused, read_document
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.saml_metadata import read_entity
from metadata.wire.strict_json import BadJson, read_object
from metadata.wire.xml import XmlRefused

MOST_HOSTS: Final = 8
"""Hosts of one document that are tried, at once: a service has a few."""

PURPOSE: Final = "reach"
_ANSWERED: Final = frozenset({"too long", "compressed"})
"""An answer that we would not read is one all the same."""


def reached(document: bytes, egress: Fetches) -> Reached:
    """Try what a document names. What cannot be read names nothing."""
    subject = _read(document)
    if subject is None:
        return Reached()
    origins = list(dict.fromkeys(filter(None, (origin_of(told.value) for told in subject.addresses))))[:MOST_HOSTS]
    with ThreadPoolExecutor(MOST_HOSTS + 1, "reach") as at_once:
        keys = at_once.submit(_keys, subject.keys_at.value, egress) if subject.keys_at else None
        hosts = dict(zip(origins, at_once.map(lambda origin: _host(origin, egress), origins), strict=True))
        return Reached(hosts, keys.result() if keys else None)


def _read(document: bytes) -> Handed | None:
    try:
        if document.lstrip().startswith(b"<"):
            return handed.of_entity(read_entity(document), NOTHING_KNOWN)
        return handed.of_client(read_object(document), NOTHING_KNOWN)
    except (XmlRefused, BadJson):
        return None


def _host(origin: str, egress: Fetches) -> str:
    """Any answer will do: the root of an origin need not be a page."""
    try:
        egress.fetch(Outbound("HEAD", f"{origin}/", purpose=PURPOSE))
    except (EgressFailed, EgressRefused) as error:
        return "" if error.reason in _ANSWERED else error.reason
    return ""


def _keys(uri: str, egress: Fetches) -> str:
    try:
        found = read_jwks(read_document(egress.fetch(Outbound("GET", uri, purpose=PURPOSE)), "jwks_uri"))
    except (EgressFailed, EgressRefused) as error:
        return error.reason
    except (OidcRefused, BadKeySet):
        return "no key set"
    return "" if found.keys else "no keys"
