"""The grants of the token endpoint: one module each, one line here.

A module has `GRANT_TYPE` and `handle(request, service, client, now, on) -> Granted`. Discovery, registration rules and the
token endpoint are derived from the table.
"""

from broker.protocols.oidc.grants import authorization_code, client_credentials, refresh_token
from broker.protocols.oidc.grants.base import Grants

GRANTS: dict[str, Grants] = {
    module.GRANT_TYPE: module for module in (authorization_code, refresh_token, client_credentials)
}
