"""A base of 1C:Управление торговлей as its people use it, over OData with their own login, and as the judge reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sandbox.judge.api import Api
from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Purchase
from sandbox.judge.views import CENT, Line, Many, View, exactly, minute, money, numbers, of_lines, quantity, words

Json = Any
NOBODY, TEMPLATE, DELIVERY = "Розничный покупатель", "SVERKA", "DELIVERY"
PARTNERS, ORDERS, GOODS, STOCK = "Catalog_Партнеры", "Document_ЗаказКлиента", "Catalog_Номенклатура", "Catalog_Склады"
STATUS = {"НеСогласован": "new", "КОбеспечению": "confirmed", "КОтгрузке": "packed", "Закрыт": "done"}
STATUS_NAMES = {value: name for name, value in STATUS.items()}
STORES = {"Уфа, Ленина 10": "lenina", "Уфа, Мега": "mega"}
STORE_NAMES = {value: name for name, value in STORES.items()}
SEX = {"Мужской": "male", "Женский": "female"}
SEX_NAMES = {value: name for name, value in SEX.items()}
NEVER = "0001-01-01T00:00:00"
UFA = timezone(timedelta(hours=5))
PHONE, EMAIL, ADDRESS = "Телефон", "АдресЭлектроннойПочты", "Адрес"
PARTS = {"postcode": "ZIPcode", "city": "city", "street": "street"}
CLIENTS = "НомерПоДаннымКлиента"


class Books:
    """One base. A name stands in one field, a status of cancelled is not there, and nobody deletes: 1C only marks."""

    takes = {"customer": ("birthday", "sex", "phone", "email", "comment"), "order": ("status", "comment", "address", "store", "lines")}
    statuses = tuple(STATUS_NAMES)
    lacks = ("card", "store")  # of a person
    deletes = False

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        root, _, published = url.rpartition("/")
        self.api = Api(root, f"/{published}/odata/standard.odata/", auth=("Администратор".encode(), "админ".encode()))
        self._named: dict[str, dict[str, str]] = {}

    def customers(self) -> list[View]:
        return [customer(row) for row in self._all(PARTNERS) if row["ЮрФизЛицо"] != "Компания" and not row["DeletionMark"]]

    def orders(self) -> list[View]:
        skus = {ident: sku for sku, ident in self._names(GOODS, "Артикул").items()}
        stores = {ident: name for name, ident in self._names(STOCK).items()}
        return [order(row, skus, stores) for row in self._all(ORDERS) if row[CLIENTS] != TEMPLATE and not row["DeletionMark"]]

    def _all(self, name: str) -> list[Json]:
        return list(self.api("GET", quote(name), **{"$format": "json"})["value"])

    def _names(self, name: str, field: str = "Description") -> dict[str, str]:
        """What a catalogue calls its items -> their identifiers."""
        if name not in self._named:
            self._named[name] = {row[field]: row["Ref_Key"] for row in self._all(name) if row[field]}
        return self._named[name]

    def prices(self) -> dict[str, Decimal]:
        kind = self._names("Catalog_ВидыЦен")["Розничная"]
        rows = [row for row in self._all("InformationRegister_ЦеныНоменклатуры25") if row["ВидЦены_Key"] == kind]
        known = {row["Номенклатура_Key"]: money(row["Цена"]) for row in rows}
        return {sku: known[ident] for sku, ident in self._names(GOODS, "Артикул").items() if ident in known}

    def add_nobody(self) -> str:
        """The partner that stands for a buyer without a name: a base has one."""
        return self._names(PARTNERS)[NOBODY]

    def add_people(self, people: Sequence[tuple[Person, str]], origins: Sequence[str] = ()) -> list[str]:
        return [self._post(PARTNERS, as_partner(one, phone)) for one, phone in people]

    def add_orders(self, orders: Sequence[tuple[Purchase, str]]) -> list[tuple[str, str]]:
        return [(self._post(ORDERS, self._order(one, buyer)), one.number) for one, buyer in orders]

    def _post(self, name: str, body: Json) -> str:
        return str(self.api("POST", quote(name), body, **{"$format": "json"})["Ref_Key"])

    def _patch(self, name: str, ident: str, body: Json) -> None:
        self.api("PATCH", quote(f"{name}(guid'{ident}')"), body, **{"$format": "json"})

    def _row(self, name: str, ident: str) -> Json:
        return self.api("GET", quote(f"{name}(guid'{ident}')"), **{"$format": "json"})

    def _order(self, one: Purchase, buyer: str) -> Json:
        """A new order with the service fields of a hand-made one."""
        pattern = next(row for row in self._all(ORDERS) if row[CLIENTS] == TEMPLATE)
        service = {
            name: pattern[name] for name in ("Организация_Key", "Валюта_Key", "Соглашение_Key", "ЦенаВключаетНДС", "НалогообложениеНДС")
        }
        moment = datetime.now(UFA).strftime("%Y-%m-%dT%H:%M:%S")
        body = service | {
            CLIENTS: one.number,
            "Date": moment,
            "Партнер_Key": buyer,
            "Комментарий": one.comment,
            "АдресДоставки": one.address,
        }
        body |= {"Статус": STATUS_NAMES[one.status or "new"]} | self._rows([("", item) for item in one.items])
        return body | ({"Склад_Key": self._names(STOCK)[STORE_NAMES[one.store]]} if one.store in STORE_NAMES else {})

    def _rows(self, lines: Sequence[tuple[str, Item]], held: Sequence[Json] = ()) -> Json:
        there = {row["LineNumber"]: row for row in held}
        goods = self._names(GOODS, "Артикул")
        rows = [there.get(line, {}) | {"Номенклатура_Key": goods[x.sku], "Количество": x.quantity, "Цена": str(x.price), "Сумма": str(x.sum),
                                       "СуммаРучнойСкидки": str(x.discount)} for line, x in lines]  # fmt: skip
        rows += [row for row in held if row["Номенклатура_Key"] == goods[DELIVERY]]
        for number, row in enumerate(rows, 1):
            row["LineNumber"] = str(number)
        return {"Товары": rows, "СуммаДокумента": str(sum((Decimal(str(row["Сумма"])) for row in rows), Decimal(0)))}

    def type_person(self, ident: str, field: str, value: str) -> list[str]:
        """One field of one partner; a phone or an e-mail is one row more. Returns what was struck out: nothing."""
        if field in ("phone", "email"):
            held = self._row(PARTNERS, ident)["КонтактнаяИнформация"]
            fresh = contact(PHONE, f"+7{value}") if field == "phone" else contact(EMAIL, value)
            body: Json = {"КонтактнаяИнформация": numbered([*held, fresh])}
        elif field == "birthday":
            body = {"ДатаРождения": f"{value}T00:00:00" if value else NEVER}
        elif field == "sex":
            body = {"Пол": SEX_NAMES[value]}
        else:
            body = {"Комментарий": value}
        self._patch(PARTNERS, ident, body)
        return []

    def type_order(self, ident: str, field: str, value: Any) -> None:
        if field == "lines":
            body = self._rows(value, self._row(ORDERS, ident)["Товары"])
        elif field == "status":
            body = {"Статус": STATUS_NAMES[value]}
        elif field == "store":
            body = {"Склад_Key": self._names(STOCK)[STORE_NAMES[value]]}
        else:
            body = {"АдресДоставки" if field == "address" else "Комментарий": value}
        self._patch(ORDERS, ident, body)

    def lines(self, ident: str) -> list[tuple[str, Item]]:
        skus = {ident: sku for sku, ident in self._names(GOODS, "Артикул").items()}
        rows = [(row["LineNumber"], _line(row, skus)) for row in self._row(ORDERS, ident)["Товары"]]
        return [(number, Item(x.sku, int(x.quantity), x.price, x.discount)) for number, x in rows if x.sku != DELIVERY]


def as_partner(one: Person, phone: str) -> Json:
    told = {"value": ", ".join(filter(None, [one.postcode, one.city, one.street])), "type": ADDRESS, "ZIPcode": one.postcode, "city": one.city,
            "street": one.street}  # fmt: skip
    rows = [contact(PHONE, phone), {"Тип": ADDRESS, "Представление": told["value"], "Значение": json.dumps(told, ensure_ascii=False)}]
    rows += [contact(EMAIL, one.email)] if one.email else []
    name = f"{one.last_name} {one.first_name} {one.middle_name}"
    return {
        "Description": name, "НаименованиеПолное": name, "ЮрФизЛицо": "ЧастноеЛицо", "Клиент": True, "Пол": SEX_NAMES[one.sex],
        "ДатаРождения": f"{one.birthday}T00:00:00", "Комментарий": one.comment, "КонтактнаяИнформация": numbered(rows),
    }  # fmt: skip


def contact(kind: str, value: str) -> Json:
    """A row as the program's own form leaves it."""
    told = json.dumps({"value": value, "type": kind, "comment": ""}, ensure_ascii=False)
    digits = "".join(c for c in value if c.isdigit())
    return {"Тип": kind, "Представление": value, "Значение": told} | (
        {"НомерТелефона": digits[:20]} if kind == PHONE else {"АдресЭП": value}
    )


