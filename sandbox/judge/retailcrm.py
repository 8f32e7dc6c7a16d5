"""A RetailCRM account as its managers use it, and as the judge reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from sandbox.judge.api import Api
from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Purchase
from sandbox.judge.views import CENT, Line, Many, Near, Paid, View, exactly, minute, money, numbers, of_lines, quantity, the_numbers, words

Json = Any
NOBODY = "Розничный покупатель"
STATUS = {"new": "new", "client-confirmed": "confirmed", "assembling": "packed", "complete": "done", "cancel-other": "cancelled"}
STATUS_NAMES = {value: name for name, value in STATUS.items()}
UNKNOWN_STATUS = "no-call"  # a status of the account that the configuration does not name
STORES = ("lenina", "mega")
UNKNOWN_STORE = "gafuri"
PAYMENTS = {"bank-card": "card", "cash": "cash", "bank-transfer": "transfer"}
PAYMENT_NAMES = {value: name for name, value in PAYMENTS.items()}
UNKNOWN_PAYMENT = "sbp"
UFA = timezone(timedelta(hours=5))
PLAIN = {"last_name": "lastName", "first_name": "firstName", "middle_name": "patronymic", "birthday": "birthday", "sex": "sex",
         "card": "discountCardNumber", "email": "email"}  # fmt: skip
ADDRESS = {"postcode": "index", "city": "city", "street": "street"}
OWN = {"comment": "comment", "store": "store"}


class Retail:
    """One account. An order keeps the customer that it was made for (the API changes none), so its buyer is not compared."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.api = Api(url, "/api/v5/", headers={"X-API-KEY": "sandbox-retailcrm-people"})
        self._goods: dict[str, Json] = {}

    def customers(self) -> list[View]:
        return [customer(row) for row in self._all("customers")]

    def orders(self) -> list[View]:
        return [order(row) for row in self._all("orders")]

    def _all(self, kind: str, path: str = "") -> list[Json]:
        rows: list[Json] = []
        while True:
            page = self.api("GET", path or kind, limit=100, page=len(rows) // 100 + 1)[kind]
            rows += page
            if len(page) < 100:
                return rows

    def prices(self) -> dict[str, Decimal]:
        return {sku: money(row["price"]) for sku, row in self._known_goods().items()}

    def _known_goods(self) -> dict[str, Json]:
        if not self._goods:
            self._goods = {row["article"]: row for row in self._all("offers", "store/offers")}
        return self._goods

    def add_nobody(self) -> str:
        """The customer that stands for a buyer without a name."""
        return self._made("customers", "customer", {"firstName": NOBODY})

    def add_people(self, people: Sequence[tuple[Person, str]], origins: Sequence[str] = ()) -> list[str]:
        return [self._made("customers", "customer", as_customer(one, phone)) for one, phone in people]

    def add_orders(self, orders: Sequence[tuple[Purchase, str]]) -> list[tuple[str, str]]:
        made = [(self._made("orders", "order", self._order(one, buyer)), one.number) for one, buyer in orders]
        for (one, _), (ident, _) in zip(orders, made, strict=True):
            if one.payment:
                self._pay(one, ident)
        return made

    def _made(self, kind: str, name: str, body: Json) -> str:
        return str(self._said(f"{kind}/create", **{name: body})["id"])

    def _said(self, path: str, **fields: Any) -> Json:
        """A form whose objects are JSON, as the vendor takes them."""
        form = {key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in fields.items()}
        return self.api("POST", path, form=form)

    def _order(self, one: Purchase, buyer: str) -> Json:
        body: Json = {
            "number": one.number, "status": STATUS_NAMES.get(one.status, UNKNOWN_STATUS) if one.status else "new",
            "customerComment": one.comment, "delivery": {"address": {"text": one.address}}, "items": [self._item("", x) for x in one.items],
            "customer": {"id": int(buyer)},
        }  # fmt: skip
        return body | ({"shipmentStore": self._store(one.store)} if one.store else {})

    def _store(self, name: str) -> str:
        """The code of a store as orders bear it. One that the configuration does not know is opened first: the account takes no other word."""
        if name in ("", *STORES):
            return name
        self._said(f"reference/stores/{UNKNOWN_STORE}/edit", store={"name": "Уфа, Гафури 54"})
        return UNKNOWN_STORE

    def _pay(self, one: Purchase, ident: str) -> None:
        total = sum((x.sum for x in one.items), Decimal(0))
        kind = PAYMENT_NAMES.get(one.payment, UNKNOWN_PAYMENT)
        self._said("orders/payments/create", payment={"order": {"id": int(ident)}, "type": kind, "status": "paid", "amount": str(total)})

    def _item(self, line: str, item: Item) -> Json:
        off = (item.discount / item.quantity).quantize(CENT)
        row = {"quantity": item.quantity, "initialPrice": str(item.price), "discountManualAmount": str(off), "discountManualPercent": 0}
        return row | ({"id": int(line)} if line else {"offer": {"id": self._known_goods()[item.sku]["id"]}})

    def type_person(self, ident: str, field: str, value: str) -> list[str]:
        """One field of one card. Returns what was struck out: a card has many phones and one e-mail."""
        gone: list[str] = []
        if field == "phone":
            held = self._row("customers", "customer", ident).get("phones") or []
            body: Json = {"phones": [*held, {"number": f"+7{value}"}]}
        elif field in ADDRESS:
            body = {"address": {ADDRESS[field]: value}}
        elif field in OWN:
            unknown = field == "store" and value and value not in STORES
            body = {"customFields": {OWN[field]: UNKNOWN_STORE if unknown else value}}
        else:
            if field == "email" and (was := self._row("customers", "customer", ident).get("email")):
                gone = [was.lower()]
            body = {PLAIN[field]: value}
        self._said(f"customers/{ident}/edit", by="id", customer=body)
        return gone

    def drop(self, kind: str, ident: str) -> None:
        """Deleted at a screen: the API has no method. ``kind``: customer | order."""
        self.api.control("delete", {"kind": f"{kind}s", "ids": [int(ident)]})

    def type_order(self, ident: str, field: str, value: Any) -> None:
        if field == "lines":
            body: Json = {"items": [self._item(line, item) for line, item in value]}
        elif field == "status":
            body = {"status": STATUS_NAMES.get(value, UNKNOWN_STATUS)}
        elif field == "store":
            body = {"shipmentStore": self._store(value)}
        elif field == "address":
            body = {"delivery": {"address": {"text": value}}}
        elif field == "contact_phone":
            body = {"phone": f"+7{value}"}
        else:
            body = {"customerComment": value}
        self._said(f"orders/{ident}/edit", by="id", order=body)

    def lines(self, ident: str) -> list[tuple[str, Item]]:
        return [(str(row["id"]), _as_item(_line(row))) for row in self._row("orders", "order", ident)["items"]]

    def _row(self, kind: str, name: str, ident: str) -> Json:
        return self.api("GET", f"{kind}/{ident}", by="id")[name]


def as_customer(one: Person, phone: str) -> Json:
    own = {"comment": one.comment, "store": one.store if one.store in ("", *STORES) else UNKNOWN_STORE}
    return {
        "lastName": one.last_name, "firstName": one.first_name, "patronymic": one.middle_name, "birthday": one.birthday, "sex": one.sex,
        "discountCardNumber": one.card, "phones": [{"number": phone}], "email": one.email,
        "address": {"index": one.postcode, "city": one.city, "street": one.street}, "customFields": {k: v for k, v in own.items() if v},
    }  # fmt: skip


def text(row: Json, *path: str) -> str:
    found: Any = row
    for name in path:
        found = (found or {}).get(name) if isinstance(found, dict) else None
    return str(found or "")


def customer(row: Json) -> View:
    phones = [one["number"] for one in row.get("phones") or ()]
    fields = {
        "last_name": text(row, "lastName"), "first_name": text(row, "firstName"), "middle_name": text(row, "patronymic"),
        "phones": Many(frozenset().union(*(numbers(value) for value in phones))),
        "emails": Many(frozenset([text(row, "email").lower()] if row.get("email") else []), whole=False),
        "card": text(row, "discountCardNumber"), "sex": text(row, "sex"), "birthday": text(row, "birthday")[:10],
        "postcode": text(row, "address", "index"), "city": text(row, "address", "city"), "street": text(row, "address", "street"),
        "comment": text(row, "customFields", "comment"), "store": store(text(row, "customFields", "store")),
        "points": exactly(money(text(row, "customFields", "points_active"))), "points_pending": exactly(money(text(row, "customFields", "points_pending"))),
    }  # fmt: skip
    return View(str(row["id"]), fields, {"phone": ", ".join(phones)})


def store(code: str) -> str:
    return code if code in ("", *STORES) else "?"


def order(row: Json) -> View:
    """An order. The account takes discounts off one piece, and counts its total of that."""
    lines = [_line(x) for x in row["items"]]
    paid = sorted((PAYMENTS.get(x["type"], "?"), money(x["amount"])) for x in (row.get("payments") or {}).values() if x["status"] == "paid")
    fields = {
        "number": text(row, "number"), "status": STATUS.get(row["status"], "?"), "comment": text(row, "customerComment"),
        "address": text(row, "delivery", "address", "text"), "total": Near((money(row["totalSumm"]),), (sum((x.slack for x in lines), CENT),)),
        "contact_name": words(" ".join(text(row, name) for name in ("firstName", "patronymic", "lastName"))),
        "contact_phone": the_numbers(row.get("phone")), "contact_email": text(row, "email").lower(),
        "created": minute(row["createdAt"], UFA), "source": text(row, "customFields", "order_source"),
        "store": store(text(row, "shipmentStore")), "payments": Paid(tuple(paid)), "delivery": exactly(money(text(row, "delivery", "cost"))),
    }  # fmt: skip
    return View(str(row["id"]), fields | of_lines(lines), {"status": row["status"]})


def _line(row: Json) -> Line:
    """A line: its prices are of one; where a discount does not divide by the quantity, each piece may be off by less than a kopeck."""
    count, price = quantity(row["quantity"]), money(row["initialPrice"])
    off = (Decimal(str(row.get("discountTotal") or 0)) * count).quantize(CENT)
    return Line(text(row, "offer", "article"), count, price, off, (price * count - off).quantize(CENT), CENT * count)


def _as_item(line: Line) -> Item:
    return Item(line.sku, int(line.quantity), line.price, line.discount)
