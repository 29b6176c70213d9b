"""The WSDL of one service interaction, in the shape of RIV-TA basic profile 2.1: document/literal, one header, one port."""

from dataclasses import dataclass
from typing import Final

from metadata.wire.soap import REGISTRY
from metadata.wire.xml import Element, add, canonical, know_prefixes, new

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
XS: Final = "http://www.w3.org/2001/XMLSchema"
REGISTRY_FILE: Final = "itintegration_registry_1.0.xsd"

_W: Final = f"{{{WSDL}}}"
_S: Final = f"{{{SOAP}}}"


@dataclass(frozen=True, slots=True)
class Interaction:
    """What a WSDL says: the operation, its namespaces, the elements of request and answer, the schema file, the address."""

    operation: str
    namespace: str
    responder: str
    request: str
    response: str
    soap_action: str
    schema: str
    folder: str
    location: str
    about: str


def wsdl(of: Interaction) -> bytes:
    """The document, canonical."""
    names = {
        "wsdl": WSDL,
        "soap": SOAP,
        "xs": XS,
        "tns": of.namespace,
        "tjsr": of.responder,
        "itr": REGISTRY,
    }
    root = new(f"{_W}definitions", names, {"name": f"{of.operation}Interaction", "targetNamespace": of.namespace})
    add(root, f"{_W}documentation", of.about)
    _types(root, of)
    _messages(root, of)
    _port_type(root, of)
    _binding(root, of)
    service = add(root, f"{_W}service", attributes={"name": f"{of.operation}ResponderService"})
    bound = {"name": f"{of.operation}ResponderPort", "binding": f"tns:{of.operation}ResponderBinding"}
    add(add(service, f"{_W}port", attributes=bound), f"{_S}address", attributes={"location": of.location})
    know_prefixes(root, tuple(names))  # they stand in attribute values, where canonicalisation does not look
    return canonical(root, tuple(names))


def _types(root: Element, of: Interaction) -> None:
    schema = add(add(root, f"{_W}types"), f"{{{XS}}}schema", attributes={"targetNamespace": of.namespace})
    for namespace, file in ((of.responder, of.schema), (REGISTRY, REGISTRY_FILE)):
        add(schema, f"{{{XS}}}import", attributes={"namespace": namespace, "schemaLocation": f"{of.folder}/{file}"})


def _messages(root: Element, of: Interaction) -> None:
    request = add(root, f"{_W}message", attributes={"name": f"{of.operation}Request"})
    add(request, f"{_W}part", attributes={"name": "LogicalAddress", "element": "itr:LogicalAddress"})
    add(request, f"{_W}part", attributes={"name": "parameters", "element": f"tjsr:{of.request}"})
    response = add(root, f"{_W}message", attributes={"name": f"{of.operation}Response"})
    add(response, f"{_W}part", attributes={"name": "parameters", "element": f"tjsr:{of.response}"})


def _port_type(root: Element, of: Interaction) -> None:
    port = add(root, f"{_W}portType", attributes={"name": f"{of.operation}ResponderInterface"})
    operation = add(port, f"{_W}operation", attributes={"name": of.operation})
    add(operation, f"{_W}input", attributes={"message": f"tns:{of.operation}Request"})
    add(operation, f"{_W}output", attributes={"message": f"tns:{of.operation}Response"})


def _binding(root: Element, of: Interaction) -> None:
    named = {"name": f"{of.operation}ResponderBinding", "type": f"tns:{of.operation}ResponderInterface"}
    binding = add(root, f"{_W}binding", attributes=named)
    http = {"style": "document", "transport": "http://schemas.xmlsoap.org/soap/http"}
    add(binding, f"{_S}binding", attributes=http)
    operation = add(binding, f"{_W}operation", attributes={"name": of.operation})
    add(operation, f"{_S}operation", attributes={"soapAction": of.soap_action, "style": "document"})
    asked = add(operation, f"{_W}input")
    header = {"use": "literal", "message": f"tns:{of.operation}Request", "part": "LogicalAddress"}
    add(asked, f"{_S}header", attributes=header)
    add(asked, f"{_S}body", attributes={"use": "literal", "parts": "parameters"})
    add(add(operation, f"{_W}output"), f"{_S}body", attributes={"use": "literal"})
