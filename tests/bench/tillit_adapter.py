"""tillit for the peer benchmark: `python3 bench/run.py --adapter tests/bench/tillit_adapter.py --op O1`.

SQLite with an fsync at each commit, every check on, one worker. Variants: `es256` (default) and `rs256` for the ID token.
"""

import json
import os
import subprocess
import sys
import urllib.request

import benchlib as bl

PORT = 9680
BASE = f"http://127.0.0.1:{PORT}"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TILLIT = os.environ.get("TILLIT_BIN", os.path.join(ROOT, ".venv/bin/tillit"))
LEVEL = "http://id.swedenconnect.se/loa/1.0/uncertified-loa2"
PASSWORD_CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
BROKERED_SP = "http://127.0.0.1:9699/sp-brokered"
USERS = 50


class Adapter(bl.Peer):
    """One broker, started and filled like any other installation: init, apply, serve."""

    name = "tillit"
    ops = ("O7", "O4", "O5", "O6", "O3", "O1", "O2", "O8", "O9", "O10")
    warm_s = 4.0
    needs_upstream = True

    def __init__(self, variant=""):
        super().__init__(variant or "es256")
        self.variant = variant or "es256"
        self.version = (
            "tillit "
            + subprocess.run([TILLIT, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        )
        self.note = "granian WSGI, 1 worker, SQLite WAL with synchronous=FULL, audit record in the same transaction"

    def environment(self):
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return {**env, "TILLIT_ENV": "test", "TILLIT_BASE_URL": BASE, "TILLIT_DATA_DIR": self.dir + "/data"}

    def tillit(self, *args):
        subprocess.run([TILLIT, *args], env=self.environment(), cwd=self.dir, check=True, stdout=sys.stderr)

    def prepare(self):
        federation = {
            "tillit": "1",
            "members": [{"org": "5560360793", "name": {"sv": "Bänk", "en": "Bench"}}],
            "services": [
                self.client(bl.CLIENT, ["test"]),
                self.client("bench-brokered", ["up"]),
                *self.saml_services(),
            ],
            "identity_providers": [self.upstream_op(), self.upstream_idp()],
            "persons": [
                {"id": f"bench{i}", "givenName": "Bänk", "sn": f"Person{i}", "displayName": f"Bänk Person{i}"}
                for i in range(USERS)
            ],
        }
        with open(self.dir + "/federation.yaml", "w") as file:
            json.dump(federation, file, indent=1)  # JSON is YAML
        self.tillit("init")
        self.tillit("apply", "federation.yaml")

    def client(self, client_id, methods):
        return {
            "id": client_id,
            "member": "5560360793",
            "oidc": {
                "client_id": client_id,
                "client_secret": bl.SECRET,
                "token_endpoint_auth_method": "client_secret_basic",
                "redirect_uris": [bl.RP_REDIRECT],
                "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "scope": "openid profile email offline_access " + client_id,
                "id_token_signed_response_alg": "RS256" if self.variant == "rs256" else "ES256",
            },
            "levels": [LEVEL],
            "methods": methods,
            "attributes": ["givenName", "sn", "displayName"],
        }

    def saml_services(self):
        def metadata(entity_id):
            return (
                f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">'
                '<md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="false" '
                'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">'
                '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
                f"{bl.cert_b64('sp')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
                '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
                f'Location="{bl.SP_ACS}" index="1" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>'
            )

        return [
            {
                "id": entity_id.rpartition("/")[2],
                "member": "5560360793",
                "saml": {"metadata_xml": metadata(entity_id)},
                "levels": [LEVEL],
                "methods": [method],
                "attributes": ["givenName", "sn", "displayName"],
            }
            for entity_id, method in ((bl.SP_ENTITY, "test"), (BROKERED_SP, "ups"))
        ]

    def upstream_op(self):
        return {
            "id": "up",
            "oidc": {
                "issuer": f"http://{bl.UPSTREAM}/op",
                "client_id": "tillit",
                "client_secret": bl.SECRET,
                "token_endpoint_auth_method": "client_secret_basic",
                "id_token_signed_response_alg": "RS256",
                "scope": "openid profile",
            },
            "ceiling": LEVEL,
            "levels": {"": LEVEL},
            "attributes": {"given_name": "givenName", "family_name": "sn"},
        }

    def upstream_idp(self):
        path = self.dir + "/up.xml"
        with open(path, "wb") as file:
            file.write(urllib.request.urlopen(f"http://{bl.UPSTREAM}/saml/metadata").read())
        return {
            "id": "ups",
            "saml": {"metadata": path},
            "ceiling": LEVEL,
            "levels": {PASSWORD_CLASS: LEVEL},
            "attributes": {"urn:oid:2.5.4.42": "givenName", "urn:oid:2.5.4.4": "sn"},
        }

    def start(self):
        process = self.spawn([TILLIT, "serve"], env=self.environment())
        return bl.wait_http(f"{BASE}/readyz", 60, process)

    def config(self, op):
        brokered = op == "O10"
        return {
            "issuer": BASE,
            "discovery_url": f"{BASE}/.well-known/openid-configuration",
            "jwks_url": f"{BASE}/oidc/jwks",
            "authorize_url": f"{BASE}/oidc/authorize",
            "token_url": f"{BASE}/oidc/token",
            "introspect_url": f"{BASE}/oidc/introspect",
            "userinfo_url": f"{BASE}/oidc/userinfo",
            "client_id": "bench-brokered" if brokered else bl.CLIENT,
            "scope": "openid profile",
            "refresh_scope": "openid offline_access",
            "cc_scope": bl.CLIENT,
            "user_prefix": "bench",
            "users": USERS,
            "saml": {
                "sso_url": f"{BASE}/saml/sso",
                "sp_entity_id": BROKERED_SP if op == "O9" else bl.SP_ENTITY,
                "acs_url": bl.SP_ACS,
                "sp_key": f"{bl.KEYS}/sp.key",
                "idp_metadata_url": f"{BASE}/saml/metadata",
            },
        }
