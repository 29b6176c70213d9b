"""Every operation that the contracts have, run by zeep from the WSDL that is served, its request and answer held against the
schemas by lxml: the list comes of the WSDLs, so an operation without a call here fails.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import xmlschema
import zeep
from lxml import etree
from zeep.cache import InMemoryCache
from zeep.settings import Settings
from zeep.transports import Transport

from broker.protocols.rivta.contracts import OPERATIONS
from broker.protocols.rivta.operation import SCHEMAS
from tests.support import care_values as a
from tests.support.databases import NOW
from tests.support.rivta import ENVELOPE, JOURNAL, NATIONAL, NODE, action, ii, running

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
NAMES = tuple(each.name for each in OPERATIONS)
SPECIFIED = Path(xmlschema.__file__).parent / "schemas" / "WSDL"
"""The schemas of WSDL 1.1 and of its SOAP binding, as their authors publish them."""


class Kept(Transport):
    """A transport that keeps what went over it last."""

    def post_xml(self, address, envelope, headers):
        self.sent = envelope
        return super().post_xml(address, envelope, headers)

    def post(self, address, message, headers):
        answer = super().post(address, message, headers)
        self.got = answer.content
        return answer


class Zeep:
    """A strict client of each operation, made of the WSDL that the server gives."""

    def __init__(self, server):
        self.server, self.transports, self.clients = server, {}, {}

    def transport(self, who):
        if who not in self.transports:
            self.transports[who] = Kept(session=self.server.session(who), cache=InMemoryCache(), timeout=10)
        return self.transports[who]

    def client(self, name, who=JOURNAL):
        if (name, who) not in self.clients:
            operation = next(each for each in OPERATIONS if each.name == name)
            address = f"{self.server.base}{operation.path}?wsdl"
            strict = Settings(strict=True, xsd_ignore_sequence_order=False)
            self.clients[name, who] = zeep.Client(address, transport=self.transport(who), settings=strict)
        return self.clients[name, who]

    def __call__(self, name, _as=JOURNAL, _to=a.PROVIDER, **fields):
        """What stands in the one answering element."""
        answer = self.client(name, _as).service[name](**fields, _soapheaders={"LogicalAddress": _to})
        (content,) = (answer[each] for each in answer if each != "_value_1")
        return content


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = running(tmp_path_factory.mktemp("rivta"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ask(server):
    return Zeep(server)


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


ACTOR = {"employeeId": a.NURSE, "careProviderId": a.PROVIDER, "careUnitId": a.UNIT}
LATER = at(NOW + a.DAY)
OF_PATIENT = {"careProviderId": a.PROVIDER, "patientId": ii()}
PERIOD = {"fromDate": at(NOW - a.DAY), "toDate": at(NOW + 1)}


def capitals(told):
    """As patientrelationship spells its elements."""
    return {k[0].upper() + k[1:]: capitals(v) for k, v in told.items()} if isinstance(told, dict) else told


def block():
    owned = {"informationCareUnitId": a.UNIT, "informationCareProviderId": a.PROVIDER}
    entered = {"registerAction": action(NOW), "replicationTimeout": 0}
    return {"blockId": a.new_id(), "blockType": "Inner", "patientId": ii(), **owned, **entered}


def a_block(ask):
    made = block()
    ask("RegisterExtendedBlock", **made)
    return made["blockId"]


def lift(ask):
    wanted = {"temporaryRevokeId": a.new_id(), "blockId": a_block(ask), "endDate": LATER}
    for_whom = {"revokedForCareUnitId": a.OTHER_UNIT, "revokeReason": "PatientsConsent"}
    return {**wanted, **for_whom, "registerAction": action(NOW), "replicationTimeout": 0}


def a_lift(ask):
    made = lift(ask)
    ask("RegisterTemporaryExtendedRevoke", **made)
    return made["temporaryRevokeId"]


def copy():
    place = {"informationCareUnitId": a.FAR_UNIT, "informationCareProviderId": a.OTHER_PROVIDER}
    return {"blockId": a.new_id(), "blockType": "Inner", "patientId": ii(), **place}


def a_copy(ask):
    made = copy()
    ask("RegisterBlock", NODE, NATIONAL, **made)
    return made["blockId"]


def lift_of_copy(ask):
    return {"temporaryRevokeId": a.new_id(), "blockId": a_copy(ask), "endDate": LATER, "revokedForCareUnitId": a.UNIT}


def a_lift_of_a_copy(ask):
    made = lift_of_copy(ask)
    ask("RegisterTemporaryRevoke", NODE, NATIONAL, temporaryRevokeRegistration=made)
    return made["temporaryRevokeId"]


def consent():
    where = {"patientId": ii(), "careProviderId": a.PROVIDER, "careUnitId": a.UNIT, "endDate": LATER}
    kind = {"assertionId": a.new_id(), "assertionType": "Consent", "scope": "NationalLevel"}
    return {**kind, **where, "registrationAction": action(NOW)}


def a_consent(ask):
    made = consent()
    ask("RegisterExtendedConsent", **made)
    return made["assertionId"]


def relation():
    who = {"PatientId": a.PATIENT.value, "CareProviderId": a.PROVIDER, "CareUnitId": a.UNIT, "EmployeeId": a.NURSE}
    return {"PatientRelationId": a.new_id(), **who, "EndDate": LATER, "RegistrationAction": capitals(action(NOW))}


def a_relation(ask):
    made = relation()
    ask("RegisterExtendedPatientRelation", **made)
    return made["PatientRelationId"]


def record():
    provider, unit = {"careProviderId": a.PROVIDER}, {"careUnitId": a.UNIT}
    resource = {"resourceType": "Journaltext", "patient": {"patientId": ii()}, "careProvider": provider}
    return {
        "logId": a.new_id(),
        "system": {"systemId": JOURNAL},
        "activity": {"activityType": "Läsa", "startDate": at(NOW - 60), "purpose": "Vård och behandling"},
        "user": {"userId": a.NURSE, "careProvider": provider, "careUnit": unit},
        "resources": {"resource": [resource]},
    }


def row():
    when = {"informationStartDate": at(NOW - 60), "informationEndDate": at(NOW - 60)}
    return {**when, "informationCareUnitId": a.UNIT, "informationCareProviderId": a.PROVIDER, "rowNumber": 1}


ACT, FLAG, RELATION = {"replicationTimeout": 0}, {"getCancelledFlag": True}, "PatientRelationId"
OF_NATIONAL = (NODE, NATIONAL)
CALLS = {
    "GetBlocks": lambda ask: {"patientId": ii(), "careProviderIds": [a.PROVIDER], "createdOnOrAfter": at(NOW)},
    "GetExtendedBlocksForPatient": lambda ask: OF_PATIENT,
    "GetPatientIds": lambda ask: {"careProviderId": a.PROVIDER},
    "CheckBlocks": lambda ask: {"accessingActor": ACTOR, "patientId": ii(), "informationEntities": [row()]},
    "RegisterExtendedBlock": lambda ask: block(),
    "RevokeExtendedBlock": lambda ask: {"blockId": a_block(ask), "revokeAction": action(NOW), **ACT},
    "DeleteExtendedBlock": lambda ask: {"blockId": a_block(ask), "deleteAction": action(NOW), **ACT},
    "RegisterTemporaryExtendedRevoke": lift,
    "CancelTemporaryExtendedRevoke": lambda ask: {
        "temporaryRevokeId": a_lift(ask),
        "cancellationInfo": action(NOW),
        **ACT,
    },
    "RegisterBlock": lambda ask: copy(),
    "UnregisterBlock": lambda ask: {"blockId": a_copy(ask)},
    "RegisterTemporaryRevoke": lambda ask: {"temporaryRevokeRegistration": lift_of_copy(ask)},
    "UnregisterTemporaryRevoke": lambda ask: {"temporaryRevokeId": a_lift_of_a_copy(ask)},
    "GetConsentsForPatient": lambda ask: OF_PATIENT,
    "GetConsentsForCareProvider": lambda ask: {"careProviderId": a.PROVIDER, **FLAG},
    "GetExtendedConsentsForPatient": lambda ask: {**OF_PATIENT, **FLAG},
    "GetAllExtendedConsentsForPatient": lambda ask: {"patientId": ii(), **FLAG},
    "CheckConsent": lambda ask: {"accessingActor": ACTOR, "patientId": ii()},
    "RegisterExtendedConsent": lambda ask: consent(),
    "CancelExtendedConsent": lambda ask: {"assertionId": a_consent(ask), "cancellationAction": action(NOW)},
    "DeleteExtendedConsent": lambda ask: {"assertionId": a_consent(ask), "deletionAction": action(NOW)},
    "EndConsentByPatient": lambda ask: {"assertionId": a_consent(ask), "patientId": ii()},
    "GetPatientRelationsForPatient": lambda ask: {"CareProviderId": a.PROVIDER, "PatientId": a.PATIENT.value},
    "GetPatientRelationsForCareProvider": lambda ask: {"CareProviderId": a.PROVIDER, "GetCancelledFlag": True},
    "GetExtendedPatientRelationsForPatient": lambda ask: {
        "CareProviderId": a.PROVIDER,
        "PatientId": a.PATIENT.value,
        "GetCancelledFlag": True,
    },
    "CheckPatientRelation": lambda ask: {"AccessingActor": capitals(ACTOR), "PatientId": a.PATIENT.value},
    "RegisterExtendedPatientRelation": lambda ask: relation(),
    "CancelExtendedPatientRelation": lambda ask: {
        RELATION: a_relation(ask),
        "CancellationAction": capitals(action(NOW)),
    },
    "DeleteExtendedPatientRelation": lambda ask: {RELATION: a_relation(ask), "DeletionAction": capitals(action(NOW))},
    "StoreLog": lambda ask: {"log": [record()]},
    "GetLogs": lambda ask: {"careProviderId": a.PROVIDER, "patientId": ii(), **PERIOD},
    "GetAccessLogsForPatient": lambda ask: {"patientId": ii(), **PERIOD},
    "GetInfoLogs": lambda ask: {"careProviderId": a.PROVIDER, **PERIOD},
}
BETWEEN_NODES = frozenset({"RegisterBlock", "UnregisterBlock", "RegisterTemporaryRevoke", "UnregisterTemporaryRevoke"})


@pytest.fixture(scope="module")
def standing(ask):
    """One of everything, so that lists have something to say."""
    a_lift(ask), a_lift_of_a_copy(ask), a_consent(ask), a_relation(ask)
    ask("StoreLog", log=[record()])


@pytest.mark.parametrize("name", NAMES)
def test_zeep_runs_the_operation_and_both_messages_are_as_the_schema_has_them(ask, standing, name):
    who, to = OF_NATIONAL if name in BETWEEN_NODES else (JOURNAL, a.PROVIDER)
    answer = ask(name, who, to, **CALLS[name](ask))
    assert code(answer) == "OK"
    transport = ask.transport(who)
    for envelope in (etree.tostring(transport.sent), transport.got):
        (message,) = etree.fromstring(envelope).find(f"{{{ENVELOPE}}}Body")
        schema(name).assertValid(message)


def code(answer):
    """The result's code, which stands in one of three places."""
    for path in (("resultCode",), ("ResultCode",), ("result", "resultCode"), ("reportResult", "result", "resultCode")):
        found = answer
        for step in path:
            found = getattr(found, step, None)
        if found is not None:
            return found
    results = [getattr(answer, each) for each in dir(answer) if each.lower().endswith("result")]
    return next(getattr(each, "ResultCode", None) or each.resultCode for each in results)


