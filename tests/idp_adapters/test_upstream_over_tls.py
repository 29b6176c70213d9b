"""Both upstream methods against their simulators over real TLS, through the one egress client."""

import ssl
from http.client import HTTPSConnection
from urllib.parse import urlencode, urlsplit

import pytest

from idp_adapters.base import Authenticated, Failed, Inbound, PostForm
from idp_adapters.simulators.oidc_op import Client
from idp_adapters.simulators.serving import serve
from idp_adapters.simulators.upstream import Fault
from metadata.register import POST, Endpoint
from metadata.wire.egress import Egress, EgressPolicy
from metadata.wire.jose import PublicKeySet
from tests.support import pki
from tests.support.upstream import (
    ACS,
    BROKER,
    LOA3,
    NOW,
    Clock,
    ask,
    identity_provider,
    landed,
    oidc_settings,
    open_id_provider,
    returned,
    saml_ask,
    saml_provider,
    saml_settings,
    signer,
    tools,
)


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    """A server certificate for 127.0.0.1, as files, and its root."""
    folder = tmp_path_factory.mktemp("tls")
    root = pki.Authority.root()
    server = root.server("127.0.0.1")
    for name, octets in (("cert.pem", server.pem), ("key.pem", server.key_pem), ("ca.pem", root.pem)):
        (folder / name).write_bytes(octets)
    return folder


@pytest.fixture
def egress(identity):
    client = Egress(EgressPolicy(loopback=True, ca_file=str(identity / "ca.pem")))
    yield client
    client.close()


@pytest.fixture
def served(identity):
    """Serve an application made for the address that it will have."""
    running = []

    def start(make):
        holder = {}

        def app(environ, start_response):
            return holder["app"](environ, start_response)

        server = serve(app, "127.0.0.1", 0, cert=identity / "cert.pem", key=identity / "key.pem")
        running.append(server)
        holder["app"] = make(server.url)
        return holder["app"]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def browser(identity):
    """Ask the provider as a browser would: a GET, or the POST of a form. Gives the status, headers and page."""
    context = ssl.create_default_context(cafile=str(identity / "ca.pem"))

    def go(url, fields=None):
        parts = urlsplit(url)
        connection = HTTPSConnection(parts.netloc, context=context, timeout=5)
        body = None if fields is None else urlencode(fields)
        headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
        connection.request("POST" if body else "GET", f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        try:
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    return go


def op_with_method(url):
    client = Client(
        "tillit", (f"{BROKER}/login/upstream/op/callback",),
        keys=lambda: PublicKeySet.of([("broker-oidc", signer("broker-oidc").public_key)]),
    )  # fmt: skip
    return open_id_provider(url, Clock(), client=client)


def test_an_openid_provider_identifies_a_person(served, egress, browser):
    op = served(op_with_method)
    adapter = oidc_settings(op.issuer).adapter("op", tools(egress))
    step = adapter.start(ask(levels=(LOA3,)), NOW)

    status, headers, _ = browser(step.url)
    found = adapter.resume(step.state, returned(headers["Location"]), NOW)

    assert status == 303
    assert isinstance(found, Authenticated), found
    assert found.asserted.subject.value == "anna"


def test_an_openid_provider_that_is_down_or_slow_is_waited_for_only_so_long(served, egress, browser):
    op = served(op_with_method)
    adapter = oidc_settings(op.issuer).adapter("op", tools(egress))
    step = adapter.start(ask(), NOW)
    op.script.set(Fault.SLOW, 0.2)
    slow = adapter.resume(step.state, returned(browser(step.url)[1]["Location"]), NOW)
    op.script.set(Fault.DOWN)

    found = adapter.resume(step.state, Inbound({"state": "login-1", "iss": op.issuer, "code": "x"}), NOW)

    assert isinstance(slow, Authenticated), slow
    assert isinstance(found, Failed)
    assert found.reason.code == "upstream-down"
    assert browser(f"{op.issuer}/control")[0] == 200


@pytest.mark.parametrize("bindings", [None, (POST,)], ids=["redirect", "post"])
def test_a_saml_identity_provider_identifies_a_person(served, egress, browser, bindings):
    idp = served(lambda url: identity_provider(url, Clock()))
    endpoints = {"single_sign_on_services": (Endpoint(f"{idp.base_url}/sso", POST),)} if bindings else {}
    provider = saml_provider(idp.base_url, **endpoints)
    adapter = saml_settings(provider=provider).adapter("idp", tools(egress))
    step = adapter.start(saml_ask(levels=(LOA3,)), NOW)

    _, headers, page = browser(step.url, step.fields if isinstance(step, PostForm) else None)
    found = adapter.resume(step.state, landed(page), NOW)

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert ACS.encode() in page
    assert isinstance(found, Authenticated), found
    assert found.asserted.subject.value == "anna"
