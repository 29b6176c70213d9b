"""Flows: RIV-TA contracts: a record system sets a block over SOAP with its certificate, is told of it, and lifts it again."""

import time
from typing import Final
from uuid import uuid4

from broker.demo.flows import Stage
from broker.demo.people import CARE_PROVIDERS, PERSONAS, RECORD_SYSTEM, STAFF
from broker.demo.person import hold
from broker.protocols.rivta.contracts import OPERATIONS
from broker.protocols.rivta.reading import written_instant
from metadata.wire.egress import Egress, EgressPolicy, Outbound, TlsIdentity
from metadata.wire.soap import Content, Fields, fields, read_answer, request
from trust_framework.identifiers import KINDS

_OURS, _UNITS = CARE_PROVIDERS[0]
PROVIDER, CLINIC, EMERGENCY = _OURS[0], _UNITS[0][0], _UNITS[1][0]
PATIENT: Final = (("root", KINDS["personnummer"].oid), ("extension", PERSONAS["bo"].number))
NURSE: Final = next(employment.hsa_id for employment in STAFF if employment.person == "astrid")
MOST: Final = 1024 * 1024


def block_over_soap(stage: Stage) -> None:
    """CheckBlocks says OK, BLOCKED, and OK again, as RegisterExtendedBlock and RevokeExtendedBlock set it."""
    block, act = str(uuid4()), _act()
    hold(_checked(stage) == "OK", "something is blocked before")
    _done(
        stage,
        "RegisterExtendedBlock",
        ("blockId", block),
        ("blockType", "Inner"),
        ("patientId", PATIENT),
        ("informationCareUnitId", CLINIC),
        ("informationCareProviderId", PROVIDER),
        ("registerAction", act),
        ("replicationTimeout", "0"),
    )
    hold(_checked(stage) == "BLOCKED", "the block does not hold")
    _done(stage, "RevokeExtendedBlock", ("blockId", block), ("revokeAction", act), ("replicationTimeout", "0"))
    hold(_checked(stage) == "OK", "the block holds after it was lifted")


def _act() -> Content:
    who = (("employeeId", NURSE),)
    now = written_instant(int(time.time()))
    return (("requestDate", now), ("requestedBy", who), ("registrationDate", now), ("registeredBy", who))


def _checked(stage: Stage) -> str:
    now = written_instant(int(time.time()))
    row = (
        ("informationStartDate", now),
        ("informationEndDate", now),
        ("informationCareUnitId", CLINIC),
        ("informationCareProviderId", PROVIDER),
        ("rowNumber", "1"),
    )
    actor = (("employeeId", NURSE), ("careProviderId", PROVIDER), ("careUnitId", EMERGENCY))
    content: Content = (("accessingActor", actor), ("patientId", PATIENT), ("informationEntities", row))
    answer = _called(stage, "CheckBlocks", content).need("checkBlocksResult")
    return next(answer.children("checkResults"), Fields()).text("status")


def _done(stage: Stage, name: str, *content: "tuple[str, str | Content]") -> None:
    result = _called(stage, name, content).need("result")
    hold(result.text("resultCode") == "OK", f"{name}: {result.text('resultCode')} {result.text('resultText')}")


def _called(stage: Stage, name: str, content: Content) -> Fields:
    """The answer to a call over mutual TLS."""
    operation = next(each for each in OPERATIONS if each.name == name)
    domain, system = operation.domain, stage.places.system.read_bytes()
    octets = request(PROVIDER, operation.namespace, operation.request, domain.types, content)
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{operation.soap_action}"'}
    identity = TlsIdentity(system, None, stage.places.ca.read_bytes())
    egress = Egress(EgressPolicy(loopback=True))
    try:
        url = f"{stage.places.contracts}{operation.path}"
        answer = egress.fetch(Outbound("POST", url, headers, octets, tls=identity))
    finally:
        egress.close()
    hold(answer.status == 200, f"{name} by {RECORD_SYSTEM}: {answer.status}, {answer.body[:300]!r}")  # noqa: PLR2004
    return fields(read_answer(answer.body, MOST), frozenset({operation.namespace, domain.types}))
