"""JSON in and out, and the addresses of the endpoints."""

import json
from collections.abc import Mapping
from typing import Any, Final

from broker.exchange import Reply

PATHS: dict[str, str] = {
    "authorization_endpoint": "/oidc/authorize",
    "token_endpoint": "/oidc/token",
    "userinfo_endpoint": "/oidc/userinfo",
    "jwks_uri": "/oidc/jwks",
    "introspection_endpoint": "/oidc/introspect",
    "revocation_endpoint": "/oidc/revoke",
    "end_session_endpoint": "/oidc/logout",
}

REGISTRATION: Final = "/oidc/register"

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_NO_STORE = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache"))


def json_reply(document: Mapping[str, Any], status: int = 200) -> Reply:
    """An answer that no cache may keep (RFC 6749 section 5.1)."""
    return Reply(status, _NO_STORE, _dump(document).encode())
