"""The contracts over real TLS: a listener with a store behind it, clients with certificates, and zeep, which wrote none of it."""

import socket
import ssl
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import requests
import zeep
from zeep.cache import InMemoryCache
from zeep.transports import Transport

from broker.exchange import Reply
from broker.login.effects import Effects, KeepPerson, PersonKey
from broker.protocols.rivta.contracts import OPERATIONS
from broker.storage.opening import open_storage
from broker.web.metrics import Metrics
from broker.web.rivta import rivta
from broker.web.rivta_listener import LIMITS, serve_rivta
from broker.web.rivta_tls import VerifyingContext
from tests.support import care_values as a
from tests.support import pki
from tests.support.card_client import Answer, read_answer
from tests.support.databases import Clock, sqlite_settings
from trust_framework.care import patient_key
from trust_framework.care_register import CareConsumer

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
JOURNAL, NODE, POOR, NOBODY = "SE2321000016-JOURNAL", "SE165565594230-NODE", "SE2321000016-POOR", "SE2321000016-NOBODY"
NATIONAL = "SE165565594230-1000"


@cache
def root() -> pki.Authority:
    return pki.Authority.root("Test Function Root")


@cache
def certificate(hsa_id: str | None, **options) -> pki.Issued:
    return root().leaf("journal.example", serial_number=hsa_id, **options)


def consumers():
    every = frozenset({each.domain.name for each in OPERATIONS})
    both = frozenset({a.PROVIDER, a.OTHER_PROVIDER})
    rows = (
        CareConsumer(JOURNAL, "2321000016", every, frozenset({a.PROVIDER})),
        CareConsumer(NODE, "5565594230", every, both, copies=True),
        CareConsumer(POOR, "2321000016", frozenset({"CheckConsent"}), frozenset({a.PROVIDER})),
    )
    return {row.hsa_id: row for row in rows}


@dataclass
class RivtaServer:
    """A running listener over a store that knows two patients."""

    folder: Path
    settings: object
    store: object
    clock: Clock = field(default_factory=Clock)
    failures: list = field(default_factory=list)

    def __post_init__(self):
        self.federation = SimpleNamespace(care=replace(a.register(), consumers=consumers()), version=7)
        services = SimpleNamespace(settings=self.settings, store=self.store, federation=lambda: self.federation)
        self.on = SimpleNamespace(services=services, clock=self.clock, metrics=Metrics(), note_failure=self._failed)

    def _failed(self, what, error, reference=""):
        self.failures.append((what, error, reference))

    def start(self):
        server = root().server("127.0.0.1", "localhost")
        paths = {"cert.pem": server.pem, "key.pem": server.key_pem, "ca.pem": root().pem}
        for name, octets in paths.items():
            (self.folder / name).write_bytes(octets)
        cert, key, ca = (self.folder / name for name in paths)
        self.listener = serve_rivta(
            "127.0.0.1:0",
            VerifyingContext(cert, key, ca),
            lambda r, c: rivta(r, c, self.on),
            lambda path: Reply(200),
            limits=LIMITS,
        )
        self.listener.start()
        self.base = f"https://localhost:{self.listener.port}"
        self.on.services.settings = self.settings.model_copy(update={"rivta_url": self.base})
        return self

    def stop(self):
        self.listener.stop()
        self.store.close()

    def files(self, issued):
        """A certificate and its key in one file, as clients want them."""
        path = self.folder / f"{issued.certificate.serial_number}.pem"
        path.write_bytes(issued.pem + issued.key_pem)
        return path

    def session(self, hsa_id=JOURNAL):
        session = requests.Session()
        session.trust_env = False
        session.cert, session.verify = str(self.files(certificate(hsa_id))), str(self.folder / "ca.pem")
        return session

    def client(self, name, hsa_id=JOURNAL, session=None):
        """A zeep client of an operation, made from the WSDL that is served."""
        operation = next(each for each in OPERATIONS if each.name == name)
        transport = Transport(session=session or self.session(hsa_id), cache=InMemoryCache(), timeout=10)
        return zeep.Client(f"{self.base}{operation.path}?wsdl", transport=transport)

    def asking(self):
        """An operation called by zeep, with what stands in its one answering element; the client of each is made once."""
        clients = {}

        def call(name, _as=JOURNAL, _to=a.PROVIDER, **fields):
            if (name, _as) not in clients:
                clients[name, _as] = self.client(name, _as)
            answer = clients[name, _as].service[name](**fields, _soapheaders={"LogicalAddress": _to})
            (content,) = (answer[each] for each in answer if each != "_value_1")
            return content

        return call

    def raw(self, octets, issued="journal"):
        """Octets over TLS with a certificate, and what comes back until the server closes."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if issued is not None:
            context.load_cert_chain(self.files(certificate(JOURNAL) if issued == "journal" else issued))
        with (
            socket.create_connection(("127.0.0.1", self.listener.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(octets)
            got = b""
            while chunk := tls.recv(65536):
                got += chunk
        return got

    def post(self, name, envelope, *fields, issued="journal", action=None) -> Answer:
        """An envelope as it is, to an operation."""
        operation = next(each for each in OPERATIONS if each.name == name)
        said = operation.soap_action if action is None else action
        head = [
            f"POST {operation.path} HTTP/1.1",
            "Host: localhost",
            "Content-Type: text/xml; charset=utf-8",
            "Connection: close",
            f"Content-Length: {len(envelope)}",
            *([f'SOAPAction: "{said}"'] if said else []),
            *fields,
        ]
        return read_answer(self.raw("\r\n".join([*head, "", ""]).encode() + envelope, issued))

    def events(self, name):
        import json

        found = [json.loads(leaf) for leaf in self.store.log_pending()]
        return [event for event in found if event["event"] == name]


def running(folder: Path) -> RivtaServer:
    clock = Clock()
    settings = sqlite_settings(folder / "store", rivta_url="https://localhost:1")
    store = open_storage(settings, clock=clock)
    keys = tuple(PersonKey(*patient_key(p)) for p in (a.PATIENT, a.OTHER_PATIENT))
    store.commit(Effects((KeepPerson("p1", keys[:1]), KeepPerson("p2", keys[1:]))))
    return RivtaServer(folder, settings, store, clock).start()


def ii(identifier=a.PATIENT):
    return {"root": identifier.oid, "extension": identifier.value}


def action(now, employee=a.NURSE, reason=None):
    from datetime import UTC, datetime

    who = {"employeeId": employee, "assignmentId": "SE2321000016-A1", "assignmentName": "Vårdmedarbetaruppdrag"}
    at = datetime.fromtimestamp(now, UTC)
    told = {"requestDate": at, "requestedBy": who, "registrationDate": at, "registeredBy": who}
    return {**told, "reasonText": reason} if reason else told


def envelope(body: str, address: str | None = a.PROVIDER, more: str = "") -> bytes:
    header = f'<itr:LogicalAddress xmlns:itr="urn:riv:itintegration:registry:1">{address}</itr:LogicalAddress>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{ENVELOPE}">'
        f"<s:Header>{header if address is not None else ''}{more}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
