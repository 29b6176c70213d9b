"""The federation file of the demo, which is also an example of one: members, services, identity providers, people.

Owns what the federation consists of. Clients' names here are those that the sample services use.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from broker.demo import keys
from broker.demo.cards import LEVELS
from broker.demo.people import (
    CARE_PROVIDERS,
    FOR_OTHERS,
    OTHER_PROVIDER,
    PERSONAS,
    RECORD_SYSTEM,
    REGION,
    REGISTRAR,
    REPRESENTATIONS,
    ROLES,
    STAFF,
    SUPPLIER,
    Persona,
    hsa_id,
)
from broker.demo.places import LOA, MOBILE_LEVEL, Places
from idp_adapters.simulators.ca import TestCa
from metadata.wire.jose import public_jwk
from trust_framework.attribute_sets import ON_BEHALF_SCOPE, SCOPES
from trust_framework.patient_context import TYPE

API: Final = "demo-api"
ALL_LEVELS: Final = (f"{LOA}3", f"{LOA}4", MOBILE_LEVEL, f"{LOA}2")
PERSON: Final = ("displayName", "givenName", "sn", "personalIdentityNumber")
REPRESENTED: Final = SCOPES[ON_BEHALF_SCOPE].names()
COMMISSION: Final = (
    "employeeHsaId",
    "commissionHsaId",
    "commissionName",
    "commissionPurpose",
    "healthCareProviderHsaId",
    "healthCareProviderName",
    "healthCareUnitHsaId",
    "healthCareUnitName",
)
NUMBER_SCOPE: Final = "https://id.oidc.se/scope/naturalPersonNumber"
OP_CLIENT: Final = "tillit-demo"
HEAD: Final = """\
# The federation of `tillit demo`: made at its first start, and an example of what such a file may hold.
# Add a service of your own under `services`, then: TILLIT_CONFIG={folder}/tillit.toml tillit apply {folder}/federation.yaml
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the sample OpenID Connect service. Its callback is `/NAME/callback`."""

    name: str
    client_id: str
    sv: str
    en: str
    method: str
    scope: str
    levels: tuple[str, ...] = ALL_LEVELS
    methods: tuple[str, ...] = ()
    consent: str = "never"
    refresh: bool = False
    attributes: tuple[str, ...] = PERSON
    in_test: bool = False
    about_patients: bool = False
    on_behalf_of: tuple[str, ...] = ()

    def issuer(self, places: Places) -> str:
        """The issuer that it logs in with: the test issuer, while it is not approved."""
        return f"{places.broker}/test" if self.in_test else places.broker

    def callback(self, places: Places) -> str:
        return f"{places.oidc_service}/{self.name}/callback"

    def logged_out(self, places: Places) -> str:
        return f"{places.oidc_service}/{self.name}/logged-out"


_BASIC: Final = "openid profile"
RECORD: Final = Client(
    "record", "demo-record", "Journalöversikten", "Record overview", "private_key_jwt", f"{_BASIC} offline_access {API}",
    (f"{LOA}3", f"{LOA}4"), refresh=True, attributes=("displayName",), about_patients=True,
)  # fmt: skip
"""The client that asks for patient context; its pages are `record_viewer`."""

CLIENTS: Final = {
    client.name: client
    for client in (
        Client(
            "booking", "demo-booking", "Tidboken", "Booking", "private_key_jwt",
            f"{_BASIC} {NUMBER_SCOPE} offline_access {API}", refresh=True,
        ),
        Client("survey", "demo-survey", "Hälsoenkäten", "Health survey", "client_secret_basic",
               f"{_BASIC} {NUMBER_SCOPE}", consent="ask"),
        Client("vault", "demo-vault", "Valvet", "The vault", "private_key_jwt", _BASIC, (f"{LOA}4",), ("card",)),
        Client(
            FOR_OTHERS, "demo-family", "Familjens ärenden", "Family errands", "private_key_jwt",
            f"{_BASIC} {ON_BEHALF_SCOPE} offline_access", refresh=True, attributes=(*PERSON, *REPRESENTED),
            on_behalf_of=("guardian", "power", "signatory"),
        ),
        Client("public", "demo-public", "Öppna appen", "Public app", "none", _BASIC),
        RECORD,
        Client("trial", "demo-trial", "Nya tjänsten (i test)", "New service (in test)", "none", _BASIC, in_test=True),
    )
}  # fmt: skip


def write(places: Places, ca: TestCa) -> Path:
    """Write the file, and return where it is."""
    text = yaml.safe_dump(_content(places, ca), allow_unicode=True, sort_keys=False, width=120)
    head = HEAD.format(folder=places.folder)
    places.federation.write_text(head + text, encoding="utf-8")
    return places.federation


def _content(places: Places, ca: TestCa) -> dict[str, Any]:
    return {
        "tillit": "1",
        "name": {"sv": "Provfederationen", "en": "The trial federation"},
        "members": [
            {"org": REGION, "name": {"sv": "Region Exempel", "en": "Region Example"}},
            {"org": SUPPLIER, "name": {"sv": "Exempelbolaget AB", "en": "Example Company"}},
            {"org": OTHER_PROVIDER, "name": {"sv": "Närvård Exempel", "en": "Local Care Example"}},
        ],
        "services": [
            _saml_service(places),
            *(_oidc_service(places, client) for client in CLIENTS.values()),
            _api(places),
        ],
        "identity_providers": [_saml_provider(places), _openid_provider(places)],
        "methods": {"card": _card_method(places, ca), "bankid": _mobile_method(places)},
        "persons": [_person(persona) for persona in PERSONAS.values()],
        "staff": [employment.entry() for employment in STAFF],
        "care_providers": [_care_provider(*each) for each in CARE_PROVIDERS],
        "care_consumers": [_record_system()],
        "representations": [dict(one) for one in REPRESENTATIONS],
        "roles": [{"person": person, "role": role, **({"org": org} if org else {})} for person, role, org in ROLES],
    }


def _saml_service(places: Places) -> dict[str, Any]:
    return {
        "id": "journal",
        "member": REGION,
        "name": {"sv": "Journalen", "en": "The record"},
        "saml": {"metadata": _relative(places, places.metadata("saml-service"))},
        "levels": list(ALL_LEVELS),
        "attributes": [*PERSON, *COMMISSION],
        "accepts_coordination_number": "true",
        "contact": {"mail": "support@region.example"},
    }


def _oidc_service(places: Places, client: Client) -> dict[str, Any]:
    entry = {
        "id": client.name,
        "member": SUPPLIER,
        "name": {"sv": client.sv, "en": client.en},
        "oidc": _registration(places, client),
        "levels": list(client.levels),
        "attributes": list(client.attributes),
        "contact": {"mail": "support@bolaget.example"},
    }
    if client.methods:
        entry["methods"] = list(client.methods)
    if client.in_test:
        entry["state"] = "test"
    if client.on_behalf_of:
        entry["on_behalf_of"] = list(client.on_behalf_of)
    if client.consent != "never":
        entry["consent"] = client.consent
    return entry


def _registration(places: Places, client: Client) -> dict[str, Any]:
    """RFC 7591 section 2."""
    members: dict[str, Any] = {
        "client_id": client.client_id,
        "redirect_uris": [client.callback(places)],
        "post_logout_redirect_uris": [client.logged_out(places)],
        "client_uri": f"{places.oidc_service}/",
        "token_endpoint_auth_method": client.method,
        "grant_types": ["authorization_code", *(["refresh_token"] if client.refresh else [])],
        "scope": client.scope,
    }
    if client.about_patients:
        members["authorization_details_types"] = [TYPE]
    if client.method == "private_key_jwt":
        members["jwks"] = {"keys": [public_jwk(keys.signer(places, "oidc-service"))]}
    if client.method == "client_secret_basic":
        members["client_secret"] = f"file:{_relative(places, keys.secret_path(places, client.name))}"
    return members


def _api(places: Places) -> dict[str, Any]:
    """A resource server: its name is a scope value, and it may ask what a token is worth (RFC 7662)."""
    return {
        "id": "api",
        "member": REGION,
        "name": {"sv": "Provsvars-API", "en": "Test results API"},
        "oidc": {
            "client_id": API,
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "client_secret_basic",
            "client_secret": f"file:{_relative(places, keys.secret_path(places, 'api'))}",
            "client_uri": f"{places.api}/",
            "scope": f"{API} care:read care:write",
        },
        "levels": list(ALL_LEVELS),
    }


def _saml_provider(places: Places) -> dict[str, Any]:
    return {
        "id": "region-idp",
        "name": {"sv": "Region Exempels inloggning", "en": "Region Example's login"},
        "saml": {"metadata": _relative(places, places.metadata("saml-idp"))},
        "ceiling": f"{LOA}3",
        "levels": {f"{LOA}3": f"{LOA}3", f"{LOA}2": f"{LOA}2"},
        "attributes": {
            "urn:oid:2.5.4.42": "givenName",
            "urn:oid:2.5.4.4": "sn",
            "urn:oid:2.16.840.1.113730.3.1.241": "displayName",
            "urn:oid:1.2.752.29.4.13": "personalIdentityNumber",
        },
        "identifiers": ["personalIdentityNumber"],
    }


def _openid_provider(places: Places) -> dict[str, Any]:
    return {
        "id": "bolaget-op",
        "name": {"sv": "Exempelbolagets inloggning", "en": "Example Company's login"},
        "oidc": {
            "issuer": places.openid_provider,
            "client_id": OP_CLIENT,
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "openid profile",
        },
        "ceiling": f"{LOA}3",
        "levels": {"substantial": f"{LOA}3", "low": f"{LOA}2"},
        "attributes": {
            "given_name": "givenName",
            "family_name": "sn",
            "name": "displayName",
            "https://id.oidc.se/claim/personalIdentityNumber": "personalIdentityNumber",
        },
        "identifiers": ["personalIdentityNumber"],
    }


def _card_method(places: Places, ca: TestCa) -> dict[str, Any]:
    policies = ca.policies()
    return {
        "anchors": [_relative(places, path) for path in ca.anchors()],
        "policies": {policies[issuer]: level for issuer, level in LEVELS.items()},
    }


def _mobile_method(places: Places) -> dict[str, Any]:
    return {
        "url": places.phone,
        "cert": _relative(places, places.certificate("relying-party")),
        "key": _relative(places, places.key("relying-party")),
        "ca": _relative(places, places.ca),
        "start_url": f"{places.phone}/phone",
    }


def _person(persona: Persona) -> dict[str, Any]:
    entry = {"id": persona.id, "givenName": persona.given_name, "sn": persona.surname, "displayName": persona.name}
    if persona.number:
        entry["personalIdentityNumber"] = persona.number
    if persona.born:
        entry["dateOfBirth"] = persona.born
    return entry | ({"mail": persona.mail} if persona.mail else {})


def _care_provider(provider: tuple[str, str, str], units: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A care provider whose blocks, consents, relations and access log are kept here."""
    hsa, name, org = provider
    return {
        "hsa_id": hsa,
        "member": org,
        "name": {"sv": name},
        "units": [{"hsa_id": unit, "name": {"sv": called}} for unit, called in units],
        "registrars": [REGISTRAR],
    }


def _record_system() -> dict[str, Any]:
    """The region's record system, which calls care's registers as the client of the API, and by all contracts."""
    return {
        "hsa_id": RECORD_SYSTEM,
        "member": REGION,
        "service": "api",
        "contracts": ["blocking", "consent", "patientrelationship", "log"],
        "providers": [hsa_id("V001")],
    }


def _relative(places: Places, path: Path) -> str:
    return str(path.relative_to(places.folder))
