"""What goes over the wire of a web service of 1C: its WSDL, envelopes of SOAP 1.1 and 1.2, answers, faults.

The shape of the WSDL (two bindings at one address, document/literal, ``<Op>`` and ``<Op>Response``, parts named ``parameters``, no declared faults) and
of an exception's text are those that public clients of 1C reproduce.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from .xdto import SIMPLE, Broken, Field, Types

SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
KINDS = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}


class Fault(Exception):
    """An exception of the service's code: its text goes to the caller."""


@dataclass(frozen=True)
class Operation:
    """``takes``: its parameters; ``gives``: ``return`` and what it gives back beside; ``does``: values by name -> values by name."""

    name: str
    takes: Sequence[Field]
    gives: Sequence[Field]
    does: Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class WebService:
    """One service. ``name``: in the configuration; ``alias``: of the publication."""

    name: str
    alias: str
    types: Types
    operations: Mapping[str, Operation]


def definition(service: WebService, location: str) -> bytes:
    """The WSDL as the platform writes it."""
    space, name = service.types.namespace, service.name
    elements = "".join(_element(op.name, op.takes) + _element(f"{op.name}Response", op.gives) for op in service.operations.values())
    types = "".join(f'<xs:complexType name="{kind}"><xs:sequence>{"".join(map(_field, fields))}</xs:sequence></xs:complexType>' for kind, fields in service.types.types.items())  # fmt: skip
    messages = "".join(
        f'<message name="{op}{way}Message"><part name="parameters" element="tns:{element}"/></message>'
        for op in service.operations
        for way, element in (("Request", op), ("Response", f"{op}Response"))
    )
    calls = "".join(
        f'<operation name="{op}"><input message="tns:{op}RequestMessage"/><output message="tns:{op}ResponseMessage"/></operation>'
        for op in service.operations
    )
    bindings = "".join(_binding(service, suffix, prefix) for suffix, prefix in (("", "soapbind"), ("12", "soap12bind")))
    ports = "".join(
        f'<port name="{name}Soap{suffix}" binding="tns:{name}Soap{suffix}Binding"><{prefix}:address location={quoteattr(location)}/></port>'
        for suffix, prefix in (("", "soapbind"), ("12", "soap12bind"))
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/" '
        f'xmlns:soap12bind="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:soapbind="http://schemas.xmlsoap.org/wsdl/soap/" '
        f'xmlns:tns="{space}" xmlns:xs="http://www.w3.org/2001/XMLSchema" name="{name}" targetNamespace="{space}">'
        f'<types><xs:schema targetNamespace="{space}" attributeFormDefault="unqualified" elementFormDefault="qualified">{types}{elements}</xs:schema></types>'
        f'{messages}<portType name="{name}PortType">{calls}</portType>{bindings}<service name="{name}">{ports}</service></definitions>'
    ).encode()


def _binding(service: WebService, suffix: str, prefix: str) -> str:
    style = f'<{prefix}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
    body = f'<input><{prefix}:body use="literal"/></input><output><{prefix}:body use="literal"/></output>'
    calls = "".join(
        f'<operation name="{op}"><{prefix}:operation style="document" soapAction="{service.types.namespace}#{service.name}:{op}"/>{body}</operation>'
        for op in service.operations
    )
    return f'<binding name="{service.name}Soap{suffix}Binding" type="tns:{service.name}PortType">{style}{calls}</binding>'


def _element(name: str, fields: Sequence[Field]) -> str:
    inner = "".join(map(_field, fields))
    return f'<xs:element name="{name}"><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType></xs:element>'


def _field(field: Field) -> str:
    kind = f"xs:{field.kind}" if field.kind in SIMPLE else f"tns:{field.kind}"
    more = (' minOccurs="0"' if field.optional or field.many else "") + (' maxOccurs="unbounded"' if field.many else "")
    return f'<xs:element name="{field.name}" type="{kind}"{more}{" nillable=" + quoteattr("true") if field.nil else ""}/>'


def answer(service: WebService, body: bytes) -> tuple[int, bytes, str]:
    """(status, answer, media type) of a request."""
    version = "1.1"
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        version = next((one for one, space in SOAP.items() if etree.QName(root).namespace == space), "1.1")
        call = root.find(f"{{{SOAP[version]}}}Body")[0]
        operation = service.operations[etree.QName(call).localname]
        values = service.types.read(call, tuple(operation.takes))
        given = operation.does(values)
    except (etree.XMLSyntaxError, LookupError, TypeError):
        return 500, _fault(version, "Client", "Неверный формат запроса"), KINDS[version]
    except Broken as broken:
        return 500, _fault(version, "Client", f"{{WebСервис.{service.name}}}: {broken}"), KINDS[version]
    except Fault as fault:
        text = f"Неизвестная ошибка. {{WebСервис.{service.name}.Модуль(25)}}: {fault}"
        return 500, _fault(version, "Server", text), KINDS[version]
    space = service.types.namespace
    response = etree.Element(
        etree.QName(space, f"{operation.name}Response"), nsmap={"m": space, "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
    )
    for field in operation.gives:
        service.types.write(response, field, given.get(field.name))
    inner = etree.tostring(response, encoding="unicode")
    text = f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP[version]}"><soap:Header/><soap:Body>{inner}</soap:Body></soap:Envelope>'
    return 200, text.encode(), KINDS[version]


def _fault(version: str, code: str, text: str) -> bytes:
    words = escape(text)
    if version == "1.2":
        name = {"Client": "Sender", "Server": "Receiver"}[code]
        inner = f"<soap:Code><soap:Value>soap:{name}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang='ru'>{words}</soap:Text></soap:Reason>"
    else:
        inner = f"<faultcode>soap:{code}</faultcode><faultstring>{words}</faultstring><detail/>"
    return f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP[version]}"><soap:Body><soap:Fault>{inner}</soap:Fault></soap:Body></soap:Envelope>'.encode()
