"""The MoySklad sandbox as a Flask app.

Credentials: token ``sandbox-moysklad-token``, or login ``admin@sandbox`` with password ``sandbox``.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, g, jsonify, request

from .hooks import Hooks
from .limits import Limits
from .listing import page, shown
from .state import ADMIN, DOCUMENTS, TYPES, Store
from .wire import BASE, PREFIX, ApiError, meta, own_base, read_body, reply, target
from .writing import known, line, total, write

TOKEN, PASSWORD = "sandbox-moysklad-token", "sandbox"
ASSORTMENT = ["product"]
BASIC = "Basic " + base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()


class Moysklad:
    """One account: its store, limits, webhooks and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, weight: int = 3, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.store = Store(seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.limits, self.hooks = Limits(weight), Hooks(self.store, allow_loopback_webhooks)
        self.flask = Flask("moysklad_sandbox")
        self.flask.before_request(self.admit)
        self.flask.after_request(self.sign)
        self.flask.teardown_request(lambda _: self.limits.leave() if g.pop("counted", False) else None)
        self.flask.register_error_handler(ApiError, lambda e: reply(e.body, e.status, e.headers))
        self.flask.register_error_handler(404, lambda _: reply(ApiError(404, 1002, "Неизвестный путь").body, 404))
        self.flask.register_error_handler(405, lambda _: reply(ApiError(405, 1039, "Метод не поддерживается").body, 405))
        self.routes()

    def routes(self) -> None:
        e = PREFIX + "/entity/<kind>"
        table: list[tuple[str, str, Any]] = [
            ("GET", PREFIX + "/context/employee", self.me),
            ("POST", PREFIX + "/security/token", lambda: reply({"access_token": TOKEN})),
            ("GET", e, self.list),
            ("POST", e, self.post),
            ("POST", e + "/batch", self.post),
            ("POST", e + "/delete", self.delete_many),
            ("GET", e + "/metadata", self.metadata),
            ("GET", e + "/metadata/<family>", self.metadata_rows),
            ("POST", e + "/metadata/states", self.add_state),
            ("GET", e + "/<ident>", self.get),
            ("PUT", e + "/<ident>", self.put),
            ("DELETE", e + "/<ident>", self.delete),
            ("GET", e + "/<ident>/positions", self.lines),
            ("POST", e + "/<ident>/positions", self.add_lines),
            ("PUT", e + "/<ident>/positions/<row>", self.put_line),
            ("DELETE", e + "/<ident>/positions/<row>", self.delete_line),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/counters", self.counters),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def admit(self) -> Response | None:
        if request.path.startswith("/_sandbox/"):
            return None
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(b"", 415)
        if request.headers.get("Authorization") not in (f"Bearer {TOKEN}", BASIC):
            raise ApiError(401, 1056, "Ошибка аутентификации: неправильный пароль, имя пользователя или ключ авторизации")
        if not set(request.headers.get("Accept", "*/*").replace(" ", "").split(",")) & {
            "application/json;charset=utf-8",
            "application/json",
            "*/*",
        }:
            raise ApiError(400, 1062, "Неверное значение заголовка Accept")
        g.counted = True
        g.rate = self.limits.enter(self.limits.weight)
        return None

    def sign(self, answer: Response) -> Response:
        for name, value in g.get("rate", {}).items():
            answer.headers.setdefault(name, value)
        return answer

    def kind(self, kind: str) -> str:
        if kind not in TYPES:
            raise ApiError(404, 1005, f"Неизвестный тип: '{kind}'")
        return kind

    def expand(self, limit: int = 1) -> list[str]:
        return [p for p in request.args.get("expand", "").split(",") if p] if limit <= 100 else []

    def me(self) -> Response:
        with self.store.lock:
            return reply(next(iter(self.store.tables["employee"].values())))

    def list(self, kind: str) -> Response:
        kinds = ASSORTMENT if kind == "assortment" else [self.kind(kind)]
        with self.store.lock:
            rows, size, limit, offset = page(
                self.store, kinds, request.args, ";".join(request.args.getlist("filter")).replace(own_base(), BASE)
            )
            out = [shown(self.store, row, self.expand(limit)) for row in rows]
        about: dict[str, Any] = {
            "href": request.url,
            "type": kind,
            "mediaType": "application/json",
            "size": size,
            "limit": limit,
            "offset": offset,
        }
        if offset + limit < size:
            from urllib.parse import urlencode

            args = {**request.args.to_dict(), "limit": limit, "offset": offset + limit}
            about["nextHref"] = f"{request.base_url}?{urlencode(args)}"
        context = {"employee": {"meta": {**meta("employee", ""), "href": f"{BASE}/context/employee"}}}
        return reply({"context": context, "meta": about, "rows": out})

    def save(self, kind: str, body: Any, ident: str | None = None) -> dict[str, Any]:
        item, action, changed = write(self.store, kind, body, ident)
        if action:
            self.announce(kind, item["id"], action, changed)
        return shown(self.store, item, self.expand())

    def announce(self, kind: str, ident: str, action: str, changed: list[str]) -> None:
        muted = request.headers.getlist("X-Lognex-WebHook-DisableByPrefix")
        self.hooks.announce(kind, ident, action, changed, own_base(), muted)

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
            return reply(shown(self.store, known(self.store, self.kind(kind), ident), self.expand()))

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

    def metadata(self, kind: str) -> Response:
        href = f"{BASE}/entity/{kind}/metadata"
        attributes = {
            "meta": {
                "href": f"{href}/attributes",
                "type": "attributemetadata",
                "mediaType": "application/json",
                "size": len(self.store.attributes[kind]),
                "limit": 1000,
                "offset": 0,
            }
        }
        body = {"meta": {"href": href, "mediaType": "application/json"}, "attributes": attributes, "createShared": False}
        return reply(body | ({"states": self.store.states[kind]} if self.store.states[kind] else {}))

    def metadata_rows(self, kind: str, family: str) -> Response:
        rows = {"attributes": self.store.attributes, "states": self.store.states}.get(family, {}).get(kind, [])
        about = {
            "href": request.url,
            "type": "attributemetadata",
            "mediaType": "application/json",
            "size": len(rows),
            "limit": 1000,
            "offset": 0,
        }
        return reply({"meta": about, "rows": rows})

    def add_state(self, kind: str) -> Response:
        """A new status of documents of this type (moysklad docs: metadata, states): the account's people name their own."""
        body = read_body()
        name, sort = body.get("name"), body.get("stateType") or "Regular"
        if not name:
            raise ApiError(412, 3000, "Ошибка сохранения объекта: поле 'name' не может быть пустым или отсутствовать", "name")
        with self.store.lock:
            if any(state["name"] == name for state in self.store.states[kind]):
                raise ApiError(412, 3006, "Ошибка сохранения объекта: нарушена уникальность параметра 'name'", "name")
            return reply(self.store.add_state(self.kind(kind), name, sort, int(body.get("color") or 15106326)))

    def document(self, kind: str, ident: str) -> dict[str, Any]:
        if kind not in DOCUMENTS:
            raise ApiError(404, 1002, "Неизвестный путь")
        return known(self.store, kind, ident)

    def lines(self, kind: str, ident: str) -> Response:
        with self.store.lock:
            rows = [shown(self.store, p, self.expand()) for p in self.document(kind, ident).get("positions", [])]
        about = {
            "href": request.url,
            "type": f"{kind}position",
            "mediaType": "application/json",
            "size": len(rows),
            "limit": 1000,
            "offset": 0,
        }
        return reply({"meta": about, "rows": rows})

    def relined(self, kind: str, item: dict[str, Any], rows: Any) -> None:
        fresh = {**item, "positions": rows}
        total(fresh)
        self.store.put(kind, fresh)
        self.announce(kind, item["id"], "UPDATE", ["positions", "sum"])

    def add_lines(self, kind: str, ident: str) -> Response:
        body = read_body()
        with self.store.lock:
            item = self.document(kind, ident)
            new = [line(self.store, kind, item, given) for given in (body if isinstance(body, type([])) else [body])]
            self.relined(kind, item, [*item["positions"], *new])
        return reply(new)

    def put_line(self, kind: str, ident: str, row: str) -> Response:
        body = read_body()
        with self.store.lock:
            item = self.document(kind, ident)
            if row not in {p["id"] for p in item["positions"]}:
                raise ApiError(404, 1021, "Позиция не найдена")
            new = line(self.store, kind, item, {**body, "id": row})
            self.relined(kind, item, [new if p["id"] == row else p for p in item["positions"]])
        return reply(new)

    def delete_line(self, kind: str, ident: str, row: str) -> Response:
        with self.store.lock:
            item = self.document(kind, ident)
            self.relined(kind, item, [p for p in item["positions"] if p["id"] != row])
        return reply(None)

    def control(self, what: str) -> Any:
        """Test controls outside the vendor's paths: clock, limits, load, webhooks (``off`` only)."""
        body = request.get_json()
        with self.store.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "limits":
                self.limits.enforce = bool(body["enforce"])
            elif what == "webhooks":
                self.hooks.off = bool(body.get("off"))
            elif what == "load":
                for kind, items in body.items():
                    for item in items:
                        self.store.put(kind, item, touch=False)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def counters(self) -> Any:
        return jsonify(
            {
                "requests": self.limits.requests,
                "refused": self.limits.refused,
                "parallel_max": self.limits.parallel_max,
                "webhooks_sent": self.hooks.sent,
                "webhooks_failed": self.hooks.failed,
            }
        )
