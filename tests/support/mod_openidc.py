"""mod_auth_openidc as an OpenID client: configured as its documentation says, not patched."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import apache
from tests.support.apache import Apache
from tests.support.broker_process import BrokerProcess
from tests.support.nginx import free_port
from tests.support.world import LEVEL2, LEVEL3, SECRET

CONFIGURATION = """
OIDCProviderMetadataURL %(broker)s/.well-known/openid-configuration
OIDCClientID openidc
OIDCClientSecret %(secret)s
OIDCRedirectURI {base}/inside/callback
OIDCCryptoPassphrase a-passphrase-of-this-test
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCHTMLErrorTemplate {folder}/error.html
<Location /inside>
    AuthType openid-connect
    Require valid-user
</Location>
<Location /inside/bo>
    OIDCPathAuthRequestParams login_hint=test%%3Abo
</Location>
"""
ERROR = b"<html><body id='refused'>%s: %s</body></html>\n"


@contextmanager
def running(broker: BrokerProcess) -> Iterator[Apache]:
    """A client that reads the broker's discovery document."""
    port = free_port()
    base = f"http://localhost:{port}"
    configuration = CONFIGURATION % {"broker": broker.base, "secret": SECRET}
    with apache.running(port, "auth_openidc", configuration, {"error.html": ERROR}) as service:
        broker.add(
            {
                "id": "openidc",
                "oidc": {
                    "client_id": "openidc",
                    "client_secret": SECRET,
                    "client_name": "Tjänsten med mod_auth_openidc",
                    "token_endpoint_auth_method": "client_secret_basic",
                    "redirect_uris": [f"{base}/inside/callback"],
                    "post_logout_redirect_uris": [f"{base}/out.html"],
                    "grant_types": ["authorization_code"],
                    "scope": "openid profile",
                    "client_uri": "https://openidc.example.org/",
                },
                "levels": [LEVEL3, LEVEL2],
                "attributes": ["givenName", "sn"],
            },
            service.page,
        )
        yield service
