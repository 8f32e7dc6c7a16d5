"""Objects of EnterpriseData as mappings see them, and XML of what is told. Pure.

An object is told whole, as the base showed it last with what changes: what is not understood here is left out, and stays in the base as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from connectors.onec.commerceml.markup import Node
from connectors.onec.shape import joined, split

Json = Any
Row = Mapping[str, Json]
CUSTOMER, ORDER, RECEIPT, ITEM = "Справочник.Контрагенты", "Документ.ЗаказКлиента", "Документ.ЧекККМ", "Справочник.Номенклатура"
DELETED = "УдалениеОбъекта"
RESOURCES = {CUSTOMER: "ed_customers", ORDER: "ed_orders", RECEIPT: "ed_receipts", ITEM: "ed_goods"}
REFERENCES = {
    "КонтрагентыСсылка": "ed_customers",
    "ЗаказКлиентаСсылка": "ed_orders",
    "ЧекККМСсылка": "ed_receipts",
    "НоменклатураСсылка": "ed_goods",
}
KEYS, COMMON = "КлючевыеСвойства", "ОбщиеСвойстваОбъектовФормата"
CONTACT = "http://www.v8.1c.ru/ssl/contactinfo"
SORTS = {"Телефон": "Телефон", "ТелефонРабочий": "Телефон", "ТелефонДомашний": "Телефон", "АдресЭлектроннойПочты": "АдресЭлектроннойПочты"}
LINE = ("Количество", "Цена", "Сумма")


class NoLink(ValueError):
    """An object that does not say which one it is."""


def ident(node: Node) -> str:
    """Raises NoLink."""
    found = node.word(KEYS, "Ссылка").lower()
    if not found:
        raise NoLink(f"{node.name}: нет ссылки")
    return found


def shown(node: Node) -> dict[str, Json]:
    """What an object tells."""
    return {CUSTOMER: customer, ORDER: order, RECEIPT: receipt, ITEM: item}[node.name](node)


def deleted(node: Node) -> list[tuple[str, str]]:
    """(resource, id) of what was deleted, as far as it is known here."""
    found: list[tuple[str, str]] = []
    for child in node.children:
        if child.name in REFERENCES and child.text:
            found.append((REFERENCES[child.name], child.text.lower()))
        found += deleted(child)
    return found


def state(node: Node) -> bool:
    return node.word(COMMON, "СостояниеОбъекта") == "Устаревший"


def customer(node: Node) -> dict[str, Json]:
    keys = node.one(KEYS) or node
    return {
        "Ссылка": ident(node),
        "archived": state(node),
        "firm": keys.word("ЮридическоеФизическоеЛицо") == "ЮридическоеЛицо",
        "names": split(keys.word("НаименованиеПолное") or keys.word("Наименование")),
        "КонтактнаяИнформация": [contact(row) for row in node.all("КонтактнаяИнформация", "Строка")],
        "Комментарий": node.word(COMMON, "Комментарий"),
    }


def contact(row: Node) -> dict[str, Json]:
    """A row as the tables of the base have it, and its kind. The value is XML inside of a text, or, in newer bases, JSON."""
    kind, value = row.word("ВидКонтактнойИнформации"), row.word("ЗначенияПолей")
    seen = seen_of(value)
    sort = SORTS.get(kind, "Адрес" if "Адрес" in kind else "Другое")
    found = {"Вид": kind, "Тип": sort, "Представление": seen}
    if sort == "Телефон":
        found["НомерТелефона"] = re.sub(r"\D", "", seen)
    elif sort == "АдресЭлектроннойПочты":
        found["АдресЭП"] = seen
    return found


def seen_of(value: str) -> str:
    """What a person sees of a contact."""
    if value.startswith("<") and "<!" not in value:
        try:
            return str(ElementTree.fromstring(value).get("Представление") or "").strip()
        except ElementTree.ParseError:
            return ""
    told = re.search(r'"value"\s*:\s*"((?:[^"\\]|\\.)*)"', value)
    return told[1] if told else value.strip()


def order(node: Node) -> dict[str, Json]:
    keys = node.one(KEYS) or node
    return {
        "Ссылка": ident(node), "archived": state(node), "Номер": keys.word("Номер"), "Дата": keys.word("Дата"),
        "number": keys.word("ДанныеВходящегоДокумента", "Номер") or keys.word("Номер"),
        "Контрагент": node.word("Контрагент", "Ссылка").lower() or node.word("ДанныеКонтрагента", "Ссылка").lower(),
        "Склад": node.word("Склад", "Наименование"), "Организация": keys.word("Организация", "Наименование"), "Сумма": node.word("Сумма"),
        "АдресДоставки": node.word("АдресДоставки"), "Комментарий": node.word(COMMON, "Комментарий"),
        "Товары": [line(row) for part in ("Товары", "Услуги") for row in node.all(part, "Строка")],
    }  # fmt: skip


def line(row: Node) -> dict[str, Json]:
    goods = row.one("ДанныеНоменклатуры", "Номенклатура") or Node("", {})
    variant = row.word("ДанныеНоменклатуры", "Характеристика", "Ссылка").lower()
    named = goods.word("Ссылка").lower()
    told = {"Артикул": goods.word("Артикул"), "Наименование": goods.word("Наименование") or goods.word("НаименованиеПолное")}
    return {
        "goods": f"{named}#{variant}" if variant else named,
        **{name: text for name, text in told.items() if text},
        **{name: row.word(name) or "0" for name in LINE},
    }


def receipt(node: Node) -> dict[str, Json]:
    keys = node.one(KEYS) or node
    goods = node.all("ТоварыПродажа", "Строка") or node.all("Товары", "Строка")
    return {
        "Ссылка": ident(node), "archived": state(node), "return": keys.word("ЭтоВозврат") == "true", "number": keys.word("НомерЧекаККМ"),
        "Дата": keys.word("Дата"), "Организация": node.word("Организация", "Наименование") or keys.word("Организация", "Наименование"),
        "Контрагент": node.word("Контрагент", "Ссылка").lower(), "order": node.word("ЗаказКлиента", "Ссылка").lower(),
        "card": node.word("КартаЛояльности", "НомерКарты"), "Сумма": node.word("ДанныеОперацииККМ", "Сумма"), "Товары": [line(row) for row in goods],
        "payments": [{"kind": row.word("ТипОплаты"), "sum": row.word("Сумма")} for row in node.all("ОплатыККМ", "Строка")],
    }  # fmt: skip


def item(node: Node) -> dict[str, Json]:
    keys = node.one(KEYS) or node
    return {"Ссылка": ident(node), "Артикул": keys.word("Артикул"), "Наименование": keys.word("Наименование")}


def element(name: str, value: Json) -> str:
    """A value as XML; nothing for nothing, rows as ``Строка``."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, Mapping):
        inner = "".join(element(key, one) for key, one in value.items())
        return f"<{name}>{inner}</{name}>" if inner else ""
    if isinstance(value, list):
        return f"<{name}>{''.join(element('Строка', one) for one in value)}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def keys_of(name: str, data: Row) -> dict[str, Json]:
    """Key properties of a customer, by which the base finds him."""
    full = joined(data.get("names") or {})
    return {"Ссылка": name, "Наименование": full, "НаименованиеПолное": full, "ЮридическоеФизическоеЛицо": "ФизическоеЛицо"}


