"""The shop: customers, orders, products and webhooks by number, and the goods a new shop starts with."""

from __future__ import annotations

import random
import re
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

SITE = timezone(timedelta(hours=5))
GOODS = [
    ("Рубашка льняная", "3490"), ("Платье летнее", "4990"), ("Пальто шерстяное", "7990"), ("Шарф вязаный", "1290"),
    ("Носки хлопковые", "490"), ("Плед", "2790"), ("Полотенце махровое", "890"), ("Скатерть льняная", "1990"),
    ("Комплект белья", "4590"), ("Фартук", "990"), ("Свитер", "3890"), ("Подушка", "1490"),
]  # fmt: skip
ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "phone")
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash")
MAILED = frozenset({"processing", "completed", "on-hold", "cancelled", "refunded"})


class WooError(Exception):
    """An error object of the vendor."""

    def __init__(self, code: str, message: str, status: int = 400, **data: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


class Shop:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.lock, self.random, self.now = threading.RLock(), random.Random(seed), now
        self.tables: dict[str, dict[int, dict[str, Any]]] = {k: {} for k in ("customers", "orders", "products", "webhooks")}
        self.emails: dict[str, int] = {}
        self.numbers = {"customers": 1, "orders": 5000, "products": 40, "webhooks": 0, "lines": 900, "meta": 88000}
        self.mails = 0
        for i, (name, price) in enumerate(GOODS, 1):
            number = self.next("products")
            self.tables["products"][number] = self.stamped(
                {
                    "id": number,
                    "name": name,
                    "sku": f"SV-{i:03d}",
                    "regular_price": price,
                    "price": price,
                    "type": "simple",
                    "status": "publish",
                }
            )

    def next(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]

    def stamped(self, row: dict[str, Any]) -> dict[str, Any]:
        """Creation and change times, of the site and of Greenwich, without an offset."""
        now = self.now().replace(microsecond=0)
        for name in ("date_created", "date_modified"):
            if name == "date_modified" or name not in row:
                row[name] = now.astimezone(SITE).replace(tzinfo=None).isoformat()
                row[f"{name}_gmt"] = now.replace(tzinfo=None).isoformat()
        return row

    # customers -------------------------------------------------------------------------------------------

    def save_customer(self, body: dict[str, Any], ident: int | None) -> dict[str, Any]:
        email = body.get("email")
        if ident is None and not email:
            raise WooError("rest_missing_callback_param", "Missing parameter(s): email", params=["email"])
        if email is not None:
            email = str(email).strip()
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
                raise WooError("rest_invalid_param", "Invalid parameter(s): email", params={"email": "Invalid email address."})
            if self.emails.get(email.lower(), ident) != ident:
                code = "registration-error-email-exists" if ident is None else "woocommerce_rest_customer_invalid_email"
                raise WooError(code, "An account is already registered with your email address.")
        if ident is None:
            number = self.next("customers")
            row: dict[str, Any] = {"id": number, "role": "customer", "username": f"user{number}", "email": "", "first_name": "", "last_name": "",
                   "is_paying_customer": False, "billing": dict.fromkeys((*ADDRESS, "email"), ""), "shipping": dict.fromkeys(ADDRESS, ""), "meta_data": []}  # fmt: skip
            self.mails += 1
        else:
            row = self.known("customers", ident)
            self.emails.pop(row["email"].lower(), None)
        for name in ("first_name", "last_name", "email"):
            if body.get(name) is not None:
                row[name] = str(body[name]).strip()
        self._common(row, body)
        self.emails[row["email"].lower()] = row["id"]
        self.tables["customers"][row["id"]] = self.stamped(row)
        return row

    def _common(self, row: dict[str, Any], body: dict[str, Any]) -> None:
        for name in ("billing", "shipping"):
            for key, value in (body.get(name) or {}).items():
                if key in row[name] and value is not None:
                    row[name][key] = str(value).strip()
        for given in body.get("meta_data") or ():
            self._meta(row["meta_data"], given)

    def _meta(self, rows: list[dict[str, Any]], given: dict[str, Any]) -> None:
        mine = [m for m in rows if m["id"] == given.get("id")] if given.get("id") else [m for m in rows if m["key"] == given.get("key")]
        if given.get("value") is None:
            rows[:] = [m for m in rows if m not in mine]
        elif mine:
            mine[0]["value"] = given["value"]
            rows[:] = [m for m in rows if m not in mine[1:]]
        elif given.get("key"):
            rows.append({"id": self.next("meta"), "key": given["key"], "value": given["value"]})

    # orders -----------------------------------------------------------------------------------------------

    def save_order(self, body: dict[str, Any], ident: int | None) -> dict[str, Any]:
        status = body.get("status")
        if status is not None and status not in STATUSES:
            raise WooError(
                "rest_invalid_param", "Invalid parameter(s): status", params={"status": "status is not one of the allowed ones."}
            )
        if body.get("customer_id") and int(body["customer_id"]) not in self.tables["customers"]:
            raise WooError("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")
        email = (body.get("billing") or {}).get("email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(email)):
            raise WooError("order_invalid_billing_email", "Invalid billing email address")
        row = self._new_order(body) if ident is None else self.known("orders", ident)
        lines = [dict(line) for line in row["line_items"]]
        for given in body.get("line_items") or ():
            self._line(lines, given)
        row["line_items"] = lines
        before = row["status"]
        for name in ("status", "customer_note", "payment_method", "payment_method_title", "transaction_id"):
            if body.get(name) is not None:
                row[name] = body[name]
        if body.get("customer_id") is not None:
            row["customer_id"] = int(body["customer_id"])
        self._common(row, body)
        now = self.now().replace(microsecond=0, tzinfo=None).isoformat()
        if body.get("set_paid") and not row["date_paid_gmt"]:
            row["date_paid_gmt"] = now
            row["status"] = "processing" if row["status"] == "pending" else row["status"]
        if row["status"] == "completed" and not row["date_completed_gmt"]:
            row["date_completed_gmt"] = now
        if row["status"] in MAILED and (ident is None or row["status"] != before):
            self.mails += 1
        total = sum((Decimal(line["total"]) for line in lines), Decimal(0))
        subtotal = sum((Decimal(line["subtotal"]) for line in lines), Decimal(0))
        row["total"], row["discount_total"] = f"{total + Decimal(row['shipping_total']):.2f}", f"{subtotal - total:.2f}"
        self.tables["orders"][row["id"]] = self.stamped(row)
        return row

    def _new_order(self, body: dict[str, Any]) -> dict[str, Any]:
        number = self.next("orders")
        return {
            "id": number, "number": str(number), "order_key": f"wc_order_{secrets.token_hex(6)}", "created_via": body.get("created_via") or "rest-api",
            "status": "pending", "currency": "RUB", "customer_id": 0, "customer_note": "", "payment_method": "", "payment_method_title": "",
            "transaction_id": "", "date_paid_gmt": None, "date_completed_gmt": None, "shipping_total": "0.00", "total": "0.00", "discount_total": "0.00",
            "billing": dict.fromkeys((*ADDRESS, "email"), ""), "shipping": dict.fromkeys(ADDRESS, ""), "meta_data": [], "line_items": [],
            "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": [],
        }  # fmt: skip

    def _line(self, lines: list[dict[str, Any]], given: dict[str, Any]) -> None:
        """One item of ``line_items`` (woocommerce docs: order lines on update)."""
        if given.get("id"):
            row = next((line for line in lines if line["id"] == given["id"]), None)
            if row is None:
                raise WooError("woocommerce_rest_invalid_item_id", "Order item ID provided is not associated with order.")
            if given.get("quantity") == 0 or ("product_id" in given and given["product_id"] is None):
                lines.remove(row)
                return
        else:
            row = {
                "id": self.next("lines"),
                "name": "",
                "product_id": 0,
                "variation_id": 0,
                "quantity": 1,
                "subtotal": "0.00",
                "total": "0.00",
                "sku": "",
                "meta_data": [],
            }
            product = self._product(given)
            quantity = given.get("quantity", 1)
            price = Decimal(product["price"]) * Decimal(str(quantity))
            row |= {
                "product_id": product["id"],
                "name": product["name"],
                "sku": product["sku"],
                "subtotal": f"{price:.2f}",
                "total": f"{price:.2f}",
            }
            lines.append(row)
        if given.get("product_id") and given["product_id"] != row["product_id"]:
            product = self._product(given)
            row |= {"product_id": product["id"], "name": product["name"], "sku": product["sku"]}
        for name in ("name", "quantity"):
            if given.get(name) is not None:
                row[name] = given[name]
        for name in ("subtotal", "total"):
            if given.get(name) is not None:
                row[name] = f"{Decimal(str(given[name])):.2f}"
        row["price"] = float(Decimal(row["total"]) / Decimal(str(row["quantity"] or 1)))

    def _product(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("product_id"):
            return self.known("products", int(given["product_id"]))
        if not given.get("sku"):
            raise WooError("woocommerce_rest_required_product_reference", "Product ID or SKU is required.")
        for product in self.tables["products"].values():
            if product["sku"] == given["sku"]:
                return product
        raise WooError("woocommerce_rest_required_product_reference", "Product ID or SKU is required.")

    def known(self, kind: str, ident: int) -> dict[str, Any]:
        found = self.tables[kind].get(ident)
        if found is None:
            code = "woocommerce_rest_shop_order_invalid_id" if kind == "orders" else "woocommerce_rest_invalid_id"
            raise WooError(code, "Invalid ID.", 404)
        return found
