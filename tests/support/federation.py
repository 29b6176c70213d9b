"""A federation file that is good, and its folder; a test changes what it is about."""

import copy
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from broker.federation.outside import Outside
from broker.federation.reading import Document, read_text
from broker.settings import Settings
from tests.support import pki
from tests.support.saml_metadata import entity, idp_role, sp_role
from tests.support.trust import LOA2, LOA3, LOA4, ORG, OTHER_NUMBER, PERSONAL_NUMBER

NOW = 1_800_000_000
SECRET = "correct-horse-battery-staple"
POLICY = "1.2.752.999.1"
GIVER = "5560360793"
CONTENT: Mapping[str, Any] = {
    "tillit": "1",
    "name": {"sv": "Provfederationen", "en": "The test federation"},
    "members": [{"org": ORG, "name": {"sv": "Region Exempel", "en": "Region Example"}}],
    "services": [
        {
            "id": "journal",
            "member": ORG,
            "saml": {"metadata": "journal.xml"},
            "levels": [LOA3, LOA2],
            "attributes": ["givenName", "sn", "employeeHsaId", "commissionHsaId"],
            "required": ["employeeHsaId"],
        },
        {
            "id": "boka",
            "member": ORG,
            "oidc": {
                "client_id": "boka",
                "client_secret": SECRET,
                "client_name": "Boka tid",
                "client_name#en": "Book a time",
                "redirect_uris": ["https://boka.example.se/callback"],
                "client_uri": "https://boka.example.se/",
            },
            "levels": [LOA3],
            "attributes": ["personalIdentityNumber", "givenName", "sn"],
            "consent": "ask",
        },
    ],
    "identity_providers": [
        {
            "id": "region",
            "saml": {"metadata": "region.xml", "signing_alg": "ES256"},
            "ceiling": LOA3,
            "levels": {"urn:theirs:3": LOA3},
            "attributes": {"urn:oid:2.5.4.42": "givenName", "urn:oid:1.2.752.29.4.13": "personalIdentityNumber"},
            "identifiers": ["personalIdentityNumber"],
            "name": {"sv": "Region Exempel", "en": "Region Example"},
        },
        {
            "id": "kommun",
            "oidc": {
                "issuer": "https://op.example.se",
                "client_id": "tillit",
                "client_secret": "file:op-secret",
                "scope": "openid profile",
            },
            "ceiling": LOA2,
            "levels": {"two": LOA2},
            "attributes": {"given_name": "givenName", "family_name": "sn"},
        },
    ],
    "methods": {
        "card": {"anchors": ["ca.pem"], "policies": {POLICY: LOA4}},
        "bankid": {"url": "https://bankid.example.se/rp/v6.0", "cert": "ca.pem", "key": "env:EID_KEY", "ca": "ca.pem"},
    },
    "persons": [
        {"id": "anna", "personalIdentityNumber": PERSONAL_NUMBER, "givenName": "Anna", "sn": "Andersson"},
        {"id": "bo", "personalIdentityNumber": OTHER_NUMBER, "givenName": "Bo", "sn": "Berg", "protected": "true"},
    ],
    "staff": [
        {
            "person": "anna",
            "hsa_id": "SE2321000016-E1",
            "title": "Sjuksköterska",
            "commissions": [
                {
                    "hsa_id": "SE2321000016-C1",
                    "commissionName": "Hjärtmottagningen",
                    "commissionPurpose": "Vård och behandling",
                    "healthCareProviderHsaId": "SE2321000016-1000",
                    "healthCareProviderName": "Region Exempel",
                    "healthcareProviderId": ORG,
                }
            ],
        }
    ],
    "agreements": [
        {
            "id": "avtal-1",
            "services": ["boka"],
            "attributes": ["personalIdentityNumber"],
            "from": "2026-01-01",
            "until": "2030-12-31",
        }
    ],
}
CARE: Mapping[str, Any] = {
    "care_providers": [
        {
            "hsa_id": "SE2321000016-V1",
            "member": ORG,
            "name": {"sv": "Region Exempel", "en": "Example Region"},
            "units": [
                {"hsa_id": "SE2321000016-U1", "name": {"sv": "Hjärtmottagningen"}},
                {"hsa_id": "SE2321000016-U2"},
            ],
            "switches": {"consent_lift_days": 3},
            "rules": "se",
            "registrars": ["BIF;Spärradministratör"],
            "review_contact": "logg@example.se",
        }
    ],
    "care_consumers": [
        {
            "hsa_id": "SE2321000016-S1",
            "member": ORG,
            "service": "boka",
            "contracts": ["CheckBlocks"],
            "providers": ["se2321000016-v1"],
        }
    ],
}
"""A care provider and a system that calls for it."""


def with_care() -> Any:
    """The good file with them."""
    return content() | copy.deepcopy(dict(CARE))


