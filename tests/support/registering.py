"""A client that registers itself."""

import json

from broker.federation.registering import Terms, invite
from metadata.wire.jose import issue
from tests.support.oidfed import jwks, key
from tests.support.world import CALLBACK, LEVEL2, LEVEL3, MEMBER, NOW, federation

REGISTER = "/oidc/register"
OTHER = "2021002114"
VENDOR = "https://vendor.example"
GOOD = {"redirect_uris": [CALLBACK], "client_name": "Ny tjänst", "client_name#en": "New service"}


def document(**more):
    parts = {
        "members": [
            {"org": MEMBER, "name": {"sv": "Region Exempel"}},
            {"org": OTHER, "name": {"sv": "Region Norr"}},
        ],
        "software_statement_issuers": [
            {"issuer": VENDOR, "jwks": jwks(key(VENDOR)), "member": OTHER, "levels": [LEVEL3], "attributes": ["sn"]}
        ],
    }
    return federation(**{**parts, **more})


class Registering:
    def __init__(self, world):
        self.world = world

    def token(self, until=NOW + 3600, org=MEMBER, levels=(LEVEL2, LEVEL3), attributes=("givenName", "sn")):
        token, effects = invite(Terms(org, levels, attributes), NOW, until)
        self.world.store.commit(effects)
        return token

    def send(self, method="POST", body=None, token=None, query="", media_type="application/json", scheme="Bearer"):
        headers = {"Content_Type": media_type}
        if token is not None:
            headers["Authorization"] = f"{scheme} {token}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return self.world.request(method, REGISTER + query, raw, **headers)

    def register(self, token=None, **changes):
        body = {n: v for n, v in {**GOOD, **changes}.items() if v is not None}
        return self.send(body=body, token=self.token() if token is None else token)

    def manage(self, method, told, body=None, token=None):
        query = "?" + told["registration_client_uri"].partition("?")[2]
        return self.send(method, body, told["registration_access_token"] if token is None else token, query)

    def entry(self, told):
        return self.world.store.register_entry("service", told["client_id"])

    def statement(self, signed_by=None, typ=None, **claims):
        made = {"iss": VENDOR, "iat": NOW, "exp": NOW + 600, "software_id": "journal", **claims}
        return issue({n: v for n, v in made.items() if v is not None}, signed_by or key(VENDOR), typ=typ)
