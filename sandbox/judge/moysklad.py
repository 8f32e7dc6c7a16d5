"""MoySklad as the shop's people use it, and as the judge reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sandbox.judge.api import Api, chunks
from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Origin, Purchase
from sandbox.judge.views import CENT, Line, Many, Paid, View, exactly, minute, money, numbers, of_lines, quantity, the_numbers, words

Json = Any
NOBODY = "Розничный покупатель"
NUMBER = "Номер на сайте"
STATUS = {"Новый": "new", "Подтверждён": "confirmed", "Собран": "packed", "Доставлен": "done", "Отменён": "cancelled"}
STATUS_NAMES = {value: name for name, value in STATUS.items()}
UNKNOWN_STATUS = "На примерке"
STORES = {"Уфа, Ленина 10": "lenina", "Уфа, Мега": "mega"}
STORE_NAMES = {value: name for name, value in STORES.items()}
UNKNOWN_STORE = "Уфа, Гафури 5"
PAYMENTS = {"Карта": "card", "Наличные": "cash", "Перевод": "transfer"}
PAYMENT_NAMES = {value: name for name, value in PAYMENTS.items()}
UNKNOWN_PAYMENT = "Бартер"
PAID = re.compile(r"^(?P<kind>\S.*?) (?P<amount>\d+\.\d\d)(?: от .*)?$")
MOSCOW = timezone(timedelta(hours=3))
PLAIN = {"last_name": "legalLastName", "first_name": "legalFirstName", "middle_name": "legalMiddleName", "comment": "description", "card": "discountCardNumber",
         "email": "email"}  # fmt: skip
ADDRESS = {"postcode": "postalCode", "city": "city", "street": "street"}


class Sklad:
    """One account."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        headers = {"Authorization": "Bearer sandbox-moysklad-people", "Accept-Encoding": "gzip"}
        self.api = Api(url, "/api/remap/1.2/entity/", headers=headers)
        self._goods: dict[str, Json] = {}
        self._states: dict[str, Json] = {}
        self._firsts: dict[str, Json] = {}
        self._stores: dict[str, Json] = {}
        self._attributes: dict[tuple[str, str], Json] = {}

    def customers(self) -> list[View]:
        return [customer(row) for row in self._all("counterparty") if row.get("companyType") == "individual"]

    def orders(self) -> list[View]:
        return [order(row) for row in self._all("customerorder")]

    def receipts(self) -> list[View]:
        return [receipt(row) for row in self._all("retaildemand")]

    def notes(self, ident: str) -> list[str]:
        """Texts of a counterparty's event notes."""
        return [str(row.get("description", "")) for row in self.api("GET", f"counterparty/{ident}/notes", limit=1000)["rows"]]

    def _all(self, kind: str) -> list[Json]:
        documents = kind in ("customerorder", "retaildemand")
        limit, rows = (100 if documents else 1000), []
        more = {"expand": "positions.assortment,agent,state,store"} if documents else {}
        while True:
            page = self.api("GET", kind, limit=limit, offset=len(rows), order="id,asc", **more)["rows"]
            rows += page
            if len(page) < limit:
                return rows

    def prices(self) -> dict[str, Decimal]:
        """SKU -> price in roubles."""
        return {sku: money(row["salePrices"][0]["value"] / 100) for sku, row in self._known_goods().items()}

    def _known_goods(self) -> dict[str, Json]:
        if not self._goods:
            self._goods = {row["code"]: row for row in self.api("GET", "product", limit=1000)["rows"]}
        return self._goods

    def add_nobody(self) -> str:
        """The counterparty that stands for a buyer without a name."""
        return str(self.api("POST", "counterparty", {"name": NOBODY, "companyType": "individual"})["id"])

    def add_people(self, people: Sequence[tuple[Person, str]], origins: Sequence[str] = ()) -> list[str]:
        """Type people in; each with the text of the phone field. ``origins``: for each their number on the site, or empty. Returns ids."""
        bodies = [as_counterparty(one, phone) | self._store_of_person(one.store) for one, phone in people]
        for body, origin in zip(bodies, origins, strict=False):
            if origin:
                self._put(body, NUMBER, origin, "counterparty")
        return [row["id"] for part in chunks(bodies, 500) for row in self.api("POST", "counterparty", part)]

    def add_copies(self, orders: Sequence[tuple[Purchase, str, Origin]]) -> list[str]:
        """Orders of the site as another program copies them. Returns ids."""
        bodies = [self._copy(one, buyer, origin) for one, buyer, origin in orders]
        return [row["id"] for part in chunks(bodies, 500) for row in self.api("POST", "customerorder", part)]

    def _copy(self, one: Purchase, buyer: str, origin: Origin) -> Json:
        body = self._document("customerorder", one, buyer)
        body["attributes"] = [x for x in body["attributes"] if x["meta"] != self._attribute("customerorder", NUMBER)]
        body["moment"] = f"{datetime.fromisoformat(origin.created).replace(tzinfo=UTC).astimezone(MOSCOW):%Y-%m-%d %H:%M:00}"
        if origin.style == "attribute":
            self._put(body, NUMBER, origin.number)
            return body
        return body | {"name": f"WC-{origin.number}" if origin.style == "name" else origin.number}

    def add_orders(self, orders: Sequence[tuple[Purchase, str]]) -> list[tuple[str, str]]:
        """Type orders or receipts in; each with the buyer's id. Returns (id, number)."""
        done: dict[int, tuple[str, str]] = {}
        for kind in ("customerorder", "retaildemand"):
            chosen = [(i, one, buyer) for i, (one, buyer) in enumerate(orders) if (one.kind == "receipt") == (kind == "retaildemand")]
            for part in chunks(chosen, 500):
                rows = self.api("POST", kind, [self._document(kind, one, buyer) for _, one, buyer in part])
                done |= {i: (row["id"], one.number or row["name"]) for (i, one, _), row in zip(part, rows, strict=True)}
        return [done[i] for i in range(len(orders))]

    def _document(self, kind: str, one: Purchase, buyer: str) -> Json:
        body: Json = {"agent": {"meta": self._meta("counterparty", buyer)}, "positions": [self._position(x) for x in one.items]}
        if kind == "retaildemand":
            return body | {"retailShift": {"meta": self._first("retailshift")}}
        body |= {"organization": {"meta": self._first("organization")}, "description": one.comment, "shipmentAddress": one.address}
        if one.status:
            body["state"] = {"meta": self._state(STATUS_NAMES.get(one.status, UNKNOWN_STATUS))}
        if one.store:
            body["store"] = {"meta": self._store(one.store)}
        if one.payment:
            amount, day = sum((x.sum for x in one.items), Decimal(0)), datetime.now(MOSCOW)
            self._put(body, "Оплаты", f"{PAYMENT_NAMES.get(one.payment, UNKNOWN_PAYMENT)} {amount:.2f} от {day:%d.%m.%Y %H:%M:%S}")
        self._put(body, NUMBER, one.number)
        return body

    def _put(self, body: Json, name: str, value: Json, kind: str = "customerorder") -> None:
        """An additional field of a document or a card."""
        body.setdefault("attributes", []).append({"meta": self._attribute(kind, name), "value": value})

    def _position(self, item: Item) -> Json:
        percent = item.discount * 100 / (item.price * item.quantity)
        goods = self._known_goods()[item.sku]
        return {
            "quantity": item.quantity,
            "price": float(item.price * 100),
            "discount": float(percent),
            "assortment": {"meta": goods["meta"]},
        }

    def type_person(self, ident: str, field: str, value: str) -> list[str]:
        """One field of one person's card; ``phone``: a number is added beside what stands there. Returns what was struck out: an e-mail,
        for which there is one place."""
        gone = [str(self.api("GET", f"counterparty/{ident}").get("email") or "").lower()] if field == "email" else []
        if field in ADDRESS:
            now = self.api("GET", f"counterparty/{ident}").get("actualAddressFull") or {}
            body: Json = {"actualAddressFull": now | {ADDRESS[field]: value}}
        elif field == "phone":
            now = self.api("GET", f"counterparty/{ident}").get("phone") or ""
            body = {"phone": f"{now}, 8{value} жена" if now else f"8{value}"}
        elif field == "birthday":
            body = {"birthDate": f"{value} 00:00:00" if value else None}
        elif field == "store":
            body = self._store_of_person(value, clear=True)
        elif field == "sex":
            body = {"sex": value.upper()}
        else:
            body = {PLAIN[field]: value or None}
        self.api("PUT", f"counterparty/{ident}", body)
        return [old for old in gone if old]

    def type_order(self, ident: str, field: str, value: Any) -> None:
        """One field of one order; lines are (vendor's line id or empty, Item) and replace what stands there."""
        if field == "status":
            body: Json = {"state": {"meta": self._state(STATUS_NAMES.get(value, UNKNOWN_STATUS))}}
        elif field == "lines":
            kept = [{"id": row["id"]} for row in self._positions(ident) if is_delivery(row)]
            body = {"positions": [self._position(item) | ({"id": line} if line else {}) for line, item in value] + kept}
        elif field == "store":
            body = {"store": {"meta": self._store(value)} if value else None}
        elif field == "buyer":
            body = {"agent": {"meta": self._meta("counterparty", value)}}
        elif field == "contact_phone":
            body = {}
            self._put(body, "Телефон", f"8{value}")
        else:
            body = {{"comment": "description", "address": "shipmentAddress"}[field]: value}
        self.api("PUT", f"customerorder/{ident}", body)

    def lines(self, ident: str) -> list[tuple[str, Item]]:
        """The goods of an order as somebody sees them before changing one."""
        return [(row["id"], _item(_line(row))) for row in self._positions(ident) if not is_delivery(row)]

    def _positions(self, ident: str) -> list[Json]:
        rows: list[Json] = self.api("GET", f"customerorder/{ident}", expand="positions.assortment")["positions"]["rows"]
        return rows

    def _state(self, name: str) -> Json:
        if name not in self._states:
            self._states = {row["name"]: row["meta"] for row in self.api("GET", "customerorder/metadata")["states"]}
        if name not in self._states:
            body = {"name": name, "color": 15280409, "stateType": "Regular"}
            self._states[name] = self.api("POST", "customerorder/metadata/states", body)["meta"]
        return self._states[name]

    def _first(self, kind: str) -> Json:
        """The account's first shift or firm: it has one."""
        if kind not in self._firsts:
            self._firsts[kind] = self.api("GET", kind)["rows"][0]["meta"]
        return self._firsts[kind]

    def _attribute(self, kind: str, name: str) -> Json:
        """The additional field of that name."""
        if (kind, name) not in self._attributes:
            rows = self.api("GET", f"{kind}/metadata/attributes")["rows"]
            self._attributes |= {(kind, row["name"]): row["meta"] for row in rows}
        return self._attributes[kind, name]

    def _store(self, name: str) -> Json:
        """A store, opened where the account has none of that name."""
        title = STORE_NAMES.get(name, UNKNOWN_STORE)
        if title not in self._stores:
            self._stores = {row["name"]: row["meta"] for row in self.api("GET", "store")["rows"]}
        if title not in self._stores:
            self._stores[title] = self.api("POST", "store", {"name": title})["meta"]
        return self._stores[title]

    def _store_of_person(self, name: str, *, clear: bool = False) -> Json:
        body: Json = {}
        if name or clear:
            self._put(body, "Магазин", {"meta": self._store(name)} if name else None, "counterparty")
        return body

    def rename(self, ident: str, name: str) -> None:
        """Give an order another number of its own."""
        self.api("PUT", f"customerorder/{ident}", {"name": name})

    def drop(self, kind: str, ident: str) -> None:
        """Delete a card or an order (an order goes to the trash). ``kind``: customer | order."""
        self.api("DELETE", f"{'counterparty' if kind == 'customer' else 'customerorder'}/{ident}")

    def _meta(self, kind: str, ident: str) -> Json:
        return {"href": f"{self.api.url}/api/remap/1.2/entity/{kind}/{ident}", "type": kind, "mediaType": "application/json"}


