"""The WooCommerce sandbox as a Flask app. Keys ``ck_sandbox`` / ``cs_sandbox``; facts from the plugin's docs and source 11.0.1."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request

from .auth import Refused, admit
from .hooks import Hooks
from .state import SITE, Shop, WooError

PREFIX = "/wp-json/wc/v3"
TOPICS = {"customers": "customer", "orders": "order"}
BATCH = 100


class Woocommerce:
    """One shop: its state, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.requests = 0
        self.nonces: dict[str, float] = {}
        self.shop = Shop(seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.hooks = Hooks(self.shop, allow_loopback_webhooks)
        self.flask = Flask("woocommerce_sandbox")
        self.flask.before_request(self.admit)
        self.flask.register_error_handler(WooError, lambda e: (jsonify(e.body), e.status))
        no_route = {"code": "rest_no_route", "message": "No route was found matching the URL and request method.", "data": {"status": 404}}
        self.flask.register_error_handler(404, lambda _: (jsonify(no_route), 404))
        table: list[tuple[str, str, Any]] = [
            ("GET", "/<kind>", self.list),
            ("POST", "/<kind>", self.create),
            ("POST", "/<kind>/batch", self.batch),
            ("GET", "/<kind>/<int:ident>", self.get),
            ("PUT", "/<kind>/<int:ident>", self.update),
            ("PATCH", "/<kind>/<int:ident>", self.update),
            ("POST", "/<kind>/<int:ident>", self.update),
            ("DELETE", "/<kind>/<int:ident>", self.delete),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(PREFIX + rule, f"{method} {rule}", view, methods=[method])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/counters", "counters", self.counters, methods=["GET"])

    def admit(self) -> Any:
        if request.path.startswith("/_sandbox/"):
            return None
        self.requests += 1
        try:
            admit(request, self.nonces)
        except Refused as error:
            return jsonify({"code": error.code, "message": error.message, "data": {"status": 401}}), 401
        return None

    # reading ------------------------------------------------------------------------------------------------

    def list(self, kind: str) -> Response:
        self._kind(kind)
        page, size = self._number("page", 1, 10**6), self._number("per_page", 10, 100)
        with self.shop.lock:
            rows = [row for row in self.shop.tables[kind].values() if self._matches(kind, row)]
            rows.sort(key=self._order(kind), reverse=self._descending(kind))
            shown = [dict(row) for row in rows[(page - 1) * size : page * size]]
        answer = jsonify(shown)
        answer.headers["X-WP-Total"] = str(len(rows))
        answer.headers["X-WP-TotalPages"] = str(-(-len(rows) // size))
        return answer

    def _number(self, name: str, default: int, high: int) -> int:
        try:
            value = int(request.args.get(name, default))
        except ValueError:
            value = 0
        if not 1 <= value <= high:
            text = f"{name} must be between 1 (inclusive) and {high} (inclusive)"
            raise WooError("rest_invalid_param", f"Invalid parameter(s): {name}", params={name: text})
        return value

    def _matches(self, kind: str, row: dict[str, Any]) -> bool:
        args = request.args
        if args.get("include") and str(row["id"]) not in args["include"].split(","):
            return False
        if kind == "customers":
            role = args.get("role", "customer")
            return (role == "all" or row["role"] == role) and (not args.get("email") or row["email"].lower() == args["email"].lower())
        if kind == "products" and args.get("sku"):
            return row["sku"] in args["sku"].split(",")
        if kind == "orders":
            status = args.get("status", "any")
            if (status == "any" and row["status"] == "trash") or (status != "any" and row["status"] not in status.split(",")):
                return False
            if args.get("created_via") and row["created_via"] not in args["created_via"].split(","):
                return False
            return all(self._date(row, name, args[name]) for name in ("modified_after", "after", "before") if args.get(name))
        return True

    @staticmethod
    def _date(row: dict[str, Any], name: str, text: str) -> bool:
        """Strict, to the second; without ``dates_are_gmt`` the value is the site's own time."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            moment = moment.astimezone(SITE).replace(tzinfo=None)
        column = ("date_modified" if name == "modified_after" else "date_created") + (
            "_gmt" if request.args.get("dates_are_gmt") == "true" else ""
        )
        return row[column] < moment.isoformat() if name == "before" else row[column] > moment.isoformat()

    def _order(self, kind: str) -> Any:
        chosen = request.args.get("orderby", "name" if kind == "customers" else "date")
        return {
            "id": lambda r: r["id"],
            "modified": lambda r: (r["date_modified_gmt"], r["id"]),
            "date": lambda r: (r["date_created_gmt"], r["id"]),
            "name": lambda r: (r.get("first_name", ""), r["id"]),
        }.get(chosen, lambda r: r["id"])

    def _descending(self, kind: str) -> bool:
        return request.args.get("order", "asc" if kind == "customers" else "desc") == "desc"

    def get(self, kind: str, ident: int) -> Response:
        with self.shop.lock:
            return jsonify(self.shop.known(self._kind(kind), ident))

    # writing -------------------------------------------------------------------------------------------------

    def _body(self) -> dict[str, Any]:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise WooError("rest_invalid_json", "Invalid JSON body passed.")
        return body

    def save(self, kind: str, body: dict[str, Any], ident: int | None = None) -> dict[str, Any]:
        try:
            if kind == "customers":
                row = self.shop.save_customer(body, ident)
            elif kind == "orders":
                row = self.shop.save_order(body, ident)
            else:
                row = self.save_webhook(body, ident)
        except WooError as error:
            if error.status == 404 and ident is not None and request.method != "GET":
                error.status = error.body["data"]["status"] = 400  # 404 on reads, 400 on updates
            raise
        if kind in TOPICS:
            self.hooks.announce(TOPICS[kind], "created" if ident is None else "updated", row["id"])
        return dict(row)

    def save_webhook(self, body: dict[str, Any], ident: int | None) -> dict[str, Any]:
        number = ident or self.shop.next("webhooks")
        row = (
            self.shop.known("webhooks", ident)
            if ident
            else {"id": number, "status": "active", "secret": secrets.token_urlsafe(24), "failure_count": 0}
        )
        row |= {k: body[k] for k in ("name", "topic", "delivery_url", "status", "secret") if body.get(k)}
        if row["status"] == "active":
            row["failure_count"] = 0
        self.shop.tables["webhooks"][number] = self.shop.stamped(row)
        if ident is None:
            self.hooks.ping(row)
        return {k: v for k, v in row.items() if k not in ("secret", "failure_count")}

    def create(self, kind: str) -> Any:
        body = self._body()
        with self.shop.lock:
            row = self.save(self._kind(kind), body)
        return jsonify(row), 201

    def update(self, kind: str, ident: int) -> Any:
        body = self._body()
        with self.shop.lock:
            return jsonify(self.save(self._kind(kind), body, ident))

    def delete(self, kind: str, ident: int) -> Any:
        with self.shop.lock:
            row = self.shop.known(self._kind(kind), ident)
            force = request.args.get("force") == "true"
            if kind == "customers" and not force:
                raise WooError("woocommerce_rest_trash_not_supported", "Customers do not support trashing.", 501)
            if kind == "orders" and not force:
                if row["status"] == "trash":
                    raise WooError("woocommerce_rest_already_trashed", "The order has already been deleted.", 410)
                row["status"] = "trash"
                self.hooks.announce("order", "deleted", ident)
            else:
                del self.shop.tables[kind][ident]
                if kind == "customers":
                    self.shop.emails.pop(row["email"].lower(), None)
                    self.hooks.announce("customer", "deleted", ident)
        return jsonify(row)

    def batch(self, kind: str) -> Any:
        body = self._body()
        self._kind(kind)
        if sum(len(body.get(part) or ()) for part in ("create", "update", "delete")) > BATCH:
            raise WooError("woocommerce_rest_request_entity_too_large", f"Unable to accept more than {BATCH} items for this request.", 413)
        answer: dict[str, Any] = {}
        for part in ("create", "update"):
            if body.get(part):
                answer[part] = [self._item(kind, item, None if part == "create" else int(item.get("id") or 0)) for item in body[part]]
        return jsonify(answer)

    def _item(self, kind: str, item: dict[str, Any], ident: int | None) -> dict[str, Any]:
        try:
            with self.shop.lock:
                return self.save(kind, item, ident)
        except WooError as error:
            return {"id": ident or 0, "error": error.body}

    def _kind(self, kind: str) -> str:
        if kind not in self.shop.tables:
            raise WooError("rest_no_route", "No route was found matching the URL and request method.", 404)
        return kind

    # controls outside the vendor's paths -----------------------------------------------------------------------

    def control(self, what: str) -> Any:
        body = request.get_json()
        if what == "clock":
            self.offset = float(body["offset"])
        elif what == "webhooks":
            self.hooks.off, self.hooks.loss, self.hooks.duplicate = bool(body.get("off")), body.get("loss", 0.0), body.get("duplicate", 0.0)
        elif what != "limits":
            return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def counters(self) -> Any:
        figures = {
            "requests": self.requests,
            "mails": self.shop.mails,
            "webhooks_sent": self.hooks.sent,
            "webhooks_failed": self.hooks.failed,
        }
        return jsonify(figures)
