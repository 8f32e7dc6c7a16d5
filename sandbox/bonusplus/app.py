"""The BonusPlus sandbox as a Flask app.

Keys, in ``Authorization: ApiKey base64(key)``: ``sandbox-bonusplus-key`` (the hub's) and ``sandbox-bonusplus-till`` (the module of a till).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask, Response, g, jsonify, request

from . import balance, customers, listing, retail
from .hooks import Hooks
from .limits import Limits
from .purse import Movement
from .state import Account, Customer
from .wire import ApiError, done, given, phone_of, reply, stamp

Json = Any
Row = dict[str, Any]
KEY, TILL = "sandbox-bonusplus-key", "sandbox-bonusplus-till"
API = "/api"


class Bonusplus:
    """One account: its state, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.account = Account(seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.hooks, self.limits = Hooks(self.account, allow_loopback_webhooks), Limits()
        self.account.moved = self.hooks.announce
        self.flask = Flask("bonusplus_sandbox")
        self.flask.url_map.strict_slashes = False
        self.flask.before_request(self.admit)
        self.flask.register_error_handler(ApiError, lambda e: reply(e.body, e.status))
        self.flask.register_error_handler(404, lambda _: reply({"code": "NOT_FOUND", "msg": "Ресурс не найден"}, 404))
        self.flask.register_error_handler(405, lambda _: reply({"code": "METHOD_NOT_ALLOWED", "msg": "Метод не поддерживается"}, 405))
        self.routes()

    def routes(self) -> None:
        one = f"{API}/customer/<phone>"
        table: list[tuple[str, str, Any]] = [
            ("GET", f"{API}/account", self.about),
            ("GET", f"{API}/customer", self.customer),
            ("POST", f"{API}/customer", self.register),
            ("POST", f"{API}/customer/list", self.listed),
            ("GET", f"{API}/customer/stat", self.stat),
            ("PUT", one, lambda phone: self.changed(phone, customers.replace)),
            ("PATCH", one, lambda phone: self.changed(phone, customers.patch)),
            ("DELETE", one, self.delete),
            ("PATCH", f"{one}/balance", self.change),
            ("PATCH", f"{one}/balance/reserve", self.reserve),
            ("GET", f"{one}/balance/reserve/<ident>", self.reserved),
            ("DELETE", f"{API}/customer/balance/reserve", self.release),
            ("PUT", f"{API}/retail/calc", self.calculate),
            ("POST", f"{API}/retail", self.sell),
            ("PUT", f"{API}/retail/back", self.back),
            ("GET", f"{API}/retail/<int:ident>", self.sale),
            ("POST", f"{API}/retail/bonusActivities", self.activities),
            ("POST", f"{API}/webhook/subscription", self.subscribe),
            ("DELETE", f"{API}/webhook/subscription/<ident>", self.unsubscribe),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/ledger", self.ledger),
            ("GET", "/_sandbox/counters", self.counters),
            ("GET", "/_sandbox/effects", self.effects),
            ("DELETE", "/_sandbox/effects", self.effects),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def admit(self) -> None:
        """Raises ApiError for a key that is not ours, and for a PUT that does not say how long it is."""
        if request.path.startswith("/_sandbox/"):
            return
        scheme, _, code = request.headers.get("Authorization", "").partition(" ")
        try:
            key = base64.b64decode(code, validate=True).decode()
        except (binascii.Error, ValueError):
            key = ""
        if scheme != "ApiKey" or key not in (KEY, TILL):
            raise ApiError("UNAUTHORIZED", "Неверный ключ API", 401)
        if request.method == "PUT" and request.content_length is None:
            raise ApiError("LENGTH_REQUIRED", "Не указана длина запроса", 411)
        g.key = key
        self.limits.enter(key)

    def answered(self, made: Callable[[], Json]) -> Response:
        """What ``made`` gives, made while nobody else changes anything."""
        with self.account.lock:
            self.account.key = g.key
            return reply(made())

    def about(self) -> Response:
        companies = [{"id": "14", "name": "Лавка"}]
        return reply({"balance": 1250.5, "tariff": "Pro", "username": "lavka", "companies": companies, "smsPrice": 3.2, "pushPrice": 0.0})

    def customer(self) -> Response:
        return self.answered(lambda: customers.shown(self.account, self._asked_for()))

    def _asked_for(self) -> Customer:
        """By GUID, card or phone of any format."""
        asked, account = request.args, self.account
        found = None
        if asked.get("id"):
            found = account.by_id.get(asked["id"])
        elif asked.get("ean"):
            found = account.by_card.get(asked["ean"])
        elif asked.get("phone"):
            found = account.customers.get(phone_of(asked["phone"]))
        else:
            raise ApiError("INCORRECT_DATA", "Не задан ни один параметр поиска")
        if found is None:
            raise ApiError("CUSTOMER_NOT_FOUND", "Клиент не найден")
        return found

    def register(self) -> Response:
        body = given()
        return self.answered(lambda: customers.shown(self.account, customers.create(self.account, body)))

    def changed(self, phone: str, change: Callable[[Account, Customer, Row], None]) -> Response:
        body = given()

        def made() -> Row:
            one = self.account.known(phone)
            change(self.account, one, body)
            return customers.shown(self.account, one)

        return self.answered(made)

    def delete(self, phone: str) -> Response:
        with self.account.lock:
            self.account.drop(self.account.known(phone))
        return done()

    def listed(self) -> Response:
        body = given()
        return self.answered(lambda: listing.customers(self.account, body))

    def stat(self) -> Response:
        return self.answered(lambda: {"allCount": len(self.account.customers)})

    def change(self, phone: str) -> Response:
        body = given()
        return self.answered(lambda: balance.change(self.account, self.account.known(phone), body))

    def reserve(self, phone: str) -> Response:
        body = given()
        with self.account.lock:
            balance.reserve(self.account, self.account.known(phone), body)
        return done()

    def reserved(self, phone: str, ident: str) -> Response:
        return self.answered(lambda: balance.reserved(self.account.known(phone), ident))

    def release(self) -> Response:
        body = given()
        with self.account.lock:
            balance.release(self.account, str(body.get("id") or ""))
        return done()

    def activities(self) -> Response:
        body = given()
        return self.answered(lambda: listing.movements(self.account, body))

    def calculate(self) -> Response:
        body = given()
        return self.answered(lambda: retail.told(retail.calculate(self.account, body)[1]))

    def sell(self) -> Response:
        body = given()
        return self.answered(lambda: retail.sell(self.account, body))

    def back(self) -> Response:
        body = given()
        return self.answered(lambda: retail.back(self.account, body))

    def sale(self, ident: int) -> Response:
        def made() -> Row:
            if ident not in self.account.sales:
                raise ApiError("RETAIL_NOT_FOUND", "Продажа не найдена", 404)
            return retail.shown(self.account.sales[ident])

        return self.answered(made)

    def subscribe(self) -> Response:
        body = given()
        return self.answered(lambda: self.hooks.subscribe(body))

    def unsubscribe(self, ident: str) -> Response:
        with self.account.lock:
            if self.account.subscriptions.pop(ident, None) is None:
                raise ApiError("SUBSCRIPTION_NOT_FOUND", "Подписка не найдена", 404)
        return done()

    def control(self, what: str) -> Any:
        """clock {offset}; webhooks {off, loss, duplicate, reorder, delay}; limits {per_second}; programme {welcome, wait, most};
        habits {ext, external_id, reserve: refuse | accept; touched}; hand {quiet: whether somebody switched messages off}."""
        body = request.get_json()
        with self.account.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "webhooks":
                self.hooks.weather.set(body)
            elif what == "limits":
                self.limits.per_second = body.get("per_second")  # none is published: one that is not named is none
            elif what == "programme":
                for name, value in body.items():
                    setattr(self.account.programme, name, int(value) if name == "wait" else Decimal(str(value)))
            elif what == "habits":
                for name, value in body.items():
                    setattr(self.account.habits, name, value)
            elif what == "hand":
                self.account.effects.muted = ("sms",) if body["quiet"] else ()
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def ledger(self) -> Response:
        """Every movement of points and every sale and return there ever was, the reserves, and what each customer has, counted apart from
        the movements."""
        with self.account.lock:
            now, found = self.account.now(), {}
            for one in self.account.customers.values():
                one.purse.burn(now)
                found[one.phone] = {"person": one.number, "available": one.purse.available(now), "pending": one.purse.pending(now),
                                    "reserved": one.purse.reserved, "reserves": dict(one.purse.reserves)}  # fmt: skip
            sales = [retail.shown(sale) for sale in self.account.sales.values()]
            return reply({"movements": [entry(m) for m in self.account.ledger], "balances": found, "sales": sales})

    def effects(self) -> Any:
        """What customers were sent and given, by kind; DELETE begins anew."""
        with self.account.lock:
            return jsonify(self.account.effects.told(begin_anew=request.method == "DELETE"))

    def counters(self) -> Any:
        limits, hooks = self.limits, self.hooks
        return jsonify({"requests": limits.requests, "refused": limits.refused, "second_max": limits.most,
                        **hooks.counters()})  # fmt: skip


def entry(m: Movement) -> Row:
    """A movement with what the vendor keeps to itself: its kind by name, and whose request made it."""
    return listing.activity(m) | {"kind": m.kind, "phone": m.phone, "key": m.key, "created": stamp(m.at)}
