"""The UDS sandbox as a Flask app. Company ``549755844123`` with the key ``sandbox-uds-key``; facts from the vendor's knowledge base and clients."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request

from .hooks import Hooks
from .state import LONG, Company, UdsError, money, shown

COMPANY, KEY = "549755844123", "sandbox-uds-key"
PREFIX = "/partner/v2"
MOST, DEEPEST = 50, 10000
REWARD_AFTER = timedelta(seconds=2)
Json = Any


class Uds:
    """One company: its state, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.requests, self.refused, self.per_second = 0.0, 0, 0, 0
        self.lately: deque[float] = deque()
        self.company = Company(lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.hooks = Hooks(COMPANY, KEY, allow_loopback_webhooks)
        self.flask = Flask("uds_sandbox")
        self.flask.before_request(self.admit)
        self.flask.after_request(self.marked)
        self.flask.register_error_handler(UdsError, lambda e: (jsonify(e.body), e.status))
        self.flask.register_error_handler(404, lambda _: (jsonify({"errorCode": "notFound", "message": "no such method"}), 404))
        table: list[tuple[str, str, Callable[..., Json]]] = [
            ("GET", "/settings", self.settings),
            (
                "GET",
                "/customers",
                lambda: self.page([shown(one) for one in self.company.members.values()], lambda row: row["participant"]["id"]),
            ),
            ("GET", "/customers/find", self.find),
            ("GET", "/customers/<int:ident>", lambda ident: shown(self.company.member(ident), tags=True)),
            ("GET", "/customers/<int:ident>/tags", lambda ident: self.tagged(self.company.member(ident).tags)),
            ("POST", "/customers/<int:ident>/tags", self.tags),
            ("GET", "/operations", self.listed),
            ("POST", "/operations", self.sell),
            ("GET", "/operations/<int:ident>", lambda ident: self.company.operation(ident)),
            ("POST", "/operations/<int:ident>/refund", self.refund),
            ("POST", "/operations/calc", self.calc),
            ("POST", "/operations/reward", self.reward),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(PREFIX + rule, f"{method} {rule}", self.answered(view), methods=[method])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule(
            "/_sandbox/counters",
            "counters",
            lambda: jsonify({"requests": self.requests, "refused": self.refused, **self.hooks.counters()}),
        )
        self.flask.add_url_rule("/_sandbox/effects", "effects", self.effects, methods=["GET", "DELETE"])

    def answered(self, view: Callable[..., Json]) -> Callable[..., Json]:
        def call(**arguments: Json) -> Json:
            with self.company.lock:
                self.company.come_due()
                found = view(**arguments)
            return found if isinstance(found, (Response, tuple)) else jsonify(found)

        return call

    def admit(self) -> None:
        """Raises UdsError."""
        if request.path.startswith("/_sandbox/"):
            return
        self.requests += 1
        self._turn()
        given = request.authorization
        if given is None or (given.username, given.password) != (COMPANY, KEY):
            raise UdsError("unauthorized", 401)
        if not self.company.programme.active:
            raise UdsError("companyIsInactive", 403)

    def _turn(self) -> None:
        now = time.monotonic()
        while self.lately and self.lately[0] <= now - 1.0:
            self.lately.popleft()
        if self.per_second and len(self.lately) >= self.per_second:
            self.refused += 1
            raise UdsError("tooManyRequests", 429)
        self.lately.append(now)

    @staticmethod
    def marked(answer: Response) -> Response:
        answer.headers["X-Request-Id"] = str(uuid.uuid4())
        return answer

    def body(self) -> dict[str, Json]:
        found = request.get_json(silent=True)
        if found is None and request.get_data().strip():
            raise UdsError("badRequest")
        return found if isinstance(found, dict) else {}

    def page(self, rows: list[Json], number: Callable[[Json], int]) -> Json:
        """By ``cursor``, which is the number of the last row, or by an offset of at most 10000."""
        size, offset, cursor = self._int("max", 10), self._int("offset", 0), request.args.get("cursor")
        if not 1 <= size <= MOST or offset > DEEPEST:
            raise UdsError("badRequest")
        start = next((at + 1 for at, row in enumerate(rows) if str(number(row)) == cursor), len(rows)) if cursor else offset
        shown_rows = rows[start : start + size]
        more = start + size < len(rows)
        return {"rows": shown_rows, "total": len(rows), "cursor": str(number(shown_rows[-1])) if more and shown_rows else None}

    @staticmethod
    def _int(name: str, default: int) -> int:
        text = request.args.get(name)
        if text is None:
            return default
        if not text.isdigit():
            raise UdsError("badRequest")
        return int(text)

    def listed(self) -> Json:
        rows = sorted(self.company.operations.values(), key=lambda row: row["id"], reverse=not self.company.programme.ascending)
        return self.page(rows, lambda row: row["id"])

    def settings(self) -> Json:
        told = self.company.programme
        tier = {"uid": "base", "name": "Базовый", "rate": 5.0, "maxScoresDiscount": 50.0}
        return {"id": int(COMPANY), "name": "Лавка", "slug": "lavka", "promoCode": "lavka", "currency": "RUB", "baseDiscountPolicy": told.policy,
                "purchaseByPhone": told.purchase_by_phone, "usePointsByPhone": told.points_by_phone, "writeInvoice": False,
                "loyaltyProgramSettings": {"baseMembershipTier": tier, "membershipTiers": [], "referralCashbackRates": [0.0, 0.0, 0.0], "cashierAward": None,
                                           "referralReward": None, "receiptLimit": None, "firstPurchasePoints": None, "deferPointsForDays": told.defer}}  # fmt: skip

    def find(self) -> Json:
        """By exactly one of code, phone, uid; an unencoded plus is a space, and leads to nobody."""
        args = request.args
        if sum(bool(args.get(name)) for name in ("code", "phone", "uid")) != 1:
            raise UdsError("badRequest")
        member = self.company.by_code(args["code"]) if args.get("code") else self.company.find(args.get("phone"), args.get("uid"))
        answer: dict[str, Json] = {"user": shown(member, tags=True), "code": None, "type": "PURCHASE"}
        if args.get("exchangeCode") == "true" and args.get("code"):
            answer["code"] = self.company.code_of(member.number, LONG)
        if args.get("total"):
            answer["purchase"] = self.company.calculated(member, dict(args))
        return answer

    def calc(self) -> Json:
        body = self.body()
        who = body.get("participant") or {}
        member = self.company.by_code(str(body["code"])) if body.get("code") else self.company.find(who.get("phone"), who.get("uid"))
        return {"user": shown(member, tags=True), "purchase": self.company.calculated(member, body.get("receipt") or {})}

    def sell(self) -> Json:
        before = set(self.company.members)
        row = self.company.sell(self.body())
        for number in set(self.company.members) - before:
            self.hooks.announce("customer", shown(self.company.members[number]), self.company.now())
        self.hooks.announce("operation", row, self.company.now())
        return row

    def refund(self, ident: int) -> Json:
        row = self.company.refund(ident, self.body().get("partialAmount"))
        self.hooks.announce("operation", row, self.company.now())
        return row

    def reward(self) -> Json:
        """Later, without an answer; said twice it is given twice."""
        body = self.body()
        for number in body.get("participants") or ():
            self.company.member(int(number))
            self.company.pending.append((self.company.now() + REWARD_AFTER, int(number), money(body.get("points"))))
        return Response("", 202)

    def tags(self, ident: int) -> Json:
        """All of them are replaced."""
        self.company.member(ident).tags = [int(one) for one in self.body().get("ids") or ()]
        return self.tagged(self.company.member(ident).tags)

    @staticmethod
    def tagged(tags: list[int]) -> Json:
        return {"rows": [{"id": tag, "name": f"Метка {tag}"} for tag in tags], "total": len(tags)}

    def control(self, what: str) -> Json:
        """clock {offset}; webhooks {loss ...}; hooks {customer, operation: addresses}; programme {policy, purchase_by_phone, points_by_phone, repeat,
        ascending, defer, active}; member {phone, name, points, app}; limits {per_second}; code {id}: what the app of a member shows."""
        given = request.get_json()
        if what == "clock":
            self.offset = float(given["offset"])
        elif what == "webhooks":
            self.hooks.weather.set(given)
        elif what == "hooks":
            self.hooks.addresses = dict(given)
        elif what == "programme":
            for name, value in given.items():
                setattr(self.company.programme, name, value)
        elif what == "member":
            with self.company.lock:
                made = shown(self.company.join(**given))
                self.hooks.announce("customer", made, self.company.now())
            return jsonify(made)
        elif what == "limits":
            self.per_second = int(given.get("per_second", 0))
        elif what == "code":
            return jsonify({"code": self.company.code_of(int(given["id"]))})
        else:
            return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def effects(self) -> Json:
        with self.company.lock:
            return jsonify(self.company.effects.told(begin_anew=request.method == "DELETE"))
