"""A card method with the test CA behind it, all in one process: the egress client calls the CA's WSGI app directly."""

import atexit
import io
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from idp_adapters.base import Inbound, Tools
from idp_adapters.methods.card import CardSettings
from idp_adapters.simulators.ca import ISSUERS, Holder, TestCa, make_wsgi_app
from metadata.wire.egress import EgressFailed, Response
from tests.support import adapters, pki

NOW = int(pki.NOW.timestamp())
LOA3, LOA2 = "http://id.sambi.se/loa/loa3", "http://id.sambi.se/loa/loa2"
POLICIES = {
    ISSUERS["person-hsa-3"].policy: LOA3,
    ISSUERS["person-id-3"].policy: LOA3,
    ISSUERS["person-hsa-2"].policy: LOA2,
}
KAJSA = Holder("TST2321000016-1001", "Kajsa", "Provsson", "Exempelsjukhuset")
HOST = "http://status.test"


@dataclass
class WsgiEgress:
    """An egress client whose whole net is one WSGI app, or a function that stands in for it."""

    app: object = None
    calls: list = field(default_factory=list)
    down: frozenset = frozenset()

    def fetch(self, outbound):
        kind = urlsplit(outbound.url).path.split("/")[1]
        self.calls.append(kind)
        if kind in self.down:
            raise EgressFailed("timeout", "status.test")
        return call_wsgi(self.app, outbound.method, outbound.url, outbound.body or b"", outbound.headers)


def call_wsgi(app, method, url, body=b"", headers=()):
    parts, seen = urlsplit(url), {}
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": dict(headers).get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    chunks = app(environ, lambda status, fields: seen.update(status=int(status[:3]), headers=dict(fields)))
    return Response(seen["status"], {k.lower(): v for k, v in seen["headers"].items()}, b"".join(chunks))


def tools(egress) -> Tools:
    return Tools("https://broker.test", "https://broker.test/saml/metadata", egress, lambda *_: None, tuple)


class CardWorld:
    """The CA, the method, and a clock that tests move."""

    def __init__(self, directory, now=NOW, **settings):
        self.now = now
        self.ca = TestCa(directory, HOST, lambda: self.now)
        self.egress = WsgiEgress(make_wsgi_app(self.ca, lambda: self.now))
        anchors = tuple(str(path) for path in self.ca.anchors())
        self.settings = CardSettings(**{"anchors": anchors, "policies": POLICIES, **settings})
        self.adapter = self.settings.adapter("card", tools(self.egress))

    def card(self, holder=KAJSA, issuer="person-hsa-3", **options):
        return self.ca.issue_card(holder, issuer, **{"key": "p256", **options})

    def login(self, *certificates, levels=b"[]"):
        return self.adapter.resume(levels, Inbound(certificates=certificates), self.now)


def under_test() -> adapters.UnderTest:
    """The card method for the contract suite."""
    directory = Path(tempfile.mkdtemp(prefix="tillit-card-"))
    atexit.register(shutil.rmtree, directory)
    world = CardWorld(directory, adapters.NOW)

    def completing(ask):
        started = world.adapter.start(ask, adapters.NOW)
        return started.state, Inbound(certificates=(world.card().der(),)), adapters.NOW + 30

    return adapters.UnderTest(world.adapter, world.settings.terms("card"), completing)
