"""The RIV-TA contracts over HTTP: a call of a contract, its WSDL, the schemas. Served on the listener of mutual TLS alone.

A fault is answered with 500, as SOAP 1.1 over HTTP has it (section 6.2); the log has it under the reference that it bears.
"""

import logging
import re
from functools import lru_cache
from typing import Final

from broker.care.calling import services_of
from broker.exchange import Reply, Request
from broker.login.effects import StorageUnavailable
from broker.login.handles import new_reference
from broker.protocols.rivta.contracts import BY_PATH
from broker.protocols.rivta.endpoint import Sent, answered
from broker.protocols.rivta.operation import SCHEMAS, Operation
from broker.web.context import Broker, printable
from broker.web.rivta_standing import Standing
from metadata.wire.soap import SoapRefused, fault
from metadata.wire.x509 import BadCertificate, load_pem_or_der_certificate, subject_fields
from trust_framework.identifiers import hsa_compare_form, hsa_id

log = logging.getLogger("tillit.rivta")

_XML: Final = (("Content-Type", "text/xml; charset=utf-8"),)
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_UTF8: Final = frozenset({"utf-8", "utf8"})
Certificates = tuple[bytes, ...]
_FILES: Final = {f"/rivta/schemas/{path.name}": path for path in sorted(SCHEMAS.glob("*.xsd"))}


def rivta(request: Request, certificates: Certificates, on: Broker, standing: Standing | None = None) -> Reply:
    """Answer a client that presented these certificates (DER, its own first; none when there were none). With `standing`, its
    CA is asked whether they still hold.
    """
    if request.method in {"GET", "HEAD"}:
        return _document(request, on)
    if request.method != "POST":
        return Reply(405, (("Allow", "GET, HEAD, POST"),))
    operation = BY_PATH.get(request.path)
    if operation is None:
        return _fault(SoapRefused("Client", "no such contract"), on)
    try:
        if standing is not None:
            standing.require(certificates, on.clock())
        return _called(request, certificates[0] if certificates else b"", operation, on)
    except SoapRefused as refused:
        return _fault(refused, on, operation)
    except Exception as error:  # noqa: BLE001  # the last net: a reference for the consumer, the rest for the log
        return _failed(operation, error, on)


def _called(request: Request, certificate: bytes, operation: Operation, on: Broker) -> Reply:
    _check_media_type(request)
    sent = Sent(
        request.body,
        request.headers.get("soapaction"),
        _consumer(certificate, on.services.settings.rivta_subject),
        new_reference(),
    )
    octets, code = answered(
        sent, operation, _addresses(on.services.settings.rivta_addresses), services_of(on.services), on.clock()
    )
    on.metrics.answered.count(f"{operation.path} {code}", 200)
    return Reply(200, _XML, octets)


def _check_media_type(request: Request) -> None:
    """text/xml in UTF-8 (SOAP 1.1 section 6, basic profile 2.1)."""
    media_type = request.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != "text/xml":
        raise SoapRefused("Client", "Content-Type: text/xml is expected")
    charset = _CHARSET.search(media_type)
    if charset is not None and charset[1].lower() not in _UTF8:
        raise SoapRefused("Client", "UTF-8 is expected")


def _consumer(certificate: bytes, field: str) -> str:
    found = _identity(certificate, field)
    if not found:
        raise SoapRefused("Client", "the client's certificate holds no HSA-id")
    return found


@lru_cache(maxsize=512)
def _identity(certificate: bytes, field: str) -> str:
    """The HSA-id in a field of the subject, in compare form; empty when there is none."""
    try:
        value = subject_fields(load_pem_or_der_certificate(certificate)).get(field, "")
    except BadCertificate:
        return ""
    return hsa_compare_form(value) if hsa_id(value.strip()) else ""


@lru_cache(maxsize=8)
def _addresses(listed: str) -> frozenset[str]:
    return frozenset(hsa_compare_form(each) for each in listed.split(",") if each.strip())


def _document(request: Request, on: Broker) -> Reply:
    """A schema, or the WSDL of a contract."""
    operation = BY_PATH.get(request.path)
    if operation is not None and request.query.lower() in {b"wsdl", b"singlewsdl"}:
        return Reply(200, _XML, operation.described(on.services.settings.rivta_url))
    path = _FILES.get(request.path)
    return Reply(404) if path is None else Reply(200, _XML, path.read_bytes())


def _fault(refused: SoapRefused, on: Broker, operation: Operation | None = None) -> Reply:
    reference = new_reference()
    on.metrics.refusals.labels("soap").inc()
    log.info("refused", extra={"reference": reference, "detail": printable(f"{refused.sentence}: {refused.detail}")})
    on.metrics.answered.count(operation.path if operation else "/rivta/", 500)
    return Reply(500, _XML, fault(refused.code, refused.sentence, reference))


def _failed(operation: Operation, error: Exception, on: Broker) -> Reply:
    reference = new_reference()
    what = "storage" if isinstance(error, StorageUnavailable) else "rivta"
    on.note_failure(what, error, reference)
    on.metrics.answered.count(operation.path, 500)
    return Reply(500, _XML, fault("Server", "the call could not be carried out", reference))
