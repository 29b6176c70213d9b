"""Everything around the federation that the demo makes up: the card CA's responder, the phone, two upstream providers.

Owns how the simulators are set up for the demo's people, and serves them. How they behave is `idp_adapters.simulators`.
"""

import threading
from collections.abc import Callable
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from broker.demo import cards, keys
from broker.demo.broker_peer import BrokerPeer
from broker.demo.federation import OP_CLIENT
from broker.demo.people import PERSONAS, Persona
from broker.demo.places import LOA, Places
from idp_adapters.simulators import phone, phone_orders, upstream
from idp_adapters.simulators.ca import TestCa, Trouble, make_wsgi_app
from idp_adapters.simulators.oidc_op import Client, OpenIdProvider
from idp_adapters.simulators.saml_idp import SamlIdentityProvider
from idp_adapters.simulators.serving import Running, serve
from metadata.register import SamlService
from metadata.wire.strict_json import BadJson, read_object

AT_REGION: Final = ("tolvan", "astrid", "bo")
AT_SUPPLIER: Final = ("cecilia", "bo", "dagny")
SAML_NAMES: Final = {
    "given_name": "urn:oid:2.5.4.42",
    "surname": "urn:oid:2.5.4.4",
    "name": "urn:oid:2.16.840.1.113730.3.1.241",
    "number": "urn:oid:1.2.752.29.4.13",
}
CLAIMS: Final = {
    "given_name": "given_name",
    "surname": "family_name",
    "name": "name",
    "number": "https://id.oidc.se/claim/personalIdentityNumber",
}


def saml_idp(places: Places, service: Callable[[str], SamlService | None]) -> SamlIdentityProvider:
    """The region's identity provider."""
    return SamlIdentityProvider(
        places.saml_idp,
        service,
        [_at_home(PERSONAS[who], SAML_NAMES) for who in AT_REGION],
        signer=keys.signer(places, "saml-idp"),
        stranger=keys.signer(places, "saml-idp-stranger"),
        levels=(f"{LOA}3", f"{LOA}2"),
    )


def openid_provider(places: Places, peer: BrokerPeer) -> OpenIdProvider:
    """The supplier's OpenID Provider, at which the broker is registered with its keys."""
    client = Client(OP_CLIENT, (f"{places.broker}/login/upstream/bolaget-op/callback",), keys=peer.keys)
    return OpenIdProvider(
        places.openid_provider,
        [client],
        [_at_home(PERSONAS[who], CLAIMS) for who in AT_SUPPLIER],
        signer=keys.signer(places, "openid-provider"),
        stranger=keys.signer(places, "openid-provider-stranger"),
        levels=("substantial", "low"),
    )


def _at_home(persona: Persona, names: dict[str, str]) -> upstream.Person:
    """A persona as their home organisation describes them."""
    known = {
        "given_name": persona.given_name,
        "surname": persona.surname,
        "name": persona.name,
        "number": persona.number,
    }
    return upstream.Person(
        persona.id, persona.name, {names[field]: (value,) for field, value in known.items() if value}
    )


def phone_simulator() -> phone.PhoneSimulator:
    """The mobile e-ID with the demo's people; one more has an e-ID that is blocked."""
    people = [
        phone_orders.Person(persona.number, persona.given_name, persona.surname)
        for persona in PERSONAS.values()
        if persona.phone and persona.number
    ]
    blocked = phone_orders.Person(PERSONAS["dagny"].number, "Dagny", "Samordning", blocked=True)
    return phone.PhoneSimulator(persons=[*people, blocked])


def start(places: Places) -> list[Callable[[], None]]:
    """Serve them all; returns what stops each.

    The phone knows the broker by its very certificate, and names it alone in the handshake: no browser offers a card there.
    """
    cert, key = places.certificate("server"), places.key("server")
    peer = BrokerPeer(places)

    def tls(app: Any, offset: int) -> Callable[[], None]:
        return serve(app, "127.0.0.1", places.port + offset, cert=cert, key=key).stop

    phone_running: Running = phone_simulator().serve(
        "127.0.0.1", places.port + 2, cert=cert, key=key, client_ca=places.certificate("relying-party")
    )
    return [
        _serve_plain(_with_control(cards.card_ca(places)), places.port + 8),
        phone_running.stop,
        tls(saml_idp(places, peer.service), 3),
        tls(openid_provider(places, peer), 4),
    ]


def _with_control(ca: TestCa) -> Any:
    """The CA's status app, and `POST /control` with JSON `{"ocsp": TROUBLE, "crl": TROUBLE}`, to see it misbehave."""
    status = make_wsgi_app(ca, cards.now)

    def app(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/control" or environ["REQUEST_METHOD"] != "POST":
            return status(environ, start_response)
        try:
            wanted = read_object(environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), 1024)))
            ca.outage.ocsp, ca.outage.crl = Trouble(wanted.get("ocsp", "none")), Trouble(wanted.get("crl", "none"))
        except (BadJson, ValueError):
            start_response("400 Bad Request", [("Content-Length", "0")])
            return []
        start_response("204 No Content", [])
        return []

    return app


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking any resolver for our name, as http.server would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])
        self.setup_environ()


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A simulator writes no log."""


def _serve_plain(app: Any, port: int) -> Callable[[], None]:
    """OCSP and revocation lists are signed and go over http, as in life."""
    server = make_server("127.0.0.1", port, app, server_class=_Threaded, handler_class=_Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop
