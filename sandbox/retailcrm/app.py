"""The RetailCRM sandbox as a Flask app.

Keys, as ``X-API-KEY`` or ``apiKey``: ``sandbox-retailcrm-key`` (the hub's), ``sandbox-retailcrm-people`` (a person at a screen: what it
changes is told as a user's), ``sandbox-retailcrm-other`` (somebody else's integration).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, g, jsonify, request

from . import customers, orders, payments, shop
from .extras import Extras
from .keys import KEY, PEOPLE, admit, callers, needs
from .limits import Limits
from .listing import listed
from .state import NAMES, Account
from .triggers import Triggers
from .wire import ApiError, json_field, paged, plain_field, reply

Json = Any
Row = dict[str, Any]
API = "/api/v5"
UPLOAD = 50  # objects in one upload (the official modules; the refusal above it is not documented)
SAVES = {"customers": customers.save, "orders": orders.save}


class Retailcrm:
    """One account: its state, limits, triggers and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.account = Account(lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.callers, self.limits, self.triggers = callers(), Limits(), Triggers(allow_loopback_webhooks)
        self.flask = Flask("retailcrm_sandbox")
        self.flask.before_request(self.admit)
        Extras(self.account).routes(self.flask, API)
        self.flask.register_error_handler(ApiError, lambda e: reply(e.body, e.status))
        self.flask.register_error_handler(404, lambda _: reply(ApiError(404, "API method not found").body, 404))
        self.flask.register_error_handler(405, lambda _: reply(ApiError(405, "Method Not Allowed").body, 405))
        self.routes()

    def routes(self) -> None:
        for kind in NAMES:
            self._routes_of(f"{API}/{kind}", kind)
        table: list[tuple[str, str, Any]] = [
            ("POST", f"{API}/orders/payments/create", self.add_payment),
            ("POST", f"{API}/orders/payments/<int:ident>/edit", self.edit_payment),
            ("POST", f"{API}/orders/payments/<int:ident>/delete", self.delete_payment),
            ("POST", f"{API}/customers/combine", self.combine),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/counters", self.counters),
            ("GET", "/_sandbox/effects", self.effects),
            ("DELETE", "/_sandbox/effects", self.effects),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def _routes_of(self, path: str, kind: str) -> None:
        views: list[tuple[str, str, Any]] = [
            ("GET", "", self.rows), ("GET", "/history", self.history), ("POST", "/create", self.create), ("POST", "/upload", self.upload),
            ("POST", "/fix-external-ids", self.fix_external_ids), ("GET", "/<ident>", self.get), ("POST", "/<ident>/edit", self.edit),
        ]  # fmt: skip
        for method, rule, view in views:
            self.flask.add_url_rule(path + rule, f"{method} {path}{rule}", view, methods=[method], defaults={"kind": kind})

    def admit(self) -> None:
        if request.path.startswith("/_sandbox/") or request.path == "/api/api-versions":
            return
        g.caller = admit(self.callers)
        self.limits.enter(g.caller.name, request.path)

    def read(self, scope: str, answer: Any) -> Response:
        needs(g.caller, scope)
        with self.account.lock:
            return reply(answer())

    def shown(self, kind: str, row: Row) -> Row:
        return orders.shown(self.account, row) if kind == "orders" else row

    def rows(self, kind: str) -> Response:
        def answer() -> Row:
            page = paged(kind, listed(self.account, kind))
            return page | {kind: [self.shown(kind, row) for row in page[kind]]}

        return self.read(f"{NAMES[kind]}_read", answer)

    def history(self, kind: str) -> Response:
        return self.read(f"{NAMES[kind]}_read", lambda: self.account.history[kind].page(g.caller))

    def known(self, kind: str, ident: str) -> Row:
        """The row that a path names, by externalId unless told otherwise. Raises ApiError; of a combined one it names the winner."""
        number: int | None = None
        if plain_field("by") == "id":
            number = int(ident) if ident.isdigit() else None
        else:
            site = self.site()
            number = self.account.by_external.get((kind, site, ident))
        if number not in self.account.tables[kind]:
            into = self.account.combined.get((kind, number or 0))
            raise ApiError(404, "Not found", **({"combinedTo": {"id": into}} if into else {}))
        return self.account.tables[kind][number]

    def site(self) -> str:
        """The shop that is meant. Raises ApiError where the account has several and none is named."""
        asked = plain_field("site")
        if asked and asked not in self.account.sites:
            raise ApiError(400, "Errors in the input parameters", {"site": f"Site with code {asked} does not exist."})
        if not asked and len(self.account.sites) > 1:
            raise ApiError(400, "Errors in the input parameters", {"site": "This value should not be blank."})
        return asked or self.account.sites[0]

    def get(self, kind: str, ident: str) -> Response:
        name = NAMES[kind]
        return self.read(f"{name}_read", lambda: {"success": True, name: self.shown(kind, self.known(kind, ident))})

    def save(self, kind: str, given: Row, site: str, ident: int | None = None) -> Row:
        row: Row = SAVES[kind](self.account, given, site, g.caller, ident)
        self.triggers.announce(NAMES[kind], row)
        return row

    def create(self, kind: str) -> Response:
        name = NAMES[kind]
        needs(g.caller, f"{name}_write")
        given = json_field(name, dict)
        with self.account.lock:
            row = self.save(kind, given, self.site())
            body = {"success": True, "id": row["id"]} | ({"order": self.shown(kind, row)} if kind == "orders" else {})
        return reply(body, 201)

    def edit(self, kind: str, ident: str) -> Response:
        name = NAMES[kind]
        needs(g.caller, f"{name}_write")
        given = json_field(name, dict)
        with self.account.lock:
            row = self.save(kind, given, "", self.known(kind, ident)["id"])
            return reply(
                {"success": True, "id": row["id"]} | ({"order": self.shown(kind, row)} if kind == "orders" else {"state": "updated"})
            )

    def upload(self, kind: str) -> Response:
        """Create-only; what fails is named by externalId alone, and its reasons are not tied to it (HTTP 460)."""
        needs(g.caller, f"{NAMES[kind]}_write")
        given, title = json_field(kind, list), kind.capitalize()
        if len(given) > UPLOAD:
            raise ApiError(400, "Errors in the input parameters", {kind: f"This collection should contain {UPLOAD} elements or less."})
        done, failed, errors = [], [], []
        with self.account.lock:
            site = self.site()
            for one in given:
                try:
                    done.append(self.save(kind, one, site))
                except ApiError as error:
                    failed.append({"externalId": one["externalId"]} if one.get("externalId") else {})
                    errors += [f"{field}: {text}" for field, text in error.errors.items()] if error.errors else [error.text]
            said = {f"uploaded{title}": [{k: row[k] for k in ("id", "externalId") if k in row} for row in done]}
            if not failed:
                return reply(
                    {"success": True, **said} | ({"orders": [self.shown(kind, row) for row in done]} if kind == "orders" else {}), 201
                )
        told: Json = errors if kind == "orders" else {str(n): text for n, text in enumerate(errors)}
        raise ApiError(460, f"{title} are loaded with errors", told, **said, **{f"failed{title}": failed})

    def fix_external_ids(self, kind: str) -> Response:
        needs(g.caller, f"{NAMES[kind]}_write")
        with self.account.lock:
            for one in json_field(kind, list):
                if one.get("id") in self.account.tables[kind]:
                    self.save(kind, {"externalId": one["externalId"]}, "", one["id"])
        return reply({"success": True})

    def combine(self) -> Response:
        """Customers made one: the winner keeps its data, the orders of the others are his."""
        needs(g.caller, "customer_write")
        into, gone = json_field("resultCustomer", dict), json_field("customers", list)
        with self.account.lock:
            winner = self.account.tables["customers"].get(into.get("id"))
            if winner is None:
                raise ApiError(404, "Not found")
            for one in gone:
                for order in [self.account.tables["orders"][ident] for ident in self.account.orders_of[one["id"]]]:
                    changed = order | {"customer": {"id": winner["id"]}}
                    self.account.keep("orders", changed)
                    self.account.history["orders"].add(changed, g.caller, "customer", {"id": one["id"]}, {"id": winner["id"]})
                self.account.delete("customers", one["id"], g.caller, into=winner["id"])
            customers.bought(self.account, winner["id"])
        return reply({"success": True})

    def add_payment(self) -> Response:
        needs(g.caller, "order_write")
        given = json_field("payment", dict)
        with self.account.lock:
            order = payments.order_of(self.account, given.get("order") or {}, self.site())
            row = payments.change(self.account, order, None, given, g.caller)
            self.triggers.announce("order", row)
            return reply({"success": True, "id": max(row["payments"])}, 201)

    def edit_payment(self, ident: int) -> Response:
        needs(g.caller, "order_write")
        given = json_field("payment", dict)
        with self.account.lock:
            self.triggers.announce("order", payments.change(self.account, payments.known(self.account, ident), ident, given, g.caller))
        return reply({"success": True, "id": ident})

    def delete_payment(self, ident: int) -> Response:
        needs(g.caller, "order_write")
        with self.account.lock:
            self.triggers.announce("order", payments.change(self.account, payments.known(self.account, ident), ident, None, g.caller))
        return reply({"success": True})

    def control(self, what: str) -> Any:
        """clock {offset}; limits {enforce}; webhooks {off, loss, duplicate, reorder, delay}; triggers {url, entities: what a person typed};
        segment {code, customers, inside}; sites {codes}; key {scopes: of the hub's key}; delete {kind, ids: what a person deleted at a screen}; status {code, active};
        feed {url, kind: the catalogue file that a person typed}; icml {url}: fetch it now; hand {quiet: whether somebody switched mails and messages off}."""
        body = request.get_json()
        with self.account.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "limits":
                self.limits.enforce = bool(body["enforce"])
            elif what == "webhooks":
                self.triggers.weather.set(body)
            elif what == "triggers":
                self.triggers.register(body["url"], body.get("entities") or ["customer", "order"])
            elif what == "sites":
                self.account.set_sites(body["codes"])
            elif what == "key":
                self.callers[KEY].scopes = tuple(body["scopes"])
            elif what in ("delete", "segment"):
                self._at_a_screen(what, body)
            elif what == "status":
                self.account.references["statuses"][body["code"]]["active"] = bool(body["active"])
            elif what == "feed":
                self.account.feed = body["url"] if body["kind"] == "icml" else self.account.feed
            elif what == "icml":
                return jsonify({"ok": True, "offers": shop.load(self.account, body.get("url") or self.account.feed)})
            elif what == "hand":
                self.account.effects.muted = ("mail", "sms") if body["quiet"] else ()
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def _at_a_screen(self, what: str, body: dict[str, Any]) -> None:
        """Somebody deletes objects, or puts customers into a segment or out of it."""
        if what == "delete":
            for ident in body["ids"]:
                self.account.delete(body["kind"], int(ident), self.callers[PEOPLE])
        else:
            for ident in body["customers"]:
                customers.put_into(self.account, body["code"], int(ident), bool(body.get("inside", True)))

    def effects(self) -> Any:
        """What people were sent by triggers, by kind; DELETE begins anew."""
        with self.account.lock:
            return jsonify(self.account.effects.told(begin_anew=request.method == "DELETE"))

    def counters(self) -> Any:
        limits, hooks = self.limits, self.triggers
        return jsonify({"requests": limits.requests, "refused": limits.refused, "second_max": limits.most, "calls": len(self.account.calls), "uploads": self.account.uploads,
                        **hooks.counters()})  # fmt: skip
