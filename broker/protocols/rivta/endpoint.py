"""A call of a service contract: read, who may, done, answered.

A consumer is who its certificate says: its HSA-id stands in the register with the contracts and the care providers that it may
use. The LogicalAddress is one of those care providers, or an address of this node, behind which are all of them.
"""

import logging
from dataclasses import dataclass

from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, ResultCode, carried_out
from broker.protocols.rivta import writing
from broker.protocols.rivta.operation import SCHEMAS, Call, Operation
from broker.protocols.rivta.replicated import arrived
from metadata.wire.soap import Content, Fields, Message, SoapRefused, answer, check, fields, is_crowded, read
from trust_framework.care_register import CareConsumer
from trust_framework.identifiers import hsa_compare_form

log = logging.getLogger("tillit.rivta")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came: the octets, the header SOAPAction (None when there was none), the HSA-id of the client's certificate."""

    octets: bytes
    soap_action: str | None
    consumer: str
    reference: str


def answered(
    sent: Sent, operation: Operation, addresses: frozenset[str], on: CareServices, now: int
) -> tuple[bytes, str]:
    """The answer, committed, and its result code. Raises SoapRefused, StorageUnavailable."""
    _check_action(sent, operation)
    message = read(sent.octets)
    if (message.namespace, message.name) != (operation.namespace, operation.request):
        raise SoapRefused("Client", "the Body is not a request of this contract")
    result, more, code = _carried_out(sent, message, operation, addresses, on, now)
    content = operation.wrapped(result, more)
    domain = operation.domain
    name = f"{operation.name}Response"
    return answer(operation.namespace, name, domain.types, content, capitals=domain.capitals), code


def _check_action(sent: Sent, operation: Operation) -> None:
    """SOAP 1.1 section 6.1.1; the basic profile wants it in quotation marks, some clients leave them out."""
    if sent.soap_action is None:
        raise SoapRefused("Client", "the header SOAPAction is missing")
    if sent.soap_action.strip().removeprefix('"').removesuffix('"') != operation.soap_action:
        raise SoapRefused("Client", "SOAPAction is not that of this contract")


def _carried_out(
    sent: Sent, message: Message, operation: Operation, addresses: frozenset[str], on: CareServices, now: int
) -> tuple[Content, Content, str]:
    """Result, what else there is, and the code as this domain spells it. What is refused is an answer too. Who may not call at
    all costs no look at what was sent.
    """
    domain = operation.domain
    try:
        who = caller(sent, message.logical_address, operation, addresses, on)
        asked = _asked(message, operation)
        call = Call(who, on, now)
        done = carried_out(lambda: operation.answer(asked, call), on.store)
        if operation.replicated and not arrived(operation.replicated(asked, call), asked, on):
            return writing.untold(domain), done.result, ResultCode.INFO.value
    except CareRefused as error:
        _note(error, sent, operation)
        return writing.refusal(domain, error), (), domain.word(error.code, error.reason)
    return writing.done(domain, done.code), done.result, done.code.value


def _note(error: CareRefused, sent: Sent, operation: Operation) -> None:
    """A line for whoever asks why a system was denied; the system has an id, and nobody else stands in it."""
    if error.code is ResultCode.ACCESSDENIED:
        told = {"reference": sent.reference, "consumer": sent.consumer, "operation": operation.name}
        log.info("denied: %s", error.reason, extra=told)


def _asked(message: Message, operation: Operation) -> Fields:
    """The request as its schema has it. Raises CareRefused for a list that is too long, SoapRefused."""
    if is_crowded(message, operation.most):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "number")
    check(message, SCHEMAS / operation.schema)
    return fields(message, frozenset({operation.namespace, operation.domain.types}))


def caller(sent: Sent, address: str, operation: Operation, addresses: frozenset[str], on: CareServices) -> Caller:
    """Who calls, with the care providers that this call may reach. Raises CareRefused."""
    consumer = on.register.consumer(sent.consumer)
    if consumer is None:
        raise CareRefused(ResultCode.ACCESSDENIED, "consumer-unknown")
    if not consumer.contracts & {operation.name, operation.domain.name}:
        raise CareRefused(ResultCode.ACCESSDENIED, "no-contract")
    providers = _reached(consumer, hsa_compare_form(address), addresses)
    return Caller(
        CallerKind.CLIENT,
        member=consumer.org,
        client=consumer.hsa_id,
        providers=providers,
        reference=sent.reference,
    )


def _reached(consumer: CareConsumer, address: str, addresses: frozenset[str]) -> frozenset[str]:
    if address in consumer.providers:
        return frozenset({address})
    if address in addresses:
        return consumer.providers
    raise CareRefused(ResultCode.ACCESSDENIED, "foreign-address", "LogicalAddress")
