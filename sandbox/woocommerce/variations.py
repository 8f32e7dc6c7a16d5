"""Variations of products: listed and written under their product (woocommerce docs: product variations). A change of one is told as a product's."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from .hooks import Hooks
from .listing import numbers
from .params import body, query
from .products import blank, priced
from .state import Shop, WooError

Row = dict[str, Any]
BATCH = 100
TEXTS = ("sku", "description", "global_unique_id", "status", "stock_status")


class Variations:
    """Routes of one shop."""

    def __init__(self, shop: Shop, hooks: Hooks) -> None:
        self.shop, self.hooks = shop, hooks

    def routes(self, flask: Flask, prefix: str) -> None:
        rule = f"{prefix}/products/<int:product>/variations"
        table = [("GET", "", self.list), ("POST", "", self.create), ("POST", "/batch", self.batch), ("GET", "/<int:ident>", self.get),
                 ("PUT", "/<int:ident>", self.update)]  # fmt: skip
        for method, more, view in table:
            flask.add_url_rule(rule + more, f"{method} variations{more}", view, methods=[method])

    def list(self, product: int) -> Response:
        args = query(request)
        with self.shop.lock:
            rows = [row for row in self._of(product) if not args.get("include") or row["id"] in numbers(args["include"])]
        size, page = int(args.get("per_page", 10)), int(args.get("page", 1))
        answer = jsonify(rows[(page - 1) * size : page * size])
        answer.headers["X-WP-Total"] = str(len(rows))
        return answer

    def get(self, product: int, ident: int) -> Response:
        with self.shop.lock:
            return jsonify(self._known(product, ident))

    def create(self, product: int) -> Any:
        with self.shop.lock:
            return jsonify(self._save(product, body(request), None)), 201

    def update(self, product: int, ident: int) -> Response:
        with self.shop.lock:
            return jsonify(self._save(product, body(request), ident))

    def batch(self, product: int) -> Response:
        """Items do not stop each other; the arrays keep the order of the request."""
        given = body(request)
        if sum(len(given.get(part) or ()) for part in ("create", "update", "delete")) > BATCH:
            raise WooError("woocommerce_rest_request_entity_too_large", f"Unable to accept more than {BATCH} items for this request.", 413)
        answer = {}
        for part in ("create", "update"):
            if given.get(part):
                answer[part] = [self._item(product, one, None if part == "create" else int(one.get("id") or 0)) for one in given[part]]
        return jsonify(answer)

    def _item(self, product: int, given: Row, ident: int | None) -> Row:
        try:
            with self.shop.lock:
                return self._save(product, given, ident)
        except WooError as error:
            return {"id": ident or 0, "error": error.body}

    def _of(self, product: int) -> list[Row]:
        self.shop.known("products", product)
        return [row for row in self.shop.variations.values() if row["parent_id"] == product]

    def _known(self, product: int, ident: int) -> Row:
        row = self.shop.variations.get(ident)
        if row is None or row["parent_id"] != product:
            raise WooError("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 404)
        return row

    def _save(self, product: int, given: Row, ident: int | None) -> Row:
        parent = self.shop.known("products", product)
        row = (
            dict(self._known(product, ident)) if ident else blank(self.shop.next("products")) | {"type": "variation", "parent_id": product}
        )
        row |= {name: str(given[name]) for name in TEXTS if given.get(name) is not None}
        row |= {name: priced(name, given[name]) for name in ("regular_price", "sale_price") if given.get(name) is not None}
        row |= {name: given[name] for name in ("manage_stock", "stock_quantity", "attributes", "image") if given.get(name) is not None}
        row |= {
            "price": row["sale_price"] or row["regular_price"],
            "stock_quantity": row["stock_quantity"] if row["manage_stock"] else None,
        }
        row["name"] = ", ".join(filter(None, (parent["name"], *(str(one.get("option") or "") for one in row["attributes"]))))
        row["meta_data"] = [dict(one) for one in row["meta_data"]]
        self.shop.meta(row["meta_data"], given)
        self.shop.variations[row["id"]] = row | self.shop.dates("date_modified")
        parent["variations"] = sorted({*parent["variations"], row["id"]})
        self.hooks.announce("product", "updated" if ident else "created", row["id"])
        return self.shop.variations[row["id"]]
