"""XDTO in small: what types a service has, values out of XML as strictly as 1C reads them, and XML of values."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{XSI}}}nil"
SIMPLE = ("string", "decimal", "int", "boolean", "dateTime", "base64Binary")


class Broken(Exception):
    """What was sent is not what the types say."""


@dataclass(frozen=True)
class Field:
    """``kind``: a simple type or the name of another; ``many``: any number of them; ``optional``: it may be left out; ``nil``: it may be nil."""

    name: str
    kind: str = "string"
    optional: bool = False
    many: bool = False
    nil: bool = False


@dataclass(frozen=True)
class Types:
    """The package of a service: its namespace and its types."""

    namespace: str
    types: Mapping[str, tuple[Field, ...]]

    def read(self, element: Any, fields: tuple[Field, ...]) -> dict[str, Any]:
        """Elements in their order, none that is unknown, none that lacks. Raises Broken."""
        children = [child for child in element if isinstance(child.tag, str)]
        found: dict[str, Any] = {}
        for field in fields:
            mine = []
            while children and etree.QName(children[0]) == etree.QName(self.namespace, field.name):
                mine.append(self._value(children.pop(0), field))
                if not field.many:
                    break
            if not mine and not field.optional and not field.many:
                raise Broken(f"Ошибка преобразования данных XDTO: не задано значение свойства '{field.name}'")
            if field.many:
                found[field.name] = mine
            elif mine:
                found[field.name] = mine[0]
        if children:
            raise Broken(f"Ошибка преобразования данных XDTO: неожиданный элемент '{etree.QName(children[0]).localname}'")
        return found

    def _value(self, element: Any, field: Field) -> Any:
        if element.get(NIL) in ("true", "1"):
            if not field.nil:
                raise Broken(f"Ошибка преобразования данных XDTO: '{field.name}' не может быть Неопределено")
            return None
        if field.kind in self.types:
            return self.read(element, self.types[field.kind])
        if len(element):
            raise Broken(f"Ошибка преобразования данных XDTO: '{field.name}' не простого типа")
        return simple(element.text or "", field)

    def write(self, parent: Any, field: Field, value: Any) -> None:
        """Elements of one field under ``parent``."""
        for one in value or () if field.many else [value]:
            if one is None and field.optional and not field.nil:
                continue
            element = etree.SubElement(parent, etree.QName(self.namespace, field.name))
            if one is None:
                element.set(NIL, "true")
            elif field.kind in self.types:
                for inner in self.types[field.kind]:
                    self.write(element, inner, one.get(inner.name))
            else:
                element.text = said(one)


def simple(text: str, field: Field) -> Any:
    try:
        if field.kind == "decimal":
            return Decimal(text)
        if field.kind == "int":
            return int(text)
        if field.kind == "boolean":
            return {"true": True, "1": True, "false": False, "0": False}[text]
        if field.kind == "base64Binary":
            return base64.b64decode(text, validate=True)
        if field.kind == "dateTime":
            if len(text) < 19 or text[10] != "T":
                raise ValueError(text)
            return text[:19]
    except (ValueError, KeyError, InvalidOperation, binascii.Error):
        raise Broken(f"Ошибка преобразования данных XDTO: '{text[:40]}' не {field.kind} ({field.name})") from None
    return text


def said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