IN_FULL: Mapping[str, Any] = {
    "id": "avtal-2",
    "name": {"sv": "Namn till Boka tid", "en": "Names for Book a time"},
    "versions": [
        {
            "version": 1,
            "parties": [{"org": GIVER, "role": "giver"}, {"org": ORG, "role": ["receiver"]}],
            "purpose": "Boka tid i vården",
            "legal_basis": "Patientdatalagen 2 kap.",
            "services": ["boka"],
            "data": [
                {"attribute": "givenName", "giver": GIVER, "receiver": ORG, "definition": "Förnamn i folkbokföringen"}
            ],
            "retention_days": 90,
            "transfer": "Vid inloggning",
            "from": "2026-01-01",
            "until": "2030-12-31",
            "review": "2026-12-31",
        }
    ],
    "contacts": [
        {"org": GIVER, "name": "Avtal", "mail": "avtal@kommun.example.se", "confirmed": "2026-01-01"},
        {"org": ORG, "name": "Avtal", "mail": "avtal@example.se", "phone": "08-123 45 67", "confirmed": "2026-01-01"},
    ],
}
"""An agreement in its full form, not yet signed."""

RULE: Mapping[str, Any] = {
    "id": "R3",
    "name": {"sv": "Förnamn", "en": "First names"},
    "effect": "allow",
    "to": {"services": ["boka"], "members": [ORG]},
    "attributes": ["givenName"],
    "sets": ["http://id.elegnamnden.se/ap/1.0/natural-person-01"],
    "needs": {"level": 2, "agreement": "true", "consent": "true", "profile": "default"},
    "version": 1,
    "from": "2026-01-01",
    "next": {"effect": "deny", "to": {"all": "true"}, "attributes": ["givenName"], "version": 2, "from": "2031-01-01"},
}
"""A release policy with every key."""


def with_sharing() -> Any:
    """The good file with another member, an agreement in full, a release policy, and what belongs to two categories."""
    changed = content()
    changed["members"].append({"org": GIVER, "name": {"sv": "Exempelkommunen", "en": "Example Town"}})
    changed["agreements"].append(copy.deepcopy(dict(IN_FULL)))
    changed["policies"] = [copy.deepcopy(dict(RULE))]
    changed["entity_categories"] = [
        {"uri": "https://federation.example/ec/name", "attributes": ["givenName", "sn"]},
        {"uri": "https://federation.example/ec/pnr", "sets": ["http://id.elegnamnden.se/ap/1.0/pnr-01"]},
        {"uri": "https://federation.example/ec/name", "attributes": ["displayName"]},
    ]
    return changed


ENVIRON = {"EID_KEY": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}


def content() -> Any:
    """The good file, to be changed."""
    return copy.deepcopy(dict(CONTENT))


def folder(at: Path) -> Path:
    """A folder with everything that the file refers to."""
    at.mkdir(parents=True, exist_ok=True)
    (at / "journal.xml").write_bytes(entity(sp_role(), entity_id="https://sp.example/metadata"))
    (at / "region.xml").write_bytes(entity(idp_role(), entity_id="https://idp.example/metadata"))
    (at / "ca.pem").write_bytes(b"subject=CN = Test Root\n" + _authority().pem)
    (at / "op-secret").write_text("upstream-secret-of-ours\n")
    return at


@cache
def _authority() -> pki.Authority:
    return pki.Authority.root()


def written(at: Path, changed: Any = None) -> Path:
    """The file itself in a folder with everything."""
    path = folder(at) / "federation.yaml"
    path.write_bytes(_dumped(content() if changed is None else changed))
    return path


def settings(**more: object) -> Settings:
    """Settings of a production broker with cards."""
    return Settings(**{"base_url": "https://login.example.se", "card_url": "https://card.example.se", **more})


def hashed(secret: str) -> bytes:
    """Stands for the vault: a keyed hash is 32 bytes."""
    return secret.encode()[::-1].ljust(32, b".")[:32]


def read(
    at: Path,
    changed: Any = None,
    *,
    with_settings: Settings | None = None,
    hash_secret: Callable[[str], bytes] = hashed,
) -> Document:
    """What is read of the content, in that folder."""
    octets = changed if isinstance(changed, bytes) else _dumped(content() if changed is None else changed)
    return read_text(octets, Outside(at, ENVIRON), with_settings or settings(), hash_secret, NOW)


def _dumped(changed: Any) -> bytes:
    return yaml.safe_dump(changed, allow_unicode=True, sort_keys=False).encode()


def put(place: tuple[str | int, ...], value: Any) -> Any:
    """The good file with another value at a place; a list grows by one where the place is its length."""
    changed = content()
    around = changed
    for part in place[:-1]:
        around = around[part]
    if isinstance(around, list) and place[-1] == len(around):
        around.append(value)
    else:
        around[place[-1]] = value
    return changed


def without(*place: str | int) -> Any:
    """The good file with something left out."""
    changed = content()
    around = changed
    for part in place[:-1]:
        around = around[part]
    del around[place[-1]]
    return changed