def customer_xml(name: str, data: Row) -> str:
    rows = [
        {"ВидКонтактнойИнформации": row.get("Вид") or row["Тип"], "ЗначенияПолей": contact_xml(row)}
        for row in data.get("КонтактнаяИнформация") or ()
        if row.get("Тип") in SORTS.values() and row.get("Представление")
    ]
    told = {KEYS: keys_of(name, data), "КонтактнаяИнформация": rows, COMMON: {"Комментарий": data.get("Комментарий")}}
    return element(CUSTOMER, told)


def contact_xml(row: Row) -> str:
    """The contact as the standard library keeps it."""
    seen = str(row["Представление"])
    if row["Тип"] == "Телефон":
        digits = re.sub(r"\D", "", str(row.get("НомерТелефона") or seen))
        country, area, number = (digits[:1], digits[1:4], digits[4:]) if len(digits) == 11 else ("", "", digits)
        inner = f'xsi:type="НомерТелефона" КодСтраны="{country}" КодГорода="{area}" Номер="{number}" Добавочный=""'
    else:
        inner = f'xsi:type="ЭлектроннаяПочта" Значение="{_quoted(seen)}"'
    return (
        f'<КонтактнаяИнформация xmlns="{CONTACT}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Представление="{_quoted(seen)}">'
        f"<Комментарий/><Состав {inner}/></КонтактнаяИнформация>"
    )


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def order_xml(name: str, data: Row, buyer: Row | None, constants: Row) -> str:
    """``buyer``: what is known of the customer; ``constants``: what new orders take of the configuration (organisation, currency, store)."""
    keys = {"Ссылка": name, "Дата": data.get("Дата"), "Номер": data.get("Номер"), "Организация": constants.get("Организация")}
    if data.get("number") and data.get("number") != data.get("Номер"):
        keys["ДанныеВходящегоДокумента"] = {"Номер": data["number"], "Дата": data.get("Дата")}
    who = str(data.get("Контрагент") or "")
    store = {"Наименование": data["Склад"]} if data.get("Склад") else constants.get("Склад")
    more = {key: value for key, value in constants.items() if key not in ("Организация", "Валюта", "Склад")}
    rows = [line_row(row, number) for number, row in enumerate(data.get("Товары") or (), 1)]
    total = str(sum((Decimal(str(row.get("Сумма") or 0)) for row in data.get("Товары") or ()), Decimal(0)))
    told = {
        KEYS: keys, "Валюта": constants.get("Валюта"), "Сумма": total, "Контрагент": keys_of(who, buyer or {}) if who else None, "Склад": store,
        "АдресДоставки": data.get("АдресДоставки"), **more, "Товары": rows, COMMON: {"Комментарий": data.get("Комментарий")},
    }  # fmt: skip
    return element(ORDER, told)


def line_row(row: Row, number: int) -> dict[str, Json]:
    goods, _, variant = str(row.get("goods") or "").partition("#")
    named = {"Ссылка": goods, "Артикул": row.get("Артикул"), "Наименование": row.get("Наименование")}
    data = {"Номенклатура": named, "Характеристика": {"Ссылка": variant} if variant else None}
    return {"ДанныеНоменклатуры": data, "Количество": row.get("Количество"), "Сумма": row.get("Сумма"), "Цена": row.get("Цена"), "ИдентификаторСтроки": str(number)}  # fmt: skip
