"""The SMSC.ru sandbox as a Flask app. The account's login is ``shop``, its password ``sandbox-smsc-password``, its API key ``sandbox-smsc-key``.

Any method by GET or POST, as a form; the HTTP status is 200 whatever happened. Reports go to one address of the account, and come again until they are answered 200.
"""

from __future__ import annotations

import hashlib
import json
import time
import urllib.parse
import zlib
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from sandbox.frame.outgoing import Outgoing

from .state import Account, Message, day

Json = Any
Row = dict[str, Any]
LOGIN, PASSWORD, KEY = "shop", "sandbox-smsc-password", "sandbox-smsc-key"
MOST = 1000  # rows of a history, at most
MINUTE, EQUAL_SENDS, EQUAL = 60.0, 1, 5  # equal requests that are taken within a minute
AGAIN, TIMES = 1.0, 20  # of a report that was not taken: seconds until it comes again, how often (none of it is documented)


class Refused(Exception):
    """``{"error": ..., "error_code": n}``."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Smsc:
    """One account (``flask``). ``offset``: seconds that its clock is ahead. ``callback``, ``word``: where reports go, and the word that signs them."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.enforce = 0.0, True
        self.account = Account(lambda: time.time() + self.offset)
        self.reports = Outgoing(allow_loopback_webhooks, seed)
        self.callback = self.word = ""
        self.requests = self.refused = 0
        self._equal: dict[str, deque[float]] = {}
        self.flask = Flask("smsc_sandbox")
        self.flask.add_url_rule("/sys/<method>.php", "call", self.call, methods=["GET", "POST"])
        self.flask.add_url_rule("/_sandbox/<what>", "control", self.control, methods=["POST"])
        self.flask.add_url_rule("/_sandbox/<what>", "read", self.read, methods=["GET"])

    @property
    def methods(self) -> dict[str, Callable[[Row], Json]]:
        return {"send": self.send, "status": self.status, "balance": self.balance, "get": self.history}

    def call(self, method: str) -> Any:
        said = request.args.to_dict() | request.form.to_dict()
        encoding = said.get("charset") or "windows-1251"
        with self.account.lock:
            self.requests += 1
            try:
                self._admit(said)
                self._not_again(method, said)
                if method not in self.methods:
                    return Response("<h1>404 Not Found</h1>", 404, mimetype="text/html")
                answer = self.methods[method](said)
            except Refused as error:
                self.refused += error.code == 9
                answer = {"error": error.text, "error_code": error.code} | ({"id": said["id"]} if said.get("id") else {})
        if said.get("fmt") != "3":
            return Response(_plain(answer).encode(encoding, "replace"), mimetype="text/plain")
        return Response(
            json.dumps(answer, ensure_ascii=False).encode(encoding, "replace"), content_type=f"application/json; charset={encoding}"
        )

    def _admit(self, said: Row) -> None:
        known = (PASSWORD, hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest())
        if said.get("apikey") != KEY and (said.get("login") != LOGIN or said.get("psw") not in known):
            raise Refused(2, "authorise error")

    def _not_again(self, method: str, said: Row) -> None:
        """Equal requests of a minute beyond a few are refused. Raises Refused."""
        if not self.enforce or method not in ("send", "status", "balance"):
            return
        key, now = f"{method} {sorted(said.items())}", self.account.now()
        spent = self._equal.setdefault(key, deque())
        while spent and spent[0] <= now - MINUTE:
            spent.popleft()
        if len(spent) >= (EQUAL_SENDS if method == "send" else EQUAL):
            raise Refused(9, "duplicate request, wait a minute")
        spent.append(now)

    def send(self, said: Row) -> Row:
        phones = [_phone(one) for one in str(said.get("phones") or "").replace(";", ",").split(",") if one.strip()]
        if not phones or not said.get("mes"):
            raise Refused(1, "parameters error")
        if self.account.balance <= 0:
            raise Refused(3, "no money")
        sending = self.account.send(phones, str(said["mes"]), str(said.get("sender") or "SMSC.RU"), int(said.get("id") or 0))
        return {"id": sending, "cnt": len(phones)} | (
            {"cost": "3.20", "balance": f"{self.account.balance:.2f}"} if said.get("cost") in ("2", "3") else {}
        )

    def status(self, said: Row) -> Json:
        """One as an object; several, or a list that ends with a comma, as a list."""
        ids, phones = (str(said.get(name) or "") for name in ("id", "phone"))
        if not ids or not phones:
            raise Refused(1, "parameters error")
        many = "," in ids or "," in phones
        pairs = list(zip(filter(None, ids.split(",")), filter(None, phones.split(",")), strict=False))
        found = [self._status(ident, phone, said.get("all")) for ident, phone in pairs]
        return [{"id": int(ident), "phone": phone} | one for (ident, phone), one in zip(pairs, found, strict=True)] if many else found[0]

    def _status(self, ident: str, phone: str, more: Json) -> Row:
        one = self.account.messages.get((int(ident), phone)) if ident.isdigit() else None
        if one is None:
            return {"status": -3}
        row = one.told()
        return row if more else {name: row[name] for name in ("status", "last_date", "last_timestamp", "err")}

    def balance(self, said: Row) -> Row:
        return {"balance": f"{self.account.balance:.2f}"} | ({"currency": "RUR"} if said.get("cur") else {})

    def history(self, said: Row) -> Json:
        """The newest first; those before ``prev_id``."""
        if not said.get("get_messages"):
            raise Refused(1, "parameters error")
        try:
            since = day(str(said["start"])) if said.get("start") else day("01.01.2000")
            till = day(str(said["end"])) + 86400.0 if said.get("end") else float("inf")
            count, before = min(int(said.get("cnt") or MOST), MOST), int(said.get("prev_id") or 10**12)
        except ValueError:
            raise Refused(5, "date format") from None
        rows = [one for one in self.account.messages.values() if since <= one.sent < till and one.own < before]
        return [one.listed() for one in sorted(rows, key=lambda one: -one.own)[:count]]

    def control(self, what: str) -> Any:
        """clock {offset}; send {phones, text}; report {id, phone, status, err}; callback {url, word}; money {balance}; limits {enforce};
        webhooks {off, loss, duplicate, reorder, delay}."""
        body = request.get_json()
        with self.account.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "send":
                return jsonify(
                    {"id": self.account.send([_phone(one) for one in body["phones"]], body.get("text") or "Заказ готов", "SHOP")}
                )
            elif what == "report":
                self.report(self.account.messages[int(body["id"]), str(body["phone"])], int(body["status"]), int(body.get("err") or 0))
            elif what == "callback":
                self.callback, self.word = str(body["url"]), str(body.get("word") or "")
            elif what == "money":
                self.account.balance = float(body["balance"])
            elif what == "limits":
                self.enforce = bool(body.get("enforce", True))
            elif what == "webhooks":
                self.reports.weather.set(body)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def read(self, what: str) -> Any:
        """effects: what people were sent; messages; counters."""
        with self.account.lock:
            if what == "effects":
                return jsonify(dict(self.account.effects))
            if what == "messages":
                return jsonify([one.listed() for one in self.account.messages.values()])
            if what == "counters":
                return jsonify({"requests": self.requests, "refused": self.refused, **self.reports.counters()})
        return jsonify({"error": "unknown"}), 404

    def report(self, one: Message, status: int, err: int = 0) -> None:
        """The operator has told what became of a message; the account's address is called."""
        one.status, one.err, one.changed = status, err, int(self.account.now())
        if self.callback:
            body = urllib.parse.urlencode(signed(one.report(), self.word)).encode()
            self.reports.queue(partial(self._tell, self.callback, body, TIMES))

    def _tell(self, url: str, body: bytes, times: int) -> None:
        if self.reports.call(url, body) is False and times > 1:
            self.reports.post.put(AGAIN, partial(self._tell, url, body, times - 1))


def signed(fields: Row, word: str) -> Row:
    """With the three signatures of the cabinet, where it has a secret word."""
    if not word:
        return fields
    text = ":".join(str(part) for part in (fields["id"], fields["phone"], fields["status"], word)).encode()
    return fields | {"md5": hashlib.md5(text, usedforsecurity=False).hexdigest(), "sha1": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
                     "crc32": str(zlib.crc32(text))}  # fmt: skip


def _phone(given: Json) -> str:
    number = str(given or "").strip().lstrip("+")
    if not (number.isdigit() and 11 <= len(number) <= 15):
        raise Refused(7, "invalid number")
    return number


def _plain(answer: Json) -> str:
    """As a person sees it who has not asked for JSON."""
    if isinstance(answer, dict) and "error_code" in answer:
        return f"ERROR = {answer['error_code']} ({answer['error']})"
    rows = answer if isinstance(answer, list) else [answer]
    return "\n".join(", ".join(f"{name} = {value}" for name, value in row.items()) for row in rows)


__all__ = ["KEY", "LOGIN", "PASSWORD", "Smsc", "signed"]