def schema(name):
    operation = next(each for each in OPERATIONS if each.name == name)
    return etree.XMLSchema(file=str(SCHEMAS / operation.schema))


def test_every_operation_that_is_served_is_run_here(ask):
    described = [
        operation.get("name")
        for each in OPERATIONS
        for operation in etree.fromstring(wsdl_of(ask, each)).iterfind(f"{WSDL}portType/{WSDL}operation")
    ]
    assert sorted(described) == sorted(CALLS)


def wsdl_of(ask, operation):
    address = f"{ask.server.base}{operation.path}?wsdl"
    return ask.transport(JOURNAL).session.get(address, timeout=10).content


def wsdl_schema(folder):
    """WSDL with its SOAP binding, in one schema."""
    both = folder / "wsdl-and-soap.xsd"
    both.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<xs:import namespace="http://schemas.xmlsoap.org/wsdl/" schemaLocation="{SPECIFIED}/wsdl.xsd"/>'
        f'<xs:import namespace="http://schemas.xmlsoap.org/wsdl/soap/" schemaLocation="{SPECIFIED}/wsdl-soap.xsd"/>'
        "</xs:schema>"
    )
    return etree.XMLSchema(file=str(both))


@pytest.mark.spec("WSDL 1.1", "A4.1")
def test_every_wsdl_is_valid_by_the_schemas_of_wsdl_and_of_its_soap_binding(ask, tmp_path):
    known = wsdl_schema(tmp_path)
    for operation in OPERATIONS:
        document = etree.fromstring(wsdl_of(ask, operation))
        known.assertValid(document)
        broken = etree.fromstring(etree.tostring(document))
        broken.find(f"{WSDL}binding").set("type", "no such name")
        assert not known.validate(broken), "the schema looks"
