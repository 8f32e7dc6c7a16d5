"""Bodies as JSON and as XML: the format is the address's ending; XML has dashes for underscores, types in attributes, and dates of its own
(insales docs: readme; the vendor's clients)."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response

Json = Any
TYPES = {"json": "application/json", "xml": "application/xml"}
PAGE = "<!DOCTYPE html><html><head><title>404</title></head><body><h1>Страница не найдена</h1></body></html>"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")


class InsalesError(Exception):
    """A refusal with its body; ``page``: as HTML, whatever was asked for."""

    def __init__(self, status: int, body: Json = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.status, self.body, self.headers = status, body, headers or {}


def missing() -> InsalesError:
    return InsalesError(404)


def invalid(field: str, text: str) -> InsalesError:
    return InsalesError(422, {field: [text]})


def answer(body: Json, root: str, form: str, status: int = 200) -> Response:
    if form == "xml":
        return Response(dump(body, root), status, content_type="application/xml; charset=utf-8")
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json; charset=utf-8")


def refused(error: InsalesError, form: str) -> Response:
    if error.body is None:
        said = Response(PAGE if error.status == 404 else "", error.status, content_type="text/html; charset=utf-8")
    elif form == "xml":
        rows = [f"{name} {text}" for name, texts in error.body.items() for text in (texts if isinstance(texts, list) else [texts])]
        said = answer(rows, "errors", "xml", error.status)
    else:
        said = answer(error.body, "errors", "json", error.status)
    for name, value in error.headers.items():
        said.headers[name] = value
    return said


def singular(name: str) -> str:
    return name[:-2] if name.endswith("statuses") else name[:-1] if name.endswith("s") else name


def dump(body: Json, root: str) -> bytes:
    found: bytes = ET.tostring(element(root.replace("_", "-"), body), "utf-8", xml_declaration=True)
    return found


def element(name: str, value: Json) -> ET.Element:
    made = ET.Element(name)
    if value is None:
        made.set("nil", "true")
    elif isinstance(value, dict):
        made.extend(element(key.replace("_", "-"), inner) for key, inner in value.items())
    elif isinstance(value, list):
        made.set("type", "array")
        made.extend(element(singular(name), inner) for inner in value)
    else:
        _scalar(made, value)
    return made


def _scalar(made: ET.Element, value: Json) -> None:
    if isinstance(value, bool):
        made.set("type", "boolean")
        made.text = str(value).lower()
    elif isinstance(value, (int, float)):
        made.set("type", "integer" if isinstance(value, int) else "decimal")
        made.text = str(value)
    elif STAMP.fullmatch(value):
        made.set("type", "timestamp")
        made.text = datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S %z")
    else:
        made.text = value


def load(text: bytes) -> dict[str, Json]:
    """A document of XML as JSON would have it, under the name of its root. Raises InsalesError for what is none."""
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        raise InsalesError(400, {"message": "bad XML"}) from None
    return {root.tag.replace("-", "_"): _value(root)}


def _value(node: ET.Element) -> Json:
    kind, text = node.get("type"), (node.text or "").strip()
    if node.get("nil") == "true":
        return None
    if kind == "array":
        return [_value(inner) for inner in node]
    if len(node):
        return {inner.tag.replace("-", "_"): _value(inner) for inner in node}
    if kind == "integer":
        return int(text)
    if kind == "decimal":
        return float(Decimal(text))
    return text == "true" if kind == "boolean" else text


def body_of(data: bytes, form: str) -> dict[str, Json]:
    """The body of a write. Raises InsalesError."""
    if not data.strip():
        return {}
    if form == "xml":
        return load(data)
    try:
        found = json.loads(data)
    except ValueError:
        raise InsalesError(400, {"message": "bad JSON"}) from None
    return found if isinstance(found, dict) else {}
