"""The MoySklad sandbox as a Flask app.

Credentials: token ``sandbox-moysklad-token`` (the employee "Обмен данными"), token ``sandbox-moysklad-people``, or login
``admin@sandbox`` with password ``sandbox`` (both Анна Ильина). Limits are counted for each caller, as the vendor does.
"""

from __future__ import annotations

import base64
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, g, jsonify, request

from .account import Account
from .combine import combine
from .hooks import Hooks
from .limits import Limits
from .listing import envelope, expanded, page, shown
from .metadata import Metadata
from .notes import Notes
from .positions import Positions
from .seed import STRANGER
from .state import ADMIN, ROBOT, TYPES, Store, ui_twin
from .stocks import Stocks
from .trail import Trail
from .values import known
from .wire import BASE, PREFIX, ApiError, meta, own_base, read_body, reply, target
from .writing import write

TOKEN, PEOPLE, PASSWORD = "sandbox-moysklad-token", "sandbox-moysklad-people", "sandbox"
ASSORTMENT = ["product", "variant", "service"]
BASIC = "Basic " + base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
OTHER = "sandbox-moysklad-other"  # somebody else's integration: an employee's own login used by a program
CALLERS = {f"Bearer {TOKEN}": ROBOT, f"Bearer {PEOPLE}": ADMIN, BASIC: ADMIN, f"Bearer {OTHER}": STRANGER}
HEADERS_MAX = 8 * 1024  # bytes of the request line and headers together


