"""A WooCommerce site as buyers and its administrators use it, and as the judge reads it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sandbox.judge.api import Api, chunks
from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Purchase
from sandbox.judge.views import CENT, Line, Many, Paid, View, exactly, minute, money, numbers, of_lines, quantity, the_numbers, words

Json = Any
STATUS = {"pending": "new", "on-hold": "new", "processing": "confirmed", "completed": "done", "cancelled": "cancelled", "failed": "cancelled",
          "refunded": "cancelled"}  # fmt: skip
STATUS_NAMES = {"new": "pending", "confirmed": "processing", "done": "completed", "cancelled": "cancelled"}
STORES = {"lenina": "lenina", "mega": "mega"}
UNKNOWN_STORE = "gafuri"
PAYMENTS = {"cloudpayments": "card", "cod": "cash", "bacs": "transfer"}
PAYMENT_NAMES = {value: name for name, value in PAYMENTS.items()}
UNKNOWN_PAYMENT = "dolyame"
META = {"middle_name": "middle_name", "comment": "note", "birthday": "birthday", "card": "card", "sex": "sex"}
BILLING = {"city": "city", "street": "address_1", "postcode": "postcode", "phone": "phone"}


class Site:
    """One site."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.api = Api(url, "/wp-json/wc/v3/", auth=("ck_sandbox", "cs_sandbox"))
        self._goods: dict[str, Json] = {}

    def customers(self) -> list[View]:
        return [customer(row) for row in self._all("customers", role="all")]

    def orders(self) -> list[View]:
        return [order(row) for row in self._all("orders")]

    def _all(self, kind: str, **more: Any) -> list[Json]:
        rows: list[Json] = []
        while True:
            page = self.api("GET", kind, per_page=100, page=len(rows) // 100 + 1, orderby="id", order="asc", **more)
            rows += page
            if len(page) < 100:
                return rows

    def prices(self) -> dict[str, Decimal]:
        return {sku: money(row["price"]) for sku, row in self._known_goods().items()}

    def _known_goods(self) -> dict[str, Json]:
        if not self._goods:
            self._goods = {row["sku"]: row for row in self.api("GET", "products", per_page=100)}
        return self._goods

    def created(self) -> dict[str, str]:
        """Order id -> when it was placed, in UTC."""
        return {str(row["id"]): row["date_created_gmt"] for row in self._all("orders")}

    def add_people(self, people: Sequence[tuple[Person, str]], origins: Sequence[str] = ()) -> list[str]:
        bodies = [as_customer(one, phone) for one, phone in people]
        return [str(row["id"]) for part in chunks(bodies, 100) for row in self.api("POST", "customers/batch", {"create": part})["create"]]

    def add_orders(self, orders: Sequence[tuple[Purchase, str]]) -> list[tuple[str, str]]:
        bodies = [as_order(one, buyer, self.contact(buyer)) for one, buyer in orders]
        made = [row for part in chunks(bodies, 100) for row in self.api("POST", "orders/batch", {"create": part})["create"]]
        return [(str(row["id"]), row["number"]) for row in made]

    def contact(self, buyer: str) -> Json:
        """The buyer's name and address as the checkout puts them into the order; a guest types a name."""
        if not buyer:
            return {"first_name": "Гость"}
        row = self.api("GET", f"customers/{buyer}")
        return {"first_name": row["first_name"], "last_name": row["last_name"], "email": row["email"], "phone": row["billing"]["phone"]}

    def type_person(self, ident: str, field: str, value: str) -> list[str]:
        """One field of one account. Returns what was struck out: there is place for one phone and one e-mail, so a new one replaces it."""
        gone: list[str] = []
        if field in ("phone", "email"):
            row = self.api("GET", f"customers/{ident}")
            gone = sorted(numbers(row["billing"]["phone"])) if field == "phone" else [row["email"].lower()]
        if field in BILLING:
            body: Json = {"billing": {BILLING[field]: f"+7{value}" if field == "phone" else value}}
        elif field == "store":
            body = {"meta_data": [{"key": "store", "value": STORES.get(value, UNKNOWN_STORE) if value else ""}]}
        elif field in META:
            body = {"meta_data": [{"key": META[field], "value": value}]}
        else:
            body = {field: value}
        self.api("PUT", f"customers/{ident}", body)
        return gone

    def drop(self, kind: str, ident: str) -> None:
        """Delete an account for good, an order as people do it: into the trash. ``kind``: customer | order."""
        self.api("DELETE", f"{kind}s/{ident}", **({"reassign": "0", "force": "true"} if kind == "customer" else {}))

    def type_order(self, ident: str, field: str, value: Any) -> None:
        if field == "status":
            body: Json = {"status": STATUS_NAMES[value]}
        elif field == "lines":
            held = {line for line, _ in self.lines(ident)}
            gone = held - {line for line, _ in value}
            body = {"line_items": [self._item(line, item) for line, item in value] + [{"id": int(line), "quantity": 0} for line in gone]}
        elif field == "store":
            body = {"meta_data": [{"key": "store", "value": STORES.get(value, UNKNOWN_STORE) if value else ""}]}
        elif field == "buyer":
            body = {"customer_id": int(value)}
        elif field == "contact_phone":
            body = {"billing": {"phone": f"+7{value}"}}
        elif field == "address":
            body = {"shipping": {"address_1": value}}
        else:
            body = {"customer_note": value}
        self.api("PUT", f"orders/{ident}", body)

    @staticmethod
    def _item(line: str, item: Item) -> Json:
        sums = {"quantity": item.quantity, "subtotal": f"{item.price * item.quantity:.2f}", "total": f"{item.sum:.2f}"}
        return sums | ({"id": int(line)} if line else {"sku": item.sku})

    def lines(self, ident: str) -> list[tuple[str, Item]]:
        rows = self.api("GET", f"orders/{ident}")["line_items"]
        return [(str(row["id"]), _as_item(_line(row))) for row in rows]


def as_customer(one: Person, phone: str) -> Json:
    meta = {"middle_name": one.middle_name, "birthday": one.birthday, "sex": one.sex, "card": one.card, "note": one.comment,
            "store": STORES.get(one.store, UNKNOWN_STORE) if one.store else ""}  # fmt: skip
    return {
        "email": one.email, "first_name": one.first_name, "last_name": one.last_name,
        "billing": {"phone": phone, "city": one.city, "postcode": one.postcode, "address_1": one.street},
        "meta_data": [{"key": key, "value": value} for key, value in meta.items() if value],
    }  # fmt: skip


def as_order(one: Purchase, buyer: str, contact: Json) -> Json:
    lines = [{"sku": x.sku, "quantity": x.quantity, "subtotal": f"{x.price * x.quantity:.2f}", "total": f"{x.sum:.2f}"} for x in one.items]
    more: Json = {"meta_data": [{"key": "store", "value": STORES.get(one.store, UNKNOWN_STORE)}]} if one.store else {}
    if one.payment:
        more |= {"payment_method": PAYMENT_NAMES.get(one.payment, UNKNOWN_PAYMENT), "set_paid": True, "transaction_id": f"7041{buyer or 0}"}
    if one.delivery:
        more["shipping_lines"] = [{"method_id": "flat_rate", "method_title": "Курьер", "total": one.delivery}]
    return more | {
        "customer_id": int(buyer or 0), "created_via": "checkout", "status": STATUS_NAMES[one.status or "new"], "customer_note": one.comment,
        "billing": contact, "shipping": {"address_1": one.address}, "line_items": lines,
    }  # fmt: skip


def meta(row: Json, key: str) -> str:
    return next((str(m["value"]) for m in row.get("meta_data", []) if m["key"] == key), "")


def customer(row: Json) -> View:
    billing = row["billing"]
    fields = {
        "last_name": row["last_name"], "first_name": row["first_name"], "middle_name": meta(row, "middle_name"),
        "phones": Many(numbers(billing["phone"]), whole=False),
        "emails": Many(frozenset([row["email"].lower()]), whole=False),
        "card": meta(row, "card"), "sex": meta(row, "sex"), "birthday": meta(row, "birthday"),
        "postcode": billing["postcode"], "city": billing["city"], "street": billing["address_1"], "comment": meta(row, "note"),
        "store": store(row), "points": exactly(money(meta(row, "points_active"))), "points_pending": exactly(money(meta(row, "points_pending"))),
    }  # fmt: skip
    return View(str(row["id"]), fields, {"phone": billing["phone"]})


def store(row: Json) -> str:
    return STORES.get(meta(row, "store"), "?") if meta(row, "store") else ""


def payments(row: Json) -> Paid:
    """What was paid: the whole of it or nothing. An order that only came into the status of paid ones has a date and no way of payment."""
    if not row["date_paid_gmt"] or not row["payment_method"]:
        return Paid(())
    return Paid(((PAYMENTS.get(row["payment_method"], "?"), money(row["total"])),))


def order(row: Json) -> View:
    billing = row["billing"]
    fields = {
        "number": row["number"], "status": STATUS.get(row["status"], "?"), "comment": row["customer_note"],
        "address": row["shipping"]["address_1"], "buyer": str(row["customer_id"] or ""), "total": exactly(money(row["total"])),
        "contact_name": words(f"{billing['first_name']} {billing['last_name']}"), "contact_phone": the_numbers(billing["phone"]),
        "contact_email": billing["email"].lower(), "created": minute(row["date_created_gmt"]), "source": row["created_via"],
        "store": store(row), "payments": payments(row),
        "delivery": exactly(sum((money(x["total"]) for x in row.get("shipping_lines", ())), Decimal(0))),
    }  # fmt: skip
    return View(str(row["id"]), fields | of_lines([_line(x) for x in row["line_items"]]), {"status": row["status"]})


def _line(row: Json) -> Line:
    count, before, after = quantity(row["quantity"]), money(row["subtotal"]), money(row["total"])
    return Line(row["sku"], count, (before / count).quantize(CENT), before - after, after)


def _as_item(line: Line) -> Item:
    return Item(line.sku, int(line.quantity), line.price, line.discount)
