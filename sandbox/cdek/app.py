"""The CDEK sandbox as a Flask app: account ``sandbox-cdek``, secure password ``sandbox-cdek-secure``."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request

from .hooks import Hooks
from .state import Account, ApiError, accepted, request_of, shown

Json = Any
ACCOUNT, SECURE = "sandbox-cdek", "sandbox-cdek-secure"
LASTS = 3600.0


class Cdek:
    """One account (``flask``). ``offset``: seconds that its clock is ahead. ``per_second``: requests, above which it answers 429; None: any."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.requests, self.refused = 0.0, 0, 0
        self.per_second: int | None = None
        self._spent: list[float] = []
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()
        self.hooks = Hooks(allow_loopback_webhooks)
        self.account = Account(lambda: datetime.now(UTC) + timedelta(seconds=self.offset), self.hooks.tell)
        self.flask = Flask("cdek_sandbox")
        self.flask.before_request(self.admit)
        self.flask.register_error_handler(ApiError, lambda e: self.refusal(e.code, e.message, e.status))
        table: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", "/v2/oauth/token", self.grant),
            ("POST", "/v2/orders", self.create),
            ("GET", "/v2/orders", self.find),
            ("GET", "/v2/orders/<ident>", lambda ident: jsonify(shown(self.account.known(ident)))),
            ("DELETE", "/v2/orders/<ident>", self.remove),
            ("POST", "/v2/webhooks", self.subscribe),
            ("GET", "/v2/webhooks", lambda: jsonify(list(self.hooks.held.values()))),
            ("GET", "/v2/webhooks/<ident>", self.subscription),
            ("DELETE", "/v2/webhooks/<ident>", self.unsubscribe),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/counters", self.counters),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def admit(self) -> Response | None:
        """Is it too often, and whose token is this?"""
        if request.path.startswith("/_sandbox/"):
            return None
        with self._lock:
            self.requests, now = self.requests + 1, time.monotonic()
            self._spent = [at for at in self._spent if at > now - 1.0]
            if self.per_second is not None and len(self._spent) >= self.per_second:
                self.refused += 1
                return Response("", 429)
            self._spent.append(now)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if request.path != "/v2/oauth/token" and (scheme != "Bearer" or self._tokens.get(token, 0.0) < time.time() + self.offset):
            return self.refusal("v2_token_expired", "Token is expired or not valid", 401)
        with self.account.lock:
            self.account.settle()
        return None

    @staticmethod
    def refusal(code: str, message: str, status: int) -> Response:
        answer = jsonify(
            {
                "requests": [
                    {
                        "type": "GET" if request.method == "GET" else "CREATE",
                        "state": "INVALID",
                        "errors": [{"code": code, "message": message}],
                    }
                ]
            }
        )
        answer.status_code = status
        return answer

    def grant(self) -> Response:
        form = request.form
        if form.get("grant_type") != "client_credentials" or (form.get("client_id"), form.get("client_secret")) != (ACCOUNT, SECURE):
            answer = jsonify({"error": "invalid_client", "error_description": "Bad client credentials"})
            answer.status_code = 401
            return answer
        token = uuid.uuid4().hex
        self._tokens[token] = time.time() + self.offset + LASTS
        return jsonify(
            {"access_token": token, "token_type": "bearer", "expires_in": int(LASTS), "scope": "order:all", "jti": uuid.uuid4().hex}
        )

    def create(self) -> tuple[Response, int]:
        with self.account.lock:
            made = self.account.create(request.get_json(force=True))
            return jsonify(accepted(made, "CREATE", self.account.now())), 202

    def find(self) -> Response:
        asked = request.args
        with self.account.lock:
            if "im_number" in asked:
                return jsonify(shown(self.account.by("number", asked["im_number"])))
            return jsonify(shown(self.account.by("cdek_number", asked.get("cdek_number", ""))))

    def remove(self, ident: str) -> tuple[Response, int]:
        """Only while nothing has happened to it; it stays readable."""
        with self.account.lock:
            one = self.account.known(ident)
            if one.statuses[-1]["code"] not in ("ACCEPTED", "CREATED"):
                raise ApiError("v2_bad_request", "Order can not be deleted")
            self.account.move(ident, "REMOVED")
            return jsonify(accepted(one, "DELETE", self.account.now())), 202

    def subscribe(self) -> tuple[Response, int]:
        made = self.hooks.subscribe(request.get_json(force=True))
        return jsonify({"entity": {"uuid": made["uuid"]}, "requests": [request_of("CREATE", "ACCEPTED", [], self.account.now())]}), 202

    def subscription(self, ident: str) -> Any:
        one = next((one for one in self.hooks.held.values() if one["uuid"] == ident), None)
        if one is None:
            raise ApiError("v2_entity_not_found", f"Entity is not found by id {ident}", 404)
        return jsonify({"entity": one, "requests": [request_of("GET", "SUCCESSFUL", [], self.account.now())]})

    def unsubscribe(self, ident: str) -> tuple[Response, int]:
        self.hooks.held = {kind: one for kind, one in self.hooks.held.items() if one["uuid"] != ident}
        return jsonify({"entity": {"uuid": ident}, "requests": [request_of("DELETE", "ACCEPTED", [], self.account.now())]}), 202

    def control(self, what: str) -> Any:
        """clock {offset}; limits {per_second}; webhooks {off, loss, duplicate, reorder, delay}; tokens {}: all expire; parcel {number, is_return}: the
        shop's module makes one, found right; move {uuid, code, reason, withdrawn, detail}: the carrier does something with it."""
        body = request.get_json(force=True)
        with self.account.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "limits":
                self.per_second = body.get("per_second")
            elif what == "webhooks":
                self.hooks.weather.set(body)
            elif what == "tokens":
                self._tokens.clear()
            elif what == "parcel":
                order = {"tariff_code": 136, "number": body.get("number", ""), "shipment_point": "UFA1", "delivery_point": "KZN5",
                         "recipient": {"name": "Анна Орлова", "phones": [{"number": "+79031234567"}]}}  # fmt: skip
                made = self.account.create(order, is_return=bool(body.get("is_return")))
                made.created -= timedelta(seconds=5)
                self.account.settle()
                return jsonify({"uuid": made.uuid, "cdek_number": made.cdek_number})
            elif what == "move":
                more = {name: body[name] for name in ("reason", "withdrawn", "detail") if name in body}
                self.account.move(str(body["uuid"]), str(body["code"]), **more)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def counters(self) -> Any:
        return jsonify({"requests": self.requests, "refused": self.refused, **self.hooks.counters()})
