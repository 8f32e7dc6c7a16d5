"""A Bitrix24 portal as managers and the telephone exchange use it, and as the judge reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sandbox.judge.api import Api, chunks
from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Origin, Purchase, Talk
from sandbox.judge.views import CENT, Line, Many, Near, View, exactly, minute, money, numbers, of_lines, quantity, the_numbers, words

Json = Any
STATUS = {"NEW": "new", "PREPARATION": "confirmed", "EXECUTING": "packed", "WON": "done", "LOSE": "cancelled"}
STATUS_NAMES = {value: name for name, value in STATUS.items()}
STORES = {"Уфа, Ленина 10": "lenina", "Уфа, Мега": "mega"}
STORE_NAMES = {value: name for name, value in STORES.items()}
UNKNOWN_STORE = "Уфа, Гафури 5"
STORE = "UF_CRM_STORE"
UNKNOWN_STATUS = "FINAL_INVOICE"  # a stage of the portal that the configuration does not name
DESK = {"X-Forwarded-For": "10.0.0.7"}  # people sit elsewhere than the hub: the portal counts requests by address
HUB = "sverka"
ORIGINATOR = "woo-exchange"  # another program that filled the portal before the hub came
NUMBER = "UF_CRM_ORDER_NUMBER"
ADDRESS = "UF_CRM_DELIVERY_ADDRESS"
SEX = {"45": "male", "47": "female"}
SEX_NAMES = {value: number for number, value in SEX.items()}
PLAIN = {"last_name": "LAST_NAME", "first_name": "NAME", "middle_name": "SECOND_NAME", "birthday": "BIRTHDATE", "comment": "COMMENTS", "card": "UF_CRM_CARD",
         "postcode": "UF_CRM_POSTCODE", "city": "UF_CRM_CITY", "street": "UF_CRM_STREET"}  # fmt: skip


class Crm:
    """One portal, through an incoming webhook; calls are the exchange's, an application with a token of its own."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.api = Api(url, "/rest/1/sandboxsecret/", headers=DESK)
        self.exchange = Exchange(url)
        self._goods: dict[str, Json] = {}

    def customers(self) -> list[View]:
        return [customer(row) for row in self._all("crm.contact.list", ["*", "UF_*", "PHONE", "EMAIL"])]

    def numbered(self) -> list[View]:
        """Deals without their rows: rows are asked for one deal at a time, and those of thousands use up the time that the vendor gives."""
        return [order(row, (), {}) for row in self._all("crm.deal.list", ["*", "UF_*"])]

    def orders(self) -> list[View]:
        rows = self._all("crm.deal.list", ["*", "UF_*"])
        lines = self._many([("crm.item.productrow.list", query({"filter": rows_of(row["ID"])})) for row in rows])
        skus = {goods["id"]: sku for sku, goods in self._known_goods().items()}
        return [order(row, found["productRows"], skus) for row, found in zip(rows, lines, strict=True)]

    def _all(self, method: str, select: list[str]) -> list[Json]:
        rows: list[Json] = []
        while True:
            last = rows[-1]["ID"] if rows else 0
            body = {"select": select, "filter": {">ID": last}, "order": {"ID": "ASC"}, "start": -1}
            page = self.api("POST", method, body)["result"]
            rows += page
            if len(page) < 50:
                return rows

    def _many(self, commands: Sequence[tuple[str, str]]) -> list[Json]:
        """Results of many methods, fifty a request. Raises RuntimeError when one failed."""
        results: list[Json] = []
        for part in chunks(commands, 50):
            cmd = {f"c{i}": f"{method}?{query}" for i, (method, query) in enumerate(part)}
            answer = self.api("POST", "batch", {"halt": 0, "cmd": cmd})["result"]
            if answer["result_error"]:
                raise RuntimeError(f"batch: {answer['result_error']}")
            results += [answer["result"][f"c{i}"] for i in range(len(part))]
        return results

    def prices(self) -> dict[str, Decimal]:
        rows = self.api("POST", "catalog.price.list", {"filter": {"catalogGroupId": 1}})["result"]["prices"]
        prices = {row["productId"]: money(row["price"]) for row in rows}
        return {sku: prices[row["id"]] for sku, row in self._known_goods().items()}

    def _known_goods(self) -> dict[str, Json]:
        if not self._goods:
            body = {"select": ["id", "iblockId", "name", "xmlId"], "filter": {"iblockId": 23}}
            self._goods = {row["xmlId"]: row for row in self.api("POST", "catalog.product.list", body)["result"]["products"]}
        return self._goods

    def calls(self) -> list[Json]:
        """Rows of the telephony's statistics."""
        rows: list[Json] = []
        while True:
            page = self.api("POST", "voximplant.statistic.get", {"SORT": "ID", "ORDER": "ASC", "start": len(rows)})["result"]
            rows += page
            if len(page) < 50:
                return rows

    def add_people(self, people: Sequence[tuple[Person, str]], origins: Sequence[str] = ()) -> list[str]:
        """Type people in; ``origins``: for each their number on the site, or empty. Returns ids."""
        bodies = [as_contact(one, phone) for one, phone in people]
        for body, origin in zip(bodies, origins, strict=False):
            body |= {"ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": origin} if origin else {}
        made = self._many([("crm.contact.add", query({"fields": body})) for body in bodies])
        return [str(ident) for ident in made]

    def add_orders(self, orders: Sequence[tuple[Purchase, str]]) -> list[tuple[str, str]]:
        made = self._many([("crm.deal.add", query({"fields": self._deal(one, buyer)})) for one, buyer in orders])
        self._set_rows([(ident, one) for (one, _), ident in zip(orders, made, strict=True)])
        return [(str(ident), one.number) for (one, _), ident in zip(orders, made, strict=True)]

    def add_copies(self, orders: Sequence[tuple[Purchase, str, Origin]]) -> list[str]:
        """Orders of the site as another program copies them. Returns ids."""
        bodies = [
            self._deal(one, buyer) | {"ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": origin.number, NUMBER: ""} for one, buyer, origin in orders
        ]
        made = self._many([("crm.deal.add", query({"fields": body})) for body in bodies])
        self._set_rows([(ident, one) for (one, _, _), ident in zip(orders, made, strict=True)])
        return [str(ident) for ident in made]

    def _set_rows(self, deals: Sequence[tuple[Json, Purchase]]) -> None:
        rows = [{"id": ident, "rows": [self._row(x) for x in one.items]} for ident, one in deals]
        self._many([("crm.deal.productrows.set", query(body)) for body in rows])

    def _deal(self, one: Purchase, buyer: str) -> Json:
        body: Json = {"TITLE": f"Заказ {one.number}", NUMBER: one.number, "COMMENTS": one.comment, ADDRESS: one.address}
        body["STAGE_ID"] = STATUS_NAMES.get(one.status, UNKNOWN_STATUS) if one.status else "NEW"
        if buyer:
            body["CONTACT_ID"] = buyer
        if one.store:
            body[STORE] = STORE_NAMES.get(one.store, UNKNOWN_STORE)
        total = sum((x.sum for x in one.items), Decimal(0))
        if "rounded" in one.dirt:
            body |= {"IS_MANUAL_OPPORTUNITY": "Y", "OPPORTUNITY": str(total.quantize(Decimal(1)))}
        return body

    def _row(self, item: Item) -> Json:
        off = (item.discount / item.quantity).quantize(CENT)
        goods = self._known_goods()[item.sku]
        row = {"PRODUCT_ID": goods["id"], "PRODUCT_NAME": goods["name"], "PRICE": str(item.price - off), "QUANTITY": item.quantity}
        return row | {"DISCOUNT_TYPE_ID": 1, "DISCOUNT_SUM": str(off), "TAX_INCLUDED": "N"}

    def type_person(self, ident: str, field: str, value: str) -> list[str]:
        """One field of one contact; ``phone`` and ``email``: a record is added to those that are there. Returns numbers struck out: none."""
        if field == "phone":
            fields: Json = {"PHONE": [{"VALUE": f"+7{value}", "VALUE_TYPE": "MOBILE"}]}
        elif field == "email":
            fields = {"EMAIL": [{"VALUE": value, "VALUE_TYPE": "HOME"}]}
        elif field == "sex":
            fields = {"UF_CRM_SEX": SEX_NAMES[value]}
        elif field == "store":
            fields = {STORE: STORE_NAMES.get(value, UNKNOWN_STORE) if value else ""}
        else:
            fields = {PLAIN[field]: value}
        self.api("POST", "crm.contact.update", {"id": ident, "fields": fields})
        return []

    def drop(self, kind: str, ident: str) -> None:
        """Delete a contact or a deal. ``kind``: customer | order."""
        self.api("POST", f"crm.{'contact' if kind == 'customer' else 'deal'}.delete", {"id": ident})

    def type_order(self, ident: str, field: str, value: Any) -> None:
        if field == "lines":
            names = ("PRODUCT_NAME", "PRICE", "QUANTITY")
            kept = [{"ID": row["id"]} | dict(zip(names, (row["productName"], row["price"], row["quantity"]), strict=True))
                    for row in self._rows(ident) if is_delivery(row)]  # fmt: skip
            rows = [self._row(item) | ({"ID": line} if line else {}) for line, item in value] + kept
            self.api("POST", "crm.deal.productrows.set", {"id": ident, "rows": rows})
        elif field == "status":
            self.api("POST", "crm.deal.update", {"id": ident, "fields": {"STAGE_ID": STATUS_NAMES.get(value, UNKNOWN_STATUS)}})
        elif field == "store":
            self.api("POST", "crm.deal.update", {"id": ident, "fields": {STORE: STORE_NAMES.get(value, UNKNOWN_STORE) if value else ""}})
        else:
            name = {"comment": "COMMENTS", "address": ADDRESS, "buyer": "CONTACT_ID", "contact_phone": "UF_CRM_CONTACT_PHONE"}[field]
            self.api("POST", "crm.deal.update", {"id": ident, "fields": {name: value}})

    def lines(self, ident: str) -> list[tuple[str, Item]]:
        skus = {goods["id"]: sku for sku, goods in self._known_goods().items()}
        return [(str(row["id"]), _item(_line(row, skus))) for row in self._rows(ident) if not is_delivery(row)]

    def _rows(self, ident: str) -> list[Json]:
        rows: list[Json] = self.api("POST", "crm.item.productrow.list", {"filter": rows_of(ident)})["result"]["productRows"]
        return rows

    def add_call(self, one: Talk, contact: str) -> str:
        return self.exchange.ended(one, contact)


