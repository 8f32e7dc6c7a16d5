"""The WooCommerce sandbox as a Flask app. Keys ``ck_sandbox`` / ``cs_sandbox``; facts from the plugin's docs and source 11.0.1."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request

from . import orders, products, subscriptions
from .auth import Keys, Refused, admit
from .extras import Extras
from .hooks import Hooks
from .listing import listed, neighbours
from .notes import Notes
from .params import Overridden, body, chosen, query, yes
from .refunds import Refunds
from .state import Shop, WooError, invalid
from .variations import Variations

PREFIX = "/wp-json/wc/v3"
TOPICS = {"customers": "customer", "orders": "order", "products": "product"}
BATCH = 100
NO_ROUTE = {"code": "rest_no_route", "message": "No route was found matching the URL and request method.", "data": {"status": 404}}
PUBLIC = ("/wp-json/", "/wp-json")  # what anybody may read


class Woocommerce:
    """One shop: its state, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.requests = self.running = self.parallel_max = self.refused = 0
        self.at_once: int | None = None  # requests under way that the host takes; None: any number
        self.slowness = 0.0  # seconds that it works at each
        self.keys = Keys()
        self.shop = Shop(seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.hooks = Hooks(self.shop, allow_loopback_webhooks)
        self.flask = Flask("woocommerce_sandbox")
        self.flask.before_request(self.admit)
        self.flask.after_request(self.cut)
        self.flask.teardown_request(self.leave)
        self.flask.wsgi_app = Overridden(self.flask.wsgi_app)  # type: ignore[method-assign]
        self.flask.register_error_handler(WooError, lambda e: (jsonify(e.body), e.status))
        self.flask.register_error_handler(Exception, self.failed)
        self.flask.register_error_handler(405, lambda _: (jsonify(NO_ROUTE), 404))
        self.flask.register_error_handler(404, lambda _: (jsonify(NO_ROUTE), 404))
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
        self.flask.add_url_rule("/wp-json/", "index", self.index, methods=["GET"], strict_slashes=False)
        self.flask.add_url_rule(PREFIX, "namespace", self.namespace, methods=["GET"], strict_slashes=False)
        for part in (Extras(self.shop), Notes(self.shop), Refunds(self.shop, self.hooks), Variations(self.shop, self.hooks)):
            part.routes(self.flask, PREFIX)
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/counters", "counters", self.counters, methods=["GET"])
        self.flask.add_url_rule("/_sandbox/effects", "effects", self.effects, methods=["GET", "DELETE"])

    @staticmethod
    def failed(error: Exception) -> Any:
        """What a plugin's fatal error is to a client."""
        logging.getLogger(__name__).exception("unexpected error", exc_info=error)
        text = "There has been a critical error on this website."
        return jsonify({"code": "internal_server_error", "message": text, "data": {"status": 500}}), 500

    def admit(self) -> Any:
        if request.path.startswith("/_sandbox/") or request.path in PUBLIC:
            return None
        self.requests += 1
        self.running += 1
        self.parallel_max = max(self.parallel_max, self.running)
        if self.at_once is not None and self.running > self.at_once:
            self.refused += 1
            return Response("<html><h1>508 Resource Limit Is Reached</h1></html>", 508, {"Retry-After": "1"}, mimetype="text/html")
        time.sleep(self.slowness)
        try:
            admit(request, self.keys)
        except Refused as error:
            answer = jsonify({"code": error.code, "message": error.message, "data": {"status": 401}})
            return answer, 401, {"WWW-Authenticate": 'Basic realm="WooCommerce API", charset="UTF-8"'}
        return None

    def leave(self, _: Any) -> None:
        if not request.path.startswith("/_sandbox/") and request.path not in PUBLIC:
            self.running -= 1

    def cut(self, answer: Response) -> Response:
        """Only the fields asked for, of good answers."""
        fields = query(request).get("_fields")
        if fields and answer.status_code < 400 and answer.is_json:
            answer.set_data(self.flask.json.dumps(chosen(answer.get_json(), fields)))
        return answer

    def index(self) -> Response:
        """What the site is: its name, its zone, the interfaces it has."""
        zone = {"gmt_offset": "5", "timezone_string": "Asia/Yekaterinburg"}
        return jsonify({"name": "Лавка", "url": request.host_url.rstrip("/"), "namespaces": ["wc/v3"], **zone})

    def namespace(self) -> Response:
        return jsonify({"namespace": "wc/v3", "routes": {f"/wc/v3/{kind}": {"namespace": "wc/v3"} for kind in self.shop.tables}})

    def list(self, kind: str) -> Response:
        args = query(request)
        with self.shop.lock:
            rows, total, size, page = listed(self.shop, self._kind(kind), args)
            shown = [self.shown(kind, row) for row in rows]
        answer = jsonify(shown)
        pages = -(-total // size)
        answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"] = str(total), str(pages)
        if links := neighbours(request.base_url, request.args, page, pages):
            answer.headers["Link"] = links
        return answer

    def shown(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """A row as this key may see it: secrets never, meta_data of customers by an administrator's key only, without hidden keys."""
        if kind == "webhooks":
            row = subscriptions.shown(row)
        links = {"self": [{"href": f"{request.host_url}wp-json/wc/v3/{kind}/{row['id']}"}],
                 "collection": [{"href": f"{request.host_url}wp-json/wc/v3/{kind}"}]}  # fmt: skip
        if row.get("customer_id"):
            links["customer"] = [{"href": f"{request.host_url}wp-json/wc/v3/customers/{row['customer_id']}"}]
        row = row | {"_links": links}
        if kind != "customers":
            return row
        if not self.keys.administrator:
            return {k: v for k, v in row.items() if k != "meta_data"}
        return row | {"meta_data": [m for m in row["meta_data"] if not m["key"].startswith("_")]}

    def get(self, kind: str, ident: int) -> Response:
        with self.shop.lock:
            return jsonify(self.shown(kind, self.shop.known(self._kind(kind), ident)))

    def save(self, kind: str, given: dict[str, Any], ident: int | None = None) -> dict[str, Any]:
        trashed = ident is not None and self.shop.tables[kind].get(ident, {}).get("status") == "trash"
        try:
            if kind == "customers":
                row = self.shop.save_customer(given, ident)
            elif kind == "orders":
                row = orders.save(self.shop, given, ident)
            elif kind == "webhooks":
                row = subscriptions.save(self.shop, given, ident)
                if ident is None:
                    self.hooks.ping(row)
            else:
                row = products.save(self.shop, given, ident)
        except WooError as error:
            if error.status == 404 and ident is not None:
                error.status = error.body["data"]["status"] = 400  # 404 on reads, 400 on updates
            raise
        if kind in TOPICS:
            self.hooks.announce(TOPICS[kind], "created" if ident is None else "updated", row["id"])
            if trashed and row["status"] != "trash":
                self.hooks.announce(TOPICS[kind], "restored", row["id"])
            if kind == "orders" and ident is None:
                self.hooks.announce("order", "updated", row["id"])  # usually follows at once
        return self.shown(kind, row)

    def create(self, kind: str) -> Any:
        given = body(request)
        with self.shop.lock:
            row = self.save(self._kind(kind), given)
        return jsonify(row), 201, {"Location": f"{request.base_url}/{row['id']}"}

    def update(self, kind: str, ident: int) -> Any:
        given = body(request)
        with self.shop.lock:
            return jsonify(self.save(self._kind(kind), given, ident))

    def delete(self, kind: str, ident: int) -> Any:
        with self.shop.lock:
            return jsonify(self.remove(self._kind(kind), ident, yes(query(request).get("force"))))

    def remove(self, kind: str, ident: int, force: bool) -> dict[str, Any]:
        """To the trash, or for good; only the trash is told to webhooks."""
        row = self.shop.known(kind, ident)
        if kind in ("customers", "webhooks") and not force:
            raise WooError("woocommerce_rest_trash_not_supported", "This resource does not support trashing.", 501)
        if not force:
            if row["status"] == "trash":
                raise WooError("woocommerce_rest_already_trashed", f"The {TOPICS[kind]} has already been deleted.", 410)
            row["status"] = "trash"
            self.shop.keep(kind, row)
            self.hooks.announce(TOPICS[kind], "deleted", ident)
        else:
            self.shop.drop(kind, ident)
            if kind == "customers" and row["role"] == "customer":
                self.hooks.announce("customer", "deleted", ident)
        return self.shown(kind, row)

    def batch(self, kind: str) -> Any:
        given = body(request)
        self._kind(kind)
        if sum(len(given.get(part) or ()) for part in ("create", "update", "delete")) > BATCH:
            raise WooError("woocommerce_rest_request_entity_too_large", f"Unable to accept more than {BATCH} items for this request.", 413)
        answer: dict[str, Any] = {}
        for part in ("create", "update", "delete"):
            if given.get(part):
                answer[part] = [self._item(kind, part, item) for item in given[part]]
        return jsonify(answer)

    def _item(self, kind: str, part: str, item: Any) -> dict[str, Any]:
        ident = 0
        try:
            with self.shop.lock:
                if part == "delete":
                    return self.remove(kind, ident := int(item), True)
                if not isinstance(item, dict):
                    raise invalid(part, f"{part} is not an object.")
                ident = int(item.get("id") or 0)
                return self.save(kind, item, None if part == "create" else ident)
        except WooError as error:
            return {"id": ident, "error": error.body}

    def _kind(self, kind: str) -> str:
        if kind not in self.shop.tables:
            raise WooError("rest_no_route", "No route was found matching the URL and request method.", 404)
        return kind

    def control(self, what: str) -> Any:
        """clock {offset}; webhooks {off, loss, duplicate, reorder, delay, at_once}; key {administrator, write, header_dropped}; shop {needs_password};
        hand {quiet: whether somebody switched the mails off, and the counting of stock}; limits {at_once: requests that the host
        takes, seconds: how long it works at each}."""
        given = request.get_json()
        if what == "clock":
            self.offset = float(given["offset"])
        elif what == "webhooks":
            self.hooks.weather.set(given)
            self.hooks.post.at_once(int(given.get("at_once") or 1))
        elif what == "key":
            for name, value in given.items():
                setattr(self.keys, name, bool(value))
        elif what == "shop":
            self.shop.needs_password = bool(given.get("needs_password"))
        elif what == "hand":
            self.shop.effects.muted = ("mail", "stock") if given["quiet"] else ()
        elif what == "limits":  # the core has none; a host may have one
            self.at_once, self.slowness = given.get("at_once"), float(given.get("seconds") or 0.0)
        else:
            return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def effects(self) -> Any:
        """What people were sent and goods moved, by kind; DELETE begins anew."""
        with self.shop.lock:
            return jsonify(self.shop.effects.told(begin_anew=request.method == "DELETE"))

    def counters(self) -> Any:
        figures = {"requests": self.requests, "parallel_max": self.parallel_max, "refused": self.refused, "mails": self.shop.mails, **self.hooks.counters()}  # fmt: skip
        return jsonify(figures)
