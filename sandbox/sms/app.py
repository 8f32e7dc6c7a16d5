"""The SMS Aero sandbox as a Flask app. The cabinet's e-mail is ``shop@example.ru``, its key ``sandbox-sms-key-0123456789abcdef``.

Any method by POST or GET, in JSON or as a form; ``success`` tells of the outcome. What a repeated ``blacklist/add`` answers is documented nowhere: here it
is the entry that is there.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, jsonify, request

from sandbox.frame.outgoing import Outgoing

from .state import Cabinet, Message

Json = Any
Row = dict[str, Any]
LOGIN, KEY = "shop@example.ru", "sandbox-sms-key-0123456789abcdef"
PAGE = 50  # rows of a list (the number is not documented)
SIGNS = ("SMS Aero", "SHOP")


class Refused(Exception):
    """A refusal, as the API tells of it."""

    def __init__(self, message: str, status: int = 200, **fields: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"success": False, "data": {k: [v] for k, v in fields.items()} or None, "message": message}


class Sms:
    """One cabinet (``flask``). ``offset``: seconds that its clock is ahead. ``per_second``: requests beyond which it answers 429; None: no limit."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.per_second, self.requests = 0.0, None, 0
        self.cabinet = Cabinet(lambda: time.time() + self.offset)
        self.reports = Outgoing(allow_loopback_webhooks, seed)
        self._spent: list[float] = []
        self.callback = ""  # whom the programs of this shop name, where they name none else
        self.flask = Flask("sms_sandbox")
        self.flask.register_error_handler(Refused, lambda e: (jsonify(e.body), e.status))
        self.flask.add_url_rule("/v2/<path:method>", "call", self.call, methods=["GET", "POST"])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/<what>", "read", self.read, methods=["GET"])

    @property
    def methods(self) -> dict[str, Callable[[Row], Json]]:
        return {
            "auth": lambda _: None,
            "balance": lambda _: {"balance": round(self.cabinet.balance, 2)},
            "sms/send": self.send,
            "sms/status": lambda said: self._message(said).told(),
            "sms/list": self.messages,
            "blacklist/add": self.stop,
            "blacklist/list": self.stops,
            "blacklist/delete": self.release,
        }

    def call(self, method: str) -> Any:
        """Raises Refused."""
        self._admit()
        do = self.methods.get(method.strip("/"))
        if do is None:
            raise Refused("Not found", 404)
        body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        with self.cabinet.lock:
            data = do(request.args.to_dict() | (body if isinstance(body, dict) else {}))
        return jsonify({"success": True, "data": data, "message": None})

    def _admit(self) -> None:
        self.requests += 1
        given = request.authorization
        if given is None or (given.username, given.password) != (LOGIN, KEY):
            raise Refused("Your request was made with invalid credentials.", 401)
        now = time.monotonic()
        self._spent = [at for at in self._spent if at > now - 1.0]
        if self.per_second is not None and len(self._spent) >= self.per_second:
            raise Refused("Too many requests", 429)
        self._spent.append(now)

    def send(self, said: Row) -> Json:
        if said.get("sign") not in SIGNS:
            raise Refused("Validation error.", 400, sign="Неизвестная подпись")
        if not 2 <= len(str(said.get("text") or "")) <= 640:
            raise Refused("Validation error.", 400, text="Длина текста")
        callback = (str(said.get("callbackUrl") or self.callback), said.get("callbackFormat") == "JSON")
        numbers = [_phone(one) for one in said.get("numbers") or [said.get("number")]]
        made = [self.cabinet.send(one, str(said["text"]), str(said["sign"]), callback).sent() for one in numbers]
        return made if said.get("numbers") else made[0]

    def _message(self, said: Row) -> Message:
        ident = str(said.get("id") or "")
        found = self.cabinet.messages.get(int(ident)) if ident.isdigit() else None
        if found is None:
            raise Refused("Not found.")
        return found

    def messages(self, said: Row) -> Row:
        wanted = str(said.get("number") or ""), str(said.get("text") or "")
        rows = [one.told() for one in sorted(self.cabinet.messages.values(), key=lambda one: -one.id)
                if wanted[0] in ("", one.number) and wanted[1] in ("", one.text)]  # fmt: skip
        return _listed("sms/list", rows, said)

    def stop(self, said: Row) -> Json:
        made = []
        for one in said.get("numbers") or [said.get("number")]:
            number = _phone(one)
            ident = self.cabinet.entry(number) or self.cabinet.next()
            self.cabinet.stops[ident] = number
            made.append(_entry(ident, number) | {"id": ident})
        return made if said.get("numbers") else made[0]

    def stops(self, said: Row) -> Row:
        wanted = str(said.get("number") or "")
        rows = [_entry(ident, number) for ident, number in sorted(self.cabinet.stops.items()) if wanted in ("", number)]
        return _listed("blacklist/list", rows, said)

    def release(self, said: Row) -> None:
        if self.cabinet.stops.pop(int(said.get("id") or 0), None) is None:
            raise Refused("Not found.")

    def control(self, what: str) -> Any:
        """clock {offset}; send {number, text, sign, url}; report {id, status}; callback {url}; stopped {number: of somebody who answered with a STOP}; limits {rate};
        webhooks {off, loss, duplicate, reorder, delay}."""
        body = request.get_json()
        with self.cabinet.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "send":
                made = self.cabinet.send(_phone(body["number"]), body.get("text") or "Заказ готов", "SHOP", (body.get("url") or "", False))
                return jsonify({"id": made.id})
            elif what == "report":
                self._report(self.cabinet.messages[int(body["id"])], int(body["status"]))
            elif what == "callback":
                self.callback = str(body["url"])
            elif what == "stopped":
                self.cabinet.stops.setdefault(self.cabinet.next(), _phone(body["number"]))
            elif what == "limits":
                self.per_second = body.get("rate")
            elif what == "webhooks":
                self.reports.weather.set(body)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def read(self, what: str) -> Any:
        """effects: what people were sent; messages; stops; counters."""
        with self.cabinet.lock:
            if what == "effects":
                return jsonify(dict(self.cabinet.effects))
            if what == "messages":
                return jsonify([one.told() for one in self.cabinet.messages.values()])
            if what == "stops":
                return jsonify(sorted(self.cabinet.stops.values()))
            if what == "counters":
                return jsonify({"requests": self.requests, **self.reports.counters()})
        return jsonify({"error": "unknown"}), 404

    def _report(self, one: Message, status: int) -> None:
        """The operator has told what became of a message; its sender's address is called."""
        one.status, one.answered = status, int(self.cabinet.now())
        url, as_json = one.callback
        if url:
            row = one.told()
            body = json.dumps(row).encode() if as_json else urllib.parse.urlencode({k: v for k, v in row.items() if v is not None}).encode()
            kind = "application/json" if as_json else "application/x-www-form-urlencoded"
            # once: whether a report that nobody took is repeated is documented nowhere
            self.reports.queue(partial(self.reports.call, url, body, {"Content-Type": kind}))


def _phone(given: Json) -> str:
    number = str(given or "")
    if not (number.isdigit() and 11 <= len(number) <= 15):
        raise Refused("Validation error.", 400, number="Неверный номер")
    return number


def _entry(ident: int, number: str) -> Row:
    return {"id": str(ident), "number": number, "sex": None, "lname": None, "fname": None, "sname": None, "bday": None, "param": None}


def _listed(method: str, rows: list[Row], said: Row) -> Row:
    """A page: rows under numbers, beside them the links, and the total as text."""
    page = max(1, int(said.get("page") or 1))
    last = max(1, -(-len(rows) // PAGE))
    links = {name: f"/v2/{method}?page={number}" for name, number in (("self", page), ("first", 1), ("last", last))}
    links |= {"next": f"/v2/{method}?page={page + 1}"} if page < last else {}
    shown = rows[(page - 1) * PAGE : page * PAGE]
    return {str(n): row for n, row in enumerate(shown)} | {"links": links, "totalCount": str(len(rows))}


__all__ = ["KEY", "LOGIN", "Sms"]
