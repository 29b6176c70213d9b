"""An entity made of pygrindvakt, run by the interpreter of an environment of its own (see `tests/support/grindvakt.py`).

    grindvakt_entity.py ANCHOR-ENTITY-ID < anchor's key set

Serves its entity configuration on a port of loopback, tells its identifier and keys on a line; then for each line that comes it
resolves itself by way of the anchor and tells on a line what it found, or the error.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from pygrindvakt import federation, keys
from pygrindvakt.http import ReqwestClient

LIFETIME = 3600


def new_key():
    jwk = keys.generate_ec_jwk()
    return keys.signing_key_from_jwk(jwk, kid=keys.jwk_thumbprint(jwk))


def tell(told):
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def serve(anchor):
    key, client_key = new_key(), new_key()

    class Configuration(BaseHTTPRequestHandler):
        def do_GET(self):
            body = configuration.encode()
            self.send_response(200 if self.path == "/.well-known/openid-federation" else 404)
            self.send_header("Content-Type", "application/entity-statement+jwt")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Configuration)
    entity_id = f"http://127.0.0.1:{server.server_port}"
    metadata = {
        "openid_relying_party": {
            "redirect_uris": [f"{entity_id}/cb"],
            "client_name": "Grindvakt",
            "contacts": ["help@rp.example"],
            "client_registration_types": ["automatic"],
            "jwks": client_key.to_public_jwks(),
        }
    }
    configuration = federation.build_entity_configuration(
        key, entity_id, key.to_public_jwks(), [anchor], metadata, None, LIFETIME
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return entity_id, key.to_public_jwks()


def main():
    (anchor,) = sys.argv[1:]
    entity_id, jwks = serve(anchor)
    tell({"entity_id": entity_id, "jwks": jwks})
    for line in sys.stdin:
        try:
            found = federation.resolve_via_trust_anchors(ReqwestClient(), entity_id, {anchor: json.loads(line)})
            told = {"subject": found.subject, "metadata": found.metadata, "exp": found.exp, "issuer": found.issuer}
        except Exception as error:  # noqa: BLE001  # told to the test
            told = {"error": f"{type(error).__name__}: {error}"}
        tell(told)


main()