def numbered(rows: Sequence[Json]) -> list[Json]:
    return [row | {"LineNumber": str(number)} for number, row in enumerate(rows, 1)]


def customer(row: Json) -> View:
    """A partner. ``whole_name``: last, first and middle name in one field."""
    rows = row["КонтактнаяИнформация"]
    phones = [x["Представление"] for x in rows if x["Тип"] == PHONE]
    told = next((json.loads(x["Значение"] or "{}") for x in rows if x["Тип"] == ADDRESS), {})
    fields = {
        "whole_name": words(row["Description"]), "phones": Many(frozenset().union(*(numbers(value) for value in phones))),
        "emails": Many(frozenset(x["АдресЭП"].lower() for x in rows if x["Тип"] == EMAIL)), "sex": SEX.get(row["Пол"], ""),
        "birthday": "" if row["ДатаРождения"] == NEVER else row["ДатаРождения"][:10], "comment": row["Комментарий"],
        **{name: str(told.get(part) or "") for name, part in PARTS.items()},
    }  # fmt: skip
    return View(row["Ref_Key"], fields, {"phone": ", ".join(phones), "name": row["Description"]})


def order(row: Json, skus: dict[str, str], stores: dict[str, str]) -> View:
    lines = [_line(x, skus) for x in row["Товары"]]
    fields = {
        "number": row[CLIENTS] or row["Number"], "status": STATUS.get(row["Статус"], "?"), "comment": row["Комментарий"],
        "address": row["АдресДоставки"], "buyer": row["Партнер_Key"], "total": exactly(money(row["СуммаДокумента"])),
        "created": minute(row["Date"], UFA), "delivery": exactly(sum((x.sum for x in lines if x.sku == DELIVERY), Decimal(0))),
        "store": STORES.get(stores.get(row["Склад_Key"], ""), ""),
    }  # fmt: skip
    return View(row["Ref_Key"], fields | of_lines([x for x in lines if x.sku != DELIVERY]), {"status": row["Статус"]})


def _line(row: Json, skus: dict[str, str]) -> Line:
    count, price, total = quantity(row["Количество"]), money(row["Цена"]), money(row["Сумма"])
    return Line(skus.get(row["Номенклатура_Key"], "?"), count, price, (price * count).quantize(CENT) - total, total)