class Exchange:
    """The telephone exchange: an application of the portal with rights and a token of its own."""

    def __init__(self, url: str) -> None:
        self.oauth = Api(url, "/oauth/", headers=DESK)
        self.api = Api(url, "/rest/", headers=DESK)
        self._token, self.refresh = "", "telephony-refresh-token"

    def ended(self, one: Talk, contact: str) -> str:
        """Tell the portal of a call that is over: registered and finished. Returns the portal's id of the call."""
        answer = self._call("telephony.externalCall.register", {
            "USER_ID": 2, "PHONE_NUMBER": one.phone, "TYPE": 1 if one.direction == "out" else 2, "EXTERNAL_CALL_ID": one.key,
            "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": contact, "SHOW": 0, "ADD_TO_CHAT": 0, "CALL_START_DATE": one.start,
        })  # fmt: skip
        ident = str(answer["CALL_ID"])
        self._call(
            "telephony.externalCall.finish",
            {"CALL_ID": ident, "USER_ID": 2, "DURATION": one.duration, "STATUS_CODE": one.code, "ADD_TO_CHAT": 0},
        )
        return ident

    def _call(self, method: str, body: Json) -> Json:
        if not self._token:
            answer = self.oauth("GET", "token/", grant_type="refresh_token", client_id="local.telephony",
                                client_secret="telephony-secret", refresh_token=self.refresh)  # fmt: skip
            self._token, self.refresh = answer["access_token"], answer["refresh_token"]
        return self.api("POST", method, body | {"auth": self._token})["result"]


