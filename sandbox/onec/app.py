"""The stand-in of a 1C base that is published with the standard OData interface, and with web services of its own at ``/ut/ws/``.

Credentials: ``sverka`` with the password ``пароль`` (the hub's user, restricted where rights are), ``Администратор`` with ``админ`` (people).
The base is at ``/ut/odata/standard.odata/`` (``/unf/…``, ``/retail/…`` for the other configurations). Facts from the vendor's chapter 17.4
and from probes of a live УТ 11.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, g, jsonify, request

from .metadata import edmx, service
from .node.exchange import Node
from .profiles import PROFILES
from .reading import Reader, options, rows_of
from .registers import virtual
from .seed import fill
from .sessions import Sessions
from .soap.services import Services
from .soap.shop import Shop
from .state import Infobase
from .wire import MAINTENANCE, ODataError, WebError, answered, refused, turned_away
from .writing import GUID, Writer

LOGIN, PASSWORD = "sverka", "пароль"
PEOPLE, THEIR_PASSWORD = "Администратор", "админ"
ZONE = "Asia/Yekaterinburg"
QUERY_MAX = 2048  # bytes: what IIS takes unless it is told otherwise
PLACE = re.compile(r"(?P<set>[^(/]+)(?:\((?P<key>[^)]*)\))?(?:/(?P<method>[^/]+))?")


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


class Onec:
    """One base: its data, sessions and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, profile: str = "ut", zone: str = ZONE) -> None:
        self.offset = 0.0
        self.base = Infobase(PROFILES[profile], seed, lambda: datetime.now(UTC) + timedelta(seconds=self.offset), zone)
        fill(self.base)
        self.sessions = Sessions()
        self.callers = {basic(LOGIN, PASSWORD): LOGIN, basic(PEOPLE, THEIR_PASSWORD): PEOPLE}
        self.maintenance, self.charset = False, "utf-8"
        self.requests = self.running = self.parallel_max = self.writes = 0
        self.root = f"/{profile}/odata/standard.odata"
        self.flask = Flask("onec_sandbox")
        self.flask.url_map.merge_slashes = False
        self.flask.before_request(self.admit)
        self.flask.teardown_request(self.leave)
        self.flask.register_error_handler(ODataError, refused)
        self.flask.register_error_handler(WebError, turned_away)
        self.flask.register_error_handler(404, lambda _: Response("<html><body>404 - Файл или каталог не найден.</body></html>", 404))
        for rule in ("", "/", "/<path:place>"):
            methods = ["GET", "POST", "PATCH", "PUT", "DELETE", "MERGE"]
            self.flask.add_url_rule(
                self.root + rule, f"odata {rule}", self.odata, methods=methods, defaults=None if "place" in rule else {"place": ""}
            )
        self.services = Services(Shop(self.base.local, self.base.new_id), articles(self.base))
        self.flask.add_url_rule(f"/{profile}/ws/<alias>", "ws", self.ws, methods=["GET", "POST"])
        self.flask.add_url_rule("/_sandbox/soap", "soap", self.services_control, methods=["GET", "POST"])
        self.node = Node(self.base)
        self.flask.add_url_rule("/_sandbox/exchange", "exchange", self.exchange, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/counters", "counters", self.counters, methods=["GET"])
        self.flask.add_url_rule("/_sandbox/effects", "effects", lambda: jsonify({}), methods=["GET", "DELETE"])

    def admit(self) -> Any:
        if request.path.startswith("/_sandbox/"):
            return None
        if len(request.query_string) > QUERY_MAX:
            return Response("<html><body>404.15 - Not Found: the query string is too long.</body></html>", 404, mimetype="text/html")
        if self.maintenance:
            return Response(MAINTENANCE, 200, mimetype="text/html")
        g.caller = self.callers.get(request.headers.get("Authorization", ""))
        if g.caller is None:
            page = "<html><body>401 - Unauthorized: Access is denied due to invalid credentials.</body></html>"
            return Response(page, 401, {"WWW-Authenticate": 'Basic realm="1C:Enterprise 8.3"'}, mimetype="text/html")
        with self.base.lock:
            self.requests += 1
            self.writes += request.method != "GET"
        if g.caller == LOGIN:
            header = request.headers.get("IBSession", "")
            g.session = (self.sessions.enter(header, request.cookies.get("ibsession", "")), header)
            with self.base.lock:
                self.running += 1
                self.parallel_max = max(self.parallel_max, self.running)
        return None

    def leave(self, _: Any) -> None:
        if session := g.pop("session", None):
            with self.base.lock:
                self.running -= 1
            self.sessions.leave(*session)

    def odata(self, place: str) -> Response:
        asked = options(request.query_string)
        with self.base.lock:
            answer = self._routed(place, asked)
        return self._begun(answer)

    def ws(self, alias: str) -> Response:
        """The web services of the base, beside the interface and by the same sessions."""
        with self.base.lock:
            answer = self.services.answer(alias, request.method, request.query_string.decode(), request.get_data(), request.path)
        return self._begun(answer)

    def services_control(self) -> Response:
        with self.base.lock:
            found: Response = self.services.shown() if request.method == "GET" else self.services.control(request.get_json())
        return found

    @staticmethod
    def _begun(answer: Response) -> Response:
        if (session := g.get("session")) and session[0].cookie and session[1] == "start":
            answer.headers["Set-Cookie"] = f"ibsession={session[0].cookie}; path=/"
        return answer

    def _routed(self, place: str, asked: dict[str, str]) -> Response:
        if not place:
            return self._said(service(self.base))
        if place == "$metadata":
            return Response(edmx(self.base), mimetype="application/xml")
        found = PLACE.fullmatch(unquote(place))
        if found is None:
            raise ODataError(404, 6, f"Неверный сегмент адреса '{place}'")
        name, key, method = found["set"], found["key"], found["method"]
        if key is None:
            return self._set(name, method, asked)
        return self._object(name, self._key(key), method, asked)

    def _said(self, body: Any, status: int = 200, location: str = "") -> Response:
        if isinstance(body.get("odata.metadata"), str):
            body = body | {"odata.metadata": f"{request.host_url.rstrip('/')}{self.root}/{body['odata.metadata']}"}
        return answered(body, status, self.charset, location)

    @staticmethod
    def _key(text: str) -> str:
        """``guid'…'``, ``Ref_Key=guid'…'`` or ``Штрихкод='…'``."""
        plain = re.fullmatch(r"(?:\w+=)?(?:guid)?'(.*)'", text)
        if plain is None:
            raise ODataError(400, 7, f"Не указан ключевой элемент в '{text}'")
        if "guid'" in text and not GUID.fullmatch(plain[1]):
            raise ODataError(400, 1, f"Не удалось разобрать строку '{plain[1]}' как значение типа Edm.Guid!")
        return plain[1]

    def _set(self, name: str, method: str | None, asked: dict[str, str]) -> Response:
        if request.method == "GET":
            if method and (table := virtual(self.base, self.base.known(name), method)):
                reader = Reader(self.base, table[0], asked, False)
                reader.base = _View(self.base, table[1])  # type: ignore[assignment]
                return self._said(reader.page())
            reader = self._reader(name, asked)
            if method == "$count":
                return Response(str(len(reader.matching())), mimetype="text/plain")
            return self._said(reader.page())
        if request.method != "POST":
            raise ODataError(405, 19, "Метод не поддерживается")
        if self._part(name):
            raise ODataError(400, 13, "Создание строк табличной части не поддерживается")
        of = self.base.known(name)
        row = Writer(self.base, of).create(self._body())
        location = f"{request.host_url.rstrip('/')}{self.root}/{name}(guid'{row.get('Ref_Key')}')"
        return self._said(row, 201, location) if of.objects else self._said(row)

    def _part(self, name: str) -> tuple[str, str] | None:
        """(owner, part) of a set that is a tabular part. Names may hold underscores: they are never split on one."""
        return next(((of.name, part) for of in self.base.sets.values() for part in of.parts if f"{of.name}_{part}" == name), None)

    def _reader(self, name: str, asked: dict[str, str]) -> Reader:
        restricted = g.caller == LOGIN
        if (part := self._part(name)) and part[0] not in self.base.hidden:
            of, rows = rows_of(self.base, self.base.sets[part[0]], part[1])
            reader = Reader(self.base, of, asked, restricted)
            reader.base = _View(self.base, rows)  # type: ignore[assignment]
            return reader
        return Reader(self.base, self.base.known(name), asked, restricted)

    def _object(self, name: str, key: str, method: str | None, asked: dict[str, str]) -> Response:
        of = self.base.known(name)
        if method in ("Post", "Unpost"):  # a GET does it too
            return self._said(Writer(self.base, of).post(key, method == "Post"))
        if method:
            raise ODataError(404, 11, f"Метод '{method}' не найден")
        if request.method == "GET":
            if "$expand" in asked:
                raise ODataError(400, 0, "Параметр '$expand' не поддерживается")
            row = self.base.row(of, key)
            if g.caller == LOGIN and row.get("Ref_Key") in self.base.unseen:
                raise ODataError(401, 20, f"Недостаточно прав для чтения объекта: {of.title}")
            return self._said({"odata.metadata": f"$metadata#{name}/@Element"} | Reader(self.base, of, asked, False).shown(row))
        if request.method == "DELETE":
            Writer(self.base, of).delete(key)
            return Response(b"", 204)
        whole = request.method == "PUT"
        if not whole and request.method not in ("PATCH", "MERGE"):
            raise ODataError(405, 19, "Метод не поддерживается")
        return self._said(Writer(self.base, of).update(key, self._body(), request.headers.get("If-Match", "").strip('"'), whole))

    @staticmethod
    def _body() -> dict[str, Any]:
        try:
            found = json.loads(request.get_data().decode())
        except ValueError:
            raise ODataError(500, -1, "Непредвиденный символ при чтении JSON") from None
        if not isinstance(found, dict):
            raise ODataError(400, 2, "Неверный формат запроса")
        return found

    def control(self, what: str) -> Any:
        """clock {offset}; maintenance {on}; sessions {reuse, licences, taken, max_age, status}; base {own_keys, if_match, closed_before,
        unpostable, charset}; publication {hidden: sets | ["*"]}; rights {unseen: guids, password}; load {set: [rows]}; attributes {set:
        {added: "mega_Размер:S10", renamed: {old: new}}}; limits, webhooks and hand: there is nothing of the kind."""
        body = request.get_json()
        with self.base.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "maintenance":
                self.maintenance = bool(body["on"])
            elif what == "sessions":
                for name, value in body.items():
                    setattr(self.sessions, name, value)
            elif what == "base":
                self.charset = body.pop("charset", self.charset)
                for name, value in body.items():
                    setattr(self.base, name, value)
            elif what == "publication":
                self.base.hidden = set(self.base.sets) if "*" in body["hidden"] else set(body["hidden"])
            elif what == "rights":
                self.base.unseen = set(body.get("unseen", ()))
                self.callers = {basic(LOGIN, body.get("password", PASSWORD)): LOGIN, basic(PEOPLE, THEIR_PASSWORD): PEOPLE}
            elif what in ("load", "attributes"):
                self._reshaped(what, body)
            elif what not in ("limits", "webhooks", "hand"):
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def _reshaped(self, what: str, body: dict[str, Any]) -> None:
        """Rows appear, or a programmer changes the attributes of a set."""
        for name, said in body.items():
            if what == "attributes":
                self.base.reshape(name, said.get("added", ""), said.get("renamed", {}))
            else:
                for row in said:
                    self.base.add(name, **row)

    def exchange(self) -> Any:
        """The node «Обмен с сайтом» runs once: {site, login, password} and its habits; before that people do what ``marks`` says with orders of the site:
        {number: {paid, shipped, cancelled, status}}."""
        body = request.get_json()
        with self.base.lock:
            for number, said in (body.pop("marks", None) or {}).items():
                self.node.orders.mark(number, **said)
        return Response(json.dumps(self.node.run(**body), ensure_ascii=False, indent=1), mimetype="application/json")

    def counters(self) -> Any:
        sessions = self.sessions
        return jsonify({"requests": self.requests, "writes": self.writes, "parallel_max": self.parallel_max, "sessions_started": sessions.started,
                        "sessions_max": sessions.most, "sessions_refused": sessions.refused})  # fmt: skip


def articles(base: Infobase) -> list[dict[str, Any]]:
    """The goods of the base by article, as its services know them."""
    rows = base.tables["Catalog_Номенклатура"].values()
    return [{"Id": row["Ref_Key"], "Article": row["Артикул"], "Name": row["Description"]} for row in rows]


class _View:
    """A base whose rows of any set are these: a tabular part read as a set."""

    def __init__(self, base: Infobase, rows: list[dict[str, Any]]) -> None:
        self.tables, self.unseen, self._rows = base.tables, base.unseen, rows

    def rows(self, of: Any) -> Any:
        return iter(self._rows)
