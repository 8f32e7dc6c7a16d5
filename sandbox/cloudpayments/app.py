"""The CloudPayments sandbox as a Flask app: Public ID ``pk_sandbox``, API Secret ``sandbox-cloudpayments``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, Response, jsonify, request

from .notify import Notifier
from .state import Refused, Terminal, shown

Json = Any
PUBLIC_ID, SECRET = "pk_sandbox", "sandbox-cloudpayments"
PAGE = 100


class Cloudpayments:
    """One terminal (``flask``). ``offset``: seconds that its clock is ahead. ``at_once``: requests under way, above which it answers 429."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.at_once, self.slowness = 0.0, 5, 0.0
        self.running = self.requests = self.refused = 0
        self._count = threading.Lock()
        self._answers: dict[str, tuple[float, Json]] = {}
        self.notifier = Notifier(SECRET, allow_loopback_webhooks)
        self.terminal = Terminal(self.now, self.notifier.tell)
        self.flask = Flask("cloudpayments_sandbox")
        self.flask.before_request(self.admit)
        self.flask.teardown_request(self.leave)
        self.flask.register_error_handler(Refused, lambda e: envelope(None, False, str(e)))
        table: dict[str, Callable[[dict[str, Json]], Json]] = {
            "/test": lambda body: None,
            "/payments/get": lambda body: shown(self.terminal.known(body.get("TransactionId"))),
            "/payments/find": lambda body: self.last(body, refunds=False),
            "/v2/payments/find": lambda body: self.last(body, refunds=True),
            "/v2/payments/list": self.listed,
            "/payments/refund": lambda body: brief(self.terminal.refund(body.get("TransactionId"), amount(body))),
            "/payments/confirm": lambda body: brief(self.terminal.confirm(body.get("TransactionId"), amount(body))),
            "/payments/void": lambda body: brief(self.terminal.void(body.get("TransactionId"))),
        }
        for path, view in table.items():
            self.flask.add_url_rule(path, path, self.answering(view), methods=["POST"])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/counters", "counters", self.counters, methods=["GET"])

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def admit(self) -> Response | None:
        """Whose keys are these, and are there too many requests at once?"""
        if request.path.startswith("/_sandbox/"):
            return None
        with self._count:
            self.requests += 1
            self.running += 1
            if self.running > self.at_once:
                self.refused += 1
                return Response("Too Many Requests", 429)
        threading.Event().wait(self.slowness)
        pair = request.authorization
        if pair is None or (pair.username, pair.password) != (PUBLIC_ID, SECRET):
            return Response("", 401)
        return None

    def leave(self, _: Any) -> None:
        if not request.path.startswith("/_sandbox/"):
            with self._count:
                self.running -= 1

    def answering(self, view: Callable[[dict[str, Json]], Json]) -> Callable[[], Response]:
        """A call's answer in its envelope; the same once more for the same ``X-Request-ID`` within an hour."""

        def answered() -> Response:
            key, now = request.headers.get("X-Request-ID", ""), self.now().timestamp()
            if key and key in self._answers and now - self._answers[key][0] < 3600:
                return envelope(self._answers[key][1])
            with self.terminal.lock:
                model = view(given())
            if key:
                self._answers[key] = (now, model)
            return envelope(model)

        return answered

    def last(self, body: dict[str, Json], *, refunds: bool) -> Json:
        found = [one for one in self.terminal.all.values() if one.invoice == body.get("InvoiceId") and (refunds or not one.original)]
        if not found:
            raise Refused("Not found")
        return shown(found[-1])

    def listed(self, body: dict[str, Json]) -> Json:
        """A page of a hundred, oldest first."""
        try:
            since, until = (datetime.fromisoformat(str(body[name])) for name in ("CreatedDateGte", "CreatedDateLte"))
        except (KeyError, ValueError):
            raise Refused("CreatedDateGte and CreatedDateLte are required") from None
        statuses = body.get("Statuses")
        rows = [one for one in self.terminal.all.values() if since <= one.created <= until and (not statuses or one.status in statuses)]
        page = int(body.get("PageNumber") or 1)
        return [shown(one) for one in rows[(page - 1) * PAGE : page * PAGE]]

    def control(self, what: str) -> Any:
        """clock {offset}; limits {at_once, seconds: how long it works at each request}; webhooks {off, loss, duplicate, reorder, delay};
        notifications {urls: kind -> address, json, hurry}, as a person types them in the cabinet; pay {invoice, amount, status, account, test,
        card}: a buyer pays, or tries to; refund {transaction, amount}: given back in the cabinet."""
        body = request.get_json(force=True)
        with self.terminal.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "limits":
                self.at_once, self.slowness = int(body.get("at_once", 5)), float(body.get("seconds", 0.0))
            elif what == "webhooks":
                self.notifier.weather.set(body)
            elif what == "notifications":
                self.notifier.urls, self.notifier.as_json = dict(body["urls"]), bool(body.get("json"))
                self.notifier.hurry = float(body.get("hurry", 1.0))
            elif what == "pay":
                more = {name: body[name] for name in ("status", "account", "test", "card") if name in body}
                made = self.terminal.pay(str(body.get("invoice", "")), Decimal(str(body["amount"])), **more)
                return jsonify({"TransactionId": made.number})
            elif what == "refund":
                made = self.terminal.refund(body["transaction"], Decimal(str(body["amount"])))
                return jsonify({"TransactionId": made.number})
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def counters(self) -> Any:
        return jsonify({"requests": self.requests, "refused": self.refused, **self.notifier.counters()})


def given() -> dict[str, Json]:
    """A JSON body or a form."""
    found = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    body = dict(found or {})
    number = str(body.get("TransactionId", ""))
    return body | ({"TransactionId": int(number)} if number.isdigit() else {})


def amount(body: dict[str, Json]) -> Decimal:
    try:
        return Decimal(str(body["Amount"]))
    except (KeyError, InvalidOperation):
        raise Refused("Amount is required") from None


def brief(one: Any) -> Json:
    return {"TransactionId": one.number}


def envelope(model: Json, success: bool = True, message: str | None = None) -> Response:
    body = {"Success": success, "Message": message, "Model": model}
    return Response(json.dumps(body, ensure_ascii=False, default=float), 200, mimetype="application/json")
