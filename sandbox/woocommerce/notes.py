"""Notes of orders (woocommerce docs: order notes): no change, only added and deleted; one for the buyer is mailed."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from .params import body, query, yes
from .state import Shop, WooError

Row = dict[str, Any]


class Notes:
    """Routes of one shop. Callers' rights were looked at before."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def routes(self, flask: Flask, prefix: str) -> None:
        notes = f"{prefix}/orders/<int:ident>/notes"
        for method, rule, view in (
            ("GET", notes, self.all),
            ("POST", notes, self.add),
            ("GET", f"{notes}/<int:number>", self.one),
            ("DELETE", f"{notes}/<int:number>", self.delete),
        ):
            flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def _of(self, ident: int) -> list[Row]:
        self.shop.known("orders", ident)
        return self.shop.notes.setdefault(ident, [])

    def all(self, ident: int) -> Response:
        kind = query(request).get("type", "any")
        with self.shop.lock:
            return jsonify([one for one in self._of(ident) if kind == "any" or one["customer_note"] == (kind == "customer")])

    def one(self, ident: int, number: int) -> Response:
        with self.shop.lock:
            return jsonify(self._known(ident, number))

    def _known(self, ident: int, number: int) -> Row:
        found = next((one for one in self._of(ident) if one["id"] == number), None)
        if found is None:
            raise WooError("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
        return found

    def add(self, ident: int) -> Any:
        given = body(request)
        with self.shop.lock:
            rows = self._of(ident)
            if not given.get("note"):
                raise WooError("rest_missing_callback_param", "Missing parameter(s): note", params=["note"])
            note = {
                "id": self.shop.next("notes"),
                "author": "sverka" if given.get("added_by_user") else "system",
                **self.shop.dates("date_created"),
                "note": str(given["note"]),
                "customer_note": bool(given.get("customer_note")),
                "added_by_user": bool(given.get("added_by_user")),
            }
            self.shop.effects["mail: order note"] += bool(note["customer_note"])
            rows.append(note)
        return jsonify(note), 201

    def delete(self, ident: int, number: int) -> Response:
        with self.shop.lock:
            note = self._known(ident, number)
            if not yes(query(request).get("force")):
                raise WooError("woocommerce_rest_trash_not_supported", "Order notes do not support trashing.", 501)
            self.shop.notes[ident].remove(note)
        return jsonify(note)
