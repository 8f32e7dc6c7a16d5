"""What stands beside customers and orders: payment gateways, shipping methods, order totals, coupons."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Flask, Response, jsonify, request

from .state import COUPONS, Shop

GATEWAYS = [("bacs", "Прямой банковский перевод"), ("cod", "Оплата при доставке"), ("cloudpayments", "CloudPayments")]
METHODS = [("flat_rate", "Единая ставка"), ("free_shipping", "Бесплатная доставка"), ("local_pickup", "Самовывоз")]
NAMES = {"pending": "В ожидании оплаты", "processing": "Обработка", "on-hold": "На удержании", "completed": "Выполнен",
         "cancelled": "Отменён", "refunded": "Возвращён", "failed": "Не удался"}  # fmt: skip


class Extras:
    """Routes of one shop. Callers' rights were looked at before."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def routes(self, flask: Flask, prefix: str) -> None:
        table: list[tuple[str, str, Any]] = [
            ("GET", f"{prefix}/payment_gateways", self.gateways),
            ("GET", f"{prefix}/shipping_methods", self.methods),
            ("GET", f"{prefix}/reports/orders/totals", self.totals),
            ("GET", f"{prefix}/coupons", self.coupons),
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