def rows_of(deal: str) -> Json:
    """The filter of a deal's product rows."""
    return {"=ownerType": "D", "=ownerId": deal}


def query(value: Json, prefix: str = "") -> str:
    """Nested values as PHP writes a query: ``fields[PHONE][0][VALUE]=...``."""
    if isinstance(value, dict):
        return "&".join(query(v, f"{prefix}[{k}]" if prefix else str(k)) for k, v in value.items() if v not in ({}, []))
    if isinstance(value, list):
        return "&".join(query(v, f"{prefix}[{i}]") for i, v in enumerate(value))
    return f"{quote(prefix)}={quote(str(value), safe='')}"


def as_contact(one: Person, phone: str) -> Json:
    fields = {
        "LAST_NAME": one.last_name, "NAME": one.first_name, "SECOND_NAME": one.middle_name, "BIRTHDATE": one.birthday,
        "COMMENTS": one.comment, "UF_CRM_CARD": one.card, "UF_CRM_SEX": SEX_NAMES[one.sex], "UF_CRM_POSTCODE": one.postcode,
        "UF_CRM_CITY": one.city, "UF_CRM_STREET": one.street, STORE: STORE_NAMES.get(one.store, UNKNOWN_STORE) if one.store else "", "PHONE": [{"VALUE": phone, "VALUE_TYPE": "MOBILE"}],
    }  # fmt: skip
    return fields | ({"EMAIL": [{"VALUE": one.email, "VALUE_TYPE": "HOME"}]} if one.email else {})


