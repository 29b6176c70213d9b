"""A broker in an OpenID Federation, in process: its file, what it publishes, and others that it reaches through a fake egress."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from tests.support.oidfed import ANCHOR, Entities, jwks, key
from tests.support.world import BASE, LEVEL2, MEMBER, NOW, Answer, World, client, federation

US = BASE
FETCH, LIST, RESOLVE = "/federation/fetch", "/federation/list", "/federation/resolve"
MARK, MARK_LIST, MARK_STATUS = "/federation/trust-mark", "/federation/trust-mark-list", "/federation/trust-mark-status"
OLD_KEYS, REGISTER, WELL_KNOWN = "/federation/historical-keys", "/federation/register", "/.well-known/openid-federation"

MEMBER_ENTITY, RP_ENTITY, MIDDLE_ENTITY = "https://org.example", "https://sub-rp.example", "https://region.example"
MEMBER_MARK, AGREED_MARK, NAMED_MARK = (
    f"https://federation.example/marks/{name}" for name in ("all", "agreed", "named")
)
OTHER_ORG = "2021002114"


def entity(id: str, **more: Any) -> dict[str, Any]:
    """The key `openid_federation` of a member, service or provider."""
    return {"entity_id": id, "jwks": jwks(key(id)), **more}


def anchor(id: str = ANCHOR, **services: Any) -> dict[str, Any]:
    """A trust anchor of ours; with keywords, the terms of services below it."""
    terms = {"member": MEMBER, "levels": [LEVEL2], "attributes": ["givenName", "sn"], "consent": "never", **services}
    return {"entity_id": id, "jwks": jwks(key(id)), **({"services": terms} if services else {})}


def with_entity(service: dict[str, Any], of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**service, "openid_federation": of, **more}


def operator(**more: Any) -> dict[str, Any]:
    """A federation file that makes us the trust anchor of a member, a service and another member's region."""
    return federation(
        with_entity(client("rp"), entity(RP_ENTITY)),
        members=[
            {"org": MEMBER, "name": {"sv": "Region Exempel"}, "openid_federation": entity(MEMBER_ENTITY)},
            {
                "org": OTHER_ORG,
                "name": {"sv": "Region Norr"},
                "openid_federation": entity(MIDDLE_ENTITY, intermediate="true", constraints={"max_path_length": "1"}),
            },
        ],
        agreements=[
            {
                "id": "agreed",
                "services": ["rp"],
                "attributes": ["givenName"],
                "from": "2026-01-01",
                "until": "2026-12-31",
            }
        ],
        openid_federation={
            "role": "trust-anchor",
            "trust_mark_types": [
                {"type": MEMBER_MARK, "ref": "https://federation.example/about"},
                {"type": AGREED_MARK, "agreement": "agreed", "days": "30"},
                {"type": NAMED_MARK, "entities": [MIDDLE_ENTITY]},
            ],
            "metadata_policy": {"openid_relying_party": {"subject_type": {"value": "pairwise", "essential": "true"}}},
            **more,
        },
    )


def reaching(world: World, entities: Entities) -> World:
    """The world, whose calls to others the entities answer."""
    world.app.egress.fetch = entities.egress.fetch
    return world


def opened(answer: Answer, typ: str, world: World) -> dict[str, Any]:
    """The claims of a signed answer, verified with joserfc against our published federation keys."""
    assert answer.status == 200, answer.text
    assert answer.header("Content-Type") == f"application/{typ}"
    keys = KeySet.import_key_set(world.app.snapshots.keys and published(world))
    token = jwt.decode(answer.text, keys, registry=JWSRegistry(algorithms=["ES256"], strict_check_header=False))
    assert token.header["typ"] == typ
    assert token.header["kid"]
    return token.claims


def published(world: World) -> dict[str, Any]:
    """Our federation keys, as our configuration lists them."""
    from tests.support.world import claims

    return claims(world.request("GET", WELL_KNOWN).text)["jwks"]


def error(answer: Answer) -> tuple[int, str]:
    assert answer.header("Content-Type") == "application/json"
    assert answer.json["error_description"]
    return answer.status, answer.json["error"]


def entities(*parties: Any) -> Entities:
    return Entities(*parties, now=NOW)
