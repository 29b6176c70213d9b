"""A broker whose federation file has two care providers, a record system of each, a consumer, and a nurse who logs in."""

import json
from typing import Any

from tests.support import care_values as a
from tests.support.world import LEVEL3, MEMBER, Answer, World, Worlds, client, federation

OTHER_MEMBER = "2120000142"
SCOPES = "openid care:read care:write"
COMMISSION = "SE2321000016-A1"
GRANTS = ["authorization_code", "client_credentials"]


def provider(hsa_id: str, member: str, *units: str, **more: Any) -> dict[str, Any]:
    """A care provider of the file."""
    named = {"hsa_id": hsa_id, "member": member, "units": [{"hsa_id": unit} for unit in units]}
    return {
        **named,
        "registrars": ["BIF;Spärradministratör"],
        "review_contact": "logg@example.se",
        **more,
    }


def commission(unit: str = a.OTHER_UNIT, **more: Any) -> dict[str, Any]:
    """The nurse's commission."""
    return {
        "hsa_id": COMMISSION,
        "commissionName": "Vårdmedarbetaruppdrag",
        "commissionPurpose": "Vård och behandling",
        "healthCareProviderHsaId": a.PROVIDER,
        "healthCareProviderName": "Region Ett",
        "healthcareProviderId": "2321000016",
        "healthCareUnitHsaId": unit,
        "healthCareUnitName": "Enheten",
        **more,
    }


def tool(id: str, member: str = MEMBER, scope: str = SCOPES) -> dict[str, Any]:
    """A record system's client."""
    return {**client(id, scope=scope, grant_types=GRANTS), "member": member, "attributes": ["commissionHsaId"]}


def document(**commission_: Any) -> dict[str, Any]:
    """The file."""
    services = (tool("journal"), tool("far", OTHER_MEMBER), tool("supplier", OTHER_MEMBER), client("rp"))
    whole = federation(
        *services,
        staff=[{"person": "anna", "hsa_id": a.NURSE, "commissions": [commission(**commission_)]}],
        care_providers=[
            provider(a.PROVIDER, MEMBER, a.UNIT, a.OTHER_UNIT),
            provider(a.OTHER_PROVIDER, OTHER_MEMBER, a.FAR_UNIT),
        ],
        care_consumers=[
            {"hsa_id": "SE2321000016-S1", "member": OTHER_MEMBER, "service": "supplier", "providers": [a.PROVIDER]}
        ],
    )
    whole["members"].append({"org": OTHER_MEMBER, "name": {"sv": "Region Två", "en": "Region Two"}})
    return whole


def care_world(worlds: Worlds, **commission_: Any) -> World:
    """The broker."""
    return worlds.make(document(**commission_))


def machine(world: World, client_id: str = "journal", scope: str = "care:read care:write") -> str:
    """A token of a record system's own."""
    return str(world.token(client_id, grant_type="client_credentials", scope=scope).json["access_token"])


def nurse(world: World, **changes: Any) -> str:
    """A token of the nurse, in her commission."""
    asks = json.dumps({"userinfo": {"commissionHsaId": {"essential": True}}})
    asked = {"scope": SCOPES, "acr_values": LEVEL3, "claims": asks, **changes}
    hint = f"test:anna;loa={LEVEL3};commission={COMMISSION}"
    code = world.code(world.browser(), "journal", **{"login_hint": hint, **asked})
    return str(world.redeem(code, "journal").json["access_token"])


def call(world: World, path: str, token: str, body: object = None, method: str = "POST") -> Answer:
    """A call of care's API."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return world.request(method, f"/api/v1/care{path}", None if body is None else json.dumps(body).encode(), **headers)


PATIENT = {"oid": a.PERSONNUMMER, "value": a.PATIENT.value}
ENTERED = {"registered_by": {"employee": a.NURSE}}


def new_block(**changes: Any) -> dict[str, Any]:
    """An inner block."""
    inner = {"id": a.new_id(), "type": "Inner", "patient": PATIENT, "provider": a.PROVIDER, "unit": a.UNIT}
    return {**inner, "entered": ENTERED, **changes}


ACTOR = {"employee": a.NURSE, "unit": a.OTHER_UNIT, "provider": a.PROVIDER, "commission": COMMISSION}


def row(id: str = "1", unit: str = a.UNIT, provider: str = a.PROVIDER, **changes: Any) -> dict[str, Any]:
    """Something recorded."""
    return {"id": id, "provider": provider, "unit": unit, **changes}
