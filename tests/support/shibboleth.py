"""The Shibboleth SP (mod_shib with shibd) as a SAML service that knows nobody but what a federation publishes.

Configured as its documentation says, not patched: it fetches the broker's metadata, one entity (MDQ) or all, verifies the
signature with the certificate that it was given, and takes nothing that is not signed or has no end.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import apache, pki
from tests.support.apache import Apache
from tests.support.broker_process import BrokerProcess
from tests.support.mellon import document
from tests.support.nginx import free_port
from tests.support.world import LEVEL2, LEVEL3

SHIBD = shutil.which("shibd", path="/usr/sbin:/usr/bin")
DAY = 86400
MOMENTS = 300
"""Looks at the daemon, a tenth of a second apart, before it must listen."""

FILTERS = """
    <MetadataFilter type="RequireValidUntil" maxValidityInterval="%(longest)d"/>
    <MetadataFilter type="Signature" certificate="%(folder)s/publisher.pem"/>
"""
BY_QUERY = (
    """
<MetadataProvider type="MDQ" id="mdq" ignoreTransport="true" baseUrl="%(broker)s/" cacheDirectory="%(folder)s/mdq">
"""
    + FILTERS
    + "</MetadataProvider>"
)
WHOLE = (
    """
<MetadataProvider type="XML" id="all" url="%(broker)s/metadata/all.xml" backingFilePath="%(folder)s/all.xml">
"""
    + FILTERS
    + "</MetadataProvider>"
)
CONFIGURATION = """
<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180">
  <OutOfProcess logger="%(folder)s/logger"/>
  <InProcess logger="%(folder)s/logger"/>
  <UnixListener address="%(folder)s/socket"/>
  <ApplicationDefaults entityID="%(base)s/shibboleth" REMOTE_USER="persistent-id" signing="front">
    <Sessions lifetime="3600" timeout="600" checkAddress="false" handlerSSL="false" cookieProps="http" redirectLimit="exact">
      <SSO entityID="%(broker)s/saml/metadata">SAML2</SSO>
      <Logout>SAML2 Local</Logout>
      <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
    </Sessions>
    <Errors redirectErrors="%(base)s/out.html"/>
    %(provider)s
    <AttributeExtractor type="XML" path="%(folder)s/attributes.xml"/>
    <CredentialResolver type="File" key="%(folder)s/sp.key" certificate="%(folder)s/sp.pem"/>
  </ApplicationDefaults>
  <SecurityPolicyProvider type="XML" path="/etc/shibboleth/security-policy.xml"/>
  <ProtocolProvider type="XML" reloadChanges="false" path="/etc/shibboleth/protocols.xml"/>
</SPConfig>
"""
ATTRIBUTES = """
<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map">
  <Attribute name="urn:oid:2.5.4.42" id="givenName"/>
  <Attribute name="urn:oid:2.5.4.4" id="sn"/>
</Attributes>
"""
LOGGER = """
log4j.rootCategory=INFO, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.fileName=%(folder)s/log
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%%p %%c %%x: %%m%%n
"""
PROTECTED = """
ShibConfig %(folder)s/shibboleth2.xml
<Location /inside>
    AuthType shibboleth
    ShibRequestSetting requireSession 1
    ShibRequestSetting authnContextClassRef %(level)s
    Require shib-session
</Location>
<Location /Shibboleth.sso>
    SetHandler shib-handler
    Require all granted
</Location>
"""


@dataclass(frozen=True)
class Shibboleth:
    """A running service; `log` is what daemon and module had to say."""

    apache: Apache
    folder: Path

    @property
    def page(self) -> str:
        return self.apache.page

    @property
    def base(self) -> str:
        return self.apache.base

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


def missing() -> str:
    """What is not installed here, or nothing."""
    return apache.missing("shib") or ("" if SHIBD else "no shibd on this machine")


@contextmanager
def running(broker: BrokerProcess, provider: str, certificate: bytes, longest: int = 14 * DAY) -> Iterator[Shibboleth]:
    """A service that trusts what `certificate` signed, found as `provider` says."""
    folder = Path(tempfile.mkdtemp(prefix="tillit-shibboleth-"))
    port = free_port()
    values = {
        "folder": folder,
        "broker": broker.base,
        "base": f"http://localhost:{port}",
        "level": LEVEL3,
        "longest": longest,
    }
    own = pki.Authority.root("shibboleth", key=pki.rsa_key(3072))
    for name, text in {
        "shibboleth2.xml": CONFIGURATION % {**values, "provider": provider % values},
        "attributes.xml": ATTRIBUTES,
        "logger": LOGGER % values,
        "sp.key": own.key_pem.decode(),
        "sp.pem": own.pem.decode(),
        "publisher.pem": certificate.decode(),
    }.items():
        (folder / name).write_text(text.strip() + "\n")
    (folder / "mdq").mkdir()
    try:
        with _daemon(folder), apache.running(port, "shib", PROTECTED % values, {}) as server:
            yield Shibboleth(server, folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _daemon(folder: Path) -> Iterator[None]:
    (folder / "log").touch()
    command = [
        *apache.as_nobody_special(folder),
        SHIBD,
        "-F",
        "-f",
        "-c",
        str(folder / "shibboleth2.xml"),
        "-p",
        str(folder / "pid"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(MOMENTS):
            if (folder / "socket").exists():
                break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def registered(broker: BrokerProcess, service: Shibboleth, id: str) -> None:
    """The broker knows the service by the metadata that it writes itself."""
    broker.add(
        {
            "id": id,
            "saml": {"metadata_xml": document(f"{service.base}/Shibboleth.sso/Metadata").decode()},
            "levels": [LEVEL3, LEVEL2],
            "attributes": ["givenName", "sn"],
            "names": {"sv": "Tjänsten med Shibboleth", "en": "The service with Shibboleth"},
        },
        service.page,
    )
