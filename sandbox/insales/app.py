"""The InSales sandbox as a Flask app. The hub's key ``sandbox-insales-key`` with ``sandbox-insales-password``; people of the shop, or another program:
``sandbox-insales-people`` with the same password. Facts from the vendor's docs and clients."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request

from . import clients, orders, products
from .hooks import Hooks
from .limits import Limits
from .listing import chosen, listed
from .state import Shop
from .wire import TYPES, InsalesError, answer, body_of, invalid, missing, refused, singular

KEY, PEOPLE, PASSWORD = "sandbox-insales-key", "sandbox-insales-people", "sandbox-insales-password"
NAMES = {KEY: "Сверка", PEOPLE: "Анна Ильина"}
RIGHTS = ("clients", "orders", "products")
GROUP_DELAY = 0.2
Row = dict[str, Any]
Answer = tuple[Any, str, int]  # body, root of its XML, status


class Insales:
    """One shop: its state, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.requests = 0.0, 0
        self.shop = Shop(seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.limits = Limits(lambda: self.shop.now().timestamp())
        self.hooks = Hooks(self.shop, allow_loopback_webhooks)
        self.rights: set[str] = set(RIGHTS)
        self.flask = Flask("insales_sandbox")
        self.flask.add_url_rule("/admin/<path:path>", "api", self.api, methods=["GET", "POST", "PUT", "DELETE"])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/counters", "counters", self.counters, methods=["GET"])
        self.flask.add_url_rule("/_sandbox/effects", "effects", self.effects, methods=["GET", "DELETE"])
        one = r"(\d+)"
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(pattern), view)
            for method, pattern, view in (
                ("GET", "account", self.account),
                ("GET", "(clients|orders|products)/count", self.count),
                ("GET", "products/by_ids", self.by_ids),
                ("PUT", "products/variants_group_update", self.group_update),
                ("GET", "(clients|orders|products)", self.list),
                ("POST", "(clients|orders|products)", self.save),
                ("GET", f"(clients|orders|products)/{one}", self.get),
                ("PUT", f"(clients|orders|products)/{one}", self.save),
                ("DELETE", f"(clients|orders|products)/{one}", self.delete),
                ("POST", f"products/{one}/recover", self.recover),
                ("GET", f"products/{one}/variants", self.variants),
                ("PUT", f"products/{one}/variants/{one}", self.variant),
                ("GET", "webhooks", self.webhooks),
                ("POST", "webhooks", self.webhook),
                ("GET", f"webhooks/{one}", lambda ident: (self.shown(self.hooks.own(ident, self.who)), "webhook", 200)),
                ("PUT", f"webhooks/{one}", self.webhook),
                ("DELETE", f"webhooks/{one}", self.unsubscribe),
                ("GET", "fields", lambda: (self.shop.fields, "fields", 200)),
                ("GET", "custom_statuses", lambda: (self.shop.statuses, "custom_statuses", 200)),
                (
                    "GET",
                    "(payment_gateways|delivery_variants|users|warehouses|client_groups)",
                    lambda name: (self.shop.lists[name], name, 200),
                ),
            )
        ]

    def api(self, path: str) -> Response:
        path, _, form = path.rpartition(".")
        self.requests += 1
        used, wait = self.limits.take(self.who)
        try:
            if form not in TYPES:
                raise missing()
            if wait:
                raise InsalesError(503, {"message": "Too many requests"}, {"Retry-After": str(wait)})
            self.admit(path, form)
            with self.shop.lock:
                body, root, status = self.called(path, form)
                said = answer(body, root, form, status)
        except InsalesError as error:
            said = refused(error, form)
        said.headers["API-Usage-Limit"] = f"{used}/{self.limits.most}"
        return said

    @property
    def who(self) -> str:
        return str(request.authorization.username) if request.authorization else ""

    def admit(self, path: str, form: str) -> None:
        """The key, what it may do, and a writing request's Content-Type. Raises InsalesError."""
        if self.who not in NAMES or request.authorization is None or request.authorization.password != PASSWORD:
            raise InsalesError(401, {"message": "HTTP Basic: Access denied."}, {"WWW-Authenticate": 'Basic realm="InSales"'})
        if self.who == KEY and path.split("/")[0] in RIGHTS and path.split("/")[0] not in self.rights:
            raise InsalesError(403, {"message": "Доступ запрещён"})
        if request.method != "GET" and request.mimetype != TYPES[form]:
            raise InsalesError(422, {"message": f"incorrect Content-Type, should be {TYPES[form]}"})

    def called(self, path: str, form: str) -> Answer:
        for method, pattern, view in self.routes:
            if method == request.method and (match := pattern.fullmatch(path)):
                self.given = body_of(request.get_data(), form)
                return view(*(int(part) if part.isdigit() else part for part in match.groups()))
        raise missing()

    def account(self) -> Answer:
        return (
            {
                "id": 700001,
                "subdomain": "lavka",
                "title": "Лавка",
                "main_host": "lavka.example.ru",
                "next_order_number": self.shop.order_number + 1,
            },
            "account",
            200,
        )

    def list(self, kind: str) -> Answer:
        return listed(self.shop, kind, request.args), kind, 200

    def count(self, kind: str) -> Answer:
        return {"count": len(chosen(self.shop, kind, request.args))}, "hash", 200

    def by_ids(self) -> Answer:
        wanted = {int(one) for one in request.args.get("product_ids", "").split(",") if one.isdigit()}
        if len(wanted) > 100:
            raise InsalesError(422, {"message": "too many ids"})
        return [row for row in self.shop.tables["products"].values() if row["id"] in wanted], "products", 200

    def get(self, kind: str, ident: int) -> Answer:
        return self.shop.known(kind, ident), singular(kind), 200

    def save(self, kind: str, ident: int | None = None) -> Answer:
        given = self.given.get(singular(kind))
        if not isinstance(given, dict):
            raise InsalesError(400, {"message": f"param is missing or the value is empty: {singular(kind)}"})
        if ident is not None:
            self.shop.known(kind, ident)
        before = set(self.shop.tables["clients"])
        if kind == "orders":
            row = orders.save(self.shop, given, ident, NAMES[self.who])
            for new in set(self.shop.tables["clients"]) - before:  # a guest's checkout makes a client
                self.hooks.announce("client/create", self.shop.tables["clients"][new])
        else:
            row = (clients if kind == "clients" else products).save(self.shop, given, ident)
        topic = "client" if kind == "clients" else kind
        self.hooks.announce(f"{topic}/{'create' if ident is None else 'update'}", row)
        return row, singular(kind), 201 if ident is None else 200

    def delete(self, kind: str, ident: int) -> Answer:
        """To the bin; also for what is not there the answer is good, of goods at least."""
        row = self.shop.throw_away(kind, ident)
        if row is None and kind != "products":
            raise missing()
        if row is not None and kind == "orders":
            self.hooks.announce("orders/destroy", row)
        return {"status": "ok"}, "hash", 200

    def recover(self, ident: int) -> Answer:
        row = self.shop.bin["products"].pop(ident, None)
        if row is None:
            raise missing()
        self.shop.keep("products", row | {"archived": False})
        return row, "product", 200  # still marked as archived, as the vendor's own answer

    def variants(self, ident: int) -> Answer:
        return self.shop.known("products", ident)["variants"], "variants", 200

    def variant(self, product: int, ident: int) -> Answer:
        row = products.save_variant(self.shop, product, ident, self.given.get("variant") or {})
        self.hooks.announce("products/update", self.shop.tables["products"][product])
        return row, "variant", 200

    def group_update(self) -> Answer:
        """Done later, and nothing is told of any."""
        rows = list(self.given.get("variants") or ())
        if len(rows) > products.GROUP:
            raise invalid("variants", "слишком много")
        self.hooks.post.put(GROUP_DELAY, lambda: self._later(rows))
        return [], "variants", 200

    def _later(self, rows: Any) -> None:
        with self.shop.lock:
            products.grouped(self.shop, rows)

    def webhooks(self) -> Answer:
        return [self.shown(row) for row in self.hooks.of(self.who)], "webhooks", 200

    def webhook(self, ident: int | None = None) -> Answer:
        row = self.hooks.save(self.given.get("webhook") or {}, ident, self.who)
        return self.shown(row), "webhook", 201 if ident is None else 200

    def unsubscribe(self, ident: int) -> Answer:
        self.hooks.own(ident, self.who)
        del self.shop.tables["webhooks"][ident]
        return {"status": "ok"}, "hash", 200

    @staticmethod
    def shown(row: Row) -> Row:
        return {name: value for name, value in row.items() if name != "application"}

    def control(self, what: str) -> Any:
        """clock {offset}; webhooks {off, loss, duplicate, reorder, delay}; limits {enforce, used}; rights {names}; field {kind, handle, title, drop};
        hand {quiet: whether somebody switched mails and SMS off}."""
        given = request.get_json()
        if what == "clock":
            self.offset = float(given["offset"])
        elif what == "webhooks":
            self.hooks.weather.set(given)
        elif what == "limits":
            self.limits.enforce = bool(given.get("enforce", self.limits.enforce))
            if "used" in given:
                self.limits.use(KEY, int(given["used"]))
        elif what == "rights":
            self.rights = set(given["names"])
        elif what == "field":
            self.shop.fields = [row for row in self.shop.fields if row["handle"] != given["handle"]]
            if not given.get("drop"):
                self.shop.declare(given["kind"], given["handle"], given.get("title", given["handle"]))
        elif what == "hand":
            self.shop.effects.muted = ("mail", "sms") if given["quiet"] else ()
        else:
            return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def effects(self) -> Any:
        """What people were sent and goods moved, by kind; DELETE begins anew."""
        with self.shop.lock:
            return jsonify(self.shop.effects.told(begin_anew=request.method == "DELETE"))

    def counters(self) -> Any:
        return jsonify({"requests": self.requests, "refused": self.limits.refused, **self.hooks.counters()})
