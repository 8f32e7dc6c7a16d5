"""Calls of the web services of one base: the WSDL, which is kept in memory, and requests over the session that all of the base shares.

zeep makes the envelope and reads the answer by the types of the WSDL; requests are the shared session's, with its time limits and its limiter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.helpers import serialize_object
from zeep.wsdl.bindings import Soap11Binding, Soap12Binding

from connectors.errors import ConnectorError, Unauthorized, Unavailable, Unknown
from connectors.onec.api import EMPTY, SERVED, Api
from connectors.onec.soap import answers, faults, paths
from connectors.onec.soap.description import Call, Rule
from connectors.onec.soap.wsdl import completed
from connectors.redaction import redact

Json = Any
SOAP = "soap"
NO_SERVICE, SCHEMA, OPERATION = "no_service", "schema", "operation"
TYPES = {"1.1": "text/xml; charset=utf-8", "1.2": 'application/soap+xml; charset=utf-8; action="{}"'}


class Within(zeep.Transport):
    """What zeep may load: documents of the base itself, over the shared session."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__(cache=None)  # type: ignore[no-untyped-call]
        self.services, self.address = services, address

    def load(self, url: str) -> bytes:
        """Raises Unauthorized for a document that stands elsewhere: a WSDL that names one would have it read from there."""
        inside, asked = urlsplit(self.services.root), urlsplit(url)
        if (asked.scheme, asked.netloc) != (inside.scheme, inside.netloc) or not asked.path.startswith(inside.path):
            raise Unauthorized(f"the WSDL refers to {asked.scheme}://{asked.netloc}{asked.path}, which is not of this base", code=SCHEMA)
        return self.services.document(url)

    def post(self, address: str, message: Any, headers: Any) -> Any:
        raise NotImplementedError("requests leave by Services.call")


class Port:
    """One service: its binding of the chosen version."""

    def __init__(self, client: zeep.Client, version: str, address: str) -> None:
        self.client, self.address, self.version = client, address, version
        self.binding = _binding(client, version)

    def operation(self, name: str) -> Any:
        """Raises Unauthorized: the description and the base do not fit."""
        found = self.binding.all().get(name)
        if found is None:
            raise Unauthorized(f"the service has no operation {name}", code=OPERATION)
        return found


def _binding(client: zeep.Client, version: str) -> Any:
    wanted = Soap12Binding if version == "1.2" else Soap11Binding
    for service in client.wsdl.services.values():
        for port in service.ports.values():
            if isinstance(port.binding, wanted):
                return port.binding
    raise Unauthorized(f"the WSDL has no binding of SOAP {version}", code=SCHEMA)


