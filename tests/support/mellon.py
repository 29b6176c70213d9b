"""mod_auth_mellon as a SAML service: configured as its documentation says, not patched."""

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from tests.support import apache, pki
from tests.support.apache import Apache
from tests.support.broker_process import BrokerProcess
from tests.support.nginx import free_port
from tests.support.world import LEVEL2, LEVEL3

CONFIGURATION = """
<Location />
    MellonSPPrivateKeyFile {folder}/sp.key
    MellonSPCertFile {folder}/sp.pem
    MellonIdPMetadataFile {folder}/idp.xml
    MellonEndpointPath /mellon
    MellonSecureCookie Off
    MellonVariable sp
    MellonSignatureMethod rsa-sha256
    MellonSetEnv GIVENNAME urn:oid:2.5.4.42
    MellonSetEnv SURNAME urn:oid:2.5.4.4
    MellonRedirectDomains [self] localhost
    MellonNoSuccessErrorPage {base}/out.html
    MellonAuthnContextClassRef %(level)s
    MellonEnable info
</Location>
<Location /inside>
    MellonEnable auth
</Location>
"""


@contextmanager
def running(broker: BrokerProcess) -> Iterator[Apache]:
    """A service that knows the broker by the broker's own metadata, and is known to it by the metadata it writes itself."""
    port = free_port()
    own = pki.Authority.root("mellon", key=pki.rsa_key(3072))
    files = {"sp.key": own.key_pem, "sp.pem": own.pem, "idp.xml": document(f"{broker.base}/saml/metadata")}
    with apache.running(port, "auth_mellon", CONFIGURATION % {"level": LEVEL3}, files) as service:
        broker.add(
            {
                "id": "mellon",
                "saml": {"metadata_xml": document(f"{service.base}/mellon/metadata").decode()},
                "levels": [LEVEL3, LEVEL2],
                "attributes": ["givenName", "sn"],
                "names": {"sv": "Tjänsten med mellon", "en": "The service with mellon"},
            },
            service.page,
        )
        yield service


def document(url: str) -> bytes:
    """What stands at an address."""
    answer = urllib3.request("GET", url, retries=False, timeout=10)
    assert answer.status == 200, (url, answer.status, answer.data)
    return answer.data