class Moysklad:
    """One account: its store, limits, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, weight: int | None = None, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.store = Store(seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.limits, self.hooks = Limits(weight, self.store.now), Hooks(self.store, allow_loopback_webhooks)
        self.trail, self.account, self.callers = Trail(self.store), Account(), dict(CALLERS)
        self.stocks = Stocks(self.store)
        self.flask = Flask("moysklad_sandbox")
        self.flask.before_request(self.admit)
        self.flask.after_request(self.sign)
        self.flask.teardown_request(lambda _: self.limits.leave(g.caller) if g.pop("counted", False) else None)
        self.flask.register_error_handler(ApiError, lambda e: reply(e.body, e.status, e.headers))
        self.flask.register_error_handler(Exception, self.failed)
        self.flask.register_error_handler(404, lambda _: reply(ApiError(404, 1002, "Неизвестный путь").body, 404))
        self.flask.register_error_handler(405, lambda _: reply(ApiError(405, 1039, "Метод не поддерживается").body, 405))
        self.routes()

    def routes(self) -> None:
        e = PREFIX + "/entity/<kind>"
        table: list[tuple[str, str, Any]] = [
            ("GET", PREFIX + "/context/employee", self.me),
            ("GET", PREFIX + "/accountSettings/subscription", lambda: reply(self.account.subscription())),
            ("GET", PREFIX + "/audit", lambda: reply(self.trail.page(request.args, request.url))),
            ("GET", PREFIX + "/audit/<number>/events", lambda number: reply(self.trail.events(number, request.url))),
            ("GET", PREFIX + "/report/stock/bystore/current", self.stocks.current),
            ("POST", PREFIX + "/security/token", self.new_token),
            ("GET", e, self.list),
            ("POST", e, self.post),
            ("POST", e + "/batch", self.post),
            ("POST", e + "/delete", self.delete_many),
            *Metadata(self.store).table(PREFIX),
            ("GET", e + "/<ident>", self.get),
            ("PUT", e + "/<ident>", self.put),
            ("DELETE", e + "/<ident>", self.delete),
            ("DELETE", e + "/syncid/<sync>", self.delete_by_sync),
            *Notes(self.store).table(e),
            ("POST", e + "/<ident>/trash", self.delete),
            ("GET", e + "/<ident>/audit", self.audit_of),
            *Positions(self.store, self.announce).table(e),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/counters", self.counters),
            ("GET", "/_sandbox/effects", self.effects),
            ("DELETE", "/_sandbox/effects", self.effects),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    @staticmethod
    def failed(error: Exception) -> Response:
        """What nobody thought of."""
        logging.getLogger(__name__).exception("unexpected error", exc_info=error)
        return reply(ApiError(500, 1999, "Неизвестная ошибка").body, 500)

    def admit(self) -> Response | None:
        if request.path.startswith("/_sandbox/"):
            return None
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(b"", 415)
        if len(request.full_path) + sum(len(k) + len(v) + 4 for k, v in request.headers.items()) > HEADERS_MAX:
            return Response(b"", 414)
        caller = self.callers.get(request.headers.get("Authorization", ""))
        if caller is None:
            self.limits.denied()
            raise ApiError(401, 1056, "Ошибка аутентификации: неправильный пароль, имя пользователя или ключ авторизации")
        accepts = set(request.headers.get("Accept", "*/*").replace(" ", "").split(","))
        if not accepts & {"application/json;charset=utf-8", "application/json", "*/*"}:
            raise ApiError(400, 1062, "Неверное значение заголовка Accept")
        for prefix in request.headers.getlist("X-Lognex-WebHook-DisableByPrefix"):
            if not re.match(r"^https?://[^/,\s]+", prefix) or "," in prefix:
                raise ApiError(400, 3030, "Неверный префикс вебхука", "X-Lognex-WebHook-DisableByPrefix")
        g.caller, g.counted = caller, True
        g.rate = self.limits.enter(caller, request.path)
        return None

    def sign(self, answer: Response) -> Response:
        for name, value in g.get("rate", {}).items():
            answer.headers.setdefault(name, value)
        return answer

    def kind(self, kind: str) -> str:
        if kind not in TYPES:
            raise ApiError(404, 1005, f"Неизвестный тип: '{kind}'")
        self.account.allow(kind, request.method, g.caller == ROBOT)
        return kind

    def me(self) -> Response:
        with self.store.lock:
            rights = {"permissions": self.account.permissions()} if g.caller == ROBOT else {}
            return reply(self.store.employee(g.caller) | rights)

    def new_token(self) -> Response:
        """A token of the user who shows a password; that user's earlier tokens end (moysklad docs: authentication)."""
        if not request.headers.get("Authorization", "").startswith("Basic "):
            raise ApiError(401, 1056, "Ошибка аутентификации: нужны логин и пароль")
        with self.store.lock:
            token = f"{self.store.random.getrandbits(160):040x}"
            old = [key for key, uid in self.callers.items() if uid == g.caller and key.startswith("Bearer ")]
            for key in old:
                del self.callers[key]
            self.callers[f"Bearer {token}"] = g.caller
        return reply({"access_token": token})

    def list(self, kind: str) -> Response:
        kinds = ASSORTMENT if kind == "assortment" else [self.kind(kind)]
        with self.store.lock:
            rows, size, limit, offset = page(
                self.store, kinds, request.args, ";".join(request.args.getlist("filter")).replace(own_base(), BASE)
            )
            out = [shown(self.store, row, expanded(request.args, limit)) for row in rows]
        about = envelope(request, kind, size, limit, offset)
        context = {"employee": {"meta": {**meta("employee", ""), "href": f"{BASE}/context/employee"}}}
        return reply({"context": context, "meta": about, "rows": out})

    def save(self, kind: str, body: Any, ident: str | None = None) -> dict[str, Any]:
        item, action, changed = write(self.store, kind, body, ident, self.store.employee(g.caller)["id"])
        self.store.authors[item["id"]] = g.caller
        if action == "UPDATE":
            self.limits.wrote(g.caller, item["id"])
        if action:
            self.announce(kind, item["id"], action, changed)
        return shown(self.store, item, expanded(request.args))

    def announce(self, kind: str, ident: str, action: str, changed: list[str]) -> None:
        muted = request.headers.getlist("X-Lognex-WebHook-DisableByPrefix")
        self.trail.add(kind, ident, action, g.caller, "app" if g.caller == ADMIN else "remap-1.2")
        self.hooks.announce(kind, ident, action, changed, own_base(), muted, g.caller)

    def combined(self, kind: str, ident: str, action: str, changed: list[str]) -> None:
        """An event of counterparties being combined at a screen."""
        self.trail.add(kind, ident, action, ADMIN, "combine")
        self.hooks.announce(kind, ident, action, changed, own_base(), [], ADMIN)

    def post(self, kind: str) -> Response:
        body = read_body()
        self.kind(kind)
        with self.store.lock:
            if not isinstance(body, list):
                return reply(self.save(kind, body))
            if len(body) > 1000:
                raise ApiError(413, 2022, "Превышено максимальное количество элементов массива")
            out = []
            for item in body:
                try:
                    out.append(self.save(kind, item))
                except ApiError as error:
                    out.append(error.body)
        return reply(out, 200 if not out or any("errors" not in item for item in out) else 400)

    def get(self, kind: str, ident: str) -> Response:
        with self.store.lock:
            if (real := ui_twin(ident)) in self.store.tables[self.kind(kind)]:
                return reply(None, 301, {"Location": f"{own_base()}/entity/{kind}/{real}"})
            return reply(shown(self.store, known(self.store, self.kind(kind), ident), expanded(request.args)))

    def put(self, kind: str, ident: str) -> Response:
        body = read_body()
        with self.store.lock:
            return reply(self.save(self.kind(kind), body, ident))

    def drop(self, kind: str, ident: str) -> None:
        known(self.store, self.kind(kind), ident)
        self.store.remove(kind, ident)
        self.announce(kind, ident, "DELETE", [])

    def delete(self, kind: str, ident: str) -> Response:
        with self.store.lock:
            self.drop(kind, ident)
        return reply(None)

    def delete_by_sync(self, kind: str, sync: str) -> Response:
        with self.store.lock:
            self.drop(kind, self.store.by_sync.get((self.kind(kind), sync), sync))
        return reply(None)

    def audit_of(self, kind: str, ident: str) -> Response:
        with self.store.lock:
            known(self.store, self.kind(kind), ident)
            return reply(self.trail.of(kind, ident, request.url))

    def delete_many(self, kind: str) -> Response:
        out = []
        with self.store.lock:
            for item in read_body():
                try:
                    self.drop(kind, target(item)[1])
                    out.append({"info": f"Сущность '{kind}' успешно удалена"})
                except ApiError as error:
                    out.append(error.body)
        return reply(out)

    def control(self, what: str) -> Any:
        """clock {offset}, limits {enforce, record}, load {kind: [rows]}, webhooks {off, loss, duplicate, reorder, delay, at_once}, tariff {free},
        rights {hidden, readonly: kinds that the hub's employee may not see, or not write}, combine {main, others: ids of counterparties made one by a person}."""
        body = request.get_json()
        with self.store.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "limits":
                self.limits.enforce = bool(body.get("enforce", self.limits.enforce))
                self.limits.record = bool(body.get("record", self.limits.record))
            elif what == "webhooks":
                self.hooks.weather.set(body)
                self.hooks.post.at_once(int(body.get("at_once") or 1))
            elif what == "hand":
                pass  # there is nothing to switch off
            elif what in ("tariff", "rights"):
                self.account.set(what, body)
            elif what == "combine":
                combine(self.store, body["main"], body["others"], self.combined)
            elif what == "load":
                for kind, items in body.items():
                    for item in items:
                        self.store.put(kind, item, touch=False)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def effects(self) -> Any:
        """The vendor sends nothing to people on account of what is written here (moysklad docs name no such thing): always nothing."""
        return jsonify({})

    def counters(self) -> Any:
        limits = self.limits
        callers = {
            name: {
                "requests": b.requests,
                "refused": b.refused,
                "parallel_max": b.parallel_max,
                "units_max": b.most,
                "refused_minute_max": b.refused_most,
                "writes_of_one_minute_max": b.written_most,
            }
            for name, b in limits.buckets.items()
        }
        return jsonify(
            {
                "requests": limits.requests,
                "refused": limits.refused,
                "refused_codes": {str(code): n for code, n in limits.codes.items()},
                "parallel_max": limits.parallel_max,
                "callers": callers,
                **self.hooks.counters(),
            }
        )