class Services:
    """The services of one base. ``errors``: where an answer tells an error; ``strict``: whether answers are read by the types of the WSDL."""

    def __init__(self, api: Api, url: str, version: str = "1.1", strict: bool = True, errors: Sequence[str] = ("ErrorMessage",)) -> None:
        self.api, self.root, self.version, self.strict, self.errors = api, f"{url.rstrip('/')}/ws/", version, strict, errors
        self._ports: dict[str, Port] = {}

    def port(self, name: str, *, afresh: bool = False) -> Port:
        """The service of this publication; its WSDL is asked for once. Raises ConnectorError."""
        if afresh or name not in self._ports:
            address = f"{self.root}{quote(name)}"
            transport = Within(self, address)
            settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, xml_huge_tree=True, force_https=False)
            try:
                client = zeep.Client(f"{address}?wsdl", transport=transport, settings=settings)  # type: ignore[no-untyped-call]
            except (ZeepError, etree.Error, LookupError, ValueError, TypeError) as error:
                raise Unavailable(
                    f"the WSDL of {name} cannot be read: {redact(str(error)[:200], self.api.secrets)}", code=SCHEMA
                ) from error
            self._ports[name] = Port(client, self.version, address)
        return self._ports[name]

    def document(self, url: str) -> bytes:
        """A WSDL or a schema that it names."""

        def read(answer: requests.Response) -> bytes:
            root = self._root(answer, safe=True)
            if etree.QName(root).localname not in ("definitions", "schema"):
                raise Unauthorized("no web service is published at this address", code=NO_SERVICE)
            return answer.content

        self.api.admit()
        return self.api.http.call("GET", url, read, safe=True, headers={"Accept": "text/xml"})

    def call(self, service: str, call: Call, arguments: Mapping[str, Json], *, rules: Sequence[Rule] = (), safe: bool) -> dict[str, Json]:
        """What the operation answers, by the names of the WSDL: ``return``, and the parameters that it gives back. Raises ConnectorError."""
        self.api.admit()
        port = self.port(service)
        operation = port.operation(call.operation)
        body = self._envelope(operation, arguments)
        action = str(operation.soapaction or "")
        headers = {"Content-Type": TYPES[self.version].format(action), "Accept": "text/xml, application/soap+xml"}
        if self.version == "1.1":
            headers["SOAPAction"] = f'"{action}"'

        def read(answer: requests.Response) -> dict[str, Json]:
            return self._read(answer, service, operation, call, rules, safe)

        return self.api.http.call("POST", port.address, read, safe=safe, headers=headers, data=body)

    def _envelope(self, operation: Any, arguments: Mapping[str, Json]) -> bytes:
        """Raises Unauthorized: what the configuration describes is not what the service takes."""
        try:
            wanted = completed(operation.input.body.type, arguments)
            message = operation.create(**wanted)
        except (ZeepError, LookupError, TypeError, ValueError, AttributeError) as error:
            said = redact(str(error)[:200], self.api.secrets)
            raise Unauthorized(f"{operation.name}: the arguments are not those of the WSDL: {said}", code=SCHEMA) from error
        return bytes(etree.tostring(message.content, xml_declaration=True, encoding="utf-8"))

    def _read(self, answer: requests.Response, service: str, operation: Any, call: Call, rules: Sequence[Rule], safe: bool) -> dict[str, Json]:  # fmt: skip
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        inside = answers.enveloped(self._root(answer, safe))
        if inside is None:
            raise trouble(f"HTTP {answer.status_code}: XML that is no answer of the service", code=str(answer.status_code))
        if (found := answers.fault(inside)) is not None:
            raise self.refused(rules, *found, safe=safe)
        if answer.status_code >= 400:
            raise trouble(f"HTTP {answer.status_code}", code=str(answer.status_code))
        try:
            said = self._values(operation, inside)
            for place in self.errors:
                if text := faults.refusal(paths.at(said, place)):
                    raise self.refused(rules, place, text, safe=safe)
            return answers.unfolded(said, call.json)
        except (ZeepError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            self._ports.pop(service, None)  # the service was changed, perhaps: its WSDL is asked for again
            said_so = redact(str(error)[:200], self.api.secrets)
            raise trouble(f"{operation.name}: the answer is not what the WSDL says: {said_so}", code=SCHEMA) from error

    def _values(self, operation: Any, inside: Any) -> dict[str, Json]:
        if not self.strict:
            found = answers.told(inside)
            return found if isinstance(found, dict) else {}
        output = operation.output.body
        if etree.QName(inside) != output.qname:
            raise ValueError(f"{etree.QName(inside).localname} instead of {output.name}")
        value = output.parse(inside, operation.binding.wsdl.types)
        values: dict[str, Json] = answers.plain(serialize_object(value, dict) or {})  # type: ignore[no-untyped-call]
        return values

    def _root(self, answer: requests.Response, safe: bool) -> Any:
        """The XML of an answer that a service gave, or that stands for its WSDL. Raises ConnectorError for what the web server, or the web extension
        at the door of the base, says instead."""
        self.api.session.saw(answer.cookies.get_dict())
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        status, text = answer.status_code, answer.content
        if status in SERVED:
            raise (Unavailable if safe or status == 503 else Unknown)(f"HTTP {status}", code=str(status))
        if not text.strip():
            if status == 401:
                raise Unauthorized("the login or password is refused", code="401")
            raise trouble(f"HTTP {status} with nothing in it", code=EMPTY)
        root = answers.document(text)
        if root is not None and etree.QName(root).localname in ("Envelope", "definitions", "schema"):
            return root
        words = text.decode("utf-8-sig", errors="replace").lstrip()
        if answers.cut(words):
            raise trouble(f"HTTP {status}: an answer that breaks off or holds characters that XML has not", code="broken")
        raise self.api.page(status, words, trouble)

    def refused(self, rules: Sequence[Rule], code: str, text: str, *, safe: bool) -> ConnectorError:
        """A fault, or an error that an answer tells, as ours."""
        return faults.meaning(rules, code, redact(text, self.api.secrets), safe=safe)
