"""What a service answered, as plain values: by the types of its WSDL, or just as it came. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from lxml import etree

from connectors.onec.soap import paths

Json = Any
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ENVELOPES = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")


def document(body: bytes) -> Any:
    """The root of an answer, or None where it is no whole XML. A DOCTYPE, and with it every entity, is no answer of 1C."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root.getroottree().docinfo.doctype else root


def enveloped(root: Any) -> Any:
    """The first thing in the body of a SOAP envelope of either version; None where it is none."""
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in ENVELOPES:
        return None
    body = root.find(f"{{{name.namespace}}}Body")
    return next((child for child in body if isinstance(child.tag, str)), None) if body is not None else None


def fault(element: Any) -> tuple[str, str] | None:
    """(code, text) of a fault of SOAP 1.1 or 1.2; None where it is none."""
    if etree.QName(element).localname != "Fault" or etree.QName(element).namespace not in ENVELOPES:
        return None
    code = "".join(element.xpath("string(*[local-name()='faultcode' or local-name()='Code']/descendant-or-self::*[not(*)][last()])"))
    text = "".join(element.xpath("string(*[local-name()='faultstring' or local-name()='Reason'])"))
    detail = "".join(element.xpath("string(*[local-name()='detail' or local-name()='Detail'])"))
    return code.strip().rpartition(":")[2], "\n".join(filter(None, (text.strip(), detail.strip())))


def plain(value: Json) -> Json:
    """Values of zeep as JSON: decimals as text without needless zeros, dates without a zone as the base has them, binary data in base64."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return digits(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if etree.iselement(value):
        return told(value)
    return value


def digits(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def told(element: Any) -> Json:
    """An element as it came: text, or an object in which what is told several times is a list. The name alone, without its namespace."""
    if element.get(NIL) in ("true", "1"):
        return None
    found: dict[str, Json] = {}
    for child in element:
        if isinstance(child.tag, str):
            name, value = etree.QName(child).localname, told(child)
            if name not in found:
                found[name] = value
            elif isinstance(found[name], list):
                found[name].append(value)
            else:
                found[name] = [found[name], value]
    return found or (element.text or "").strip() or None


def unfolded(answer: dict[str, Json], path: str) -> dict[str, Json]:
    """The answer with the text of JSON at ``path`` taken apart. Raises ValueError where it is none."""
    if not path:
        return answer
    text = paths.at(answer, path)
    paths.put(answer, path, json.loads(str(text), parse_float=Decimal) if text else None)
    unpacked: dict[str, Json] = plain(answer)
    return unpacked


def cut(words: str) -> bool:
    """Whether a text that is no whole XML began as an answer of a service."""
    return "Envelope" in words[:600] and document(words.encode()) is None
