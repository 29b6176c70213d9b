"""What comes to the contracts and is not as it should be: each has its answer, and nothing is half done."""

import datetime as dt
import re
import socket
import ssl
from pathlib import Path

import pytest
from lxml import etree

from broker.protocols.rivta.contracts import BY_PATH, OPERATIONS
from broker.protocols.rivta.operation import SCHEMAS
from tests.support import care_values as a
from tests.support import pki
from tests.support.card_client import read_answer
from tests.support.databases import NOW
from tests.support.rivta import JOURNAL, NOBODY, POOR, action, certificate, envelope, root, running

B = "urn:riv:informationsecurity:authorization:blocking"
REGISTER, CHECK = f"{B}:RegisterExtendedBlockResponder:4", f"{B}:CheckBlocksResponder:4"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = running(tmp_path_factory.mktemp("rivta"))
    yield server
    server.stop()


def when(seconds):
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def acted(at=NOW, employee=a.NURSE):
    who = f"<t:employeeId>{employee}</t:employeeId>"
    return (
        f"<t:requestDate>{when(at)}</t:requestDate><t:requestedBy>{who}</t:requestedBy>"
        f"<t:registrationDate>{when(at)}</t:registrationDate><t:registeredBy>{who}</t:registeredBy>"
    )


def register(
    id=None,
    unit=a.UNIT,
    provider=a.PROVIDER,
    patient=a.PATIENT.value,
    root=a.PATIENT.oid,
    more="",
    at=NOW,
    kind="Inner",
):
    place = f"<r:informationCareUnitId>{unit}</r:informationCareUnitId>" if unit else ""
    return (
        f'<r:RegisterExtendedBlock xmlns:r="{REGISTER}" xmlns:t="{B}:4"><r:blockId>{id or a.new_id()}</r:blockId>'
        f"<r:blockType>{kind}</r:blockType><r:patientId><t:root>{root}</t:root><t:extension>{patient}</t:extension>"
        f"</r:patientId>{more}{place}<r:informationCareProviderId>{provider}</r:informationCareProviderId>"
        f"<r:registerAction>{acted(at)}</r:registerAction><r:replicationTimeout>0</r:replicationTimeout>"
        f"</r:RegisterExtendedBlock>"
    )


def told(answer):
    """The fault's code and sentence, or the result's code and text."""
    tree = etree.fromstring(answer.body)
    found = {etree.QName(each).localname: each.text for each in tree.iter(etree.Element)}
    return (
        found.get("faultcode") or found["resultCode"],
        found.get("faultstring") or found.get("resultText", ""),
    )


def kept(server):
    return len(server.store.blocks_of("p1")), len(server.store.log_pending())


GOOD = register("0f8fad5b-d9cb-469f-a165-70867728950e")


def test_what_the_refusals_are_variations_of_is_answered(server):
    answer = server.post("RegisterExtendedBlock", envelope(register()))
    assert (answer.status, told(answer)) == (200, ("OK", ""))
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"


DTD = b'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE s [<!ENTITY x "y">]>'
OCTETS = {
    "a document type": lambda: DTD + envelope(GOOD).partition(b"?>")[2],
    "an external entity": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + envelope(GOOD).partition(b"?>")[2]
    ),
    "a billion laughs": lambda: (
        b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + envelope(GOOD).partition(b"?>")[2]
    ),
    "an entity that nobody declared": lambda: envelope(GOOD.replace("Inner", "&inner;")),
    "a processing instruction": lambda: envelope(GOOD).replace(b"<s:Body>", b"<?php x?><s:Body>"),
    "octets that are not UTF-8": lambda: envelope(GOOD).replace(b"Inner", b"\xff\xfe\xfd"),
    "UTF-16": lambda: envelope(GOOD).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "a control character": lambda: envelope(GOOD).replace(b"Inner", b"&#1;"),
    "an end that is missing": lambda: envelope(GOOD)[:-5],
    "nothing at all": lambda: b"",
    "JSON": lambda: b'{"blockId": 1}',
    "a nest of elements": lambda: envelope("<x>" * 400 + "</x>" * 400),
    "two bodies": lambda: envelope(GOOD).replace(b"</s:Envelope>", b"<s:Body/></s:Envelope>"),
    "two requests": lambda: envelope(GOOD + register()),
    "no request": lambda: envelope(""),
    "no LogicalAddress": lambda: envelope(GOOD, None),
    "an empty LogicalAddress": lambda: envelope(GOOD, "  "),
    "a long LogicalAddress": lambda: envelope(GOOD, "SE" + "9" * 400),
    "two LogicalAddresses": lambda: envelope(
        GOOD, more='<i:LogicalAddress xmlns:i="urn:riv:itintegration:registry:1">SE1</i:LogicalAddress>'
    ),
    "a LogicalAddress of another namespace": lambda: envelope(
        GOOD, None, '<LogicalAddress xmlns="urn:x">SE1</LogicalAddress>'
    ),
    "a LogicalAddress with a comment inside": lambda: envelope(GOOD, "SE2321000016<!-- -->-VG1"),
    "a request of another namespace": lambda: envelope(GOOD.replace(REGISTER, f"{B}:RegisterExtendedBlockResponder:3")),
    "types of another namespace": lambda: envelope(GOOD.replace(f'"{B}:4"', f'"{B}:3"')),
    "a request of another contract": lambda: envelope(GOOD.replace("RegisterExtendedBlock", "DeleteExtendedBlock")),
    "an element that is missing": lambda: envelope(GOOD.replace("<r:replicationTimeout>0</r:replicationTimeout>", "")),
    "elements in another order": lambda: envelope(
        GOOD.replace("<r:blockType>Inner</r:blockType>", "").replace(
            "<r:registerAction>", "<r:blockType>Inner</r:blockType><r:registerAction>"
        )
    ),
    "a type of block that there is not": lambda: envelope(register(kind="Middle")),
    "an id that is too long": lambda: envelope(register(id="x" * 37)),
    "a date that is none": lambda: envelope(GOOD.replace(when(NOW), "2026-02-30T00:00:00Z")),
    "a comment inside a value": lambda: envelope(GOOD.replace("Inner", "In<!-- -->ner")),
}


@pytest.mark.parametrize("what", OCTETS)
def test_a_message_that_is_no_request_is_a_fault(server, what):
    before = kept(server)
    answer = server.post("RegisterExtendedBlock", OCTETS[what]())
    code, sentence = told(answer)
    assert (answer.status, code) == (500, "soap:Client")
    assert sentence
    assert kept(server) == before
    assert a.PATIENT.value not in answer.body.decode(), "a fault says nothing of the message"
    assert re.search(rb"<\w+:reference[^>]*>[0-9A-Z]{4}-[0-9A-Z]{4}<", answer.body)


@pytest.mark.spec("SOAP 1.1", "4.4.1")
@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (envelope(GOOD, more='<w:x xmlns:w="urn:w" s:mustUnderstand="1"/>'), "soap:MustUnderstand"),
        (
            envelope(GOOD).replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"),
            "soap:VersionMismatch",
        ),
    ],
)
def test_a_header_that_must_be_understood_and_another_soap_have_their_own_codes(server, octets, code):
    assert told(server.post("RegisterExtendedBlock", octets))[0] == code


def test_a_header_that_need_not_be_understood_and_comments_between_elements_are_let_be(server):
    lenient = envelope(register(), more='<w:x xmlns:w="urn:w"/>').replace(b"<s:Body>", b"<s:Body><!-- Optional: -->")
    assert told(server.post("RegisterExtendedBlock", lenient))[0] == "OK"


def test_an_extension_of_another_namespace_is_let_be(server):
    extended = GOOD.replace(
        "<r:replicationTimeout>0</r:replicationTimeout>",
        '<r:replicationTimeout>0</r:replicationTimeout><x:more xmlns:x="urn:x"><x:blockId>no</x:blockId></x:more>',
    )
    assert told(server.post("RegisterExtendedBlock", envelope(extended)))[0] == "OK"


@pytest.mark.spec("SOAP 1.1", "6.1.1")
@pytest.mark.parametrize("action", ["", f"{REGISTER}:Register", f"{CHECK}:CheckBlocks", "x"])
def test_a_soap_action_of_something_else_is_a_fault(server, action):
    before = kept(server)
    answer = server.post("RegisterExtendedBlock", envelope(register()), action=action)
    assert (answer.status, told(answer)[0], kept(server)) == (500, "soap:Client", before)


MEDIA = {
    "application/soap+xml": 500,
    "text/plain": 500,
    "text/xml; charset=iso-8859-1": 500,
    'text/xml;charset="UTF-8"': 200,
}


