"""The shop: customers, orders, products and webhooks by number, and the goods a new shop starts with."""

from __future__ import annotations

import bisect
import random
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.frame.effects import Effects

SITE = timezone(timedelta(hours=5))
GOODS = [
    ("Рубашка льняная", "3490"), ("Платье летнее", "4990"), ("Пальто шерстяное", "7990"), ("Шарф вязаный", "1290"),
    ("Носки хлопковые", "490"), ("Плед", "2790"), ("Полотенце махровое", "890"), ("Скатерть льняная", "1990"),
    ("Комплект белья", "4590"), ("Фартук", "990"), ("Свитер", "3890"), ("Подушка", "1490"),
]  # fmt: skip
COUPONS = {"spring": ("fixed_cart", "100"), "leto10": ("percent", "10")}
ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "phone")
AVATAR = "https://secure.gravatar.com/avatar/?s=96&d=mm&r=g"
KINDS = ("customers", "orders", "products", "webhooks")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class WooError(Exception):
    """An error object of the vendor."""

    def __init__(self, code: str, message: str, status: int = 400, **data: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


def invalid(name: str, text: str, code: str = "rest_invalid_type") -> WooError:
    """A parameter that is refused; ``code`` says why."""
    details = {name: {"code": code, "message": text, "data": None}}
    return WooError("rest_invalid_param", f"Invalid parameter(s): {name}", params={name: text}, details=details)


class Shop:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC. ``effects``: what people were sent, by kind."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.lock, self.random, self.now = threading.RLock(), random.Random(seed), now
        self.tables: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.variations: dict[int, dict[str, Any]] = {}
        self.emails: dict[str, int] = {}
        self.skus: dict[str, int] = {}
        self.by_change: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
        self.numbers = {
            "customers": 1,
            "orders": 5000,
            "products": 40,
            "webhooks": 0,
            "lines": 900,
            "meta": 88000,
            "notes": 70,
            "refunds": 6000,
        }
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.effects = Effects()
        self.needs_password = False
        from . import products

        for i, (name, price) in enumerate(GOODS, 1):
            products.save(self, {"name": name, "sku": f"SV-{i:03d}", "regular_price": price}, None)

    @property
    def mails(self) -> int:
        return sum(n for kind, n in self.effects.items() if kind.startswith("mail"))

    def next(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]

    def dates(self, name: str) -> dict[str, str]:
        """Now, in the site's time and in Greenwich's."""
        now = self.now().replace(microsecond=0)
        return {name: now.astimezone(SITE).replace(tzinfo=None).isoformat(), f"{name}_gmt": now.replace(tzinfo=None).isoformat()}

    def keep(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """Store a row as changed now, and index it. Times are of the site and of Greenwich, without an offset."""
        changes = self.by_change[kind]
        place = bisect.bisect_left(changes, (row.get("date_modified_gmt", ""), row["id"]))
        if place < len(changes) and changes[place][1] == row["id"]:
            del changes[place]
        for name in ("date_created", "date_modified"):
            if name == "date_modified" or name not in row:
                row |= self.dates(name)
        self.tables[kind][row["id"]] = row
        bisect.insort(changes, (row["date_modified_gmt"], row["id"]))
        if kind == "customers":
            self.emails[row["email"].lower()] = row["id"]
        if kind == "products":
            self.skus = {sku: number for sku, number in self.skus.items() if number != row["id"]}
            self.skus |= {row["sku"]: row["id"]} if row["sku"] else {}
        return row

    def drop(self, kind: str, ident: int) -> None:
        row = self.tables[kind].pop(ident)
        self.by_change[kind].remove((row["date_modified_gmt"], ident))
        if kind == "customers":
            self.emails.pop(row["email"].lower(), None)
        if kind == "products":
            self.skus.pop(row["sku"], None)

    def known(self, kind: str, ident: int) -> dict[str, Any]:
        found = self.tables[kind].get(ident)
        if found is None:
            code = {"orders": "woocommerce_rest_shop_order_invalid_id", "products": "woocommerce_rest_product_invalid_id"}.get(kind)
            raise WooError(code or "woocommerce_rest_invalid_id", "Invalid ID.", 404)
        return found

    def save_customer(self, body: dict[str, Any], ident: int | None) -> dict[str, Any]:
        """Create or update in part. A new account is mailed to its owner."""
        email = self._email(body, ident)
        if ident is None and self.needs_password and not body.get("password"):
            raise WooError("registration-error-missing-password", "Please enter an account password.")
        if ident is None:
            number = self.next("customers")
            row: dict[str, Any] = {"id": number, "role": "customer", "username": body.get("username") or f"user{number}", "email": "",
                   "first_name": "", "last_name": "", "is_paying_customer": False, "billing": dict.fromkeys((*ADDRESS, "email"), ""),
                   "shipping": dict.fromkeys(ADDRESS, ""), "avatar_url": AVATAR, "meta_data": []}  # fmt: skip
            self.effects["mail: new account"] += 1
        else:
            row = self.known("customers", ident)
            if body.get("username") not in (None, row["username"]):
                raise WooError("woocommerce_rest_customer_invalid_argument", "Username isn't editable.")
            if email is not None and email != row["email"] and row["role"] == "administrator":
                raise WooError("woocommerce_rest_customer_invalid_argument", "Email and password of this user cannot be changed.")
        self.common(row, body, hidden=True)
        if email is not None:
            self.emails.pop(row["email"].lower(), None)
            row["email"] = email
        for name in ("first_name", "last_name"):
            if body.get(name) is not None:
                row[name] = str(body[name]).strip()
        return self.keep("customers", row)

    def _email(self, body: dict[str, Any], ident: int | None) -> str | None:
        email = body.get("email")
        if ident is None and not email:
            raise WooError("rest_missing_callback_param", "Missing parameter(s): email", params=["email"])
        if email is None:
            return None
        email = str(email).strip()
        if not EMAIL.fullmatch(email):
            raise invalid("email", "Invalid email address.")
        if self.emails.get(email.lower(), ident) != ident:
            code = "registration-error-email-exists" if ident is None else "woocommerce_rest_customer_invalid_email"
            raise WooError(code, "An account is already registered with your email address.")
        return email

    def common(self, row: dict[str, Any], body: dict[str, Any], hidden: bool = False) -> None:
        """Addresses merged key by key, meta by key or id. ``hidden``: keys that begin with _ are not writable."""
        for name in ("billing", "shipping"):
            for key, value in (body.get(name) or {}).items():
                if key in row[name] and value is not None:
                    row[name][key] = str(value).strip()
        self.meta(row["meta_data"], body, hidden)

    def meta(self, rows: list[dict[str, Any]], body: dict[str, Any], hidden: bool = False) -> None:
        """Put the ``meta_data`` of a body to ``rows``, by key or by id; a null value takes a row away."""
        for given in body.get("meta_data") or ():
            if not (hidden and str(given.get("key", "")).startswith("_")):
                self._meta(rows, given)

    def _meta(self, rows: list[dict[str, Any]], given: dict[str, Any]) -> None:
        mine = [m for m in rows if m["id"] == given.get("id")] if given.get("id") else [m for m in rows if m["key"] == given.get("key")]
        if given.get("value") is None:
            rows[:] = [m for m in rows if m not in mine]
        elif mine:
            mine[0]["value"] = given["value"]
            rows[:] = [m for m in rows if m not in mine[1:]]
        elif given.get("key"):
            rows.append({"id": self.next("meta"), "key": given["key"], "value": given["value"]})
