"""What stands beside customers and orders: notes and refunds of orders, payment gateways, shipping methods, order totals, coupons."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from flask import Flask, Response, jsonify, request

from .hooks import Hooks
from .state import COUPONS, Shop, WooError

GATEWAYS = [("bacs", "Прямой банковский перевод"), ("cod", "Оплата при доставке"), ("cloudpayments", "CloudPayments")]
METHODS = [("flat_rate", "Единая ставка"), ("free_shipping", "Бесплатная доставка"), ("local_pickup", "Самовывоз")]
NAMES = {"pending": "В ожидании оплаты", "processing": "Обработка", "on-hold": "На удержании", "completed": "Выполнен",
         "cancelled": "Отменён", "refunded": "Возвращён", "failed": "Не удался"}  # fmt: skip


class Extras:
    """Routes of one shop. Callers' rights were looked at before."""

    def __init__(self, shop: Shop, hooks: Hooks) -> None:
        self.shop, self.hooks = shop, hooks

    def routes(self, flask: Flask, prefix: str) -> None:
        order = f"{prefix}/orders/<int:ident>"
        table: list[tuple[str, str, Any]] = [
            ("GET", f"{prefix}/payment_gateways", self.gateways),
            ("GET", f"{prefix}/shipping_methods", self.methods),
            ("GET", f"{prefix}/reports/orders/totals", self.totals),
            ("GET", f"{prefix}/coupons", self.coupons),
            ("GET", f"{order}/notes", self.notes),
            ("POST", f"{order}/notes", self.add_note),
            ("GET", f"{order}/refunds", self.refunds),
            ("POST", f"{order}/refunds", self.add_refund),
        ]
        for method, rule, view in table:
            flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def gateways(self) -> Response:
        return jsonify([{"id": i, "title": t, "method_title": t, "enabled": True} for i, t in GATEWAYS])

    def methods(self) -> Response:
        return jsonify([{"id": i, "title": t, "description": ""} for i, t in METHODS])

    def totals(self) -> Response:
        with self.shop.lock:
            counts = Counter(row["status"] for row in self.shop.tables["orders"].values())
        return jsonify([{"slug": slug, "name": name, "total": counts[slug]} for slug, name in NAMES.items()])

    def coupons(self) -> Response:
        wanted = request.args.get("code", "").lower()
        rows = [
            {"id": i, "code": c, "discount_type": k, "amount": a} for i, (c, (k, a)) in enumerate(COUPONS.items(), 1) if wanted in ("", c)
        ]
        return jsonify(rows)

    def notes(self, ident: int) -> Response:
        with self.shop.lock:
            self.shop.known("orders", ident)
            return jsonify(self.shop.notes.get(ident, []))

    def add_note(self, ident: int) -> Any:
        body = request.get_json(silent=True) or {}
        with self.shop.lock:
            self.shop.known("orders", ident)
            if not body.get("note"):
                raise WooError("rest_missing_callback_param", "Missing parameter(s): note", params=["note"])
            note = {
                "id": self.shop.next("notes"),
                "author": "sverka",
                "note": str(body["note"]),
                "customer_note": bool(body.get("customer_note")),
            }
            self.shop.effects["mail: order note"] += note["customer_note"]
            self.shop.notes.setdefault(ident, []).append(note)
        return jsonify(note), 201

    def refunds(self, ident: int) -> Response:
        with self.shop.lock:
            self.shop.known("orders", ident)
            return jsonify(self.shop.refunds.get(ident, []))

    def add_refund(self, ident: int) -> Any:
        """Mistakes here are answered with HTTP 500 and a bare number as ``data``."""
        body = request.get_json(silent=True) or {}
        with self.shop.lock:
            order = self.shop.tables["orders"].get(ident)
            if order is None:
                return jsonify({"code": "woocommerce_rest_invalid_order_id", "message": "Invalid order ID.", "data": 404}), 500
            amount, before = Decimal(str(body.get("amount") or 0)), sum((-Decimal(r["total"]) for r in order["refunds"]), Decimal(0))
            if amount <= 0 or before + amount > Decimal(order["total"]):
                text = {"code": "woocommerce_rest_cannot_create_order_refund", "message": "Invalid refund amount.", "data": 500}
                return jsonify(text), 500
            refund = {"id": self.shop.next("refunds"), "amount": f"{amount:.2f}", "reason": str(body.get("reason") or ""),
                      "refunded_payment": bool(body.get("api_refund", True)), "meta_data": body.get("meta_data") or []}  # fmt: skip
            self.shop.effects["money: returned"] += bool(body.get("api_refund", True))
            self.shop.refunds.setdefault(ident, []).append(refund)
            order["refunds"] = [*order["refunds"], {"id": refund["id"], "reason": refund["reason"], "total": f"-{amount:.2f}"}]
            if before + amount == Decimal(order["total"]):
                order["status"] = "refunded"
            self.shop.keep("orders", order)
            self.hooks.announce("order", "updated", ident)
        return jsonify(refund), 201