@pytest.mark.parametrize("media_type", MEDIA)
def test_text_xml_in_utf8_is_what_is_read(server, media_type):
    operation = next(each for each in OPERATIONS if each.name == "RegisterExtendedBlock")
    body = envelope(register())
    head = (
        f"POST {operation.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\nSOAPAction: {operation.soap_action}\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    assert read_answer(server.raw(head.encode() + body)).status == MEDIA[media_type]


# --- what is read, and means nothing or is not allowed

WISHES = {
    "an unknown unit": (register(unit="SE2321000016-NOWHERE"), "VALIDATIONERROR"),
    "a unit of another provider": (register(unit=a.FAR_UNIT), "VALIDATIONERROR"),
    "an inner block of no unit": (register(unit=""), "VALIDATIONERROR"),
    "an outer block of a unit": (register(kind="Outer"), "VALIDATIONERROR"),
    "an HSA-id that is none": (register(unit="avd 3"), "VALIDATIONERROR"),
    "an id that is no UUID": (register(id="å"), "VALIDATIONERROR"),
    "a check digit that is wrong": (register(patient="191212121213"), "VALIDATIONERROR"),
    "a day that is none": (register(patient="191213121212"), "VALIDATIONERROR"),
    "a kind of number that nobody knows": (register(root="1.2.3"), "VALIDATIONERROR"),
    "no number": (register(patient=""), "VALIDATIONERROR"),
    "a type that may not be left open": (
        register(more="").replace(
            "<r:registerAction>", "<r:excludedInformationTypes>und</r:excludedInformationTypes><r:registerAction>"
        ),
        "VALIDATIONERROR",
    ),
    "a period turned round": (
        register(
            more=f"<r:informationStartDate>{when(NOW)}</r:informationStartDate>"
            f"<r:informationEndDate>{when(NOW - 9)}</r:informationEndDate>"
        ),
        "VALIDATIONERROR",
    ),
    "a year that no calendar has": (
        register(more="<r:informationStartDate>12026-01-01T00:00:00Z</r:informationStartDate>"),
        "VALIDATIONERROR",
    ),
    "a clock in the future": (register(at=NOW + 3600), "VALIDATIONERROR"),
    "another care provider": (register(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), "ACCESSDENIED"),
    "a care provider that nobody knows": (register(provider="SE2321000016-NONE"), "VALIDATIONERROR"),
}


@pytest.mark.parametrize("what", WISHES)
def test_a_wish_that_cannot_be_is_refused_in_the_contracts_words(server, what):
    body, code = WISHES[what]
    before = kept(server)
    answer = server.post("RegisterExtendedBlock", envelope(body))
    found, text = told(answer)
    assert (answer.status, found) == (200, code)
    assert text, "a sentence that may be shown"
    assert kept(server) == before


@pytest.mark.parametrize("address", [a.OTHER_PROVIDER, "SE2321000016-NONE", "x"])
def test_an_address_that_a_consumer_may_not_reach_is_denied(server, address):
    before = kept(server)
    assert told(server.post("RegisterExtendedBlock", envelope(register(), address)))[0] == "ACCESSDENIED"
    assert kept(server) == before


def test_an_address_is_the_same_in_every_spelling(server):
    assert told(server.post("RegisterExtendedBlock", envelope(register(), a.PROVIDER.lower())))[0] == "OK"


# --- who calls


@pytest.mark.parametrize("hsa_id", [POOR, NOBODY])
def test_a_consumer_without_the_contract_is_denied(server, hsa_id):
    before = kept(server)
    answer = server.post("RegisterExtendedBlock", envelope(register()), issued=certificate(hsa_id))
    assert (answer.status, told(answer)[0], kept(server)) == (200, "ACCESSDENIED", before)


@pytest.mark.parametrize("hsa_id", [None, "journal", "SE2321000016", "SE2321000016-"])
def test_a_certificate_without_an_hsa_id_is_a_fault(server, hsa_id):
    before = kept(server)
    answer = server.post("RegisterExtendedBlock", envelope(register()), issued=certificate(hsa_id))
    assert (answer.status, told(answer)[0], kept(server)) == (500, "soap:Client", before)


def other_root():
    return pki.Authority.root("Some Other Root").leaf("journal.example", serial_number=JOURNAL)


STRANGERS = {
    "no certificate": lambda: None,
    "a certificate of another CA": other_root,
    "an expired certificate": lambda: certificate(
        JOURNAL, not_before=pki.NOW - 20 * pki.DAY, not_after=pki.NOW - pki.DAY
    ),
    "a certificate that is not yet valid": lambda: certificate(
        JOURNAL, not_before=pki.NOW + pki.DAY, not_after=pki.NOW + 9 * pki.DAY
    ),
    "a server's certificate": lambda: certificate(JOURNAL, eku=(pki.SERVER,)),
}


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_does_not_get_past_the_handshake(server, who):
    before = kept(server)
    with pytest.raises((ssl.SSLError, ConnectionError, IndexError)):
        server.post("RegisterExtendedBlock", envelope(register()), issued=STRANGERS[who]())
    assert kept(server) == before


def test_an_issuing_ca_may_stand_between(server):
    issuing = root().issuing("Test Function CA")
    leaf = issuing.leaf("journal.example", serial_number=JOURNAL)
    chained = pki.Issued(leaf.certificate, leaf.key)
    path = server.folder / "chained.pem"
    path.write_bytes(leaf.pem + issuing.pem + leaf.key_pem)
    context = ssl.create_default_context(cafile=server.folder / "ca.pem")
    context.load_cert_chain(path)
    with (
        socket.create_connection(("127.0.0.1", server.listener.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert tls.recv(4096).startswith(b"HTTP/1.1 200")
    assert chained.certificate


# --- what is described


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_each_contract_has_a_path_a_schema_and_a_wsdl_that_a_client_can_use(server, operation):
    etree.XMLSchema(file=str(SCHEMAS / operation.schema))
    client = server.client(operation.name, session=session_of(server))
    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    assert list(port.binding._operations) == [operation.name]
    assert port.binding._operations[operation.name].soapaction == operation.soap_action
    assert operation.soap_action == f"{operation.namespace}:{operation.name}"
    assert port.binding_options["address"] == f"{server.base}{operation.path}"


_SESSIONS = {}


def session_of(server):
    return _SESSIONS.setdefault(id(server), server.session())


def test_what_is_served_is_named_once():
    assert len(BY_PATH) == len(OPERATIONS) == len({each.soap_action for each in OPERATIONS})
    files = {each.schema for each in OPERATIONS} | {f"{each}.xsd" for each in DOMAINS}
    assert files == {path.name for path in SCHEMAS.glob("*.xsd")}


def test_every_operation_stands_in_the_documentation():
    text = (Path(__file__).parents[2] / "docs/rivta.md").read_text()
    assert [each.name for each in OPERATIONS if each.name not in text] == []


DOMAINS = (
    "itintegration_registry_1.0",
    "informationsecurity_authorization_blocking_4.0",
    "informationsecurity_authorization_consent_2.0",
    "informationsecurity_auditing_log_2.0",
    "ehr_patientrelationship_1.0",
)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/rivta/CheckBlocks/4", 404),
        ("GET", "/rivta/schemas/../../settings.py", 404),
        ("GET", "/rivta/schemas/nothing.xsd", 404),
        ("POST", "/rivta/CheckBlocks/3", 500),
        ("DELETE", "/rivta/CheckBlocks/4", 405),
        ("GET", "/", 404),
    ],
)
def test_what_is_not_there_is_said_so(server, method, path, status):
    request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert read_answer(server.raw(request.encode())).status == status


def test_every_refusal_is_valid_by_its_schema(server):
    """Operations that want more than a result say it of a refusal too."""
    for operation in OPERATIONS:
        wrapped = operation.wrapped((("resultCode", "ACCESSDENIED"),), ())
        from metadata.wire import soap

        octets = soap.answer(
            operation.namespace,
            f"{operation.name}Response",
            operation.domain.types,
            wrapped,
            capitals=operation.domain.capitals,
        )
        (content,) = etree.fromstring(octets)[0]
        soap.schema(SCHEMAS / operation.schema).compiled.assertValid(content)


def test_a_store_that_fails_is_a_fault_of_the_server(server, monkeypatch):
    from broker.login.effects import StorageUnavailable

    def full(effects):
        raise StorageUnavailable("disk full")

    monkeypatch.setattr(server.store, "commit", full)
    answer = server.post("RegisterExtendedBlock", envelope(register()))
    assert (answer.status, told(answer)[0]) == (500, "soap:Server")
    assert "disk" not in answer.body.decode()
    assert server.failures[-1][0] == "storage"


def test_an_action_is_read_in_any_zone(server):
    body = register().replace(when(NOW), "2027-01-15T09:00:00+01:00")
    assert told(server.post("RegisterExtendedBlock", envelope(body)))[0] == "OK"
    assert action(NOW)
