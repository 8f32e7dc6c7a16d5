"""Comparing the systems with each other, by the judge's own field pairs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from sandbox.judge.clients import Api, all_of_moysklad, all_of_woocommerce
from sandbox.judge.play import Journal

FLOOR = 20.0  # seconds: edits of one field so close may be ordered either way
STATUS = {"pending": "Новый", "on-hold": "Новый", "processing": "Подтверждён", "completed": "Доставлен", "cancelled": "Отменён"}


def digits(text: Any) -> set[str]:
    """Ten last digits of the numbers in a text."""
    return {re.sub(r"\D", "", found)[-10:] for found in re.findall(r"\+?[\d][\d \-()]{8,18}\d", str(text or ""))}


def meta(row: dict[str, Any], key: str) -> str:
    return next((str(m["value"]) for m in row.get("meta_data", []) if m["key"] == key), "")


def customer_pairs(a: dict[str, Any], b: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field -> (what MoySklad says, what the site says), in one form."""
    address = a.get("actualAddressFull") or {}
    phones = digits(a.get("phone"))
    here = digits(b["billing"]["phone"])
    return {
        "last_name": (a.get("legalLastName", ""), b["last_name"]),
        "first_name": (a.get("legalFirstName", ""), b["first_name"]),
        "middle_name": (a.get("legalMiddleName", ""), meta(b, "middle_name")),
        "phone": (sorted(here & phones), sorted(here)),
        "any_phone": (bool(phones), bool(here)),
        "email": (str(a.get("email", "")).lower(), b["email"].lower()),
        "card": (a.get("discountCardNumber", ""), meta(b, "card")),
        "sex": (str(a.get("sex", "")).lower(), meta(b, "sex")),
        "birthday": (str(a.get("birthDate", ""))[:10], meta(b, "birthday")),
        "postcode": (address.get("postalCode", ""), b["billing"]["postcode"]),
        "city": (address.get("city", ""), b["billing"]["city"]),
        "street": (address.get("street", ""), b["billing"]["address_1"]),
        "comment": (a.get("description", ""), meta(b, "note")),
    }


def order_pairs(a: dict[str, Any], b: dict[str, Any], emails: dict[int, str], nobody: str) -> dict[str, tuple[Any, Any]]:
    """Field -> (MoySklad, site); lines each with goods, quantity, price, discount and sum."""
    left = sorted(_position(p) for p in a["positions"].get("rows", []))
    right = sorted(_item(i) for i in b["line_items"])
    wanted = emails.get(b["customer_id"], "nobody")
    pairs: dict[str, tuple[Any, Any]] = {
        "number": (next((x["value"] for x in a.get("attributes", []) if x["name"] == "Номер на сайте"), ""), b["number"]),
        "status": (a["state"]["name"], STATUS.get(b["status"], "?")),
        "comment": (a.get("description", ""), b["customer_note"]),
        "address": (a.get("shipmentAddress", ""), b["shipping"]["address_1"]),
        "buyer": ("nobody" if a["agent"]["id"] == nobody else a["agent"].get("email", "").lower(), wanted),
        "lines": (len(left), len(right)),
        "total": (Decimal(str(a["sum"])) / 100, sum((Decimal(i["total"]) for i in b["line_items"]), Decimal(0))),
    }
    for name, place in (("sku", 0), ("quantity", 1), ("price", 2), ("sum", 3)):
        pairs[f"line_{name}"] = ([x[place] for x in left], [x[place] for x in right])
    return pairs


def _position(row: dict[str, Any]) -> tuple[str, Decimal, Decimal, Decimal]:
    price, quantity = Decimal(str(row["price"])) / 100, Decimal(str(row["quantity"]))
    total = (price * quantity * (1 - Decimal(str(row["discount"])) / 100)).quantize(Decimal("0.01"))
    return row["assortment"]["code"], quantity.normalize(), price.quantize(Decimal("0.01")), total


def _item(row: dict[str, Any]) -> tuple[str, Decimal, Decimal, Decimal]:
    quantity = Decimal(str(row["quantity"]))
    return row["sku"], quantity.normalize(), (Decimal(row["subtotal"]) / quantity).quantize(Decimal("0.01")), Decimal(row["total"])


