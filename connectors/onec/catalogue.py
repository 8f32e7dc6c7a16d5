"""Fields of a base's objects: those that mappings use by УТ's names, and the base's own, local additions among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.contract import RemoteField
from connectors.onec.api import Api
from connectors.onec.commerceml import catalogue as exchanged
from connectors.onec.enterprise import catalogue as messages
from connectors.onec.profiles import Place
from connectors.onec.shape import LINES
from connectors.onec.soap import catalogue as told

Json = Any
# path: type; "-" before the type: read only
COMMON = {
    "Ref_Key": "-uuid", "DataVersion": "-string", "DeletionMark": "-boolean", "hub_key": "-string", "Комментарий": "text", "changed": "-datetime",
}  # fmt: skip
CUSTOMERS = {
    "Code": "-string", "Description": "-string", "name": "-string", "names": "names",
    "firm": "-boolean", "ДатаРождения": "datetime", "Пол": "enum", "КонтактнаяИнформация": "contacts", "Менеджер.Description": "employee",
    "ДатаРегистрации": "-datetime", "ЮрФизЛицо": "enum", "Клиент": "boolean", "ДополнительныеРеквизиты": "-list",
}  # fmt: skip
DOCUMENT = {
    "Number": "-string", "Date": "datetime", "Posted": "-boolean", "Партнер_Key": "string", "Организация.Description": "organisation",
    "Склад.Description": "store", "Менеджер.Description": "employee", "СуммаДокумента": "-number", "Телефон": "-string", "АдресЭП": "-string",
    LINES: "list",
}  # fmt: skip
ORDERS = {
    **DOCUMENT, "number": "string", "НомерПоДаннымКлиента": "-string", "Статус": "enum", "Состояние": "-enum", "АдресДоставки": "string", "ДатаОтгрузки": "datetime",
    "КартаЛояльности_Key": "reference", "ДополнительныеРеквизиты": "-list",
}  # fmt: skip
RECEIPTS = {
    **DOCUMENT, "Статус": "enum", "ВидОперации": "enum", "Архивный": "boolean", "НомерЧекаККМ": "integer", "card": "string", "payments": "list",
    "ЗаказКлиента_Key": "reference", "ПолученоНаличными": "number",
}  # fmt: skip
GOODS = {
    "Ref_Key": "string", "Description": "string", "НаименованиеПолное": "string", "Code": "string", "Артикул": "string", "Описание": "text",
    "ТипНоменклатуры": "enum", "DeletionMark": "boolean", "group.Description": "string", "size": "string", "colour": "string",
    "barcodes": "list", "prices": "list",
}  # fmt: skip
STOCK = {"Ref_Key": "string", "goods": "string", "Склад.Description": "store", "ВНаличии": "number", "КОтгрузке": "number"}
SHELVED = {name: {path: f"-{kind}" for path, kind in paths.items()} for name, paths in {"goods": GOODS, "stock": STOCK}.items()}
RETURNS = {
    **DOCUMENT,
    "Статус": "enum",
    "ВидОперации": "enum",
    "Архивный": "boolean",
    "НомерЧекаККМ": "integer",
    "sold": "reference",
    "ПричинаВозврата": "text",
}
PAYMENTS = {
    "Number": "string", "Date": "datetime", "Posted": "boolean", "ХозяйственнаяОперация": "enum", "ПроведеноБанком": "boolean",
    "Организация.Description": "organisation", "order": "reference", "payments": "list",
}  # fmt: skip
OWN = {"*_*": "any"}  # local additions: an extension or a partner puts a prefix before them (mega_Размер)
STATIC = {
    **SHELVED,
    "customers": COMMON | CUSTOMERS | OWN,
    "orders": COMMON | ORDERS | OWN,
    "receipts": {path: f"-{kind.lstrip('-')}" for path, kind in (COMMON | RECEIPTS | OWN).items()},
    **{name: {path: f"-{kind.lstrip('-')}" for path, kind in (COMMON | RETURNS | OWN).items()} for name in ("returns", "goods_returns")},
    "payments": {path: f"-{kind.lstrip('-')}" for path, kind in (COMMON | PAYMENTS | OWN).items()},
    **exchanged.STATIC,
    **told.STATIC,
    **messages.STATIC,
}
# what the shipped mappings take from a base itself, by УТ's names: one that is not there was renamed, and rests
USED = {
    "customers": ("Description", "КонтактнаяИнформация", "Пол", "ДатаРождения", "Комментарий", "Менеджер_Key"),
    "orders": ("Date", "Партнер_Key", "Организация_Key", "Склад_Key", "Менеджер_Key", "Статус", "СуммаДокумента", "НомерПоДаннымКлиента",
               "АдресДоставки", "Комментарий"),
    "receipts": ("Number", "Date", "Партнер_Key", "Организация_Key", "Склад_Key", "Менеджер_Key", "Статус", "СуммаДокумента",
                 "КартаЛояльности_Key", "НомерЧекаККМ", "Комментарий"),
    "returns": ("Number", "Date", "Партнер_Key", "Организация_Key", "Склад_Key", "Менеджер_Key", "Статус", "СуммаДокумента", "ЧекККМ_Key"),
    "goods_returns": ("Number", "Date", "Партнер_Key", "Организация_Key", "Склад_Key", "Менеджер_Key", "СуммаДокумента", "ПричинаВозврата"),
    "bank_payments": ("Date", "ХозяйственнаяОперация", "ПроведеноБанком", "ДатаПроведенияБанком", "РасшифровкаПлатежа"),
    "cash_payments": ("Date", "ХозяйственнаяОперация", "РасшифровкаПлатежа"),
    "card_payments": ("Date", "ХозяйственнаяОперация", "РасшифровкаПлатежа"),
}  # fmt: skip
WRITTEN = frozenset({"customers", "orders"})
TYPES = {bool: "boolean", int: "number", float: "number", list: "list"}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def fields(api: Api, resource: str, place: Place | None) -> list[RemoteField]:
    """The catalogue of a resource. A row shows every field that the base has, additions of a partner (``mega_Размер``) too."""
    found = [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items() if "*" not in path]
    if place is None:  # this configuration does not have it
        return found
    known = {one.path for one in found} | set(place.names.values()) | {place.lines}
    for name, value in next(iter(api.rows(place.set, top=1)), {}).items():
        if name not in known and "@" not in name:
            found.append(RemoteField(name, type_of(name, value), resource in WRITTEN, name))
    return found


def type_of(name: str, value: Json) -> str:
    """The type of a field that only a row tells of. ``X_Key`` is the guid of an object and ``X_Type`` the type of ``X`` (the vendor's chapter 17.4.5):
    no texts that another system could hold."""
    if name.endswith(("_Key", "_Type")):
        return "reference" if name.endswith("_Key") else "type"
    if isinstance(value, str) and DATE.fullmatch(value):
        return "datetime"
    return TYPES.get(type(value), "string")


def shelved(resource: str) -> list[RemoteField]:
    """The catalogue of what is put together of several sets: goods and stocks."""
    return [RemoteField(path, kind.lstrip("-"), False) for path, kind in SHELVED[resource].items()]


def lacking(resource: str, place: Place, row: Mapping[str, Json]) -> list[str]:
    """The base's own names of fields that mappings use and this row of it does not have."""
    theirs = [place.names.get(name, name) for name in USED[resource]] + ([place.lines] if place.lines else [])
    return [name for name in theirs if name and name not in row]