def as_counterparty(one: Person, phone: str) -> Json:
    return {
        "name": words(f"{one.last_name} {one.first_name} {one.middle_name}"), "companyType": "individual",
        "legalLastName": one.last_name, "legalFirstName": one.first_name, "legalMiddleName": one.middle_name,
        "phone": phone, "email": one.email or None, "sex": one.sex.upper(), "birthDate": f"{one.birthday} 00:00:00" if one.birthday else None,
        "discountCardNumber": one.card or None, "description": one.comment or None,
        "actualAddressFull": {"postalCode": one.postcode, "city": one.city, "street": one.street},
    }  # fmt: skip


def customer(row: Json) -> View:
    """A counterparty. ``full_name``: whether the display name is made of the parts, which stand beside it."""
    address = row.get("actualAddressFull") or {}
    parts = [row.get(name, "") for name in ("legalLastName", "legalFirstName", "legalMiddleName")]
    fields = {
        "last_name": parts[0], "first_name": parts[1], "middle_name": parts[2],
        "full_name": words(row.get("name")),
        "phones": Many(numbers(row.get("phone"))),
        "emails": Many(frozenset([str(row["email"]).lower()] if row.get("email") else []), whole=False),
        "card": row.get("discountCardNumber", ""), "sex": str(row.get("sex", "")).lower(), "birthday": str(row.get("birthDate", ""))[:10],
        "postcode": address.get("postalCode", ""), "city": address.get("city", ""), "street": address.get("street", ""),
        "comment": row.get("description", ""), "store": store((said(row).get("Магазин") or {}).get("name")),
        "points": exactly(money(said(row).get("Бонусы"))), "points_pending": exactly(money(said(row).get("Бонусы ожидают"))),
    }  # fmt: skip
    return View(row["id"], fields, {"phone": row.get("phone", ""), "name": row.get("name", "")})


