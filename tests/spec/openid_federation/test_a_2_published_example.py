"""The example of appendix A.2: four entities, three policies, and the metadata that the document says comes of it.

The keys are ours, since the document abbreviates its own; the fetch endpoint of its anchor is at another host, as there.
"""

import pytest

from metadata.federation.resolving import Resolver
from tests.support.oidfed import NOW, Entities, Party

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "A.2")

OP, UMU, SWAMID, EDUGAIN = "https://op.umu.se", "https://umu.se", "https://swamid.se", "https://edugain.geant.org"
ENDPOINTS = {UMU: f"{UMU}/openid/fedapi", SWAMID: f"{SWAMID}/fedapi", EDUGAIN: "https://geant.org/edugain/api"}
ALGORITHMS = ["ES256", "ES384", "ES512"]
OWN = {
    "issuer": OP,
    "signed_jwks_uri": f"{OP}/jwks.jose",
    "authorization_endpoint": f"{OP}/authorization",
    "client_registration_types_supported": ["automatic", "explicit"],
    "request_parameter_supported": True,
    "grant_types_supported": ["authorization_code", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
    "id_token_signing_alg_values_supported": ["ES256", "RS256"],
    "logo_uri": "https://www.umu.se/img/umu-logo-left-neg-SE.svg",
    "op_policy_uri": "https://www.umu.se/en/website/legal-information/",
    "response_types_supported": ["code", "code id_token", "token"],
    "subject_types_supported": ["pairwise", "public"],
    "token_endpoint": f"{OP}/token",
    "federation_registration_endpoint": f"{OP}/fedreg",
    "token_endpoint_auth_methods_supported": [
        "client_secret_post",
        "client_secret_basic",
        "client_secret_jwt",
        "private_key_jwt",
    ],
}
POLICIES = {
    (UMU, OP): {
        "openid_provider": {
            "contacts": {"add": ["ops@swamid.se"]},
            "organization_name": {"value": "University of Umeå"},
            "subject_types_supported": {"value": ["pairwise"]},
            "token_endpoint_auth_methods_supported": {
                "default": ["private_key_jwt"],
                "subset_of": ["private_key_jwt", "client_secret_jwt"],
                "superset_of": ["private_key_jwt"],
            },
        }
    },
    (SWAMID, UMU): {
        "openid_provider": {
            "id_token_signing_alg_values_supported": {"subset_of": ["RS256", *ALGORITHMS]},
            "token_endpoint_auth_methods_supported": {"subset_of": ["client_secret_jwt", "private_key_jwt"]},
            "userinfo_signing_alg_values_supported": {"subset_of": ALGORITHMS},
        }
    },
    (EDUGAIN, SWAMID): {
        kind: {"contacts": {"add": ["ops@edugain.geant.org"]}} for kind in ("openid_provider", "openid_relying_party")
    },
}
RESOLVED = {
    **OWN,
    "contacts": ["ops@swamid.se", "ops@edugain.geant.org"],
    "organization_name": "University of Umeå",
    "subject_types_supported": ["pairwise"],
    "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_jwt"],
}


def example() -> Entities:
    def superior(name, *hints):
        return Party(name, hints, metadata={"federation_entity": {"federation_fetch_endpoint": ENDPOINTS[name]}})

    entities = Entities(
        Party(OP, (UMU,), metadata={"openid_provider": OWN}),
        superior(UMU, SWAMID),
        superior(SWAMID, EDUGAIN),
        superior(EDUGAIN),
    )
    for (issuer, subject), policy in POLICIES.items():
        entities[issuer].about[subject] = {"metadata_policy": policy, "source_endpoint": ENDPOINTS[issuer]}
        entities.egress.answers["GET", ENDPOINTS[issuer]] = entities._fetch(entities[issuer])
    return entities


def without_order(metadata):
    return {name: sorted(value) if isinstance(value, list) else value for name, value in metadata.items()}


def test_the_published_example_resolves_as_published():
    entities = example()
    chain = Resolver(entities.egress).resolve(OP, entities.anchors(EDUGAIN), NOW)
    assert [each.subject for each in chain.statements] == [OP, OP, UMU, SWAMID, EDUGAIN]
    assert without_order(chain.metadata["openid_provider"]) == without_order(RESOLVED)


def test_with_a_nearer_anchor_its_policy_is_not_asked():
    entities = example()
    chain = Resolver(entities.egress).resolve(OP, entities.anchors(EDUGAIN, SWAMID), NOW)
    assert [each.subject for each in chain.statements] == [OP, OP, UMU, SWAMID]
    assert chain.metadata["openid_provider"]["contacts"] == ["ops@swamid.se"]