def text(row: Json, name: str) -> str:
    return str(row.get(name) or "")


def customer(row: Json) -> View:
    phones = [entry["VALUE"] for entry in row.get("PHONE", [])]
    fields = {
        "last_name": text(row, "LAST_NAME"), "first_name": text(row, "NAME"), "middle_name": text(row, "SECOND_NAME"),
        "phones": Many(frozenset().union(*(numbers(value) for value in phones))),
        "emails": Many(frozenset(entry["VALUE"].lower() for entry in row.get("EMAIL", []))),
        "card": text(row, "UF_CRM_CARD"), "sex": SEX.get(text(row, "UF_CRM_SEX"), ""), "birthday": text(row, "BIRTHDATE")[:10],
        "postcode": text(row, "UF_CRM_POSTCODE"), "city": text(row, "UF_CRM_CITY"), "street": text(row, "UF_CRM_STREET"),
        "comment": text(row, "COMMENTS"), "store": store(row),
        "points": exactly(money(row.get("UF_CRM_BONUS"))), "points_pending": exactly(money(row.get("UF_CRM_BONUS_PENDING"))),
    }  # fmt: skip
    return View(str(row["ID"]), fields, {"phone": ", ".join(phones)})


def store(row: Json) -> str:
    return STORES.get(text(row, STORE), "?") if text(row, STORE) else ""


def order(row: Json, lines: Sequence[Json], skus: Mapping[int, str]) -> View:
    """A deal with its product rows. ``skus``: product id -> SKU; a row of no product says it in front of its name."""
    fields = {
        "number": text(row, NUMBER), "status": STATUS.get(text(row, "STAGE_ID"), "?"), "comment": text(row, "COMMENTS"),
        "address": text(row, ADDRESS), "buyer": text(row, "CONTACT_ID").strip("0") and text(row, "CONTACT_ID"),
        "total": money(row.get("OPPORTUNITY")), "store": store(row), "source": text(row, "UF_CRM_ORDER_SOURCE"),
        "contact_name": words(row.get("UF_CRM_CONTACT_NAME")), "contact_phone": the_numbers(row.get("UF_CRM_CONTACT_PHONE")),
        "contact_email": text(row, "UF_CRM_CONTACT_EMAIL").lower(),
    }  # fmt: skip
    if (made := text(row, "UF_CRM_ORDER_DATE")) or text(row, "ORIGINATOR_ID") != HUB:  # the day when the hub copied it says nothing
        fields["created"] = minute(made or row["DATE_CREATE"])
    rows = [_line(x, skus) for x in lines if not is_delivery(x)]
    fields["delivery"] = exactly(sum((money(x["price"] * x["quantity"]) for x in lines if is_delivery(x)), Decimal(0)))
    fields["total"] = Near((fields["total"],), (sum((x.slack for x in rows), CENT),))
    return View(str(row["ID"]), fields | of_lines(rows), {"status": text(row, "STAGE_ID")})


def is_delivery(row: Json) -> bool:
    """A row of no product whose name begins with the word."""
    return not row["productId"] and text(row, "productName").startswith("Доставка")


def _line(row: Json, skus: Mapping[int, str]) -> Line:
    """A product row: its price is of one, after discount. The vendor rounds each of its figures by itself (bitrix24 docs: product rows)."""
    count, price, off = quantity(row["quantity"]), Decimal(str(row["price"])), Decimal(str(row["discountSum"]))
    sku = skus.get(row["productId"]) or text(row, "productName").partition(" ")[0]
    return Line(sku, count, money(price + off), money(off * count), money(price * count), CENT * count)


def _item(line: Line) -> Item:
    return Item(line.sku, int(line.quantity), line.price, line.discount)