def said(row: Json) -> dict[str, Json]:
    """Additional fields by name."""
    return {x["name"]: x["value"] for x in row.get("attributes", [])}


def store(name: Any) -> str:
    return STORES.get(name, "?") if name else ""


def payments(text: Any) -> Paid:
    """The payments that a text tells, line by line."""
    found = [match for line in str(text or "").splitlines() if (match := PAID.match(line.strip()))]
    return Paid(tuple(sorted((PAYMENTS.get(m["kind"], "?"), money(m["amount"])) for m in found)))


def order(row: Json) -> View:
    more = said(row)
    fields = {
        "number": str(more.get(NUMBER, "")), "status": STATUS.get(row["state"]["name"], "?"),
        "comment": row.get("description", ""), "address": row.get("shipmentAddress", ""),
        "buyer": row["agent"]["id"], "total": exactly(money(Decimal(str(row["sum"])) / 100)),
        "contact_name": words(more.get("Контакт")), "contact_phone": the_numbers(more.get("Телефон")),
        "contact_email": str(more.get("Почта", "")).lower(), "created": minute(row["moment"], MOSCOW),
        "store": store((row.get("store") or {}).get("name")), "source": str(more.get("Источник", "")), "payments": payments(more.get("Оплаты")),
    }  # fmt: skip
    rows = row["positions"].get("rows", [])
    fields["delivery"] = exactly(sum((_line(x).sum for x in rows if is_delivery(x)), Decimal(0)))
    goods = [_line(x) for x in rows if not is_delivery(x)]
    return View(row["id"], fields | of_lines(goods), {"status": row["state"]["name"]})


def is_delivery(row: Json) -> bool:
    """Whether a position is the service that stands for delivery."""
    return bool(row["assortment"]["code"] == "DELIVERY")


def receipt(row: Json) -> View:
    """A receipt of the till: an order of the shop, which others only read."""
    fields = {
        "number": str(row["name"]), "comment": row.get("description", ""),
        "buyer": row["agent"]["id"], "total": exactly(money(Decimal(str(row["sum"])) / 100)),
        "store": store((row.get("store") or {}).get("name")), "created": minute(row["moment"], MOSCOW),
    }  # fmt: skip
    return View(row["id"], fields | of_lines([_line(x) for x in row["positions"].get("rows", [])]))


def _line(row: Json) -> Line:
    price, count = money(Decimal(str(row["price"])) / 100), quantity(row["quantity"])
    off = (price * count * Decimal(str(row["discount"])) / 100).quantize(CENT)
    return Line(row["assortment"]["code"], count, price, off, (price * count - off).quantize(CENT))


def _item(line: Line) -> Item:
    return Item(line.sku, int(line.quantity), line.price, line.discount)
