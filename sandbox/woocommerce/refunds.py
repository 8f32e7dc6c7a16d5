"""Refunds of orders (woocommerce docs: order refunds): made and deleted, never changed. Mistakes are answered with HTTP 500 and a bare number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Flask, Response, jsonify, request

from .hooks import Hooks
from .params import body, query, yes
from .state import Shop, WooError

Row = dict[str, Any]
LINES = ("line_items", "shipping_lines", "fee_lines")


class Refunds:
    """Routes of one shop. Callers' rights were looked at before."""

    def __init__(self, shop: Shop, hooks: Hooks) -> None:
        self.shop, self.hooks = shop, hooks

    def routes(self, flask: Flask, prefix: str) -> None:
        refunds = f"{prefix}/orders/<int:ident>/refunds"
        for method, rule, view in (
            ("GET", f"{prefix}/refunds", self.everywhere),
            ("GET", refunds, self.all),
            ("POST", refunds, self.add),
            ("GET", f"{refunds}/<int:number>", self.one),
            ("DELETE", f"{refunds}/<int:number>", self.delete),
        ):
            flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def everywhere(self) -> Response:
        with self.shop.lock:
            rows = [row | {"parent_id": order} for order, some in self.shop.refunds.items() for row in some]
        return jsonify(sorted(rows, key=lambda row: -row["id"]))

    def all(self, ident: int) -> Response:
        with self.shop.lock:
            self.shop.known("orders", ident)
            return jsonify(self.shop.refunds.get(ident, []))

    def _known(self, ident: int, number: int) -> Row:
        found = next((row for row in self.shop.refunds.get(ident, []) if row["id"] == number), None)
        if found is None:
            raise WooError("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.", 404)
        return found

    def one(self, ident: int, number: int) -> Response:
        with self.shop.lock:
            return jsonify(self._known(ident, number))

    def add(self, ident: int) -> Any:
        given = body(request)
        with self.shop.lock:
            order = self.shop.tables["orders"].get(ident)
            if order is None:
                return jsonify({"code": "woocommerce_rest_invalid_order_id", "message": "Invalid order ID.", "data": 404}), 500
            lines, before = returned(order, given), refunded(order)
            amount = Decimal(str(given.get("amount") or -sum((Decimal(line["total"]) for line in lines), Decimal(0))))
            if amount <= 0 or before + amount > Decimal(order["total"]):
                text = {"code": "woocommerce_rest_cannot_create_order_refund", "message": "Invalid refund amount.", "data": 500}
                return jsonify(text), 500
            money = bool(given.get("api_refund", True))
            refund = {"id": self.shop.next("refunds"), **self.shop.dates("date_created"), "amount": f"{amount:.2f}",
                      "reason": str(given.get("reason") or ""), "refunded_by": 1, "refunded_payment": money,
                      "meta_data": [], "line_items": lines, "shipping_lines": [], "fee_lines": [], "tax_lines": []}  # fmt: skip
            self.shop.meta(refund["meta_data"], given)
            self.shop.effects["money: returned"] += money
            self.shop.effects["stock: returned"] += bool(lines) and bool(given.get("api_restock", True))
            self.shop.refunds.setdefault(ident, []).append(refund)
            order["refunds"] = [*order["refunds"], {"id": refund["id"], "reason": refund["reason"], "total": f"-{amount:.2f}"}]
            if before + amount == Decimal(order["total"]):
                order["status"] = "refunded"
            self._saved(order)
        return jsonify(refund), 201

    def delete(self, ident: int, number: int) -> Response:
        with self.shop.lock:
            refund = self._known(ident, number)
            if not yes(query(request).get("force")):
                raise WooError("woocommerce_rest_trash_not_supported", "Refunds do not support trashing.", 501)
            self.shop.refunds[ident].remove(refund)
            order = self.shop.known("orders", ident)
            order["refunds"] = [row for row in order["refunds"] if row["id"] != number]
            self.shop.keep("orders", order)  # that is told from 11.2 on only
        return jsonify(refund)

    def _saved(self, order: Row) -> None:
        self.shop.keep("orders", order)
        self.hooks.announce("order", "updated", order["id"])


def refunded(order: Row) -> Decimal:
    return sum((-Decimal(row["total"]) for row in order["refunds"]), Decimal(0))


def returned(order: Row, given: Row) -> list[Row]:
    """The lines of a refund, negative; each names the order's line."""
    known = {line["id"]: line for name in LINES for line in order[name]}
    rows = []
    for one in given.get("line_items") or ():
        line = known.get(int(one.get("id") or 0))
        if line is not None:
            total = f"{-Decimal(str(one.get('refund_total') or 0)):.2f}"
            about = {"id": 0, "key": "_refunded_item_id", "value": str(line["id"])}
            rows.append({"id": line["id"], "name": line.get("name", ""), "product_id": line.get("product_id", 0), "sku": line.get("sku", ""),
                         "quantity": -int(one.get("quantity") or 0), "total": total, "subtotal": total, "meta_data": [about]})  # fmt: skip
    return rows