class Verdict:
    """One judgement."""

    def __init__(self, sklad: Api, site: Api, journal: Journal) -> None:
        self.journal = journal
        self.left = {row["id"]: row for row in all_of_moysklad(sklad, "counterparty")}
        self.right = {row["id"]: row for row in all_of_woocommerce(site, "customers")}
        self.orders_left = all_of_moysklad(sklad, "customerorder")
        self.orders_right = {row["number"]: row for row in all_of_woocommerce(site, "orders")}
        self.lost: list[str] = []
        self.duplicates: list[str] = []
        self.drift: list[dict[str, Any]] = []
        self.pairs: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}

    def judge(self) -> dict[str, Any]:
        self._people()
        self._orders()
        lost_edits, floor = self._edits()
        dirt = Counter(kind for one in self.journal["people"] for kind in one["dirt"])
        return {
            "converged": not (self.lost or self.duplicates or self.drift),
            "lost": len(self.lost),
            "duplicates": len(self.duplicates),
            "lost_edits": len(lost_edits),
            "floor_edits": floor,
            "drift": self.drift[:50],
            "dirt": dict(dirt),
            "details": {"lost": self.lost[:20], "duplicates": self.duplicates[:20], "lost_edits": lost_edits[:20]},
        }

    def _people(self) -> None:
        planted_left = {p[k] for p in self.journal["people"] for k in ("sklad", "twin") if p.get(k)} | {self.journal["nobody"]}
        planted_right = {p["site"] for p in self.journal["people"] if p.get("site")}
        made_left, made_right = defaultdict(list), defaultdict(list)
        for row in self.left.values():
            if row["id"] not in planted_left:
                made_left[str(row.get("email", "")).lower()].append(row)
        for row in self.right.values():
            if row["id"] not in planted_right:
                made_right[row["email"].lower()].append(row)
        for one in self.journal["people"]:
            if one["email"]:
                self._person(one, made_left.pop(one["email"], []), made_right.pop(one["email"], []))
        for email, rows in [*made_left.items(), *made_right.items()]:
            self.duplicates += [f"nobody asked for {email or 'an object without e-mail'} ({row['id']})" for row in rows]

    def _person(self, one: dict[str, Any], made_left: list[Any], made_right: list[Any]) -> None:
        left = ([self.left[one["sklad"]]] if one.get("sklad") in self.left else []) + made_left
        right = ([self.right[one["site"]]] if one.get("site") in self.right else []) + made_right
        for name, rows in (("sklad", left), ("site", right)):
            if not rows:
                self.lost.append(f"{one['email']} is not in {name}")
            self.duplicates += [f"{one['email']} again in {name} ({row['id']})" for row in rows[1:]]
        if not left or not right:
            return
        self.pairs[one["number"]] = (left[0], right[0])
        for field, (a, b) in customer_pairs(left[0], right[0]).items():
            if field in ("phone", "any_phone") and "phone_impossible" in one["dirt"]:
                continue
            if a != b:
                self.drift.append({"entity": "customer", "who": one["email"], "field": field, "sklad": str(a), "site": str(b)})

    def _orders(self) -> None:
        emails = {row["id"]: row["email"].lower() for row in self.right.values()}
        by_number = defaultdict(list)
        for row in self.orders_left:
            by_number[next((x["value"] for x in row.get("attributes", []) if x["name"] == "Номер на сайте"), "")].append(row)
        planted = {o["number"] for o in self.journal["orders"]}
        self.duplicates += [f"order {number} made on the site" for number in self.orders_right.keys() - planted]
        for number in planted:
            rows = by_number.pop(number, [])
            if not rows:
                self.lost.append(f"order {number} is not in sklad")
                continue
            self.duplicates += [f"order {number} again" for _ in rows[1:]]
            for field, (a, b) in order_pairs(rows[0], self.orders_right[number], emails, self.journal["nobody"]).items():
                if a != b:
                    self.drift.append({"entity": "order", "who": number, "field": field, "sklad": str(a), "site": str(b)})
        self.duplicates += [f"an order nobody placed: {number}" for number in by_number]

    def _edits(self) -> tuple[list[str], int]:
        """Last edits that no system holds; those with another edit of the same field close by are the floor's."""
        last: dict[tuple[str, Any, str], dict[str, Any]] = {}
        close: set[tuple[str, Any, str]] = set()
        for one in self.journal["edits"]:
            key = (one["kind"], one["who"], one["field"])
            if key in last and one["at"] - last[key]["at"] < FLOOR:
                close.add(key)
            last[key] = one
        lost, floor = [], 0
        for key, one in last.items():
            if one["kind"] == "customer" and one["who"] in self.pairs:
                held = customer_pairs(*self.pairs[one["who"]])[one["field"]]
            elif one["kind"] == "order" and one["field"] == "comment":
                held = (self.orders_right[one["who"]]["customer_note"],)
            elif one["kind"] == "order" and one["field"] == "status":
                held = (self.orders_right[one["who"]]["status"],)
            else:
                continue
            if one["value"] not in held:
                if key in close:
                    floor += 1
                else:
                    lost.append(f"{key}: {one['value']!r} typed in {one['system']}, now {held}")
        return lost, floor
